package app

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// MaxAdded is how many additions one pizza takes: more do not bake through.
const MaxAdded = 5

// Addition is a portion of an ingredient that a pizza of a size may have besides its recipe, and what it costs.
type Addition struct {
	Size     Size
	Price    Cents
	Quantity int64 // in the ingredient's unit
}

// Added is an addition on a line, frozen at the time of sale like the rest of it.
type Added struct {
	Slug     string `json:"s"`
	Name     string `json:"n"`
	Price    Cents  `json:"p"`
	Quantity int64  `json:"q"` // part of the line's recipe
}

// Addition returns what is added of the ingredient to a pizza of a size; false where it is not offered.
func (g *Ingredient) Addition(size Size) (Addition, bool) {
	for _, a := range g.Additions {
		if a.Size == size {
			return a, true
		}
	}
	return Addition{}, false
}

// Addable returns what may be added to a product, by name; nothing to one that is no pizza.
func (m *Menu) Addable(p *Product) []Ingredient {
	var out []Ingredient
	if p.Kind != Pizza {
		return nil
	}
	for _, g := range m.Ingredients {
		if slices.ContainsFunc(g.Additions, func(a Addition) bool { _, ok := p.Variant(a.Size); return ok }) {
			out = append(out, g)
		}
	}
	return out
}

// add puts additions on a line that was looked up, each once: what the recipe has already becomes double.
func (m *Menu) add(l *Line, slugs []string) *Error {
	switch {
	case len(slugs) > 0 && l.Kind != Pizza:
		return Errorf(Invalid, "« %s » se prend sans supplément : seules les pizzas en ont. Retirez-le du panier, puis ajoutez-le de nouveau.", l.Name)
	case len(slugs) > MaxAdded:
		return Errorf(Invalid, "« %s » prend %d suppléments au plus. Retirez-en.", l.Name, MaxAdded)
	}
	for _, slug := range slugs {
		g, ok := m.IngredientBySlug(slug)
		if !ok {
			return Errorf(Invalid, "Le supplément « %s » n’est plus proposé. Prenez « %s » sans lui, ou choisissez-en un autre.", clip(slug), l.Name)
		}
		a, ok := g.Addition(l.Size)
		switch {
		case !ok:
			return Errorf(Invalid, "Le supplément « %s » n’est plus proposé. Prenez « %s » sans lui, ou choisissez-en un autre.", g.Name, l.Name)
		case slices.Contains(l.Without, slug):
			return Errorf(Invalid, "« %s » est demandée à la fois avec et sans « %s ». Choisissez l’un ou l’autre.", l.Name, g.Name)
		case slices.Contains(l.AddedSlugs(), slug):
			return Errorf(Invalid, "« %s » a déjà le supplément « %s », qui se prend une fois. Choisissez-en un autre.", l.Name, g.Name)
		}
		l.add(g, a)
	}
	return nil
}

func (l *Line) add(g *Ingredient, a Addition) {
	l.Added = append(l.Added, Added{Slug: g.Slug, Name: g.Name, Price: a.Price, Quantity: a.Quantity})
	l.UnitPrice += a.Price
	if i := slices.IndexFunc(l.Recipe, func(p Part) bool { return p.Ingredient == g.ID }); i >= 0 {
		l.Recipe[i].Quantity += a.Quantity
		return
	}
	l.Recipe = append(l.Recipe, Part{Ingredient: g.ID, Quantity: a.Quantity})
}

// takeOff takes an addition off the line with its price, and returns how much of the ingredient it was; 0 if there is none.
// The recipe is the caller's to change.
func (l *Line) takeOff(slug string) int64 {
	i := slices.IndexFunc(l.Added, func(a Added) bool { return a.Slug == slug })
	if i < 0 {
		return 0
	}
	a := l.Added[i]
	l.UnitPrice -= a.Price
	if l.Added = slices.Delete(slices.Clone(l.Added), i, i+1); len(l.Added) == 0 {
		l.Added = nil
	}
	return a.Quantity
}

// AddedSlugs are the slugs of what is added, as a NewLine asks for them.
func (l Line) AddedSlugs() []string {
	var out []string
	for _, a := range l.Added {
		out = append(out, a.Slug)
	}
	return out
}

// CanAdd reports whether stock allows one more portion of an ingredient on a pizza of a size.
func (b *Board) CanAdd(g *Ingredient, size Size) bool {
	a, ok := g.Addition(size)
	return ok && b.Levels[g.ID].Available() >= a.Quantity
}

// LeftOf is how many of a line as it is composed can still be ordered, at most MaxLeft.
func (b *Board) LeftOf(l Line) int { return min(feasible(l.Recipe, b.Levels), MaxLeft) }

// Scarce is the name of the addition for want of which no more than n of a line can be made, "" when it is the pizza itself.
func (b *Board) Scarce(l Line, n int) string {
	if a := l.scarce(b.Menu, b.Levels, n); a != nil {
		return a.Name
	}
	return ""
}

// otherAdditions reports whether an addition became possible between two boards of a shop with one menu, or no longer is.
func otherAdditions(before, after *Board, levels []int64) bool {
	return slices.ContainsFunc(levels, func(id int64) bool {
		g, ok := after.Menu.Ingredient(id)
		return ok && slices.ContainsFunc(g.Additions, func(a Addition) bool { return before.CanAdd(g, a.Size) != after.CanAdd(g, a.Size) })
	})
}

// scarce returns an addition for want of which stock does not allow more than n of a line, nil when it is the pizza itself.
func (l Line) scarce(m *Menu, left map[int64]Level, n int) *Added {
	for i, a := range l.Added {
		g, ok := m.IngredientBySlug(a.Slug)
		if !ok {
			continue
		}
		k := slices.IndexFunc(l.Recipe, func(p Part) bool { return p.Ingredient == g.ID })
		if k < 0 {
			continue
		}
		with, without := l.Recipe[k], l.Recipe[k]
		without.Quantity -= a.Quantity
		if feasible([]Part{with}, left) <= n && feasible([]Part{without}, left) > n {
			return &l.Added[i]
		}
	}
	return nil
}

// settled is the till's entry for a paid order that costs less than its lines did before, or as much at other rates: the difference is given back.
func (o *Order) settled(before []Line, actor Actor, at time.Time) []TillEntry {
	if o.Payment.Status != Paid {
		return nil
	}
	e := o.entry("refund", 1, actor, at)
	for _, was := range VATByRate(before) {
		i := slices.IndexFunc(e.VAT, func(v VATAmount) bool { return v.Rate == was.Rate })
		if i < 0 {
			e.VAT = append(e.VAT, VATAmount{Rate: was.Rate})
			i = len(e.VAT) - 1
		}
		e.VAT[i].Gross -= was.Gross
		e.VAT[i].VAT -= was.VAT
		e.Amount -= was.Gross
	}
	// The same amount at other rates is said, too.
	if e.VAT = slices.DeleteFunc(e.VAT, func(v VATAmount) bool { return v.Gross == 0 }); len(e.VAT) == 0 {
		return nil
	}
	slices.SortFunc(e.VAT, func(a, b VATAmount) int { return cmp.Compare(a.Rate, b.Rate) })
	return []TillEntry{e}
}

// The bounds of an addition: beyond them it is a slip of the finger.
const (
	maxAddition          = Cents(20_00)
	maxAddedAmount int64 = 1_000
)

// SetAddition offers an ingredient as an addition to pizzas of a size in every shop, from now on, for a price and with a quantity in the
// ingredient's unit; a quantity of 0 offers it no longer. Orders already placed keep theirs.
func (s *Shop) SetAddition(ctx context.Context, actor Actor, ingredient string, size Size, price Cents, quantity int64) error {
	if actor.Role != Director {
		return Errorf(Forbidden, "Seule la direction change les prix.")
	}
	switch {
	case size != Medium && size != Large:
		return Errorf(Invalid, "Un supplément se propose pour une pizza moyenne ou grande.")
	case quantity != 0 && (price < 10 || price > maxAddition):
		return Errorf(Invalid, "Le prix d’un supplément doit être compris entre 0,10 € et %s.", maxAddition)
	case quantity < 0 || quantity > maxAddedAmount:
		return Errorf(Invalid, "La quantité d’un supplément doit être comprise entre 1 et %d, ou 0 pour ne plus le proposer.", maxAddedAmount)
	}
	events, err := s.Store.SetAddition(ctx, ingredient, size, price, quantity)
	if err != nil {
		return err
	}
	for _, e := range events {
		s.announce(ctx, e)
	}
	return nil
}
