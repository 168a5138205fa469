package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/app/web"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/realtime/redistest"
)

// command runs one of the program's commands as another process would: with its own connection to the same database.
func (e *evening) command(dbURL string, args ...string) (out, progress string, err error) {
	return command(e.t, dbURL, e.url, "", args...)
}

func command(t *testing.T, dbURL, origin, redis string, args ...string) (out, progress string, err error) {
	out, progress, _, err = announcing(t, dbURL, origin, redis, args...)
	return out, progress, err
}

// announcing is command, with when it began to say what it had done: the servers are told next.
func announcing(t *testing.T, dbURL, origin, redis string, args ...string) (out, progress string, said time.Time, err error) {
	env := map[string]string{"OCPIZZA_SECRET": strings.Repeat("s", minSecret), "OCPIZZA_ORIGIN": origin, "REDIS_URL": redis}
	if path, ok := strings.CutPrefix(dbURL, "sqlite://"); ok {
		env["OCPIZZA_SQLITE"] = path
	} else {
		env["CLEARDB_DATABASE_URL"] = dbURL
	}
	var o stamped
	var p bytes.Buffer
	err = run(t.Context(), args, func(name string) string { return env[name] }, &o, &p)
	return o.String(), p.String(), o.begun, err
}

// stamped remembers when something was written first.
type stamped struct {
	bytes.Buffer
	begun time.Time
}

func (s *stamped) Write(p []byte) (int, error) {
	if s.begun.IsZero() {
		s.begun = time.Now()
	}
	return s.Buffer.Write(p)
}

// atOnce is within what every open screen shows a maintenance, after its command announces it. A second is what is promised, and a tenth of that is
// usual; with the race detector, on a machine that others use too, the drawing of all pages takes several times as long.
const atOnce = 2 * time.Second

// TestMaintenance begins and ends a maintenance from another process, with every screen open.
func TestMaintenance(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook, courier, cashier, manager := e.visitor(), e.as("cuisine"), e.as("livreur"), e.as("caisse"), e.as("responsable")
		o := client.place(order("margherita:large:1"), "before")
		screens := map[string]*screen{
			"menu": client.watch("/live/carte/perpignan"), "tracking": client.watch("/live" + o.Suivi), "kitchen": cook.watch("/live/cuisine"),
			"courier": courier.watch("/live/livraisons"), "till": cashier.watch("/live/caisse"), "dashboard": manager.watch("/live/pilotage"),
			"stock": manager.watch("/live/pilotage?vue=stocks"), "another shop": e.as("directeur").watch("/live/pilotage?pizzeria=canet"),
		}
		var said time.Time
		everywhere := func(texts ...string) {
			t.Helper()
			for _, s := range screens {
				s.sees(append(texts, `id="maintenance"`)...)
			}
			took := time.Since(said)
			t.Logf("on %d screens %v after the command announced it", len(screens), took.Round(time.Millisecond))
			if took > atOnce {
				t.Errorf("that took %v", took)
			}
		}
		announces := func(args ...string) (out, progress string, err error) {
			out, progress, said, err = announcing(t, dbURL, e.url, "", append([]string{"maintenance"}, args...)...)
			return out, progress, err
		}

		out, progress, err := announces("on", "--message", "Nous réparons le four.", "--until", clockIn(t, 2*time.Hour))
		if err != nil || !strings.Contains(out, "En maintenance depuis") || !strings.Contains(progress, "déjà") {
			t.Fatalf("%v: %s%s", err, out, progress)
		}
		everywhere(`data-on="oui"`, "Nous réparons le four.", "Reprise prévue")

		for _, path := range []string{"/", "/carte/perpignan"} {
			r := client.get(path).want(http.StatusServiceUnavailable).says("Nous réparons le four.").says("Nous revenons vite")
			if n, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || n < 60 {
				t.Errorf("%s: Retry-After %q", path, r.Header.Get("Retry-After"))
			}
			if r := client.getJSON(path).want(http.StatusServiceUnavailable).says("unavailable"); r.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After in", path, "as JSON")
			}
		}
		closed := client.watch("/live/maintenance/perpignan")
		form := order("margherita:large:1")
		refused := client.post("/commandes", form, "Idempotency-Key", "during").want(http.StatusServiceUnavailable).says("suspendues")
		if refused.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		form.Set("_cle", "by a browser")
		client.post("/commandes", form, "Accept", "text/html").want(http.StatusServiceUnavailable).says("Ana Puig").says("3 rue de la Loge").says("suspendues")
		again := client.place(order("margherita:large:1"), "before")
		if again.Numero != o.Numero || again.Suivi != o.Suivi {
			t.Errorf("the order taken before, asked again: %+v", again)
		}
		counter := url.Values{"canal": {"counter"}, "mode": {"retrait"}, "paiement": {"especes"}, "ligne": {"regina:medium:1"}}
		cashier.post("/caisse/commandes", counter, "Idempotency-Key", "till").want(http.StatusServiceUnavailable)

		// What is in hand goes on.
		step := func(p *person, path string, form url.Values) {
			t.Helper()
			p.post(path, form).want(http.StatusOK)
		}
		step(cook, fmt.Sprintf("/cuisine/commandes/%d/preparing", o.ID), nil)
		screens["tracking"].sees(`data-status="preparing"`)
		step(cook, fmt.Sprintf("/cuisine/commandes/%d/ready", o.ID), nil)
		screens["courier"].sees(fmt.Sprintf(`id="drop-%d"`, o.ID), `data-status="ready"`)
		step(courier, fmt.Sprintf("/livraisons/commandes/%d/on_the_way", o.ID), nil)
		step(courier, fmt.Sprintf("/livraisons/commandes/%d/delivered", o.ID), url.Values{"paiement": {"carte"}})
		screens["tracking"].sees(`data-status="delivered"`)
		client.get(o.Suivi).want(http.StatusOK).says("Maintenance du site")
		cook.get("/cuisine").want(http.StatusOK).says("plus de nouvelles commandes")

		var status struct {
			Maintenance bool
			Message     string
		}
		if out, _, err = e.command(dbURL, "maintenance", "status", "--json"); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out), &status); err != nil || !status.Maintenance || status.Message != "Nous réparons le four." {
			t.Errorf("%v: %s", err, out)
		}
		if _, _, err := announces("on"); err != nil { // again, with other words
			t.Fatal(err)
		}
		everywhere("courte maintenance")

		if _, progress, err := announces("off"); err != nil || !strings.Contains(progress, "déjà") {
			t.Fatalf("%v: %s", err, progress)
		}
		everywhere(`data-on="non"`)
		closed.sees(`data-on="non"`)
		client.get("/").want(http.StatusOK)
		client.get("/carte/perpignan").want(http.StatusOK)
		client.place(order("margherita:large:1"), "during")
	})
}

// clockIn is a time of day in France some time from now.
func clockIn(t *testing.T, d time.Duration) string {
	t.Helper()
	return time.Now().Add(d).In(app.Paris).Format("15:04")
}

// TestMaintenanceOfCluster reaches every process by Redis: the public address, which leads to one of them at most, is not asked.
func TestMaintenanceOfCluster(t *testing.T) {
	dbURL, server := "sqlite://"+dbtest.SQLite(t), redistest.New(t)
	c := startCluster(t, dbURL, server.URL(), 2)
	var menus []*screen
	for _, node := range c.nodes {
		menus = append(menus, node.visitor().watch("/live/carte/perpignan"))
	}
	if _, progress, err := command(t, dbURL, "http://127.0.0.1:1", server.URL(), "maintenance", "on"); err != nil || !strings.Contains(progress, "déjà") {
		t.Fatalf("%v: %s", err, progress)
	}
	for _, m := range menus {
		m.sees(`id="maintenance"`, `data-on="oui"`)
	}
}

// TestMaintenanceWithoutServer is saved, and says that nobody could be told.
func TestMaintenanceWithoutServer(t *testing.T) {
	url := "sqlite://" + dbtest.SQLite(t)
	e := startEvening(t, url)
	e.stop()
	out, progress, err := e.command(url, "maintenance", "on")
	if err != nil || !strings.Contains(out, "En maintenance") || !strings.Contains(progress, "rien ne répond") || strings.Contains(progress, "ssss") {
		t.Errorf("%v: %s%s", err, out, progress)
	}
	e.serve("127.0.0.1:0")
	e.visitor().get("/").want(http.StatusServiceUnavailable).says("courte maintenance")
	for _, bad := range [][]string{{"on", "--until", "demain"}, {"on", "--until", "25:00"}, {"maybe"}} {
		if _, _, err := e.command(url, append([]string{"maintenance"}, bad...)...); !isUsage(err) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, _, err := e.command(url, "maintenance", "on", "--message", strings.Repeat("a", 200)); app.KindOf(err) != app.Invalid {
		t.Error(err)
	}
}

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}

// TestCompareIsSigned lets the holder of the secret ask a server to look at the database, and nobody else.
func TestCompareIsSigned(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	secret, now := []byte(strings.Repeat("s", minSecret)), time.Now()
	good := web.SignCompare(secret, now)
	for signature, want := range map[string]int{
		good: http.StatusNoContent,
		web.SignCompare(secret, now.Add(-50*time.Second)): http.StatusNoContent,
		web.SignCompare(secret, now.Add(-2*time.Minute)):  http.StatusForbidden,
		web.SignCompare(secret, now.Add(2*time.Minute)):   http.StatusForbidden,
		web.SignCompare([]byte("another"), now):           http.StatusForbidden,
		good + "0":                                        http.StatusForbidden,
		strings.Split(good, ".")[0]:                       http.StatusForbidden,
		"0" + good:                                        http.StatusForbidden,
		"":                                                http.StatusForbidden,
		"9223372036854775807.00":                          http.StatusForbidden,
		strings.Replace(good, ".", "-", 1):                http.StatusForbidden,
	} {
		e.visitor().post(web.ComparePath, nil, web.CompareHeader, signature).want(want)
	}
	e.visitor().post(web.ComparePath, nil, web.CompareHeader, good, "Origin", "https://elsewhere.example").want(http.StatusForbidden)
}

func TestReadUntil(t *testing.T) {
	now := time.Date(2026, 3, 28, 22, 0, 0, 0, app.Paris) // the clocks go forward in the night
	for text, want := range map[string]time.Time{
		"":                          {},
		"22:30":                     time.Date(2026, 3, 28, 22, 30, 0, 0, app.Paris),
		"22:00":                     time.Date(2026, 3, 29, 22, 0, 0, 0, app.Paris),
		"06:00":                     time.Date(2026, 3, 29, 4, 0, 0, 0, time.UTC),
		"2026-03-30T08:00:00+02:00": time.Date(2026, 3, 30, 6, 0, 0, 0, time.UTC),
	} {
		if got, err := readUntil(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// TestMaintenancePage holds all that it needs and knows where to go back to.
func TestMaintenancePage(t *testing.T) {
	var out bytes.Buffer
	env := func(name string) string { return map[string]string{"OCPIZZA_ORIGIN": "https://www.oc-pizza.fr"}[name] }
	if err := run(t.Context(), []string{"maintenance", "page", "--message", `Fini à 22 h <b>"`, "--phone", "04 65 71 20 30"}, env, &out, &out); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, want := range []string{"<!DOCTYPE html>", "Fini à 22 h &lt;b&gt;", `href="https://www.oc-pizza.fr/"`, "04 65 71 20 30", "brand.svg"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	for _, never := range []string{"<link", " src=", "@import", "ZgotmplZ"} {
		if strings.Contains(page, never) {
			t.Errorf("%q: the page must hold all that it needs, and be whole", never)
		}
	}
}
