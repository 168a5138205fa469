package realtime

import (
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// tellEstimates brings what followers of a shop's orders are told of a promise that slips up to date, unless that was done a moment ago or nobody
// follows any. It depends on the clock and on all that the kitchen does, so it has no number: it goes, on a ping (see Refresh), to the followers
// of those orders alone of which it says something else than before. s.mu is held.
func (b *Boards) tellEstimates(s *shop) {
	now := b.opt.Clock()
	if s.estimates.Load() != nil && now.Sub(s.estimated).Abs() < promisePause {
		return
	}
	s.estimated = now
	board := s.board.Load()
	next := board.Estimates(now)
	was := b.estimates(s)
	s.estimates.Store(&next)
	tell := func(id int64) {
		a := Audience{Screen: TrackingScreen, Pizzeria: s.id, ID: id}
		for _, a := range s.listeners(a) {
			if o := board.Orders[id]; o != nil && b.hub.Watched(a.Topic()) {
				b.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: b.opt.Build, Ops: b.estimateOps(a, o, next[id])}.Frame())
			}
		}
	}
	for id, at := range next {
		if !was[id].Equal(at) {
			tell(id)
		}
	}
	for id := range was {
		if _, slips := next[id]; !slips {
			tell(id)
		}
	}
}

// followed reports whether somebody follows an order of the shop. s.mu is held.
func (s *shop) followed() bool {
	for class := range s.audiences {
		if class.Screen == TrackingScreen {
			return true
		}
	}
	return false
}

// listeners are those of a class who have joined. s.mu is held.
func (s *shop) listeners(class Audience) []Audience {
	var out []Audience
	for a := range s.audiences[class] {
		out = append(out, a)
	}
	return out
}

// estimates are those that followers were told last; it is not to be written to.
func (b *Boards) estimates(s *shop) map[int64]time.Time {
	if m := s.estimates.Load(); m != nil {
		return *m
	}
	return nil
}

// Estimate is when an order is to be expected whose promise will not be kept, as its followers were told; zero while it will be.
func (b *Boards) Estimate(o *app.Order) time.Time {
	b.mu.Lock()
	s := b.shops[o.Pizzeria]
	b.mu.Unlock()
	if s == nil {
		return time.Time{}
	}
	return b.estimates(s)[o.ID]
}

// estimateOps are what makes a tracking page say when its order is to be expected.
func (b *Boards) estimateOps(a Audience, o *app.Order, at time.Time) []Op {
	var d drawing
	d.morph(views.PromiseID, views.Estimate(o, at))
	if d.err != nil {
		b.opt.Log.Error("cannot draw", "topic", a.Topic(), "err", d.err)
		return nil
	}
	return a.said(d.ops)
}
