package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/cmd/ocpizza/simulate"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/realtime/redistest"
)

// Fault tests break the parts that OC Pizza stands on while many people order, then compare every answer that was given and every screen
// with what is saved. OCPIZZA_TEST_FAULTS multiplies how often each fault comes (dbtest.Rounds).

// customers who order at the same time.
const customers = 8

// startServer serves a database on a free port, with a Redis or none. Its log is shown if the test fails: in a storm it is long.
func startServer(t *testing.T, dbURL, redis string) *evening {
	t.Helper()
	var log lastWords
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's last words:\n%s", log.String())
		}
	})
	d, err := db.Open(t.Context(), db.Options{URL: dbURL, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config{Secret: []byte(strings.Repeat("s", minSecret)), Redis: redis, Watch: watchOptions{Every: time.Second}}
	e := &evening{t: t, db: d, url: "http://" + l.Addr().String()}
	if e.prog, err = startProgram(d, true, cfg, l, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.stop)
	return e
}

// lastWords keeps the end of a log.
type lastWords struct {
	mu  sync.Mutex
	buf []byte
}

func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.buf = append(w.buf, p...); len(w.buf) > 16<<10 {
		w.buf = bytes.Clone(w.buf[len(w.buf)-8<<10:])
	}
	return len(p), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.buf)
}

// linkToDatabase lays a wire to MariaDB, and returns the URL that leads through it.
func linkToDatabase(t *testing.T, dbURL string) (wire *link, through string) {
	t.Helper()
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	wire = linkTo(t, u.Host)
	u.Host = wire.addr()
	return wire, u.String()
}

// TestFaultDatabaseNetwork breaks the wire between the server and MariaDB in every way that a network knows.
func TestFaultDatabaseNetwork(t *testing.T) {
	direct := dbtest.MariaDB(t).Schema(t)
	readyDatabase(t, direct)
	wire, through := linkToDatabase(t, direct)
	e := startServer(t, through+"&readTimeout=1500ms", "") // or a black hole would have to last half a minute
	s := startStorm(t, direct, e.url, customers)
	s.recover("the start")

	commits := commitsCut.Load()
	short := []struct {
		name  string
		begin func() func()
	}{
		{"COMMIT carried, answer lost", func() func() { return wire.spoil("commit", "upstream", attributes{"whole": true}) }},
		{"COMMIT torn", func() func() { return wire.spoil("commit", "upstream", attributes{"whole": false}) }},
		{"a cut", wire.cut},
		{"half an answer", func() func() { return wire.spoil("limit_data", "downstream", attributes{"bytes": 900}) }},
		{"half a statement", func() func() { return wire.spoil("limit_data", "upstream", attributes{"bytes": 2500}) }},
		{"a reset", func() func() { return wire.spoil("reset_peer", "downstream", attributes{"timeout": 20}) }},
	}
	for range dbtest.Rounds(2) {
		for _, f := range short {
			s.suffer(f.name, 250*time.Millisecond, f.begin)
		}
	}
	for range dbtest.Rounds(1) {
		s.suffer("300 ms of latency", 3*time.Second, func() func() { return wire.spoil("latency", "downstream", attributes{"latency": 300}) })
		s.suffer("a black hole", 3*time.Second, func() func() { return wire.spoil("timeout", "downstream", attributes{"timeout": 0}) })
	}
	s.verify()
	if n := commitsCut.Load() - commits; n == 0 {
		t.Error("no COMMIT was cut")
	} else {
		t.Logf("%d COMMITs cut, %d transactions run again", n, e.db.Retries())
	}
}

// TestFaultQuietEvening loses the answer to the only COMMIT of a quiet hour, so thoroughly that the customer is told to try again, and never
// does. The order was saved: the kitchen must see it although nothing else happens.
func TestFaultQuietEvening(t *testing.T) {
	direct := dbtest.MariaDB(t).Schema(t)
	readyDatabase(t, direct)
	wire, through := linkToDatabase(t, direct)
	e := startServer(t, through, "")
	wall := e.as("cuisine").watch("/live/cuisine")
	// One connection: another that is open already would bring the customer the answer. A new one is cut at its READ COMMITTED.
	pool := e.db.Bun()
	pool.SetMaxOpenConns(1)
	for end := time.Now().Add(patience); pool.Stats().OpenConnections > 1 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		continue // one that is in use at this moment is still another
	}
	heal := wire.spoil("commit", "upstream", attributes{"whole": true, "every": true})
	e.visitor().post("/commandes", order("regina:medium:1"), "Idempotency-Key", "quiet").want(http.StatusServiceUnavailable)
	heal()
	start := time.Now()
	wall.sees("new-order", `data-status="received"`)
	t.Logf("on the wall %s after the wire was whole again", time.Since(start).Round(time.Millisecond))
}

// TestFaultDatabaseKilled kills MariaDB and starts it again.
func TestFaultDatabaseKilled(t *testing.T) {
	server := dbtest.Private(t, dbtest.Options{})
	dbURL := server.Schema(t)
	readyDatabase(t, dbURL)
	e := startServer(t, dbURL, "")
	s := startStorm(t, dbURL, e.url, customers)
	s.recover("the start")
	for range dbtest.Rounds(3) {
		s.suffer("MariaDB killed", 200*time.Millisecond, func() func() {
			server.Kill()
			return func() {
				if err := server.Start(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	s.verify()
}

// TestFaultWritesRefused is a database that answers and does not do what it is asked: over its quotas, of storage and of queries per hour; set back
// to a replica; with all its connections in other hands. Orders are refused in words, boards stay up and say so, and orders are accepted
// again by themselves.
func TestFaultWritesRefused(t *testing.T) {
	server := dbtest.Private(t, dbtest.Options{})
	dbURL, stranger := server.Schema(t), server.Schema(t)
	readyDatabase(t, dbURL)
	e := startServer(t, dbURL, "")
	manager := e.as("responsable")
	s := startStorm(t, dbURL, e.url, customers)
	s.recover("the start")
	o := s.follower(e)
	var leave func()
	limit := func(connections int) {
		server.Root().SetMaxOpenConns(1) // which counts, and stays: a place that it left would be taken by the program
		server.Root().SetConnMaxIdleTime(0)
		if _, err := server.Root().Exec("SET GLOBAL max_connections = ?", connections); err != nil {
			t.Error(err)
		}
	}
	for _, f := range []struct {
		name        string
		state       db.Health
		over, under func()
	}{
		{"writes revoked (1142)", db.ReadOnly, func() { server.RevokeWrites(t, dbURL) }, func() { server.GrantWrites(t, dbURL) }},
		{"hourly quota (1226)", db.ReadOnly, func() { server.LimitQueries(t, dbURL, 1) }, func() { server.LimitQueries(t, dbURL, 0) }},
		{"a replica (1290)", db.ReadOnly, func() { server.ReadOnly(t, true) }, func() { server.ReadOnly(t, false) }},
		{"the account's connections taken (1226)", db.Down, func() { leave = server.Occupy(t, dbURL, 15) }, func() { leave() }},
		{"the server's connections taken (1040)", db.Down, func() { limit(10); leave = server.Occupy(t, stranger, 9) }, func() { leave(); limit(300) }},
	} {
		lost := s.houses[0].Reconnections()
		within := map[db.Health]time.Duration{db.ReadOnly: liftedWithin, db.Down: acceptedWithin}[f.state]
		s.endure(f.name, 500*time.Millisecond, within, func() func() {
			f.over()
			s.until(patience, f.name+" noticed", func() bool { return e.db.Health() == f.state })
			s.refused(e, manager, o, f.state)
			return f.under
		})
		if n := s.houses[0].Reconnections() - lost; n > 0 {
			t.Errorf("%s: %d sockets were lost", f.name, n)
		}
		s.told("")
	}
	s.verify()
}

// refused checks what people see while the database takes no writes: manager signed in before, o was placed before.
func (s *storm) refused(e *evening, manager *person, o placed, state db.Health) {
	s.t.Helper()
	words := map[db.Health]struct{ order, supervision, menu, wall string }{
		db.ReadOnly: {"momentanément suspendues", "Lecture seule : écritures refusées", "Commandes en ligne suspendues", "Lecture seule."},
		db.Down:     {"Nos serveurs ne répondent pas", "Ne répond pas", "Nos serveurs ne répondent pas.", "La base ne répond pas."},
	}[state]
	s.told(state.String())
	client := e.visitor()
	r := client.post("/commandes", order("regina:medium:1"), "Idempotency-Key", "refused-"+fmt.Sprint(time.Now().UnixNano()))
	r.want(http.StatusServiceUnavailable).says(words.order).says("ppelez la pizzeria")
	if r.Header.Get("Retry-After") == "" {
		s.t.Error("the refusal does not say when to come back")
	}
	client.get("/carte/perpignan").want(http.StatusOK).says("regina").says(words.menu)
	client.get(o.Suivi).want(http.StatusOK).says("Votre commande est gardée")
	manager.get("/cuisine").want(http.StatusOK).says(words.wall)
	client.get("/readyz").want(http.StatusServiceUnavailable)
	client.get("/healthz").want(http.StatusOK)
	s.until(patience, "supervision, and the banner of the dashboard, to say so", func() bool {
		return strings.Contains(manager.get("/pilotage/supervision").body, words.supervision) &&
			strings.Contains(manager.get("/pilotage").body, `<li data-name="database">`)
	})
	for _, p := range s.held() {
		if _, live := p.Shows(); !live {
			s.t.Errorf("screen %s is not live while the database is %s", p.Kind, state)
		}
	}
}

// told waits until every page that is held open says the same of the database, without anybody touching it: a state of db.Health, or "".
func (s *storm) told(state string) {
	s.t.Helper()
	took := s.until(patience, fmt.Sprintf("all screens to say %q of the database", state), func() bool {
		return !slices.ContainsFunc(s.held(), func(p *simulate.Page) bool { return p.Service() != state })
	})
	s.t.Logf("all %d screens say %q of the database after %s", len(s.held()), state, took.Round(time.Millisecond))
}

// follower orders, and follows the order to the end of the storm: nobody works at it.
func (s *storm) follower(e *evening) placed {
	o := e.visitor().place(order("margherita:medium:1"), "follower")
	s.mu.Lock()
	s.placed["follower"] = o
	s.mu.Unlock()
	s.follow(s.houses[0], o, o.ID)
	return o
}

// TestFaultFailover: the server is set back to a replica, the address leads to another one that holds the same, and then the first dies.
// What still stood open to it must not be believed any more.
func TestFaultFailover(t *testing.T) {
	first, second := dbtest.Private(t, dbtest.Options{}), dbtest.Private(t, dbtest.Options{})
	dbURL := first.Schema(t)
	readyDatabase(t, dbURL)
	address := forward(t, first.Addr())
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = address.addr()
	e := startServer(t, u.String(), "")
	manager := e.as("responsable")
	s := startStorm(t, dbURL, e.url, customers)
	s.recover("the start")
	o := s.follower(e)
	s.endure("failover", 0, liftedWithin, func() func() { // its writes are refused until the probe has found the other one
		first.ReadOnly(t, true)
		s.until(patience, "read-only noticed", func() bool { return e.db.Health() == db.ReadOnly })
		s.refused(e, manager, o, db.ReadOnly)
		s.url = second.Mirror(t, first, dbURL)
		return func() { address.to.Store(second.Addr()) }
	})
	s.told("")
	s.suffer("the first server gone", 200*time.Millisecond, func() func() { first.Kill(); return func() {} })
	if f := s.faults[len(s.faults)-1]; f.accepted > 2*time.Second {
		t.Errorf("somebody still stood on the first server: orders accepted again after %s", f.accepted)
	}
	s.verify()
}

// TestFaultIdleCut: the server cuts what was idle for longer than its wait_timeout. Nobody notices.
func TestFaultIdleCut(t *testing.T) {
	dbURL := dbtest.Private(t, dbtest.Options{WaitTimeout: time.Second}).Schema(t)
	readyDatabase(t, dbURL)
	e := startServer(t, dbURL, "")
	wall := e.as("cuisine").watch("/live/cuisine")
	for i := range 3 {
		e.visitor().place(order("regina:medium:1"), fmt.Sprint("idle-", i))
		wall.sees("new-order", `data-status="received"`)
		e.visitor().get("/readyz").want(http.StatusOK)
		time.Sleep(1500 * time.Millisecond)
	}
}

// TestFaultRedis breaks the wire to Redis between two servers that serve one shop, kills Redis and starts it again, empty: what one saves is
// shown by the other, later.
func TestFaultRedis(t *testing.T) {
	dbURL := dbtest.MariaDB(t).Schema(t)
	readyDatabase(t, dbURL)
	server := redistest.New(t)
	wire := linkTo(t, server.Addr())
	redis := "redis://" + wire.addr()
	s := startStorm(t, dbURL, startServer(t, dbURL, redis).url, customers/2)
	s.enter(startServer(t, dbURL, redis).url, customers/2)
	s.recover("the start")
	for range dbtest.Rounds(1) {
		for _, f := range []struct {
			name  string
			lasts time.Duration
			begin func() func()
		}{
			{"Redis cut", 500 * time.Millisecond, wire.cut},
			{"Redis in a black hole", 2 * time.Second, func() func() { return wire.spoil("timeout", "downstream", attributes{"timeout": 0}) }},
			{"Redis far", time.Second, func() func() { return wire.spoil("latency", "downstream", attributes{"latency": 300}) }},
			{"half an announcement", 500 * time.Millisecond, func() func() { return wire.spoil("limit_data", "downstream", attributes{"bytes": 3000}) }},
			{"Redis killed", time.Second, func() func() { server.Kill(); return server.Start }},
			{"Redis stopped in its tracks", 2 * time.Second, func() func() { server.Pause(); return server.Resume }},
		} {
			s.suffer(f.name, f.lasts, f.begin)
		}
	}
	s.verify()
	for _, h := range s.houses {
		if n := h.vague.Load(); n > 0 {
			t.Errorf("customers lost %d answers although only Redis was away", n)
		}
	}
}

// TestFaultClientNetwork breaks the wire between some clients and the server: they come back to the truth, and the others notice nothing.
func TestFaultClientNetwork(t *testing.T) {
	dbURL := "sqlite://" + dbtest.SQLite(t)
	readyDatabase(t, dbURL)
	e := startServer(t, dbURL, "")
	wire := linkTo(t, strings.TrimPrefix(e.url, "http://"))
	s := startStorm(t, dbURL, e.url, customers/2)
	far := s.enter("http://"+wire.addr(), customers/2)
	s.recover("the start")
	for range dbtest.Rounds(1) {
		for _, f := range []struct {
			name  string
			lasts time.Duration
			begin func() func()
		}{
			{"clients cut", 300 * time.Millisecond, wire.cut},
			{"clients in a black hole", 2 * time.Second, func() func() { return wire.spoil("timeout", "downstream", attributes{"timeout": 0}) }},
			{"clients slow", time.Second, func() func() { return wire.spoil("bandwidth", "downstream", attributes{"rate": 8}) }},
			{"clients far", time.Second, func() func() { return wire.spoil("latency", "downstream", attributes{"latency": 300}) }},
			{"half pages", 500 * time.Millisecond, func() func() { return wire.spoil("limit_data", "downstream", attributes{"bytes": 1500}) }},
			{"half requests", 500 * time.Millisecond, func() func() { return wire.spoil("limit_data", "upstream", attributes{"bytes": 400}) }},
		} {
			s.suffer(f.name, f.lasts, f.begin)
		}
	}
	s.verify()
	if n, m := s.houses[0].Reconnections(), s.houses[0].vague.Load(); n > 0 || m > 0 {
		t.Errorf("the others lost %d sockets and %d answers: %v", n, m, s.houses[0].Troubles())
	}
	t.Logf("behind the broken wire: %d sockets lost, %d answers: %v", far.Reconnections(), far.vague.Load(), far.Troubles())
}
