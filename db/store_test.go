package db

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

func TestKeys(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		visitor, slug := app.Actor{Role: app.Visitor}, r.first().Slug
		k := newKey()
		first, err := r.shop.PlaceOrder(t.Context(), visitor, k, basket(slug, "regina", app.Medium, 1))
		if err != nil {
			t.Fatal(err)
		}
		// Another body under the same key.
		other := k
		other.Hash = app.HashToken("another body")
		if _, err := r.shop.PlaceOrder(t.Context(), visitor, other, basket(slug, "regina", app.Medium, 2)); app.KindOf(err) != app.Invalid || !strings.Contains(err.Error(), "déjà servi") {
			t.Error(err)
		}
		// The same value in another letter case, with a space, or from somebody else is another key.
		for _, k := range []app.Key{
			{Principal: k.Principal, Value: "K", Hash: k.Hash}, {Principal: k.Principal, Value: "k ", Hash: k.Hash}, {Principal: "somebody else", Value: "k", Hash: k.Hash},
			{Principal: k.Principal, Value: strings.Repeat("k", 5000), Hash: k.Hash},
		} {
			p, err := r.shop.PlaceOrder(t.Context(), visitor, k, basket(slug, "regina", app.Medium, 1))
			if err != nil || p.Repeated || p.Order.ID == first.Order.ID {
				t.Errorf("%.20q: %+v %v", k.Value, p, err)
			}
		}
		// What a repeated step answers is the order as it is now, without another event.
		cook, step := r.as("cuisine"), newKey()
		for i := range 2 {
			o, err := r.shop.AdvanceItem(t.Context(), cook, step, first.Order.Pizzeria, first.Order.ID, 1, 1, app.Making)
			if err != nil || o.Version != 3 {
				t.Errorf("time %d: %v", i, err)
			}
		}
		// A key of a step does not open another order.
		o := r.place(basket(slug, "regina", app.Medium, 1))
		if _, err := r.shop.AdvanceItem(t.Context(), cook, step, o.Pizzeria, o.ID, 1, 1, app.Making); app.KindOf(err) != app.Invalid {
			t.Error(err)
		}
	})
}

func TestRefusalsAreStored(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		visitor, slug, id, manager := app.Actor{Role: app.Visitor}, r.first().Slug, r.first().ID, r.as("responsable")
		r.setStock("burrata", 2)
		k, in := newKey(), basket(slug, "burrata-serrano", app.Medium, 3)
		_, first := r.shop.PlaceOrder(t.Context(), visitor, k, in)
		if app.KindOf(first) != app.Conflict || app.AsError(first).Line != 1 || !strings.Contains(first.Error(), "Il ne reste que 2") {
			t.Fatal(first)
		}
		if err := r.shop.Restock(t.Context(), manager, newKey(), id, "burrata", 20); err != nil {
			t.Fatal(err)
		}
		if _, err := r.shop.PlaceOrder(t.Context(), visitor, k, in); err == nil || err.Error() != first.Error() || app.AsError(err).Line != 1 {
			t.Errorf("« sold out » became an order after a restock: %v", err)
		}
		o := r.place(in)
		// Too late to cancel stays too late, even when the kitchen puts it on hold.
		if _, err := r.shop.AdvanceOrder(t.Context(), r.as("cuisine"), newKey(), id, o.ID, app.Preparing, ""); err != nil {
			t.Fatal(err)
		}
		customer, k2 := app.Actor{Role: app.Customer, Order: o.ID}, newKey()
		_, late := r.shop.CancelOrder(t.Context(), customer, k2, id, o.ID, "")
		if app.KindOf(late) != app.Conflict {
			t.Fatal(late)
		}
		if _, err := r.shop.HoldOrder(t.Context(), r.as("cuisine"), newKey(), id, o.ID, "burrata"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.shop.CancelOrder(t.Context(), customer, k2, id, o.ID, ""); err == nil || err.Error() != late.Error() {
			t.Error(err)
		}
		if _, err := r.shop.CancelOrder(t.Context(), customer, newKey(), id, o.ID, ""); err != nil {
			t.Error("with a new key it is allowed:", err)
		}
		r.checkStock()
		if n, err := r.db.ForgetKeys(t.Context()); n != 0 || err != nil {
			t.Error(n, err)
		}
		if _, err := r.db.w.ExecContext(t.Context(), "UPDATE idempotency SET created_at = ?", now().Add(-KeyLife-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if n, err := r.db.ForgetKeys(t.Context()); n == 0 || err != nil {
			t.Error(n, err)
		}
	})
}

func TestNumbers(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		in := basket(r.first().Slug, "cola-33", app.Single, 1)
		var numbers []int
		digits := map[int64]bool{}
		for range 3 {
			o := r.place(in)
			numbers = append(numbers, o.Number)
			digits[o.ID%10] = true
		}
		r.moment = time.Date(2026, 3, 15, 3, 59, 0, 0, time.UTC) // 4:59 in France: still the same evening
		a := r.place(in)
		r.moment = time.Date(2026, 3, 15, 4, 1, 0, 0, time.UTC)
		b := r.place(in)
		in.Pizzeria, r.moment = r.shops[1].Slug, time.Date(2026, 3, 15, 18, 0, 0, 0, time.UTC)
		c := r.place(in)
		if numbers[2] != 3 || a.Number != 4 || a.ServiceDay != "2026-03-14" || b.Number != 1 || b.ServiceDay != "2026-03-15" || c.Number != 1 {
			t.Error(numbers, a.Number, a.ServiceDay, b.Number, b.ServiceDay, c.Number)
		}
		if r.db.mysql && len(digits) != 1 {
			t.Errorf("ids should step by ten there: %v", digits)
		}
	})
}

// TestTenants asks for what belongs to another shop: it is not there.
func TestTenants(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		o := r.place(basket(r.first().Slug, "regina", app.Medium, 1))
		here, there := r.first().ID, r.shops[1].ID
		never := func(*app.Order) (app.Change, error) {
			t.Error("another shop's order was handed out")
			return app.Change{}, nil
		}
		for _, ref := range []app.Ref{{Pizzeria: there, ID: o.ID}, {Pizzeria: there, ID: o.ID, Known: o}, {Pizzeria: here, ID: o.ID + 1}} {
			if _, err := r.db.UpdateOrder(t.Context(), ref, newKey(), never, nil); !errors.Is(err, app.ErrNoOrder) {
				t.Errorf("%d %d: %v", ref.Pizzeria, ref.ID, err)
			}
		}
		if b := r.loaded(there); len(b.Orders) != 0 {
			t.Error(b.Orders)
		}
		dev, err := r.shop.PairDevice(t.Context(), r.as("directeur"), here, "Cuisine", r.offer("secret"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.RevokeDevice(t.Context(), there, dev.ID, app.StaffAction{}); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		if list, err := r.db.Till(t.Context(), there, 1, 10); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		if _, err := r.db.SetLevel(t.Context(), 999, 1, nil, nil); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		if _, err := r.db.LoadBoard(t.Context(), 999); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		if _, err := r.db.OrderByToken(t.Context(), "no such"); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		if got, err := r.db.OrderByToken(t.Context(), o.TokenHash); err != nil || got.ID != o.ID {
			t.Error(err)
		}
	})
}

func (r *rig) offer(secret string) string {
	r.t.Helper()
	code, _, err := r.shop.OfferDevice(r.t.Context(), secret)
	if err != nil {
		r.t.Fatal(err)
	}
	return code
}

func TestShelf(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		id, manager, cook := r.first().ID, r.as("responsable"), r.as("cuisine")
		level := func(slug string) app.Level {
			b := r.loaded(id)
			g, _ := b.Menu.IngredientBySlug(slug)
			return b.Levels[g.ID]
		}
		r.setStock("burrata", 10)
		o := r.place(basket(r.first().Slug, "burrata-serrano", app.Medium, 4))
		for _, f := range []func() error{
			func() error { return r.shop.CountStock(t.Context(), manager, newKey(), id, "burrata", 3) },
			func() error { return r.shop.Waste(t.Context(), manager, newKey(), id, "burrata", 7) },
		} {
			if err := f(); app.KindOf(err) != app.Conflict || !strings.Contains(err.Error(), "4 de « Burrata »") {
				t.Error(err)
			}
		}
		if err := r.shop.MarkOut(t.Context(), cook, id, "burrata", true); err != nil {
			t.Fatal(err)
		}
		if _, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, newKey(), basket(r.first().Slug, "burrata-serrano", app.Medium, 1)); app.KindOf(err) != app.Conflict {
			t.Error("what is marked out was promised:", err)
		}
		// What was promised before may be made all the same.
		if _, err := r.shop.AdvanceOrder(t.Context(), cook, newKey(), id, o.ID, app.Preparing, ""); err != nil {
			t.Error(err)
		}
		if l := level("burrata"); l.OnHand != 6 || l.Reserved != 0 || !l.Out {
			t.Errorf("%+v", l)
		}
		k := newKey()
		for range 2 {
			if err := r.shop.CountStock(t.Context(), manager, k, id, "burrata", 8); err != nil {
				t.Error(err)
			}
		}
		if l := level("burrata"); l.OnHand != 8 || l.Out {
			t.Errorf("a count brings it back: %+v", l)
		}
		if err := r.shop.SetThreshold(t.Context(), manager, id, "burrata", 5); err != nil || level("burrata").Threshold != 5 {
			t.Error(err)
		}
		r.checkStock()
	})
}

// TestRevision changes an order for one that needs more than is left, then for one that just fits: only the difference must be there.
func TestRevision(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		till, id := r.as("caisse"), r.first().ID
		r.setStock("burrata", 5)
		o := r.place(basket(r.first().Slug, "burrata-serrano", app.Medium, 3))
		lines := func(n int) []app.NewLine {
			return []app.NewLine{{Product: "cola-33", Size: app.Single, Quantity: 1}, {Product: "burrata-serrano", Size: app.Medium, Quantity: n}}
		}
		_, err := r.shop.ChangeOrder(t.Context(), till, newKey(), id, o.ID, lines(6), "")
		if app.KindOf(err) != app.Conflict || app.AsError(err).Line != 2 || !strings.Contains(err.Error(), "Il ne reste que 5") {
			t.Error(err)
		}
		changed, err := r.shop.ChangeOrder(t.Context(), till, newKey(), id, o.ID, lines(5), "sans olives")
		if err != nil || changed.Revision != 2 || len(changed.Lines) != 2 || changed.Note != "sans olives" {
			t.Fatalf("%+v %v", changed, err)
		}
		if _, err := r.shop.CancelOrder(t.Context(), till, newKey(), id, o.ID, ""); err != nil {
			t.Error(err)
		}
		for _, l := range r.loaded(id).Levels {
			if l.Reserved != 0 {
				t.Errorf("%+v", l)
			}
		}
		r.checkStock()
	})
}

func TestTillIsTamperEvident(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		id, till := r.first().ID, r.as("caisse")
		for range 5 {
			o := r.place(basket(r.first().Slug, "regina", app.Medium, 1))
			if _, err := r.shop.TakePayment(t.Context(), till, newKey(), id, o.ID, app.Cash); err != nil {
				t.Fatal(err)
			}
			if o.Number%2 == 0 { // a refund is an entry of its own
				if _, err := r.shop.CancelOrder(t.Context(), till, newKey(), id, o.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n, _, err := r.db.VerifyTill(t.Context(), id); n != 7 || err != nil {
			t.Fatal(n, err)
		}
		entries, err := r.db.Till(t.Context(), id, 2, 3)
		if err != nil || len(entries) != 3 || entries[0].N != 2 || entries[0].Previous == "" || len(entries[0].VAT) != 1 {
			t.Errorf("%+v %v", entries, err)
		}
		for _, c := range []struct {
			do, undo string
			at       int64
		}{
			{"UPDATE till_entries SET amount_cents = amount_cents - 100 WHERE n = 4", "UPDATE till_entries SET amount_cents = amount_cents + 100 WHERE n = 4", 4},
			{"UPDATE till_entries SET method = 'card' WHERE n = 1", "UPDATE till_entries SET method = 'cash' WHERE n = 1", 1},
			{"UPDATE till_entries SET n = 70 WHERE n = 7", "UPDATE till_entries SET n = 7 WHERE n = 70", 7},
			{"UPDATE till_entries SET n = 30 WHERE n = 3", "UPDATE till_entries SET n = 3 WHERE n = 30", 3},
			{"UPDATE till_heads SET n = n + 1 WHERE n > 0", "UPDATE till_heads SET n = n - 1 WHERE n > 0", 8},
		} {
			if _, err := r.db.w.ExecContext(t.Context(), c.do+" AND pizzeria_id = "+itoa(id)); err != nil {
				t.Fatal(err)
			}
			_, _, err := r.db.VerifyTill(t.Context(), id)
			tampered, ok := errors.AsType[*TamperedError](err)
			if !ok || tampered.N != c.at || !IsTampered(err) {
				t.Errorf("%s: %v", c.do, err)
			}
			if _, err := r.db.w.ExecContext(t.Context(), c.undo); err != nil {
				t.Fatal(err)
			}
		}
		if n, _, err := r.db.VerifyTill(t.Context(), id); n != 7 || err != nil {
			t.Fatal(n, err)
		}
	})
}

// TestEpoch restores the database under a running program: numbers of before mean nothing, and writes go on.
func TestEpoch(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		in, id := basket(r.first().Slug, "regina", app.Medium, 1), r.first().ID
		r.place(in)
		before := r.loaded(id)
		if err := r.db.NewEpoch(t.Context()); err != nil {
			t.Fatal(err)
		}
		o := r.place(in)
		after := r.loaded(id)
		if after.Epoch == before.Epoch || after.Orders[o.ID] == nil {
			t.Error(before.Epoch, after.Epoch)
		}
		all, _, err := r.db.Positions(t.Context())
		if err != nil || len(all) != 5 || all[id] != (app.Position{Epoch: after.Epoch, Seq: after.Seq}) {
			t.Error(all, err)
		}
		if r.boards[id] != nil {
			t.Error("an event of another epoch was folded")
		}
	})
}
