package main

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oc-pizza/ocpizza/app/web"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/watch"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// watchOptions are the limits of the place where the program runs, and who is told when they come near.
type watchOptions struct {
	Memory     int64        // bytes that the process may use
	Storage    int64        // bytes that the database's plan allows
	Statements int          // that it allows in an hour
	Rules      []watch.Rule // nil: defaultRules
	Tell       watch.Options
	Every      time.Duration // between readings, and so between the figures that pages get; 0: readEvery
}

// How often the watcher reads what.
const (
	readEvery  = 5 * time.Second // figures in memory
	usageEvery = db.PresentEvery // what the database says of itself, and word that we are there: at most five statements, 20 an hour
	recent     = 5 * time.Minute // over which errors, latency and waits are counted
)

// watcher reads the figures of the program, holds them against their limits and tells when one is crossed.
type watcher struct {
	p       *program
	o       watchOptions
	build   string
	demo    bool
	started time.Time
	alarms  *watch.Alarms
	teller  *watch.Teller
	now     atomic.Pointer[status]

	mu         sync.Mutex // of a reading
	asked      time.Time  // when the database was asked last
	usage      db.Usage
	usageKnown bool
	counters   watch.Window[counters]
	hour       watch.Window[uint64]
	minute     watch.Window[counters]
}

// counters are read together, to count over the same time.
type counters struct {
	traffic web.Traffic
	cpu     time.Duration
	waited  time.Duration // for a connection of the pool, by all requests together
}

// status is the outcome of a reading. It does not change.
type status struct {
	reading
	levels map[string]watch.Level
	page   views.Supervision
}

// reading is what was read at a moment.
type reading struct {
	at         time.Time
	memory     int64
	cpu        float64 // percent of the processors, over the last minute
	usage      db.Usage
	usageKnown bool
	fills      time.Time // when the database is full; zero: not in sight
	open, busy int       // connections
	conns      int       // that there may be
	waited     float64   // seconds waited for a connection in a minute, over recent
	statements float64   // sent over the last hour, by this process
	elsewhere  float64   // likewise by the others, when they last said so
	counted    time.Duration
	traffic    web.Traffic // over recent
	sockets    realtime.Figures
	health     db.Health
	redis      *realtime.Announced
}

func newWatcher(o watchOptions, build string, demo bool, log *slog.Logger) (*watcher, error) {
	if o.Rules == nil {
		o.Rules = defaultRules()
	}
	o.Memory = cmp.Or(o.Memory, watch.MemoryLimit(), dynoMemory<<20)
	o.Storage = cmp.Or(o.Storage, planStorage<<20)
	o.Statements = cmp.Or(o.Statements, planQuestions)
	o.Every = cmp.Or(o.Every, readEvery)
	o.Tell.Log = log
	teller, err := watch.NewTeller(o.Tell)
	if err != nil {
		return nil, err
	}
	return &watcher{
		o: o, build: build, demo: demo, started: time.Now(), alarms: watch.NewAlarms(o.Rules), teller: teller,
		counters: watch.Window[counters]{Keep: recent, Every: 10 * time.Second}, minute: watch.Window[counters]{Keep: time.Minute, Every: readEvery / 2},
		hour: watch.Window[uint64]{Keep: time.Hour, Every: time.Minute},
	}, nil
}

// start gives the watcher the program and a registry for its figures, and reads once: before the first page asks.
func (w *watcher) start(p *program, r *prometheus.Registry) {
	w.p = p
	w.register(r)
	w.look(p.ctx, time.Now())
}

// run reads until the program ends, and has the pages show what was read.
func (w *watcher) run(ctx context.Context) {
	tick := time.NewTicker(w.o.Every)
	defer tick.Stop()
	defer w.teller.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			w.look(ctx, now)
			w.p.boards.Refresh()
		}
	}
}

// latest is the outcome of the last reading.
func (w *watcher) latest() *status {
	if s := w.now.Load(); s != nil {
		return s
	}
	return &status{page: views.Supervision{At: w.started, Started: w.started, Build: w.build}}
}

// Supervision is the page's content.
func (w *watcher) supervision() views.Supervision { return w.latest().page }

// look reads everything, tells what has changed, and keeps the outcome for pages and metrics.
func (w *watcher) look(ctx context.Context, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked.IsZero() || now.Sub(w.asked) >= usageEvery {
		w.asked = now
		w.askDatabase(ctx, now)
	}
	r := w.read(now)
	for _, c := range w.alarms.Note(now, w.values(r)) {
		if w.mine(ctx, c) {
			w.teller.Tell(c)
		}
	}
	s := &status{reading: r, levels: map[string]watch.Level{}}
	for _, rule := range w.alarms.Rules() {
		s.levels[rule.Name] = w.alarms.State(rule.Name).Level
	}
	s.page = w.page(r)
	w.now.Store(s)
}

// mine tells whether a change is this process's to tell. When the database cannot say, it is: twice is better than never.
func (w *watcher) mine(ctx context.Context, c watch.Change) bool {
	if !c.Rule.House {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	first, err := w.p.db.NoteAlert(ctx, c.Rule.Name, c.To.String(), c.At)
	if err != nil {
		w.p.log.Debug("cannot keep that an alert was told", "name", c.Rule.Name, "err", err)
	}
	return first || err != nil
}

// askDatabase reads its size, the first of each day to be kept, and the record of the last backup.
func (w *watcher) askDatabase(ctx context.Context, now time.Time) {
	if w.p.db.Health() == db.Down {
		w.asked = time.Time{} // as soon as it is back
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	u, err := w.p.db.Usage(ctx)
	if err != nil {
		w.p.log.Warn("cannot read the database's size", "err", err)
		return
	}
	if !w.usageKnown {
		for name, a := range u.Alerts {
			if l, ok := watch.ParseLevel(a.Level); ok {
				w.alarms.Restore(name, l, a.Since)
			}
		}
	}
	w.usage, w.usageKnown = u, true
	before, _ := w.hour.Oldest(now)
	if err := w.p.db.Present(ctx, now, w.p.db.Statements()-before); err != nil {
		w.p.log.Debug("cannot leave word that this process serves", "err", err)
	}
	if today := now.UTC().Format(time.DateOnly); u.Days[today] == 0 {
		u.Days[today] = u.Bytes
		if err := w.p.db.NoteStorage(ctx, now, u.Bytes); err != nil {
			w.p.log.Debug("cannot keep the database's size", "err", err)
		}
	}
}

func (w *watcher) read(now time.Time) reading {
	pool := w.p.db.Stats()
	c := counters{traffic: w.p.server.Traffic(), cpu: watch.CPUTime(), waited: pool.WaitDuration}
	sent := w.p.db.Statements()
	w.counters.Add(now, c)
	w.minute.Add(now, c)
	w.hour.Add(now, sent)
	before, over := w.counters.Oldest(now)
	minute, lately := w.minute.Oldest(now)
	sentBefore, counted := w.hour.Oldest(now)
	r := reading{
		at: now, memory: watch.Resident(), usage: w.usage, usageKnown: w.usageKnown, open: pool.OpenConnections, busy: pool.InUse,
		conns: pool.MaxOpenConnections, statements: float64(sent - sentBefore), elsewhere: float64(w.usage.OthersSent), counted: counted, traffic: c.traffic.Since(before.traffic),
		sockets: w.p.hub.Figures(), health: w.p.db.Health(),
	}
	if lately > 0 {
		r.cpu = 100 * float64(c.cpu-minute.cpu) / float64(lately) / float64(watch.Processors())
	}
	if over > 0 {
		r.waited = (c.waited - before.waited).Seconds() / max(over, time.Minute).Minutes()
	}
	if w.p.others != nil {
		f := w.p.others.Figures()
		r.redis = &f
	}
	if w.usageKnown {
		r.fills, _ = watch.Fills(samples(w.usage, w.asked), w.o.Storage)
	}
	return r
}

// samples are the sizes kept by day, and the one of now.
func samples(u db.Usage, at time.Time) []watch.Sample {
	out := []watch.Sample{{At: at, Bytes: u.Bytes}}
	for day, bytes := range u.Days {
		if t, err := time.Parse(time.DateOnly, day); err == nil && t.Before(at.Truncate(24*time.Hour)) {
			out = append(out, watch.Sample{At: t.Add(12 * time.Hour), Bytes: bytes})
		}
	}
	return out
}

// values are what the rules judge. NaN: not known, or not judged.
func (w *watcher) values(r reading) map[string]float64 {
	behind := 0
	for _, k := range r.sockets.Kinds {
		behind += k.Behind
	}
	v := map[string]float64{
		ruleDatabase: float64(r.health), ruleMemory: percent(float64(r.memory), float64(w.o.Memory)), ruleCPU: r.cpu,
		ruleConnections: r.waited, ruleStatements: percent(r.statements+r.elsewhere, float64(w.o.Statements)), ruleErrors: float64(r.traffic.Failed),
		ruleLatency: 0, ruleScreens: 0, ruleStorage: math.NaN(), ruleBackup: math.NaN(), ruleRedis: math.NaN(),
	}
	if r.traffic.Served >= fewRequests {
		v[ruleLatency] = float64(r.traffic.Quantile(.99)) / float64(time.Millisecond)
	}
	if behind > 1 {
		v[ruleScreens] = percent(float64(behind), float64(r.sockets.Sockets))
	}
	if r.usageKnown {
		v[ruleStorage] = percent(float64(r.usage.Bytes), float64(w.o.Storage))
		switch {
		case !r.usage.Backup.IsZero():
			v[ruleBackup] = r.at.Sub(r.usage.Backup).Hours()
		case !w.demo:
			v[ruleBackup] = neverBackedUp
		}
	}
	if r.redis != nil {
		v[ruleRedis] = 1 - truth(r.redis.Joined)
	}
	return v
}

const (
	// fewRequests are too few for their slowest to mean anything.
	fewRequests = 20
	// neverBackedUp stands for the age, in hours, of a backup that was never made: beyond any threshold.
	neverBackedUp = 1e4
)

func percent(part, whole float64) float64 {
	if whole <= 0 {
		return math.NaN()
	}
	return 100 * part / whole
}
