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
	state   atomic.Int32
	again   atomic.Pointer[func()] // see OnHealthy
	every   time.Duration
	mu      sync.Mutex
	probing bool
	closed  bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// Health is how the database answered last.
func (d *DB) Health() Health { return Health(d.health.state.Load()) }

// OnHealthy has f called each time the database answers again after it was read-only or down. What was saved meanwhile may have been
// announced to nobody: the answer to its COMMIT was lost. f must not block.
func (d *DB) OnHealthy(f func()) { d.health.again.Store(&f) }

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
	old := Health(h.state.Swap(int32(s)))
	if old != s {
		d.log.WarnContext(ctx, "database", "state", s.String(), "before", old.String())
	}
	if s == Healthy {
		if f := h.again.Load(); f != nil && old != s {
			(*f)()
		}
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.probing || h.closed {
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
	defer func() {
		d.health.mu.Lock()
		d.health.probing = false
		d.health.mu.Unlock()
	}()
	for {
		select {
		case <-d.health.stop:
			return
		case <-time.After(d.health.every):
		}
		if d.Health() == Healthy {
			return
		}
		err := d.Probe(ctx)
		if err == nil {
			d.recycle()
			d.health.set(ctx, d, Healthy)
			return
		}
		if classify(err) == refused {
			d.health.state.Store(int32(ReadOnly))
		} else {
			d.health.state.Store(int32(Down))
		}
	}
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
