package app

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// RecentOrders is how many closed orders a board keeps at least beside those that live: enough for the recall list of the kitchen and the
// evening's tracking pages. Those closed in the latest service day it keeps all, up to DayOrders, so that the day's sums are whole.
const (
	RecentOrders = 200
	DayOrders    = 1000
)

// Board is all that the live screens of one shop show. It is a value: Apply returns a new one, so whoever holds a board
// may read it without a lock for as long as they like.
type Board struct {
	Pizzeria Pizzeria
	Epoch    string
	Seq      int64
	Menu     *Menu
	Levels   map[int64]Level  // by ingredient
	Orders   map[int64]*Order // those that live, and those closed last: see RecentOrders
	// Maintenance is the house's, the same on every board; nil when there is none.
	Maintenance *Maintenance
	// Runs are the sequences of stops that couriers chose, by courier.
	Runs map[int64]Run
	left map[string]int // by product:size

	// The orders in the sequences that screens show them in: a screen is drawn more often than an order moves.
	byReady, byPromise, closed []*Order

	day string // the latest service day
}

// NewBoard completes a board that was loaded: it drops closed orders that it need not keep and computes what is left.
func NewBoard(b Board) *Board {
	if b.Runs == nil {
		b.Runs = map[int64]Run{}
	}
	b.arrange(slices.Collect(maps.Values(b.Orders)))
	b.left = b.computeLeft()
	return &b
}

// Apply returns the board after an event. An event that the board already holds changes nothing; one that does not follow
// immediately, or of another epoch, is ErrGap: load the board again.
func (b *Board) Apply(e Event) (*Board, error) {
	if e.Epoch == b.Epoch && e.Seq <= b.Seq {
		return b, nil
	}
	if e.Epoch != b.Epoch || e.Seq != b.Seq+1 || e.Reload {
		return b, ErrGap
	}
	next := *b
	next.Seq = e.Seq
	if e.Menu != nil {
		next.Menu = e.Menu
	}
	if e.Maintenance != nil {
		next.Maintenance = nil
		if e.Maintenance.On() {
			next.Maintenance = e.Maintenance
		}
	}
	if len(e.Levels) > 0 {
		next.Levels = maps.Clone(b.Levels)
		for _, l := range e.Levels {
			next.Levels[l.Ingredient] = l
		}
	}
	if len(e.Orders) > 0 {
		next.Orders = maps.Clone(b.Orders)
		for _, o := range e.Orders {
			next.Orders[o.ID] = o
		}
		next.arrange(e.Orders)
	}
	if len(e.Runs) > 0 {
		next.Runs = maps.Clone(b.Runs)
		for _, r := range e.Runs {
			next.Runs[r.Courier] = r
		}
	}
	if e.Menu != nil || len(e.Levels) > 0 {
		next.left = next.computeLeft()
	}
	return &next, nil
}

// Changes is what differs between two boards of a shop.
type Changes struct {
	Before, After *Board
	Orders        []int64  // ids of orders that came, changed or left, ascending
	Levels        []int64  // ingredients whose level changed, ascending
	Products      []string // slugs of products of which more or less is left, or whose row of the menu changed
	Menu          bool
	Additions     bool    // an addition became possible, or no longer is
	Maintenance   bool    // it began, ended, or says something else
	Runs          []int64 // couriers who chose another sequence of stops, ascending
}

// Compare finds what changed between two boards, whether one followed from the other by an event or was loaded after a gap.
func Compare(before, after *Board) Changes {
	ch := Changes{Before: before, After: after, Menu: before.Menu != after.Menu && !reflect.DeepEqual(before.Menu, after.Menu)}
	ch.Maintenance = before.Maintenance != after.Maintenance && !reflect.DeepEqual(before.Maintenance, after.Maintenance)
	for id, o := range after.Orders {
		if was := before.Orders[id]; was != o && (was == nil || was.Version != o.Version) {
			ch.Orders = append(ch.Orders, id)
		}
	}
	for id := range before.Orders {
		if _, ok := after.Orders[id]; !ok {
			ch.Orders = append(ch.Orders, id)
		}
	}
	for id, l := range after.Levels {
		if before.Levels[id] != l {
			ch.Levels = append(ch.Levels, id)
		}
	}
	for id, r := range after.Runs {
		if !slices.Equal(before.Runs[id].Stops, r.Stops) {
			ch.Runs = append(ch.Runs, id)
		}
	}
	slices.Sort(ch.Runs)
	slices.Sort(ch.Orders)
	slices.Sort(ch.Levels)
	ch.Additions = !ch.Menu && otherAdditions(before, after, ch.Levels)
	if ch.Menu || len(ch.Levels) > 0 {
		for _, p := range after.Menu.Products {
			if ch.Menu || slices.ContainsFunc(p.Variants, func(v Variant) bool {
				return after.Left(p.Slug, v.Size) != before.Left(p.Slug, v.Size)
			}) {
				ch.Products = append(ch.Products, p.Slug)
			}
		}
	}
	return ch
}

// Day is the latest service day that an order of the board is of, "" without orders.
func (b *Board) Day() string { return b.day }

// arrange puts orders that came or changed into their places and drops closed ones that need not be kept, the oldest first.
func (b *Board) arrange(changed []*Order) {
	live := func(o *Order) bool { return !o.Closed() }
	b.byReady = arranged(b.byReady, changed, live, readyFirst)
	b.byPromise = arranged(b.byPromise, changed, live, promisedFirst)
	b.closed = arranged(b.closed, changed, (*Order).Closed, newestClosed)
	for _, o := range changed {
		b.day = max(b.day, o.ServiceDay)
	}
	since := DayStart(b.day)
	for n := len(b.closed); n > DayOrders || n > RecentOrders && b.closed[n-1].ClosedAt.Before(since); n-- {
		delete(b.Orders, b.closed[n-1].ID)
		b.closed = b.closed[:n-1]
	}
}

// arranged is a sorted list without what it had of the changed orders, and with those of them that it keeps. The list itself is another board's.
func arranged(list, changed []*Order, keep func(*Order) bool, order func(a, b *Order) int) []*Order {
	out := make([]*Order, 0, len(list)+len(changed))
	for _, o := range list {
		if !slices.ContainsFunc(changed, func(c *Order) bool { return c.ID == o.ID }) {
			out = append(out, o)
		}
	}
	if len(changed) > 1 {
		out = append(out, slices.DeleteFunc(slices.Clone(changed), func(o *Order) bool { return !keep(o) })...)
		slices.SortFunc(out, order)
		return out
	}
	for _, o := range changed {
		if keep(o) {
			at, _ := slices.BinarySearchFunc(out, o, order)
			out = slices.Insert(out, at, o)
		}
	}
	return out
}

func readyFirst(a, b *Order) int {
	return cmp.Or(a.ReadyBy.Compare(b.ReadyBy), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
}

func promisedFirst(a, b *Order) int {
	return cmp.Or(a.PromisedAt.Compare(b.PromisedAt), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
}

// newestClosed orders closed orders, the last closed first; db loads them in this order.
func newestClosed(a, b *Order) int {
	return cmp.Or(b.ClosedAt.Compare(a.ClosedAt), cmp.Compare(b.ID, a.ID))
}

func leftKey(slug string, size Size) string { return slug + ":" + string(size) }

func (b *Board) computeLeft() map[string]int {
	left := make(map[string]int, 2*len(b.Menu.Products))
	for _, p := range b.Menu.Products {
		for _, v := range p.Variants {
			left[leftKey(p.Slug, v.Size)] = min(feasible(v.Recipe, b.Levels), MaxLeft)
		}
	}
	return left
}

// MaxLeft is the most that Left says: beyond it, how many are left interests nobody, and changes would disturb every menu.
const MaxLeft = 100

// Left is how many of a product in a size can still be ordered, at most MaxLeft.
func (b *Board) Left(slug string, size Size) int { return b.left[leftKey(slug, size)] }

// Live returns the orders that are not closed and satisfy keep, those that must be ready first in front.
func (b *Board) Live(keep func(*Order) bool) []*Order { return some(b.byReady, len(b.byReady), keep) }

// Promised returns the orders that are not closed and satisfy keep, those promised first in front: the late ones lead by themselves.
func (b *Board) Promised(keep func(*Order) bool) []*Order {
	return some(b.byPromise, len(b.byPromise), keep)
}

// Recent returns up to n closed orders that satisfy keep, the last closed in front.
func (b *Board) Recent(n int, keep func(*Order) bool) []*Order { return some(b.closed, n, keep) }

// some are the first n of a list that satisfy keep.
func some(list []*Order, n int, keep func(*Order) bool) []*Order {
	var out []*Order
	for _, o := range list {
		if len(out) == n {
			break
		}
		if keep(o) {
			out = append(out, o)
		}
	}
	return out
}

// ByToken finds an order by the hash of its tracking token.
func (b *Board) ByToken(hash string) (*Order, bool) {
	for _, o := range b.Orders {
		if o.TokenHash == hash {
			return o, true
		}
	}
	return nil, false
}

// LevelOf pairs a level with its ingredient.
type LevelOf struct {
	Ingredient Ingredient
	Level      Level
}

// Stock returns the levels with their ingredients, by name.
func (b *Board) Stock() []LevelOf {
	out := make([]LevelOf, 0, len(b.Menu.Ingredients))
	for _, g := range b.Menu.Ingredients {
		if l, ok := b.Levels[g.ID]; ok {
			out = append(out, LevelOf{Ingredient: g, Level: l})
		}
	}
	slices.SortFunc(out, func(x, y LevelOf) int { return strings.Compare(x.Ingredient.Name, y.Ingredient.Name) })
	return out
}
