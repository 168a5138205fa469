package simulate

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func at(ms int) time.Time { return time.UnixMilli(int64(1_000_000 + ms)) }

func TestLatencyWhicheverComesFirst(t *testing.T) {
	write := written{sent: at(0), answered: at(10)}
	for name, play := range map[string]func(*notebook){
		"answer first": func(n *notebook) {
			n.wrote(1, 3, write)
			n.shown(kitchenScreen, 1, 2, at(5), true) // an older version
			n.shown(kitchenScreen, 1, 3, at(14), true)
			n.shown(kitchenScreen, 1, 4, at(90), true)
		},
		"frame first": func(n *notebook) {
			n.shown(kitchenScreen, 1, 2, at(-5), true)
			n.shown(kitchenScreen, 1, 3, at(14), true)
			n.wrote(1, 3, write)
		},
		"gone from the screen": func(n *notebook) {
			n.wrote(1, 3, write)
			n.shown(kitchenScreen, 1, gone, at(14), true)
		},
		"versions in between were skipped": func(n *notebook) {
			n.shown(kitchenScreen, 1, 5, at(14), true)
			n.wrote(1, 3, write)
		},
	} {
		n := newNotebook()
		play(n)
		got := n.samples[kitchenScreen]
		if len(got) != 1 || got[0].total != 14*time.Millisecond || got[0].after != 4*time.Millisecond {
			t.Errorf("%s: samples %v, want one of 14 ms, 4 ms after the answer", name, got)
		}
	}
}

func TestLatencyLeavesOut(t *testing.T) {
	n := newNotebook()
	n.wrote(1, 1, written{sent: at(0), answered: at(3)})
	n.shown(kitchenScreen, 1, 1, at(900), false) // by a reconnection
	n.wrote(2, 1, written{sent: at(0), answered: at(3), again: true})
	n.shown(kitchenScreen, 2, 1, at(5), true)
	n.shown(kitchenScreen, 3, gone, at(-9), true) // gone before the write: says nothing of it
	n.wrote(3, 2, written{sent: at(0), answered: at(3)})
	if got := n.samples[kitchenScreen]; len(got) != 0 {
		t.Errorf("samples %v, want none", got)
	}
	if !n.saw(kitchenScreen, 1) || n.saw(courierScreen, 1) {
		t.Error("what was seen where is not remembered")
	}
}

func TestMenuLatency(t *testing.T) {
	n := newNotebook()
	n.menuShown("a", 5, at(7))
	n.menuCaused("a", 5, written{sent: at(0), answered: at(4)})
	n.menuShown("a", 5, at(9))
	n.menuShown("b", 5, at(9))
	if got := n.samples[menuScreen]; len(got) != 2 || got[0].total != 7*time.Millisecond || got[1].total != 9*time.Millisecond {
		t.Errorf("samples %v", got)
	}
}

func TestSpread(t *testing.T) {
	if spreadOf(nil) != (spread{}) {
		t.Error("nothing has a spread")
	}
	var all []sample
	for i := range 200 {
		all = append(all, sample{total: time.Duration(200-i) * time.Millisecond})
	}
	got := spreadOf(all)
	if want := (spread{Count: 200, P50: 100, P99: 198, Max: 200}); got != want {
		t.Errorf("spread %+v, want %+v", got, want)
	}
	if one := spreadOf(all[:1]); one.P50 != 200 || one.P99 != 200 {
		t.Errorf("spread of one: %+v", one)
	}
}

func TestOversoldStockIsSeen(t *testing.T) {
	n := newNotebook()
	row := func(onHand, reserved string) *element {
		return &element{id: "level-mozzarella", data: map[string]string{"on-hand": onHand, "reserved": reserved}}
	}
	n.checkStock("a", row("100", "100"))
	if len(n.broken) != 0 {
		t.Errorf("broken: %v", n.broken)
	}
	n.checkStock("a", row("100", "101"))
	n.checkStock("a", row("100", "101"))
	if len(n.broken) != 1 || !strings.Contains(n.broken[0], "level-mozzarella") {
		t.Errorf("broken: %v", n.broken)
	}
}

func TestEveningCurve(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func(h, m int) float64 {
		return busy(day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute))
	}
	if clock(20, 15) != 1 || clock(12, 0) != 0.05 || clock(23, 30) != 0.05 {
		t.Errorf("peak %v, noon %v, night %v", clock(20, 15), clock(12, 0), clock(23, 30))
	}
	if up, down := clock(18, 30), clock(22, 0); up <= 0.15 || up >= 0.55 || down <= 0.2 || down >= 0.5 {
		t.Errorf("half past six %v, ten %v", up, down)
	}
}

func TestArrivals(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2026, 1, 1, 20, 0, 0, 0, time.UTC)
	n := 0
	for next := nextArrival(rng, from, 6000); next.Before(from.Add(30 * time.Minute)); next = nextArrival(rng, next, 6000) {
		n++
	}
	// Poisson of mean 3000: six standard deviations are 330.
	if n < 2670 || n > 3330 {
		t.Errorf("%d customers in half an hour of the peak, want about 3000", n)
	}
}

func TestClockPlaysTheHeartOfTheEvening(t *testing.T) {
	for _, c := range []struct {
		real time.Duration
		pace float64
		want string
	}{{3 * time.Minute, 20, "19:45"}, {5 * time.Minute, 60, "18:00"}, {10 * time.Minute, 60, "18:00"}, {time.Minute, 1, "20:14"}} {
		if got := newClock(c.real, c.pace).opens.Format("15:04"); got != c.want {
			t.Errorf("%v at %v begins at %s, want %s", c.real, c.pace, got, c.want)
		}
	}
}

func TestHurry(t *testing.T) {
	c := newClock(time.Minute, 1)
	done := make(chan bool)
	go func() { done <- c.wait(t.Context(), time.Hour) }()
	c.hurry()
	select {
	case ok := <-done:
		if !ok {
			t.Error("the wait was called off")
		}
	case <-time.After(5 * time.Second):
		t.Error("nobody hurries")
	}
}

func TestBaskets(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	m := &menu{Products: []product{
		{Slug: "reine", Kind: "pizza", Sizes: []size{{Size: "medium", Left: 1}, {Size: "large", Left: 0}}},
		{Slug: "eau", Kind: "drink", Sizes: []size{{Size: "single", Left: 5}}},
	}}
	p := &shop{Slug: "a", Postcodes: []string{"66000"}}
	seen := map[string]int{}
	for range 200 {
		lines := m.basket(rng)
		if len(lines) < 1 || len(lines) > 4 || lines[0] != "reine:medium:1" {
			t.Fatalf("basket %v", lines)
		}
		for _, l := range lines {
			seen[l]++
		}
		form := orderForm(rng, p, lines)
		if form.Get("mode") == "livraison" && (form.Get("adresse") == "" || form.Get("code_postal") != "66000") {
			t.Fatalf("form %v", form)
		}
		seen[form.Get("mode")]++
	}
	if seen["eau:single:1"] == 0 || seen["livraison"] == 0 || seen["retrait"] == 0 {
		t.Errorf("no variety: %v", seen)
	}
	m.Products[0].Sizes[0].Left = 0
	if lines := m.basket(rng); lines != nil {
		t.Errorf("no pizza is left, and yet %v", lines)
	}
	p.Postcodes = nil
	if mode := orderForm(rng, p, nil).Get("mode"); mode != "retrait" {
		t.Errorf("mode %s where no postcode is known", mode)
	}
}
