package views

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what a component draws with testdata/name.golden.html.
func golden(t *testing.T, name string, c templ.Component) {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden.html")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s differs from what was drawn (go test ./views -update writes it anew):\n%s", file, b.String())
	}
}

// evening is the now of the tests: a Saturday, 19:30 in France.
var evening = time.Date(2026, 3, 14, 18, 30, 0, 0, time.UTC)

func at(minutes int) time.Time { return evening.Add(time.Duration(minutes) * time.Minute) }

// testMenu is a small menu with its recipes.
func testMenu() *app.Menu {
	names := []struct {
		slug, name string
		unit       app.Unit
		diet       app.Diet
		allergens  []app.Allergen
	}{
		{"pate", "Pâte", app.Piece, app.Vegetable, []app.Allergen{app.Gluten}},
		{"sauce-tomate", "Sauce tomate", app.Gram, app.Vegetable, nil},
		{"creme", "Crème fraîche", app.Gram, app.Vegetable, []app.Allergen{app.Milk}},
		{"mozzarella", "Mozzarella", app.Gram, app.Vegetable, []app.Allergen{app.Milk}},
		{"jambon", "Jambon blanc", app.Gram, app.Pork, nil},
		{"champignons", "Champignons", app.Gram, app.Vegetable, nil},
		{"oignons", "Oignons rouges", app.Gram, app.Vegetable, nil},
		{"olives", "Olives noires", app.Gram, app.Vegetable, nil},
		{"anchois", "Anchois", app.Gram, app.Seafood, []app.Allergen{app.Fish}},
		{"gorgonzola", "Gorgonzola", app.Gram, app.Vegetable, []app.Allergen{app.Milk}},
		{"chevre", "Chèvre", app.Gram, app.Vegetable, []app.Allergen{app.Milk}},
		{"chorizo", "Chorizo", app.Gram, app.Pork, []app.Allergen{app.Sulphites}},
		{"saumon", "Saumon fumé", app.Gram, app.Seafood, []app.Allergen{app.Fish}},
		{"miel", "Miel", app.Gram, app.Vegetable, nil},
		{"basilic", "Basilic", app.Gram, app.Vegetable, nil},
		{"limonade", "Limonade (bouteille)", app.Piece, app.Vegetable, nil},
		{"eau", "Eau (bouteille)", app.Piece, app.Vegetable, nil},
		{"tiramisu", "Tiramisu (portion)", app.Piece, app.Vegetable, []app.Allergen{app.Eggs, app.Gluten, app.Milk}},
	}
	m := &app.Menu{}
	ids := map[string]int64{}
	for i, n := range names {
		ids[n.slug] = int64(i + 1)
		m.Ingredients = append(m.Ingredients, app.Ingredient{
			ID: int64(i + 1), Slug: n.slug, Name: n.name, Unit: n.unit, Diet: n.diet, Allergens: n.allergens, Base: n.slug == "pate",
		})
	}
	for slug, price := range map[string]app.Cents{"chevre": 1_50, "jambon": 1_50, "mozzarella": 1_20, "saumon": 2_50, "oignons": 80} {
		g := &m.Ingredients[ids[slug]-1]
		g.Additions = []app.Addition{{Size: app.Medium, Price: price, Quantity: 40}, {Size: app.Large, Price: price, Quantity: 50}}
	}
	m.Ingredients[ids["chevre"]-1].Additions[1].Price = 1_90
	vat := []app.VATRule{{Mode: app.Delivery, Rate: 1000}, {Mode: app.Pickup, Rate: 1000}}
	add := func(slug, name, description string, price app.Cents, parts ...any) {
		p := app.Product{ID: int64(len(m.Products) + 1), Slug: slug, Name: name, Description: description, Kind: app.Pizza, Position: len(m.Products) + 1, OvenSeconds: 270, VAT: vat}
		for i, size := range []app.Size{app.Medium, app.Large} {
			v := app.Variant{Size: size, Price: price + app.Cents(i)*3_00, Recipe: []app.Part{{Ingredient: ids["pate"], Quantity: 1}}}
			for j := 0; j < len(parts); j += 2 {
				v.Recipe = append(v.Recipe, app.Part{Ingredient: ids[parts[j].(string)], Quantity: int64(parts[j+1].(int) * (10 + 3*i) / 10)})
			}
			p.Variants = append(p.Variants, v)
		}
		m.Products = append(m.Products, p)
	}
	add("margherita", "Margherita", "Sauce tomate, mozzarella, basilic", 9_50, "sauce-tomate", 80, "mozzarella", 120, "basilic", 4)
	add("reine", "Reine", "Sauce tomate, mozzarella, jambon, champignons, olives", 11_50, "sauce-tomate", 80, "mozzarella", 120, "jambon", 70, "champignons", 50, "olives", 20)
	add("quatre-fromages", "4 fromages", "Crème, mozzarella, gorgonzola, chèvre", 12_50, "creme", 60, "mozzarella", 100, "gorgonzola", 40, "chevre", 40)
	add("napolitaine", "Napolitaine", "Sauce tomate, mozzarella, anchois, olives", 11_00, "sauce-tomate", 80, "mozzarella", 100, "anchois", 30, "olives", 30)
	add("chevre-miel", "Chèvre-miel", "Crème, mozzarella, chèvre, miel", 12_00, "creme", 60, "mozzarella", 90, "chevre", 70, "miel", 20)
	add("calabraise", "Calabraise", "Sauce tomate, mozzarella, chorizo, oignons", 12_00, "sauce-tomate", 80, "mozzarella", 110, "chorizo", 60, "oignons", 30)
	add("norvegienne", "Norvégienne", "Crème, mozzarella, saumon fumé, oignons", 13_50, "creme", 70, "mozzarella", 90, "saumon", 70, "oignons", 20)
	add("vegetarienne", "Végétarienne", "Sauce tomate, mozzarella, champignons, oignons, olives", 11_50, "sauce-tomate", 80, "mozzarella", 100, "champignons", 60, "oignons", 40, "olives", 20)
	single := func(kind app.ProductKind, slug, name string, price app.Cents, rate app.Rate) {
		m.Products = append(m.Products, app.Product{
			ID: int64(len(m.Products) + 1), Slug: slug, Name: name, Kind: kind, Position: len(m.Products) + 1,
			Variants: []app.Variant{{Size: app.Single, Price: price, Recipe: []app.Part{{Ingredient: ids[slug], Quantity: 1}}}},
			VAT:      []app.VATRule{{Mode: app.Delivery, Rate: rate}, {Mode: app.Pickup, Rate: rate}},
		})
	}
	single(app.Dessert, "tiramisu", "Tiramisu", 4_50, 1000)
	single(app.Drink, "limonade", "Limonade 33 cl", 2_50, 550)
	single(app.Drink, "eau", "Eau pétillante 50 cl", 2_00, 550)
	return m
}

// testOrder places an order; its pizzas wait.
func testOrder(m *app.Menu, id int64, mode app.Mode, placed, ready int, name string, asked ...app.NewLine) *app.Order {
	lines, err := m.Lines(asked, mode, evening)
	if err != nil {
		panic(err)
	}
	o := &app.Order{
		ID: id, Pizzeria: 1, Number: int(id), ServiceDay: app.ServiceDay(evening), Version: 1, Revision: 1, Mode: mode, Channel: app.Web, Status: app.Received,
		Contact: app.Contact{Name: name, Phone: "+33612345678"}, Lines: lines, Payment: app.Payment{Method: app.Cash, Status: app.Due},
		PlacedAt: at(placed), ReadyBy: at(ready), PromisedAt: at(ready),
	}
	if mode == app.Delivery {
		o.Contact.Address, o.Contact.Postcode = "12 rue des Lilas, 3e étage", "75020"
		o.PromisedAt = at(ready + 15)
	}
	return o
}

var (
	testCook    = app.Actor{Role: app.Cook, Device: 1, Name: "Cuisine", Pizzerias: []int64{1}, Screen: "kitchen"}
	testManager = app.Actor{Role: app.Manager, User: 4, Name: "Nadia", Pizzerias: []int64{1}, Screen: "dashboard"}
	testCourier = app.Actor{Role: app.Courier, User: 7, Name: "Karim", Pizzerias: []int64{1}, Screen: "courier"}
	testCashier = app.Actor{Role: app.Cashier, User: 3, Name: "Inès", Pizzerias: []int64{1}, Screen: "till"}
)

// must takes a step of a test's order, which cannot be refused.
func must(_ app.Change, err error) {
	if err != nil {
		panic(err)
	}
}

// testBoard is a busy Saturday evening: every status, every payment, orders of every size.
func testBoard() *app.Board {
	m := testMenu()
	line := func(product string, size app.Size, n int, without ...string) app.NewLine {
		return app.NewLine{Product: product, Size: size, Quantity: n, Without: without}
	}
	with := func(l app.NewLine, added ...string) app.NewLine {
		l.Added = added
		return l
	}
	const d, p, g, s = app.Delivery, app.Pickup, app.Large, app.Single
	orders := []*app.Order{
		testOrder(m, 31, d, -70, -50, "Paul Girard", line("reine", g, 2)),
		testOrder(m, 32, p, -60, -45, "Aïcha Benali", line("margherita", g, 1), line("limonade", s, 1)),
		testOrder(m, 33, d, -40, -18, "Luc Moreau", line("calabraise", g, 1), line("quatre-fromages", app.Medium, 1), line("limonade", s, 2), line("tiramisu", s, 1)),
		testOrder(m, 34, d, -36, -12, "Jeanne Petit", line("norvegienne", g, 1)),
		testOrder(m, 35, p, -25, -10, "Hugo Lefèvre", line("margherita", g, 2)),
		testOrder(m, 36, d, -30, -8, "Sarah Cohen", line("vegetarienne", g, 1), line("eau", s, 1)),
		testOrder(m, 37, d, -24, -3, "Thomas Roux", line("reine", g, 2, "olives"), line("quatre-fromages", g, 1), line("limonade", s, 2)),
		testOrder(m, 38, p, -14, 4, "Élodie Marchand", line("margherita", app.Medium, 1), line("calabraise", g, 1, "oignons")),
		testOrder(m, 39, d, -9, 6, "Nicolas Fontaine", line("norvegienne", g, 1)),
		testOrder(m, 40, d, -12, 9, "Camille Perrin", line("reine", g, 1), line("chevre-miel", g, 1), line("vegetarienne", app.Medium, 2, "olives", "oignons")),
		testOrder(m, 41, p, -6, 11, "Comptoir", line("quatre-fromages", g, 1), line("tiramisu", s, 2)),
		testOrder(m, 42, d, -5, 14, "Lycée Voltaire", line("margherita", g, 3), line("reine", g, 2), line("calabraise", g, 2, "oignons"), line("vegetarienne", g, 1), line("quatre-fromages", g, 1), line("eau", s, 6)),
		testOrder(m, 43, p, -4, 15, "Marc Dubois", line("napolitaine", g, 1)),
		testOrder(m, 44, d, -2, 18, "Fatou Diallo", with(line("margherita", g, 1), "chevre", "mozzarella"), with(line("napolitaine", app.Medium, 1, "anchois"), "jambon")),
		testOrder(m, 45, p, -1, 20, "Julie Martin", line("chevre-miel", app.Medium, 1, "miel")),
		testOrder(m, 46, d, 0, 24, "Ahmed Saïdi", line("calabraise", g, 1), line("margherita", g, 1), line("limonade", s, 1)),
	}
	b := app.Board{Epoch: "e1", Seq: 1042, Menu: m, Levels: map[int64]app.Level{}, Orders: map[int64]*app.Order{}}
	b.Pizzeria = app.Pizzeria{
		ID: 1, Slug: "belleville", Name: "OC Pizza Belleville", Address: "8 rue de Belleville", City: "Paris", Phone: "+33143580001",
		Postcodes: []string{"75019", "75020"}, OvenPizzas: 6, DeliveryMinutes: 15, AlwaysOpen: true,
	}
	for _, o := range orders {
		b.Orders[o.ID] = o
	}
	order := func(id int64) *app.Order { return b.Orders[id] }
	for _, id := range []int64{31, 32, 33, 34, 35, 36} {
		must(order(id).Advance(testCook, app.Preparing, "", order(id).PlacedAt.Add(3*time.Minute)))
		must(order(id).Advance(testCook, app.Ready, "", order(id).ReadyBy.Add(-2*time.Minute)))
	}
	order(31).Contact.Address, order(34).Contact.Address, order(36).Contact.Address = "3 villa de l’Ermitage", "45 boulevard de Charonne, code 24B7, 6e gauche", "7 passage Gambetta"
	for _, id := range []int64{31, 33, 34} {
		must(order(id).Advance(testCourier, app.OnTheWay, "", order(id).ReadyBy.Add(2*time.Minute)))
	}
	must(order(31).Advance(testCourier, app.Delivered, "", at(-33)))
	must(order(32).Advance(testCashier, app.Collected, "", at(-44)))
	must(order(34).Pay(testCashier, app.Card, at(-30)))
	order(33).Note = "Interphone au nom de Moreau, 2e cour à droite."
	must(order(37).AdvanceItem(testCook, 1, 0, app.InOven, at(-2)))
	must(order(37).AdvanceItem(testCook, 1, 1, app.Done, at(-1)))
	must(order(37).AdvanceItem(testCook, 2, 0, app.Making, at(-1)))
	must(order(38).AdvanceItem(testCook, 2, 0, app.InOven, at(-3)))
	must(order(38).AdvanceItem(testCook, 1, 0, app.Done, at(-1)))
	order(39).Missing = "saumon"
	must(order(39).Advance(testCook, app.OnHold, "Saumon fumé épuisé", at(-4)))
	order(40).Note = "Allergie aux fruits à coque, merci de changer de gants."
	must(order(40).AdvanceItem(testCook, 1, 0, app.Making, at(-2)))
	must(order(43).Advance(testCashier, app.Cancelled, "", at(-1)))
	order(44).Revision = 2
	order(44).Before = []app.Line{{N: 1, Product: "reine", Name: "Reine", Kind: app.Pizza, Size: g, Quantity: 1}}
	order(45).Note = "Bien cuite."
	for _, g := range m.Ingredients {
		l := app.Level{Ingredient: g.ID, OnHand: 9000, Reserved: 800, Threshold: 1500}
		if g.Unit == app.Piece {
			l = app.Level{Ingredient: g.ID, OnHand: 84, Reserved: 11, Threshold: 20}
		}
		switch g.Slug {
		case "saumon":
			l.Out = true
		case "gorgonzola":
			l.OnHand, l.Reserved = 210, 52
		case "basilic":
			l = app.Level{Ingredient: g.ID, OnHand: 120, Threshold: 200}
		case "tiramisu":
			l.OnHand, l.Reserved = 2, 2
		}
		b.Levels[g.ID] = l
	}
	return app.NewBoard(b)
}

// testPage is a page of a member of staff.
func testPage(screen string, viewer app.Actor) Page {
	return Page{
		Title: "Essai", Screen: screen, Viewer: viewer, CSRF: "jeton", Key: "cle-1", Now: evening, Build: "b1",
		Pizzeria: &testBoard().Pizzeria, Asset: func(name string) string { return "/static/" + name },
	}
}

func testLive(path string) Live {
	return Live{Path: path, Epoch: "e1", Seq: 1042, Build: "b1", Now: evening, Outlook: testBoard().Outlook(evening)}
}
