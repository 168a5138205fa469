package db

import (
	"context"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type actionRow struct {
	bun.BaseModel `bun:"table:staff_actions,alias:a"`
	ID            int64     `bun:"id,pk,autoincrement"`
	Pizzeria      int64     `bun:"pizzeria_id"`
	At            time.Time `bun:"happened_at"`
	By            string    `bun:"actor"`
	Name          string    `bun:"actor_name"`
	Role          string    `bun:"role"`
	Screen        string    `bun:"screen"`
	What          string    `bun:"action"`
	Subject       string    `bun:"subject"`
	Detail        string    `bun:"detail"`
}

// note writes what somebody did, in the transaction that does it. No statement of the program changes or deletes such a row.
func note(ctx context.Context, tx bun.Tx, a app.StaffAction) error {
	row := actionRow{
		Pizzeria: a.Pizzeria, At: instant(a.At), By: clean(a.By), Name: clean(a.Name), Role: string(a.Role), Screen: clean(a.Screen),
		What: string(a.What), Subject: clean(a.Subject), Detail: clean(a.Detail),
	}
	_, err := tx.NewInsert().Model(&row).ExcludeColumn("id").Returning("NULL").Exec(ctx)
	return err
}

// StaffActions reads what staff did last in a shop and in all, by the index staff_actions_time.
func (d *DB) StaffActions(ctx context.Context, pizzeria int64, limit int) ([]app.StaffAction, error) {
	var rows []actionRow
	err := d.r.NewSelect().Model(&rows).Where("a.pizzeria_id IN (?)", bun.List([]int64{0, pizzeria})).Order("a.happened_at DESC", "a.id DESC").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, d.translate(err)
	}
	all := make([]app.StaffAction, len(rows))
	for i, r := range rows {
		all[i] = app.StaffAction{
			Pizzeria: r.Pizzeria, At: instant(r.At), By: r.By, Name: r.Name, Role: app.Role(r.Role), Screen: r.Screen,
			What: app.Deed(r.What), Subject: r.Subject, Detail: r.Detail,
		}
	}
	return all, nil
}
