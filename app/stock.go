package app

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Level is the stock of one ingredient in one shop, in the ingredient's unit.
type Level struct {
	Ingredient int64
	OnHand     int64 // physically there
	Reserved   int64 // promised to orders not yet started; never more than OnHand
	Threshold  int64 // below it the manager is warned
	Out        bool  // marked out by hand: nothing that needs it can be ordered
}

// Available is what new orders may still take.
func (l Level) Available() int64 {
	if l.Out {
		return 0
	}
	return l.OnHand - l.Reserved
}

// Low reports whether the manager should be warned.
func (l Level) Low() bool { return l.Out || l.Available() <= l.Threshold }

// Reason says why a level moved.
type Reason string

// The reasons of a movement.
const (
	Initial   Reason = "opening" // first stock of a shop
	Reserve   Reason = "reserve" // an order was placed
	Release   Reason = "release" // cancelled or changed before preparation
	Consume   Reason = "consume" // preparation began
	Restocked Reason = "restock" // goods received
	Counted   Reason = "count"   // the shelf was counted
	Wasted    Reason = "waste"   // thrown away
)

// Movement is one line of the stock journal: at any instant a level equals the sum of its movements.
type Movement struct {
	Ingredient int64
	Reason     Reason
	OnHand     int64 // change of the quantity on hand
	Reserved   int64 // change of the quantity reserved
	Order      int64 // 0: none
	Revision   int   // of the order's lines: with Order, Ingredient and Reason it is unique, so that a repeated release cannot count twice
	By         string
	At         time.Time
}

// needs adds up what lines take, by ingredient ascending: the order in which every transaction locks stock.
func needs(lines []Line) []Part {
	sums := map[int64]int64{}
	for _, l := range lines {
		for _, p := range l.Recipe {
			sums[p.Ingredient] += p.Quantity * int64(l.Quantity)
		}
	}
	parts := make([]Part, 0, len(sums))
	for id, q := range sums {
		parts = append(parts, Part{Ingredient: id, Quantity: q})
	}
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Compare(a.Ingredient, b.Ingredient) })
	return parts
}

// moves turns an order's needs into movements for a reason.
func (o *Order) moves(reason Reason, by Actor, at time.Time) []Movement {
	parts := needs(o.Lines)
	out := make([]Movement, len(parts))
	for i, p := range parts {
		m := Movement{Ingredient: p.Ingredient, Reason: reason, Order: o.ID, Revision: o.Revision, By: by.Key(), At: at}
		switch reason {
		case Reserve:
			m.Reserved = p.Quantity
		case Release:
			m.Reserved = -p.Quantity
		case Consume:
			m.Reserved, m.OnHand = -p.Quantity, -p.Quantity
		}
		out[i] = m
	}
	return out
}

// feasible returns how many of a recipe the levels still allow; a recipe of nothing is not limited by stock (MaxQuantity).
func feasible(recipe []Part, levels map[int64]Level) int {
	left := int64(-1)
	for _, p := range recipe {
		if p.Quantity <= 0 {
			continue
		}
		if n := max(0, levels[p.Ingredient].Available()) / p.Quantity; left < 0 || n < left {
			left = n
		}
	}
	if left < 0 {
		return MaxQuantity
	}
	return int(left)
}

// Restock records goods received, per ingredient, in its unit.
func (s *Shop) Restock(ctx context.Context, actor Actor, key Key, pizzeria int64, ingredient string, quantity int64) error {
	return s.moveStock(ctx, actor, key, pizzeria, ingredient, Restocked, quantity)
}

// CountStock records what was counted on the shelf: the level becomes it, and an ingredient marked out is back.
func (s *Shop) CountStock(ctx context.Context, actor Actor, key Key, pizzeria int64, ingredient string, quantity int64) error {
	return s.moveStock(ctx, actor, key, pizzeria, ingredient, Counted, quantity)
}

// Waste records what was thrown away.
func (s *Shop) Waste(ctx context.Context, actor Actor, key Key, pizzeria int64, ingredient string, quantity int64) error {
	return s.moveStock(ctx, actor, key, pizzeria, ingredient, Wasted, quantity)
}

const maxStock = 10_000_000 // 10 t in grams: more is a slip of the finger

func (s *Shop) moveStock(ctx context.Context, actor Actor, key Key, pizzeria int64, ingredient string, reason Reason, quantity int64) error {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return err
	}
	g, err := s.ingredient(ctx, pizzeria, ingredient)
	if err != nil {
		return err
	}
	if quantity < 0 || quantity == 0 && reason != Counted || quantity > maxStock {
		return Errorf(Invalid, "La quantité de « %s » doit être un nombre entier positif.", g.Name)
	}
	m := Movement{Ingredient: g.ID, Reason: reason, OnHand: quantity, By: actor.Key(), At: s.Now()}
	if reason == Wasted {
		m.OnHand = -quantity
	}
	e, err := s.Store.MoveStock(ctx, pizzeria, key, []Movement{m})
	if err != nil {
		return err
	}
	s.announce(ctx, e)
	return nil
}

// MarkOut marks an ingredient out by hand, or back in: nothing that needs it can be ordered until then.
func (s *Shop) MarkOut(ctx context.Context, actor Actor, pizzeria int64, ingredient string, out bool) error {
	return s.setLevel(ctx, actor, pizzeria, ingredient, &out, nil, Cook, Manager)
}

// SetThreshold sets the level below which the manager is warned.
func (s *Shop) SetThreshold(ctx context.Context, actor Actor, pizzeria int64, ingredient string, threshold int64) error {
	if threshold < 0 || threshold > maxStock {
		return Errorf(Invalid, "Le seuil doit être un nombre entier positif.")
	}
	return s.setLevel(ctx, actor, pizzeria, ingredient, nil, &threshold, Manager)
}

func (s *Shop) setLevel(ctx context.Context, actor Actor, pizzeria int64, ingredient string, out *bool, threshold *int64, roles ...Role) error {
	if err := mayManage(actor, pizzeria, roles...); err != nil {
		return err
	}
	g, err := s.ingredient(ctx, pizzeria, ingredient)
	if err != nil {
		return err
	}
	e, err := s.Store.SetLevel(ctx, pizzeria, g.ID, out, threshold)
	if err != nil {
		return err
	}
	s.announce(ctx, e)
	return nil
}

func mayManage(actor Actor, pizzeria int64, roles ...Role) error {
	if !actor.WorksIn(pizzeria) {
		return Errorf(NotFound, "Cette pizzeria n’existe pas. Choisissez-en une dans la liste.")
	}
	if !actor.Is(roles...) {
		return Errorf(Forbidden, "Votre rôle ne permet pas cette action. Demandez au responsable.")
	}
	return nil
}
