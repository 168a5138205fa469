package app

import (
	"fmt"
	"testing"
	"time"
)

// anEvening is the board of a busy shop: 45 ingredients, 30 pizzas in two sizes, 30 orders that live and 200 that are over.
func anEvening() *Board {
	m := &Menu{}
	levels := map[int64]Level{}
	for id := int64(1); id <= 45; id++ {
		m.Ingredients = append(m.Ingredients, Ingredient{ID: id, Slug: fmt.Sprint("i", id), Name: fmt.Sprint("Ingrédient ", id), Unit: Gram})
		levels[id] = Level{Ingredient: id, OnHand: 9_000, Threshold: 500}
	}
	for id := int64(1); id <= 30; id++ {
		p := Product{ID: id, Slug: fmt.Sprint("p", id), Name: fmt.Sprint("Pizza ", id), Kind: Pizza, OvenSeconds: 300}
		for _, size := range []Size{Medium, Large} {
			v := Variant{Size: size, Price: 1150}
			for k := range int64(6) {
				v.Recipe = append(v.Recipe, Part{1 + (id*7+k*5)%45, 80})
			}
			p.Variants = append(p.Variants, v)
		}
		m.Products = append(m.Products, p)
	}
	orders := map[int64]*Order{}
	for id := int64(1); id <= 230; id++ {
		o := anOrder(Delivery, Received)
		if o.ID, o.Number = id, int(id); id > 30 {
			o.Status, o.ClosedAt = Delivered, noon.Add(time.Duration(id)*time.Second)
		}
		orders[id] = o
	}
	return NewBoard(Board{
		Pizzeria: Pizzeria{ID: 1, OvenPizzas: 8, DeliveryMinutes: 15, AlwaysOpen: true}, Epoch: "e1", Seq: 1000, Menu: m, Levels: levels, Orders: orders,
	})
}

// newOrderEvent is an order of two pizzas: twelve levels move.
func newOrderEvent(b *Board) Event {
	o := anOrder(Delivery, Received)
	o.ID = 1_000
	e := Event{Epoch: b.Epoch, Seq: b.Seq + 1, Orders: []*Order{o}}
	for id := int64(1); id <= 12; id++ {
		l := b.Levels[id]
		l.Reserved += 80
		e.Levels = append(e.Levels, l)
	}
	return e
}

// BenchmarkApply is what an event costs a board.
func BenchmarkApply(b *testing.B) {
	board := anEvening()
	e := newOrderEvent(board)
	step := anOrder(Delivery, Preparing)
	step.Version++
	for _, c := range []struct {
		name string
		e    Event
	}{{"order", e}, {"step", Event{Epoch: e.Epoch, Seq: e.Seq, Orders: []*Order{step}}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := board.Apply(c.e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompare finds what an order has changed.
func BenchmarkCompare(b *testing.B) {
	before := anEvening()
	after, err := before.Apply(newOrderEvent(before))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ch := Compare(before, after); len(ch.Orders) != 1 || len(ch.Levels) != 12 {
			b.Fatalf("%d orders, %d levels", len(ch.Orders), len(ch.Levels))
		}
	}
}

// BenchmarkPromise is asked for by every open menu and every new order.
func BenchmarkPromise(b *testing.B) {
	board := anEvening()
	b.ReportAllocs()
	for b.Loop() {
		board.Promise(Delivery, 2, noon)
	}
}

// BenchmarkByToken finds the order of a tracking link.
func BenchmarkByToken(b *testing.B) {
	board := anEvening()
	board.Orders[17].TokenHash = HashToken("1-token")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := board.ByToken(HashToken("1-token")); !ok {
			b.Fatal("not found")
		}
	}
}
