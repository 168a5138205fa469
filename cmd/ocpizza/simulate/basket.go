package simulate

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
)

// menu is the JSON of /carte/{pizzeria}.
type menu struct {
	Seq      int64     `json:"seq"`
	Products []product `json:"produits"`
	Extras   []extra   `json:"supplements"`
}

type product struct {
	Slug  string   `json:"slug"`
	Name  string   `json:"nom"`
	Kind  string   `json:"genre"`
	Sizes []size   `json:"tailles"`
	Off   []string `json:"retirables"`
}

// extra is what may be added to a pizza.
type extra struct {
	Slug  string `json:"slug"`
	Sizes []struct {
		Size     string `json:"taille"`
		Possible bool   `json:"possible"`
	} `json:"tailles"`
}

type size struct {
	Size  string `json:"taille"`
	Cents int64  `json:"prix_cents"`
	Left  int    `json:"reste"`
}

// pick draws a product of a kind that is still to be had; the first ones of the menu are the favourites.
func (m *menu) pick(rng *rand.Rand, kind string) (line string, ok bool) {
	type choice struct {
		of     product
		size   string
		weight float64
		left   int
	}
	var all []choice
	sum, i := 0.0, 0
	for _, p := range m.Products {
		if p.Kind != kind {
			continue
		}
		i++
		for _, s := range p.Sizes {
			if s.Left > 0 {
				c := choice{of: p, size: s.Size, weight: 1 / (1 + 0.2*float64(i)), left: s.Left}
				all = append(all, c)
				sum += c.weight
			}
		}
	}
	at := rng.Float64() * sum
	for _, c := range all {
		if at -= c.weight; at <= 0 {
			n := 1
			if rng.Float64() < 0.15 {
				n = min(2, c.left)
			}
			return fmt.Sprintf("%s:%s:%d", c.of.Slug, c.size, n) + m.compose(rng, c.of, c.size), true
		}
	}
	return "", false
}

// compose has one pizza in eight made without something, and one in six with one or two additions: the end of its line, "" for most.
func (m *menu) compose(rng *rand.Rand, p product, size string) string {
	var off string
	var added []string
	if len(p.Off) > 0 && rng.Float64() < 0.125 {
		off = draw(rng, p.Off)
	}
	if p.Kind == "pizza" && rng.Float64() < 0.17 {
		for _, i := range rng.Perm(len(m.Extras)) {
			x := m.Extras[i]
			for _, s := range x.Sizes {
				if s.Size == size && s.Possible && x.Slug != off && len(added) < 1+rng.IntN(2) {
					added = append(added, x.Slug)
				}
			}
		}
	}
	switch {
	case len(added) > 0:
		return ":" + off + ":" + strings.Join(added, ",")
	case off != "":
		return ":" + off
	}
	return ""
}

// basket chooses one to four lines, mostly pizzas. None when there is no pizza left.
func (m *menu) basket(rng *rand.Rand) []string {
	first, ok := m.pick(rng, "pizza")
	if !ok {
		return nil
	}
	lines := []string{first}
	for range []int{0, 0, 0, 1, 1, 1, 1, 2, 2, 3}[rng.IntN(10)] {
		kind := "pizza"
		switch x := rng.Float64(); {
		case x < 0.3:
			kind = "drink"
		case x < 0.45:
			kind = "dessert"
		}
		if l, ok := m.pick(rng, kind); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

var (
	firstNames = []string{"Camille", "Léa", "Hugo", "Nadia", "Jordi", "Montserrat", "Yanis", "Chloé", "Paul", "Inès", "Marius", "Aïcha", "Élodie", "Thomas", "Sofia", "Lucas"}
	lastNames  = []string{"Martin", "Puig", "Vidal", "Bernard", "Garcia", "Roca", "Petit", "Benali", "Moreau", "Soler", "Nguyen", "Durand", "Ferrer", "Lopez", "Blanc", "Serra"}
	streets    = []string{"rue des Lilas", "avenue du Canigou", "rue du Four", "place de la République", "rue des Augustins", "chemin des Vignes", "boulevard Clemenceau", "rue de la Tramontane", "impasse des Micocouliers", "avenue de la Mer"}
	notes      = []string{"", "", "", "", "", "", "Bien cuite", "Interphone en panne, appelez", "Sans couverts", "Allergie aux noix : merci de faire attention"}
	methods    = []string{"carte", "carte", "carte", "especes", "especes", "ticket_restaurant", "cheque"}
)

// draw takes one of a list.
func draw[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// orderForm fills the checkout in. Most want delivery, where the shop's postcodes are known.
func orderForm(rng *rand.Rand, shop *shop, lines []string) url.Values {
	form := url.Values{
		"pizzeria": {shop.Slug}, "mode": {"retrait"}, "nom": {draw(rng, firstNames) + " " + draw(rng, lastNames)},
		"telephone": {fmt.Sprintf("06 %02d %02d %02d %02d", 10+rng.IntN(80), rng.IntN(100), rng.IntN(100), rng.IntN(100))},
		"paiement":  {draw(rng, methods)}, "note": {draw(rng, notes)}, "ligne": lines,
	}
	if len(shop.Postcodes) > 0 && rng.Float64() < 0.7 {
		form.Set("mode", "livraison")
		form.Set("adresse", fmt.Sprintf("%d %s", 1+rng.IntN(90), draw(rng, streets)))
		form.Set("code_postal", draw(rng, shop.Postcodes))
	}
	return form
}
