package app

import (
	"testing"
	"time"
)

// An oven for four, a ride of a quarter of an hour; the order in question is the last.
func TestEstimates(t *testing.T) {
	after := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	item := func(o *Order, s ItemState, since int) {
		for i := range o.Lines[0].Items {
			o.Lines[0].Items[i] = s
		}
		o.record(Actor{Role: Cook}, o.Lines[0].N, string(Queued), string(s), "", after(since))
	}
	status := func(o *Order, s Status, since int) {
		o.record(Actor{Role: Cook}, 0, string(o.Status), string(s), "", after(since))
		o.Status = s
	}
	for _, row := range []struct {
		name    string
		ahead   [][2]int // pizzas, ready by
		pizzas  int
		mode    Mode
		promise int
		is      func(o *Order)
		want    int // minutes after noon; 0: nothing is said
	}{
		{"an idle kitchen keeps its promise", nil, 2, Pickup, 10, nil, 0},
		{"two minutes too late to begin", nil, 2, Pickup, 6, nil, 10},
		{"a minute too late is nothing to speak of", nil, 2, Pickup, 7, nil, 0},
		{"behind two loads", [][2]int{{4, -5}, {4, 0}}, 1, Pickup, 10, nil, 20},
		{"what is due later does not count", [][2]int{{4, 30}, {40, 40}}, 1, Pickup, 10, nil, 0},
		{"and the ride", [][2]int{{4, -5}, {4, 0}}, 1, Delivery, 25, nil, 35},
		{"begun four minutes ago", nil, 1, Pickup, 1, func(o *Order) { item(o, Making, -4) }, 5},
		{"in the oven long enough", nil, 1, Pickup, -10, func(o *Order) { item(o, InOven, -9) }, 60 * 24},
		{"in the oven", nil, 1, Pickup, 0, func(o *Order) { item(o, InOven, -2) }, 5},
		{"in the oven: it is kept", nil, 1, Pickup, 5, func(o *Order) { item(o, InOven, -2) }, 0},
		{"waits for its courier", nil, 1, Delivery, 10, func(o *Order) { status(o, Ready, -3) }, 15},
		{"on the way", nil, 1, Delivery, 10, func(o *Order) { status(o, OnTheWay, 0) }, 15},
		{"on the way in time", nil, 1, Delivery, 10, func(o *Order) { status(o, OnTheWay, -6) }, 0},
		{"on the way for too long", nil, 1, Delivery, -4, func(o *Order) { status(o, OnTheWay, -30) }, 60 * 24},
		{"waits at the counter", nil, 1, Pickup, -30, func(o *Order) { status(o, Ready, -30) }, 0},
		{"waits for the customer's choice", nil, 1, Pickup, -30, func(o *Order) { status(o, OnHold, -30) }, 0},
		{"was handed over", nil, 1, Pickup, -30, func(o *Order) { status(o, Collected, 0) }, 0},
	} {
		b := aKitchen(row.ahead...)
		o := pizzasDue(99, row.pizzas, after(row.promise))
		o.Mode, o.PromisedAt = row.mode, o.ReadyBy
		if row.mode == Delivery {
			o.ReadyBy = o.ReadyBy.Add(-15 * time.Minute)
		}
		if row.is != nil {
			row.is(o)
		}
		want := time.Time{}
		switch row.want {
		case 0:
		case 60 * 24: // now: the latest that is not past
			want = noon
		default:
			want = after(row.want)
		}
		if got := with(b, o).Estimates(noon)[99]; !got.Equal(want) {
			t.Errorf("%s: %v after noon, want %v", row.name, got.Sub(noon), want.Sub(noon))
		}
	}
}

// Told to five minutes: somebody who waits behind a kitchen that stands still is told something new every five minutes, not each second.
func TestEstimateChangesSeldom(t *testing.T) {
	b := aKitchen([2]int{4, 0}, [2]int{2, 5})
	b.Orders[2].PromisedAt = b.Orders[2].ReadyBy
	said := map[time.Time]bool{}
	for s := range 30 * 60 {
		said[b.Estimates(noon.Add(time.Duration(s) * time.Second))[2]] = true
	}
	if len(said) != 7 {
		t.Errorf("in half an hour %d estimates", len(said))
	}
}

// A shop that opens tomorrow is late with nothing.
func TestEstimatesOfAnotherService(t *testing.T) {
	b := aKitchen([2]int{40, 60 * 24})
	b.Pizzeria.AlwaysOpen = false
	b.Pizzeria.Hours = []Opening{{Day: noon.Add(24 * time.Hour).In(Paris).Weekday(), From: 11 * 60, To: 15 * 60}}
	b.Orders[1].PromisedAt = noon.Add(24 * time.Hour)
	if got := b.Estimates(noon); len(got) > 0 {
		t.Errorf("the day before: %v", got)
	}
	if got := b.Estimates(noon.Add(24 * time.Hour)); len(got) != 1 {
		t.Errorf("when it is due: %v", got)
	}
}

func BenchmarkEstimates(b *testing.B) {
	board := anEvening()
	for b.Loop() {
		board.Estimates(noon)
	}
}
