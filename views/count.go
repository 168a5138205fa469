package views

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// CountForm is what a courier typed on the page of the end of the shift, refused; the zero value is none.
type CountForm struct {
	Cash, Cheques, Vouchers, Float string
	Again                          int // the count that is made anew, 0 for none
	Refusal, Field                 string
}

func (f CountForm) fault(field string) templ.Attributes {
	return invalid(f.Refusal != "" && f.Field == field, "compte-refus")
}

func countAgain(p Page, c app.CashCount) string {
	path := p.at("/livraisons/compte")
	if len(p.Shops) > 1 {
		return path + "&refaire=" + strconv.Itoa(c.N)
	}
	return path + "?refaire=" + strconv.Itoa(c.N)
}

// countSince says since when, with the day when it is another.
func countSince(t app.Takings, now time.Time) string {
	switch since := t.Since.In(app.Paris); {
	case t.After == 0: // nothing was counted before
		return "de la journée"
	case daysBetween(since, now.In(app.Paris)) != 0:
		return "depuis le " + dayMonth(since) + " à" + nbsp + Clock(t.Since)
	default:
		return "depuis " + Clock(t.Since)
	}
}

// countDifference is nothing for change taken along: there was nothing to compare.
func countDifference(c app.CashCount) app.Cents {
	if c.Start {
		return 0
	}
	return c.Difference()
}

func countTone(c app.CashCount) Tone {
	switch {
	case c.Start:
		return Idle
	case c.Right():
		return Good
	case c.Difference() < 0 || c.Cheques < c.Takings.Of(app.Cheque).Payments || c.Vouchers < c.Takings.Of(app.Voucher).Payments:
		return Late
	}
	return Warn
}

// countVerdict says the difference in cash, the first thing that anybody asks for.
func countVerdict(c app.CashCount) string {
	switch d := c.Difference(); {
	case c.Start:
		return "Fond de caisse" + nbsp + ": " + Euros(c.Cash)
	case d < 0:
		return "Il manque " + Euros(-d)
	case d > 0:
		return Euros(d) + " de trop"
	case c.Right():
		return "Le compte est juste"
	}
	return "Espèces justes"
}

// countDetails say what was counted against what.
func countDetails(c app.CashCount) []string {
	if c.Start {
		return nil
	}
	out := []string{"Espèces" + nbsp + ": " + Euros(c.Cash) + " pour " + Euros(c.Takings.Cash()) + " attendus."}
	if want := c.Takings.Of(app.Cheque).Payments; want != 0 || c.Cheques != 0 {
		out = append(out, Count(c.Cheques, "chèque")+" pour "+strconv.Itoa(want)+" attendu"+plural(want)+against(c.Cheques-want))
	}
	if want := c.Takings.Of(app.Voucher).Payments; want != 0 || c.Vouchers != 0 {
		words := Count(c.Vouchers, "ticket") + "-restaurant pour " + Count(want, "paiement")
		if c.Vouchers < want || want == 0 {
			words += against(c.Vouchers - want)
		} else {
			words += "."
		}
		out = append(out, words)
	}
	if n := c.Takings.Again; n > 0 {
		out = append(out, "Refait le compte n°"+nbsp+strconv.Itoa(n)+".")
	}
	return out
}

// against says a difference of slips of paper.
func against(n int) string {
	switch {
	case n < 0:
		return nbsp + ": il en manque " + strconv.Itoa(-n) + "."
	case n > 0:
		return nbsp + ": " + strconv.Itoa(n) + " de trop."
	}
	return "."
}

func plural(n int) string {
	if n >= 2 || n <= -2 {
		return "s"
	}
	return ""
}

// countsWrong says how many counts were not right.
func countsWrong(counts []app.CashCount) string {
	n := 0
	for _, c := range counts {
		if !c.Right() {
			n++
		}
	}
	if n == 0 {
		return "tous justes"
	}
	return Count(n, "écart")
}
