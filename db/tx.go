package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// How often a transaction is tried.
const (
	maxTries = 5  // on a deadlock, a lock wait or a lost connection; then Unavailable
	maxStale = 20 // on a copy that proved out of date: each time, somebody else got further
)

// maxTime is after how long nothing is tried again: in a network that swallows everything each try takes ioTimeout, and nobody waits for five.
const maxTime = 15 * time.Second

// What the function of a transaction returns to have it rolled back; none of them leaves the package.
var (
	errStale  = errors.New("db: the copy was out of date")         // run again at once
	errServed = errors.New("db: the key has served already")       // see DB.outcome
	errShort  = errors.New("db: stock does not allow it")          // see DB.refuseShort
	errLanded = errors.New("db: the lost COMMIT had been carried") // an earlier try was saved after all
	errToken  = errors.New("db: the tracking token exists already")
)

// write runs f in a transaction and commits it. It runs f again, in a new transaction, when the database asks for it. unknown tells f
// that the answer to an earlier COMMIT was lost: f must find out whether it was carried before it does its work a second time.
// f must not keep anything of a try that was not committed, and must not use the pool: with one connection it would wait for itself.
func (d *DB) write(ctx context.Context, f func(ctx context.Context, tx bun.Tx, unknown bool) error) error {
	if d.health.readOnly() {
		// A connection opened while writes were refused stays refused, and each try costs a query of the quota: the probe finds out.
		return d.translate(errReadOnly)
	}
	unknown, tries, stale := false, 0, 0
	start := time.Now()
	for {
		commit, err := d.try(ctx, unknown, f)
		if err == nil {
			d.health.set(ctx, d, Healthy)
			return nil
		}
		if errors.Is(err, errStale) && stale < maxStale {
			stale++
			continue
		}
		kind := classify(err)
		if kind != lost && kind != crowded { // the next try may do
			d.noteFault(ctx, kind)
		}
		if commit && kind == lost {
			unknown = true
		}
		if kind != busy && kind != crowded && kind != lost || ctx.Err() != nil {
			return d.translateTx(err)
		}
		if tries++; tries >= maxTries || time.Since(start) > maxTime {
			d.noteFault(ctx, kind)
			return d.translateTx(err)
		}
		d.retries.Add(1)
		d.log.DebugContext(ctx, "transaction retried", "try", tries, "error", err)
		select {
		case <-ctx.Done():
			return d.translateTx(err)
		case <-time.After(pause(tries)):
		}
	}
}

// pause before another try: 5 to 15 ms, doubled each time. The jitter keeps two transactions from meeting again.
func pause(try int) time.Duration {
	base := 10 * time.Millisecond << (try - 1)
	return base/2 + rand.N(base)
}

// try runs f once. commit tells that the error is COMMIT's.
func (d *DB) try(ctx context.Context, unknown bool, f func(context.Context, bun.Tx, bool) error) (commit bool, err error) {
	tx, err := d.w.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil && !commit {
			_ = tx.Rollback() // the error that led here is the one to tell
		}
	}()
	if err := f(ctx, tx, unknown); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return true, err
	}
	return false, nil
}

// translateTx is translate, except that the package's own signals pass.
func (d *DB) translateTx(err error) error {
	for _, signal := range []error{errServed, errShort, errLanded, errToken} {
		if errors.Is(err, signal) {
			return signal
		}
	}
	if errors.Is(err, errStale) {
		return app.Wrap(err, app.Unavailable, "Cette commande change sans cesse en ce moment. Réessayez dans un instant.")
	}
	return d.translate(err)
}

// read runs f in a read-only transaction that sees the database at one instant: at READ COMMITTED nearly every board loaded under load
// was inconsistent (99.6 % measured). A lost connection is tried once more.
func (d *DB) read(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if d.mysql {
		o.Isolation = sql.LevelRepeatableRead
	}
	var err error
	start := time.Now()
	for range 2 {
		err = d.readOnce(ctx, o, f)
		if k := classify(err); k != lost && k != busy && k != crowded || time.Since(start) > maxTime {
			break
		}
	}
	if k := classify(err); k == down || k == lost || k == crowded {
		d.noteFault(ctx, k)
	}
	return d.translate(err)
}

func (d *DB) readOnce(ctx context.Context, o *sql.TxOptions, f func(context.Context, bun.Tx) error) error {
	tx, err := d.r.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		_ = tx.Rollback() // the error that led here is the one to tell
		return err
	}
	return tx.Commit()
}
