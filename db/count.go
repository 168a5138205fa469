package db

import (
	"context"
	"errors"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type countRow struct {
	bun.BaseModel `bun:"table:cash_counts,alias:c"`
	Pizzeria      int64     `bun:"pizzeria_id"`
	Courier       int64     `bun:"courier_id"`
	N             int       `bun:"n"`
	Name          string    `bun:"courier_name"`
	Start         bool      `bun:"is_start"`
	At            time.Time `bun:"counted_at"`
	Since         time.Time `bun:"since_at"`
	After         int64     `bun:"after_entry"`
	Last          int64     `bun:"last_entry"`
	Float         int64     `bun:"float_cents"`
	Expected      string    `bun:"expected"`
	Again         int       `bun:"again"`
	Cash          int64     `bun:"cash_cents"`
	Cheques       int       `bun:"cheques"`
	Vouchers      int       `bun:"vouchers"`
}

func (r *countRow) count() (app.CashCount, error) {
	t, err := r.takings()
	return app.CashCount{
		Pizzeria: r.Pizzeria, Courier: r.Courier, N: r.N, Name: r.Name, Start: r.Start, At: instant(r.At), Takings: t,
		Cash: app.Cents(r.Cash), Cheques: r.Cheques, Vouchers: r.Vouchers,
	}, err
}

func (r *countRow) takings() (app.Takings, error) {
	t := app.Takings{Since: instant(r.Since), After: r.After, Last: r.Last, Float: app.Cents(r.Float), Again: r.Again}
	return t, unpack(r.Expected, &t.By)
}

var (
	errNoCount = app.Errorf(app.Conflict, "Il n’y a pas de compte à refaire : enregistrez d’abord le vôtre.")
	errShift   = app.Errorf(app.Conflict, "Votre service suivant a commencé : ce compte ne se refait plus. Voyez avec le responsable.")
)

// Takings adds up what an actor took since the last count, or since a moment before the first one, as it was at one instant.
func (d *DB) Takings(ctx context.Context, pizzeria int64, actor app.Actor, since time.Time, again int) (app.Takings, error) {
	var t app.Takings
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		s, err := shiftOf(ctx, tx, pizzeria, actor.User, since, again)
		if err != nil {
			return err
		}
		t, err = s.takings(ctx, tx, pizzeria, actor)
		return err
	})
	return t, err
}

// shift is what a count is about: the entries of the till from where the count before ended.
type shift struct {
	app.Takings
	first bool // nothing was ever counted: the till goes further back than the shift
	next  int  // the number of what the actor saves now
}

func shiftOf(ctx context.Context, tx bun.Tx, pizzeria, courier int64, since time.Time, again int) (shift, error) {
	var newest, counted []countRow
	q := func(rows *[]countRow) *bun.SelectQuery {
		return tx.NewSelect().Model(rows).Where("pizzeria_id = ?", pizzeria).Where("courier_id = ?", courier).Order("n DESC").Limit(1)
	}
	if err := errors.Join(q(&newest).Scan(ctx), q(&counted).Where("is_start = ?", false).Scan(ctx)); err != nil {
		return shift{}, err
	}
	s := shift{Takings: app.Takings{Since: instant(since)}, first: true, next: 1}
	if len(newest) > 0 {
		s.next = newest[0].N + 1
	}
	started := len(newest) > 0 && newest[0].Start
	switch {
	case again == 0:
		if len(counted) > 0 {
			s.first, s.Since, s.After = false, instant(counted[0].At), counted[0].Last
		}
		if started {
			s.Float = app.Cents(newest[0].Cash)
		}
	case len(counted) == 0 || counted[0].N != again:
		return s, errNoCount
	case started:
		return s, errShift
	default:
		last := counted[0]
		s.first, s.Since, s.After, s.Float, s.Again = last.After == 0, instant(last.Since), last.After, app.Cents(last.Float), again
	}
	return s, nil
}

// takings adds the shift's entries up. The entries up to a head that can be read are all committed.
func (s shift) takings(ctx context.Context, tx bun.Tx, pizzeria int64, actor app.Actor) (app.Takings, error) {
	t := s.Takings
	var head tillHead
	if err := tx.NewSelect().Model(&head).Where("pizzeria_id = ?", pizzeria).Scan(ctx); err != nil {
		return t, noRows(err, errNoPizzeria)
	}
	t.Last = head.N
	var sums []struct {
		Method   string `bun:"method"`
		Payments int    `bun:"payments"`
		Amount   int64  `bun:"amount"`
	}
	q := tx.NewSelect().Model((*tillRow)(nil)).ColumnExpr("t.method AS method").
		ColumnExpr("SUM(CASE WHEN t.kind = 'sale' THEN 1 ELSE -1 END) AS payments").ColumnExpr("SUM(t.amount_cents) AS amount").
		Where("t.pizzeria_id = ?", pizzeria).Where("t.n > ?", t.After).Where("t.n <= ?", t.Last).Where("t.actor = ?", actor.Key()).GroupExpr("t.method")
	if s.first {
		q = q.Where("t.happened_at >= ?", t.Since)
	}
	if err := q.Scan(ctx, &sums); err != nil {
		return t, err
	}
	for _, m := range app.Door {
		for _, sum := range sums {
			if app.Method(sum.Method) == m {
				t.By = append(t.By, app.Tally{Method: m, Payments: sum.Payments, Amount: app.Cents(sum.Amount)})
			}
		}
	}
	return t, nil
}

// SaveCount adds a count, or a float. Two at once are numbered the same: the second is tried again, and finds the first.
func (d *DB) SaveCount(ctx context.Context, key app.Key, actor app.Actor, since time.Time, c app.CashCount) error {
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		if unknown && key.Value == "" {
			return errUnknown
		}
		if err := d.serve(ctx, tx, key, keyRow{Kind: keyDone, Pizzeria: c.Pizzeria}); err != nil {
			return err
		}
		s, err := shiftOf(ctx, tx, c.Pizzeria, c.Courier, since, c.Takings.Again)
		if err != nil {
			return err
		}
		t, err := s.takings(ctx, tx, c.Pizzeria, actor)
		if err != nil {
			return err
		}
		if !c.Start && c.Shown != "" && c.Shown != t.Key() {
			return app.Errorf(app.Conflict, "Ce qui est attendu a changé entre-temps : %s en espèces à présent. Vérifiez, puis validez de nouveau.", t.Cash())
		}
		row := countRow{
			Pizzeria: c.Pizzeria, Courier: c.Courier, N: s.next, Name: clean(c.Name), Start: c.Start, At: instant(c.At), Since: t.Since, After: t.After, Last: t.Last,
			Float: int64(t.Float), Expected: pack(t.By), Again: t.Again, Cash: int64(c.Cash), Cheques: c.Cheques, Vouchers: c.Vouchers,
		}
		_, err = tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx)
		if classify(err) == duplicate {
			return errStale
		}
		return err
	})
	if errors.Is(err, errServed) {
		_, err = d.outcome(ctx, key)
	}
	return err
}

// Counts returns the last counts of a shop, or of one of its couriers, the newest first.
func (d *DB) Counts(ctx context.Context, pizzeria, courier int64, limit int) ([]app.CashCount, error) {
	var rows []countRow
	q := d.r.NewSelect().Model(&rows).Where("pizzeria_id = ?", pizzeria).Order("counted_at DESC", "n DESC").Limit(int64(limit))
	if courier != 0 {
		q = q.Where("courier_id = ?", courier)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, d.translate(err)
	}
	all := make([]app.CashCount, len(rows))
	for i := range rows {
		var err error
		if all[i], err = rows[i].count(); err != nil {
			return nil, d.translate(err)
		}
	}
	return all, nil
}
