package db

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// findOrder reads one order, with its lines and journal as they were at one instant.
func (d *DB) findOrder(ctx context.Context, where func(*bun.SelectQuery) *bun.SelectQuery) (*app.Order, error) {
	var o *app.Order
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		o, err = orderIn(ctx, tx, where)
		return err
	})
	return o, err
}

// order reads an order of a shop.
func (d *DB) order(ctx context.Context, pizzeria, id int64) (*app.Order, error) {
	return d.findOrder(ctx, byID(pizzeria, id))
}

// Order finds an order of a shop.
func (d *DB) Order(ctx context.Context, pizzeria, id int64) (*app.Order, error) {
	return d.order(ctx, pizzeria, id)
}

// OrdersByPhone reads the last orders of a telephone number in a shop by the index orders_phone, without their journals.
func (d *DB) OrdersByPhone(ctx context.Context, pizzeria int64, phone string, limit int) ([]*app.Order, error) {
	var all []*app.Order
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		var rows []orderRow
		err := tx.NewSelect().Model(&rows).Where("o.pizzeria_id = ?", pizzeria).Where("o.contact_phone = ?", phone).
			Order("o.placed_at DESC").Limit(int64(limit)).Scan(ctx)
		if err != nil {
			return err
		}
		byID := make(map[int64]*app.Order, len(rows))
		all = make([]*app.Order, len(rows))
		for i := range rows {
			if all[i], err = rows[i].order(); err != nil {
				return err
			}
			byID[all[i].ID] = all[i]
		}
		return fillLines(ctx, tx, pizzeria, byID)
	})
	return all, err
}

// byID selects an order of a shop: another shop's is as good as none.
func byID(pizzeria, id int64) func(*bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("o.pizzeria_id = ?", pizzeria).Where("o.id = ?", id)
	}
}

// OrderByToken finds an order of any shop by the hash of its tracking token.
func (d *DB) OrderByToken(ctx context.Context, hash string) (*app.Order, error) {
	return d.findOrder(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("o.token_hash = ?", hash) })
}

// orderIn reads one order within a transaction. In one that writes, at READ COMMITTED, the lines may be newer than the order: the
// version in the UPDATE's guard then refuses the copy.
func orderIn(ctx context.Context, tx bun.Tx, where func(*bun.SelectQuery) *bun.SelectQuery) (*app.Order, error) {
	var row orderRow
	if err := where(tx.NewSelect().Model(&row)).Scan(ctx); err != nil {
		return nil, noRows(err, app.ErrNoOrder)
	}
	o, err := row.order()
	if err != nil {
		return nil, err
	}
	return o, fill(ctx, tx, o.Pizzeria, map[int64]*app.Order{o.ID: o})
}

// fill reads the lines and journals of a shop's orders, one query for each.
func fill(ctx context.Context, tx bun.Tx, pizzeria int64, orders map[int64]*app.Order) error {
	if err := fillLines(ctx, tx, pizzeria, orders); err != nil || len(orders) == 0 {
		return err
	}
	var steps []stepRow
	err := tx.NewSelect().Model(&steps).Join("JOIN orders AS o ON o.id = s.order_id").
		Where("o.pizzeria_id = ?", pizzeria).Where("s.order_id IN (?)", bun.List(slices.Sorted(maps.Keys(orders)))).Order("s.order_id", "s.n").Scan(ctx)
	if err != nil {
		return err
	}
	for i := range steps {
		o := orders[steps[i].Order]
		o.Journal = append(o.Journal, steps[i].step())
	}
	return nil
}

// fillLines reads the lines of a shop's orders.
func fillLines(ctx context.Context, tx bun.Tx, pizzeria int64, orders map[int64]*app.Order) error {
	if len(orders) == 0 {
		return nil
	}
	var lines []lineRow
	err := tx.NewSelect().Model(&lines).Join("JOIN orders AS o ON o.id = l.order_id").
		Where("o.pizzeria_id = ?", pizzeria).Where("l.order_id IN (?)", bun.List(slices.Sorted(maps.Keys(orders)))).Order("l.order_id", "l.n").Scan(ctx)
	if err != nil {
		return err
	}
	for i := range lines {
		l, err := lines[i].line()
		if err != nil {
			return err
		}
		o := orders[lines[i].Order]
		o.Lines = append(o.Lines, l)
	}
	return nil
}

// insertOrder saves a new order and sets its id, which is never guessed: ids step by 10 from an offset that moves.
func insertOrder(ctx context.Context, tx bun.Tx, o *app.Order) error {
	res, err := tx.NewInsert().Model(newOrderRow(o)).ExcludeColumn("id").Returning("NULL").Exec(ctx)
	if err != nil {
		if classify(err) == duplicate {
			return errToken
		}
		return err
	}
	if o.ID, err = res.LastInsertId(); err != nil {
		return err
	}
	if err := insertLines(ctx, tx, o); err != nil {
		return err
	}
	return insertSteps(ctx, tx, o, 0)
}

func insertLines(ctx context.Context, tx bun.Tx, o *app.Order) error {
	if len(o.Lines) == 0 {
		return nil
	}
	rows := make([]lineRow, len(o.Lines))
	for i, l := range o.Lines {
		rows[i] = newLineRow(o.ID, l)
	}
	_, err := tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	return err
}

// insertSteps saves the journal from the step of index from on.
func insertSteps(ctx context.Context, tx bun.Tx, o *app.Order, from int) error {
	if len(o.Journal) <= from {
		return nil
	}
	rows := make([]stepRow, 0, len(o.Journal)-from)
	for _, s := range o.Journal[from:] {
		rows = append(rows, newStepRow(o.ID, s))
	}
	_, err := tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	return err
}

// nextNumber gives an order its number within the shop's service day: 1, 2, 3 … without gaps, since a rolled back one is given again.
func (d *DB) nextNumber(ctx context.Context, tx bun.Tx, pizzeria int64, day string) (int, error) {
	if !d.mysql {
		var n int
		err := tx.NewRaw("INSERT INTO order_numbers (pizzeria_id, service_day, last_number) VALUES (?, ?, 1)"+
			" ON CONFLICT (pizzeria_id, service_day) DO UPDATE SET last_number = last_number + 1 RETURNING last_number", pizzeria, day).Scan(ctx, &n)
		return n, err
	}
	res, err := tx.ExecContext(ctx, "INSERT INTO order_numbers (pizzeria_id, service_day, last_number) VALUES (?, ?, LAST_INSERT_ID(1))"+
		" ON DUPLICATE KEY UPDATE last_number = LAST_INSERT_ID(last_number + 1)", pizzeria, day)
	if err != nil {
		return 0, err
	}
	n, err := res.LastInsertId()
	return int(n), err
}

// updateOrder saves what may change of an order, if it still is as before was: version and status stand in the UPDATE itself.
func updateOrder(ctx context.Context, tx bun.Tx, before, o *app.Order) error {
	r := newOrderRow(o)
	res, err := tx.ExecContext(ctx, "UPDATE orders SET version = ?, revision = ?, status = ?, contact_name = ?, contact_phone = ?, contact_address = ?,"+
		" contact_postcode = ?, note = ?, payment_method = ?, payment_status = ?, paid_at = ?, consumed = ?, missing = ?, courier_id = ?,"+
		" courier_name = ?, ready_by = ?, closed_at = ?, lines_before = NULLIF(?, '') WHERE id = ? AND pizzeria_id = ? AND version = ? AND status = ?",
		r.Version, r.Revision, r.Status, r.Name, r.Phone, r.Address, r.Postcode, r.Note, r.PayMethod, r.PayStatus, r.PaidAt, r.Consumed, r.Missing,
		r.Courier, r.CourierName, r.ReadyBy, r.ClosedAt, r.Before, before.ID, before.Pizzeria, before.Version, string(before.Status))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return cmp.Or(err, errStale)
	}
	if err := updateLines(ctx, tx, before, o); err != nil {
		return err
	}
	return insertSteps(ctx, tx, o, len(before.Journal))
}

// updateLines saves the lines: all of them anew if they were revised, else the states of the pizzas that moved, in one statement.
func updateLines(ctx context.Context, tx bun.Tx, before, o *app.Order) error {
	if o.Revision != before.Revision {
		// The order's row is locked and was checked against its shop just before.
		if _, err := tx.ExecContext(ctx, "DELETE FROM order_lines WHERE order_id = ?", o.ID); err != nil {
			return err
		}
		return insertLines(ctx, tx, o)
	}
	var args []any
	var ns []int
	query := "UPDATE order_lines SET items = CASE n"
	for i, l := range o.Lines {
		if i < len(before.Lines) && !slices.Equal(l.Items, before.Lines[i].Items) {
			query += " WHEN ? THEN ?"
			args = append(args, l.N, pack(l.Items))
			ns = append(ns, l.N)
		}
	}
	if len(ns) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, query+" END WHERE order_id = ? AND n IN (?)", append(args, o.ID, bun.List(ns))...)
	return err
}
