package db

import (
	"log/slog"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestPresence: processes that serve one database know how many others there are; those that died are forgotten after a while.
func TestPresence(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		ctx, now := t.Context(), time.Now()
		one := open(t, url, 2)
		two, err := Open(ctx, Options{URL: url, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer two.Close()
		three := open(t, url, 1)
		expect := func(what string, d *DB, want int) {
			t.Helper()
			before := d.Statements()
			if _, others, err := d.Positions(ctx); err != nil || others != want {
				t.Errorf("%s: %d others, %v, want %d", what, others, err, want)
			}
			if n := d.Statements() - before; n != 1 {
				t.Errorf("%s: %d statements", what, n)
			}
		}
		present := func(d *DB, at time.Time) {
			t.Helper()
			if err := d.Present(ctx, at, 7); err != nil {
				t.Fatal(err)
			}
		}
		others := func(what string, d *DB, want int, sent uint64) {
			t.Helper()
			if u, err := d.Usage(ctx); err != nil || u.Others != want || u.OthersSent != sent {
				t.Errorf("%s: %d others, who sent %d statements, %v, want %d and %d", what, u.Others, u.OthersSent, err, want, sent)
			}
		}
		expect("nobody yet", one, 0)
		present(one, now)
		present(one, now.Add(time.Second))
		expect("oneself is no other", one, 0)
		expect("a tool sees who serves", two, 1)
		present(two, now)
		expect("two", one, 1)
		others("oneself is no other", one, 1, 7)
		if err := one.setMeta(ctx, one.w, metaProcess+"of a release of before", word(now)); err != nil {
			t.Fatal(err)
		}
		expect("one that does not count", one, 2)
		others("one that does not count", one, 2, 7)
		others("a tool", three, 3, 14)
		if _, err := one.w.ExecContext(ctx, "DELETE FROM meta WHERE name = ?", metaProcess+"of a release of before"); err != nil {
			t.Fatal(err)
		}
		present(two, now.Add(-PresentFor-time.Minute))
		expect("one that died", one, 0)
		others("one that died", one, 0, 0)
		if err := one.Absent(ctx, now); err != nil {
			t.Fatal(err)
		}
		if n, err := one.w.NewSelect().Model((*metaRow)(nil)).Where("name LIKE ?", metaProcess+"%").Count(ctx); err != nil || n != 0 {
			t.Errorf("%d are left after the last one has gone, %v", n, err)
		}
	})
}
