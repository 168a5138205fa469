package db

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/uptrace/bun"
)

func TestURL(t *testing.T) {
	got, err := parseURL("mysql://b0c1d2:p%40ss%3A%2F%3F%23%25%2B@eu-cdbr-west-01.cleardb.com/heroku_1234?reconnect=true&readTimeout=7s&multiStatements=true")
	if err != nil {
		t.Fatal(err)
	}
	c := got.mysql
	if c.User != "b0c1d2" || c.Passwd != "p@ss:/?#%+" || c.Addr != "eu-cdbr-west-01.cleardb.com:3306" || c.DBName != "heroku_1234" {
		t.Errorf("%q %q %q %q", c.User, c.Passwd, c.Addr, c.DBName)
	}
	if c.ReadTimeout != 7*time.Second || c.MultiStatements || !c.ParseTime || !c.ClientFoundRows || c.Loc != time.UTC {
		t.Errorf("%+v", c)
	}
	if _, sent := c.Params["reconnect"]; sent {
		t.Error("reconnect would be sent to the server: error 1193")
	}
	if got, err := parseURL("sqlite:///var/lib/oc pizza.db"); err != nil || got.sqlite != "/var/lib/oc pizza.db" {
		t.Error(got, err)
	}
	if got, err := parseURL("sqlite://ocpizza.db"); err != nil || got.sqlite != "ocpizza.db" {
		t.Error(got, err)
	}
	if got, err := parseURL("mysql://u:p@h:3307/s?tls=true"); err != nil || got.mysql.TLS == nil || got.mysql.TLS.ServerName != "h" || got.mysql.Addr != "h:3307" {
		t.Error(got, err)
	}
}

// TestURLErrors are one line and never give the password away.
func TestURLErrors(t *testing.T) {
	for _, raw := range []string{
		"", "s3cret", "postgres://u:s3cret@h/s", "mysql://u:s3cret@h", "mysql://u:s3cret@h/", "mysql://h/s3cret", "mysql://u:s3cret/x@h/s",
		"mysql://u:s3cret%zz@h/s", "mysql://u:s3cret@h:s3cret/s", "mysql://u:s3cret@h/s?tls=s3cret", "mysql://u:s3cret@h/s?timeout=s3cret",
		"sqlite://", "sqlite://:memory:",
	} {
		_, err := parseURL(raw)
		if err == nil {
			t.Errorf("%q is taken", raw)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", raw, err)
		}
	}
	// Nobody listens there: the operator is told so in French, and the host is not named.
	_, err := Open(t.Context(), Options{URL: "mysql://u:s3cret@127.0.0.1:1/s"})
	if err == nil || !strings.HasPrefix(err.Error(), "rien ne répond") || strings.Contains(err.Error(), "127.0.0.1") {
		t.Error(err)
	}
}

// TestSession checks what a connection to MySQL is set to, on a server where every default is wrong: before its first read, and before its first
// write. A quiet evening only reads, so what writes alone need must cost it nothing.
func TestSession(t *testing.T) {
	d := open(t, dbtest.MariaDB(t).Schema(t), 2)
	takes := func(n uint64, what string, f func() error) {
		t.Helper()
		before := d.Statements()
		if err := f(); err != nil {
			t.Fatal(err)
		}
		if got := d.Statements() - before; got != n {
			t.Errorf("%s took %d statements, want %d", what, got, n)
		}
	}
	var zone, mode, charset, collation string
	read := func() error {
		return d.w.NewRaw("SELECT @@time_zone, @@sql_mode, @@character_set_connection, @@collation_connection").Scan(t.Context(), &zone, &mode, &charset, &collation)
	}
	level := func(want string, q bun.IDB) error {
		var isolation string
		err := q.NewRaw("SELECT @@tx_isolation").Scan(t.Context(), &isolation)
		if isolation != want {
			t.Errorf("isolation %s, want %s", isolation, want)
		}
		return err
	}
	write := func() error {
		return d.write(t.Context(), func(_ context.Context, tx bun.Tx, _ bool) error { return level("READ-COMMITTED", tx) })
	}
	d.recycle()
	takes(2, "the first read", read)
	if zone != "+00:00" || !strings.Contains(mode, "STRICT_ALL_TABLES") || charset != "utf8mb4" || collation != "utf8mb4_unicode_ci" {
		t.Error(zone, mode, charset, collation)
	}
	takes(4, "the first write", write)
	takes(3, "the next write", write)
	d.recycle()
	takes(4, "a write outside a transaction, and what it left", func() error {
		if err := d.Present(t.Context(), time.Now(), 0); err != nil {
			return err
		}
		return level("READ-COMMITTED", d.w)
	})
	d.recycle()
	takes(5, "a reading of one instant", func() error {
		return d.read(t.Context(), func(_ context.Context, tx bun.Tx) error { return level("REPEATABLE-READ", tx) })
	})
	takes(4, "a write after it", write)
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want fault
	}{
		{nil, noFault},
		{errors.New("ours"), noFault},
		{app.ErrNoOrder, noFault},
		{&mysql.MySQLError{Number: 1213}, busy},
		{&mysql.MySQLError{Number: 1205}, busy},
		{&mysql.MySQLError{Number: 1020}, busy},
		{&mysql.MySQLError{Number: 1142}, refused},
		{&mysql.MySQLError{Number: 1044}, refused},
		{&mysql.MySQLError{Number: 1290}, refused},
		{&mysql.MySQLError{Number: 1226, Message: "User 'u' has exceeded the 'max_queries_per_hour' resource (current value: 1)"}, refused},
		{&mysql.MySQLError{Number: 1226, Message: "User 'u' has exceeded the 'max_user_connections' resource (current value: 15)"}, crowded},
		{&mysql.MySQLError{Number: 1203}, crowded},
		{&mysql.MySQLError{Number: 1040}, crowded},
		{&mysql.MySQLError{Number: 1114}, refused},
		{&mysql.MySQLError{Number: 1062}, duplicate},
		{&mysql.MySQLError{Number: 1064}, noFault},
		{mysql.ErrInvalidConn, lost},
		{io.ErrUnexpectedEOF, lost},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, lost},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, down},
		{t.Context().Err(), noFault},
	} {
		if got := classify(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
}

// TestBusySQLite holds the file's write lock from outside until the writer has given up waiting once.
func TestFileLock(t *testing.T) {
	url := "sqlite://" + dbtest.SQLite(t)
	r := newRig(t, url, 2)
	other, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.w.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = tx.Rollback() })
	r.place(basket(r.first().Slug, "regina", app.Medium, 1)) // waits, and is not refused
}
