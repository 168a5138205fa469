package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/app/web"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/static"
	"github.com/oc-pizza/ocpizza/views"
)

// program is a running server: the database, the wire and the door, put together.
type program struct {
	db       *db.DB
	hub      *realtime.Hub
	boards   *realtime.Boards
	others   *realtime.Announcer
	shop     *app.Shop
	server   *web.Server
	watcher  *watcher
	listener net.Listener
	log      *slog.Logger
	draining atomic.Bool
	failed   chan error
	ctx      context.Context // of background tasks
	cancel   context.CancelFunc
	tasks    sync.WaitGroup
	stopOnce sync.Once
	stopErr  error
}

var errDraining = app.Errorf(app.Unavailable, "Le site redémarre. Renvoyez votre commande dans quelques secondes : elle ne comptera qu’une fois.")

// startProgram serves a migrated database on a listener until stop is called.
func startProgram(d *db.DB, demo bool, c config, l net.Listener, log *slog.Logger) (*program, error) {
	build := static.Build() + revision()
	others, err := realtime.NewAnnouncer(c.Redis, c.Secret, build, log)
	if err != nil {
		return nil, err
	}
	watcher, err := newWatcher(c.Watch, build, demo, log)
	if err != nil {
		return nil, err
	}
	hub, err := realtime.NewHub(realtime.HubOptions{Build: build, Log: log})
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	p := &program{db: d, hub: hub, watcher: watcher, others: others, listener: l, log: log, failed: make(chan error, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if c.Clock == nil {
		c.Clock = time.Now
	}
	p.boards = realtime.NewBoards(d, hub, realtime.BoardsOptions{
		Log: log, Build: build, Announcer: others, Supervision: watcher.supervision, IdleCompare: c.IdleCompare, Clock: c.Clock,
	})
	d.OnHealth(p.databaseIs)
	p.shop = &app.Shop{
		Store: d, Boards: p.boards, Publisher: p.boards, Clock: c.Clock, Secret: c.Secret, CheckPassword: checkPassword, HashPassword: hashPassword, Demo: demo,
	}
	p.server = web.New(web.Options{
		Shop: p.shop, Boards: p.boards, Hub: hub, Sessions: d, Log: log, Origin: c.Origin, Proxied: c.Dyno, Ready: p.ready, Build: build,
		Stopping: p.stopping, Ended: others.EndSessions, Metrics: metricsOf(registry), MetricsToken: c.MetricsToken,
	})
	watcher.start(p, registry)
	if _, err := p.boards.Compare(); err != nil { // are we alone?
		log.Warn("cannot compare the boards with the database", "err", err)
	}
	others.Start(p.boards, p.server.EndSessions)
	p.tasks.Go(func() {
		if err := p.server.Serve(l); err != nil {
			p.failed <- err
		}
	})
	p.tasks.Go(p.housekeeping)
	p.tasks.Go(func() { watcher.run(p.ctx) })
	p.tasks.Go(func() { p.greet(c) })
	return p, nil
}

// greet has the process that serves at the public address, if there is one yet, compare with the database: it finds the word that we left
// there (db.Present), and from then on compares often. While one version takes over from another, nobody else would tell it, without Redis,
// what is saved here.
func (p *program) greet(c config) {
	if c.Origin == "" { // it would be our own, in development
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, tellTime)
	defer cancel()
	if err := askToCompare(ctx, c); err != nil {
		p.log.Debug("no other process could be told that this one serves", "err", err)
	}
}

// ready is the last real result of the database, and no while the server stops.
func (p *program) ready() error {
	if err := p.stopping(); err != nil {
		return err
	}
	if h := p.db.Health(); h != db.Healthy {
		return app.Errorf(app.Unavailable, "database %s", h)
	}
	return nil
}

// databaseIs has the screens say how the database stands, and look, once it answers again, for what was saved meanwhile.
func (p *program) databaseIs(h db.Health) {
	p.boards.SetService(map[db.Health]views.Service{db.Healthy: views.Working, db.ReadOnly: views.ReadOnly, db.Down: views.Down}[h])
	if h == db.Healthy {
		p.boards.CompareSoon()
	}
}

func (p *program) stopping() error {
	if p.draining.Load() {
		return errDraining
	}
	return nil
}

func (p *program) housekeeping() {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	expiry := time.NewTicker(forgetEvery)
	defer expiry.Stop()
	var again <-chan time.Time
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-tick.C:
			p.server.Sweep()
			continue
		case <-expiry.C:
			if err := p.forgetExpired(p.ctx); err != nil && p.ctx.Err() == nil {
				p.log.Warn("cannot delete what has expired; trying again in some hours", "err", err)
			}
			continue
		case <-p.boards.SessionsEnded():
		case <-again:
		}
		again = nil
		if err := p.server.CheckSessions(p.ctx); err != nil && p.ctx.Err() == nil {
			p.log.Warn("cannot look up which sessions ended; trying again", "err", err)
			again = time.After(5 * time.Second)
		}
	}
}

// forgetEvery is how often what has expired is deleted. Keys live for days, sessions for hours: nothing is urgent, and statements are counted.
const forgetEvery = 6 * time.Hour

// forgetExpired deletes idempotency keys and sessions that nobody can use any more, and whom old orders were for.
func (p *program) forgetExpired(ctx context.Context) error {
	_, err := p.db.ForgetKeys(ctx)
	if err == nil {
		_, err = p.db.ForgetSessions(ctx)
	}
	if err == nil {
		_, err = p.db.ForgetContacts(ctx, time.Now())
	}
	return err
}

// How long a stop may take: Heroku kills after 30 s.
const (
	waveTime = 3 * time.Second
	stopTime = 20 * time.Second
)

// Stop ends the program politely: not ready any more and no new orders, sockets told in waves to come back elsewhere while steps in hand are
// still taken, requests under way answered. Called again, it waits for the first call and answers like it.
func (p *program) Stop(waves time.Duration) error {
	p.draining.Store(true)
	p.stopOnce.Do(func() { p.stopErr = p.stop(waves) })
	return p.stopErr
}

func (p *program) stop(waves time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	seen := time.After(waves) // a load balancer sees that it is not ready before it finds the port closed, sockets or not
	err := p.hub.Close(ctx, realtime.CloseRestart, waves)
	<-seen
	err = errors.Join(err, p.server.Shutdown(ctx))
	_ = p.listener.Close() // closed already, unless the stop came before Fiber had begun to serve: it would then do so for ever
	p.cancel()
	p.boards.Close()
	p.others.Close()
	p.tasks.Wait()
	if p.db.Health() == db.Healthy {
		if err := p.db.Absent(ctx, time.Now()); err != nil {
			p.log.Debug("cannot take back that this process serves", "err", err)
		}
	}
	if err != nil {
		return fmt.Errorf("l’arrêt n’a pas été propre : %w", err)
	}
	return nil
}
