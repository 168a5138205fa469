package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

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
		code := pairingCode(t, tv)
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
