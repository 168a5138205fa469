package simulate

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// fake is a server whose sockets do what a test says.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	opened  []url.Values // queries of the sockets, in order
	acks    []string
	scripts []func(*fakeSocket) // of each socket in turn; the last one of all that follow
}

type fakeSocket struct {
	t    *testing.T
	fake *fake
	send func(text string)
	shut func(code ws.StatusCode)
	ack  func() // reads one message
}

func newFake(t *testing.T, scripts ...func(*fakeSocket)) *fake {
	f := &fake{scripts: scripts}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cuisine", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "oc_visitor", Value: "v"})
		fmt.Fprint(w, wallPage)
	})
	mux.HandleFunc("GET /live/cuisine", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("oc_visitor"); err != nil || c.Value != "v" || r.URL.Query().Get("pizzeria") != "a" {
			http.Error(w, "no cookie or no shop", http.StatusForbidden)
			return
		}
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		f.mu.Lock()
		script := f.scripts[min(len(f.opened), len(f.scripts)-1)]
		f.opened = append(f.opened, r.URL.Query())
		f.mu.Unlock()
		script(&fakeSocket{
			t: t, fake: f,
			send: func(text string) { _ = wsutil.WriteServerText(conn, []byte(text)) },
			shut: func(code ws.StatusCode) {
				_ = ws.WriteFrame(conn, ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
				_, _ = wsutil.ReadClientText(conn)
			},
			ack: func() {
				text, _ := wsutil.ReadClientText(conn)
				f.mu.Lock()
				f.acks = append(f.acks, string(text))
				f.mu.Unlock()
			},
		})
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// stay keeps a socket open until the client goes.
func stay(s *fakeSocket) { s.ack() }

func (f *fake) site(t *testing.T) *site {
	u, err := ParseURL(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	return newSite(u, newNotebook())
}

// hold opens the wall and follows it until the test ends.
func (f *fake) hold(t *testing.T) (*screen, *notebook) {
	site := f.site(t)
	s, err := openScreen(t.Context(), site.person(), kitchenScreen, "a", "/cuisine", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.follow(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return s, site.notes
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func (s *screen) is(seq int64, synced bool) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.seq == seq && s.synced == synced
	}
}

const (
	helloCurrent  = `{"k":"hello","e":"e1","s":7,"m":"current","b":"b"}`
	patchEight    = `{"k":"patch","s":8,"p":7,"o":[{"do":"morph","to":"ticket-5","html":"<article id=\"ticket-5\" data-status=\"preparing\" data-version=\"2\"></article>"}]}`
	helloSnapshot = `{"k":"hello","e":"e1","s":%d,"m":"snapshot","b":"b","o":[{"do":"morph","to":"board","html":"<main id=\"board\"><section id=\"tickets\"></section></main>"}]}`
)

func TestScreenFollows(t *testing.T) {
	f := newFake(t, func(s *fakeSocket) {
		s.send(helloCurrent)
		s.send(patchEight)
		s.send(patchEight) // not newer: ignored
		s.send(`{"k":"ping","s":8,"b":"b"}`)
		s.ack()
		stay(s)
	})
	s, notes := f.hold(t)
	eventually(t, "seq 8", s.is(8, true))
	eventually(t, "an ack", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.acks) == 1 && f.acks[0] == `{"k":"ack","s":8}`
	})
	if status := s.status("ticket-5"); status != "preparing" {
		t.Errorf("the ticket is %q", status)
	}
	f.mu.Lock()
	q := f.opened[0]
	f.mu.Unlock()
	if q.Get("epoch") != "e1" || q.Get("seq") != "7" || q.Get("build") != "b" || q.Get("pizzeria") != "a" {
		t.Errorf("the socket was opened with %v", q)
	}
	if n := notes.counted(gaps) + notes.counted(reconnections); n != 0 {
		t.Errorf("%d gaps or reconnections", n)
	}
}

func TestScreenSeesWhatIsMissing(t *testing.T) {
	for name, missing := range map[string]string{
		"a patch":        `{"k":"patch","s":10,"p":9,"o":[]}`,
		"the last patch": `{"k":"ping","s":9,"b":"b"}`,
		"an element":     `{"k":"patch","s":8,"p":7,"o":[{"do":"morph","to":"ticket-1","html":"<p id=\"ticket-1\"></p>"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(s *fakeSocket) {
				s.send(helloCurrent)
				s.send(missing)
				stay(s)
			}, func(s *fakeSocket) {
				s.send(fmt.Sprintf(helloSnapshot, 10))
				stay(s)
			})
			s, notes := f.hold(t)
			eventually(t, "back with everything", s.is(10, true))
			if notes.counted(gaps) != 1 || s.missing {
				t.Errorf("%d gaps, missing %t", notes.counted(gaps), s.missing)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			want := "7"
			if name == "an element" {
				want = "0" // what is shown cannot be trusted
			}
			if got := f.opened[1].Get("seq"); got != want {
				t.Errorf("came back with seq %s, want %s", got, want)
			}
		})
	}
}

func TestScreenComesBack(t *testing.T) {
	f := newFake(t,
		func(s *fakeSocket) { s.send(helloCurrent); s.shut(1012) },
		func(s *fakeSocket) { s.send(helloCurrent); s.send(patchEight); stay(s) },
		func(s *fakeSocket) { s.send(fmt.Sprintf(helloSnapshot, 9)); stay(s) },
	)
	s, notes := f.hold(t)
	eventually(t, "back after a restart", s.is(8, true))
	s.cut()
	eventually(t, "back after a cut", s.is(9, true))
	if notes.counted(reconnections) != 2 || notes.counted(cuts) != 1 || notes.errors["socket fermée 1012"] != 1 {
		t.Errorf("%d reconnections, %d cuts, errors %v", notes.counted(reconnections), notes.counted(cuts), notes.errors)
	}
}

func TestScreenStaysAway(t *testing.T) {
	f := newFake(t, func(s *fakeSocket) { s.send(helloCurrent); s.shut(4001) })
	s, _ := f.hold(t)
	eventually(t, "the end", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.ended })
	time.Sleep(100 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.opened) != 1 {
		t.Errorf("%d sockets were opened after the session had ended", len(f.opened)-1)
	}
}

func TestStaleScreenIsFound(t *testing.T) {
	f := newFake(t, func(s *fakeSocket) {
		s.send(helloCurrent)
		s.send(`{"k":"patch","s":8,"p":7,"o":[{"do":"remove","to":"ticket-5"}]}`)
		stay(s)
	})
	s, notes := f.hold(t)
	eventually(t, "seq 8", s.is(8, true))
	s.mu.Lock()
	s.seq = 7 // as if the patch had come with the number that the page has
	s.mu.Unlock()
	(&play{site: s.who.site}).checkScreen(t.Context(), s)
	if len(notes.broken) != 1 || !strings.Contains(notes.broken[0], "il manque ticket-5") {
		t.Errorf("broken: %q", notes.broken)
	}
}
