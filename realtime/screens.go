package realtime

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// Screen is a kind of live page.
type Screen string

// The live screens.
const (
	MenuScreen      Screen = "carte"
	TrackingScreen  Screen = "suivi"
	KitchenScreen   Screen = "cuisine"
	CourierScreen   Screen = "livraisons"
	TillScreen      Screen = "caisse"
	DashboardScreen Screen = "pilotage"
	StockScreen     Screen = "stocks"
)

// Audience is who sees the same thing: the kitchen of a shop, the followers of one order, one courier.
type Audience struct {
	Screen   Screen
	Pizzeria int64
	ID       int64 // tracking: the order; courier: the user; 0 elsewhere
}

// String is the audience's topic name.
func (a Audience) String() string {
	return fmt.Sprintf("%s:%d:%d", a.Screen, a.Pizzeria, a.ID)
}

// Topic of the audience on the hub.
func (a Audience) Topic() Topic { return Topic(a.String()) }

// class is the audience whose number a share: the couriers of a shop move together.
func (a Audience) class() Audience {
	if a.Screen == CourierScreen {
		a.ID = 0
	}
	return a
}

// Live are the attributes of a board that is drawn: what its page presents when it connects. Path is that of the socket; a board that the
// wire sends has none, and the page keeps its own.
func (b *Boards) Live(board *app.Board, seq int64, path string) views.Live {
	return views.Live{Path: path, Epoch: board.Epoch, Seq: seq, Build: b.opt.Build, Now: time.Now()}
}

// touched lists the classes of audiences for which a change is visible.
func touched(ch app.Changes) []Audience {
	shop := ch.After.Pizzeria.ID
	var out []Audience
	add := func(screens ...Screen) {
		for _, s := range screens {
			if a := (Audience{Screen: s, Pizzeria: shop}); !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	if len(ch.Products) > 0 {
		add(MenuScreen, TillScreen)
	}
	if len(ch.Levels) > 0 || ch.Menu {
		add(KitchenScreen, DashboardScreen, StockScreen)
	}
	for _, id := range ch.Orders {
		out = append(out, Audience{Screen: TrackingScreen, Pizzeria: shop, ID: id})
		add(KitchenScreen, TillScreen, DashboardScreen)
		if o := order(ch, id); o.Mode == app.Delivery {
			add(CourierScreen)
		}
	}
	return out
}

// order returns a changed order as it is now, or as it was before it left the board.
func order(ch app.Changes, id int64) *app.Order {
	if o := ch.After.Orders[id]; o != nil {
		return o
	}
	return ch.Before.Orders[id]
}

// pieces draws what a change makes different on an audience's screen, each piece once.
func (bs *Boards) pieces(a Audience, ch app.Changes) ([]Op, error) {
	var d drawing
	b := ch.After
	switch a.Screen {
	case MenuScreen:
		if ch.Menu {
			// Products may have come, gone or moved.
			html, err := bs.whole(a, b, b.Seq)
			return []Op{{Do: OpMorph, To: views.BoardID, HTML: html}}, err
		}
		for _, slug := range ch.Products {
			if p, ok := b.Menu.Product(slug); ok {
				d.morph("product-"+slug, views.ProductCard(b, p))
			}
		}
	case TrackingScreen:
		if o := b.Orders[a.ID]; o != nil {
			d.morph("tracking", views.Tracking(b, o))
		}
	case KitchenScreen:
		d.kitchen(ch)
	case CourierScreen:
		d.morph("drops", views.Drops(b, a.ID))
	case TillScreen:
		if len(ch.Products) > 0 {
			d.morph("till-left", views.TillLeft(b))
		}
		if len(ch.Orders) > 0 {
			d.morph("till-orders", views.TillOrders(b))
		}
	case DashboardScreen, StockScreen:
		if a.Screen == DashboardScreen {
			d.morph("tiles", views.Tiles(b))
			d.morph("screens", views.ScreensPiece(bs.Cockpit(a.Pizzeria)))
			if len(ch.Orders) > 0 {
				d.morph("dashboard-orders", views.DashboardOrders(b))
			}
		}
		for _, l := range b.Stock() {
			if slices.Contains(ch.Levels, l.Ingredient.ID) {
				d.morph("stock-"+l.Ingredient.Slug, views.StockRow(b, l))
			}
		}
	}
	return d.ops, d.err
}

// drawing collects the operations of a patch.
type drawing struct {
	ops []Op
	err error
}

func (d *drawing) morph(id string, c templ.Component)      { d.draw(OpMorph, id, c) }
func (d *drawing) append(parent string, c templ.Component) { d.draw(OpAppend, parent, c) }
func (d *drawing) remove(id string)                        { d.ops = append(d.ops, Op{Do: OpRemove, To: id}) }
func (d *drawing) event(name string)                       { d.ops = append(d.ops, Op{Do: OpEvent, Name: name}) }

func (d *drawing) draw(do, to string, c templ.Component) {
	html, err := render(c)
	if err != nil && d.err == nil {
		d.err = err
	}
	d.ops = append(d.ops, Op{Do: do, To: to, HTML: html})
}

// kitchen draws the tickets that came, changed or left the wall, then what is counted over all of them.
func (d *drawing) kitchen(ch app.Changes) {
	b := ch.After
	before, after := views.KitchenTickets(ch.Before), views.KitchenTickets(b)
	for _, o := range before {
		// A cancelled ticket leaves the wall when it is old, whichever order moved the clock on.
		if !slices.Contains(ch.Orders, o.ID) && !slices.ContainsFunc(after, hasID(o.ID)) {
			d.remove(views.TicketID(o.ID))
		}
	}
	for _, id := range ch.Orders {
		was, is := slices.ContainsFunc(before, hasID(id)), slices.ContainsFunc(after, hasID(id))
		ticket := views.TicketID(id)
		o := order(ch, id)
		switch {
		case is && was:
			d.morph(ticket, views.Ticket(b, o))
		case is:
			d.append("tickets", views.Ticket(b, o))
		case was:
			d.remove(ticket)
		}
		if old := ch.Before.Orders[id]; old == nil && is {
			d.event("new-order")
		} else if old != nil && old.Status != app.Cancelled && o.Status == app.Cancelled {
			d.event("order-cancelled")
		}
	}
	if len(ch.Orders) > 0 {
		d.morph(views.KitchenLoadID, views.KitchenLoad(b))
		d.morph("all-day", views.AllDay(b))
		d.morph("recall", views.Recall(b))
	}
	if ch.Menu || slices.ContainsFunc(ch.Levels, func(id int64) bool { return ch.Before.Levels[id].Out != b.Levels[id].Out }) {
		d.morph("kitchen-stock", views.KitchenStock(b))
	}
}

func hasID(id int64) func(*app.Order) bool {
	return func(o *app.Order) bool { return o.ID == id }
}

// whole draws an audience's board.
func (bs *Boards) whole(a Audience, b *app.Board, seq int64) (string, error) {
	c, err := bs.component(a, b, bs.Live(b, seq, ""))
	if err != nil {
		return "", err
	}
	return render(c)
}

func (bs *Boards) component(a Audience, b *app.Board, live views.Live) (templ.Component, error) {
	switch a.Screen {
	case MenuScreen:
		return views.MenuBoard(live, b), nil
	case TrackingScreen:
		if o := b.Orders[a.ID]; o != nil {
			return views.TrackingBoard(live, b, o), nil
		}
		return nil, app.ErrNoOrder
	case KitchenScreen:
		return views.KitchenBoard(live, b), nil
	case CourierScreen:
		return views.CourierBoard(live, b, a.ID), nil
	case TillScreen:
		return views.TillBoard(live, b), nil
	case DashboardScreen:
		return views.DashboardBoard(live, b, bs.Cockpit(a.Pizzeria)), nil
	case StockScreen:
		return views.StockBoard(live, b), nil
	}
	return nil, fmt.Errorf("realtime: no screen %q", a.Screen)
}

func render(c templ.Component) (string, error) {
	var buf bytes.Buffer
	err := c.Render(context.Background(), &buf)
	return buf.String(), err
}
