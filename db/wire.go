package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// wire stands between database/sql and a driver: it counts every statement sent, BEGIN and COMMIT included, since production is
// limited in queries per hour, and sets each connection up.
type wire struct {
	driver.Connector
	sent    *atomic.Uint64
	greet   uint64 // statements that the driver sends on a new connection
	setup   string // the statement that a connection needs before its first write; "" for none
	mysql   bool
	fault   *atomic.Pointer[faults]
	network *atomic.Uint64 // connections opened
	era     *atomic.Uint64 // what a connection must have been opened in to be used again, on MySQL
}

// faults let tests break statements and the answer to a COMMIT; nil in production.
type faults struct {
	before    func(query string) error // instead of sending a statement
	committed func() error             // after a COMMIT that succeeded
}

// Connect opens a connection.
func (w *wire) Connect(ctx context.Context) (driver.Conn, error) {
	era := w.era.Load() // before: what it reaches may be of that one
	c, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	w.network.Add(1)
	w.sent.Add(w.greet)
	return &conn{Conn: c, w: w, era: era, setup: w.setup}, nil
}

type conn struct {
	driver.Conn
	w     *wire
	era   uint64
	setup string // still to be sent
	// refused: the server refused a write. It would go on refusing on this connection after the quota is lifted, so the pool drops it.
	refused bool
}

func (c *conn) note(err error) error {
	if err != nil && c.w.mysql && classify(err) == refused {
		c.refused = true
	}
	return err
}

func (c *conn) count(query string) error {
	if f := c.w.fault.Load(); f != nil && f.before != nil {
		if err := f.before(query); err != nil {
			return err
		}
	}
	c.w.sent.Add(1)
	return nil
}

// setUp makes a connection fit for writes, once. One that only compares numbers on a quiet evening, and is replaced every five minutes, does
// without: that is a dozen statements an hour.
func (c *conn) setUp(ctx context.Context) error {
	if c.setup == "" {
		return nil
	}
	setup := c.setup
	c.setup = "" // ExecContext asks again
	_, err := c.ExecContext(ctx, setup, nil)
	if err != nil {
		c.setup = setup
	}
	return err
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	e, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.setUp(ctx); err != nil {
		return nil, err
	}
	if err := c.count(query); err != nil {
		return nil, err
	}
	r, err := e.ExecContext(ctx, query, args)
	return r, c.note(err)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	q, ok := c.Conn.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.count(query); err != nil {
		return nil, err
	}
	r, err := q.QueryContext(ctx, query, args)
	return r, c.note(err)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.count(query); err != nil {
		return nil, err
	}
	if p, ok := c.Conn.(driver.ConnPrepareContext); ok {
		return p.PrepareContext(ctx, query)
	}
	return c.Prepare(query)
}

func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	b, ok := c.Conn.(driver.ConnBeginTx)
	if !ok {
		return nil, errors.New("db: the driver has no BeginTx")
	}
	if c.w.mysql && o.Isolation != 0 {
		c.w.sent.Add(1) // the driver sets the level in a statement of its own
	} else if err := c.setUp(ctx); err != nil {
		return nil, err
	}
	if err := c.count("BEGIN"); err != nil {
		return nil, err
	}
	t, err := b.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &tx{Tx: t, c: c}, nil
}

func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) IsValid() bool {
	if c.w.mysql && c.era != c.w.era.Load() {
		return false
	}
	if v, ok := c.Conn.(driver.Validator); ok && !c.refused {
		return v.IsValid()
	}
	return !c.refused
}

func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.Conn.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type tx struct {
	driver.Tx
	c *conn
}

func (t *tx) Commit() error {
	if err := t.c.count("COMMIT"); err != nil {
		_ = t.Tx.Rollback()
		return err
	}
	if err := t.Tx.Commit(); err != nil {
		return t.c.note(err)
	}
	if f := t.c.w.fault.Load(); f != nil && f.committed != nil {
		return f.committed()
	}
	return nil
}

func (t *tx) Rollback() error {
	t.c.w.sent.Add(1)
	return t.Tx.Rollback()
}
