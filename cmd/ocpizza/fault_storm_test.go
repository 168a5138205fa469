package main

import (
	"context"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/simulate"
)

// storm is an evening of many orders during which things break. It writes down every answer that it got, to be compared with the database.
type storm struct {
	t       *testing.T
	url     string          // of the database, by a wire that is never touched
	ctx     context.Context // of all that the storm does; it ends only when the storm cannot be brought to an end
	houses  []*house
	stopped atomic.Bool
	people  sync.WaitGroup
	pages   []*simulate.Page
	opening int64 // the shop's sequence before the storm

	mu     sync.Mutex
	placed map[string]placed // by idempotency key
	refuse map[string]int    // status, by idempotency key
	steps  []stepTaken
	fresh  time.Time // when the newest of the acknowledged orders was first sent
	repeat int       // acknowledged orders sent again on purpose
	vague  int       // answers that left open what had happened
	closed int       // orders taken to their end
	faults []healed
	broken int // unexpected answers, said once each ten
}

// stepTaken is a step of an order that was acknowledged.
type stepTaken struct {
	order int64
	line  int
	to    string
}

// healed is how long it took after the end of a fault until an order was accepted and until every staff screen showed it.
type healed struct {
	fault           string
	accepted, shown time.Duration
}

// house is a crowd before one address of the server, with the staff signed in.
type house struct {
	*simulate.Crowd
	visitor, cook, courier, cashier, manager *simulate.Member
	vague                                    atomic.Int64
}

// How soon things must be well again after a fault, as reliability.md has it. What was seen is in the log.
const (
	acceptedWithin = 5 * time.Second  // orders accepted, once the database is back
	liftedWithin   = 10 * time.Second // likewise, once it takes writes that it had refused: a write probe asks every 5 s
	shownWithin    = 15 * time.Second // every screen right
	shownMostly    = 5 * time.Second  // the same, 99 times of 100
)

// How long a storm may take to calm down once everything is whole again, and after how long a recovery is given up: far beyond the above, so
// that a failure says how late it was.
const (
	calming  = 60 * time.Second
	recovery = 40 * time.Second
)

// startStorm opens every kind of screen and lets customers come. dbURL is of a database made by readyDatabase.
func startStorm(t *testing.T, dbURL, site string, customers int) *storm {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &storm{t: t, url: dbURL, ctx: ctx, placed: map[string]placed{}, refuse: map[string]int{}}
	s.opening = s.position()
	t.Cleanup(func() { // before the server stops
		s.stopped.Store(true)
		cancel()
		s.people.Wait()
		for _, h := range s.houses {
			h.Leave()
		}
	})
	s.enter(site, customers)
	return s
}

// enter brings customers, staff and one screen of each kind before an address.
func (s *storm) enter(site string, customers int) *house {
	s.t.Helper()
	crowd, err := simulate.NewCrowd(site)
	if err != nil {
		s.t.Fatal(err)
	}
	h := &house{Crowd: crowd, visitor: crowd.Visitor()}
	s.houses = append(s.houses, h)
	for login, who := range map[string]**simulate.Member{"cuisine": &h.cook, "livreur": &h.courier, "caisse": &h.cashier, "responsable": &h.manager} {
		if *who, err = crowd.SignIn(s.ctx, login, app.DemoPassword); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, p := range []struct {
		who        *simulate.Member
		kind, path string
	}{
		{h.visitor, "carte", "/carte/perpignan"}, {h.cook, "cuisine", "/cuisine"}, {h.courier, "livraisons", "/livraisons"},
		{h.cashier, "caisse", "/caisse"}, {h.manager, "pilotage", "/pilotage"}, {h.manager, "stocks", "/pilotage/stocks"},
	} {
		page, err := p.who.Hold(s.ctx, p.kind, p.path, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		s.pages = append(s.pages, page)
	}
	for i := range customers {
		s.people.Go(func() {
			for n := 0; !s.stopped.Load() && s.ctx.Err() == nil; n++ {
				s.customer(h, i+n*customers)
			}
		})
	}
	return h
}

// customer orders, and the staff take most orders to their end.
func (s *storm) customer(h *house, n int) {
	key, form := rand.Text(), orderOf(n)
	sent := time.Now()
	var got placed
	status := s.insist(h, h.visitor, "/commandes", form, key, &got)
	s.mu.Lock()
	switch status {
	case http.StatusOK:
		s.placed[key] = got
		if sent.After(s.fresh) {
			s.fresh = sent
		}
	case http.StatusConflict:
		s.refuse[key] = status
	}
	s.mu.Unlock()
	if status == http.StatusConflict {
		if again := s.insist(h, h.visitor, "/commandes", form, key, &got); again != status && again != 0 {
			s.t.Errorf("a refusal became %d when it was repeated", again) // a cola may have come back meanwhile
		}
	}
	if status == http.StatusOK {
		if n%8 == 0 {
			s.again(h, form, key, got)
		}
		s.serve(h, got, form, n)
	}
	s.wait(time.Duration(30+mrand.IntN(60)) * time.Millisecond) //nolint:gosec // chance, not secrets
}

// orderOf is a small order; now and then one for a shelf that runs empty.
func orderOf(n int) url.Values {
	line := []string{"regina:medium:1", "margherita:medium:1", "quatre-fromages:medium:1"}[n%3]
	lines := []string{line}
	if n%5 == 2 {
		lines = append(lines, "cola-33:single:1") // there are few, and nobody brings more
	}
	form := order(lines...)
	if n%2 == 0 {
		form.Set("mode", "retrait")
	}
	return form
}

// again sends an order that was acknowledged once more, as a phone does that was closed too early: nothing new may come of it.
func (s *storm) again(h *house, form url.Values, key string, first placed) {
	var second placed
	if status := s.insist(h, h.visitor, "/commandes", form, key, &second); status == http.StatusOK && second != first {
		s.t.Errorf("the same key was answered %+v, then %+v", first, second)
	}
	s.mu.Lock()
	s.repeat++
	s.mu.Unlock()
}

// serve takes an order through its life: some are left waiting, some are cancelled.
func (s *storm) serve(h *house, o placed, form url.Values, n int) {
	var tracked struct{ ID int64 }
	for {
		status, err := h.visitor.Get(s.ctx, o.Suivi, &tracked)
		if err == nil {
			break
		}
		if status == http.StatusNotFound {
			s.t.Errorf("order %d was acknowledged and is not there: %v", o.Numero, err)
			return
		}
		if s.stopped.Load() || !s.wait(jitter()) {
			return
		}
	}
	id := tracked.ID
	if n%25 == 0 {
		s.follow(h, o, id)
	}
	kitchen := fmt.Sprintf("/cuisine/commandes/%d/", id)
	paid := url.Values{"paiement": {"carte"}}
	switch {
	case n%20 == 3: // left on the board
	case n%10 == 7:
		s.step(h, h.visitor, o.Suivi+"/annuler", nil, stepTaken{id, 0, "cancelled"})
	case s.step(h, h.cook, kitchen+"preparing", nil, stepTaken{id, 0, "preparing"}) &&
		s.step(h, h.cook, kitchen+"lignes/1/oven", nil, stepTaken{id, 1, "oven"}) &&
		s.step(h, h.cook, kitchen+"ready", nil, stepTaken{id, 0, "ready"}):
		if form.Get("mode") == "retrait" {
			s.step(h, h.cashier, fmt.Sprintf("/caisse/commandes/%d/collected", id), paid, stepTaken{id, 0, "collected"})
		} else if s.step(h, h.courier, fmt.Sprintf("/livraisons/commandes/%d/on_the_way", id), nil, stepTaken{id, 0, "on_the_way"}) {
			s.step(h, h.courier, fmt.Sprintf("/livraisons/commandes/%d/delivered", id), paid, stepTaken{id, 0, "delivered"})
		}
		s.mu.Lock()
		s.closed++
		s.mu.Unlock()
	}
}

// follow holds the tracking page of an order, a few at a time.
func (s *storm) follow(h *house, o placed, id int64) {
	page, err := h.visitor.Hold(s.ctx, "suivi", o.Suivi, id)
	if err != nil {
		return // the network was away: a customer who opens the page later
	}
	s.mu.Lock()
	s.pages = append(s.pages, page)
	s.mu.Unlock()
}

// step has somebody of the staff take an order further. Nobody else works at this order: whatever breaks, the step must be taken.
func (s *storm) step(h *house, who *simulate.Member, path string, form url.Values, taken stepTaken) bool {
	if s.stopped.Load() {
		return false
	}
	switch status := s.insist(h, who, path, form, rand.Text(), nil); status {
	case http.StatusOK:
		s.mu.Lock()
		s.steps = append(s.steps, taken)
		s.mu.Unlock()
		return true
	case 0: // called off
	default:
		s.unexpected("step %+v: %d", taken, status)
	}
	return false
}

// insist sends a write under one key until the answer is clear, like the outbox of a phone.
func (s *storm) insist(h *house, who *simulate.Member, path string, form url.Values, key string, into any) int {
	for {
		status, err := who.Post(s.ctx, path, form, key, into)
		switch {
		case err == nil || status == http.StatusConflict && path == "/commandes":
			return status
		case status == http.StatusInternalServerError, status >= 400 && status < 500:
			s.unexpected("%s: %v", path, err)
			if status < 500 {
				return status
			}
		}
		if s.ctx.Err() != nil {
			return 0
		}
		s.mu.Lock()
		s.vague++
		s.mu.Unlock()
		h.vague.Add(1)
		if !s.wait(jitter()) {
			return 0
		}
	}
}

func (s *storm) unexpected(format string, args ...any) {
	s.mu.Lock()
	s.broken++
	n := s.broken
	s.mu.Unlock()
	if n <= 10 {
		s.t.Errorf(format, args...)
	}
}

// jitter is the pause before a write is sent again. A phone waits longer; more attempts find more.
func jitter() time.Duration { return time.Duration(mrand.Int64N(int64(300 * time.Millisecond))) } //nolint:gosec // chance, not secrets

// wait passes time, unless the storm is called off.
func (s *storm) wait(d time.Duration) bool {
	select {
	case <-s.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// until waits for something, at most so long, and returns how long it took.
func (s *storm) until(most time.Duration, what string, done func() bool) time.Duration {
	s.t.Helper()
	start := time.Now()
	for !done() {
		if time.Since(start) > most {
			s.t.Fatalf("%s: not within %s", what, most)
		}
		s.wait(10 * time.Millisecond)
	}
	return time.Since(start)
}

// brew waits until some more orders were accepted, so that a fault comes in the middle of things.
func (s *storm) brew() {
	s.t.Helper()
	accepted := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.placed)
	}
	before := accepted()
	s.until(recovery, "orders", func() bool { return accepted() >= before+customers })
}

// suffer lets a fault last, heals it, and sees that orders are accepted and that every staff screen shows them soon enough.
func (s *storm) suffer(fault string, lasts time.Duration, begin func() (heal func())) {
	s.t.Helper()
	s.endure(fault, lasts, acceptedWithin, begin)
}

// endure is suffer for a fault after which orders are accepted within a time of its own.
func (s *storm) endure(fault string, lasts, within time.Duration, begin func() (heal func())) {
	s.t.Helper()
	s.brew()
	heal := begin()
	s.wait(lasts)
	heal()
	r := s.recover(fault)
	if r.accepted > within {
		s.t.Errorf("after %s: orders accepted again after %s, want %s", fault, r.accepted, within)
	}
	if r.shown > shownWithin {
		s.t.Errorf("after %s: screens right after %s, want %s", fault, r.shown, shownWithin)
	}
	s.faults = append(s.faults, r)
}

// recover waits until orders are accepted that were sent after this moment, and until every staff screen shows them.
func (s *storm) recover(from string) healed {
	s.t.Helper()
	healedAt := time.Now()
	r := healed{fault: from}
	r.accepted = s.until(recovery, "orders after "+from, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.fresh.After(healedAt)
	})
	now := s.position()
	for late := s.behind(now); len(late) > 0; late = s.behind(now) {
		if time.Since(healedAt) > recovery {
			s.t.Fatalf("screens after %s: not at %d within %s: %v; troubles: %v", from, now, recovery, late, s.houses[0].Troubles())
		}
		s.wait(10 * time.Millisecond)
	}
	r.shown = time.Since(healedAt)
	return r
}

// behind lists the screens that show every change of an order and have not come to a number of the shop.
func (s *storm) behind(seq int64) (late []string) {
	for _, p := range s.held() {
		if !slices.Contains([]string{"cuisine", "caisse", "pilotage"}, p.Kind) {
			continue
		}
		if shown, live := p.Shows(); !live || shown < seq {
			late = append(late, fmt.Sprintf("%s at %d (live: %t)", p.Kind, shown, live))
		}
	}
	return late
}

func (s *storm) held() []*simulate.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pages)
}

// calm ends the storm: customers finish what they began, then nothing changes any more.
func (s *storm) calm() {
	s.t.Helper()
	s.stopped.Store(true)
	done := make(chan struct{})
	go func() { s.people.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(calming):
		s.t.Fatalf("the storm does not end within %s", calming)
	}
}
