package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids of the wall's stations: à faire, four, coupe. kitchen.js looks for these.
const (
	NewsListID  = "station-news"
	MakeListID  = "station-make"
	OvenListID  = "station-oven"
	CutListID   = "station-cut"
	MakeTallyID = "station-make-tally"
	OvenTallyID = "station-oven-tally"
	CutTallyID  = "station-cut-tally"
)

// passed is how many tickets the last station keeps in sight once they are ready: what was called too soon is called back from there.
const passed = 6

// OnePizza is a pizza that the kitchen works on.
type OnePizza struct {
	Order *app.Order
	Line  app.Line
	N     int // of the line, 1, 2 …
	State app.ItemState
	Until time.Time // when it comes out of the oven; zero when it is not in it, or nobody can tell
	Over  bool      // more are in the oven than it holds, and this is one of them
}

// key tells it from every other.
func (p OnePizza) key() string {
	return strconv.FormatInt(p.Order.ID, 10) + "-" + strconv.Itoa(p.Line.N) + "-" + strconv.Itoa(p.N)
}

// MakeID and OvenID are those of a pizza at its station.
func (p OnePizza) MakeID() string { return "make-" + p.key() }
func (p OnePizza) OvenID() string { return "oven-" + p.key() }

// Is reports whether two are one pizza, then and now.
func (p *OnePizza) Is(q *OnePizza) bool {
	return p.Order.ID == q.Order.ID && p.Line.N == q.Line.N && p.N == q.N
}

// Same reports whether two look alike, their orders being the same.
func (p *OnePizza) Same(q *OnePizza) bool {
	return p.State == q.State && p.Until.Equal(q.Until) && p.Over == q.Over
}

// Pizzas are those that the kitchen has in hand, by where they stand: to be made, the oldest promise first, and in the oven, the first to come
// out first; before it those of which nobody can tell, which may be burning.
func Pizzas(b *app.Board) (todo, oven []OnePizza) {
	for _, o := range b.Live(inKitchen) {
		for _, l := range o.Lines {
			for i, s := range l.Items {
				p := OnePizza{Order: o, Line: l, N: i + 1, State: s}
				switch s {
				case app.Queued, app.Making:
					todo = append(todo, p)
				case app.InOven:
					p.Until = outOfOven(b, o, l, i+1)
					oven = append(oven, p)
				}
			}
		}
	}
	slices.SortStableFunc(oven, func(x, y OnePizza) int {
		return cmp.Or(x.Until.Compare(y.Until), cmp.Compare(x.Order.Number, y.Order.Number), cmp.Compare(x.Order.ID, y.Order.ID))
	})
	for i := range oven {
		oven[i].Over = i >= slots(b)
	}
	return todo, oven
}

// slots is how many pizzas the oven holds.
func slots(b *app.Board) int { return max(1, b.Pizzeria.OvenPizzas) }

// FreeSlots is how many more pizzas the oven holds.
func FreeSlots(b *app.Board, oven []OnePizza) int { return max(0, slots(b)-len(oven)) }

// outOfOven is when a pizza comes out; zero when nobody can tell.
func outOfOven(b *app.Board, o *app.Order, l app.Line, pizza int) time.Time {
	p, ok := b.Menu.Known(l.Product)
	since := o.OvenSince(l.N, pizza)
	if !ok || p.OvenSeconds == 0 || since.IsZero() {
		return time.Time{}
	}
	return since.Add(time.Duration(p.OvenSeconds) * time.Second)
}

// ovenUntil is when the first of a line's pizzas comes out of the oven; zero when none is in it.
func ovenUntil(b *app.Board, o *app.Order, l app.Line) time.Time {
	var first time.Time
	for i := range l.Items {
		if at := outOfOven(b, o, l, i+1); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// CutTickets are those of the last station: tickets of which a pizza is out of the oven, the oldest promise first, then those that became ready
// last and have not left the shop, the very last in front.
func CutTickets(b *app.Board) []*app.Order {
	out := b.Live(func(o *app.Order) bool {
		return inKitchen(o) && slices.ContainsFunc(o.Lines, func(l app.Line) bool { return slices.Contains(l.Items, app.Done) })
	})
	ready := b.Live(func(o *app.Order) bool { return o.Status == app.Ready })
	slices.SortStableFunc(ready, func(x, y *app.Order) int { return y.Reached(app.Ready).Compare(x.Reached(app.Ready)) })
	return append(out, ready[:min(passed, len(ready))]...)
}

// KitchenNews are the tickets that somebody before a wall must have seen: cancelled, changed, or waiting for their customer.
func KitchenNews(b *app.Board) []*app.Order {
	return slices.DeleteFunc(KitchenTickets(b), func(o *app.Order) bool {
		return o.Status != app.Cancelled && o.Status != app.OnHold && !o.Altered()
	})
}

// NewsID is an order's row among what must be seen, CutID its card at the last station.
func NewsID(order int64) string { return numbered("news-", order) }
func CutID(order int64) string  { return numbered("cut-", order) }

// FreeID is a free slot's.
func FreeID(n int) string { return "oven-free-" + strconv.Itoa(n) }

// StationTallies are the counts over the stations: pizzas to be made and in the oven, and tickets at the cut.
func StationTallies(b *app.Board, todo, oven, cut int) []Piece {
	return []Piece{{MakeTallyID, makeTally(todo)}, {OvenTallyID, ovenTally(oven, slots(b))}, {CutTallyID, cutTally(cut)}}
}

// completes says what a ticket still needs before it can leave: "1 Reine au four, 2 Margherita en attente".
func completes(o *app.Order) string {
	var parts []string
	for _, l := range o.Lines {
		for _, s := range []app.ItemState{app.InOven, app.Making, app.Queued} {
			n := 0
			for _, is := range l.Items {
				if is == s {
					n++
				}
			}
			if n > 0 {
				parts = append(parts, strconv.Itoa(n)+nbsp+l.Name+" "+Item(s))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// doneOf counts the pizzas of a line that are out of the oven.
func doneOf(l app.Line) int {
	n := 0
	for _, s := range l.Items {
		if s == app.Done {
			n++
		}
	}
	return n
}

// lastDone is the pizza of a line that goes back into the oven when one was called done too soon.
func lastDone(l app.Line) int {
	for i, s := range slices.Backward(l.Items) {
		if s == app.Done {
			return i + 1
		}
	}
	return 0
}

// slotWords say for ears what a tap on a pizza in the oven does, and when it should be done: a clock that ticks is not read aloud.
func slotWords(p OnePizza) string {
	if p.Until.IsZero() {
		return "Sortir du four"
	}
	return "Sortir du four à " + Clock(p.Until)
}

// gone says a line that is no longer to be made.
func gone(l app.Line) string {
	words := strings.TrimSpace(strconv.Itoa(l.Quantity) + "×" + nbsp + l.Name + " " + strings.ToLower(Size(l.Size)))
	if more := composed(l); more != "" {
		words += ", " + lowerFirst(more)
	}
	return words
}

// isNew reports whether the kitchen has not seen a line yet.
func isNew(o *app.Order, l app.Line) bool { return slices.Contains(o.Arrived(), l.N) }
