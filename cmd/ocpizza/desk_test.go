package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/realtime"
)

// hire adds a courier to a shop, with the demo's password as theirs, and returns their number.
func (e *evening) hire(director *person, login, shop string) int64 {
	e.t.Helper()
	director.post("/pilotage/equipe?pizzeria="+shop, url.Values{"identifiant": {login}, "nom": {"Karim " + login}, "role": {"courier"}, "mot_de_passe": {"un long secret"}}).want(http.StatusOK)
	users, err := e.db.Users(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, u := range users {
		if u.Login == login {
			return u.ID
		}
	}
	e.t.Fatalf("%s is not there", login)
	return 0
}

// board is a shop's, in memory.
func (e *evening) board(slug string) *app.Board {
	e.t.Helper()
	p, err := e.prog.shop.Pizzeria(e.t.Context(), slug)
	if err != nil {
		e.t.Fatal(err)
	}
	b, err := e.prog.boards.Board(e.t.Context(), p.ID)
	if err != nil {
		e.t.Fatal(err)
	}
	return b
}

// with signs somebody in by a password of their own.
func (e *evening) with(login, password string) *person {
	e.t.Helper()
	p := e.visitor()
	p.name = login
	var answer struct{ CSRF string }
	p.post("/connexion", url.Values{"identifiant": {login}, "mot_de_passe": {password}}).want(http.StatusOK).decode(&answer)
	p.csrf = answer.CSRF
	return p
}

// plain sends a form like a page without a script does.
func (p *person) plain(path string, form url.Values) *reply {
	p.e.t.Helper()
	form.Set("_csrf", p.csrf)
	return p.do("POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

// TestReassign gives an order on its way to another courier: both telephones change, the one who loses it reads to whom to hand it over.
func TestReassign(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		director, manager, lina := e.as("directeur"), e.as("responsable"), e.as("livreur")
		karimID := e.hire(manager, "karim", "perpignan")
		karim := e.with("karim", "un long secret")
		o := e.visitor().place(order("regina:medium:1"), "r-1")
		path, drop := fmt.Sprintf("/pilotage/commandes/%d/livreur", o.ID), fmt.Sprintf("drop-%d", o.ID)
		to := func(id int64) url.Values { return url.Values{"livreur": {strconv.FormatInt(id, 10)}} }
		manager.post(path, to(karimID)).want(http.StatusConflict).says("seule une commande en route")
		e.cooked(o)
		step := func(to string) string { return fmt.Sprintf("/livraisons/commandes/%d/%s", o.ID, to) }
		lina.post(step("on_the_way"), nil).want(http.StatusOK)

		hers, his, desk := lina.watch("/live/livraisons"), karim.watch("/live/livraisons"), manager.watch("/live/pilotage")
		manager.get(path).want(http.StatusOK).says("Karim karim").says("n’a rien à livrer")
		manager.post(path, to(987654321)).want(http.StatusUnprocessableEntity).says("Choisissez un livreur")
		manager.plain(path, url.Values{"livreur": {"moi"}}).want(http.StatusUnprocessableEntity).says(`role="alert"`)
		stranger := e.hire(director, "ailleurs", "canet")
		manager.post(path, to(stranger)).want(http.StatusUnprocessableEntity)
		lina.post(path, to(karimID)).want(http.StatusForbidden)

		for range 2 { // the answer to the first was lost
			manager.post(path, to(karimID), "Idempotency-Key", "give").want(http.StatusOK)
		}
		hers.sees("[remove "+drop+"]", "est maintenant portée par <b>Karim karim</b>", "remettez-la-lui")
		his.sees(`id="`+drop+`"`, `data-status="on_the_way"`)
		desk.sees(fmt.Sprintf(`id="late-%d"`, o.ID), "Karim karim")
		manager.post(path, to(karimID)).want(http.StatusOK) // he has it already
		saved := e.board("perpignan").Orders[o.ID]
		given := slices.DeleteFunc(slices.Clone(saved.Journal), func(st app.Step) bool { return st.To != app.Reassigned })
		if len(given) != 1 || given[0].Reason != "Lina Soler → Karim karim" || given[0].Role != app.Manager || saved.Courier != karimID {
			t.Errorf("given as %+v, with %s", given, saved.CourierName)
		}
		lina.get("/livraisons").want(http.StatusOK).says("remettez-la-lui")
		lina.post(step("delivered"), nil).want(http.StatusForbidden).says("portée par Karim karim")
		karim.post(step("delivered"), url.Values{"paiement": {"especes"}}).want(http.StatusOK)
		hers.sees(`[morph drops-taken]<div id="drops-taken" class="taken" role="status"></div>`)
	})
}

// TestPricesAreLive: a price, a product taken off and a new pizza are on every open menu at once, by the direction alone.
func TestPricesAreLive(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		director, manager := e.as("directeur"), e.as("responsable")
		menu, other := e.visitor().watch("/live/carte/perpignan"), e.visitor().watch("/live/carte/canet")
		before := e.visitor().place(order("regina:large:1"), "before")

		director.plain("/pilotage/prix/regina", url.Values{"taille": {"large"}, "prix": {"treize"}}).want(http.StatusUnprocessableEntity).
			says(`value="treize" aria-describedby="prix-regina-large-refus" aria-invalid="true"`).says("n’est pas un montant")
		director.plain("/pilotage/prix/regina", url.Values{"taille": {"large"}, "prix": {"1300"}}).want(http.StatusUnprocessableEntity).says(`value="1300"`).says("entre 0,10")
		manager.post("/pilotage/prix/regina", url.Values{"taille": {"large"}, "prix": {"13,70"}}).want(http.StatusForbidden).says("direction")
		manager.get("/pilotage/carte").want(http.StatusOK).says("Seule la direction")
		director.plain("/pilotage/prix/regina", url.Values{"taille": {"large"}, "prix": {"13,70"}}).want(http.StatusSeeOther)
		for _, m := range []*screen{menu, other} {
			m.sees("product-regina", "13,70")
		}

		director.plain("/pilotage/carte/regina/retirer", url.Values{}).want(http.StatusSeeOther)
		for _, m := range []*screen{menu, other} {
			if text := m.sees("product-margherita").text(); strings.Contains(text, "product-regina") {
				t.Error("it is still on an open menu")
			}
		}
		e.visitor().post("/commandes", order("regina:large:1")).want(http.StatusUnprocessableEntity).says("plus à la carte")
		director.get("/pilotage/carte").want(http.StatusOK).says("Retirés de la carte").says("Remettre à la carte : Regina")
		e.as("cuisine").post(fmt.Sprintf("/cuisine/commandes/%d/preparing", before.ID), nil).want(http.StatusOK) // what was ordered is made
		e.visitor().get(before.Suivi).want(http.StatusOK).says("Regina")
		director.plain("/pilotage/carte/regina/remettre", url.Values{}).want(http.StatusSeeOther)
		menu.sees("product-regina", "13,70")
		director.post("/pilotage/carte/fugu/retirer", nil).want(http.StatusNotFound)

		board := e.board("perpignan")
		part := func(slug, size, n string, form url.Values) {
			g, ok := board.Menu.IngredientBySlug(slug)
			if !ok {
				t.Fatal(slug)
			}
			form.Set(fmt.Sprintf("part_%d_%s", g.ID, size), n)
		}
		form := url.Values{"nom": {"Élodie & figues"}, "description": {"Essai du chef."}, "four": {"280"}, "prix_medium": {"11,50"}, "prix_large": {"14.5"}}
		part("mozzarella", "medium", "90", form)
		part("mozzarella", "large", "120", form)
		director.plain("/pilotage/carte", form).want(http.StatusUnprocessableEntity).says("pas de pâte").says(`value="Élodie &amp; figues"`).says(`value="120"`)
		part("paton-29", "medium", "1", form)
		part("paton-33", "large", "1", form)
		manager.post("/pilotage/carte", form).want(http.StatusForbidden)
		director.plain("/pilotage/carte", form).want(http.StatusSeeOther)
		menu.sees("product-elodie-figues", "14,50", "gluten, lait")
		director.plain("/pilotage/carte", form).want(http.StatusConflict).says("Il y a déjà")
		e.visitor().place(order("elodie-figues:large:1"), "new")

		director.get("/pilotage/equipe").want(http.StatusOK).says("Prix fixé\u00a0: regina (Grande 13,70").
			says("Retiré de la carte\u00a0: regina").says("Ajouté à la carte\u00a0: elodie-figues")
	})
}

// TestTeam: who works in a shop is its manager's business below their own rank; an account that is closed closes what it has open.
func TestTeam(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		director, manager := e.as("directeur"), e.as("responsable")
		add := func(login, role, password string) url.Values {
			return url.Values{"identifiant": {login}, "nom": {"Nina Vergès"}, "role": {role}, "mot_de_passe": {password}}
		}
		manager.post("/pilotage/equipe", add("nina", "manager", "")).want(http.StatusForbidden)
		manager.plain("/pilotage/equipe", add("nina", "cook", "court")).want(http.StatusUnprocessableEntity).says("trop court").says(`value="nina"`)
		manager.plain("/pilotage/equipe", add("ni na", "cook", "")).want(http.StatusUnprocessableEntity).says(`value="ni na"`)
		manager.plain("/pilotage/equipe", add("cuisine", "cook", "")).want(http.StatusConflict).says("déjà pris")
		shown := manager.plain("/pilotage/equipe", add("nina", "cook", "")).want(http.StatusOK)
		_, after, ok := strings.Cut(shown.body, "<code>")
		secret, _, _ := strings.Cut(after, "</code>")
		if !ok || len(secret) != 19 {
			t.Fatalf("no password is shown: %.300s", after)
		}
		if strings.Contains(manager.get("/pilotage/equipe").body, secret) {
			t.Error("it is shown twice")
		}
		nina := e.with("nina", secret)
		wall := nina.watch("/live/cuisine")
		users, err := e.db.Users(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		id := map[string]string{}
		for _, u := range users {
			id[u.Login] = strconv.FormatInt(u.ID, 10)
		}
		do := func(login, action string) string { return "/pilotage/equipe/" + id[login] + "/" + action }
		manager.post(do("directeur", "fermer"), nil).want(http.StatusNotFound)
		manager.post(do("responsable", "mot-de-passe"), nil).want(http.StatusForbidden)
		director.plain(do("directeur", "fermer"), url.Values{}).want(http.StatusConflict).says("votre propre compte")
		manager.plain(do("nina", "fermer"), url.Values{}).want(http.StatusSeeOther)
		if code := wall.closed(); int(code) != int(realtime.CloseSessionOver) {
			t.Errorf("closed with %d", code)
		}
		nina.get("/cuisine").want(http.StatusSeeOther)
		e.visitor().post("/connexion", url.Values{"identifiant": {"nina"}, "mot_de_passe": {secret}}).want(http.StatusUnauthorized)
		manager.plain(do("nina", "rouvrir"), url.Values{}).want(http.StatusSeeOther)
		manager.plain(do("nina", "mot-de-passe"), url.Values{"mot_de_passe": {"choisi avec soin"}}).want(http.StatusSeeOther)
		e.with("nina", "choisi avec soin")
		journal := manager.get("/pilotage/equipe").want(http.StatusOK)
		for _, deed := range []string{"Compte créé", "Compte fermé", "Compte rouvert", "Mot de passe changé"} {
			journal.says(deed + "\u00a0: nina")
		}
		if strings.Contains(journal.body, secret) || strings.Contains(journal.body, "argon2") {
			t.Error("a secret is in the journal")
		}
	})
}

// TestHistoryFiles: the days of a shop as a page, as JSON and for a spreadsheet.
func TestHistoryFiles(t *testing.T) {
	e, _ := startAt(t, inParis(t, "2026-03-14 20:00"))
	manager, cashier := e.as("responsable"), e.as("caisse")
	form := order("cola-33:single:2")
	form.Set("mode", "retrait")
	o := e.visitor().place(form, "h-1")
	e.cooked(o)
	cashier.post(fmt.Sprintf("/caisse/commandes/%d/collected", o.ID), url.Values{"paiement": {"carte"}}).want(http.StatusOK)

	r := manager.get("/pilotage/historique/jours.csv?du=2026-03-13&au=2026-03-14").want(http.StatusOK)
	want := "\ufeffjour;encaissé (€);ventes;commandes;perdues;remises;à l’heure;retard moyen (min)\r\n2026-03-13;0,00;0;0;0;0;0;\r\n2026-03-14;5,00;1;1;0;1;1;"
	if !strings.HasPrefix(r.body, want) || r.Header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		r.Header.Get("Content-Disposition") != `attachment; filename="ocpizza-perpignan-jours-2026-03-13-2026-03-14.csv"` {
		t.Errorf("%q %v", r.body, r.Header)
	}
	manager.get("/pilotage/historique/ventes.csv?du=2026-03-14&au=2026-03-14").want(http.StatusOK).says("Cola;Boissons;2;5,00\r\n").says("Regina;Pizzas;0;0,00\r\n")
	orders := manager.get("/pilotage/historique/commandes.csv?du=2026-03-14").want(http.StatusOK).says("\r\n1;2026-03-14;20:00;Retrait;site;Retirée;2 Cola;")
	if strings.Contains(orders.body, "Puig") || strings.Contains(orders.body, "0465") {
		t.Error("who they were for stands in a file that is mailed around")
	}
	manager.get("/pilotage/historique?du=2026-03-01&au=2026-03-14").want(http.StatusOK).says(`data-takings="500"`).says("Burrata Serrano")
	manager.get("/pilotage/historique?du=2026-03-14&au=2026-03-01").want(http.StatusUnprocessableEntity).says("Échangez-les").says(`value="2026-03-14"`)
	manager.get("/pilotage/historique?du=2024-03-14&au=2026-03-01").want(http.StatusUnprocessableEntity).says("400 jours")
	manager.getJSON("/pilotage/historique/jours.csv?du=hier").want(http.StatusUnprocessableEntity)
	manager.get("/pilotage/historique/commandes.csv?du=hier").want(http.StatusUnprocessableEntity)
	manager.getJSON("/pilotage/historique?du=2026-03-14&au=2026-03-14").want(http.StatusOK).says(`"encaisse_cents":500`)
	manager.get("/pilotage/historique/jours.csv?pizzeria=canet").want(http.StatusNotFound)
}
