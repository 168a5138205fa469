package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// HoldTime is how long a customer has to answer an order on hold before the house calls: the others' pizzas go on meanwhile, and a promised
// time is rarely more than half an hour away. Nothing is decided in the customer's place when it is over.
const HoldTime = 5 * time.Minute

// AnswerBy is until when the customer may answer an order on hold by the page alone; zero when it is not on hold.
func (o *Order) AnswerBy() time.Time {
	if o.Status != OnHold {
		return time.Time{}
	}
	return o.Reached(OnHold).Add(HoldTime)
}

// Swap is what a line that cannot be made may become.
type Swap struct {
	Product   string
	Name      string
	Size      Size
	Price     Cents // of one: never more than what the line cost
	Allergens []Allergen
	Removed   []string // names of what was left out of the line and is of this recipe too
	Added     []string // names of what was added to the line and is to this one, too
}

// Choice is the answer for one line of an order on hold: another product in a size, or the same without what ran out (Product "").
type Choice struct {
	Line    int
	Product string
	Size    Size
}

// Missed are the lines of an order on hold that need what ran out.
func (b *Board) Missed(o *Order) []Line {
	g, ok := b.Menu.IngredientBySlug(o.Missing)
	if !ok || o.Status != OnHold {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(o.Lines), func(l Line) bool { return !l.takes(g.ID) })
}

func (l Line) takes(ingredient int64) bool {
	return slices.ContainsFunc(l.Recipe, func(p Part) bool { return p.Ingredient == ingredient })
}

// Swaps lists what a line of an order on hold may become: what stock allows of the same kind and size; of other sizes only if none is left of
// that one. What the order holds already counts as there.
func (b *Board) Swaps(o *Order, l Line, at time.Time) []Swap {
	g, ok := b.Menu.IngredientBySlug(o.Missing)
	if !ok {
		return nil
	}
	levels := giveBack(b.Levels, needs([]Line{l}))
	var same, other []Swap
	for _, p := range b.Menu.Products {
		for _, v := range p.Variants {
			made, err := b.Menu.instead(l, Choice{l.N, p.Slug, v.Size}, o.Missing, o.Mode, at)
			if err != nil || made.takes(g.ID) || feasible(made.Recipe, levels) < l.Quantity {
				continue
			}
			s := Swap{Product: p.Slug, Name: p.Name, Size: v.Size, Price: made.UnitPrice, Allergens: made.Allergens, Removed: made.Removed}
			for _, a := range made.Added {
				s.Added = append(s.Added, a.Name)
			}
			if v.Size == l.Size {
				same = append(same, s)
			} else {
				other = append(other, s)
			}
		}
	}
	if len(same) > 0 {
		return same
	}
	return other
}

// giveBack is what levels would be without what something holds of them.
func giveBack(levels map[int64]Level, held []Part) map[int64]Level {
	out := make(map[int64]Level, len(levels))
	for id, l := range levels {
		out[id] = l
	}
	for _, p := range held {
		l := out[p.Ingredient]
		l.Reserved -= p.Quantity
		out[p.Ingredient] = l
	}
	return out
}

// instead is a line made as another product of its kind. It costs what is less, for the house is at fault; what the customer did not want on
// the first is not on this one either, and what was added is, but for what is missing.
func (m *Menu) instead(l Line, c Choice, missing string, mode Mode, at time.Time) (Line, *Error) {
	p, ok := m.Product(c.Product)
	if !ok || p.Kind != l.Kind || p.Slug == l.Product {
		return Line{}, Errorf(Invalid, "« %s » ne peut pas remplacer « %s ». Choisissez dans la liste.", clip(c.Product), l.Name).AtLine(l.N)
	}
	ask := NewLine{Product: c.Product, Size: c.Size, Quantity: l.Quantity}
	if v, ok := p.Variant(c.Size); ok {
		for _, g := range m.Removable(p, v) {
			if slices.Contains(l.Without, g.Slug) {
				ask.Without = append(ask.Without, g.Slug)
			}
		}
	}
	for _, a := range l.Added {
		g, ok := m.IngredientBySlug(a.Slug)
		if !ok || a.Slug == missing {
			continue
		}
		if _, ok := g.Addition(c.Size); ok {
			ask.Added = append(ask.Added, a.Slug)
		}
	}
	made, err := m.line(ask, mode, at)
	if err != nil {
		return Line{}, err.AtLine(l.N)
	}
	made.N, made.UnitPrice = l.N, min(made.UnitPrice, l.UnitPrice)
	return made, nil
}

// Answer ends a hold by a choice for each line that needs what ran out: what the board offers instead. Whether stock still allows all of it
// together is for the moves to find out.
func (o *Order) Answer(actor Actor, b *Board, missing Ingredient, choices []Choice, at time.Time) (Change, error) {
	m := b.Menu
	if err := o.awaits(actor, missing); err != nil {
		return Change{}, err
	}
	lines := slices.Clone(o.Lines)
	var words []string
	for i := range lines {
		l := &lines[i]
		if !l.takes(missing.ID) {
			continue
		}
		k := slices.IndexFunc(choices, func(c Choice) bool { return c.Line == l.N })
		switch {
		case k < 0:
			return Change{}, Errorf(Invalid, "Dites par quoi remplacer « %s ».", l.Name).AtLine(l.N)
		case choices[k].Product != "":
			made, err := m.instead(*l, choices[k], o.Missing, o.Mode, at)
			if err != nil {
				return Change{}, err
			}
			if !slices.ContainsFunc(b.Swaps(o, *l, at), func(s Swap) bool { return s.Product == made.Product && s.Size == made.Size }) {
				return Change{}, Errorf(Conflict, "« %s » n’est plus possible à la place de « %s ». Choisissez autre chose.", titled(made), l.Name).AtLine(l.N)
			}
			words = append(words, fmt.Sprintf("%d %s au lieu de %s", l.Quantity, titled(made), titled(*l)))
			*l = made
		case missing.Base:
			return Change{}, Errorf(Conflict, "Une pizza ne se fait pas sans %s. Choisissez autre chose, annulez la commande, ou appelez la pizzeria.", missing.Name).AtLine(l.N)
		default:
			l.leaveOut(missing)
			l.Allergens = m.allergensOf(l.Recipe)
			words = append(words, "sans "+missing.Name)
		}
	}
	slices.Sort(words) // « sans … » once, whatever the lines
	return o.goOn(actor, lines, clipped(strings.Join(slices.Compact(words), ", ")), at)
}

// titled names what a line is, with its size where there are several.
func titled(l Line) string {
	words := map[Size]string{Medium: " moyenne", Large: " grande"}
	return l.Name + words[l.Size]
}

// awaits refuses an answer that nobody waits for any more, and says who gave one.
func (o *Order) awaits(actor Actor, missing Ingredient) error {
	if o.Status == OnHold && o.Missing == missing.Slug {
		return nil
	}
	for _, s := range slices.Backward(o.Journal) {
		if s.Line != 0 || s.From != string(OnHold) {
			continue
		}
		who := "la pizzeria"
		if s.Role == Customer {
			who = "le client"
		} else if actor.Role.Staff() {
			who = s.Name
		}
		if s.To == string(Cancelled) {
			return Errorf(Conflict, "Trop tard : %s a annulé la commande n° %d à %s.", who, o.Number, s.At.In(Paris).Format("15:04"))
		}
		return Errorf(Conflict, "Trop tard : pour la commande n° %d, %s a déjà choisi à %s : %s.", o.Number, who, s.At.In(Paris).Format("15:04"), cmp.Or(s.Reason, "continuer"))
	}
	return Errorf(Conflict, "La commande n° %d %s : ce choix n’est plus possible.", o.Number, o.stands())
}

// goOn takes an order that was on hold back to the kitchen with the lines that were chosen. What preparation has used up stays used up: only
// what the new lines need beyond it is taken, at once, for preparation will not take anything again. Money that
// was taken is given back as far as the bill is a smaller one.
func (o *Order) goOn(actor Actor, lines []Line, reason string, at time.Time) (Change, error) {
	if !actor.Is(Customer, Cashier, Manager) {
		return Change{}, Errorf(Forbidden, "Votre rôle ne permet pas cette étape. Demandez au responsable.")
	}
	at = o.follows(at)
	var c Change
	old := o.Lines
	if !o.Consumed {
		c.Moves = o.moves(Release, actor, at)
	}
	o.Lines = lines
	o.Revision++
	o.remember(old)
	if !o.Consumed {
		c.Moves = append(c.Moves, o.moves(Reserve, actor, at)...)
	} else {
		c.Moves = o.takeMore(old, actor, at)
	}
	if c.Till = o.settled(old, actor, at); c.Till != nil && c.Till[0].Amount < 0 {
		reason = clipped(reason + ", " + (-c.Till[0].Amount).String() + " à rendre")
	}
	if _, err := o.Advance(actor, Received, reason, at); err != nil {
		return Change{}, err
	}
	return c, nil
}

// takeMore is what an order in preparation takes beyond what its lines of before took.
func (o *Order) takeMore(old []Line, actor Actor, at time.Time) []Movement {
	var out []Movement
	had := needs(old)
	for _, p := range needs(o.Lines) {
		if i := slices.IndexFunc(had, func(h Part) bool { return h.Ingredient == p.Ingredient }); i >= 0 {
			p.Quantity -= had[i].Quantity
		}
		if p.Quantity > 0 {
			out = append(out, Movement{Ingredient: p.Ingredient, Reason: Consume, OnHand: -p.Quantity, Order: o.ID, Revision: o.Revision, By: actor.Key(), At: at})
		}
	}
	return out
}

// clipped cuts what the program itself says to what a reason holds.
func clipped(s string) string {
	if r := []rune(s); len(r) > MaxNote {
		return string(r[:MaxNote-1]) + "…"
	}
	return s
}

// AnswerHold answers an order on hold, for the customer, the cashier or a manager: of those who answer at once one wins, and the others are told
// who. The ingredient is the one that was missing where the answer was given.
func (s *Shop) AnswerHold(ctx context.Context, actor Actor, key Key, pizzeria, id int64, ingredient string, choices []Choice) (*Order, error) {
	g := &Ingredient{}
	if ingredient != "" {
		var err error
		if g, err = s.ingredient(ctx, pizzeria, ingredient); err != nil {
			return nil, err
		}
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	var lines []Line
	var own []Part
	return s.update(ctx, actor, key, pizzeria, id, func(levels map[int64]Level) *Error {
		return soldOut(board, lines, levels, own)
	}, func(o *Order) (Change, error) {
		own = needs(o.Lines)
		c, err := o.Answer(actor, board, *g, choices, s.moment(ctx))
		lines = o.Lines
		return c, err
	})
}
