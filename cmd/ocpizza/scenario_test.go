package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestLifeOfAnOrder follows one delivery through every screen, each by its own socket.
func TestLifeOfAnOrder(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook, courier, cashier, manager := e.visitor(), e.as("cuisine"), e.as("livreur"), e.as("caisse"), e.as("responsable")
		menu := client.watch("/live/carte/perpignan")
		wall := cook.watch("/live/cuisine")
		phone := courier.watch("/live/livraisons")
		till := cashier.watch("/live/caisse")
		board := manager.watch("/live/pilotage")
		stocks := manager.watch("/live/pilotage?vue=stocks")
		if menu.hello.M != "snapshot" || !strings.Contains(menu.hello.text(), `id="product-margherita"`) {
			t.Errorf("a page that shows nothing gets the whole board: %s %.200s", menu.hello.M, menu.hello.text())
		}

		o := client.place(order("margherita:large:30", "margherita:medium:1"), "life-1")
		ticket := fmt.Sprintf(`id="ticket-%d"`, o.ID)
		wall.sees(ticket, `data-status="received"`, "Margherita", "[event new-order]")
		menu.sees(`id="product-margherita"`)
		till.sees(fmt.Sprint(o.Numero))
		board.sees(`id="tile-open"`)
		stocks.sees(`id="level-mozzarella"`)
		phone.sees(fmt.Sprintf(`id="drop-%d"`, o.ID))

		tracking := client.watch("/live" + o.Suivi)
		if !strings.Contains(tracking.hello.text(), `data-status="received"`) {
			t.Errorf("tracking: %.400s", tracking.hello.text())
		}
		step := func(p *person, path string, form url.Values) {
			t.Helper()
			p.post(path, form).want(http.StatusOK)
		}
		kitchen := fmt.Sprintf("/cuisine/commandes/%d", o.ID)
		step(cook, kitchen+"/lignes/1/making", nil)
		tracking.sees(`data-status="preparing"`)
		wall.sees(ticket, `data-status="preparing"`)
		client.post(o.Suivi+"/annuler", nil).want(http.StatusConflict).says("Trop tard")
		step(cook, kitchen+"/lignes/1/oven", nil)
		tracking.sees("tracking")
		step(cook, kitchen+"/lignes/1/done", nil)
		step(cook, kitchen+"/lignes/2/done", nil)
		tracking.sees(`data-status="ready"`)
		phone.sees(fmt.Sprintf(`id="drop-%d"`, o.ID), `data-status="ready"`, "Ana Puig", "3 rue de la Loge")
		wall.sees(fmt.Sprintf("[remove ticket-%d]", o.ID))

		drop := fmt.Sprintf("/livraisons/commandes/%d", o.ID)
		step(courier, drop+"/on_the_way", nil)
		tracking.sees(`data-status="on_the_way"`)
		step(courier, drop+"/delivered", url.Values{"paiement": {"carte"}})
		step(courier, drop+"/delivered", url.Values{"paiement": {"carte"}}) // a phone repeats: the same answer
		last := tracking.sees(`data-status="delivered"`)
		for _, secret := range []string{"Ana Puig", "rue de la Loge", "20 30"} {
			if strings.Contains(last.text(), secret) {
				t.Errorf("the tracking page shows %q", secret)
			}
		}
		board.sees(`data-handed="1"`)
		var final struct {
			Statut   string
			Paiement struct{ Moyen, Statut string }
		}
		client.getJSON(o.Suivi).want(http.StatusOK).decode(&final)
		if final.Statut != "delivered" || final.Paiement.Statut != "paid" || final.Paiement.Moyen != "card" {
			t.Errorf("at the end: %+v", final)
		}
		shops, err := e.db.Pizzerias(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, _, err := e.db.VerifyTill(t.Context(), shops[0].ID); n != 1 || err != nil {
			t.Errorf("the till has %d entries, %v", n, err)
		}
	})
}

// TestWarmScreensCostNoQuery opens and reopens every live page.
func TestWarmScreensCostNoQuery(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client := e.visitor()
		o := client.place(order("regina:medium:1"), "warm-1")
		pages := []struct {
			who        *person
			page, live string
		}{
			{client, "/", ""},
			{client, "/carte/perpignan", "/live/carte/perpignan"},
			{client, o.Suivi, "/live" + o.Suivi},
			{e.as("cuisine"), "/cuisine", "/live/cuisine"},
			{e.as("livreur"), "/livraisons", "/live/livraisons"},
			{e.as("caisse"), "/caisse", "/live/caisse"},
			{e.as("responsable"), "/pilotage", "/live/pilotage"},
			{e.as("responsable"), "/pilotage/stocks", "/live/pilotage?vue=stocks"},
			{e.as("responsable"), "/pilotage/carte", ""},
			{e.as("directeur"), "/pilotage", "/live/pilotage?pizzeria=perpignan"},
			{e.as("directeur"), "/pilotage/groupe", "/live/pilotage?pizzeria=perpignan&vue=groupe"},
		}
		open := func() {
			for _, p := range pages {
				p.who.get(p.page).want(http.StatusOK)
				if p.live == "" {
					continue
				}
				s := p.who.watch(p.live)
				again := p.who.watch(p.live + map[bool]string{true: "&", false: "?"}[strings.Contains(p.live, "?")] +
					fmt.Sprintf("epoch=%s&seq=%d", s.hello.E, s.hello.S))
				if again.hello.M != "current" || len(again.hello.O) != 0 {
					t.Errorf("%s: a page that is current gets %s with %d pieces", p.live, again.hello.M, len(again.hello.O))
				}
			}
		}
		open() // warms boards and sessions
		// What the program asks by itself, once a minute or rarer, may fall into one round, not into three.
		var rounds []uint64
		for range 3 {
			before := e.db.Statements()
			open()
			if rounds = append(rounds, e.db.Statements()-before); rounds[len(rounds)-1] == 0 {
				return
			}
		}
		t.Errorf("opening %d warm screens twice took %d SQL statements", len(pages)-1, rounds)
	})
}

// TestBadInput is refused with a status and a sentence, and changes nothing.
func TestBadInput(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	client, cook := e.visitor(), e.as("cuisine")
	with := func(changes ...string) url.Values {
		form := order("margherita:medium:1")
		for i := 0; i+1 < len(changes); i += 2 {
			form.Set(changes[i], changes[i+1])
		}
		return form
	}
	menu := client.getJSON("/carte/perpignan").body
	for _, row := range []struct {
		name   string
		form   url.Values
		status int
		says   string
	}{
		{"unknown product", with("ligne", "fugu:medium:1"), 422, `"ligne":1`},
		{"unknown size", with("ligne", "margherita:géante:1"), 422, "taille"},
		{"unknown shop", with("pizzeria", "paris"), 404, "pizzeria"},
		{"outside the zones", with("code_postal", "75001"), 422, "75001"},
		{"another shop's zone", with("code_postal", "66140"), 422, "OC Pizza Canet"},
		{"quantity 0", with("ligne", "margherita:medium:0"), 422, "quantité"},
		{"quantity 10,000", with("ligne", "margherita:medium:10000"), 422, "quantité"},
		{"quantity that is no number", with("ligne", "margherita:medium:deux"), 422, "illisible"},
		{"empty basket", with("ligne", ""), 422, "illisible"},
		{"no name", with("nom", ""), 422, "nom"},
		{"bad phone", with("telephone", "12"), 422, "06 12 34 56 78"},
		{"no address", with("adresse", ""), 422, "adresse"},
		{"online payment", with("paiement", "en_ligne"), 422, "en ligne"},
		{"unknown payment", with("paiement", "troc"), 422, "payer"},
		{"bad slot", with("creneau", "bientôt"), 422, "créneau"},
		{"price changed", with("total_attendu", "100"), 409, "prix ont changé"},
		{"stock does not allow it", with("ligne", "margherita:medium:50", "note", ""), 201, ""},
		{"long note", with("note", strings.Repeat("a", 300)), 422, "280"},
	} {
		r := client.post("/commandes", row.form)
		if r.StatusCode != row.status || !strings.Contains(r.body, row.says) {
			t.Errorf("%s: %d %.300s", row.name, r.StatusCode, r.body)
		}
		if row.status == 201 {
			menu = client.getJSON("/carte/perpignan").body
		} else if now := client.getJSON("/carte/perpignan").body; now != menu {
			t.Errorf("%s changed the menu", row.name)
		}
	}

	t.Run("sold out names the line", func(t *testing.T) {
		form := order("cola-33:single:1", "margherita:large:50", "regina:large:50")
		r := client.post("/commandes", form).want(http.StatusConflict)
		r.says("Il ne reste que")
	})
	t.Run("the typed form is kept", func(t *testing.T) {
		form := with("code_postal", "75001", "nom", "Zoé Vilanova", "note", "2e étage")
		r := client.do("POST", "/commandes", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
		r.want(422).says("75001").says("Zoé Vilanova").says("2e étage").says(`role="alert"`).says("margherita:medium:1")
	})
	t.Run("a refusal stands at its field", func(t *testing.T) {
		for field, typed := range map[string]string{"telephone": "12", "creneau": "bientôt", "adresse": "", "code_postal": "75001"} {
			client.asBrowser("/commandes", with(field, typed)).want(422).says(`id="erreur-` + field + `"`).says(`aria-invalid="true"`)
		}
		soon := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		client.asBrowser("/commandes", with("creneau", soon)).want(http.StatusConflict).says(`id="erreur-creneau"`)
	})
	t.Run("the promise shown is kept or said", func(t *testing.T) {
		promis := func(r *reply) time.Time {
			var p placed
			r.want(http.StatusCreated).decode(&p)
			at, err := time.Parse(time.RFC3339, p.PromisA)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		at := promis(client.post("/commandes", with()))
		promis(client.post("/commandes", with("promis_attendu", at.Add(-time.Minute).Format(time.RFC3339))))
		shown := at.Add(-30 * time.Minute).UTC().Format(time.RFC3339)
		r := client.post("/commandes", with("promis_attendu", shown)).want(http.StatusConflict).says("au lieu de " + at.Add(-30*time.Minute).In(app.Paris).Format("15:04"))
		r.says("Validez de nouveau")
		// The page shows both modes; only that of the chosen one counts.
		promis(client.post("/commandes", with("promis_attendu_retrait", shown)))
		client.post("/commandes", with("promis_attendu_livraison", shown)).want(http.StatusConflict)
		client.post("/commandes", with("promis_attendu", "bientôt")).want(422)
		form := with("promis_attendu_livraison", shown, "nom", "Zoé Vilanova")
		r = client.do("POST", "/commandes", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
		r.want(http.StatusConflict).says("Zoé Vilanova").says("margherita:medium:1").says(`role="alert"`)
		fresh := regexp.MustCompile(`name="promis_attendu_livraison" value="([^"]+)"`).FindStringSubmatch(r.body)
		if fresh == nil {
			t.Fatalf("no new promise in the form: %.2000s", r.body)
		}
		form.Set("promis_attendu_livraison", fresh[1])
		promis(client.post("/commandes", form))
	})
	t.Run("malformed bodies", func(t *testing.T) {
		for _, row := range []struct {
			kind, body string
			status     int
		}{
			{"application/json", `{"pizzeria": `, 422},
			{"application/json", `[]`, 422},
			{"application/json", `{"ligne": [{"a": 1}]}`, 422},
			{"application/x-www-form-urlencoded", "nom=%zz", 422},
			{"application/x-www-form-urlencoded", "nom=%ff", 422},
			{"text/plain", "bonjour", 422},
			{"nonsense/", "x", 422},
			{"application/x-www-form-urlencoded", "note=" + strings.Repeat("a", 70_000), 413},
		} {
			r := client.do("POST", "/commandes", strings.NewReader(row.body), "Content-Type", row.kind, "Accept", "application/json")
			if r.StatusCode != row.status || !strings.Contains(r.body, `"message"`) {
				t.Errorf("%s %.30q: %d %.200s", row.kind, row.body, r.StatusCode, r.body)
			}
		}
		r := client.do("POST", "/commandes", strings.NewReader(`{"pizzeria":"perpignan","mode":"retrait","nom":"Jo","telephone":"0465712030","paiement":"carte","ligne":["regina:medium:1"]}`),
			"Content-Type", "application/json", "Accept", "application/json")
		r.want(http.StatusCreated)
	})
	t.Run("foreign origins", func(t *testing.T) {
		client.post("/commandes", with(), "Origin", "https://evil.example").want(http.StatusForbidden)
		client.post("/commandes", with(), "Sec-Fetch-Site", "cross-site").want(http.StatusForbidden)
		if _, status, err := client.dial("/live/carte/perpignan", "Origin", "https://evil.example"); err == nil || status != http.StatusForbidden {
			t.Errorf("a socket from elsewhere: %d %v", status, err)
		}
		cook.csrf = "forged"
		cook.post("/cuisine/stock/mozzarella/rupture", nil).want(http.StatusForbidden)
	})
	t.Run("idempotency", func(t *testing.T) {
		first := client.place(with("nom", "Une fois"), "twice")
		again := client.place(with("nom", "Une fois"), "twice")
		if first != again {
			t.Errorf("the same key made two orders: %+v %+v", first, again)
		}
		// What the page showed when it was drawn again is a condition, not another order.
		if again = client.place(with("nom", "Une fois", "total_attendu", "1", "promis_attendu", "2026-01-01T12:00:00Z"), "twice"); first != again {
			t.Errorf("the same order from a page drawn again: %+v %+v", first, again)
		}
		client.post("/commandes", with("nom", "Deux fois"), "Idempotency-Key", "twice").want(422).says("Rechargez")
		// A refusal is kept too: what was sold out does not become an order after a restock.
		form := order("quatre-fromages:large:50", "quatre-fromages:large:50")
		client.post("/commandes", form, "Idempotency-Key", "refused").want(http.StatusConflict)
		manager := e.as("responsable")
		for _, g := range []string{"gorgonzola", "mozzarella", "chevre", "emmental", "pate-grande", "roquefort", "reblochon", "parmesan"} {
			manager.post("/pilotage/stocks/"+g, url.Values{"action": {"restock"}, "quantite": {"90000"}})
		}
		client.post("/commandes", form, "Idempotency-Key", "refused").want(http.StatusConflict)
	})
	t.Run("unknown things", func(t *testing.T) {
		client.get("/suivi/1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").want(404)
		client.get("/suivi/nimportequoi").want(404)
		client.get("/nulle-part").want(404)
		fresh := e.as("cuisine")
		fresh.post("/cuisine/commandes/999999/ready", nil).want(404)
		fresh.post("/cuisine/commandes/abc/ready", nil).want(404)
		o := client.place(with(), "steps")
		fresh.post(fmt.Sprintf("/cuisine/commandes/%d/dansant", o.ID), nil).want(404)
		fresh.post(fmt.Sprintf("/cuisine/commandes/%d/lignes/9/making", o.ID), nil).want(404)
		fresh.post(fmt.Sprintf("/cuisine/commandes/%d/ready", o.ID), nil).want(409)
		fresh.post(fmt.Sprintf("/cuisine/commandes/%d/delivered", o.ID), nil).want(409)
	})
	t.Run("sockets", func(t *testing.T) {
		for _, row := range []struct {
			name string
			send ws.Frame
			code ws.StatusCode
		}{
			{"oversized", ws.NewTextFrame([]byte(strings.Repeat("x", 5000))), 1009},
			{"binary", ws.NewBinaryFrame([]byte("x")), 1003},
			{"not JSON", ws.NewTextFrame([]byte("bonjour")), 1007},
		} {
			s := client.watch("/live/carte/perpignan")
			if err := ws.WriteFrame(s.conn, ws.MaskFrame(row.send)); err != nil {
				t.Fatal(err)
			}
			if code := s.closed(); code != row.code {
				t.Errorf("%s: closed with %d, want %d", row.name, code, row.code)
			}
		}
	})
}

// TestSignOutClosesSockets: nobody watches on with a right that is gone.
func TestSignOutClosesSockets(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cook := e.as("cuisine")
	wall := cook.watch("/live/cuisine")
	cook.post("/deconnexion", nil)
	if code := wall.closed(); code != 4001 {
		t.Errorf("closed with %d, want 4001", code)
	}
	cook.getJSON("/cuisine").want(http.StatusUnauthorized)
	cook.post("/connexion", url.Values{"identifiant": {"cuisine"}, "mot_de_passe": {"faux"}}).want(http.StatusUnauthorized).says("incorrect")
	cook.post("/connexion", url.Values{"identifiant": {"personne"}, "mot_de_passe": {"faux"}}).want(http.StatusUnauthorized).says("incorrect")
}

var spelledCode = regexp.MustCompile(`Code : ((?:[A-Z2-9] ?){8})`)

// code is what an unpaired screen shows.
func (p *person) code() string {
	p.e.t.Helper()
	page := p.get("/ecran").want(http.StatusOK).body
	spelled := spelledCode.FindStringSubmatch(page)
	if spelled == nil {
		p.e.t.Fatalf("no code on the page: %.800s", page)
	}
	return strings.ReplaceAll(spelled[1], " ", "")
}

// TestPairedScreen: a wall screen shows a code, a manager types it, and the kitchen opens without a password, until it is revoked.
func TestPairedScreen(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	tv, manager := e.visitor(), e.as("responsable")
	code := tv.code()
	manager.post("/pilotage/ecrans", url.Values{"code": {"ZZZZZZZZ"}, "nom": {"Cuisine"}}).want(422).says("code")
	// The name that was typed is still there, and so is the code to be corrected.
	wrong := url.Values{"code": {"ZZZZ ZZZZ"}, "nom": {"Mur du fond"}}
	manager.post("/pilotage/ecrans", wrong, "Accept", "text/html").want(422).says(`role="alert"`).says(`value="Mur du fond"`).says(`value="ZZZZ ZZZZ"`)
	manager.post("/pilotage/ecrans", url.Values{"code": {strings.ToLower(code[:4] + " " + code[4:])}, "nom": {"Mur du fond"}}).want(http.StatusSeeOther)
	if r := tv.get("/ecran"); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/cuisine" {
		t.Errorf("a paired screen goes to its kitchen: %d %s", r.StatusCode, r.Header.Get("Location"))
	}
	tv.get("/cuisine").want(http.StatusOK)
	tv.get("/pilotage").want(http.StatusForbidden)
	wall := tv.watch("/live/cuisine")
	manager.get("/pilotage/ecrans").want(http.StatusOK).says("Mur du fond")
	shops, err := e.db.Pizzerias(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	devices, err := e.db.Devices(t.Context(), shops[0].ID)
	if err != nil || len(devices) != 1 {
		t.Fatalf("%d devices, %v", len(devices), err)
	}
	manager.post(fmt.Sprintf("/pilotage/ecrans/%d/revoquer", devices[0].ID), nil).want(http.StatusSeeOther)
	if code := wall.closed(); code != 4001 {
		t.Errorf("a revoked screen is closed with %d, want 4001", code)
	}
	tv.getJSON("/cuisine").want(http.StatusUnauthorized)
	// Nobody stands before it with a password: it shows its code again, and that code works.
	if to := tv.get("/cuisine").want(http.StatusSeeOther).Header.Get("Location"); to != "/ecran" {
		t.Errorf("a revoked screen is sent to %s", to)
	}
	manager.post("/pilotage/ecrans", url.Values{"code": {tv.code()}, "nom": {"Mur du fond"}}).want(http.StatusSeeOther)
	tv.get("/cuisine").want(http.StatusOK)
	// Somebody who signs in there is no wall any more.
	tv.post("/connexion", url.Values{"identifiant": {"cuisine"}, "mot_de_passe": {app.DemoPassword}}).want(http.StatusOK)
	tv.http.Jar = nil
	if to := tv.get("/cuisine").Header.Get("Location"); !strings.HasPrefix(to, "/connexion") {
		t.Errorf("a person is sent to %s", to)
	}
}

// TestUnpairedScreenReads: a television that waits for its code to be typed asks every five seconds, all night; it writes once in a while, and
// comes back by itself from a server in trouble.
func TestUnpairedScreenReads(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		shop := e.prog.shop
		now := time.Now()
		shop.Clock = func() time.Time { return now }
		tv := e.visitor()
		first := tv.get("/ecran").want(http.StatusOK)
		if first.Header.Get("Refresh") != "5" {
			t.Fatalf("the page does not ask again: %v", first.Header)
		}
		before := e.db.Statements()
		for range 60 { // five minutes
			now = now.Add(5 * time.Second)
			if page := tv.get("/ecran").want(http.StatusOK); page.body != first.body {
				t.Fatal("the page is another")
			}
		}
		if n := e.db.Statements() - before; n > 2*60 {
			t.Errorf("%d statements for 60 looks: more than who it is, and what it offers", n)
		}
		now = now.Add(5 * time.Minute)
		tv.get("/ecran").want(http.StatusOK)
		code := tv.code()
		now = now.Add(10 * time.Minute) // the first offer would be over
		e.as("responsable").post("/pilotage/ecrans", url.Values{"code": {code}, "nom": {"Cuisine"}}).want(http.StatusSeeOther)

		other := e.visitor()
		e.db.Close()
		if r := other.get("/ecran"); r.StatusCode < 500 || r.Header.Get("Refresh") != "5" {
			t.Errorf("in trouble it says %d and asks again in %q s", r.StatusCode, r.Header.Get("Refresh"))
		}
	})
}

// TestStormOfBuyers: 200 buyers of what 50 can be made of, through the door.
func TestStormOfBuyers(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		manager, client := e.as("responsable"), e.visitor()
		manager.post("/pilotage/stocks/cola", url.Values{"action": {"count"}, "quantite": {"50"}}).want(http.StatusOK)
		wall := e.as("cuisine").watch("/live/cuisine")
		tickets := make(chan string, 400)
		go func() {
			defer close(tickets)
			for {
				f, err := wall.read(patience)
				if err != nil {
					return
				}
				for _, o := range f.O {
					if o.Do == "append" || o.Do == "before" { // of two that came at once, the first may be told second
						tickets <- o.HTML
					}
				}
			}
		}()
		statuses := make(chan int, 200)
		var buyers sync.WaitGroup
		for i := range 200 {
			buyers.Go(func() {
				form := order("cola-33:single:1")
				statuses <- client.post("/commandes", form, "Idempotency-Key", fmt.Sprintf("storm-%d", i)).StatusCode
			})
		}
		buyers.Wait()
		close(statuses)
		count := map[int]int{}
		for s := range statuses {
			count[s]++
		}
		if count[201] != 50 || count[409] != 150 {
			t.Errorf("of 200 buyers of 50: %v", count)
		}
		seen := map[string]bool{}
		for len(seen) < 50 {
			html, ok := <-tickets
			if !ok {
				t.Fatalf("the wall saw %d tickets of 50", len(seen))
			}
			seen[html[:strings.Index(html, " class=")]] = true
		}
		client.getJSON("/carte/perpignan").want(200).says(`"slug":"cola-33"`)
	})
}
