package db

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// dumped is a backup in memory.
func dumped(t testing.TB, d *DB) ([]byte, DumpInfo) {
	t.Helper()
	var b bytes.Buffer
	info, err := d.Dump(t.Context(), &b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), info
}

// memory is a file to restore from.
func memory(name string, b []byte) []DumpFile {
	return []DumpFile{{Name: name, Size: int64(len(b)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}}
}

func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ledger is every row of every table that a backup holds, as text, the epochs apart: they must differ.
func ledger(t testing.TB, d *DB) []string {
	t.Helper()
	b, _ := dumped(t, d)
	return ledgerOf(t, b)
}

var epochs = regexp.MustCompile(`'[0-9a-f]{16}'`)

func ledgerOf(t testing.TB, b []byte) []string {
	t.Helper()
	var rows []string
	table := ""
	for line := range strings.Lines(string(gunzip(t, b))) {
		if after, ok := strings.CutPrefix(line, "INSERT INTO "); ok {
			table = after
			continue
		}
		if !strings.HasPrefix(line, "(") || strings.HasPrefix(table, "`goose") {
			continue
		}
		line = strings.TrimRight(line, ",;\n")
		if strings.HasPrefix(table, "`sequences`") {
			line = epochs.ReplaceAllString(line, "epoch")
			if strings.HasPrefix(line, "(0,") {
				continue // counts the ends of sessions: a restore is one
			}
		}
		rows = append(rows, table[:strings.IndexByte(table, '(')]+line)
	}
	return rows
}

func sameLedger(t testing.TB, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%d rows, want %d; first difference:\n%s\n%s", len(got), len(want), g, w)
		}
	}
}

// elsewhere is a database that does not exist yet, of the other engine or of the same.
func elsewhere(t *testing.T, engine string) *DB {
	t.Helper()
	url := "sqlite://" + dbtest.SQLite(t)
	if engine == "mysql" {
		url = dbtest.MariaDB(t).Schema(t)
	}
	d, err := Open(t.Context(), Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// business plays a little of everything: closed and open orders, till entries, texts that are hard to write.
func business(t testing.TB, r *rig) {
	t.Helper()
	till, manager := r.as("caisse"), r.as("responsable")
	for i := range 8 {
		in := basket(r.first().Slug, "margherita", app.Medium, 1)
		in.Note = "quotes ' \" ` \\ \n\r\t\x1a ; -- /* */ , (x), NULL 🍕 é"
		o := r.place(in)
		_, err := r.db.UpdateOrder(t.Context(), app.Ref{Pizzeria: o.Pizzeria, ID: o.ID}, newKey(), func(o *app.Order) (app.Change, error) {
			return o.Pay(till, app.Cash, r.shop.Now())
		}, nil)
		if err == nil && i%3 == 0 {
			_, err = r.shop.CancelOrder(t.Context(), manager, app.Key{}, o.Pizzeria, o.ID, "plus de pâte")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.close(app.ServiceDay(r.clock()))
}

// TestRoundTrip moves a database from each engine to each, and back: not a byte of the ledger changes.
func TestRoundTrip(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 3)
		business(t, r)
		backup, info := dumped(t, r.db)
		want := ledgerOf(t, backup)
		if info.Count("orders") != 8 || info.Count("till_closings") != 1 || info.Count("sessions") != 0 || len(info.Pizzerias) != len(r.shops) {
			t.Errorf("%+v", info)
		}
		if bytes.Count(gunzip(t, backup), []byte("CREATE TABLE")) != len(ownSchema().tables)+1 {
			t.Error("not every table is defined")
		}
		for _, engine := range []string{"sqlite", "mysql"} {
			t.Run("to "+engine, func(t *testing.T) {
				there := elsewhere(t, engine)
				got, err := there.Restore(t.Context(), memory("backup", backup), RestoreOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if got.Rows() != info.Rows()-info.Count(gooseTable) || got.Schema != info.Schema || !got.Taken.Equal(info.Taken) {
					t.Errorf("%+v\n%+v", got, info)
				}
				sameLedger(t, ledger(t, there), want)
				back := elsewhere(t, r.db.engine)
				again, _ := dumped(t, there)
				if _, err := back.Restore(t.Context(), memory("backup", again), RestoreOptions{}); err != nil {
					t.Fatal(err)
				}
				sameLedger(t, ledger(t, back), want)
				checkServes(t, there, r)
			})
		}
	})
}

// checkServes takes an order on a restored database and looks at its invariants.
func checkServes(t *testing.T, d *DB, from *rig) {
	t.Helper()
	r := &rig{t: t, db: d, boards: map[int64]*app.Board{}, moment: from.clock(), shops: from.shops}
	r.shop = &app.Shop{
		Store: d, Boards: r, Publisher: r, Clock: r.clock, Secret: from.shop.Secret, Demo: true, CheckPassword: from.shop.CheckPassword,
	}
	r.place(basket(r.first().Slug, "regina", app.Medium, 1))
	r.checkStock()
	for _, p := range r.shops {
		if _, _, err := d.VerifyTill(t.Context(), p.ID); err != nil {
			t.Error(err)
		}
		a, b := r.loaded(p.ID), from.loaded(p.ID)
		if a.Epoch == b.Epoch || a.Epoch == "" {
			t.Errorf("%s: the epoch is still %q", p.Slug, a.Epoch)
		}
	}
	if err := r.db.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
	checkForeignKeys(t, d)
}

// checkForeignKeys: a restore on MySQL makes them anew.
func checkForeignKeys(t *testing.T, d *DB) {
	t.Helper()
	if d.mysql {
		names, err := stringList(t.Context(), d.w, "SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS"+
			" WHERE CONSTRAINT_SCHEMA = DATABASE() AND CONSTRAINT_TYPE = 'FOREIGN KEY'")
		if err != nil || len(names) != len(ownSchema().keys) {
			t.Errorf("foreign keys: %v, %v", names, err)
		}
	}
}

// TestBackupInTheStorm takes backups while orders are placed from all sides; each must be of one instant.
func TestBackupInTheStorm(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 4)
		if _, err := r.Board(t.Context(), r.first().ID); err != nil {
			t.Fatal(err)
		}
		r.setStock("cola", 1_000_000)
		stop := make(chan struct{})
		var placed atomic.Int64
		var writers sync.WaitGroup
		manager, till := r.as("responsable"), r.as("caisse")
		defer writers.Wait()
		defer close(stop)
		for i := range 3 {
			writers.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					p, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, newKey(), basket(r.first().Slug, "cola-33", app.Single, 1))
					if err == nil && n%2 == 0 {
						_, err = r.db.UpdateOrder(t.Context(), app.Ref{Pizzeria: p.Order.Pizzeria, ID: p.Order.ID}, newKey(), func(o *app.Order) (app.Change, error) {
							return o.Pay(till, app.Cash, r.shop.Now())
						}, nil)
					} else if err == nil && i == 0 {
						_, err = r.shop.CancelOrder(t.Context(), manager, app.Key{}, p.Order.Pizzeria, p.Order.ID, "")
					}
					if err != nil {
						t.Error(err)
						return
					}
					placed.Add(1)
				}
			})
		}
		for n := range 3 {
			before := placed.Load()
			for placed.Load() < before+10 {
				time.Sleep(time.Millisecond)
			}
			backup, info := dumped(t, r.db)
			there := elsewhere(t, []string{"sqlite", "mysql"}[n%2])
			if _, err := there.Restore(t.Context(), memory("backup", backup), RestoreOptions{}); err != nil {
				t.Fatal(err)
			}
			sameLedger(t, ledger(t, there), ledgerOf(t, backup))
			if info.Count("orders") < before || info.Count("orders") != info.Count("order_lines") || info.Count("idempotency") < info.Count("orders") {
				t.Errorf("after %d orders: %+v", before, info.Tables)
			}
			checkServes(t, there, r)
		}
		t.Logf("%d orders placed meanwhile", placed.Load())
	})
}

// TestDamagedBackup flips each byte of a backup and cuts it at each place: all are refused.
func TestDamagedBackup(t *testing.T) {
	r := newRig(t, "sqlite://"+dbtest.SQLite(t), 1)
	r.place(basket(r.first().Slug, "regina", app.Medium, 1))
	backup, _ := dumped(t, r.db)
	text := gunzip(t, backup)
	for name, whole := range map[string][]byte{"gzip": backup, "text": text} {
		if _, err := VerifyDump(t.Context(), memory(name, whole), nil); err != nil {
			t.Fatal(name, err)
		}
		step := max(1, len(whole)/150)
		for i := 0; i < len(whole); i++ {
			if i > 150 && i < len(whole)-150 && i%step != 0 {
				continue
			}
			bad := slices.Clone(whole)
			bad[i] ^= byte(1 << (i % 8))
			if _, err := VerifyDump(t.Context(), memory(name, bad), nil); err == nil {
				t.Fatalf("%s: byte %d of %d flipped, and accepted", name, i, len(whole))
			}
			if _, err := VerifyDump(t.Context(), memory(name, whole[:i]), nil); err == nil {
				t.Fatalf("%s: cut at %d of %d, and accepted", name, i, len(whole))
			}
		}
		if _, err := VerifyDump(t.Context(), memory(name, append(slices.Clone(whole), ' ')), nil); err == nil {
			t.Errorf("%s: something was added, and accepted", name)
		}
	}
	t.Logf("%d bytes, %d of text", len(backup), len(text))
}

// client is the real program of MariaDB's on a Schema URL's database.
func client(t *testing.T, d *DB, program string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
			t.Fatalf("%s is missing: apt-get install mariadb-client", program)
		}
		t.Skipf("*** SKIPPED: %s is missing: apt-get install mariadb-client", program)
	}
	c := d.target.mysql
	host, port, _ := strings.Cut(c.Addr, ":")
	file := filepath.Join(t.TempDir(), "client.cnf")
	text := fmt.Sprintf("[client]\nuser=%s\npassword=\"%s\"\nhost=%s\nport=%s\nprotocol=tcp\n", c.User, c.Passwd, host, port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), path, append([]string{"--defaults-file=" + file, c.DBName}, args...)...)
}

// TestRealClient imports a backup of each engine with the mariadb client, and takes what mariadb-dump and MySQL Workbench export.
func TestRealClient(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		business(t, r)
		backup, _ := dumped(t, r.db)
		want := ledgerOf(t, backup)
		there := elsewhere(t, "mysql")
		c := client(t, there, "mariadb")
		c.Stdin = bytes.NewReader(gunzip(t, backup))
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		sameLedger(t, ledger(t, there), want)
		if done, err := there.Migrate(t.Context()); err != nil || len(done) > 0 {
			t.Errorf("migrated after the import: %v, %v", done, err)
		}
		checkServes(t, there, r)
		want = ledger(t, there)

		export := func(args ...string) []byte {
			out, err := client(t, there, "mariadb-dump", args...).Output()
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		// What MySQL Workbench runs for « Export to Self-Contained File », and for structure and data in two files.
		structure, data := export("--skip-triggers", "--no-data"), export("--skip-triggers", "--no-create-info")
		var folder []DumpFile // « Export to Dump Project Folder »: a file for each table, in the order of their names
		names, err := there.existing(t.Context(), there.w)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range names {
			folder = append(folder, memory("heroku_"+table+".sql", export("--skip-triggers", table))...)
		}
		for name, files := range map[string][]DumpFile{
			"project folder":  folder,
			"mariadb-dump":    memory("dump.sql", export("--single-transaction")),
			"one row a line":  memory("dump.sql", export("--skip-extended-insert", "--complete-insert", "--hex-blob")),
			"structure, data": append(memory("structure.sql", structure), memory("data.sql", data)...),
			"data, structure": append(memory("data.sql", data), memory("structure.sql", structure)...),
		} {
			t.Run(name, func(t *testing.T) {
				for _, engine := range []string{"sqlite", "mysql"} {
					d := elsewhere(t, engine)
					info, err := d.Restore(t.Context(), files, RestoreOptions{})
					if err != nil {
						t.Fatal(err)
					}
					if info.Ours || info.Schema == 0 {
						t.Errorf("%+v", info)
					}
					sameLedger(t, ledger(t, d), want)
				}
			})
		}
	})
}
