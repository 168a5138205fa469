package simulate

import (
	"slices"
	"testing"
)

const wallPage = `<!doctype html><html><body><h1>Cuisine</h1>
<main id="board" data-live="/live/cuisine?pizzeria=a" data-epoch="e1" data-seq="7" data-build="b">
<p id="kitchen-load" data-oven-size="6"><b>1</b></p>
<section id="tickets"><article id="ticket-5" data-status="received" data-version="1" data-due="90">
<ol><li id="ticket-5-l1-row" data-state="queued"><button id="ticket-5-l1"><img src="x"></button>
<span><button id="ticket-5-l1-p1" data-state="queued"></button><button id="ticket-5-l1-p2" data-state="queued"></button></span></li>
<li id="ticket-5-l2-row" data-state="oven"><br></li></ol></article>
<article id="ticket-3" data-status="received" data-version="1" data-due="80"></article></section>
<dialog id="recall"></dialog></main></body></html>`

func TestPageIsRead(t *testing.T) {
	p := newPage(wallPage)
	if n, _ := p.byID["board"].number("seq"); n != 7 {
		t.Errorf("seq of the board: %d, want 7", n)
	}
	if parent := p.byID["ticket-5"].parent; parent != p.byID["tickets"] {
		t.Errorf("the ticket stands in %v", parent)
	}
	want := []row{{n: 1, pizzas: 2, state: "queued"}, {n: 2, pizzas: 1, state: "oven"}}
	if got := rows(p, 5); !slices.Equal(got, want) {
		t.Errorf("rows of the ticket: %v, want %v", got, want)
	}
	wall := &screen{page: p}
	if id, ok := nextTicket(wall, map[int64]bool{}); !ok || id != 3 {
		t.Errorf("next ticket: %d, want the one due first, 3", id)
	}
	if id, ok := nextTicket(wall, map[int64]bool{3: true}); !ok || id != 5 {
		t.Errorf("next ticket: %d, want 5", id)
	}
}

func TestFramesChangeThePage(t *testing.T) {
	p := newPage(wallPage)
	var came, went []string
	p.added = func(e *element) { came = append(came, e.id) }
	p.removed = func(e *element) { went = append(went, e.id) }
	err := p.apply([]op{
		{Do: "morph", To: "ticket-5", HTML: `<article id="ticket-5" data-version="2"></article>`},
		{Do: "append", To: "tickets", HTML: `<article id="ticket-9" data-version="1"></article>`},
		{Do: "append", To: "tickets", HTML: `<article id="ticket-9" data-version="2"></article>`},
		{Do: "before", To: "ticket-9", HTML: `<article id="ticket-8"></article>`},
		{Do: "remove", To: "ticket-3"},
		{Do: "remove", To: "ticket-77"},
		{Do: "event", Name: "new-order"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.byID["ticket-3"] != nil || p.byID["ticket-5-l1"] != nil {
		t.Error("what was removed is still known")
	}
	if v := p.byID["ticket-9"].data["version"]; v != "2" {
		t.Errorf("an append of an id that exists must morph it: version %s", v)
	}
	if n := len(p.byID["tickets"].children); n != 3 {
		t.Errorf("%d tickets on the wall, want 3", n)
	}
	if !slices.Contains(came, "ticket-9") || !slices.Contains(went, "ticket-3") {
		t.Errorf("came %v, went %v", came, went)
	}
}

func TestSnapshotKeepsTheSocket(t *testing.T) {
	p := newPage(wallPage)
	if err := p.apply([]op{{Do: "morph", To: "board", HTML: `<main id="board" data-seq="9"></main>`}}); err != nil {
		t.Fatal(err)
	}
	b := p.byID["board"]
	if b.data["live"] != "/live/cuisine?pizzeria=a" || b.data["seq"] != "9" || len(p.byID) != 1 {
		t.Errorf("board after a snapshot: %v, %d elements", b.data, len(p.byID))
	}
}

func TestFramesThatCannotBeApplied(t *testing.T) {
	for _, o := range []op{
		{Do: "morph", To: "nowhere", HTML: `<p id="nowhere"></p>`},
		{Do: "morph", To: "ticket-5", HTML: ``},
		{Do: "explode", To: "ticket-5"},
	} {
		if newPage(wallPage).apply([]op{o}) == nil {
			t.Errorf("%+v was applied", o)
		}
	}
}

func TestOrderOf(t *testing.T) {
	for id, want := range map[string]int64{"ticket-5": 5, "drop-12": 12, "late-1": 1, "order-7": 7, "recalled-3": 3} {
		if got, ok := orderOf(id); !ok || got != want {
			t.Errorf("%s is order %d, %t", id, got, ok)
		}
	}
	for _, id := range []string{"ticket-5-l1", "tickets", "product-reine", "order-"} {
		if n, ok := orderOf(id); ok {
			t.Errorf("%s was taken for order %d", id, n)
		}
	}
}

func TestPagesAreCompared(t *testing.T) {
	shown, fresh := newPage(wallPage), newPage(wallPage)
	if d := differ(shown, fresh); len(d) > 0 {
		t.Fatalf("a page differs from itself: %v", d)
	}
	if err := shown.apply([]op{{Do: "remove", To: "ticket-3"}, {Do: "morph", To: "ticket-5", HTML: `<article id="ticket-5" data-status="ready" data-version="4"></article>`}}); err != nil {
		t.Fatal(err)
	}
	want := []string{"il manque ticket-3", "ticket-5 est « ready v4 » au lieu de « received v1 »"}
	if d := differ(shown, fresh); !slices.Equal(d, want) {
		t.Errorf("differences %q, want %q", d, want)
	}
	if d := differ(fresh, shown); !slices.Contains(d, "ticket-3 est de trop") {
		t.Errorf("differences %q", d)
	}
}
