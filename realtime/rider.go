package realtime

import (
	"slices"
	"sync"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// riders are where the couriers are who share it. They belong to no board: they have no sequence, are never saved, and a lost one is replaced by the
// next. Whoever follows an order is told by pings (see Refresh), like of the service.
type riders struct {
	mu sync.Mutex
	at map[riderKey]app.Rider
}

type riderKey struct{ shop, courier int64 }

// Ride says where a courier is, or (a Rider without a Place) is no more shared: to those who follow the next stop, here and elsewhere.
func (b *Boards) Ride(pizzeria int64, r app.Rider) {
	b.opt.Announcer.announceRider(pizzeria, r)
	b.hearRider(pizzeria, r)
}

// hearRider takes a position in, whichever process had it. What nobody here could see is not kept.
func (b *Boards) hearRider(pizzeria int64, r app.Rider) {
	b.mu.Lock()
	s := b.shops[pizzeria]
	b.mu.Unlock()
	if s == nil || s.board.Load() == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.keepRider(s, r)
	next := s.shown.NextStop(r.Courier)
	if next == nil {
		return
	}
	for _, a := range s.listeners(Audience{Screen: TrackingScreen, Pizzeria: s.id, ID: next.ID}) {
		if b.hub.Watched(a.Topic()) {
			b.hub.Publish(a.Topic(), Ping{Seq: s.seq(a), Time: nowMillis(), Build: b.opt.Build, Ops: b.mapOps(a, s.shown, next)}.Frame())
		}
	}
}

// keepRider remembers a position for as long as its courier has something to deliver. s.mu is held.
func (b *Boards) keepRider(s *shop, r app.Rider) {
	b.riders.mu.Lock()
	defer b.riders.mu.Unlock()
	k := riderKey{s.id, r.Courier}
	if !r.At.Known() || s.board.Load().NextStop(r.Courier) == nil {
		delete(b.riders.at, k)
		return
	}
	if b.riders.at == nil {
		b.riders.at = map[riderKey]app.Rider{}
	}
	b.riders.at[k] = r
}

// forgetRiders forgets those of a shop whose run is over, or who have fallen silent.
func (b *Boards) forgetRiders(board *app.Board) {
	b.riders.mu.Lock()
	defer b.riders.mu.Unlock()
	for k, r := range b.riders.at {
		if k.shop == board.Pizzeria.ID && (board.NextStop(k.courier) == nil || b.opt.Clock().Sub(r.Seen) > app.RiderLife) {
			delete(b.riders.at, k)
		}
	}
}

// Rider is where the courier of an order is, for those who follow it: nothing unless it is the next stop, and unless the courier shares it.
func (b *Boards) Rider(board *app.Board, o *app.Order) app.Rider {
	b.riders.mu.Lock()
	r, ok := b.riders.at[riderKey{board.Pizzeria.ID, o.Courier}]
	b.riders.mu.Unlock()
	if !ok || b.opt.Clock().Sub(r.Seen) > app.RiderLife || !board.Followed(o) {
		return app.Rider{}
	}
	return r
}

// mapOps are what makes the page of an order show where its courier is, or no more.
func (b *Boards) mapOps(a Audience, board *app.Board, o *app.Order) []Op {
	var d drawing
	d.morph(views.MapID, views.Map(board, o, b.Rider(board, o)))
	if d.err != nil {
		b.opt.Log.Error("cannot draw", "order", o.ID, "err", d.err)
		return nil
	}
	return a.said(d.ops)
}

// riding lists the followed orders for which another stop's change counts: the sequence of the stops before them is another.
func riding(ch app.Changes) []int64 {
	couriers := map[int64]bool{}
	for _, id := range ch.Runs {
		couriers[id] = true
	}
	for _, id := range ch.Orders {
		for _, o := range []*app.Order{ch.Before.Orders[id], ch.After.Orders[id]} {
			if o != nil && o.Status == app.OnTheWay {
				couriers[o.Courier] = true
			}
		}
	}
	var out []int64
	for courier := range couriers {
		was := map[int64]int{}
		for i, o := range stops(ch.Before, courier) {
			was[o.ID] = i + 1
		}
		for i, o := range stops(ch.After, courier) {
			if was[o.ID] != i+1 {
				out = append(out, o.ID)
			}
		}
	}
	return out
}

// stops are those that a courier still has to make, in their sequence.
func stops(b *app.Board, courier int64) []*app.Order {
	return slices.DeleteFunc(b.Carried(courier), func(o *app.Order) bool { return o.Status != app.OnTheWay })
}

// rode reports whether an order was under way before a change or is after it: its page has a map that may be another.
func rode(ch app.Changes, id int64) bool {
	was, is := ch.Before.Orders[id], ch.After.Orders[id]
	return is != nil && (is.Status == app.OnTheWay || was != nil && was.Status == app.OnTheWay)
}

// moved reports whether an order's place in its run is another than before.
func moved(ch app.Changes, id int64) bool {
	place := func(b *app.Board) int {
		if o := b.Orders[id]; o != nil {
			if n, rides := b.StopsBefore(o); rides {
				return n + 1
			}
		}
		return 0
	}
	return place(ch.After) != place(ch.Before)
}
