package app

import (
	"testing"
	"time"
)

// TestOvenSince: each pizza of a line knows when it went into the oven, whatever was done to the others and to the ticket.
func TestOvenSince(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	o := anOrder(Delivery, Received)
	step := func(minute, pizza int, to ItemState) {
		t.Helper()
		if _, err := o.AdvanceItem(people[Cook], 1, pizza, to, at(minute)); err != nil {
			t.Fatal(err)
		}
	}
	since := func(one, two time.Time) {
		t.Helper()
		if got := [2]time.Time{o.OvenSince(1, 1), o.OvenSince(1, 2)}; got != [2]time.Time{one, two} {
			t.Errorf("in the oven since %v, want %v and %v", got, one, two)
		}
	}
	var no time.Time
	since(no, no)
	step(1, 2, InOven)
	since(no, at(1))
	if s := o.Journal[len(o.Journal)-1]; s.Pizza != 2 || s.From != string(Queued) {
		t.Errorf("journal: %+v", s)
	}
	step(3, 0, InOven) // the whole line: the one that is in it stays there
	since(at(3), at(1))
	step(4, 2, Done)
	since(at(3), no)
	step(5, 2, InOven) // back again
	since(at(3), at(5))
	// Bumped too soon and called back: it has been there all the time.
	if _, err := o.Advance(people[Cook], Ready, "", at(6)); err != nil {
		t.Fatal(err)
	}
	since(no, no)
	if _, err := o.Advance(people[Cook], Preparing, "", at(7)); err != nil {
		t.Fatal(err)
	}
	since(at(3), at(5))
	// On hold all of it begins again.
	if _, err := o.Advance(people[Cook], OnHold, "x", at(8)); err != nil {
		t.Fatal(err)
	}
	since(no, no)
	if _, err := o.Advance(people[Manager], Received, "", at(9)); err != nil {
		t.Fatal(err)
	}
	step(10, 1, InOven)
	since(at(10), no)
	if !o.OvenSince(1, 3).IsZero() || !o.OvenSince(9, 1).IsZero() {
		t.Error("no such pizza")
	}
	// A step of an earlier release names no pizza.
	o.Journal[len(o.Journal)-1].Pizza = 0
	since(at(10), no)
}
