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
	roundMinutes = 5  // promises are told to five minutes
	slotMinutes  = 15 // slots are offered a quarter of an hour apart
	lookAhead    = 20 // hours after now, or after the next opening, within which a slot may be chosen
)

// Promise is the one answer to « quand ? » for the website, the phone and the counter: when the kitchen must be done and when the customer has
// the order. It is the soonest that the oven allows beside what was promised before; a delivery adds the shop's usual ride.
func (b *Board) Promise(mode Mode, pizzas int, now time.Time) (readyBy, promised time.Time) {
	ride := b.ride(mode)
	readyBy = b.oven(b.works(now, now), now, nil).soonest(pizzas, ride)
	return readyBy, readyBy.Add(ride)
}

// works is from when the kitchen works towards a time: from now, or from the opening before that time.
func (b *Board) works(towards, now time.Time) time.Time {
	since, open := b.Pizzeria.openSince(towards)
	if !open {
		since, _ = b.Pizzeria.NextOpening(towards)
	}
	if since.After(now) {
		return since
	}
	return now
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
	oven := b.oven(now, now, nil)
	for _, m := range b.Pizzeria.Modes() {
		ride := b.ride(m)
		for n := 0; n <= outlookPizzas; n++ {
			at := oven.soonest(n, ride)
			n += sort.Search(outlookPizzas-n, func(more int) bool { return oven.soonest(n+more+1, ride).After(at) })
			out.Steps = append(out.Steps, OutlookStep{m, n, at.Add(ride)})
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

// Slots are the times that may be chosen after the soonest one, a quarter of an hour apart, while the shop is open and its oven has room for so
// many pizzas, at most n.
func (b *Board) Slots(mode Mode, pizzas int, now time.Time, n int) []time.Time {
	_, soonest := b.Promise(mode, pizzas, now)
	return b.slotsFrom(soonest.Add(time.Minute), mode, pizzas, now, n)
}

func (b *Board) slotsFrom(from time.Time, mode Mode, pizzas int, now time.Time, n int) []time.Time {
	var out []time.Time
	var o *oven
	for at := roundUp(from, slotMinutes*time.Minute); len(out) < n && !at.After(b.horizon(now)); at = at.Add(slotMinutes * time.Minute) {
		if !b.Pizzeria.OpenAt(at) {
			continue
		}
		if works := b.works(at, now); o == nil || !o.works.Equal(works) {
			o = b.oven(works, now, nil)
		}
		if o.fits(at.Add(-b.ride(mode)), pizzas) {
			out = append(out, at)
		}
	}
	return out
}

// horizon is the latest time for which an order is taken now.
func (b *Board) horizon(now time.Time) time.Time { return b.works(now, now).Add(lookAhead * time.Hour) }

// promiseAt honours a slot chosen by the customer, or refuses it with the nearest that is possible.
func (b *Board) promiseAt(slot time.Time, mode Mode, pizzas int, now time.Time) (readyBy, promised time.Time, err error) {
	if slot.IsZero() {
		readyBy, promised = b.Promise(mode, pizzas, now)
		return readyBy, promised, nil
	}
	if slot.After(b.horizon(now)) || !b.Pizzeria.OpenAt(slot) {
		return readyBy, promised, Errorf(Invalid, "La pizzeria est fermée à ce créneau. Choisissez-en un autre.").InField("creneau")
	}
	readyBy = slot.Add(-b.ride(mode))
	if b.oven(b.works(slot, now), now, nil).fits(readyBy, pizzas) {
		return readyBy, slot, nil
	}
	if _, soonest := b.Promise(mode, pizzas, now); slot.Before(soonest) && b.Pizzeria.OpenAt(now) {
		return readyBy, slot, Errorf(Conflict, "Ce créneau n’est plus possible. Le plus tôt est maintenant %s.", soonest.In(Paris).Format("15:04")).InField("creneau")
	}
	if next := b.slotsFrom(slot, mode, pizzas, now, 1); len(next) > 0 {
		return readyBy, slot, Errorf(Conflict, "Le four est complet à ce créneau. Le suivant possible est %s.", FrenchMoment(next[0], now)).InField("creneau")
	}
	return readyBy, slot, Errorf(Conflict, "Le four est complet à ce créneau. Choisissez-en un plus tôt, ou appelez la pizzeria.").InField("creneau")
}

// keeps refuses to make an order so much larger that its promise could not be kept.
func (b *Board) keeps(o *Order, lines []Line, now time.Time) error {
	was, is := o.Pizzas(), (&Order{Lines: lines}).Pizzas()
	if is <= was || b.oven(b.works(o.ReadyBy, now), now, o).fits(o.ReadyBy, is) {
		return nil
	}
	return Errorf(Conflict, "La cuisine ne peut pas faire %d pizzas de plus pour %s. Gardez la commande telle quelle et passez-en une autre, ou appelez la pizzeria.",
		is-was, o.PromisedAt.In(Paris).Format("15:04"))
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
