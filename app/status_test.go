package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 14, 11, 0, 0, 0, time.UTC) // a Saturday, 12:00 in Perpignan

var people = map[Role]Actor{
	Visitor:  {Role: Visitor},
	Customer: {Role: Customer, Order: 1, Name: "client"},
	Cashier:  {Role: Cashier, User: 11, Name: "Camille", Pizzerias: []int64{1}},
	Cook:     {Role: Cook, User: 12, Name: "Nino", Pizzerias: []int64{1}},
	Courier:  {Role: Courier, User: 13, Name: "Lila", Pizzerias: []int64{1}},
	Manager:  {Role: Manager, User: 14, Name: "Rose", Pizzerias: []int64{1}},
	Director: {Role: Director, User: 15, Name: "Odile"},
}

func anOrder(mode Mode, status Status) *Order {
	o := &Order{
		ID: 1, Pizzeria: 1, Number: 42, Version: 1, Revision: 1, Mode: mode, Status: status, PlacedAt: noon,
		Payment: Payment{Method: Cash, Status: Due},
		Lines: []Line{
			{N: 1, Product: "reine", Name: "Reine", Kind: Pizza, Size: Medium, Quantity: 2, UnitPrice: 1150, VAT: 1000,
				Recipe: []Part{{1, 1}, {2, 120}}, Items: []ItemState{Queued, Queued}},
			{N: 2, Product: "cola", Name: "Cola", Kind: Drink, Size: Single, Quantity: 1, UnitPrice: 250, VAT: 550, Recipe: []Part{{3, 1}}},
		},
	}
	o.Consumed = slices.Contains([]Status{Preparing, Ready, OnTheWay}, status)
	if status == OnTheWay {
		o.Courier, o.CourierName = people[Courier].User, "Lila"
	}
	return o
}

// allowed is the life of an order as product.md draws it, written a second time from there: from>to, modes, roles, whether a reason is needed.
var allowed = map[string][]Role{
	"received>preparing":       {Cook, Manager, Director},
	"preparing>ready":          {Cook, Manager, Director},
	"ready>preparing":          {Cook, Manager, Director},
	"ready>on_the_way":         {Courier, Manager, Director},
	"on_the_way>ready":         {Courier, Manager, Director},
	"on_the_way>delivered":     {Courier, Manager, Director},
	"ready>collected":          {Cashier, Manager, Director},
	"received>cancelled":       {Customer, Cashier, Manager, Director},
	"on_hold>cancelled":        {Customer, Cashier, Manager, Director},
	"preparing>cancelled":      {Manager, Director},
	"ready>cancelled":          {Manager, Director},
	"on_the_way>cancelled":     {Manager, Director},
	"preparing>undeliverable":  {Manager, Director},
	"ready>undeliverable":      {Manager, Director},
	"on_the_way>undeliverable": {Courier, Manager, Director},
	"received>on_hold":         {Cook, Manager, Director},
	"preparing>on_hold":        {Cook, Manager, Director},
	"on_hold>received":         {Customer, Cashier, Manager, Director},
}

func TestStepsByRole(t *testing.T) {
	for _, mode := range []Mode{Delivery, Pickup} {
		for _, from := range Statuses {
			for _, to := range Statuses {
				for role, actor := range people {
					name := fmt.Sprintf("%s>%s", from, to)
					want := slices.Contains(allowed[name], role)
					if mode == Pickup && (from == OnTheWay || to == OnTheWay || to == Delivered || to == Undeliverable) ||
						mode == Delivery && to == Collected {
						want = false
					}
					o := anOrder(mode, from)
					before := o.Clone()
					_, err := o.Advance(actor, to, "une raison", noon)
					if (err == nil) != want {
						t.Errorf("%s %s by %s: error %v, want allowed=%v", mode, name, role, err, want)
					}
					if err != nil && (o.Status != before.Status || o.Version != before.Version || len(o.Journal) != len(before.Journal)) {
						t.Errorf("%s %s by %s was refused but changed the order", mode, name, role)
					}
					if err == nil && (o.Status != to || o.Version != before.Version+1 || len(o.Journal) != 1) {
						t.Errorf("%s %s by %s: status %s, version %d, %d journal lines", mode, name, role, o.Status, o.Version, len(o.Journal))
					}
				}
			}
		}
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	for _, c := range []struct {
		name   string
		mode   Mode
		from   Status
		actor  Actor
		to     Status
		reason string
		kind   Kind
	}{
		{"the window has closed for the customer", Delivery, Preparing, people[Customer], Cancelled, "", Conflict},
		{"a manager must say why", Delivery, Preparing, people[Manager], Cancelled, "  ", Invalid},
		{"a cook does not deliver", Delivery, OnTheWay, people[Cook], Delivered, "", Forbidden},
		{"a courier does not deliver what another carries", Delivery, OnTheWay, Actor{Role: Courier, User: 99}, Delivered, "", Forbidden},
		{"nothing follows the end", Delivery, Delivered, people[Manager], Preparing, "", Conflict},
		{"a take-away does not ride", Pickup, Ready, people[Courier], OnTheWay, "", Conflict},
	} {
		_, err := anOrder(c.mode, c.from).Advance(c.actor, c.to, c.reason, noon)
		if KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.kind)
		}
	}
}

func TestRepeatedStepIsTheSameAnswer(t *testing.T) {
	o := anOrder(Delivery, OnTheWay)
	if _, err := o.Advance(people[Courier], Delivered, "", noon); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Advance(people[Courier], Delivered, "", noon); !errors.Is(err, ErrUnchanged) {
		t.Errorf("the same courier again: %v, want ErrUnchanged", err)
	}
	if _, err := o.Advance(people[Manager], Delivered, "", noon); KindOf(err) != Conflict {
		t.Errorf("somebody else: %v, want a conflict", err)
	}
}

// TestTrueTime: a step that was done without network keeps its true time, unless nobody can believe it.
func TestTrueTime(t *testing.T) {
	now := noon.Add(6 * time.Hour)
	shop := Shop{Clock: func() time.Time { return now }}
	for name, at := range map[string]struct{ said, kept time.Duration }{
		"in a tunnel":                 {-10 * time.Minute, -10 * time.Minute},
		"before the pizza was ready":  {-40 * time.Minute, -30 * time.Minute},
		"yesterday":                   {-5 * time.Hour, 0},
		"a clock that is ahead of us": {20 * time.Minute, 0},
	} {
		o := anOrder(Delivery, Preparing)
		if _, err := o.Advance(people[Cook], Ready, "", now.Add(-30*time.Minute)); err != nil {
			t.Fatal(err)
		}
		moment := shop.moment(ActedAt(t.Context(), now.Add(at.said)))
		if _, err := o.Advance(people[Courier], OnTheWay, "", moment); err != nil {
			t.Fatal(err)
		}
		if got := o.Journal[len(o.Journal)-1].At; !got.Equal(now.Add(at.kept)) {
			t.Errorf("%s: %s, want %s", name, got, now.Add(at.kept))
		}
	}
}

func TestAcknowledge(t *testing.T) {
	o := anOrder(Delivery, OnTheWay)
	if _, err := o.Acknowledge(people[Cook], noon); KindOf(err) != Conflict {
		t.Errorf("an order that is not cancelled: %v", err)
	}
	if _, err := o.Advance(people[Manager], Cancelled, "erreur", noon); err != nil {
		t.Fatal(err)
	}
	for _, who := range []Actor{people[Customer], people[Cashier], {Role: Courier, User: 99}} {
		if _, err := o.Acknowledge(who, noon); KindOf(err) != Forbidden {
			t.Errorf("%+v: %v", who, err)
		}
	}
	version := o.Version
	if _, err := o.Acknowledge(people[Courier], noon); err != nil || !o.Acknowledged() || o.Status != Cancelled || o.Version != version+1 {
		t.Errorf("%v, version %d, status %s", err, o.Version, o.Status)
	}
	// Two walls may be touched at once: the second has nothing to do.
	if _, err := o.Acknowledge(people[Cook], noon); !errors.Is(err, ErrUnchanged) {
		t.Errorf("somebody else as well: %v, want ErrUnchanged", err)
	}
}

// A step that takes back another is not a new beginning: the times that a customer reads are those of what happened.
func TestReachedIgnoresWhatWasTakenBack(t *testing.T) {
	o := anOrder(Delivery, Received)
	var began, ready time.Time
	for i, s := range []struct {
		who Role
		to  Status
	}{{Cook, Preparing}, {Cook, Ready}, {Cook, Preparing}, {Cook, Ready}, {Courier, OnTheWay}, {Courier, Ready}} {
		at := noon.Add(time.Duration(i) * time.Minute)
		if _, err := o.Advance(people[s.who], s.to, "", at); err != nil {
			t.Fatal(err)
		}
		switch i {
		case 0:
			began = at
		case 3:
			ready = at
		}
	}
	if o.Reached(Preparing) != began || o.Reached(Ready) != ready {
		t.Errorf("begun at %s, out of the oven at %s", o.Reached(Preparing), o.Reached(Ready))
	}
}

func TestItemsDriveTheOrder(t *testing.T) {
	o := anOrder(Delivery, Received)
	cook := people[Cook]
	change, err := o.AdvanceItem(cook, 1, 1, Making, noon)
	if err != nil || o.Status != Preparing || !o.Consumed {
		t.Fatalf("first pizza: %v, status %s", err, o.Status)
	}
	if len(change.Moves) != 3 || change.Moves[1] != (Movement{Ingredient: 2, Reason: Consume, OnHand: -240, Reserved: -240, Order: 1, Revision: 1, By: cook.Key(), At: noon}) {
		t.Errorf("starting must consume the whole order: %+v", change.Moves)
	}
	if o.Lines[0].Items[1] != Queued || o.Lines[0].State() != Queued {
		t.Errorf("one pizza was started, items are %v", o.Lines[0].Items)
	}
	if _, err := o.AdvanceItem(cook, 1, 0, InOven, noon); err != nil || o.Lines[0].State() != InOven {
		t.Errorf("whole line: %v %v", err, o.Lines[0].Items)
	}
	if change, err = o.AdvanceItem(cook, 1, 0, Done, noon); err != nil || o.Status != Ready || len(change.Moves) != 0 {
		t.Errorf("last pizza: %v, status %s, moves %v", err, o.Status, change.Moves)
	}
	if _, err := o.AdvanceItem(cook, 1, 0, Making, noon); KindOf(err) != Conflict {
		t.Errorf("a pizza of a ready order: %v", err)
	}
	if _, err := o.AdvanceItem(cook, 2, 0, Making, noon); KindOf(err) != Conflict {
		t.Errorf("a drink in the oven: %v", err)
	}
	if _, err := o.AdvanceItem(cook, 3, 0, Making, noon); KindOf(err) != NotFound {
		t.Errorf("a line that is not there: %v", err)
	}
	if _, err := o.AdvanceItem(people[Courier], 1, 0, Making, noon); KindOf(err) != Forbidden {
		t.Errorf("a courier at the oven: %v", err)
	}
	// A bumped ticket can be recalled, and does not bump itself again.
	if _, err := o.Advance(cook, Preparing, "", noon); err != nil || o.Lines[0].State() == Done {
		t.Errorf("recall: %v %v", err, o.Lines[0].Items)
	}
}

func TestMoneyFollowsTheOrder(t *testing.T) {
	o := anOrder(Delivery, OnTheWay)
	change, err := o.Advance(people[Courier], Delivered, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	if o.Payment.Status != Paid || !o.Closed() || len(change.Till) != 1 || change.Till[0].Amount != 2550 || change.Till[0].Kind != "sale" {
		t.Errorf("delivered: payment %+v, closed %v, till %+v", o.Payment, o.Closed(), change.Till)
	}
	paid := anOrder(Pickup, Received)
	if _, err := paid.Pay(people[Cashier], Card, noon); err != nil || paid.Closed() {
		t.Fatalf("paid in advance: %v, closed %v", err, paid.Closed())
	}
	change, err = paid.Advance(people[Customer], Cancelled, "", noon)
	if err != nil || paid.Payment.Status != Refunded || change.Till[0].Amount != -2550 || change.Moves[0].Reserved != -2 {
		t.Errorf("cancelled after payment: %v %+v %+v", err, paid.Payment, change)
	}
	if _, err := paid.Pay(people[Cashier], Cash, noon); KindOf(err) != Conflict {
		t.Errorf("paying a cancelled order: %v", err)
	}
}

func TestHoldAndLeaveOut(t *testing.T) {
	ham := Ingredient{ID: 2, Slug: "jambon", Name: "Jambon", Allergens: []Allergen{Milk, Sulphites}}
	menu := &Menu{Ingredients: []Ingredient{{ID: 1, Slug: "pate", Name: "Pâte", Base: true, Allergens: []Allergen{Gluten}}, ham}}
	o := anOrder(Delivery, Received)
	o.Lines[0].Allergens = menu.allergensOf(o.Lines[0].Recipe)
	o.Lines[1].Allergens = []Allergen{Soy} // as it was sold: it had none of the ham
	o.Missing = "jambon"
	if _, err := o.Advance(people[Cook], OnHold, "jambon épuisé", noon); err != nil {
		t.Fatal(err)
	}
	change, err := o.LeaveOut(people[Customer], menu, ham, noon)
	if err != nil || o.Status != Received || o.Missing != "" || o.Revision != 2 {
		t.Fatalf("%v, status %s, missing %q, revision %d", err, o.Status, o.Missing, o.Revision)
	}
	net := map[int64]int64{}
	for _, m := range change.Moves {
		net[m.Ingredient] += m.Reserved
	}
	if net[2] != -240 || net[1] != 0 || net[3] != 0 {
		t.Errorf("only the ham goes back: %v", net)
	}
	if !slices.Equal(o.Lines[0].Allergens, []Allergen{Gluten}) || !slices.Equal(o.Lines[1].Allergens, []Allergen{Soy}) {
		t.Errorf("allergens of what is really on it: %v, %v", o.Lines[0].Allergens, o.Lines[1].Allergens)
	}
	if !slices.Equal(o.Lines[0].Removed, []string{"Jambon"}) || o.Lines[1].Removed != nil {
		t.Errorf("lines: %+v", o.Lines)
	}
	// It was not begun: the customer may still change his mind. Begun, it may be answered once more or cancelled, and nothing else.
	if !o.Open() || !o.Revisable() {
		t.Error("an order that was never begun is closed to its customer")
	}
	o.Consumed = true
	if _, err := o.Clone().Revise(people[Customer], o.Lines, "", noon); KindOf(err) != Conflict || !strings.Contains(err.Error(), "est déjà commencée") {
		t.Errorf("changing it: %v", err)
	}
	if _, err := o.Clone().Advance(people[Customer], Cancelled, "", noon); KindOf(err) != Conflict || !strings.Contains(err.Error(), "Trop tard") {
		t.Errorf("cancelling it: %v", err)
	}
	if _, err := o.Clone().Advance(people[Cashier], Cancelled, "", noon); err != nil {
		t.Errorf("at the till: %v", err)
	}
	o.Status, o.Missing = OnHold, "pate"
	if _, err := o.LeaveOut(people[Customer], menu, Ingredient{ID: 1, Slug: "pate", Name: "Pâte", Base: true}, noon); KindOf(err) != Conflict {
		t.Errorf("a pizza without dough: %v", err)
	}
}
