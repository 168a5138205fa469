package main

import (
	"context"
	"time"

	"github.com/oc-pizza/ocpizza/cmd/ocpizza/bench"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/realtime"
)

// chores does each thing that the program asks of its database by itself, however quiet the evening is, once, and counts what that takes.
// A quiet hour is their sum: the rarest come every few hours, and nobody waits for them to measure it. Whatever else asks meanwhile is counted
// too. Where a chore is added (a ticker in housekeeping, in the watcher, in Boards), it is added here.
func (p *program) chores(ctx context.Context) (all []bench.Chore, err error) {
	do := func(name string, every time.Duration, f func() error) {
		if err != nil {
			return
		}
		before := p.db.Statements()
		err = f()
		all = append(all, bench.Chore{Name: name, Every: every, Statements: int(p.db.Statements() - before)}) //nolint:gosec // a handful
	}
	compare := func() error {
		_, _, err := p.db.Positions(ctx)
		return err
	}
	if err := compare(); err != nil { // there is a connection now
		return nil, err
	}
	do("comparison with the database", realtime.IdleCompare, compare)
	if p.db.Engine() == "mysql" {
		pool := p.db.Bun().DB
		pool.SetMaxIdleConns(0)
		pool.SetMaxIdleConns(pool.Stats().MaxOpenConnections)
		do("a new connection", db.Lifetime, compare)
		if err == nil {
			all[1].Statements -= all[0].Statements
		}
	}
	do("figures of the database, and word that we are there", usageEvery, func() error {
		p.watcher.mu.Lock()
		defer p.watcher.mu.Unlock()
		p.watcher.askDatabase(ctx, time.Now())
		return nil
	})
	do("the size of the day", 24*time.Hour, func() error { return p.db.NoteStorage(ctx, time.Now(), p.watcher.latest().usage.Bytes) })
	do("what has expired", forgetEvery, func() error { return p.forgetExpired(ctx) })
	return all, err
}
