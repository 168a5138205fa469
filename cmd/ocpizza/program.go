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

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/app/web"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/static"
)

// program is a running server: the database, the wire and the door, put together.
type program struct {
	db       *db.DB
	hub      *realtime.Hub
	boards   *realtime.Boards
	shop     *app.Shop
	server   *web.Server
	listener net.Listener
	log      *slog.Logger
	draining atomic.Bool
	failed   chan error
	stop     chan struct{}
	tasks    sync.WaitGroup
}

var errDraining = app.Errorf(app.Unavailable, "Le serveur redémarre.")

// startProgram serves a migrated database on a listener until stop is called.
func startProgram(d *db.DB, demo bool, c config, l net.Listener, log *slog.Logger) (*program, error) {
	build := static.Build() + revision()
	hub, err := realtime.NewHub(realtime.HubOptions{Build: build, Log: log})
	if err != nil {
		return nil, err
	}
	p := &program{db: d, hub: hub, listener: l, log: log, failed: make(chan error, 1), stop: make(chan struct{})}
	p.boards = realtime.NewBoards(d, hub, realtime.BoardsOptions{Log: log, Build: build})
	p.shop = &app.Shop{
		Store: d, Boards: p.boards, Publisher: p.boards, Clock: time.Now, Secret: c.Secret, CheckPassword: checkPassword, Demo: demo,
	}
	p.server = web.New(web.Options{
		Shop: p.shop, Boards: p.boards, Hub: hub, Sessions: d, Log: log, Origin: c.Origin, Proxied: c.Dyno, Ready: p.ready, Build: build,
	})
	p.tasks.Go(func() {
		if err := p.server.Serve(l); err != nil {
			p.failed <- err
		}
	})
	p.tasks.Go(p.housekeeping)
	return p, nil
}

// ready is the last real result of the database, and no while the server stops.
func (p *program) ready() error {
	if p.draining.Load() {
		return errDraining
	}
	if h := p.db.Health(); h != db.Healthy {
		return app.Errorf(app.Unavailable, "database %s", h)
	}
	return nil
}

func (p *program) housekeeping() {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.server.Sweep()
		}
	}
}

// How long a stop may take: Heroku kills after 30 s.
const (
	waveTime = 3 * time.Second
	stopTime = 20 * time.Second
)

// Stop ends the program politely: not ready any more, sockets told in waves to come back elsewhere, requests under way answered.
func (p *program) Stop(waves time.Duration) error {
	p.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	close(p.stop)
	err := p.hub.Close(ctx, realtime.CloseRestart, waves)
	err = errors.Join(err, p.server.Shutdown(ctx))
	p.boards.Close()
	p.tasks.Wait()
	if err != nil {
		return fmt.Errorf("l’arrêt n’a pas été propre : %w", err)
	}
	return nil
}
