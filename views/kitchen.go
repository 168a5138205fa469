package views

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids that only the kitchen has.
const (
	KitchenStockID = "kitchen-stock"
	KitchenLoadID  = "kitchen-load"
	RecipesID      = "recipes"
	CountsID       = "counts"
	RecalledListID = "recalled"
)

// recalled is how many bumped tickets the recall list shows.
const recalled = 20

// latest is the last instant at which anything happened on the board. A board has no other clock, so that the same board always draws the same.
func latest(b *app.Board) time.Time {
	var at time.Time
	for _, o := range b.Orders {
		for _, t := range []time.Time{o.PlacedAt, o.ClosedAt} {
			if t.After(at) {
				at = t
			}
		}
		if n := len(o.Journal); n > 0 && o.Journal[n-1].At.After(at) {
			at = o.Journal[n-1].At
		}
	}
	return at
}

// ahead is how long before it must be ready the kitchen gets to an order that was placed for later.
const ahead = time.Hour

// turn is when the kitchen gets to an order, to the minute: when it came, or an hour before it must be ready. It never changes, so that every wall
// has the same tickets in the same order however long it has been open, and none overtakes another. Within a minute the number decides: numbers
// are given in the order in which orders are saved and reach the walls, so that what comes stands at the end.
func turn(o *app.Order) time.Time {
	if t := o.ReadyBy.Add(-ahead); t.After(o.PlacedAt) {
		return t.Truncate(time.Minute)
	}
	return o.PlacedAt.Truncate(time.Minute)
}

// KitchenTickets returns the orders on the kitchen's wall by their turn: what is to be made, what is on hold, and what was cancelled in this
// service before it was ready, until somebody has seen that.
func KitchenTickets(b *app.Board) []*app.Order {
	out := b.Live(func(o *app.Order) bool { return inKitchen(o) || o.Status == app.OnHold })
	out = append(out, cancelled(b, func(o *app.Order) bool { return !leftKitchen(o) })...)
	slices.SortFunc(out, func(x, y *app.Order) int {
		return cmp.Or(turn(x).Compare(turn(y)), cmp.Compare(x.Number, y.Number), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// cancelled are the orders cancelled in this service that nobody has seen to be so yet, of those that concern a screen.
func cancelled(b *app.Board, concern func(*app.Order) bool) []*app.Order {
	return b.Recent(app.DayOrders, func(o *app.Order) bool {
		return o.Status == app.Cancelled && o.ServiceDay == b.Day() && !o.Acknowledged() && concern(o)
	})
}

// leftKitchen reports whether a closed order had already been bumped.
func leftKitchen(o *app.Order) bool { return !o.Reached(app.Ready).IsZero() }

// kitchenPath is where a ticket's button posts.
func kitchenPath(o *app.Order, step string) string {
	return "/cuisine/commandes/" + strconv.FormatInt(o.ID, 10) + "/" + step
}

// linePath is where a line's button posts.
func linePath(o *app.Order, l app.Line, to app.ItemState) string {
	return kitchenPath(o, "lignes/"+strconv.Itoa(l.N)+"/"+string(to))
}

// tapped says what a tap on a line does: which state it asks for, and of which pizza (1, 2 …), 0 being all of them. Pizzas of one line that stand
// at different points advance one by one, the last one first, so that a tap takes none of them back.
func tapped(l app.Line) (to app.ItemState, pizza int) {
	least := l.State()
	for i, s := range l.Items {
		if s == least {
			if slices.ContainsFunc(l.Items, func(s app.ItemState) bool { return s != least }) {
				pizza = i + 1
			}
			break
		}
	}
	return least.Next(), pizza
}

// inKitchen reports whether pizzas of the order may be advanced.
func inKitchen(o *app.Order) bool { return o.Status == app.Received || o.Status == app.Preparing }

// toMake returns the lines that pass through the kitchen.
func toMake(o *app.Order) []app.Line {
	return slices.DeleteFunc(slices.Clone(o.Lines), func(l app.Line) bool { return len(l.Items) == 0 })
}

// beside says the lines that are only put into the bag: "2 Limonade · 1 Tiramisu".
func beside(o *app.Order) string {
	var parts []string
	for _, l := range o.Lines {
		if len(l.Items) == 0 {
			parts = append(parts, strconv.Itoa(l.Quantity)+nbsp+l.Name)
		}
	}
	return strings.Join(parts, " · ")
}

// dangers are how people write that an ingredient harms them, without accents: allergies, intolerances, coeliac disease, in French or English.
var dangers = []string{"allerg", "intoleran", "coeliaq", "celiaq", "coeliac", "celiac", "gluten", "anaphyla"}

// allergic reports whether a note speaks of an ingredient that harms somebody. A note too many in the band is no harm; one too few is.
func allergic(note string) bool {
	text := plain(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) { // some devices write an accent as a sign of its own
			return -1
		}
		return r
	}, note))
	return slices.ContainsFunc(dangers, func(word string) bool { return strings.Contains(text, word) })
}

// allergyBand splits such a note into the word that cries out and the rest: what the customer wrote begins with the word already, or gets one.
func allergyBand(note string) (word, rest string) {
	first, rest, _ := strings.Cut(note, " ")
	switch {
	case allergic(first):
		return first, rest
	case strings.Contains(plain(note), "allerg"):
		return "Allergie", note
	default:
		return "Attention", note
	}
}

// The wall that ui.md describes, 1920×1080 read from three metres, in pixels: what a ticket's letters take, in the widest of the letters that its
// style names, and what its cell has left for the lines between head and foot, under the rail of the oven. kitchen.js gives tickets more on a screen whose cells hold less.
const (
	wallFont  = 40.0
	wallRow   = 69.0 // the least that a floury finger hits, and a line
	wallName  = 335.0
	wallLines = 288.0
	tightened = 0.84
)

// room is what a ticket is given: one cell of the wall, two side by side, or four. Where that spares a cell, letters are smaller, and pizzas
// of one line stand one by one on the sheet of their recipe alone. It depends on what was ordered and not on how far that is, so that no ticket
// grows or shrinks while it is worked on.
type room struct {
	cells        int
	tight, sheet bool
}

func roomFor(o *app.Order) room {
	lines := toMake(o)
	for _, r := range []room{{1, false, false}, {1, true, false}, {1, true, true}, {2, true, false}, {2, true, true}} {
		column, height := 0.0, 0.0
		for i, l := range lines {
			h := r.height(l)
			if r.cells > 1 && i%2 == 1 { // two columns, row by row
				height += max(0, h-column)
				continue
			}
			column = h
			height += h
		}
		if height+goneHeight(o)+besideHeight(o)+noteHeight(o, r.cells) <= wallLines {
			return r
		}
	}
	return room{cells: 4, tight: true}
}

// height is that of a line of a ticket on that wall. A row of small letters is kept for the time in the oven.
func (r room) height(l app.Line) float64 {
	font, size := wallFont, utf8.RuneCountInString(Size(l.Size))
	if r.tight {
		font, size = tightened*wallFont, 1
	}
	name := float64(utf8.RuneCountInString(l.Name)+3)*0.57 + float64(size)*0.4
	height := max(1, math.Ceil(name*font/wallName-0.4))*1.08*font + composedHeight(l, font) + 4
	height = max(wallRow, height)
	if n := len(l.Items); n > 1 && n <= oneByOne && !r.sheet {
		height += wallRow
	}
	return height
}

// oneByOne is how many pizzas of a line have a button each on the ticket.
const oneByOne = 6

// goneHeight is that of what is no longer to be made, while the kitchen has not seen it.
func goneHeight(o *app.Order) float64 { return float64(len(o.Gone())) * 0.95 * wallFont }

func besideHeight(o *app.Order) float64 {
	if beside(o) == "" {
		return 0
	}
	return 0.9 * wallFont
}

func noteHeight(o *app.Order, cells int) float64 {
	if o.Note == "" {
		return 0
	}
	font := 0.6 * wallFont
	if longNote(o.Note) {
		font = 0.46 * wallFont
	}
	return math.Ceil(float64(utf8.RuneCountInString(o.Note))*0.52*font/float64(min(cells, 2)*410))*1.2*font + 12
}

// longNote reports whether a note needs smaller letters: notes are never cut.
func longNote(note string) bool { return utf8.RuneCountInString(note) > 80 }

// freshness is the mark of a ticket that nobody has begun: it is new, or the customer changed it.
func freshness(o *app.Order) string {
	switch {
	case o.Status != app.Received:
		return ""
	case o.Revision > 1:
		return "Modifiée"
	default:
		return "Nouveau"
	}
}

// missing is what an order on hold waits for.
func missing(b *app.Board, o *app.Order) string {
	if g, ok := b.Menu.IngredientBySlug(o.Missing); ok {
		return g.Name
	}
	return o.Missing
}

// needed returns what an order is made of, each ingredient once, in the order of the recipes.
func needed(b *app.Board, o *app.Order) []app.Ingredient {
	var out []app.Ingredient
	seen := map[int64]bool{}
	for _, l := range o.Lines {
		for _, part := range l.Recipe {
			if g, ok := b.Menu.Ingredient(part.Ingredient); ok && !seen[g.ID] {
				seen[g.ID] = true
				out = append(out, *g)
			}
		}
	}
	return out
}

// ToMake is how many of a pizza are still to be made, and how many of these are where.
type ToMake struct {
	Slug, Name           string
	Size                 app.Size
	Queued, Making, Oven int
}

// ID of the row that shows it.
func (c ToMake) ID() string { return CountID(c.Slug, c.Size) }

func (c ToMake) total() int { return c.Queued + c.Making + c.Oven }

// AllToMake counts the pizzas still to make, the most frequent first.
func AllToMake(b *app.Board) []ToMake {
	type pizza struct {
		slug string
		size app.Size
	}
	type count struct {
		ToMake
		named int64 // order that gave the name: a product that was renamed meanwhile goes by its last one
	}
	counts := map[pizza]*count{}
	for _, o := range b.Live(inKitchen) {
		for _, l := range o.Lines {
			if len(l.Items) == 0 {
				continue
			}
			c := counts[pizza{l.Product, l.Size}]
			if c == nil {
				c = &count{ToMake: ToMake{Slug: l.Product, Size: l.Size}}
				counts[pizza{l.Product, l.Size}] = c
			}
			if o.ID >= c.named {
				c.Name, c.named = l.Name, o.ID
			}
			for _, s := range l.Items {
				switch s {
				case app.Queued:
					c.Queued++
				case app.Making:
					c.Making++
				case app.InOven:
					c.Oven++
				}
			}
		}
	}
	out := make([]ToMake, 0, len(counts))
	for _, c := range counts {
		if c.total() > 0 {
			out = append(out, c.ToMake)
		}
	}
	slices.SortFunc(out, func(x, y ToMake) int {
		return cmp.Or(cmp.Compare(y.total(), x.total()), strings.Compare(x.Name, y.Name), strings.Compare(string(x.Size), string(y.Size)))
	})
	return out
}

// load sums what the kitchen has before it: pizzas to make, and those in the oven.
func load(counts []ToMake) (todo, oven int) {
	for _, c := range counts {
		todo += c.total()
		oven += c.Oven
	}
	return todo, oven
}

// Bumped returns the tickets bumped last, the very last in front.
func Bumped(b *app.Board) []*app.Order {
	type bump struct {
		at time.Time
		o  *app.Order
	}
	var all []bump
	for _, o := range b.Orders {
		switch o.Status {
		case app.Ready, app.OnTheWay, app.Delivered, app.Collected:
			all = append(all, bump{o.Reached(app.Ready), o})
		}
	}
	slices.SortFunc(all, func(x, y bump) int { return cmp.Or(y.at.Compare(x.at), cmp.Compare(y.o.ID, x.o.ID)) })
	out := make([]*app.Order, min(recalled, len(all)))
	for i := range out {
		out[i] = all[i].o
	}
	return out
}

// Seconds writes a time in the oven: "4 min", "4 min 30".
func Seconds(n int) string {
	s := strconv.Itoa(n/60) + nbsp + "min"
	if n%60 != 0 {
		s += nbsp + strconv.Itoa(n%60)
	}
	return s
}

// summary says what a line asks for, in a sentence for ears: "2 Reine Grande".
func summary(l app.Line) string {
	return strings.TrimSpace(strconv.Itoa(l.Quantity) + nbsp + l.Name + " " + strings.ToLower(Size(l.Size)))
}

// contents says all lines of an order: "2 Reine grande, 1 Limonade".
func contents(o *app.Order) string {
	parts := make([]string, len(o.Lines))
	for i, l := range o.Lines {
		parts[i] = summary(l)
		if len(l.Removed) > 0 {
			parts[i] += " sans " + strings.ToLower(strings.Join(l.Removed, ", "))
		}
		for _, name := range addedNames(l) {
			parts[i] += " +" + nbsp + strings.ToLower(name)
		}
	}
	return strings.Join(parts, ", ")
}

// opens makes a button open a dialog: with live.js, or without it in browsers that know invoker commands (HTML, « command » attribute).
func opens(dialog string) templ.Attributes {
	return templ.Attributes{"type": "button", "data-open": dialog, "command": "show-modal", "commandfor": dialog}
}

// closes makes a button close its dialog.
func closes(dialog string) templ.Attributes {
	return templ.Attributes{"type": "button", "data-close": true, "command": "close", "commandfor": dialog}
}

// known returns what a recipe calls for that the menu knows.
func known(m *app.Menu, parts []app.Part) []app.LevelOf {
	var out []app.LevelOf
	for _, p := range parts {
		if g, ok := m.Ingredient(p.Ingredient); ok {
			out = append(out, app.LevelOf{Ingredient: *g, Level: app.Level{OnHand: p.Quantity}})
		}
	}
	return out
}

// some writes a number, and nothing for none.
func some(n int) string {
	if n == 0 {
		return "·"
	}
	return strconv.Itoa(n)
}
