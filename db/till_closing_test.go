package db

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// at goes to a moment, in France.
func (r *rig) at(moment string) {
	r.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", moment, app.Paris)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moment = at
}

// sell cashes an order of a cola by a method, and takes it back if so told.
func (r *rig) sell(method app.Method, back bool) {
	r.t.Helper()
	till, id := r.as("caisse"), r.first().ID
	o := r.place(basket(r.first().Slug, "cola-33", app.Single, 1))
	_, err := r.shop.TakePayment(r.t.Context(), till, newKey(), id, o.ID, method)
	if err == nil && back {
		_, err = r.shop.CancelOrder(r.t.Context(), till, newKey(), id, o.ID, "")
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// spring sells in the first shop over a change of month and of year, with a night that ends after midnight and a day without a sale.
func (r *rig) spring() {
	r.t.Helper()
	r.setStock("cola", 1000)
	for _, s := range []struct {
		at     string
		method app.Method
		back   bool
	}{
		{"2026-12-29 19:00", app.Cash, false},
		{"2026-12-29 20:00", app.Card, true},
		{"2026-12-30 02:00", app.Card, false}, // of the evening before
		{"2026-12-31 20:00", app.Cheque, false},
		{"2027-01-01 12:00", app.Cash, false},
	} {
		r.at(s.at)
		r.sell(s.method, s.back)
	}
}

// afterDay is the first minute at which a service day may be closed.
func afterDay(day string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, day, app.Paris)
	if err != nil {
		panic(err)
	}
	return at.AddDate(0, 0, 1).Add(9 * time.Hour)
}

func (r *rig) close(through string) []app.TillClosing {
	r.t.Helper()
	made, err := r.db.CloseTill(r.t.Context(), r.first().ID, through, afterDay(through))
	if err != nil {
		r.t.Fatal(err)
	}
	return made
}

// TestCloseTill: totals of each period, the perpetual one, nothing twice.
func TestCloseTill(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		if made := r.close("2026-12-28"); len(made) != 0 {
			t.Errorf("closed without an entry: %+v", made)
		}
		r.spring()
		if made := r.close("2026-12-28"); len(made) != 0 {
			t.Errorf("closed before the first entry: %+v", made)
		}
		made := append(r.close("2026-12-29"), r.close("2027-01-01")...)
		one := r.loadedEntries()[0].Amount
		var got []string
		for _, c := range made {
			got = append(got, fmt.Sprintf("%d %s %d %d %d %d %d %v", c.N, c.Period, c.Last, c.Sums.Entries, int64(c.Sums.Amount/one), int64(c.Sums.Refunds/one), int64(c.Running/one), c.Sums.Methods))
		}
		cents := func(n app.Cents) string { return (n * one).String() }
		want := []string{
			"1 2026-12-29 4 4 2 -1 2 [{card " + cents(1) + "} {cash " + cents(1) + "}]",
			"2 2026-12-30 4 0 0 0 2 []",
			"3 2026-12-31 5 1 1 0 3 [{cheque " + cents(1) + "}]",
			"4 2026-12 5 5 3 -1 3 [{card " + cents(1) + "} {cash " + cents(1) + "} {cheque " + cents(1) + "}]",
			"5 2026 5 5 3 -1 3 [{card " + cents(1) + "} {cash " + cents(1) + "} {cheque " + cents(1) + "}]",
			"6 2027-01-01 6 1 1 0 4 [{cash " + cents(1) + "}]",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("closed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if v := made[4].Sums.VAT; len(v) != 1 || v[0].Gross != 3*one || v[0].VAT != 3*v[0].Rate.Within(one) {
			t.Errorf("VAT of the year: %+v", v)
		}
		if _, err := r.db.CloseTill(t.Context(), r.first().ID, "2027-01-02", afterDay("2027-01-02").Add(-time.Second)); app.KindOf(err) != app.Conflict {
			t.Error("closed a day that is not over:", err)
		}
		if again := r.close("2027-01-01"); len(again) != 0 {
			t.Errorf("closed twice: %+v", again)
		}
		if kept, err := r.db.Closings(t.Context(), r.first().ID, 1, 100); err != nil || !reflect.DeepEqual(kept, made) {
			t.Errorf("kept\n%+v\n%v", kept, err)
		}
		if entries, closings, err := r.db.VerifyTill(t.Context(), r.first().ID); entries != 6 || closings != 6 || err != nil {
			t.Error(entries, closings, err)
		}
	})
}

func (r *rig) loadedEntries() []app.TillEntry {
	r.t.Helper()
	all, err := r.db.Till(r.t.Context(), r.first().ID, 1, 10_000)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// TestLateEntry: what comes for a day that is closed counts in the next, and the closed day stays as it is. Then nobody closes for long.
func TestLateEntry(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		r.setStock("cola", 1000)
		r.at("2026-03-13 20:00")
		r.sell(app.Cash, false)
		closed := r.close("2026-03-13")
		r.at("2026-03-14 04:00") // a clock that is wrong by hours
		r.sell(app.Card, false)
		r.at("2026-03-14 20:00")
		r.sell(app.Cash, false)
		made := append(closed, r.close("2026-07-31")...)
		if len(made) != 141+5 || made[1].Sums.Entries != 2 || made[145].Period != "2026-07" || made[145].Running != 3*made[0].Running {
			t.Errorf("%d closings: %+v … %+v", len(made), made[1], made[len(made)-1])
		}
		if entries, closings, err := r.db.VerifyTill(t.Context(), r.first().ID); entries != 3 || closings != 146 || err != nil {
			t.Error(entries, closings, err)
		}
	})
}

// TestCloseWhileSelling closes a day from several sides while others still cash: each entry is in one closing, or comes after all.
func TestCloseWhileSelling(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		id, till, day := r.first().ID, r.as("caisse"), app.ServiceDay(r.clock())
		r.setStock("cola", 1000)
		var orders []*app.Order
		for range 24 {
			orders = append(orders, r.place(basket(r.first().Slug, "cola-33", app.Single, 1)))
		}
		made := make([][]app.TillClosing, 2)
		together(6, func(i int) {
			if i < len(made) {
				for _, through := range []string{day, string(app.Period(day).Next())} {
					closings, err := r.db.CloseTill(t.Context(), id, through, afterDay(through))
					if err != nil {
						t.Error(err)
					}
					made[i] = append(made[i], closings...)
				}
				return
			}
			for n := i - len(made); n < len(orders); n += 4 {
				if _, err := r.shop.TakePayment(t.Context(), till, newKey(), id, orders[n].ID, app.Cash); err != nil {
					t.Error(err)
				}
			}
		})
		last := r.close("2026-03-17")
		entries, closings, err := r.db.VerifyTill(t.Context(), id)
		if n := len(made[0]) + len(made[1]) + len(last); entries != 24 || closings != int64(n) || n < 2 || err != nil {
			t.Error(entries, closings, n, err)
		}
		if last[len(last)-1].Last != 24 {
			t.Errorf("the closings end at entry %d", last[len(last)-1].Last)
		}
	})
}

// TestClosingsAreTamperEvident alters, drops and adds closings, and entries under them.
func TestClosingsAreTamperEvident(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		id := r.first().ID
		r.spring()
		made := r.close("2027-01-01")
		all, _ := dumped(t, r.db)
		for change, want := range map[string]struct {
			closing string
			entry   int64
		}{
			"UPDATE till_closings SET amount_cents = amount_cents - 100 WHERE n = 3":  {"2026-12-31", 0},
			"UPDATE till_closings SET running_cents = running_cents + 1 WHERE n = 6":  {"2027-01-01", 0},
			"UPDATE till_closings SET vat = '' WHERE n = 4":                           {"2026-12", 0},
			"UPDATE till_closings SET methods = 'x' WHERE n = 4":                      {"n° 4", 0},
			"UPDATE till_closings SET last_entry = 6 WHERE n = 3":                     {"2026-12-31", 0},
			"UPDATE till_closings SET period = '2026-11' WHERE n = 4":                 {"2026-11", 0},
			"UPDATE till_closings SET closed_at = '2027-01-02 12:00:00' WHERE n = 5":  {"2026", 0},
			"DELETE FROM till_closings WHERE n = 2":                                   {"2026-12-30", 0},
			"DELETE FROM till_closings WHERE n = 6":                                   {"2027-01-01", 0},
			"DELETE FROM till_closings":                                               {"2026-12-29", 0},
			"DELETE FROM meta WHERE name LIKE 'till_closing/%'":                       {"2027-01-01", 0},
			"UPDATE till_entries SET amount_cents = amount_cents + 100 WHERE n = 5":   {"", 5},
			"UPDATE till_entries SET happened_at = '2027-01-01 08:00:00' WHERE n = 2": {"", 2},
			"DELETE FROM till_entries WHERE n = 6":                                    {"", 6},
			"UPDATE till_entries SET vat = 'x' WHERE n = 1":                           {"", 1},
		} {
			if _, err := r.db.w.ExecContext(t.Context(), change); err != nil {
				t.Fatal(change, err)
			}
			_, _, err := r.db.VerifyTill(t.Context(), id)
			got, ok := errors.AsType[*TamperedError](err)
			if !ok || got.Closing != want.closing || got.N != want.entry {
				t.Errorf("%s: %v", change, err)
			}
			if strings.HasPrefix(change, "DELETE") && want.closing == "2027-01-01" {
				if made, err := r.db.CloseTill(t.Context(), id, "2027-01-31", afterDay("2027-01-31")); !IsTampered(err) || len(made) != 0 {
					t.Errorf("closed after %s: %v, %v", change, made, err)
				}
			}
			if _, err := r.db.Restore(t.Context(), memory("whole", all), RestoreOptions{Replace: true}); err != nil {
				t.Fatal(err)
			}
		}

		// Who recomputes the hash of a closing that he altered, and the head, is found out by the entries.
		forged := made[5]
		forged.Sums.Amount -= 100
		forged.Hash = ClosingHash(forged)
		row := newClosingRow(forged)
		if _, err := r.db.w.ExecContext(t.Context(), "UPDATE till_closings SET amount_cents = ?, hash = ? WHERE n = 6", row.Amount, row.Hash); err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.w.ExecContext(t.Context(), "UPDATE meta SET value = ? WHERE name = ?", "6 "+row.Hash, closingsHead(id)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.db.VerifyTill(t.Context(), id); !IsTampered(err) || !strings.Contains(err.Error(), "écritures qu’elle couvre") {
			t.Error("a forged closing:", err)
		}
		// Nothing is sealed over a broken chain.
		r.sell(app.Cash, false)
		if _, err := r.db.w.ExecContext(t.Context(), "UPDATE till_entries SET amount_cents = 1 WHERE n = 7"); err != nil {
			t.Fatal(err)
		}
		if made, err := r.db.CloseTill(t.Context(), id, "2027-01-31", afterDay("2027-01-31")); !IsTampered(err) || len(made) != 0 {
			t.Errorf("%+v, %v", made, err)
		}
	})
}
