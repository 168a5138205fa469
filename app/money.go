package app

import (
	"cmp"
	"fmt"
	"slices"
)

// Cents is an amount in euro cents, VAT included unless said otherwise.
type Cents int64

// String writes the amount the French way: "12,50 €" with a no-break space.
func (c Cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "−", -c
	}
	return fmt.Sprintf("%s%d,%02d\u00a0€", sign, c/100, c%100)
}

// Rate is a VAT rate in basis points: 1000 is 10 %.
// Rates in force: CGI articles 278 (20 %: alcohol), 278-0 bis A 1° (5.5 %: food to keep) and 279 m (10 %: sales for immediate consumption).
type Rate int

// String writes "10 %" or "5,5 %".
func (r Rate) String() string {
	if r%100 == 0 {
		return fmt.Sprintf("%d\u00a0%%", r/100)
	}
	return fmt.Sprintf("%d,%d\u00a0%%", r/100, r%100/10)
}

// Within returns the VAT contained in an amount that includes it, rounded half up to the cent.
func (r Rate) Within(gross Cents) Cents {
	den := int64(10000 + r)
	return Cents((int64(gross)*int64(r)*2 + den) / (2 * den))
}

// VATAmount is one row of a ticket's VAT table.
type VATAmount struct {
	Rate  Rate
	Gross Cents // VAT included
	VAT   Cents
}

// Net is the amount without VAT.
func (v VATAmount) Net() Cents { return v.Gross - v.VAT }

// VATByRate sums lines by rate, lowest first, and computes each rate's VAT on its sum, so that the rows always add up to the total
// (the bill's legend of CGI annexe II article 242 nonies A, I-11°).
func VATByRate(lines []Line) []VATAmount {
	sums := map[Rate]Cents{}
	for _, l := range lines {
		sums[l.VAT] += l.Total()
	}
	rows := make([]VATAmount, 0, len(sums))
	for rate, gross := range sums {
		rows = append(rows, VATAmount{Rate: rate, Gross: gross, VAT: rate.Within(gross)})
	}
	slices.SortFunc(rows, func(a, b VATAmount) int { return cmp.Compare(a.Rate, b.Rate) })
	return rows
}
