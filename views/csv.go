package views

import (
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// CSV writes a table as the spreadsheets of France open it at a double click: UTF-8 with its mark, semicolons, decimal commas, CRLF (RFC 4180).
// A cell that a spreadsheet would take for a formula is kept one of text by an apostrophe in front (OWASP, « CSV Injection »).
func CSV(rows [][]string) []byte {
	var b strings.Builder
	b.WriteString("\ufeff")
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(';')
			}
			b.WriteString(csvCell(cell))
		}
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

func csvCell(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") && !isNumber(s) {
		s = "'" + s
	}
	if strings.ContainsAny(s, ";\"\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// isNumber tells a negative amount from a formula.
func isNumber(s string) bool {
	_, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return err == nil && !strings.ContainsAny(s, "+eExXpPiInN_")
}

// decimalComma writes cents as a number: "1234,50".
func decimalComma(c app.Cents) string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return sign + strconv.FormatInt(int64(c/100), 10) + "," + strconv.FormatInt(int64(c%100)+100, 10)[1:]
}

// decimalMinutes writes a duration as a number of minutes: "-2,5".
func decimalMinutes(d time.Duration) string {
	return strings.Replace(strconv.FormatFloat(d.Minutes(), 'f', 1, 64), ".", ",", 1)
}

// DayRows is the history's table.
func DayRows(h app.History) [][]string {
	rows := [][]string{{"jour", "encaissé (€)", "ventes", "commandes", "perdues", "remises", "à l’heure", "retard moyen (min)"}}
	for _, d := range h.Days {
		delay := ""
		if d.Handed > 0 {
			delay = decimalMinutes(d.MeanDelay())
		}
		rows = append(rows, []string{
			d.Day, decimalComma(d.Takings), strconv.Itoa(d.Sales), strconv.Itoa(d.Orders), strconv.Itoa(d.Cancelled), strconv.Itoa(d.Handed),
			strconv.Itoa(d.OnTime), delay,
		})
	}
	return rows
}

// SellerRows is what was sold, the most in front.
func SellerRows(h app.History) [][]string {
	rows := [][]string{{"produit", "genre", "quantité", "montant (€)"}}
	for _, s := range h.Sellers {
		rows = append(rows, []string{s.Name, Kind(s.Kind), strconv.Itoa(s.Quantity), decimalComma(s.Amount)})
	}
	return rows
}

// OrderRows are the orders of a day, without who they were for.
func OrderRows(orders []*app.Order) [][]string {
	rows := [][]string{{
		"numéro", "jour", "reçue", "mode", "canal", "statut", "contenu", "promise", "remise", "retard (min)", "total (€)", "paiement", "encaissée", "livreur",
	}}
	for _, o := range orders {
		handed, late := "", ""
		if o.Status.HandedOver() {
			at := o.Reached(o.Status)
			handed, late = Clock(at), decimalMinutes(at.Sub(o.PromisedAt))
		}
		paid := ""
		if !o.Payment.PaidAt.IsZero() {
			paid = Clock(o.Payment.PaidAt)
		}
		rows = append(rows, []string{
			strconv.Itoa(o.Number), o.ServiceDay, Clock(o.PlacedAt), Mode(o.Mode), Channel(o.Channel), Status(o.Status), strings.ReplaceAll(contents(o), nbsp, " "),
			Clock(o.PromisedAt), handed, late, decimalComma(o.Total()), Payment(o.Payment), paid, o.CourierName,
		})
	}
	return rows
}
