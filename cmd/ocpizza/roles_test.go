package main

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// right says who may use a route, by their logins. Whoever may not is told 401 or 403, whoever may is never told that, nor 404.
type right struct {
	route string
	who   string
	path  string // the route for something that is there, of the shop where the cast works; "": the route itself
	other string // the same of a shop where only the director works: to the others it is as absent as what there never was
	never string // the same of what there never was: absent to all who may; "": not asked
	form  string // what is sent, query-encoded: as little as shows who may
	// status is what everybody gets who is not refused by role; 0: see above.
	status int
}

const (
	visitor  = "visiteur"
	everyone = "visiteur cuisine livreur caisse responsable directeur"
	cooks    = "cuisine responsable directeur"
	couriers = "livreur responsable directeur"
	cashiers = "caisse responsable directeur"
	managers = "responsable directeur"
)

// rights are those of every route, in an order in which all can be asked: signing out is last. Of the shop elsewhere there are an order and a
// paired screen.
func rights(own, others placed, screen int64) []right {
	const elsewhere = "?pizzeria=canet"
	ownID, otherID := strconv.FormatInt(own.ID, 10), strconv.FormatInt(others.ID, 10)
	with := func(form string, r right) right { r.form = form; return r }
	revoke := func(id int64) string { return "/pilotage/ecrans/" + strconv.FormatInt(id, 10) + "/revoquer" }
	machine := func(route string) right { return right{route: route, who: everyone} }
	page := func(path, who string) right { return right{route: "GET " + path, who: who, other: path + elsewhere} }
	// step is a write to an order; the path ends with what is done to it.
	step := func(route, who, done string) right {
		at := func(id string) string {
			return strings.Replace(route[:strings.Index(route, ":id")]+":id"+done, ":id", id, 1)
		}
		return right{route: "POST " + route, who: who, path: at(ownID), other: at(otherID), never: at("987654321")}
	}
	thing := func(route, who, path string) right {
		return right{route: "POST " + route, who: who, path: path, other: path + elsewhere, never: path + "?pizzeria=nulle-part"}
	}
	tracked := func(method, route string) right {
		at := func(path string) string { return strings.Replace(route, "/suivi/:token", path, 1) }
		return right{route: method + " " + route, who: everyone, path: at(own.Suivi), never: at("/suivi/1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")}
	}
	return []right{
		machine("GET /metrics"), machine("GET /healthz"), machine("GET /readyz"), machine("GET /sw.js"), machine("GET /robots.txt"),
		{route: "GET /static/*", who: everyone, path: "/static/app.css"},
		{route: "POST /exploitation/compare", who: everyone, status: http.StatusForbidden}, // it is not signed

		machine("GET /"),
		{route: "GET /carte/:pizzeria", who: everyone, path: "/carte/perpignan", never: "/carte/nulle-part"},
		{route: "GET /live/maintenance/:pizzeria", who: everyone, path: "/live/maintenance/perpignan", never: "/live/maintenance/nulle-part"},
		{route: "GET /live/carte/:pizzeria", who: everyone, path: "/live/carte/perpignan", never: "/live/carte/nulle-part"},
		{route: "POST /carte/:pizzeria/panier", who: everyone, path: "/carte/perpignan/panier", never: "/carte/nulle-part/panier"},
		{route: "POST /commandes", who: everyone, form: "pizzeria=perpignan"},
		tracked("GET", "/suivi/:token"), tracked("GET", "/live/suivi/:token"),
		tracked("POST", "/suivi/:token/modifier"), tracked("POST", "/suivi/:token/sans"), tracked("POST", "/suivi/:token/echanger"),

		page("/cuisine", cooks), page("/live/cuisine", cooks),
		step("/cuisine/commandes/:id/lignes/:n/:step", cooks, "/lignes/1/making"),
		step("/cuisine/commandes/:id/:step", cooks, "/ready"),
		thing("/cuisine/stock/:ingredient/:action", cooks, "/cuisine/stock/mozzarella/retour"),

		page("/livraisons", couriers), page("/live/livraisons", couriers),
		step("/livraisons/commandes/:id/:step", couriers, "/on_the_way"),
		with("ordre="+ownID, thing("/livraisons/tournee", couriers, "/livraisons/tournee")),
		{ // of one shop: what is another's is absent there for everybody
			route: "POST /livraisons/tournee/prendre", who: couriers, path: "/livraisons/tournee/prendre", never: "/livraisons/tournee/prendre?pizzeria=nulle-part",
			form: "commandes=" + ownID,
		},
		with("arret=1", thing("/livraisons/position", couriers, "/livraisons/position")),
		page("/livraisons/compte", couriers),
		thing("/livraisons/compte", couriers, "/livraisons/compte"),
		thing("/livraisons/fond", couriers, "/livraisons/fond"),

		page("/caisse", cashiers), page("/live/caisse", cashiers), page("/caisse/tickets", cashiers),
		{
			route: "GET /caisse/commandes/:id/ticket", who: cashiers,
			path: "/caisse/commandes/" + ownID + "/ticket", other: "/caisse/commandes/" + otherID + "/ticket", never: "/caisse/commandes/987654321/ticket",
		},
		thing("/caisse/brouillon", cashiers, "/caisse/brouillon"),
		thing("/caisse/commandes", cashiers, "/caisse/commandes"),
		step("/caisse/commandes/:id/encaisser", cashiers, "/encaisser"),
		{ // of the shop that the till shows
			route: "POST /caisse/commandes/:id/modifier", who: cashiers, path: "/caisse/commandes/" + ownID + "/modifier", other: "/caisse/commandes/" + otherID + "/modifier" + elsewhere,
		},
		with("ingredient=mozzarella", step("/caisse/commandes/:id/sans", cashiers, "/sans")),
		with("ingredient=mozzarella", step("/caisse/commandes/:id/echanger", cashiers, "/echanger")),
		step("/caisse/commandes/:id/:step", cashiers, "/collected"),

		page("/pilotage", managers), page("/live/pilotage", managers), page("/pilotage/stocks", managers),
		thing("/pilotage/stocks/:ingredient", managers, "/pilotage/stocks/mozzarella"),
		{route: "POST /pilotage/prix/:product", who: managers, path: "/pilotage/prix/margherita"}, // one price for all shops
		step("/pilotage/commandes/:id/:step", managers, "/cancelled"),
		page("/pilotage/comptes", managers),
		{route: "GET /pilotage/supervision", who: managers},
		{route: "GET /pilotage/groupe", who: "directeur"},
		{route: "GET /live/pilotage", who: "directeur", path: "/live/pilotage?vue=groupe"},
		page("/pilotage/ecrans", managers),
		thing("/pilotage/ecrans", managers, "/pilotage/ecrans"),
		{
			route: "POST /pilotage/ecrans/:id/revoquer", who: managers, path: revoke(screen), status: http.StatusNotFound, // here: it is elsewhere
			other: revoke(screen) + elsewhere, never: revoke(987654321) + elsewhere,
		},

		tracked("POST", "/suivi/:token/annuler"),
		machine("GET /connexion"), machine("GET /ecran"),
		{route: "POST /connexion", who: everyone, status: http.StatusUnauthorized}, // it says nobody's name
		machine("POST /deconnexion"),
	}
}

// ask asks for a page, does something, or opens a socket.
func (p *person) ask(method, path, form string) (status int, body string) {
	if strings.HasPrefix(path, "/live/") {
		s, status, err := p.dial(path)
		if err == nil {
			_ = s.conn.Close()
		}
		return status, ""
	}
	if method == http.MethodGet {
		r := p.getJSON(path)
		return r.StatusCode, r.body
	}
	sent, err := url.ParseQuery(form)
	if err != nil {
		p.e.t.Fatal(err)
	}
	r := p.post(path, sent)
	return r.StatusCode, r.body
}

// TestEveryRouteRoleAndOwner walks every route there is with every role, for what is theirs and for what is another shop's. A new route has
// no row and fails.
func TestEveryRouteRoleAndOwner(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	if _, err := e.db.Bun().ExecContext(t.Context(), "UPDATE pizzerias SET always_open = 1"); err != nil {
		t.Fatal(err)
	}
	cast := map[string]*person{visitor: e.visitor()}
	for _, login := range strings.Fields(everyone)[1:] {
		cast[login] = e.as(login)
	}
	elsewhere := order("regina:medium:1")
	elsewhere.Set("pizzeria", "canet")
	elsewhere.Set("mode", "retrait")
	others := e.visitor().place(elsewhere, "another's")
	all := rights(e.visitor().place(order("regina:medium:1"), "own"), others, pairElsewhere(t, e, cast["directeur"]))

	routes := e.prog.server.Routes()
	for _, route := range routes {
		if !slices.ContainsFunc(all, func(r right) bool { return r.route == route }) {
			t.Errorf("%s: say in rights who may use it", route)
		}
	}
	for _, r := range all {
		if !slices.Contains(routes, r.route) {
			t.Errorf("there is no route %s", r.route)
		}
		for login, p := range cast {
			r.check(t, login, p)
		}
	}
}

// pairElsewhere pairs a screen of the shop where only the director works.
func pairElsewhere(t *testing.T, e *evening, director *person) int64 {
	t.Helper()
	director.post("/pilotage/ecrans?pizzeria=canet", url.Values{"code": {e.visitor().code()}, "nom": {"Mur"}}).want(http.StatusSeeOther)
	shops, err := e.db.Pizzerias(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, shop := range shops {
		devices, err := e.db.Devices(t.Context(), shop.ID)
		if err != nil {
			t.Fatal(err)
		}
		if shop.Slug == "canet" && len(devices) == 1 {
			return devices[0].ID
		}
	}
	t.Fatal("it is not paired")
	return 0
}

// check has one of the cast use the route.
func (r right) check(t *testing.T, login string, p *person) {
	t.Helper()
	method, path, _ := strings.Cut(r.route, " ")
	if r.path != "" {
		path = r.path
	}
	may := slices.Contains(strings.Fields(r.who), login)
	try := func(path string, absent bool) (body string) {
		t.Helper()
		status, body := p.ask(method, path, r.form)
		want, ok := "an answer", status < 500 && status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusNotFound
		exactly := func(n int) { want, ok = strconv.Itoa(n), status == n }
		switch {
		case !may && login == visitor:
			exactly(http.StatusUnauthorized)
		case !may:
			exactly(http.StatusForbidden)
		case absent:
			exactly(http.StatusNotFound)
		case r.status != 0 && path != r.other:
			exactly(r.status)
		}
		if !ok {
			t.Errorf("%s %s as %s: %d, want %s: %.200s", method, path, login, status, want, body)
		}
		return body
	}
	try(path, false)
	var theirs, nothing string
	if r.other != "" {
		theirs = try(r.other, login != "directeur")
	}
	if r.never != "" {
		nothing = try(r.never, true)
	}
	if theirs != "" && nothing != "" && theirs != nothing && login != "directeur" {
		t.Errorf("%s %s as %s: what is another's is told otherwise than what never was: %s", method, r.other, login, theirs)
	}
}
