package main

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// git answers one question about the history.
func git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", "../.."}, args...)...).Output()
	if err != nil {
		t.Skipf("no history to look at: git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// update releases the last version that did not have today's newest migrations, and then s, today's, beside it: on the older schema before
// the release phase, under each other's feet while both serve, and back again.
func (s slug) update(t *testing.T) {
	changed := git(t, "log", "-1", "--first-parent", "--format=%H", "--", "db/migrations")
	if changed == "" || git(t, "rev-list", "--count", changed) == "1" {
		t.Skip("the history has one version of the schema: there is nothing to update from yet")
	}
	before := git(t, "rev-parse", changed+"^")
	if git(t, "ls-tree", before, "--", "cmd/ocpizza/main.go") == "" || git(t, "ls-tree", before, "--", "db/migrations/mysql/") == "" {
		t.Skipf("the version before the last change of the schema (%.10s) was no program yet: there is nothing to update from", before)
	}
	server := dbtest.MariaDB(t)
	older := release(t, before)
	newer := slug{t: t, dir: s.dir}

	data := server.Schema(t)
	env := heroku(t, data)
	older.run("release", env)
	older.run("run", env, "seed")
	u := &overlap{t: t, d: alwaysOpen(t, data)}
	old := older.web(env)
	u.serve(old)

	// Today's program before its release phase.
	next := heroku(t, data)
	var early *webProcess
	if _, err := u.d.CheckServable(t.Context()); err == nil {
		early = newer.web(next)
		u.serve(old, early)
	} else if out, err := newer.command("web", next).CombinedOutput(); err == nil || !strings.Contains(string(out), "ocpizza migrate") {
		t.Errorf("on a schema that is too old: %v, %s", err, out)
	}

	if out := newer.run("release", next); strings.Contains(out, "(0 migration") {
		t.Error("the release phase had nothing to do:", out)
	}
	u.serve(old)
	if early != nil {
		u.serve(old, early)
		early.stop()
	}
	now := newer.web(heroku(t, data))
	u.serve(old, now) // dynos overlap
	old.stop()
	u.serve(now)

	// Rollback: Heroku runs the older release phase, then the older program, on the newer schema, beside what it replaces.
	older.run("release", env)
	back := older.web(env)
	u.serve(now, back)
	now.stop()
	u.serve(back)
	back.stop()
	newer.run("run", next, "till", "verify")
}

// alwaysOpen opens the shops of a database at any hour.
func alwaysOpen(t *testing.T, databaseURL string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: databaseURL, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Bun().ExecContext(t.Context(), "UPDATE pizzerias SET always_open = 1"); err != nil {
		t.Fatal(err)
	}
	return d
}

// overlap is a database that programs of two releases serve.
type overlap struct {
	t       *testing.T
	d       *db.DB
	tracked []string // of every order so far
}

// serve places an order through each of the programs that run, and sees that each of them shows all the orders so far, and the same menu.
func (u *overlap) serve(all ...*webProcess) {
	u.t.Helper()
	for _, p := range all {
		var placed placed
		status, body := p.ask(http.MethodPost, "/commandes", "application/json", strings.NewReader(order("cola-33:single:1").Encode()))
		if status != http.StatusCreated || json.Unmarshal([]byte(body), &placed) != nil {
			u.t.Fatalf("an order: %d %.300s", status, body)
		}
		u.tracked = append(u.tracked, placed.Suivi)
	}
	var left int // by a question that any release may be asked: today's cannot load the boards of a schema that it cannot serve
	if err := u.d.Bun().QueryRowContext(u.t.Context(), "SELECT l.on_hand - l.reserved FROM stock_levels l JOIN ingredients g ON g.id = l.ingredient_id"+
		" JOIN pizzerias p ON p.id = l.pizzeria_id WHERE g.slug = 'cola' AND p.slug = 'perpignan'").Scan(&left); err != nil {
		u.t.Fatal(err)
	}
	left = min(left, app.MaxLeft)
	for _, p := range all {
		for _, path := range append([]string{"/", "/carte/perpignan", "/readyz"}, u.tracked...) {
			if status, body := p.get(path); status != http.StatusOK {
				u.t.Errorf("%s: %d %.200s", path, status, body)
			}
		}
		for deadline := time.Now().Add(patience); p.left("cola-33") != left; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				u.t.Fatalf("the menu says that %d colas are left, of %d", p.left("cola-33"), left)
			}
		}
	}
}

// left is how many of a product the menu says there still are; -1 when it does not.
func (d *webProcess) left(product string) int {
	var menu struct {
		Produits []struct {
			Slug    string
			Tailles []struct{ Reste int }
		}
	}
	_, body := d.ask(http.MethodGet, "/carte/perpignan", "application/json", http.NoBody)
	if err := json.Unmarshal([]byte(body), &menu); err != nil {
		return -1
	}
	for _, p := range menu.Produits {
		if p.Slug == product && len(p.Tailles) > 0 {
			return p.Tailles[0].Reste
		}
	}
	return -1
}
