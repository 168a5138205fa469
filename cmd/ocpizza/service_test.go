package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/views"
)

// TestServiceOverTheWire: what the program hears of its database is on every open screen, on every page opened meanwhile, and on those that
// come back from a time when it stood otherwise; without a statement of SQL.
func TestServiceOverTheWire(t *testing.T) {
	e := quickEvening(t)
	client := e.visitor()
	o := client.place(order("regina:medium:1"), "service")
	manager := e.as("responsable")
	screens := []struct {
		who        *person
		page, live string
		words      string
	}{
		{client, "/carte/perpignan", "/live/carte/perpignan", "Appelez la pizzeria"},
		{client, o.Suivi, "/live" + o.Suivi, "Votre commande est gardée"},
		{manager, "/cuisine", "/live/cuisine", "Notez sur papier"},
		{manager, "/livraisons", "/live/livraisons", "attendent dans le téléphone"},
		{manager, "/caisse", "/live/caisse", "Notez sur papier"},
		{manager, "/pilotage", "/live/pilotage", "Notez sur papier"},
		{manager, "/pilotage/stocks", "/live/pilotage?vue=stocks", "Notez sur papier"},
	}
	var open []*screen
	for _, s := range screens {
		s.who.get(s.page).want(http.StatusOK)
		open = append(open, s.who.watch(s.live))
	}
	before, compares := e.db.Statements(), e.prog.boards.Figures().Compares
	e.prog.databaseIs(db.Down)
	for i, s := range screens {
		open[i].figures(views.ServiceID, `data-service="down"`, s.words)
		s.who.get(s.page).want(http.StatusOK).says(`data-service="down"`).says(s.words)
		back := func(shown string) string {
			sep := "?"
			if strings.Contains(s.live, sep) {
				sep = "&"
			}
			again := s.who.watch(fmt.Sprintf("%s%sepoch=%s&seq=%d%s", s.live, sep, open[i].hello.E, open[i].seq, shown))
			if again.hello.M != "current" {
				t.Errorf("%s: a page that is current gets a %s", s.live, again.hello.M)
			}
			return again.hello.text()
		}
		if got := back(""); !strings.Contains(got, s.words) {
			t.Errorf("%s: a page that says that all is well is told %q", s.live, got)
		}
		if got := back("&service=down"); got != "" {
			t.Errorf("%s: a page that says it already is told %q", s.live, got)
		}
	}
	// A busy shop is compared every few seconds, a statement each.
	if n := e.db.Statements() - before; n > e.prog.boards.Figures().Compares-compares {
		t.Errorf("%d SQL statements", n)
	}
	e.prog.databaseIs(db.Healthy)
	for _, s := range open {
		s.figures(views.ServiceID, `data-service=""`, " hidden")
	}
}
