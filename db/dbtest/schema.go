package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// grants are what ClearDB gives on one's own schema; no SUPER, PROCESS, RELOAD,
// no other schema, no triggers or events.
const grants = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE TEMPORARY TABLES, " +
	"LOCK TABLES, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE"

// Schema creates an empty schema and an account that can reach nothing else,
// with 15 connections at most, and returns the URL in the form Heroku puts in
// CLEARDB_DATABASE_URL, password percent-encoded and useless parameter included:
//
//	mysql://b0c1d2e3f4a5b6:p%40ss…@127.0.0.1:23456/heroku_0c1d2e3f4a5b6c7?reconnect=true
//
// Both are dropped when the test ends, along with the connections it left open.
func (s *Server) Schema(t testing.TB) string {
	t.Helper()
	// 14 and 22 characters, as ClearDB's: MySQL 5.6 accepts 16 for an account.
	user, schema := "b"+random(13), "heroku_"+random(15)
	password := "p@ss:/?#%+" + random(4)
	s.must(t, fmt.Sprintf("CREATE DATABASE `%s`", schema))
	t.Cleanup(func() { s.drop(t, user, schema) })
	s.must(t, fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s' WITH MAX_USER_CONNECTIONS 15", user, password))
	s.must(t, fmt.Sprintf("GRANT %s ON %s TO '%s'@'%%'", grants, pattern(schema), user))
	return (&url.URL{
		Scheme: "mysql", User: url.UserPassword(user, password), Host: s.Addr(), Path: "/" + schema, RawQuery: "reconnect=true",
	}).String()
}

// RevokeWrites does to the account of a Schema URL what ClearDB does over the
// storage quota: INSERT and UPDATE answer error 1142, everything else works.
//
// MariaDB reads a schema's privileges when a connection chooses the schema: an
// open connection keeps what it had. The account's connections are therefore cut,
// so that the refusal is there when RevokeWrites returns.
func (s *Server) RevokeWrites(t testing.TB, rawURL string) {
	t.Helper()
	user, schema := account(t, rawURL)
	s.must(t, fmt.Sprintf("REVOKE INSERT, UPDATE ON %s FROM '%s'@'%%'", pattern(schema), user))
	s.must(t, fmt.Sprintf("KILL HARD CONNECTION USER '%s'", user))
}

// GrantWrites undoes RevokeWrites for new connections. Those opened in between
// stay refused, for the same reason: the application must recycle them itself.
func (s *Server) GrantWrites(t testing.TB, rawURL string) {
	t.Helper()
	user, schema := account(t, rawURL)
	s.must(t, fmt.Sprintf("GRANT INSERT, UPDATE ON %s TO '%s'@'%%'", pattern(schema), user))
}

// LimitQueries gives the account of a Schema URL so many statements an hour,
// counted from now; past them statements and new connections answer error 1226.
// 0 lifts the limit.
func (s *Server) LimitQueries(t testing.TB, rawURL string, perHour int) {
	t.Helper()
	user, _ := account(t, rawURL)
	s.must(t, fmt.Sprintf("ALTER USER '%s'@'%%' WITH MAX_QUERIES_PER_HOUR %d", user, perHour))
	// FLUSH USER_RESOURCES would start the count again but leave open connections with the limit they knew.
	s.must(t, "FLUSH PRIVILEGES")
}

// ReadOnly makes a server of the test's own refuse writes with error 1290, as one does that was set back to a replica, or take them again.
func (s *Server) ReadOnly(t testing.TB, on bool) {
	t.Helper()
	if !s.private {
		t.Fatal("dbtest: the shared server is everyone's; take dbtest.Private")
	}
	s.must(t, fmt.Sprintf("SET GLOBAL read_only = %t", on))
}

// Mirror makes the schema of a Schema URL of another server's, its account and its rows as they are now, and returns where: the server
// that an address leads to after a failover. mariadb-dump copies; nothing may be written meanwhile.
func (s *Server) Mirror(t testing.TB, other *Server, rawURL string) string {
	t.Helper()
	if _, err := exec.LookPath("mariadb-dump"); err != nil {
		if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
			t.Fatal("mariadb-dump is missing: apt-get install mariadb-client")
		}
		t.Skip("*** SKIPPED: mariadb-dump is missing: apt-get install mariadb-client")
	}
	user, schema := account(t, rawURL)
	for _, show := range []string{"SHOW CREATE USER '%s'@'%%'", "SHOW GRANTS FOR '%s'@'%%'"} {
		rows, err := other.root.QueryContext(t.Context(), fmt.Sprintf(show, user))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var statement string
			if err := rows.Scan(&statement); err != nil {
				t.Fatal(err)
			}
			s.must(t, statement)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	dump := exec.CommandContext(t.Context(), "mariadb-dump", "--no-defaults", "--user=root", "--socket="+other.socket(), "--databases", schema)
	load := exec.CommandContext(t.Context(), "mariadb", "--no-defaults", "--user=root", "--socket="+s.socket())
	var err error
	if load.Stdin, err = dump.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := dump.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("mariadb: %v: %s", err, out)
	}
	if err := dump.Wait(); err != nil {
		t.Fatalf("mariadb-dump: %v", err)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = s.Addr()
	return u.String()
}

// Occupy holds so many connections of the account of a Schema URL, until left: a person's client, a tool that runs amok. Those that the
// account has already are ended, so that they do not count; on a server of the test's own, everybody's.
func (s *Server) Occupy(t testing.TB, rawURL string, connections int) (leave func()) {
	t.Helper()
	pool := s.pool(t, rawURL)
	pool.SetMaxIdleConns(connections)
	user, _ := account(t, rawURL)
	held := map[int64]*sql.Conn{}
	for deadline := time.Now().Add(30 * time.Second); len(held) < connections; {
		if time.Now().After(deadline) {
			t.Fatalf("dbtest: %d of %d connections", len(held), connections)
		}
		if c, err := pool.Conn(t.Context()); err == nil {
			var id int64
			if err := c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err == nil {
				held[id] = c
				continue
			}
			_ = c.Close()
		}
		s.evict(t, user, held)
	}
	s.evict(t, user, held)
	return func() {
		for _, c := range held {
			_ = c.Close()
		}
		_ = pool.Close()
	}
}

// evict ends an account's connections, or everybody's on a server of the test's own, but for those held.
func (s *Server) evict(t testing.TB, user string, held map[int64]*sql.Conn) {
	t.Helper()
	rows, err := s.root.QueryContext(t.Context(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ? OR ? AND USER NOT IN ('root', 'system user')", user, s.private)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		if held[id] == nil {
			ids = append(ids, id)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		_, _ = s.root.ExecContext(t.Context(), fmt.Sprintf("KILL HARD CONNECTION %d", id)) // it may have left by itself
	}
}

// pool connects as the account of a Schema URL.
func (s *Server) pool(t testing.TB, rawURL string) *sql.DB {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = u.User.Username(), "tcp", s.Addr()
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.TrimPrefix(u.Path, "/")
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(connector)
}

// drop removes a schema and its account: the account first, so that no pool
// comes back, then its connections, which could hold locks, then the schema.
func (s *Server) drop(t testing.TB, user, schema string) {
	t.Helper()
	if !s.up() {
		return // the whole server goes with the test that stopped it
	}
	s.must(t, fmt.Sprintf("DROP USER IF EXISTS '%s'@'%%'", user))
	s.must(t, fmt.Sprintf("KILL HARD CONNECTION USER '%s'", user))
	s.must(t, fmt.Sprintf("DROP DATABASE IF EXISTS `%s`", schema))
}

// must runs an administrator's statement. Errorf rather than Fatalf: fault tests
// call from goroutines and Cleanup, where Fatalf is not allowed.
func (s *Server) must(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := s.root.ExecContext(ctx, statement); err != nil {
		t.Errorf("dbtest: %s: %v", statement, err)
	}
}

// account is who a Schema URL belongs to.
func account(t testing.TB, rawURL string) (user, schema string) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "mysql" {
		t.Errorf("dbtest: not a URL that Schema gave: %v", err)
		return "", ""
	}
	return u.User.Username(), strings.TrimPrefix(u.Path, "/")
}

// pattern is all of a schema in GRANT and REVOKE, where « _ » alone stands for any character.
func pattern(schema string) string {
	return "`" + strings.ReplaceAll(schema, "_", `\_`) + "`.*"
}

// random is n hexadecimal digits.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)[:n]
}
