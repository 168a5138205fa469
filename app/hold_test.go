package app

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// heldBoard is a shop whose ham ran out, with an order on hold because of it: two Reines without mushrooms, and a cola.
func heldBoard(t *testing.T, consumed bool) (*Board, *Order) {
	t.Helper()
	vat := []VATRule{{Mode: Delivery, Rate: 1000}, {Mode: Pickup, Rate: 1000}}
	pizza := func(slug string, price Cents, ham int64, more ...Part) Product {
		p := Product{Slug: slug, Name: strings.ToUpper(slug[:1]) + slug[1:], Kind: Pizza, VAT: vat}
		recipe := append([]Part{{1, 1}, {2, 100}}, more...)
		if ham > 0 {
			recipe = append(recipe, Part{3, ham})
		}
		for _, size := range []Size{Medium, Large} {
			p.Variants = append(p.Variants, Variant{Size: size, Price: price + map[Size]Cents{Large: 300}[size], Recipe: recipe})
		}
		return p
	}
	m := &Menu{
		Products: []Product{
			pizza("reine", 1200, 70, Part{4, 50}), pizza("margherita", 950, 0), pizza("vegetarienne", 1400, 0, Part{4, 80}, Part{5, 40}), pizza("calzone", 1100, 60),
			{Slug: "cola", Name: "Cola", Kind: Drink, VAT: []VATRule{{Mode: Delivery, Rate: 550}}, Variants: []Variant{{Size: Single, Price: 250, Recipe: []Part{{6, 1}}}}},
		},
		Ingredients: []Ingredient{
			{ID: 1, Slug: "pate", Name: "Pâte", Base: true, Allergens: []Allergen{Gluten}}, {ID: 2, Slug: "mozzarella", Name: "Mozzarella", Allergens: []Allergen{Milk}},
			{ID: 3, Slug: "jambon", Name: "Jambon"}, {ID: 4, Slug: "champignons", Name: "Champignons"},
			{ID: 5, Slug: "noix", Name: "Noix", Allergens: []Allergen{Nuts}}, {ID: 6, Slug: "cola", Name: "Cola"},
		},
	}
	lines, err := m.Lines([]NewLine{{Product: "reine", Size: Medium, Quantity: 2, Without: []string{"champignons"}}, {Product: "cola", Size: Single, Quantity: 1}}, Delivery, noon)
	if err != nil {
		t.Fatal(err)
	}
	o := anOrder(Delivery, Received)
	o.Lines = lines
	levels := map[int64]Level{}
	for id := range int64(6) {
		levels[id+1] = Level{Ingredient: id + 1, OnHand: 1000, Reserved: 0}
	}
	if consumed {
		if _, err := o.Advance(people[Cook], Preparing, "", noon); err != nil {
			t.Fatal(err)
		}
	}
	o.Missing = "jambon"
	if _, err := o.Advance(people[Cook], OnHold, "Jambon épuisé", noon); err != nil {
		t.Fatal(err)
	}
	return NewBoard(Board{Menu: m, Levels: levels, Orders: map[int64]*Order{o.ID: o}}), o
}

func named(swaps []Swap) string {
	var names []string
	for _, s := range swaps {
		names = append(names, s.Product+"/"+string(s.Size)+"/"+s.Price.String())
	}
	return strings.Join(names, " ")
}

func TestSwaps(t *testing.T) {
	b, o := heldBoard(t, false)
	if got := b.Missed(o); len(got) != 1 || got[0].N != 1 {
		t.Errorf("lines that need ham: %v", got)
	}
	// The same size, at no more than before; nothing with ham, and not the pizza itself.
	price := func(c Cents) string { return c.String() }
	if got, want := named(b.Swaps(o, o.Lines[0], noon)), "margherita/medium/"+price(950)+" vegetarienne/medium/"+price(1200); got != want {
		t.Errorf("swaps: %s, want %s", got, want)
	}
	v := b.Swaps(o, o.Lines[0], noon)[1]
	if !slices.Equal(v.Removed, []string{"Champignons"}) || !slices.Contains(v.Allergens, Nuts) {
		t.Errorf("what was not wanted on the first is not on it: %+v", v)
	}
	// What the order holds counts as there, what somebody else holds does not.
	b.Levels[2] = Level{Ingredient: 2, OnHand: 200, Reserved: 200}
	if got := b.Swaps(o, o.Lines[0], noon); len(got) != 2 {
		t.Errorf("with its own mozzarella: %s", named(got))
	}
	b.Levels[5] = Level{Ingredient: 5, OnHand: 79}
	if got := named(b.Swaps(o, o.Lines[0], noon)); got != "margherita/medium/"+price(950) {
		t.Errorf("without nuts for two: %s", got)
	}
	b.Levels[2] = Level{Ingredient: 2, OnHand: 200, Reserved: 200, Out: true}
	if got := b.Swaps(o, o.Lines[0], noon); len(got) != 0 {
		t.Errorf("what is marked out is not offered: %s", named(got))
	}
	// Another size only when nothing is left of the same.
	b, o = heldBoard(t, false)
	for i := range b.Menu.Products {
		p := &b.Menu.Products[i]
		if p.Kind == Pizza && p.Slug != "reine" {
			p.Variants = p.Variants[1:]
		}
	}
	if got, want := named(b.Swaps(o, o.Lines[0], noon)), "margherita/large/"+price(1200)+" vegetarienne/large/"+price(1200); got != want {
		t.Errorf("other sizes: %s, want %s", got, want)
	}
	if got := b.Swaps(o, Line{N: 2, Product: "limonade", Kind: Drink, Quantity: 1, UnitPrice: 100}, noon); named(got) != "cola/single/"+price(100) {
		t.Errorf("a drink becomes a drink: %s", named(got))
	}
}

// answer is that of the first line.
func answer(product string, size Size) []Choice { return []Choice{{1, product, size}} }

var ham = Ingredient{ID: 3, Slug: "jambon", Name: "Jambon"}

func TestAnswerHold(t *testing.T) {
	b, o := heldBoard(t, false)
	before := o.Total()
	c, err := o.Answer(people[Customer], b, ham, answer("margherita", Medium), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	l := o.Lines[0]
	if o.Status != Received || o.Missing != "" || o.Revision != 2 || l.Product != "margherita" || l.N != 1 || l.Quantity != 2 || l.UnitPrice != 950 || len(l.Items) != 2 {
		t.Errorf("after the swap: %s %+v", o.Status, l)
	}
	if o.Total() != before-2*250 || slices.Contains(l.Allergens, Nuts) || !slices.Equal(l.Allergens, []Allergen{Gluten, Milk}) {
		t.Errorf("it costs %s, allergens %v", o.Total(), l.Allergens)
	}
	if got := o.Journal[len(o.Journal)-1]; got.Reason != "2 Margherita moyenne au lieu de Reine moyenne" || got.Role != Customer || len(c.Till) != 0 {
		t.Errorf("journal: %+v, till %v", got, c.Till)
	}
	sums := map[int64]Movement{}
	for _, m := range c.Moves {
		s := sums[m.Ingredient]
		s.OnHand, s.Reserved = s.OnHand+m.OnHand, s.Reserved+m.Reserved
		sums[m.Ingredient] = s
	}
	if sums[3].Reserved != -140 || sums[2].Reserved != 0 || sums[3].OnHand != 0 {
		t.Errorf("not begun, ham is released and mozzarella stays: %v", sums)
	}
}

// TestAnswerAfterTheStart: what preparation has used up stays used up; only what is needed beyond it is taken.
func TestAnswerAfterTheStart(t *testing.T) {
	b, o := heldBoard(t, true)
	o.Lines[0].Without, o.Lines[0].Removed = nil, nil
	o.Lines[0].Recipe = slices.Clone(b.Menu.Products[0].Variants[0].Recipe)
	c, err := o.Answer(people[Manager], b, ham, answer("vegetarienne", Medium), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := []Movement{
		{Ingredient: 4, Reason: Consume, OnHand: -60, Order: 1, Revision: 2, By: people[Manager].Key(), At: noon},
		{Ingredient: 5, Reason: Consume, OnHand: -80, Order: 1, Revision: 2, By: people[Manager].Key(), At: noon},
	}
	if !slices.Equal(c.Moves, want) {
		t.Errorf("taken: %+v", c.Moves)
	}
	if again, err := o.Advance(people[Cook], Preparing, "", noon); err != nil || len(again.Moves) != 0 {
		t.Errorf("and nothing again when it goes on: %v %v", again.Moves, err)
	}
}

// TestAnswerPaid: money that was taken is given back and taken anew, each with its VAT; nothing moves when the bill is the same.
func TestAnswerPaid(t *testing.T) {
	for _, c := range []struct {
		product string
		till    []Cents
		reason  string
	}{
		{"margherita", []Cents{-500}, Cents(500).String() + " à rendre"},
		{"vegetarienne", nil, "au lieu de Reine moyenne"},
	} {
		b, o := heldBoard(t, false)
		o.Payment = Payment{Method: Card, Status: Paid, PaidAt: noon}
		got, err := o.Answer(people[Cashier], b, ham, answer(c.product, Medium), noon)
		if err != nil {
			t.Fatal(err)
		}
		var amounts []Cents
		for _, e := range got.Till {
			amounts = append(amounts, e.Amount)
			var gross Cents
			for _, v := range e.VAT {
				gross += v.Gross
			}
			if gross != e.Amount || e.Method != Card || e.Order != o.ID {
				t.Errorf("%s: entry %+v", c.product, e)
			}
		}
		if !slices.Equal(amounts, c.till) || o.Payment.Status != Paid || !strings.HasSuffix(o.Journal[len(o.Journal)-1].Reason, c.reason) {
			t.Errorf("%s: %v, %s, %q", c.product, amounts, o.Payment.Status, o.Journal[len(o.Journal)-1].Reason)
		}
	}
}

func TestAnswerRefused(t *testing.T) {
	for name, c := range map[string]struct {
		actor   Actor
		missing Ingredient
		choices []Choice
		kind    Kind
		says    string
	}{
		"nothing is said of a line":       {people[Customer], ham, nil, Invalid, "Dites par quoi remplacer"},
		"ham again":                       {people[Customer], ham, answer("calzone", Medium), Conflict, "n’est plus possible"},
		"a larger one for the same price": {people[Customer], ham, answer("margherita", Large), Conflict, "n’est plus possible"},
		"a drink for a pizza":             {people[Customer], ham, answer("cola", Single), Invalid, "ne peut pas remplacer"},
		"no such pizza":                   {people[Customer], ham, answer("fugu", Medium), Invalid, "ne peut pas remplacer"},
		"another question":                {people[Customer], Ingredient{ID: 5, Slug: "noix"}, answer("margherita", Medium), Conflict, "n’est plus possible"},
		"the cook does not choose":        {people[Cook], ham, answer("margherita", Medium), Forbidden, "rôle"},
		"nor does the courier":            {people[Courier], ham, answer("", ""), Forbidden, "rôle"},
	} {
		b, o := heldBoard(t, false)
		was := o.Clone()
		_, err := o.Answer(c.actor, b, c.missing, c.choices, noon)
		if KindOf(err) != c.kind || !strings.Contains(AsError(err).Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if o.Status != was.Status || o.Version != was.Version || o.Revision != was.Revision || o.Total() != was.Total() {
			t.Errorf("%s: refused, and changed the order", name)
		}
	}
}

// TestAnswerTooLate: who comes second is told who chose, and what; customers are not told names.
func TestAnswerTooLate(t *testing.T) {
	b, o := heldBoard(t, false)
	if _, err := o.Answer(people[Cashier], b, ham, answer("", ""), noon); err != nil {
		t.Fatal(err)
	}
	for role, says := range map[Role]string{Customer: "la pizzeria a déjà choisi à 12:00 : sans Jambon", Manager: "Camille a déjà choisi à 12:00 : sans Jambon"} {
		if _, err := o.Answer(people[role], b, ham, answer("margherita", Medium), noon); KindOf(err) != Conflict || !strings.Contains(AsError(err).Message, says) {
			t.Errorf("%s: %v", role, err)
		}
	}
	b, o = heldBoard(t, false)
	if _, err := o.Advance(people[Customer], Cancelled, "", noon); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Answer(people[Cashier], b, ham, answer("", ""), noon); KindOf(err) != Conflict || !strings.Contains(AsError(err).Message, "le client a annulé la commande n° 42 à 12:00") {
		t.Error(err)
	}
}

func TestAnswerBy(t *testing.T) {
	_, o := heldBoard(t, false)
	if got := o.AnswerBy(); !got.Equal(noon.Add(HoldTime)) {
		t.Error(got)
	}
	if got := anOrder(Delivery, Received).AnswerBy(); !got.IsZero() {
		t.Error(got)
	}
}

// TestKitchenSeesChanges: lines that come are new and lines that go stay in sight until the kitchen has seen that, once for all.
func TestKitchenSeesChanges(t *testing.T) {
	b, o := heldBoard(t, true)
	if o.Altered() {
		t.Fatal("nothing has changed yet")
	}
	if _, err := o.Answer(people[Customer], b, ham, answer("margherita", Medium), noon); err != nil {
		t.Fatal(err)
	}
	gone := o.Gone()
	if !slices.Equal(o.Arrived(), []int{1}) || len(gone) != 1 || gone[0].Name != "Reine" || gone[0].Quantity != 2 || gone[0].UnitPrice != 0 {
		t.Errorf("new %v, gone %+v", o.Arrived(), gone)
	}
	// Held and answered again before anybody looked: what the kitchen saw is still the Reine.
	o.Missing = "mozzarella"
	if _, err := o.Advance(people[Cook], OnHold, "x", noon); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Answer(people[Cashier], b, Ingredient{ID: 2, Slug: "mozzarella", Name: "Mozzarella"}, answer("", ""), noon); err != nil {
		t.Fatal(err)
	}
	if gone := o.Gone(); len(gone) != 1 || gone[0].Name != "Reine" {
		t.Errorf("gone %+v", gone)
	}
	for _, role := range []Role{Customer, Cashier, Courier} {
		if _, err := o.Acknowledge(people[role], noon); err == nil {
			t.Errorf("%s acknowledged it", role)
		}
	}
	if _, err := o.Acknowledge(people[Cook], noon); err != nil || o.Altered() || o.Acknowledged() != true {
		t.Errorf("%v, still %v", err, o.Gone())
	}
	if _, err := o.Acknowledge(people[Manager], noon); !errors.Is(err, ErrUnchanged) {
		t.Errorf("another wall: %v", err)
	}
	if _, err := anOrder(Delivery, Preparing).Acknowledge(people[Cook], noon); KindOf(err) != Conflict {
		t.Errorf("nothing to see: %v", err)
	}
}

func TestReviseIsSeen(t *testing.T) {
	b, _ := heldBoard(t, false)
	lines := func(asked ...NewLine) []Line {
		out, err := b.Menu.Lines(asked, Delivery, noon)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	o := anOrder(Delivery, Received)
	two, cola := NewLine{Product: "reine", Size: Medium, Quantity: 2}, NewLine{Product: "cola", Size: Single, Quantity: 1}
	o.Lines = lines(two, cola)
	revise := func(asked ...NewLine) {
		t.Helper()
		if _, err := o.Revise(people[Cashier], lines(asked...), "", noon); err != nil {
			t.Fatal(err)
		}
	}
	revise(cola, two) // in another order: the same ticket
	if o.Altered() || o.Before != nil {
		t.Errorf("new %v, gone %v", o.Arrived(), o.Gone())
	}
	revise(two, cola, cola)
	if !slices.Equal(o.Arrived(), []int{3}) || len(o.Gone()) != 0 {
		t.Errorf("one cola more: new %v, gone %v", o.Arrived(), o.Gone())
	}
	three := two
	three.Quantity = 3
	revise(three)
	if !slices.Equal(o.Arrived(), []int{1}) || len(o.Gone()) != 2 {
		t.Errorf("three, and no cola: new %v, gone %v", o.Arrived(), o.Gone())
	}
	revise(two, cola)
	if o.Before != nil {
		t.Errorf("changed back: %v %v", o.Arrived(), o.Gone())
	}
}

// TestSwapKeepsAdditions: what was added to a pizza is added to the one made instead, but for what is missing; the price is never more.
func TestSwapKeepsAdditions(t *testing.T) {
	b, o := heldBoard(t, false)
	for _, i := range []int{2, 4} { // ham, nuts
		b.Menu.Ingredients[i].Additions = []Addition{{Size: Medium, Price: 150, Quantity: 10}}
	}
	lines, err := b.Menu.Lines([]NewLine{{Product: "margherita", Size: Medium, Quantity: 1, Added: []string{"jambon", "noix"}}}, Delivery, noon)
	if err != nil {
		t.Fatal(err)
	}
	o.Lines = lines
	swaps := b.Swaps(o, lines[0], noon)
	if len(swaps) != 1 || swaps[0].Product != "vegetarienne" || !slices.Equal(swaps[0].Added, []string{"Noix"}) || swaps[0].Price != 950+2*150 {
		t.Fatalf("%+v", swaps)
	}
	if _, err := o.Answer(people[Customer], b, ham, answer("vegetarienne", Medium), noon); err != nil {
		t.Fatal(err)
	}
	l := o.Lines[0]
	if !slices.Equal(l.AddedSlugs(), []string{"noix"}) || l.UnitPrice != 1250 || !l.takes(5) || l.takes(3) || len(o.Gone()) != 1 || len(o.Gone()[0].Added) != 2 {
		t.Errorf("%+v, gone %+v", l, o.Gone())
	}
}

// TestSwapAtAnotherRate: the same price at another rate of VAT is a correction of the till, of nothing.
func TestSwapAtAnotherRate(t *testing.T) {
	b, o := heldBoard(t, false)
	b.Menu.Products[1].VAT = []VATRule{{Mode: Delivery, Rate: 550}}
	b.Menu.Products[1].Variants[0].Price = 1200
	o.Payment = Payment{Method: Cash, Status: Paid, PaidAt: noon}
	c, err := o.Answer(people[Cashier], b, ham, answer("margherita", Medium), noon)
	if err != nil || len(c.Till) != 1 || c.Till[0].Amount != 0 {
		t.Fatalf("%+v %v", c.Till, err)
	}
	if got := c.Till[0].VAT; len(got) != 2 || got[0].Rate != 550 || got[0].Gross != 2400 || got[1].Gross != -2400 {
		t.Errorf("%+v", got)
	}
}
