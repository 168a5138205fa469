package db

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"pgregory.net/rapid"
)

// TestFoldingEqualsLoading plays random evenings in two shops and checks, every few steps, that the boards made by folding events equal
// those loaded from the database, and that every level is the sum of its movements. The evenings of one engine follow each other in one
// database, so that shelves run empty.
func TestFoldingEqualsLoading(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		e := &evening{rig: r, shops: r.shops[:2], director: r.as("directeur")}
		for _, p := range e.shops {
			if _, err := r.Board(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
		// A board full of closed orders of the day before: each further one makes another leave.
		for range app.RecentOrders - 3 {
			o := r.place(basket(e.shops[0].Slug, "cola-33", app.Single, 1))
			if _, err := r.shop.CancelOrder(t.Context(), e.director, app.Key{}, o.Pizzeria, o.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		r.moment = r.moment.Add(24 * time.Hour)
		// A day so busy that it alone is more than a board keeps of other days.
		for range app.RecentOrders + 5 {
			o := r.place(basket(e.shops[1].Slug, "cola-33", app.Single, 1))
			if _, err := r.shop.CancelOrder(t.Context(), e.director, app.Key{}, o.Pizzeria, o.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		rapid.Check(t, func(rt *rapid.T) {
			e.step = 0
			rt.Repeat(map[string]func(*rapid.T){
				"":          e.check,
				"place":     e.place,
				"place2":    e.place,
				"change":    e.change,
				"advance":   e.advance,
				"advance2":  e.advance,
				"item":      e.item,
				"item2":     e.item,
				"hold":      e.hold,
				"leave out": e.leaveOut,
				"swap":      e.swap,
				"seen":      e.seen,
				"pay":       e.pay,
				"hand over": e.handOver,
				"shelf":     e.shelf,
				"mark out":  e.markOut,
				"price":     e.price,
				"addition":  e.addition,
				"run":       e.run,
				"repeat":    e.repeat,
			})
			e.compare(rt)
			r.checkStock()
		})
		r.checkStock()
		for _, p := range e.shops {
			if n, _, err := r.db.VerifyTill(t.Context(), p.ID); err != nil {
				t.Errorf("till after %d entries: %v", n, err)
			}
		}
		if r.gaps != 0 {
			t.Errorf("%d gaps although everything was published in order", r.gaps)
		}
		t.Logf("%v; %d statements", e.done, r.db.Statements())
	})
}

// evening is a random sequence of use cases.
type evening struct {
	*rig
	shops    []app.Pizzeria
	director app.Actor
	step     int
	last     func() (*app.Order, error) // the last write with a key, to repeat
	lastGave *app.Order
	done     map[string]int
}

var ctx = context.Background()

// outcome accepts a refusal and fails on anything that is our fault.
func (e *evening) outcome(rt *rapid.T, what string, err error) {
	if e.done == nil {
		e.done = map[string]int{}
	}
	switch k := app.KindOf(err); {
	case err == nil:
		e.done[what]++
	case k == app.Internal || k == app.Unavailable:
		rt.Fatalf("%s: %v", what, err)
	default:
		e.done[what+" refused"]++
	}
}

func (e *evening) anyShop(rt *rapid.T) app.Pizzeria {
	return rapid.SampledFrom(e.shops).Draw(rt, "shop")
}

// order draws a live order of a shop, or any.
func (e *evening) order(rt *rapid.T) (app.Pizzeria, *app.Order) {
	p := e.anyShop(rt)
	b := e.boards[p.ID]
	list := b.Live(func(*app.Order) bool { return true })
	if len(list) == 0 || rapid.IntRange(0, 19).Draw(rt, "closed") == 0 {
		list = append(list, b.Recent(5, func(*app.Order) bool { return true })...)
	}
	if len(list) == 0 {
		rt.Skip("no order")
	}
	return p, list[rapid.IntRange(0, min(len(list), 6)-1).Draw(rt, "order")]
}

func (e *evening) basket(rt *rapid.T, b *app.Board) []app.NewLine {
	var lines []app.NewLine
	for range rapid.IntRange(1, 3).Draw(rt, "lines") {
		p := rapid.SampledFrom(b.Menu.Products).Draw(rt, "product")
		v := rapid.SampledFrom(p.Variants).Draw(rt, "size")
		l := app.NewLine{Product: p.Slug, Size: v.Size, Quantity: rapid.IntRange(1, 4).Draw(rt, "quantity")}
		if can := b.Menu.Removable(&p, &v); len(can) > 0 && rapid.Bool().Draw(rt, "without") {
			l.Without = []string{rapid.SampledFrom(can).Draw(rt, "left out").Slug}
		}
		if can := b.Menu.Addable(&p); len(can) > 0 && rapid.Bool().Draw(rt, "with") {
			for range rapid.IntRange(1, 3).Draw(rt, "additions") {
				l.Added = append(l.Added, rapid.SampledFrom(can).Draw(rt, "added").Slug) // twice, or left out too, is refused
			}
		}
		lines = append(lines, l)
	}
	return lines
}

func (e *evening) place(rt *rapid.T) {
	p := e.anyShop(rt)
	in := app.NewOrder{
		Pizzeria: p.Slug, Mode: app.Pickup, Channel: app.Counter, Contact: app.Contact{Name: "Zoé"}, Method: rapid.SampledFrom(app.Door).Draw(rt, "method"),
		Lines: e.basket(rt, e.boards[p.ID]), Slot: e.slot(rt),
	}
	if rapid.Bool().Draw(rt, "delivery") {
		in.Mode = app.Delivery
		in.Contact = app.Contact{Name: "Ali", Phone: "+33639980002", Address: "2 rue d'Ici", Postcode: p.Postcodes[0]}
	}
	k := newKey()
	e.last = func() (*app.Order, error) {
		placed, err := e.shop.PlaceOrder(ctx, e.director, k, in)
		return placed.Order, err
	}
	o, err := e.last()
	e.lastGave = o
	e.outcome(rt, "place", err)
}

// slot is now and then a chosen one, in another zone than UTC and finer than a microsecond, as it may come from outside.
func (e *evening) slot(rt *rapid.T) time.Time {
	if rapid.IntRange(0, 3).Draw(rt, "slot") != 0 {
		return time.Time{}
	}
	return e.clock().In(app.Paris).Add(90*time.Minute + time.Nanosecond)
}

func (e *evening) change(rt *rapid.T) {
	p, o := e.order(rt)
	lines, k := e.basket(rt, e.boards[p.ID]), newKey()
	e.last = func() (*app.Order, error) { return e.shop.ChangeOrder(ctx, e.director, k, p.ID, o.ID, lines, "autre") }
	var err error
	e.lastGave, err = e.last()
	e.outcome(rt, "change", err)
}

func (e *evening) advance(rt *rapid.T) {
	p, o := e.order(rt)
	to := rapid.SampledFrom([]app.Status{app.Preparing, app.Preparing, app.Ready, app.Ready, app.OnTheWay, app.OnTheWay, app.Cancelled, app.Undeliverable, app.Received}).Draw(rt, "to")
	_, err := e.shop.AdvanceOrder(ctx, e.director, app.Key{}, p.ID, o.ID, to, "motif")
	e.outcome(rt, "advance to "+string(to), err)
}

func (e *evening) item(rt *rapid.T) {
	p, o := e.order(rt)
	line := rapid.IntRange(1, len(o.Lines)).Draw(rt, "line")
	pizza := rapid.IntRange(0, 1).Draw(rt, "pizza")
	to := rapid.SampledFrom(app.ItemStates).Draw(rt, "to")
	_, err := e.shop.AdvanceItem(ctx, e.director, newKey(), p.ID, o.ID, line, pizza, to)
	e.outcome(rt, "item", err)
}

func (e *evening) hold(rt *rapid.T) {
	p, o := e.order(rt)
	_, err := e.shop.HoldOrder(ctx, e.director, newKey(), p.ID, o.ID, e.onIt(rt, p, o))
	e.outcome(rt, "hold", err)
}

// onIt is the slug of something that an order contains.
func (e *evening) onIt(rt *rapid.T, p app.Pizzeria, o *app.Order) string {
	menu := e.boards[p.ID].Menu
	for _, l := range o.Lines {
		if len(l.Recipe) > 0 {
			part := l.Recipe[rapid.IntRange(0, len(l.Recipe)-1).Draw(rt, "part")]
			if g, ok := menu.Ingredient(part.Ingredient); ok {
				return g.Slug
			}
		}
	}
	return "mozzarella"
}

func (e *evening) leaveOut(rt *rapid.T) {
	p := e.anyShop(rt)
	held := e.boards[p.ID].Live(func(o *app.Order) bool { return o.Status == app.OnHold })
	if len(held) == 0 {
		rt.Skip("nothing is on hold")
	}
	_, err := e.shop.LeaveOut(ctx, e.director, newKey(), p.ID, held[0].ID, held[0].Missing)
	e.outcome(rt, "leave out", err)
}

// swap answers what is on hold: each line by what the board offers first, or without what ran out.
func (e *evening) swap(rt *rapid.T) {
	p := e.anyShop(rt)
	held := e.boards[p.ID].Live(func(o *app.Order) bool { return o.Status == app.OnHold })
	if len(held) == 0 {
		rt.Skip("nothing is on hold")
	}
	b, o, k := e.boards[p.ID], held[0], newKey()
	var choices []app.Choice
	for _, l := range b.Missed(o) {
		c := app.Choice{Line: l.N}
		if swaps := b.Swaps(o, l, e.clock()); len(swaps) > 0 && rapid.IntRange(0, 3).Draw(rt, "swap") > 0 {
			s := swaps[rapid.IntRange(0, min(3, len(swaps))-1).Draw(rt, "for")]
			c.Product, c.Size = s.Product, s.Size
		}
		choices = append(choices, c)
	}
	total := o.Total()
	e.last = func() (*app.Order, error) {
		return e.shop.AnswerHold(ctx, e.director, k, p.ID, o.ID, o.Missing, choices)
	}
	var err error
	e.lastGave, err = e.last()
	e.outcome(rt, "swap", err)
	if err == nil && e.lastGave.Total() > total {
		rt.Fatalf("%v answered with %v costs %v instead of %v", o, choices, e.lastGave.Total(), total)
	}
}

// seen is the kitchen's « vu » of an order that changed.
func (e *evening) seen(rt *rapid.T) {
	p := e.anyShop(rt)
	changed := e.boards[p.ID].Live(func(o *app.Order) bool { return o.Altered() })
	if len(changed) == 0 {
		rt.Skip("nothing has changed")
	}
	_, err := e.shop.AcknowledgeOrder(ctx, e.director, newKey(), p.ID, changed[0].ID)
	e.outcome(rt, "seen", err)
}

func (e *evening) pay(rt *rapid.T) {
	p, o := e.order(rt)
	_, err := e.shop.TakePayment(ctx, e.director, newKey(), p.ID, o.ID, app.Cash)
	e.outcome(rt, "pay", err)
}

func (e *evening) handOver(rt *rapid.T) {
	p := e.anyShop(rt)
	ready := e.boards[p.ID].Live(func(o *app.Order) bool {
		return o.Mode == app.Pickup && o.Status == app.Ready || o.Status == app.OnTheWay
	})
	if len(ready) == 0 {
		rt.Skip("nothing is ready")
	}
	to := app.Delivered
	if ready[0].Mode == app.Pickup {
		to = app.Collected
	}
	_, err := e.shop.HandOver(ctx, e.director, newKey(), p.ID, ready[0].ID, to, app.Card)
	e.outcome(rt, "hand over", err)
}

func (e *evening) shelf(rt *rapid.T) {
	p := e.anyShop(rt)
	g := rapid.SampledFrom(e.boards[p.ID].Menu.Ingredients).Draw(rt, "ingredient")
	n := rapid.Int64Range(0, 3000).Draw(rt, "quantity")
	move := rapid.SampledFrom([]func(context.Context, app.Actor, app.Key, int64, string, int64) error{
		e.shop.Restock, e.shop.CountStock, e.shop.Waste,
	}).Draw(rt, "move")
	e.outcome(rt, "shelf", move(ctx, e.director, newKey(), p.ID, g.Slug, n))
}

func (e *evening) markOut(rt *rapid.T) {
	p := e.anyShop(rt)
	g := rapid.SampledFrom(e.boards[p.ID].Menu.Ingredients).Draw(rt, "ingredient")
	if rapid.Bool().Draw(rt, "threshold") {
		e.outcome(rt, "threshold", e.shop.SetThreshold(ctx, e.director, p.ID, g.Slug, rapid.Int64Range(0, 9).Draw(rt, "n")))
		return
	}
	e.outcome(rt, "mark out", e.shop.MarkOut(ctx, e.director, p.ID, g.Slug, rapid.IntRange(0, 3).Draw(rt, "out") == 0))
}

func (e *evening) price(rt *rapid.T) {
	m := e.boards[e.shops[0].ID].Menu
	p := rapid.SampledFrom(m.Products).Draw(rt, "product")
	v := rapid.SampledFrom(p.Variants).Draw(rt, "size")
	e.outcome(rt, "price", e.shop.SetPrice(ctx, e.director, p.Slug, v.Size, app.Cents(rapid.IntRange(100, 2000).Draw(rt, "cents"))))
}

// addition changes what is offered as an addition: its price, its portion, or no longer; or offers it again.
func (e *evening) addition(rt *rapid.T) {
	g := rapid.SampledFrom(e.boards[e.shops[0].ID].Menu.Ingredients).Draw(rt, "ingredient")
	if rapid.IntRange(0, 2).Draw(rt, "any") != 0 {
		g.Slug = rapid.SampledFrom([]string{"chevre", "jambon", "mozzarella", "oeuf"}).Draw(rt, "offered")
	}
	size := rapid.SampledFrom([]app.Size{app.Medium, app.Large}).Draw(rt, "size")
	price := app.Cents(rapid.IntRange(50, 300).Draw(rt, "cents"))
	e.outcome(rt, "addition", e.shop.SetAddition(ctx, e.director, g.Slug, size, price, rapid.Int64Range(0, 60).Draw(rt, "quantity")))
}

// run puts the director's stops in another sequence, some of which have left the run.
func (e *evening) run(rt *rapid.T) {
	p := e.anyShop(rt)
	var stops []int64
	for _, o := range e.boards[p.ID].Carried(e.director.User) {
		stops = append(stops, o.ID)
	}
	stops = rapid.Permutation(append(stops, 987654321)).Draw(rt, "stops")
	if len(stops) > app.MaxStops {
		stops = stops[:app.MaxStops]
	}
	e.outcome(rt, "run", e.shop.OrderRun(ctx, e.director, newKey(), p.ID, stops))
}

// repeat sends the last write with a key once more: the same order, and nothing saved.
func (e *evening) repeat(rt *rapid.T) {
	if e.last == nil || e.lastGave == nil {
		rt.Skip("nothing to repeat")
	}
	seq := e.boards[e.lastGave.Pizzeria].Seq
	again, err := e.last()
	e.outcome(rt, "repeat", err)
	if err != nil || again.ID != e.lastGave.ID {
		rt.Fatalf("repeated: %v", err)
	}
	if e.boards[e.lastGave.Pizzeria].Seq != seq {
		rt.Fatal("a repeated request saved something")
	}
}

func (e *evening) check(rt *rapid.T) {
	if e.step++; e.step%7 == 0 {
		e.compare(rt)
	}
}

func (e *evening) compare(rt *rapid.T) {
	for _, p := range e.shops {
		folded, loaded := e.boards[p.ID], e.loaded(p.ID)
		if reflect.DeepEqual(folded, loaded) {
			continue
		}
		for id, o := range loaded.Orders {
			if !reflect.DeepEqual(o, folded.Orders[id]) {
				rt.Errorf("order %d:\nloaded %+v\nfolded %+v", id, o, folded.Orders[id])
			}
		}
		for id, l := range loaded.Levels {
			if l != folded.Levels[id] {
				rt.Errorf("level: loaded %+v, folded %+v", l, folded.Levels[id])
			}
		}
		if !reflect.DeepEqual(loaded.Runs, folded.Runs) {
			rt.Errorf("runs: loaded %v, folded %v", loaded.Runs, folded.Runs)
		}
		rt.Fatalf("%s: loaded %d orders at %d, folded %d at %d; menus equal: %t", p.Slug, len(loaded.Orders), loaded.Seq, len(folded.Orders), folded.Seq,
			reflect.DeepEqual(loaded.Menu, folded.Menu))
	}
}

// TestReplayIsTheOrderOfNow checks that what a repeated key answers is the order as it is now, whatever happened since.
func TestReplayIsTheOrderOfNow(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		k, in := newKey(), basket(r.first().Slug, "margherita", app.Medium, 1)
		first, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, k, in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.shop.AdvanceOrder(t.Context(), r.as("cuisine"), newKey(), first.Order.Pizzeria, first.Order.ID, app.Preparing, ""); err != nil {
			t.Fatal(err)
		}
		again, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, k, in)
		if err != nil || !again.Repeated || again.Token != first.Token || again.Order.Status != app.Preparing {
			t.Errorf("%+v %v", again, err)
		}
		if !slices.Equal(again.Order.Lines[0].Items, []app.ItemState{app.Queued}) {
			t.Error(again.Order.Lines)
		}
	})
}
