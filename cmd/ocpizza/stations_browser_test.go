package main

import (
	"fmt"
	"net/url"
	"testing"
)

// TestStationsJourney: two walls, each with the view of its own screen. A tap at one moves the pizza at the other; the time in the oven is that of
// the journal, and outlives the page.
func TestStationsJourney(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	o := e.visitor().place(order("regina:medium:2:champignons", "cola-33:single:1"), "stations")
	one := c.sit(t, "wall", e.url, wall)
	one.signsIn("cuisine", "/cuisine")
	one.wait(`document.querySelector('#tickets[data-pages]')`)
	two := c.sit(t, "tablet", e.url, device{width: 1024, height: 768, touch: true})
	two.signsIn("cuisine", "/cuisine")
	two.click("#wall-view", "Postes")
	two.sees(".station-make h2", "À faire 2")
	one.sees(".station-oven .slot-free", "libre") // the rail over the tickets
	one.press("p")
	one.sees(".station-oven h2", "Four 0/8")

	pizza := fmt.Sprintf("%d-1-1", o.ID)
	one.click("#make-" + pizza + "-tap")
	two.sees("#make-" + pizza + `[data-state="making"]`)
	two.wait(`!document.querySelector('.pz-tap[data-pending]')`)
	two.click("#make-" + pizza + "-tap")
	const clock = " .slot-time b"
	for _, b := range []*tab{one, two} {
		b.wait(fmt.Sprintf(`/^\d:\d\d$/.test(document.querySelector('#oven-%s%s')?.textContent)`, pizza, clock))
		b.misses("#make-"+pizza, "")
	}
	stamp := one.text(`document.querySelector('#oven-` + pizza + clock + `').dataset.countdown`)
	one.open("/cuisine")
	one.sees("#oven-" + pizza + clock) // still the stations
	if again := one.text(`document.querySelector('#oven-` + pizza + clock + `').dataset.countdown`); again != stamp {
		t.Errorf("it comes out at %s, and after a reload at %s", stamp, again)
	}
	for _, b := range []*tab{one, two} {
		b.picture("stations-" + b.name)
		for _, small := range b.smallTargets(".station :is(button, a)", 64) {
			t.Errorf("%s: smaller than 64 pixels: %s", b.name, small)
		}
		for _, fault := range b.inspect() {
			t.Errorf("%s: %s", b.name, fault)
		}
	}
	one.connected()
	one.press("1") // the first slot
	two.sees(fmt.Sprintf("#cut-%d", o.ID), "manque 1 Regina")
	two.misses("#oven-"+pizza, "")
	two.click(fmt.Sprintf("#cut-%d-l1", o.ID)) // called too soon: back into the oven
	one.sees("#oven-" + pizza + clock)
	one.press("p")
	one.sees(fmt.Sprintf("#ticket-%d .task", o.ID), "Regina")
	one.sees("#oven-" + pizza + clock) // beside the tickets, too
}

// TestHoldJourney: the customer swaps on the tracking page, the kitchen sees what is new and what is gone; whoever does not answer is called.
func TestHoldJourney(t *testing.T) {
	c := startChromium(t)
	e := quickEvening(t)
	client, cook := e.visitor(), e.as("cuisine")
	o, silent := client.place(order("regina:large:1", "cola-33:single:1"), "swap"), client.place(order("regina:medium:1"), "silent")
	b := c.sit(t, "phone", e.url, phone)
	b.live(o.Suivi)
	k := c.sit(t, "wall", e.url, wall)
	k.signsIn("cuisine", "/cuisine")
	till := c.sit(t, "till", e.url, desk)
	till.signsIn("caisse", "/caisse")
	for _, held := range []placed{o, silent} {
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/on_hold", held.ID), url.Values{"ingredient": {"champignons"}}).want(200)
	}
	b.wait(`/^[45]:\d\d$/.test(document.querySelector('.choice-box [role=timer]')?.textContent)`)
	b.click(".choice-box summary", "Échanger")
	b.click(".swap-choice", "Quatre fromages")
	b.picture("hold-phone")
	for _, fault := range b.inspect() {
		t.Error("phone: " + fault)
	}
	b.click(".choice-box button", "Valider l’échange")
	b.sees(".ordered .line-name", "Quatre fromages")
	b.misses(".choice-box", "")

	ticket := fmt.Sprintf("#ticket-%d ", o.ID)
	k.sees(ticket+".task-new", "Nouveau")
	k.sees(ticket+".task-gone", "1× Regina grande")
	k.picture("hold-wall")
	for _, fault := range k.inspect() {
		t.Error("wall: " + fault)
	}
	k.click(ticket+"[data-bump]", "Vu")
	k.misses(ticket+".task-gone", "")
	k.sees(ticket+"[data-bump]", "Commencer")

	// The time is over: it is said where somebody can call, and on the wall.
	past := fmt.Sprintf(`for (const el of document.querySelectorAll('#held-%d [data-countdown], #ticket-%d [data-countdown], #news-%d [data-countdown]')) el.dataset.countdown = Date.now() - 1500`, silent.ID, silent.ID, silent.ID)
	till.wait(`document.querySelector('.staff-held [role=timer]')?.textContent`)
	till.do(past)
	till.sees(fmt.Sprintf("#held-%d .held-over", silent.ID), "Appelez le client", "04 65 71 20 30")
	till.sees("#toast", "appelez le client")
	till.picture("hold-till")
	for _, fault := range till.inspect() {
		t.Error("till: " + fault)
	}
	k.do(past)
	k.sees(fmt.Sprintf("#ticket-%d .held-over", silent.ID), "Appelez le client")
	till.do(fmt.Sprintf(`const s = document.querySelector('#held-%d-l1'); s.value = [...s.options].find((o) => o.value.includes('margherita')).value; s.dispatchEvent(new Event('input', { bubbles: true }))`, silent.ID))
	till.click(fmt.Sprintf("#held-%d button", silent.ID), "Échanger")
	k.sees(fmt.Sprintf("#ticket-%d .task", silent.ID), "Margherita")
}
