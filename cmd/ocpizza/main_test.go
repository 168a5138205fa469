package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// patience is how long a test waits for something that should happen at once: the machines are shared.
const patience = 20 * time.Second

// evening is a demo that runs: the real program on a fresh database.
type evening struct {
	t    *testing.T
	url  string // http://127.0.0.1:port
	db   *db.DB
	prog *program
	// public is its OCPIZZA_ORIGIN, if it has one that is not url: what browsers take it for.
	public string
	dyno   bool             // behind a router that says who asks
	clock  func() time.Time // nil: the machine's
	faults atomic.Int64     // errors logged
}

// startEvening seeds a database and serves it until the test ends.
func startEvening(t *testing.T, dbURL string) *evening {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: dbURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := seed(t.Context(), d, true, io.Discard); err != nil {
		t.Fatal(err)
	}
	e := &evening{t: t, db: d}
	e.serve("127.0.0.1:0")
	t.Cleanup(e.stop)
	return e
}

// startAt is an evening at a time of the test's choice, on SQLite; set moves its clock.
func startAt(t *testing.T, now time.Time) (e *evening, set func(time.Time)) {
	t.Helper()
	var clock atomic.Pointer[time.Time]
	clock.Store(&now)
	e = startEvening(t, "sqlite://"+dbtest.SQLite(t))
	e.stop()
	e.clock = func() time.Time { return *clock.Load() }
	e.serve("127.0.0.1:0")
	return e, func(at time.Time) { clock.Store(&at) }
}

// serve starts the program on an address; stop ends it, so that it may be served again.
func (e *evening) serve(addr string) {
	e.t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		e.t.Fatal(err)
	}
	cfg := config{Secret: []byte(strings.Repeat("s", minSecret)), Clock: e.clock, Origin: e.public, Dyno: e.dyno}
	if e.prog, err = startProgram(e.db, true, cfg, l, slog.New(slog.NewTextHandler(testLog{e.t, &e.faults}, &slog.HandlerOptions{Level: slog.LevelWarn}))); err != nil {
		e.t.Fatal(err)
	}
	e.url = "http://" + l.Addr().String()
}

func (e *evening) stop() {
	if e.prog == nil {
		return
	}
	if err := e.prog.Stop(0); err != nil {
		e.t.Error(err)
	}
	e.prog = nil
}

// testLog shows the program's log with the test's.
type testLog struct {
	t      *testing.T
	faults *atomic.Int64 // counts errors
}

func (l testLog) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("level=ERROR")) {
		l.faults.Add(1)
	}
	if l.t.Context().Err() == nil { // a test that has ended must not be written to
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// person is a browser: its cookies, and the session's token once signed in.
type person struct {
	e    *evening
	http *http.Client
	csrf string
	name string
}

// visitor opens a browser without a session.
func (e *evening) visitor() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return &person{e: e, name: "visiteur", http: &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// as signs one of the cast in.
func (e *evening) as(login string) *person {
	e.t.Helper()
	p := e.visitor()
	p.name = login
	var answer struct{ CSRF string }
	r := p.post("/connexion", url.Values{"identifiant": {login}, "mot_de_passe": {app.DemoPassword}})
	r.want(http.StatusOK).decode(&answer)
	p.csrf = answer.CSRF
	return p
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	t    *testing.T
	body string
}

func (p *person) do(method, path string, body io.Reader, headers ...string) *reply {
	p.e.t.Helper()
	req, err := http.NewRequestWithContext(p.e.t.Context(), method, p.e.url+path, body)
	if err != nil {
		p.e.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.e.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.e.t.Fatal(err)
	}
	return &reply{Response: resp, t: p.e.t, body: string(text)}
}

// get asks for a page; getJSON for its data.
func (p *person) get(path string) *reply { p.e.t.Helper(); return p.do("GET", path, nil) }
func (p *person) getJSON(path string) *reply {
	p.e.t.Helper()
	return p.do("GET", path, nil, "Accept", "application/json")
}

// post sends a form and asks for JSON, with the session's token.
func (p *person) post(path string, form url.Values, headers ...string) *reply {
	p.e.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json", "X-Csrf-Token", p.csrf}, headers...)
	return p.do("POST", path, strings.NewReader(form.Encode()), headers...)
}

// want checks the status.
func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Fatalf("%s %s: status %d, want %d: %.600s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, r.body)
	}
	return r
}

// says checks that the body holds a text.
func (r *reply) says(text string) *reply {
	r.t.Helper()
	if !strings.Contains(r.body, text) {
		r.t.Errorf("%s %s does not say %q: %.600s", r.Request.Method, r.Request.URL.Path, text, r.body)
	}
	return r
}

func (r *reply) decode(v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		r.t.Fatalf("%s: %v in %.300s", r.Request.URL.Path, err, r.body)
	}
}

// order is the form of a good order, to be changed by each test.
func order(lines ...string) url.Values {
	return url.Values{
		"pizzeria": {"perpignan"}, "mode": {"livraison"}, "nom": {"Ana Puig"}, "telephone": {"04 65 71 20 30"},
		"adresse": {"3 rue de la Loge"}, "code_postal": {"66000"}, "paiement": {"especes"}, "ligne": lines,
	}
}

// placed is the answer to an order.
type placed struct {
	Numero     int
	Suivi      string
	TotalCents int64  `json:"total_cents"`
	PromisA    string `json:"promis_a"`
	ID         int64  `json:"-"`
}

// place orders and finds the order's id.
func (p *person) place(form url.Values, key string) placed {
	p.e.t.Helper()
	var out placed
	p.post("/commandes", form, "Idempotency-Key", key).want(http.StatusCreated).decode(&out)
	var o struct{ ID int64 }
	p.getJSON(out.Suivi).want(http.StatusOK).decode(&o)
	out.ID = o.ID
	return out
}

// frame is a message of the wire.
type frame struct {
	K string
	E string
	S int64
	P int64
	M string
	B string
	O []struct{ Do, To, HTML, Name string }
}

// text is all that the frame draws.
func (f frame) text() string {
	var b strings.Builder
	for _, o := range f.O {
		fmt.Fprintf(&b, "[%s %s%s]%s", o.Do, o.To, o.Name, o.HTML)
	}
	return b.String()
}

// screen is an open socket. It checks the numbers of what it receives and answers pings like a page does.
type screen struct {
	t     *testing.T
	name  string
	conn  net.Conn
	r     *bufio.Reader
	hello frame
	seq   int64
}

// watch opens a socket beside a page and reads its hello.
func (p *person) watch(path string) *screen {
	p.e.t.Helper()
	s, status, err := p.dial(path)
	if err != nil {
		p.e.t.Fatalf("%s as %s: %v (status %d)", path, p.name, err, status)
	}
	s.hello = s.next()
	if s.hello.K != "hello" {
		p.e.t.Fatalf("%s: first frame is %q", path, s.hello.K)
	}
	s.seq = s.hello.S
	return s
}

// dial makes the handshake; a refusal comes back as its status.
func (p *person) dial(path string, headers ...string) (*screen, int, error) {
	u, err := url.Parse(p.e.url + path)
	if err != nil {
		return nil, 0, err
	}
	header := http.Header{"Origin": {cmp.Or(p.e.public, p.e.url)}}
	for _, c := range p.http.Jar.Cookies(u) {
		header.Add("Cookie", c.String())
	}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	status := 0
	dialer := ws.Dialer{
		Header: ws.HandshakeHeaderHTTP(header), Timeout: patience,
		OnStatusError: func(code int, _ []byte, _ io.Reader) { status = code },
	}
	u.Scheme = "ws"
	conn, br, _, err := dialer.Dial(p.e.t.Context(), u.String())
	if err != nil {
		return nil, status, err
	}
	p.e.t.Cleanup(func() { conn.Close() })
	if br == nil {
		br = bufio.NewReader(conn)
	}
	return &screen{t: p.e.t, name: p.name + " " + path, conn: conn, r: br}, http.StatusSwitchingProtocols, nil
}

// next reads the next frame that is not a ping.
func (s *screen) next() frame {
	s.t.Helper()
	for {
		f, err := s.read(patience)
		if err != nil {
			s.t.Fatalf("%s: %v", s.name, err)
		}
		if f.K != "ping" {
			return f
		}
	}
}

func (s *screen) read(wait time.Duration) (frame, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return frame{}, err
	}
	for {
		data, op, err := wsutil.ReadServerData(struct {
			io.Reader
			io.Writer
		}{s.r, s.conn})
		if err != nil {
			return frame{}, err
		}
		if op != ws.OpText {
			continue
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			return frame{}, fmt.Errorf("%w in %.200s", err, data)
		}
		if f.K == "ping" {
			ack := fmt.Appendf(nil, `{"k":"ack","s":%d}`, s.seq)
			if err := wsutil.WriteClientText(s.conn, ack); err != nil {
				return frame{}, err
			}
		}
		if f.K == "patch" {
			if f.P != s.seq {
				return frame{}, fmt.Errorf("a patch from %d on a screen that shows %d", f.P, s.seq)
			}
			s.seq = f.S
		}
		return f, nil
	}
}

// sees reads frames until one draws all the texts, in any order.
func (s *screen) sees(texts ...string) frame {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	var last string
	for {
		f, err := s.read(time.Until(deadline))
		if err != nil {
			s.t.Fatalf("%s waits for %q: %v\nlast: %.1500s", s.name, texts, err, last)
		}
		if f.K == "ping" && len(f.O) == 0 {
			continue
		}
		last = f.text()
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(last, text) }) {
			return f
		}
	}
}

// closed reads until the server closes and returns its code.
func (s *screen) closed() ws.StatusCode {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; { // the server's pings would keep it waiting for ever
		_, err := s.read(time.Until(deadline))
		if err == nil {
			continue
		}
		var c wsutil.ClosedError
		if asClosed(err, &c) {
			return c.Code
		}
		s.t.Fatalf("%s was cut without a code: %v", s.name, err)
	}
}

func asClosed(err error, c *wsutil.ClosedError) bool {
	closed, ok := err.(wsutil.ClosedError) //nolint:errorlint // wsutil returns it bare
	*c = closed
	return ok
}
