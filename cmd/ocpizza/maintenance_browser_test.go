package main

import (
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/views"
)

// TestMaintenanceInBrowsers begins a maintenance before open pages and ends it: nobody reloads anything.
func TestMaintenanceInBrowsers(t *testing.T) {
	c := startChromium(t)
	dbURL := "sqlite://" + dbtest.SQLite(t)
	e := startEvening(t, dbURL)
	o := e.visitor().place(order("regina:large:2"), "open")

	shopper := c.sit(t, "shopper", e.url, phone)
	shopper.live("/carte/perpignan")
	shopper.click(`#product-regina [data-size="large"] .add`)
	shopper.holds(`#panier[data-count="1"]`)
	follower := c.sit(t, "follower", e.url, phone)
	follower.live(o.Suivi)
	staff := map[string]*tab{}
	for login, path := range map[string]string{"cuisine": "/cuisine", "livreur": "/livraisons", "caisse": "/caisse", "responsable": "/pilotage"} {
		b := c.sit(t, login, e.url, desk)
		b.signsIn(login, path)
		b.live(path)
		staff[login] = b
	}

	if _, _, err := e.command(dbURL, "maintenance", "on", "--message", "Nous réparons le four.", "--until", clockIn(t, time.Hour)); err != nil {
		t.Fatal(err)
	}
	shopper.sees("#maintenance", "Commandes suspendues", "Nous réparons le four")
	shopper.wait(`![...document.querySelectorAll('.add, .basket .button.big')].some((el) => el.checkVisibility())`)
	follower.sees("#maintenance", "Votre commande suit son cours")
	for login, b := range staff {
		b.sees("#maintenance", "plus de nouvelles commandes", "Nous réparons le four")
		for _, fault := range b.inspect() {
			t.Errorf("%s: %s", login, fault)
		}
	}
	late := c.sit(t, "late", e.url, phone)
	late.open("/carte/perpignan")
	late.connected()
	late.sees("main", "Nous revenons vite", "Nous réparons le four")
	home := c.sit(t, "home", e.url, desk)
	home.open("/")
	home.connected()
	home.sees("main", "Nous revenons vite")
	plain := c.sit(t, "without JavaScript", e.url, device{width: 360, height: 800, noScript: true})
	plain.open("/")
	plain.sees("main", "Nous revenons vite")
	for _, b := range []*tab{shopper, follower, late, home} {
		for _, fault := range b.inspect() {
			t.Errorf("%s: %s", b.name, fault)
		}
	}

	if _, _, err := e.command(dbURL, "maintenance", "off"); err != nil {
		t.Fatal(err)
	}
	late.holds(`#product-regina .add`) // by itself
	home.holds(`.shops`)
	shopper.holds(`#maintenance[data-on=non][hidden]`)
	shopper.holds(`#panier[data-count="1"]`)
	shopper.wait(`[...document.querySelectorAll('.add')].some((el) => el.checkVisibility())`)
	for _, b := range staff {
		b.holds(`#maintenance[data-on=non][hidden]`)
	}

	// A database that is away is said on the same pages, in the same way.
	staff["menu"], staff["tracking"] = shopper, follower
	e.prog.boards.SetService(views.Down)
	shopper.sees("#service", "Nos serveurs ne répondent pas", "Appelez la pizzeria")
	follower.sees("#service", "Votre commande est gardée")
	for _, login := range []string{"cuisine", "caisse", "responsable"} {
		staff[login].sees("#service", "La base ne répond pas", "Notez sur papier")
	}
	staff["livreur"].sees("#service", "attendent dans le téléphone")
	for name, b := range staff {
		for _, fault := range b.inspect() {
			t.Errorf("%s: %s", name, fault)
		}
	}
	e.prog.boards.SetService(views.Working)
	for _, b := range staff {
		b.holds(`#service[data-service=""][hidden]`)
	}
}
