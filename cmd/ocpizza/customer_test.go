package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/static"
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

// TestChangeByLink: the customer changes an order that is not begun; refused, the page keeps what was typed and says which row is at fault.
func TestChangeByLink(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client, cook, manager := e.visitor(), e.as("cuisine"), e.as("responsable")
	form := order("margherita:medium:1", "cola-33:single:2")
	form.Set("note", "Digicode 1974")
	o := client.place(form, "change-1")
	ticket := fmt.Sprintf("ticket-%d", o.ID)
	wall, tracking, other := cook.watch("/live/cuisine"), client.watch("/live"+o.Suivi), e.visitor().watch("/live/carte/perpignan")
	if text := tracking.hello.text(); strings.Contains(text, "Digicode") || !strings.Contains(text, "act-modifier") {
		t.Errorf("the page: %.800s", text)
	}

	client.post(o.Suivi+"/modifier", url.Values{"ligne": {"margherita:large:2", "", "tiramisu:single:1"}}).want(http.StatusOK).says(`"modifiable":true`)
	if f := tracking.sees("Tiramisu", "grande"); strings.Contains(f.text(), "<strong>Cola") || strings.Contains(f.text(), "Digicode") {
		t.Errorf("the page shows what was taken off, or the note: %.1500s", f.text())
	}
	wall.sees(ticket, "Margherita", "Digicode 1974") // an empty note keeps the one that the page does not show
	other.sees(`id="product-cola-33"`)

	manager.post("/pilotage/stocks/cola", url.Values{"action": {"count"}, "quantite": {"3"}}).want(http.StatusOK)
	typed := url.Values{"ligne": {"margherita:large:1", "", "cola-33:single:5"}, "note": {"Sonnez"}}
	client.post(o.Suivi+"/modifier", typed).want(http.StatusConflict).says("Il ne reste que 3").says("Cola").says(`"ligne":2`)
	page := client.asBrowser(o.Suivi+"/modifier", typed).want(http.StatusConflict)
	page.says(`role="alert"`).says("Il ne reste que 3").says(`<option value="margherita:large:1" selected>`).says(`<option value="" selected>`).says(">Sonnez</textarea>")
	page.says(`class="revise" open`).lacks("Digicode").lacks("Ana Puig")
	if got := page.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("the page of a refusal: Referrer-Policy %q", got)
	}
	typed.Set("ligne", "margherita:large:40")
	client.post(o.Suivi+"/modifier", typed).want(http.StatusConflict).says("38 pizzas de plus")
	client.post(o.Suivi+"/modifier", url.Values{"ligne": {"", ""}}).want(422).says("panier est vide")
	client.post(o.Suivi+"/modifier", url.Values{"ligne": {"margherita"}}).want(422).says("illisible")

	cook.post(fmt.Sprintf("/cuisine/commandes/%d/lignes/1/making", o.ID), nil).want(http.StatusOK)
	tracking.sees(`data-status="preparing"`)
	client.post(o.Suivi+"/modifier", url.Values{"ligne": {"margherita:medium:1"}}).want(http.StatusConflict).says("Trop tard").says("en préparation")
	page = client.asBrowser(o.Suivi+"/modifier", url.Values{"ligne": {"margherita:medium:1"}}).want(http.StatusConflict)
	page.says("Trop tard").says("La préparation a commencé").lacks(`id="revise-1"`)
}

// TestHoldAndGoOn: an ingredient runs out of an order that is begun; the customer goes on without it, and each screen hears of it.
func TestHoldAndGoOn(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client, cook := e.visitor(), e.as("cuisine")
	o := client.place(order("regina:medium:1"), "hold-1")
	wall, till, tracking := cook.watch("/live/cuisine"), e.as("caisse").watch("/live/caisse"), client.watch("/live"+o.Suivi)
	kitchen := fmt.Sprintf("/cuisine/commandes/%d", o.ID)
	cook.post(kitchen+"/lignes/1/making", nil).want(http.StatusOK)
	tracking.sees(`data-status="preparing"`)
	cook.post(kitchen+"/on_hold", url.Values{"ingredient": {"jambon"}}).want(http.StatusOK)
	if f := tracking.sees(`data-status="on_hold"`, "Il manque un ingrédient", "Continuer sans jambon"); strings.Contains(f.text(), "act-modifier") {
		t.Errorf("a begun order on hold offers to be changed: %.900s", f.text())
	}
	till.sees(fmt.Sprintf(`id="order-%d"`, o.ID), `data-status="on_hold"`)
	wall.sees(fmt.Sprint("ticket-", o.ID))

	client.post(o.Suivi+"/sans", nil).want(http.StatusOK).says(`"annulable":false`).says(`"modifiable":false`)
	f := tracking.sees(`data-status="received"`, "sans jambon", "La préparation a commencé")
	if text := f.text(); strings.Contains(text, "act-modifier") || strings.Contains(text, "Annuler la commande") {
		t.Errorf("what is begun can be changed: %.1500s", text)
	}
	wall.sees(fmt.Sprint("ticket-", o.ID), "Sans Jambon")
	till.sees(fmt.Sprintf(`id="order-%d"`, o.ID), `data-status="received"`)
	client.post(o.Suivi+"/sans", nil).want(http.StatusConflict).says("a déjà choisi").says("sans Jambon")
	client.post(o.Suivi+"/modifier", url.Values{"ligne": {"regina:medium:2"}}).want(http.StatusConflict).says("est déjà commencée")
	client.post(o.Suivi+"/annuler", nil).want(http.StatusConflict).says("est déjà commencée")
	cook.post(kitchen+"/lignes/1/done", nil).want(http.StatusOK)
	tracking.sees(`data-status="ready"`)
}

// TestTrackingLinkEnds: a day after the order is over, its link is no longer anybody's.
func TestTrackingLinkEnds(t *testing.T) {
	evening := inParis(t, "2026-03-14 20:00")
	e, clock := startAt(t, evening)
	client, manager := e.visitor(), e.as("responsable")
	o := client.place(order("margherita:medium:1"), "link-1")
	manager.post(fmt.Sprintf("/pilotage/commandes/%d/cancelled", o.ID), url.Values{"motif": {"fermeture"}}).want(http.StatusOK)
	clock(evening.Add(24 * time.Hour))
	client.get(o.Suivi).want(http.StatusOK).says("Ce lien s’ouvre jusqu’au 15")
	clock(evening.Add(24*time.Hour + time.Minute))
	client.get(o.Suivi).want(http.StatusNotFound).says("expiré").lacks("Margherita")
	client.getJSON(o.Suivi).want(http.StatusNotFound)
	client.post(o.Suivi+"/annuler", nil).want(http.StatusNotFound)
	if _, status, err := client.dial("/live" + o.Suivi); err == nil || status != http.StatusNotFound {
		t.Errorf("its socket: %d, %v", status, err)
	}
}

// TestHeaders: what each kind of page tells browsers, caches and search engines.
func TestHeaders(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client := e.visitor()
	o := client.place(order("margherita:medium:1"), "headers-1")
	for _, row := range []struct {
		who                          *person
		path, referrer, robots, kept string
	}{
		{client, "/", "same-origin", "", "no-store"},
		{client, "/carte/perpignan", "same-origin", "", "no-store"},
		{client, o.Suivi, "no-referrer", "noindex", "no-store"},
		{client, "/connexion", "same-origin", "", "no-store"},
		{client, "/nulle-part", "same-origin", "", "no-store"},
		{e.as("cuisine"), "/cuisine", "same-origin", "", "no-store"},
		{client, static.URL("app.css"), "same-origin", "", "immutable"},
	} {
		r := row.who.get(row.path)
		h := r.Header
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") ||
			!strings.Contains(csp, "require-trusted-types-for 'script'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", row.path, csp)
		}
		if got := h.Get("Referrer-Policy"); got != row.referrer {
			t.Errorf("%s: Referrer-Policy %q, want %q", row.path, got, row.referrer)
		}
		if got := h.Get("X-Robots-Tag"); got != row.robots {
			t.Errorf("%s: X-Robots-Tag %q, want %q", row.path, got, row.robots)
		}
		if got := h.Get("Cache-Control"); !strings.Contains(got, row.kept) {
			t.Errorf("%s: Cache-Control %q, want %q", row.path, got, row.kept)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: nosniff %q, and on plain HTTP HSTS %q", row.path, h.Get("X-Content-Type-Options"), h.Get("Strict-Transport-Security"))
		}
		public := row.path == "/" || row.path == "/carte/perpignan"
		if strings.Contains(h.Get("Content-Type"), "html") && strings.Contains(r.body, `content="noindex`) == public {
			t.Errorf("%s: that search engines must not keep it is said: %t", row.path, public)
		}
	}
	e.stop()
	e.public = "https://pizza.example"
	e.serve("127.0.0.1:0")
	if got := e.visitor().get("/").Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("under an https origin: HSTS %q", got)
	}
}

// TestMenuFilters: what is hidden from whoever eats no meat, or no pork, and what is not.
func TestMenuFilters(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	b := c.sit(t, "visitor", e.url, desk)
	b.live("/carte/perpignan")
	visible := func(slug string) string {
		return `document.getElementById("product-` + slug + `").checkVisibility()`
	}
	for _, row := range []struct{ filter, shows, hides string }{
		{"#filtre-vegetarien", "margherita quatre-fromages tiramisu cola-33", "regina catalane"},
		{"#filtre-sans-porc", "margherita tiramisu cola-33", "regina"},
	} {
		b.click(".filters label:has(" + row.filter + ")")
		b.holds(row.filter + ":checked")
		for slug := range strings.FieldsSeq(row.shows) {
			b.wait(visible(slug))
		}
		for slug := range strings.FieldsSeq(row.hides) {
			b.wait("!" + visible(slug))
		}
		// A product that the wire draws again stays hidden, and the filter stays on.
		e.visitor().place(order("margherita:medium:1", "regina:large:1"), "filter "+row.filter)
		b.wait("!" + visible(strings.Fields(row.hides)[0]))
		b.click(".filters label:has(" + row.filter + ")")
		b.wait(visible(strings.Fields(row.hides)[0]))
	}
}

// TestGuessingIsSlowed: ten wrong passwords, then nothing more is tried for a while, and it is said for how long. It is nobody's fault here.
func TestGuessingIsSlowed(t *testing.T) {
	now := inParis(t, "2026-03-14 20:00")
	e, clock := startAt(t, now)
	guess := func(login, password string) *reply {
		return e.visitor().post("/connexion", url.Values{"identifiant": {login}, "mot_de_passe": {password}})
	}
	for i := range 10 {
		clock(now.Add(time.Duration(i) * time.Second))
		guess("cuisine", "faux").want(http.StatusUnauthorized)
	}
	for _, password := range []string{"faux", app.DemoPassword} {
		r := guess("cuisine", password).want(http.StatusTooManyRequests).says(`"kind":"too_many"`).says("Attendez 10\u00a0minutes")
		if got := r.Header.Get("Retry-After"); got != "591" { // until the first of them is ten minutes old
			t.Errorf("Retry-After %q", got)
		}
	}
	guess("livreur", "faux").want(http.StatusTooManyRequests) // from the same address
	clock(now.Add(9*time.Minute + 30*time.Second))
	page := e.visitor().asBrowser("/connexion", url.Values{"identifiant": {"cuisine"}, "mot_de_passe": {"faux"}}).want(http.StatusTooManyRequests)
	if got := page.says("Attendez 1\u00a0minute,").says(`value="cuisine"`).Header.Get("Retry-After"); got != "30" {
		t.Errorf("half a minute before: Retry-After %q", got)
	}
	clock(now.Add(10 * time.Minute))
	guess("cuisine", app.DemoPassword).want(http.StatusOK)
	if n := e.faults.Load(); n != 0 {
		t.Errorf("%d errors in the log", n)
	}
}

// TestFloodIsRefused: behind a router, whoever writes as no person does is told to wait, by address or by account; others, pages and whoever asks from
// this machine feel nothing of it.
func TestFloodIsRefused(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	e.stop()
	e.dyno = true
	e.serve("127.0.0.1:0")
	ask := func(p *person, path, from string) *reply {
		return p.do("POST", path, strings.NewReader("pizzeria=perpignan&_csrf="+p.csrf), "Content-Type", "application/x-www-form-urlencoded",
			"Accept", "application/json", "X-Forwarded-For", "192.0.2.1, "+from)
	}
	flood := func(p *person, path, from string, status, limit int) {
		t.Helper()
		for n := 1; n <= limit; n++ {
			ask(p, path, from).want(status)
		}
		r := ask(p, path, from).want(http.StatusTooManyRequests).says(`"kind":"too_many"`).says("Attendez 1\u00a0minute")
		if after, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || after < 1 || after > 60 {
			t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
		}
	}
	stranger := e.visitor()
	flood(stranger, "/commandes", "203.0.113.7", 422, 60)
	stranger.do("GET", "/carte/perpignan", nil, "X-Forwarded-For", "203.0.113.7").want(http.StatusOK)
	ask(stranger, "/commandes", "203.0.113.8").want(422)
	for range 70 {
		ask(stranger, "/commandes", "10.1.2.3").want(422) // somebody's proxy: it may be everybody
	}
	cook := e.as("cuisine")
	flood(cook, "/cuisine/stock/licorne/rupture", "203.0.113.7", 404, 600)
	ask(e.as("caisse"), "/caisse/commandes", "203.0.113.7").want(422)
}

// TestPostcodeFindsTheShop: the home page takes a visitor to the shop that delivers to them, a shop that does not says which one does and lets
// the basket go there, and where nobody does it is said what to do. All without JavaScript.
func TestPostcodeFindsTheShop(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client := e.visitor()
	client.get("/").want(http.StatusOK).says(`name="code_postal"`).lacks("code-refus")
	for typed, says := range map[string]string{"75001": "venez retirer", "bonjour": "cinq chiffres", "6600": "cinq chiffres"} {
		client.get("/?code_postal=" + typed).want(http.StatusOK).says(says).says(`value="` + typed + `"`).says(`aria-invalid="true"`)
	}
	if r := client.get("/?code_postal=66140").want(http.StatusSeeOther); r.Header.Get("Location") != "/carte/canet" {
		t.Errorf("66140 is Canet's: %s", r.Header.Get("Location"))
	}
	client.asBrowser("/carte/canet/panier", url.Values{"ajouter": {"margherita:medium"}}).want(http.StatusSeeOther)
	client.get("/carte/canet").says(`name="code_postal" value="66140"`)

	client = e.visitor()
	client.asBrowser("/carte/perpignan/panier", url.Values{"ajouter": {"regina:large"}, "sans": {"champignons"}}).want(http.StatusSeeOther)
	client.get("/carte/perpignan").says(`name="code_postal" value=""`)
	form := order("regina:large:1:champignons")
	form.Set("code_postal", "66140")
	r := client.asBrowser("/commandes", form).want(422).says("OC Pizza Canet y livre").says("Emporter ce panier chez OC Pizza Canet").says(`action="/carte/canet/panier"`)
	r.says(`name="reprendre" value="perpignan"`)
	bring := url.Values{"reprendre": {"perpignan"}, "code_postal": {"66140"}}
	if r := client.asBrowser("/carte/canet/panier", bring).want(http.StatusSeeOther); r.Header.Get("Location") != "/carte/canet#panier" {
		t.Errorf("the basket goes to %s", r.Header.Get("Location"))
	}
	client.get("/carte/canet").says("regina:large:1:champignons").says("sans champignons").says(`name="code_postal" value="66140"`)
	if r := client.post("/carte/canet/panier", bring, "X-Live", "1").want(http.StatusNoContent); r.Header.Get("X-Location") != "/carte/canet#panier" {
		t.Errorf("live.js is sent to %q", r.Header.Get("X-Location"))
	}
	form.Set("code_postal", "75001")
	client.asBrowser("/commandes", form).want(422).lacks("Emporter ce panier")
}
