package views

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// There are no photographs: each product is drawn from its recipe, always the same way. A page holds the drawings of its products once, as
// symbols (Drawings), and shows them by <use> (Drawing), so that a piece sent over the wire stays small. A topping is one SVG marker, set on
// the points of a polyline: a dozen olives cost sixty bytes.

// DrawingsID is the sheet of symbols of a page.
const DrawingsID = "drawings"

// Drawings is the hidden sheet of symbols that the drawings of a page refer to.
func Drawings(menu *app.Menu, products ...app.Product) templ.Component {
	var symbols, markers strings.Builder
	seen := map[string]bool{}
	pizzas := false
	for i := range products {
		p := &products[i]
		if seen[p.Slug] {
			continue
		}
		seen[p.Slug] = true
		id := templ.EscapeString(DrawingID(p.Slug))
		if p.Kind != app.Pizza {
			fmt.Fprintf(&symbols, `<symbol id="%s" viewBox="0 0 100 100">%s</symbol>`, id, stillLife(p))
			continue
		}
		pizzas = true
		look := lookOf(menu, p)
		if has(p.Slug, "calzone") {
			fmt.Fprintf(&symbols, `<symbol id="%s" viewBox="-106 -106 212 212">%s</symbol>`, id, folded)
			continue
		}
		for _, t := range look.toppings {
			if key := "z-" + t.id; !seen[key] {
				seen[key] = true
				markers.WriteString(t.define())
			}
		}
		fmt.Fprintf(&symbols, `<symbol id="%s" viewBox="-106 -106 212 212">%s</symbol>`, id, look.draw(p.Slug))
	}
	sheet := markers.String() + symbols.String()
	if pizzas {
		sheet = dough + sheet
	}
	return templ.Raw(`<svg id="drawings" class="sheet" aria-hidden="true" focusable="false">` + sheet + `</svg>`)
}

// look is what a pizza shows from above: what it is spread with, and what lies on it from the bottom up.
type look struct {
	sauce    string
	melt     bool
	toppings []*topping
}

func lookOf(menu *app.Menu, p *app.Product) look {
	l := look{sauce: "cream"}
	if len(p.Variants) == 0 {
		return l
	}
	for _, part := range p.Variants[0].Recipe {
		g, ok := menu.Ingredient(part.Ingredient)
		if !ok || g.Base {
			continue
		}
		switch slug := g.Slug; {
		case has(slug, "sauce-tomate", "coulis", "pulpe", "passata") || slug == "tomate":
			l.sauce = "tomato"
		case has(slug, "sauce-barbecue", "barbecue", "bbq"):
			l.sauce = "brown"
		case has(slug, "pesto"):
			l.sauce = "green"
		case has(slug, "creme"):
		case has(slug, "huile", "sel", "sucre", "carton", "boite", "farine", "pate"):
		case has(slug, "mozzarella", "emmental", "fromage", "raclette", "cantal", "comte") && !l.melt:
			l.melt = true
		default:
			t := toppingOf(g)
			if !slices.Contains(l.toppings, t) {
				l.toppings = append(l.toppings, t)
			}
		}
	}
	slices.SortStableFunc(l.toppings, func(a, b *topping) int { return a.layer - b.layer })
	return l
}

// draw is the inside of the pizza's symbol.
func (l look) draw(slug string) string {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(slug))
	rng := rand.New(rand.NewPCG(seed.Sum64(), 7))
	var b strings.Builder
	turn := func() int { return rng.IntN(36) * 10 }
	fmt.Fprintf(&b, `<use href="#z-crust" transform="rotate(%d)"/><use href="#z-%s" transform="rotate(%d)"/>`, turn(), l.sauce, turn())
	if l.melt {
		fmt.Fprintf(&b, `<use href="#z-melt" transform="rotate(%d)"/>`, turn())
	}
	spots := l.scatter(rng)
	for i, t := range l.toppings {
		if t.whole {
			fmt.Fprintf(&b, `<use href="#z-%s"/>`, t.id)
			continue
		}
		ref := "url(#z-" + t.id + ")"
		fmt.Fprintf(&b, `<polyline fill="none" points="%s" marker-start="%s" marker-mid="%s" marker-end="%s"/>`, strings.Join(spots[i], " "), ref, ref, ref)
	}
	return b.String()
}

// scatter deals out the places of a sunflower's head (each far from the one before) to the toppings, as a careful cook would.
func (l look) scatter(rng *rand.Rand) [][]string {
	want, total := make([]int, len(l.toppings)), 0
	for i, t := range l.toppings {
		if !t.whole {
			want[i] = t.count
			total += t.count
		}
	}
	const most = 38 // more would hide the cheese
	if total > most {
		sum := 0
		for i := range want {
			if want[i] > 0 {
				want[i] = max(3, want[i]*most/total)
				sum += want[i]
			}
		}
		total = sum
	}
	spots := make([][]string, len(l.toppings))
	phase := rng.Float64() * 2 * math.Pi
	for n := range total {
		// The topping that is furthest behind its share is next.
		next, behind := -1, math.Inf(1)
		for i := range want {
			if want[i] > len(spots[i]) {
				if share := (float64(len(spots[i])) + .5) / float64(want[i]); share < behind {
					next, behind = i, share
				}
			}
		}
		r := 69 * math.Sqrt((float64(n)+.6)/float64(total))
		a := phase + float64(n)*math.Pi*(3-math.Sqrt(5))
		x, y := r*math.Cos(a)+rng.Float64()*6-3, r*math.Sin(a)+rng.Float64()*6-3
		spots[next] = append(spots[next], fmt.Sprintf("%.0f,%.0f", x, y))
	}
	for _, s := range spots {
		// A marker points where the line goes: mixed up, the pieces lie as they fell.
		rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	}
	return spots
}

// topping is how an ingredient looks, drawn around 0,0 on a pizza of radius 100.
type topping struct {
	id    string
	match []string // parts of ingredient slugs
	layer int      // what lies lower is drawn first
	count int
	whole bool // drawn once over the whole pizza
	art   string
}

func (t *topping) define() string {
	if t.whole {
		return `<g id="z-` + t.id + `">` + t.art + `</g>`
	}
	return `<marker id="z-` + t.id + `" overflow="visible" orient="auto" markerUnits="userSpaceOnUse">` + t.art + `</marker>`
}

func toppingOf(g *app.Ingredient) *topping {
	for i := range toppings {
		if has(g.Slug, toppings[i].match...) {
			return &toppings[i]
		}
	}
	fallback := map[app.Diet]string{app.Meat: "boeuf", app.Pork: "jambon", app.Seafood: "thon"}[g.Diet]
	if fallback == "" {
		fallback = "poivron"
	}
	i := slices.IndexFunc(toppings, func(t topping) bool { return t.id == fallback })
	return &toppings[i]
}

// has reports whether a slug contains one of the words.
func has(slug string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(slug, w) })
}

// toppings in the order in which slugs are looked up: the more particular word first.
var toppings = []topping{
	{id: "pdt", match: []string{"pomme-de-terre", "pommes-de-terre", "patate"}, layer: 1, count: 9,
		art: `<ellipse rx="14" ry="12" fill="#c8963f"/><ellipse rx="12.6" ry="10.6" fill="#f6e09c"/><path d="M-6 3q5 4 11-1M-3-4q4-2 7 1" fill="none" stroke="#dfb765" stroke-width="1.6"/>`},
	{id: "jambon", match: []string{"jambon", "prosciutto", "speck", "coppa"}, layer: 1, count: 8,
		art: `<path d="M-16-5Q-9-14 2-11 15-11 16-1 17 9 6 11-3 14-10 9-19 6-16-5Z" fill="#d9757c"/><path d="M-14-4Q-8-12 2-9 13-9 14-1 14 7 5 9-3 11-9 7-16 4-14-4Z" fill="#f3a7a4"/><path d="M-9 1Q-2-6 9-3M-5 5q6-4 13-2" fill="none" stroke="#fbd3cb" stroke-width="2.4" stroke-linecap="round"/>`},
	{id: "aubergine", match: []string{"aubergine"}, layer: 1, count: 7,
		art: `<ellipse rx="14" ry="12.5" fill="#4a2350"/><ellipse rx="12" ry="10.5" fill="#e3cf97"/><g fill="#b58a4a"><circle cx="-4" cy="-2" r="1.5"/><circle cx="3" cy="-4" r="1.3"/><circle cx="4" cy="3" r="1.6"/><circle cx="-2" cy="5" r="1.3"/></g>`},
	{id: "courgette", match: []string{"courgette"}, layer: 1, count: 8,
		art: `<circle r="11" fill="#4d7c2b"/><circle r="9.2" fill="#dde6a0"/><circle r="4.6" fill="#eef0c2"/><g fill="#bcc778"><circle cx="-3" r="1"/><circle cx="2.6" cy="-2" r="1"/><circle cx="1.6" cy="3" r="1"/></g>`},
	{id: "saumon", match: []string{"saumon", "truite"}, layer: 1, count: 8,
		art: `<path d="M-17-4Q-6-12 8-8 18-6 16 3 8 10-4 7-15 8-17-4Z" fill="#ef7d4c"/><path d="M-11-4q3 4 1 8M-4-7q4 6 2 13M4-8q4 6 2 13M11-6q2 5 0 9" fill="none" stroke="#ffc7a4" stroke-width="1.8" stroke-linecap="round"/>`},
	{id: "gorgonzola", match: []string{"gorgonzola", "bleu", "roquefort", "fourme"}, layer: 2, count: 8,
		art: `<path d="M-11-5Q-4-12 6-9 14-3 10 6 2 12-7 8-15 3-11-5Z" fill="#fdf4da"/><g fill="#5d84a0"><circle cx="-4" cy="-3" r="2.1"/><circle cx="4" cy="-3" r="1.5"/><circle cx="2" cy="4" r="2.3"/><circle cx="-5" cy="4" r="1.2"/></g>`},
	{id: "chevre", match: []string{"chevre", "crottin"}, layer: 2, count: 7,
		art: `<circle r="13" fill="#d9a95b"/><circle r="11.4" fill="#fffaea"/><path d="M-6-3q6-5 12 1M-4 5q4 2 8-1" fill="none" stroke="#efdcae" stroke-width="2" stroke-linecap="round"/>`},
	{id: "reblochon", match: []string{"reblochon", "camembert", "brie", "munster", "maroilles", "saint-nectaire", "morbier"}, layer: 2, count: 7,
		art: `<path d="M-17-6H15Q19-3 17 5-14 9-17 6-20 0-17-6Z" fill="#fbe7a6"/><path d="M-17-6H15Q18-5 18-2-2-5-19-1-19-5-17-6Z" fill="#d98c3e"/><path d="M-9 2h9M4 1h6" stroke="#e7c065" stroke-width="2" stroke-linecap="round"/>`},
	{id: "parmesan", match: []string{"parmesan", "grana", "pecorino"}, layer: 5, count: 8,
		art: `<path d="M-11-2 9-7 12 0-6 6Z" fill="#fdf0c0"/><path d="M-11-2 9-7" stroke="#d9b662" stroke-width="1.3"/>`},
	{id: "mozzarella", match: []string{"burrata", "mozzarella", "ricotta", "bufala", "stracciatella", "mascarpone"}, layer: 2, count: 5,
		art: `<path d="M-15-5Q-8-17 5-14 18-9 15 4 8 17-5 14-18 9-15-5Z" fill="#f1e4c3"/><path d="M-12-5Q-7-14 4-12 14-8 12 2 6 13-5 11-14 7-12-5Z" fill="#fffdf6"/>`},
	{id: "cheddar", match: []string{"cheddar", "mimolette"}, layer: 2, count: 10,
		art: `<path d="M-11 3Q-2-8 10-4M-6 6Q3 0 11 3" fill="none" stroke="#f2a12e" stroke-width="3.4" stroke-linecap="round"/>`},
	{id: "emmental", match: []string{"emmental", "fromage", "raclette", "cantal", "comte", "gruyere", "tomme", "provolone"}, layer: 2, count: 10,
		art: `<path d="M-11 3Q-2-8 10-4M-6 6Q3 0 11 3M-7-6Q0-9 6-9" fill="none" stroke="#f8dc86" stroke-width="3" stroke-linecap="round"/>`},
	{id: "feta", match: []string{"feta", "tofu"}, layer: 5, count: 9,
		art: `<path d="M-6-5 5-7 7 4-4 7Z" fill="#fffdf4"/><path d="M-4 7 7 4 5-7" fill="none" stroke="#dccfae" stroke-width="1.4"/>`},
	{id: "chorizo", match: []string{"chorizo", "pepperoni", "salami", "saucisson", "spianata"}, layer: 3, count: 9,
		art: `<circle r="12.4" fill="#7e1c10"/><circle r="11.2" fill="#c23a22"/><g fill="#ef9a71"><circle cx="-5" cy="-4" r="1.7"/><circle cx="3" cy="-6" r="1.2"/><circle cx="5" cy="2" r="1.8"/><circle cx="-2" cy="4" r="1.5"/><circle cx="1" cy="-1" r="1"/><circle cx="-7" cy="3" r="1"/></g>`},
	{id: "merguez", match: []string{"merguez", "saucisse", "figatelli", "nduja", "diot"}, layer: 3, count: 8,
		art: `<ellipse rx="10.5" ry="8.5" fill="#6d2113"/><ellipse rx="9" ry="7" fill="#a5412a"/><g fill="#d98a63"><circle cx="-3" cy="-2" r="1.5"/><circle cx="3" cy="1" r="1.6"/><circle cy="4" r="1"/></g>`},
	{id: "lardon", match: []string{"lardon", "pancetta", "bacon", "guanciale"}, layer: 3, count: 12,
		art: `<rect x="-9" y="-4.5" width="18" height="9" rx="2.6" fill="#b5473b"/><path d="M-8-1.5H8M-7 2H8" stroke="#f6cdb0" stroke-width="2.1" stroke-linecap="round"/>`},
	{id: "poulet", match: []string{"poulet", "dinde", "volaille", "canard"}, layer: 3, count: 9,
		art: `<path d="M-13-3Q-6-11 5-8 15-5 12 4 3 10-7 8-15 5-13-3Z" fill="#c98d45"/><path d="M-11-3Q-6-9 4-7 12-4 10 3 3 8-6 6-13 4-11-3Z" fill="#f3d59c"/><path d="M-7 3-2-6M0 6 5-5" stroke="#b3772f" stroke-width="2" stroke-linecap="round"/>`},
	{id: "boeuf", match: []string{"boeuf", "viande", "kebab", "hache", "bolognaise", "steak"}, layer: 3, count: 11,
		art: `<g fill="#5c2f1b"><circle cx="-6" cy="-2" r="5"/><circle cx="3" cy="-4" r="5.6"/><circle cx="6" cy="4" r="4.6"/><circle cx="-3" cy="5" r="5"/></g><g fill="#8a5233"><circle cx="-6" cy="-3" r="2.6"/><circle cx="3" cy="-5" r="3"/><circle cx="5" cy="3" r="2.2"/><circle cx="-3" cy="4" r="2.4"/></g>`},
	{id: "tcerise", match: []string{"tomate-cerise", "tomates-cerises", "cerise", "tomates-fraiches", "tomate-fraiche", "tomates"}, layer: 3, count: 8,
		art: `<circle r="11" fill="#a81f13"/><circle r="9.8" fill="#e2492f"/><g fill="#f7b45e"><ellipse cy="-5" rx="2.3" ry="3"/><ellipse cx="4.6" cy="2.8" rx="2.3" ry="3" transform="rotate(120 4.6 2.8)"/><ellipse cx="-4.6" cy="2.8" rx="2.3" ry="3" transform="rotate(-120 -4.6 2.8)"/></g>`},
	{id: "ananas", match: []string{"ananas"}, layer: 3, count: 9,
		art: `<path d="M-11 7Q0-16 11 7 0 12-11 7Z" fill="#e2a91e"/><path d="M-9 6Q0-13 9 6 0 9-9 6Z" fill="#fadb4f"/><path d="M-4 5-1-4M4 5 1-4M0 7v-7" stroke="#e7b52c" stroke-width="1.3"/>`},
	{id: "artichaut", match: []string{"artichaut"}, layer: 3, count: 7,
		art: `<path d="M0-14Q12-8 10 4 5 13 0 13-5 13-10 4-12-8 0-14Z" fill="#7f8d4c"/><path d="M0-11Q8-6 7 4 3 10 0 10-3 10-7 4-8-6 0-11Z" fill="#c3c887"/><path d="M0-9V9M-4-4Q-4 4-1 9M4-4Q4 4 1 9" fill="none" stroke="#8f9a57" stroke-width="1.3"/>`},
	{id: "champignon", match: []string{"champignon", "cepe", "girolle", "bolet"}, layer: 4, count: 10,
		art: `<path d="M-12 0Q-12-11 0-11 12-11 12 0 12 3 8 3L4 2.5 5 11Q0 14-5 11L-4 2.5-8 3Q-12 3-12 0Z" fill="#a27a4d"/><path d="M-10-.5Q-10-9 0-9 10-9 10-.5 10 1 8 1L2.5.5 3.5 9.500Q0 11-3.5 9.500L-2.5.5-8 1Q-10 1-10-.5Z" fill="#f6e8cd"/><path d="M-7-1.500Q-4-5-1.5-1M7-1.500Q4-5 1.5-1" fill="none" stroke="#c7a172" stroke-width="1.5"/>`},
	{id: "truffe", match: []string{"truffe"}, layer: 4, count: 9,
		art: `<circle r="8.5" fill="#2a1c16"/><circle r="7.3" fill="#5a4236"/><path d="M-5-2q4 3 5 0t5 2M-3 4q3-3 6 0" fill="none" stroke="#c8b39a" stroke-width="1"/>`},
	{id: "thon", match: []string{"thon", "sardine", "maquereau"}, layer: 4, count: 9,
		art: `<path d="M-12-2Q-4-10 5-7 13-4 11 3 2 9-7 6-14 4-12-2Z" fill="#a9775a"/><path d="M-9-1Q-3-7 5-5M-8 3Q0-2 9 1M-3 6Q3 3 7 4" fill="none" stroke="#ecc9ae" stroke-width="2.4" stroke-linecap="round"/>`},
	{id: "crevette", match: []string{"crevette", "gambas", "ecrevisse"}, layer: 4, count: 8,
		art: `<path d="M8-7A10 10 0 1 0 4 9" fill="none" stroke="#e0714f" stroke-width="8" stroke-linecap="round"/><path d="M8-7A10 10 0 1 0 4 9" fill="none" stroke="#fbb597" stroke-width="5" stroke-linecap="round"/><path d="M-7-6-2-3M-9 1h5M-5 8-2 3" stroke="#e0714f" stroke-width="1.5"/><path d="M5 8 12 6 11 13Z" fill="#d95f3e"/>`},
	{id: "mer", match: []string{"fruits-de-mer", "moule", "calamar", "poulpe", "encornet", "palourde"}, layer: 4, count: 9,
		art: `<path d="M-11 3Q-8-9 3-9 13-6 11 3 3 10-5 8Z" fill="#33303c"/><path d="M-8 2Q-6-5 3-6 9-4 8 2 2 6-4 5Z" fill="#f0a55f"/>`},
	{id: "oignon", match: []string{"oignon", "echalote"}, layer: 5, count: 8,
		art: `<path d="M-11 4A12 12 0 0 1 11 4" fill="none" stroke="#9d3f78" stroke-width="2.6" stroke-linecap="round"/><path d="M-8 5A9 9 0 0 1 8 5" fill="none" stroke="#f6e2ee" stroke-width="2.6" stroke-linecap="round"/><path d="M-4.5 7A6 6 0 0 1 5 7" fill="none" stroke="#c77aa8" stroke-width="1.6" stroke-linecap="round"/>`},
	{id: "piment", match: []string{"piment", "jalapeno", "tabasco"}, layer: 5, count: 8,
		art: `<path d="M-11 3Q0-6 12-3" fill="none" stroke="#8f1409" stroke-width="4.5" stroke-linecap="round"/><path d="M-10 2.500Q0-6 10-3.5" fill="none" stroke="#e23a22" stroke-width="2.6" stroke-linecap="round"/>`},
	{id: "poivron", match: []string{"poivron", "legume"}, layer: 5, count: 9,
		art: `<path d="M-13 4Q-9-9 3-8 13-7 12 1" fill="none" stroke="#2f6a24" stroke-width="5" stroke-linecap="round"/><path d="M-13 4Q-9-9 3-8 13-7 12 1" fill="none" stroke="#6fb043" stroke-width="2.6" stroke-linecap="round"/>`},
	{id: "mais", match: []string{"mais"}, layer: 5, count: 12,
		art: `<g fill="#e9ac17"><rect x="-6" y="-4" width="6.5" height="6" rx="2.2"/><rect x="1" y="-1" width="6.5" height="6" rx="2.2"/></g><g fill="#ffd955"><rect x="-5" y="-3.5" width="4" height="3.5" rx="1.5"/><rect x="2" y="-.5" width="4" height="3.5" rx="1.5"/></g>`},
	{id: "anchois", match: []string{"anchois"}, layer: 5, count: 7,
		art: `<path d="M-20 2Q-6-7 4 0T20-2" fill="none" stroke="#5f4a3f" stroke-width="5.5" stroke-linecap="round"/><path d="M-19 1Q-6-7 4-1T19-3" fill="none" stroke="#b69a86" stroke-width="2" stroke-linecap="round"/>`},
	{id: "olive", match: []string{"olive"}, layer: 6, count: 9,
		art: `<circle r="5.6" fill="#8d3a26"/><circle r="5.6" fill="none" stroke="#251d2c" stroke-width="4.2"/><path d="M-5.5-2.500A6 6 0 0 1 0-6" fill="none" stroke="#7a6d85" stroke-width="1.4" stroke-linecap="round"/>`},
	{id: "capre", match: []string{"capre", "petits-pois"}, layer: 6, count: 12,
		art: `<circle r="3.8" fill="#4f6427"/><circle cx="-1" cy="-1" r="1.8" fill="#9cb05c"/>`},
	{id: "noix", match: []string{"noix", "pignon", "amande", "noisette", "pistache", "graine"}, layer: 6, count: 9,
		art: `<path d="M-8 0Q-7-7 0-6 8-7 8 0 7 7 0 6-7 7-8 0Z" fill="#9a6632"/><path d="M-5-1q2-3 5 0 3-3 5 0M-4 3q3-2 4 0 2-2 4 0" fill="none" stroke="#dcb27a" stroke-width="1.6" stroke-linecap="round"/>`},
	{id: "oeuf", match: []string{"oeuf"}, layer: 7, whole: true,
		art: `<path d="M-28-6Q-24-30 2-27 30-28 29-2 33 24 6 27-14 33-24 17-34 8-28-6Z" fill="#efe3c8"/><path d="M-26-6Q-22-27 2-25 27-26 27-2 30 22 6 25-13 30-22 15-31 7-26-6Z" fill="#fffef8"/><circle cx="1" r="12" fill="#e9970f"/><circle cx="1" r="10.5" fill="#fbbb2e"/><path d="M-5-4A8 8 0 0 1 1-7" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" opacity=".8"/>`},
	{id: "epinard", match: []string{"epinard", "blette"}, layer: 7, count: 9,
		art: `<path d="M-13 5Q-9-9 3-9 13-8 14 1 5 9-4 7Z" fill="#2d5a27"/><path d="M-11 5Q0 0 11 0" fill="none" stroke="#6f9c5a" stroke-width="1.5"/>`},
	{id: "roquette", match: []string{"roquette", "salade", "mache"}, layer: 8, count: 10,
		art: `<path d="M-16 6Q-9 3-8-2-12-3-9-7-3-6-1-2-2-8 3-9 6-5 7-1 9-6 14-6 16 0 10 4 0 8-8 6-13 9-16 6Z" fill="#4c8a35"/><path d="M-14 6Q0 4 11-2" fill="none" stroke="#a4cf83" stroke-width="1.3"/>`},
	{id: "basilic", match: []string{"basilic", "menthe"}, layer: 8, count: 5,
		art: `<path d="M-16 5Q-12-10 2-11 13-10 17 0 9 11-3 11-12 11-16 5Z" fill="#27652a"/><path d="M-14 4Q-10-8 2-9 12-8 15 0 3-1-14 4Z" fill="#4c9a45"/><path d="M-14 4Q0-1 14 0M-4 1-1-5M4 0 7-5M-3 2 2 7M5 0 9 5" fill="none" stroke="#a3d490" stroke-width="1.2"/>`},
	{id: "herbes", match: []string{"origan", "herbe", "thym", "romarin", "persil", "ciboulette", "coriandre", "aneth", "ail", "poivre"}, layer: 9, count: 12,
		art: `<path d="M-4 1 0-2M2 3 5 0M-2 6 1 5" stroke="#2f5f22" stroke-width="2.2" stroke-linecap="round"/>`},
	{id: "miel", match: []string{"miel", "balsamique", "sirop"}, layer: 9, whole: true,
		art: `<path d="M-62-22Q-40-52-14-34T30-44 60-24 24-6-22-12-54 8-30 22 14 12 56 16 34 44-6 40-28 58" fill="none" stroke="#b86a06" stroke-width="4.6" stroke-linecap="round" opacity=".55"/><path d="M-62-22Q-40-52-14-34T30-44 60-24 24-6-22-12-54 8-30 22 14 12 56 16 34 44-6 40-28 58" fill="none" stroke="#ffc23d" stroke-width="2.4" stroke-linecap="round"/>`},
}

// dough is what all pizzas share: crust, sauces and melted cheese.
var dough = func() string {
	rng := rand.New(rand.NewPCG(1889, 6)) // the year of the first margherita
	var b strings.Builder
	b.WriteString(`<defs><radialGradient id="z-g1"><stop offset=".76" stop-color="#f3cf86"/><stop offset=".86" stop-color="#e2a651"/><stop offset=".94" stop-color="#c57d33"/><stop offset="1" stop-color="#8d4d1c"/></radialGradient>` +
		`<radialGradient id="z-g2"><stop offset=".5" stop-color="#d8472b"/><stop offset=".9" stop-color="#bb2f1a"/><stop offset="1" stop-color="#8f1f10"/></radialGradient>` +
		`<radialGradient id="z-g3"><stop offset=".6" stop-color="#fdf1d2"/><stop offset=".92" stop-color="#f4dca6"/><stop offset="1" stop-color="#d9ae65"/></radialGradient></defs>`)
	b.WriteString(`<g id="z-crust"><path fill="url(#z-g1)" d="` + blob(rng, 0, 0, 101, 22, .011) + `"/>`)
	for range 17 { // where the oven's floor and flame caught it
		a := rng.Float64() * 360
		fmt.Fprintf(&b, `<ellipse cx="%.0f" rx="%.1f" ry="%.1f" fill="#5a2a0d" opacity="%.1f" transform="rotate(%.0f)"/>`,
			90+rng.Float64()*6, 2+rng.Float64()*2.4, 3+rng.Float64()*5, .22+rng.Float64()*.34, a)
	}
	for range 9 { // bubbles
		a := rng.Float64() * 360
		fmt.Fprintf(&b, `<ellipse cx="%.0f" rx="3" ry="%.1f" fill="#fbe3ab" opacity=".7" transform="rotate(%.0f)"/>`, 89+rng.Float64()*3, 4+rng.Float64()*5, a)
	}
	b.WriteString(`</g>`)
	sauce := blob(rng, 0, 0, 84, 17, .013)
	for _, s := range [][2]string{{"tomato", "url(#z-g2)"}, {"cream", "url(#z-g3)"}, {"brown", "#6d2c16"}, {"green", "#6f8f3c"}} {
		fmt.Fprintf(&b, `<path id="z-%s" fill="%s" d="%s"/>`, s[0], s[1], sauce)
	}
	var rim, inside, brown strings.Builder
	const blobs = 11
	for i := range blobs {
		r := 64 * math.Sqrt((float64(i)+.4)/blobs)
		a := float64(i) * math.Pi * (3 - math.Sqrt(5))
		x, y, size := r*math.Cos(a), r*math.Sin(a), 17+rng.Float64()*7
		shape := rng.Uint64()
		rim.WriteString(blob(rand.New(rand.NewPCG(shape, 1)), x, y, size, 9, .16))
		inside.WriteString(blob(rand.New(rand.NewPCG(shape, 1)), x-.6, y-.8, size-3, 9, .16))
		fmt.Fprintf(&brown, `<circle cx="%.0f" cy="%.0f" r="%.1f"/>`, x+rng.Float64()*16-8, y+rng.Float64()*16-8, 1.6+rng.Float64()*2.6)
	}
	b.WriteString(`<g id="z-melt"><path fill="#eebf62" d="` + rim.String() + `"/><path fill="#fce8b0" d="` + inside.String() + `"/><g fill="#c9812f" opacity=".55">` + brown.String() + `</g></g>`)
	return b.String()
}()

// blob is a closed smooth path around a point, its radius wavering by a share of itself.
func blob(rng *rand.Rand, cx, cy, r float64, points int, waver float64) string {
	type point struct{ x, y float64 }
	ps := make([]point, points)
	for i := range ps {
		a := (float64(i) + rng.Float64()*.15) * 2 * math.Pi / float64(points)
		d := r * (1 + (rng.Float64()*2-1)*waver)
		ps[i] = point{cx + d*math.Cos(a), cy + d*math.Sin(a)}
	}
	mid := func(a, b point) point { return point{(a.x + b.x) / 2, (a.y + b.y) / 2} }
	start := mid(ps[points-1], ps[0])
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1f", start.x, start.y)
	for i, p := range ps {
		m := mid(p, ps[(i+1)%points])
		fmt.Fprintf(&b, "Q%.1f %.1f %.1f %.1f", p.x, p.y, m.x, m.y)
	}
	return b.String() + "Z"
}

// folded is a calzone: closed, so that nothing of what it holds is seen.
const folded = `<g transform="rotate(-12)translate(0 8)"><path fill="#8d4d1c" d="M-103 36A103 104 0 0 1 103 36Q104 52 88 54 0 66-88 54-104 52-103 36Z"/>` +
	`<path fill="#d99a4a" d="M-99 34A99 100 0 0 1 99 34Q98 46 84 48 0 59-84 48-98 46-99 34Z"/>` +
	`<path fill="#efc172" d="M-86 26A88 84 0 0 1 86 26Q0 42-86 26Z"/><path fill="#f7d694" d="M-60-4A74 62 0 0 1 40-46Q-20-40-60-4Z"/>` +
	`<path fill="none" stroke="#a8642a" stroke-width="5" stroke-linecap="round" d="M-90 40q7-8 13 2m4 0q7-8 13 2m4 1q7-8 13 1m4 1q7-9 13 0m4 0q7-9 13 0m4 0q7-9 13-1m4-1q7-9 13-2m4-1q7-9 13-2m4-2q6-8 10-3"/>` +
	`<path fill="#b5331d" stroke="#8d4d1c" stroke-width="3" d="M-38-14q10-8 18 3-2 16-13 13-9-4-5-16ZM0-26q10-6 17 4 0 15-11 14-10-4-6-18ZM38-12q10-5 14 5-2 14-12 12-8-5-2-17Z"/>` +
	`<g fill="#5a2a0d" opacity=".32"><ellipse cx="-66" cy="8" rx="8" ry="4"/><ellipse cx="70" cy="14" rx="7" ry="4"/><ellipse cx="-4" cy="18" rx="9" ry="4"/><ellipse cx="20" cy="-48" rx="7" ry="3"/></g>` +
	`<g fill="#fff" opacity=".8"><circle cx="-52" cy="-22" r="1.8"/><circle cx="26" cy="4" r="1.8"/><circle cx="-30" cy="22" r="1.5"/><circle cx="62" cy="-14" r="1.8"/><circle cx="2" cy="-46" r="1.5"/></g></g>`

// showpiece is the pizza of the home page.
var showpiece = func() (*app.Menu, app.Product) {
	m := &app.Menu{}
	p := app.Product{Slug: "hero", Kind: app.Pizza, Variants: []app.Variant{{}}}
	for i, slug := range []string{"sauce-tomate", "mozzarella", "tomate-cerise", "olive", "champignon", "basilic", "parmesan"} {
		m.Ingredients = append(m.Ingredients, app.Ingredient{ID: int64(i + 1), Slug: slug})
		p.Variants[0].Recipe = append(p.Variants[0].Recipe, app.Part{Ingredient: int64(i + 1), Quantity: 1})
	}
	return m, p
}

func showpieceSheet() templ.Component {
	m, p := showpiece()
	return Drawings(m, p)
}
