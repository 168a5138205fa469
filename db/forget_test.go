package db

import (
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// TestForgetContacts: ninety days after its end an order is nobody's; its sale stays, and so does whoever is still to be served.
func TestForgetContacts(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		id, till := r.first().ID, r.as("caisse")
		in := basket(r.first().Slug, "regina", app.Medium, 1)
		end := func(o *app.Order) time.Time {
			t.Helper()
			o, err := r.shop.CancelOrder(t.Context(), till, newKey(), id, o.ID, "")
			if err != nil {
				t.Fatal(err)
			}
			return o.ClosedAt
		}
		old, open := r.place(in), r.place(in)
		ended := end(old)
		recent := r.place(in)
		r.moment = r.moment.Add(time.Hour)
		end(recent)
		sold, _, err := r.db.VerifyTill(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		forget := func(at time.Time, want int64) {
			t.Helper()
			if n, err := r.db.ForgetContacts(t.Context(), at); n != want || err != nil {
				t.Errorf("%d forgotten, %v, want %d", n, err, want)
			}
		}
		forget(ended.Add(ContactLife-time.Minute), 0)
		forget(ended.Add(ContactLife+time.Minute), 1)
		forget(ended.Add(ContactLife+time.Minute), 0)
		for o, want := range map[*app.Order]bool{old: false, open: true, recent: true} {
			got, err := r.db.order(t.Context(), id, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			if known := got.Contact.Name != "" && got.Contact.Phone != "" && got.Note != ""; known != want {
				t.Errorf("n° %d: %+v %q, want known: %t", o.Number, got.Contact, got.Note, want)
			}
			if got.Total() != o.Total() || len(got.Lines) != len(o.Lines) {
				t.Errorf("n° %d: the sale changed", o.Number)
			}
		}
		forget(ended.Add(2*ContactLife), 1)
		if n, _, err := r.db.VerifyTill(t.Context(), id); n != sold || err != nil {
			t.Errorf("the till: %d entries of %d, %v", n, sold, err)
		}
	})
}
