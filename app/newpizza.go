package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NewPizza is a pizza that the direction adds to the menu.
type NewPizza struct {
	Name, Description string
	OvenSeconds       int
	Variants          []Variant // a size each, with what it takes in any order
}

// Limits of a new pizza.
const (
	maxOven = 30 * 60
	maxPart = 5000 // of one ingredient on one pizza
)

// AddPizza adds a pizza to the menu of every shop. Its VAT is that of the other pizzas, its allergens those of what it is made of.
func (s *Shop) AddPizza(ctx context.Context, actor Actor, in NewPizza) error {
	if err := mayChangeMenu(actor, "la carte"); err != nil {
		return err
	}
	shops, err := s.Boards.Pizzerias(ctx)
	if err != nil {
		return err
	}
	if len(shops) == 0 {
		return Errorf(NotFound, "Il n’y a pas encore de pizzeria.")
	}
	board, err := s.Boards.Board(ctx, shops[0].ID)
	if err != nil {
		return err
	}
	p, err := board.Menu.pizza(in)
	if err != nil {
		return err
	}
	events, err := s.Store.AddProduct(ctx, p, actor.did(ProductAdded, 0, p.Slug, p.Name, s.Now()))
	return s.announceAll(ctx, events, err)
}

// pizza checks a new pizza against the menu and completes it.
func (m *Menu) pizza(in NewPizza) (Product, error) {
	p := Product{Slug: slugOf(in.Name), Name: in.Name, Description: in.Description, Kind: Pizza, OvenSeconds: in.OvenSeconds, VAT: m.pizzaVAT()}
	_, taken := m.Known(p.Slug)
	switch {
	case p.Slug == "" || utf8.RuneCountInString(in.Name) > 60:
		return p, Errorf(Invalid, "Donnez à la pizza un nom de 60 caractères au plus.").InField("nom")
	case taken:
		return p, Errorf(Conflict, "Il y a déjà « %s » à la carte, ou parmi les produits retirés. Donnez-lui un autre nom.", in.Name).InField("nom")
	case in.Description == "" || utf8.RuneCountInString(in.Description) > 200:
		return p, Errorf(Invalid, "Décrivez la pizza en 200 caractères au plus.").InField("description")
	case in.OvenSeconds < 30 || in.OvenSeconds > maxOven:
		return p, Errorf(Invalid, "Le temps de four doit être compris entre 30 et %d secondes.", maxOven).InField("four")
	case len(p.VAT) == 0:
		return p, Errorf(Conflict, "Aucune pizza ne dit à quel taux de TVA elles se vendent. Demandez à l’exploitant.")
	}
	for _, v := range in.Variants {
		if err := checkPrice(v.Price); err != nil {
			return p, AsError(err).InField("prix_" + string(v.Size))
		}
		recipe, err := m.recipe(in.Name, v)
		if err != nil {
			return p, err
		}
		p.Variants = append(p.Variants, Variant{Size: v.Size, Price: v.Price, Recipe: recipe})
	}
	return p, nil
}

// recipe checks what a size takes and puts it in the order of the make line: that of the other recipes.
func (m *Menu) recipe(name string, v Variant) ([]Part, error) {
	recipe := slices.Clone(v.Recipe)
	base := false
	for _, part := range recipe {
		g, ok := m.Ingredient(part.Ingredient)
		if !ok {
			return nil, Errorf(Invalid, "Un des ingrédients n’existe pas. Rechargez la page.")
		}
		if part.Quantity < 1 || part.Quantity > maxPart {
			return nil, Errorf(Invalid, "La quantité de « %s » doit être comprise entre 1 et %d.", g.Name, maxPart)
		}
		base = base || g.Base
	}
	if !base {
		return nil, Errorf(Invalid, "« %s » n’a pas de pâte dans toutes ses tailles. Ajoutez-la à la recette.", name)
	}
	place := m.makeLine()
	slices.SortFunc(recipe, func(a, b Part) int {
		return cmp.Or(cmp.Compare(place[a.Ingredient], place[b.Ingredient]), cmp.Compare(a.Ingredient, b.Ingredient))
	})
	return recipe, nil
}

// makeLine is where each ingredient stands on the make line: its mean place in the recipes there are, in thousandths.
func (m *Menu) makeLine() map[int64]int {
	sum, n := map[int64]int{}, map[int64]int{}
	for _, p := range slices.Concat(m.Products, m.Retired) {
		for _, v := range p.Variants {
			for i, part := range v.Recipe {
				sum[part.Ingredient] += 1000 * i / len(v.Recipe)
				n[part.Ingredient]++
			}
		}
	}
	for id := range sum {
		sum[id] /= n[id]
	}
	return sum
}

// pizzaVAT are the rules of the first pizza.
func (m *Menu) pizzaVAT() []VATRule {
	for _, p := range slices.Concat(m.Products, m.Retired) {
		if p.Kind == Pizza && len(p.VAT) > 0 {
			return slices.Clone(p.VAT)
		}
	}
	return nil
}

// unaccented are the letters of French names without their accents.
var unaccented = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u",
	"û", "u", "ü", "u", "ÿ", "y", "œ", "oe", "æ", "ae", "ñ", "n")

// slugOf is a name as addresses have it: "Chèvre & miel" is "chevre-miel".
func slugOf(name string) string {
	words := strings.FieldsFunc(unaccented.Replace(strings.ToLower(name)), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	slug := strings.Join(words, "-")
	return strings.Trim(slug[:min(60, len(slug))], "-")
}
