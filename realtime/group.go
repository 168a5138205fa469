package realtime

import (
	"context"
	"sync"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// group paces the director's page of all shops, which is drawn from the boards in memory whenever one of them is: no query joins two shops.
type group struct {
	mu    sync.Mutex
	until time.Time // before then it is not drawn again
	due   bool      // a timer will draw it
}

// Group is how every shop stands now. A board that is cold is loaded, as for its own page.
func (bs *Boards) Group(ctx context.Context) ([]views.ShopFigures, error) {
	shops, err := bs.Pizzerias(ctx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	all := make([]views.ShopFigures, 0, len(shops))
	for _, p := range shops {
		board, err := bs.Board(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, views.ShopFiguresOf(board, now, bs.beforeOf(p.ID)))
	}
	views.WorstFirst(all)
	return all, nil
}

// groupSoon has the page of all shops drawn again: at once, or at the end of its pause. Not by the caller, who holds a shop's lock.
func (bs *Boards) groupSoon() {
	g := &bs.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.due {
		g.due = true
		time.AfterFunc(max(0, time.Until(g.until)), bs.tellGroup)
	}
}

// tellGroup sends the page of all shops to those who watch it, drawn once, on a ping: it has no sequence of its own (see Refresh).
func (bs *Boards) tellGroup() {
	g := &bs.group
	g.mu.Lock()
	g.due, g.until = false, time.Now().Add(tilesPause)
	g.mu.Unlock()
	var ops []Op
	for _, s := range bs.loaded() {
		a := Audience{Screen: GroupScreen, Pizzeria: s.id}
		if bs.ctx.Err() != nil || !bs.hub.Watched(a.Topic()) {
			continue
		}
		if ops == nil {
			if ops = bs.groupOps(); ops == nil {
				return
			}
		}
		s.mu.Lock() // the topic's number must not move between being read and being queued
		bs.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: bs.opt.Build, Ops: ops}.Frame())
		s.mu.Unlock()
	}
}

func (bs *Boards) groupOps() []Op {
	all, err := bs.Group(bs.ctx)
	if err != nil {
		if app.KindOf(err) != app.Unavailable { // that is said elsewhere
			bs.opt.Log.Error("cannot draw all shops", "err", err)
		}
		return nil
	}
	var d drawing
	d.morph(views.GroupID, views.GroupPiece(all))
	if d.err != nil {
		bs.opt.Log.Error("cannot draw all shops", "err", d.err)
		return nil
	}
	return d.ops
}
