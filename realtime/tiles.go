package realtime

import (
	"slices"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// tilesPause is the least time between two updates of the figures on the manager's page: nobody can read them faster. Its orders and stock
// are drawn at once, as everything is.
const tilesPause = time.Second

// tiles paces the figures of a shop's manager's page. shop.mu is held by whoever uses it.
type tiles struct {
	rest
	behind bool // a patch went out without its figures: a timer sends them
	// apart: those of the topic's number were sent apart from its patch, on a ping. A page that shows the number may lack them.
	apart bool
	day   string // service day that they are of
}

// paced takes the figures out of a patch when the last ones are not a pause old. They follow at its end, as they are then, on a ping (see
// Refresh). s.mu is held.
func (b *Boards) paced(s *shop, ops []Op) []Op {
	others := slices.DeleteFunc(slices.Clone(ops), func(op Op) bool { return views.IsTile(op.To) })
	if len(others) == len(ops) || b.opt.Rest < 0 {
		return ops
	}
	t, out, atOnce := &s.tiles, others, true
	was := t.behind
	t.behind = true
	t.then(&s.mu, func() {
		if !t.behind {
			return // a patch came before the timer
		}
		t.behind, t.apart = false, !atOnce
		t.until = time.Now().Add(tilesPause)
		switch {
		case !atOnce:
			b.tellTiles(s)
		case was: // more may have changed than since the patch before
			out = append(others, b.tileOps(s.shown)...)
		default:
			out = ops
		}
	})
	atOnce = false
	return out
}

// tellTiles sends the figures of what the screens show. s.mu is held.
func (b *Boards) tellTiles(s *shop) {
	a := Audience{Screen: DashboardScreen, Pizzeria: s.id}
	if b.hub.Watched(a.Topic()) {
		b.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: b.opt.Build, Ops: b.tileOps(s.shown)}.Frame())
	}
}

// newDay has the figures begin anew with the service day, which no event says. s.mu is held.
func (b *Boards) newDay(s *shop, now time.Time) {
	t, day := &s.tiles, app.ServiceDay(now)
	if before := t.day; before != day {
		if t.day = day; before == "" {
			return
		}
		t.apart = true
		*s.drawn(Audience{Screen: DashboardScreen, Pizzeria: s.id}) = snapshot{}
		b.tellTiles(s)
	}
}

// tileOps draw all the figures of a board.
func (b *Boards) tileOps(board *app.Board) []Op {
	var d drawing
	for _, p := range views.TilePieces(board, time.Now(), b.beforeOf(board.Pizzeria.ID)) {
		d.morph(p.ID, p.Component)
	}
	if d.err != nil {
		b.opt.Log.Error("cannot draw", "pizzeria", board.Pizzeria.ID, "err", d.err)
		return nil
	}
	return d.ops
}
