package simulate

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// order is an order that a simulated customer placed, and what came of it.
type order struct {
	shop   *shop
	ID     int64
	Number int    `json:"numero"`
	Link   string `json:"suivi"`
	Cents  int64  `json:"total_cents"`
	pickup bool

	mu        sync.Mutex
	state     string // the last status that a person of the evening was told by the server
	held      bool   // was on hold once: then it may be cancelled after it was begun
	begun     bool   // a cook's first step was accepted
	cancelled bool   // the customer's cancellation was accepted
}

// tracked is the JSON of /suivi/{token} and of the answers to staff's writes.
type tracked struct {
	ID      int64  `json:"id"`
	Number  int    `json:"numero"`
	Status  string `json:"statut"`
	Version int64  `json:"version"`
	Seq     int64  `json:"seq"`
	Cents   int64  `json:"total_cents"`
	Mode    string `json:"mode"`
}

// final reports whether nothing follows a status.
func final(status string) bool {
	switch status {
	case "delivered", "collected", "cancelled", "undeliverable":
		return true
	}
	return false
}

// customer is one visit: reading the menu, ordering or not, following the order to its end.
func (e *play) customer(ctx context.Context, shop *shop, rng *rand.Rand) {
	who := e.site.person()
	closeMenu := func() {}
	if rng.Float64() < 0.4 {
		closeMenu = e.openMenu(ctx, who, shop)
	}
	var m menu
	if err := who.read(ctx, "/carte/"+shop.Slug, &m); err != nil {
		closeMenu()
		return
	}
	ok := e.clock.wait(ctx, between(rng, 40*time.Second, 4*time.Minute))
	if ok && rng.Float64() < 0.1 { // only looks
		e.clock.wait(ctx, between(rng, 2*time.Minute, 8*time.Minute))
		ok = false
	}
	var o *order
	if ok {
		o = e.orderFrom(ctx, who, shop, &m, rng)
	}
	closeMenu()
	if o != nil {
		e.follow(ctx, who, o, rng)
	}
}

// openMenu holds a shop's menu live until the function it returns is called.
func (e *play) openMenu(ctx context.Context, who *person, shop *shop) func() {
	s, err := openScreen(ctx, who, menuScreen, shop.Slug, "/carte/"+shop.Slug, 0)
	if err != nil {
		return func() {}
	}
	e.site.notes.count(visits, 1)
	watching, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { s.follow(watching); close(done) }()
	return func() { stop(); <-done }
}

// orderFrom orders from a menu as it was read. Whoever is told that something has run out looks again and takes something else.
func (e *play) orderFrom(ctx context.Context, who *person, shop *shop, m *menu, rng *rand.Rand) *order {
	for range 3 {
		lines := m.basket(rng)
		if lines == nil {
			break
		}
		o, err := e.place(ctx, who, shop, orderForm(rng, shop, lines), rng)
		if err == nil {
			return o
		}
		r, ok := errors.AsType[*refusal](err)
		if !ok || ctx.Err() != nil {
			return nil
		}
		if r.Status != http.StatusConflict || r.Line == 0 {
			e.site.notes.count(refused, 1)
			e.site.notes.refusedFor(r.Message)
			return nil
		}
		e.site.notes.count(soldOut, 1)
		e.clock.wait(ctx, between(rng, 20*time.Second, time.Minute))
		if err := who.read(ctx, "/carte/"+shop.Slug, m); err != nil {
			return nil
		}
	}
	e.site.notes.count(left, 1)
	return nil
}

// place sends an order; one in ten is sent twice, at once or a little later, as an impatient finger or a bad network does.
func (e *play) place(ctx context.Context, who *person, shop *shop, form url.Values, rng *rand.Rand) (*order, error) {
	key := crand.Text()
	o := &order{shop: shop, state: "received", pickup: form.Get("mode") == "retrait"}
	var twin chan *order
	if rng.Float64() < 0.05 {
		twin = make(chan *order, 1)
		go func() {
			t := &order{}
			if _, err := who.write(ctx, "/commandes", form, key, t); err != nil {
				t = nil
			}
			twin <- t
		}()
	}
	w, err := who.write(ctx, "/commandes", form, key, o)
	if err != nil {
		return nil, err
	}
	if twin == nil && rng.Float64() < 0.05 {
		twin = make(chan *order, 1)
		t := &order{}
		if _, err := who.write(ctx, "/commandes", form, key, t); err != nil {
			t = nil
		}
		twin <- t
	}
	if twin != nil {
		w.again = true // which of the two was first is not known
		e.site.notes.count(replays, 1)
		if t := <-twin; t != nil && (t.Link != o.Link || t.Number != o.Number) {
			e.site.notes.violate("Commande doublée : la même clé a donné les n° %d et n° %d à %s.", o.Number, t.Number, shop.Slug)
		}
	}
	e.site.notes.count(placed, 1)
	var t tracked
	if err := who.read(ctx, o.Link, &t); err != nil {
		if statusOf(err) == http.StatusNotFound {
			e.site.notes.violate("Commande perdue : la n° %d de %s a été acceptée, mais son lien de suivi n’existe pas.", o.Number, shop.Slug)
		}
		return nil, err
	}
	o.ID = t.ID
	e.enter(o)
	e.site.notes.wrote(o.ID, 1, w)
	if t.Version == 1 {
		e.site.notes.menuCaused(shop.Slug, t.Seq, w)
	}
	return o, nil
}

// enter puts an order into the ledger; another one with the same id would be one order under two keys.
func (e *play) enter(o *order) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if other := e.orders[o.ID]; other != nil {
		e.site.notes.violate("Deux clés ont donné la même commande n° %d à %s.", o.Number, o.shop.Slug)
		return
	}
	e.orders[o.ID] = o
}

// follow watches an order on its tracking page until it is over, and sometimes changes its mind.
func (e *play) follow(ctx context.Context, who *person, o *order, rng *rand.Rand) {
	s, err := e.openTracking(ctx, who, o)
	if err != nil {
		return
	}
	watching, stop := context.WithCancel(e.watching)
	e.tracking.Go(func() { s.follow(watching) })
	e.keep(s, stop)
	defer e.release(ctx, s)

	var started chan struct{}
	var regret <-chan time.Time
	switch x := rng.Float64(); {
	case x < 0.03: // presses « annuler » at the very moment when the cook begins
		started = e.race(o.ID)
	case x < 0.07:
		regret = time.After(time.Duration(float64(between(rng, 20*time.Second, 4*time.Minute)) / e.clock.pace))
	}
	var tunnel <-chan time.Time
	if rng.Float64() < 0.06 {
		tunnel = time.After(time.Duration(float64(between(rng, time.Minute, 20*time.Minute)) / e.clock.pace))
	}
	came := false
	for ctx.Err() == nil {
		status := s.status("tracking")
		o.learn(status)
		switch {
		case final(status):
			e.clock.wait(ctx, time.Minute)
			return
		case status == "ready" && !came && o.pickup:
			came = true
			wait := between(rng, time.Minute, 6*time.Minute)
			e.people.Go(func() { e.comeFor(ctx, o, wait) })
		case status == "on_hold":
			e.answer(ctx, who, o, rng)
		}
		select {
		case <-ctx.Done():
		case <-s.changed:
		case <-time.After(10 * time.Second):
		case <-tunnel:
			s.cut()
		case <-regret:
			e.cancel(ctx, who, o)
		case <-started:
			started = nil
			e.site.notes.count(races, 1)
			e.cancel(ctx, who, o)
		}
	}
}

// openTracking opens the tracking page. A page of an order that lives must be live: one that is not would never change, and not say so.
func (e *play) openTracking(ctx context.Context, who *person, o *order) (*screen, error) {
	for {
		s, err := openScreen(ctx, who, trackingScreen, o.shop.Slug, o.Link, o.ID)
		if err != nil || s.live != "" || final(s.status("tracking")) {
			return s, err
		}
		e.site.notes.violate("Page morte : le suivi de la commande n° %d de %s a été servi sans direct, alors qu’elle est « %s ».", o.Number, o.shop.Slug, s.status("tracking"))
		if !pause(ctx, time.Second) {
			return nil, ctx.Err()
		}
	}
}

// answer is what the customer says when an ingredient has run out: without it, if that can be done.
func (e *play) answer(ctx context.Context, who *person, o *order, rng *rand.Rand) {
	e.clock.wait(ctx, between(rng, 30*time.Second, 2*time.Minute))
	if _, err := who.write(ctx, o.Link+"/sans", url.Values{}, crand.Text(), nil); err != nil {
		e.cancel(ctx, who, o)
	}
}

// cancel asks for an order to be cancelled. The server lets exactly one win: the customer, or the cook who begins.
func (e *play) cancel(ctx context.Context, who *person, o *order) {
	var t tracked
	w, err := who.write(ctx, o.Link+"/annuler", url.Values{}, crand.Text(), &t)
	switch {
	case err == nil:
		e.site.notes.count(cancelled, 1)
		e.site.notes.wrote(o.ID, t.Version, w)
		o.learn(t.Status)
		o.mu.Lock()
		o.cancelled = true
		o.mu.Unlock()
	case statusOf(err) == http.StatusConflict:
		e.site.notes.count(cancelRefused, 1)
	}
}

// learn remembers the last status that was told. What is over stays over.
func (o *order) learn(status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if status != "" && !final(o.state) {
		o.state = status
	}
	o.held = o.held || status == "on_hold"
}

func (o *order) status() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}
