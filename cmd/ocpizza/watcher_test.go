package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws/wsutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/oc-pizza/ocpizza/cmd/ocpizza/watch"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/realtime"
)

// serveWith serves a seeded database with a configuration of the test's own.
func serveWith(t *testing.T, dbURL string, log *slog.Logger, change func(*config)) *evening {
	t.Helper()
	e := startEvening(t, dbURL)
	e.stop()
	e.prog, e.url = startWith(t, e.db, log, change)
	return e
}

// startWith starts a process on a database that is ready.
func startWith(t *testing.T, d *db.DB, log *slog.Logger, change func(*config)) (p *program, url string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config{Secret: []byte(strings.Repeat("s", minSecret))}
	change(&cfg)
	if p, err = startProgram(d, true, cfg, l, log); err != nil {
		t.Fatal(err)
	}
	return p, "http://" + l.Addr().String()
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestMetrics reads the figures of an evening: their names and units by the conventions of Prometheus, their values right, no SQL to read them.
func TestMetrics(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client := e.visitor()
	client.place(order("regina:medium:1"), "metrics-1")
	client.place(order("regina:medium:1"), "metrics-1") // a phone repeats
	bad := order("regina:medium:1")
	bad.Set("code_postal", "75001")
	client.post("/commandes", bad, "Idempotency-Key", "metrics-2").want(http.StatusUnprocessableEntity)
	client.get("/nowhere/at/all").want(http.StatusNotFound)
	menu := client.watch("/live/carte/perpignan")
	client.watch("/live/carte/perpignan")
	client.watch("/live/carte/canet")
	e.as("cuisine").watch("/live/cuisine")
	leave := func(s *screen) {
		t.Helper()
		if err := wsutil.WriteClientMessage(s.conn, 8, []byte{0x03, 0xe9}); err != nil { // 1001: the page is left
			t.Fatal(err)
		}
		s.closed()
	}
	leave(menu)
	leave(client.watch("/live/carte/saint-esteve"))

	before := e.db.Statements()
	read := time.Now()
	got := client.get("/metrics").want(http.StatusOK).body
	if n := e.db.Statements() - before; n != 0 {
		t.Errorf("a scrape took %d SQL statements", n)
	}
	for _, want := range []string{
		`ocpizza_orders_placed_total{channel="web"} 1`,
		`ocpizza_orders_refused_total{reason="invalid"} 1`,
		`ocpizza_http_requests_total{method="POST",route="/commandes",status="201"} 2`,
		`ocpizza_http_requests_total{method="POST",route="/commandes",status="422"} 1`,
		`ocpizza_http_requests_total{method="GET",route="none",status="404"} 1`,
		`ocpizza_http_request_duration_seconds_count{method="POST",route="/commandes"} 3`,
		`ocpizza_sockets{pizzeria="perpignan",screen="carte"} 1`, `ocpizza_sockets{pizzeria="canet",screen="carte"} 1`,
		`ocpizza_sockets{pizzeria="perpignan",screen="cuisine"} 1`, `ocpizza_sockets_behind{pizzeria="perpignan",screen="carte"} 0`,
		`ocpizza_sockets_lag_changes{pizzeria="perpignan",screen="cuisine"} 0`, `ocpizza_sockets_queue_bytes{pizzeria="canet",screen="carte"} 0`,
		`ocpizza_sockets_silence_seconds{pizzeria="canet",screen="carte"} `, `ocpizza_sockets{pizzeria="saint-esteve",screen="carte"} 0`,
		`ocpizza_socket_closes_total{code="1001",pizzeria="perpignan",reason="going away",screen="carte"} 1`,
		`ocpizza_socket_closes_total{code="1001",pizzeria="saint-esteve",reason="going away",screen="carte"} 1`,
		`ocpizza_db_health{state="ok"} 1`, `ocpizza_alert_level{name="memory"} 0`,
		"ocpizza_boards ", "ocpizza_db_statements_total ", "ocpizza_db_storage_bytes ", "ocpizza_build_info{", "go_sql_open_connections", "go_goroutines", "process_cpu_seconds_total",
	} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
	for shop, open := range map[string]bool{"perpignan": true, "canet": true, "saint-esteve": false} {
		seen := regexp.MustCompile(`\nocpizza_sockets_last_seen_timestamp_seconds{pizzeria="` + shop + `",screen="carte"} (\S+)\n`).FindStringSubmatch(got)
		if (seen != nil) != open {
			t.Errorf("last seen in %s: %v", shop, seen)
		} else if open {
			at, err := strconv.ParseFloat(seen[1], 64)
			if d := read.Sub(time.UnixMilli(int64(at * 1000))); err != nil || d.Abs() > time.Minute {
				t.Errorf("%s was seen last %v before it was read, %v", shop, d, err)
			}
		}
	}
	if strings.Contains(got, "/nowhere") || strings.Contains(got, "/suivi/") && !strings.Contains(got, "/suivi/:token") {
		t.Error("a path stands in a label")
	}
	problems, err := promlint.New(strings.NewReader(got)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetricsAreProtected(t *testing.T) {
	const token = "a-token-of-the-operator"
	e := serveWith(t, "sqlite://"+dbtest.SQLite(t), discard(), func(c *config) { c.MetricsToken = token })
	p := e.visitor()
	for _, c := range []struct {
		with   []string
		status int
	}{
		{nil, 401}, {[]string{"Authorization", token}, 401}, {[]string{"Authorization", "Bearer " + token + "x"}, 401},
		{[]string{"Authorization", "Basic " + token}, 401}, {[]string{"Authorization", "Bearer " + token}, 200},
	} {
		r := p.do("GET", "/metrics", nil, c.with...)
		if r.StatusCode != c.status || c.status == 401 && (r.Header.Get("WWW-Authenticate") == "" || strings.Contains(r.body, "go_")) {
			t.Errorf("%q: %d", c.with, r.StatusCode)
		}
	}
	open := startEvening(t, "sqlite://"+dbtest.SQLite(t)).visitor()
	open.get("/metrics").want(http.StatusOK)
	for _, header := range []string{"X-Forwarded-For", "Forwarded"} {
		// A router on this machine speaks for somebody elsewhere.
		open.do("GET", "/metrics", nil, header, "203.0.113.9").want(http.StatusNotFound)
	}
}

// figures reads frames, pings among them, until one draws the element with all the texts.
func (s *screen) figures(id string, texts ...string) string {
	s.t.Helper()
	var last string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		f, err := s.read(time.Until(end))
		if err != nil {
			s.t.Fatalf("%s waits for %q in #%s: %v; last: %.1500s", s.name, texts, id, err, last)
		}
		for _, o := range f.O {
			if o.To != id {
				continue
			}
			last = o.HTML
			all := true
			for _, text := range texts {
				all = all && strings.Contains(last, text)
			}
			if all {
				if f.K != "ping" || f.S != s.seq {
					s.t.Errorf("%s: figures came in a %s of %d, on a screen that shows %d", s.name, f.K, f.S, s.seq)
				}
				return last
			}
		}
	}
	s.t.Fatalf("%s waits for %q in #%s; last: %.1500s", s.name, texts, id, last)
	return ""
}

// TestCockpit watches the screens of a shop come and go from the manager's page, without an order and without SQL.
func TestCockpit(t *testing.T) {
	e := serveWith(t, "sqlite://"+dbtest.SQLite(t), discard(), func(c *config) { c.Watch.Every = time.Second })
	manager := e.as("responsable")
	manager.get("/pilotage").want(http.StatusOK).says(`data-kind="kitchen" data-count="0"`).says("Aucun écran connecté")
	board := manager.watch("/live/pilotage")
	wall := e.as("cuisine").watch("/live/cuisine")
	menu := e.visitor().watch("/live/carte/perpignan")
	elsewhere := e.visitor().watch("/live/carte/canet")
	before := e.db.Statements()
	board.figures("screens", `data-kind="kitchen" data-count="1" data-behind="0" data-lag="0" data-queued="0"`, `data-kind="menu" data-count="1"`, "À jour")
	if err := wsutil.WriteClientMessage(wall.conn, 8, []byte{0x03, 0xe9}); err != nil { // 1001: the page is left
		t.Fatal(err)
	}
	menu.conn.Close() // cut
	board.figures("screens", `data-kind="kitchen" data-count="0"`, `data-closes="1001:1"`, "page quittée\u00a01", `data-kind="menu" data-count="0"`, `data-closes="1006:1"`)
	elsewhere.conn.Close()
	time.Sleep(1200 * time.Millisecond) // the figures may be a second old
	board.figures("screens", `data-closes="1006:1"`)
	if n := e.db.Statements() - before; n != 0 {
		t.Errorf("the cockpit took %d SQL statements", n)
	}
	// News of the board still come, in their own sequence.
	e.visitor().place(order("regina:medium:1"), "cockpit-1")
	board.sees("Ana Puig")
	board.figures("alerts", "hidden")
}

// TestSupervision reads the page, then its live figures, and what an alarm does: the page, the banner, the log, the webhook.
func TestSupervision(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		told := make(chan watch.Message, 10)
		hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var m watch.Message
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
				t.Error(err)
			}
			told <- m
		}))
		defer hook.Close()
		log := &lines{}
		e := serveWith(t, dbURL, slog.New(slog.NewJSONHandler(log, nil)), func(c *config) {
			c.Watch.Every = time.Second
			c.Watch.Tell.Webhook = hook.URL
			c.Watch.Storage = 1 << 40
		})
		for login, status := range map[string]int{"cuisine": 403, "livreur": 403, "caisse": 403, "responsable": 200, "directeur": 200} {
			e.as(login).get("/pilotage/supervision").want(status)
		}
		manager := e.as("responsable")
		page := manager.get("/pilotage/supervision").says(`data-live="/live/pilotage?vue=supervision"`).says("Tout est normal.").says("Stockage de la base")
		for _, rule := range defaultRules() {
			if has := strings.Contains(page.body, `id="gauge-`+rule.Name+`"`); has != (rule.Name != ruleRedis) {
				t.Errorf("%s shown: %v", rule.Name, has)
			}
		}
		live := manager.watch("/live/pilotage?vue=supervision")
		board := manager.watch("/live/pilotage")
		live.figures("supervision", `data-state="ok"`)
		manager.get("/pilotage").want(http.StatusOK) // reads the week before, once a day
		before := e.db.Statements()

		w := e.prog.watcher
		now := time.Now()
		read := func(after time.Duration) { w.look(t.Context(), now.Add(after)) }
		stored := func(bytes int64) { // as if the database had said so
			w.mu.Lock()
			defer w.mu.Unlock()
			w.usage.Bytes = bytes
		}
		stored(90 << 40 / 100)
		read(time.Second)
		live.figures("supervision", `data-state="late"`, `id="gauge-storage" class="gauge" data-name="storage" data-tone-of="late"`, "Alarme", "Passez au plan supérieur")
		board.figures("alerts", "Stockage de la base", "Alarme")
		if m := <-told; m.Name != "storage" || m.Level != "alarm" || m.Value < 89 || m.Threshold != 85 {
			t.Errorf("%+v", m)
		}
		read(2 * time.Second) // once
		// A process that starts knows of it. It finds the storage well and says so; the first one need not say it again.
		d, err := db.Open(t.Context(), db.Options{URL: dbURL, Log: discard()})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		beside, _ := startWith(t, d, slog.New(slog.NewJSONHandler(log, nil)), func(c *config) {
			c.Watch.Every = time.Hour
			c.Watch.Tell.Webhook = hook.URL
			c.Watch.Storage = 1 << 40
		})
		select {
		case m := <-told:
			if m.Name != "storage" || m.Level != "ok" || m.Was != "alarm" {
				t.Errorf("%+v", m)
			}
		case <-time.After(10 * time.Second):
			t.Error("a process that starts does not tell that an alarm is over")
		}
		if err := beside.Stop(time.Second); err != nil {
			t.Error(err)
		}
		stored(1 << 20)
		read(3 * time.Second)
		live.figures("supervision", `data-state="ok"`)
		board.figures("alerts", "hidden")
		if len(told) != 0 || strings.Count(log.String(), `"msg":"alert"`) != 2 {
			t.Errorf("told more than begin and end:\n%s", log)
		}
		if n := e.db.Statements() - before; n != 4 { // two at each change of the storage's level, to tell it once
			t.Errorf("watching took %d SQL statements", n)
		}
	})
}

// TestStatementsOfAllProcesses: the quota is the account's. What the others say they sent counts, and one of them alone tells the alarm.
func TestStatementsOfAllProcesses(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		told := make(chan watch.Message, 10)
		hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var m watch.Message
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
				t.Error(err)
			}
			told <- m
		}))
		defer hook.Close()
		settings := func(c *config) {
			c.Watch.Every, c.Watch.Statements, c.Watch.Tell.Webhook = time.Hour, 20_000, hook.URL
		}
		e := serveWith(t, dbURL, discard(), settings)
		d, err := db.Open(t.Context(), db.Options{URL: dbURL, Log: discard()})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		second, _ := startWith(t, d, discard(), settings)
		defer func() {
			if err := second.Stop(0); err != nil {
				t.Error(err)
			}
		}()
		now := time.Now()
		if err := d.Present(t.Context(), now, 17_500); err != nil {
			t.Fatal(err)
		}
		w := e.prog.watcher
		for _, after := range []time.Duration{usageEvery, usageEvery + time.Minute} { // asks the database, and then is sure
			w.look(t.Context(), now.Add(after))
		}
		if level := w.latest().levels[ruleStatements]; level != watch.Alarm {
			t.Errorf("17,500 of 20,000 elsewhere: %v", level)
		}
		page := e.as("responsable").get("/pilotage/supervision").want(http.StatusOK)
		if !regexp.MustCompile(`17\x{202f}[5-9]\d\d sur 20\x{202f}000`).MatchString(page.body) {
			t.Errorf("the sum is not shown: %.3000s", page.body)
		}
		page.says("envoyées par ce processus").says("et 17\u202f500 par 1\u00a0autre")
		for m := (watch.Message{}); m.Name != ruleStatements; { // a machine that is busy may tell of itself too
			select {
			case m = <-told:
				if m.Name == ruleStatements && m.Level != "alarm" {
					t.Errorf("%+v", m)
				}
			case <-time.After(patience):
				t.Fatal("nobody is told")
			}
		}
		if news, err := d.NoteAlert(t.Context(), ruleStatements, "alarm", now); err != nil || news {
			t.Errorf("the other process would tell it again: %t, %v", news, err)
		}
	})
}

// TestIdleStatements proves the budget of an evening without orders: 200 screens cost less than 100 statements an hour. What an hour holds
// is measured piece by piece, and put together: comparisons (their pace shortened from 55 s to 1 s, over some seconds with all the screens
// open: everything that was sent, divided by the comparisons), and all that the program does by itself (chores: each is done once).
func TestIdleStatements(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := serveWith(t, dbURL, discard(), func(c *config) { c.IdleCompare = time.Second })
		staff := []struct {
			who  *person
			path string
		}{
			{e.as("cuisine"), "/live/cuisine"}, {e.as("livreur"), "/live/livraisons"}, {e.as("caisse"), "/live/caisse"}, {e.as("responsable"), "/live/pilotage"},
			{e.as("responsable"), "/live/pilotage?vue=stocks"}, {e.as("directeur"), "/live/pilotage?vue=supervision"},
		}
		shops, err := e.db.Pizzerias(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		e.as("responsable").get("/pilotage").want(http.StatusOK) // reads the week before, once a day
		client := e.visitor()
		for i := range 200 {
			if i < 10*len(staff) {
				staff[i%len(staff)].who.watch(staff[i%len(staff)].path)
			} else {
				client.watch("/live/carte/" + shops[i%len(shops)].Slug)
			}
		}
		// compared waits until there were n comparisons and none is under way.
		compared := func(n uint64) (comparisons, statements uint64) {
			t.Helper()
			for end := time.Now().Add(patience); ; {
				before := e.prog.boards.Figures().Compares
				time.Sleep(200 * time.Millisecond)
				statements = e.db.Statements()
				if comparisons = e.prog.boards.Figures().Compares; comparisons == before && comparisons >= n {
					return comparisons, statements
				}
				if time.Now().After(end) {
					t.Fatalf("%d comparisons, want %d", comparisons, n)
				}
			}
		}
		first, before := compared(0)
		last, after := compared(first + 5)
		perCompare := float64(after-before) / float64(last-first)

		p := e.prog
		e.stop() // nothing else asks
		chores, err := p.chores(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		perHour := 0.0
		for _, c := range chores {
			if c.Every == realtime.IdleCompare && float64(c.Statements) != perCompare {
				t.Errorf("a comparison takes %d statements, with 200 screens open %.2f", c.Statements, perCompare)
			}
			t.Logf("%5.1f an hour: %s, %d every %s", c.PerHour(), c.Name, c.Statements, c.Every)
			perHour += c.PerHour()
		}
		t.Logf("%s: %.1f statements an hour", e.db.Engine(), perHour)
		if perHour >= 95 {
			t.Errorf("an idle hour of 200 screens takes %.0f statements, want less than 100 with some to spare", perHour)
		}
	})
}

func TestWatchConfig(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i+1 < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	o, err := readWatch(env("OCPIZZA_MEMORY_MB", "1024", "OCPIZZA_DB_LIMIT_MB", "5000", "OCPIZZA_DB_HOURLY", "36000", "OCPIZZA_THRESHOLDS", "memory=60/70"), "")
	if err != nil || o.Memory != 1<<30 || o.Storage != 5000<<20 || o.Statements != 36000 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{
		{"OCPIZZA_MEMORY_MB", "512MB"}, {"OCPIZZA_DB_LIMIT_MB", "-1"}, {"OCPIZZA_DB_HOURLY", "0"}, {"OCPIZZA_THRESHOLDS", "disk=1/2"},
		{"OCPIZZA_ALERT_WEBHOOK", "s3cret"}, {"OCPIZZA_SMTP_URL", "s3cret", "OCPIZZA_ALERT_EMAIL", "a@exemple.fr"},
	} {
		if _, err := readWatch(env(bad...), ""); err == nil || !strings.Contains(err.Error(), "OCPIZZA_") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestFillsFromKeptDays projects from the sizes of past days.
func TestFillsFromKeptDays(t *testing.T) {
	now := time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)
	u := db.Usage{Bytes: 200, Days: map[string]int64{"2026-03-14": 195, "2026-03-13": 190, "2026-03-12": 180, "not a day": 7}}
	full, ok := watch.Fills(samples(u, now), 300)
	if days := full.Sub(now).Hours() / 24; !ok || days < 8 || days > 13 {
		t.Errorf("in %v days, %v", days, ok)
	}
	if grouped(18000) != "18\u202f000" || grouped(512) != "512" {
		t.Error(grouped(18000))
	}
}
