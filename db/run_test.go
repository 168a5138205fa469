package db

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// bring has an order delivered by the courier against money, and returns it.
func (r *rig) bring(product string, method app.Method) *app.Order {
	r.t.Helper()
	o := r.ride(product)
	if _, err := r.shop.HandOver(r.t.Context(), r.as("livreur"), newKey(), o.Pizzeria, o.ID, app.Delivered, method); err != nil {
		r.t.Fatal(err)
	}
	return o
}

// ride has an order under way.
func (r *rig) ride(product string) *app.Order {
	r.t.Helper()
	in := basket(r.first().Slug, product, app.Single, 1)
	in.Mode, in.Contact.Address, in.Contact.Postcode = app.Delivery, "2 rue d’Ici", r.first().Postcodes[0]
	o := r.place(in)
	for _, to := range []app.Status{app.Preparing, app.Ready} {
		if _, err := r.shop.AdvanceOrder(r.t.Context(), r.as("cuisine"), newKey(), o.Pizzeria, o.ID, to, ""); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := r.shop.TakeTogether(r.t.Context(), r.as("livreur"), newKey(), o.Pizzeria, []int64{o.ID}); err != nil {
		r.t.Fatal(err)
	}
	return o
}

func TestRunsAreKept(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		shop, courier := r.first().ID, r.as("livreur")
		a, b, c := r.ride("cola-33").ID, r.ride("cola-33").ID, r.ride("cola-33").ID
		carried := func(board *app.Board) (out []int64) {
			for _, o := range board.Carried(courier.User) {
				out = append(out, o.ID)
			}
			return out
		}
		seq := func() int64 { return r.loaded(shop).Seq }
		k := newKey()
		if err := r.shop.OrderRun(t.Context(), courier, k, shop, []int64{c, 987654321, a, c, b}); err != nil {
			t.Fatal(err)
		}
		at := seq()
		for what, f := range map[string]func() error{
			"the same key":      func() error { return r.shop.OrderRun(t.Context(), courier, k, shop, []int64{c, 987654321, a, c, b}) },
			"the same sequence": func() error { return r.shop.OrderRun(t.Context(), courier, newKey(), shop, []int64{c, a, b}) },
			"up from the top":   func() error { return r.shop.MoveStop(t.Context(), courier, newKey(), shop, c, -1) },
			"nothing of ours":   func() error { return r.shop.OrderRun(t.Context(), courier, newKey(), shop, []int64{987654321}) },
		} {
			if err := f(); err != nil || seq() != at {
				t.Errorf("%s: %v, from %d to %d", what, err, at, seq())
			}
		}
		if got := carried(r.loaded(shop)); !slices.Equal(got, []int64{c, a, b}) || !slices.Equal(carried(r.boards[shop]), got) {
			t.Errorf("loaded %v, folded %v", got, carried(r.boards[shop]))
		}
		if err := r.shop.MoveStop(t.Context(), courier, newKey(), shop, b, -1); err != nil || !slices.Equal(carried(r.loaded(shop)), []int64{c, b, a}) {
			t.Error(err, carried(r.loaded(shop)))
		}
		if _, err := r.shop.HandOver(t.Context(), courier, newKey(), shop, c, app.Delivered, app.Cash); err != nil || !slices.Equal(carried(r.loaded(shop)), []int64{b, a}) {
			t.Error("what is delivered leaves:", err, carried(r.loaded(shop)))
		}
		for what, err := range map[string]error{
			"a cook":          r.shop.OrderRun(t.Context(), r.as("cuisine"), newKey(), shop, []int64{a}),
			"another's order": r.shop.MoveStop(t.Context(), r.as("responsable"), newKey(), shop, a, 1),
			"another shop":    r.shop.OrderRun(t.Context(), courier, newKey(), r.shops[1].ID, []int64{a}),
			"too many":        r.shop.OrderRun(t.Context(), courier, newKey(), shop, make([]int64, app.MaxStops+1)),
		} {
			if k := app.KindOf(err); err == nil || k == app.Internal {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestTwoCouriersTakeTheSame at once: one has all, the other none.
func TestTwoCouriersTakeTheSame(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		shop := r.first().ID
		var orders []int64
		for range 3 {
			in := basket(r.first().Slug, "cola-33", app.Single, 1)
			in.Mode, in.Contact.Address, in.Contact.Postcode = app.Delivery, "2 rue d’Ici", "66000"
			o := r.place(in)
			for _, to := range []app.Status{app.Preparing, app.Ready} {
				if _, err := r.shop.AdvanceOrder(t.Context(), r.as("cuisine"), newKey(), shop, o.ID, to, ""); err != nil {
					t.Fatal(err)
				}
			}
			orders = append(orders, o.ID)
		}
		var wg sync.WaitGroup
		for _, who := range []app.Actor{r.as("livreur"), r.as("responsable")} {
			wg.Go(func() {
				if err := r.shop.TakeTogether(t.Context(), who, newKey(), shop, orders); err != nil && app.KindOf(err) != app.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b := r.loaded(shop)
		if n := len(b.Carried(b.Orders[orders[0]].Courier)); n != 3 {
			t.Errorf("one courier has %d of 3", n)
		}
	})
}

func TestPlacesAreSeeded(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, p := range r.shops {
			if !p.At.Known() || len(p.Places) != len(p.Postcodes) {
				t.Errorf("%s: %v, %d of %d postcodes", p.Slug, p.At, len(p.Places), len(p.Postcodes))
			}
			for code, at := range p.Places {
				if d := p.At.Distance(at); d < 50 || d > 20_000 {
					t.Errorf("%s is %.0f m from %s", code, d, p.Slug)
				}
			}
		}
		// A database of before gets them from the next seed, and its boards are read again.
		if _, err := r.db.w.ExecContext(t.Context(), "DELETE FROM places WHERE postcode <> ''"); err != nil {
			t.Fatal(err)
		}
		epoch := r.loaded(r.first().ID).Epoch
		if _, err := r.db.Seed(t.Context(), SeedOptions{}); err != nil {
			t.Fatal(err)
		}
		if b := r.loaded(r.first().ID); b.Epoch == epoch || len(b.Pizzeria.Places) != 2 {
			t.Error(b.Epoch, b.Pizzeria.Places)
		}
	})
}

func TestCounts(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, shop, courier := t.Context(), r.first().ID, r.as("livreur")
		r.setStock("cola", 200)
		expect := func(again int) app.Takings {
			t.Helper()
			took, err := r.shop.Takings(ctx, courier, shop, again)
			if err != nil {
				t.Fatal(err)
			}
			return took
		}
		r.sell(app.Cash, true) // another's money
		if err := r.shop.TakeFloat(ctx, courier, newKey(), shop, 30_00); err != nil {
			t.Fatal(err)
		}
		if err := r.shop.TakeFloat(ctx, courier, newKey(), shop, 50_00); err != nil {
			t.Fatal(err)
		}
		one := r.bring("cola-33", app.Cash).Total()
		r.bring("cola-33", app.Cash)
		r.bring("cola-33", app.Cheque)
		r.bring("cola-33", app.Voucher)
		r.bring("cola-33", app.Card)
		took := expect(0)
		if took.Cash() != 50_00+2*one || took.Of(app.Cheque).Payments != 1 || took.Of(app.Voucher).Payments != 1 || took.Of(app.Cash).Payments != 2 {
			t.Fatalf("%+v", took)
		}

		// Money that came after the page was drawn: the count is of something else.
		count := app.CashCount{Pizzeria: shop, Cash: took.Cash() - 50, Cheques: 1, Vouchers: 1, Shown: took.Key()}
		late := r.bring("cola-33", app.Cash)
		if err := r.shop.CountCash(ctx, courier, newKey(), count); app.KindOf(err) != app.Conflict {
			t.Fatal(err)
		}
		count.Shown, count.Cash = expect(0).Key(), took.Cash()+late.Total()-50
		k := newKey()
		for range 2 { // the telephone did not hear the answer
			if err := r.shop.CountCash(ctx, courier, k, count); err != nil {
				t.Fatal(err)
			}
		}
		if took := expect(0); took.Cash() != 0 || len(took.By) != 0 || took.Since.Before(r.moment.Add(-time.Minute)) {
			t.Errorf("counted twice: %+v", took)
		}

		// Counted anew: the same money, and the first count stays.
		if _, err := r.shop.Takings(ctx, courier, shop, 1); app.KindOf(err) != app.Conflict {
			t.Error("a float is no count:", err)
		}
		again := expect(3)
		if again.Cash() != 50_00+3*one || again.Again != 3 {
			t.Errorf("%+v", again)
		}
		count.Takings.Again, count.Cash, count.Shown = 3, again.Cash(), again.Key()
		if err := r.shop.CountCash(ctx, courier, newKey(), count); err != nil {
			t.Fatal(err)
		}
		all, err := r.shop.Counts(ctx, r.as("responsable"), shop)
		if err != nil || len(all) != 4 {
			t.Fatal(len(all), err)
		}
		if all[0].N != 4 || !all[0].Right() || all[0].Takings.Again != 3 || all[1].Difference() != -50 || all[1].Right() || !all[2].Start || all[0].Name != courier.Name {
			t.Errorf("%+v", all)
		}
		if own, err := r.shop.Counts(ctx, r.as("directeur"), r.shops[1].ID); err != nil || len(own) != 0 {
			t.Error("another shop's:", own, err)
		}

		// Two at once, of two windows: one counts the money, the other is told that there is none any more.
		r.bring("cola-33", app.Cash)
		took = expect(0)
		var wg sync.WaitGroup
		var mu sync.Mutex
		refused := 0
		for range 2 {
			wg.Go(func() {
				err := r.shop.CountCash(ctx, courier, newKey(), app.CashCount{Pizzeria: shop, Cash: took.Cash(), Shown: took.Key()})
				mu.Lock()
				defer mu.Unlock()
				if app.KindOf(err) == app.Conflict && err != nil {
					refused++
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if refused != 1 {
			t.Errorf("%d of two counts of the same money refused", refused)
		}
		for what, err := range map[string]error{
			"a cook":       r.shop.CountCash(ctx, r.as("cuisine"), newKey(), count),
			"less than 0":  r.shop.CountCash(ctx, courier, newKey(), app.CashCount{Pizzeria: shop, Cash: -1}),
			"a fortune":    r.shop.TakeFloat(ctx, courier, newKey(), shop, 1_000_000),
			"another shop": r.shop.CountCash(ctx, courier, newKey(), app.CashCount{Pizzeria: r.shops[1].ID}),
		} {
			if k := app.KindOf(err); err == nil || k == app.Internal {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
