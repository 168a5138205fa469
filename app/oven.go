package app

import (
	"slices"
	"sort"
	"time"
)

// What the oven does.
const (
	prepMinutes  = 8  // a pizza alone, from the screen to the box
	cycleMinutes = 6  // one oven load
	restMinutes  = 10 // a pizza that waits longer in its box before its order leaves is no longer good
)

// oven is what a shop's oven has to do: a value that knows what can still be promised beside it. The kitchen bakes what must be ready first
// (the wall shows it in that order), load after load, and nothing long before it is due.
type oven struct {
	size  int       // pizzas at once
	works time.Time // from when
	dues  []due     // the soonest first
}

// due are the pizzas that must be ready by a time.
type due struct {
	by     time.Time
	end    time.Time // by, or when they can be ready if that is later
	pizzas int
	sum    int // of pizzas due until then
}

// oven is what was promised to others: each pizza that is not done, of orders that the kitchen has. To an oven that begins to work later than
// now, what is due before is another service's. One order may be left out: its own promise is in question.
func (b *Board) oven(works, now time.Time, without *Order) *oven {
	o := &oven{size: max(1, b.Pizzeria.OvenPizzas), works: works}
	for _, order := range b.byReady {
		if order.Status != Received && order.Status != Preparing || works.After(now) && order.ReadyBy.Before(works) {
			continue
		}
		if without != nil && order.ID == without.ID {
			continue
		}
		n := 0
		for _, l := range order.Lines {
			for _, s := range l.Items {
				if s != Done {
					n++
				}
			}
		}
		o.add(order.ReadyBy, n)
	}
	return o
}

// add puts pizzas behind those that are due until then.
func (o *oven) add(by time.Time, pizzas int) {
	if pizzas == 0 {
		return
	}
	i := sort.Search(len(o.dues), func(i int) bool { return !o.dues[i].by.Before(by) })
	if i == len(o.dues) || !o.dues[i].by.Equal(by) {
		o.dues = slices.Insert(o.dues, i, due{by: by})
	}
	o.dues[i].pizzas += pizzas
	sum := 0
	if i > 0 {
		sum = o.dues[i-1].sum
	}
	for k := range o.dues[i:] {
		d := &o.dues[i+k]
		sum += d.pizzas
		d.sum, d.end = sum, later(d.by, o.ready(sum))
	}
}

// ready is when so many pizzas are ready that the oven begins with.
func (o *oven) ready(pizzas int) time.Time {
	loads := max(1, (pizzas+o.size-1)/o.size)
	return o.works.Add(time.Duration(prepMinutes+cycleMinutes*(loads-1)) * time.Minute)
}

// busy is how long the oven is full with so many pizzas, as a share of its loads.
func (o *oven) busy(pizzas int) time.Duration {
	return time.Duration(pizzas) * cycleMinutes * time.Minute / time.Duration(o.size)
}

// before is how many pizzas are due until then.
func (o *oven) before(by time.Time) int {
	i := sort.Search(len(o.dues), func(i int) bool { return o.dues[i].by.After(by) })
	if i == 0 {
		return 0
	}
	return o.dues[i-1].sum
}

// fits reports whether so many more pizzas can be ready by then without making anybody else's late, or wait too long.
func (o *oven) fits(by time.Time, pizzas int) bool {
	if pizzas == 0 {
		return !o.ready(0).After(by)
	}
	return !o.ready(o.before(by)+pizzas).After(by) && !o.after(pizzas).After(by) && o.fresh(by, pizzas)
}

// after is the last due time that so many more pizzas would break if they came before it: they must not be due earlier. Zero if there is none.
func (o *oven) after(pizzas int) time.Time {
	for _, d := range slices.Backward(o.dues) {
		if o.ready(d.sum + pizzas).After(d.end) {
			return d.by
		}
	}
	return time.Time{}
}

// fresh reports whether, with everything baked as late as it may be, neither these pizzas nor any that they push forward wait too long.
func (o *oven) fresh(by time.Time, pizzas int) bool {
	const rest = restMinutes * time.Minute
	far := by.Add(24 * time.Hour)
	without, with := far, far // when the oven must begin with what comes later
	placed := false
	place := func() bool {
		placed = true
		end := sooner(with, by)
		with = end.Add(-o.busy(pizzas))
		return by.Sub(end) <= rest
	}
	for _, d := range slices.Backward(o.dues) {
		if !placed && !d.by.After(by) && !place() {
			return false
		}
		was, is := sooner(without, d.end), sooner(with, d.end)
		if is.Before(was) && d.end.Sub(is) > rest {
			return false
		}
		if placed && is.Equal(was) {
			return true // what is due before does not feel it
		}
		without, with = was.Add(-o.busy(d.pizzas)), is.Add(-o.busy(d.pizzas))
	}
	return placed || place()
}

// soonest is the first time by which so many more pizzas can be ready, such that with the ride it is told to whole minutes.
func (o *oven) soonest(pizzas int, ride time.Duration) time.Time {
	const step = roundMinutes * time.Minute
	round := func(t time.Time) time.Time { return roundUp(t.Add(ride), step).Add(-ride) }
	by := round(o.ready(pizzas))
	if pizzas == 0 {
		return by
	}
	by = later(by, round(o.after(pizzas)))
	for {
		if at := round(o.ready(o.before(by) + pizzas)); at.After(by) {
			by = at
		} else if o.fresh(by, pizzas) {
			return by
		} else {
			by = by.Add(step)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
