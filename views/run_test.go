package views

import (
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
)

// runBoard is the evening on the map of Perpignan: two orders under way, two more ready for one direction.
func runBoard() *app.Board {
	b := testBoard()
	b.Pizzeria.At = app.Place{Lat: 42.7005, Lon: 2.8925}
	b.Pizzeria.Places = map[string]app.Place{"66330": {Lat: 42.6813, Lon: 2.9414}, "66280": {Lat: 42.6556, Lon: 2.9513}}
	for id, code := range map[int64]string{33: "66330", 34: "66280", 36: "66330", 37: "66280"} {
		o := b.Orders[id].Clone()
		o.Contact.Postcode = code
		if id == 37 {
			must(o.Advance(testCook, app.Ready, "", at(1)))
		}
		b.Orders[id] = o
	}
	must(b.Orders[36].Advance(testManager, app.Preparing, "", at(-1)))
	must(b.Orders[36].Advance(testCook, app.Ready, "", at(0)))
	return app.NewBoard(*b)
}

func TestRunPieces(t *testing.T) {
	b := runBoard()
	golden(t, "together", Together(b))
	golden(t, "together-none", Together(emptyBoard()))
	if mine, _, _ := Stops(b, testCourier.User); len(mine) != 2 || mine[0].ID != 33 {
		t.Fatal("the nearer of two of one quarter of an hour comes first")
	}
	next, later := b.Orders[33], b.Orders[34]
	rider := app.Rider{Courier: testCourier.User, At: app.Place{Lat: 42.6950, Lon: 2.9140}.Blurred(), Seen: at(2)}
	golden(t, "map", Map(b, next, rider))
	golden(t, "map-none", Map(b, next, app.Rider{}))
	for o, want := range map[*app.Order]string{next: "Vous êtes le prochain arrêt.", later: "Encore 1" + nbsp + "arrêt avant vous.", b.Orders[36]: ""} {
		if got := stopsWords(b, o); got != want {
			t.Errorf("n° %d: %q", o.Number, got)
		}
	}
	nowhere := testBoard()
	if m := mapOf(nowhere, nowhere.Orders[33], rider); m.shop != nil || m.area != nil || m.words != "Votre livreur est en route." {
		t.Errorf("a shop that is nowhere: %+v", m)
	}
}

// TestMapHoldsWhatItShows sends the courier everywhere: what is drawn lies in the drawing.
func TestMapHoldsWhatItShows(t *testing.T) {
	b := runBoard()
	for _, p := range []app.Place{
		b.Pizzeria.At, b.Pizzeria.Places["66330"], {Lat: 42.9, Lon: 2.5}, {Lat: 42.5, Lon: 3.2}, {Lat: 42.7006, Lon: 2.8926}, {Lat: 42.68, Lon: 3.3}, {Lat: 43.1, Lon: 2.89},
	} {
		m := mapOf(b, b.Orders[33], app.Rider{At: p})
		for name, s := range map[string]*spot{"the shop": m.shop, "the area": m.area, "the courier": &m.rider} {
			if s.x < mapEdge-1 || s.x > mapWide-mapEdge+1 || s.y < mapEdge-1 || s.y > mapHigh-mapEdge+1 {
				t.Errorf("%v: %s at %v", p, name, *s)
			}
		}
		if len(m.grid) < 2 || len(m.grid) > 40 || !strings.Contains(m.bar, "H") {
			t.Errorf("%v: %d lines, bar %s", p, len(m.grid), m.bar)
		}
	}
	for _, c := range []struct {
		metres float64
		want   string
	}{{0, "100 m"}, {140, "100 m"}, {949, "900 m"}, {960, "1,0 km"}, {1240, "1,2 km"}, {12_600, "13 km"}} {
		if got := strings.ReplaceAll(distance(c.metres), nbsp, " "); got != c.want {
			t.Errorf("%v: %q", c.metres, got)
		}
	}
}

func TestCountPages(t *testing.T) {
	took := app.Takings{Since: at(-300), After: 7, Last: 40, Float: 30_00, By: []app.Tally{{Method: app.Cash, Payments: 3, Amount: 42_50}, {Method: app.Voucher, Payments: 1, Amount: 18_00}}}
	counts := []app.CashCount{
		{N: 3, Name: "Karim", At: at(-10), Takings: took, Cash: 70_00, Vouchers: 2},
		{N: 2, Name: "Karim", At: at(-20), Takings: took, Cash: 75_00, Cheques: 1},
		{N: 1, Name: "Karim", At: at(-300), Start: true, Cash: 30_00},
	}
	golden(t, "count-page", CountPage(testPage("count", testCourier), took, counts, CountForm{Cash: "douze", Refusal: "« douze » n’est pas un montant.", Field: "especes"}))
	golden(t, "counts-page", CountsPage(testPage("counts", testManager), counts))
	golden(t, "counts-none", CountsPage(testPage("counts", testManager), nil))
	for i, want := range []string{"Il manque 2,50 €", "2,50 € de trop", "Fond de caisse : 30,00 €"} {
		if got := strings.NewReplacer(nbsp, " ", thin, " ").Replace(countVerdict(counts[i])); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := strings.ReplaceAll(strings.Join(countDetails(counts[1]), "|"), nbsp, " "); got != "Espèces : 75,00 € pour 72,50 € attendus.|1 chèque pour 0 attendu : 1 de trop.|0 ticket-restaurant pour 1 paiement : il en manque 1." {
		t.Errorf("%q", got)
	}
}

func TestBeyondTheStreet(t *testing.T) {
	for address, want := range map[string]string{
		"3 rue de la Loge": "",
		"45 boulevard de Charonne, code 24B7, 6e gauche": "code 24B7, 6e gauche",
		"12, cour Carrée, 2e étage":                      "2e étage",
		"":                                               "",
	} {
		if got := beyond(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
