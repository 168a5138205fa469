package main

import (
	"fmt"
	"testing"
)

// TestDeskInBrowser: a threshold is edited in place while orders change the same level, and nothing moves or is lost; the history is drawn over its
// table, under the policy of the pages.
func TestDeskInBrowser(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	b := c.sit(t, "manager", e.url, cockpit)
	b.paris()
	b.signsIn("responsable", "/pilotage")
	b.settle()
	const row, field = "#stock-mozzarella", "#seuil-mozzarella"
	b.click(row + " summary")
	b.do(fmt.Sprintf(`const f = document.querySelector(%[1]q); f.focus(); f.select(); 
		window.place = () => [f.getBoundingClientRect().top - document.querySelector('#stock').getBoundingClientRect().top, document.querySelector('#tiles').offsetHeight];
		window.before = window.place();
		window.was = document.querySelector('#level-mozzarella').dataset.available`, field))
	b.press("123456")
	e.visitor().place(order("regina:large:2", "margherita:medium:3"), "while typing")
	b.wait("document.querySelector('#level-mozzarella').dataset.available !== window.was && document.querySelector('#tile-open').dataset.value === '1'")
	b.wait(fmt.Sprintf(`document.activeElement.matches(%[1]q) && document.activeElement.value === '123456' && document.querySelector(%[2]q).open`, field, row))
	// An alert of the machine may come above; what the shop does moves nothing.
	if moved := b.text(`window.place().map((n, i) => n - window.before[i]).filter((n) => Math.abs(n) > 1).join()`); moved != "" {
		t.Errorf("while an order comes the field or the tiles move by %s px", moved)
	}
	b.click(row+" button", "Fixer")
	b.holds(`#level-mozzarella[data-threshold="123456"][data-level="warn"]`)
	b.stays()

	b.open("/pilotage/historique")
	b.wait(`document.querySelector('#chart canvas')?.width > 300 && document.querySelectorAll('#chart .u-series').length === 3`)
	b.wait(`document.querySelectorAll('#jours tbody tr').length === 30`)
	b.clean()
}
