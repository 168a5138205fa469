package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Health is how the database answered last. Readiness is this, never a query of its own.
type Health int32

// The states. While ReadOnly or Down, a probe finds out every few seconds whether it is over.
const (
	Healthy  Health = iota
	ReadOnly        // it answers, and refuses writes: quota of storage or of queries, disk full
	Down            // it does not answer
)

// String returns "ok", "read-only" or "down".
func (h Health) String() string { return [...]string{"ok", "read-only", "down"}[h] }

// errReadOnly stands for the refusal that the database gave last.
var errReadOnly = errors.New("db: writes are refused until the probe succeeds")

type health struct {
	state   atomic.Int32 // changes under mu
	every   time.Duration
	mu      sync.Mutex
	probing bool
	closed  bool
	hears   func(Health) // see OnHealth
	news    []Health     // that hears has not been told
	telling bool         // somebody does
	stop    chan struct{}
	done    sync.WaitGroup
}

// Health is how the database answered last.
func (d *DB) Health() Health { return Health(d.health.state.Load()) }

// OnHealth has f told of every change of health, in order, by a goroutine that holds no lock; at once if the database is not healthy now.
// At Healthy, what was saved meanwhile may have been announced to nobody: the answer to its COMMIT was lost. Close waits for f.
func (d *DB) OnHealth(f func(Health)) {
	h := &d.health
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hears = f
	if now := d.Health(); now != Healthy {
		h.announce(now)
	}
}

// announce queues a change for whoever hears of it. mu is held.
func (h *health) announce(s Health) {
	if h.hears == nil || h.closed {
		return
	}
	h.news = append(h.news, s)
	if !h.telling {
		h.telling = true
		h.done.Go(h.tell)
	}
}

// tell passes changes on until there are none: nobody waits while the database is as it was.
func (h *health) tell() {
	for {
		h.mu.Lock()
		if len(h.news) == 0 {
			h.telling = false
			h.mu.Unlock()
			return
		}
		f, next := h.hears, h.news[0]
		h.news = h.news[1:]
		h.mu.Unlock()
		f(next)
	}
}

func (h *health) readOnly() bool { return Health(h.state.Load()) == ReadOnly }

// noteFault remembers a fault of the database and starts the probe.
func (d *DB) noteFault(ctx context.Context, kind fault) {
	switch kind {
	case refused:
		d.health.set(ctx, d, ReadOnly)
	case down, lost, crowded:
		d.health.set(ctx, d, Down)
	}
}

func (h *health) set(ctx context.Context, d *DB, s Health) {
	if s == Healthy && d.Health() == Healthy {
		return // every write that is saved comes by
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := Health(h.state.Swap(int32(s))); old != s {
		d.log.WarnContext(ctx, "database", "state", s.String(), "before", old.String())
		h.announce(s)
	}
	if s == Healthy || h.probing || h.closed {
		return
	}
	h.probing = true
	ctx = context.WithoutCancel(ctx) // the probe outlives the request that found the fault
	h.done.Go(func() { d.probeUntilHealthy(ctx) })
}

func (h *health) close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.stop)
	}
	h.mu.Unlock()
	h.done.Wait()
}

// probeUntilHealthy asks every few seconds whether writes are taken again, then recycles the idle connections: on MySQL those opened
// while writes were refused stay refused.
func (d *DB) probeUntilHealthy(ctx context.Context) {
	for !d.health.over() {
		select {
		case <-d.health.stop:
			return
		case <-time.After(d.health.every):
		}
		if d.Health() == Healthy {
			continue
		}
		switch err := d.Probe(ctx); {
		case err == nil:
			d.recycle()
			d.health.set(ctx, d, Healthy)
		case classify(err) == refused:
			d.health.set(ctx, d, ReadOnly)
		default:
			d.health.set(ctx, d, Down)
		}
	}
}

// over ends the probing when the database is healthy. Both are decided under one lock: a fault that is noted a moment later begins it anew,
// one noted a moment before is probed for. A database left read-only without a probe would refuse every order until a restart.
func (h *health) over() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.probing = Health(h.state.Load()) != Healthy
	return !h.probing
}

// Probe writes on a fresh connection: an old one may still be refused after the quota was lifted, and Ping succeeds over the quota.
func (d *DB) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	w, err := d.connector(false)
	if err != nil {
		return err
	}
	c, err := w.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	e, ok := c.(driver.ExecerContext)
	if !ok {
		return errors.New("db: the driver has no ExecContext")
	}
	// One statement that needs both privileges, INSERT and UPDATE, and changes one row of a table of its own kind.
	query := "INSERT INTO meta (name, value) VALUES ('probe', '1') ON DUPLICATE KEY UPDATE value = '1'"
	if !d.mysql {
		query = "INSERT INTO meta (name, value) VALUES ('probe', '1') ON CONFLICT (name) DO UPDATE SET value = '1'"
	}
	_, err = e.ExecContext(ctx, query, nil)
	return err
}

// recycle closes the idle connections, and those in use when they come back: what answers now may be another server, while the one of
// before still shows what it held.
func (d *DB) recycle() {
	d.era.Add(1)
	n := d.w.Stats().MaxOpenConnections
	d.w.SetMaxIdleConns(0)
	d.w.SetMaxIdleConns(n)
}

// unanswered has the health learn from an error of the question that the program asks by itself, however quiet the evening is: without it
// nobody would know that the database is down until somebody wants to order. A time limit that passed is the database's doing here.
func (d *DB) unanswered(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		d.health.set(ctx, d, Down)
	} else {
		d.noteFault(ctx, classify(err))
	}
	return d.translate(err)
}
