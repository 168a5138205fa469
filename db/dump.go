package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// dumpFormat is the version of the backup format that this program writes; it reads no other.
const dumpFormat = 1

// leftOut are the tables whose rows stay out of a backup. A session that ended since (somebody left, a password was changed) must not come
// back to life with an old backup: a restore keeps those of the database it restores into (see loading.finish). Answers to idempotency keys do
// belong to the backup: without them a phone that repeats its order would place it twice.
var leftOut = []string{"sessions", "pairings"}

// DumpInfo is what a backup says about itself, or what was found in somebody else's export.
type DumpInfo struct {
	Ours      bool      // written by Dump, and so verified by its hashes and counts
	Format    int       // of ours; 0 otherwise
	Engine    string    // "mysql" or "sqlite": where it was taken
	Schema    int64     // version of the last migration; 0 when an export does not say
	Taken     time.Time // the instant of the snapshot, UTC; zero when not known
	Pizzerias []string  // names
	Tables    []TableRows
	Ignored   []string // tables in an export that are none of ours
	Bytes     int64    // of plain text
}

// TableRows counts the rows of one table.
type TableRows struct {
	Table string
	Rows  int64
}

// Rows is the number of rows of all tables.
func (i DumpInfo) Rows() int64 {
	var n int64
	for _, t := range i.Tables {
		n += t.Rows
	}
	return n
}

// Count is the number of rows of one table.
func (i DumpInfo) Count(table string) int64 {
	for _, t := range i.Tables {
		if t.Table == table {
			return t.Rows
		}
	}
	return 0
}

// DumpProgress tells how far a backup or a restore has come. Total is an estimate, 0 when there is none.
type DumpProgress struct {
	Stage       string // "dump", "verify", "load" or "check"
	Done, Total int64  // rows for "dump" and "check", bytes of the files otherwise
	Rows        int64  // so far
}

// snapshot is the database at one instant.
type snapshot struct {
	d      *DB
	q      querier
	taken  time.Time
	schema int64
	end    func()
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// How long the dump's own connection waits for one packet: longer than the application's, for a table may be read from a cold disk.
const dumpTimeout = 5 * time.Minute

// dumpConn opens a MySQL connection of its own, beside the pool: it gives back times as they are written, and the server does not cut it
// while a slow destination takes its time. done closes it.
func (d *DB) dumpConn(ctx context.Context) (c *sql.Conn, done func(), err error) {
	w, err := d.connector(false)
	if err != nil {
		return nil, nil, err
	}
	config := d.target.mysql.Clone()
	config.ParseTime, config.ReadTimeout, config.WriteTimeout = false, dumpTimeout, dumpTimeout
	if w.Connector, err = mysql.NewConnector(config); err != nil {
		return nil, nil, err
	}
	pool := sql.OpenDB(w)
	pool.SetMaxOpenConns(1)
	c, err = pool.Conn(ctx)
	if err == nil {
		_, err = c.ExecContext(ctx, "SET SESSION wait_timeout = 3600, net_read_timeout = 600, net_write_timeout = 600")
	}
	if err != nil {
		_ = pool.Close()
		return nil, nil, err
	}
	return c, func() { _ = c.Close(); _ = pool.Close() }, nil
}

// snapshot begins to read the database as it is now, whatever is written meanwhile.
func (d *DB) snapshot(ctx context.Context) (*snapshot, error) {
	s := &snapshot{d: d, taken: now()}
	if !d.mysql {
		tx, err := d.r.DB.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return nil, err
		}
		s.q, s.end = tx, func() { _ = tx.Rollback() }
		return s, nil
	}
	c, done, err := d.dumpConn(ctx)
	if err != nil {
		return nil, err
	}
	s.q, s.end = c, done
	for _, q := range []string{"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"} {
		if _, err := c.ExecContext(ctx, q); err != nil {
			done()
			return nil, err
		}
	}
	return s, nil
}

// Dump writes a backup of the database as it is at one instant, while orders go on being placed: SQL text for MySQL, whichever engine it is
// taken from, compressed with gzip, with its counts and hashes (see dump_seal.go). Memory does not grow with the database. An error of w
// is returned as it is; others are sentences for the operator.
func (d *DB) Dump(ctx context.Context, w io.Writer, progress func(DumpProgress)) (DumpInfo, error) {
	current, needed, err := d.SchemaVersion(ctx)
	if err != nil {
		return DumpInfo{}, ForOperator(err)
	}
	if current == 0 {
		return DumpInfo{}, errors.New("la base est vide : il n’y a rien à sauvegarder. Créez-la avec « ocpizza migrate » puis « ocpizza seed »")
	}
	if current > needed && !d.mysql {
		return DumpInfo{}, fmt.Errorf("la base est à la version %d du schéma, ce programme ne connaît que la %d : sauvegardez-la avec le programme à jour", current, needed)
	}
	s, err := d.snapshot(ctx)
	if err != nil {
		return DumpInfo{}, ForOperator(err)
	}
	defer s.end()
	s.schema = current
	out := newDumpWriter(w)
	info, err := s.write(ctx, out, progress)
	if out.err != nil {
		return info, out.err // the destination's own
	}
	return info, ForOperator(err)
}

// write writes the whole text and closes it.
func (s *snapshot) write(ctx context.Context, out *dumpWriter, progress func(DumpProgress)) (DumpInfo, error) {
	info := DumpInfo{Ours: true, Format: dumpFormat, Engine: s.d.engine, Schema: s.schema, Taken: s.taken}
	tables, err := s.tables(ctx)
	if err != nil {
		return info, err
	}
	if info.Pizzerias, err = names(ctx, s.q); err != nil {
		return info, err
	}
	total, err := s.estimate(ctx, tables)
	if err != nil {
		return info, err
	}
	if err := s.structure(ctx, out, info, tables); err != nil {
		return info, err
	}
	told := DumpProgress{Stage: "dump", Total: total}
	for _, t := range tables {
		n := int64(0)
		if !slices.Contains(leftOut, t.name) {
			if n, err = s.rows(ctx, out, t, func() {
				if told.Rows++; told.Rows%5000 == 0 && progress != nil {
					told.Done = told.Rows
					progress(told)
				}
			}); err != nil {
				return info, err
			}
		}
		info.Tables = append(info.Tables, TableRows{t.name, n})
	}
	out.text(dumpFooter)
	for _, t := range info.Tables {
		out.text(fmt.Sprintf("%srows %s %d\n", dumpMark, t.Table, t.Rows))
	}
	out.text(fmt.Sprintf("%send %d tables %d rows\n", dumpMark, len(info.Tables), info.Rows()))
	info.Bytes, err = out.close()
	if progress != nil && err == nil {
		told.Done, told.Total = told.Rows, told.Rows
		progress(told)
	}
	return info, err
}

// names are the shops', for the header.
func names(ctx context.Context, q querier) ([]string, error) {
	return stringList(ctx, q, "SELECT name FROM pizzerias ORDER BY position, id")
}

// stringList reads one column.
func stringList(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// oneNumber reads one number.
func oneNumber(ctx context.Context, q querier, query string, args ...any) (n int64, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// oneLine keeps a text on one line of comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
