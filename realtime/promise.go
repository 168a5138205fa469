package realtime

import (
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// promisePause is how often a shop's promise is looked at. It depends on the queue and on the clock, and is told to five minutes. Each page
// answers each ping; those of the service come on top (see servicePause).
const promisePause = 2 * time.Second

// promiseScreens are those that say when an order could be had.
var promiseScreens = []Screen{MenuScreen, TillScreen}

func saysPromise(s Screen) bool { return s == MenuScreen || s == TillScreen }

// promiseLoop keeps what the screens say of time true while nothing else happens. It asks the database nothing.
func (b *Boards) promiseLoop() {
	tick := time.NewTicker(promisePause)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-tick.C:
			b.tellPromises()
		}
	}
}

// tellPromises has the menus and tills that somebody watches say when an order could be had now, and the tracking pages when theirs will be.
func (b *Boards) tellPromises() {
	for _, s := range b.loaded() {
		s.mu.Lock()
		if len(b.promised(s)) > 0 {
			b.tellPromise(s)
		}
		if s.followed() {
			b.tellEstimates(s)
		}
		s.mu.Unlock()
	}
}

// tellPromise brings what the shop's screens say of time up to date, unless that was done a moment ago. What differs goes to all who watch, on
// a ping (see Refresh): before a newcomer is shown something that nobody else was told of, for the next look would find nothing new. s.mu is held.
func (b *Boards) tellPromise(s *shop) {
	now := b.opt.Clock()
	if s.outlook.Load() != nil && now.Sub(s.looked).Abs() < promisePause {
		return
	}
	s.looked = now
	next, was := s.board.Load().Outlook(now), s.outlook.Load()
	if was != nil && was.Key == next.Key {
		return
	}
	s.outlook.Store(&next)
	for _, a := range b.promised(s) {
		b.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: b.opt.Build, Ops: b.promiseOps(a, next)}.Frame())
	}
}

// promised are those who watch a screen of the shop that says when an order could be had. s.mu is held.
func (b *Boards) promised(s *shop) []Audience {
	var out []Audience
	for _, screen := range promiseScreens {
		for a := range s.audiences[Audience{Screen: screen, Pizzeria: s.id}] {
			if b.hub.Watched(a.Topic()) {
				out = append(out, a)
			}
		}
	}
	return out
}

// outlook is what a shop's screens say of time; the zero value for a shop that nobody looks at.
func (b *Boards) outlook(pizzeria int64) app.Outlook {
	b.mu.Lock()
	s := b.shops[pizzeria]
	b.mu.Unlock()
	if s != nil {
		if o := s.outlook.Load(); o != nil {
			return *o
		}
	}
	return app.Outlook{}
}

// promiseOps are what makes an audience's page say when an order could be had.
func (b *Boards) promiseOps(a Audience, o app.Outlook) []Op {
	var d drawing
	if a.Screen == TillScreen {
		d.morph(views.PromiseID, views.TillSoonest(o))
	} else {
		d.morph(views.PromiseID, views.Soonest(o))
	}
	if d.err != nil {
		b.opt.Log.Error("cannot draw", "topic", a.Topic(), "err", d.err)
		return nil
	}
	return a.said(d.ops)
}
