package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// attente is what the JSON of a tracking page says of an order on hold.
type attente struct {
	Statut  string
	Total   int64 `json:"total_cents"`
	Lignes  []struct{ Produit string }
	Attente *struct {
		Manque        string
		RepondreAvant string `json:"repondre_avant"`
		Lignes        []struct {
			Ligne    int
			Echanges []struct {
				Echange, Produit, Taille string
				PrixCents                int64 `json:"prix_cents"`
				Allergenes               []string
			}
		}
	}
}

// TestHoldIsAnswered: an ingredient runs out, every screen says until when the customer may choose, the customer swaps, the cashier who comes
// second is told so, and the kitchen sees what is new and what is gone until it has said « vu », on all its walls.
func TestHoldIsAnswered(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook, cashier, manager := e.visitor(), e.as("cuisine"), e.as("caisse"), e.as("responsable")
		o := client.place(order("regina:medium:2", "cola-33:single:1"), "held")
		wall, other, till, board, tracking := cook.watch("/live/cuisine"), manager.watch("/live/cuisine"), cashier.watch("/live/caisse"), manager.watch("/live/pilotage"), client.watch("/live"+o.Suivi)
		kitchen, counter := fmt.Sprintf("/cuisine/commandes/%d", o.ID), fmt.Sprintf("/caisse/commandes/%d", o.ID)
		held := fmt.Sprintf(`id="held-%d"`, o.ID)

		cook.post(kitchen+"/lignes/1/oven", url.Values{"pizza": {"1"}}).want(200)
		cook.post(kitchen+"/on_hold", url.Values{"ingredient": {"champignons"}}).want(200)
		wall.sees("le client choisit", "data-countdown")
		tracking.sees("Répondez avant", `role="timer"`, "Échanger contre autre chose", "margherita:medium")
		till.sees(held, "Appelez le client", "tel:+33465712030", "Échanger")
		board.sees(held, "tel:+33465712030")

		var asked attente
		client.getJSON(o.Suivi).want(200).decode(&asked)
		if asked.Attente == nil || asked.Attente.Manque != "champignons" || len(asked.Attente.Lignes) != 1 || len(asked.Attente.Lignes[0].Echanges) < 2 {
			t.Fatalf("%+v", asked)
		}
		first := asked.Attente.Lignes[0].Echanges[0]
		if first.Taille != "medium" || first.PrixCents > 1090 || len(first.Allergenes) == 0 {
			t.Errorf("offered: %+v", first)
		}
		for _, row := range []struct {
			swap   string
			status int
			says   string
		}{
			{"", 422, "Dites par quoi remplacer"},
			{"1:margherita", 422, "n’est pas un échange"},
			{"x:margherita:medium", 422, "n’est pas un échange"},
			{"1:regina:medium", 422, "ne peut pas remplacer"},
			{"1:margherita:large", 409, "n’est plus possible"},
		} {
			client.post(o.Suivi+"/echanger", url.Values{"echange": {row.swap}}).want(row.status).says(row.says)
		}
		client.post(o.Suivi+"/echanger", url.Values{"echange": {"1:margherita:medium"}, "ingredient": {"mozzarella"}}).want(409)

		done := client.post(o.Suivi+"/echanger", url.Values{"echange": {"1:margherita:medium"}, "ingredient": {"champignons"}}, "Idempotency-Key", "swap").want(200)
		again := client.post(o.Suivi+"/echanger", url.Values{"echange": {"1:margherita:medium"}, "ingredient": {"champignons"}}, "Idempotency-Key", "swap").want(200)
		if done.body != again.body {
			t.Errorf("repeated: %s\n%s", done.body, again.body)
		}
		wall.sees("[event order-changed]", `class="task-new"`, "Margherita", "task-gone", "2×\u00a0Regina moyenne", "Vu, c’est changé")
		other.sees("[event order-changed]")
		tracking.sees(`data-status="received"`, "Margherita")
		cashier.post(counter+"/sans", url.Values{"ingredient": {"champignons"}}).want(409).says("le client a déjà choisi")
		cashier.post(counter+"/echanger", url.Values{"ingredient": {"champignons"}, fmt.Sprintf("echange-%d", o.ID): {"1:napolitaine:medium"}}).want(409).says("Trop tard")
		var after attente
		client.getJSON(o.Suivi).want(200).decode(&after)
		if after.Attente != nil || after.Total > asked.Total || after.Lignes[0].Produit != "margherita" {
			t.Errorf("%+v", after)
		}

		// Seen once, for all walls.
		cook.post(kitchen+"/acknowledged", nil).want(200)
		for _, s := range []*screen{wall, other} {
			if f := s.sees(fmt.Sprintf(`id="ticket-%d"`, o.ID)); strings.Contains(f.text(), "task-gone") || strings.Contains(f.text(), "task-new") {
				t.Errorf("%s still shows what changed: %.900s", s.name, f.text())
			}
		}
		manager.post(kitchen+"/acknowledged", nil).want(200)
		cashier.post(kitchen+"/acknowledged", nil).want(http.StatusForbidden)

		// At the till, by a plain form, for a customer on the telephone.
		second := client.place(order("regina:large:1"), "held-2")
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/on_hold", second.ID), url.Values{"ingredient": {"champignons"}}).want(200)
		form := url.Values{"ingredient": {"champignons"}, fmt.Sprintf("echange-%d", second.ID): {"1:margherita:large"}, fmt.Sprintf("echange-%d", o.ID): {"1:calzone:large"}, "_csrf": {cashier.csrf}}
		cashier.do("POST", fmt.Sprintf("/caisse/commandes/%d/echanger", second.ID), strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html").want(http.StatusSeeOther)
		client.getJSON(second.Suivi).says(`"produit":"margherita"`)
		client.post(second.Suivi+"/annuler", nil).want(200) // received again, and not begun
	})
}

// TestLiveOffers: what may be made instead is live while the customer chooses: what somebody else buys is no longer offered.
func TestLiveOffers(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client, cook, manager := e.visitor(), e.as("cuisine"), e.as("responsable")
	manager.post("/pilotage/stocks/chorizo", url.Values{"action": {"count"}, "quantite": {"5000"}}).want(200)
	o := client.place(order("regina:medium:1"), "offered")
	cook.post(fmt.Sprintf("/cuisine/commandes/%d/on_hold", o.ID), url.Values{"ingredient": {"champignons"}}).want(200)
	tracking, till := client.watch("/live"+o.Suivi), e.as("caisse").watch("/live/caisse")
	if !strings.Contains(tracking.hello.text(), "1:catalane:medium") {
		t.Fatalf("catalane is not offered: %.3000s", tracking.hello.text())
	}
	cook.post("/cuisine/stock/chorizo/rupture", nil).want(200)
	for _, s := range []*screen{tracking, till} {
		if f := s.sees("1:margherita:medium"); strings.Contains(f.text(), "1:catalane:medium") {
			t.Errorf("%s still offers what has no chorizo", s.name)
		}
	}
}

// TestStations: a pizza goes from station to station on every wall, by itself: to be made, in the oven with its time, out of it beside what
// its ticket still waits for.
func TestStations(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client, cook := e.visitor(), e.as("cuisine")
	o := client.place(order("regina:medium:2", "cola-33:single:1"), "stations")
	kitchen := fmt.Sprintf("/cuisine/commandes/%d", o.ID)
	wall := e.as("responsable").watch("/live/cuisine")
	second := fmt.Sprintf("%d-1-2", o.ID)
	if hello := wall.hello.text(); !strings.Contains(hello, `id="make-`+second+`"`) || !strings.Contains(hello, `id="oven-free-8"`) {
		t.Fatalf("%.2000s", hello)
	}
	move := func(to string) {
		t.Helper()
		cook.post(kitchen+"/lignes/1/"+to, url.Values{"pizza": {"2"}}).want(200)
	}
	move("making")
	wall.sees(`[morph make-`+second+`]`, `data-state="making"`)
	move("oven")
	f := wall.sees("[remove make-"+second+"]", `id="oven-`+second+`"`, "data-oven-until", "[remove oven-free-8]", `data-count="1"`)
	if strings.Contains(f.text(), `id="oven-`+fmt.Sprintf("%d-1-1", o.ID)) {
		t.Error("the other pizza went into the oven, too")
	}
	move("oven") // a key that bounces
	move("done")
	wall.sees("[remove oven-"+second+"]", "oven-free-8", fmt.Sprintf(`id="cut-%d"`, o.ID), "manque 1\u00a0Regina", "+ 1\u00a0Cola")
	cook.post(kitchen+"/lignes/1/oven", url.Values{"pizza": {"1"}}).want(200)
	cook.post(kitchen+"/lignes/1/done", url.Values{"pizza": {"1"}}).want(200)
	wall.sees(fmt.Sprintf("[remove ticket-%d]", o.ID), "Complète", "Rappeler")
	var board struct{ Commandes []struct{ ID int64 } }
	cook.getJSON("/cuisine").want(200).decode(&board)
	if len(board.Commandes) != 0 {
		t.Errorf("%+v", board)
	}
}
