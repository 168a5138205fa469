package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// Compare asks the database for every shop's number in one query and loads the boards that are behind. Callers at the same time share it;
// shared says so: the query may then have begun before the call.
func (b *Boards) Compare() (shared bool, err error) {
	_, err, shared = b.flight.Do("compare", func() (any, error) { return nil, b.compare() })
	return shared, err
}

func (b *Boards) compare() error {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	b.counts.compares.Add(1)
	positions, others, err := b.source.Positions(ctx)
	if err != nil {
		return err
	}
	b.others.Store(others > 0)
	b.compareHouse(positions[app.House])
	b.comparePizzerias(positions)
	var all []error
	for _, s := range b.loaded() {
		p, ok := positions[s.id]
		if !ok {
			b.drop(s)
			continue
		}
		if !s.behind(p) {
			continue
		}
		b.busy()
		all = append(all, b.load(ctx, s))
		s.mu.Lock()
		if s.behind(p) { // we shared a reading that had begun before
			s.stale = true
			b.catchUpIn(s, b.opt.Reorder)
		}
		s.mu.Unlock()
	}
	return errors.Join(all...)
}

func (s *shop) behind(p app.Position) bool {
	board := s.board.Load()
	return p.Epoch != board.Epoch || p.Seq > board.Seq
}

// comparePizzerias forgets the list of shops if the database has others.
func (b *Boards) comparePizzerias(positions map[int64]app.Position) {
	known := b.pizzerias.Load()
	if known == nil {
		return
	}
	shops := len(positions)
	if _, ok := positions[app.House]; ok {
		shops--
	}
	same := shops == len(*known)
	for _, p := range *known {
		_, ok := positions[p.ID]
		same = same && ok
	}
	if !same {
		b.forgetPizzerias()
	}
}

// numbers is how far each board here has come.
func (b *Boards) numbers() map[int64]app.Position {
	out := map[int64]app.Position{}
	for _, s := range b.loaded() {
		board := s.board.Load()
		out[s.id] = app.Position{Epoch: board.Epoch, Seq: board.Seq}
	}
	return out
}

// hearNumbers compares with the database if another process knows of more than the boards here: an event was lost on its way.
func (b *Boards) hearNumbers(others map[int64]app.Position) {
	for _, s := range b.loaded() {
		if p, ok := others[s.id]; ok && s.behind(p) {
			b.CompareSoon()
			return
		}
	}
}

// compareHouse notices that a session ended in another process.
func (b *Boards) compareHouse(p app.Position) {
	b.compareMu.Lock()
	changed := b.house != p
	b.house = p
	b.compareMu.Unlock()
	if changed {
		select {
		case b.ended <- struct{}{}:
		default:
		}
	}
}

// SessionsEnded says that sessions ended since it was last received from, here or in another process: those in use must be looked up again.
func (b *Boards) SessionsEnded() <-chan struct{} { return b.ended }

// busy makes comparisons frequent for a while.
func (b *Boards) busy() { b.busyUntil.Store(time.Now().Add(2 * time.Minute).UnixNano()) }

// CompareSoon has the boards compared at once, without waiting for it.
func (b *Boards) CompareSoon() {
	select {
	case b.kick <- struct{}{}:
	default:
	}
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
	every := min(time.Second, b.opt.BusyCompare, b.opt.LostCompare)
	tick := time.NewTicker(every)
	defer tick.Stop()
	last, swept := time.Now(), time.Now()
	for {
		var now time.Time
		select {
		case <-b.ctx.Done():
			return
		case <-b.kick: // also without a board: sessions may have ended
			now = time.Now()
		case now = <-tick.C:
			if now.Sub(swept) >= b.opt.BusyCompare {
				b.evict(now)
				swept = now
			}
			if now.Sub(last) < b.pace(now)-every/2 || len(b.loaded()) == 0 {
				continue
			}
		}
		last = now
		if err := b.compare(); err != nil && b.ctx.Err() == nil {
			b.opt.Log.Warn("cannot compare the boards with the database", "err", err)
		}
	}
}

// pace is how often to compare now.
func (b *Boards) pace(now time.Time) time.Duration {
	busy, others := now.UnixNano() <= b.busyUntil.Load(), b.others.Load()
	switch {
	case b.opt.Announcer.lost() && (busy || others):
		return b.opt.LostCompare
	case busy, others && b.opt.Announcer == nil:
		return b.opt.BusyCompare
	}
	return b.opt.IdleCompare
}

// evict forgets boards that nobody watches or has read for a while, and the drawings of audiences that have gone.
func (b *Boards) evict(now time.Time) {
	for _, s := range b.loaded() {
		s.mu.Lock()
		for class, members := range s.audiences {
			for a := range members {
				if !b.hub.Watched(a.Topic()) {
					delete(members, a)
				}
			}
			if len(members) == 0 {
				delete(s.audiences, class)
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
		b.opt.Announcer.unfollow(s.id)
	}
}
