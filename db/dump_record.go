package db

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// RecordBackup remembers that a good backup was finished, for monitoring (Usage).
func (d *DB) RecordBackup(ctx context.Context, at time.Time) error {
	query := "INSERT INTO meta (name, value) VALUES (?, ?)"
	if d.mysql {
		query += " ON DUPLICATE KEY UPDATE value = VALUES(value)"
	} else {
		query += " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
	}
	return d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		_, err := tx.ExecContext(ctx, query, metaBackup, at.UTC().Format(time.RFC3339))
		return err
	})
}

// ofThisDatabase tells whether a row of meta is about the database it stands in rather than about the shops: its size, its backups, its
// probe, the maintenance under way. A restore leaves those of the target as they are.
func ofThisDatabase(name string) bool {
	return name == metaBackup || name == "probe" || strings.HasPrefix(name, metaStorage) || strings.HasPrefix(name, "maintenance")
}

// ofThisDatabaseSQL is the same as a condition.
const ofThisDatabaseSQL = "(name IN ('" + metaBackup + "', 'probe') OR name LIKE '" + metaStorage + "%' OR name LIKE 'maintenance%')"
