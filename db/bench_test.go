package db

import (
	"sync/atomic"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// benchmark runs f on a seeded database of each engine, with shelves that do not run empty.
func benchmark(b *testing.B, f func(b *testing.B, r *rig)) {
	for _, engine := range []struct {
		name string
		url  func() string
	}{
		{"sqlite", func() string { return "sqlite://" + dbtest.SQLite(b) }},
		{"mysql", func() string { return dbtest.MariaDB(b).Schema(b) }},
	} {
		b.Run(engine.name, func(b *testing.B) {
			r := newRig(b, engine.url(), 4)
			if _, err := r.db.w.ExecContext(b.Context(), "UPDATE stock_levels SET on_hand = 1000000000"); err != nil {
				b.Fatal(err)
			}
			if _, err := r.Board(b.Context(), r.first().ID); err != nil {
				b.Fatal(err)
			}
			before := r.db.Statements()
			b.ResetTimer()
			f(b, r)
			b.StopTimer()
			b.ReportMetric(float64(r.db.Statements()-before)/float64(b.N), "statements/op")
		})
	}
}

// usual is what is ordered: two lines, six ingredients.
func (r *rig) usual(shop int) app.NewOrder {
	in := basket(r.shops[shop].Slug, "regina", app.Medium, 2)
	in.Lines = append(in.Lines, app.NewLine{Product: "cola-33", Size: app.Single, Quantity: 1})
	return in
}

// BenchmarkPlaceOrder is the transaction alone, one customer after the other, in one shop.
func BenchmarkPlaceOrder(b *testing.B) {
	benchmark(b, func(b *testing.B, r *rig) {
		o, moves := r.template(0)
		for b.Loop() {
			r.placeCopy(b, o, moves)
		}
	})
}

// BenchmarkPlaceOrderAtOnce is the same from many customers in the five shops.
func BenchmarkPlaceOrderAtOnce(b *testing.B) {
	benchmark(b, func(b *testing.B, r *rig) {
		var orders []*app.Order
		var moves [][]app.Movement
		for i := range r.shops {
			o, m := r.template(i)
			orders, moves = append(orders, o), append(moves, m)
		}
		var n atomic.Int64
		b.SetParallelism(8)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				i := int(n.Add(1)) % len(orders)
				r.placeCopy(b, orders[i], moves[i])
			}
		})
	})
}

// template places an order by way of the business and keeps it, with what it reserved, to be placed again without the business: its
// board would grow with every order.
func (r *rig) template(shop int) (*app.Order, []app.Movement) {
	r.t.Helper()
	o := r.place(r.usual(shop)).Clone()
	var moves []app.Movement
	sums := map[int64]int64{}
	for _, l := range o.Lines {
		for _, p := range l.Recipe {
			sums[p.Ingredient] += p.Quantity * int64(l.Quantity)
		}
	}
	for id, q := range sums {
		moves = append(moves, app.Movement{Ingredient: id, Reason: app.Reserve, Reserved: q, Revision: 1, By: "visitor", At: o.PlacedAt})
	}
	return o, moves
}

func (r *rig) placeCopy(b *testing.B, o *app.Order, moves []app.Movement) {
	k := newKey()
	c := o.Clone()
	c.TokenHash = app.HashToken(k.Principal)
	if _, err := r.db.PlaceOrder(b.Context(), k, c, moves, func(map[int64]app.Level) *app.Error { return app.Errorf(app.Conflict, "sold out") }); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkUpdateOrder is one pizza one state further, from a known copy.
func BenchmarkUpdateOrder(b *testing.B) {
	benchmark(b, func(b *testing.B, r *rig) {
		cook := r.as("cuisine")
		o := r.place(r.usual(0))
		states := []app.ItemState{app.Making, app.InOven}
		for n := 0; b.Loop(); n++ {
			if n%50 == 49 { // or its journal would grow beyond any order's
				o = r.place(r.usual(0))
			}
			saved, err := r.db.UpdateOrder(b.Context(), app.Ref{Pizzeria: o.Pizzeria, ID: o.ID, Known: o}, newKey(), func(o *app.Order) (app.Change, error) {
				return o.AdvanceItem(cook, 1, 1, states[n%2], r.shop.Now())
			}, nil)
			if err != nil {
				b.Fatal(err)
			}
			o = saved.Order
		}
	})
}

// BenchmarkLoadBoard loads a board of 30 live orders.
func BenchmarkLoadBoard(b *testing.B) {
	benchmark(b, func(b *testing.B, r *rig) {
		for range 30 {
			r.place(r.usual(0))
		}
		for b.Loop() {
			r.loaded(r.first().ID)
		}
	})
}
