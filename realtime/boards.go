package realtime

import (
	"context"
	"errors"
	"log/slog"
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
	Positions(ctx context.Context) (map[int64]app.Position, error)
}

// BoardsOptions are the settings of Boards; zero values are the defaults.
type BoardsOptions struct {
	Log *slog.Logger
	// Build identifies the program's assets: a page of another build reloads itself.
	Build string
	// IdleCompare and BusyCompare are how often the boards' numbers are compared with the database's, in one query for all shops:
	// rarely (45 s) while nothing happens, often (5 s) within two minutes of a change. It is the net under lost announcements.
	IdleCompare, BusyCompare time.Duration
	// Keep is how long a board stays in memory after the last watcher or reader left (10 min).
	Keep time.Duration
	// Reorder is how long an event that came too early waits for those before it, before the board is loaded again (100 ms).
	Reorder time.Duration
}

// Boards keeps the board of each shop that somebody watches, current by events, and tells the hub what changed.
// It implements app.Boards and app.Publisher.
type Boards struct {
	source Source
	hub    *Hub
	opt    BoardsOptions
	flight singleflight.Group

	mu    sync.Mutex
	shops map[int64]*shop

	pizzerias atomic.Pointer[[]app.Pizzeria]
	busyUntil atomic.Int64 // Unix nanoseconds
	stop      chan struct{}
	done      sync.WaitGroup
}

// shop is one pizzeria's board in this process. The board is a value that readers take without a lock; mu orders its replacement, the
// numbers of its topics and what is queued on the hub, so that a socket that joins under mu misses nothing.
type shop struct {
	id    int64
	board atomic.Pointer[app.Board]
	used  atomic.Int64 // Unix nanoseconds of the last read

	mu        sync.Mutex
	base      int64               // sequence at which the board was first loaded: a topic that never changed since is as old as it
	seqs      map[Audience]int64  // last sequence that changed what an audience shows
	early     map[int64]app.Event // events that came before their turn, by sequence
	waiting   bool                // a reload is scheduled
	stale     bool                // an event of another epoch came
	gone      bool                // evicted: nobody may join any more
	audiences map[Audience]*snapshot
}

// snapshot is the hello of an audience drawn last, so that a crowd that comes back at once is drawn once.
type snapshot struct {
	seq   int64
	frame *Frame
}

// NewBoards starts the keeper of boards; Close ends it.
func NewBoards(source Source, hub *Hub, opt BoardsOptions) *Boards {
	defaults := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	defaults(&opt.IdleCompare, 45*time.Second)
	defaults(&opt.BusyCompare, 5*time.Second)
	defaults(&opt.Keep, 10*time.Minute)
	defaults(&opt.Reorder, 100*time.Millisecond)
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	b := &Boards{source: source, hub: hub, opt: opt, shops: map[int64]*shop{}, stop: make(chan struct{})}
	b.done.Go(b.compareLoop)
	return b
}

// Close stops comparing. Boards can still be read.
func (b *Boards) Close() {
	close(b.stop)
	b.done.Wait()
}

// Pizzerias lists the shops, read once.
func (b *Boards) Pizzerias(ctx context.Context) ([]app.Pizzeria, error) {
	if p := b.pizzerias.Load(); p != nil {
		return *p, nil
	}
	v, err, _ := b.flight.Do("pizzerias", func() (any, error) {
		list, err := b.source.Pizzerias(context.WithoutCancel(ctx))
		if err == nil && len(list) > 0 {
			b.pizzerias.Store(&list)
		}
		return list, err
	})
	if err != nil {
		return nil, err
	}
	return v.([]app.Pizzeria), nil
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
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board.Load(), s.seq(a), nil
}

func (b *Boards) shop(ctx context.Context, pizzeria int64) (*shop, error) {
	b.mu.Lock()
	s := b.shops[pizzeria]
	if s == nil {
		// It is entered before it is loaded, so that an event that is published meanwhile waits for it in early.
		s = &shop{id: pizzeria, seqs: map[Audience]int64{}, early: map[int64]app.Event{}, audiences: map[Audience]*snapshot{}}
		b.shops[pizzeria] = s
	}
	b.mu.Unlock()
	s.used.Store(time.Now().UnixNano())
	if s.board.Load() != nil {
		return s, nil
	}
	if err := b.load(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// load reads a shop's board from the database and takes it over, with the events that came meanwhile. Callers at the same time share one reading.
func (b *Boards) load(ctx context.Context, s *shop) error {
	_, err, _ := b.flight.Do("board "+Audience{Pizzeria: s.id}.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		board, err := b.source.LoadBoard(ctx, s.id)
		if err != nil {
			if s.board.Load() == nil && app.KindOf(err) == app.NotFound {
				b.forget(s)
			}
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if old := s.board.Load(); old == nil {
			s.base = board.Seq
			s.board.Store(board)
		} else if old.Epoch != board.Epoch {
			b.newEpoch(s, board)
		} else if board.Seq > old.Seq {
			b.replace(s, board)
		}
		b.applyEarly(s)
		return nil, nil
	})
	return err
}

// newEpoch takes over the board of a restored database: no number of before means anything, so every page must come back.
func (b *Boards) newEpoch(s *shop, board *app.Board) {
	s.base = board.Seq
	s.seqs = map[Audience]int64{}
	s.early = map[int64]app.Event{}
	s.board.Store(board)
	for a := range s.audiences {
		b.hub.CloseTopic(a.Topic(), CloseRestart)
	}
	s.audiences = map[Audience]*snapshot{}
}

// Publish brings the shop's board up to date with a saved event and sends what changed to those who watch.
func (b *Boards) Publish(ctx context.Context, e app.Event) {
	b.busyUntil.Store(time.Now().Add(2 * time.Minute).UnixNano())
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
	for seq := range s.early {
		if seq <= board.Seq {
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
		b.replace(s, next)
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
	wait := b.opt.Reorder
	if err := b.load(context.Background(), s); err != nil {
		b.opt.Log.Error("events are missing and the board cannot be loaded; trying again", "pizzeria", s.id, "err", err)
		wait = time.Second
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.catchUpIn(s, wait) // the reading that we shared may have begun before the event
}

// replace takes over a newer board and sends the pieces that differ, each drawn once for each audience that somebody watches. s.mu is held.
func (b *Boards) replace(s *shop, next *app.Board) {
	ch := app.Compare(s.board.Load(), next)
	s.board.Store(next)
	for _, class := range touched(ch) {
		prev := s.seq(class)
		s.seqs[class] = next.Seq
		for a := range s.audiences {
			if a.class() != class || !b.hub.Watched(a.Topic()) {
				continue
			}
			ops, err := b.pieces(a, ch)
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
}

// seq is the last sequence that changed what an audience shows. s.mu is held.
func (s *shop) seq(a Audience) int64 { return max(s.base, s.seqs[a.class()]) }

// Shown is what a page says it shows when it connects.
type Shown struct {
	Epoch string
	Seq   int64
	Build string
}

// Join makes a socket a watcher of an audience and queues its hello: « current » when what it shows is, else the whole board.
// From then on it gets every patch; nothing falls between. A warm board is joined without the database.
func (b *Boards) Join(ctx context.Context, socket *Socket, a Audience, shown Shown) error {
	s, err := b.shop(ctx, a.Pizzeria)
	if err != nil {
		return err
	}
	if board := s.board.Load(); shown.Epoch == board.Epoch && shown.Seq > board.Seq {
		// The page was drawn by another process that knows more.
		if err := b.Compare(ctx); err != nil {
			b.opt.Log.Warn("cannot compare with the database", "err", err)
		}
	}
	for {
		s.mu.Lock()
		if s.gone {
			s.mu.Unlock()
			return b.Join(ctx, socket, a, shown)
		}
		board, seq := s.board.Load(), s.seq(a)
		snap := s.audiences[a]
		if snap == nil {
			snap = &snapshot{seq: -1}
			s.audiences[a] = snap
		}
		hello := Hello{Epoch: board.Epoch, Seq: seq, Time: nowMillis(), Build: b.opt.Build, Mode: ModeCurrent}
		if shown.Epoch == board.Epoch && shown.Seq >= seq && shown.Seq <= board.Seq {
			err := b.hub.Join(socket, a.Topic(), hello.Frame())
			s.mu.Unlock()
			return err
		}
		if snap.frame != nil && snap.seq == seq {
			err := b.hub.Join(socket, a.Topic(), snap.frame)
			s.mu.Unlock()
			return err
		}
		s.mu.Unlock()
		// Drawn outside the lock: the board is a value. If the topic moved on meanwhile, it is drawn again.
		html, err := b.whole(a, board, seq)
		if err != nil {
			return err
		}
		hello.Mode = ModeSnapshot
		hello.Ops = []Op{{Do: OpMorph, To: views.BoardID, HTML: html}}
		frame := hello.Frame()
		s.mu.Lock()
		if s.seq(a) == seq && s.board.Load().Epoch == board.Epoch {
			s.audiences[a] = &snapshot{seq: seq, frame: frame}
		}
		s.mu.Unlock()
	}
}

// Compare asks the database for every shop's number in one query and loads the boards that are behind.
func (b *Boards) Compare(ctx context.Context) error {
	_, err, _ := b.flight.Do("compare", func() (any, error) {
		positions, err := b.source.Positions(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		var all []error
		for _, s := range b.loaded() {
			board := s.board.Load()
			if p, ok := positions[s.id]; ok && (p.Epoch != board.Epoch || p.Seq > board.Seq) {
				b.busyUntil.Store(time.Now().Add(2 * time.Minute).UnixNano())
				all = append(all, b.load(ctx, s))
			}
		}
		return nil, errors.Join(all...)
	})
	return err
}

func (b *Boards) loaded() []*shop {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*shop, 0, len(b.shops))
	for _, s := range b.shops {
		if s.board.Load() != nil {
			out = append(out, s)
		}
	}
	return out
}

// compareLoop compares at its pace while there is something to compare, and lets boards go that nobody uses.
func (b *Boards) compareLoop() {
	var last time.Time
	tick := time.NewTicker(b.opt.BusyCompare)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			return
		case now := <-tick.C:
			b.evict(now)
			if len(b.loaded()) == 0 {
				continue
			}
			if now.UnixNano() > b.busyUntil.Load() && now.Sub(last) < b.opt.IdleCompare {
				continue
			}
			last = now
			if err := b.Compare(context.Background()); err != nil {
				b.opt.Log.Warn("cannot compare the boards with the database", "err", err)
			}
		}
	}
}

// evict forgets boards that nobody watches or has read for a while, and the drawings of audiences that have gone.
func (b *Boards) evict(now time.Time) {
	for _, s := range b.loaded() {
		s.mu.Lock()
		for a := range s.audiences {
			if !b.hub.Watched(a.Topic()) {
				delete(s.audiences, a)
			}
		}
		s.gone = len(s.audiences) == 0 && now.UnixNano()-s.used.Load() > int64(b.opt.Keep)
		if s.gone {
			b.forget(s) // before anybody who finds it gone looks for another
		}
		s.mu.Unlock()
	}
}

func (b *Boards) forget(s *shop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shops[s.id] == s {
		delete(b.shops, s.id)
	}
}

func nowMillis() int64 { return time.Now().UnixMilli() }
