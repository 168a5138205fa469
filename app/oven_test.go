package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// aKitchen is a shop with an oven for four, a ride of a quarter of an hour, and orders of so many pizzas ready by so many minutes after noon.
func aKitchen(orders ...[2]int) *Board {
	b := Board{Pizzeria: Pizzeria{ID: 1, OvenPizzas: 4, DeliveryMinutes: 15, Postcodes: []string{"66000"}, AlwaysOpen: true}, Epoch: "e1", Menu: aMenu(), Orders: map[int64]*Order{}}
	for i, o := range orders {
		b.Orders[int64(i+1)] = pizzasDue(int64(i+1), o[0], noon.Add(time.Duration(o[1])*time.Minute))
	}
	return NewBoard(b)
}

func pizzasDue(id int64, pizzas int, readyBy time.Time) *Order {
	o := anOrder(Pickup, Received)
	o.ID, o.Number, o.ReadyBy = id, int(id), readyBy
	o.Lines = o.Lines[:1]
	o.Lines[0].Items = make([]ItemState, pizzas)
	for i := range o.Lines[0].Items {
		o.Lines[0].Items[i] = Queued
	}
	return o
}

// with is the board with one order more.
func with(b *Board, o *Order) *Board {
	next, err := b.Apply(Event{Epoch: b.Epoch, Seq: b.Seq + 1, Orders: []*Order{o}})
	if err != nil {
		panic(err)
	}
	return next
}

func TestPromiseCompetesWithWhatIsDue(t *testing.T) {
	for _, row := range []struct {
		name   string
		ahead  [][2]int
		pizzas int
		mode   Mode
		want   int // minutes after noon
	}{
		{"an idle oven", nil, 2, Pickup, 10},
		{"an idle oven, and the ride", nil, 2, Delivery, 25},
		{"drinks alone", [][2]int{{40, 60}}, 0, Pickup, 10},
		{"two loads", nil, 5, Pickup, 15},
		{"room beside what is in hand", [][2]int{{2, 10}}, 2, Pickup, 10},
		{"behind what is in hand", [][2]int{{4, 10}}, 1, Pickup, 15},
		{"behind a long queue", [][2]int{{4, 10}, {4, 15}, {4, 20}, {4, 26}}, 2, Pickup, 35},
		{"behind those that are late", [][2]int{{4, -30}, {4, -20}}, 1, Pickup, 20},
		{"twenty for the evening are far away", [][2]int{{20, 540}}, 2, Pickup, 10},
		{"and so are two hundred, while there is time for them", [][2]int{{200, 540}}, 2, Pickup, 10},
		{"what the oven is needed for now comes first", [][2]int{{20, 32}}, 1, Pickup, 40},
		{"what it will be needed for soon does not", [][2]int{{20, 45}}, 1, Pickup, 10},
	} {
		if _, got := aKitchen(row.ahead...).Promise(row.mode, row.pizzas, noon); int(got.Sub(noon).Minutes()) != row.want {
			t.Errorf("%s: promised after %v, want %d min", row.name, got.Sub(noon), row.want)
		}
	}
	begun := aKitchen([2]int{8, 10})
	order := begun.Orders[1].Clone()
	order.Status, order.Version = Preparing, 2
	for i := range 6 {
		order.Lines[0].Items[i] = Done
	}
	if _, got := with(begun, order).Promise(Pickup, 2, noon); got.Sub(noon) != 10*time.Minute {
		t.Errorf("beside the last two of eight: %v", got.Sub(noon))
	}
}

func TestSlotsHaveRoom(t *testing.T) {
	clock := func(b *Board, pizzas int) string {
		var out []string
		for _, at := range b.Slots(Pickup, pizzas, noon, 4) {
			out = append(out, at.In(Paris).Format("15:04"))
		}
		return strings.Join(out, " ")
	}
	if got := clock(aKitchen(), 2); got != "12:15 12:30 12:45 13:00" {
		t.Errorf("nobody ahead: %s", got)
	}
	busy := aKitchen([2]int{12, 45})
	if got := clock(busy, 6); got != "12:30 12:45 13:00 13:15" {
		t.Errorf("six more beside twelve for 12:45, which then wait nine minutes: %s", got)
	}
	if got := clock(busy, 8); got != "12:30 13:00 13:15 13:30" {
		t.Errorf("eight, for which they would wait twelve: %s", got)
	}
	at := noon.Add(45 * time.Minute)
	if _, _, err := busy.promiseAt(at, Pickup, 8, noon); KindOf(err) != Conflict || !strings.Contains(err.Error(), "complet") || !strings.Contains(err.Error(), "à 13:00") || AsError(err).Field != "creneau" {
		t.Errorf("a full slot: %v", err)
	}
	if _, got, err := busy.promiseAt(at, Pickup, 1, noon); err != nil || !got.Equal(at) {
		t.Errorf("one more for it: %v %v", got, err)
	}
	// Big orders have their slot too, where the oven is free long enough before it.
	if _, got, err := aKitchen().promiseAt(noon.Add(3*time.Hour), Delivery, 112, noon); err == nil {
		t.Errorf("112 pizzas in two hours and three quarters: %v", got)
	}
	if _, _, err := aKitchen().promiseAt(noon.Add(3*time.Hour), Delivery, 108, noon); err != nil {
		t.Errorf("108: %v", err)
	}
}

// An order grows as far as its promise can be kept.
func TestGrowingOrderKeepsItsPromise(t *testing.T) {
	b := aKitchen([2]int{4, 10}, [2]int{2, 16}, [2]int{4, 60})
	grown := func(n int) []Line { return pizzasDue(2, n, noon).Lines }
	for n, want := range map[int]bool{1: true, 2: true, 4: true, 5: false, 30: false} {
		if err := b.keeps(b.Orders[2], grown(n), noon); (err == nil) != want || err != nil && !strings.Contains(err.Error(), fmt.Sprint(n-2, " pizzas de plus")) {
			t.Errorf("two pizzas become %d: %v", n, err)
		}
	}
}

// A shop that opens at six has nothing ready at six.
func TestSlotsAfterTheOpening(t *testing.T) {
	b := aKitchen()
	b.Pizzeria.AlwaysOpen = false
	b.Pizzeria.Hours = []Opening{{Day: noon.In(Paris).Weekday(), From: 18 * 60, To: 22 * 60}}
	opens, _ := b.Pizzeria.NextOpening(noon)
	for _, c := range []struct {
		mode   Mode
		pizzas int
		first  time.Duration
	}{{Pickup, 1, 15 * time.Minute}, {Delivery, 1, 30 * time.Minute}, {Pickup, 12, 30 * time.Minute}} {
		got := b.Slots(c.mode, c.pizzas, noon, 40)
		if len(got) == 0 || got[0].Sub(opens) != c.first || got[len(got)-1].Sub(opens) >= 4*time.Hour {
			t.Errorf("%s of %d: %v, want the first %v after the opening", c.mode, c.pizzas, got, c.first)
		}
	}
	if _, _, err := b.promiseAt(opens, Pickup, 1, noon); KindOf(err) != Conflict {
		t.Errorf("as it opens: %v", err)
	}
	for i := range 20 { // the evening's first half hour fills up
		if slots := b.Slots(Pickup, 2, noon, 1); len(slots) == 1 {
			b = with(b, pizzasDue(int64(100+i), 2, slots[0]))
		}
	}
	if got := b.Slots(Pickup, 2, noon, 1); got[0].Sub(opens) <= 30*time.Minute {
		t.Errorf("forty pizzas later the first slot is %v after the opening", got[0].Sub(opens))
	}
}

// Whatever is ordered, in whatever order: nothing is promised that the oven cannot do, nothing that was promised is broken by what comes
// after, and nobody's pizzas wait for another's.
func TestPromisesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := aKitchen()
		b.Pizzeria.OvenPizzas = rapid.IntRange(1, 9).Draw(t, "oven")
		for i := range rapid.IntRange(1, 25).Draw(t, "orders") {
			n := rapid.IntRange(1, 14).Draw(t, "pizzas")
			mode := rapid.SampledFrom([]Mode{Delivery, Pickup}).Draw(t, "mode")
			var slot time.Time
			if rapid.Bool().Draw(t, "later") {
				slot = noon.Add(time.Duration(rapid.IntRange(1, 24).Draw(t, "slot")) * 15 * time.Minute)
			}
			readyBy, promised, err := b.promiseAt(slot, mode, n, noon)
			if err != nil {
				if KindOf(err) != Conflict {
					t.Fatal(err)
				}
				continue
			}
			if promised.Truncate(roundMinutes*time.Minute) != promised || promised.Sub(readyBy) != b.ride(mode) || !slot.IsZero() && promised != slot {
				t.Fatalf("promised %v, ready by %v, slot %v", promised, readyBy, slot)
			}
			b = with(b, pizzasDue(int64(i+1), n, readyBy))
			o := b.oven(noon, noon, nil)
			for _, d := range o.dues {
				if o.ready(d.sum).After(d.by) {
					t.Fatalf("%d pizzas are due by %v and ready by %v", d.sum, d.by.Sub(noon), o.ready(d.sum).Sub(noon))
				}
			}
			if late := latestStart(o); late != "" {
				t.Fatal(late)
			}
		}
	})
}

// latestStart bakes everything as late as it may be and says what waits too long.
func latestStart(o *oven) string {
	begin := noon.Add(48 * time.Hour)
	for i := len(o.dues) - 1; i >= 0; i-- {
		d := o.dues[i]
		end := sooner(begin, d.by)
		if wait := d.by.Sub(end); wait > restMinutes*time.Minute {
			return fmt.Sprintf("what is due by %v waits %v", d.by.Sub(noon), wait)
		}
		begin = end.Add(-o.busy(d.pizzas))
	}
	return ""
}

// More pizzas are never sooner, an order more never makes another's promise sooner, and one for later never makes it later.
func TestPromiseIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := aKitchen()
		b.Pizzeria.OvenPizzas = rapid.IntRange(1, 9).Draw(t, "oven")
		last := noon
		for i := range rapid.IntRange(0, 15).Draw(t, "orders") {
			readyBy, _ := b.Promise(Pickup, rapid.IntRange(1, 9).Draw(t, "ahead"), noon)
			last = later(last, readyBy)
			b = with(b, pizzasDue(int64(i+1), b.oven(noon, noon, nil).size, readyBy))
		}
		n := rapid.IntRange(1, 12).Draw(t, "pizzas")
		now, _ := b.Promise(Pickup, n, noon)
		if more, _ := b.Promise(Pickup, n+rapid.IntRange(1, 9).Draw(t, "more"), noon); more.Before(now) {
			t.Fatalf("%d pizzas at %v, more of them at %v", n, now.Sub(noon), more.Sub(noon))
		}
		big := rapid.IntRange(1, 40).Draw(t, "for later")
		o := b.oven(noon, noon, nil)
		slot := roundUp(later(last, now).Add(o.busy(big)+o.busy(n)+prepMinutes*time.Minute), slotMinutes*time.Minute)
		if _, _, err := b.promiseAt(slot, Pickup, big, noon); err != nil {
			t.Skip("no room")
		}
		if after, _ := with(b, pizzasDue(99, big, slot)).Promise(Pickup, n, noon); !after.Equal(now) {
			t.Fatalf("%d pizzas for %v moved a promise from %v to %v", big, slot.Sub(noon), now.Sub(noon), after.Sub(noon))
		}
	})
}
