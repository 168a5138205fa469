package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestOnlyThisMachine(t *testing.T) {
	for _, good := range []string{"http://localhost:8080", "http://127.0.0.1", "http://127.9.9.9:81/", "http://[::1]:8080", "https://localhost"} {
		if _, err := ParseURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "localhost:8080", "ftp://localhost", "http://oc-pizza.fr", "http://192.168.1.4", "http://localhost.evil.example", "http://0.0.0.0:8080"} {
		if _, err := ParseURL(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{URL: "http://localhost:8080", Duration: time.Minute, Pace: 20, PerHour: 30, Shops: []string{"all"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Options){
		"no time":    func(o *Options) { o.Duration = 0 },
		"too slow":   func(o *Options) { o.Pace = 0.5 },
		"nobody":     func(o *Options) { o.PerHour = 0 },
		"no shop":    func(o *Options) { o.Shops = nil },
		"far server": func(o *Options) { o.URL = "http://example.org" },
	} {
		o := good
		spoil(&o)
		if o.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWritesAreRepeatedUnderOneKey(t *testing.T) {
	var tries atomic.Int32
	var key atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if old := key.Swap(r.Header.Get("Idempotency-Key")); old != nil && old != r.Header.Get("Idempotency-Key") {
			t.Errorf("key %v became %v", old, r.Header.Get("Idempotency-Key"))
		}
		if tries.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = r.ParseForm()
		fmt.Fprintf(w, `{"numero":%q,"csrf":%q}`, r.Form.Get("ligne"), r.Header.Get("X-Csrf-Token"))
	}))
	defer srv.Close()
	u, _ := ParseURL(srv.URL)
	who := newSite(u, newNotebook()).person()
	who.csrf = "secret"
	var answer struct{ Numero, CSRF string }
	w, err := who.write(t.Context(), "/commandes", url.Values{"ligne": {"reine:large:1"}}, "k1", &answer)
	if err != nil || answer.Numero != "reine:large:1" || answer.CSRF != "secret" || key.Load() != "k1" {
		t.Errorf("%+v, key %v, %v", answer, key.Load(), err)
	}
	if !w.again || tries.Load() != 2 || who.site.notes.counted(retries) != 1 {
		t.Errorf("again %t after %d tries", w.again, tries.Load())
	}
}

func TestRefusalsAreRead(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"error":{"kind":"conflict","message":"« Reine » vient d’être épuisée.","ligne":2}}`)
	}))
	defer srv.Close()
	u, _ := ParseURL(srv.URL)
	_, err := newSite(u, newNotebook()).person().write(t.Context(), "/commandes", nil, "k", nil)
	r, ok := errors.AsType[*refusal](err)
	if !ok || r.Status != 409 || r.Line != 2 || !strings.Contains(r.Message, "épuisée") {
		t.Errorf("%#v", err)
	}
}

func runAgainst(t *testing.T, url string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := Run(ctx, Options{URL: url, Duration: time.Second, Pace: 60, PerHour: 1, Shops: []string{"all"}, Password: "x"}, io.Discard)
	return err
}

func TestNoServer(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	if err := runAgainst(t, srv.URL); err == nil || !strings.Contains(err.Error(), "Démarrez-le avec : ocpizza serve") {
		t.Errorf("%v", err)
	}
}

func TestAnotherServer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer srv.Close()
	if err := runAgainst(t, srv.URL); err == nil || !strings.Contains(err.Error(), "n’est pas OC Pizza") {
		t.Errorf("%v", err)
	}
}

func TestSignInRefused(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"pizzerias":[{"slug":"a","nom":"A","ouverte":true}]}`)
	})
	mux.HandleFunc("POST /connexion", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	if err := runAgainst(t, srv.URL); err == nil || !strings.Contains(err.Error(), "le serveur refuse « cuisine »") {
		t.Errorf("%v", err)
	}
}

func TestSummary(t *testing.T) {
	s := Summary{Pizzerias: []string{"perpignan"}, Orders: map[string]int{placed: 12}, Latency: map[string]spread{kitchenScreen: {Count: 3, P50: 4.25, P99: 9}}}
	var b bytes.Buffer
	if err := s.Table(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"perpignan", "passées", "12", "4,2", "9,0", "tous les écrans disent vrai"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if s.Err() != nil {
		t.Error("a clean evening fails")
	}
	s.Broken = []string{"Commande perdue"}
	b.Reset()
	_ = s.Table(&b)
	if s.Err() == nil || !strings.Contains(b.String(), "✗ Commande perdue") || strings.Contains(b.String(), "disent vrai") {
		t.Errorf("%v\n%s", s.Err(), b.String())
	}
}
