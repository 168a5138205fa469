package realtime

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// told are the patches that a socket of paper has got since it was last asked.
func told(t *testing.T, p *paper) (patches []struct{ S, P int64 }) {
	t.Helper()
	frames, _ := p.frames(t)
	for _, f := range frames {
		var m struct {
			K    string
			S, P int64
		}
		if err := json.Unmarshal(f.Payload, &m); err != nil {
			t.Fatal(err)
		}
		if m.K == "patch" {
			patches = append(patches, struct{ S, P int64 }{m.S, m.P})
		}
	}
	p.written = nil
	return patches
}

// TestRush: a shop whose drawing rests gets what happened meanwhile in one patch, whoever opens a page sees it at once, and nothing that came
// and went is left on a screen.
func TestRush(t *testing.T) {
	hub := newBench(HubOptions{BatchTick: -1})
	boards := NewBoards(fixed{anEvening()}, hub.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	t.Cleanup(boards.Close)
	kitchen := Audience{Screen: KitchenScreen, Pizzeria: 1}
	s, err := boards.shop(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	wall := &paper{room: -1}
	hub.enter(kitchen.Topic(), wall, 1000)
	s.drawn(kitchen)
	expect := func(what string, want ...struct{ S, P int64 }) {
		t.Helper()
		hub.settle()
		got := told(t, wall)
		if len(got) != len(want) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: %v, want %v", what, got, want)
			}
		}
	}
	order := func() { boards.hear(newOrderEvent(s.board.Load())) }
	rest := func(d time.Duration) {
		s.mu.Lock()
		s.rest.until = time.Now().Add(d)
		s.mu.Unlock()
	}
	type step = struct{ S, P int64 }

	order()
	expect("a quiet shop is drawn at once", step{1001, 1000})

	rest(time.Hour)
	order()
	order()
	if board, err := boards.Board(t.Context(), 1); err != nil || board.Seq != 1003 {
		t.Fatalf("the business works on %d, %v", board.Seq, err)
	}
	expect("a shop that rests")
	if board, seq, err := boards.View(t.Context(), kitchen); err != nil || board.Seq != 1003 || seq != 1003 {
		t.Fatalf("a page shows %d of %d, %v", seq, board.Seq, err)
	}
	expect("a page that is opened", step{1003, 1001})

	// The customer's page shows the order at once, and disturbs nobody; its first patch then follows what it shows.
	rest(time.Hour)
	order()
	id := 1_000 + s.board.Load().Seq - 1 // newOrderEvent's
	tracking := Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id}
	board, seq, err := boards.View(t.Context(), tracking)
	if err != nil || board.Orders[id] == nil {
		t.Fatalf("the customer's page has no order %d, %v", id, err)
	}
	phone := &paper{room: -1}
	follower := &Socket{wire: phone, info: SocketInfo{Session: "follower"}}
	hub.post(command{call: func(l *loop) { l.adopt(follower) }})
	if err := boards.Join(t.Context(), follower, tracking, Shown{Epoch: "e1", Seq: seq}); err != nil {
		t.Fatal(err)
	}
	expect("a customer's page")
	s.mu.Lock()
	boards.draw(s)
	s.mu.Unlock()
	expect("all the others, later", step{1004, 1003})
	if got := told(t, phone); len(got) != 1 || got[0] != (step{1004, seq}) {
		t.Fatalf("the customer was told %v after %d", got, seq)
	}

	// A level falls and is back before anybody was told. A wall that comes in between must not keep the level that it was.
	rest(time.Hour)
	level := s.board.Load().Levels[40]
	moved := level
	moved.Out = true
	change := func(l app.Level) {
		board := s.board.Load()
		boards.hear(app.Event{Pizzeria: 1, Epoch: board.Epoch, Seq: board.Seq + 1, Levels: []app.Level{l}})
	}
	change(moved)
	late := &Socket{wire: &paper{room: -1}, info: SocketInfo{Session: "late"}}
	hub.post(command{call: func(l *loop) { l.adopt(late) }})
	if err := boards.Join(t.Context(), late, kitchen, Shown{}); err != nil {
		t.Fatal(err)
	}
	if s.shown.Levels[40] != level {
		t.Fatal("the wall was drawn from a board that nobody else was shown")
	}
	change(level)
	expect("what came and went while the shop rests")

	rest(20 * time.Millisecond)
	s.mu.Lock()
	s.rest.due = false
	boards.show(s)
	s.mu.Unlock()
	order()
	until(t, "the end of the rest", func() bool {
		hub.settle()
		return len(wall.written) > 0
	})
	expect("after the rest", step{1007, 1004})

	// A page that another process drew knows more than our screens have been told.
	rest(time.Hour)
	order()
	ahead := &Socket{wire: &paper{room: -1}, info: SocketInfo{Session: "ahead"}}
	hub.post(command{call: func(l *loop) { l.adopt(ahead) }})
	if err := boards.Join(t.Context(), ahead, kitchen, Shown{Epoch: "e1", Seq: 1008}); err != nil {
		t.Fatal(err)
	}
	expect("a page that is ahead", step{1008, 1007})
}

// TestPageOfForgottenOrder: a page whose order has left the board comes back, is told how it ended, and stays, at no cost but reading that order.
func TestPageOfForgottenOrder(t *testing.T) {
	hub := newBench(HubOptions{BatchTick: -1})
	boards := NewBoards(fixed{anEvening()}, hub.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	t.Cleanup(boards.Close)
	o := anOrder(5_000)
	o.Status, o.ClosedAt = app.Delivered, evening
	a := Audience{Screen: TrackingScreen, Pizzeria: 1, ID: o.ID}
	phone := &paper{room: -1}
	socket := &Socket{wire: phone, info: SocketInfo{Session: "follower"}}
	hub.post(command{call: func(l *loop) { l.adopt(socket) }})
	// It missed how the order ended, whatever number it shows: those of a forgotten order are forgotten too.
	if err := boards.Join(t.Context(), socket, a, Shown{Epoch: "e1", Seq: 1000, Closed: o}); err != nil {
		t.Fatal(err)
	}
	hub.settle()
	frames, _ := phone.frames(t)
	if len(frames) != 1 || !strings.Contains(string(frames[0].Payload), `"m":"snapshot"`) || !strings.Contains(string(frames[0].Payload), `data-status=\"delivered\"`) {
		t.Fatalf("%d frames: %.300s", len(frames), frames[0].Payload)
	}
	if socket.state != open {
		t.Errorf("the socket is %d", socket.state)
	}
	if n := boards.Figures().Compares; n != 0 {
		t.Errorf("%d comparisons", n)
	}
}

// TestJoinInARush: the board of a newcomer takes longer to draw than the shop takes to change. He must be greeted all the same.
func TestJoinInARush(t *testing.T) {
	hub := newBench(HubOptions{BatchTick: -1})
	boards := NewBoards(fixed{anEvening()}, hub.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour, Rest: -1})
	t.Cleanup(boards.Close)
	s, err := boards.shop(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	done, stopped := make(chan struct{}), make(chan struct{})
	var rush sync.WaitGroup
	rush.Go(func() {
		for {
			select {
			case <-stopped:
				return
			default:
				board := s.board.Load()
				level := board.Levels[40]
				level.Reserved++
				boards.hear(app.Event{Pizzeria: 1, Epoch: board.Epoch, Seq: board.Seq + 1, Levels: []app.Level{level}})
			}
		}
	})
	go func() {
		defer close(done)
		for range 3 {
			wall := &Socket{wire: &paper{room: -1}, info: SocketInfo{Session: "wall"}}
			if err := boards.Join(t.Context(), wall, Audience{Screen: KitchenScreen, Pizzeria: 1}, Shown{}); err != nil {
				t.Error(err)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("a newcomer waits for a quiet moment that never comes")
	}
	close(stopped)
	rush.Wait()
}

// TestJoinWhileLettingGo: boards let go of audiences that nobody watches, also while somebody's first drawing is made. He must hear of what
// comes all the same.
func TestJoinWhileLettingGo(t *testing.T) {
	hub := newBench(HubOptions{BatchTick: -1})
	boards := NewBoards(fixed{anEvening()}, hub.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	t.Cleanup(boards.Close)
	s, err := boards.shop(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	var sweep sync.WaitGroup
	sweep.Go(func() {
		for {
			select {
			case <-stopped:
				return
			default:
				boards.evict(time.Now())
			}
		}
	})
	for id := range s.board.Load().Orders {
		a := Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id}
		phone := &Socket{wire: &paper{room: -1}, info: SocketInfo{Session: "phone"}}
		if err := boards.Join(t.Context(), phone, a, Shown{}); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		if s.audiences[a.class()][a] == nil {
			t.Errorf("order %d is followed and nobody knows", id)
		}
		s.mu.Unlock()
	}
	close(stopped)
	sweep.Wait()
}
