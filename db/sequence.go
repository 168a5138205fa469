package db

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type sequenceRow struct {
	bun.BaseModel `bun:"table:sequences,alias:q"`
	Pizzeria      int64  `bun:"pizzeria_id"`
	Epoch         string `bun:"epoch"`
	Seq           int64  `bun:"seq"`
}

// next takes the shop's sequence number one up and returns the event that carries it, still empty. It is the last statement before
// COMMIT: every write of the shop queues for this row.
func (d *DB) next(ctx context.Context, tx bun.Tx, pizzeria int64) (app.Event, error) {
	e := app.Event{Pizzeria: pizzeria, At: now()}
	if !d.mysql {
		err := tx.NewRaw("UPDATE sequences SET seq = seq + 1 WHERE pizzeria_id = ? RETURNING epoch, seq", pizzeria).Scan(ctx, &e.Epoch, &e.Seq)
		return e, noRows(err, errNoPizzeria)
	}
	// MySQL has no RETURNING: the number comes back as the last insert id, and the epoch is one we know already, checked by the
	// statement itself since a restore may have changed it.
	for range 3 {
		known, ok := d.epochs.Load(pizzeria)
		if !ok {
			p, err := position(ctx, tx, pizzeria)
			if err != nil {
				return e, err
			}
			d.epochs.Store(pizzeria, p.Epoch)
			known = p.Epoch
		}
		res, err := tx.ExecContext(ctx, "UPDATE sequences SET seq = LAST_INSERT_ID(seq + 1) WHERE pizzeria_id = ? AND epoch = ?", pizzeria, known)
		if err != nil {
			return e, err
		}
		if n, err := res.RowsAffected(); err != nil {
			return e, err
		} else if n == 1 {
			e.Epoch, _ = known.(string)
			e.Seq, err = res.LastInsertId()
			return e, err
		}
		d.epochs.Delete(pizzeria)
	}
	return e, errStale
}

// position reads how far one shop has come.
func position(ctx context.Context, q bun.IDB, pizzeria int64) (app.Position, error) {
	var row sequenceRow
	err := q.NewSelect().Model(&row).Where("pizzeria_id = ?", pizzeria).Scan(ctx)
	return app.Position{Epoch: row.Epoch, Seq: row.Seq}, noRows(err, errNoPizzeria)
}

// Positions returns every shop's sequence, and how many other processes serve (Present), in one query.
func (d *DB) Positions(ctx context.Context) (all map[int64]app.Position, others int, err error) {
	const elsewhere = -1 // no shop's number
	var rows []sequenceRow
	query := "SELECT pizzeria_id, epoch, seq FROM sequences UNION ALL SELECT ?, '', COUNT(*) FROM meta WHERE name LIKE ? AND name <> ? AND value >= ?"
	args := []any{elsewhere, metaProcess + "%", metaProcess + d.process, word(now().Add(-PresentFor))}
	for range 2 { // as in read: one lost connection says little
		rows = nil
		err = d.r.NewRaw(query, args...).Scan(ctx, &rows)
		if k := classify(err); k != lost && k != crowded {
			break
		}
	}
	if err != nil {
		return nil, 0, d.unanswered(ctx, err)
	}
	all = make(map[int64]app.Position, len(rows))
	for _, r := range rows {
		if r.Pizzeria == elsewhere {
			others = int(r.Seq)
			continue
		}
		all[r.Pizzeria] = app.Position{Epoch: r.Epoch, Seq: r.Seq}
	}
	return all, others, nil
}

// reload is the event for what was saved although the answer to its COMMIT was lost.
func (d *DB) reload(ctx context.Context, pizzeria int64) (app.Event, error) {
	p, err := position(ctx, d.w, pizzeria)
	if err != nil {
		return app.Event{}, d.translate(err)
	}
	return app.Event{Pizzeria: pizzeria, Epoch: p.Epoch, Seq: p.Seq, At: now(), Reload: true}, nil
}

// NewEpoch makes every number given before meaningless, as it must be after a restore: boards and screens then load again.
func (d *DB) NewEpoch(ctx context.Context) error {
	epoch := newEpoch()
	return d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		_, err := tx.ExecContext(ctx, "UPDATE sequences SET epoch = ?", epoch)
		return err
	})
}

func newEpoch() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// now is the time as it is kept: UTC, whole microseconds.
func now() time.Time { return instant(time.Now()) }

// instant brings a time to what the database gives back, so that what is saved equals what is loaded.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
