package views

import (
	"html"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

func TestServiceBar(t *testing.T) {
	shop := testBoard().Pizzeria
	golden(t, "service", ServiceBar(Working, shop, Crew))
	for _, to := range []Public{Buyers, Followers, Crew, Riders} {
		var said []string
		for _, s := range []Service{ReadOnly, Down} {
			piece := ServiceBar(s, shop, to)
			golden(t, "service-"+string(to)+"-"+string(s), piece)
			text := html.UnescapeString(drawn(t, piece))
			for _, m := range breakable.FindAllString(text, -1) {
				t.Errorf("%s, %s: a line may break in %q", to, s, m)
			}
			customer := to == Buyers || to == Followers
			if strings.Contains(text, `href="tel:`+shop.Phone+`"`) != customer {
				t.Errorf("%s, %s: customers, and they alone, are given the number to call: %s", to, s, text)
			}
			if silent := drawn(t, ServiceBar(s, app.Pizzeria{Name: "Sans téléphone"}, to)); strings.Contains(silent, "Appelez") {
				t.Errorf("%s, %s: nobody can call a shop without a number: %s", to, s, silent)
			}
			said = append(said, s.title(to))
		}
		if said[0] == said[1] {
			t.Errorf("%s: read-only and down are told apart by nothing: %q", to, said[0])
		}
	}
}

// A page that is opened meanwhile says so in every board of a shop, by colour, shape and word; the others show it in their own way.
func TestPagesSayHowTheServiceStands(t *testing.T) {
	b := testBoard()
	boards := map[string]func(Live) templ.Component{
		"menu":     func(l Live) templ.Component { return MenuBoard(l, b) },
		"tracking": func(l Live) templ.Component { return TrackingBoard(l, b, b.Orders[37]) },
		"kitchen":  func(l Live) templ.Component { return KitchenBoard(l, b) },
		"courier":  func(l Live) templ.Component { return CourierBoard(l, b, testCourier.User) },
		"till":     func(l Live) templ.Component { return TillBoard(l, b) },
		"stock":    func(l Live) templ.Component { return StockBoard(l, b) },
		"dashboard": func(l Live) templ.Component {
			return DashboardBoard(l, b, Cockpit{})
		},
	}
	for name, board := range boards {
		for s, tone := range map[Service]string{Working: "", ReadOnly: `data-tone="warn"`, Down: `data-tone="late"`} {
			page := drawn(t, board(Live{Now: time.Unix(0, 0), Service: s}))
			_, bar, found := strings.Cut(page, `<div id="`+ServiceID+`"`)
			bar, _, _ = strings.Cut(bar, "</div>")
			if !found || !strings.Contains(bar, `data-service="`+string(s)+`"`) || !strings.Contains(bar, tone) || strings.Contains(bar, " hidden") != (s == Working) {
				t.Errorf("%s in state %q: %s", name, s, bar)
			}
		}
	}
	for name, page := range map[string]string{
		"supervision": drawn(t, SupervisionBoard(Live{Service: Down}, testSupervision())),
		"maintenance": drawn(t, MaintenanceBoard(Live{Service: Down}, b)),
	} {
		if strings.Contains(page, `id="`+ServiceID+`"`) {
			t.Errorf("%s has the piece, and the wire does not send it", name)
		}
	}
}
