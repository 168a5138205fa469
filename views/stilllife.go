package views

import (
	"strings"

	"github.com/oc-pizza/ocpizza/app"
)

// stillLife draws what does not come out of the oven, on a ground of 100 × 100, in the colours that its slug suggests.
func stillLife(p *app.Product) string {
	for _, l := range stillLives {
		if has(p.Slug, l.match...) {
			return strings.NewReplacer("#aaa", l.main, "#bbb", l.light, "#ccc", l.dark).Replace(l.art)
		}
	}
	if p.Kind == app.Dessert {
		return strings.NewReplacer("#aaa", "#8a5a3a", "#bbb", "#fff4dc", "#ccc", "#4d2c17").Replace(cup)
	}
	return strings.NewReplacer("#aaa", "#c9463a", "#bbb", "#f0938a", "#ccc", "#7e1d15").Replace(can)
}

const (
	can = `<path d="M33 22h34l4 8v54l-5 7H34l-5-7V30Z" fill="#aaa"/><path d="M33 22h34l2.5 5h-39Z" fill="#e3e6ea"/><path d="M31 86h38l-3 5H34Z" fill="#c3c8cf"/><path d="M36 30h7v54h-6l-3-3V31Z" fill="#bbb" opacity=".75"/><path d="M29 50q21-12 42-4v20q-21-8-42 6Z" fill="#fff" opacity=".9"/><path d="M38 61q12-7 24-6" fill="none" stroke="#ccc" stroke-width="3.5" stroke-linecap="round"/><path d="M45 24.500h10" stroke="#8b929c" stroke-width="2" stroke-linecap="round"/>`

	bottle = `<path d="M44 8h12v20q0 6 5 11 5 6 5 14v34q0 6-6 6H40q-6 0-6-6V53q0-8 5-14 5-5 5-11Z" fill="#aaa"/><path d="M40 52q1-6 4-10v46h-2q-3 0-3-4Z" fill="#bbb" opacity=".7"/><path d="M43 7h14v9H43Z" fill="#ccc"/><path d="M34 58h32v20H34Z" fill="#fff8e6"/><path d="M40 65h20M43 71h14" stroke="#ccc" stroke-width="2.6" stroke-linecap="round"/>`

	cup = `<path d="M24 40h52l-6 44q-1 7-8 7H38q-7 0-8-7Z" fill="#bbb"/><path d="M26.5 56h47l-2 14h-43Z" fill="#aaa"/><path d="M29.5 78h41l-1 7q-1 6-7.5 6H38q-6.5 0-7.5-6Z" fill="#ccc"/><path d="M22 40q0-12 14-12 4-12 16-10 13-1 14 10 12 1 12 12Z" fill="#fffaf0"/><path d="M34 34q6-6 14-4M54 26q7-1 9 6" fill="none" stroke="#e6d6b8" stroke-width="2.6" stroke-linecap="round"/><circle cx="51" cy="15" r="5" fill="#c8302a"/>`

	slice = `<path d="M14 44 70 30l18 14v34L30 90 14 76Z" fill="#aaa"/><path d="M14 44 70 30l18 14-58 16Z" fill="#ccc"/><path d="M30 60 88 44v7L30 67ZM30 74l58-16v7L30 81Z" fill="#bbb"/><path d="m14 44 16 16v7L14 52ZM14 60l16 14v7L14 67Z" fill="#bbb" opacity=".75"/><g fill="#fff" opacity=".5"><circle cx="40" cy="46" r="1.5"/><circle cx="55" cy="41" r="1.5"/><circle cx="66" cy="44" r="1.3"/><circle cx="48" cy="51" r="1.3"/></g>`

	dome = `<ellipse cx="50" cy="80" rx="40" ry="9" fill="#efe3cf"/><ellipse cx="50" cy="78" rx="40" ry="8" fill="#fff"/><path d="M26 76q1-38 24-38t24 38q-24 8-48 0Z" fill="#bbb"/><path d="M31 56q5-18 19-18t19 18q2 8-4 8-5 0-6 6-2 6-6 0-3-6-7-1-4 7-8 0-2-6-6-5-4 0-1-8Z" fill="#aaa"/><path d="M40 46q4-4 9-4" stroke="#fff" stroke-width="2.6" stroke-linecap="round" fill="none" opacity=".7"/>`

	scoops = `<path d="M24 52h52l-8 30q-2 8-9 8H41q-7 0-9-8Z" fill="#e9d5b0"/><path d="M28 66h44l-2 7H30Z" fill="#d8bd8c"/><circle cx="38" cy="42" r="17" fill="#aaa"/><circle cx="62" cy="42" r="17" fill="#bbb"/><circle cx="50" cy="27" r="17" fill="#ccc"/><path d="M41 21q4-6 10-5M27 38q2-6 7-8M54 34q3-4 8-4" stroke="#fff" stroke-width="2.6" stroke-linecap="round" fill="none" opacity=".7"/><path d="M22 50h56l-1 6H23Z" fill="#f4e4c4"/>`
)

var stillLives = []struct {
	match             []string
	art               string
	main, light, dark string
}{
	{[]string{"tiramisu"}, slice, "#c99a63", "#fff3d8", "#5a331a"},
	{[]string{"panna", "creme", "flan", "ile-flottante"}, dome, "#b4283a", "#fff6e4", "#7c1626"},
	{[]string{"fondant", "moelleux", "brownie", "coulant"}, dome, "#3c1f10", "#7a4426", "#2b1509"},
	{[]string{"mousse", "liegeois"}, cup, "#6b3b20", "#8a5333", "#4a2612"},
	{[]string{"glace", "sorbet", "gelato"}, scoops, "#f4c7d0", "#fff0c9", "#a9d3b0"},
	{[]string{"tarte", "gateau", "cheesecake", "cannoli", "nutella"}, slice, "#e2b266", "#fff4dc", "#b5762c"},
	{[]string{"gazeuse", "perrier", "san-pellegrino", "badoit", "pellegrino"}, bottle, "#3f9a62", "#a6dbb5", "#1f6a3e"},
	{[]string{"eau", "evian", "vittel", "cristaline"}, bottle, "#9fd0ea", "#e3f4fc", "#2f7fa8"},
	{[]string{"biere", "peroni", "moretti", "blonde"}, bottle, "#8a4b17", "#d0914a", "#d9a521"},
	{[]string{"rose"}, bottle, "#f0a79d", "#fbd8d1", "#b5584c"},
	{[]string{"blanc", "prosecco", "pinot"}, bottle, "#b9b765", "#e9e7ae", "#7f7c2c"},
	{[]string{"vin", "chianti", "rouge", "lambrusco"}, bottle, "#4b1524", "#8d3f53", "#7d1f33"},
	{[]string{"limonade", "citron"}, bottle, "#e9c92f", "#fff3a6", "#6e7c1d"},
	{[]string{"orang", "jus", "mangue", "fanta"}, can, "#ef8a1d", "#ffcf8a", "#a34d06"},
	{[]string{"the", "peche", "ice-tea"}, can, "#c9772b", "#f2c48d", "#6b3a10"},
	{[]string{"cola", "coca", "pepsi"}, can, "#a8201c", "#e47b70", "#6e100d"},
}
