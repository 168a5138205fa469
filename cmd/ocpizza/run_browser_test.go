package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/oc-pizza/ocpizza/app"
)

// mayLocate lets the pages of a window ask where it is, as if somebody had said yes.
func (b *tab) mayLocate() {
	b.t.Helper()
	call(b, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "geolocation"}, Setting: browser.PermissionSettingGranted,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
}

// stands puts a telephone somewhere.
func (b *tab) stands(lat, lon float64) {
	b.t.Helper()
	precise := 8.0
	call(b, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &lat, Longitude: &lon, Accuracy: &precise})
}

// journeyRun is a run of two stops: taken with one press, put into another order in a tunnel, the way shared with the customer of the next stop, by a
// switch that was off.
func journeyRun(t *testing.T, c *chromium) {
	e := quickEvening(t)
	var o [2]placed
	var pages [2]*tab
	for i := range o {
		o[i] = e.visitor().place(order("regina:medium:1", "cola-33:single:1"), fmt.Sprint("run-", i))
		e.cooked(o[i])
		pages[i] = c.sit(t, fmt.Sprint("customer ", i+1), e.url, phone)
		pages[i].live(o[i].Suivi)
	}
	net := newCutter(t, e.url)
	courier := c.sit(t, "courier", net.url, phone)
	courier.mayLocate()
	courier.stands(42.7150, 2.8925)
	courier.signsIn("livreur", "/livraisons")
	courier.settle()
	courier.sees("#drops-together", "À emporter ensemble", "même code postal")
	courier.click("#drops-together button", "Prendre les 2")
	courier.sees(drop(o[0], `[data-status="on_the_way"]:first-child`))
	pages[0].status(app.OnTheWay)
	pages[0].sees(".state", "Vous êtes le prochain arrêt")
	pages[1].sees(".state", "Encore 1 arrêt avant vous")
	pages[0].misses(".map", "")

	courier.click("#sharing-switch")
	courier.sees("#sharing", "Position d’il y a")
	pages[0].sees(".map", "à vol d’oiseau", "il y a")
	pages[1].misses(".map", "")

	// In the tunnel the second stop becomes the first. What is ticked off stays so.
	courier.do(`document.querySelector("` + drop(o[0], " .drop-check input") + `").click()`) // the bar at the bottom may lie over it
	net.set("cut")
	courier.sees("#live-banner", "Figé depuis")
	courier.click(drop(o[1], " [data-move=monter]"))
	courier.sees(drop(o[1], ":first-child"))
	courier.sees("#outbox", "1 envoi")
	net.set("")
	pages[1].sees(".state", "Vous êtes le prochain arrêt")
	pages[1].sees(".map", "à vol d’oiseau")
	pages[0].sees(".state", "Encore 1 arrêt avant vous")
	pages[0].misses(".map", "")
	courier.connected()
	courier.sees(drop(o[1], ":first-child"))
	courier.holds(drop(o[0], " .drop-check input:checked"))
	courier.stays()

	// Delivered: the position is the next one's; switched off, nobody's.
	courier.click(drop(o[1], " .act"), "Livrée")
	pages[1].status(app.Delivered)
	pages[1].misses(".map", "")
	pages[0].sees(".map", "à vol d’oiseau")
	courier.click("#sharing-switch")
	pages[0].misses(".map", "")
	for _, b := range []*tab{courier, pages[0]} {
		if faults := b.inspect(); len(faults) > 0 {
			t.Errorf("%s:\n%s", b.name, strings.Join(faults, "\n"))
		}
	}
}

// drop is an order's stop on the telephone.
func drop(o placed, rest string) string { return fmt.Sprintf("#drop-%d%s", o.ID, rest) }
