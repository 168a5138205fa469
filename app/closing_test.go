package app

import (
	"reflect"
	"testing"
	"time"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct{ of, last, next Period }{
		{"2026-03-14", "2026-03-14", "2026-03-15"},
		{"2026-03-31", "2026-03-31", "2026-03"},
		{"2028-02-28", "2028-02-28", "2028-02-29"},
		{"2026-03", "2026-03-31", "2026-04-01"},
		{"2028-02", "2028-02-29", "2028-03-01"},
		{"2026-12-31", "2026-12-31", "2026-12"},
		{"2026-12", "2026-12-31", "2026"},
		{"2026", "2026-12-31", "2027-01-01"},
	} {
		p, err := ParsePeriod(string(c.of))
		if err != nil || p.LastDay() != string(c.last) || p.Next() != c.next {
			t.Errorf("%s ends on %s, then %s; want %s, %s (%v)", c.of, p.LastDay(), p.Next(), c.last, c.next, err)
		}
	}
	for _, bad := range []string{"", "hier", "2026-13", "2026-02-30", "26-03-14", "2026-3", "14/03/2026", "0000"} {
		if p, err := ParsePeriod(bad); KindOf(err) != Invalid {
			t.Errorf("%q is %q, %v", bad, p, err)
		}
	}
}

// TestPeriodIsOver: a service day ends at 5 h, and couriers' phones have four hours more; summer time begins on 29 March 2026.
func TestPeriodIsOver(t *testing.T) {
	for _, c := range []struct {
		p    Period
		at   string
		over bool
	}{
		{"2026-03-14", "2026-03-15 08:59", false},
		{"2026-03-14", "2026-03-15 09:00", true},
		{"2026-03-28", "2026-03-29 09:59", false},
		{"2026-03-28", "2026-03-29 10:00", true},
		{"2026-03", "2026-04-01 08:59", false},
		{"2026-03", "2026-04-01 09:00", true},
		{"2026", "2026-12-31 23:59", false},
		{"2026", "2027-01-01 09:00", true},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.at, Paris)
		if err != nil {
			t.Fatal(err)
		}
		if c.p.Over(now) != c.over {
			t.Errorf("%s at %s: over is %t", c.p, c.at, !c.over)
		}
	}
}

func TestTillSums(t *testing.T) {
	var day, month TillSums
	day.Add(TillEntry{Method: Cash, Amount: 1250, VAT: []VATAmount{{1000, 900, 82}, {2000, 350, 58}}})
	day.Add(TillEntry{Method: Card, Amount: 550, VAT: []VATAmount{{550, 550, 29}}})
	day.Add(TillEntry{Method: Cash, Amount: -1250, VAT: []VATAmount{{1000, -900, -82}, {2000, -350, -58}}})
	want := TillSums{
		Entries: 3, Amount: 550, Refunds: -1250,
		VAT:     []VATAmount{{550, 550, 29}, {1000, 0, 0}, {2000, 0, 0}},
		Methods: []MethodAmount{{Card, 550}, {Cash, 0}},
	}
	if !reflect.DeepEqual(day, want) {
		t.Errorf("%+v", day)
	}
	month.Merge(day)
	month.Merge(day)
	if month.Entries != 6 || month.Amount != 1100 || month.Refunds != -2500 || month.VAT[0].VAT != 58 || month.Methods[0].Amount != 1100 {
		t.Errorf("%+v", month)
	}
	if !reflect.DeepEqual(day, want) {
		t.Error("merging changed what was merged")
	}
}
