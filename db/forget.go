package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// ContactLife is how long the name, telephone, address and note of an order are kept after its end: complaints come within weeks, and what
// is needed no more must go (GDPR, article 5-1-e). The sales journal stays; it names nobody.
const ContactLife = 90 * 24 * time.Hour

// metaForgotten names, in the table meta, the end of the newest orders whose contacts are forgotten: what was seen to once is not read again.
const metaForgotten = "contacts_forgotten"

// ForgetContacts empties the contact and the note of the orders that ended longer than ContactLife before now, a few hundred at a time so
// that no lock is held long, and returns how many.
func (d *DB) ForgetContacts(ctx context.Context, now time.Time) (int64, error) {
	var shops []int64
	if err := d.r.NewSelect().Model((*pizzeriaRow)(nil)).Column("id").Order("id").Scan(ctx, &shops); err != nil {
		return 0, d.translate(err)
	}
	var seen []metaRow
	if err := d.r.NewSelect().Model(&seen).Where("name = ?", metaForgotten).Scan(ctx); err != nil {
		return 0, d.translate(err)
	}
	var from time.Time
	if len(seen) > 0 {
		var err error
		if from, err = time.Parse(time.RFC3339, seen[0].Value); err != nil {
			return 0, d.translate(err)
		}
	}
	until := now.Add(-ContactLife).UTC().Truncate(time.Second)
	var total int64
	for _, shop := range shops {
		n, err := d.forgetContacts(ctx, shop, from, until)
		total += n
		if err != nil {
			return total, d.translate(err)
		}
	}
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		return d.setMeta(ctx, tx, metaForgotten, word(until))
	})
	return total, err
}

// forgetContacts empties those of one shop's orders that ended in [from, until), by the index orders_closed.
func (d *DB) forgetContacts(ctx context.Context, shop int64, from, until time.Time) (total int64, err error) {
	const (
		batch = 500
		which = "pizzeria_id = ? AND closed_at >= ? AND closed_at < ? AND (contact_name <> '' OR contact_phone <> '' OR contact_address <> '' OR note <> '')" +
			" LIMIT ?"
	)
	query := "UPDATE orders SET contact_name = '', contact_phone = '', contact_address = '', note = '' WHERE "
	if d.mysql {
		query += which
	} else {
		query += "id IN (SELECT id FROM orders WHERE " + which + ")"
	}
	for {
		res, err := d.w.ExecContext(ctx, query, shop, from, until, batch)
		if err != nil {
			return total, err
		}
		n, err := res.RowsAffected()
		if total += n; err != nil || n < batch {
			return total, err
		}
	}
}
