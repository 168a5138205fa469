package views

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// extra is an addition offered on a product: the words of its price, and whether stock allows one in a size at least.
type extra struct {
	Ingredient app.Ingredient
	Price      string
	Possible   bool
}

// extras lists what may be added to a product.
func extras(b *app.Board, p *app.Product) []extra {
	var out []extra
	for _, g := range b.Menu.Addable(p) {
		x := extra{Ingredient: g, Price: extraPrice(p, g)}
		for _, v := range p.Variants {
			x.Possible = x.Possible || b.CanAdd(&g, v.Size)
		}
		out = append(out, x)
	}
	return out
}

// extraPrice says what an addition costs: "+ 1,20 €", or "+ 1,20 / 1,50 €" where the sizes differ.
func extraPrice(p *app.Product, g app.Ingredient) string {
	var prices []app.Cents
	for _, v := range p.Variants {
		if a, ok := g.Addition(v.Size); ok && !slices.Contains(prices, a.Price) {
			prices = append(prices, a.Price)
		}
	}
	words := make([]string, len(prices))
	for i, c := range prices {
		words[i] = Euros(c)
		if i < len(prices)-1 {
			words[i] = strings.TrimSuffix(words[i], nbsp+"€")
		}
	}
	return "+" + nbsp + strings.Join(words, " / ")
}

// extraAttrs are, for menu.js, an addition's prices on a product by size; or what a basket that has it is told once it has run out.
func extraAttrs(p *app.Product, x extra) templ.Attributes {
	if !x.Possible {
		return templ.Attributes{"disabled": true, "data-out": "plus assez de " + lowerFirst(x.Ingredient.Name)}
	}
	attrs := templ.Attributes{}
	for _, v := range p.Variants {
		if a, ok := x.Ingredient.Addition(v.Size); ok {
			attrs["data-"+string(v.Size)] = strconv.FormatInt(int64(a.Price), 10)
		}
	}
	return attrs
}

// meatless reports whether an addition suits a vegetarian, and porkless whoever eats no pork.
func meatless(g app.Ingredient) bool { return g.Diet == app.Vegetable }
func porkless(g app.Ingredient) bool { return g.Diet != app.Pork }

// addedNames are the names of what was added to a line.
func addedNames(l app.Line) []string {
	var out []string
	for _, a := range l.Added {
		out = append(out, a.Name)
	}
	return out
}

// additions says what a line has besides its recipe, with the price: "+ chèvre 1,50 €, + miel 1,00 €".
func additions(l app.Line) string {
	words := make([]string, len(l.Added))
	for i, a := range l.Added {
		words[i] = "+" + nbsp + lowerFirst(a.Name) + " " + Euros(a.Price)
	}
	return strings.Join(words, ", ")
}

// composed says how a line differs from its recipe, without prices: "sans oignons, + chèvre". Empty where it does not.
func composed(l app.Line) string {
	var words []string
	if len(l.Removed) > 0 {
		words = append(words, removed(l))
	}
	for _, a := range l.Added {
		words = append(words, "+"+nbsp+lowerFirst(a.Name))
	}
	return strings.Join(words, ", ")
}

// composedHeight is what a line's differences take of a ticket in letters of a size: those left out stand in one block, each addition in one of
// its own. A row is kept even for a pizza as its recipe has it: for its time in the oven.
func composedHeight(l app.Line, font float64) float64 {
	const letter, row = 0.45, 0.95 // of the font
	rows, x := 1.0, 0.0
	if len(l.Removed) > 0 {
		rows = math.Ceil(float64(utf8.RuneCountInString(strings.Join(l.Removed, ", "))+5) * letter * font / wallName)
		x = wallName
	}
	for _, name := range addedNames(l) {
		width := float64(utf8.RuneCountInString(name)+4) * letter * font
		if x > 0 && x+width > wallName {
			rows, x = rows+1, 0
		}
		rows += max(0, math.Ceil(width/wallName)-1)
		x += width + font/2
	}
	if len(l.Added) == 0 {
		return rows * 0.79 * font
	}
	if x+5*font > wallName { // for the time in the oven
		rows++
	}
	return rows * row * font
}

// addedQuantity is how much an addition is, and how much there is of it altogether where the recipe has it too: "40 g", "50 g, soit 160 g".
func addedQuantity(b *app.Board, l app.Line, a app.Added) string {
	g, ok := b.Menu.IngredientBySlug(a.Slug)
	if !ok {
		return strconv.FormatInt(a.Quantity, 10)
	}
	words := Quantity(a.Quantity, g.Unit)
	for _, p := range l.Recipe {
		if p.Ingredient == g.ID && p.Quantity > a.Quantity {
			words += ", soit " + Quantity(p.Quantity, g.Unit)
		}
	}
	return words
}

// offer is an addition that a line may have, and whether it has it.
type offer struct {
	Ingredient      app.Ingredient
	Price           app.Cents
	Added, Possible bool
}

func (x offer) words() string {
	if !x.Possible && !x.Added {
		return "épuisé"
	}
	return Euros(x.Price)
}

// offered lists what may be added to a line in its size.
func offered(b *app.Board, l app.Line) []offer {
	p, ok := b.Menu.Product(l.Product)
	if !ok {
		return nil
	}
	var out []offer
	for _, g := range b.Menu.Addable(p) {
		if a, ok := g.Addition(l.Size); ok {
			out = append(out, offer{Ingredient: g, Price: a.Price, Added: slices.Contains(l.AddedSlugs(), g.Slug), Possible: b.CanAdd(&g, l.Size)})
		}
	}
	return out
}

// RawLine is a line as forms carry it: "reine:large:2", then ":olives,oignon" for what is left out, then ":chevre,miel" for what is added.
func RawLine(l app.Line, quantity int) string {
	return RawAsked(app.NewLine{Product: l.Product, Size: l.Size, Quantity: quantity, Without: l.Without, Added: l.AddedSlugs()})
}

// RawAsked is RawLine of what is asked for.
func RawAsked(l app.NewLine) string {
	raw := l.Product + ":" + string(l.Size) + ":" + strconv.Itoa(l.Quantity)
	if len(l.Without) > 0 || len(l.Added) > 0 {
		raw += ":" + strings.Join(l.Without, ",")
	}
	if len(l.Added) > 0 {
		raw += ":" + strings.Join(l.Added, ",")
	}
	return raw
}
