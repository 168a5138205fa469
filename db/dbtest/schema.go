package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
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
