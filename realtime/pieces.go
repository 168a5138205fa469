package realtime

import (
	"slices"
	"time"

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

// list is what differs in a list of a screen, before and after a change, in the order of its page.
type list struct {
	box           string // id of the element that holds nothing else
	before, after []entry
	next          string // id of the element behind what differs, which stays where it is; empty at the end of the box
}

// lists brings lists of a screen, between which elements may move, up to date.
func (d *drawing) lists(all ...list) {
	stays := map[string]bool{}
	for _, l := range all {
		for _, e := range l.after {
			stays[e.id] = true
		}
	}
	for _, l := range all {
		for _, e := range l.before {
			if !stays[e.id] {
				d.remove(e.id)
			}
		}
	}
	for _, l := range all {
		d.sorted(l)
	}
}

// sorted goes from the end to the front, so that what an element is to stand before is there already.
func (d *drawing) sorted(l list) {
	was := l.was()
	stay := l.stay(was)
	next := l.next
	for _, e := range slices.Backward(l.after) {
		switch {
		case stay[e.id]:
			if e.changed {
				d.morph(e.id, e.draw())
			}
		case next != "":
			d.before(next, e.draw()) // from wherever it stands
		default:
			if _, ok := was[e.id]; ok {
				d.remove(e.id) // append leaves what stands in the box where it stands
			}
			d.append(l.box, e.draw())
		}
		next = e.id
	}
}

// was is where each element stood.
func (l list) was() map[string]int {
	was := make(map[string]int, len(l.before))
	for i, e := range l.before {
		was[e.id] = i
	}
	return was
}

// stay returns the elements that need not move: those that did not change, and of those that did, as many as are in order with them.
func (l list) stay(was map[string]int) map[string]bool {
	type place struct{ was, is int }
	var fixed []place
	stay := make(map[string]bool, len(l.after))
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

// listOf is a list of orders that are all drawn alike. What is the same at its beginning and its end is left out: an order that comes costs the
// same on a wall of six hundred as on one of six.
func listOf(ch app.Changes, box string, before, after []*app.Order, id func(int64) string, draw func(*app.Order) templ.Component) list {
	// A new menu may name what an order waits for otherwise.
	changed := func(o *app.Order) bool {
		_, touched := slices.BinarySearch(ch.Orders, o.ID)
		return touched || ch.Menu
	}
	same := func(i, k int) bool { return before[i].ID == after[k].ID && !changed(after[k]) }
	for len(before) > 0 && len(after) > 0 && same(0, 0) {
		before, after = before[1:], after[1:]
	}
	l := list{box: box}
	for len(before) > 0 && len(after) > 0 && same(len(before)-1, len(after)-1) {
		l.next = id(after[len(after)-1].ID)
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	for _, o := range before {
		l.before = append(l.before, entry{id: id(o.ID)})
	}
	for _, o := range after {
		l.after = append(l.after, entry{id(o.ID), changed(o), func() templ.Component { return draw(o) }})
	}
	return l
}

// pizzas is a list of pizzas; what is the same at its beginning and its end is left out, as with orders, and costs no more than a look.
func pizzas(ch app.Changes, box string, before, after []views.OnePizza, id func(views.OnePizza) string, draw func(views.OnePizza) templ.Component) list {
	altered := func(was, is *views.OnePizza) bool {
		_, touched := slices.BinarySearch(ch.Orders, is.Order.ID)
		return touched || ch.Menu || !is.Same(was)
	}
	same := func(was, is *views.OnePizza) bool { return was.Is(is) && !altered(was, is) }
	for len(before) > 0 && len(after) > 0 && same(&before[0], &after[0]) {
		before, after = before[1:], after[1:]
	}
	l := list{box: box}
	end := 0
	for end < min(len(before), len(after)) && same(&before[len(before)-1-end], &after[len(after)-1-end]) {
		end++
	}
	if end > 0 {
		l.next = id(after[len(after)-end])
	}
	before, after = before[:len(before)-end], after[:len(after)-end]
	was := make(map[string]*views.OnePizza, len(before))
	for i, p := range before {
		was[id(p)] = &before[i]
		l.before = append(l.before, entry{id: id(p)})
	}
	for i, p := range after {
		old, ok := was[id(p)]
		l.after = append(l.after, entry{id(p), !ok || altered(old, &after[i]), func() templ.Component { return draw(p) }})
	}
	return l
}

// stations draws the pizzas that moved between the wall's stations, or came, changed or left.
func (d *drawing) stations(ch app.Changes) {
	b := ch.After
	todoWas, ovenWas := views.Pizzas(ch.Before)
	todo, oven := views.Pizzas(b)
	slots := pizzas(ch, views.OvenListID, ovenWas, oven, views.OnePizza.OvenID, views.Slot)
	freeWas, free := views.FreeSlots(ch.Before, ovenWas), views.FreeSlots(b, oven)
	if min(freeWas, free) > 0 && slots.next == "" {
		slots.next = views.FreeID(1)
	}
	for n := min(freeWas, free) + 1; n <= freeWas; n++ {
		slots.before = append(slots.before, entry{id: views.FreeID(n)})
	}
	cutWas, cut := views.CutTickets(ch.Before), views.CutTickets(b)
	d.lists(
		pizzas(ch, views.MakeListID, todoWas, todo, views.OnePizza.MakeID, func(p views.OnePizza) templ.Component { return views.MakeCard(b, p) }),
		slots,
		listOf(ch, views.CutListID, cutWas, cut, views.CutID, views.CutCard),
		listOf(ch, views.NewsListID, views.KitchenNews(ch.Before), views.KitchenNews(b), views.NewsID, func(o *app.Order) templ.Component { return views.NewsRow(b, o) }),
	)
	for n := freeWas + 1; n <= free; n++ {
		d.append(views.OvenListID, views.FreeSlot(n))
	}
	d.different(views.StationTallies(ch.Before, len(todoWas), len(ovenWas), len(cutWas)), views.StationTallies(b, len(todo), len(oven), len(cut)))
}

// withHeld are the changes with the orders on hold among them, when the stock moved: where somebody may answer, what can still be made is live.
func withHeld(ch app.Changes) app.Changes {
	if len(ch.Levels) == 0 {
		return ch
	}
	ch.Orders = slices.Clone(ch.Orders)
	for _, o := range ch.After.Live(onHold) {
		ch.Orders = append(ch.Orders, o.ID)
	}
	slices.Sort(ch.Orders)
	ch.Orders = slices.Compact(ch.Orders)
	return ch
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
	// What may be made instead of what ran out is live, for as long as somebody chooses.
	if _, changed := slices.BinarySearch(ch.Orders, id); changed || ch.Menu || moved(ch, id) || o.Status == app.OnHold && len(ch.Levels) > 0 {
		d.morph(views.TrackingID, views.Tracking(ch.After, o))
	}
}

// awaited takes back what was said of a promise that slips, once nobody waits any more.
func (d *drawing) awaited(ch app.Changes, id int64, estimate func(*app.Order) time.Time) {
	if o := ch.After.Orders[id]; o != nil && !o.Awaited() && !estimate(o).IsZero() {
		d.morph(views.PromiseID, views.Estimate(o, time.Time{}))
	}
}

// kitchen draws the tickets that came, changed or left the wall, then what is counted over all of them.
func (d *drawing) kitchen(ch app.Changes) {
	b := ch.After
	tickets := views.KitchenTickets(b)
	d.lists(listOf(ch, views.TicketsID, views.KitchenTickets(ch.Before), tickets, views.TicketID, func(o *app.Order) templ.Component { return views.Ticket(b, o) }))
	for _, id := range ch.Orders {
		was, is := ch.Before.Orders[id], b.Orders[id]
		switch {
		case !slices.Contains(tickets, is): // what has left the wall is no business of the kitchen's
		case was == nil:
			d.event("new-order")
		case was.Status != app.Cancelled && is.Status == app.Cancelled:
			d.event("order-cancelled")
		case was.Revision != is.Revision && is.Altered():
			d.event("order-changed")
		}
	}
	if len(ch.Orders) > 0 || ch.Menu {
		d.stations(ch)
	}
	if len(ch.Orders) > 0 {
		d.counts(ch)
		d.lists(listOf(ch, views.RecalledListID, views.Bumped(ch.Before), views.Bumped(b), views.RecalledID, views.Recalled))
	}
	if ch.Menu || newLevels(ch) {
		d.morph(views.KitchenStockID, views.KitchenStock(b))
		return
	}
	for _, l := range changedLevels(ch) {
		d.morph(views.OutID(l.Ingredient.Slug), views.OutButton(l))
	}
}

// counts draws what is to be made of each pizza, and of all.
func (d *drawing) counts(ch app.Changes) {
	before, after := views.AllToMake(ch.Before), views.AllToMake(ch.After)
	of := func(counts []views.ToMake) []views.Piece {
		return []views.Piece{{ID: views.KitchenLoadID, Component: views.KitchenLoad(ch.After.Pizzeria, counts)}}
	}
	d.different(of(before), of(after))
	l := list{box: views.CountsID}
	for _, c := range before {
		l.before = append(l.before, entry{id: c.ID()})
	}
	for _, c := range after {
		l.after = append(l.after, entry{c.ID(), !slices.Contains(before, c), func() templ.Component { return views.CountRow(c) }})
	}
	d.lists(l)
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
	d.different(views.TakenPieces(ch.Before, courier), views.TakenPieces(ch.After, courier))
	d.different(views.Suggestions(ch.Before), views.Suggestions(ch.After))
	for _, id := range ch.Orders {
		was, is := ch.Before.Orders[id], ch.After.Orders[id]
		if was != nil && was.Status != app.Cancelled && is != nil && is.Status == app.Cancelled && slices.Contains(mine, is) {
			d.event("order-cancelled")
		}
	}
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
	d.lists(listOf(withHeld(ch), views.TillListID, before, after, views.OrderID, func(o *app.Order) templ.Component { return views.TillOrder(b, o) }))
	d.different(views.TillTallies(before), views.TillTallies(after))
}

// dashboard draws the tiles that say something else, and the orders under way.
func (d *drawing) dashboard(ch app.Changes, before views.Before) {
	b := ch.After
	now := time.Now()
	d.different(views.TilePieces(ch.Before, now, before), views.TilePieces(b, now, before))
	d.lists(listOf(withHeld(ch), views.DashboardListID, views.OnDashboard(ch.Before), views.OnDashboard(b), views.LateID, func(o *app.Order) templ.Component { return views.DashboardOrder(b, o) }))
}

// stock draws the levels that changed. What may be done about a level stays as it is, with what somebody types there, unless that changed too.
func (d *drawing) stock(ch app.Changes) {
	if ch.Menu || newLevels(ch) {
		d.morph(views.StockListID, views.StockList(ch.After))
		return
	}
	for _, l := range changedLevels(ch) {
		was := ch.Before.Levels[l.Ingredient.ID]
		d.morph(views.LevelID(l.Ingredient.Slug), views.StockLevel(l))
		if was.Threshold != l.Level.Threshold {
			d.morph(views.ThresholdID(l.Ingredient.Slug), views.StockThreshold(l))
		}
		if was.Out != l.Level.Out {
			d.morph(views.MarkID(l.Ingredient.Slug), views.StockOut(l))
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
