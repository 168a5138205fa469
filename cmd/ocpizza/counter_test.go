package main

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// takes is the form by which a till takes an order.
func takes(lines ...string) url.Values {
	form := order(lines...)
	form.Del("pizzeria")
	form.Set("canal", "phone")
	return form
}

// postPage sends a form like a browser without JavaScript, and follows it to the page that it leads to.
func (p *person) postPage(path string, form url.Values, headers ...string) *reply {
	p.e.t.Helper()
	form = maps.Clone(form)
	form.Set("_csrf", p.csrf)
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html"}, headers...)
	r := p.do("POST", path, strings.NewReader(form.Encode()), headers...)
	if to := r.Header.Get("Location"); r.StatusCode == http.StatusSeeOther {
		return p.get(to)
	}
	return r
}

// postLive sends a form like live.js, which wants the piece that changes.
func (p *person) postLive(path string, form url.Values, headers ...string) *reply {
	p.e.t.Helper()
	return p.postPage(path, form, append([]string{"X-Live", "1"}, headers...)...)
}

var trackingLink = regexp.MustCompile(`>(http://[^<]*/suivi/[^<]+)</textarea>`)

// TestTillGivesTheTrackingLink: a customer on the telephone is told where to follow the order, as long as the clerk has not taken the next one.
func TestTillGivesTheTrackingLink(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cashier := e.as("caisse")
	link := func(r *reply) string {
		t.Helper()
		found := trackingLink.FindStringSubmatch(r.want(http.StatusOK).body)
		if found == nil {
			t.Fatalf("no tracking link: %.3000s", r.body)
		}
		return found[1]
	}
	follows := func(link string) {
		t.Helper()
		e.visitor().get(strings.TrimPrefix(link, e.url)).want(http.StatusOK).says("Commande n°")
	}

	taken := cashier.postPage("/caisse/commandes", takes("regina:medium:1"))
	first := link(taken)
	follows(first)
	sms := regexp.MustCompile(`href="(sms:[^"]+)"`).FindStringSubmatch(taken.body)
	if sms == nil {
		t.Fatalf("no message to send: %.3000s", taken.body)
	}
	number, query, _ := strings.Cut(html.UnescapeString(sms[1]), "?")
	if body, err := url.PathUnescape(strings.TrimPrefix(query, "body=")); number != "sms:+33465712030" || err != nil || !strings.Contains(body, first) {
		t.Errorf("the message is %s", sms[1])
	}
	if got := link(cashier.get("/caisse")); got != first {
		t.Errorf("after a reload: %s, want %s", got, first)
	}
	if got := link(cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"04 65 71 33 07"}, "action": {"chercher"}})); got != first {
		t.Errorf("once the next one is begun: %s, want %s", got, first)
	}

	second := link(cashier.postLive("/caisse/commandes", takes("margherita:medium:1")))
	follows(second)
	if got := link(cashier.get("/caisse")); got != second || second == first {
		t.Errorf("after the next order: %s, want %s", got, second)
	}
	if body := e.as("caisse").get("/caisse").want(http.StatusOK).body; strings.Contains(body, "/suivi/") {
		t.Error("another till shows the link")
	}
}

// take takes an order at the till.
func (p *person) take(form url.Values, key string) placed {
	p.e.t.Helper()
	var out placed
	r := p.post("/caisse/commandes", form, "Idempotency-Key", key).want(http.StatusCreated)
	r.decode(&out)
	var o struct{ ID int64 }
	r.decode(&o)
	out.ID = o.ID
	return out
}

// TestTillAnswersAHold: the clerk who has the customer on the telephone chooses for them.
func TestTillAnswersAHold(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		cook, cashier := e.as("cuisine"), e.as("caisse")
		o := cashier.take(takes("chevre-miel:medium:1"), "hold-1")
		hold := func(ingredient string) {
			t.Helper()
			cook.post(fmt.Sprintf("/cuisine/commandes/%d/on_hold", o.ID), url.Values{"ingredient": {ingredient}}).want(http.StatusOK)
		}
		without := fmt.Sprintf("/caisse/commandes/%d/sans", o.ID)
		hold("noix")
		screen := cashier.watch("/live/caisse")
		if button := `value="noix" formaction="` + without + `"`; !strings.Contains(screen.hello.text(), button) {
			t.Errorf("the till does not offer it: %s", button)
		}
		cashier.post(without, url.Values{"ingredient": {"miel"}}).want(http.StatusConflict).says("plus possible")
		wall := cook.watch("/live/cuisine")
		cashier.post(without, url.Values{"ingredient": {"noix"}}, "Idempotency-Key", "without-1").want(http.StatusOK).says(`"sans":["noix"]`)
		cashier.post(without, url.Values{"ingredient": {"noix"}}, "Idempotency-Key", "without-1").want(http.StatusOK)
		screen.sees(fmt.Sprintf(`id="order-%d"`, o.ID), `data-status="received"`)
		wall.sees(fmt.Sprintf(`id="ticket-%d"`, o.ID), `data-status="received"`, "noix")

		// Dough cannot be left out: the only way is to cancel.
		hold("paton-29")
		if draws := screen.sees(`data-status="on_hold"`).text(); strings.Contains(draws, without) {
			t.Error("the till offers a pizza without dough")
		}
		cashier.post(without, url.Values{"ingredient": {"paton-29"}}).want(http.StatusConflict).says("annulez la commande")
	})
}

// TestTillTakesMoney before the pizza is there: it is counted once, and the hand-over asks for nothing more.
func TestTillTakesMoney(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cook, cashier := e.as("cuisine"), e.as("caisse")
	form := takes("regina:medium:1")
	form.Set("mode", "retrait")
	o := cashier.take(form, "money-1")
	screen := cashier.watch("/live/caisse")
	pay := fmt.Sprintf("/caisse/commandes/%d/encaisser", o.ID)
	if button := `name="paiement" value="cheque" formaction="` + pay + `"`; !strings.Contains(screen.hello.text(), button) {
		t.Errorf("the till does not offer it: %s", button)
	}
	cashier.post(pay, url.Values{"paiement": {"troc"}}).want(http.StatusUnprocessableEntity).says("Choisissez espèces")
	cashier.post(pay, url.Values{"paiement": {"cheque"}}).want(http.StatusOK).says(`"paiement":{"moyen":"cheque","statut":"paid"}`)
	if draws := screen.sees(fmt.Sprintf(`id="order-%d"`, o.ID), "payée").text(); strings.Contains(draws, pay) {
		t.Error("a paid order is offered to be paid again")
	}
	cashier.post(pay, url.Values{"paiement": {"especes"}}).want(http.StatusConflict).says("déjà payée")
	cook.post(fmt.Sprintf("/cuisine/commandes/%d/preparing", o.ID), nil).want(http.StatusOK)
	cook.post(fmt.Sprintf("/cuisine/commandes/%d/ready", o.ID), nil).want(http.StatusOK)
	cashier.post(fmt.Sprintf("/caisse/commandes/%d/collected", o.ID), url.Values{"paiement": {"carte"}}).want(http.StatusOK).says(`"moyen":"cheque"`)
	shops, err := e.db.Pizzerias(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := e.db.Till(t.Context(), shops[0].ID, 1, 10)
	if err != nil || len(entries) != 1 || entries[0].Amount != 1090 {
		t.Errorf("the till has %+v, %v", entries, err)
	}
}

// TestTillChangesAnOrder while nothing of it has begun, and never over what somebody else changed.
func TestTillChangesAnOrder(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		cook, cashier := e.as("cuisine"), e.as("caisse")
		form := takes("regina:medium:1", "chevre-miel:large:1:noix")
		form.Set("note", "Code B472")
		o := cashier.take(form, "change-1")
		id := fmt.Sprint(o.ID)
		wall, menu := cook.watch("/live/cuisine"), cook.watch("/live/carte/perpignan")
		save := "/caisse/commandes/" + id + "/modifier"

		// An order that is being taken waits aside.
		begun := takes("cola-33:single:2")
		begun.Set("nom", "Rose Delmas")
		begun.Set("modifier", id)
		draft := cashier.postLive("/caisse/brouillon", begun).want(http.StatusOK)
		draft.says(fmt.Sprintf("Modifier la n°&nbsp;%d", o.Numero)).says(`action="` + save + `"`).says(`value="regina:medium:1"`).says(`value="chevre-miel:large:1:noix"`).says(`value="Code B472"`)
		draft.says(`name="revision" value="1"`)
		if strings.Contains(draft.body, "cola-33:single:2") {
			t.Error("the order that was being taken is mixed into the one that is changed")
		}
		change := url.Values{"commande": {id}, "revision": {"1"}, "note": {"Code B473"}, "ligne": {"regina:medium:1", "chevre-miel:large:1:noix"}}
		change.Set("action", "plus:1")
		cashier.postLive("/caisse/brouillon", change).want(http.StatusOK).says(`value="regina:medium:2"`).says(save)
		cashier.get("/caisse").says(`value="regina:medium:2"`).says(save)

		change.Del("action")
		change["ligne"] = []string{"regina:medium:2", "cola-33:single:1"}
		cashier.postLive(save, change, "Idempotency-Key", "save-1").want(http.StatusOK).says("modifiée").says(`value="cola-33:single:2"`).says("Rose Delmas")
		wall.sees(fmt.Sprintf(`id="ticket-%d"`, o.ID), "Cola", "Code B473")
		menu.sees(`id="product-cola-33"`)
		cashier.getJSON(o.Suivi).says(`"produit":"cola-33","quantite":1`).says(`"produit":"regina","quantite":2`)
		cashier.get("/caisse").says("Rose Delmas").says(`value="cola-33:single:2"`)

		// Somebody who began from what it was before.
		change["ligne"] = []string{"margherita:medium:1"}
		cashier.postLive(save, change).want(http.StatusConflict).says("entre-temps").says(`value="margherita:medium:1"`)
		cashier.post(save, change).want(http.StatusConflict).says(`"kind":"conflict"`)
		// More than there is.
		change.Set("revision", "2")
		e.as("responsable").post("/pilotage/stocks/cola", url.Values{"action": {"count"}, "quantite": {"3"}}).want(http.StatusOK)
		change["ligne"] = []string{"regina:medium:1", "cola-33:single:4"}
		cashier.postLive(save, change).want(http.StatusConflict).says("Il ne reste").says(`data-line="2"`)
		// Without JavaScript.
		change["ligne"] = []string{"regina:medium:1"}
		cashier.postPage(save, change).want(http.StatusOK).says(fmt.Sprintf("Commande n°\u00a0%d modifiée", o.Numero))

		cook.post("/cuisine/commandes/"+id+"/preparing", nil).want(http.StatusOK)
		change.Set("revision", "3")
		cashier.postLive(save, change).want(http.StatusConflict).says("Trop tard").says("Voyez avec la cuisine")
		cashier.postLive("/caisse/brouillon", url.Values{"commande": {id}, "action": {"abandonner"}}).want(http.StatusOK).says("Nouvelle commande")
	})
}

// TestTillTakesAnOrder by telephone: the answer in each form, and what every other screen is told.
func TestTillTakesAnOrder(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		cashier := e.as("caisse")
		wall, till := e.as("cuisine").watch("/live/cuisine"), cashier.watch("/live/caisse")
		board, phone, menu := e.as("responsable").watch("/live/pilotage"), e.as("livreur").watch("/live/livraisons"), e.visitor().watch("/live/carte/perpignan")

		o := cashier.take(takes("margherita:large:30"), "taken-1")
		if o.Numero != 1 || o.TotalCents != 30*12_00 || o.Suivi == "" || o.PromisA == "" {
			t.Errorf("the answer: %+v", o)
		}
		wall.sees(fmt.Sprintf(`id="ticket-%d"`, o.ID), `data-status="received"`, "Margherita", "[event new-order]")
		till.sees(fmt.Sprintf(`id="order-%d"`, o.ID), "Ana Puig", `data-due-cents="36000"`, `id="pick-margherita"`, `data-count="1"`)
		board.sees(`id="tile-open"`, fmt.Sprintf(`id="late-%d"`, o.ID), "Ana Puig", `id="level-mozzarella"`)
		phone.sees(fmt.Sprintf(`id="drop-%d"`, o.ID), "3 rue de la Loge")
		menu.sees(`id="product-margherita"`)
		if again := cashier.take(takes("margherita:large:30"), "taken-1"); again != o {
			t.Errorf("the same key: %+v, want %+v", again, o)
		}

		// Without JavaScript, and at the counter where nobody needs a name.
		counter := url.Values{"canal": {"counter"}, "mode": {"retrait"}, "paiement": {"carte"}, "ligne": {"regina:medium:1"}}
		counter.Set("_csrf", cashier.csrf)
		r := cashier.do("POST", "/caisse/commandes", strings.NewReader(counter.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html").want(http.StatusSeeOther)
		if to := r.Header.Get("Location"); to != "/caisse" {
			t.Errorf("leads to %s", to)
		}
		wall.sees("Regina", "[event new-order]")
		if shows := cashier.get("/caisse").want(http.StatusOK).says("Commande n°").body; strings.Contains(shows, "sms:") {
			t.Error("a message is offered to somebody without a telephone")
		}
	})
}

// TestTillKeepsThePromiseItShowed: what a clerk has told the customer is what the order is promised for, or the clerk is told before it is taken.
func TestTillKeepsThePromiseItShowed(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cashier := e.as("caisse")
	shown := func(r *reply) time.Time {
		t.Helper()
		found := regexp.MustCompile(`name="promis_attendu_livraison" value="([^"]+)"`).FindStringSubmatch(r.body)
		if found == nil {
			t.Fatalf("the form shows no promise: %.3000s", r.body)
		}
		at, err := time.Parse(time.RFC3339, found[1])
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	form := takes("regina:medium:1")
	now := shown(cashier.get("/caisse").want(http.StatusOK))
	form.Set("promis_attendu_livraison", now.Add(-30*time.Minute).UTC().Format(time.RFC3339))
	refused := cashier.postPage("/caisse/commandes", form).want(http.StatusConflict).says("au lieu de " + now.Add(-30*time.Minute).In(app.Paris).Format("15:04"))
	refused.says(`class="till-refusal"`).says("regina:medium:1")
	form.Set("promis_attendu_livraison", shown(refused).UTC().Format(time.RFC3339))
	cashier.postPage("/caisse/commandes", form, "Idempotency-Key", "again").want(http.StatusOK).says("enregistrée")
}

// TestTillDraft: what a clerk does to the order that is being taken, and that it is still there after a reload.
func TestTillDraft(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cashier := e.as("caisse")
	kept := func(want ...string) {
		t.Helper()
		page := cashier.get("/caisse").want(http.StatusOK).body
		var got []string
		for _, l := range regexp.MustCompile(`name="ligne" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			got = append(got, l[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("after a reload the lines are %q, want %q", got, want)
		}
	}
	form := takes()
	for _, row := range []struct {
		name, value string
		status      int
		lines       []string
	}{
		{"ajouter", "regina:medium", 200, []string{"regina:medium:1"}},
		{"ajouter", "regina:medium", 200, []string{"regina:medium:2"}},
		{"code", "chèvre g 2", 200, []string{"regina:medium:2", "chevre-miel:large:2"}},
		{"code", "sushi", 422, []string{"regina:medium:2", "chevre-miel:large:2"}},
		{"action", "sans:2:noix", 200, []string{"regina:medium:2", "chevre-miel:large:2:noix"}},
		{"action", "sans:2:noix", 200, []string{"regina:medium:2", "chevre-miel:large:2"}},
		{"action", "sans:9:noix", 422, []string{"regina:medium:2", "chevre-miel:large:2"}},
		{"action", "plus:2", 200, []string{"regina:medium:2", "chevre-miel:large:3"}},
		{"action", "moins:1", 200, []string{"regina:medium:1", "chevre-miel:large:3"}},
		{"action", "retirer:1", 200, []string{"chevre-miel:large:3"}},
		{"action", "moins:4", 409, []string{"chevre-miel:large:3"}},
		{"ajouter", "fugu:medium", 422, []string{"chevre-miel:large:3"}},
	} {
		form.Set(row.name, row.value)
		r := cashier.postLive("/caisse/brouillon", form)
		if r.StatusCode != row.status || strings.Contains(r.body, `role="alert"`) != (row.status != 200) {
			t.Errorf("%s=%s: status %d: %.400s", row.name, row.value, r.StatusCode, r.body)
		}
		kept(row.lines...)
		form.Del(row.name)
		form["ligne"] = row.lines
	}
	cashier.get("/caisse").says("Ana Puig").says("3 rue de la Loge").says(`value="66000"`).says(`data-total-cents="4470"`)

	// The same again: an earlier order of the number.
	cook := e.as("cuisine")
	earlier := takes("regina:medium:2", "chevre-miel:medium:1:noix")
	earlier.Set("mode", "retrait")
	o := cashier.take(earlier, "same-1")
	for _, step := range []string{"cuisine/commandes/%d/preparing", "cuisine/commandes/%d/ready", "caisse/commandes/%d/collected"} {
		who := map[bool]*person{true: cashier, false: cook}[strings.HasPrefix(step, "caisse")]
		who.post("/"+fmt.Sprintf(step, o.ID), nil).want(http.StatusOK)
	}
	found := cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"0465712030"}, "action": {"chercher"}}).want(http.StatusOK)
	found.says("Ana Puig").says("2\u00a0Regina moyenne").says(fmt.Sprintf(`name="reprendre" value="%d"`, o.ID))
	again := cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"0465712030"}, "reprendre": {fmt.Sprint(o.ID)}}).want(http.StatusOK)
	again.says(`value="Ana Puig"`).says(`value="retrait" checked`)
	kept("regina:medium:2", "chevre-miel:medium:1:noix")
	cashier.postLive("/caisse/brouillon", url.Values{"reprendre": {"999999"}}).want(http.StatusNotFound).says("n’existe pas")
}

// TestLastDoughBall: two clerks sell it at once. One has it, the other is told which line, and what is left of the menu.
func TestLastDoughBall(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		e.as("responsable").post("/pilotage/stocks/paton-33", url.Values{"action": {"count"}, "quantite": {"1"}}).want(http.StatusOK)
		clerks := []*person{e.as("caisse"), e.as("caisse")}
		screen := clerks[0].watch("/live/caisse")
		answers := make([]*reply, len(clerks))
		var both sync.WaitGroup
		for i, clerk := range clerks {
			both.Go(func() {
				answers[i] = clerk.postLive("/caisse/commandes", takes("cola-33:single:1", "regina:large:1"), "Idempotency-Key", fmt.Sprint("last-", i))
			})
		}
		both.Wait()
		if answers[0].StatusCode != http.StatusOK {
			slices.Reverse(answers)
		}
		answers[0].want(http.StatusOK).says("enregistrée")
		answers[1].want(http.StatusConflict).says(`role="alert"`).says(`data-line="2"`).says("Regina").says(`data-bad`).says(`value="cola-33:single:1"`).says("Ana Puig")
		if button := regexp.MustCompile(`<button[^>]*value="regina:large"[^>]*>`).FindString(screen.sees(`id="pick-regina"`).text()); !strings.Contains(button, "disabled") {
			t.Errorf("the till still sells it: %s", button)
		}
	})
}

// TestTillKnowsTheCustomer of last week, and the one whose order is in the oven; it asks the database when it is asked, and at no other time.
func TestTillKnowsTheCustomer(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		cashier := e.as("caisse")
		before := order("chevre-miel:medium:2:noix", "cola-33:single:1")
		before.Set("telephone", "04 65 71 11 11")
		old := e.visitor().place(before, "known-old")
		cashier.post(fmt.Sprintf("/caisse/commandes/%d/cancelled", old.ID), nil).want(http.StatusOK)
		// The database alone knows that it was last week, and whose it was.
		week := time.Now().UTC().Add(-7 * 24 * time.Hour)
		if _, err := e.db.Bun().ExecContext(t.Context(), "UPDATE orders SET contact_phone = '+33465712030', placed_at = ?", week); err != nil {
			t.Fatal(err)
		}
		open := takes("regina:large:1")
		open.Set("mode", "retrait")
		now := cashier.take(open, "known-open")

		search := url.Values{"telephone": {"04 65 71 20 30"}, "action": {"chercher"}}
		found := cashier.postLive("/caisse/brouillon", search).want(http.StatusOK)
		found.says(`value="Ana Puig"`).says(`value="3 rue de la Loge"`).says(`value="66000"`).says("Même commande")
		found.says(fmt.Sprintf("n°&nbsp;%d, promise à", now.Numero)).says("Reçue").says("1\u00a0Regina grande")
		found.says(fmt.Sprintf(`name="reprendre" value="%d"`, old.ID)).says("2\u00a0Chèvre miel moyenne sans noix, 1\u00a0Cola")
		cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"04 65 71 20 30"}, "reprendre": {fmt.Sprint(old.ID)}}).want(http.StatusOK).
			says(`value="chevre-miel:medium:2:noix"`).says(`value="cola-33:single:1"`).says(`value="3 rue de la Loge"`)
		// A plain form gets its page at once.
		cashier.postPage("/caisse/brouillon", search).want(http.StatusOK).says("Même commande")

		// The number was wrong: the name and the address of before are not the next one's.
		first := url.Values{"telephone": {"04 65 71 99 99"}, "action": {"chercher"}, "client": {"+33465712030"}, "nom": {"Ana Puig"}, "adresse": {"3 rue de la Loge"}}
		if r := cashier.postLive("/caisse/brouillon", first).want(http.StatusOK).says("Aucune commande de ce numéro"); strings.Contains(r.body, "Puig") {
			t.Errorf("somebody else's name stays: %.2000s", r.body)
		}
		cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"12"}, "action": {"chercher"}}).want(http.StatusUnprocessableEntity).says("06 12 34 56 78")

		statements := e.db.Statements()
		cashier.get("/caisse").want(http.StatusOK)
		cashier.postLive("/caisse/brouillon", url.Values{"telephone": {"04 65 71 20 30"}, "ajouter": {"regina:medium"}}).want(http.StatusOK)
		if n := e.db.Statements() - statements; n != 0 {
			t.Errorf("a page and a line took %d SQL statements", n)
		}
		// Another shop's customer is nobody here.
		if r := e.as("directeur").postLive("/caisse/brouillon?pizzeria=canet", search).want(http.StatusOK); strings.Contains(r.body, "Puig") {
			t.Error("another shop's till knows the customer")
		}
	})
}

// TestTillMarksTheRefusedField, for who does not look at the sentence above, and opens the plain page on it.
func TestTillMarksTheRefusedField(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cashier := e.as("caisse")
	for _, row := range []struct{ field, value string }{
		{"telephone", "12"}, {"adresse", ""}, {"code_postal", "75001"}, {"creneau", "bientôt"}, {"paiement", "troc"}, {"note", strings.Repeat("a", 300)},
	} {
		form := takes("regina:medium:1")
		form.Set(row.field, row.value)
		r := cashier.postPage("/caisse/commandes", form).want(http.StatusUnprocessableEntity)
		control := regexp.MustCompile(`<(?:input|select)[^>]* name="` + row.field + `"[^>]*>`).FindString(r.body)
		refusal := regexp.MustCompile(`<p id="([^"]+)" class="till-refusal"`).FindStringSubmatch(r.body)
		if refusal == nil || !strings.Contains(control, ` aria-invalid="true"`) || !strings.Contains(control, ` aria-describedby="`+refusal[1]+`"`) || !strings.Contains(control, " autofocus") {
			t.Errorf("%s: %s %q", row.field, control, refusal)
		}
		if n := strings.Count(r.body, "aria-invalid"); n != 1 {
			t.Errorf("%s: %d fields are marked", row.field, n)
		}
	}
	code := cashier.postLive("/caisse/brouillon", url.Values{"code": {"sushi"}}).want(http.StatusUnprocessableEntity)
	if !regexp.MustCompile(`<input[^>]* name="code"[^>]*>`).MatchString(code.body) || !strings.Contains(code.body, "aria-invalid") {
		t.Errorf("the code is not marked: %.1500s", code.body)
	}
}

// TestStockKeepsWhatWasTyped: a plain form that is refused comes back with it, in its row.
func TestStockKeepsWhatWasTyped(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	manager := e.as("responsable")
	for _, row := range []struct{ action, typed, field string }{
		{"restock", "douze", "quantite-cola"}, {"waste", "999999", "quantite-cola"}, {"threshold", "-4", "seuil-cola"},
	} {
		r := manager.postPage("/pilotage/stocks/cola", url.Values{"action": {row.action}, "quantite": {row.typed}})
		if r.StatusCode < 400 {
			t.Errorf("%s of %s is accepted", row.action, row.typed)
			continue
		}
		control := regexp.MustCompile(`<input[^>]* id="` + row.field + `"[^>]*>`).FindString(r.body)
		if !strings.Contains(control, `value="`+row.typed+`"`) || !strings.Contains(control, `aria-describedby="refus-cola" aria-invalid="true"`) {
			t.Errorf("%s of %s: %d %s", row.action, row.typed, r.StatusCode, control)
		}
		if !regexp.MustCompile(`<details id="stock-cola"[^>]* open[ >]`).MatchString(r.body) {
			t.Errorf("%s of %s: the row is closed", row.action, row.typed)
		}
		r.says(`id="refus-cola"`).says(`role="alert"`)
	}
	manager.post("/pilotage/stocks/cola", url.Values{"action": {"restock"}, "quantite": {"douze"}}).want(422).says(`"message":"« douze »`)
}

// screenOrder is an order as every staff screen has it.
type screenOrder struct {
	ID      int64
	Numero  int
	Statut  string
	Version int
	PromisA string `json:"promis_a"`
	Lignes  []struct {
		Produit, Taille string
		Quantite        int
	}
}

// TestScreensAsJSON: what a staff screen shows can be read by a program, and nobody is named who is not named there.
func TestScreensAsJSON(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	form := order("regina:medium:2:champignons", "cola-33:single:1")
	form.Set("note", "Code B472")
	o := e.visitor().place(form, "json-1")
	away := e.visitor().place(order("margherita:large:1"), "json-2")
	e.cooked(away)
	for _, screen := range []struct {
		login, path   string
		names, orders bool
		has           []string
	}{
		{"cuisine", "/cuisine", false, true, []string{`"note":"Code B472"`, `"etat":"queued"`, `"sans":["champignons"]`}},
		{"livreur", "/livraisons", true, true, []string{`"groupe":"prete"`, `"groupe":"a_venir"`, `"telephone":"+33465712030"`, `"a_encaisser_cents":1200`}},
		{"caisse", "/caisse", true, true, []string{`"nom":"Ana Puig"`, `"a_encaisser_cents":2430`, `"paiement":{"moyen":"cash","statut":"due"}`}},
		{"responsable", "/pilotage", true, true, []string{`"en_cours":2`, `"en_retard":0`, `"encaisse_cents":0`, `"alertes_stock":[]`}},
		{"responsable", "/pilotage/stocks", false, false, []string{`"slug":"cola"`, `"reserve":1`, `"unite":"piece"`}},
	} {
		r := e.as(screen.login).getJSON(screen.path).want(http.StatusOK)
		var out struct {
			Pizzeria  string
			Seq       int64
			Commandes []screenOrder
		}
		r.decode(&out)
		if out.Pizzeria != "perpignan" || out.Seq == 0 || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %+v", screen.path, out)
		}
		for _, text := range screen.has {
			r.says(text)
		}
		if strings.Contains(r.body, "Puig") != screen.names {
			t.Errorf("%s: names somebody: %t", screen.path, !screen.names)
		}
		i := slices.IndexFunc(out.Commandes, func(c screenOrder) bool { return c.ID == o.ID })
		if !screen.orders {
			continue
		}
		if i < 0 || out.Commandes[i].Numero != o.Numero || out.Commandes[i].Statut != "received" || out.Commandes[i].PromisA != o.PromisA || len(out.Commandes[i].Lignes) != 2 {
			t.Errorf("%s: %.1500s", screen.path, r.body)
		}
	}
	e.as("responsable").getJSON("/pilotage/supervision").want(http.StatusOK).says(`"jauges":[{`).says(`"version":`)
	e.as("directeur").getJSON("/pilotage?pizzeria=canet").want(http.StatusOK).says(`"pizzeria":"canet"`)
	// A browser still gets its page.
	e.as("cuisine").do("GET", "/cuisine", nil, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8").want(http.StatusOK).says("<!doctype html>")
}

// TestTicketOnDemand: what was bought, the VAT by rate, how it was paid, and where; of an order that has been taken away as well.
func TestTicketOnDemand(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cashier := e.as("caisse")
	form := takes("regina:medium:2:champignons", "cola-33:single:1")
	form.Set("mode", "retrait")
	o := cashier.take(form, "ticket-1")
	ticket := fmt.Sprintf("/caisse/commandes/%d/ticket", o.ID)
	// 2 × 10,90 € at 10 % and 2,50 € at 5,5 %.
	due := cashier.get(ticket).want(http.StatusOK)
	for _, text := range []string{
		"OC Pizza Perpignan", "Addition n°", "2 × Regina moyenne", "sans champignons", "24,30\u00a0€",
		"<th scope=\"row\">5,5\u00a0%</th><td class=\"num\">2,37\u00a0€</td><td class=\"num\">0,13\u00a0€</td><td class=\"num\">2,50\u00a0€</td>",
		"<th scope=\"row\">10\u00a0%</th><td class=\"num\">19,82\u00a0€</td><td class=\"num\">1,98\u00a0€</td><td class=\"num\">21,80\u00a0€</td>",
		"À régler",
	} {
		due.says(text)
	}
	cashier.get("/caisse").says(`href="/caisse/tickets"`)
	e.cooked(o)
	cashier.post(fmt.Sprintf("/caisse/commandes/%d/collected", o.ID), url.Values{"paiement": {"carte"}}).want(http.StatusOK)
	cashier.get("/caisse/tickets").want(http.StatusOK).says(ticket).says("Retirée")
	cashier.get(ticket).want(http.StatusOK).says("Ticket n°").says("Payé par carte")
	e.as("directeur").get(ticket).want(http.StatusOK).says("OC Pizza Perpignan")
	cashier.get("/caisse/commandes/999999/ticket").want(http.StatusNotFound)
}

// TestAllShops: the director sees every shop on one page, the worst first, and it changes by itself.
func TestAllShops(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	director := e.as("directeur")
	slugs := func(r *reply) (all []string) {
		for _, m := range regexp.MustCompile(`<li id="shop-([^"]+)"`).FindAllStringSubmatch(r.want(http.StatusOK).body, -1) {
			all = append(all, m[1])
		}
		return all
	}
	first := slugs(director.get("/pilotage/groupe"))
	if len(first) != 5 {
		t.Fatalf("the page shows %v", first)
	}
	director.get("/pilotage").want(http.StatusOK).says(`href="/pilotage/groupe"`)
	screen := director.watch("/live/pilotage?vue=groupe&pizzeria=canet")
	e.visitor().place(order("regina:medium:1"), "group-1")
	screen.sees(`id="shop-perpignan"`, `data-count="1"`)
	// An alarm puts its shop on top.
	last := first[len(first)-1]
	director.post("/pilotage/stocks/cola?pizzeria="+last, url.Values{"action": {"count"}, "quantite": {"1"}}).want(http.StatusOK)
	screen.sees(`id="shop-` + last + `" class="group-row" data-tone-of="warn"`)
	if now := slugs(director.get("/pilotage/groupe")); now[0] != last {
		t.Errorf("on top is %v, want %s", now, last)
	}
	director.getJSON("/pilotage/groupe").want(http.StatusOK).says(`"slug":"` + last + `"`).says(`"alertes_stock":["cola"]`)
}
