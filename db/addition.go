package db

import (
	"context"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type additionRow struct {
	bun.BaseModel `bun:"table:additions,alias:a"`
	Ingredient    int64  `bun:"ingredient_id"`
	Size          string `bun:"size"`
	Price         int64  `bun:"price_cents"`
	Quantity      int64  `bun:"quantity"`
}

// additions completes the ingredients of a menu.
func additions(ctx context.Context, tx bun.Tx, m *app.Menu) error {
	var rows []additionRow
	if err := tx.NewSelect().Model(&rows).Where("a.quantity > 0").Order("a.ingredient_id", "a.quantity", "a.size").Scan(ctx); err != nil {
		return err
	}
	for _, r := range rows {
		if g, ok := m.Ingredient(r.Ingredient); ok {
			g.Additions = append(g.Additions, app.Addition{Size: app.Size(r.Size), Price: app.Cents(r.Price), Quantity: r.Quantity})
		}
	}
	return nil
}

// SetAddition offers an addition in every shop, or no longer with quantity 0: one event each. What is no longer offered keeps its row, so that
// a later seed does not offer it again.
func (d *DB) SetAddition(ctx context.Context, ingredient string, size app.Size, price app.Cents, quantity int64) ([]app.Event, error) {
	var events []app.Event
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		var g ingredientRow
		if err := tx.NewSelect().Model(&g).Where("i.slug = ?", ingredient).Scan(ctx); err != nil {
			return noRows(err, app.Errorf(app.NotFound, "Cet ingrédient n’existe pas."))
		}
		if g.Base {
			return app.Errorf(app.Invalid, "« %s » est la base de la pizza : il ne se propose pas en supplément.", g.Name)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM additions WHERE ingredient_id = ? AND size = ?", g.ID, string(size)); err != nil {
			return err
		}
		row := additionRow{Ingredient: g.ID, Size: string(size), Price: int64(price), Quantity: quantity}
		if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
		var err error
		events, err = d.menuEvents(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// menuEvents are the events of a change of the menu. It is read once every sequence row is held, so that an event's menu has all that earlier
// numbers announced.
func (d *DB) menuEvents(ctx context.Context, tx bun.Tx) ([]app.Event, error) {
	return d.nextOfAll(ctx, tx, func(events []app.Event) error {
		m, err := menu(ctx, tx)
		for i := range events {
			events[i].Menu = m
		}
		return err
	})
}
