package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestJourneys are people in front of real pages, in a real browser, with the real program behind.
func TestJourneys(t *testing.T) {
	c := startChromium(t)
	t.Run("silent network", func(t *testing.T) { t.Parallel(); journeySilence(t, c) })
	t.Run("evening", func(t *testing.T) {
		t.Parallel()
		dbtest.Engines(t, func(t *testing.T, url string) { journeyEvening(t, c, url) })
	})
	t.Run("cancel against cook", func(t *testing.T) { t.Parallel(); journeyRace(t, c) })
	t.Run("last one sold", func(t *testing.T) { t.Parallel(); journeySoldOut(t, c) })
	t.Run("cut and back", func(t *testing.T) { t.Parallel(); journeyCut(t, c) })
	t.Run("restart", func(t *testing.T) { t.Parallel(); journeyRestart(t, c) })
	t.Run("without JavaScript", func(t *testing.T) { t.Parallel(); journeyPlain(t, c) })
	t.Run("keyboard", func(t *testing.T) { t.Parallel(); journeyKeyboard(t, c) })
	t.Run("run and map", func(t *testing.T) { t.Parallel(); journeyRun(t, c) })
	t.Run("small screens", func(t *testing.T) { t.Parallel(); journeySmall(t, c) })
}

// order makes a delivery order by hand, from the home page to the tracking page.
func (b *tab) order(product string) {
	b.t.Helper()
	b.open("/")
	b.click(".shop a", "Perpignan")
	b.arrives("/carte/perpignan")
	if !b.dev.noScript {
		b.connected()
		b.settle()
	}
	b.click(`#product-` + product + ` [data-size="medium"] .add`)
	b.holds(`#panier[data-count="1"]`)
	if !b.dev.noScript {
		b.stays()
	}
	b.checkout()
	b.click("#panier button", "Commander ·")
	b.arrives("/suivi/")
	b.status(app.Received)
}

// checkout opens the basket and fills it in.
func (b *tab) checkout() {
	b.t.Helper()
	if b.dev.touch {
		b.click(".basket-bar")
	}
	b.click("#panier label", "Livraison")
	b.fill("#adresse", "3 rue de la Loge")
	b.fill("#code_postal", "66000")
	b.fill("#nom", "Ana Puig")
	b.fill("#telephone", "04 65 71 20 30")
	b.click("#panier label", "Carte")
	b.fill("#note", "Sonner deux fois")
}

// ticket is an order's on the wall.
func ticket(number, rest string) string { return `.ticket[data-number="` + number + `"]` + rest }

// cooked takes an order through the kitchen behind everybody's back.
func (e *evening) cooked(o placed) {
	e.t.Helper()
	cook := e.as("cuisine")
	for _, step := range []string{"preparing", "ready"} {
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/%s", o.ID, step), nil).want(200)
	}
}

// journeyEvening follows one pizza over five pages that lie side by side; none is ever loaded again.
func journeyEvening(t *testing.T, c *chromium, url string) {
	var e *evening
	if strings.HasPrefix(url, "sqlite") {
		e = quickEvening(t)
	} else {
		e = startEvening(t, url)
	}
	kitchen := c.sit(t, "kitchen", e.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.sees(".wall-empty", "Rien à préparer")
	courier := c.sit(t, "courier", e.url, phone)
	courier.signsIn("livreur", "/livraisons")
	courier.sees("#drops", "Rien à livrer")
	manager := c.sit(t, "manager", e.url, cockpit)
	manager.signsIn("responsable", "/pilotage")
	manager.sees("#dashboard-orders", "Aucune commande en cours")
	for _, b := range []*tab{kitchen, courier, manager} {
		b.settle()
	}

	customer := c.sit(t, "customer", e.url, phone)
	customer.order("margherita")
	customer.connected()
	customer.settle()
	n := customer.number()
	kitchen.sees(ticket(n, ""), "1×", "Margherita")
	kitchen.misses(".wall-empty", "")
	kitchen.sees(`#kitchen-load[data-todo="1"]`, "1 à faire")
	courier.sees(`.drop.coming[data-number="`+n+`"]`, "3 rue de la Loge")
	manager.sees(`#tile-open[data-value="1"]`, "1")
	manager.sees("#dashboard-orders", "Ana Puig", "Reçue")
	customer.sees("button", "Annuler la commande")

	// The cook takes the pizza through its states, one tap each.
	kitchen.click(ticket(n, " [data-line]"))
	kitchen.sees(ticket(n, `[data-status="preparing"] li[data-state="making"]`))
	customer.status(app.Preparing)
	customer.sees(".state", "Votre pizza", "en préparation")
	customer.misses("button", "Annuler la commande")
	kitchen.click(ticket(n, " [data-line]"))
	kitchen.sees(ticket(n, ` li[data-state="oven"]`))
	kitchen.sees(`#kitchen-load[data-oven="1"]`)
	customer.sees(".state", "Votre pizza", "au four")
	kitchen.click(ticket(n, " [data-line]"))
	kitchen.sees(".wall-empty", "Rien à préparer")
	customer.status(app.Ready)
	manager.sees("#dashboard-orders", "Prête")

	// The courier takes it, delivers, thinks better of it, and delivers.
	drop := `.drop[data-number="` + n + `"]`
	courier.sees(drop, "3 rue de la Loge", "Sonner deux fois", "À encaisser 9,00 €")
	courier.click(drop+" button", "Prendre")
	courier.sees("#drops-mine", "1 arrêt")
	customer.status(app.OnTheWay)
	manager.sees(`#tile-couriers[data-value="1"]`)
	courier.click(drop+" button.act", "Livrée")
	courier.sees("#outbox", "1 envoi en attente")
	courier.click("#toast button", "Annuler")
	courier.misses("#outbox", "")
	courier.do(`document.querySelectorAll('[data-undo]').forEach((el) => { el.dataset.undo = '1' })`)
	courier.click(drop+" button.act", "Livrée")
	courier.sees("#drops", "Rien à livrer")
	courier.misses("#outbox", "")
	customer.status(app.Delivered)
	customer.sees("h1", "Bon appétit")
	customer.sees(`.step[data-step="delivered"][aria-current]`, "Livrée")
	if title := customer.text("document.title"); !strings.HasPrefix(title, "Livrée") {
		t.Errorf("the tracking page's title is %q", title)
	}
	for _, step := range []string{"received", "preparing", "ready", "on_the_way", "delivered"} {
		customer.sees(`.step[data-step="` + step + `"][data-reached="oui"] time`)
	}

	// The dashboard has followed.
	manager.sees(`#tile-open[data-value="0"]`)
	manager.sees(`#tile-takings[data-value="900"]`, "9,00 €", "1 vente")
	manager.sees(`#tile-couriers[data-value="0"]`)
	manager.sees("#dashboard-orders", "Aucune commande en cours")
	for _, b := range []*tab{kitchen, courier, manager, customer} {
		b.stays()
	}
}

// journeyRace lets a customer cancel and a cook begin: exactly one wins, and both pages end up right.
func journeyRace(t *testing.T, c *chromium) {
	e := quickEvening(t)
	kitchen := c.sit(t, "kitchen", e.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.settle()
	customer := c.sit(t, "customer", e.url, phone)
	place := func(key string) (suivi, number string) {
		t.Helper()
		o := e.visitor().place(order("regina:medium:1"), key)
		customer.live(o.Suivi)
		customer.settle()
		n := customer.number()
		kitchen.sees(ticket(n, `[data-status="received"]`))
		return o.Suivi, n
	}
	// What the other did does not reach a page for a moment: it is held, as under a finger.
	const deaf = `oc.hold(3000)`
	const cancel = `button[form=act]`

	// The cook is first.
	_, n := place("race-cook")
	at := customer.aim(cancel, "Annuler la commande")
	customer.do(deaf)
	kitchen.click(ticket(n, " [data-bump]"), "Commencer")
	kitchen.sees(ticket(n, `[data-status="preparing"]`))
	if err := customer.hit(at); err != nil {
		t.Fatal(err)
	}
	customer.sees("#toast", "Trop tard")
	customer.status(app.Preparing)
	customer.sees(".window", "La préparation a commencé")
	customer.misses("button", "Annuler la commande")
	customer.stays()
	kitchen.sees(ticket(n, `[data-status="preparing"]`))

	// The customer is first.
	_, n = place("race-customer")
	at = kitchen.aim(ticket(n, " [data-bump]"), "Commencer")
	kitchen.do(deaf)
	customer.click(cancel, "Annuler la commande")
	customer.status(app.Cancelled)
	if err := kitchen.hit(at); err != nil {
		t.Fatal(err)
	}
	kitchen.sees("#toast", "annulée")
	kitchen.sees(ticket(n, `[data-status="cancelled"]`), "Annulée")
	kitchen.click(ticket(n, " [data-bump]"), "Vu, je jette")
	kitchen.misses(ticket(n, ""), "")
	customer.sees("h1", "Annulée")
	customer.stays()

	// Both at once: whoever wins, they agree.
	for i := range 3 {
		suivi, n := place(fmt.Sprintf("race-both-%d", i))
		cook, client := kitchen.aim(ticket(n, " [data-bump]"), "Commencer"), customer.aim(cancel, "Annuler la commande")
		kitchen.do(deaf)
		customer.do(deaf)
		var both sync.WaitGroup
		var errs [2]error
		both.Go(func() { errs[0] = kitchen.hit(cook) })
		both.Go(func() { errs[1] = customer.hit(client) })
		both.Wait()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		var end struct{ Statut app.Status }
		customer.wait(`document.querySelector('#tracking').dataset.status !== 'received'`)
		e.visitor().getJSON(suivi).decode(&end)
		customer.status(end.Statut)
		kitchen.sees(ticket(n, `[data-status="`+string(end.Statut)+`"]`))
		switch end.Statut {
		case app.Preparing:
			customer.sees("#toast", "Trop tard")
			customer.misses("button", "Annuler la commande")
		case app.Cancelled:
			kitchen.sees("#toast", "annulée")
			kitchen.sees(ticket(n, ""), "Annulée")
		default:
			t.Errorf("nobody won: the order is %s", end.Statut)
		}
		kitchen.click("#toast button, body", "")
	}
	kitchen.stays()
}

// journeySoldOut sells the last one of something under the eyes of another customer.
func journeySoldOut(t *testing.T, c *chromium) {
	e := quickEvening(t)
	manager := c.sit(t, "manager", e.url, cockpit)
	manager.signsIn("responsable", "/pilotage")
	manager.live("/pilotage/stocks")
	manager.settle()
	quick, slow := c.sit(t, "quick", e.url, desk), c.sit(t, "slow", e.url, phone)
	const size = `#product-burrata-serrano [data-size="medium"]`
	for _, b := range []*tab{quick, slow} {
		b.live("/carte/perpignan")
		b.settle()
	}

	manager.click("#stock-burrata summary")
	manager.fill("#quantite-burrata", "1")
	manager.click("#stock-burrata button", "Compté")
	manager.holds(`#level-burrata[data-available="1"]`)
	for _, b := range []*tab{quick, slow} {
		b.sees(size+`[data-left="1"]`, "encore 1")
		b.click(size + " .add")
		b.holds(`#panier[data-count="1"]`)
	}
	slow.checkout()
	quick.checkout()
	quick.click("#panier button", "Commander ·")
	quick.arrives("/suivi/")

	slow.holds(size + `[data-left="0"]`)
	slow.sees("#panier .line-left", "épuisée")
	slow.click(".basket-close")
	slow.sees("#product-burrata-serrano", "épuisée")
	slow.misses(size+" .add", "")
	manager.holds(`#level-burrata[data-available="0"][data-reserved="1"]`)

	// The one who still tries is told which line, and has not typed for nothing.
	slow.click(".basket-bar")
	slow.click("#panier button", "Commander ·")
	slow.sees("#panier-refus", "Burrata Serrano")
	slow.sees(`#panier .line[data-bad]`, "Burrata Serrano")
	for field, want := range map[string]string{"adresse": "3 rue de la Loge", "code_postal": "66000", "nom": "Ana Puig", "telephone": "04 65 71 20 30", "note": "Sonner deux fois"} {
		if got := slow.text("document.getElementById(" + quote(field) + ").value"); got != want {
			t.Errorf("after the refusal the field %s holds %q, not %q", field, got, want)
		}
	}
	if got := slow.text(`document.querySelector('#panier [name=paiement]:checked').value`); got != "carte" {
		t.Errorf("after the refusal the payment is %q", got)
	}
	slow.stays()
	manager.stays()
}

// journeyCut cuts the line of a wall and of a tracking page, and mends it.
func journeyCut(t *testing.T, c *chromium) {
	e := quickEvening(t)
	net := newCutter(t, e.url)
	kitchen := c.sit(t, "kitchen", net.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.settle()
	first := e.visitor().place(order("regina:medium:1"), "cut-1")
	customer := c.sit(t, "customer", net.url, phone)
	customer.live(first.Suivi)
	customer.settle()
	kitchen.sees(ticket(fmt.Sprint(first.Numero), ""))

	net.set("cut")
	for _, b := range []*tab{kitchen, customer} {
		b.sees("#live-banner", "Figé depuis")
		b.sees("#live-lamp", "Figé depuis")
	}
	second := e.visitor().place(order("tonno:large:2"), "cut-2")
	e.as("cuisine").post(fmt.Sprintf("/cuisine/commandes/%d/preparing", first.ID), nil).want(200)
	customer.status(app.Received) // it cannot know

	net.set("")
	kitchen.sees(ticket(fmt.Sprint(second.Numero), ""), "2×", "Tonno")
	kitchen.sees(ticket(fmt.Sprint(first.Numero), `[data-status="preparing"]`))
	customer.status(app.Preparing)
	for _, b := range []*tab{kitchen, customer} {
		b.connected()
		b.misses("#live-banner", "")
		b.sees("#live-lamp", "En direct")
		b.stays()
	}
}

// journeySilence is a network that dies without a word, as in a lift: no connection is closed, nothing comes through any more.
func journeySilence(t *testing.T, c *chromium) {
	e := quickEvening(t)
	net := newCutter(t, e.url)
	kitchen := c.sit(t, "kitchen", net.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.settle()
	net.set("hole")
	o := e.visitor().place(order("regina:medium:1"), "silence-1")
	kitchen.sees("#live-banner", "signal faible")
	kitchen.sees("#live-banner", "reconnexion")
	net.set("")
	kitchen.sees(ticket(fmt.Sprint(o.Numero), ""), "Regina")
	kitchen.connected()
	kitchen.misses("#live-banner", "")
	kitchen.stays()
}

// journeyRestart stops the server under a wall and starts it again; meanwhile another takes an order.
func journeyRestart(t *testing.T, c *chromium) {
	e := quickEvening(t)
	kitchen := c.sit(t, "kitchen", e.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.settle()
	first := e.visitor().place(order("regina:medium:1"), "restart-1")
	kitchen.sees(ticket(fmt.Sprint(first.Numero), ""), "Regina")

	address := strings.TrimPrefix(e.url, "http://")
	e.stop()
	kitchen.sees("#live-banner", "Figé depuis")
	e.serve("127.0.0.1:0")
	second := e.visitor().place(order("tonno:large:1"), "restart-2")
	e.cooked(first)
	e.stop()
	e.serve(address)

	kitchen.sees(ticket(fmt.Sprint(second.Numero), ""), "Tonno")
	kitchen.misses(ticket(fmt.Sprint(first.Numero), ""), "")
	kitchen.connected()
	third := e.visitor().place(order("orientale:medium:1"), "restart-3")
	kitchen.sees(ticket(fmt.Sprint(third.Numero), ""), "Orientale")
	kitchen.click(ticket(fmt.Sprint(third.Numero), " [data-bump]"), "Commencer")
	kitchen.sees(ticket(fmt.Sprint(third.Numero), `[data-status="preparing"]`))
	kitchen.misses("#live-banner", "")
	kitchen.stays()
}

// journeyPlain orders, makes and delivers with no script at all: plain forms, and the reload button.
func journeyPlain(t *testing.T, c *chromium) {
	e := quickEvening(t)
	plain := func(d device) device {
		d.noScript = true
		return d
	}
	customer := c.sit(t, "customer", e.url, plain(phone))
	customer.order("calzone")
	customer.sees(".notice", "Sans JavaScript")
	n, suivi := customer.number(), customer.text("location.pathname")

	kitchen := c.sit(t, "kitchen", e.url, plain(wall))
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.click(ticket(n, " [data-bump]"), "Commencer")
	kitchen.arrives("/cuisine")
	kitchen.click(ticket(n, `[data-status="preparing"] [data-line]`))
	kitchen.sees(ticket(n, ` li[data-state="making"]`))
	customer.open(suivi)
	customer.status(app.Preparing)
	kitchen.click(ticket(n, " [data-bump]"), "Prête")
	kitchen.misses(ticket(n, ""), "")

	courier := c.sit(t, "courier", e.url, plain(phone))
	courier.signsIn("livreur", "/livraisons")
	courier.click(".drop button", "Prendre")
	courier.sees("#drops-mine", "1 arrêt")
	courier.click(".drop button.act", "Livrée")
	courier.sees("#drops", "Rien à livrer")
	customer.open(suivi)
	customer.status(app.Delivered)

	// A refusal is a page that says why and keeps what was typed.
	customer.open("/carte/perpignan")
	customer.click(`#product-regina [data-size="large"] .add`)
	customer.holds(`#panier[data-count="1"]`)
	customer.checkout()
	customer.fill("#code_postal", "75011")
	customer.click("#panier button", "Commander ·")
	customer.sees("#panier-refus", "75011")
	if got := customer.text("document.getElementById('adresse').value"); got != "3 rue de la Loge" {
		t.Errorf("after the refusal the address is %q", got)
	}
}

// journeyKeyboard orders with Tab, Enter and letters, and works the wall with digits.
func journeyKeyboard(t *testing.T, c *chromium) {
	e := quickEvening(t)
	kitchen := c.sit(t, "kitchen", e.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	customer := c.sit(t, "customer", e.url, desk)
	customer.open("/")
	customer.tabTo(`a[href="/carte/perpignan"]`)
	customer.press(kb.Enter)
	customer.arrives("/carte/perpignan")
	customer.connected()
	customer.tabTo(`#product-margherita [data-size="medium"] .add`)
	customer.press(kb.Enter)
	customer.holds(`#panier[data-count="1"]`)
	customer.tabTo("#panier [name=mode]")
	customer.tabTo("#adresse")
	customer.press("3 rue de la Loge")
	customer.tabTo("#code_postal")
	customer.press("66000")
	customer.tabTo("#nom")
	customer.press("Ana Puig")
	customer.tabTo("#telephone")
	customer.press("0465712030")
	customer.tabTo("#panier .checkout > button")
	customer.press(kb.Enter)
	customer.arrives("/suivi/")
	n := customer.number()

	kitchen.sees(ticket(n, ""))
	kitchen.press("1")
	kitchen.sees(ticket(n, `[data-status="preparing"]`))
	kitchen.press(" ")
	kitchen.sees(ticket(n, ` li[data-state="making"]`))
	kitchen.press("i")
	kitchen.sees("dialog[open]", "Margherita", "Mozzarella")
	kitchen.press(kb.Escape)
	kitchen.misses("dialog[open]", "")
	kitchen.press("a")
	kitchen.sees("#all-day", "Margherita")
	kitchen.press("a")
	kitchen.misses("dialog[open]", "")
	kitchen.press("1")
	kitchen.misses(ticket(n, ""), "")
	kitchen.press("r")
	kitchen.sees(ticket(n, `[data-status="preparing"]`))
	kitchen.press(kb.ArrowRight)
	kitchen.sees(ticket(n, "[data-selected]"))
	kitchen.press(kb.Enter)
	kitchen.misses(ticket(n, ""), "")
	customer.status(app.Ready)
}

// journeySmall opens every page on the smallest telephones, and on a desk.
func journeySmall(t *testing.T, c *chromium) {
	e := quickEvening(t)
	visitor := e.visitor()
	tracked := visitor.place(order("burrata-serrano:large:2:roquette,pesto:chevre,oeuf,jambon-serrano", "cola-33:single:1"), "small-1")
	visitor.place(order("quatre-fromages:medium:1", "calzone:large:3"), "small-2")
	away := visitor.place(order("savoyarde:large:1", "tiramisu:single:2"), "small-3")
	e.cooked(away)
	for _, login := range []struct {
		who   string
		pages []string
	}{
		{"", []string{"/", "/carte/perpignan", "/carte/perpignan#panier", tracked.Suivi, "/connexion", "/ecran", "/nulle-part"}},
		{"cuisine", []string{"/cuisine"}},
		{"livreur", []string{"/livraisons"}},
		{"caisse", []string{"/caisse", "/caisse/tickets", "/caisse/commandes/1/ticket"}},
		{"directeur", []string{"/pilotage", "/pilotage/groupe", "/pilotage/stocks", "/pilotage/ecrans"}},
	} {
		b := c.sit(t, "small "+login.who, e.url, device{width: 360, height: 800, touch: true})
		if login.who != "" {
			b.signsIn(login.who, "/")
		}
		for _, path := range login.pages {
			b.open(path)
			if path == "/carte/perpignan" {
				b.connected()
				b.composes("burrata-serrano")
				b.click(`#product-burrata-serrano [data-size="large"] .add`)
				b.holds(`#panier[data-count="1"]`)
				b.composes("savoyarde")
			}
			for _, width := range []int64{360, 320, 1280} {
				b.resize(width, 800)
				for _, fault := range b.inspect() {
					t.Errorf("%s at %d px: %s", path, width, fault)
				}
			}
		}
	}
}
