package db

import (
	"reflect"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
)

// TestOrderLife takes an order from its reception to the door and counts what it costs.
func TestOrderLife(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		id := r.first().ID
		cook, courier := r.as("cuisine"), r.as("livreur")
		in := basket(r.first().Slug, "regina", app.Large, 2)
		in.Mode, in.Contact.Address, in.Contact.Postcode = app.Delivery, "1 rue des Tests", "66000"
		in.Lines = append(in.Lines, app.NewLine{Product: "cola-33", Size: app.Single, Quantity: 1})
		r.place(in) // the first order of the day, and the epoch: met once

		total := uint64(0)
		cost := func(what string, most uint64, f func()) {
			t.Helper()
			before := r.db.Statements()
			f()
			n := r.db.Statements() - before
			total += n
			t.Logf("%-12s %2d statements", what, n)
			if n > most {
				t.Errorf("%s took %d statements, at most %d", what, n, most)
			}
		}
		var o *app.Order
		cost("place", 11, func() { o = r.place(in) })
		if o.Number != 2 || o.ID == 0 || o.Version != 1 {
			t.Errorf("placed: %+v", o)
		}
		step := func(what string, most uint64, f func() (*app.Order, error)) {
			t.Helper()
			cost(what, most, func() {
				t.Helper()
				var err error
				if o, err = f(); err != nil {
					t.Fatal(what, err)
				}
			})
		}
		step("start", 10, func() (*app.Order, error) {
			return r.shop.AdvanceItem(t.Context(), cook, newKey(), id, o.ID, 1, 1, app.Making)
		})
		step("item", 7, func() (*app.Order, error) {
			return r.shop.AdvanceItem(t.Context(), cook, newKey(), id, o.ID, 1, 1, app.InOven)
		})
		step("ready", 7, func() (*app.Order, error) {
			return r.shop.AdvanceItem(t.Context(), cook, newKey(), id, o.ID, 1, 0, app.Done)
		})
		if o.Status != app.Ready {
			t.Fatal(o.Status)
		}
		step("on the way", 6, func() (*app.Order, error) {
			return r.shop.AdvanceOrder(t.Context(), courier, newKey(), id, o.ID, app.OnTheWay, "")
		})
		step("delivered", 9, func() (*app.Order, error) {
			return r.shop.HandOver(t.Context(), courier, newKey(), id, o.ID, app.Delivered, app.Cash)
		})
		t.Logf("%-12s %2d statements", "the life", total)
		if !o.Closed() || o.Payment.Status != app.Paid {
			t.Errorf("at the end: %+v", o)
		}
		cost("again", 12, func() {
			again, err := r.shop.HandOver(t.Context(), courier, app.Key{}, id, o.ID, app.Delivered, app.Cash)
			if err != nil || again.Version != o.Version {
				t.Errorf("the courier presses twice: %v", err)
			}
		})
		if got, want := r.loaded(id), r.boards[id]; !reflect.DeepEqual(got, want) {
			t.Errorf("folded and loaded boards differ:\n%+v\n%+v", want.Orders[o.ID], got.Orders[o.ID])
		}
		r.checkStock()
		if n, _, err := r.db.VerifyTill(t.Context(), id); n != 1 || err != nil {
			t.Errorf("till: %d %v", n, err)
		}
		cost("warm board", 0, func() { _, _ = r.Board(t.Context(), id) })
		cost("load board", 21, func() { r.loaded(id) })
		if r.gaps != 0 {
			t.Errorf("%d gaps", r.gaps)
		}
	})
}
