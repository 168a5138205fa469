package db

import (
	"context"
	"slices"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// LoadBoard reads a shop's board in one REPEATABLE READ read-only transaction, together with its sequence number: some twenty queries,
// which a board in memory then spares everybody. The sequence number is read first, but it does not matter: all see the same instant.
func (d *DB) LoadBoard(ctx context.Context, pizzeria int64) (*app.Board, error) {
	var board *app.Board
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		p, err := position(ctx, tx, pizzeria)
		if err != nil {
			return err
		}
		shops, err := pizzerias(ctx, tx, pizzeria)
		if err != nil {
			return err
		}
		if len(shops) == 0 {
			return errNoPizzeria
		}
		b := app.Board{Pizzeria: shops[0], Epoch: p.Epoch, Seq: p.Seq, Levels: map[int64]app.Level{}}
		if b.Menu, err = menu(ctx, tx); err != nil {
			return err
		}
		if b.Maintenance, err = maintenance(ctx, tx); err != nil {
			return err
		}
		if b.Runs, err = runs(ctx, tx, pizzeria); err != nil {
			return err
		}
		all, err := levels(ctx, tx, pizzeria, nil, false)
		if err != nil {
			return err
		}
		for _, l := range all {
			b.Levels[l.Ingredient] = l
		}
		if b.Orders, err = boardOrders(ctx, tx, pizzeria); err != nil {
			return err
		}
		board = app.NewBoard(b)
		return nil
	})
	return board, err
}

// boardOrders reads the orders that live and those closed last that a board keeps, each by a range of the index on (pizzeria, closed_at, id).
func boardOrders(ctx context.Context, tx bun.Tx, pizzeria int64) (map[int64]*app.Order, error) {
	var live, recent []orderRow
	if err := tx.NewSelect().Model(&live).Where("o.pizzeria_id = ?", pizzeria).Where("o.closed_at IS NULL").Scan(ctx); err != nil {
		return nil, err
	}
	closed := func(limit int64) error {
		recent = nil
		return tx.NewSelect().Model(&recent).Where("o.pizzeria_id = ?", pizzeria).Where("o.closed_at IS NOT NULL").
			Order("o.closed_at DESC", "o.id DESC").Limit(limit).Scan(ctx)
	}
	if err := closed(app.RecentOrders); err != nil {
		return nil, err
	}
	day := ""
	for _, o := range slices.Concat(live, recent) {
		day = max(day, o.ServiceDay)
	}
	if n := len(recent); n == app.RecentOrders && !recent[n-1].ClosedAt.Before(app.DayStart(day)) {
		if err := closed(app.DayOrders); err != nil { // a busy day
			return nil, err
		}
	}
	orders := make(map[int64]*app.Order, len(live)+len(recent))
	for _, rows := range [][]orderRow{live, recent} {
		for i := range rows {
			o, err := rows[i].order()
			if err != nil {
				return nil, err
			}
			orders[o.ID] = o
		}
	}
	return orders, fill(ctx, tx, pizzeria, orders)
}
