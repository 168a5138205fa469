package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/realtime/redistest"
)

// rideEvening has three deliveries ready, two of them to one postcode.
func rideEvening(t *testing.T) (e *evening, set func(time.Time), now time.Time, orders [3]placed) {
	t.Helper()
	now = time.Date(2026, 3, 14, 18, 30, 0, 0, time.UTC)
	e, set = startAt(t, now)
	for i, code := range []string{"66000", "66000", "66100"} {
		form := order("regina:medium:1")
		form.Set("code_postal", code)
		orders[i] = e.visitor().place(form, fmt.Sprint("ride-", i))
		e.cooked(orders[i])
	}
	return e, set, now, orders
}

// here is a position near the shop, so many metres to the north of it.
func here(metres float64) url.Values {
	return url.Values{"latitude": {fmt.Sprint(42.7005 + metres/111_195)}, "longitude": {"2.8925"}, "precision": {"12"}}
}

// TestRunAndMap follows a run: what is carried together, the sequence of the stops, and the courier's position, which nobody has but those who follow
// the next stop, and only for as long as it is shared.
func TestRunAndMap(t *testing.T) {
	e, set, now, o := rideEvening(t)
	courier, a, b := e.as("livreur"), o[0], o[1]
	phone := courier.watch("/live/livraisons")
	together := fmt.Sprintf("%d,%d", a.ID, b.ID)
	if text := phone.hello.text(); !strings.Contains(text, `data-orders="`+together+`"`) || !strings.Contains(text, "même code postal") {
		t.Errorf("nothing is proposed: %.2000s", text)
	}
	first, second, third := e.visitor().watch("/live"+a.Suivi), e.visitor().watch("/live"+b.Suivi), e.visitor().watch("/live"+o[2].Suivi)

	courier.post("/livraisons/position", here(0)).want(http.StatusConflict).says("rien à livrer")
	for range 2 { // pressed twice
		courier.post("/livraisons/tournee/prendre", url.Values{"commandes": {together}}, "Idempotency-Key", "take").want(http.StatusOK)
	}
	first.sees("Vous êtes le prochain arrêt")
	second.sees("Encore 1\u00a0arrêt avant vous")
	phone.sees(fmt.Sprintf("drop-%d", b.ID), `data-status="on_the_way"`)
	courier.post("/livraisons/tournee/prendre", url.Values{"commandes": {"x"}}).want(http.StatusUnprocessableEntity)
	e.as("responsable").post("/livraisons/tournee/prendre", url.Values{"commandes": {together}}).want(http.StatusConflict)

	// Only the next stop sees the courier, and no statement is made for it.
	set(now.Add(time.Minute))
	courier.get("/livraisons").want(http.StatusOK) // the session is looked at now and then
	before := e.db.Statements()
	courier.post("/livraisons/position", here(1700)).want(http.StatusNoContent)
	if n := e.db.Statements() - before; n > 0 {
		t.Errorf("%d statements for a position", n)
	}
	first.sees("map-rider", "66000", "à vol d’oiseau")
	courier.post("/livraisons/position", here(1800)).want(http.StatusTooManyRequests)
	for _, wrong := range []url.Values{
		{}, {"latitude": {"x"}, "longitude": {"2"}, "precision": {"10"}}, {"latitude": {"NaN"}, "longitude": {"NaN"}, "precision": {"10"}},
		{"latitude": {"420"}, "longitude": {"2.9"}, "precision": {"10"}}, {"latitude": {"48.85"}, "longitude": {"2.35"}, "precision": {"10"}},
		{"latitude": {"42.7"}, "longitude": {"2.9"}, "precision": {"5000"}}, {"latitude": {"42.7"}, "longitude": {"2.9"}, "precision": {"-1"}}, {"latitude": {"42.7"}, "longitude": {"2.9"}},
	} {
		now = now.Add(time.Minute)
		set(now.Add(time.Minute))
		courier.post("/livraisons/position", wrong).want(http.StatusUnprocessableEntity)
	}
	if page := e.visitor().get(a.Suivi).want(http.StatusOK).body; !strings.Contains(page, "map-rider") {
		t.Error("a page opened later shows no map")
	}
	var json struct {
		ArretsAvant *int `json:"arrets_avant"`
		Livreur     *struct{ Latitude, Longitude float64 }
	}
	e.visitor().getJSON(a.Suivi).want(http.StatusOK).decode(&json)
	if json.Livreur == nil || json.ArretsAvant == nil || *json.ArretsAvant != 0 || json.Livreur.Latitude == 42.7005+1700.0/111_195 {
		t.Errorf("next stop: %+v", json)
	}
	json.Livreur = nil
	e.visitor().getJSON(b.Suivi).want(http.StatusOK).decode(&json)
	if json.Livreur != nil || *json.ArretsAvant != 1 {
		t.Errorf("the stop after it: %+v", json)
	}

	// The courier turns the run round: the position goes to the other.
	courier.post("/livraisons/tournee", url.Values{"ordre": {fmt.Sprintf("%d,%d", b.ID, a.ID)}}).want(http.StatusOK)
	if text := second.sees("Vous êtes le prochain arrêt").text(); !strings.Contains(text, "map-rider") {
		t.Errorf("the next stop now: %s", text)
	}
	if text := first.sees("Encore 1\u00a0arrêt").text(); strings.Contains(text, "map-rider") || !strings.Contains(text, `[morph tracking-map]<section id="tracking-map" hidden>`) {
		t.Errorf("no longer next: %s", text)
	}
	phone.sees("append drops-mine-list", fmt.Sprintf("drop-%d-monter", a.ID)) // behind the other
	for _, page := range []string{a.Suivi, o[2].Suivi} {
		if strings.Contains(e.visitor().get(page).body, "map-rider") {
			t.Errorf("%s shows another's courier", page)
		}
	}
	courier.post("/livraisons/tournee", url.Values{"monter": {fmt.Sprint(a.ID)}}).want(http.StatusOK)
	first.sees("Vous êtes le prochain arrêt", "map-rider")
	second.sees("Encore 1\u00a0arrêt")
	courier.post("/livraisons/tournee", url.Values{"descendre": {fmt.Sprint(o[2].ID)}}).want(http.StatusConflict)
	courier.post("/livraisons/tournee", url.Values{"ordre": {"1,deux"}}).want(http.StatusUnprocessableEntity)

	// Delivered: the next one is, then nobody, and nothing is kept.
	courier.post(fmt.Sprintf("/livraisons/commandes/%d/delivered", a.ID), nil).want(http.StatusOK)
	if text := first.sees(`data-status="delivered"`).text(); strings.Contains(text, "map-rider") {
		t.Errorf("delivered, and followed: %s", text)
	}
	second.sees("Vous êtes le prochain arrêt", "map-rider")
	courier.post("/livraisons/position", url.Values{"arret": {"1"}}).want(http.StatusNoContent)
	second.sees(`[morph tracking-map]<section id="tracking-map" hidden>`)
	now = now.Add(time.Minute)
	set(now.Add(time.Minute))
	courier.post("/livraisons/position", here(900)).want(http.StatusNoContent)
	second.sees("map-rider")
	set(now.Add(12 * time.Minute))
	if strings.Contains(e.visitor().get(b.Suivi).body, "map-rider") {
		t.Error("a position of eleven minutes ago is shown")
	}
	courier.post(fmt.Sprintf("/livraisons/commandes/%d/ready", b.ID), nil).want(http.StatusOK) // it comes back to the shop
	second.sees(`data-status="ready"`, `id="tracking-map" hidden`)
	courier.post("/livraisons/position", here(0)).want(http.StatusConflict)

	// Whoever follows what was never taken heard nothing of all this.
	courier.post(fmt.Sprintf("/livraisons/commandes/%d/on_the_way", o[2].ID), nil).want(http.StatusOK)
	if f := third.next(); !strings.Contains(f.text(), "Vous êtes le prochain arrêt") || strings.Contains(f.text(), "map-rider") {
		t.Errorf("the first that a follower hears: %s", f.text())
	}
}

// TestPositionsReachOtherProcesses: the courier's telephone and the customer's are served by two processes.
func TestPositionsReachOtherProcesses(t *testing.T) {
	server := redistest.New(t)
	c := startCluster(t, "sqlite://"+dbtest.SQLite(t), server.URL(), 2)
	o := c.place(c.front, "ride")
	here, there := c.nodes[0], c.nodes[1]
	e := here
	e.cooked(o)
	courier := c.front.as("livreur").at(here)
	courier.post(fmt.Sprintf("/livraisons/commandes/%d/on_the_way", o.ID), nil).want(http.StatusOK)
	customer := there.visitor().watch("/live" + o.Suivi)
	if !strings.Contains(customer.hello.text(), "prochain arrêt") {
		customer.sees("prochain arrêt")
	}
	courier.post("/livraisons/position", url.Values{"latitude": {"42.69"}, "longitude": {"2.89"}, "precision": {"5"}}).want(http.StatusNoContent)
	customer.sees("map-rider")
	courier.post("/livraisons/position", url.Values{"arret": {"1"}}).want(http.StatusNoContent)
	customer.sees(`id="tracking-map" hidden`)
}

// TestCountTheCash is the end of a shift, by hand.
func TestCountTheCash(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		courier, manager := e.as("livreur"), e.as("responsable")
		o := e.visitor().place(order("regina:medium:1"), "count")
		e.cooked(o)
		courier.post(fmt.Sprintf("/livraisons/commandes/%d/on_the_way", o.ID), nil).want(http.StatusOK)
		courier.post("/livraisons/fond", url.Values{"fond": {"30,00 €"}}).want(http.StatusOK)
		courier.post(fmt.Sprintf("/livraisons/commandes/%d/delivered", o.ID), url.Values{"paiement": {"especes"}}).want(http.StatusOK)
		due := 30_00 + o.TotalCents
		page := courier.get("/livraisons/compte").want(http.StatusOK).says(fmt.Sprintf(`data-cash-cents="%d"`, due))
		_, shown, _ := strings.Cut(page.body, `name="compte_attendu" value="`)
		shown, _, _ = strings.Cut(shown, `"`)

		plain := func(form url.Values) *reply {
			form.Set("_csrf", courier.csrf)
			return courier.do("POST", "/livraisons/compte", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
		}
		plain(url.Values{"especes": {"beaucoup"}, "tickets": {"7"}, "compte_attendu": {shown}}).want(http.StatusUnprocessableEntity).
			says("n’est pas un montant").says(`value="beaucoup"`).says(`value="7"`).says(`aria-invalid="true"`)
		plain(url.Values{"especes": {"12"}, "cheques": {"deux"}, "compte_attendu": {shown}}).want(http.StatusUnprocessableEntity).says("n’est pas un nombre entier")
		plain(url.Values{"especes": {"12,00"}, "compte_attendu": {"0"}}).want(http.StatusConflict).says("a changé entre-temps").says(`value="12,00"`)
		short := fmt.Sprintf("%d,%02d", (due-150)/100, (due-150)%100)
		plain(url.Values{"especes": {short}, "compte_attendu": {shown}, "_cle": {"one"}}).want(http.StatusSeeOther)
		plain(url.Values{"especes": {short}, "compte_attendu": {shown}, "_cle": {"one"}}).want(http.StatusSeeOther)
		courier.get("/livraisons/compte").want(http.StatusOK).says("Il manque 1,50").says("refaire=2").says(`data-cash-cents="0"`)
		courier.get("/livraisons/compte?refaire=2").want(http.StatusOK).says(fmt.Sprintf(`data-cash-cents="%d"`, due))
		courier.get("/livraisons/compte?refaire=1").want(http.StatusConflict)

		var seen struct {
			Comptes []struct {
				Livreur    string
				EcartCents *int `json:"ecart_cents"`
				Juste      bool
			}
		}
		manager.getJSON("/pilotage/comptes").want(http.StatusOK).decode(&seen)
		if len(seen.Comptes) != 2 || seen.Comptes[0].Livreur != "Lina Soler" || *seen.Comptes[0].EcartCents != -150 || seen.Comptes[0].Juste || seen.Comptes[1].EcartCents != nil {
			t.Errorf("the manager sees %+v", seen)
		}
		manager.get("/pilotage/comptes").want(http.StatusOK).says("Lina Soler").says("Il manque 1,50").says(`data-difference-cents="-150"`)
		e.as("directeur").getJSON("/pilotage/comptes?pizzeria=canet").want(http.StatusOK).says(`"comptes":[]`)
	})
}
