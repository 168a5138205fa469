package realtime

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

var (
	menuOf = Audience{Screen: MenuScreen, Pizzeria: 1}
	tillOf = Audience{Screen: TillScreen, Pizzeria: 1}
)

// later moves the wall's clock and has the screens look at it.
func (w *wall) later(d time.Duration) {
	now := w.clock.Load().Add(d)
	w.clock.Store(&now)
	w.tellPromises()
}

// promised is what a frame makes a page say of time: the key that the page presents; "" when it does not touch it.
func (s said) promised() string {
	for _, op := range s.O {
		if _, rest, ok := strings.Cut(op.HTML, `data-promise="`); ok {
			key, _, _ := strings.Cut(rest, `"`)
			return key
		}
	}
	return ""
}

// TestPromiseFollowsQueueAndClock: an order ahead and the passing of time change what menus and tills promise, on pings that move no number;
// nobody else hears of it, and nothing is sent when the words are the same.
func TestPromiseFollowsQueueAndClock(t *testing.T) {
	w := newWall(t)
	menu, till, kitchen := w.open(menuOf, Shown{}), w.open(tillOf, Shown{}), w.open(Audience{Screen: KitchenScreen, Pizzeria: 1}, Shown{})
	first, atTill := w.one(menu), w.one(till)
	if first.promised() == "" || first.promised() != atTill.promised() {
		t.Fatalf("menu and till promise %q and %q", first.promised(), atTill.promised())
	}
	w.heard(kitchen)

	w.later(time.Second)
	w.later(promisePause)
	if got := w.heard(menu); len(got) > 0 {
		t.Errorf("told the same again: %+v", got)
	}
	w.later(10 * time.Minute)
	byClock := w.one(menu)
	if byClock.K != "ping" || byClock.S != first.S || len(byClock.O) != 1 || byClock.O[0].To != views.PromiseID || byClock.promised() == first.promised() {
		t.Errorf("ten minutes later the menu is told %+v", byClock)
	}
	if f := w.one(till); f.K != "ping" || f.S != atTill.S || f.promised() != byClock.promised() || !strings.Contains(f.O[0].HTML, "hidden") {
		t.Errorf("ten minutes later the till is told %+v", f)
	}

	board, err := w.Board(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	e := newOrderEvent(board)
	e.Levels = nil // of no interest to the menu
	crowd := &e.Orders[0].Lines[0]
	crowd.Quantity, crowd.Items = 40, make([]app.ItemState, 40)
	for i := range crowd.Items {
		crowd.Items[i] = app.Queued
	}
	w.hear(e)
	if got := w.heard(menu); len(got) > 0 {
		t.Errorf("an order is no patch for the menu: %+v", got)
	}
	w.later(promisePause)
	if f := w.one(menu); f.K != "ping" || f.S != first.S || f.promised() == byClock.promised() {
		t.Errorf("forty pizzas ahead: %+v", f)
	}
	for _, f := range w.heard(kitchen) {
		if f.promised() != "" {
			t.Errorf("the kitchen is told %+v", f)
		}
	}
	if f := w.Boards.Figures(); f.Loads != 1 || f.Compares != 0 {
		t.Errorf("%d readings and %d comparisons, want the first reading alone", f.Loads, f.Compares)
	}
}

// TestPromiseOnJoining: a page that is current but for the promise gets that alone, and a drawing of before serves nobody.
func TestPromiseOnJoining(t *testing.T) {
	w := newWall(t)
	old := w.one(w.open(menuOf, Shown{})).promised()
	shown := Shown{Epoch: "e1", Seq: 1000, Promise: old}
	if f := w.one(w.open(menuOf, shown)); f.M != ModeCurrent || len(f.O) > 0 {
		t.Errorf("nothing changed: %+v", f)
	}
	w.later(time.Hour)
	f := w.one(w.open(menuOf, shown))
	if f.M != ModeCurrent || len(f.O) != 1 || f.promised() == old || f.promised() == "" {
		t.Errorf("an hour later: %+v", f)
	}
	if now := w.one(w.open(menuOf, Shown{})); now.M != ModeSnapshot || now.promised() != f.promised() {
		t.Errorf("a newcomer sees %q, want %q", now.promised(), f.promised())
	}
	if f := w.one(w.open(menuOf, Shown{Epoch: "e1", Seq: 1000})); len(f.O) > 0 {
		t.Errorf("a page without a place for it gets %+v", f)
	}
}

// TestPromiseWhileJoining: whenever during the opening of a page the promise changes, the page ends up saying what is so.
func TestPromiseWhileJoining(t *testing.T) {
	w := newWall(t)
	for n := range 60 {
		var mu sync.Mutex
		var open []*paper
		var crowd sync.WaitGroup
		for range 4 {
			crowd.Go(func() {
				p := w.open(menuOf, Shown{})
				mu.Lock()
				defer mu.Unlock()
				open = append(open, p)
			})
		}
		for start := time.Now(); time.Since(start) < time.Duration(n*20)*time.Microsecond; { //nolint:revive // somewhere in the drawing
		}
		w.later(7 * time.Minute)
		crowd.Wait()
		want := w.outlook(1).Key
		for _, p := range open {
			last := ""
			for _, f := range w.heard(p) {
				if s := f.promised(); s != "" {
					last = s
				}
			}
			if last != want {
				t.Fatalf("a page says %q, want %q", last, want)
			}
		}
	}
}

// TestPromiseSaysClosed: the shop closes and opens while its menu is open.
func TestPromiseSaysClosed(t *testing.T) {
	w := newWall(t)
	board := anEvening()
	board.Pizzeria.AlwaysOpen = false
	board.Pizzeria.Hours = []app.Opening{{Day: time.Saturday, From: 18 * 60, To: 22 * 60}, {Day: time.Sunday, From: 12 * 60, To: 14 * 60}}
	w.source = fixed{app.NewBoard(*board)}
	menu := w.open(menuOf, Shown{})
	if f := w.one(menu); !strings.Contains(f.O[0].HTML, `data-taking="oui"`) {
		t.Errorf("at eight on a Saturday: %.400s", f.O[0].HTML)
	}
	w.later(3 * time.Hour)
	if f := w.one(menu); !strings.Contains(f.O[0].HTML, `data-taking="non"`) || !strings.Contains(f.O[0].HTML, "demain à 12:00") {
		t.Errorf("at eleven: %s", f.O[0].HTML)
	}
	w.later(2 * time.Hour)
	if f := w.one(menu); !strings.Contains(f.O[0].HTML, "Réouverture à 12:00") {
		t.Errorf("after midnight it is no longer tomorrow: %s", f.O[0].HTML)
	}
}
