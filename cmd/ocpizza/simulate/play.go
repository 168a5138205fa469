// Package simulate plays an evening against a running server, through its public pages and sockets only, like real people: customers order,
// cooks make, couriers ride, and every page that they hold says what came when, and what did not.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options say what evening to play.
type Options struct {
	URL      string        // of the server, on this machine
	Duration time.Duration // real, during which customers come
	Pace     float64       // minutes of the evening in a real minute
	PerHour  float64       // orders an hour and shop at the peak of the evening
	Shops    []string      // slugs, or "all": those that are open
	Seed     uint64        // of chance; 0 draws one
	Password string        // of the demo's accounts
}

// ParseURL checks that a URL is that of a server on this machine: an evening writes hundreds of orders, which nobody wants in a real shop.
func ParseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("« %s » n’est pas une adresse : écrivez-la comme http://localhost:8080", raw)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s n’est pas cette machine : la simulation écrit des centaines de commandes et ne joue que contre un serveur local (localhost)", u.Hostname())
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}, nil
}

// Check refuses options that make no evening.
func (o Options) Check() error {
	if _, err := ParseURL(o.URL); err != nil {
		return err
	}
	switch {
	case o.Duration < time.Second || o.Duration > 24*time.Hour:
		return errors.New("la durée doit être comprise entre une seconde et 24 heures")
	case o.Pace < 1 || o.Pace > 600:
		return errors.New("l’allure doit être comprise entre 1 (temps réel) et 600")
	case o.PerHour <= 0 || o.PerHour > 10_000:
		return errors.New("le nombre de commandes par heure doit être compris entre 1 et 10 000")
	case len(o.Shops) == 0:
		return errors.New("choisissez au moins une pizzeria, ou « all »")
	}
	return nil
}

// play is an evening that is played.
type play struct {
	options  Options
	site     *site
	shops    []*shop
	clock    *clock
	people   sync.WaitGroup // all who act
	tracking sync.WaitGroup // the pages that are held
	watching context.Context

	mu      sync.Mutex
	orders  map[int64]*order
	racing  map[int64]chan struct{}
	screens map[*screen]context.CancelFunc
	dice    uint64 // generators given out
}

// The ends of an evening, in real time.
const (
	settling  = 90 * time.Second // for what is under way to be finished
	verifying = 30 * time.Second // for the last checks
)

// Run plays an evening and returns what was seen. Invariants that broke are in the summary; an error means that nothing could be played.
// When ctx ends, the evening ends early and its summary is returned all the same.
func Run(ctx context.Context, o Options, progress io.Writer) (Summary, error) {
	if err := o.Check(); err != nil {
		return Summary{}, err
	}
	base, err := ParseURL(o.URL)
	if err != nil {
		return Summary{}, err
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64() >> 16 // short enough to be typed again
	}
	notes := newNotebook()
	e := &play{
		options: o, site: newSite(base, notes),
		orders: map[int64]*order{}, racing: map[int64]chan struct{}{}, screens: map[*screen]context.CancelFunc{},
	}
	defer e.site.http.CloseIdleConnections()
	if e.shops, err = findShops(ctx, e.site, o.Shops); err != nil {
		return Summary{}, err
	}
	if err := e.staff(ctx, o.Password); err != nil {
		return Summary{}, err
	}
	// Pages outlive those who act: at the end they are compared with what the server draws.
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatching()
	e.watching = watching
	for _, p := range e.shops {
		for _, s := range p.screens {
			following, stop := context.WithCancel(watching)
			e.keep(s, stop)
			e.tracking.Go(func() { s.follow(following) })
		}
	}
	e.clock = newClock(o.Duration, o.Pace)
	line := e.startProgress(progress)
	e.evening(ctx)
	checking, cancel := context.WithTimeout(context.WithoutCancel(ctx), verifying)
	defer cancel()
	e.check(checking, ctx.Err() != nil)
	line.stop()
	stopWatching()
	e.tracking.Wait()
	return e.summary(ctx.Err() != nil), nil
}

// evening lets customers come while it lasts, and staff finish what they ordered.
func (e *play) evening(ctx context.Context) {
	working, stop := context.WithCancel(ctx)
	for _, p := range e.shops {
		e.people.Go(func() { e.kitchen(working, p) })
		taken := &run{taken: map[int64]bool{}}
		for range e.hands(couriers) {
			rng := e.rng()
			e.people.Go(func() { e.courier(working, p, taken, rng) })
		}
		cashier, manager := e.rng(), e.rng()
		e.people.Go(func() { e.cashier(working, p, cashier) })
		e.people.Go(func() { e.manager(working, p, manager) })
	}
	coming, shut := context.WithTimeout(working, e.options.Duration)
	var visitors sync.WaitGroup
	for _, p := range e.shops {
		rng := e.rng()
		visitors.Go(func() { e.arrivals(coming, working, &visitors, p, rng) })
	}
	<-coming.Done()
	shut()
	e.clock.hurry()
	done := make(chan struct{})
	go func() { visitors.Wait(); close(done) }()
	select {
	case <-done:
	case <-working.Done():
	case <-time.After(settling):
	}
	stop()
	<-done
	e.people.Wait()
}

// arrivals brings customers to a shop.
func (e *play) arrivals(coming, staying context.Context, visitors *sync.WaitGroup, p *shop, rng *rand.Rand) {
	next := e.clock.now()
	for {
		// One visitor in ten only looks.
		next = nextArrival(rng, next, e.options.PerHour/0.9)
		if !pause(coming, time.Duration(float64(next.Sub(e.clock.now()))/e.clock.pace)) {
			return
		}
		mine := e.rng()
		visitors.Go(func() { e.customer(staying, p, mine) })
	}
}

// rng gives a source of chance of its own to somebody: one seed, any number of people.
func (e *play) rng() *rand.Rand {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dice++
	return rand.New(rand.NewPCG(e.options.Seed, e.dice)) //nolint:gosec // chance, not secrets
}

func (e *play) order(id int64) *order {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.orders[id]
}

// keep notes a page that is held, so that it is checked at the end.
func (e *play) keep(s *screen, stop context.CancelFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.screens[s] = stop
}

// release closes a page, unless the evening is over: then it is checked first.
func (e *play) release(ctx context.Context, s *screen) {
	if ctx.Err() != nil {
		return
	}
	e.mu.Lock()
	stop := e.screens[s]
	delete(e.screens, s)
	e.mu.Unlock()
	stop()
}
