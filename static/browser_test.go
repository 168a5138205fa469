package static

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// One browser serves all tests, a tab each: starting it is most of what a test costs.
var (
	browserOnce sync.Once
	browserCtx  context.Context
	browserErr  error
	browserStop func()
)

func TestMain(m *testing.M) {
	code := m.Run()
	if browserStop != nil {
		browserStop()
	}
	os.Exit(code)
}

func startBrowser() {
	bin := os.Getenv("OCPIZZA_CHROMIUM")
	if bin == "" {
		bin = "/usr/bin/chromium"
	}
	if bin, browserErr = exec.LookPath(bin); browserErr != nil {
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(bin),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	browserCtx, browserStop = ctx, func() { stop(); stopAlloc() }
	browserErr = chromedp.Do(ctx)
}

// A tab is one open page.
type tab struct {
	t      *testing.T
	ctx    context.Context
	cancel context.CancelFunc
}

func newTab(t *testing.T) *tab {
	t.Helper()
	browserOnce.Do(startBrowser)
	if browserErr != nil {
		if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
			t.Fatalf("OCPIZZA_TEST_REQUIRE=1 and no Chromium: %v", browserErr)
		}
		t.Skipf("SKIPPED, NOTHING PROVEN: no Chromium (%v). Install it or set OCPIZZA_CHROMIUM.", browserErr)
	}
	ctx, cancel := chromedp.NewContext(browserCtx)
	tb := &tab{t: t, ctx: ctx, cancel: sync.OnceFunc(cancel)}
	t.Cleanup(tb.close)
	return tb
}

func (b *tab) close() { b.cancel() }

func (b *tab) open(address string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(b.ctx); err != nil { // the tab itself must not end with the time limit
		b.t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		b.t.Fatalf("open %s: %v", address, err)
	}
}

// do evaluates a script. It may use await at its top; its value is turned into JSON.
func (b *tab) eval(script string, into any) error {
	ctx, cancel := context.WithTimeout(b.ctx, 15*time.Second)
	defer cancel()
	wrapped := "(async () => JSON.stringify(await (async () => {" + script + "})() ?? null))()"
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](wrapped, chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

func (b *tab) do(script string) {
	b.t.Helper()
	if err := b.eval(script, nil); err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
}

func (b *tab) text(expression string) string {
	b.t.Helper()
	var v any
	if err := b.eval("return "+expression, &v); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// wait polls until the expression is true. It evaluates from outside: the page's policy forbids building functions
// from strings, which the ready-made poll of chromedp would need.
func (b *tab) wait(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	var last error
	for time.Now().Before(deadline) {
		var ok bool
		if last = b.eval("return Boolean("+expression+")", &ok); last == nil && ok {
			return
		}
		time.Sleep(15 * time.Millisecond)
	}
	var page string
	_ = b.eval("return document.body.outerHTML", &page)
	b.t.Fatalf("never true: %s (%v)\n%s", expression, last, page)
}

func (b *tab) is(expression, want string) {
	b.t.Helper()
	if got := b.text(expression); got != want {
		b.t.Fatalf("%s = %q, want %q", expression, got, want)
	}
}

func (b *tab) keys(keys string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(keys)); err != nil {
		b.t.Fatal(err)
	}
}

// clean asserts that the page broke neither its Content-Security-Policy nor Trusted Types, and threw nothing.
func (b *tab) clean() {
	b.t.Helper()
	if got := b.text("JSON.stringify(window.violations)"); got != "[]" {
		b.t.Errorf("policy violations or errors: %s", got)
	}
}

// A post is one write that reached the server.
type post struct {
	Path, Body, Key, ActedAt, Csrf, Live string
}

// A rig is a server whose every answer the test decides.
type rig struct {
	t     *testing.T
	srv   *httptest.Server
	peers chan *peer

	mu      sync.Mutex
	posts   []post
	answer  func(w http.ResponseWriter, r *http.Request, p post) // nil: 204
	cut     bool                                                 // drop the connection of writes
	dead    bool                                                 // drop the connection of everything
	sockets bool                                                 // accept sockets
	missing string                                               // the page is gone (404): says « here » the server, « router » one before it
	door    bool                                                 // the session is over: pages lead to the sign-in
	slow    time.Duration                                        // how long a page takes
	token   string                                               // of the page's forms
	board   string
	attrs   string
	html    string // attributes of <html>
	outside string // beside the board
	scripts []string
	loads   int
	opens   int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, peers: make(chan *peer, 64), sockets: true, token: "tok", scripts: []string{"idiomorph.js", "live.js", "outbox.js"}}
	// The normal heartbeat of these tests: slow enough that a busy machine is not taken for a silent server.
	r.attrs = `data-heartbeat="4000" data-epoch="e1" data-seq="10" data-build="b1"`
	r.srv = httptest.NewServer(r)
	t.Cleanup(func() {
		r.srv.CloseClientConnections()
		r.srv.Close()
	})
	return r
}

func (r *rig) set(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
}

func (r *rig) written() []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]post(nil), r.posts...)
}

func (r *rig) loaded() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loads
}

const violations = `window.violations = [];
document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
addEventListener('error', (e) => window.violations.push(String(e.message)));
addEventListener('unhandledrejection', (e) => window.violations.push(String(e.reason)));`

// hours lets a test live through a wall's hours: it calls what is called every so often, moves the clock, and stands for the parts of a
// television that a test has not: a lock on its light, and a loudspeaker that keeps silent until it is touched.
const hours = `const every = [];
const real = setInterval;
window.setInterval = (fn, ms, ...rest) => { const id = real(fn, ms, ...rest); every.push({ id, ms, run: () => fn(...rest) }); return id; };
const clear = clearInterval;
window.clearInterval = (id) => { clear(id); const i = every.findIndex((e) => e.id === id); if (i >= 0) every.splice(i, 1); };
window.pass = (ms) => every.filter((e) => e.ms === ms).map((e) => e.run()).length;
let ahead = 0;
const now = Date.now;
Date.now = () => now() + ahead;
window.later = (ms) => { ahead += ms; };
window.locks = [];
Object.defineProperty(navigator, 'wakeLock', { value: { request: async (kind) => { const l = new EventTarget(); l.kind = kind; locks.push(l); return l; } } });
window.mutedHost = true;
window.AudioContext = class extends EventTarget {
  get state() { return window.mutedHost ? 'suspended' : 'running'; }
  get currentTime() { return 0; }
  async resume() { window.mutedHost = false; this.onstatechange?.(); }
  createOscillator() { const o = { frequency: {}, connect: (x) => x, start() {}, stop() {} }; return o; }
  createGain() { return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (x) => x }; }
};
window.sounds = [];
document.addEventListener('oc:sound', (e) => sounds.push(e.detail.name + (e.detail.played ? '' : ' silent')));`

const policyHeader = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; " +
	"require-trusted-types-for 'script'; trusted-types ocpizza idiomorph"

func (r *rig) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	cut, dead, sockets := r.cut, r.dead, r.sockets
	r.mu.Unlock()
	hangUp := func() {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
	}
	switch {
	case dead:
		hangUp()
	case strings.HasPrefix(req.URL.Path, "/live"):
		if !sockets {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		r.mu.Lock()
		r.opens++
		r.mu.Unlock()
		conn, _, _, err := ws.UpgradeHTTP(req, w)
		if err != nil {
			return
		}
		p := &peer{t: r.t, conn: conn, query: req.URL.Query(), said: make(chan string, 64), gone: make(chan struct{})}
		go p.read()
		r.peers <- p
	case req.URL.Path == "/violations.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, violations)
	case req.URL.Path == "/nolocks.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, "Object.defineProperty(navigator, 'locks', { value: undefined })")
	case req.URL.Path == "/hours.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, hours)
	case strings.HasPrefix(req.URL.Path, "/static/"), req.URL.Path == "/sw.js":
		a, _, ok := Lookup(strings.TrimPrefix(strings.TrimPrefix(req.URL.Path, "/static"), "/"))
		if !ok {
			http.NotFound(w, req)
			return
		}
		w.Header().Set("Content-Type", a.ContentType)
		_, _ = w.Write(a.Content)
	case req.Method == http.MethodPost:
		if cut {
			hangUp()
			return
		}
		_ = req.ParseForm()
		p := post{
			Path: req.URL.Path, Body: req.PostForm.Encode(), Key: req.Header.Get("Idempotency-Key"),
			ActedAt: req.Header.Get("X-Acted-At"), Csrf: req.Header.Get("X-Csrf-Token"), Live: req.Header.Get("X-Live"),
		}
		r.mu.Lock()
		r.posts = append(r.posts, p)
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, req, p)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		r.mu.Lock()
		r.loads++
		page, missing, door, slow := r.page(), r.missing, r.door, r.slow
		r.mu.Unlock()
		time.Sleep(slow)
		if door && req.URL.Path != "/connexion" {
			http.Redirect(w, req, "/connexion", http.StatusSeeOther)
			return
		}
		if missing != "" {
			if missing == "here" {
				w.Header().Set("Content-Security-Policy", policyHeader)
			}
			http.NotFound(w, req)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policyHeader)
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, page)
	}
}

func (r *rig) page() string {
	var scripts strings.Builder
	for _, s := range append([]string{"/violations.js"}, r.scripts...) {
		if !strings.HasPrefix(s, "/") {
			s = URL(s)
		}
		fmt.Fprintf(&scripts, `<script defer src="%s"></script>`, s)
	}
	return fmt.Sprintf(`<!doctype html><html lang="fr" %s><head><meta charset="utf-8"><title>Essai</title><link rel="icon" href="data:,">%s</head><body>
<p id="live-lamp"></p><p id="live-banner" role="status" hidden></p><p id="toast" role="alert" hidden></p><p id="outbox" hidden></p>
%s<form id="f" method="post" data-live-form><input type="hidden" name="_csrf" value="%s"></form>
<form id="o" method="post" data-outbox><input type="hidden" name="_csrf" value="%s"></form>
<main id="board" data-live="/live/cuisine?x=1" data-now="%d" %s>%s</main></body></html>`,
		r.html, scripts.String(), r.outside, r.token, r.token, time.Now().UnixMilli(), r.attrs, r.board)
}

// open loads the page in a new tab.
func (r *rig) open() *tab {
	r.t.Helper()
	b := newTab(r.t)
	b.open(r.srv.URL + "/page")
	return b
}

// peer waits for the next socket.
func (r *rig) peer() *peer {
	r.t.Helper()
	select {
	case p := <-r.peers:
		r.t.Cleanup(func() { p.conn.Close() })
		return p
	case <-time.After(15 * time.Second):
		r.t.Fatal("no socket was opened")
		return nil
	}
}

// live opens the page and brings its socket to `hello current`.
func (r *rig) live() (*tab, *peer) {
	r.t.Helper()
	b := r.open()
	p := r.peer()
	p.hello("current", 10, "")
	b.wait(`document.documentElement.dataset.live === 'live'`)
	return b, p
}

type peer struct {
	t     *testing.T
	conn  net.Conn
	query url.Values
	said  chan string
	gone  chan struct{}
}

func (p *peer) read() {
	defer close(p.gone)
	defer p.conn.Close()
	for {
		f, err := ws.ReadFrame(p.conn) //nolint:staticcheck // SA1019 warns of hostile peers: this one is our own page
		// The answer to a close frame is not answered again: Chromium takes a second one for a broken connection (1006)
		// and forgets the code of the first.
		if err != nil || f.Header.OpCode == ws.OpClose {
			return
		}
		if f.Header.OpCode == ws.OpText {
			p.said <- string(ws.UnmaskFrameInPlace(f).Payload)
		}
	}
}

type frame map[string]any

func (p *peer) send(f frame) {
	p.t.Helper()
	if _, ok := f["t"]; !ok {
		f["t"] = time.Now().UnixMilli()
	}
	text, err := json.Marshal(f)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := wsutil.WriteServerText(p.conn, text); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

func op(do, to, html string) frame { return frame{"do": do, "to": to, "html": html} }

func (p *peer) hello(mode string, seq int, html string) {
	p.t.Helper()
	f := frame{"k": "hello", "e": "e1", "s": seq, "b": "b1", "m": mode}
	if mode == "snapshot" {
		f["o"] = []frame{op("morph", "board", html)}
	}
	p.send(f)
}

func (p *peer) patch(prev, seq int, ops ...frame) {
	p.t.Helper()
	p.send(frame{"k": "patch", "p": prev, "s": seq, "o": ops})
}

func (p *peer) ping(seq int) { p.t.Helper(); p.send(frame{"k": "ping", "s": seq, "b": "b1"}) }

func (p *peer) close(code int) {
	p.t.Helper()
	body := ws.NewCloseFrameBody(ws.StatusCode(code), "")
	if err := ws.WriteFrame(p.conn, ws.NewCloseFrame(body)); err != nil {
		p.t.Fatalf("close: %v", err)
	}
}

func (p *peer) hear() string {
	p.t.Helper()
	select {
	case s := <-p.said:
		return s
	case <-time.After(15 * time.Second):
		p.t.Fatal("the page said nothing")
		return ""
	}
}
