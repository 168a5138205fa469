package realtime

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/oc-pizza/ocpizza/app"
)

// fixed is a database that holds one board.
type fixed struct{ board *app.Board }

func (f fixed) Pizzerias(context.Context) ([]app.Pizzeria, error) {
	return []app.Pizzeria{f.board.Pizzeria}, nil
}
func (f fixed) LoadBoard(context.Context, int64) (*app.Board, error) { return f.board, nil }
func (f fixed) Past(_ context.Context, _ int64, day string) (app.Past, error) {
	return app.Past{Day: day}, nil
}
func (f fixed) Positions(context.Context) (map[int64]app.Position, int, error) {
	return map[int64]app.Position{1: {Epoch: f.board.Epoch, Seq: f.board.Seq}}, 0, nil
}

var evening = time.Date(2026, 3, 14, 19, 0, 0, 0, time.UTC)

func anOrder(id int64) *app.Order {
	o := &app.Order{
		ID: id, Pizzeria: 1, Number: int(id), Version: 1, Revision: 1, Mode: app.Delivery, Channel: app.Web, Status: app.Received,
		Contact: app.Contact{Name: "Ana Puig", Phone: "+33465712030", Address: "3 rue de la Loge", Postcode: "66000"},
		Payment: app.Payment{Method: app.Cash, Status: app.Due}, PlacedAt: evening, ReadyBy: evening.Add(20 * time.Minute), PromisedAt: evening.Add(35 * time.Minute),
		Journal: []app.Step{{N: 1, At: evening, Role: app.Visitor, To: string(app.Received)}},
	}
	for n := 1; n <= 2; n++ {
		o.Lines = append(o.Lines, app.Line{
			N: n, Product: fmt.Sprint("p", n), Name: fmt.Sprint("Pizza ", n), Kind: app.Pizza, Size: app.Medium, Quantity: 1, UnitPrice: 1150, VAT: 1000,
			Recipe: []app.Part{{Ingredient: int64(n), Quantity: 80}}, Items: []app.ItemState{app.Queued},
		})
	}
	return o
}

// anEvening is the board of a busy shop: 45 ingredients, 30 pizzas in two sizes, 30 orders that live and 200 that are over.
func anEvening() *app.Board {
	m := &app.Menu{}
	levels := map[int64]app.Level{}
	for id := int64(1); id <= 45; id++ {
		m.Ingredients = append(m.Ingredients, app.Ingredient{ID: id, Slug: fmt.Sprint("i", id), Name: fmt.Sprint("Ingrédient ", id), Unit: app.Gram})
		levels[id] = app.Level{Ingredient: id, OnHand: 900_000, Threshold: 500}
	}
	for id := int64(1); id <= 30; id++ {
		p := app.Product{ID: id, Slug: fmt.Sprint("p", id), Name: fmt.Sprint("Pizza ", id), Kind: app.Pizza, OvenSeconds: 300}
		for _, size := range []app.Size{app.Medium, app.Large} {
			v := app.Variant{Size: size, Price: 1150}
			for k := range int64(6) {
				v.Recipe = append(v.Recipe, app.Part{Ingredient: 1 + (id*7+k*5)%45, Quantity: 80})
			}
			p.Variants = append(p.Variants, v)
		}
		m.Products = append(m.Products, p)
	}
	orders := map[int64]*app.Order{}
	for id := int64(1); id <= 230; id++ {
		o := anOrder(id)
		if id > 30 {
			o.Status, o.ClosedAt = app.Delivered, evening.Add(time.Duration(id)*time.Second)
		}
		orders[id] = o
	}
	return app.NewBoard(app.Board{
		Pizzeria: app.Pizzeria{ID: 1, Slug: "centre", Name: "Centre", OvenPizzas: 8, DeliveryMinutes: 15, AlwaysOpen: true},
		Epoch:    "e1", Seq: 1000, Menu: m, Levels: levels, Orders: orders,
	})
}

// newOrderEvent is an order of two pizzas: twelve levels move.
func newOrderEvent(b *app.Board) app.Event {
	e := app.Event{Pizzeria: 1, Epoch: b.Epoch, Seq: b.Seq + 1, Orders: []*app.Order{anOrder(1_000 + b.Seq)}}
	for id := int64(1); id <= 12; id++ {
		l := b.Levels[id]
		l.Reserved += 80
		e.Levels = append(e.Levels, l)
	}
	return e
}

// keeper makes Boards of a warm evening on a hub whose loop the benchmark turns by hand.
func keeper(b *testing.B) (bench, *Boards) {
	b.Helper()
	hub := newBench(HubOptions{BatchTick: -1})
	boards := NewBoards(fixed{anEvening()}, hub.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	b.Cleanup(boards.Close)
	if _, err := boards.Board(b.Context(), 1); err != nil {
		b.Fatal(err)
	}
	return hub, boards
}

var screens = []Audience{
	{Screen: MenuScreen, Pizzeria: 1}, {Screen: TrackingScreen, Pizzeria: 1, ID: 7}, {Screen: KitchenScreen, Pizzeria: 1},
	{Screen: CourierScreen, Pizzeria: 1, ID: 3}, {Screen: TillScreen, Pizzeria: 1}, {Screen: StockScreen, Pizzeria: 1},
}

// BenchmarkPieces draws what an order changes on each screen; tracking and courier follow one that exists already. The dashboard asks a running
// hub for its sockets, so it is not here.
func BenchmarkPieces(b *testing.B) {
	_, boards := keeper(b)
	before := anEvening()
	e := newOrderEvent(before)
	step := anOrder(7)
	step.Version, step.Status = 2, app.Preparing
	e.Orders = append(e.Orders, step)
	after, err := before.Apply(e)
	if err != nil {
		b.Fatal(err)
	}
	ch := app.Compare(before, after)
	for _, a := range screens {
		b.Run(string(a.Screen), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := boards.pieces(a, ch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWhole draws each screen from nothing.
func BenchmarkWhole(b *testing.B) {
	_, boards := keeper(b)
	board := anEvening()
	for _, a := range screens {
		b.Run(string(a.Screen), func(b *testing.B) {
			b.ReportAllocs()
			var size int
			for b.Loop() {
				html, err := boards.whole(a, board, boards.Live(board, board.Seq, ""))
				if err != nil {
					b.Fatal(err)
				}
				size = len(html)
			}
			b.ReportMetric(float64(size)/1024, "KB/screen")
		})
	}
}

// BenchmarkEvent takes a new order from its event to the bytes of every socket: a kitchen, a till, a stock page, a courier, and menus, which it
// does not change. The sockets are of paper, so no system call is in it.
func BenchmarkEvent(b *testing.B) {
	for _, menus := range []int{0, 2000} {
		b.Run(fmt.Sprintf("menus=%d", menus), func(b *testing.B) {
			hub, boards := keeper(b)
			s, err := boards.shop(b.Context(), 1)
			if err != nil {
				b.Fatal(err)
			}
			var papers []*paper
			for _, a := range append(slices.Repeat(screens[:1], menus), screens[1:]...) {
				papers = append(papers, &paper{room: -1})
				hub.enter(a.Topic(), papers[len(papers)-1], 1000)
				s.drawn(a)
			}
			hub.settle()
			start := s.board.Load()
			b.ReportAllocs()
			for b.Loop() {
				board := s.board.Load()
				if board.Seq-start.Seq > 20 { // as busy as it was
					fresh := *start
					fresh.Seq = board.Seq
					board = &fresh
					s.board.Store(board)
				}
				boards.hear(newOrderEvent(board))
				hub.settle()
				for _, p := range papers[menus:] {
					p.written = p.written[:0]
				}
			}
		})
	}
}

// BenchmarkFeed parses what a browser sends: an ack, masked.
func BenchmarkFeed(b *testing.B) {
	hub := newBench(HubOptions{MaxRate: 1 << 15})
	s := hub.enter("menu", &paper{room: -1}, 1)
	hub.settle()
	f := ws.MaskFrame(ws.NewTextFrame([]byte(`{"k":"ack","s":1042}`)))
	message, err := ws.CompileFrame(f)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	data := make([]byte, len(message))
	for b.Loop() {
		copy(data, message) // feed unmasks in place
		s.frames = 0
		hub.feed(s, data)
	}
	if s.acked != 1042 || s.state != open {
		b.Fatalf("acked %d, state %d", s.acked, s.state)
	}
}
