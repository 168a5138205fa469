package db

import (
	"context"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// takenRow is what a shop took within a stretch of UTC: the beginning of a time as both engines write it.
type takenRow struct {
	Stretch string `bun:"stretch"`
	Amount  int64  `bun:"amount"`
	Sales   int    `bun:"sales"`
	Entries int    `bun:"entries"`
}

// Beginnings of "2006-01-02 15:04:05" that name an hour, and ten minutes of one. A service day begins and ends at a whole hour, in winter and in
// summer: so hours of UTC add up to service days here, and the database need not know time zones.
const (
	hourOf       = len("2006-01-02 15")
	tenMinutesOf = len("2006-01-02 15:0")
)

// taken reads a shop's takings between two instants, by stretch, by the index till_entries_time.
func taken(ctx context.Context, tx bun.Tx, pizzeria int64, from, to time.Time, stretch int) ([]takenRow, error) {
	var rows []takenRow
	err := tx.NewRaw("SELECT SUBSTR(happened_at, 1, ?) AS stretch, SUM(amount_cents) AS amount, SUM(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS sales,"+
		" COUNT(*) AS entries FROM till_entries WHERE pizzeria_id = ? AND happened_at >= ? AND happened_at < ? GROUP BY stretch ORDER BY stretch",
		stretch, pizzeria, from, to).Scan(ctx, &rows)
	return rows, err
}

// at is when a stretch begins.
func (r takenRow) at() (time.Time, error) {
	const whole = "2006-01-02 15:00"
	return time.Parse("2006-01-02 15:04", r.Stretch+whole[len(r.Stretch):])
}

// Past reads what a shop took on a service day, in one query.
func (d *DB) Past(ctx context.Context, pizzeria int64, day string) (app.Past, error) {
	p := app.Past{Day: day}
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		p = app.Past{Day: day}
		rows, err := taken(ctx, tx, pizzeria, app.DayStart(day), app.DayEnd(day), tenMinutesOf)
		for _, r := range rows {
			at, err := r.at()
			if err != nil {
				return err
			}
			p.Add(at, app.Cents(r.Amount), r.Entries)
		}
		return err
	})
	return p, err
}

// History reads a shop's service days in three queries, each bounded by an index on the shop and the days.
func (d *DB) History(ctx context.Context, pizzeria int64, from, to string) (app.History, error) {
	var h app.History
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		h = app.History{}
		at := map[string]int{}
		for i, day := range app.DaysBetween(from, to) {
			h.Days = append(h.Days, app.DayFigures{Day: day})
			at[day] = i
		}
		rows, err := taken(ctx, tx, pizzeria, app.DayStart(from), app.DayEnd(to), hourOf)
		if err != nil {
			return err
		}
		for _, r := range rows {
			hour, err := r.at()
			if err != nil {
				return err
			}
			if i, ok := at[app.ServiceDay(hour)]; ok {
				h.Days[i].Takings += app.Cents(r.Amount)
				h.Days[i].Sales += r.Sales
			}
		}
		if err := d.kept(ctx, tx, pizzeria, from, to, h.Days, at); err != nil {
			return err
		}
		h.Sellers, err = sellers(ctx, tx, pizzeria, from, to)
		return err
	})
	return h, err
}

// kept reads how many orders there were, and how their promises were kept.
func (d *DB) kept(ctx context.Context, tx bun.Tx, pizzeria int64, from, to string, days []app.DayFigures, at map[string]int) error {
	late := "TIMESTAMPDIFF(SECOND, o.promised_at, s.happened_at)"
	if !d.mysql {
		late = "CAST(strftime('%s', s.happened_at) AS INTEGER) - CAST(strftime('%s', o.promised_at) AS INTEGER)"
	}
	var rows []struct {
		Day       string `bun:"service_day"`
		Orders    int    `bun:"orders"`
		Cancelled int    `bun:"cancelled"`
		Handed    int    `bun:"handed"`
		OnTime    int    `bun:"on_time"`
		Late      int64  `bun:"late"`
	}
	// An order is handed over once: one step leads to where it stands.
	err := tx.NewRaw("SELECT o.service_day, COUNT(*) AS orders, SUM(CASE WHEN o.status IN ('cancelled', 'undeliverable') THEN 1 ELSE 0 END) AS cancelled,"+
		" COUNT(s.happened_at) AS handed, SUM(CASE WHEN s.happened_at <= o.promised_at THEN 1 ELSE 0 END) AS on_time, COALESCE(SUM("+late+"), 0) AS late"+
		" FROM orders AS o LEFT JOIN order_steps AS s ON s.order_id = o.id AND s.line = 0 AND s.to_state = o.status AND o.status IN ('delivered', 'collected')"+
		" WHERE o.pizzeria_id = ? AND o.service_day >= ? AND o.service_day <= ? GROUP BY o.service_day", pizzeria, from, to).Scan(ctx, &rows)
	for _, r := range rows {
		if i, ok := at[r.Day]; ok {
			day := &days[i]
			day.Orders, day.Cancelled, day.Handed, day.OnTime, day.Delay = r.Orders, r.Cancelled, r.Handed, r.OnTime, time.Duration(r.Late)*time.Second
		}
	}
	return err
}

// sellers adds up what was ordered, and not cancelled.
func sellers(ctx context.Context, tx bun.Tx, pizzeria int64, from, to string) ([]app.Seller, error) {
	var rows []struct {
		Product  string `bun:"product"`
		Name     string `bun:"name"`
		Kind     string `bun:"kind"`
		Quantity int    `bun:"quantity"`
		Amount   int64  `bun:"amount"`
	}
	err := tx.NewRaw("SELECT l.product, MAX(l.name) AS name, MAX(l.kind) AS kind, SUM(l.quantity) AS quantity, SUM(l.quantity * l.unit_price) AS amount"+
		" FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id WHERE o.pizzeria_id = ? AND o.service_day >= ? AND o.service_day <= ?"+
		" AND o.status NOT IN ('cancelled', 'undeliverable') GROUP BY l.product ORDER BY quantity DESC, l.product", pizzeria, from, to).Scan(ctx, &rows)
	var all []app.Seller
	for _, r := range rows {
		all = append(all, app.Seller{Product: r.Product, Name: r.Name, Kind: app.ProductKind(r.Kind), Quantity: r.Quantity, Amount: app.Cents(r.Amount)})
	}
	return all, err
}

// OrdersOfDay reads the orders of a service day by the index orders_number, without who they are for.
func (d *DB) OrdersOfDay(ctx context.Context, pizzeria int64, day string) ([]*app.Order, error) {
	var all []*app.Order
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		var rows []orderRow
		err := tx.NewSelect().Model(&rows).Where("o.pizzeria_id = ?", pizzeria).Where("o.service_day = ?", day).Order("o.number").Scan(ctx)
		if err != nil {
			return err
		}
		all = make([]*app.Order, len(rows))
		byID := make(map[int64]*app.Order, len(rows))
		for i := range rows {
			if all[i], err = rows[i].order(); err != nil {
				return err
			}
			all[i].Contact, all[i].Note = app.Contact{}, ""
			byID[all[i].ID] = all[i]
		}
		return fill(ctx, tx, pizzeria, byID)
	})
	return all, err
}
