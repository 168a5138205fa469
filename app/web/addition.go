package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// addedJSON is what was added to a line, with the prices that its own contains.
func addedJSON(l app.Line) []fiber.Map {
	out := make([]fiber.Map, len(l.Added))
	for i, a := range l.Added {
		out[i] = fiber.Map{"slug": a.Slug, "nom": a.Name, "prix_cents": a.Price}
	}
	return out
}

// additionsJSON is what may be added to a pizza of each size, and whether stock allows one.
func additionsJSON(b *app.Board) []fiber.Map {
	out := []fiber.Map{}
	for _, g := range b.Menu.Ingredients {
		if len(g.Additions) == 0 {
			continue
		}
		sizes := make([]fiber.Map, len(g.Additions))
		for i, a := range g.Additions {
			sizes[i] = fiber.Map{"taille": a.Size, "prix_cents": a.Price, "quantite": a.Quantity, "possible": b.CanAdd(&g, a.Size)}
		}
		out = append(out, fiber.Map{"slug": g.Slug, "nom": g.Name, "allergenes": orNone(g.Allergens), "tailles": sizes})
	}
	return out
}

// removableJSON are the slugs of what may be left out of a product.
func removableJSON(m *app.Menu, p *app.Product) []string {
	out := []string{}
	if len(p.Variants) > 0 {
		for _, g := range m.Removable(p, &p.Variants[0]) {
			out = append(out, g.Slug)
		}
	}
	return out
}

// typed adds what a clerk typed to a draft: a line, or to its last line what is added or left out.
func typed(b *app.Board, lines []app.NewLine, code string) ([]app.NewLine, *app.Error) {
	q, refusal := views.QuickCode(b.Menu, code)
	if refusal != nil {
		return lines, refusal.InField("code")
	}
	if q.Line.Product == "" {
		return retyped(b, lines, q)
	}
	edit := url.Values{"ajouter": {q.Line.Product + ":" + string(q.Line.Size)}, "sans": q.Line.Without, "avec": q.Line.Added}
	edited := slices.Clone(lines)
	for range q.Line.Quantity {
		more, err := editLines(b, edited, edit)
		if err != nil {
			return lines, app.AsError(err).InField("code")
		}
		edited = more
	}
	return edited, nil
}

// retyped composes the last line of a draft.
func retyped(b *app.Board, lines []app.NewLine, q views.Quick) ([]app.NewLine, *app.Error) {
	if len(lines) == 0 {
		return lines, app.Errorf(app.Invalid, "Tapez d’abord une pizza : « + » et « - » s’appliquent à la dernière ligne.").InField("code")
	}
	last := len(lines) - 1
	l, refusal := q.On(b.Menu, lines[last])
	if refusal == nil {
		refusal = sellable(b, l)
	}
	if refusal != nil {
		return lines, refusal.InField("code")
	}
	out := slices.Clone(lines)
	out[last] = l
	return out, nil
}

// composed takes an ingredient off line n ("sans"), or adds it ("avec"); what is so already is undone. A line is not both without an ingredient
// and with more of it.
func composed(b *app.Board, lines []app.NewLine, how, n, ingredient string) ([]app.NewLine, *app.Error) {
	i, err := strconv.Atoi(n)
	if err != nil || i < 1 || i > len(lines) || ingredient == "" {
		return lines, errUnreadable
	}
	l := lines[i-1]
	if how == "sans" {
		l.Without, l.Added = toggled(l.Without, ingredient), without(l.Added, ingredient)
	} else {
		l.Added, l.Without = toggled(l.Added, ingredient), without(l.Without, ingredient)
	}
	if refusal := sellable(b, l); refusal != nil {
		return lines, refusal
	}
	out := slices.Clone(lines)
	out[i-1] = l
	return out, nil
}

// sellable refuses a line that the menu does not have as it is asked for. The mode does not matter.
func sellable(b *app.Board, l app.NewLine) *app.Error {
	if _, err := b.Menu.Lines([]app.NewLine{l}, app.Pickup, time.Now()); err != nil {
		refusal := *app.AsError(err)
		refusal.Line = 0
		return &refusal
	}
	return nil
}

// toggled is a sorted list with a word more, or without it if it had it.
func toggled(list []string, word string) []string {
	if slices.Contains(list, word) {
		return without(list, word)
	}
	return slices.Sorted(slices.Values(append(slices.Clone(list), word)))
}

func without(list []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(w string) bool { return w == word })
}
