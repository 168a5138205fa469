package main

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

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

// update releases the last version that did not have today's newest migrations, and then s, today's, beside it: the release phase runs
// under the old program's feet, both serve at once, and a rollback starts on the newer schema.
func (s slug) update(t *testing.T) {
	changed := git(t, "log", "-1", "--format=%H", "--", "db/migrations")
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
	old := older.web(env)

	// Today's program before its release phase: it refuses, says what to do, and changes nothing.
	next := heroku(t, data)
	early := newer.command("web", next)
	if out, err := early.CombinedOutput(); err == nil || !strings.Contains(string(out), "ocpizza migrate") {
		t.Errorf("on the schema of before: %v, %s", err, out)
	}
	serves := func(d *webProcess) {
		t.Helper()
		for _, path := range []string{"/", "/carte/perpignan", "/readyz"} {
			if status, body := d.get(path); status != http.StatusOK {
				t.Errorf("%s: %d %.200s", path, status, body)
			}
		}
	}
	serves(old)
	newer.run("release", next)
	serves(old)
	now := newer.web(next)
	serves(now)
	serves(old) // dynos overlap
	old.stop()
	now.stop()

	// Rollback: Heroku runs the older release phase, then the older program, on the newer schema.
	older.run("release", env)
	back := older.web(env)
	serves(back)
	back.stop()
}
