package realtime

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// wall is a hub turned by hand with the boards of a busy evening, where screens are opened on paper.
type wall struct {
	bench
	*Boards
	t     testing.TB
	clock atomic.Pointer[time.Time]
}

func newWall(t testing.TB) *wall {
	w := &wall{bench: newBench(HubOptions{BatchTick: -1}), t: t}
	begin := evening.Add(90 * time.Second) // off the five minutes to which promises are told
	w.clock.Store(&begin)
	w.Boards = NewBoards(fixed{anEvening()}, w.Hub, BoardsOptions{
		IdleCompare: time.Hour, BusyCompare: time.Hour, Rest: -1, Clock: func() time.Time { return *w.clock.Load() },
	})
	w.service.pause = 0
	t.Cleanup(w.Boards.Close)
	return w
}

// open joins an audience with what its page says it shows.
func (w *wall) open(a Audience, shown Shown) *paper {
	w.t.Helper()
	p := &paper{room: -1}
	s := &Socket{wire: p}
	w.post(command{call: func(l *loop) { l.adopt(s) }})
	if err := w.Boards.Join(w.t.Context(), s, a, shown); err != nil {
		w.t.Error(err)
	}
	return p
}

// heard are the frames that a screen has got since it was last asked, without heartbeats that say nothing.
func (w *wall) heard(p *paper) (all []said) {
	w.t.Helper()
	w.settle()
	r := &paper{written: p.written}
	p.written = nil
	frames, _ := r.frames(w.t.(*testing.T)) //nolint:forcetypeassert // benchmarks do not listen
	for _, f := range frames {
		var s said
		if f.Header.OpCode != ws.OpText {
			continue
		}
		if decode(w.t, f.Payload, &s); s.K != "ping" || len(s.O) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// one is the only frame that came.
func (w *wall) one(p *paper) said {
	w.t.Helper()
	all := w.heard(p)
	if len(all) != 1 {
		w.t.Fatalf("%d frames, want one: %+v", len(all), all)
	}
	return all[0]
}

// says is what a frame makes a page say of the service; "nothing" when it does not touch it.
func (s said) says() string {
	out := "nothing"
	for _, op := range s.O {
		if _, rest, ok := strings.Cut(op.HTML, `data-service="`); ok {
			out, _, _ = strings.Cut(rest, `"`)
		}
	}
	return out
}

// TestServiceReachesScreens: every screen of a shop is told in its own words how the database stands, on a ping that moves no number, and
// told again when it is over. The database is asked nothing.
func TestServiceReachesScreens(t *testing.T) {
	w := newWall(t)
	words := map[Audience]string{
		{Screen: MenuScreen, Pizzeria: 1}: "panier", {Screen: TrackingScreen, Pizzeria: 1, ID: 7}: "Votre commande est gardée", {Screen: KitchenScreen, Pizzeria: 1}: "Notez sur papier",
		{Screen: CourierScreen, Pizzeria: 1, ID: 3}: "attendent dans le téléphone", {Screen: TillScreen, Pizzeria: 1}: "Notez sur papier", {Screen: StockScreen, Pizzeria: 1}: "Notez sur papier",
	}
	open, seq := map[Audience]*paper{}, map[Audience]int64{}
	for a := range words {
		open[a] = w.open(a, Shown{})
		seq[a] = w.one(open[a]).S
	}
	mute := []*paper{w.open(Audience{Screen: SupervisionScreen, Pizzeria: 1}, Shown{}), w.open(Audience{Screen: ClosedScreen, Pizzeria: 1}, Shown{})}
	w.heard(mute[0])
	w.heard(mute[1])

	for _, state := range []views.Service{views.ReadOnly, views.Down, views.Working} {
		w.SetService(state)
		w.SetService(state) // is no change
		for a, p := range open {
			f := w.one(p)
			if f.K != "ping" || f.S != seq[a] || len(f.O) != 1 || f.O[0].To != views.ServiceID || f.says() != string(state) {
				t.Errorf("%s was told %+v, want %q on a ping at %d", a, f, state, seq[a])
			}
			if got := strings.Contains(f.O[0].HTML, words[a]); got != (state != views.Working) {
				t.Errorf("%s in state %q: %s", a, state, f.O[0].HTML)
			}
		}
	}
	for _, p := range mute {
		if got := w.heard(p); len(got) > 0 {
			t.Errorf("a page without the piece was told %+v", got)
		}
	}
	if f := w.Boards.Figures(); f.Loads != 1 || f.Compares != 0 {
		t.Errorf("%d readings and %d comparisons, want the first reading alone", f.Loads, f.Compares)
	}

	// The next patch fits what the screens show: no number moved.
	kitchen := Audience{Screen: KitchenScreen, Pizzeria: 1}
	board, err := w.Board(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	w.hear(newOrderEvent(board))
	if f := w.one(open[kitchen]); f.K != "patch" || f.P != seq[kitchen] || f.says() != "nothing" {
		t.Errorf("the next patch: %+v", f)
	}
}

// TestServiceOnJoining: who comes back is told when what the page says is no longer so, and a drawing of before serves nobody.
func TestServiceOnJoining(t *testing.T) {
	w := newWall(t)
	kitchen := Audience{Screen: KitchenScreen, Pizzeria: 1}
	join := func(a Audience, seq int64, shown views.Service) said {
		t.Helper()
		return w.one(w.open(a, Shown{Epoch: "e1", Seq: seq, Service: shown}))
	}
	for _, state := range []views.Service{views.Working, views.ReadOnly, views.Down, views.Working} {
		w.SetService(state)
		for _, a := range screens {
			for range 2 { // drawn, then as it was drawn
				if f := join(a, 0, views.Working); f.M != ModeSnapshot || f.says() != string(state) {
					t.Errorf("%s got a %s that says %q, want %q", a, f.M, f.says(), state)
				}
			}
			for _, shown := range []views.Service{views.Working, views.ReadOnly, views.Down} {
				want := string(state)
				if shown == state {
					want = "nothing"
				}
				if f := join(a, 1000, shown); f.M != ModeCurrent || f.S != 1000 || f.says() != want {
					t.Errorf("%s shows %q and is told %+v, want %q", a, shown, f, want)
				}
			}
		}
		if f := join(Audience{Screen: SupervisionScreen, Pizzeria: 1}, 1000, ""); f.M != ModeCurrent || len(f.O) > 0 {
			t.Errorf("supervision is told %+v", f)
		}
	}
	s, err := w.shop(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	first := s.drawn(kitchen).frame
	join(kitchen, 0, "")
	if s.drawn(kitchen).frame != first {
		t.Error("a drawing that is still right was made anew")
	}
}

// TestServiceWhileJoining: whenever during the opening of a page the service changes, the page ends up saying how it stands.
func TestServiceWhileJoining(t *testing.T) {
	w := newWall(t)
	for n := range 90 {
		var mu sync.Mutex
		open := map[*paper]Audience{}
		var crowd sync.WaitGroup
		for i, a := range screens {
			crowd.Go(func() {
				shown := Shown{}
				if (n+i)%4 == 3 {
					shown = Shown{Epoch: "e1", Seq: 1000}
				}
				p := w.open(a, shown)
				mu.Lock()
				defer mu.Unlock()
				open[p] = a
			})
		}
		for start := time.Now(); time.Since(start) < time.Duration(n*20)*time.Microsecond; { // somewhere in the drawing
			runtime.Gosched()
		}
		now := []views.Service{views.ReadOnly, views.Working, views.Down}[n%3]
		w.SetService(now)
		crowd.Wait()
		for p, a := range open {
			last := views.Working
			for _, f := range w.heard(p) {
				if s := f.says(); s != "nothing" {
					last = views.Service(s)
				}
			}
			if last != now {
				t.Fatalf("%s says %q while the database is %q", a, last, now)
			}
		}
	}
}

// TestServicePause: a database that comes and goes is told about when it has made up its mind.
func TestServicePause(t *testing.T) {
	w := newWall(t)
	w.service.pause = time.Hour
	p := w.open(screens[0], Shown{})
	w.heard(p)
	w.SetService(views.Down)
	w.SetService(views.ReadOnly)
	w.SetService(views.Working)
	w.SetService(views.ReadOnly)
	if f := w.one(p); f.says() != string(views.Down) {
		t.Fatalf("told %+v", f)
	}
	w.service.mu.Lock()
	w.service.rest.until = time.Now().Add(20 * time.Millisecond)
	w.service.rest.due = false // the timer of an hour
	w.service.mu.Unlock()
	w.SetService(views.Working)
	var got []said
	until(t, "the end of the pause", func() bool { got = append(got, w.heard(p)...); return len(got) > 0 })
	if len(got) != 1 || got[0].says() != "" {
		t.Errorf("told %+v", got)
	}
}

// BenchmarkSetService tells ten thousand customers who follow their orders, and measures how long the shop was held up at most.
func BenchmarkSetService(b *testing.B) {
	w := newWall(b)
	board := anEvening()
	orders := map[int64]*app.Order{}
	for id := range int64(10_000) {
		orders[id+1] = anOrder(id + 1)
	}
	board.Orders = orders
	w.source = fixed{app.NewBoard(*board)}
	for id := range int64(10_000) {
		w.enter(Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id + 1}.Topic(), &paper{room: -1}, 1000)
	}
	s, err := w.shop(b.Context(), 1)
	if err != nil {
		b.Fatal(err)
	}
	s.mu.Lock()
	for id := range int64(10_000) {
		s.drawn(Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id + 1})
	}
	s.mu.Unlock()
	stop := make(chan struct{})
	worst := make(chan time.Duration)
	go func() {
		var most time.Duration
		for {
			select {
			case <-stop:
				worst <- most
				return
			default:
			}
			start := time.Now()
			s.mu.Lock()
			most = max(most, time.Since(start))
			s.mu.Unlock()
			time.Sleep(50 * time.Microsecond)
		}
	}()
	states := []views.Service{views.Down, views.Working}
	n := 0
	for b.Loop() {
		w.SetService(states[n%2])
		n++
		b.StopTimer()
		w.settle()
		b.StartTimer()
	}
	close(stop)
	b.ReportMetric(float64((<-worst).Microseconds()), "µs-worst-wait")
}
