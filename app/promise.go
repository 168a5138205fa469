package app

import (
	"fmt"
	"hash/fnv"
	"sort"
	"strconv"
	"time"
)

// How the promise is made. The same figures serve web, phone and counter.
const (
	prepMinutes  = 8  // a pizza alone, from the screen to the box
	cycleMinutes = 6  // one oven load
	roundMinutes = 5  // promises are told to five minutes
	lookAhead    = 20 // hours: how far ahead a slot may be chosen
)

// Promise is the one answer to « quand ? » for the website, the phone and the counter: when the kitchen must be done and when the customer has
// the order. The kitchen works through the pizzas ahead one oven load after the other; a delivery adds the shop's usual ride.
func (b *Board) Promise(mode Mode, pizzas int, now time.Time) (readyBy, promised time.Time) {
	ahead := 0
	for _, o := range b.Orders {
		if o.Status == Received || o.Status == Preparing {
			for _, l := range o.Lines {
				for _, s := range l.Items {
					if s != Done {
						ahead++
					}
				}
			}
		}
	}
	oven := max(1, b.Pizzeria.OvenPizzas)
	loads := (ahead + pizzas + oven - 1) / oven
	prep := time.Duration(prepMinutes+cycleMinutes*max(0, loads-1)) * time.Minute
	ride := b.ride(mode)
	promised = roundUp(now.Add(prep+ride), roundMinutes*time.Minute)
	return promised.Add(-ride), promised
}

// Soonest is the promise of each of the shop's modes; none while it is closed.
func (b *Board) Soonest(pizzas int, now time.Time) map[Mode]time.Time {
	out := map[Mode]time.Time{}
	if b.Pizzeria.OpenAt(now) {
		for _, m := range b.Pizzeria.Modes() {
			_, out[m] = b.Promise(m, pizzas, now)
		}
	}
	return out
}

// Outlook is what everybody who looks at a shop's menu is told of time. It changes with the queue and with the clock.
type Outlook struct {
	Open  bool
	Opens time.Time // when a closed shop opens next; zero: not within a week
	Day   string    // on which this is said, YYYY-MM-DD: « demain » is another day tomorrow
	Steps []OutlookStep
	Key   string // tells outlooks apart
}

// OutlookStep is the promise of a mode for an order of up to so many pizzas.
type OutlookStep struct {
	Mode   Mode
	Pizzas int
	At     time.Time
}

// outlookPizzas is the largest order that an outlook tells the time of: larger ones are told theirs with their basket alone.
const outlookPizzas = 30

// Outlook finds the sizes of an order at which its promise becomes another: promises grow with the order.
func (b *Board) Outlook(now time.Time) (out Outlook) {
	out = Outlook{Open: b.Pizzeria.OpenAt(now), Day: now.In(Paris).Format(time.DateOnly)}
	defer func() { out.Key = out.key() }()
	if !out.Open {
		out.Opens, _ = b.Pizzeria.NextOpening(now)
		return out
	}
	for _, m := range b.Pizzeria.Modes() {
		for n := 0; n <= outlookPizzas; n++ {
			_, at := b.Promise(m, n, now)
			n += sort.Search(outlookPizzas-n, func(more int) bool {
				_, later := b.Promise(m, n+more+1, now)
				return later.After(at)
			})
			out.Steps = append(out.Steps, OutlookStep{m, n, at})
		}
	}
	return out
}

func (o Outlook) key() string {
	h := fnv.New64a()
	fmt.Fprint(h, o.Open, o.Opens.Unix(), o.Day)
	for _, s := range o.Steps {
		fmt.Fprint(h, s.Mode, s.Pizzas, s.At.Unix())
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func (b *Board) ride(mode Mode) time.Duration {
	if mode == Delivery {
		return time.Duration(b.Pizzeria.DeliveryMinutes) * time.Minute
	}
	return 0
}

// Slots are the times that may be chosen after the soonest one, a quarter of an hour apart, while the shop is open, at most n.
func (b *Board) Slots(mode Mode, pizzas int, now time.Time, n int) []time.Time {
	_, soonest := b.Promise(mode, pizzas, now)
	var out []time.Time
	for at := roundUp(soonest.Add(time.Minute), 15*time.Minute); len(out) < n && at.Sub(now) < lookAhead*time.Hour; at = at.Add(15 * time.Minute) {
		if b.Pizzeria.OpenAt(at) {
			out = append(out, at)
		}
	}
	return out
}

// promiseAt honours a slot chosen by the customer, or refuses it with the soonest time.
func (b *Board) promiseAt(slot time.Time, mode Mode, pizzas int, now time.Time) (readyBy, promised time.Time, err error) {
	readyBy, promised = b.Promise(mode, pizzas, now)
	if slot.IsZero() {
		return readyBy, promised, nil
	}
	switch {
	case slot.Before(promised):
		return readyBy, promised, Errorf(Conflict, "Ce créneau n’est plus possible. Le plus tôt est maintenant %s.", promised.In(Paris).Format("15:04"))
	case slot.Sub(now) > lookAhead*time.Hour || !b.Pizzeria.OpenAt(slot):
		return readyBy, promised, Errorf(Invalid, "La pizzeria est fermée à ce créneau. Choisissez-en un autre.")
	}
	return slot.Add(-b.ride(mode)), slot, nil
}

// shownSlack is how much later than shown an order may be promised without asking again: a step of the rounding, which the clock alone takes
// while a form is filled in. More is the queue's doing, and may change somebody's mind.
const shownSlack = roundMinutes * time.Minute

// kept refuses a promise that is later than the one that the customer was shown.
func (in NewOrder) kept(promised time.Time) error {
	if !in.Slot.IsZero() || in.Shown.IsZero() || promised.Sub(in.Shown) <= shownSlack {
		return nil
	}
	what := map[Mode]string{Delivery: "livrée", Pickup: "prête"}[in.Mode]
	return Errorf(Conflict, "D’autres commandes sont passées avant la vôtre : elle serait %s vers %s au lieu de %s. Validez de nouveau si cela vous va, ou choisissez un créneau.",
		what, promised.In(Paris).Format("15:04"), in.Shown.In(Paris).Format("15:04")).InField("creneau")
}

func roundUp(t time.Time, d time.Duration) time.Time {
	if r := t.Truncate(d); r.Before(t) {
		return r.Add(d)
	}
	return t.Truncate(d)
}
