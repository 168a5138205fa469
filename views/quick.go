package views

import (
	"slices"
	"strings"

	"github.com/oc-pizza/ocpizza/app"
)

// Quick is what a clerk typed to add a line; without a product, it composes the last one.
type Quick struct {
	Line    app.NewLine
	plus    []string // what to add, as it was typed
	without []string
}

// QuickCode reads what a clerk typed to add a line: "reine g 2", "2 4 fromages", "lim", "reg g 2 +chèvre -oignons". A number is a quantity unless
// the product begins with it, m or g a size, what follows a + or a - an ingredient, the rest the beginning of the product's words. Without a
// size it is the first of the menu.
func QuickCode(m *app.Menu, typed string) (Quick, *app.Error) {
	var q Quick
	var head []string
	var into *[]string // the words of + or - that were begun
	for _, word := range strings.Fields(typed) {
		switch word[0] {
		case '+':
			into = &q.plus
		case '-':
			into = &q.without
		default:
			if into == nil {
				head = append(head, word)
				continue
			}
			last := len(*into) - 1
			(*into)[last] = strings.TrimSpace((*into)[last] + " " + word)
			continue
		}
		*into = append(*into, word[1:])
	}
	if len(head) == 0 && into != nil {
		return q, nil
	}
	slug, size, n, ok := quickLine(m, strings.Join(head, " "))
	if !ok {
		return q, app.Errorf(app.Invalid, "« %s » n’est pas à la carte. Tapez les premières lettres du produit, puis la taille et le nombre.", shortened(typed))
	}
	line, refusal := q.On(m, app.NewLine{Product: slug, Size: size, Quantity: n})
	q.Line = line
	return q, refusal
}

// On composes a line by what was typed after + and -.
func (q Quick) On(m *app.Menu, l app.NewLine) (app.NewLine, *app.Error) {
	p, ok := m.Product(l.Product)
	if !ok || len(p.Variants) == 0 {
		return l, app.Errorf(app.Invalid, "Cette ligne n’est plus à la carte. Retirez-la.")
	}
	l.Without, l.Added = slices.Clone(l.Without), slices.Clone(l.Added)
	for _, name := range q.without {
		g, ok := ingredientBy(m.Removable(p, &p.Variants[0]), name)
		if !ok {
			return l, app.Errorf(app.Invalid, "« %s » ne se fait pas sans « %s ». Touchez « Sans… » sur sa ligne pour voir ce qui se retire.", p.Name, shortened(name))
		}
		l.Added = slices.DeleteFunc(l.Added, func(s string) bool { return s == g.Slug })
		l.Without = append(l.Without, g.Slug)
	}
	for _, name := range q.plus {
		g, ok := ingredientBy(m.Addable(p), name)
		if !ok {
			return l, app.Errorf(app.Invalid, "« %s » n’est pas un supplément de « %s ». Touchez « En plus… » sur sa ligne pour voir ce qui s’ajoute.", shortened(name), p.Name)
		}
		l.Without = slices.DeleteFunc(l.Without, func(s string) bool { return s == g.Slug })
		l.Added = append(l.Added, g.Slug)
	}
	l.Without, l.Added = sortedOnce(l.Without), sortedOnce(l.Added)
	return l, nil
}

func sortedOnce(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// ingredientBy finds an ingredient by the beginnings of its words; one whose first word begins so comes before another.
func ingredientBy(all []app.Ingredient, typed string) (app.Ingredient, bool) {
	words := strings.Fields(plain(typed))
	if len(words) == 0 {
		return app.Ingredient{}, false
	}
	var other *app.Ingredient
	for i, g := range all {
		name := strings.Fields(plain(g.Name))
		if begins(name, words) && strings.HasPrefix(name[0], words[0]) {
			return g, true
		}
		if other == nil && begins(name, words) {
			other = &all[i]
		}
	}
	if other == nil {
		return app.Ingredient{}, false
	}
	return *other, true
}

// quickLine reads the product, its size and how many.
func quickLine(m *app.Menu, typed string) (slug string, size app.Size, quantity int, ok bool) {
	words := strings.Fields(plain(typed))
	if len(words) == 0 {
		return "", "", 0, false
	}
	// As a whole first, so that « 4 fromages » is a pizza and not four of something.
	for _, cut := range [][2]int{{0, 0}, {1, 0}, {0, 1}} {
		name, n := words[cut[0]:], 1
		if cut[0] == 1 {
			if n, ok = number(words[0]); !ok {
				continue
			}
		}
		if cut[1] == 1 {
			if n, ok = number(name[len(name)-1]); !ok {
				continue
			}
			name = name[:len(name)-1]
		}
		if slug, size, ok = quickProduct(m, name); ok {
			return slug, size, n, true
		}
	}
	return "", "", 0, false
}

// quickAddition is what a hint adds to a pizza: " +anchois"; "" where nothing is offered.
func quickAddition(m *app.Menu, p *app.Product) string {
	for _, g := range m.Addable(p) {
		first, _, _ := strings.Cut(strings.ToLower(g.Name), " ")
		return " +" + first
	}
	return ""
}

// shortened is what was typed, short enough to be said back.
func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Asked says what a line asks for, which the menu may no longer have: "Reine grande sans olives, + chèvre".
func Asked(m *app.Menu, l app.NewLine) string {
	words := l.Product
	if p, ok := m.Product(l.Product); ok {
		words = p.Name
	}
	name := func(slug string) string {
		if g, ok := m.IngredientBySlug(slug); ok {
			return lowerFirst(g.Name)
		}
		return slug
	}
	words = strings.TrimSpace(words + " " + strings.ToLower(Size(l.Size)))
	for _, slug := range l.Without {
		words += ", sans " + name(slug)
	}
	for _, slug := range l.Added {
		words += ", +" + nbsp + name(slug)
	}
	return words
}
