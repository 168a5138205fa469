package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// asBrowser sends a form like a browser without JavaScript: what comes back is a page.
func (p *person) asBrowser(path string, form url.Values) *reply {
	p.e.t.Helper()
	return p.do("POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
}

// lacks checks that the body does not hold a text.
func (r *reply) lacks(text string) *reply {
	r.t.Helper()
	if i := strings.Index(r.body, text); i >= 0 {
		r.t.Errorf("%s %s says %q: …%.300s", r.Request.Method, r.Request.URL.Path, text, r.body[max(0, i-100):])
	}
	return r
}

// inParis is a time of the shops: "2026-03-14 21:00", a Saturday.
func inParis(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, app.Paris)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestClosedShop: it says when it opens, promises nothing for now, takes orders for later, and says so live when it opens.
func TestClosedShop(t *testing.T) {
	e, clock := startAt(t, inParis(t, "2026-03-14 16:00"))
	client := e.visitor()
	var home struct {
		Pizzerias []struct {
			Slug    string
			Ouverte bool
		}
	}
	client.getJSON("/").decode(&home)
	for i, p := range home.Pizzerias {
		if p.Ouverte != (i == 0) {
			t.Errorf("%s open at four in the afternoon: %t", p.Slug, p.Ouverte)
		}
	}
	form := order("margherita:medium:1")
	form.Set("pizzeria", "canet")
	form.Set("mode", "retrait")
	client.post("/commandes", form).want(http.StatusConflict).says("fermée").says("rouvre à 18:00")

	menu := client.watch("/live/carte/canet")
	if text := menu.hello.text(); !strings.Contains(text, `data-taking="non"`) || !strings.Contains(text, "Réouverture à 18:00") {
		t.Errorf("the menu of a closed shop: %.600s", text)
	}
	client.post("/carte/canet/panier", url.Values{"ajouter": {"margherita:medium"}})
	page := client.get("/carte/canet").want(http.StatusOK)
	page.says("Elle rouvre à 18:00").says(`<option value="" disabled data-if="oui" hidden>`).says(`data-if="oui" hidden>vers`).lacks("entre 16:")

	form.Set("creneau", inParis(t, "2026-03-14 19:30").Format(time.RFC3339))
	var later placed
	client.post("/commandes", form).want(http.StatusCreated).decode(&later)
	if !strings.Contains(later.PromisA, "19:30") {
		t.Errorf("promised %s", later.PromisA)
	}
	form.Set("creneau", inParis(t, "2026-03-14 16:30").Format(time.RFC3339))
	client.post("/commandes", form).want(422).says("fermée à ce créneau")

	clock(inParis(t, "2026-03-14 18:30"))
	for {
		f, err := menu.read(patience)
		if err != nil {
			t.Fatal(err)
		}
		if f.K == "ping" && strings.Contains(f.text(), `data-taking="oui"`) {
			break
		}
	}
	client.post("/carte/canet/panier", url.Values{"ajouter": {"margherita:medium"}}) // the first became an order
	client.get("/carte/canet").want(http.StatusOK).says(`<option value="" data-if="oui">Dès que possible`).says("Au plus tôt")
}

// TestMenuFollows: on an open menu, the promise of the basket moves when others order, what is shown is what is sent, and what was left out of
// one pizza is not left out of the next.
func TestMenuFollows(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	b := c.sit(t, "visitor", e.url, desk)
	b.live("/carte/perpignan")
	b.settle()
	b.click("#product-regina .without summary")
	b.click("#product-regina .without label", "champignons")
	b.holds("#product-regina .without input:checked")
	b.click(`#product-regina [data-size="medium"] .add`)
	b.sees("#panier .line-without", "sans champignons")
	b.wait(`!document.querySelector("#product-regina .without input:checked")`)
	b.click(`#product-regina [data-size="medium"] .add`)
	b.holds(`#panier[data-count="2"]`)
	b.wait(`document.querySelectorAll("#panier .line-without").length === 1`)

	shown := func() time.Time {
		at, err := time.Parse(time.RFC3339, b.text(`document.querySelector("[name=promis_attendu_retrait]").value`))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	before := shown()
	e.visitor().place(order("margherita:medium:40"), "crowd")
	if !b.poll(func() bool { return shown().Sub(before) >= 15*time.Minute }) {
		t.Fatalf("forty pizzas ahead and still promised for %v", shown())
	}
	clock := shown().In(app.Paris).Format("15:04")
	for _, css := range []string{"#promise li:nth-child(2)", ".sum .only-pickup dd", ".modes label:nth-child(2) small"} {
		if got := b.text(`document.querySelector(` + quote(css) + `).textContent`); !strings.Contains(got, clock) {
			t.Errorf("%s says %q, want %s", css, got, clock)
		}
	}
	b.stays()
}
