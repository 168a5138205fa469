package simulate

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// Who works in a pizzeria, and how many orders a courier carries in one run. An evening busier than usual has more of them.
const (
	cooks     = 3
	couriers  = 3
	carried   = 3
	usualRate = 30 // orders an hour at the peak
)

// hands is how many it takes for the evening that is played.
func (e *play) hands(usual int) int {
	return max(usual, int(math.Ceil(float64(usual)*e.options.PerHour/usualRate)))
}

// step sends a step of an order and notes what came of it; false when it was refused.
func (e *play) step(ctx context.Context, who *person, path string, form url.Values, id int64) (tracked, bool) {
	var t tracked
	w, err := who.write(ctx, path, form, crand.Text(), &t)
	if err != nil {
		if r := statusOf(err); r != 0 && ctx.Err() == nil {
			e.site.notes.count(stepRefused, 1)
			if r != http.StatusConflict {
				e.site.notes.refusedFor(err.Error())
			}
		}
		return t, false
	}
	e.site.notes.count(steps, 1)
	e.site.notes.wrote(id, t.Version, w)
	if o := e.order(id); o != nil {
		o.learn(t.Status)
	}
	return t, true
}

// kitchen works through the tickets of a shop's wall until ctx ends.
func (e *play) kitchen(ctx context.Context, shop *shop) {
	wall := shop.screens[kitchenScreen]
	slots := int64(8)
	wall.look(func(p *page) {
		if load := p.byID["kitchen-load"]; load != nil {
			if n, ok := load.number("oven-size"); ok && n > 0 {
				slots = n
			}
		}
	})
	slots = int64(e.hands(int(slots)))
	oven := semaphore.NewWeighted(slots)
	tickets := make(chan int64)
	for range e.hands(cooks) {
		rng := e.rng()
		e.people.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case id := <-tickets:
					e.cook(ctx, shop, wall, oven, slots, id, rng)
				}
			}
		})
	}
	taken := map[int64]bool{}
	for ctx.Err() == nil {
		id, ok := nextTicket(wall, taken)
		if !ok {
			wall.await(ctx, 5*time.Second)
			continue
		}
		select {
		case <-ctx.Done():
		case tickets <- id:
			taken[id] = true
		case <-wall.changed: // perhaps another one is more urgent, or this one was cancelled
		}
	}
}

// nextTicket is the first ticket of the wall that nobody has taken.
func nextTicket(wall *screen, taken map[int64]bool) (id int64, ok bool) {
	wall.look(func(p *page) {
		box := p.byID["tickets"]
		if box == nil {
			return
		}
		var waiting []*element
		for _, t := range box.children {
			n, isOrder := orderOf(t.id)
			if isOrder && !taken[n] && (t.data["status"] == "received" || t.data["status"] == "preparing") {
				waiting = append(waiting, t)
			}
		}
		if len(waiting) == 0 {
			return
		}
		first := slices.MinFunc(waiting, func(a, b *element) int {
			x, _ := a.number("due")
			y, _ := b.number("due")
			return int(x - y)
		})
		id, ok = orderOf(first.id)
	})
	return id, ok
}

// row is a line of a ticket: its number, how many pizzas, and where the least advanced of them is.
type row struct {
	n, pizzas int
	state     string
}

// rows reads a ticket's lines off the wall.
func rows(p *page, ticket int64) []row {
	t := p.byID[fmt.Sprintf("ticket-%d", ticket)]
	if t == nil {
		return nil
	}
	var out []row
	for _, e := range t.children {
		name, ok := strings.CutPrefix(e.id, t.id+"-l")
		if !ok || !strings.HasSuffix(name, "-row") {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSuffix(name, "-row"))
		if err != nil {
			continue
		}
		r := row{n: n, state: e.data["state"]}
		for _, c := range e.children {
			if strings.HasPrefix(c.id, fmt.Sprintf("%s-l%d-p", t.id, n)) {
				r.pizzas++
			}
		}
		r.pizzas = max(1, r.pizzas)
		out = append(out, r)
	}
	return out
}

// How long things take in a kitchen.
const (
	makingTime = 75 * time.Second // a pizza, from the ball of dough to the peel
	ovenTime   = 4 * time.Minute
)

// cook makes a ticket: each line is garnished, goes into the oven when there is room, and comes out while the cook is at the next one.
func (e *play) cook(ctx context.Context, shop *shop, wall *screen, oven *semaphore.Weighted, slots, id int64, rng *rand.Rand) {
	e.clock.wait(ctx, between(rng, 10*time.Second, 50*time.Second))
	var lines []row
	wall.look(func(p *page) { lines = rows(p, id) })
	who := wall.who
	order := fmt.Sprintf("/cuisine/commandes/%d", id)
	e.startRace(id)
	if len(lines) == 0 { // nothing for the oven: put together and set on the counter
		if wall.status(fmt.Sprintf("ticket-%d", id)) == "received" && !e.begin(ctx, who, order+"/preparing", id) {
			return
		}
		if e.clock.wait(ctx, between(rng, 20*time.Second, time.Minute)) {
			e.step(ctx, who, order+"/ready", nil, id)
		}
		return
	}
	for _, l := range lines {
		line := fmt.Sprintf("%s/lignes/%d/", order, l.n)
		if l.state == "done" {
			continue
		}
		if l.state == "queued" {
			if !e.begin(ctx, who, line+"making", id) {
				return
			}
			spent := time.Duration(l.pizzas) * makingTime
			if !e.clock.wait(ctx, between(rng, spent*3/4, spent*5/4)) {
				return
			}
		}
		room := min(int64(l.pizzas), slots)
		if oven.Acquire(ctx, room) != nil {
			return
		}
		if l.state != "oven" {
			if _, ok := e.step(ctx, who, line+"oven", nil, id); !ok {
				oven.Release(room)
				return
			}
		}
		baking := between(rng, ovenTime*4/5, ovenTime*6/5)
		e.people.Go(func() {
			defer oven.Release(room)
			if e.clock.wait(ctx, baking) {
				e.step(ctx, who, line+"done", nil, id)
			}
		})
	}
}

// begin is a step that may be the first one of an order: from then on the customer cannot cancel.
func (e *play) begin(ctx context.Context, who *person, path string, id int64) bool {
	_, ok := e.step(ctx, who, path, nil, id)
	if o := e.order(id); ok && o != nil {
		o.mu.Lock()
		o.begun = true
		o.mu.Unlock()
	}
	return ok
}

// race tells a customer who changes their mind at the worst moment when the cook is about to begin.
func (e *play) race(id int64) chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	started := make(chan struct{}, 1)
	e.racing[id] = started
	return started
}

func (e *play) startRace(id int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if started := e.racing[id]; started != nil {
		delete(e.racing, id)
		started <- struct{}{}
	}
}
