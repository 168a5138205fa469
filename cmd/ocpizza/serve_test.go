package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// output is written by the program while the test reads it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// serving runs « ocpizza serve » until the test ends, and returns its address and what it says on standard error.
func serving(t *testing.T, env map[string]string) (at string, complaints *output) {
	t.Helper()
	memory := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(memory) })
	env["PORT"] = "0"
	if env["OCPIZZA_SQLITE"] == "" {
		env["OCPIZZA_SECRET"] = strings.Repeat("s", minSecret)
	}
	ctx, stop := context.WithCancel(context.Background())
	var out output
	complaints = &output{}
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"serve"}, func(name string) string { return env[name] }, &out, complaints)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if m := regexp.MustCompile(`en service : (http://\S+)`).FindStringSubmatch(out.String()); m != nil {
			return m[1], complaints
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("it does not serve: %v", err)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("it does not serve: %s", complaints)
		}
	}
}

// TestServeSettings: how many connections it takes, and how much memory it keeps to.
func TestServeSettings(t *testing.T) {
	if testing.Short() {
		t.Skip("stops in waves")
	}
	databaseURL := dbtest.MariaDB(t).Schema(t)
	fill(t, databaseURL)
	before := debug.SetMemoryLimit(-1)
	for _, c := range []struct {
		env    map[string]string
		conns  string
		memory int64
	}{
		{map[string]string{"OCPIZZA_MEMORY_MB": "1000", "GOMEMLIMIT": "123MiB"}, "4", before}, // Go has read it by itself
		{map[string]string{"OCPIZZA_MEMORY_MB": "1000", "OCPIZZA_DB_CONNECTIONS": "7"}, "7", 800 << 20},
	} {
		c.env["CLEARDB_DATABASE_URL"] = databaseURL
		at, _ := serving(t, c.env)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !regexp.MustCompile(`(?m)^go_sql_max_open_connections\{.*\} `+c.conns+`$`).Match(text) {
			t.Errorf("want %s connections: %v\n%.2000s", c.conns, err, text)
		}
		if limit := debug.SetMemoryLimit(-1); limit != c.memory {
			t.Errorf("%v: keeps to %d MiB, want %d", c.env, limit>>20, c.memory>>20)
		}
	}
	for _, bad := range []string{"0", "-1", "4.5", "quatre", "1000"} {
		s := newShell(t, databaseURL)
		s.env["OCPIZZA_DB_CONNECTIONS"] = bad
		s.complains("OCPIZZA_DB_CONNECTIONS=\""+bad+"\" n’est pas un nombre de connexions : donnez un entier entre 1 et 200, par exemple 4", "serve")
	}
}

// TestMemoryLimit is that of the place, where it is known.
func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	limitMemory("", config{Watch: watchOptions{Memory: 512 << 20}})
	if limit := debug.SetMemoryLimit(-1) >> 20; limit != 409 {
		t.Errorf("of 512 MB: %d MiB", limit)
	}
	limitMemory("300MiB", config{Watch: watchOptions{Memory: 1 << 30}})
	if limit := debug.SetMemoryLimit(-1) >> 20; limit != 409 {
		t.Errorf("although GOMEMLIMIT is set: %d MiB", limit)
	}
}

// TestServesWithoutMail: half of what e-mail alerts take keeps no pizza from being sold. It is said, in a line.
func TestServesWithoutMail(t *testing.T) {
	if testing.Short() {
		t.Skip("stops in waves")
	}
	for missing, env := range map[string]map[string]string{
		"OCPIZZA_SMTP_URL":    {"OCPIZZA_ALERT_EMAIL": "chef@exemple.fr"},
		"OCPIZZA_ALERT_EMAIL": {"OCPIZZA_SMTP_URL": "smtp://u:s3cret@127.0.0.1:1"},
	} {
		env["OCPIZZA_SQLITE"] = dbtest.SQLite(t)
		_, complaints := serving(t, env)
		lines := strings.Split(complaints.String(), "\n")
		if !strings.HasPrefix(lines[0], "ocpizza: attention : aucune alerte ne partira par courriel") || !strings.Contains(lines[0], missing+" manque") ||
			strings.Contains(complaints.String(), "s3cret") {
			t.Errorf("%s", complaints)
		}
	}
}
