package realtime

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/websocket/v2"

	"github.com/oc-pizza/ocpizza/app"
)

// slow is a database that answers when it is let.
type slow struct {
	*ledger
	open chan token
}

func (s slow) LoadBoard(ctx context.Context, id int64) (*app.Board, error) {
	<-s.open
	return s.ledger.LoadBoard(ctx, id)
}

// TestColdBoardIsLoadedOnce for a thousand callers at the same time, those that come when it has just been loaded included.
func TestColdBoardIsLoadedOnce(t *testing.T) {
	db := slow{newLedger(), make(chan token)}
	boards := NewBoards(db, newBench(HubOptions{}).Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	t.Cleanup(boards.Close)
	const callers = 1000
	var came atomic.Int64
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			came.Add(1)
			var err error
			if i%2 == 0 {
				_, err = boards.Board(t.Context(), 1)
			} else {
				_, _, err = boards.View(t.Context(), Audience{Screen: KitchenScreen, Pizzeria: 1})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	for came.Load() < callers {
		runtime.Gosched()
	}
	close(db.open)
	all.Wait()
	if n := db.loads.Load(); n != 1 {
		t.Errorf("%d callers made %d loads", callers, n)
	}
}

// TestBoardsLeaveMemory when nobody watches them any more, and Redis is not asked for their events. One that is watched stays, read or not.
func TestBoardsLeaveMemory(t *testing.T) {
	others := &Announcer{shops: map[int64]bool{}, changed: make(chan token, 1)}
	others.joined.Store(true)
	followed := func() int {
		others.mu.Lock()
		defer others.mu.Unlock()
		return len(others.shops)
	}
	const keep = 20 * time.Millisecond
	st := newSite(t, HubOptions{})
	boards := NewBoards(fixed{anEvening()}, st.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: keep / 4, LostCompare: time.Hour, Keep: keep, Announcer: others})
	t.Cleanup(boards.Close)
	st.join = func(_ *websocket.Conn, s *Socket) error {
		return boards.Join(t.Context(), s, Audience{Screen: KitchenScreen, Pizzeria: 1}, Shown{})
	}
	loads := uint64(0)
	for range 2 {
		wall := st.visit("wall")
		wall.hello()
		before := loads
		loads = boards.Figures().Loads // more than one, where a busy machine took longer than keep to join
		time.Sleep(10 * keep)
		if f := boards.Figures(); f.Loaded != 1 || f.Loads != loads || loads == before || followed() != 1 {
			t.Errorf("a board that is watched: %+v, loaded %d times before and %d when it came, %d followed", f, before, loads, followed())
		}
		_ = wall.Close()
		until(t, "the board has left", func() bool { return boards.Figures().Loaded == 0 && followed() == 0 })
	}
}

// TestShopsOfAnotherDatabase: the list of shops is read once, and again when a database with others has been restored, however that is found out.
func TestShopsOfAnotherDatabase(t *testing.T) {
	l := newLedger()
	hub := newBench(HubOptions{})
	boards := NewBoards(l, hub.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	t.Cleanup(boards.Close)
	restore := func(slug string, ids ...int64) {
		l.mu.Lock()
		defer l.mu.Unlock()
		clear(l.seq)
		l.slug = slug
		for _, id := range ids {
			l.seq[id] = 1
		}
	}
	lists := func(what, slug string, want ...int64) {
		t.Helper()
		list, err := boards.Pizzerias(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, p := range list {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, want) || list[0].Slug != slug {
			t.Errorf("%s: shops %v of %q, want %v of %q", what, got, list[0].Slug, want, slug)
		}
	}
	board := func(id int64, there bool) {
		t.Helper()
		if _, err := boards.Board(t.Context(), id); there != (err == nil) || !there && app.KindOf(err) != app.NotFound {
			t.Errorf("board %d: %v", id, err)
		}
	}
	lists("at first", "", 1, 2)

	restore("", 11, 12)
	board(1, false) // nothing has been compared
	lists("a shop was looked for and not found", "", 11, 12)
	board(11, true)

	restore("", 21, 22, 23)
	if _, err := boards.Compare(); err != nil {
		t.Fatal(err)
	}
	lists("compared", "", 21, 22, 23)
	if n := boards.Figures().Loaded; n != 0 {
		t.Errorf("%d boards of shops that are gone", n)
	}
	board(11, false)

	restore("other", 21, 22, 23) // no board is in memory: nothing is compared
	board(22, true)
	lists("the same numbers", "other", 21, 22, 23)
}
