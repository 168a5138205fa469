package db

import (
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/pressly/goose/v3"
)

func TestMigrateTwiceAndAtOnce(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		d, err := Open(t.Context(), Options{URL: url, MaxConns: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.CheckSchema(t.Context()); app.KindOf(err) != app.Unavailable || !strings.Contains(err.Error(), "ocpizza migrate") {
			t.Errorf("an empty database: %v", err)
		}
		var applied atomic.Int64
		together(3, func(int) {
			done, err := d.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			applied.Add(int64(len(done)))
		})
		all, err := d.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if !m.Applied || m.AppliedAt.IsZero() {
				t.Errorf("%+v", m)
			}
		}
		if d.mysql && applied.Load() != int64(len(all)) {
			t.Errorf("%d migrations applied, of %d: the lock does not hold", applied.Load(), len(all))
		}
		if done, err := d.Migrate(t.Context()); err != nil || len(done) != 0 {
			t.Errorf("again: %d, %v", len(done), err)
		}
		if err := d.CheckSchema(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestOlderBinary rolls back to a release that knows neither the last migration nor a new column: it starts and works.
func TestOlderBinary(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		_, needed, err := r.db.SchemaVersion(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{
			"ALTER TABLE orders ADD COLUMN of_tomorrow INT NULL",
			"ALTER TABLE pizzerias ADD COLUMN of_tomorrow INT NULL",
			"ALTER TABLE order_lines ADD COLUMN of_tomorrow INT NULL",
		} {
			if _, err := r.db.w.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.db.w.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, ?)", needed+1, true); err != nil {
			t.Fatal(err)
		}
		if err := r.db.CheckSchema(t.Context()); err != nil {
			t.Error("refuses a newer schema:", err)
		}
		if done, err := r.db.Migrate(t.Context()); err != nil || len(done) != 0 {
			t.Error("the older release's own release phase:", len(done), err)
		}
		r.place(basket(r.first().Slug, "regina", app.Medium, 1))
		if b := r.loaded(r.first().ID); len(b.Orders) != 1 {
			t.Error(len(b.Orders))
		}
	})
}

// TestOldestServable plays what is served on the oldest schema on which the program says that it serves.
func TestOldestServable(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		d, err := Open(t.Context(), Options{URL: url, MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		upTo := func(version int64) {
			if err := d.migrator(func(p *goose.Provider) error { _, err := p.UpTo(t.Context(), version); return err }); err != nil {
				t.Fatal(err)
			}
		}
		upTo(oldestServable - 1)
		if behind, err := d.CheckServable(t.Context()); !behind || app.KindOf(err) != app.Unavailable || !strings.Contains(err.Error(), "ocpizza migrate") {
			t.Error("one migration too few:", behind, err)
		}
		upTo(oldestServable)
		_, newest, err := d.SchemaVersion(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if behind, err := d.CheckServable(t.Context()); behind != (oldestServable < newest) || err != nil {
			t.Error(behind, err)
		}
		r := rigOn(t, d)
		id, till, manager := r.first().ID, r.as("caisse"), r.as("responsable")
		r.setStock("cola", 100)
		r.sell(app.Cash, true)
		o := r.place(basket(r.first().Slug, "regina", app.Medium, 1))
		cola := r.place(basket(r.first().Slug, "cola-33", app.Single, 1))
		two := []app.NewLine{{Product: "cola-33", Size: app.Single, Quantity: 2}}
		ctx := t.Context()
		for i, f := range []func() error{
			func() error {
				_, err := r.shop.AdvanceItem(ctx, r.as("cuisine"), newKey(), id, o.ID, 1, 1, app.Making)
				return err
			},
			func() error { _, err := r.shop.ChangeOrder(ctx, till, newKey(), id, cola.ID, two, ""); return err },
			func() error { return r.shop.Restock(ctx, manager, newKey(), id, "cola", 10) },
			func() error {
				_, err := r.shop.SetMaintenance(ctx, r.as("directeur"), &app.Maintenance{Message: "x"})
				return err
			},
			func() error {
				return d.BeginSession(ctx, app.Session{Hash: "h", User: till.User, Begun: r.clock(), Expires: r.clock()})
			},
			func() error { _, err := d.ForgetSessions(ctx); return err },
			func() error { _, err := d.ForgetKeys(ctx); return err },
			func() error { _, err := d.OfferPairing(ctx, "ABCD", "s", r.clock(), r.clock()); return err },
			func() error { _, err := d.Devices(ctx, id); return err },
			func() error { _, _, err := d.Positions(ctx); return err },
			func() error { _, err := d.Usage(ctx); return err },
			func() error { return d.NoteStorage(ctx, r.clock(), 1) },
			func() error { return d.Probe(ctx) },
			func() error { _, err := d.LoadBoard(ctx, id); return err },
		} {
			if err := f(); err != nil {
				t.Errorf("what is served, n° %d: %v", i, err)
			}
		}
	})
}

// TestBothEnginesMigrateAlike compares names: MySQL is the reference, SQLite follows.
func TestBothEnginesMigrateAlike(t *testing.T) {
	a, err := migrations.ReadDir("migrations/mysql")
	if err != nil {
		t.Fatal(err)
	}
	b, err := migrations.ReadDir("migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != len(b) {
		t.Fatalf("%d and %d migrations", len(a), len(b))
	}
	for i := range a {
		if a[i].Name() != b[i].Name() {
			t.Errorf("%s and %s", a[i].Name(), b[i].Name())
		}
		text, err := migrations.ReadFile("migrations/mysql/" + a[i].Name())
		if err != nil {
			t.Fatal(err)
		}
		s := regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(string(text), "")
		changes := regexp.MustCompile(`\b(CREATE|ALTER|DROP|RENAME|TRUNCATE) `).FindAllString(s, -1)
		guarded := strings.Contains(s, "PREPARE step") && strings.Contains(s, "information_schema.")
		if len(changes) != 1 || !guarded && (strings.Count(s, ";\n") != 1 || !strings.Contains(s, " IF NOT EXISTS ")) {
			t.Errorf("%s: one statement of DDL, which may be run again", a[i].Name())
		}
		if strings.Contains(s, "CREATE TABLE") && !strings.Contains(s, "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4") {
			t.Errorf("%s: a table with its engine and charset", a[i].Name())
		}
	}
}

// TestChecks are the last line of defence, where the server has them.
func TestChecks(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		for _, q := range []string{
			"UPDATE stock_levels SET on_hand = -1", "UPDATE stock_levels SET reserved = -1", "UPDATE stock_levels SET reserved = on_hand + 1",
		} {
			if _, err := r.db.w.ExecContext(t.Context(), q); classify(err) != broken {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}

// TestHalfAppliedMigration is killed between each migration and the row that says that it was applied: on MySQL the one stands without the
// other. The next run goes through, and the schema is as if nothing had happened. SQLite commits both or neither.
func TestHalfAppliedMigration(t *testing.T) {
	files, err := migrations.ReadDir("migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if text, err := migrations.ReadFile("migrations/sqlite/" + f.Name()); err != nil || strings.Contains(string(text), "NO TRANSACTION") {
			t.Errorf("%s is not in one transaction with its row: %v", f.Name(), err)
		}
	}
	url := dbtest.MariaDB(t).Schema(t)
	d, err := Open(t.Context(), Options{URL: url, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	up := func(version int64) {
		t.Helper()
		if err := d.migrator(func(p *goose.Provider) error { _, err := p.UpTo(t.Context(), version); return err }); err != nil {
			t.Fatal(version, err)
		}
	}
	_, newest, err := d.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for version := int64(1); version <= newest; version++ {
		up(version)
		if _, err := d.w.ExecContext(t.Context(), "DELETE FROM "+gooseTable+" WHERE version_id = ?", version); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := d.Migrate(t.Context()); err != nil || len(done) != 1 || done[0].Version != newest {
		t.Error(done, err)
	}
	whole := elsewhere(t, d.engine)
	if _, err := whole.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := definitions(t, d), definitions(t, whole); got != want {
		t.Errorf("another schema:\n%s\nwant\n%s", got, want)
	}
}

// definitions are the tables, as the server itself gives them.
func definitions(t *testing.T, d *DB) string {
	t.Helper()
	names, err := d.existing(t.Context(), d.w)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		query := "SELECT name, sql FROM sqlite_master WHERE name = '" + name + "'"
		if d.mysql {
			query = "SHOW CREATE TABLE " + name
		}
		var definition string
		if err := d.w.QueryRowContext(t.Context(), query).Scan(&name, &definition); err != nil {
			t.Fatal(err)
		}
		all.WriteString(regexp.MustCompile(` AUTO_INCREMENT=\d+`).ReplaceAllString(definition, "") + "\n")
	}
	return all.String()
}

// TestUnbegunHistory is killed between goose's table and its first row. (On SQLite the two are one transaction.)
func TestUnbegunHistory(t *testing.T) {
	for name, question := range map[string]func(d *DB) error{
		"migrate":          func(d *DB) error { _, err := d.Migrate(t.Context()); return err },
		"migrate --status": func(d *DB) error { _, err := d.Status(t.Context()); return err },
		"another command":  func(d *DB) error { _, _, err := d.SchemaVersion(t.Context()); return err },
	} {
		d := elsewhere(t, "mysql")
		if _, _, err := d.SchemaVersion(t.Context()); err != nil { // makes the table
			t.Fatal(err)
		}
		if _, err := d.w.ExecContext(t.Context(), "DELETE FROM "+gooseTable); err != nil {
			t.Fatal(err)
		}
		if err := question(d); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := d.Migrate(t.Context()); err != nil {
			t.Errorf("migrate after %s: %v", name, err)
		}
		if err := d.CheckSchema(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestStaleMigrationLock finds the lock of a migration that was killed: it is waited for as long as its lease lasts, then taken. One that
// never ends is told, with what to do.
func TestStaleMigrationLock(t *testing.T) {
	url := dbtest.MariaDB(t).Schema(t)
	d, err := Open(t.Context(), Options{URL: url, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.migrator(func(p *goose.Provider) error { _, err := p.UpTo(t.Context(), 1); return err }); err != nil {
		t.Fatal(err)
	}
	held := func(lease string) {
		t.Helper()
		res, err := d.w.ExecContext(t.Context(), "UPDATE goose_lock SET locked = 1, locked_by = 'a dyno that is gone', locked_at = NOW(6), lease_expires_at = "+lease)
		if err == nil {
			if n, e := res.RowsAffected(); n != 1 || e != nil {
				t.Fatal(n, e)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for version, lease := range map[int64]string{2: "NOW(6) - INTERVAL 1 HOUR", 3: "NOW(6) + INTERVAL 2 SECOND"} {
		held(lease)
		begun := time.Now()
		if err := d.migrator(func(p *goose.Provider) error { _, err := p.UpTo(t.Context(), version); return err }); err != nil {
			t.Errorf("%s: %v", lease, err)
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Errorf("%s: waited %v", lease, took)
		}
	}
	d.lockTries = 2
	held("NULL")
	if _, err := d.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "une autre migration est en cours") || !strings.Contains(err.Error(), "DELETE FROM goose_lock") {
		t.Error(err)
	}
	if _, err := d.w.ExecContext(t.Context(), "DELETE FROM goose_lock"); err != nil { // as it says
		t.Fatal(err)
	}
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
	// With nothing to apply, nobody waits for the lock.
	held("NULL")
	if done, err := d.Migrate(t.Context()); err != nil || len(done) != 0 {
		t.Error(done, err)
	}
}
