package app

import (
	"slices"
	"time"
)

// Lines looks a basket up in the menu: names, prices, VAT, recipes and allergens as they are now.
func (m *Menu) Lines(in []NewLine, mode Mode, at time.Time) ([]Line, error) {
	if len(in) == 0 {
		return nil, Errorf(Invalid, "Le panier est vide. Ajoutez au moins un produit.")
	}
	if len(in) > MaxLines {
		return nil, Errorf(Invalid, "Le panier a trop de lignes (%d au plus). Appelez la pizzeria pour une grande commande.", MaxLines)
	}
	lines := make([]Line, len(in))
	for i, ask := range in {
		l, err := m.line(ask, mode, at)
		if err != nil {
			return nil, err.AtLine(i + 1)
		}
		l.N = i + 1
		lines[i] = l
	}
	return lines, nil
}

func (m *Menu) line(ask NewLine, mode Mode, at time.Time) (Line, *Error) {
	p, ok := m.Product(ask.Product)
	if !ok {
		return Line{}, Errorf(Invalid, "Le produit « %s » n’est plus à la carte. Retirez-le du panier.", clip(ask.Product))
	}
	v, ok := p.Variant(ask.Size)
	if !ok {
		return Line{}, Errorf(Invalid, "« %s » n’existe pas en taille « %s ». Choisissez une taille de la carte.", p.Name, clip(string(ask.Size)))
	}
	if ask.Quantity < 1 || ask.Quantity > MaxQuantity {
		return Line{}, Errorf(Invalid, "La quantité de « %s » doit être comprise entre 1 et %d.", p.Name, MaxQuantity)
	}
	rate, ok := p.VATRate(mode, at)
	if !ok {
		return Line{}, Errorf(Invalid, "« %s » ne se vend pas de cette façon. Retirez-le du panier.", p.Name)
	}
	l := Line{
		Product: p.Slug, Name: p.Name, Kind: p.Kind, Size: v.Size, Quantity: ask.Quantity,
		UnitPrice: v.Price, VAT: rate, Recipe: slices.Clone(v.Recipe),
	}
	if p.Kind == Pizza {
		l.Items = slices.Repeat([]ItemState{Queued}, ask.Quantity)
	}
	removable := m.Removable(p, v)
	for _, slug := range ask.Without {
		i := slices.IndexFunc(removable, func(g Ingredient) bool { return g.Slug == slug })
		if i < 0 {
			return Line{}, Errorf(Invalid, "« %s » ne peut pas se faire sans « %s ».", p.Name, clip(slug))
		}
		l.leaveOut(removable[i])
	}
	if err := m.add(&l, ask.Added); err != nil {
		return Line{}, err
	}
	l.Allergens = m.allergensOf(l.Recipe)
	return l, nil
}

// allergensOf declares a recipe. Sorted.
func (m *Menu) allergensOf(recipe []Part) []Allergen {
	var all []Allergen
	for _, part := range recipe {
		if g, ok := m.Ingredient(part.Ingredient); ok {
			all = append(all, g.Allergens...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// clip shortens what a stranger typed before it is said back.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// soldOut says which line of a basket stock does not allow, and what is still possible. own is what the order held already, if it is being changed.
func soldOut(b *Board, lines []Line, levels map[int64]Level, own []Part) *Error {
	left := make(map[int64]Level, len(b.Levels))
	for id, l := range b.Levels {
		left[id] = l
	}
	for id, l := range levels {
		left[id] = l
	}
	for _, p := range own {
		l := left[p.Ingredient]
		l.Reserved -= p.Quantity
		left[p.Ingredient] = l
	}
	for _, line := range lines {
		if n := feasible(line.Recipe, left); n < line.Quantity {
			return line.short(b.Menu, left, n)
		}
		for _, p := range line.Recipe {
			l := left[p.Ingredient]
			l.Reserved += p.Quantity * int64(line.Quantity)
			left[p.Ingredient] = l
		}
	}
	return Errorf(Conflict, "Le stock a changé pendant votre commande. Réessayez.")
}

// short refuses a line of which stock allows n.
func (l Line) short(m *Menu, left map[int64]Level, n int) *Error {
	switch a := l.scarce(m, left, n); {
	case a != nil && n == 0:
		return Errorf(Conflict, "Il n’y a plus assez de « %s » pour l’ajouter à « %s » : retirez ce supplément, ou choisissez-en un autre.", a.Name, l.Name).AtLine(l.N)
	case a != nil:
		return Errorf(Conflict, "Il ne reste de « %s » que pour %d « %s » : réduisez la quantité, ou retirez ce supplément.", a.Name, n, l.Name).AtLine(l.N)
	case n == 0:
		return Errorf(Conflict, "« %s » vient d’être épuisée. Retirez-la, ou choisissez autre chose.", l.Name).AtLine(l.N)
	}
	return Errorf(Conflict, "Il ne reste que %d « %s » : réduisez la quantité ou choisissez autre chose.", n, l.Name).AtLine(l.N)
}
