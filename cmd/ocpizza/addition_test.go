package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// level is what the database says of an ingredient of the first shop.
func (e *evening) level(slug string) app.Level {
	e.t.Helper()
	b := firstBoard(e.t, e.db)
	g, ok := b.Menu.IngredientBySlug(slug)
	if !ok {
		e.t.Fatal(slug)
	}
	return b.Levels[g.ID]
}

// offers changes an addition in both sizes, by the director.
func (e *evening) offers(slug string, price app.Cents, quantity int64) {
	e.t.Helper()
	for _, size := range []app.Size{app.Medium, app.Large} {
		if err := e.prog.shop.SetAddition(context.Background(), app.Actor{Role: app.Director, Name: "directeur"}, slug, size, price, quantity); err != nil {
			e.t.Fatal(err)
		}
	}
}

// TestAdditions follows a pizza with additions from the menu to the ticket of the till: what it costs, what it takes from the shelf, who sees it.
func TestAdditions(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook, cashier := e.visitor(), e.as("cuisine"), e.as("caisse")
		wall, till, board := cook.watch("/live/cuisine"), cashier.watch("/live/caisse"), e.as("responsable").watch("/live/pilotage")
		phone := e.as("livreur").watch("/live/livraisons")

		var menu struct {
			Produits []struct {
				Slug       string
				Retirables []string
			}
			Supplements []struct {
				Slug    string
				Tailles []struct {
					Taille    string
					PrixCents int64 `json:"prix_cents"`
					Quantite  int64
					Possible  bool
				}
			}
		}
		client.getJSON("/carte/perpignan").want(http.StatusOK).decode(&menu)
		if len(menu.Supplements) < 10 || !slices.Contains(menu.Produits[0].Retirables, "basilic") {
			t.Fatalf("the menu offers %+v", menu)
		}
		for _, s := range menu.Supplements {
			if s.Slug == "chevre" && (len(s.Tailles) != 2 || s.Tailles[1].PrixCents != 150 || s.Tailles[1].Quantite != 50 || !s.Tailles[1].Possible) {
				t.Errorf("%+v", s)
			}
		}

		cheese, mozzarella, basil := e.level("chevre"), e.level("mozzarella"), e.level("basilic")
		o := client.place(order("margherita:large:2:basilic:chevre,mozzarella", "margherita:medium:1"), "additions-1")
		if want := int64(2*(12_00+1_50+1_20) + 9_00); o.TotalCents != want {
			t.Errorf("total %d, want %d", o.TotalCents, want)
		}
		wall.sees(fmt.Sprintf(`id="ticket-%d"`, o.ID), `class="task-added"`, "Fromage de chèvre", "Sans Basilic frais", "50\u00a0g", "soit 210\u00a0g")
		till.sees(fmt.Sprintf(`id="order-%d"`, o.ID), "sans basilic frais +\u00a0fromage de chèvre")
		board.sees(fmt.Sprintf(`id="late-%d"`, o.ID), "fromage de chèvre")
		phone.sees(fmt.Sprintf(`id="drop-%d"`, o.ID))
		// 33 cm take 145 g of mozzarella, 29 cm 110 g.
		for slug, want := range map[string]int64{"chevre": cheese.Reserved + 100, "mozzarella": mozzarella.Reserved + 2*(145+65) + 110, "basilic": basil.Reserved + 4} {
			if got := e.level(slug).Reserved; got != want {
				t.Errorf("%s: %d reserved, want %d", slug, got, want)
			}
		}
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/preparing", o.ID), nil).want(http.StatusOK)
		if l := e.level("chevre"); l.OnHand != cheese.OnHand-100 || l.Reserved != cheese.Reserved {
			t.Errorf("consumed: %+v of %+v", l, cheese)
		}

		var tracked struct {
			Lignes []struct {
				Sans, Avec  []string
				PrixCents   int64 `json:"prix_cents"`
				Supplements []struct {
					Nom       string
					PrixCents int64 `json:"prix_cents"`
				}
			}
		}
		client.getJSON(o.Suivi).want(http.StatusOK).decode(&tracked)
		if l := tracked.Lignes[0]; !slices.Equal(l.Avec, []string{"chevre", "mozzarella"}) || l.PrixCents != 14_70 || len(l.Supplements) != 2 || l.Supplements[0].PrixCents != 1_50 {
			t.Errorf("tracking: %+v", l)
		}
		client.get(o.Suivi).want(http.StatusOK).says("+&nbsp;fromage de chèvre 1,50\u00a0€")
		cook.getJSON("/cuisine").want(http.StatusOK).says(`"avec":["chevre","mozzarella"]`)

		cashier.post(fmt.Sprintf("/caisse/commandes/%d/encaisser", o.ID), url.Values{"paiement": {"carte"}}).want(http.StatusOK)
		cashier.get(fmt.Sprintf("/caisse/commandes/%d/ticket", o.ID)).want(http.StatusOK).says("+ fromage de chèvre 1,50\u00a0€").says("38,40\u00a0€")
		entries, err := e.db.Till(t.Context(), firstBoard(t, e.db).Pizzeria.ID, 1, 10)
		if err != nil || len(entries) != 1 || entries[0].Amount != 38_40 || len(entries[0].VAT) != 1 || entries[0].VAT[0].Rate != 1000 || entries[0].VAT[0].VAT != 3_49 {
			t.Errorf("the till: %+v, %v", entries, err)
		}
	})
}

// TestAdditionsRefused: what cannot be added is refused with the line and what to do, and nothing is ordered.
func TestAdditionsRefused(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client, manager := e.visitor(), e.as("responsable")
	menu := client.watch("/live/carte/perpignan")
	n := 0
	refused := func(line string, status int, says string) {
		t.Helper()
		n++
		client.post("/commandes", order("cola-33:single:1", line), "Idempotency-Key", fmt.Sprintf("bad-%d", n)).want(status).says(says).says(`"ligne":2`)
	}
	refused("margherita:large:1::caviar", 422, "« caviar » n’est plus proposé")
	refused("margherita:large:1::sauce-tomate", 422, "n’est plus proposé")
	refused("margherita:large:1::chevre,chevre", 422, "se prend une fois")
	refused("margherita:large:1:mozzarella:mozzarella", 422, "avec et sans")
	refused("margherita:large:1::chevre,jambon,chorizo,poulet,olives,oignons", 422, "5 suppléments au plus")
	refused("tiramisu:single:1::chevre", 422, "sans supplément")
	refused("margherita:large:1:chevre:", 422, "ne peut pas se faire sans")
	refused("margherita:large:1::"+strings.Repeat("é", 300), 422, "…")

	count := func(slug string, quantity int) {
		t.Helper()
		manager.post("/pilotage/stocks/"+slug, url.Values{"action": {"count"}, "quantite": {fmt.Sprint(quantity)}}).want(http.StatusOK)
	}
	count("oeuf", 2)
	refused("margherita:large:3::oeuf", http.StatusConflict, "« Œuf » que pour 2 « Margherita »")
	count("oeuf", 0)
	menu.sees(`id="product-margherita"`, `value="oeuf" data-out="plus assez de œuf" disabled`, "épuisé")
	refused("margherita:large:1::oeuf", http.StatusConflict, "plus assez de « Œuf »")
	count("oeuf", 9)
	menu.sees(`id="product-margherita"`, `value="oeuf" data-large="100" data-medium="100"`)

	// The page was drawn before the price changed, then before the addition went.
	form := order("margherita:large:1::chevre")
	form.Set("total_attendu", "1350")
	e.offers("chevre", 1_90, 50)
	menu.sees(`id="board"`, "1,90\u00a0€")
	client.post("/commandes", form).want(http.StatusConflict).says("13,90")
	client.asBrowser("/carte/perpignan/panier", url.Values{"ajouter": {"margherita:large"}, "avec": {"chevre", "oignons"}, "sans": {"basilic"}}).want(http.StatusSeeOther)
	client.get("/carte/perpignan").want(http.StatusOK).says(`value="margherita:large:1:basilic:chevre,oignons"`).says("+&nbsp;fromage de chèvre 1,90\u00a0€").says("+&nbsp;oignons 0,80\u00a0€").says("14,70")
	client.asBrowser("/carte/perpignan/panier", url.Values{"ajouter": {"margherita:large"}, "avec": {"mozzarella"}, "sans": {"mozzarella"}}).want(422).says("avec et sans")
	e.offers("chevre", 1_90, 0)
	refused("margherita:large:1::chevre", 422, "« Fromage de chèvre » n’est plus proposé")
	page := client.get("/carte/perpignan").want(http.StatusOK).says("a quitté votre panier").says("Margherita grande, sans basilic frais, +\u00a0fromage de chèvre")
	page.says("Rien encore").lacks(`name="avec" value="chevre"`)

	if b := firstBoard(t, e.db); len(b.Orders) != 0 {
		t.Errorf("%d orders were taken", len(b.Orders))
	}
	for _, who := range []app.Actor{{Role: app.Visitor}, {Role: app.Manager, User: 1, Pizzerias: []int64{1}}} {
		if err := e.prog.shop.SetAddition(t.Context(), who, "chevre", app.Large, 100, 40); app.KindOf(err) != app.Forbidden {
			t.Errorf("%s offers an addition: %v", who.Role, err)
		}
	}
}

// TestAdditionsAtTheTill: a line is composed by keyboard and by touch, kept, placed, taken again and changed.
func TestAdditionsAtTheTill(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cashier := e.as("caisse")
	form := takes()
	for _, row := range []struct {
		name, value string
		status      int
		lines       []string
	}{
		{"code", "reg g 2 +chèvre -champ", 200, []string{"regina:large:2:champignons:chevre"}},
		{"code", "+ jambon blanc", 200, []string{"regina:large:2:champignons:chevre,jambon"}},
		{"code", "-jambon", 200, []string{"regina:large:2:champignons,jambon:chevre"}},
		{"code", "+jambon serrano", 200, []string{"regina:large:2:champignons,jambon:chevre,jambon-serrano"}},
		{"code", "reg +caviar", 422, []string{"regina:large:2:champignons,jambon:chevre,jambon-serrano"}},
		{"code", "reg -miel", 422, []string{"regina:large:2:champignons,jambon:chevre,jambon-serrano"}},
		{"code", "cola +chèvre", 422, []string{"regina:large:2:champignons,jambon:chevre,jambon-serrano"}},
		{"action", "avec:1:chevre", 200, []string{"regina:large:2:champignons,jambon:jambon-serrano"}},
		{"action", "avec:1:champignons", 200, []string{"regina:large:2:jambon:champignons,jambon-serrano"}},
		{"action", "avec:1:sauce-tomate", 422, []string{"regina:large:2:jambon:champignons,jambon-serrano"}},
		{"action", "sans:1:champignons", 200, []string{"regina:large:2:champignons,jambon:jambon-serrano"}},
	} {
		form.Set(row.name, row.value)
		r := cashier.postLive("/caisse/brouillon", form)
		if r.StatusCode != row.status || strings.Contains(r.body, `role="alert"`) != (row.status != 200) {
			t.Errorf("%s=%s: status %d: %.400s", row.name, row.value, r.StatusCode, r.body)
		}
		page := cashier.get("/caisse").want(http.StatusOK)
		for _, l := range row.lines {
			page.says(`name="ligne" value="` + l + `"`)
		}
		form.Del(row.name)
		form["ligne"] = row.lines
	}
	o := cashier.take(form, "till-additions")
	if o.TotalCents != 2*(13_90+2_00) {
		t.Errorf("total %d", o.TotalCents)
	}
	again := cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"04 65 71 20 30"}, "action": {"chercher"}}).want(http.StatusOK)
	again.says("+\u00a0jambon serrano")
	cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"04 65 71 20 30"}, "reprendre": {fmt.Sprint(o.ID)}}).want(http.StatusOK).says(`value="regina:large:2:champignons,jambon:jambon-serrano"`)

	// The customer changes it by the link, and orders it again once it is eaten.
	client := e.visitor()
	client.get(o.Suivi).want(http.StatusOK).says(`<option value="regina:large:1:champignons,jambon:jambon-serrano"`)
	client.post(o.Suivi+"/modifier", url.Values{"ligne": {"regina:large:1:champignons,jambon:jambon-serrano,oeuf"}}).want(http.StatusOK).says(`"total_cents":1690`)
	for _, to := range []string{"preparing", "ready"} {
		e.as("cuisine").post(fmt.Sprintf("/cuisine/commandes/%d/%s", o.ID, to), nil).want(http.StatusOK)
	}
	courier := e.as("livreur")
	courier.get("/livraisons").want(http.StatusOK).says("sans champignons, sans jambon blanc, +\u00a0jambon Serrano, +\u00a0œuf")
	for _, to := range []string{"on_the_way", "delivered"} {
		courier.post(fmt.Sprintf("/livraisons/commandes/%d/%s", o.ID, to), nil).want(http.StatusOK)
	}
	client.get(o.Suivi).want(http.StatusOK).says("Commander à nouveau").says(`name="ligne" value="regina:large:1:champignons,jambon:jambon-serrano,oeuf"`)
	back := client.asBrowser("/carte/perpignan/panier", url.Values{"recommander": {"1"}, "ligne": {"regina:large:1:champignons,jambon:jambon-serrano,oeuf", "fugu:large:1"}}).want(http.StatusSeeOther)
	if to := back.Header.Get("Location"); to != "/carte/perpignan#panier" {
		t.Error(to)
	}
	client.get("/carte/perpignan").want(http.StatusOK).says("16,90").says("a quitté votre panier\u00a0: fugu grande")
	client.asBrowser("/carte/perpignan/panier", url.Values{"recommander": {"1"}, "ligne": {"what"}}).want(422)
}

// TestHoldOfAnAddition: what was added runs out; the customer goes on without it and pays less.
func TestHoldOfAnAddition(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook := e.visitor(), e.as("cuisine")
		before := e.level("chevre")
		o := client.place(order("margherita:large:2::chevre"), "hold-addition")
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/on_hold", o.ID), url.Values{"ingredient": {"chevre"}}).want(http.StatusOK)
		tracking := client.watch("/live" + o.Suivi)
		client.post(o.Suivi+"/sans", nil).want(http.StatusOK).says(`"total_cents":2400`).says(`"avec":[]`).says(`"sans":null`)
		tracking.sees("24,00\u00a0€")
		if after := e.level("chevre"); after != before {
			t.Errorf("the shelf: %+v, was %+v", after, before)
		}
	})
}
