package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/cmd/ocpizza/simulate"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// typedServe is « ocpizza » typed in the current directory, until stop, which returns its exit status.
func typedServe(t *testing.T, port int) (e *evening, said *lastWords, stop func() int) {
	t.Helper()
	said = &lastWords{}
	env := func(name string) string {
		if name == "PORT" {
			return strconv.Itoa(port)
		}
		return ""
	}
	ctx, cancel := context.WithCancel(t.Context())
	status := make(chan int, 1)
	go func() { status <- exitStatus(run(ctx, nil, env, said, io.Discard), said) }()
	stop = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { stop() })
	e = &evening{t: t, url: "http://127.0.0.1:" + strconv.Itoa(port)}
	for deadline := time.Now().Add(patience); !strings.Contains(said.String(), "Ctrl-C"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not serve: %s", said.String())
		}
	}
	return e, said, stop
}

// TestFirstRun is a newcomer in an empty directory, who types one command, does what it says, and types it again the next day.
func TestFirstRun(t *testing.T) {
	t.Chdir(t.TempDir())
	port := freePort(t)
	e, said, stop := typedServe(t, port)
	at := "http://localhost:" + strconv.Itoa(port)
	for _, want := range []string{at + "/", at + "/connexion", "pizza-demo", "simulate"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the welcome does not say %q:\n%s", want, said.String())
		}
	}
	e.visitor().get("/healthz").want(http.StatusOK)
	home := e.visitor().get("/").want(http.StatusOK)
	var houses struct {
		Pizzerias []struct {
			Slug    string
			Ouverte bool
		}
	}
	e.visitor().getJSON("/").want(http.StatusOK).decode(&houses)
	if len(houses.Pizzerias) != 5 || !houses.Pizzerias[0].Ouverte || !strings.Contains(home.body, "/carte/"+houses.Pizzerias[0].Slug) {
		t.Errorf("the shops: %+v", houses)
	}
	for _, who := range cast {
		line := who.login
		if i := strings.Index(said.String(), "\n  "+line); i < 0 || !strings.Contains(said.String()[i:], at+who.screen) {
			t.Errorf("the welcome does not name %s", line)
		}
		e.as(who.login).get(who.screen).want(http.StatusOK)
	}
	placed := e.visitor().place(order("margherita:medium:1"), "first")
	if status := stop(); status != 0 {
		t.Errorf("stopped with %d:\n%s", status, said.String())
	}

	e, _, stop = typedServe(t, port)
	e.visitor().get(placed.Suivi).want(http.StatusOK) // neither the order nor the secret that makes its link is gone
	if status := stop(); status != 0 {
		t.Errorf("stopped again with %d", status)
	}
	if info, err := os.Stat("ocpizza.db"); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}

// TestSimulatedEvening plays ten seconds of an evening against the program, as the README tells a newcomer to, on each engine.
func TestSimulatedEvening(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		e := startEvening(t, url)
		var out, progress bytes.Buffer
		args := []string{"simulate", "--url", e.url, "--minutes", "0.17", "--pace", "60", "--rate", "120", "--shops", "perpignan", "--seed", "7", "--json"}
		if err := run(t.Context(), args, func(string) string { return "" }, &out, &progress); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
		var s simulate.Summary
		if err := json.Unmarshal(out.Bytes(), &s); err != nil {
			t.Fatal(err, out.String())
		}
		if s.Orders["placed"] < 3 || s.Orders["delivered"]+s.Orders["collected"] == 0 || len(s.Broken) > 0 || len(s.Errors) > 0 {
			t.Errorf("%+v", s)
		}
		for screen, l := range s.Latency {
			if l.Count == 0 {
				t.Errorf("nothing was seen on %s", screen)
			}
		}
		if progress.Len() == 0 {
			t.Error("no progress was shown")
		}
		t.Logf("%v orders, %v", s.Orders, s.Latency)
	})
}
