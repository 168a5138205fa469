package realtime

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// drawnTiles are the figures that a frame draws, by id.
func (s said) drawnTiles() map[string]string {
	out := map[string]string{}
	for _, op := range s.O {
		if views.IsTile(op.To) {
			out[op.To] = op.HTML
		}
	}
	return out
}

// TestTilesArePaced: in a rush the manager's figures change once in a pause, and are right at its end; orders are drawn at once. Whoever
// comes back with the number of a patch that went out without its figures gets them.
func TestTilesArePaced(t *testing.T) {
	w := &wall{bench: newBench(HubOptions{BatchTick: -1}), t: t}
	w.Boards = NewBoards(fixed{anEvening()}, w.Hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour, Rest: 1})
	t.Cleanup(w.Boards.Close)
	w.cockpit.at = time.Now().Add(time.Hour) // nobody turns the hub while it is asked for its figures
	a := Audience{Screen: DashboardScreen, Pizzeria: 1}
	p := w.open(a, Shown{})
	w.heard(p)
	s, err := w.shop(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	board := func() *app.Board { return s.board.Load() }
	order := func() said {
		t.Helper()
		e := newOrderEvent(board())
		id := views.LateID(e.Orders[0].ID)
		w.Publish(t.Context(), e)
		for _, f := range w.heard(p) {
			if strings.Contains(f.O[0].HTML+f.O[len(f.O)-1].HTML, id) || slices.ContainsFunc(f.O, func(op Op) bool { return strings.Contains(op.HTML, `id="`+id+`"`) }) {
				return f
			}
		}
		t.Fatalf("the order %s was not drawn at once", id)
		return said{}
	}
	back := func() said {
		t.Helper()
		s.mu.Lock()
		shown := Shown{Epoch: "e1", Seq: s.seq(a), Service: views.Working}
		s.mu.Unlock()
		f := w.one(w.open(a, shown))
		if f.M != ModeCurrent {
			t.Fatalf("a page that is current gets %+v", f)
		}
		return f
	}
	all := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		for _, piece := range views.TilePieces(board(), time.Now(), views.Before{}) {
			html, err := render(piece.Component)
			if err != nil {
				t.Fatal(err)
			}
			out[piece.ID] = html
		}
		return out
	}

	if first := order().drawnTiles(); first[views.TileID("open")] != all()[views.TileID("open")] {
		t.Errorf("the first order of a quiet shop draws %v", first)
	}
	if f := back(); len(f.O) != 0 {
		t.Errorf("a page that has all gets %d pieces", len(f.O))
	}
	s.mu.Lock()
	s.tiles.until = time.Now().Add(time.Hour)
	s.mu.Unlock()
	for range 5 {
		if f := order(); len(f.drawnTiles()) != 0 {
			t.Errorf("the figures are drawn again within the pause: %v", slices.Sorted(maps.Keys(f.drawnTiles())))
		}
	}
	// The end of the pause.
	s.mu.Lock()
	s.tiles.until = time.Now().Add(20 * time.Millisecond)
	s.tiles.due = false // the timer of an hour
	s.mu.Unlock()
	order()
	var late []said
	until(t, "the end of the pause", func() bool { late = append(late, w.heard(p)...); return len(late) > 0 })
	if len(late) != 1 || late[0].K != "ping" || late[0].S != board().Seq || !maps.Equal(late[0].drawnTiles(), all()) {
		t.Errorf("at the end of the pause: %+v", late)
	}
	if f := back(); !maps.Equal(f.drawnTiles(), all()) {
		t.Errorf("a page that may have missed them gets %v", f.drawnTiles())
	}
	// The next patch after a pause has them.
	s.mu.Lock()
	s.tiles.until = time.Time{}
	s.mu.Unlock()
	if f := order(); f.drawnTiles()[views.TileID("open")] != all()[views.TileID("open")] {
		t.Errorf("after the pause: %v", f.drawnTiles())
	}
	if f := back(); len(f.O) != 0 {
		t.Errorf("a page that has all again gets %d pieces", len(f.O))
	}
}

// TestNewServiceDay: the figures begin anew on a page that stood open over night, though nothing happened.
func TestNewServiceDay(t *testing.T) {
	w := newWall(t)
	w.cockpit.at = time.Now().Add(time.Hour)
	s, err := w.shop(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	w.recall(t.Context(), s) // else the week before comes with figures of its own
	a := Audience{Screen: DashboardScreen, Pizzeria: 1}
	p := w.open(a, Shown{})
	w.Refresh()
	if f := w.heard(p); len(f[len(f)-1].drawnTiles()) != 0 {
		t.Error("the figures are sent although the day is the same")
	}
	s.mu.Lock()
	s.tiles.day = "2026-03-13"
	s.mu.Unlock()
	w.Refresh()
	var tiles map[string]string
	for _, f := range w.heard(p) {
		if drawn := f.drawnTiles(); len(drawn) > 0 {
			tiles = drawn
		}
	}
	if !strings.Contains(tiles[views.TilesAtID], `data-day="`+app.ServiceDay(time.Now())+`"`) {
		t.Errorf("the new day draws %v", tiles)
	}
	if f := w.one(w.open(a, Shown{Epoch: "e1", Seq: 1000, Service: views.Working})); len(f.drawnTiles()) == 0 {
		t.Error("a page of yesterday that comes back keeps its figures")
	}
}
