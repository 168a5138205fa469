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
	// SupervisionScreen shows the machine rather than the shop: its board never changes, its figures come with heartbeats.
	SupervisionScreen Screen = "supervision"
	// GroupScreen shows all shops to a director, under whichever of them the page was opened: see group.
	GroupScreen Screen = "groupe"
	// ClosedScreen is what customers get instead of the menu during a maintenance.
	ClosedScreen Screen = "maintenance"
)

// Audience is who sees the same thing: the kitchen of a shop, the followers of one order, one courier.
type Audience struct {
	Screen   Screen
	Pizzeria int64
	ID       int64 // tracking: the order; courier: the user; 0 elsewhere
	// Language is that of a customer's page; staff read French.
	Language views.Language
}

// String is the audience's topic name.
func (a Audience) String() string {
	name := fmt.Sprintf("%s:%d:%d", a.Screen, a.Pizzeria, a.ID)
	if a.Language != views.French {
		name += ":" + string(a.Language)
	}
	return name
}

// Topic of the audience on the hub.
func (a Audience) Topic() Topic { return Topic(a.String()) }

// class is the audience whose number a share: the couriers of a shop move together, and so do those who read the same in two languages.
func (a Audience) class() Audience {
	a.Language = views.French
	if a.Screen == CourierScreen {
		a.ID = 0
	}
	return a
}

// Live are the attributes of a board that is drawn: what its page presents when it connects. Path is that of the socket; a board that the
// wire sends has none, and the page keeps its own.
func (b *Boards) Live(board *app.Board, seq int64, path string) views.Live {
	return views.Live{Path: path, Epoch: board.Epoch, Seq: seq, Build: b.opt.Build, Now: time.Now(), Service: b.Service(), Outlook: b.outlook(board.Pizzeria.ID)}
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
	if len(ch.Products) > 0 || ch.Menu {
		add(MenuScreen, TillScreen)
	}
	if ch.Additions {
		add(MenuScreen)
	}
	if len(ch.Levels) > 0 || ch.Menu {
		add(KitchenScreen, DashboardScreen, StockScreen)
	}
	if ch.Maintenance {
		add(MenuScreen, ClosedScreen, KitchenScreen, CourierScreen, TillScreen, DashboardScreen, StockScreen)
	}
	if ch.Maintenance || ch.Menu {
		for id := range ch.After.Orders {
			if !slices.Contains(ch.Orders, id) {
				out = append(out, Audience{Screen: TrackingScreen, Pizzeria: shop, ID: id})
			}
		}
	}
	if len(ch.Levels) > 0 {
		for _, o := range ch.After.Live(onHold) {
			add(TillScreen, DashboardScreen)
			if a := (Audience{Screen: TrackingScreen, Pizzeria: shop, ID: o.ID}); !slices.Contains(ch.Orders, o.ID) && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	if len(ch.Runs) > 0 {
		add(CourierScreen)
	}
	for _, id := range riding(ch) {
		if a := (Audience{Screen: TrackingScreen, Pizzeria: shop, ID: id}); !slices.Contains(ch.Orders, id) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	for _, id := range ch.Orders {
		out = append(out, Audience{Screen: TrackingScreen, Pizzeria: shop, ID: id})
		add(KitchenScreen, TillScreen, DashboardScreen)
		if delivered(ch.Before.Orders[id]) || delivered(ch.After.Orders[id]) {
			add(CourierScreen)
		}
	}
	return out
}

// onHold reports whether an order waits for its customer, who is shown what can still be made.
func onHold(o *app.Order) bool { return o.Status == app.OnHold }

// delivered reports whether an order, if there is one, is brought to its customer.
func delivered(o *app.Order) bool { return o != nil && o.Mode == app.Delivery }

// pieces draws what a change makes different on an audience's screen, each piece once.
func (bs *Boards) pieces(a Audience, ch app.Changes) ([]Op, error) {
	var d drawing
	b := ch.After
	if ch.Maintenance {
		d.morph(views.MaintenanceID, views.Maintenance(b.Maintenance, public(a.Screen)))
	}
	switch a.Screen {
	case MenuScreen:
		if ch.Menu {
			// Products may have come, gone or moved.
			html, err := bs.whole(a, b, bs.Live(b, b.Seq, ""))
			return []Op{{Do: OpMorph, To: views.BoardID, HTML: html}}, err
		}
		for _, p := range b.Menu.Products {
			if slices.Contains(ch.Products, p.Slug) || ch.Additions && p.Kind == app.Pizza {
				d.morph(views.ProductID(p.Slug), views.ProductCard(b, &p))
			}
		}
	case TrackingScreen:
		d.tracking(ch, a.ID)
		d.awaited(ch, a.ID, bs.Estimate)
	case KitchenScreen:
		d.kitchen(ch)
	case CourierScreen:
		d.courier(ch, a.ID)
	case TillScreen:
		d.till(ch)
	case DashboardScreen:
		d.dashboard(ch, bs.beforeOf(a.Pizzeria))
		d.stock(ch)
	case StockScreen:
		d.stock(ch)
	}
	return a.said(d.ops), d.err
}

// said are operations as the audience reads them.
func (a Audience) said(ops []Op) []Op {
	if a.Language == views.French {
		return ops
	}
	for i := range ops {
		ops[i].HTML = views.Draw(a.Language, ops[i].HTML)
	}
	return ops
}

// public is to whom a screen speaks of a maintenance or of a fault.
func public(s Screen) views.Public {
	switch s {
	case MenuScreen, ClosedScreen:
		return views.Buyers
	case TrackingScreen:
		return views.Followers
	case CourierScreen:
		return views.Riders
	}
	return views.Crew
}

// whole draws an audience's board.
func (bs *Boards) whole(a Audience, b *app.Board, live views.Live) (string, error) {
	c, err := bs.component(a, b, live)
	if err != nil {
		return "", err
	}
	html, err := render(c)
	return views.Draw(a.Language, html), err
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
	case SupervisionScreen:
		return views.SupervisionBoard(live, bs.Supervision()), nil
	case GroupScreen:
		all, err := bs.Group(bs.ctx)
		return views.GroupBoard(live, all), err
	case ClosedScreen:
		return views.MaintenanceBoard(live, b), nil
	}
	return nil, fmt.Errorf("realtime: no screen %q", a.Screen)
}

func render(c templ.Component) (string, error) {
	var buf bytes.Buffer
	err := c.Render(context.Background(), &buf)
	return buf.String(), err
}
