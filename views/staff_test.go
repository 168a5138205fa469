package views

import (
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// emptyBoard is a shop before its first order.
func emptyBoard() *app.Board {
	b := testBoard()
	return app.NewBoard(app.Board{Pizzeria: b.Pizzeria, Epoch: "e1", Seq: 1, Menu: b.Menu, Levels: b.Levels, Orders: map[int64]*app.Order{}})
}

func testDraft(b *app.Board) TillForm {
	basket := testBasket(b)
	return TillForm{
		Channel: "phone", Lines: basket.Lines, Total: basket.Total, Soonest: basket.Soonest, Slots: basket.Slots,
		Checkout: Checkout{Mode: "livraison", Name: "Aïcha Benali", Phone: "06 12 34 56 78", Address: "12 rue des Lilas", Postcode: "75020", Method: "carte"},
		Refusal:  "Il ne reste que 3 « 4 fromages » : réduisez la quantité ou choisissez autre chose.", BadLine: 2,
	}
}

func testCockpit() Cockpit {
	return Cockpit{
		Screens: Screens{
			{Kind: "kitchen", Count: 2, LastSeen: evening, Silent: 8 * time.Second}, {Kind: "till", Count: 1, Behind: 1, Lag: 3, LastSeen: at(-1), Silent: time.Minute},
			{Kind: "courier", Closes: []CloseStat{{Code: 1001, Count: 4}, {Code: 4008, Count: 1}}},
		},
		Alerts: testSupervision().Alerts(),
	}
}

// testGroup is the shop of the tests beside one that is quiet.
func testGroup(b *app.Board) []ShopFigures {
	quiet := emptyBoard()
	quiet.Pizzeria.ID, quiet.Pizzeria.Slug, quiet.Pizzeria.Name = 2, "montreuil", "OC Pizza Montreuil"
	all := []ShopFigures{ShopFiguresOf(quiet, at(1), Before{}), ShopFiguresOf(b, at(1), testBefore())}
	WorstFirst(all)
	return all
}

func testSupervision() Supervision {
	return Supervision{At: evening, Started: at(-600), Build: "b1", Gauges: []Gauge{
		{Name: "memory", Label: "Mémoire", Value: "96 Mo sur 512 Mo", Tone: Good, Part: 0.1875, Since: at(-600)},
		{Name: "storage", Label: "Stockage de la base", Value: "890 Mo sur 1024 Mo", More: []string{"Plein vers le 2 mai 2026."}, Tone: Late, Part: 0.87, Todo: "Passez au plan supérieur de la base.", Since: at(-90)},
		{Name: "backup", Label: "Dernière sauvegarde", Value: "jamais", Tone: Warn, Part: -1, Todo: "Lancez ocpizza backup.", Since: at(-1500)},
		{Name: "latency", Label: "Temps de réponse", Value: "aucune demande", Tone: Idle, Part: -1},
	}}
}

// staffPieces are the shared pieces of the staff's screens.
func staffPieces(b *app.Board) map[string]templ.Component {
	pieces := map[string]templ.Component{
		"kitchen-load":     KitchenLoad(b.Pizzeria, AllToMake(b)),
		"all-day":          AllDay(AllToMake(b)),
		"kitchen-stock":    KitchenStock(b),
		"recall":           Recall(b),
		"recipe":           recipe(b, b.Menu.Products[1], b.Menu.Products[1].Variants[1]),
		"drops":            Drops(b, testCourier.User),
		"drops-none":       Drops(emptyBoard(), testCourier.User),
		"till-left":        TillLeft(b),
		"till-orders":      TillOrders(b),
		"tiles":            tiles(TilePieces(b, evening, testBefore())),
		"tiles-none":       tiles(TilePieces(emptyBoard(), evening, Before{})),
		"dashboard-orders": DashboardOrders(b),
		"stock-low":        stockRow(b.Stock()[1], StockForm{}),
		"screens":          ScreensPiece(testCockpit().Screens),
		"alerts":           AlertsPiece(testCockpit().Alerts),
		"alerts-none":      AlertsPiece(nil),
		"group":            GroupPiece(testGroup(b)),
		"supervision":      SupervisionPiece(testSupervision()),
	}
	todo, oven := Pizzas(b)
	pieces["station-make"], pieces["station-oven"], pieces["station-cut"] = makeStation(b, todo), ovenStation(b, oven), cutStation(b)
	for id, name := range map[int64]string{37: "in-oven", 39: "on-hold", 40: "allergy", 42: "large", 43: "cancelled", 44: "changed"} {
		pieces["ticket-"+name] = Ticket(b, b.Orders[id])
	}
	return pieces
}

func TestStaffPieces(t *testing.T) {
	pieces := staffPieces(testBoard())
	for _, name := range slices.Sorted(maps.Keys(pieces)) {
		t.Run(name, func(t *testing.T) { golden(t, name, pieces[name]) })
	}
}

func TestTillDraft(t *testing.T) {
	b := testBoard()
	p := testPage("till", testCashier)
	golden(t, "till-draft", TillDraft(p, b, testDraft(b)))
	o := b.Orders[46]
	o.Contact.Phone = "+33612345678"
	taken := TillForm{Taken: o, Link: "https://www.oc-pizza.fr/suivi/1-jeton", Soonest: map[app.Mode]time.Time{app.Pickup: at(25)}}
	golden(t, "till-draft-taken", TillDraft(p, b, taken))
	next := testDraft(b)
	next.Taken, next.Link, next.Refusal = taken.Taken, taken.Link, ""
	golden(t, "till-draft-next", TillDraft(p, b, next))
	change := testDraft(b)
	change.Changing, change.Revision, change.Soonest = o, 1, nil
	golden(t, "till-draft-change", TillDraft(p, b, change))
}

// What many watch belongs to nobody, and runs under the strictest policy.
func TestStaffPiecesAreImpersonal(t *testing.T) {
	for name, c := range staffPieces(testBoard()) {
		piece := drawn(t, c)
		for _, bad := range []string{"_csrf", "_cle", "jeton", " style=", "<script", " onclick", "javascript:"} {
			if strings.Contains(piece, bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
	}
}

var (
	idAttr     = regexp.MustCompile(` id="([^"]*)"`)
	referring  = regexp.MustCompile(` (?:form|data-open|commandfor|aria-labelledby|list|for)="([^"]*)"`)
	lonelySign = regexp.MustCompile(`[\pL\d) ][;!?»:](?:\s|$)|« `)
	textNode   = regexp.MustCompile(`>([^<>]+)<`)
)

func staffPages() map[string]templ.Component {
	b := testBoard()
	director := testPage("dashboard", app.Actor{Role: app.Director, User: 9, Name: "Marc"})
	director.Shops = []app.Pizzeria{b.Pizzeria, {ID: 2, Slug: "montreuil", Name: "OC Pizza Montreuil"}}
	return map[string]templ.Component{
		"kitchen":     KitchenPage(testPage("kitchen", testCook), testLive("/live/cuisine"), b),
		"courier":     CourierPage(testPage("courier", testCourier), testLive("/live/livraisons"), b, testCourier.User),
		"till":        TillPage(testPage("till", testCashier), testLive("/live/caisse"), b, testDraft(b)),
		"dashboard":   DashboardPage(director, testLive("/live/pilotage"), b, testCockpit()),
		"stock":       StockPage(testPage("stock", testManager), testLive("/live/pilotage?vue=stocks"), b, StockForm{Ingredient: "gorgonzola", Action: "waste", Quantity: "9000", Refusal: "Il n’y en a pas tant."}),
		"group":       GroupPage(director, testLive("/live/pilotage?vue=groupe"), testGroup(b)),
		"supervision": SupervisionPage(testPage("supervision", testManager), testLive("/live/pilotage?vue=supervision"), testSupervision()),
		"devices":     DevicesPage(testPage("devices", testManager), []app.Device{{ID: 1, Name: "Cuisine", PairedAt: at(-90)}}, PairForm{Name: "Mur du fond", Code: "ZZZZ", Refusal: "Aucun écran n’affiche ce code."}),
		"prices":      PricesPage(director, retiredMenu(), PriceForm{Product: "reine", Size: app.Large, Price: "douze", Refusal: "« douze » n’est pas un montant. Écrivez-le comme 12,50."}, ProductForm{Name: "Figue", Oven: "300", Refusal: "Décrivez la pizza en 200 caractères au plus.", BadField: "description"}),
		"prices-read": PricesPage(testPage("prices", testManager), retiredMenu(), PriceForm{}, ProductForm{}),
		"team":        TeamPage(director, testTeam(), MemberForm{Login: "ni na", Name: "Nina", Role: "cook", Refusal: "L’identifiant ne convient pas.", BadField: "identifiant"}, Secret{Login: "nina", Password: "abcd-efgh-ijkl-mnop"}),
		"history":     HistoryPage(director, testHistory(), HistoryForm{From: "2026-03-12", To: "2026-03-14"}),
		"history-bad": HistoryPage(testPage("history", testManager), app.History{}, HistoryForm{From: "2026-03-14", To: "2026-03-12", Refusal: "Le premier jour est après le dernier."}),
		"reassign":    ReassignPage(testPage("reassign", testManager), CourierChoice{Order: b.Orders[46], Board: b, Couriers: []app.User{{ID: 77, Name: "Karim"}}, Refusal: "Choisissez un livreur."}),
		"pairing":     PairingPage(testPage("pairing", app.Actor{}), "K7QP2MXA", at(15)),
	}
}

// An id stands once on a page, and what refers to an id finds it.
func TestStaffPagesHoldTogether(t *testing.T) {
	for name, c := range staffPages() {
		page := drawn(t, c)
		seen := map[string]bool{}
		for _, m := range idAttr.FindAllStringSubmatch(page, -1) {
			if seen[m[1]] {
				t.Errorf("%s: id %q stands twice", name, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range referring.FindAllStringSubmatch(page, -1) {
			if !seen[m[1]] {
				t.Errorf("%s:%s refers to nothing", name, m[0])
			}
		}
		for _, m := range textNode.FindAllStringSubmatch(page, -1) {
			if text := html.UnescapeString(m[1]); lonelySign.MatchString(text) {
				t.Errorf("%s: no French space before the sign in %q", name, text)
			}
		}
	}
}

func TestKitchenTickets(t *testing.T) {
	b := testBoard()
	var got []int
	for _, o := range KitchenTickets(b) {
		got = append(got, o.Number)
	}
	if want := []int{37, 38, 40, 39, 41, 42, 43, 44, 45, 46}; !slices.Equal(got, want) {
		t.Errorf("on the wall: %v, want %v", got, want)
	}
	with := func(changed ...*app.Order) []int {
		next, err := b.Apply(app.Event{Epoch: b.Epoch, Seq: b.Seq + 1, Orders: changed})
		if err != nil {
			t.Fatal(err)
		}
		var numbers []int
		for _, o := range KitchenTickets(next) {
			numbers = append(numbers, o.Number)
		}
		return numbers
	}
	// A cancelled ticket stays for as long as nobody has seen it, and goes when somebody has. One cancelled after it was ready never comes.
	late := testOrder(b.Menu, 47, app.Pickup, 90, 110, "Zoé", app.NewLine{Product: "reine", Size: app.Large, Quantity: 1})
	bumped := b.Orders[35].Clone()
	must(bumped.Advance(testManager, app.Cancelled, "erreur", at(5)))
	if got := with(late, bumped); !slices.Contains(got, 43) || slices.Contains(got, 35) {
		t.Errorf("an hour and a half later: %v", got)
	}
	seen := b.Orders[43].Clone()
	must(seen.Acknowledge(testCook, at(1)))
	if got := with(seen); slices.Contains(got, 43) {
		t.Errorf("somebody saw that n° 43 is cancelled: %v", got)
	}
	// What is for later stands behind what comes meanwhile, and an order that nobody saw to be cancelled ends with the service.
	slot := testOrder(b.Menu, 48, app.Pickup, 1, 180, "Luc", app.NewLine{Product: "reine", Size: app.Large, Quantity: 1})
	now := testOrder(b.Menu, 49, app.Pickup, 2, 25, "Ana", app.NewLine{Product: "reine", Size: app.Large, Quantity: 1})
	if got := with(slot, now); !slices.Equal(got[len(got)-2:], []int{49, 48}) {
		t.Errorf("the order for later stands in front: %v", got)
	}
	tomorrow := late.Clone()
	tomorrow.ServiceDay = "2026-03-15"
	if got := with(tomorrow); slices.Contains(got, 43) {
		t.Errorf("yesterday's n° 43 is on the wall: %v", got)
	}
}

func TestAllergic(t *testing.T) {
	for note, want := range map[string]string{
		"Allergie aux fruits à coque": "Allergie", "Enfant allergique aux noix": "Allergie", "ALLERGIQUE au lait": "ALLERGIQUE", "peanut allergy": "Allergie",
		"Intolérant au lactose": "Intolérant", "intolérance au gluten": "intolérance", "INTOLERANCE LACTOSE": "INTOLERANCE",
		"Je suis cœliaque": "Attention", "maladie coeliaque": "Attention", "Céliaque !": "Céliaque", "Coeliac": "Coeliac",
		"Sans gluten s’il vous plaît": "Attention", "risque anaphylactique": "Attention", "Anaphylaxie aux crevettes": "Anaphylaxie",
		"intole\u0301rant": "intole\u0301rant", // as a Mac writes it: the accent is a letter of its own
		"Bien cuite":       "", "Galerie marchande": "", "": "",
	} {
		if allergic(note) != (want != "") {
			t.Errorf("%q: %t", note, allergic(note))
		} else if want != "" {
			if word, _ := allergyBand(note); word != want {
				t.Errorf("%q cries %q, want %q", note, word, want)
			}
		}
	}
}

func TestTapped(t *testing.T) {
	const q, m, o, d = app.Queued, app.Making, app.InOven, app.Done
	for _, c := range []struct {
		items []app.ItemState
		to    app.ItemState
		pizza int
	}{
		{[]app.ItemState{q}, m, 0},
		{[]app.ItemState{q, q}, m, 0},
		{[]app.ItemState{m, m}, o, 0},
		{[]app.ItemState{o, q, q}, m, 2}, // the one in the oven stays there
		{[]app.ItemState{d, o}, d, 2},
		{[]app.ItemState{d, d}, d, 0},
	} {
		if to, pizza := tapped(app.Line{Items: c.items}); to != c.to || pizza != c.pizza {
			t.Errorf("a tap on %v asks %s of %d, want %s of %d", c.items, to, pizza, c.to, c.pizza)
		}
	}
}

func TestOvenUntil(t *testing.T) {
	b := testBoard()
	o := b.Orders[38]
	if got, want := ovenUntil(b, o, o.Lines[1]), at(-3).Add(270*time.Second); !got.Equal(want) {
		t.Errorf("out of the oven at %s, want %s", got, want)
	}
	if got := ovenUntil(b, o, o.Lines[0]); !got.IsZero() {
		t.Errorf("a pizza that is done comes out at %s", got)
	}
}

// TestPizzasAtTheirStations: the oldest promise is made first, what comes out of the oven first stands first, and what is beyond the oven's slots
// says so.
func TestPizzasAtTheirStations(t *testing.T) {
	b := testBoard()
	todo, oven := Pizzas(b)
	var due []time.Time
	for _, p := range todo {
		due = append(due, p.Order.ReadyBy)
		if p.State != app.Queued && p.State != app.Making || !inKitchen(p.Order) {
			t.Errorf("to be made: n° %d, %s", p.Order.Number, p.State)
		}
	}
	if !slices.IsSortedFunc(due, time.Time.Compare) || len(todo) == 0 {
		t.Errorf("to be made by %v", due)
	}
	if len(oven) != 2 || oven[0].Order.Number != 38 || !oven[0].Until.Equal(at(-3).Add(270*time.Second)) || oven[1].Order.Number != 37 || oven[1].N != 2 || FreeSlots(b, oven) != 4 {
		t.Errorf("in the oven: %+v", oven)
	}
	b.Pizzeria.OvenPizzas = 1
	if _, oven = Pizzas(b); oven[0].Over || !oven[1].Over || FreeSlots(b, oven) != 0 {
		t.Errorf("an oven of one: %+v", oven)
	}
	var cut, news []int
	for _, o := range CutTickets(b) {
		cut = append(cut, o.Number)
	}
	for _, o := range KitchenNews(b) {
		news = append(news, o.Number)
	}
	if !slices.Equal(cut, []int{37, 38, 35, 36}) && !slices.Equal(cut, []int{37, 38, 36, 35}) {
		t.Errorf("at the last station: %v", cut)
	}
	if !slices.Equal(news, []int{39, 43, 44}) {
		t.Errorf("to be seen: %v", news)
	}
}

func TestFigures(t *testing.T) {
	f := FiguresOf(testBoard(), evening)
	if f.Day != "2026-03-14" || f.Open != 13 || f.Waiting != 6 || f.Next == nil || f.Next.Number != 35 {
		t.Errorf("day %s, open %d, waiting %d, next %+v", f.Day, f.Open, f.Waiting, f.Next)
	}
	// 31 came 2 minutes late, 32 one minute.
	if f.Handed != 2 || f.OnTime != 0 || f.Delay != 90*time.Second || minutesOf(f.Delay) != 2 {
		t.Errorf("handed %d, on time %d, delay %s", f.Handed, f.OnTime, f.Delay)
	}
	// 2 × 14,50 + 15,00 + 16,50 paid by card on the way.
	if f.Takings != 60_50 || f.Sales != 3 || f.Couriers != 1 || f.Riding != 2 {
		t.Errorf("takings %s in %d sales, %d couriers with %d orders", f.Takings, f.Sales, f.Couriers, f.Riding)
	}
	if got := alarmed(f.Alarms); got != "basilic, gorgonzola, saumon fumé et 1"+nbsp+"autre" {
		t.Errorf("alarms: %s", got)
	}
	if want := []string{"Norvégienne", "Tiramisu"}; !slices.Equal(f.SoldOut, want) {
		t.Errorf("sold out: %v, want %v", f.SoldOut, want)
	}
	if empty := FiguresOf(emptyBoard(), evening); empty.Open != 0 || empty.Next != nil || empty.Day != "2026-03-14" || share(empty.OnTime, empty.Handed) != blank {
		t.Errorf("figures of an empty board: %+v", empty)
	}
}

// Nothing of yesterday is shown as if it were today's; what is still open is.
func TestFiguresOfTheNextDay(t *testing.T) {
	for _, c := range []struct {
		now   time.Time
		day   string
		sales int
	}{
		{evening.Add(9 * time.Hour), "2026-03-14", 3}, // 4:30 in the night: still the evening's service
		{evening.Add(11 * time.Hour), "2026-03-15", 0},
		{evening.Add(-24 * time.Hour), "2026-03-14", 3}, // a clock that is behind
	} {
		f := FiguresOf(testBoard(), c.now)
		if f.Day != c.day || f.Sales != c.sales || (f.Handed == 0) != (c.sales == 0) || (f.Takings == 0) != (c.sales == 0) || (len(f.Hours) == 0) != (c.sales == 0) || f.Open != 13 {
			t.Errorf("at %s: %+v", c.now, f)
		}
	}
	next := drawn(t, tilesAt(FiguresOf(testBoard(), evening.Add(24*time.Hour))))
	if want := "dimanche 15" + nbsp + "mars"; !strings.Contains(next, want) || !strings.Contains(next, "<strong>le 14"+nbsp+"mars</strong>") {
		t.Errorf("the next day says: %s", next)
	}
}

// TestLateWithoutScript: a page that nobody's script counts on says itself how many orders are late.
func TestLateWithoutScript(t *testing.T) {
	b := testBoard()
	figure := regexp.MustCompile(`data-count-late="#dashboard-orders">([^<]*)<`)
	live := testLive("/live/pilotage")
	live.Now = at(20)
	if got := figure.FindStringSubmatch(drawn(t, DashboardBoard(live, b, Cockpit{}))); got == nil || got[1] != "7" {
		t.Errorf("late: %q, want 7", got)
	}
	live.Path = ""
	if got := figure.FindStringSubmatch(drawn(t, DashboardBoard(live, b, Cockpit{}))); got == nil || got[1] != "" {
		t.Errorf("the wire counts for the browser: %q", got)
	}
}

func TestByTheHour(t *testing.T) {
	var by dayHours
	var last time.Time
	late, night := time.Date(2026, 3, 14, 23, 10, 0, 0, app.Paris), time.Date(2026, 3, 15, 1, 30, 0, 0, app.Paris)
	by.at("2026-03-14", night, &last).Takings = 300
	by.at("2026-03-14", late, &last).Takings = 100
	if h := by.at("2026-03-14", night.Add(4*time.Hour), &last); h != nil || last != night {
		t.Errorf("half past five is of the next day: %+v, last %s", h, last)
	}
	want := Hours{{Hour: 23, Takings: 100}, {Hour: 0}, {Hour: 1, Takings: 300}}
	if got := by.stretch(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v: the evening goes on after midnight", got, want)
	}
}

// TestAgainstTheWeekBefore compares at the same time of the day, and says nothing of a week that it does not know.
func TestAgainstTheWeekBefore(t *testing.T) {
	for _, c := range []struct {
		now, then app.Cents
		want      string
	}{
		{112_00, 100_00, "▲ 12" + nbsp + "% de plus"},
		{92_00, 100_00, "▼ 8" + nbsp + "% de moins"},
		{100_00, 100_00, "autant"}, {0, 0, "autant"},
		{10_00, 0, "▲ plus"},
		{0, 50_00, "▼ 100" + nbsp + "% de moins"},
	} {
		if got := compared(c.now, c.then); got != c.want {
			t.Errorf("%v against %v: %q, want %q", c.now, c.then, got, c.want)
		}
	}
	f := FiguresOf(testBoard(), evening)
	before := testBefore()
	if past := before.week(f); past == nil || pastNow(past, f, evening) != 42_00 || past.Total() != 60_00 {
		t.Errorf("at %s of the week before: %+v", evening, past)
	}
	before.Week.Day = "2026-03-06"
	if before.week(f) != nil || (Before{Week: &app.Past{Day: "2026-03-07"}}).week(f) != nil {
		t.Error("compared with another day, or with one on which nothing was sold")
	}
}

func TestQuickCode(t *testing.T) {
	m := testMenu()
	for _, c := range []struct {
		typed, slug string
		size        app.Size
		n           int
	}{
		{"reine g 2", "reine", app.Large, 2},
		{"2 reine", "reine", app.Medium, 2},
		{"Reine moyenne", "reine", app.Medium, 1},
		{"4 fromages", "quatre-fromages", app.Medium, 1},
		{"3x 4 from g", "quatre-fromages", app.Large, 3},
		{"chèvre", "chevre-miel", app.Medium, 1},
		{"lim 6", "limonade", app.Single, 6},
		{"eau 50", "eau", app.Single, 1},
		{"m", "margherita", app.Medium, 1},
		{"sushi", "", "", 0},
		{"reine 0", "", "", 0},
		{"", "", "", 0},
	} {
		q, refusal := QuickCode(m, c.typed)
		if l := q.Line; l.Product != c.slug || l.Size != c.size || l.Quantity != c.n || (refusal == nil) != (c.slug != "") {
			t.Errorf("%q: %+v %v, want %s %s %d", c.typed, l, refusal, c.slug, c.size, c.n)
		}
	}
}

// What a map is asked for is the street, never how to get into the house.
func TestStreet(t *testing.T) {
	for address, want := range map[string]string{
		"3 rue de la Loge": "3 rue de la Loge",
		"45 boulevard de Charonne, code 24B7, 6e gauche":   "45 boulevard de Charonne",
		"17 avenue Torcatis, 2e étage":                     "17 avenue Torcatis",
		"9 boulevard Kennedy, bât. C":                      "9 boulevard Kennedy",
		"9 boulevard Kennedy, BAT C, Digicode: 1974":       "9 boulevard Kennedy",
		"12, rue des Lilas, appt 12":                       "12, rue des Lilas",
		"12, rue des Lilas, Résidence du Code, interphone": "12, rue des Lilas",
		"12, cour Carrée, porte B":                         "12, cour Carrée",
		"1 place Arago, Le Castillet":                      "1 place Arago, Le Castillet",
		"4 rue du Code civil":                              "4 rue du Code civil",
		"4 impasse Bât":                                    "4 impasse Bât",
		"8 quai Vauban, chez Moreau":                       "8 quai Vauban",
		"":                                                 "",
	} {
		if got := street(address); got != want {
			t.Errorf("%q: the map gets %q, want %q", address, got, want)
		}
	}
	o := &app.Order{Contact: app.Contact{Address: "45 boulevard de Charonne, code 24B7, 6e gauche", Postcode: "75020"}}
	for _, g := range guides(o) {
		if strings.Contains(g.URL, "24B7") || !strings.Contains(g.URL, "Charonne") || !strings.Contains(g.URL, "75020") {
			t.Errorf("%s gets %s", g.Name, g.URL)
		}
	}
}

func TestChanges(t *testing.T) {
	for due, want := range map[app.Cents][]change{
		37_00: {{40_00, 3_00}, {50_00, 13_00}},
		20_00: {{50_00, 30_00}},
		14_50: {{20_00, 5_50}, {50_00, 35_50}},
		0:     nil,
	} {
		if got := changes(due); !slices.Equal(got, want) {
			t.Errorf("change on %s: %v, want %v", due, got, want)
		}
	}
}

func TestStops(t *testing.T) {
	numbers := func(all []*app.Order) (out []int) {
		for _, o := range all {
			out = append(out, o.Number)
		}
		return out
	}
	mine, ready, coming := Stops(testBoard(), testCourier.User)
	if got := [][]int{numbers(mine), numbers(ready), numbers(coming)}; !slices.Equal(got[0], []int{33, 34}) || !slices.Equal(got[1], []int{36}) || !slices.Equal(got[2], []int{37, 40, 42, 44, 46}) {
		t.Errorf("stops: %v", got)
	}
	// A stop that is cancelled on the way does not vanish without a word.
	b := testBoard()
	gone := b.Orders[33].Clone()
	must(gone.Advance(testManager, app.Cancelled, "erreur", at(1)))
	next, err := b.Apply(app.Event{Epoch: b.Epoch, Seq: b.Seq + 1, Orders: []*app.Order{gone}})
	if err != nil {
		t.Fatal(err)
	}
	mine, _, _ = Stops(next, testCourier.User)
	if got := numbers(mine); !slices.Equal(got, []int{33, 34}) || toDeliver(mine) != 1 {
		t.Errorf("with one cancelled on the way: %v, %d to deliver", got, toDeliver(mine))
	}
	golden(t, "drop-cancelled", Drop(gone))
	seen := gone.Clone()
	must(seen.Acknowledge(testCourier, at(2)))
	if next, err = next.Apply(app.Event{Epoch: b.Epoch, Seq: b.Seq + 2, Orders: []*app.Order{seen}}); err != nil {
		t.Fatal(err)
	}
	if mine, _, _ = Stops(next, testCourier.User); !slices.Equal(numbers(mine), []int{34}) {
		t.Errorf("once the courier has seen it: %v", numbers(mine))
	}
	if mine, _, _ := Stops(testBoard(), 99); len(mine) != 0 {
		t.Errorf("another courier's run shows %v", numbers(mine))
	}
}

func TestHalf(t *testing.T) {
	if half("K7QP2MXA", 0) != "K7QP" || half("K7QP2MXA", 1) != "2MXA" || half("", 1) != "" {
		t.Error("a code is shown in two halves")
	}
}

// testBefore is a week before in which a little was taken.
func testBefore() Before {
	past := app.Past{Day: app.WeekBefore(app.ServiceDay(evening))}
	past.Add(evening.AddDate(0, 0, -7).Add(-20*time.Minute), 42_00, 3)
	past.Add(evening.AddDate(0, 0, -7).Add(2*time.Hour), 18_00, 1)
	return Before{Week: &past, Alarms: []AlarmHour{{18, 1}, {19, 2}}}
}

// retiredMenu is the menu of the tests with a product taken off it.
func retiredMenu() *app.Menu {
	m := testMenu()
	last := len(m.Products) - 1
	m.Retired, m.Products = m.Products[last:], m.Products[:last]
	return m
}

func testTeam() app.Team {
	return app.Team{
		People: []app.User{
			{ID: 3, Login: "karim", Name: "Karim Haddad", Role: app.Courier}, {ID: 4, Login: "nina", Name: "Nina", Role: app.Cook, Disabled: true},
			{ID: 9, Login: "marc", Name: "Marc", Role: app.Director},
		},
		Actions: []app.StaffAction{
			{At: at(-3), Name: "Marc", Role: app.Director, What: app.PriceSet, Subject: "reine", Detail: "large 12,50 €"},
			{At: at(-1500), Role: app.Director, What: app.MemberAdded, Subject: "nina", Detail: "cook"},
		},
	}
}

func testHistory() app.History {
	return app.History{
		Days: []app.DayFigures{
			{Day: "2026-03-12", Takings: 1234_50, Sales: 61, Orders: 66, Cancelled: 2, Handed: 60, OnTime: 57, Delay: -2 * time.Hour},
			{Day: "2026-03-13"},
			{Day: "2026-03-14", Takings: -12_00, Orders: 3, Handed: 2, OnTime: 1, Delay: 9 * time.Minute},
		},
		Sellers: []app.Seller{
			{Product: "reine", Name: "Reine", Kind: app.Pizza, Quantity: 31, Amount: 356_50}, {Product: "cola", Name: "=Cola;\"33\"", Kind: app.Drink, Quantity: 12, Amount: 30_00},
			{Product: "calzone", Name: "Calzone", Kind: app.Pizza},
		},
	}
}

// TestCSV is what the spreadsheets of France open at a double click, and no formula.
func TestCSV(t *testing.T) {
	days := string(CSV(DayRows(testHistory())))
	want := "\ufeffjour;encaissé (€);ventes;commandes;perdues;remises;à l’heure;retard moyen (min)\r\n" +
		"2026-03-12;1234,50;61;66;2;60;57;-2,0\r\n2026-03-13;0,00;0;0;0;0;0;\r\n2026-03-14;-12,00;0;3;0;2;1;4,5\r\n"
	if days != want {
		t.Errorf("%q, want %q", days, want)
	}
	sold := string(CSV(SellerRows(testHistory())))
	if want := "\r\n\"'=Cola;\"\"33\"\"\";Boissons;12;30,00\r\n"; !strings.Contains(sold, want) {
		t.Errorf("%q does not hold %q", sold, want)
	}
	for cell, want := range map[string]string{
		"": "", "-3,50": "-3,50", "-2": "-2", "-2+3": "'-2+3", "+33": "'+33", "@SUM(A1)": "'@SUM(A1)", "=1": "'=1", "-1e9": "'-1e9", "\tx": "'\tx", "a\nb": "\"a\nb\"",
		"-Inf": "'-Inf", "-0x1p2": "'-0x1p2", "2 Cola": "2 Cola",
	} {
		if got := csvCell(cell); got != want {
			t.Errorf("%q is written %q, want %q", cell, got, want)
		}
	}
	orders := OrderRows([]*app.Order{testBoard().Orders[46]})
	if len(orders) != 2 || len(orders[0]) != len(orders[1]) || strings.Contains(strings.Join(orders[1], ";"), testBoard().Orders[46].Contact.Name) {
		t.Errorf("%q", orders)
	}
}

// TestWhyOpen says of each order under way where it is, since when, and what it waits for.
func TestWhyOpen(t *testing.T) {
	b := testBoard()
	got := map[int]string{}
	for _, o := range OpenOrders(b) {
		text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(drawn(t, whyOpen(b, o)), "")
		got[o.Number] = html.UnescapeString(strings.Join(strings.Fields(text), " "))
	}
	for number, want := range testWhys {
		if got[number] != want {
			t.Errorf("n° %d: %q, want %q", number, got[number], want)
		}
	}
	if len(got) != len(testWhys) {
		t.Errorf("%d orders: %v", len(got), got)
	}
}

var testWhys = map[int]string{
	33: "en route depuis 19:14 avec Karim", 34: "en route depuis 19:20 avec Karim", 35: "prête depuis 19:18, à retirer", 36: "prête depuis 19:20, sans livreur",
	37: "en préparation depuis 19:28", 38: "au four depuis 19:27", 39: "attend le client depuis 19:26, manque : Saumon fumé", 40: "en préparation depuis 19:28",
	41: "pas commencée depuis 19:24", 42: "pas commencée depuis 19:25", 44: "pas commencée depuis 19:28", 45: "pas commencée depuis 19:29", 46: "pas commencée depuis 19:30",
}
