package realtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// theEstimates is what the clock of the wall makes of the board.
func (w *wall) theEstimates() map[int64]time.Time {
	w.t.Helper()
	b, err := w.Board(w.t.Context(), 1)
	if err != nil {
		w.t.Fatal(err)
	}
	return b.Estimates(*w.clock.Load())
}

// TestEstimateReachesItsFollowers: the followers of orders whose estimate changes hear of it, on pings that move no number, and nobody else;
// who comes back is told what changed meanwhile; once the customer has the order it is taken back.
func TestEstimateReachesItsFollowers(t *testing.T) {
	w := newWall(t)
	follow := func(id int64) *paper { return w.open(Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id}, Shown{}) }
	first, other, kitchen := follow(1), follow(30), w.open(Audience{Screen: KitchenScreen, Pizzeria: 1}, Shown{})
	said := w.one(first)
	behind := w.one(other)
	w.heard(kitchen)

	// Until something slips.
	told := map[int64]string{1: said.promised(), 30: behind.promised()}
	for range 40 {
		w.later(time.Minute)
		now := w.theEstimates()
		for id, p := range map[int64]*paper{1: first, 30: other} {
			key := views.EstimateKey(&app.Order{Status: app.Received}, now[id])
			frames := w.heard(p)
			if key == told[id] {
				if len(frames) > 0 {
					t.Fatalf("order %d is told %+v, and nothing changed", id, frames)
				}
				continue
			}
			if len(frames) != 1 || frames[0].K != "ping" || frames[0].S != said.S || frames[0].promised() != key || len(frames[0].O) != 1 {
				t.Fatalf("order %d is told %+v, want a ping with %s", id, frames, key)
			}
			told[id] = key
		}
	}
	if told[1] == said.promised() || told[1] == "tenue" {
		t.Fatalf("nothing slipped in forty minutes: %v", told)
	}
	for _, f := range w.heard(kitchen) {
		t.Errorf("the kitchen is told %+v", f)
	}

	back := w.one(w.open(Audience{Screen: TrackingScreen, Pizzeria: 1, ID: 1}, Shown{Epoch: "e1", Seq: said.S, Promise: said.promised()}))
	if back.M != ModeCurrent || back.promised() != told[1] {
		t.Errorf("who comes back is told %+v", back)
	}
	if again := w.one(w.open(Audience{Screen: TrackingScreen, Pizzeria: 1, ID: 1}, Shown{Epoch: "e1", Seq: said.S, Promise: told[1]})); again.M != ModeCurrent || len(again.O) > 0 {
		t.Errorf("who is current is told %+v", again)
	}
	if whole := w.one(follow(1)); whole.M != ModeSnapshot || whole.promised() != told[1] || !strings.Contains(whole.O[0].HTML, "Prévue maintenant vers") {
		t.Errorf("a newcomer is told %q", whole.promised())
	}

	board, err := w.Board(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	o := board.Orders[1].Clone()
	o.Status, o.Version = app.Delivered, o.Version+1
	w.hear(app.Event{Pizzeria: 1, Epoch: "e1", Seq: board.Seq + 1, Orders: []*app.Order{o}})
	over := w.one(first)
	if over.K != "patch" || over.promised() != "tenue" {
		t.Errorf("the customer has it, and is told %+v", over)
	}
	if whole := w.one(follow(1)); whole.promised() != "tenue" {
		t.Errorf("who comes then is told %q", whole.promised())
	}
}

// BenchmarkEstimates is a look at a shop of 600 orders that wait, each followed by somebody.
func BenchmarkEstimates(b *testing.B) {
	w := newWall(b)
	board := anEvening()
	for id := int64(1_001); id <= 1_570; id++ {
		board.Orders[id] = anOrder(id)
	}
	w.source = fixed{app.NewBoard(*board)}
	for id := int64(1_001); id <= 1_570; id++ {
		w.open(Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id}, Shown{})
	}
	for n := range 2 {
		b.Run(fmt.Sprintf("minutes=%d", n), func(b *testing.B) {
			for b.Loop() {
				w.later(promisePause + time.Duration(n)*time.Minute)
			}
		})
	}
}
