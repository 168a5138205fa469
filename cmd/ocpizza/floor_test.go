package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestUndeliverable: a courier says why an order comes back; everybody concerned reads it, and nobody else gets a word.
func TestUndeliverable(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, courier, stranger := e.visitor(), e.as("livreur"), e.as("cuisine")
		o := client.place(order("regina:medium:1"), "undeliverable")
		e.cooked(o)
		path := fmt.Sprintf("/livraisons/commandes/%d/", o.ID)
		id := fmt.Sprintf("drop-%d", o.ID)
		phone, board, tracking := courier.watch("/live/livraisons"), e.as("responsable").watch("/live/pilotage"), client.watch("/live"+o.Suivi)
		menu, wall := client.watch("/live/carte/perpignan"), stranger.watch("/live/cuisine")

		courier.post(path+"undeliverable", url.Values{"motif": {"Client absent"}}).want(http.StatusForbidden) // still at the pizzeria: the manager’s business
		courier.post(path+"on_the_way", nil).want(http.StatusOK)
		phone.sees(id, `data-status="on_the_way"`)
		tracking.sees(`data-status="on_the_way"`)
		wall.sees(fmt.Sprintf(`id="recalled-%d"`, o.ID), `data-status="on_the_way"`)
		courier.post(path+"undeliverable", url.Values{"motif": {"  "}}).want(http.StatusUnprocessableEntity).says("motif")
		stranger.post(path+"undeliverable", url.Values{"motif": {"Client absent"}}).want(http.StatusForbidden)

		courier.post(path+"undeliverable", url.Values{"motif": {"Client absent"}}).want(http.StatusOK)
		courier.post(path+"undeliverable", url.Values{"motif": {"Client absent"}}).want(http.StatusOK) // a phone repeats
		phone.sees("[remove " + id + "]")
		tracking.sees(`data-status="undeliverable"`, "client absent")
		board.sees(fmt.Sprintf("[remove late-%d]", o.ID))
		wall.sees(fmt.Sprintf("[remove recalled-%d]", o.ID))
		client.post("/commandes", order("cola-33:single:1"), "Idempotency-Key", "next").want(http.StatusCreated)
		if f := menu.sees("product-cola-33"); len(f.O) != 1 {
			t.Errorf("the menu was told of somebody's delivery: %s", f.text())
		}
	})
}

// TestBroughtBack: an order taken by mistake goes back to those that wait, on every courier's telephone.
func TestBroughtBack(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, courier := e.visitor(), e.as("livreur")
		o := client.place(order("regina:medium:1"), "brought back")
		e.cooked(o)
		path := fmt.Sprintf("/livraisons/commandes/%d/", o.ID)
		id := fmt.Sprintf(`id="drop-%d"`, o.ID)
		phone, other, tracking := courier.watch("/live/livraisons"), e.as("responsable").watch("/live/livraisons"), client.watch("/live"+o.Suivi)
		courier.post(path+"on_the_way", nil).want(http.StatusOK)
		phone.sees(id, `data-status="on_the_way"`)
		other.sees(fmt.Sprintf("[remove drop-%d]", o.ID)) // nobody takes it twice
		tracking.sees(`data-status="on_the_way"`)
		courier.post(path+"ready", nil).want(http.StatusOK)
		for _, s := range []*screen{phone, other} {
			s.sees(id, `data-status="ready"`, "Prendre")
		}
		tracking.sees(`data-status="ready"`, "attend son livreur")
	})
}

// TestRupture: what a cook marks out is sold out on every screen, and is sold again when it is back.
func TestRupture(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook, manager := e.visitor(), e.as("cuisine"), e.as("responsable")
		menu, wall, till, stocks := client.watch("/live/carte/perpignan"), cook.watch("/live/cuisine"), e.as("caisse").watch("/live/caisse"), manager.watch("/live/pilotage?vue=stocks")
		phone := e.as("livreur").watch("/live/livraisons")

		e.as("livreur").post("/cuisine/stock/anchois/rupture", nil).want(http.StatusForbidden)
		cook.post("/cuisine/stock/anchois/volee", nil).want(http.StatusNotFound)
		cook.post("/cuisine/stock/fugu/rupture", nil).want(http.StatusNotFound)
		cook.post("/cuisine/stock/anchois/rupture", nil).want(http.StatusOK)
		menu.sees(`id="product-napolitaine"`, "puisée")
		till.sees(`id="pick-napolitaine"`)
		wall.sees(`id="out-anchois"`, `data-out="true"`, "En rupture")
		stocks.sees(`id="level-anchois"`, `data-out="true"`, "Marqué en rupture")
		client.post("/commandes", order("napolitaine:medium:1"), "Idempotency-Key", "out").want(http.StatusConflict)

		cook.post("/cuisine/stock/anchois/retour", nil).want(http.StatusOK)
		menu.sees(`id="product-napolitaine"`)
		wall.sees(`id="out-anchois"`, `data-out="false"`)
		client.place(order("napolitaine:medium:1"), "back in")
		if f := phone.sees("drop-"); len(f.O) == 0 { // the first that the courier hears of is the delivery
			t.Error("no delivery")
		}
	})
}
