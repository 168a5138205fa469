package realtime

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

const (
	// servicePause is the least time between two changes of the service on screen. A database may come and go many times a second: nobody
	// could read that, and each page answers each ping.
	servicePause = time.Second
	// serviceChunk is for how many topics a shop is held up at once.
	serviceChunk = 32
)

// serviceState is what all screens say of the database. It belongs to the process, not to a board: it has no sequence and is never saved.
type serviceState struct {
	shown atomic.Pointer[views.Service] // nil: Working

	mu    sync.Mutex // of a change: screens hear of one after the other
	told  views.Service
	pause time.Duration
	rest  rest
}

// Service is what the screens say of the database.
func (bs *Boards) Service() views.Service {
	if s := bs.service.shown.Load(); s != nil {
		return *s
	}
	return views.Working
}

// SetService has every live screen say how the database stands: at once, or, when that changed less than servicePause ago, at the end of it,
// as it stands then. No database is needed. It takes as long as drawing for the shops that are watched; calls must not overtake each other.
func (bs *Boards) SetService(s views.Service) {
	v := &bs.service
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told = s
	v.rest.then(&v.mu, bs.showService)
}

// showService shows what was told last. Whoever joins from the first line on is greeted with it; those who had joined before get it below.
// service.mu is held.
func (bs *Boards) showService() {
	v := &bs.service
	now := v.told
	if now == bs.Service() || bs.ctx.Err() != nil {
		return
	}
	v.shown.Store(&now)
	v.rest.until = time.Now().Add(v.pause)
	for _, s := range bs.loaded() {
		bs.tellService(s, now)
	}
}

// tellService sends the piece to those who watch a shop, drawn once for each public and language, on a ping (see Refresh). The shop is held up for a few
// topics at a time: thousands of customers may follow their orders.
func (bs *Boards) tellService(s *shop, now views.Service) {
	type reader struct {
		to       views.Public
		language views.Language
	}
	ops := map[reader][]Op{}
	for topics := range slices.Chunk(s.watched(), serviceChunk) {
		s.mu.Lock()
		for _, a := range topics {
			if !saysService(a.Screen) || s.over(a) || !bs.hub.Watched(a.Topic()) {
				continue
			}
			to := reader{public(a.Screen), a.Language}
			if ops[to] == nil {
				ops[to] = bs.serviceOps(a, s.shown.Pizzeria, now)
			}
			// Under the lock: the topic's number must not move between being read and being queued.
			bs.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: bs.opt.Build, Ops: ops[to]}.Frame())
		}
		s.mu.Unlock()
	}
}

// watched lists the audiences of a shop that somebody has joined, and perhaps left again.
func (s *shop) watched() []Audience {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Audience, 0, len(s.audiences))
	for _, class := range s.audiences {
		for a := range class {
			all = append(all, a)
		}
	}
	return all
}

// over reports whether an audience follows an order that has left the board: its topic's number is forgotten, and nothing of it changes any
// more. s.mu is held.
func (s *shop) over(a Audience) bool {
	return a.Screen == TrackingScreen && s.board.Load().Orders[a.ID] == nil
}

// saysService reports whether a screen has the piece. The supervision page shows the database in figures of its own, the page of all shops is
// about none of them, and the page of a maintenance says already that nothing can be ordered.
func saysService(s Screen) bool {
	return s != SupervisionScreen && s != GroupScreen && s != ClosedScreen
}

// serviceOps are what makes an audience's page say how the database stands.
func (bs *Boards) serviceOps(a Audience, shop app.Pizzeria, now views.Service) []Op {
	var d drawing
	d.morph(views.ServiceID, views.ServiceBar(now, shop, public(a.Screen)))
	if d.err != nil {
		bs.opt.Log.Error("cannot draw", "topic", a.Topic(), "err", d.err)
		return nil
	}
	return a.said(d.ops)
}
