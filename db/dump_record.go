package db

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// RecordBackup remembers that a good backup was finished, for monitoring (Usage).
func (d *DB) RecordBackup(ctx context.Context, at time.Time) error {
	return d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		return d.setMeta(ctx, tx, metaBackup, at.UTC().Format(time.RFC3339))
	})
}

// setMeta keeps a value under a name in the table meta.
func (d *DB) setMeta(ctx context.Context, tx bun.IDB, name, value string) error {
	query := "INSERT INTO meta (name, value) VALUES (?, ?)"
	if d.mysql {
		query += " ON DUPLICATE KEY UPDATE value = VALUES(value)"
	} else {
		query += " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
	}
	_, err := tx.ExecContext(ctx, query, name, value)
	return err
}

// ofThisDatabase tells whether a row of meta is about the database it stands in rather than about the shops: its size, its backups, its
// probe, what was told of it, who serves it, the maintenance under way. A restore leaves those of the target as they are.
func ofThisDatabase(name string) bool {
	return name == metaBackup || name == "probe" || slices.ContainsFunc([]string{metaStorage, metaAlert, metaProcess, "maintenance"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// ofThisDatabaseSQL is the same as a condition.
const ofThisDatabaseSQL = "(name IN ('" + metaBackup + "', 'probe') OR name LIKE '" + metaStorage + "%' OR name LIKE '" + metaAlert + "%' OR name LIKE '" + metaProcess + "%' OR name LIKE 'maintenance%')"
