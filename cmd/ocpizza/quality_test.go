package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/oc-pizza/ocpizza/views"
)

// customerScreens are those of customers, with an order in the basket, one that waits and one that is away.
func customerScreens(e *evening) []string {
	visitor := e.visitor()
	waits := visitor.place(order("burrata-serrano:large:2", "cola-33:single:1"), "quality-1")
	away := visitor.place(order("savoyarde:large:1", "tiramisu:single:2"), "quality-2")
	e.cooked(away)
	return []string{"/", "/?code_postal=75001", "/carte/perpignan", "/carte/perpignan#panier", waits.Suivi, away.Suivi, "/nulle-part"}
}

// visits opens a customer's screen, with something in the basket of the menu.
func (b *tab) visits(path string) {
	b.t.Helper()
	b.open(path)
	if path == "/carte/perpignan" {
		b.connected()
		b.click(`#product-burrata-serrano [data-size="large"] .add`)
		b.holds(`#panier[data-count]:not([data-count="0"])`)
	}
}

// TestNothingIsCutOff looks at the customer's screens in both languages from the smallest telephone to a television, and while a bar says that
// nothing can be saved: no text is cut off or runs out of the window, and nothing scrolls sideways.
func TestNothingIsCutOff(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	screens := customerScreens(e)
	for _, service := range []views.Service{views.Working, views.Down} {
		e.prog.boards.SetService(service)
		for _, language := range []string{"fr", "en"} {
			b := c.sit(t, language, e.url, phone)
			b.open("/?lang=" + language)
			for _, path := range screens {
				b.visits(path)
				if got := b.text("document.documentElement.lang"); got != language {
					t.Errorf("%s is in %s", path, got)
				}
				for _, width := range []int64{320, 360, 768, 1280, 1920} {
					b.resize(width, 800)
					for _, fault := range b.inspect() {
						t.Errorf("%s in %s at %d px: %s", path, language, width, fault)
					}
				}
				b.resize(phone.width, phone.height)
			}
		}
	}
}

// TestFocusIsSeen goes through the customer's screens with Tab, there and back, on a desk and on a telephone, while a bar stands on top: whatever
// has the focus is in the window, and nothing lies over it.
func TestFocusIsSeen(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	screens := customerScreens(e)
	e.prog.boards.SetService(views.Down)
	for _, dev := range []device{desk, phone} {
		b := c.sit(t, fmt.Sprint(dev.width), e.url, dev)
		for _, path := range screens {
			b.visits(path)
			for _, keys := range []chromedp.Modifier{0, chromedp.ModifierShift} {
				b.walk(path, keys)
			}
		}
	}
}

// walk presses Tab until the focus has been everywhere.
func (b *tab) walk(path string, keys chromedp.Modifier) {
	b.t.Helper()
	walk := quote(fmt.Sprint(path, keys))
	stops, last := 0, ""
	for range 400 {
		b.run(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(keys)))
		var at struct{ Seen, Gone, Hidden string }
		script := `
const el = document.activeElement;
if (!el || el === document.body || el.dataset.walked === ` + walk + `) return { Gone: el?.cloneNode().outerHTML ?? 'nothing' };
const r = el.getBoundingClientRect();
if (r.bottom <= 0 || r.top >= innerHeight || r.right <= 0 || r.left >= innerWidth) return { Hidden: 'out of the window: ' + el.cloneNode().outerHTML };
const hits = [[.5, .5], [.15, .25], [.85, .25], [.15, .75], [.85, .75]].map(([x, y]) => document.elementFromPoint(r.left + r.width * x, r.top + r.height * y));
const over = hits.find((hit) => hit && !(el.contains(hit) || hit.contains(el) || hit.closest('label')?.contains(el) || [...(el.labels ?? [])].some((l) => l.contains(hit))));
const some = hits.some((hit) => hit && (el.contains(hit) || hit.contains(el) || hit.closest('label')?.contains(el) || [...(el.labels ?? [])].some((l) => l.contains(hit))));
if (!some) return { Hidden: 'covered by ' + (over?.cloneNode().outerHTML ?? 'nothing') + ': ' + el.cloneNode().outerHTML };
el.dataset.walked = ` + walk + `;
return { Seen: el.tagName };`
		for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the page may scroll gently to it
			at.Hidden = ""
			if err := b.eval(script, &at); err != nil {
				b.t.Fatalf("%s: %v", b.name, err)
			}
			if at.Hidden == "" || time.Now().After(deadline) {
				break
			}
		}
		if at.Gone != "" {
			last = at.Gone
			break
		}
		if at.Hidden != "" {
			b.t.Errorf("%s on %s px: the focus is %s", path, b.name, at.Hidden)
			return
		}
		stops++
	}
	b.t.Logf("%s on %s px: %d stops, %.200s", path, b.name, stops, last)
	if stops < 4 {
		b.t.Errorf("%s on %s px: Tab reaches %d things", path, b.name, stops)
	}
}

// TestReducedMotion: for whoever asks for it, nothing moves.
func TestReducedMotion(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	screens := customerScreens(e)
	b := c.sit(t, "calm", e.url, phone)
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	for _, path := range screens {
		b.visits(path)
		if got := b.text("document.getAnimations().filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 1).length"); got != "0" {
			t.Errorf("%s: %s animations run", path, got)
		}
		if got := b.text("getComputedStyle(document.documentElement).scrollBehavior"); got != "auto" {
			t.Errorf("%s scrolls %s", path, got)
		}
	}
}
