package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sqliteLoad loads into SQLite: one transaction, which a reader does not see until it is committed.
type sqliteLoad struct {
	*sql.Tx
	inserts map[string]*sql.Stmt // by text
}

// replacement begins to replace what the database holds.
func (d *DB) replacement(ctx context.Context) (loadTarget, error) {
	tx, err := d.w.DB.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	l := &sqliteLoad{Tx: tx, inserts: map[string]*sql.Stmt{}}
	// An export's tables come in any order: foreign keys are checked at the end.
	queries := []string{"PRAGMA defer_foreign_keys = ON"}
	names, err := d.existing(ctx, tx)
	for _, name := range kept {
		if slices.Contains(names, name) {
			queries = append(queries, "CREATE TEMP TABLE "+l.before(name)+" AS SELECT * FROM "+l.table(name))
		}
	}
	for _, name := range slices.Backward(ownSchema().tables) {
		if slices.Contains(names, name) {
			queries = append(queries, "DELETE FROM "+l.table(name))
		}
	}
	for _, q := range queries {
		if err == nil {
			_, err = tx.ExecContext(ctx, q)
		}
	}
	if err != nil {
		l.undo()
		return nil, err
	}
	return l, nil
}

func (l *sqliteLoad) table(name string) string { return "`" + name + "`" }

func (l *sqliteLoad) before(name string) string { return "`" + oldPrefix + name + "`" }

func (l *sqliteLoad) insert(ctx context.Context, table string, columns []dumpColumn) (func([]cell) error, error) {
	marks := strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")
	query := "INSERT INTO " + l.table(table) + " (" + quoteNames(columnNames(columns)) + ") VALUES (" + marks + ")"
	prepared := l.inserts[query]
	if prepared == nil {
		var err error
		if prepared, err = l.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // lives as long as the transaction, which closes it
			return nil, err
		}
		l.inserts[query] = prepared
	}
	args := make([]any, len(columns))
	return func(cells []cell) error {
		for i, c := range columns {
			var err error
			if args[i], err = sqliteValue(c.kind, cells[i]); err != nil {
				return fmt.Errorf("colonne %s : %w", c.name, err)
			}
		}
		_, err := prepared.ExecContext(ctx, args...)
		return err
	}, nil
}

// sqliteValue is a value as the application itself would have written it: bun's form of a time, whole numbers as such.
func sqliteValue(kind columnKind, c cell) (any, error) {
	if c.kind == nullCell {
		return nil, nil
	}
	text := string(c.text)
	switch kind {
	case numberColumn:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("« %.40s » n’est pas un nombre", text)
		}
		return f, nil
	case timeColumn:
		for _, layout := range []string{"2006-01-02 15:04:05", time.RFC3339Nano} { // fractions of a second are taken too
			if t, err := time.Parse(layout, text); err == nil {
				return t.UTC().Format("2006-01-02 15:04:05.999999-07:00"), nil
			}
		}
		return nil, fmt.Errorf("« %.40s » n’est pas une date", text)
	case binaryColumn:
		return []byte(text), nil
	}
	return text, nil
}

func (l *sqliteLoad) flush(context.Context) error { return nil }

func (l *sqliteLoad) check(ctx context.Context) error { return checkKeys(ctx, l, l.table) }

func (l *sqliteLoad) done(ctx context.Context) error {
	for _, insert := range l.inserts {
		_ = insert.Close()
	}
	for _, name := range kept {
		if _, err := l.ExecContext(ctx, "DROP TABLE IF EXISTS "+l.before(name)); err != nil {
			l.undo()
			return untouched(err)
		}
	}
	if err := l.Commit(); err != nil {
		return untouched(err)
	}
	return nil
}

func (l *sqliteLoad) undo() { _ = l.Rollback() }
