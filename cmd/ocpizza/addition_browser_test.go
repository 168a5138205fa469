package main

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
)

// TestComposing: what a pizza costs is seen while it is composed, what runs out is taken off at once, and the wall tells what is added from what
// is left out.
func TestComposing(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	b := c.sit(t, "visitor", e.url, desk)
	b.live("/carte/perpignan")
	b.settle()
	const card = "#product-margherita "
	b.click(card + ".without summary")
	b.click(card+".extra", "fromage de chèvre")
	b.sees(card+`[data-size="large"] .price`, "13,50")
	b.sees(card+".extras-sum", "10,50\u00a0€, 13,50\u00a0€")
	b.click(card+".extra", "œuf")
	b.click(card+".without label", "basilic")
	b.sees(card+`[data-size="medium"] .price`, "11,50")
	if label := b.text(`document.querySelector('#product-margherita [data-size="medium"] .add').getAttribute('aria-label')`); label != "Ajouter Margherita moyenne, 11,50\u00a0€" {
		t.Errorf("the button says %q", label)
	}
	count := func(ingredient string, n int) {
		t.Helper()
		e.as("responsable").post("/pilotage/stocks/"+ingredient, url.Values{"action": {"count"}, "quantite": {fmt.Sprint(n)}}).want(http.StatusOK)
	}
	count("oeuf", 0)
	b.sees(card+".extra:has([value=oeuf]:disabled:not(:checked))", "épuisé")
	b.sees(card+`[data-size="medium"] .price`, "10,50")
	b.holds(card + "[value=chevre]:checked")
	b.holds(card + "[value=basilic]:checked")
	b.holds(card + "details[open]")
	b.click(card + `[data-size="large"] .add`)
	b.sees("#panier .line-added", "+\u00a0fromage de chèvre 1,50")
	b.sees("#panier .line-without", "sans basilic frais")
	b.wait(`!document.querySelector("#product-margherita .without input:checked")`)
	b.sees(card+`[data-size="large"] .price`, "12,00")
	count("chevre", 10)
	b.sees("#panier .line-left", "plus assez de fromage de chèvre")
	count("chevre", 1000)
	b.misses("#panier .line-left:not([hidden])", "")
	o := e.visitor().place(order("margherita:large:1:basilic:chevre,mozzarella"), "composed")
	kitchen := c.sit(t, "kitchen", e.url, wall)
	kitchen.signsIn("cuisine", "/cuisine")
	kitchen.sees(ticket(fmt.Sprint(o.Numero), " .task-added"), "Fromage de chèvre")
	kitchen.click(ticket(fmt.Sprint(o.Numero), " [data-recipe]"))
	kitchen.sees("dialog[open] .recipe-changes", "Basilic frais", "Fromage de chèvre", "50\u00a0g", "soit 210\u00a0g")
	kitchen.press("\x1b")
	plain := e.visitor().place(order("margherita:large:1"), "as it is")
	kitchen.click(ticket(fmt.Sprint(plain.Numero), " [data-recipe]"))
	kitchen.sees("dialog[open]", "Four")
	kitchen.misses("dialog[open] .recipe-changes:not([hidden])", "")
}

// TestComposingPlain composes, orders, changes and orders again with no script at all.
func TestComposingPlain(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	b := c.sit(t, "visitor", e.url, device{width: 1280, height: 800, noScript: true})
	b.open("/carte/perpignan")
	b.click("#product-margherita .without summary")
	b.click("#product-margherita .extra", "fromage de chèvre")
	b.click("#product-margherita .without label", "basilic")
	b.click(`#product-margherita [data-size="large"] .add`)
	b.sees("#panier .line-price", "13,50")
	b.checkout()
	b.click("#panier button", "Commander ·")
	b.arrives("/suivi/")
	b.sees(".ordered", "+\u00a0fromage de chèvre 1,50", "sans basilic frais")
	suivi := b.text("location.pathname")
	b.click("summary", "Modifier la commande")
	b.do(`document.querySelector('#revise-1').selectedIndex = 2`)
	b.click("button", "Enregistrer les changements")
	b.sees(".bill-total", "27,00")
	var o struct{ ID int64 }
	e.visitor().getJSON(suivi).want(http.StatusOK).decode(&o)
	e.cooked(placed{ID: o.ID})
	for _, to := range []app.Status{app.OnTheWay, app.Delivered} {
		e.as("livreur").post(fmt.Sprintf("/livraisons/commandes/%d/%s", o.ID, to), nil).want(http.StatusOK)
	}
	b.open(suivi)
	b.click("button", "Commander à nouveau")
	b.arrives("/carte/perpignan")
	b.sees("#panier .line-price", "27,00")
}

// composes opens a pizza's choices, and has two ingredients added to it and one left out.
func (b *tab) composes(product string) {
	b.t.Helper()
	card := "#product-" + product + " "
	b.click(card + ".without summary")
	b.click(card+".extra", "fromage de chèvre")
	b.click(card+".extra", "œuf")
	b.click(card+".without label", "mozzarella")
	b.holds(card + "[value=chevre]:checked")
}
