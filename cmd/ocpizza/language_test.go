package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/views"
)

// TestEnglish: a customer reads in the language chosen, else in the one of their browser; refusals, sockets and what comes over them too. Others on
// the same menu, and everybody who works here, read French.
func TestEnglish(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	french, english, cook := e.visitor(), e.visitor(), e.as("cuisine")

	for _, row := range []struct{ accept, lang string }{
		{"", "fr"}, {"fr-FR,fr;q=0.9,en;q=0.8", "fr"}, {"en-GB,en;q=0.9,fr;q=0.8", "en"}, {"de-DE,de;q=0.9,en;q=0.5", "en"}, {"de", "fr"}, {"fr;q=0,en", "en"}, {"*", "fr"},
	} {
		r := e.visitor().do("GET", "/", nil, "Accept-Language", row.accept).want(http.StatusOK).says(`<html lang="` + row.lang + `"`)
		if r.Header.Get("Content-Language") != row.lang || !strings.Contains(r.Header.Get("Vary"), "Accept-Language") || !strings.Contains(r.Header.Get("Vary"), "Cookie") {
			t.Errorf("%q: Content-Language %q, Vary %q", row.accept, r.Header.Get("Content-Language"), r.Header.Get("Vary"))
		}
	}
	french.get("/").says(`href="?lang=en"`).says(`<link rel="alternate" hreflang="en" href="` + e.url + `/?lang=en">`) // whole, or no search engine takes it
	english.get("/?lang=en").want(http.StatusOK).says("The right pizza, right on time.").says(`href="?lang=fr"`).lacks("Nos pizzerias")
	english.do("GET", "/carte/perpignan", nil, "Accept-Language", "fr").want(http.StatusOK).says("Your basket").says(`data-live="/live/carte/perpignan?lang=en"`)
	english.get("/nulle-part").want(http.StatusNotFound).says("This page does not exist.").says("Page not found")
	cook.do("GET", "/", nil, "Accept-Language", "en").want(http.StatusOK).says("Nos pizzerias").lacks(`class="languages"`)
	cook.do("GET", "/cuisine", nil, "Accept-Language", "en").want(http.StatusOK).says(`<html lang="fr"`)
	english.get("/connexion").want(http.StatusOK).says(`<html lang="fr"`).says("Espace équipe")

	// Refusals, of a form and of what live.js sends.
	form := order("margherita:medium:1")
	form.Set("telephone", "12")
	english.asBrowser("/commandes", form).want(http.StatusUnprocessableEntity).says("The telephone number “12” is not valid.").lacks("n’est pas valable")
	english.do("POST", "/carte/perpignan/panier", strings.NewReader("ligne=7&action=plus"), "Content-Type", "application/x-www-form-urlencoded", "X-Live", "1").
		want(http.StatusConflict).says("The basket has changed in another tab. Reload the page.")
	french.asBrowser("/commandes", form).want(http.StatusUnprocessableEntity).says("n’est pas valable")
	// One that is kept with its key is said in the language of who asks again.
	far := order("margherita:medium:1")
	far.Set("code_postal", "75001")
	english.post("/commandes", far, "Idempotency-Key", "far").want(http.StatusUnprocessableEntity).says("We do not deliver to 75001 yet.")
	english.post("/commandes", far, "Idempotency-Key", "far").want(http.StatusUnprocessableEntity).says("We do not deliver to 75001 yet.")

	// The wire.
	both := map[string]*screen{"fr": french.watch("/live/carte/perpignan"), "en": english.watch("/live/carte/perpignan?lang=en")}
	if hello := both["en"].hello.text(); !strings.Contains(hello, "Allergens: gluten, milk") || strings.Contains(hello, "Allergènes") {
		t.Errorf("the English menu begins with %.600s", hello)
	}
	if hello := both["fr"].hello.text(); !strings.Contains(hello, "Allergènes") || strings.Contains(hello, "Allergens") {
		t.Errorf("the French menu begins with %.600s", hello)
	}
	o := english.place(order("margherita:medium:1"), "english-1")
	english.get(o.Suivi).want(http.StatusOK).says("Order received").says("?lang=en").lacks("Commande reçue")
	follower, mine := french.watch("/live"+o.Suivi), english.watch("/live"+o.Suivi+"?lang=en")
	manager := e.as("responsable")
	manager.post("/pilotage/stocks/burrata", url.Values{"action": {"count"}, "quantite": {"0"}}).want(http.StatusOK)
	both["en"].sees("[morph product-", "sold out")
	both["fr"].sees("[morph product-", "épuisée")
	cook.post(fmt.Sprintf("/cuisine/commandes/%d/preparing", o.ID), nil).want(http.StatusOK)
	mine.sees("[morph tracking]", "Being prepared", "the order can no longer be changed here")
	follower.sees("[morph tracking]", "En préparation", "ne se modifie plus ici")
	e.prog.boards.SetService(views.Down)
	both["en"].sees("[morph service]", "Our servers do not answer.")
	both["fr"].sees("[morph service]", "Nos serveurs ne répondent pas.")
	mine.sees("[morph service]", "Your order is safe")
	e.prog.boards.SetService(views.Working)
	english.post(o.Suivi+"/annuler", nil).want(http.StatusConflict).says("Too late: order no. 1 is being prepared. Call the shop.")

	director := app.Actor{Role: app.Director, Name: "directeur"}
	if _, err := e.prog.shop.SetMaintenance(t.Context(), director, &app.Maintenance{Since: e.prog.shop.Now()}); err != nil {
		t.Fatal(err)
	}
	both["en"].sees("[morph maintenance]", "Orders are paused.")
	english.get("/").want(http.StatusServiceUnavailable).says("We will be right back").says("/live/maintenance/perpignan?lang=en")
	closed := english.watch("/live/maintenance/perpignan?lang=en")
	if hello := closed.hello.text(); !strings.Contains(hello, "Orders are paused.") {
		t.Errorf("the page of the maintenance begins with %s", hello)
	}
}
