package db

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Names in the table meta.
const (
	metaBackup  = "backup"   // when the last good backup was finished, RFC 3339
	metaStorage = "storage/" // + day, 2026-03-14: how many bytes the database took that day
	metaAlert   = "alert/"   // + name of a figure: the level that was told last, and since when, RFC 3339
)

// Usage is what the database says of itself, beyond the business.
type Usage struct {
	Bytes  int64            // that its data and indexes take
	Backup time.Time        // when the last good backup was finished; zero: never
	Days   map[string]int64 // bytes by day (2026-03-14, UTC), as NoteStorage kept them
	Alerts map[string]Alert // by name of the figure, as NoteAlert kept them
	// Others are the other processes that serve, and OthersSent the statements that they had sent within the hour when they last left word,
	// PresentEvery ago at most.
	Others     int
	OthersSent uint64
}

// Alert is what people were told of a figure last.
type Alert struct {
	Level string
	Since time.Time
}

// Usage reads it in one statement. On MySQL the size is the server's own estimate (information_schema.tables, data and indexes, as plans
// count it; MySQL 8 refreshes it once a day: information_schema_stats_expiry); on SQLite it is that of the files.
func (d *DB) Usage(ctx context.Context) (Usage, error) {
	u := Usage{Days: map[string]int64{}, Alerts: map[string]Alert{}}
	var rows []struct{ Name, Value string }
	query := "SELECT name, value FROM meta WHERE name = ? OR name LIKE ? OR name LIKE ? OR name LIKE ? AND name <> ?"
	args := []any{metaBackup, metaStorage + "%", metaAlert + "%", metaProcess + "%", metaProcess + d.process}
	if d.mysql {
		query += " UNION ALL SELECT ?, CAST(COALESCE(SUM(data_length + index_length), 0) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE()"
		args = append(args, sizeNow)
	}
	err := d.r.NewRaw(query, args...).Scan(ctx, &rows)
	if err != nil {
		return u, d.translate(err)
	}
	for _, r := range rows {
		if err := u.take(r.Name, r.Value); err != nil {
			d.log.WarnContext(ctx, "what the database says of itself cannot be read", "name", r.Name, "err", err)
		}
	}
	if !d.mysql {
		u.Bytes, err = fileSizes(d.target.sqlite, d.target.sqlite+"-wal")
	}
	return u, err
}

// take reads one row.
func (u *Usage) take(name, value string) (err error) {
	day, ofDay := strings.CutPrefix(name, metaStorage)
	figure, ofFigure := strings.CutPrefix(name, metaAlert)
	switch {
	case name == sizeNow:
		u.Bytes, err = strconv.ParseInt(value, 10, 64)
	case name == metaBackup:
		u.Backup, err = time.Parse(time.RFC3339, value)
	case ofDay:
		var bytes int64
		if bytes, err = strconv.ParseInt(value, 10, 64); err == nil {
			u.Days[day] = bytes
		}
	case ofFigure:
		level, since, _ := strings.Cut(value, " ")
		var at time.Time
		if at, err = time.Parse(time.RFC3339, since); err == nil {
			u.Alerts[figure] = Alert{level, at}
		}
	default:
		if sent, ok := readWord(value); ok {
			u.Others++
			u.OthersSent += sent
		}
	}
	return err
}

// sizeNow names the row of Usage that is not one of meta.
const sizeNow = "(now)"

func fileSizes(paths ...string) (int64, error) {
	var sum int64
	for _, p := range paths {
		info, err := os.Stat(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		sum += info.Size()
	}
	return sum, nil
}

// keepStorage is for how many days NoteStorage keeps sizes.
const keepStorage = 60

// NoteStorage keeps the size of a day, the first that is told, and forgets days that are too old to project from. Two statements.
func (d *DB) NoteStorage(ctx context.Context, at time.Time, bytes int64) error {
	if d.health.readOnly() {
		return d.translate(errReadOnly)
	}
	name := func(t time.Time) string { return metaStorage + t.UTC().Format(time.DateOnly) }
	err := d.insertFact(ctx, name(at), strconv.FormatInt(bytes, 10))
	if err == nil {
		_, err = d.w.ExecContext(ctx, "DELETE FROM meta WHERE name LIKE ? AND name < ?", metaStorage+"%", name(at.AddDate(0, 0, -keepStorage)))
	}
	return d.noted(ctx, err)
}

// insertFact keeps a fact about the house, unless there is one of this name.
func (d *DB) insertFact(ctx context.Context, name, value string) error {
	insert := "INSERT IGNORE"
	if !d.mysql {
		insert = "INSERT OR IGNORE"
	}
	_, err := d.w.ExecContext(ctx, "? INTO meta (name, value) VALUES (?, ?)", bun.Safe(insert), name, value)
	return err
}

// NoteAlert keeps the level of a figure that people are about to be told, and reports whether it is news: of several processes that notice
// the same, one is the first. Two statements.
func (d *DB) NoteAlert(ctx context.Context, name, level string, at time.Time) (first bool, err error) {
	if d.health.readOnly() {
		return false, d.translate(errReadOnly)
	}
	name = metaAlert + name
	since := at.UTC().Format(time.RFC3339)
	if err = d.insertFact(ctx, name, "ok "+since); err == nil {
		var res sql.Result
		res, err = d.w.ExecContext(ctx, "UPDATE meta SET value = ? WHERE name = ? AND value NOT LIKE ?", level+" "+since, name, level+" %")
		if err == nil {
			var n int64
			n, err = res.RowsAffected()
			return n == 1, d.translate(err)
		}
	}
	return false, d.noted(ctx, err)
}

// Opened counts the connections made to the database since Open.
func (d *DB) Opened() uint64 { return d.opened.Load() }
