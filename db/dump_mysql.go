package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// mysqlLoad loads into MySQL, where a schema's tables cannot be replaced in one transaction of reasonable size: into shadow tables
// (ocpizza_new_…), which one RENAME TABLE puts in place of the real ones, all at once.
type mysqlLoad struct {
	*sql.Conn
	d      *DB
	end    func()
	tables []string
	rows   []byte // the INSERT being made
	head   string // of it
}

// restoreLock is held by the one restore that runs on a schema. Locks of this kind are the whole server's: the schema's name is in it.
const restoreLock = "CONCAT('ocpizza_restore_', LEFT(DATABASE(), 48))"

// shadows makes the shadow tables, empty. What an interrupted restore left is cleared away first, or brought to its end.
func (d *DB) shadows(ctx context.Context) (loadTarget, error) {
	c, end, err := d.dumpConn(ctx)
	if err != nil {
		return nil, err
	}
	l := &mysqlLoad{Conn: c, d: d, end: end}
	if err := l.begin(ctx); err != nil {
		end()
		return nil, err
	}
	return l, nil
}

func (l *mysqlLoad) begin(ctx context.Context) error {
	got, err := oneNumber(ctx, l, "SELECT COALESCE(GET_LOCK("+restoreLock+", 0), 0)")
	if err != nil {
		return err
	}
	if got != 1 {
		return fmt.Errorf("une autre restauration est en cours sur cette base : attendez sa fin")
	}
	if err := l.exec(ctx, "SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60, sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')"); err != nil {
		return err
	}
	if err := l.clear(ctx); err != nil {
		return err
	}
	names, err := l.d.existing(ctx, l)
	if err != nil {
		return err
	}
	for _, name := range ownSchema().tables {
		if !slices.Contains(names, name) {
			continue // of a migration that an older backup does not have yet
		}
		l.tables = append(l.tables, name)
		// Without foreign keys, whose names must be unique in the schema: done makes them.
		if err := l.exec(ctx, "CREATE TABLE "+l.table(name)+" LIKE `"+name+"`"); err != nil {
			l.undo()
			return err
		}
	}
	return nil
}

func (l *mysqlLoad) exec(ctx context.Context, q string) error {
	_, err := l.ExecContext(ctx, q)
	return err
}

// clear removes what an interrupted restore left: its shadow tables, or the replaced ones if it had come that far.
func (l *mysqlLoad) clear(ctx context.Context) error {
	names, err := l.d.existing(ctx, l)
	if err != nil {
		return err
	}
	swapped := false
	for _, name := range names {
		if strings.HasPrefix(name, newPrefix) || strings.HasPrefix(name, oldPrefix) {
			swapped = swapped || strings.HasPrefix(name, oldPrefix)
			if err := l.exec(ctx, "DROP TABLE IF EXISTS `"+name+"`"); err != nil {
				return err
			}
		}
	}
	if swapped {
		return l.keys(ctx)
	}
	return nil
}

func (l *mysqlLoad) table(name string) string { return "`" + newPrefix + name + "`" }

func (l *mysqlLoad) before(name string) string { return "`" + name + "`" }

func (l *mysqlLoad) insert(ctx context.Context, table string, columns []dumpColumn) (func([]cell) error, error) {
	head := "INSERT INTO " + l.table(table) + " (" + quoteNames(columnNames(columns)) + ") VALUES "
	return func(cells []cell) error {
		if head != l.head || len(l.rows) > statementSize {
			if err := l.flush(ctx); err != nil {
				return err
			}
			l.head, l.rows = head, append(l.rows, head...)
		} else {
			l.rows = append(l.rows, ',')
		}
		b := append(l.rows, '(')
		for i, c := range cells {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendLiteral(b, columns[i].kind, c); err != nil {
				return fmt.Errorf("colonne %s : %w", columns[i].name, err)
			}
		}
		l.rows = append(b, ')')
		return nil
	}, nil
}

// appendLiteral writes a cell as it was read.
func appendLiteral(b []byte, kind columnKind, c cell) ([]byte, error) {
	switch {
	case c.kind == nullCell:
		return append(b, "NULL"...), nil
	case c.kind == numberCell:
		return append(b, c.text...), nil
	case kind == timeColumn:
		t, err := parseInstant(c.text)
		if err != nil {
			return b, err
		}
		return appendQuoted(b, t), nil
	case kind == binaryColumn:
		return appendCell(b, kind, c.text)
	}
	return appendQuoted(b, c.text), nil
}

func (l *mysqlLoad) flush(ctx context.Context) error {
	if len(l.rows) == 0 {
		return nil
	}
	err := l.exec(ctx, string(l.rows))
	l.rows, l.head = l.rows[:0], ""
	return err
}

func (l *mysqlLoad) check(ctx context.Context) error {
	return checkKeys(ctx, l, l.table)
}

// done swaps the tables, then drops the old ones and makes the foreign keys. From the swap on, the backup is what everyone sees.
func (l *mysqlLoad) done(ctx context.Context) error {
	defer l.end()
	var pairs []string
	for _, name := range l.tables {
		pairs = append(pairs, "`"+name+"` TO `"+oldPrefix+name+"`", l.table(name)+" TO `"+name+"`")
	}
	if err := l.exec(ctx, "RENAME TABLE "+strings.Join(pairs, ", ")); err != nil {
		if classify(err) == lost || classify(err) == late {
			return operatorError{"la connexion s’est rompue au moment du remplacement : on ne sait pas s’il a eu lieu. Relancez la même restauration avec --replace, elle part de zéro", err}
		}
		l.drop(newPrefix)
		return untouched(err)
	}
	err := l.clear(ctx)
	if err != nil {
		return operatorError{"les données sont restaurées et en service, mais le ménage n’est pas fini (" + ForOperator(err).Error() +
			"). Relancez la même restauration avec --replace pour l’achever", err}
	}
	return nil
}

// keys makes the foreign keys that are missing. Rows were checked before, so nothing is read again.
func (l *mysqlLoad) keys(ctx context.Context) error {
	have, err := stringList(ctx, l, "SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS"+
		" WHERE CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_TYPE = 'FOREIGN KEY'")
	if err != nil {
		return err
	}
	names, err := l.d.existing(ctx, l)
	if err != nil {
		return err
	}
	for _, k := range ownSchema().keys {
		if slices.Contains(have, k.name) || !slices.Contains(names, k.table) {
			continue
		}
		if err := l.exec(ctx, "ALTER TABLE `"+k.table+"` ADD "+k.definition()); err != nil {
			return err
		}
	}
	return nil
}

// undo drops the shadow tables. Should the connection be gone, another tries; what then remains harms nobody, and the next restore clears it.
func (l *mysqlLoad) undo() {
	defer l.end()
	l.drop(newPrefix)
}

func (l *mysqlLoad) drop(prefix string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*ioTimeout)
	defer cancel()
	for _, name := range l.tables {
		q := "DROP TABLE IF EXISTS `" + prefix + name + "`"
		if err := l.exec(ctx, q); err != nil {
			if _, err = l.d.w.ExecContext(ctx, q); err != nil {
				l.d.log.WarnContext(ctx, "a table of the interrupted restore remains", "table", prefix+name)
				return
			}
		}
	}
}
