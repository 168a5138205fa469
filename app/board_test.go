package app

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func aMenu() *Menu {
	return &Menu{
		Ingredients: []Ingredient{
			{ID: 1, Slug: "pate", Name: "Pâte", Unit: Piece, Base: true, Allergens: []Allergen{Gluten}},
			{ID: 2, Slug: "jambon", Name: "Jambon", Unit: Gram, Diet: Pork},
			{ID: 3, Slug: "cola", Name: "Cola", Unit: Piece},
		},
		Products: []Product{
			{ID: 1, Slug: "reine", Name: "Reine", Kind: Pizza, OvenSeconds: 300,
				Variants: []Variant{{Medium, 1150, []Part{{1, 1}, {2, 120}}}, {Large, 1450, []Part{{1, 1}, {2, 180}}}},
				VAT:      []VATRule{{Delivery, noon.AddDate(-5, 0, 0), 1000}, {Pickup, noon.AddDate(-5, 0, 0), 1000}, {Pickup, noon.AddDate(0, 0, 1), 2000}}},
			{ID: 2, Slug: "cola", Name: "Cola", Kind: Drink, Variants: []Variant{{Single, 250, []Part{{3, 1}}}},
				VAT: []VATRule{{Delivery, noon.AddDate(-5, 0, 0), 550}, {Pickup, noon.AddDate(-5, 0, 0), 550}}},
		},
	}
}

func aBoard() *Board {
	return NewBoard(Board{
		Pizzeria: Pizzeria{ID: 1, Slug: "centre", Name: "Centre", OvenPizzas: 4, DeliveryMinutes: 15, AlwaysOpen: true},
		Epoch:    "e1", Seq: 10, Menu: aMenu(), Orders: map[int64]*Order{},
		Levels: map[int64]Level{1: {Ingredient: 1, OnHand: 5}, 2: {Ingredient: 2, OnHand: 400, Reserved: 40}, 3: {Ingredient: 3, OnHand: 200}},
	})
}

func TestLeft(t *testing.T) {
	b := aBoard()
	for _, c := range []struct {
		slug string
		size Size
		want int
	}{{"reine", Medium, 3}, {"reine", Large, 2}, {"cola", Single, MaxLeft}, {"inconnue", Single, 0}} {
		if got := b.Left(c.slug, c.size); got != c.want {
			t.Errorf("left of %s %s = %d, want %d", c.slug, c.size, got, c.want)
		}
	}
	out, err := b.Apply(Event{Epoch: "e1", Seq: 11, Levels: []Level{{Ingredient: 2, OnHand: 400, Reserved: 40, Out: true}}})
	if err != nil || out.Left("reine", Medium) != 0 || out.Left("cola", Single) != MaxLeft {
		t.Errorf("marked out: %v, left %d", err, out.Left("reine", Medium))
	}
	if b.Left("reine", Medium) != 3 {
		t.Error("Apply changed the board that it was given")
	}
}

func TestApply(t *testing.T) {
	b := aBoard()
	for _, c := range []struct {
		name string
		e    Event
		seq  int64
		gap  bool
	}{
		{"the next one", Event{Epoch: "e1", Seq: 11}, 11, false},
		{"one that is known", Event{Epoch: "e1", Seq: 10}, 10, false},
		{"an old one", Event{Epoch: "e1", Seq: 3}, 10, false},
		{"one too early", Event{Epoch: "e1", Seq: 12}, 10, true},
		{"one of another epoch", Event{Epoch: "e2", Seq: 11}, 10, true},
		{"one of unknown content", Event{Epoch: "e1", Seq: 11, Reload: true}, 10, true},
	} {
		got, err := b.Apply(c.e)
		if errors.Is(err, ErrGap) != c.gap || got.Seq != c.seq {
			t.Errorf("%s: seq %d, error %v", c.name, got.Seq, err)
		}
	}
}

func TestCompareSaysWhatChanged(t *testing.T) {
	b := aBoard()
	order := anOrder(Delivery, Received)
	next, err := b.Apply(Event{Epoch: "e1", Seq: 11, Orders: []*Order{order}, Levels: []Level{{Ingredient: 2, OnHand: 400, Reserved: 280}, {Ingredient: 3, OnHand: 200, Reserved: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	ch := Compare(b, next)
	if !slices.Equal(ch.Orders, []int64{1}) || !slices.Equal(ch.Levels, []int64{2, 3}) || !slices.Equal(ch.Products, []string{"reine"}) || ch.Menu {
		t.Errorf("changes: %+v", ch)
	}
	if same := Compare(next, next); len(same.Orders)+len(same.Levels)+len(same.Products) != 0 {
		t.Errorf("a board differs from itself: %+v", same)
	}
}

// TestClosedOrdersAreBounded: of days that are over a board keeps the orders closed last, of the latest one all, up to a bound.
func TestClosedOrdersAreBounded(t *testing.T) {
	b := aBoard()
	day := noon
	id := int64(0)
	close := func(n int) {
		t.Helper()
		for range n {
			id++
			o := anOrder(Delivery, Delivered)
			o.ID, o.ClosedAt, o.ServiceDay = id, day.Add(time.Duration(id)*time.Second), ServiceDay(day)
			var err error
			if b, err = b.Apply(Event{Epoch: "e1", Seq: b.Seq + 1, Orders: []*Order{o}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	expect := func(what string, n int, first int64) {
		t.Helper()
		if len(b.Orders) != n || b.Orders[first] == nil || b.Orders[first-1] != nil {
			t.Fatalf("%s: %d orders kept of %d, %d and %d among them: %t, %t", what, len(b.Orders), id, first-1, first, b.Orders[first-1] != nil, b.Orders[first] != nil)
		}
	}
	close(RecentOrders + 20)
	expect("a day is kept whole", RecentOrders+20, 1)
	if got := b.Recent(3, func(*Order) bool { return true }); len(got) != 3 || got[0].ID != id {
		t.Errorf("the last closed comes first: %v", got[0].ID)
	}
	if again := NewBoard(Board{Menu: b.Menu, Orders: b.Orders}); len(again.Orders) != len(b.Orders) || again.Day() != b.Day() {
		t.Errorf("a board that is loaded keeps %d, of %s", len(again.Orders), again.Day())
	}
	day = day.AddDate(0, 0, 1)
	close(1)
	expect("the next morning", RecentOrders, 22)
	close(DayOrders + 5)
	expect("a day without end", DayOrders, RecentOrders+27)
}

func TestLines(t *testing.T) {
	m := aMenu()
	for _, c := range []struct {
		name string
		in   []NewLine
		line int
		kind Kind
	}{
		{"unknown product", []NewLine{{Product: "cola", Size: Single, Quantity: 1}, {Product: "fugu", Size: Medium, Quantity: 1}}, 2, Invalid},
		{"unknown size", []NewLine{{Product: "reine", Size: "huge", Quantity: 1}}, 1, Invalid},
		{"quantity 0", []NewLine{{Product: "reine", Size: Medium}}, 1, Invalid},
		{"quantity 10,000", []NewLine{{Product: "reine", Size: Medium, Quantity: 10_000}}, 1, Invalid},
		{"a pizza without dough", []NewLine{{Product: "reine", Size: Medium, Quantity: 1, Without: []string{"pate"}}}, 1, Invalid},
		{"no line at all", nil, 0, Invalid},
		{"too many lines", slices.Repeat([]NewLine{{Product: "cola", Size: Single, Quantity: 1}}, MaxLines+1), 0, Invalid},
	} {
		_, err := m.Lines(c.in, Delivery, noon)
		if e := AsError(err); err == nil || e.Kind != c.kind || e.Line != c.line {
			t.Errorf("%s: %v (line %d)", c.name, err, AsError(err).Line)
		}
	}
	lines, err := m.Lines([]NewLine{{Product: "reine", Size: Large, Quantity: 2, Without: []string{"jambon"}}}, Pickup, noon)
	if err != nil {
		t.Fatal(err)
	}
	l := lines[0]
	if l.UnitPrice != 1450 || l.VAT != 1000 || len(l.Items) != 2 || len(l.Recipe) != 1 || !slices.Equal(l.Allergens, []Allergen{Gluten}) || l.Removed[0] != "Jambon" {
		t.Errorf("line: %+v", l)
	}
	if later, _ := m.Lines([]NewLine{{Product: "reine", Size: Large, Quantity: 1}}, Pickup, noon.AddDate(0, 0, 2)); later[0].VAT != 2000 {
		t.Errorf("a rate takes effect on its day: %v", later[0].VAT)
	}
}

func TestSoldOutNamesTheLine(t *testing.T) {
	b := aBoard()
	lines, err := b.Menu.Lines([]NewLine{{Product: "reine", Size: Medium, Quantity: 2}, {Product: "reine", Size: Large, Quantity: 1}}, Delivery, noon)
	if err != nil {
		t.Fatal(err)
	}
	e := soldOut(b, lines, nil, nil)
	if e.Kind != Conflict || e.Line != 2 {
		t.Errorf("two medium fit (240 of 360 g), the large one (180 g) does not: line %d, %s", e.Line, e.Message)
	}
	if own := soldOut(b, lines, nil, []Part{{2, 120}}); own.Line != 0 {
		t.Errorf("with what the order held already it fits: line %d, %s", own.Line, own.Message)
	}
}

func TestVAT(t *testing.T) {
	if got := Rate(1000).Within(1150); got != 105 { // 1150 − 1150/1.1 = 104.545…
		t.Errorf("10 %% within 11,50 €: %d", got)
	}
	if got := Rate(550).Within(250); got != 13 {
		t.Errorf("5.5 %% within 2,50 €: %d", got)
	}
	rows := VATByRate(anOrder(Delivery, Received).Lines)
	if len(rows) != 2 || rows[0].Rate != 550 || rows[0].Gross != 250 || rows[1].Gross != 2300 || rows[1].VAT != 209 || rows[1].Net() != 2091 {
		t.Errorf("rows: %+v", rows)
	}
	if s := Cents(-1205).String() + " " + Rate(550).String(); s != "−12,05\u00a0€ 5,5\u00a0%" {
		t.Errorf("written: %q", s)
	}
}

func TestOpeningHours(t *testing.T) {
	p := Pizzeria{Hours: []Opening{{time.Saturday, 18 * 60, 25 * 60}, {time.Monday, 11*60 + 30, 14 * 60}}}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, Paris)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for when, want := range map[string]bool{
		"2026-03-14 17:59": false, "2026-03-14 18:00": true, "2026-03-15 00:59": true, "2026-03-15 01:00": false,
		"2026-03-15 18:30": false, "2026-03-16 11:30": true, "2026-03-16 14:00": false,
	} {
		if got := p.OpenAt(at(when)); got != want {
			t.Errorf("open at %s: %v", when, got)
		}
	}
	next, ok := p.NextOpening(at("2026-03-15 03:00"))
	if !ok || !next.Equal(at("2026-03-16 11:30")) || FrenchMoment(next, at("2026-03-15 03:00")) != "demain à 11:30" {
		t.Errorf("next opening: %v %v", next, FrenchMoment(next, at("2026-03-15 03:00")))
	}
	for _, day := range []string{"2026-03-14", "2026-03-29", "2026-10-25"} { // two of them change the clocks
		if start := DayStart(day); ServiceDay(start) != day || ServiceDay(start.Add(-time.Nanosecond)) == day {
			t.Errorf("%s begins at %s", day, start)
		}
	}
	if day := ServiceDay(at("2026-03-15 00:30")); day != "2026-03-14" {
		t.Errorf("half past midnight belongs to %s", day)
	}
}

// The time shown before ordering is the time promised, or the customer is asked again (product.md, 7).
func TestPromiseKeepsWhatWasShown(t *testing.T) {
	for _, row := range []struct {
		name       string
		shown      time.Duration // before the promise
		slot       time.Time
		mode       Mode
		kind, says string
	}{
		{"not said", 0, time.Time{}, Pickup, "", ""},
		{"the same", time.Nanosecond, time.Time{}, Pickup, "", ""},
		{"a step of the clock", 5 * time.Minute, time.Time{}, Pickup, "", ""},
		{"sooner than shown", -20 * time.Minute, time.Time{}, Pickup, "", ""},
		{"the queue moved", 6 * time.Minute, time.Time{}, Pickup, "conflict", "prête vers 13:00 au lieu de 12:54"},
		{"for delivery", time.Hour, time.Time{}, Delivery, "conflict", "livrée vers 13:00 au lieu de 12:00"},
		{"another time was chosen", time.Hour, noon.Add(5 * time.Hour), Delivery, "", ""},
	} {
		in, promised := NewOrder{Mode: row.mode, Slot: row.slot}, time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
		if row.shown != 0 {
			in.Shown = promised.Add(-row.shown)
		}
		err := in.kept(promised)
		if row.kind == "" && err != nil || row.kind != "" && (KindOf(err).String() != row.kind || !strings.Contains(err.Error(), row.says) || AsError(err).Field != "creneau") {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestPromise(t *testing.T) {
	b := aBoard()
	ready, promised := b.Promise(Delivery, 2, noon)
	if promised.Sub(noon) != 25*time.Minute || promised.Sub(ready) != 15*time.Minute {
		t.Errorf("one load and the ride: ready %v, promised %v", ready.Sub(noon), promised.Sub(noon))
	}
	busy, err := b.Apply(Event{Epoch: "e1", Seq: 11, Orders: []*Order{anOrder(Delivery, Received), func() *Order { o := anOrder(Delivery, Received); o.ID = 2; return o }()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, later := busy.Promise(Delivery, 2, noon); !later.After(promised) {
		t.Errorf("four pizzas ahead in an oven for four must cost time: %v", later.Sub(noon))
	}
	if _, _, err := b.promiseAt(noon.Add(5*time.Minute), Delivery, 2, noon); KindOf(err) != Conflict {
		t.Errorf("a slot too early: %v", err)
	}
	if _, got, err := b.promiseAt(noon.Add(3*time.Hour), Delivery, 2, noon); err != nil || !got.Equal(noon.Add(3*time.Hour)) {
		t.Errorf("a later slot: %v %v", got, err)
	}
}
