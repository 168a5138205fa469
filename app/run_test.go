package app

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The towns of the tables, about Perpignan.
var (
	theShop = Place{42.7005, 2.8925}
	towns   = map[string]Place{
		"66000": {42.7021, 2.9052}, // 1 km east
		"66330": {42.6813, 2.9414}, // 4.5 km south-east
		"66280": {42.6556, 2.9513}, // 7 km, the same direction
		"66240": {42.7146, 2.8437}, // 4.3 km west-north-west
		"66540": {42.7012, 2.8251}, // 5.5 km west
	}
)

// stop is a delivery of a table: where to, what its courier's status is, minutes from noon.
type stop struct {
	id              int64
	postcode        string
	status          Status
	courier         int64
	ready, promised int
}

func roadBoard(stops ...stop) *Board {
	b := Board{Pizzeria: Pizzeria{ID: 1, At: theShop, Places: towns}, Epoch: "e1", Seq: 10, Menu: aMenu(), Levels: map[int64]Level{}, Orders: map[int64]*Order{}}
	for _, s := range stops {
		o := &Order{ID: s.id, Pizzeria: 1, Number: int(s.id), ServiceDay: "2026-03-14", Version: 1, Mode: Delivery, Status: s.status, Courier: s.courier, Contact: Contact{Postcode: s.postcode}}
		o.PromisedAt = noon.Add(time.Duration(s.promised) * time.Minute)
		o.Journal = []Step{{N: 1, At: noon.Add(time.Duration(s.ready) * time.Minute), From: string(Preparing), To: string(Ready)}}
		if s.status == Cancelled {
			o.ClosedAt = noon
		}
		b.Orders[s.id] = o
	}
	return NewBoard(b)
}

func TestTogether(t *testing.T) {
	ready := func(id int64, postcode string, out, promised int) stop {
		return stop{id, postcode, Ready, 0, out, promised}
	}
	for _, c := range []struct {
		name  string
		stops []stop
		want  []int64
		same  bool
		since int // minutes from noon
	}{
		{"nothing is ready", nil, nil, false, 0},
		{"one alone goes as it is", []stop{ready(1, "66000", 0, 30)}, nil, false, 0},
		{"one postcode", []stop{ready(1, "66000", 3, 30), ready(2, "66000", 0, 35)}, []int64{1, 2}, true, 0},
		{"one direction", []stop{ready(1, "66330", 0, 30), ready(2, "66280", 2, 35)}, []int64{1, 2}, false, 0},
		{"east and west do not go together", []stop{ready(1, "66330", 0, 30), ready(2, "66540", 0, 35)}, nil, false, 0},
		{"cold and hot do not", []stop{ready(1, "66000", 0, 30), ready(2, "66000", 11, 35)}, nil, false, 0},
		{"nor one by one over ten minutes", []stop{ready(1, "66000", 5, 30), ready(2, "66000", 0, 35), ready(3, "66000", 12, 40)}, []int64{1, 2}, true, 0},
		{"three at most, the first promised", []stop{ready(4, "66000", 1, 60), ready(1, "66000", 1, 30), ready(2, "66000", 1, 35), ready(3, "66000", 1, 40)}, []int64{1, 2, 3}, true, 1},
		{"the first promised goes alone, others do together", []stop{ready(1, "66330", 0, 30), ready(2, "66240", 1, 35), ready(3, "66540", 2, 40)}, []int64{2, 3}, false, 1},
		{"an unknown postcode only with itself", []stop{ready(1, "75001", 0, 30), ready(2, "66000", 0, 35), ready(3, "75001", 0, 40)}, []int64{1, 3}, true, 0},
		{"what is being made or carried is left out", []stop{ready(1, "66000", 0, 30), {2, "66000", Preparing, 0, 0, 35}, {3, "66000", OnTheWay, 7, 0, 35}}, nil, false, 0},
	} {
		got := roadBoard(c.stops...).Together()
		switch {
		case got == nil && c.want == nil:
		case got == nil || !slices.Equal(idsOf(got.Orders), c.want):
			t.Errorf("%s: %+v, want %v", c.name, got, c.want)
		case got.SamePostcode != c.same || !got.Since.Equal(noon.Add(time.Duration(c.since)*time.Minute)):
			t.Errorf("%s: one postcode %t, since %v", c.name, got.SamePostcode, got.Since)
		}
	}
	pickup := roadBoard(ready(1, "66000", 0, 30), ready(2, "66000", 0, 35))
	pickup.Orders[2].Mode = Pickup
	if got := pickup.Together(); got != nil {
		t.Error("nobody carries what is collected")
	}
}

func TestRunIsTheCouriersOwn(t *testing.T) {
	riding := func(id int64, postcode string, promised int) stop {
		return stop{id, postcode, OnTheWay, 7, 0, promised}
	}
	all := []stop{
		riding(1, "66280", 31), riding(2, "66000", 44), riding(3, "66330", 40), // one quarter of an hour: from near to far
		riding(4, "66000", 59), {5, "66000", OnTheWay, 8, 0, 10}, {6, "66000", Ready, 0, 0, 5},
	}
	for _, c := range []struct {
		name   string
		chosen []int64
		want   []int64
	}{
		{"proposed", nil, []int64{2, 3, 1, 4}},
		{"chosen", []int64{4, 1, 2, 3}, []int64{4, 1, 2, 3}},
		{"what joined since comes behind, as proposed", []int64{4}, []int64{4, 2, 3, 1}},
		{"what has left means nothing", []int64{99, 5, 3}, []int64{3, 2, 1, 4}},
	} {
		b := roadBoard(all...)
		b.Runs[7] = Run{7, c.chosen}
		if got := idsOf(b.Carried(7)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for i, id := range c.want {
			if n, ok := b.StopsBefore(b.Orders[id]); n != i || !ok || b.Followed(b.Orders[id]) != (i == 0) {
				t.Errorf("%s: %d stops before %d (%t), followed %t", c.name, n, id, ok, b.Followed(b.Orders[id]))
			}
		}
		// Whatever leaves, the others stay as they are.
		for _, gone := range c.want {
			b := roadBoard(slices.DeleteFunc(slices.Clone(all), func(s stop) bool { return s.id == gone })...)
			b.Runs[7] = Run{7, c.chosen}
			left := slices.DeleteFunc(slices.Clone(c.want), func(id int64) bool { return id == gone })
			if got := idsOf(b.Carried(7)); !slices.Equal(got, left) {
				t.Errorf("%s without %d: %v, want %v", c.name, gone, got, left)
			}
		}
	}
	b := roadBoard(riding(1, "66000", 10), stop{2, "66000", Cancelled, 7, 0, 5})
	if got := idsOf(b.Carried(7)); !slices.Equal(got, []int64{2, 1}) || b.NextStop(7).ID != 1 {
		t.Error("what is cancelled on the way is carried back, and is no stop:", got)
	}
	if _, ok := b.StopsBefore(b.Orders[2]); ok || b.NextStop(9) != nil || len(b.Carried(0)) != 0 {
		t.Error("no stop of anybody's")
	}
	if n, ok := roadBoard(stop{6, "66000", Ready, 7, 0, 5}).StopsBefore(&Order{ID: 6, Status: Ready, Courier: 7}); n != 0 || ok {
		t.Error("what waits at the shop is no stop yet")
	}
}

func TestRunOfAnEvent(t *testing.T) {
	b := roadBoard(stop{1, "66000", OnTheWay, 7, 0, 10}, stop{2, "66000", OnTheWay, 7, 0, 20})
	next, err := b.Apply(Event{Epoch: "e1", Seq: 11, Runs: []Run{{7, []int64{2, 1}}}})
	if err != nil || next.NextStop(7).ID != 2 || b.NextStop(7).ID != 1 {
		t.Fatal("the board before stays as it was", err)
	}
	if ch := Compare(b, next); !slices.Equal(ch.Runs, []int64{7}) || len(ch.Orders) != 0 {
		t.Errorf("%+v", ch)
	}
	if ch := Compare(next, next); len(ch.Runs) != 0 {
		t.Error("nothing changed")
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		p, q            Place
		metres, degrees float64
	}{
		{Place{48.8566, 2.3522}, Place{51.5074, -0.1278}, 343_556, 330}, // Paris to London
		{theShop, towns["66000"], 1053, 80.2},
		{Place{42.7, 2.9}, Place{42.8, 2.9}, 11_119.5, 0},
		{Place{0, 179.9}, Place{0, -179.9}, 22_239, 90},
		{theShop, theShop, 0, 0},
	} {
		if got := c.p.Distance(c.q); math.Abs(got-c.metres) > 1 || math.Abs(got-c.q.Distance(c.p)) > 1e-6 {
			t.Errorf("%v to %v: %.1f m", c.p, c.q, got)
		}
		if got := c.p.Bearing(c.q); turn(got, c.degrees) > 0.5 {
			t.Errorf("%v to %v: %.1f degrees", c.p, c.q, got)
		}
	}
	if turn(350, 10) != 20 || turn(10, 350) != 20 || turn(0, 180) != 180 {
		t.Error("the shorter way round")
	}
}

// TestBlurred walks along a street: a position moves by whole steps of the grid, never by more than half of one from where it was, and says nothing
// more when it is blurred again.
func TestBlurred(t *testing.T) {
	seen := map[Place]bool{}
	for metre := range 1000 {
		p := Place{Lat: theShop.Lat + float64(metre)/111_195, Lon: theShop.Lon + float64(metre)*1.3/111_195}
		b := p.Blurred()
		if d := p.Distance(b); d > blur*math.Sqrt2/2+0.5 {
			t.Fatalf("%v is %.1f m from where it was", b, d)
		}
		if again := b.Blurred(); again.Distance(b) > 0.01 {
			t.Fatalf("%v is blurred to %v", b, again)
		}
		seen[b] = true
	}
	if len(seen) < 20 || len(seen) > 60 {
		t.Errorf("%d places in a kilometre", len(seen))
	}
}

func TestTakings(t *testing.T) {
	took := Takings{Float: 50_00, By: []Tally{{Cash, 3, 42_50}, {Cheque, 1, 18_00}, {Voucher, 2, 31_00}, {Card, 2, 40_00}}}
	if took.Cash() != 92_50 || took.Of(Cheque).Payments != 1 || took.Of(Online) != (Tally{Method: Online}) {
		t.Errorf("%+v", took)
	}
	for _, c := range []struct {
		name              string
		cash              Cents
		cheques, vouchers int
		difference        Cents
		right             bool
	}{
		{"all there", 92_50, 1, 2, 0, true},
		{"several vouchers for one payment", 92_50, 1, 5, 0, true},
		{"a coin is missing", 92_00, 1, 2, -50, false},
		{"a note too many", 97_50, 1, 2, 5_00, false},
		{"the cheque is missing", 92_50, 0, 2, 0, false},
		{"a cheque too many", 92_50, 2, 2, 0, false},
		{"a voucher is missing", 92_50, 1, 1, 0, false},
	} {
		n := CashCount{Takings: took, Cash: c.cash, Cheques: c.cheques, Vouchers: c.vouchers}
		if n.Difference() != c.difference || n.Right() != c.right {
			t.Errorf("%s: %d, %t", c.name, n.Difference(), n.Right())
		}
	}
	if (CashCount{Vouchers: 1}).Right() {
		t.Error("a voucher that nobody paid with is one too many")
	}
	other := took
	other.By = []Tally{{Cash, 3, 42_51}}
	if took.Key() == other.Key() || took.Key() != (Takings{Float: 50_00, By: took.By, Last: 9}).Key() {
		t.Error("the key says what is expected, and nothing else")
	}
}
