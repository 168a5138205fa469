package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// bigOrders fill a wall with tickets of every size. The first has six lines, with and without something left out.
func bigOrders(e *evening) []placed {
	client := e.visitor()
	var all []placed
	for i, lines := range [][]string{
		{
			"catalane:large:2:olives,oignons", "quatre-fromages:medium:1:roquefort", "regina:large:3", "vegetarienne:medium:1:aubergines,courgettes,poivrons",
			"napolitaine:large:1", "chevre-miel:medium:2:noix", "cola-33:single:4",
		},
		{"margherita:medium:3", "calzone:medium:1"},
		{"savoyarde:large:2", "margherita:medium:1", "tiramisu:single:2"},
		{"boisee:medium:1:champignons", "biere-33:single:2"},
		{"vegetarienne:large:1", "quatre-fromages:medium:1:roquefort"},
		{"bolognaise:medium:1", "tonno:medium:1", "oceane:large:1", "orientale:medium:1:oignons"},
		{"margherita:large:12"},
	} {
		form := order(lines...)
		if i == 4 {
			form.Set("note", "Enfant allergique aux noix")
		}
		all = append(all, client.place(form, fmt.Sprintf("big-%d", i)))
	}
	return all
}

// picture leaves what is in the window where OCPIZZA_TEST_SHOTS says, for who wants to look.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("OCPIZZA_TEST_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// smallTargets lists what can be pressed and is smaller than so many pixels, or partly out of sight.
func (b *tab) smallTargets(css string, least int) []string {
	b.t.Helper()
	var small []string
	script := fmt.Sprintf(`
const small = [];
for (const el of document.querySelectorAll(%s)) {
  if (!seen(el)) continue;
  const r = el.getBoundingClientRect();
  let [top, right, bottom, left] = [r.top, r.right, r.bottom, r.left];
  for (let p = el.parentElement; p; p = p.parentElement) {
    const style = getComputedStyle(p);
    const box = p.getBoundingClientRect();
    if (style.overflowY !== 'visible') [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    if (style.overflowX !== 'visible') [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
  }
  const [w, h] = [right - left, bottom - top];
  if (Math.min(w, h) < %d - .5) small.push(Math.round(w) + '×' + Math.round(h) + ' ' + (el.id || el.getAttribute('aria-label') || el.textContent.trim()) + ' in ' + (el.closest('[id]')?.id ?? ''));
}
return small;`, quote(css), least)
	if err := b.eval(script, &small); err != nil {
		b.t.Fatal(err)
	}
	return small
}

// TestWallTickets: whatever a ticket holds, each of its pizzas has its recipe one tap and one key away, and what is pressed is 64 pixels large.
func TestWallTickets(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	orders := bigOrders(e)
	six := fmt.Sprintf("#ticket-%d", orders[0].ID)
	for _, dev := range []device{wall, desk} {
		t.Run(fmt.Sprint(dev.width), func(t *testing.T) {
			b := c.sit(t, "wall", e.url, dev)
			b.signsIn("cuisine", "/cuisine")
			b.wait(`document.querySelector('#tickets[data-pages]')`)
			b.picture(fmt.Sprintf("wall-%d", dev.width))
			for _, small := range b.smallTargets(".ticket :is(button, a, summary)", 64) {
				t.Errorf("smaller than 64 pixels: %s", small)
			}
			for _, fault := range b.inspect() {
				t.Error(fault)
			}
			if n := b.text(`document.querySelectorAll('` + six + ` .task').length`); n != "6" {
				t.Fatalf("%s lines", n)
			}
			for line := 1; line <= 6; line++ {
				recipe := fmt.Sprintf("%s .task:nth-child(%d) [data-recipe]", six, line)
				name := b.text(`document.querySelector('` + recipe + `').getAttribute('aria-label')`)
				b.click(recipe)
				b.sees("dialog[open] h2", strings.TrimPrefix(name, "Recette : "))
				b.sees("dialog[open]", "Four")
				b.click("dialog[open] .wall-sheet-close")
				b.misses("dialog[open]", "")
			}
			// The same by key: one after the other, then none.
			b.press("i")
			for line := 1; line <= 6; line++ {
				recipe := fmt.Sprintf("%s .task:nth-child(%d) [data-recipe]", six, line)
				b.wait(`document.querySelector('dialog[open]')?.id === document.querySelector('` + recipe + `').dataset.open`)
				b.press("i")
			}
			b.misses("dialog[open]", "")
		})
	}
}

// TestWallShowsEight: an ordinary evening has eight tickets on a page, with the real style sheet, and the ninth is announced.
func TestWallShowsEight(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	client, cook := e.visitor(), e.as("cuisine")
	for i, lines := range [][]string{
		{"regina:large:2", "cola-33:single:2"}, {"margherita:medium:1", "quatre-fromages:large:1:roquefort"}, {"catalane:large:1"}, {"savoyarde:large:2", "margherita:medium:1"},
		{"boisee:medium:1:champignons", "biere-33:single:2"}, {"calzone:medium:1", "vegetarienne:large:1", "regina:medium:1"}, {"oceane:medium:1", "tiramisu:single:1"},
		{"bolognaise:medium:1", "tonno:medium:1"}, {"orientale:large:1"}, {"napolitaine:medium:2"},
	} {
		o := client.place(order(lines...), fmt.Sprintf("eight-%d", i))
		for step := range i % 4 {
			cook.post(fmt.Sprintf("/cuisine/commandes/%d/lignes/1/%s", o.ID, []string{"making", "oven", "oven"}[step]), nil).want(200)
		}
	}
	b := c.sit(t, "wall", e.url, wall)
	b.signsIn("cuisine", "/cuisine")
	b.wait(`document.querySelector('#tickets[data-pages]')`)
	b.picture("wall-eight")
	b.sees("#more", "+2 en attente · page 1/2")
	var inside int
	if err := b.eval(`return [...document.querySelectorAll('.ticket')].filter(seen).filter((el) => { const r = el.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.right <= innerWidth }).length`, &inside); err != nil || inside != 8 {
		t.Errorf("%d whole tickets on a page, want 8 (%v)", inside, err)
	}
	for _, fault := range b.inspect() {
		t.Error(fault)
	}
	// Late in a long evening: three digits, an hour and a half of age.
	b.do(`for (const t of document.querySelectorAll('.ticket')) {
  t.querySelector('h2').lastChild.data = '188';
  t.querySelector('h2').dataset.long = '';
  t.querySelector('[data-since]').dataset.since -= 95 * 60_000;
  if (t.dataset.due) [t.dataset.placed, t.dataset.due] = [1, 2];
}`)
	b.wait(`[...document.querySelectorAll('.ticket-since')].every((el) => el.textContent.startsWith('1 h'))`)
	b.picture("wall-late")
	b.wait(`document.getElementById('kitchen-load').getBoundingClientRect().left >= document.querySelector('.who').getBoundingClientRect().right`)
	for _, fault := range b.inspect() {
		t.Error("late: " + fault)
	}
	b.do(`for (const l of document.querySelectorAll('.ticket-lines')) if (l.scrollHeight > l.clientHeight + 1) throw new Error(l.closest('.ticket').id + ' has to be scrolled')`)
}

// TestWallPizzasOneByOne: pizzas that have no room on their ticket are advanced on the sheet of their recipe, and one that is done goes back.
func TestWallPizzasOneByOne(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	o := e.visitor().place(order("margherita:large:12", "regina:medium:1"), "dozen")
	b := c.sit(t, "wall", e.url, wall)
	b.signsIn("cuisine", "/cuisine")
	line := fmt.Sprintf("#ticket-%d .task:nth-child(%%d) ", o.ID)
	b.click(fmt.Sprintf(line, 1) + "[data-recipe]")
	b.click("dialog[open] [data-line-slot] button", "pizza 7")
	b.misses("dialog[open]", "")
	b.holds(fmt.Sprintf(line, 1) + `.task-pizza:nth-child(7)[data-state="making"]`)
	b.holds(fmt.Sprintf(line, 1) + `.task-pizza:nth-child(8)[data-state="queued"]`)
	for _, state := range []string{"making", "oven", "done"} {
		b.click(fmt.Sprintf(line, 2) + "[data-line]")
		b.sees(fmt.Sprintf("#ticket-%d .task:nth-child(2)[data-state=%s]", o.ID, state))
	}
	b.click(fmt.Sprintf(line, 2) + "[data-recipe]") // its recipe is still there
	b.click("dialog[open] [data-line-slot] button", "Remettre au four")
	b.sees(fmt.Sprintf(`#ticket-%d .task:nth-child(2)[data-state="oven"]`, o.ID))
}

// TestWallWithoutScript: what pages tickets is a script. Without it the wall scrolls to the last one, which works.
func TestWallWithoutScript(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	client := e.visitor()
	var last placed
	for i := range 14 {
		last = client.place(order("regina:medium:1"), fmt.Sprintf("plain-%d", i))
	}
	plain := wall
	plain.noScript = true
	b := c.sit(t, "wall", e.url, plain)
	b.signsIn("cuisine", "/cuisine")
	ticket := fmt.Sprintf("#ticket-%d", last.ID)
	b.press(kb.End) // a script could scroll what a person cannot
	b.wait(`document.querySelector('` + ticket + `').getBoundingClientRect().bottom <= innerHeight`)
	b.click(ticket+" [data-bump]", "Commencer")
	b.sees(ticket + `[data-status="preparing"]`)
}

// TestCourierTargets: 60 pixels for a gloved finger, 72 for the main action.
func TestCourierTargets(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	client := e.visitor()
	carried, waiting := client.place(order("regina:medium:1", "cola-33:single:2"), "carried"), client.place(order("regina:large:1"), "waiting")
	e.cooked(carried)
	e.cooked(waiting)
	e.as("livreur").post(fmt.Sprintf("/livraisons/commandes/%d/on_the_way", carried.ID), nil).want(200)
	b := c.sit(t, "courier", e.url, phone)
	b.signsIn("livreur", "/livraisons")
	b.do(`for (const d of document.querySelectorAll('.drop details')) d.open = true`)
	b.picture("courier-360")
	for _, small := range b.smallTargets(".drop :is(button, a, summary, label)", 60) {
		t.Errorf("smaller than 60 pixels: %s", small)
	}
	defer func() { // what was cancelled on the way is said, and stands there crossed out
		e.as("responsable").post(fmt.Sprintf("/pilotage/commandes/%d/cancelled", carried.ID), url.Values{"motif": {"Le client a rappelé"}}).want(200)
		b.sees(".drop-stop", "Ne la livrez pas")
		b.sees("#toast", "Annulée : n° 1")
		b.picture("courier-cancelled")
		b.click("#toast button", "Fermer")
		b.click(".drop[data-status=cancelled] .act", "Vu, je rapporte")
		b.misses(".drop[data-status=cancelled]", "")
	}()
	for _, small := range b.smallTargets(".drop .act", 72) {
		t.Errorf("smaller than 72 pixels: %s", small)
	}
	for _, fault := range b.inspect() {
		t.Error(fault)
	}
}
