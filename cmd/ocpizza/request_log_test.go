package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// lines is a log that is kept.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// TestLogKnowsNobody has people order, sign in, fail and follow, with everything logged: no name, phone, address, password, token, cookie.
func TestLogKnowsNobody(t *testing.T) {
	log := &lines{}
	e := serveWith(t, "sqlite://"+dbtest.SQLite(t), slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), func(*config) {})
	client := e.visitor()
	o := client.place(order("regina:medium:1"), "log-key-0001")
	token := strings.TrimPrefix(o.Suivi, "/suivi/")
	client.get(o.Suivi).want(http.StatusOK)
	client.watch("/live" + o.Suivi)
	client.post(o.Suivi+"/annuler", nil).want(http.StatusOK)
	client.get("/suivi/not-" + token).want(http.StatusNotFound)
	client.get("/chemin/Ana-Puig?telephone=0465712030").want(http.StatusNotFound)
	client.do("GET", "/", nil, "X-Request-Id", "Ana Puig 04 65 71 20 30").want(http.StatusOK)
	client.do("GET", "/", nil, "X-Request-Id", "f8a1c2d3-e4f5-6789-abcd-ef0123456789").want(http.StatusOK)
	client.post("/connexion", url.Values{"identifiant": {"mme.secrete"}, "mot_de_passe": {"hunter2-hunter2"}}).want(http.StatusUnauthorized)
	cook := e.as("cuisine")
	cook.post(fmt.Sprintf("/cuisine/commandes/%d/preparing", o.ID), nil)
	var secrets []string
	u, _ := url.Parse(e.url)
	for _, c := range append(client.http.Jar.Cookies(u), cook.http.Jar.Cookies(u)...) {
		secrets = append(secrets, c.Value)
	}
	// A database that is away makes the log talk.
	if err := e.db.Bun().Close(); err != nil {
		t.Fatal(err)
	}
	client.post("/commandes", order("regina:medium:1"), "Idempotency-Key", "log-key-0002")

	all := log.String()
	secrets = append(secrets, token, "Ana", "Puig", "0465712030", "+33465712030", "465 71", "rue de la Loge", "mme.secrete", "hunter2", "log-key", "127.0.0.1", cook.csrf)
	for _, s := range secrets {
		if s != "" && strings.Contains(all, s) {
			t.Errorf("the log holds %q", s)
		}
	}
	found := map[string]bool{}
	for line := range strings.Lines(all) {
		var l struct {
			Level, Msg, ID, Method, Route string
			Status, Bytes                 int
			MS                            *int
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if l.Msg != "request" {
			continue
		}
		if l.ID == "" || l.Method == "" || l.Route == "" || l.Status == 0 || l.MS == nil {
			t.Errorf("incomplete: %s", line)
		}
		if want := map[bool]string{true: "INFO", false: "DEBUG"}[l.Status >= 500 || *l.MS >= 1000]; l.Level != want {
			t.Errorf("level %s, want %s: %s", l.Level, want, line)
		}
		found[l.Method+" "+l.Route] = true
		found[l.ID] = true
	}
	for _, want := range []string{"GET /suivi/:token", "POST /commandes", "GET none", "GET /live/suivi/:token", "f8a1c2d3-e4f5-6789-abcd-ef0123456789"} {
		if !found[want] {
			t.Errorf("no line for %s", want)
		}
	}
}
