package db

import (
	"reflect"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// TestHistory adds a shop's days up as one does by hand: nights that end after midnight, a refund on another day than its sale, orders that were
// cancelled, the night in which the clocks go forward, and nothing of another shop.
func TestHistory(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		till, shop := r.as("caisse"), r.first()
		r.setStock("cola", 1000)
		one := int64(2_50)
		collect := func(promisedLater time.Duration) {
			t.Helper()
			o := r.place(basket(shop.Slug, "cola-33", app.Single, 1))
			for _, to := range []app.Status{app.Preparing, app.Ready} {
				if _, err := r.shop.AdvanceOrder(t.Context(), r.as("responsable"), newKey(), shop.ID, o.ID, to, ""); err != nil {
					t.Fatal(err)
				}
			}
			r.mu.Lock()
			r.moment = o.PromisedAt.Add(promisedLater)
			r.mu.Unlock()
			if _, err := r.shop.HandOver(t.Context(), till, newKey(), shop.ID, o.ID, app.Collected, app.Card); err != nil {
				t.Fatal(err)
			}
		}
		r.at("2026-03-27 12:00")
		collect(-4 * time.Minute)
		collect(10 * time.Minute)
		r.at("2026-03-28 03:50") // still the evening of the 27th
		r.sell(app.Cash, false)
		r.at("2026-03-29 01:30") // the evening of the 28th; the clocks go forward half an hour later
		r.sell(app.Cash, false)
		r.at("2026-03-29 05:30") // five hours after midnight have not passed: still the 28th
		r.sell(app.Cash, false)
		r.at("2026-03-29 06:30") // the 29th
		r.sell(app.Cheque, true)
		r.at("2026-03-30 04:40") // still the 29th
		r.sell(app.Cash, false)
		sold := r.place(basket(shop.Slug, "cola-33", app.Single, 3))
		if _, err := r.shop.TakePayment(t.Context(), till, newKey(), shop.ID, sold.ID, app.Cash); err != nil {
			t.Fatal(err)
		}
		r.at("2026-03-31 12:00") // and paid back two days later
		if _, err := r.shop.CancelOrder(t.Context(), till, newKey(), shop.ID, sold.ID, ""); err != nil {
			t.Fatal(err)
		}
		r.at("2026-03-31 12:10")
		other := r.place(basket(r.shops[1].Slug, "cola-33", app.Single, 1))
		if _, err := r.shop.TakePayment(t.Context(), r.as("directeur"), newKey(), other.Pizzeria, other.ID, app.Cash); err != nil {
			t.Fatal(err)
		}

		got, err := r.db.History(t.Context(), shop.ID, "2026-03-26", "2026-03-31")
		if err != nil {
			t.Fatal(err)
		}
		cents := func(n int64) app.Cents { return app.Cents(n * one) }
		want := []app.DayFigures{
			{Day: "2026-03-26"},
			{Day: "2026-03-27", Takings: cents(3), Sales: 3, Orders: 3, Handed: 2, OnTime: 1, Delay: 6 * time.Minute},
			{Day: "2026-03-28", Takings: cents(2), Sales: 2, Orders: 2},
			{Day: "2026-03-29", Takings: cents(4), Sales: 3, Orders: 3, Cancelled: 2},
			{Day: "2026-03-30"},
			{Day: "2026-03-31", Takings: -cents(3)},
		}
		for i, d := range got.Days {
			if d.Delay = d.Delay.Round(time.Minute); d != want[i] {
				t.Errorf("day %+v\nwant %+v", d, want[i])
			}
		}
		if len(got.Days) != len(want) || got.Sum().Takings != cents(6) {
			t.Errorf("%d days, %v in all", len(got.Days), got.Sum())
		}
		if sellers := []app.Seller{{Product: "cola-33", Name: "Cola", Kind: app.Drink, Quantity: 6, Amount: cents(6)}}; !reflect.DeepEqual(got.Sellers, sellers) {
			t.Errorf("sold %+v", got.Sellers)
		}

		past, err := r.db.Past(t.Context(), shop.ID, "2026-03-27")
		if err != nil || past.Entries != 3 || past.Total() != cents(3) || past.Until(15*time.Hour) != cents(2) {
			t.Errorf("the 27th: %d entries, %v until eight in the evening, %v in all, %v", past.Entries, past.Until(15*time.Hour), past.Total(), err)
		}
		orders, err := r.db.OrdersOfDay(t.Context(), shop.ID, "2026-03-29")
		if err != nil || len(orders) != 3 || orders[0].Number != 1 || orders[0].Contact != (app.Contact{}) || len(orders[2].Lines) != 1 || len(orders[2].Journal) == 0 {
			t.Errorf("%v %v", orders, err)
		}
	})
}

// TestStaffActions: what was done is kept with who did it, or not at all; a shop does not see another's.
func TestStaffActions(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		director := r.as("directeur")
		director.Screen = "dashboard"
		r.shop.HashPassword = func(p string) (string, error) { return "hash of " + p, nil }
		first, second := r.shops[0].ID, r.shops[1].ID
		if err := r.shop.SetPrice(t.Context(), director, "regina", app.Large, 13_70); err != nil {
			t.Fatal(err)
		}
		if err := r.shop.RetireProduct(t.Context(), director, "fugu", true); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		for range 2 {
			if err := r.shop.RetireProduct(t.Context(), director, "regina", true); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.shop.AddMember(t.Context(), director, second, app.NewMember{Login: "Zoé", Name: "Zoé", Role: app.Cook}); app.KindOf(err) != app.Invalid {
			t.Error(err)
		}
		if made, err := r.shop.AddMember(t.Context(), director, second, app.NewMember{Login: "Zoe.p", Name: "Zoé", Role: app.Cook}); err != nil || len(made) != 19 {
			t.Fatal(made, err)
		}
		if _, err := r.shop.AddMember(t.Context(), director, second, app.NewMember{Login: "zoe.p", Name: "Zoé", Role: app.Cook}); app.KindOf(err) != app.Conflict {
			t.Error(err)
		}
		all := func(shop int64) (deeds []app.Deed) {
			t.Helper()
			actions, err := r.db.StaffActions(t.Context(), shop, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range actions {
				if a.By != director.Key() || a.Name != director.Name || a.Role != app.Director || a.Screen != "dashboard" || r.clock().Sub(a.At) > time.Second {
					t.Errorf("%+v", a)
				}
				deeds = append(deeds, a.What)
			}
			return deeds
		}
		if got, want := all(first), []app.Deed{app.ProductRetired, app.ProductRetired, app.PriceSet}; !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if got, want := all(second), []app.Deed{app.MemberAdded, app.ProductRetired, app.ProductRetired, app.PriceSet}; !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		b := r.loaded(first)
		if p, ok := b.Menu.Known("regina"); !ok || p.Variants[1].Price != 13_70 || len(b.Menu.Retired) != 1 {
			t.Errorf("retired: %+v", b.Menu.Retired)
		}
		if _, ok := b.Menu.Product("regina"); ok || b.Left("regina", app.Large) != 0 {
			t.Error("what is retired can be ordered")
		}
		team, err := r.shop.Team(t.Context(), r.as("responsable"), first)
		if err != nil || len(team.Actions) != 3 || len(team.People) != 4 {
			t.Errorf("%d people, %d actions, %v", len(team.People), len(team.Actions), err)
		}
		for _, u := range team.People {
			if u.PasswordHash != "" || u.Role == app.Director {
				t.Errorf("%+v", u)
			}
		}
	})
}
