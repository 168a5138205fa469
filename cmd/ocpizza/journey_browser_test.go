package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// longPatience is how long a page may take: a browser, a server under the race detector and other tests share two cores.
const longPatience = 60 * time.Second

// chromium is one browser for all the people of a test.
type chromium struct{ ctx context.Context } //nolint:containedctx // chromedp's browser is its context

// startChromium skips the test, loudly, where there is no Chromium, and fails it where nothing may be skipped.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	bin := os.Getenv("OCPIZZA_CHROMIUM")
	if bin == "" {
		bin = "/usr/bin/chromium"
	}
	bin, err := exec.LookPath(bin)
	if err != nil {
		if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
			t.Fatalf("OCPIZZA_TEST_REQUIRE=1 and no Chromium: %v", err)
		}
		t.Skipf("SKIPPED, NOTHING PROVEN: no Chromium (%v). Install it or set OCPIZZA_CHROMIUM.", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(bin), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("accept-lang", "fr-FR"), // a customer who asks for nothing else
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &chromium{ctx}
}

// device is what somebody holds or stands before.
type device struct {
	width, height int64
	touch         bool
	noScript      bool
}

var (
	phone   = device{width: 360, height: 800, touch: true}
	desk    = device{width: 1280, height: 800}
	wall    = device{width: 1920, height: 1080}
	cockpit = device{width: 1440, height: 900}
)

// tab is somebody in front of a page. What they do is done with real clicks, taps and keys; each has cookies of their own.
type tab struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp's tab is its context
	name string
	site string
	dev  device

	mu     sync.Mutex
	loads  int      // documents loaded
	since  int      // of those, before settle
	faults []string // what the page broke: its policy, or a script
}

// sit opens a private window for somebody.
func (c *chromium) sit(t *testing.T, name, site string, dev device) *tab {
	t.Helper()
	b := &tab{t: t, name: name, site: site, dev: dev}
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.hear))
	b.ctx = ctx
	t.Cleanup(cancel)
	var emulate []chromedp.EmulateViewportOption
	if dev.touch {
		emulate = append(emulate, chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.run(chromedp.EmulateViewport(dev.width, dev.height, emulate...))
	call(b, log.Enable, cdp.Empty{})
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	if dev.noScript {
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	t.Cleanup(b.clean)
	return b
}

func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.t.Fatalf("%s: %s: %v", b.name, cmd.Method, err)
	}
}

// hear collects what the page did wrong.
func (b *tab) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *page.EventFrameNavigated:
		if ev.Frame.ParentID == "" {
			b.loads++
		}
	case *runtime.EventExceptionThrown:
		words := ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			words += " " + e.Description
		}
		b.faults = append(b.faults, "exception: "+words)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, a := range ev.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			b.faults = append(b.faults, "console: "+strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		// A refused write and a lost connection are no faults of the page.
		if e := ev.Entry; e.Level == log.EntryLevelError && e.Source != log.EntrySourceNetwork && !strings.HasPrefix(e.Text, "WebSocket connection to") {
			b.faults = append(b.faults, fmt.Sprintf("%s: %s (%s:%d)", e.Source, e.Text, e.URL, e.LineNumber))
		}
	}
}

// clean asserts that no page broke its Content-Security-Policy or Trusted Types, and that no script threw.
func (b *tab) clean() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Errorf("%s: %s", b.name, f)
	}
	b.faults = nil
}

// settle remembers the page that is open; stays asserts that it was never loaded again.
func (b *tab) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since = b.loads
}

func (b *tab) stays() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.loads - b.since; n != 0 {
		b.t.Errorf("%s: the page was loaded %d more times instead of changing by itself", b.name, n)
	}
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(actions...); err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
}

func (b *tab) try(actions ...chromedp.Action[chromedp.Void]) error {
	if err := chromedp.Do(b.ctx); err != nil { // the tab itself must not end with the time limit
		return err
	}
	ctx, cancel := context.WithTimeout(b.ctx, longPatience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// open goes to a page of the site.
func (b *tab) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.site + path))
}

// live opens a page and waits until it is connected.
func (b *tab) live(path string) {
	b.t.Helper()
	b.open(path)
	b.connected()
}

func (b *tab) connected() {
	b.t.Helper()
	b.wait(`document.documentElement.dataset.live === 'live'`)
}

// probe finds what a person can see. It is part of every script because pages without JavaScript are looked at, too.
const probe = `
const words = (el) => (el.innerText + ' ' + (el.getAttribute('aria-label') ?? '')).replace(/\s+/g, ' ').toLowerCase();
const seen = (el) => {
  const r = el.getBoundingClientRect();
  return r.width > 0 && r.height > 0 && el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
};
const find = (css, text) => [...document.querySelectorAll(css)].find((el) => seen(el) && words(el).includes(text));
`

func normal(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(q)
}

// eval runs a script and reads what it returns.
func (b *tab) eval(script string, into any) error {
	ctx, cancel := context.WithTimeout(b.ctx, longPatience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("JSON.stringify((() => {"+probe+script+"})() ?? null)"))
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
		b.t.Fatalf("%s: %s: %v", b.name, script, err)
	}
}

// text is the value of an expression, as words.
func (b *tab) text(expression string) string {
	b.t.Helper()
	var v any
	if err := b.eval("return "+expression, &v); err != nil {
		b.t.Fatalf("%s: %s: %v", b.name, expression, err)
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// poll asks until ok, a few times a second.
func (b *tab) poll(ok func() bool) bool {
	for deadline := time.Now().Add(longPatience); time.Now().Before(deadline); {
		if ok() {
			return true
		}
		select {
		case <-b.ctx.Done():
			return false
		case <-time.After(25 * time.Millisecond):
		}
	}
	return false
}

// wait waits until an expression is true.
func (b *tab) wait(expression string) {
	b.t.Helper()
	var last error
	if b.poll(func() bool {
		var ok bool
		last = b.eval("return Boolean("+expression+")", &ok)
		return last == nil && ok
	}) {
		return
	}
	b.fatalf("never true: %s (%v)", expression, last)
}

// fatalf ends the test with what the page shows.
func (b *tab) fatalf(format string, args ...any) {
	b.t.Helper()
	var shown string
	_ = b.eval(`return document.title + ' ' + location.href + '\n' + document.body.innerText`, &shown)
	if dir := os.Getenv("OCPIZZA_TEST_SHOTS"); dir != "" {
		if png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot()); err == nil {
			_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(b.t.Name(), "/", "_")+"_"+b.name+".png"), png, 0o600)
		}
	}
	b.t.Fatalf("%s: %s\nthe page shows: %.3000s", b.name, fmt.Sprintf(format, args...), shown)
}

// sees waits until something that the person can see holds the words.
func (b *tab) sees(css string, words ...string) {
	b.t.Helper()
	for _, w := range append(words, "")[:max(1, len(words))] {
		b.wait(fmt.Sprintf("find(%s, %s)", quote(css), quote(normal(w))))
	}
}

// misses waits until nothing that the person can see holds the words.
func (b *tab) misses(css, words string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("!find(%s, %s)", quote(css), quote(normal(words))))
}

// holds waits until something is in the page, seen or not.
func (b *tab) holds(css string) {
	b.t.Helper()
	b.wait("document.querySelector(" + quote(css) + ")")
}

type point struct{ X, Y float64 }

// aim scrolls to a control and returns where a finger hits it: nothing may lie over it, and it must stand still.
func (b *tab) aim(css, words string) point {
	b.t.Helper()
	var at, before struct {
		point
		Why string
	}
	script := fmt.Sprintf(`
const el = find(%s, %s);
if (!el) return { Why: 'not to be seen' };
if (el.disabled) return { Why: 'disabled' };
if (el.closest('[data-pending=""]')) return { Why: 'pending' };
const inside = (r) => r.top >= 0 && r.bottom <= innerHeight;
if (!inside(el.getBoundingClientRect())) el.scrollIntoView({ block: 'center', behavior: 'instant' });
const r = el.getClientRects()[0];
const X = r.left + r.width / 2, Y = r.top + r.height / 2;
const hit = document.elementFromPoint(X, Y);
if (!hit) return { X, Y, Why: 'outside of the window' };
if (!(el.contains(hit) || hit.contains(el) && getComputedStyle(hit).pointerEvents === 'none')) return { X, Y, Why: 'covered by ' + hit.cloneNode().outerHTML };
return { X, Y, Why: '' };`, quote(css), quote(normal(words)))
	var err error
	if !b.poll(func() bool {
		before = at
		at.Why = ""
		err = b.eval(script, &at)
		return err == nil && at.Why == "" && at.point == before.point && before.Why == ""
	}) {
		b.fatalf("cannot click %s %q: %s (%v)", css, words, at.Why, err)
	}
	return at.point
}

// hit taps or clicks a place.
func (b *tab) hit(at point) error {
	if b.dev.touch {
		return b.try(chromedp.TapXY(at.X, at.Y))
	}
	return b.try(chromedp.MouseClickXY(at.X, at.Y))
}

// click taps or clicks the first thing to be seen that matches and holds the words.
func (b *tab) click(css string, words ...string) {
	b.t.Helper()
	if err := b.hit(b.aim(css, strings.Join(words, " "))); err != nil {
		b.t.Fatalf("%s: click %s: %v", b.name, css, err)
	}
}

// press types keys.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// fill types into a field, over what it holds.
func (b *tab) fill(css, text string) {
	b.t.Helper()
	b.click(css)
	b.wait("document.activeElement === document.querySelector(" + quote(css) + ")")
	b.do("document.activeElement.select()")
	b.press(text)
	b.wait(fmt.Sprintf("document.querySelector(%s).value === %s", quote(css), quote(text)))
}

// focused tells whether the focus is on what matches, and what it is on if that is out of sight or covered.
const focused = `
const el = document.activeElement;
if (!el || el === document.body) return { There: false, Hidden: '' };
const r = el.getBoundingClientRect();
const onTop = [[.5, .5], [.1, .2], [.9, .8]].some(([x, y]) => {
  const hit = document.elementFromPoint(r.left + r.width * x, r.top + r.height * y);
  return hit && (el.contains(hit) || hit.closest('label')?.contains(el) || [...(el.labels ?? [])].some((l) => l.contains(hit)));
});
return { There: el.matches(%s), Hidden: onTop ? '' : el.cloneNode().outerHTML };`

// tabTo presses Tab until the focus is on what matches. Each stop must be in sight: WCAG 2.4.7 and 2.4.11.
func (b *tab) tabTo(css string) {
	b.t.Helper()
	var hidden []string
	for range 400 {
		b.press(kb.Tab)
		var at struct {
			There  bool
			Hidden string
		}
		script := fmt.Sprintf(focused, quote(css))
		// The page may scroll gently to where the focus went.
		for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if err := b.eval(script, &at); err != nil {
				b.t.Fatalf("%s: %v", b.name, err)
			}
			if at.Hidden == "" || time.Now().After(deadline) {
				break
			}
		}
		if at.Hidden != "" {
			hidden = append(hidden, at.Hidden)
		}
		if at.There {
			for _, h := range slices.Compact(hidden) {
				b.t.Errorf("%s: the focus is out of sight or covered on %s", b.name, h)
			}
			return
		}
	}
	b.fatalf("Tab never reaches %s", css)
}

// signsIn opens the staff's door and ends on the person's own screen.
func (b *tab) signsIn(login, screen string) {
	b.t.Helper()
	b.open("/connexion")
	b.fill("#identifiant", login)
	b.fill("#mot_de_passe", app.DemoPassword)
	b.click("main button", "Se connecter")
	b.arrives(screen)
	if !b.dev.noScript {
		b.connected()
	}
}

// arrives waits for a page.
func (b *tab) arrives(path string) {
	b.t.Helper()
	b.wait("location.pathname.startsWith(" + quote(path) + ") && document.readyState === 'complete'")
}

// status waits for a state of the order that a tracking page shows.
func (b *tab) status(s app.Status) {
	b.t.Helper()
	b.sees(`#tracking[data-status="` + string(s) + `"]`)
}

// number is that of the order that a tracking page shows.
func (b *tab) number() string {
	b.t.Helper()
	return b.text(`document.querySelector('#suivi-titre').textContent.match(/n°\s*(\d+)/)[1]`)
}

// cutter stands between browsers and the server like a network that fails: it cuts, or it swallows everything without a word.
type cutter struct {
	t      *testing.T
	url    string
	target string

	mu    sync.Mutex
	calm  *sync.Cond
	mode  string // "" passes, "cut" hangs up, "hole" delivers nothing
	conns map[net.Conn]bool
}

func newCutter(t *testing.T, target string) *cutter {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{t: t, url: "http://" + l.Addr().String(), target: strings.TrimPrefix(target, "http://"), conns: map[net.Conn]bool{}}
	c.calm = sync.NewCond(&c.mu)
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(in)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		c.set("cut")
	})
	return c
}

// set changes the weather.
func (c *cutter) set(mode string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mode = mode
	c.calm.Broadcast()
	if mode != "cut" {
		return
	}
	for conn := range c.conns {
		conn.Close()
	}
	clear(c.conns)
}

// pass waits until something may be delivered, and reports whether the line still stands.
func (c *cutter) pass() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.mode == "hole" {
		c.calm.Wait()
	}
	return c.mode == ""
}

func (c *cutter) carry(in net.Conn) {
	defer in.Close()
	if !c.pass() {
		return
	}
	out, err := new(net.Dialer).DialContext(context.WithoutCancel(c.t.Context()), "tcp", c.target)
	if err != nil {
		return
	}
	defer out.Close()
	c.mu.Lock()
	c.conns[in], c.conns[out] = true, true
	c.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			defer func() { done <- struct{}{} }()
			buf := make([]byte, 16<<10)
			for {
				n, err := way[0].Read(buf)
				if !c.pass() {
					return
				}
				if _, werr := way[1].Write(buf[:n]); err != nil || werr != nil {
					return
				}
			}
		}()
	}
	<-done
	c.mu.Lock()
	delete(c.conns, in)
	delete(c.conns, out)
	c.mu.Unlock()
}

// demoFile is a seeded demo, made once: hashing the cast's passwords is what a fresh one costs.
var demoFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ocpizza-demo")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "demo.db")
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: "sqlite://" + file})
	if err != nil {
		return nil, err
	}
	_, err = d.Migrate(ctx)
	if err == nil {
		err = seed(ctx, d, true, io.Discard)
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// quickEvening is an evening on a copy of the seeded demo.
func quickEvening(t *testing.T) *evening {
	t.Helper()
	content, err := demoFile()
	if err != nil {
		t.Fatal(err)
	}
	file := dbtest.SQLite(t)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return startEvening(t, "sqlite://"+file)
}

// resize changes the window, and waits for the page to have followed.
func (b *tab) resize(width, height int64) {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(width, height, chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch))
	b.wait(fmt.Sprintf("innerWidth <= %d || document.documentElement.scrollWidth > %d", width, width))
}

// inspect lists what is wrong with a page as it stands: text cut off, sideways scrolling, controls, fields or images without a name, ids
// that are not unique.
func (b *tab) inspect() []string {
	b.t.Helper()
	var faults []string
	if err := b.eval(inspection, &faults); err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
	return faults
}

const inspection = `
const faults = [];
const root = document.documentElement;
const width = root.clientWidth;
const name = (el) => {
  const up = el.closest('[id]');
  return (up && up !== el ? '#' + up.id + ' … ' : '') + el.cloneNode().outerHTML.slice(0, 160);
};
const clip = (el) => el.closest('.sr, .skip, [hidden], dialog:not([open]), template, datalist, option, svg, script, style, noscript');
if (getComputedStyle(root).overflowY === 'hidden' && root.scrollHeight > innerHeight + 1) faults.push('reaches below the screen, where nobody can scroll: ' + root.scrollHeight + ' > ' + innerHeight);
if (root.scrollWidth > width) faults.push('scrolls sideways: ' + root.scrollWidth + ' > ' + width);
const scrolls = (el) => {
  for (let p = el; p && p !== root; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p.scrollWidth > p.clientWidth) return true;
  return false;
};
for (const el of document.body.querySelectorAll('*')) {
  if (clip(el) || !seen(el) || Math.min(el.offsetWidth, el.offsetHeight) <= 1) continue; // words for ears alone
  const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (!own && !el.matches('button,input,select,textarea')) continue;
  if (own) {
    const range = document.createRange();
    for (const n of el.childNodes) {
      if (n.nodeType !== 3 || !n.data.trim()) continue;
      range.selectNodeContents(n);
      for (const r of range.getClientRects()) {
        if (r.width > 0 && (r.right > width + 1 || r.left < -1) && !scrolls(el)) {
          faults.push('text beyond the edge: « ' + n.data.trim().slice(0, 40) + ' » ' + name(el));
          break;
        }
        let p = el;
        for (; p && p !== document.body; p = p.parentElement) {
          const style = getComputedStyle(p);
          if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
          const box = p.getBoundingClientRect();
          if (/hidden|clip/.test(style.overflowX) && (r.right > box.right + 1 || r.left < box.left - 1) || /hidden|clip/.test(style.overflowY) && (r.bottom > box.bottom + 2 || r.top < box.top - 2)) {
            faults.push('text cut off: « ' + n.data.trim().slice(0, 40) + ' » ' + name(el) + ' by ' + name(p));
            p = null;
            break;
          }
        }
        if (!p) break;
      }
    }
  }
}
const labelled = (el) => (el.getAttribute('aria-label') ?? '').trim() || (el.getAttribute('aria-labelledby') ?? '').split(/\s+/).some((id) => document.getElementById(id)?.textContent.trim());
for (const el of document.querySelectorAll('a[href], button, summary, [role=button]')) if (!labelled(el) && !el.textContent.trim()) faults.push('a control without a name: ' + name(el));
for (const el of document.querySelectorAll('input:not([type=hidden]), select, textarea, meter, output')) if (!labelled(el) && ![...(el.labels ?? [])].some((l) => l.textContent.trim())) faults.push('a field without a label: ' + name(el));
for (const el of document.querySelectorAll('img:not([alt]), svg[role=img]:not([aria-label]):not([aria-labelledby])')) faults.push('an image without words: ' + name(el));
for (const attr of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'form', 'list'])
  for (const el of document.querySelectorAll('[' + attr + ']'))
    for (const id of el.getAttribute(attr).split(/\s+/)) if (!document.getElementById(id)) faults.push(attr + ' names no element: ' + name(el));
const ids = new Map();
for (const el of document.querySelectorAll('[id]')) ids.set(el.id, (ids.get(el.id) ?? 0) + 1);
for (const [id, n] of ids) if (n > 1) faults.push('the id ' + id + ' stands ' + n + ' times');
if (!document.querySelector('main')) faults.push('no <main>');
if (document.querySelectorAll('h1').length !== 1) faults.push(document.querySelectorAll('h1').length + ' <h1>');
if (!['fr', 'en'].includes(root.lang)) faults.push('no language');
// A fault that a list repeats is told once.
const told = new Map();
for (const f of faults) {
  const kind = f.replace(/«.*?»/g, '').replace(/#\S+|\bid="[^"]*"|\d+/g, '');
  if (!told.has(kind)) told.set(kind, f);
}
return [...told.values()];
`
