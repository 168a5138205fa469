package main

import (
	"bytes"
	"fmt"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// notForOperators are the words of the drivers, and those that customers are told.
var notForOperators = regexp.MustCompile(`(?i)\b(error|errors|denied|user|lookup|dial|connection|migrations|goose|no such|has exceeded|resource|` +
	`nos serveurs|appelez|commandes en ligne)\b`)

// complains checks that a command fails with one French line for an operator: which says something, and neither the account, the password
// nor the port of the database's URL.
func (s *shell) complains(says string, args ...string) {
	s.t.Helper()
	var out, complaint bytes.Buffer
	status := exitStatus(run(s.t.Context(), args, func(name string) string { return s.env[name] }, &out, &complaint), &complaint)
	line := complaint.String()
	if status != 1 || out.Len() != 0 || strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "ocpizza: ") || !strings.Contains(line, says) {
		s.t.Errorf("%v: status %d, %q, want a line with %q: %q", args, status, &out, says, line)
	}
	if word := notForOperators.FindString(line); word != "" {
		s.t.Errorf("%v: %q in %q", args, word, line)
	}
	u, err := url.Parse(s.env["CLEARDB_DATABASE_URL"])
	if err != nil {
		s.t.Fatal(err)
	}
	secrets := []string{s.env["OCPIZZA_SECRET"]}
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.User.Username(), password, url.QueryEscape(password), u.Host, ":"+u.Port())
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(line, secret) {
			s.t.Errorf("%v prints %q: %q", args, secret, line)
		}
	}
}

// TestOperatorErrors has every command meet every way in which a database refuses.
func TestOperatorErrors(t *testing.T) {
	server := dbtest.MariaDB(t)
	var printed output // by libraries, beside the program's own words
	log.SetOutput(&printed)
	defer func() {
		log.SetOutput(os.Stderr)
		if printed.String() != "" {
			t.Errorf("a library prints: %s", &printed)
		}
	}()
	good := filepath.Join(t.TempDir(), "good.sql.gz")
	seeded(t, "sqlite://"+dbtest.SQLite(t)).run("backup", "--to", good)
	commands := [][]string{
		{"migrate"}, {"migrate", "--status"}, {"seed"}, {"serve"}, {"user", "list"}, {"user", "disable", "zoe"}, {"device", "list", "--pizzeria", "perpignan"},
		{"device", "revoke", "1", "--pizzeria", "perpignan"}, {"device", "pair", "ABCD", "--pizzeria", "perpignan"}, {"maintenance", "status"},
		{"maintenance", "on"}, {"till", "verify"}, {"till", "close"}, {"till", "export"}, {"backup", "--to", filepath.Join(t.TempDir(), "x.sql.gz")},
		{"restore", good, "--replace"},
	}
	rights := func(t *testing.T, databaseURL, revoked string) string {
		t.Helper()
		u, err := url.Parse(databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		schema := strings.ReplaceAll(strings.TrimPrefix(u.Path, "/"), "_", `\_`)
		if _, err := server.Root().ExecContext(t.Context(), fmt.Sprintf("REVOKE %s ON `%s`.* FROM '%s'@'%%'", revoked, schema, u.User.Username())); err != nil {
			t.Fatal(err)
		}
		return databaseURL
	}
	with := func(databaseURL string, change func(*url.URL)) string {
		u, err := url.Parse(databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for name, fault := range map[string]struct {
		says  string
		spoil func(t *testing.T, databaseURL string) string
	}{
		"no rights but to delete": {"droit", func(t *testing.T, u string) string {
			return rights(t, u, "SELECT, INSERT, UPDATE, CREATE, ALTER, DROP")
		}},
		"no rights at all":      {"la base nommée", func(t *testing.T, u string) string { return rights(t, u, "ALL PRIVILEGES") }},
		"over the hourly quota": {"quota horaire", func(t *testing.T, u string) string { server.LimitQueries(t, u, 1); return u }},
		"no connection left":    {"connexions", func(t *testing.T, u string) string { t.Cleanup(server.Occupy(t, u, 15)); return u }},
		"wrong password": {"mot de passe", func(_ *testing.T, u string) string {
			return with(u, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "faux:/zzz") })
		}},
		"unknown host":  {"introuvable", func(_ *testing.T, u string) string { return with(u, func(u *url.URL) { u.Host = "zzz.invalid:3306" }) }},
		"server down":   {"rien ne répond", func(_ *testing.T, u string) string { return with(u, func(u *url.URL) { u.Host = "127.0.0.1:1" }) }},
		"no encryption": {"tls=", func(_ *testing.T, u string) string { return with(u, func(u *url.URL) { u.RawQuery = "tls=true" }) }},
	} {
		t.Run(name, func(t *testing.T) {
			databaseURL := server.Schema(t)
			fill(t, databaseURL)
			s := newShell(t, fault.spoil(t, databaseURL))
			s.env["PORT"] = "0"
			for _, args := range commands {
				s.complains(fault.says, args...)
			}
		})
	}
	t.Run("over the hourly quota at each statement", func(t *testing.T) {
		databaseURL := server.Schema(t)
		fill(t, databaseURL)
		s := newShell(t, databaseURL)
		for statements := 1; statements <= 4; statements++ {
			server.LimitQueries(t, databaseURL, statements)
			s.complains("quota horaire", "user", "list")
		}
	})
	t.Run("no right to create", func(t *testing.T) {
		s := newShell(t, rights(t, server.Schema(t), "CREATE"))
		for _, args := range [][]string{{"migrate"}, {"restore", good}} {
			s.complains("le droit CREATE", args...)
		}
	})
	t.Run("a migration without its right", func(t *testing.T) {
		databaseURL := server.Schema(t)
		s := newShell(t, databaseURL)
		s.run("migrate")
		for _, q := range []string{"DROP TABLE till_closings", "DELETE FROM goose_db_version WHERE version_id >= 25"} {
			if _, err := server.Root().ExecContext(t.Context(), inSchema(t, databaseURL, q)); err != nil {
				t.Fatal(err)
			}
		}
		rights(t, databaseURL, "CREATE")
		s.complains("la migration 00025_till_closings.sql n’a pas pu être appliquée : ce compte n’a pas le droit CREATE", "migrate")
	})
	t.Run("over the storage quota", func(t *testing.T) {
		databaseURL := server.Schema(t)
		fill(t, databaseURL)
		server.RevokeWrites(t, databaseURL)
		s := newShell(t, databaseURL)
		for _, args := range [][]string{{"user", "disable", "caisse"}, {"maintenance", "on"}, {"restore", good, "--replace"}} {
			s.complains("quota de stockage", args...)
		}
		for _, args := range [][]string{
			{"migrate"}, {"user", "list"}, {"device", "list", "--pizzeria", "perpignan"}, {"maintenance", "status"}, {"till", "verify"},
		} {
			s.run(args...) // what reads works
		}
		var out, notes bytes.Buffer
		if err := run(t.Context(), []string{"backup", "--to", filepath.Join(t.TempDir(), "x.sql.gz")}, func(name string) string { return s.env[name] }, &out, &notes); err != nil {
			t.Fatal(err)
		}
		if line := notes.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, "quota de stockage") || notForOperators.MatchString(line) {
			t.Errorf("a backup whose date cannot be kept: %q", line)
		}
		s.env["OCPIZZA_LOG"] = "debug"
		notes.Reset()
		if err := run(t.Context(), []string{"maintenance", "off"}, func(name string) string { return s.env[name] }, &out, &notes); err == nil || !strings.Contains(notes.String(), "1142") {
			t.Errorf("whoever asks for the details gets %q, %v", &notes, err)
		}
	})
}

// inSchema writes the schema of a URL before the one table that a statement names.
func inSchema(t *testing.T, databaseURL, statement string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(FROM|TABLE) `).ReplaceAllString(statement, "${1} `"+strings.TrimPrefix(u.Path, "/")+"`.")
}

// TestOperatorErrorsOfFiles is the same of the embedded database.
func TestOperatorErrorsOfFiles(t *testing.T) {
	dir := t.TempDir()
	noise := filepath.Join(dir, "photo.jpg")
	if err := os.WriteFile(noise, bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	newShell(t, "sqlite://"+filepath.Join(dir, "nowhere", "x.db")).complains("ne peut pas être ouvert", "migrate")
	for _, args := range [][]string{{"migrate"}, {"user", "list"}, {"till", "verify"}, {"backup", "--to", filepath.Join(dir, "x.sql.gz")}, {"serve"}} {
		newShell(t, "sqlite://"+noise).complains("n’est pas une base SQLite", args...)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"user", "list"}, {"seed"}, {"maintenance", "status"}, {"till", "close"}, {"device", "list", "--pizzeria", "x"}} {
		newShell(t, "sqlite://"+empty).complains("ocpizza migrate", args...)
	}
}
