package views

import (
	"bytes"
	"compress/gzip"
	"context"
	"html"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// drawn is a component's HTML.
func drawn(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// visitorPage is a page of somebody who does not work here.
func visitorPage(screen string) Page {
	p := testPage(screen, app.Actor{Role: app.Visitor})
	p.CSRF, p.Demo = "", true
	return p
}

// testBasket holds a pizza without an ingredient, four of which too few are left, and drinks.
func testBasket(b *app.Board) Basket {
	lines, err := b.Menu.Lines([]app.NewLine{
		{Product: "reine", Size: app.Large, Quantity: 2, Without: []string{"olives"}},
		{Product: "quatre-fromages", Size: app.Medium, Quantity: 4},
		{Product: "margherita", Size: app.Large, Quantity: 1, Added: []string{"chevre", "oignons"}},
		{Product: "limonade", Size: app.Single, Quantity: 2},
	}, app.Delivery, evening)
	if err != nil {
		panic(err)
	}
	basket := Basket{
		Soonest: map[app.Mode]time.Time{app.Delivery: at(45), app.Pickup: at(20)},
		Slots:   []time.Time{at(60), at(75)},
	}
	for _, l := range lines {
		basket.Lines = append(basket.Lines, BasketLine{Raw: RawLine(l, l.Quantity), Line: l, Left: b.Left(l.Product, l.Size)})
		basket.Total += l.Total()
	}
	return basket
}

// closedBasket is the same while the shop is closed.
func closedBasket(b *app.Board) Basket {
	basket := testBasket(b)
	basket.Soonest = nil
	return basket
}

func refusedBasket(b *app.Board) Basket {
	basket := testBasket(b)
	basket.Refusal, basket.BadField, basket.BadLine = "Nous ne livrons pas encore le 75001. Choisissez le retrait, ou une adresse dans : 75019, 75020.", "code_postal", 2
	basket.Elsewhere = &app.Pizzeria{Slug: "bastille", Name: "OC Pizza Bastille"}
	basket.Form = Checkout{Mode: "livraison", Name: "Camille Perrin", Phone: "06 12 34 56 78", Address: "12 rue des Lilas", Postcode: "75001", Method: "carte", Note: "Sonnez deux fois."}
	return basket
}

// customerPages are the customer's screens in the states that matter.
func customerPages() map[string]templ.Component {
	b := testBoard()
	live := testLive("/live/carte/belleville")
	pages := map[string]templ.Component{
		"home":         Home(visitorPage("home"), []ShopCard{{Pizzeria: b.Pizzeria, Open: true}, {Pizzeria: app.Pizzeria{Slug: "bastille", Name: "OC Pizza Bastille"}, Next: "demain à 11:30"}}, Nearby{}),
		"home-far":     Home(visitorPage("home"), []ShopCard{{Pizzeria: b.Pizzeria, Open: true}}, Nearby{Postcode: "75001", Refusal: "Nous ne livrons pas encore le 75001."}),
		"home-empty":   Home(visitorPage("home"), nil, Nearby{}),
		"menu":         MenuPage(visitorPage("menu"), live, b, Basket{}),
		"menu-basket":  MenuPage(visitorPage("menu"), live, b, testBasket(b)),
		"menu-refused": MenuPage(visitorPage("menu"), live, b, refusedBasket(b)),
		"sign-in":      SignIn(visitorPage("signin"), SignInForm{Login: "caisse", Next: "/caisse", Refusal: "Identifiant ou mot de passe incorrect."}),
		"message":      Message(visitorPage("message"), 404, "Cette page n’est pas à la carte", "Ce lien a expiré : demandez-en un autre.", "/", "Choisir une pizzeria"),
		"message-503":  Message(visitorPage("message"), 503, "Un instant", "La cuisine est ouverte, le site revient.", "/carte/belleville", "Réessayer"),
	}
	pages["tracking-refused"] = TrackingPage(visitorPage("tracking"), testLive("/live/suivi/x"), b, b.Orders[46], "1-jeton", &Revision{
		Lines: []string{""}, Refusal: "« Reine » vient d’être épuisée.", BadRow: 1,
	})
	for id, o := range b.Orders {
		pages["tracking-"+string(o.Status)+"-"+numbered("", id)] = TrackingPage(visitorPage("tracking"), testLive("/live/suivi/x"), b, o, "1-jeton", nil)
	}
	return pages
}

func TestCustomerPieces(t *testing.T) {
	b := testBoard()
	product := func(slug string) *app.Product {
		p, ok := b.Menu.Product(slug)
		if !ok {
			t.Fatal(slug)
		}
		return p
	}
	golden(t, "product", ProductCard(b, product("reine")))
	golden(t, "product-few-left", ProductCard(b, product("quatre-fromages")))
	golden(t, "product-sold-out", ProductCard(b, product("norvegienne")))
	golden(t, "product-drink", ProductCard(b, product("limonade")))
	golden(t, "drawing", Drawings(b.Menu, *product("reine"), *product("tiramisu")))
	golden(t, "soonest", Soonest(b.Outlook(evening)))
	golden(t, "soonest-closed", Soonest(app.Outlook{Opens: at(24 * 60), Day: "2026-03-14", Key: "k"}))
	golden(t, "basket-empty", BasketPiece(visitorPage("menu"), b, Basket{}))
	shut := testBoard()
	shut.Pizzeria.AlwaysOpen = false
	shut.Pizzeria.Hours = []app.Opening{{Day: time.Saturday, From: 20 * 60, To: 23 * 60}}
	golden(t, "basket-closed", BasketPiece(visitorPage("menu"), shut, closedBasket(shut)))
	golden(t, "basket", BasketPiece(visitorPage("menu"), b, testBasket(b)))
	golden(t, "basket-refused", BasketPiece(visitorPage("menu"), b, refusedBasket(b)))
	for id, name := range map[int64]string{46: "received", 37: "preparing", 36: "ready", 35: "ready-pickup", 33: "on-the-way", 31: "delivered", 32: "collected", 39: "on-hold", 43: "cancelled"} {
		golden(t, "tracking-"+name, Tracking(b, b.Orders[id]))
	}
	undeliverable := b.Orders[33].Clone()
	must(undeliverable.Advance(testCourier, app.Undeliverable, "Personne à l’adresse", at(10)))
	golden(t, "tracking-undeliverable", Tracking(b, undeliverable))
}

var (
	breakable = regexp.MustCompile(`.{0,20} [:;!?»€%](?:[ <"]|$)|« .{0,20}`)
	ids       = regexp.MustCompile(` id="([^"]*)"`)
	refs      = regexp.MustCompile(`(?:href="#|url\(#| for="| form="|aria-labelledby=")([^")]*)`)
	sheets    = regexp.MustCompile(`(?s)<svg id="drawings".*?</svg>\n?`)
	inline    = regexp.MustCompile(`(?i) style="| on[a-z]+="|<script>|javascript:`)
)

// What no single page's test would think of: French spaces that may not break, a strict CSP, ids that are there and once.
func TestCustomerPagesAreSound(t *testing.T) {
	for name, page := range customerPages() {
		t.Run(name, func(t *testing.T) {
			doc := drawn(t, page)
			for _, m := range breakable.FindAllString(html.UnescapeString(sheets.ReplaceAllString(doc, "")), -1) {
				t.Errorf("a line may break in %q", m)
			}
			if m := inline.FindString(doc); m != "" {
				t.Errorf("the CSP forbids %q", m)
			}
			var seen []string
			for _, m := range ids.FindAllStringSubmatch(doc, -1) {
				if slices.Contains(seen, m[1]) {
					t.Errorf("id %q is there twice", m[1])
				}
				seen = append(seen, m[1])
			}
			for _, m := range refs.FindAllStringSubmatch(doc, -1) {
				if !slices.Contains(seen, m[1]) {
					t.Errorf("#%s is nowhere", m[1])
				}
			}
			if strings.Count(doc, "<h1") != 1 {
				t.Error("a page has one <h1>")
			}
		})
	}
}

// The link is shared: whoever has it must not learn who ordered, and the piece must not carry the token.
func TestTrackingNamesNobody(t *testing.T) {
	b := testBoard()
	for _, o := range b.Orders {
		o.Note = "Digicode 1974"
		piece := drawn(t, TrackingBoard(testLive("/live/suivi/x"), b, o))
		for _, secret := range []string{o.Note, "1974", o.Contact.Name, o.Contact.Address, "12345678", Phone(o.Contact.Phone), "Karim", "Inès"} {
			if secret != "" && secret != "Comptoir" && strings.Contains(piece, secret) {
				t.Errorf("order %d shows %q", o.ID, secret)
			}
		}
	}
}

// The window of change is what the customer sees of the table of steps.
func TestTrackingOffersWhatIsPossible(t *testing.T) {
	b := testBoard()
	client := app.Actor{Role: app.Customer, Name: "client"}
	// Begun, on hold, and on again without the salmon: received, but not new. And one paid before it was begun.
	again := b.Orders[37].Clone()
	again.Missing = "saumon"
	must(again.Advance(testCook, app.OnHold, "Saumon fumé épuisé", at(1)))
	salmon, _ := b.Menu.IngredientBySlug("saumon")
	must(again.LeaveOut(client, b.Menu, *salmon, at(1)))
	paid := b.Orders[46].Clone()
	must(paid.Pay(app.Actor{Role: app.Cashier, User: 1}, app.Card, at(1)))
	if again.Status != app.Received || !again.Consumed || paid.Status != app.Received {
		t.Fatalf("%s, consumed %t; %s", again.Status, again.Consumed, paid.Status)
	}
	for _, o := range append(slices.Collect(maps.Values(b.Orders)), again, paid) {
		piece := drawn(t, Tracking(b, o))
		_, err := o.Clone().Advance(client, app.Cancelled, "", at(2))
		if got := strings.Contains(piece, `form="`+ActID+`"`); got != (err == nil) {
			t.Errorf("order %d, %s: a cancel button is %t, and pressed it answers %v", o.ID, o.Status, got, err)
		}
		_, err = o.Clone().Revise(client, o.Lines, "", at(2))
		if got := strings.Contains(piece, `form="`+ReviseID+`"`); got != (err == nil && o.Status != app.OnHold) {
			t.Errorf("order %d, %s: a change form is %t, and sent it answers %v", o.ID, o.Status, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "pas encore commencé") {
			t.Errorf("order %d: too late, because it has not begun: %v", o.ID, err)
		}
		if got := strings.Contains(piece, `form="`+LeaveOutID+`"`); got != (o.Status == app.OnHold) {
			t.Errorf("order %d, %s: a choice is %t", o.ID, o.Status, got)
		}
	}
	if piece := drawn(t, Tracking(b, again)); !strings.Contains(piece, "La préparation a commencé à") {
		t.Errorf("what is begun says nothing: %s", piece)
	}
}

// A drawing is the same on every process and after every restart, whatever the recipe holds.
func TestDrawings(t *testing.T) {
	b := testBoard()
	if a, c := drawn(t, Drawings(b.Menu, b.Menu.Products...)), drawn(t, Drawings(testMenu(), testMenu().Products...)); a != c {
		t.Error("the same menu is drawn differently")
	}
	m := &app.Menu{Ingredients: []app.Ingredient{{ID: 1, Slug: "yuzu"}, {ID: 2, Slug: "rillettes", Diet: app.Pork}}}
	p := app.Product{Slug: `a"b`, Kind: app.Pizza, Variants: []app.Variant{{Recipe: []app.Part{{Ingredient: 1}, {Ingredient: 2}, {Ingredient: 3}}}}}
	sheet := drawn(t, Drawings(m, p, app.Product{Slug: "vide", Kind: app.Pizza}, app.Product{Slug: "inconnu", Kind: app.Drink}))
	if !strings.Contains(sheet, "z-jambon") || !strings.Contains(sheet, "z-poivron") {
		t.Error("an ingredient without a drawing of its own gets that of its diet")
	}
	if strings.Contains(sheet, `id="draw-a"b"`) {
		t.Error("a slug is not escaped")
	}
}

// 40 KB for a first visit, whatever is added (ui.md).
func TestFirstVisitIsLight(t *testing.T) {
	b := testBoard()
	total := zipped(t, []byte(drawn(t, MenuPage(visitorPage("menu"), testLive("/live/carte/belleville"), b, testBasket(b)))))
	for _, name := range append(visitorPage("menu").scripts(), "app.css") {
		content, err := os.ReadFile("../static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		total += zipped(t, content)
	}
	if total > 40<<10 {
		t.Errorf("the first visit takes %d bytes", total)
	}
}

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
