package app

import (
	"slices"
	"time"
)

// slipMinutes is from when on a customer is told that the promise slips: less changes nothing for anybody.
const slipMinutes = 2

// Awaited reports whether the customer still waits for the order by no doing of their own.
func (o *Order) Awaited() bool {
	return !o.Status.Final() && o.Status != OnHold && !(o.Status == Ready && o.Mode == Pickup)
}

// Estimates says of each order whose promise will not be kept when it is to be expected, by the figures that promises are made of: what the
// kitchen has to bake before it, what was done of it and when, and the ride. It is told to five minutes like a promise, so that it changes
// seldom. The promise itself never changes: both are shown side by side.
func (b *Board) Estimates(now time.Time) map[int64]time.Time {
	out := map[int64]time.Time{}
	ahead := 0 // pizzas that wait, of the orders baked first
	for _, o := range b.byReady {
		if o.Status != Received && o.Status != Preparing && o.Status != Ready && o.Status != OnTheWay {
			continue
		}
		ahead += o.waiting()
		if !o.Awaited() || b.works(o.ReadyBy, now).After(now) {
			continue // another service's: nothing of it can be late yet
		}
		if at := b.estimate(o, ahead, now); at.Sub(o.PromisedAt) >= slipMinutes*time.Minute {
			out[o.ID] = roundUp(at, roundMinutes*time.Minute)
		}
	}
	return out
}

// waiting counts the pizzas that the kitchen has not taken in hand.
func (o *Order) waiting() int {
	n := 0
	if o.Status == Received || o.Status == Preparing {
		for _, l := range o.Lines {
			for _, s := range l.Items {
				if s == Queued {
					n++
				}
			}
		}
	}
	return n
}

// estimate is when the customer has an order, with so many pizzas to be begun until its last.
func (b *Board) estimate(o *Order, ahead int, now time.Time) time.Time {
	ride := b.ride(o.Mode)
	switch o.Status {
	case OnTheWay:
		return later(now, o.Reached(OnTheWay).Add(ride))
	case Ready:
		return now.Add(ride)
	}
	oven := oven{size: max(1, b.Pizzeria.OvenPizzas), works: now}
	ready := now
	for _, l := range o.Lines {
		for _, s := range l.Items {
			switch s {
			case Queued:
				ready = later(ready, oven.ready(ahead))
			case Making:
				ready = later(ready, o.since(l, s, now).Add(prepMinutes*time.Minute))
			case InOven:
				ready = later(ready, o.since(l, s, now).Add(cycleMinutes*time.Minute))
			}
		}
	}
	return ready.Add(ride)
}

// since is when a pizza of a line last came to where it is.
func (o *Order) since(l Line, s ItemState, now time.Time) time.Time {
	for _, st := range slices.Backward(o.Journal) {
		if st.Line == l.N && st.To == string(s) {
			return st.At
		}
	}
	return now
}
