package app

import (
	"slices"
	"testing"
	"time"
)

func TestPastUntil(t *testing.T) {
	p := Past{Day: "2026-03-07"}
	open := DayStart(p.Day)
	p.Add(open.Add(14*time.Hour), 30_00, 2)
	p.Add(open.Add(14*time.Hour+9*time.Minute), 10_00, 1)
	p.Add(open.Add(24*time.Hour+30*time.Minute), 7_00, 1) // the night in which the clocks go back is an hour longer
	p.Add(open.Add(-time.Minute), 1_00, 1)
	for after, want := range map[time.Duration]Cents{
		-time.Hour: 0, 0: 0, 10 * time.Minute: 1_00, 14 * time.Hour: 1_00, 14*time.Hour + 5*time.Minute: 21_00, 14*time.Hour + 10*time.Minute: 41_00,
		20 * time.Hour: 41_00, 24 * time.Hour: 48_00, 30 * time.Hour: 48_00,
	} {
		if got := p.Until(after); got != want {
			t.Errorf("after %s: %v, want %v", after, got, want)
		}
	}
	if p.Total() != 48_00 || p.Entries != 5 {
		t.Errorf("%v in %d entries", p.Total(), p.Entries)
	}
}

func TestHistoryRange(t *testing.T) {
	now := time.Date(2026, 3, 15, 1, 0, 0, 0, time.UTC) // two in the morning: the evening of the 14th
	for _, c := range []struct {
		from, to, wantFrom, wantTo string
		bad                        bool
	}{
		{"", "", "2026-02-13", "2026-03-14", false},
		{"2026-03-01", "", "2026-03-01", "2026-03-14", false},
		{"", "2024-03-01", "2024-02-01", "2024-03-01", false},
		{"2025-02-08", "2026-03-14", "2025-02-08", "2026-03-14", false}, // 400 days
		{"2025-02-07", "2026-03-14", "", "", true},
		{"2026-03-14", "2026-03-13", "", "", true},
		{"hier", "", "", "", true}, {"2026-02-30", "2026-03-14", "", "", true}, {"", "2026-3-14", "", "", true},
	} {
		from, to, err := HistoryRange(c.from, c.to, now)
		if from != c.wantFrom || to != c.wantTo || (err != nil) != c.bad || err != nil && KindOf(err) != Invalid {
			t.Errorf("%q to %q: %q to %q, %v", c.from, c.to, from, to, err)
		}
	}
	if days := DaysBetween("2026-02-27", "2026-03-01"); !slices.Equal(days, []string{"2026-02-27", "2026-02-28", "2026-03-01"}) {
		t.Error(days)
	}
	if WeekBefore("2026-03-03") != "2026-02-24" || WeekBefore("demain") != "" {
		t.Error(WeekBefore("2026-03-03"))
	}
}

// TestEmploys: nobody gives or touches a rank that is not below their own, but the direction.
func TestEmploys(t *testing.T) {
	for _, actor := range []Role{Cook, Courier, Cashier, Manager, Director} {
		var got []Role
		for _, role := range []Role{Cook, Courier, Cashier, Manager, Director, Customer, "chef"} {
			if Employs(people[actor], 1, role) {
				got = append(got, role)
			}
		}
		want := map[Role][]Role{Manager: {Cook, Courier, Cashier}, Director: {Cook, Courier, Cashier, Manager, Director}}[actor]
		if !slices.Equal(got, want) {
			t.Errorf("%s employs %v, want %v", actor, got, want)
		}
	}
	if Employs(people[Manager], 2, Cook) {
		t.Error("a manager employs in another's shop")
	}
}

func TestNewPizza(t *testing.T) {
	pizza := func(slug string, recipe ...Part) Product {
		return Product{Slug: slug, Kind: Pizza, Variants: []Variant{{Size: Medium, Price: 10_00, Recipe: recipe}}, VAT: []VATRule{{Mode: Delivery, Rate: 1000}}}
	}
	m := &Menu{
		Products:    []Product{pizza("reine", Part{1, 1}, Part{2, 80}, Part{3, 90})},
		Retired:     []Product{pizza("hawai", Part{1, 1}, Part{3, 70})},
		Ingredients: []Ingredient{{ID: 1, Slug: "pate", Name: "Pâte", Base: true}, {ID: 2, Slug: "sauce", Name: "Sauce"}, {ID: 3, Slug: "moza", Name: "Mozzarella"}},
	}
	good := NewPizza{Name: "Œuf & Crème Brûlée", Description: "Essai.", OvenSeconds: 240, Variants: []Variant{{Size: Medium, Price: 11_00, Recipe: []Part{{3, 60}, {2, 50}, {1, 1}}}}}
	p, err := m.pizza(good)
	if err != nil || p.Slug != "oeuf-creme-brulee" || p.Kind != Pizza || len(p.VAT) != 1 || !slices.Equal(p.Variants[0].Recipe, []Part{{1, 1}, {2, 50}, {3, 60}}) {
		t.Errorf("%+v %v", p, err)
	}
	for field, change := range map[string]func(*NewPizza){
		"nom":          func(p *NewPizza) { p.Name = "!?" },
		"description":  func(p *NewPizza) { p.Description = "" },
		"four":         func(p *NewPizza) { p.OvenSeconds = 5 },
		"prix_medium":  func(p *NewPizza) { p.Variants = []Variant{{Size: Medium, Price: 5, Recipe: []Part{{1, 1}}}} },
		"":             func(p *NewPizza) { p.Variants = []Variant{{Size: Medium, Price: 9_00, Recipe: []Part{{2, 10}}}} },
		"\x00quantity": func(p *NewPizza) { p.Variants = []Variant{{Size: Medium, Price: 9_00, Recipe: []Part{{1, 0}}}} },
		"\x00unknown":  func(p *NewPizza) { p.Variants = []Variant{{Size: Medium, Price: 9_00, Recipe: []Part{{1, 1}, {9, 1}}}} },
	} {
		bad := good
		change(&bad)
		if _, err := m.pizza(bad); KindOf(err) != Invalid || field != "" && field[0] != 0 && AsError(err).Field != field {
			t.Errorf("%q: %v", field, err)
		}
	}
	for _, name := range []string{"Reine", "Hawaï"} {
		bad := good
		bad.Name = name
		if _, err := m.pizza(bad); KindOf(err) != Conflict {
			t.Errorf("%s again: %v", name, err)
		}
	}
}
