package app

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// aMenuWithAdditions offers ham on both sizes, cheese on the large one alone.
func aMenuWithAdditions() *Menu {
	m := aMenu()
	for i := range m.Ingredients {
		switch g := &m.Ingredients[i]; g.Slug {
		case "jambon":
			g.Additions = []Addition{{Size: Medium, Price: 150, Quantity: 40}, {Size: Large, Price: 190, Quantity: 50}}
		case "cola":
			g.Additions = []Addition{{Size: "barrel", Price: 1, Quantity: 1}} // no product has this size
		}
	}
	m.Ingredients = append(m.Ingredients, Ingredient{
		ID: 9, Slug: "chevre", Name: "Chèvre", Unit: Gram, Allergens: []Allergen{Milk}, Additions: []Addition{{Size: Large, Price: 120, Quantity: 30}},
	})
	return m
}

func TestAdditions(t *testing.T) {
	m := aMenuWithAdditions()
	reine := func(size Size, without, added []string) []NewLine {
		return []NewLine{{Product: "reine", Size: size, Quantity: 2, Without: without, Added: added}}
	}
	for _, c := range []struct {
		name string
		in   []NewLine
		says string
	}{
		{"unknown", reine(Medium, nil, []string{"caviar"}), "« caviar » n’est plus proposé"},
		{"an ingredient that is not offered", reine(Medium, nil, []string{"pate"}), "n’est plus proposé"},
		{"not in this size", reine(Medium, nil, []string{"chevre"}), "« Chèvre » n’est plus proposé"},
		{"on a drink", []NewLine{{Product: "cola", Size: Single, Quantity: 1, Added: []string{"jambon"}}}, "sans supplément"},
		{"with and without", reine(Large, []string{"jambon"}, []string{"jambon"}), "avec et sans"},
		{"twice", reine(Large, nil, []string{"jambon", "jambon"}), "se prend une fois"},
		{"too many", reine(Large, nil, []string{"a", "b", "c", "d", "e", "f"}), "5 suppléments au plus"},
	} {
		_, err := m.Lines(c.in, Pickup, noon)
		if e := AsError(err); err == nil || e.Kind != Invalid || e.Line != 1 || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}

	plain, err := m.Lines(reine(Large, nil, nil), Pickup, noon)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := m.Lines(reine(Large, nil, []string{"jambon", "chevre"}), Pickup, noon)
	if err != nil {
		t.Fatal(err)
	}
	l, ham := lines[0], ingredientID(m, "jambon")
	if l.UnitPrice != plain[0].UnitPrice+190+120 || l.Total() != 2*l.UnitPrice || l.VAT != plain[0].VAT {
		t.Errorf("price: %v, VAT %v", l.UnitPrice, l.VAT)
	}
	if l.quantity(ham) != plain[0].quantity(ham)+50 || l.quantity(9) != 30 || len(l.Recipe) != len(plain[0].Recipe)+1 {
		t.Errorf("the recipe is %v, of %v", l.Recipe, plain[0].Recipe)
	}
	if !slices.Contains(l.Allergens, Milk) || slices.Contains(plain[0].Allergens, Milk) {
		t.Errorf("allergens: %v, without additions %v", l.Allergens, plain[0].Allergens)
	}
	if again, _ := m.Product("reine"); again.Variants[1].Recipe[0] != plain[0].Recipe[0] || !slices.Equal(again.Variants[1].Recipe, plain[0].Recipe) {
		t.Error("the menu's own recipe was changed")
	}
	if !slices.Equal(l.AddedSlugs(), []string{"jambon", "chevre"}) {
		t.Error(l.AddedSlugs())
	}
}

func ingredientID(m *Menu, slug string) int64 {
	g, _ := m.IngredientBySlug(slug)
	return g.ID
}

// quantity is how much of an ingredient one unit of a line takes.
func (l Line) quantity(ingredient int64) (n int64) {
	for _, p := range l.Recipe {
		if p.Ingredient == ingredient {
			n += p.Quantity
		}
	}
	return n
}

// TestAdditionsSoldOut: the refusal names the addition when it is what lacks, and says what is still possible.
func TestAdditionsSoldOut(t *testing.T) {
	b := aBoard()
	b.Menu = aMenuWithAdditions()
	b.Levels[ingredientID(b.Menu, "pate")] = Level{OnHand: 50}
	ham := ingredientID(b.Menu, "jambon")
	b.Levels[ham] = Level{Ingredient: ham, OnHand: 5_000}
	lines := func(n int, added ...string) []Line {
		all, err := b.Menu.Lines([]NewLine{{Product: "reine", Size: Large, Quantity: n, Added: added}}, Pickup, noon)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, c := range []struct {
		name   string
		cheese int64
		ham    int64
		n      int
		says   string
	}{
		{"none of it", 20, 5_000, 1, "plus assez de « Chèvre »"},
		{"for fewer", 70, 5_000, 3, "que pour 2 « Reine »"},
		{"the pizza itself", 1_000, 10, 1, "vient d’être épuisée"},
	} {
		b.Levels[9] = Level{Ingredient: 9, OnHand: c.cheese}
		b.Levels[ham] = Level{Ingredient: ham, OnHand: c.ham}
		e := soldOut(b, lines(c.n, "chevre"), nil, nil)
		if e.Kind != Conflict || e.Line != 1 || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: line %d, %s", c.name, e.Line, e.Message)
		}
	}
	// Double ham: the recipe's own is there, the addition's is not.
	recipe := lines(1)[0].quantity(ham)
	b.Levels[ham] = Level{Ingredient: ham, OnHand: recipe + 49}
	if e := soldOut(b, lines(1, "jambon"), nil, nil); !strings.Contains(e.Message, "plus assez de « Jambon »") {
		t.Error(e.Message)
	}
	if l := lines(1, "jambon")[0]; b.LeftOf(l) != 0 || b.LeftOf(lines(1)[0]) != 1 || b.Scarce(l, 0) != "Jambon" {
		t.Error(b.LeftOf(l), b.Scarce(l, 0))
	}
}

// TestAdditionsOnTheBoard: what may be added is said when it can no longer be, not at each gram.
func TestAdditionsOnTheBoard(t *testing.T) {
	b := aBoard()
	b.Menu = aMenuWithAdditions()
	b.Levels[9] = Level{Ingredient: 9, OnHand: 100}
	b = NewBoard(*b)
	cheese, _ := b.Menu.IngredientBySlug("chevre")
	for _, c := range []struct {
		level    Level
		possible bool
		changed  bool
	}{
		{Level{Ingredient: 9, OnHand: 60}, true, false},
		{Level{Ingredient: 9, OnHand: 60, Reserved: 40}, false, true},
		{Level{Ingredient: 9, OnHand: 60, Reserved: 50}, false, false},
		{Level{Ingredient: 9, OnHand: 600}, true, true},
		{Level{Ingredient: 9, OnHand: 600, Out: true}, false, true},
	} {
		next, err := b.Apply(Event{Epoch: b.Epoch, Seq: b.Seq + 1, Levels: []Level{c.level}})
		if err != nil {
			t.Fatal(err)
		}
		if ch := Compare(b, next); next.CanAdd(cheese, Large) != c.possible || ch.Additions != c.changed || len(ch.Products) > 0 {
			t.Errorf("%+v: possible %t, changed %t, products %v", c.level, next.CanAdd(cheese, Large), ch.Additions, ch.Products)
		}
		b = next
	}
}

// TestLeaveOutAnAddition: what was added goes with its price; the pizza keeps what it is by its recipe.
func TestLeaveOutAnAddition(t *testing.T) {
	m := aMenuWithAdditions()
	ask := func(added ...string) []Line {
		lines, err := m.Lines([]NewLine{{Product: "reine", Size: Large, Quantity: 2, Added: added}, {Product: "reine", Size: Large, Quantity: 1}}, Pickup, noon)
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	for _, c := range []struct {
		missing string
		lower   Cents // per pizza of line 1
		removed []string
	}{
		{"chevre", 120, nil},
		{"jambon", 190, []string{"Jambon"}},
	} {
		for _, paid := range []bool{false, true} {
			o := anOrder(Pickup, Received)
			o.Lines = ask("chevre", "jambon")
			before := o.Total()
			var taken Cents
			if paid {
				ch, err := o.Pay(people[Cashier], Card, noon)
				if err != nil {
					t.Fatal(err)
				}
				taken = ch.Till[0].Amount
			}
			o.Missing = c.missing
			if _, err := o.Advance(people[Cook], OnHold, "x", noon); err != nil {
				t.Fatal(err)
			}
			g, _ := m.IngredientBySlug(c.missing)
			ch, err := o.LeaveOut(people[Cashier], m, *g, noon.Add(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if o.Total() != before-2*c.lower || slices.Contains(o.Lines[0].AddedSlugs(), c.missing) || len(o.Lines[0].Added) != 1 {
				t.Errorf("%s: %v of %v, with %v", c.missing, o.Total(), before, o.Lines[0].Added)
			}
			if !slices.Equal(o.Lines[0].Removed, c.removed) || o.Lines[0].quantity(g.ID) != 0 {
				t.Errorf("%s: without %v, of which %v remain", c.missing, o.Lines[0].Removed, o.Lines[0].quantity(g.ID))
			}
			if !paid {
				if ch.Till != nil {
					t.Errorf("nothing was paid: %+v", ch.Till)
				}
				continue
			}
			if len(ch.Till) != 1 || ch.Till[0].Kind != "refund" || ch.Till[0].Amount != -2*c.lower || taken+ch.Till[0].Amount != o.Total() {
				t.Errorf("%s: the till: %+v", c.missing, ch.Till)
			}
			if v := ch.Till[0].VAT; len(v) != 1 || v[0].Gross != -2*c.lower || v[0].VAT >= 0 {
				t.Errorf("%s: VAT given back: %+v", c.missing, v)
			}
			if why := o.Journal[len(o.Journal)-1].Reason; !strings.Contains(why, "à rendre") {
				t.Error(why)
			}
			cancelled, err := o.Advance(people[Cashier], Cancelled, "client parti", noon.Add(2*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if taken+ch.Till[0].Amount+cancelled.Till[0].Amount != 0 {
				t.Errorf("%s: the till keeps %v", c.missing, taken+ch.Till[0].Amount+cancelled.Till[0].Amount)
			}
		}
	}
}
