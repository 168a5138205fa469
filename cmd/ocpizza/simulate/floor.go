package simulate

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// run is who has taken which order: couriers of a shop see the same list and speak to each other.
type run struct {
	mu    sync.Mutex
	taken map[int64]bool
}

// load takes up to a run's worth of ready orders, those promised first in front.
func (r *run) load(phone *screen) []int64 {
	type stop struct{ id, due int64 }
	var ready []stop
	r.mu.Lock()
	defer r.mu.Unlock()
	phone.look(func(p *page) {
		for id, e := range p.byID {
			order, ok := orderOf(id)
			if ok && e.data["status"] == "ready" && strings.HasPrefix(id, "drop-") && !r.taken[order] {
				due, _ := e.number("due")
				ready = append(ready, stop{order, due})
			}
		}
	})
	slices.SortFunc(ready, func(a, b stop) int { return int(a.due - b.due) })
	var out []int64
	for _, s := range ready[:min(carried, len(ready))] {
		r.taken[s.id] = true
		out = append(out, s.id)
	}
	return out
}

// courier carries what is ready, run after run, until ctx ends.
func (e *play) courier(ctx context.Context, shop *shop, taken *run, rng *rand.Rand) {
	phone := shop.screens[courierScreen]
	for ctx.Err() == nil {
		orders := taken.load(phone)
		if len(orders) == 0 {
			phone.await(ctx, time.Second)
			continue
		}
		var carrying []int64
		for _, id := range orders {
			if _, ok := e.step(ctx, phone.who, fmt.Sprintf("/livraisons/commandes/%d/on_the_way", id), nil, id); ok {
				carrying = append(carrying, id)
			}
		}
		if rng.Float64() < 0.1 { // a valley without network
			phone.cut()
		}
		for _, id := range carrying {
			if !e.clock.wait(ctx, between(rng, 4*time.Minute, 11*time.Minute)) {
				return
			}
			form := url.Values{"paiement": {draw(rng, methods)}}
			if t, ok := e.step(ctx, phone.who, fmt.Sprintf("/livraisons/commandes/%d/delivered", id), form, id); ok && t.Status == "delivered" {
				e.site.notes.count(delivered, 1)
			}
		}
		e.clock.wait(ctx, between(rng, 3*time.Minute, 8*time.Minute)) // back
	}
}

// comeFor is a customer who comes for a ready order and is served at the till.
func (e *play) comeFor(ctx context.Context, o *order, ride time.Duration) {
	if !e.clock.wait(ctx, ride) {
		return
	}
	select {
	case <-ctx.Done():
	case o.shop.counter <- o:
	}
}

// cashier hands over what is asked for at the counter.
func (e *play) cashier(ctx context.Context, shop *shop, rng *rand.Rand) {
	till := shop.screens[tillScreen]
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-shop.counter:
			// The till shows it ready before the customer has reached the counter; if not, the cashier looks again.
			for range 20 {
				if till.status(fmt.Sprintf("order-%d", o.ID)) == "ready" {
					break
				}
				till.await(ctx, 100*time.Millisecond)
			}
			if !e.clock.wait(ctx, between(rng, 20*time.Second, time.Minute)) {
				return
			}
			form := url.Values{"paiement": {draw(rng, methods)}}
			if t, ok := e.step(ctx, till.who, fmt.Sprintf("/caisse/commandes/%d/collected", o.ID), form, o.ID); ok && t.Status == "collected" {
				e.site.notes.count(collected, 1)
			}
		}
	}
}

// manager watches the dashboard and has delivered what runs low.
func (e *play) manager(ctx context.Context, shop *shop, rng *rand.Rand) {
	desk := shop.screens[dashboardScreen]
	var mu sync.Mutex
	ordered := map[string]bool{}
	for ctx.Err() == nil {
		for _, low := range lowStock(desk) {
			mu.Lock()
			known := ordered[low.slug]
			ordered[low.slug] = true
			mu.Unlock()
			if known {
				continue
			}
			arrives := between(rng, 5*time.Minute, 15*time.Minute)
			e.people.Go(func() {
				if e.clock.wait(ctx, arrives) {
					e.restock(ctx, desk.who, shop, low)
				}
				mu.Lock()
				ordered[low.slug] = false
				mu.Unlock()
			})
		}
		desk.await(ctx, 5*time.Second)
	}
}

// stockRow is an ingredient of the dashboard that runs low.
type stockRow struct {
	slug      string
	threshold int64
}

func lowStock(desk *screen) []stockRow {
	var out []stockRow
	desk.look(func(p *page) {
		for id, e := range p.byID {
			slug, ok := strings.CutPrefix(id, "level-")
			available, known := e.number("available")
			threshold, also := e.number("threshold")
			if ok && known && also && e.data["out"] != "true" && available <= threshold {
				out = append(out, stockRow{slug, threshold})
			}
		}
	})
	return out
}

// restock receives goods: four times the threshold.
func (e *play) restock(ctx context.Context, who *person, shop *shop, low stockRow) {
	form := url.Values{"action": {"restock"}, "quantite": {strconv.FormatInt(max(20, 4*low.threshold), 10)}}
	path := "/pilotage/stocks/" + low.slug + "?pizzeria=" + url.QueryEscape(shop.Slug)
	if _, err := who.write(ctx, path, form, crand.Text(), nil); err == nil {
		e.site.notes.count(restocks, 1)
	} else if statusOf(err) != 0 {
		e.site.notes.refusedFor(err.Error())
	}
}
