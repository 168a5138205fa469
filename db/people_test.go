package db

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestPeople(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		u, session, err := r.shop.SignIn(ctx, " Responsable ", app.DemoPassword, "secret")
		if err != nil {
			t.Fatal(err)
		}
		actor, until, err := r.db.SessionActor(ctx, session.Hash, session.Begun)
		if err != nil || actor.User != u.ID || actor.Role != app.Manager || actor.Name != "Marc Vidal" || !slices.Equal(actor.Pizzerias, []int64{r.first().ID}) || !until.Equal(session.Expires) {
			t.Errorf("%+v %v %v", actor, until, err)
		}
		if _, _, err := r.db.SessionActor(ctx, session.Hash, session.Expires); app.KindOf(err) != app.NotFound {
			t.Error("an expired session:", err)
		}
		if err := r.db.EndSession(ctx, session.Hash); err != nil {
			t.Error(err)
		}
		if _, _, err := r.db.SessionActor(ctx, session.Hash, session.Begun); app.KindOf(err) != app.NotFound {
			t.Error("an ended session:", err)
		}
		if _, err := r.db.UserByLogin(ctx, "nobody"); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		if d := r.as("directeur"); len(d.Pizzerias) != 5 {
			t.Error(d)
		}

		added, err := r.db.AddUser(ctx, app.User{Login: "nina", Name: "Nina", Role: app.Courier, Pizzerias: []int64{r.shops[2].ID, r.shops[1].ID}, PasswordHash: "hash of x"}, app.StaffAction{})
		if err != nil || added.ID == 0 {
			t.Fatal(err)
		}
		if _, err := r.db.AddUser(ctx, added, app.StaffAction{}); app.KindOf(err) != app.Conflict {
			t.Error(err)
		}
		_, session, err = r.shop.SignIn(ctx, "nina", "x", "another secret")
		if err != nil {
			t.Fatal(err)
		}
		if hashes, err := r.db.DisableUser(ctx, "nina", true, app.StaffAction{}); err != nil || !slices.Equal(hashes, []string{session.Hash}) {
			t.Error(hashes, err)
		}
		if _, _, err := r.db.SessionActor(ctx, session.Hash, session.Begun); app.KindOf(err) != app.NotFound {
			t.Error("a disabled person's session:", err)
		}
		if _, _, err := r.shop.SignIn(ctx, "nina", "x", "third"); app.KindOf(err) != app.Unauthorized {
			t.Error(err)
		}
		all, err := r.db.Users(ctx)
		if err != nil || len(all) != 6 || all[4].Login != "nina" || !all[4].Disabled || len(all[4].Pizzerias) != 2 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func TestDevices(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, id, manager := t.Context(), r.first().ID, r.as("responsable")
		code := r.offer("the wall's secret")
		r.offer("the wall's secret") // it shows its code again
		v, err := r.shop.PairDevice(ctx, manager, id, "Cuisine 1", code)
		if err != nil || v.ID == 0 {
			t.Fatal(err)
		}
		if _, err := r.shop.PairDevice(ctx, manager, id, "Cuisine 2", code); app.KindOf(err) != app.Invalid {
			t.Error("a code serves once:", err)
		}
		hash := app.HashToken("the wall's secret")
		actor, _, err := r.db.SessionActor(ctx, hash, r.shop.Now())
		if err != nil || actor.Role != app.Cook || actor.Device != v.ID || actor.Name != "Cuisine 1" || !slices.Equal(actor.Pizzerias, []int64{id}) {
			t.Errorf("%+v %v", actor, err)
		}
		list, err := r.db.Devices(ctx, id)
		if err != nil || len(list) != 1 || list[0] != v {
			t.Errorf("%+v %+v %v", list, v, err)
		}
		ended, err := r.shop.RevokeDevice(ctx, manager, id, v.ID)
		if err != nil || !slices.Equal(ended, []string{hash}) {
			t.Error(ended, err)
		}
		if _, _, err := r.db.SessionActor(ctx, hash, r.shop.Now()); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
		if list, err := r.db.Devices(ctx, id); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		late := r.offer("late")
		r.moment = r.moment.Add(time.Hour)
		if _, err := r.shop.PairDevice(ctx, manager, id, "Cuisine", late); app.KindOf(err) != app.Invalid {
			t.Error("a code of an hour ago:", err)
		}
		if n, err := r.db.ForgetSessions(ctx); err != nil || n != 1 {
			t.Error(n, err)
		}
	})
}

func TestSeed(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		hash := func(string) (string, error) { t.Error("hashed for nothing"); return "", nil }
		if again, err := r.db.Seed(ctx, SeedOptions{Demo: true, HashPassword: hash}); err != nil || again != (Seeded{}) {
			t.Errorf("a second time: %+v %v", again, err)
		}
		if demo, err := r.db.Demo(ctx); !demo || err != nil {
			t.Error(demo, err)
		}
		b := r.loaded(r.first().ID)
		if len(r.shops) != 5 || !r.first().AlwaysOpen || r.shops[1].AlwaysOpen || len(b.Menu.Products) != 24 {
			t.Error(len(r.shops), len(b.Menu.Products))
		}
		pizzas := 0
		for _, p := range b.Menu.Products {
			if p.Kind == app.Pizza {
				pizzas++
				if len(p.Variants) != 2 || p.Variants[0].Size != app.Medium || p.OvenSeconds == 0 {
					t.Error(p)
				}
				if g, _ := b.Menu.Ingredient(p.Variants[1].Recipe[0].Ingredient); !g.Base || g.Slug != dough33 {
					t.Errorf("%s begins with %s", p.Slug, g.Slug)
				}
			}
			for _, v := range p.Variants {
				if n := b.Left(p.Slug, v.Size); n < 15 {
					t.Errorf("only %d %s", n, p.Slug)
				}
			}
			if rate, ok := p.VATRate(app.Delivery, r.clock()); !ok || rate == 0 {
				t.Error(p.Slug, rate)
			}
			if p.Description == "" {
				t.Error(p.Slug)
			}
		}
		if pizzas != 15 {
			t.Error(pizzas)
		}
		margherita, _ := b.Menu.Product("margherita")
		if got := b.Menu.Allergens(margherita); !slices.Equal(got, []app.Allergen{app.Gluten, app.Milk}) || !b.Menu.Suits(margherita, app.Meat, app.Pork, app.Seafood) {
			t.Error(got)
		}
		saturday := time.Date(2026, 3, 14, 23, 30, 0, 0, time.UTC) // half past midnight on Sunday
		if !r.shops[1].OpenAt(saturday) || r.shops[1].OpenAt(saturday.Add(45*time.Minute)) {
			t.Error("Saturday's hours")
		}
		r.checkStock()
	})
}

func TestSeedWithoutDemo(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		d := open(t, url, 2)
		if empty, err := d.Empty(t.Context()); !empty || err != nil {
			t.Error(empty, err)
		}
		var said []string
		done, err := d.Seed(t.Context(), SeedOptions{Progress: func(s string) { said = append(said, s) }})
		if err != nil || done.Users != 0 || done.Pizzerias != 5 || len(said) == 0 {
			t.Errorf("%+v %v %v", done, said, err)
		}
		if _, err := d.Seed(t.Context(), SeedOptions{Demo: true}); app.KindOf(err) != app.Conflict {
			t.Error("a public password on a real database:", err)
		}
		if demo, err := d.Demo(t.Context()); demo || err != nil {
			t.Error(demo, err)
		}
		shops, err := d.Pizzerias(t.Context())
		if err != nil || shops[0].AlwaysOpen {
			t.Error(err)
		}
	})
}

// TestPriceGoesToShops changes a price after a session ended, which is counted among the sequences: one event a shop, ascending.
func TestPriceGoesToShops(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		if err := r.db.EndSession(t.Context(), app.HashToken("nobody's")); err != nil {
			t.Fatal(err)
		}
		events, err := r.db.SetPrice(t.Context(), "regina", app.Large, 1234, app.StaffAction{})
		if err != nil || len(events) != 5 {
			t.Fatal(len(events), err)
		}
		for i, e := range events {
			p, ok := e.Menu.Product("regina")
			if !ok || p.Variants[1].Price != 1234 || e.Seq != 1 || i > 0 && e.Pizzeria <= events[i-1].Pizzeria {
				t.Errorf("%d: shop %d, number %d", i, e.Pizzeria, e.Seq)
			}
		}
		if _, err := r.db.SetPrice(t.Context(), "regina", app.Single, 1, app.StaffAction{}); app.KindOf(err) != app.NotFound {
			t.Error(err)
		}
	})
}
