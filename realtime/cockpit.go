package realtime

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/oc-pizza/ocpizza/views"
)

// cockpitAge is how old the figures of the screens may be that pages are drawn from: whoever asks meanwhile shares them, so that the
// sockets are walked over at most so often however many managers watch.
const cockpitAge = time.Second

type cockpit struct {
	mu      sync.Mutex
	at      time.Time
	figures Figures
}

// figures are the hub's, at most cockpitAge old.
func (bs *Boards) figures() Figures {
	c := &bs.cockpit
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) >= cockpitAge {
		c.figures = bs.hub.Figures()
		c.at = time.Now()
	}
	return c.figures
}

// screenKinds are the kinds of screens in the order of the manager's page, under the names that package views has for them.
var screenKinds = []struct {
	screen Screen
	kind   string
}{
	{KitchenScreen, "kitchen"}, {TillScreen, "till"}, {CourierScreen, "courier"}, {DashboardScreen, "dashboard"}, {StockScreen, "stock"},
	{SupervisionScreen, "supervision"}, {MenuScreen, "menu"}, {TrackingScreen, "tracking"},
}

// Cockpit says how the screens of a shop are connected, and what is wrong with the machine.
func (bs *Boards) Cockpit(pizzeria int64) views.Cockpit {
	groups := bs.figures().Groups
	var out views.Screens
	for _, s := range screenKinds {
		g, known := groups[Group{ID: pizzeria, Kind: string(s.screen)}]
		if !known && s.screen != KitchenScreen {
			continue
		}
		stat := views.ScreenStat{
			Kind: s.kind, Count: g.Sockets, Behind: g.Behind, Lag: g.WorstLag, Queued: g.Queued, LastSeen: g.LastSeen, Silent: g.Quietest,
		}
		for code, n := range g.Closes {
			stat.Closes = append(stat.Closes, views.CloseStat{Code: int(code), Count: int(n)}) //nolint:gosec // counted one by one
		}
		slices.SortFunc(stat.Closes, func(a, b views.CloseStat) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
		})
		out = append(out, stat)
	}
	return views.Cockpit{Screens: out, Alerts: bs.Supervision().Alerts(), Before: bs.beforeOf(pizzeria)}
}

// Slug is a shop's, from memory; "" when it is not known there.
func (bs *Boards) Slug(pizzeria int64) string {
	if list := bs.pizzerias.Load(); list != nil {
		for _, p := range *list {
			if p.ID == pizzeria {
				return p.Slug
			}
		}
	}
	for _, s := range bs.loaded() { // the list may not have been read yet
		if s.id == pizzeria {
			return s.board.Load().Pizzeria.Slug
		}
	}
	return ""
}

// Supervision is how the program and its database stand: what BoardsOptions.Supervision says.
func (bs *Boards) Supervision() views.Supervision {
	if bs.opt.Supervision == nil {
		return views.Supervision{At: time.Now(), Started: time.Now()}
	}
	return bs.opt.Supervision()
}

// Refresh sends the figures of the screens and of the machine, which change without a sequence, to the shops where somebody looks at them.
// It is for whoever reads the figures to call, every few seconds; not more than once a second, since each page answers.
//
// The figures ride on a heartbeat: it is the frame that repeats the topic's sequence without moving it, so that a page neither takes them
// for news of the board nor misses any for having missed them. They are sent whether or not they differ, since a page that has just come
// may show an older drawing.
func (bs *Boards) Refresh() {
	bs.groupSoon() // orders become late by the clock alone
	var supervision *string
	for _, s := range bs.loaded() {
		bs.noteAlarms(s)
		for _, screen := range []Screen{DashboardScreen, SupervisionScreen} {
			a := Audience{Screen: screen, Pizzeria: s.id}
			if !bs.hub.Watched(a.Topic()) {
				continue
			}
			var d drawing
			if screen == DashboardScreen {
				c := bs.Cockpit(s.id)
				d.morph(views.AlertsID, views.AlertsPiece(c.Alerts))
				d.morph(views.ScreensID, views.ScreensPiece(c.Screens))
			} else if supervision == nil {
				d.morph(views.SupervisionID, views.SupervisionPiece(bs.Supervision()))
				supervision = &d.ops[0].HTML
			} else {
				d.ops = []Op{{Do: OpMorph, To: views.SupervisionID, HTML: *supervision}}
			}
			if d.err != nil {
				bs.opt.Log.Error("cannot draw", "topic", a.Topic(), "err", d.err)
				continue
			}
			s.mu.Lock() // the topic's number must not move between being read and being queued
			if screen == DashboardScreen {
				bs.newDay(s, time.Now())
				bs.recallSoon(s)
			}
			bs.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: bs.opt.Build, Ops: d.ops}.Frame())
			s.mu.Unlock()
		}
	}
}

// BoardFigures are what Boards show of themselves. Counters count from their start.
type BoardFigures struct {
	Loaded   int    // boards in memory
	Applied  uint64 // events
	Gaps     uint64 // times that an event before was missing, and the board was loaded again
	Loads    uint64 // readings of a board from the database
	Compares uint64 // comparisons of all boards with the database, a statement each
}

// Figures of the boards.
func (bs *Boards) Figures() BoardFigures {
	c := &bs.counts
	return BoardFigures{Loaded: len(bs.loaded()), Applied: c.applied.Load(), Gaps: c.gaps.Load(), Loads: c.loads.Load(), Compares: c.compares.Load()}
}
