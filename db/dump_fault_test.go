package db

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// resealed is a backup's text with a right hash, after it was changed on purpose.
func resealed(text string) []byte {
	body, _, _ := strings.Cut(text, hashMark)
	sum := sha256.Sum256([]byte(body))
	return []byte(body + hashMark + hex.EncodeToString(sum[:]) + "\n")
}

// TestRestoreRefusals: what is there is not replaced without being asked, and what this program cannot load is not tried.
func TestRestoreRefusals(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		business(t, r)
		backup, info := dumped(t, r.db)
		text := string(gunzip(t, backup))
		want := ledgerOf(t, backup)
		if _, err := r.db.Restore(t.Context(), memory("b", backup), RestoreOptions{}); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("a database in use: %v", err)
		}
		newest := fmt.Sprint("schema ", info.Schema)
		for says, bad := range map[string][]byte{
			"format 2":     resealed(strings.Replace(text, "ocpizza backup 1", "ocpizza backup 2", 1)),
			"plus récent":  resealed(strings.Replace(text, newest, "schema 9999", 1)),
			"abîmée":       resealed(strings.Replace(text, "ocpizza rows orders 8", "ocpizza rows orders 9", 1)),
			"sceau":        backup[:len(backup)-sealLength],
			"ni une sauve": append([]byte{0x89, 'P', 'N', 'G', 0}, backup...),
			"vide":         nil,
			"is_vegan":     resealed(strings.Replace(text, "(`id`, `slug`, `name`, `unit`", "(`id`, `slug`, `name`, `is_vegan`", 1)),
			"renvoient":    resealed(strings.ReplaceAll(text, "ocpizza rows vat_rules", "ocpizza rows vat_rules")), // replaced below
		} {
			if says == "renvoient" {
				bad = withoutProduct(t, text)
			}
			_, err := r.db.Restore(t.Context(), memory("b", bad), RestoreOptions{Replace: true})
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("want %q: %v", says, err)
			}
			sameLedger(t, ledger(t, r.db), want)
		}
		if _, err := r.db.Restore(t.Context(), memory("b", backup), RestoreOptions{Replace: true}); err != nil {
			t.Error(err)
		}
		sameLedger(t, ledger(t, r.db), want)
		r.boards = map[int64]*app.Board{}
		r.place(basket(r.first().Slug, "regina", app.Medium, 1))
		r.checkStock()
	})
}

// withoutProduct is an export whose variants, rules and recipes have lost a product.
func withoutProduct(t *testing.T, text string) []byte {
	t.Helper()
	at := strings.Index(text, "INSERT INTO `products`")
	from := at + strings.Index(text[at:], "\n(") + 1
	to := from + strings.Index(text[from:], "\n") + 1
	text = text[:from] + text[to:]
	var n int
	row := strings.Index(text, "ocpizza rows products ")
	if _, err := fmt.Sscanf(text[row:], "ocpizza rows products %d", &n); err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, fmt.Sprint("ocpizza rows products ", n), fmt.Sprint("ocpizza rows products ", n-1), 1)
	var tables, rows int
	end := strings.Index(text, "ocpizza end ")
	if _, err := fmt.Sscanf(text[end:], "ocpizza end %d tables %d rows", &tables, &rows); err != nil {
		t.Fatal(err)
	}
	return resealed(strings.Replace(text, fmt.Sprintf("%d tables %d rows", tables, rows), fmt.Sprintf("%d tables %d rows", tables, rows-1), 1))
}

// TestOlderBackup fills an empty database from a backup of an older schema, which is then brought up to date.
func TestOlderBackup(t *testing.T) {
	r := newRig(t, "sqlite://"+dbtest.SQLite(t), 1)
	backup, info := dumped(t, r.db)
	older := resealed(strings.Replace(string(gunzip(t, backup)), fmt.Sprint("schema ", info.Schema), fmt.Sprint("schema ", info.Schema-1), 1))
	for _, engine := range []string{"sqlite", "mysql"} {
		d := elsewhere(t, engine)
		if _, err := d.Restore(t.Context(), memory("b", older), RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := d.CheckSchema(t.Context()); err != nil {
			t.Error(err)
		}
		sameLedger(t, ledger(t, d), ledgerOf(t, backup))
		// Only tables were added since: it also goes into a database that is up to date.
		if _, err := d.Restore(t.Context(), memory("b", older), RestoreOptions{Replace: true}); err != nil {
			t.Error(err)
		}
	}
}

// TestSessionsOfTheDatabase: people who are signed in stay so if the backup knows them as the same; nobody comes back with it.
func TestSessionsOfTheDatabase(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		session := func(login string) string {
			hash := app.HashToken(login)
			u, err := r.db.UserByLogin(t.Context(), login)
			if err == nil {
				_, err = r.db.w.ExecContext(t.Context(), "INSERT INTO sessions (hash, user_id, begun_at, expires_at) VALUES (?, ?, ?, ?)", hash, u.ID, r.clock(), r.clock().AddDate(1, 0, 0))
			}
			if err != nil {
				t.Fatal(err)
			}
			return hash
		}
		gone := session("livreur")
		backup, _ := dumped(t, r.db)
		if err := r.db.EndSession(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		stays, changed := session("cuisine"), session("caisse")
		if _, err := r.db.w.ExecContext(t.Context(), "UPDATE users SET password_hash = 'another' WHERE login = 'caisse'"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.Restore(t.Context(), memory("b", backup), RestoreOptions{Replace: true}); err != nil {
			t.Fatal(err)
		}
		for _, hash := range []string{gone, changed} {
			if a, _, err := r.db.SessionActor(t.Context(), hash, r.clock()); err == nil {
				t.Errorf("a session that must have ended: %+v", a)
			}
		}
		if a, _, err := r.db.SessionActor(t.Context(), stays, r.clock()); err != nil || a.Role != app.Cook {
			t.Errorf("a session that goes on: %+v, %v", a, err)
		}
	})
}

// TestFailedRestore breaks a restore in the middle, in each way that happens; the database stays as it was, and the next restore works.
func TestFailedRestore(t *testing.T) {
	source := newRig(t, "sqlite://"+dbtest.SQLite(t), 1)
	business(t, source)
	multiply(t, source, 400)
	backup, _ := dumped(t, source.db)
	// midway is called once, when rows are being loaded.
	restore := func(t *testing.T, r *rig, midway func()) error {
		done := false
		_, err := r.db.Restore(t.Context(), memory("b", backup), RestoreOptions{Replace: true, Progress: func(p DumpProgress) {
			if p.Stage == "load" && p.Rows > 0 && !done {
				done = true
				midway()
			}
		}})
		if err != nil && (!strings.Contains(err.Error(), "La base n’a pas été changée") || strings.Contains(err.Error(), "pizzeria.")) {
			t.Errorf("not for an operator: %v", err)
		}
		return err
	}
	check := func(t *testing.T, r *rig, before []string) {
		t.Helper()
		sameLedger(t, ledger(t, r.db), before)
		if err := restore(t, r, func() {}); err != nil {
			t.Fatal(err)
		}
		sameLedger(t, ledger(t, r.db), ledgerOf(t, backup))
		names, err := r.db.existing(t.Context(), r.db.w)
		if err != nil || strings.Contains(fmt.Sprint(names), newPrefix) || strings.Contains(fmt.Sprint(names), oldPrefix) {
			t.Errorf("left behind: %v, %v", names, err)
		}
	}
	t.Run("sqlite full", func(t *testing.T) {
		r := newRig(t, "sqlite://"+dbtest.SQLite(t), 1)
		before := ledger(t, r.db)
		pages, err := oneNumber(t.Context(), r.db.w, "PRAGMA page_count")
		if err == nil {
			_, err = oneNumber(t.Context(), r.db.w, fmt.Sprint("PRAGMA max_page_count = ", pages+1))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := restore(t, r, func() {}); err == nil || !strings.Contains(err.Error(), "pleine") {
			t.Errorf("full: %v", err)
		}
		if _, err := oneNumber(t.Context(), r.db.w, "PRAGMA max_page_count = 1000000"); err != nil {
			t.Fatal(err)
		}
		check(t, r, before)
	})
	t.Run("mysql", func(t *testing.T) {
		server := dbtest.MariaDB(t)
		url := server.Schema(t)
		r := newRig(t, url, 2)
		before := ledger(t, r.db)
		if err := restore(t, r, func() {
			if _, err := server.Root().Exec("KILL HARD CONNECTION USER '" + r.db.target.mysql.User + "'"); err != nil {
				t.Error(err)
			}
		}); err == nil || !strings.Contains(err.Error(), "rompue") {
			t.Errorf("cut: %v", err)
		}
		check(t, r, before)
	})
	t.Run("mysql over its quota", func(t *testing.T) {
		server := dbtest.MariaDB(t)
		url := server.Schema(t)
		r := newRig(t, url, 2)
		before := ledger(t, r.db)
		server.RevokeWrites(t, url)
		err := restore(t, r, func() {})
		if err == nil || !strings.Contains(err.Error(), "quota") {
			t.Errorf("over quota: %v", err)
		}
		server.GrantWrites(t, url)
		r.db.recycle()
		check(t, r, before)
	})
	for number, message := range map[uint16]string{1114: "The table 'ocpizza_new_orders' is full", 1021: "Disk full (/data/#sql-ib1); waiting for someone to free some space"} {
		t.Run(fmt.Sprint("mysql full, error ", number), func(t *testing.T) {
			r := newRig(t, dbtest.MariaDB(t).Schema(t), 2)
			before := ledger(t, r.db)
			for _, at := range []string{"CREATE TABLE `ocpizza_new_orders`", "INSERT INTO `ocpizza_new_orders`", "RENAME TABLE"} {
				r.db.fault.Store(&faults{before: func(query string) error {
					if strings.HasPrefix(query, at) {
						return &mysql.MySQLError{Number: number, Message: message}
					}
					return nil
				}})
				if err := restore(t, r, func() {}); err == nil || !strings.Contains(err.Error(), "la base est pleine") || !strings.Contains(err.Error(), "Libérez") ||
					strings.Contains(err.Error(), "/data") {
					t.Errorf("%s: %v", at, err)
				}
				r.db.fault.Store(nil)
				sameLedger(t, ledger(t, r.db), before)
			}
			check(t, r, before)
		})
	}
	t.Run("mysql killed between the swap and the foreign keys", func(t *testing.T) {
		r := newRig(t, dbtest.MariaDB(t).Schema(t), 2)
		r.db.fault.Store(&faults{before: func(query string) error {
			if strings.HasPrefix(query, "ALTER TABLE") {
				return mysql.ErrInvalidConn
			}
			return nil
		}})
		_, err := r.db.Restore(t.Context(), memory("b", backup), RestoreOptions{Replace: true})
		if err == nil || !strings.Contains(err.Error(), "--replace pour l’achever") {
			t.Errorf("%v", err)
		}
		r.db.fault.Store(nil)
		sameLedger(t, ledger(t, r.db), ledgerOf(t, backup))
		if err := restore(t, r, func() {}); err != nil {
			t.Fatal(err)
		}
		sameLedger(t, ledger(t, r.db), ledgerOf(t, backup))
		checkForeignKeys(t, r.db)
	})
}

// TestSQLReader reads what exports may hold.
func TestSQLReader(t *testing.T) {
	text := "\xef\xbb\xbf-- comment 'quote\n# another \" one\n/*!40101 SET NAMES utf8 */;\n/*M!999999\\- enable the sandbox mode */ \nSET @x='a;b', y=\"c;\";\n" +
		"CREATE DATABASE IF NOT EXISTS `heroku`;\nUSE `heroku`;\nDROP TABLE IF EXISTS t;\n" +
		"CREATE TABLE IF NOT EXISTS `heroku`.`t` (\n `id` bigint(20) NOT NULL AUTO_INCREMENT,\n `a;b` varchar(3) DEFAULT 'x,)(' COMMENT 'it''s',\n c decimal(4,2),\n" +
		" PRIMARY KEY (`id`),\n KEY k (`a;b`(10),c), CONSTRAINT x CHECK (c > (1+1))\n) ENGINE=InnoDB COMMENT=';';\n" +
		"LOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES (1,'a\\'b''c\\\\',-1.5e3),(2,NULL,.5);\n" +
		"insert ignore into heroku.t (c, id) values\n(0x41 , 3) , ( -7,TRUE ),\n(_binary 'b\\n\\t\\0\\Z\\%\"`', X'4142');\nREPLACE INTO t (id) VALUE (''),(\"q\"\"q\");\n" +
		"UNLOCK TABLES;\n/*!40000 ALTER TABLE `t` ENABLE KEYS */;\n;;"
	for _, chunk := range []int{1, 2, 3, 7, 4096} {
		var got []string
		r := newSQLReader(&slowly{strings.NewReader(text), chunk})
		r.insert = func(table string, columns []string) (func([]cell) error, error) {
			return func(cells []cell) error {
				line := fmt.Sprint(table, columns)
				for _, c := range cells {
					line += fmt.Sprintf(" %d%q", c.kind, c.text)
				}
				got = append(got, line)
				return nil
			}, nil
		}
		if err := r.read(); err != nil {
			t.Fatalf("by %d: line %d: %v", chunk, r.line(), err)
		}
		want := []string{
			`t[id a;b c] 1"1" 2"a'b'c\\" 1"-1.5e3"`, `t[id a;b c] 1"2" 0"" 1".5"`,
			`t[c id] 2"A" 1"3"`, `t[c id] 1"-7" 1"1"`, `t[c id] 2"b\n\t\x00\x1a%\"` + "`" + `" 2"AB"`,
			`t[id] 2""`, `t[id] 2"q\"q"`,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("by %d:\n%s\n%s", chunk, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if line := r.line(); line != 1+strings.Count(text, "\n") {
			t.Errorf("by %d: ends at line %d", chunk, line)
		}
	}
	for _, bad := range []string{
		"INSERT INTO t VALUES (1", "INSERT INTO t VALUES (1,'a", "INSERT INTO t VALUES (NOW());", "INSERT INTO t SELECT 1;", "INSERT INTO t (a,b) VALUES (1);",
		"CREATE VIEW v AS SELECT 1;", "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a=1;", "DELIMITER ;;", "DELETE FROM t;", "UPDATE t SET a=1;",
		"INSERT INTO t VALUES ('\xff');", "INSERT INTO t VALUES (12abc);", "Bonjour !", "/* never closed", "CREATE TABLE t (a int;", "CREATE TABLE t (a int",
		"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a=1;", "SET x = 'never closed", "INSERT INTO t VALUES (1)\x00;", strings.Repeat("a", 100),
	} {
		r := newSQLReader(strings.NewReader(bad))
		r.insert = func(string, []string) (func([]cell) error, error) { return func([]cell) error { return nil }, nil }
		if err := r.read(); err == nil {
			t.Errorf("accepted: %q", bad)
		}
	}
}

// slowly gives a few bytes at a time.
type slowly struct {
	r io.Reader
	n int
}

func (s *slowly) Read(p []byte) (int, error) { return s.r.Read(p[:min(s.n, len(p))]) }

// FuzzSQLReader: whatever a file holds, reading it ends without a panic.
func FuzzSQLReader(f *testing.F) {
	f.Add([]byte("INSERT INTO `t` (`a`) VALUES (1,'x\\'y',NULL,0x41);-- c\n/*!1 */"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newSQLReader(bytes.NewReader(b))
		r.insert = func(string, []string) (func([]cell) error, error) { return func([]cell) error { return nil }, nil }
		_ = r.read()
		_, _ = VerifyDump(t.Context(), memory("f", b), nil)
	})
}

// TestOwnSchema: what is read from the migrations is what the server has made of them.
func TestOwnSchema(t *testing.T) {
	d := open(t, dbtest.MariaDB(t).Schema(t), 1)
	keys, err := stringList(t.Context(), d.w, "SELECT CONCAT_WS(' ', CONSTRAINT_NAME, TABLE_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION),"+
		" REFERENCED_TABLE_NAME, GROUP_CONCAT(REFERENCED_COLUMN_NAME ORDER BY ORDINAL_POSITION)) FROM information_schema.KEY_COLUMN_USAGE"+
		" WHERE CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY CONSTRAINT_NAME, TABLE_NAME, REFERENCED_TABLE_NAME ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, k := range ownSchema().keys {
		own = append(own, strings.Join([]string{k.name, k.table, strings.Join(k.columns, ","), k.parent, strings.Join(k.parentColumns, ",")}, " "))
	}
	slices.Sort(own)
	if strings.Join(own, "\n") != strings.Join(keys, "\n") {
		t.Errorf("foreign keys:\n%s\n%s", strings.Join(own, "\n"), strings.Join(keys, "\n"))
	}
	names, err := d.existing(t.Context(), d.w)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]string{gooseTable, "goose_lock"}, ownSchema().tables...)
	slices.Sort(want)
	slices.Sort(names)
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("tables:\n%s\n%s", names, want)
	}
}
