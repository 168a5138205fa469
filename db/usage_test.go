package db

import (
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestUsage reads the size, the days kept and the last backup, in one statement.
func TestUsage(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		d := open(t, url, 2)
		ctx := t.Context()
		day := time.Date(2026, 3, 14, 23, 0, 0, 0, time.UTC)
		for _, note := range []struct {
			at    time.Time
			bytes int64
		}{{day.AddDate(0, 0, -70), 1}, {day.AddDate(0, 0, -1), 100}, {day, 200}, {day.Add(time.Minute), 999}} {
			if err := d.NoteStorage(ctx, note.at, note.bytes); err != nil {
				t.Fatal(err)
			}
		}
		done := time.Date(2026, 3, 14, 3, 4, 5, 0, time.UTC)
		if _, err := d.w.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES (?, ?)", metaBackup, done.Format(time.RFC3339)); err != nil {
			t.Fatal(err)
		}
		for _, alert := range []struct {
			level string
			first bool
		}{{"ok", false}, {"warn", true}, {"warn", false}, {"alarm", true}, {"alarm", false}} {
			if first, err := d.NoteAlert(ctx, "storage", alert.level, done); err != nil || first != alert.first {
				t.Errorf("%s is news: %t, %v", alert.level, first, err)
			}
		}
		before := d.Statements()
		u, err := d.Usage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n := d.Statements() - before; n != 1 {
			t.Errorf("%d statements", n)
		}
		if u.Bytes < 1<<10 || !u.Backup.Equal(done) || len(u.Days) != 2 || u.Days["2026-03-13"] != 100 || u.Days["2026-03-14"] != 200 ||
			len(u.Alerts) != 1 || u.Alerts["storage"] != (Alert{"alarm", done}) {
			t.Errorf("%+v", u)
		}
	})
}
