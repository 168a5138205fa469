package db

import (
	"strconv"

	"github.com/oc-pizza/ocpizza/app"
)

// seedAddition is what may be added to a pizza: the portion of 29 cm, that of 33 cm, and one price for both.
type seedAddition struct {
	slug          string
	medium, large int64
	price         app.Cents
}

var seedAdditions = []seedAddition{
	{"mozzarella", 50, 65, 120},
	{"chevre", 40, 50, 150},
	{"burrata", 1, 1, 250},
	{"jambon", 40, 50, 150},
	{"jambon-serrano", 30, 40, 200},
	{"chorizo", 30, 40, 150},
	{"poulet", 50, 65, 180},
	{"anchois", 15, 20, 130},
	{"oeuf", 1, 1, 100},
	{"champignons", 40, 50, 100},
	{"oignons", 25, 35, 80},
	{"olives", 20, 25, 80},
	{"roquette", 15, 20, 90},
}

// additions offers what is not known yet: what was withdrawn stays so.
func (s *seeder) additions() error {
	var there []additionRow
	if err := s.tx.NewSelect().Model(&there).Scan(s.ctx); err != nil {
		return err
	}
	known := make(map[additionRow]bool, len(there))
	for _, r := range there {
		known[additionRow{Ingredient: r.Ingredient, Size: r.Size}] = true
	}
	var rows []additionRow
	for _, a := range seedAdditions {
		for _, r := range []additionRow{
			{Ingredient: s.parts[a.slug], Size: string(app.Medium), Price: int64(a.price), Quantity: a.medium},
			{Ingredient: s.parts[a.slug], Size: string(app.Large), Price: int64(a.price), Quantity: a.large},
		} {
			if !known[additionRow{Ingredient: r.Ingredient, Size: r.Size}] {
				rows = append(rows, r)
			}
		}
	}
	if s.done.Additions = len(rows); len(rows) == 0 {
		return nil
	}
	s.o.Progress(strconv.Itoa(len(rows)) + " additions")
	return s.insert(&rows)
}
