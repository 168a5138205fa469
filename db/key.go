package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// KeyLife is how long the answer to a key is kept.
const KeyLife = 7 * 24 * time.Hour

// keyRow is what was answered to a key. An order is found by its id, or by its token when it had no id yet: the row is written first, and
// an UPDATE less is a statement less for each order.
type keyRow struct {
	bun.BaseModel  `bun:"table:idempotency,alias:k"`
	Principal      string    `bun:"principal"`
	Key            string    `bun:"idem_key"`
	Hash           string    `bun:"request_hash"`
	Kind           string    `bun:"kind"`
	Pizzeria       int64     `bun:"pizzeria_id"`
	Order          int64     `bun:"order_id"`
	TokenHash      string    `bun:"token_hash"`
	RefusalKind    string    `bun:"refusal_kind"`
	RefusalMessage string    `bun:"refusal_message"`
	RefusalLine    int       `bun:"refusal_line"`
	CreatedAt      time.Time `bun:"created_at"`
}

// The kinds of answer.
const (
	keyOrder   = "order"
	keyDone    = "done"
	keyRefusal = "refusal"
)

var errKeyReused = app.Errorf(app.Invalid, "Cet envoi a déjà servi pour une autre demande. Rechargez la page et recommencez.")

// keyPart makes a value fit an indexed column and compare byte by byte: what a client sends may be long, or end in spaces, which MySQL
// ignores when it compares.
func keyPart(s string) string {
	plain := len(s) <= 72
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] > ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// serve writes the key's row with the answer it is about to get; errServed when the key has served already. A second request with the
// same key waits here until the first is over.
func (d *DB) serve(ctx context.Context, tx bun.Tx, key app.Key, row keyRow) error {
	if key.Value == "" {
		return nil
	}
	row.Principal, row.Key, row.Hash, row.CreatedAt = keyPart(key.Principal), keyPart(key.Value), keyPart(key.Hash), now()
	_, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx)
	if classify(err) == duplicate {
		return errServed
	}
	return err
}

// outcome returns what a key was answered the first time: the order as it is now, or the refusal.
func (d *DB) outcome(ctx context.Context, key app.Key) (app.Saved, error) {
	row, err := d.served(ctx, key)
	if err != nil {
		return app.Saved{}, err
	}
	switch row.Kind {
	case keyRefusal:
		refusal := app.Errorf(app.ParseKind(row.RefusalKind), "%s", row.RefusalMessage)
		refusal.Line = row.RefusalLine
		return app.Saved{}, refusal
	case keyOrder:
		o, err := d.findOrder(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
			q = q.Where("o.pizzeria_id = ?", row.Pizzeria)
			if row.Order != 0 {
				return q.Where("o.id = ?", row.Order)
			}
			return q.Where("o.token_hash = ?", row.TokenHash)
		})
		return app.Saved{Order: o, Repeated: true}, err
	}
	return app.Saved{Repeated: true}, nil
}

// Served returns the first outcome of a key, as it is now, without using the key up; NotFound when it has not served.
func (d *DB) Served(ctx context.Context, key app.Key) (app.Saved, error) {
	if key.Value == "" {
		return app.Saved{}, app.Errorf(app.NotFound, "Cette demande n’a pas encore été faite.")
	}
	return d.outcome(ctx, key)
}

// served reads the row of a key that has served; Invalid if it served for another request.
func (d *DB) served(ctx context.Context, key app.Key) (keyRow, error) {
	var row keyRow
	err := d.w.NewSelect().Model(&row).Where("principal = ?", keyPart(key.Principal)).Where("idem_key = ?", keyPart(key.Value)).Scan(ctx)
	if err != nil {
		return row, d.translate(err)
	}
	if row.Hash != keyPart(key.Hash) {
		return row, errKeyReused
	}
	return row, nil
}

// Refuse stores a refusal under a key and returns it; if the key has served already, its first outcome is returned instead.
func (d *DB) Refuse(ctx context.Context, key app.Key, refusal *app.Error) (app.Saved, error) {
	if key.Value == "" {
		return app.Saved{}, refusal
	}
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		return d.serve(ctx, tx, key, keyRow{
			Kind: keyRefusal, RefusalKind: refusal.Kind.String(), RefusalMessage: clean(refusal.Message), RefusalLine: refusal.Line,
		})
	})
	switch err {
	case nil:
		return app.Saved{}, refusal
	case errServed: //nolint:errorlint // write returns the package's own signals unwrapped
		return d.outcome(ctx, key)
	}
	return app.Saved{}, err
}

// ForgetKeys deletes the answers older than KeyLife, a thousand at a time so that no lock is held long, and returns how many.
func (d *DB) ForgetKeys(ctx context.Context) (int64, error) {
	query := "DELETE FROM idempotency WHERE created_at < ? LIMIT 1000"
	if !d.mysql {
		query = "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE created_at < ? LIMIT 1000)"
	}
	var total int64
	for {
		res, err := d.w.ExecContext(ctx, query, now().Add(-KeyLife))
		if err != nil {
			return total, d.translate(err)
		}
		n, err := res.RowsAffected()
		if total += n; err != nil || n < 1000 {
			return total, d.translate(err)
		}
	}
}
