package db

import (
	"context"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type metaRow struct {
	bun.BaseModel `bun:"table:meta,alias:f"`
	Name          string `bun:"name,pk"`
	Value         string `bun:"value"`
}

// A maintenance is kept in the table of facts about the house rather than in one of its own: a release that does not know it starts and
// works beside it.
const (
	maintenanceSince   = "maintenance"
	maintenanceUntil   = "maintenance.until"
	maintenanceMessage = "maintenance.message"
)

// Maintenance reads the maintenance in force; nil when there is none.
func (d *DB) Maintenance(ctx context.Context) (*app.Maintenance, error) {
	m, err := maintenance(ctx, d.r)
	return m, d.translate(err)
}

func maintenance(ctx context.Context, q bun.IDB) (*app.Maintenance, error) {
	var rows []metaRow
	names := []string{maintenanceSince, maintenanceUntil, maintenanceMessage}
	if err := q.NewSelect().Model(&rows).Where("name IN (?)", bun.List(names)).Scan(ctx); err != nil {
		return nil, err
	}
	var m app.Maintenance
	for _, r := range rows {
		var err error
		switch r.Name {
		case maintenanceSince:
			m.Since, err = time.Parse(time.RFC3339Nano, r.Value)
		case maintenanceUntil:
			m.Until, err = time.Parse(time.RFC3339Nano, r.Value)
		case maintenanceMessage:
			m.Message = r.Value
		}
		if err != nil {
			return nil, err
		}
	}
	if !m.On() {
		return nil, nil
	}
	return &m, nil
}

// SetMaintenance saves a maintenance, or ends it (nil), and takes every shop's sequence up in one transaction: one event each.
func (d *DB) SetMaintenance(ctx context.Context, m *app.Maintenance) ([]app.Event, error) {
	var kept app.Maintenance
	if m != nil {
		kept = app.Maintenance{Message: clean(m.Message), Since: instant(m.Since)}
		if !m.Until.IsZero() {
			kept.Until = instant(m.Until)
		}
	}
	var events []app.Event
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		var err error
		events, err = d.nextOfAll(ctx, tx, func(events []app.Event) error {
			for i := range events {
				events[i].Maintenance = &kept
			}
			return keepMaintenance(ctx, tx, kept)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// keepMaintenance replaces the rows of a maintenance.
func keepMaintenance(ctx context.Context, tx bun.Tx, m app.Maintenance) error {
	_, err := tx.NewDelete().Model((*metaRow)(nil)).
		Where("name IN (?)", bun.List([]string{maintenanceSince, maintenanceUntil, maintenanceMessage})).Exec(ctx)
	if err != nil || !m.On() {
		return err
	}
	rows := []metaRow{{Name: maintenanceSince, Value: m.Since.Format(time.RFC3339Nano)}, {Name: maintenanceMessage, Value: m.Message}}
	if !m.Until.IsZero() {
		rows = append(rows, metaRow{Name: maintenanceUntil, Value: m.Until.Format(time.RFC3339Nano)})
	}
	_, err = tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	return err
}

// nextOfAll takes every shop's sequence up in the order of their ids, the order in which every transaction of this kind takes them, and
// then completes the events: whoever holds all the rows is alone.
func (d *DB) nextOfAll(ctx context.Context, tx bun.Tx, complete func([]app.Event) error) ([]app.Event, error) {
	// The shops rather than the rows of sequences: one of those is no shop's.
	var shops []int64
	if err := tx.NewSelect().Model((*pizzeriaRow)(nil)).Column("id").Order("id").Scan(ctx, &shops); err != nil {
		return nil, err
	}
	events := make([]app.Event, 0, len(shops))
	for _, shop := range shops {
		e, err := d.next(ctx, tx, shop)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, complete(events)
}
