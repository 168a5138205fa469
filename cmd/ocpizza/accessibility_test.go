package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axeVersion is the release of axe-core (npm, MPL-2.0) that « make install » puts into the user's cache; it is no part of the program.
const axeVersion = "4.14.1"

// axeSource is Deque's accessibility engine. The test is skipped, loudly, where it is not, and fails where nothing may be skipped.
func axeSource(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(cache, "ocpizza", "axe-core-"+axeVersion, "axe.min.js"))
	if err != nil {
		if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
			t.Fatalf("OCPIZZA_TEST_REQUIRE=1 and no axe-core: %v", err)
		}
		t.Skipf("SKIPPED, NOTHING PROVEN: no axe-core (%v). « make install » fetches it.", err)
	}
	return string(source)
}

// axe has the page examined by the rules of WCAG 2.2 A and AA and axe's best practices, and returns what breaks one.
func (b *tab) axe(source string) []string {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](source+";0")); err != nil {
		b.t.Fatalf("%s: axe-core: %v", b.name, err)
	}
	const script = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) =>
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ' — ' + n.failureSummary.replace(/\s+/g, ' ').slice(0, 300))))`
	var faults []string
	faults, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: axe: %v", b.name, err)
	}
	return faults
}

// TestAccessibility examines every screen, on a phone and on its own size, by day and by night.
func TestAccessibility(t *testing.T) {
	const stations = "/cuisine#postes"
	source := axeSource(t)
	c := startChromium(t)
	e := quickEvening(t)
	visitor := e.visitor()
	tracked := visitor.place(order("burrata-serrano:large:2:roquette:chevre,oeuf", "cola-33:single:1"), "axe-1")
	visitor.place(order("quatre-fromages:medium:1", "calzone:large:3"), "axe-2")
	away := visitor.place(order("savoyarde:large:1", "tiramisu:single:2"), "axe-3")
	e.cooked(away)
	held := visitor.place(order("regina:large:1", "calzone:medium:2"), "axe-4")
	e.as("cuisine").post(fmt.Sprintf("/cuisine/commandes/%d/lignes/1/oven", tracked.ID), nil).want(200)
	e.as("cuisine").post(fmt.Sprintf("/cuisine/commandes/%d/on_hold", held.ID), url.Values{"ingredient": {"champignons"}}).want(200)
	for _, screen := range []struct {
		who   string
		size  device
		pages []string
	}{
		{"", desk, []string{"/", "/carte/perpignan", "/carte/perpignan#panier", tracked.Suivi, away.Suivi, held.Suivi, "/connexion", "/ecran", "/nulle-part"}},
		{"cuisine", wall, []string{"/cuisine", stations}},
		{"livreur", phone, []string{"/livraisons", "/livraisons/compte"}},
		{"caisse", desk, []string{"/caisse", "/caisse/tickets", "/caisse/commandes/1/ticket"}},
		{"directeur", cockpit, []string{"/pilotage", "/pilotage/groupe", "/pilotage/stocks", "/pilotage/ecrans", "/pilotage/supervision", "/pilotage/comptes"}},
	} {
		for _, scheme := range []string{"light", "dark"} {
			b := c.sit(t, strings.TrimSpace(screen.who+" "+scheme), e.url, screen.size)
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			if screen.who != "" {
				b.signsIn(screen.who, "/")
			}
			for _, path := range screen.pages {
				b.open(path)
				if path == "/carte/perpignan" {
					b.connected()
					b.composes("burrata-serrano")
					b.click(`#product-burrata-serrano [data-size="large"] .add`)
					b.holds(`#panier[data-count="1"]`)
					b.composes("savoyarde")
				}
				if path == stations {
					b.press("p")
					b.sees(".station-oven h2", "Four")
				}
				for _, width := range []int64{screen.size.width, phone.width} {
					b.resize(width, screen.size.height)
					for _, fault := range b.axe(source) {
						t.Errorf("%s, %s, %d px: %s", path, scheme, width, fault)
					}
				}
				b.resize(screen.size.width, screen.size.height)
			}
		}
	}
}
