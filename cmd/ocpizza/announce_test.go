package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// quiet serves a database on an evening so quiet that nothing is compared by its pace: what a command saves is seen because it tells, or not
// at all.
func quiet(t *testing.T, dbURL string) *evening {
	t.Helper()
	return serveWith(t, dbURL, discard(), func(c *config) { c.IdleCompare = time.Hour })
}

// soon is how long what a command does to sessions may take: rule 23 of the design.
const soon = 5 * time.Second

// TestRevokedFromTheCommandLine: an account that is closed and a screen that is removed by a command lose their sockets and their sessions,
// those that the server remembers included, though it is alone, without Redis, and has nothing to do.
func TestRevokedFromTheCommandLine(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := quiet(t, dbURL)
		tv, cook, idle, other := e.visitor(), e.as("cuisine"), e.as("livreur"), e.as("caisse")
		code := tv.code()
		if _, _, err := e.command(dbURL, "device", "pair", code, "--pizzeria", "perpignan", "--name", "Mur"); err != nil {
			t.Fatal(err)
		}
		tv.get("/ecran").want(http.StatusSeeOther)
		shops, err := e.db.Pizzerias(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		devices, err := e.db.Devices(t.Context(), shops[0].ID)
		if err != nil || len(devices) != 1 {
			t.Fatal(devices, err)
		}
		wall, kitchen, till := tv.watch("/live/cuisine"), cook.watch("/live/cuisine"), other.watch("/live/caisse")
		for who, path := range map[*person]string{tv: "/cuisine", cook: "/cuisine", idle: "/livraisons"} {
			who.getJSON(path).want(http.StatusOK) // and remembered
		}
		gone := func(says string, args ...string) time.Time {
			t.Helper()
			start := time.Now()
			if _, progress, err := e.command(dbURL, args...); err != nil || !strings.Contains(progress, says) {
				t.Fatalf("%v: %v, %s", args, err, progress)
			}
			return start
		}
		ends := func(start time.Time, p *person, path string, s *screen) {
			t.Helper()
			if s != nil {
				if code := s.closed(); code != 4001 {
					t.Errorf("%s: closed with %d, want 4001", s.name, code)
				}
			}
			for p.getJSON(path).StatusCode == http.StatusOK && time.Since(start) < patience {
				time.Sleep(5 * time.Millisecond)
			}
			p.getJSON(path).want(http.StatusUnauthorized)
			if took := time.Since(start); took > soon {
				t.Errorf("%s: that took %v", path, took)
			}
		}
		ends(gone("finies", "user", "disable", "cuisine"), cook, "/cuisine", kitchen)
		ends(gone("finies", "user", "disable", "livreur"), idle, "/livraisons", nil)
		ends(gone("plus rien", "device", "revoke", fmt.Sprint(devices[0].ID), "--pizzeria", "perpignan"), tv, "/cuisine", wall)
		other.getJSON("/caisse").want(http.StatusOK)
		if _, err := till.read(100 * time.Millisecond); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("somebody else's socket: %v", err)
		}

		// Where nobody can be told, the person knows.
		if _, progress, err := command(t, dbURL, "http://127.0.0.1:1", "", "user", "disable", "caisse"); err != nil || !strings.Contains(progress, "moins d’une minute") {
			t.Errorf("%v: %s", err, progress)
		}
	})
}

// TestRestoreOfOtherShops restores, beneath a server that is open and quiet, a database whose shops have other numbers. Screens come back,
// and find the shops that there are.
func TestRestoreOfOtherShops(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		elsewhere, file := "sqlite://"+dbtest.SQLite(t), filepath.Join(t.TempDir(), "other.sql.gz")
		s := newShell(t, elsewhere)
		s.run("migrate")
		shiftShops(t, elsewhere)
		s.run("seed", "--demo")
		s.run("backup", "--to", file)

		e := quiet(t, dbURL)
		client, cook := e.visitor(), e.as("cuisine")
		numbers := func() (ids []int64) {
			t.Helper()
			shops, err := e.prog.boards.Pizzerias(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range shops {
				ids = append(ids, p.ID)
			}
			return ids
		}
		before := numbers()
		screens := []*screen{client.watch("/live/carte/perpignan"), client.watch("/live/carte/canet"), cook.watch("/live/cuisine")}
		start := time.Now()
		if _, progress, err := e.command(dbURL, "restore", file, "--replace"); err != nil || !strings.Contains(progress, "remettent à jour") {
			t.Fatalf("%v: %s", err, progress)
		}
		for _, s := range screens {
			for open := true; open; {
				_, err := s.read(time.Until(start.Add(patience)))
				open = err == nil
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("%s is still open", s.name)
				}
			}
		}
		t.Logf("screens sent back %v after the restore began", time.Since(start).Round(time.Millisecond))
		if after := numbers(); len(after) != len(before) || after[0] == before[0] {
			t.Fatalf("shops %v before and %v after: the test restores nothing", before, after)
		}
		client.get("/").want(http.StatusOK)
		client.get("/carte/perpignan").want(http.StatusOK)
		client.watch("/live/carte/canet")
		again := e.as("cuisine")
		wall := again.watch("/live/cuisine")
		o := client.place(order("regina:medium:1"), "after")
		wall.sees(fmt.Sprintf(`id="ticket-%d"`, o.ID))
	})
}

// shiftShops has an empty SQLite database begin its shops at another number.
func shiftShops(t *testing.T, dbURL string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: dbURL})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Bun().ExecContext(t.Context(), "INSERT INTO sqlite_sequence (name, seq) VALUES ('pizzerias', 900)"); err != nil {
		t.Fatal(err)
	}
}
