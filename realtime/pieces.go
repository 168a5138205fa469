package realtime

import (
	"slices"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// drawing collects the operations of a patch. A patch costs what changed: an element of a list travels when it is another than before, what is
// said over a list when the words are.
type drawing struct {
	ops []Op
	err error
}

func (d *drawing) morph(id string, c templ.Component)      { d.draw(OpMorph, id, c) }
func (d *drawing) append(parent string, c templ.Component) { d.draw(OpAppend, parent, c) }
func (d *drawing) before(next string, c templ.Component)   { d.draw(OpBefore, next, c) }
func (d *drawing) remove(id string)                        { d.ops = append(d.ops, Op{Do: OpRemove, To: id}) }
func (d *drawing) event(name string)                       { d.ops = append(d.ops, Op{Do: OpEvent, Name: name}) }

func (d *drawing) draw(do, to string, c templ.Component) {
	html := d.render(c)
	d.ops = append(d.ops, Op{Do: do, To: to, HTML: html})
}

func (d *drawing) render(c templ.Component) string {
	html, err := render(c)
	if err != nil && d.err == nil {
		d.err = err
	}
	return html
}

// different draws those pieces that do not look as they did. Both lists name the same pieces.
func (d *drawing) different(before, after []views.Piece) {
	for i, p := range after {
		if html := d.render(p.Component); html != d.render(before[i].Component) {
			d.ops = append(d.ops, Op{Do: OpMorph, To: p.ID, HTML: html})
		}
	}
}

// entry is an element of a list, as it is drawn if it has to be.
type entry struct {
	id      string
	changed bool // it looks different, or stands elsewhere, than before
	draw    func() templ.Component
}

// list is a list of a screen, before and after a change, in the order of its page.
type list struct {
	box           string // id of the element that holds nothing else
	before, after []entry
	// still: nothing moves under a finger. What comes stands at the end, wherever a fresh page would put it.
	still bool
}

// lists brings lists of a screen, between which elements may move, up to date.
func (d *drawing) lists(all ...list) {
	for _, l := range all {
		for _, e := range l.before {
			if !slices.ContainsFunc(all, func(l list) bool { return slices.ContainsFunc(l.after, e.same) }) {
				d.remove(e.id)
			}
		}
	}
	for _, l := range all {
		if l.still {
			d.still(l)
		} else {
			d.sorted(l)
		}
	}
}

func (e entry) same(other entry) bool { return e.id == other.id }

func (d *drawing) still(l list) {
	for _, e := range l.after {
		if !slices.ContainsFunc(l.before, e.same) {
			d.append(l.box, e.draw())
		} else if e.changed {
			d.morph(e.id, e.draw())
		}
	}
}

// sorted goes from the end to the front, so that what an element is to stand before is there already.
func (d *drawing) sorted(l list) {
	stay := l.stay()
	next := ""
	for _, e := range slices.Backward(l.after) {
		switch {
		case stay[e.id]:
			if e.changed {
				d.morph(e.id, e.draw())
			}
		case next != "":
			d.before(next, e.draw()) // from wherever it stands
		default:
			if slices.ContainsFunc(l.before, e.same) {
				d.remove(e.id) // append leaves what stands in the box where it stands
			}
			d.append(l.box, e.draw())
		}
		next = e.id
	}
}

// stay returns the elements that need not move: those that did not change, and of those that did, as many as are in order with them.
func (l list) stay() map[string]bool {
	type place struct{ was, is int }
	var fixed []place
	stay := make(map[string]bool, len(l.after))
	was := make(map[string]int, len(l.before))
	for i, e := range l.before {
		was[e.id] = i
	}
	for _, changed := range []bool{false, true} {
		for i, e := range l.after {
			w, ok := was[e.id]
			if !ok || e.changed != changed {
				continue
			}
			p := place{w, i}
			if !slices.ContainsFunc(fixed, func(f place) bool { return (f.was < p.was) != (f.is < p.is) }) {
				fixed = append(fixed, p)
				stay[e.id] = true
			}
		}
	}
	return stay
}

// orders are a list of orders as entries; what the change touches is drawn again.
func orders(ch app.Changes, all []*app.Order, id func(int64) string, draw func(*app.Order) templ.Component) []entry {
	out := make([]entry, len(all))
	for i, o := range all {
		_, changed := slices.BinarySearch(ch.Orders, o.ID)
		// A new menu may name what an order waits for otherwise.
		out[i] = entry{id(o.ID), changed || ch.Menu, func() templ.Component { return draw(o) }}
	}
	return out
}

// listOf is a list of orders that are all drawn alike.
func listOf(ch app.Changes, box string, before, after []*app.Order, id func(int64) string, draw func(*app.Order) templ.Component) list {
	return list{box: box, before: orders(ch, before, id, draw), after: orders(ch, after, id, draw)}
}

// tracking draws a followed order, and what is drawn of its products if these are others.
func (d *drawing) tracking(ch app.Changes, id int64) {
	o, was := ch.After.Orders[id], ch.Before.Orders[id]
	if o == nil {
		return
	}
	if was != nil && (was.Revision != o.Revision || ch.Menu) {
		d.different(views.TrackingDrawings(ch.Before, was), views.TrackingDrawings(ch.After, o))
	}
	if _, changed := slices.BinarySearch(ch.Orders, id); changed || ch.Menu {
		d.morph(views.TrackingID, views.Tracking(ch.After, o))
	}
}

// kitchen draws the tickets that came, changed or left the wall, then what is counted over all of them. A ticket may leave by the clock that
// another order moved on.
func (d *drawing) kitchen(ch app.Changes) {
	b := ch.After
	tickets := views.KitchenTickets(b)
	wall := listOf(ch, views.TicketsID, views.KitchenTickets(ch.Before), tickets, views.TicketID, func(o *app.Order) templ.Component { return views.Ticket(b, o) })
	wall.still = true
	d.lists(wall)
	for _, id := range ch.Orders {
		was, is := ch.Before.Orders[id], b.Orders[id]
		if was == nil && slices.Contains(tickets, is) {
			d.event("new-order")
		} else if was != nil && is != nil && was.Status != app.Cancelled && is.Status == app.Cancelled {
			d.event("order-cancelled")
		}
	}
	if len(ch.Orders) > 0 {
		d.different([]views.Piece{{ID: views.KitchenLoadID, Component: views.KitchenLoad(ch.Before)}}, []views.Piece{{ID: views.KitchenLoadID, Component: views.KitchenLoad(b)}})
		d.lists(counts(ch), listOf(ch, views.RecalledListID, views.Bumped(ch.Before), views.Bumped(b), views.RecalledID, views.Recalled))
	}
	if ch.Menu || newLevels(ch) {
		d.morph(views.KitchenStockID, views.KitchenStock(b))
		return
	}
	for _, l := range changedLevels(ch) {
		d.morph(views.OutID(l.Ingredient.Slug), views.OutButton(l))
	}
}

// counts are what is to be made of each pizza.
func counts(ch app.Changes) list {
	before, after := views.AllToMake(ch.Before), views.AllToMake(ch.After)
	l := list{box: views.CountsID}
	for _, c := range before {
		l.before = append(l.before, entry{id: c.ID()})
	}
	for _, c := range after {
		l.after = append(l.after, entry{c.ID(), !slices.Contains(before, c), func() templ.Component { return views.CountRow(c) }})
	}
	return l
}

// courier draws the stops of one courier.
func (d *drawing) courier(ch app.Changes, courier int64) {
	mineWere, readyWere, comingWere := views.Stops(ch.Before, courier)
	mine, ready, coming := views.Stops(ch.After, courier)
	d.lists(
		listOf(ch, views.DropsMineID, mineWere, mine, views.DropID, views.Drop),
		listOf(ch, views.DropsReadyID, readyWere, ready, views.DropID, views.Drop),
		listOf(ch, views.DropsComingID, comingWere, coming, views.DropID, views.ComingDrop),
	)
	d.different(views.DropTallies(mineWere, readyWere), views.DropTallies(mine, ready))
}

// till draws what can still be sold, and the orders under way.
func (d *drawing) till(ch app.Changes) {
	b := ch.After
	if ch.Menu {
		d.morph(views.TillLeftID, views.TillLeft(b))
	} else {
		for _, slug := range ch.Products {
			if p, ok := b.Menu.Product(slug); ok {
				d.morph(views.PickID(slug), views.Pick(b, p))
			}
		}
	}
	before, after := views.AtTill(ch.Before), views.AtTill(b)
	d.lists(listOf(ch, views.TillListID, before, after, views.OrderID, func(o *app.Order) templ.Component { return views.TillOrder(b, o) }))
	d.different(views.TillTallies(before), views.TillTallies(after))
}

// dashboard draws the tiles that say something else, and the orders under way.
func (d *drawing) dashboard(ch app.Changes) {
	b := ch.After
	d.different(views.TilePieces(ch.Before), views.TilePieces(b))
	d.lists(listOf(ch, views.DashboardListID, views.OpenOrders(ch.Before), views.OpenOrders(b), views.LateID, func(o *app.Order) templ.Component { return views.DashboardOrder(b, o) }))
}

// stock draws the levels that changed. What may be done about a level stays as it is, with what somebody types there, unless that changed too.
func (d *drawing) stock(ch app.Changes) {
	if ch.Menu || newLevels(ch) {
		d.morph(views.StockListID, views.StockList(ch.After))
		return
	}
	for _, l := range changedLevels(ch) {
		was := ch.Before.Levels[l.Ingredient.ID]
		if was.Out != l.Level.Out || was.Threshold != l.Level.Threshold {
			d.morph(views.StockID(l.Ingredient.Slug), views.StockRow(l))
		} else {
			d.morph(views.LevelID(l.Ingredient.Slug), views.StockLevel(l))
		}
	}
}

func changedLevels(ch app.Changes) []app.LevelOf {
	if len(ch.Levels) == 0 {
		return nil
	}
	return slices.DeleteFunc(ch.After.Stock(), func(l app.LevelOf) bool {
		_, changed := slices.BinarySearch(ch.Levels, l.Ingredient.ID)
		return !changed
	})
}

// newLevels reports whether something is in stock that was not: its row is nowhere yet.
func newLevels(ch app.Changes) bool {
	return slices.ContainsFunc(ch.Levels, func(id int64) bool { _, was := ch.Before.Levels[id]; return !was })
}
