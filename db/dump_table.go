package db

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sizes of what a dump reads and writes at once.
const (
	dumpPage      = 10_000    // rows of one SELECT on MySQL: production is limited in queries per hour
	statementSize = 256 << 10 // bytes of one INSERT; servers take 4 MB at least, some only 1
)

// dumpHeader and dumpFooter set the session that imports the text by hand, and set it back. The UPDATE gives every board a new epoch, as
// a restore does: screens load again and trust no number of before.
const (
	dumpHeader = `
SET NAMES utf8mb4;
SET @OCPIZZA_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0;
SET @OCPIZZA_MODE=@@SQL_MODE, SQL_MODE='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';
SET @OCPIZZA_ZONE=@@TIME_ZONE, TIME_ZONE='+00:00';

`
	dumpFooter = `
UPDATE sequences SET epoch = LEFT(MD5(CONCAT(UUID(), RAND())), 16);
SET FOREIGN_KEY_CHECKS=@OCPIZZA_CHECKS;
SET SQL_MODE=@OCPIZZA_MODE;
SET TIME_ZONE=@OCPIZZA_ZONE;

`
)

// Shadow tables of a restore; see dump_mysql.go.
const (
	newPrefix = "ocpizza_new_"
	oldPrefix = "ocpizza_old_"
)

// tables lists what goes into the backup: goose's table, then the program's, parents first. A database that is ahead of the program
// (after a rollback) gives its other tables too.
func (s *snapshot) tables(ctx context.Context) ([]dumpTable, error) {
	there, err := s.d.existing(ctx, s.q)
	if err != nil {
		return nil, err
	}
	own := ownSchema()
	wanted := append([]string{gooseTable}, own.tables...)
	if s.schema > own.steps[len(own.steps)-1].version {
		for _, name := range there {
			if !slices.Contains(wanted, name) && name != "goose_lock" && !strings.HasPrefix(name, newPrefix) && !strings.HasPrefix(name, oldPrefix) {
				wanted = append(wanted, name)
			}
		}
	}
	var all []dumpTable
	for _, name := range wanted {
		if !slices.Contains(there, name) {
			continue // of a migration that is not applied yet
		}
		t, err := s.d.describe(ctx, s.q, name)
		if err != nil {
			return nil, err
		}
		if len(t.key) == 0 {
			return nil, fmt.Errorf("la table %s n’a pas de clé primaire : elle ne peut pas être sauvegardée", name)
		}
		all = append(all, t)
	}
	return all, nil
}

// estimate guesses how many rows there are, for the progress bar.
func (s *snapshot) estimate(ctx context.Context, tables []dumpTable) (int64, error) {
	if s.d.mysql {
		return oneNumber(ctx, s.q, "SELECT COALESCE(SUM(TABLE_ROWS), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
	}
	var total int64
	for _, t := range tables {
		n, err := oneNumber(ctx, s.q, "SELECT COUNT(*) FROM `"+t.name+"`")
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// structure writes the header and the tables' definitions: the server's own on MySQL, the migrations' when taken from SQLite.
func (s *snapshot) structure(ctx context.Context, out *dumpWriter, info DumpInfo, tables []dumpTable) error {
	shops := make([]string, len(info.Pizzerias))
	for i, name := range info.Pizzerias {
		shops[i] = oneLine(name)
	}
	for _, line := range []string{
		fmt.Sprintf("backup %d", info.Format),
		"engine " + info.Engine,
		fmt.Sprintf("schema %d", info.Schema),
		"taken " + info.Taken.Format(time.RFC3339Nano),
		"pizzerias " + strings.Join(shops, " · "),
		"without rows of " + strings.Join(leftOut, ", ") + ": a session that ended must not come back with an old backup",
	} {
		out.text(dumpMark + line + "\n")
	}
	out.text(dumpHeader)
	for _, t := range slices.Backward(tables) {
		out.text("DROP TABLE IF EXISTS `" + t.name + "`;\n")
	}
	if !s.d.mysql {
		own := ownSchema()
		out.text("\n" + gooseDDL + ";\n")
		for _, q := range own.ddl(info.Schema) {
			out.text("\n" + q + ";\n")
		}
		return nil
	}
	for _, t := range tables {
		var name, ddl string
		if err := s.q.QueryRowContext(ctx, "SHOW CREATE TABLE `"+t.name+"`").Scan(&name, &ddl); err != nil {
			return err
		}
		out.text("\n" + reAuto.ReplaceAllString(ddl, "") + ";\n")
	}
	return nil
}

// rows writes the rows of a table in the order of its primary key and returns how many.
func (s *snapshot) rows(ctx context.Context, out *dumpWriter, t dumpTable, each func()) (int64, error) {
	w := &insertWriter{out: out, table: t, head: "\nINSERT INTO `" + t.name + "` (" + quoteNames(columnNames(t.columns)) + ") VALUES\n"}
	list := make([]string, len(t.columns))
	for i, c := range t.columns {
		list[i] = "`" + c.name + "`"
		if c.kind == timeColumn && !s.d.mysql {
			list[i] = "CAST(`" + c.name + "` AS TEXT)" // as it is written: the driver would make a time of it
		}
	}
	query := "SELECT " + strings.Join(list, ", ") + " FROM `" + t.name + "`"
	where := " WHERE 1 = 1"
	if t.name == "meta" {
		where = " WHERE NOT " + ofThisDatabaseSQL
	}
	order := " ORDER BY " + quoteNames(t.key)
	if !s.d.mysql {
		err := s.page(ctx, w, query+where+order, nil, each)
		w.end()
		return w.rows, err
	}
	// MySQL gets one bounded SELECT after another, each from where the one before ended: no statement runs for minutes.
	for {
		before, beyond := w.rows, ""
		if w.rows > 0 {
			beyond = after(t.key)
		}
		if err := s.page(ctx, w, fmt.Sprintf("%s%s%s%s LIMIT %d", query, where, beyond, order, dumpPage), w.last(), each); err != nil {
			return w.rows, err
		}
		if w.rows-before < dumpPage {
			w.end()
			return w.rows, nil
		}
	}
}

// after is the condition « beyond the last row », which MySQL 5.6 answers from the primary key: a > ? OR (a = ? AND b > ?) …
func after(key []string) string {
	var all []string
	for i := range key {
		var part []string
		for _, k := range key[:i] {
			part = append(part, "`"+k+"` = ?")
		}
		all = append(all, "("+strings.Join(append(part, "`"+key[i]+"` > ?"), " AND ")+")")
	}
	return " AND (" + strings.Join(all, " OR ") + ")"
}

func (s *snapshot) page(ctx context.Context, w *insertWriter, query string, args []any, each func()) error {
	rows, err := s.q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	cells := make([]sql.RawBytes, len(w.table.columns))
	dest := make([]any, len(cells))
	for i := range cells {
		dest[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := w.row(cells); err != nil {
			return err
		}
		if w.out.err != nil {
			return w.out.err
		}
		each()
	}
	return rows.Err()
}

// insertWriter writes a table's rows as INSERTs of bounded size, one row a line.
type insertWriter struct {
	out   *dumpWriter
	table dumpTable
	head  string
	size  int // of the statement so far; 0 between two
	rows  int64
	line  []byte
	keys  [][]byte // of the last row
}

func (w *insertWriter) row(cells []sql.RawBytes) error {
	b := append(w.line[:0], '(')
	for i, c := range w.table.columns {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendCell(b, c.kind, cells[i]); err != nil {
			return fmt.Errorf("table %s, colonne %s : %w", w.table.name, c.name, err)
		}
	}
	w.line = append(b, ')')
	if w.size > 0 && w.size+len(w.line) > statementSize {
		w.end()
	}
	if w.size == 0 {
		w.out.text(w.head)
		w.size = len(w.head)
	} else {
		w.out.text(",\n")
	}
	w.out.bytes(w.line)
	w.size += len(w.line) + 2
	w.rows++
	if w.keys == nil {
		w.keys = make([][]byte, len(w.table.key))
	}
	for i, k := range w.table.key {
		at := slices.IndexFunc(w.table.columns, func(c dumpColumn) bool { return c.name == k })
		w.keys[i] = append(w.keys[i][:0], cells[at]...)
	}
	return nil
}

// end closes the statement.
func (w *insertWriter) end() {
	if w.size > 0 {
		w.out.text(";\n")
	}
	w.size = 0
}

// last are the values that after asks for.
func (w *insertWriter) last() []any {
	var args []any
	for i := range w.keys {
		for _, k := range w.keys[:i+1] {
			args = append(args, string(k))
		}
	}
	return args
}

// appendCell writes a value as MySQL reads it.
func appendCell(b []byte, kind columnKind, v sql.RawBytes) ([]byte, error) {
	if v == nil {
		return append(b, "NULL"...), nil
	}
	switch kind {
	case numberColumn:
		switch string(v) {
		case "true":
			return append(b, '1'), nil
		case "false":
			return append(b, '0'), nil
		}
		return append(b, v...), nil
	case timeColumn:
		t, err := parseInstant(v)
		if err != nil {
			return b, err
		}
		return append(append(append(b, '\''), t...), '\''), nil
	case binaryColumn:
		if len(v) == 0 {
			return append(b, "''"...), nil
		}
		return hex.AppendEncode(append(b, "0x"...), v), nil
	}
	return appendQuoted(b, v), nil
}

// appendQuoted writes a text between quotes, escaped as MySQL reads it, on one line.
func appendQuoted[T []byte | sql.RawBytes | string](b []byte, v T) []byte {
	b = append(b, '\'')
	for i := range len(v) {
		switch c := v[i]; c {
		case 0:
			b = append(b, `\0`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case 0x1a:
			b = append(b, `\Z`...)
		case '\\', '\'', '"':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\'')
}

// sqlTime is how MySQL writes a time to the microsecond.
const sqlTime = "2006-01-02 15:04:05.000000"

// parseInstant brings a time of either engine to sqlTime, in UTC. Both keep UTC: MySQL by the session's zone, SQLite by what bun writes.
func parseInstant(v []byte) (string, error) {
	for _, layout := range []string{sqlTime, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05", time.RFC3339Nano} {
		if t, err := time.Parse(layout, string(v)); err == nil {
			return t.UTC().Format(sqlTime), nil
		}
	}
	return "", fmt.Errorf("« %.40s » n’est pas une date", v)
}
