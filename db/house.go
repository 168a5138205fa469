package db

import (
	"context"
	"slices"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// countEnd counts that sessions ended, in the row of sequences that is no shop's: the processes that compare their boards with that
// table find out in the same query, without Redis. The row is made by the first end.
func (d *DB) countEnd(ctx context.Context, tx bun.Tx) error {
	query := "INSERT INTO sequences (pizzeria_id, epoch, seq) VALUES (?, '', 1)"
	if d.mysql {
		query += " ON DUPLICATE KEY UPDATE seq = seq + 1"
	} else {
		query += " ON CONFLICT (pizzeria_id) DO UPDATE SET seq = sequences.seq + 1"
	}
	_, err := tx.ExecContext(ctx, query, app.House)
	return err
}

// EndedSessions returns which of the hashes are no session's any more.
func (d *DB) EndedSessions(ctx context.Context, hashes []string) ([]string, error) {
	var ended []string
	for chunk := range slices.Chunk(hashes, 500) { // SQLite takes 32,766 values, and a packet its megabytes
		var alive []string
		err := d.r.NewSelect().Model((*sessionRow)(nil)).Column("hash").Where("hash IN (?)", bun.List(chunk)).Where("expires_at > ?", now()).Scan(ctx, &alive)
		if err != nil {
			return nil, d.translate(err)
		}
		for _, h := range chunk {
			if !slices.Contains(alive, h) {
				ended = append(ended, h)
			}
		}
	}
	return ended, nil
}
