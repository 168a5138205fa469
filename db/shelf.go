package db

import (
	"context"
	"errors"
	"slices"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

var (
	errNoPizzeria   = app.Errorf(app.NotFound, "Cette pizzeria n’existe pas. Choisissez-en une dans la liste.")
	errNoIngredient = app.Errorf(app.NotFound, "Cet ingrédient n’est pas en stock dans cette pizzeria.")
	errUnknown      = app.Errorf(app.Unavailable, "La réponse de nos serveurs s’est perdue. Vérifiez si c’est fait avant de recommencer.")
)

// MoveStock applies movements that are not an order's: goods received, thrown away, or counted, in which case OnHand is what was counted
// and the journal gets the difference. What is reserved for orders in hand cannot be counted or thrown away: Conflict.
func (d *DB) MoveStock(ctx context.Context, pizzeria int64, key app.Key, moves []app.Movement) (app.Event, error) {
	var e app.Event
	var refusal *app.Error
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		if unknown && key.Value == "" {
			return errUnknown
		}
		if err := d.serve(ctx, tx, key, keyRow{Kind: keyDone, Pizzeria: pizzeria}); err != nil {
			if unknown && errors.Is(err, errServed) {
				return errLanded
			}
			return err
		}
		var err error
		e, refusal, err = d.moveShelf(ctx, tx, pizzeria, moves)
		if refusal != nil {
			return refusal
		}
		return err
	})
	switch {
	case err == nil:
		return e, nil
	case errors.Is(err, errLanded):
		return d.reload(ctx, pizzeria)
	case errors.Is(err, errServed):
		_, err := d.outcome(ctx, key)
		return app.Event{}, err
	case refusal != nil && errors.Is(err, refusal):
		_, err := d.Refuse(ctx, key, refusal)
		return app.Event{}, err
	}
	return app.Event{}, err
}

// moveShelf locks the levels, computes the new ones and saves them.
func (d *DB) moveShelf(ctx context.Context, tx bun.Tx, pizzeria int64, moves []app.Movement) (app.Event, *app.Error, error) {
	ids := make([]int64, len(moves))
	for i, m := range moves {
		ids[i] = m.Ingredient
	}
	slices.Sort(ids)
	before, err := levels(ctx, tx, pizzeria, slices.Compact(ids), d.mysql)
	if err != nil {
		return app.Event{}, nil, err
	}
	after := map[int64]app.Level{}
	for _, l := range before {
		after[l.Ingredient] = l
	}
	moves = slices.Clone(moves)
	for i, m := range moves {
		l, ok := after[m.Ingredient]
		if !ok {
			return app.Event{}, errNoIngredient, nil
		}
		if m.Reason == app.Counted {
			m.OnHand -= l.OnHand
			l.Out = false
		}
		l.OnHand += m.OnHand
		if l.OnHand < l.Reserved {
			refusal, err := d.reservedRefusal(ctx, tx, l)
			return app.Event{}, refusal, err
		}
		m.Reserved = 0
		after[m.Ingredient], moves[i] = l, m
	}
	var changed []app.Level
	for _, old := range before {
		l := after[old.Ingredient]
		if _, err := tx.ExecContext(ctx, "UPDATE "+d.levelsTable()+" SET on_hand = ?, is_out = ? WHERE pizzeria_id = ? AND ingredient_id = ?",
			l.OnHand, l.Out, pizzeria, l.Ingredient); err != nil {
			return app.Event{}, nil, err
		}
		changed = append(changed, l)
	}
	if err := journal(ctx, tx, pizzeria, 0, moves); err != nil {
		return app.Event{}, nil, err
	}
	e, err := d.next(ctx, tx, pizzeria)
	e.Levels = changed
	return e, nil, err
}

// reservedRefusal says how much of an ingredient orders in hand still need.
func (d *DB) reservedRefusal(ctx context.Context, tx bun.Tx, l app.Level) (*app.Error, error) {
	var g ingredientRow
	if err := tx.NewSelect().Model(&g).Where("id = ?", l.Ingredient).Scan(ctx); err != nil {
		return nil, err
	}
	unit := " " + g.Unit
	if app.Unit(g.Unit) == app.Piece {
		unit = ""
	}
	return app.Errorf(app.Conflict, "%d%s de « %s » sont réservés pour des commandes en cours : il ne peut pas en rester moins. Annulez une commande ou mettez-la en attente, puis recommencez.",
		l.Reserved, unit, g.Name), nil
}

// SetLevel marks an ingredient out or back in and sets its threshold; nil leaves as is.
func (d *DB) SetLevel(ctx context.Context, pizzeria, ingredient int64, out *bool, threshold *int64) (app.Event, error) {
	var e app.Event
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		// COALESCE keeps what is not said; doing it twice after a lost COMMIT changes nothing.
		res, err := tx.ExecContext(ctx, "UPDATE "+d.levelsTable()+" SET is_out = COALESCE(?, is_out), threshold = COALESCE(?, threshold) WHERE pizzeria_id = ? AND ingredient_id = ?",
			out, threshold, pizzeria, ingredient)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return errNoIngredient
		}
		changed, err := levels(ctx, tx, pizzeria, []int64{ingredient}, false)
		if err != nil {
			return err
		}
		e, err = d.next(ctx, tx, pizzeria)
		e.Levels = changed
		return err
	})
	if err != nil {
		return app.Event{}, err
	}
	return e, nil
}
