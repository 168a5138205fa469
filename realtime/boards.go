package realtime

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// Source is what Boards needs of the database; app.Store has it.
type Source interface {
	Pizzerias(ctx context.Context) ([]app.Pizzeria, error)
	LoadBoard(ctx context.Context, pizzeria int64) (*app.Board, error)
	Positions(ctx context.Context) (all map[int64]app.Position, others int, err error)
	Past(ctx context.Context, pizzeria int64, day string) (app.Past, error)
}

// BoardsOptions are the settings of Boards; zero values are the defaults.
type BoardsOptions struct {
	Log *slog.Logger
	// Build identifies the program's assets: a page of another build reloads itself.
	Build string
	// IdleCompare and BusyCompare are how often the boards' numbers are compared with the database's, in one query for all shops:
	// rarely (55 s: within the minute after which the pool lets an idle connection go) while nothing happens, often (4 s: what happens elsewhere
	// is to be seen within five) within two minutes of a change. It is the net under lost announcements.
	// Where other processes serve too, a process without Redis compares often all the time, and one that has lost it every LostCompare (2 s).
	IdleCompare, BusyCompare, LostCompare time.Duration
	// Keep is how long a board stays in memory after the last watcher or reader left (10 min).
	Keep time.Duration
	// Rest is the most that a shop's drawing may rest (50 ms); negative: never. See show.
	Rest time.Duration
	// Reorder is how long an event that came too early waits for those before it, before the board is loaded again (100 ms).
	Reorder time.Duration
	// Clock tells the time of what screens say of time (time.Now).
	Clock func() time.Time
	// Supervision says how the program and its database stand, from memory; nil: nobody knows.
	Supervision func() views.Supervision
	// Announcer carries events to and from other processes; nil: this process hears of their changes by comparing alone.
	Announcer *Announcer
}

// IdleCompare is BoardsOptions.IdleCompare by default.
const IdleCompare = 55 * time.Second

// Boards keeps the board of each shop that somebody watches, current by events, and tells the hub what changed.
// It implements app.Boards and app.Publisher.
type Boards struct {
	source Source
	hub    *Hub
	opt    BoardsOptions
	flight singleflight.Group

	mu    sync.Mutex
	shops map[int64]*shop

	cockpit cockpit
	group   group
	service serviceState
	riders  riders
	counts  struct{ applied, gaps, loads, compares atomic.Uint64 }

	pizzerias atomic.Pointer[[]app.Pizzeria]
	restores  atomic.Uint64 // times that the list of shops was found to be another one's
	busyUntil atomic.Int64  // Unix nanoseconds
	others    atomic.Bool   // other processes serve the same shops
	kick      chan struct{} // of one: compare now
	ended     chan struct{} // of one, see SessionsEnded
	house     app.Position  // sequence of the ends of sessions; compareMu
	compareMu sync.Mutex

	ctx    context.Context // ends with Close: no database that hangs may hold a stop up
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// shop is one pizzeria's board in this process. The board is a value that readers take without a lock; mu orders its replacement, what of it
// the screens have been shown, the numbers of its topics and what is queued on the hub, so that a socket that joins under mu misses nothing.
type shop struct {
	id      int64
	board   atomic.Pointer[app.Board]
	outlook atomic.Pointer[app.Outlook] // what live screens say of time; nil: nobody has looked yet
	used    atomic.Int64                // Unix nanoseconds of the last read
	before  before                      // of the manager's page; it has a lock of its own
	// estimates are what followers of orders are told of promises that slip, by order; nil: nobody has looked yet.
	estimates atomic.Pointer[map[int64]time.Time]

	mu        sync.Mutex
	shown     *app.Board                          // what live screens show: the board, or one a little older
	rest      rest                                // of their drawing
	looked    time.Time                           // when outlook was last made sure of
	estimated time.Time                           // the same of estimates
	tiles     tiles                               // of the manager's page
	base      int64                               // sequence at which the board was first loaded: a topic that never changed since is as old as it
	seqs      map[Audience]int64                  // last sequence that changed what an audience shows
	early     map[int64]app.Event                 // events that came before their turn, by sequence
	waiting   bool                                // a reload is scheduled
	stale     bool                                // an event of another epoch came
	gone      bool                                // evicted: nobody may join any more
	audiences map[Audience]map[Audience]*snapshot // who has joined, by class: an event must not walk ten thousand followers of other orders
}

// snapshot is the hello of an audience drawn last, so that a crowd that comes back at once is drawn once. It serves no longer than what it
// says is so: the topic's number, the service and the promise.
type snapshot struct {
	seq     int64
	service views.Service
	promise string
	frame   *Frame
}

// NewBoards starts the keeper of boards; Close ends it.
func NewBoards(source Source, hub *Hub, opt BoardsOptions) *Boards {
	defaults := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	defaults(&opt.IdleCompare, IdleCompare)
	defaults(&opt.BusyCompare, 4*time.Second)
	defaults(&opt.LostCompare, 2*time.Second)
	defaults(&opt.Keep, 10*time.Minute)
	defaults(&opt.Rest, 50*time.Millisecond)
	defaults(&opt.Reorder, 100*time.Millisecond)
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	b := &Boards{source: source, hub: hub, opt: opt, shops: map[int64]*shop{}, kick: make(chan struct{}, 1), ended: make(chan struct{}, 1)}
	b.service.pause = servicePause
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.done.Go(b.compareLoop)
	b.done.Go(b.promiseLoop)
	return b
}

// Close stops comparing and loading. Boards that are warm can still be read.
func (b *Boards) Close() {
	b.cancel()
	b.done.Wait()
}

// Pizzerias lists the shops, read once for a database.
func (b *Boards) Pizzerias(ctx context.Context) ([]app.Pizzeria, error) {
	if p := b.pizzerias.Load(); p != nil {
		return *p, nil
	}
	v, err, _ := b.flight.Do("pizzerias", func() (any, error) {
		before := b.restores.Load()
		list, err := b.source.Pizzerias(context.WithoutCancel(ctx))
		if err == nil && len(list) > 0 {
			b.pizzerias.Store(&list)
			if b.restores.Load() != before { // it may have been read before the restore
				b.pizzerias.Store(nil)
			}
		}
		return list, err
	})
	if err != nil {
		return nil, err
	}
	return v.([]app.Pizzeria), nil
}

// checkListed forgets the list of shops if it has another shop under the same number. Only boards in memory are compared with the database.
func (b *Boards) checkListed(p app.Pizzeria) {
	known := b.pizzerias.Load()
	if known != nil && !slices.ContainsFunc(*known, func(k app.Pizzeria) bool { return k.ID == p.ID && k.Slug == p.Slug }) {
		b.forgetPizzerias()
	}
}

// forgetPizzerias has the list of shops read again: another database was restored.
func (b *Boards) forgetPizzerias() {
	b.restores.Add(1)
	b.pizzerias.Store(nil)
}

// Board returns a shop's board; a cold one is loaded, once however many ask at the same time.
func (b *Boards) Board(ctx context.Context, pizzeria int64) (*app.Board, error) {
	s, err := b.shop(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	return s.board.Load(), nil
}

// View returns a board and the sequence of what an audience shows of it, for a page to be drawn.
func (b *Boards) View(ctx context.Context, a Audience) (*app.Board, int64, error) {
	s, err := b.shop(ctx, a.Pizzeria)
	if err != nil {
		return nil, 0, err
	}
	b.know(s, a, Shown{})
	switch a.Screen {
	case DashboardScreen:
		b.recall(ctx, s)
	case GroupScreen:
		b.recallAll(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if saysPromise(a.Screen) {
		b.tellPromise(s)
	}
	if a.Screen == TrackingScreen {
		b.tellEstimates(s)
	}
	return b.fresh(s, a), s.seq(a), nil
}

// fresh is the board from which to draw a page whose reader has just changed something, or has seen a later board than ours. All screens are
// brought to it first: one that showed a level that nobody else was told of would not hear that it is over. Not so for the followers of an
// order, who come in crowds: each change of an order has a version, so they may be ahead. s.mu is held.
func (b *Boards) fresh(s *shop, a Audience) *app.Board {
	board := s.board.Load()
	if a.Screen != TrackingScreen || board.Menu != s.shown.Menu || board.Maintenance != s.shown.Maintenance {
		b.draw(s)
	}
	return board
}

func (b *Boards) shop(ctx context.Context, pizzeria int64) (*shop, error) {
	b.mu.Lock()
	s := b.shops[pizzeria]
	if s == nil {
		// It is entered before it is loaded, so that an event that is published meanwhile waits for it in early.
		s = &shop{id: pizzeria, seqs: map[Audience]int64{}, early: map[int64]app.Event{}, audiences: map[Audience]map[Audience]*snapshot{}}
		b.shops[pizzeria] = s
		b.opt.Announcer.follow(pizzeria)
	}
	b.mu.Unlock()
	s.used.Store(time.Now().UnixNano())
	if s.board.Load() != nil {
		return s, nil
	}
	_, err, _ := b.flight.Do("cold "+Audience{Pizzeria: pizzeria}.String(), func() (any, error) {
		if s.board.Load() != nil { // since we looked
			return nil, nil
		}
		return nil, b.load(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// load reads a shop's board from the database and takes it over, with the events that came meanwhile. Callers at the same time share one reading.
func (b *Boards) load(ctx context.Context, s *shop) error {
	_, err, _ := b.flight.Do("board "+Audience{Pizzeria: s.id}.String(), func() (any, error) {
		// Not the caller's context: others share the reading.
		ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
		defer cancel()
		b.counts.loads.Add(1)
		board, err := b.source.LoadBoard(ctx, s.id)
		if err != nil {
			if s.board.Load() == nil && app.KindOf(err) == app.NotFound {
				b.forget(s)
				b.forgetPizzerias() // whoever asked may have it from there
			}
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if old := s.board.Load(); old == nil {
			s.base, s.shown = board.Seq, board
			s.board.Store(board)
			b.checkListed(board.Pizzeria)
		} else if old.Epoch != board.Epoch {
			b.newEpoch(s, board)
		} else if board.Seq > old.Seq {
			s.board.Store(board)
			b.show(s)
		}
		b.applyEarly(s)
		b.catchUpIn(s, b.opt.Reorder)
		return nil, nil
	})
	return err
}

// newEpoch takes over the board of a restored database: no number of before means anything, so every page must come back.
func (b *Boards) newEpoch(s *shop, board *app.Board) {
	s.base, s.shown = board.Seq, board
	s.seqs = map[Audience]int64{}
	s.early = map[int64]app.Event{}
	s.board.Store(board)
	b.forgetPizzerias()
	b.dismiss(s)
}

// dismiss has every screen of a shop come back. s.mu is held.
func (b *Boards) dismiss(s *shop) {
	for _, class := range s.audiences {
		for a := range class {
			b.hub.CloseTopic(a.Topic(), CloseRestart)
		}
	}
	s.audiences = map[Audience]map[Audience]*snapshot{}
}

// drop forgets a shop that the database has no more: it was restored from another. Its screens come back, and find what there is.
func (b *Boards) drop(s *shop) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	b.forget(s)
	b.dismiss(s)
}

// Publish announces an event that was saved here, brings the shop's board up to date and sends what changed to those who watch.
func (b *Boards) Publish(_ context.Context, e app.Event) {
	b.opt.Announcer.announce(e) // only queues; first, so that nobody elsewhere waits for our drawing
	b.hear(e)
}

// hear takes an event in, whichever process saved it.
func (b *Boards) hear(e app.Event) {
	b.busy()
	b.mu.Lock()
	s := b.shops[e.Pizzeria]
	b.mu.Unlock()
	if s == nil {
		return // nobody has asked for this shop: it will be loaded with the event in it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	board := s.board.Load()
	if board != nil && e.Epoch == board.Epoch && e.Seq <= board.Seq {
		return
	}
	if board != nil && e.Epoch != board.Epoch {
		s.stale = true
	} else {
		s.early[e.Seq] = e
		b.applyEarly(s)
	}
	b.catchUpIn(s, b.opt.Reorder)
}

// catchUpIn schedules the loading of a board that misses events. s.mu is held.
func (b *Boards) catchUpIn(s *shop, wait time.Duration) {
	if (len(s.early) > 0 || s.stale) && s.board.Load() != nil && !s.waiting {
		s.waiting = true
		time.AfterFunc(wait, func() { b.catchUp(s) })
	}
}

// applyEarly applies the events whose turn has come. s.mu is held.
func (b *Boards) applyEarly(s *shop) {
	board := s.board.Load()
	if board == nil {
		return
	}
	for seq, e := range s.early {
		if e.Epoch != board.Epoch {
			s.stale = true // it came before the board was there to compare with
		}
		if seq <= board.Seq || s.stale {
			delete(s.early, seq)
		}
	}
	for {
		e, ok := s.early[board.Seq+1]
		if !ok {
			return
		}
		next, err := board.Apply(e)
		if err != nil {
			return // another epoch, or unknown content: catchUp loads it
		}
		delete(s.early, e.Seq)
		b.counts.applied.Add(1)
		s.board.Store(next)
		b.show(s)
		board = next
	}
}

// catchUp loads the board again when the events before an early one have still not come.
func (b *Boards) catchUp(s *shop) {
	s.mu.Lock()
	s.waiting = false
	late := len(s.early) > 0 || s.stale
	s.stale = false
	s.mu.Unlock()
	if !late {
		return
	}
	b.counts.gaps.Add(1)
	wait := b.opt.Reorder
	if err := b.load(context.Background(), s); err != nil {
		b.opt.Log.Error("events are missing and the board cannot be loaded; trying again", "pizzeria", s.id, "err", err)
		wait = time.Second
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.catchUpIn(s, wait) // the reading that we shared may have begun before the event
}

// share is how much of the time a shop's drawing may take: one part in so many.
const share = 10

// show has the board drawn: at once, unless the shop's drawing has not rested yet from the last time. In a rush, what happened meanwhile is
// then drawn together; a quiet shop never waits, and no screen longer than Rest. s.mu is held.
func (b *Boards) show(s *shop) { s.rest.then(&s.mu, func() { b.draw(s) }) }

// draw sends the pieces that differ between what the screens show and the board, each drawn once for each audience that somebody watches.
// s.mu is held.
func (b *Boards) draw(s *shop) {
	next := s.board.Load()
	if next == s.shown {
		return
	}
	began := time.Now()
	ch := app.Compare(s.shown, next)
	s.shown = next
	for _, class := range touched(ch) {
		prev := s.seq(class)
		s.seqs[class] = next.Seq
		for a := range s.audiences[class] {
			if !b.hub.Watched(a.Topic()) {
				continue
			}
			ops, err := b.pieces(a, ch)
			if a.Screen == TrackingScreen && rode(ch, a.ID) {
				ops = append(ops, b.mapOps(a, next, next.Orders[a.ID])...)
			}
			if a.Screen == DashboardScreen {
				ops = b.paced(s, ops)
			}
			if err != nil {
				// A piece that cannot be drawn must not leave a stale screen that claims to be live: it comes back for the whole board.
				b.opt.Log.Error("cannot draw", "topic", a.Topic(), "err", err)
				b.hub.CloseTopic(a.Topic(), CloseRestart)
				continue
			}
			b.hub.Publish(a.Topic(), Patch{Seq: next.Seq, Prev: prev, Time: nowMillis(), Ops: ops}.Frame())
		}
	}
	for a := range s.seqs {
		if a.Screen == TrackingScreen {
			if _, ok := next.Orders[a.ID]; !ok {
				delete(s.seqs, a)
			}
		}
	}
	b.forgetRiders(next)
	b.groupSoon()
	s.rest.until = time.Now().Add(min((share-1)*time.Since(began), b.opt.Rest))
}

// drawn returns the snapshot of an audience, entering it if it is new. s.mu is held.
func (s *shop) drawn(a Audience) *snapshot {
	class := s.audiences[a.class()]
	if class == nil {
		class = map[Audience]*snapshot{}
		s.audiences[a.class()] = class
	}
	if class[a] == nil {
		class[a] = &snapshot{}
	}
	return class[a]
}

// seq is the last sequence that changed what an audience shows. s.mu is held.
func (s *shop) seq(a Audience) int64 { return max(s.base, s.seqs[a.class()]) }

func nowMillis() int64 { return time.Now().UnixMilli() }
