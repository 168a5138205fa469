package app

import (
	"cmp"
	"slices"
	"time"
)

// Period is what a closing of the till covers, in service days: a day "2026-03-14", a month "2026-03" or a year "2026" (the civil year).
// A daily, a monthly and a yearly one are required (CGI article 286, I-3° bis; BOI-TVA-DECLA-30-10-30).
type Period string

// Length of each kind of period.
const (
	dayPeriod   = len(time.DateOnly)
	monthPeriod = len("2006-01")
	yearPeriod  = len("2006")
)

// ParsePeriod reads a period; anything else is Invalid.
func ParsePeriod(text string) (Period, error) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 0 {
			return Period(text), nil
		}
	}
	return "", Errorf(Invalid, "« %s » n’est pas une période : donnez un jour 2026-03-14, un mois 2026-03 ou une année 2026.", text)
}

// IsDay tells a day; IsMonth a month; what is neither is a year.
func (p Period) IsDay() bool   { return len(p) == dayPeriod }
func (p Period) IsMonth() bool { return len(p) == monthPeriod }

// Month and Year are those that the period lies in; "" for what is longer.
func (p Period) Month() Period { return p.cut(monthPeriod) }
func (p Period) Year() Period  { return p.cut(yearPeriod) }

func (p Period) cut(length int) Period {
	if len(p) < length {
		return ""
	}
	return p[:length]
}

// LastDay is the last service day of the period, YYYY-MM-DD.
func (p Period) LastDay() string {
	switch len(p) {
	case yearPeriod:
		return string(p) + "-12-31"
	case monthPeriod:
		return p.day("-01").AddDate(0, 1, -1).Format(time.DateOnly)
	}
	return string(p)
}

// day is midnight UTC of a day of the period: a date to count with, not an instant.
func (p Period) day(rest string) time.Time {
	t, err := time.Parse(time.DateOnly, string(p)+rest)
	if err != nil {
		panic("app: " + err.Error()) // ParsePeriod or ServiceDay made it
	}
	return t
}

// Next is the period whose closing follows this one's: day after day, at a month's end the month, at a year's end the year.
func (p Period) Next() Period {
	switch {
	case p.IsDay() && p.Month().LastDay() == string(p):
		return p.Month()
	case p.IsMonth() && p.Year().LastDay() == p.LastDay():
		return p.Year()
	}
	return Period(Period(p.LastDay()).day("").AddDate(0, 0, 1).Format(time.DateOnly))
}

// LastOver is the last service day of which nothing can come any more: a courier's phone may send for some hours what was cashed without
// a network (maxLate), and such an entry keeps its own time.
func LastOver(now time.Time) string {
	return Period(ServiceDay(now.Add(-maxLate))).day("").AddDate(0, 0, -1).Format(time.DateOnly)
}

// Over tells whether a period may be closed.
func (p Period) Over(now time.Time) bool { return p.LastDay() <= LastOver(now) }

// MethodAmount is what was taken by one method of payment.
type MethodAmount struct {
	Method Method
	Amount Cents
}

// TillSums are the totals of some till entries. Refunds are negative and counted in all of them.
type TillSums struct {
	Entries int64
	Amount  Cents // VAT included
	Refunds Cents // what of it was paid back: 0 or less
	VAT     []VATAmount
	Methods []MethodAmount
}

// Add counts an entry.
func (s *TillSums) Add(e TillEntry) {
	one := TillSums{Entries: 1, Amount: e.Amount, VAT: e.VAT, Methods: []MethodAmount{{e.Method, e.Amount}}}
	if e.Amount < 0 {
		one.Refunds = e.Amount
	}
	s.Merge(one)
}

// Merge counts what others have counted. VAT stays in the order of its rates, methods in that of their names.
func (s *TillSums) Merge(o TillSums) {
	s.Entries += o.Entries
	s.Amount += o.Amount
	s.Refunds += o.Refunds
	for _, v := range o.VAT {
		i, there := slices.BinarySearchFunc(s.VAT, v.Rate, func(a VATAmount, r Rate) int { return cmp.Compare(a.Rate, r) })
		if !there {
			s.VAT = slices.Insert(s.VAT, i, VATAmount{Rate: v.Rate})
		}
		s.VAT[i].Gross += v.Gross
		s.VAT[i].VAT += v.VAT
	}
	for _, m := range o.Methods {
		i, there := slices.BinarySearchFunc(s.Methods, m.Method, func(a MethodAmount, b Method) int { return cmp.Compare(a.Method, b) })
		if !there {
			s.Methods = slices.Insert(s.Methods, i, MethodAmount{Method: m.Method})
		}
		s.Methods[i].Amount += m.Amount
	}
}

// TillClosing is one closing of a shop's till. It never changes: an entry that comes after it counts in the next day's. A day without a
// sale has one too, all zeros, for a day that is missing would look like a day that was removed.
type TillClosing struct {
	Pizzeria int64
	N        int64 // 1, 2, 3 … within the pizzeria, whatever the period
	Period   Period
	Last     int64  // number of the last entry that it covers; a day covers those after the day before, Sums.Entries of them
	LastHash string // that entry's
	Sums     TillSums
	Running  Cents     // perpetual total: of every entry since the first, this period's included
	At       time.Time // when it was made
	Previous string    // hash of the closing before, hex SHA-256; "" for the first
	Hash     string
}
