package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

var ticketIDs = regexp.MustCompile(`<article id="(ticket-\d+)"`)

// ticketsOf are the tickets of a page of the wall, in order.
func ticketsOf(page string) (ids []string) {
	for _, m := range ticketIDs.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// TestCancelledIsAcknowledgedOnce: a cancelled order stays on every wall until somebody before one of them has seen it, then leaves them all.
func TestCancelledIsAcknowledgedOnce(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		e := startEvening(t, dbURL)
		client, cook, other, courier, manager := e.visitor(), e.as("cuisine"), e.as("responsable"), e.as("livreur"), e.as("responsable")
		left, right, phone := cook.watch("/live/cuisine"), other.watch("/live/cuisine"), courier.watch("/live/livraisons")
		o := client.place(order("regina:medium:1"), "gone")
		ticket, path := fmt.Sprintf("ticket-%d", o.ID), fmt.Sprintf("/cuisine/commandes/%d/acknowledged", o.ID)
		cook.post(path, nil).want(http.StatusConflict).says("pas annulée")
		client.post(o.Suivi+"/annuler", nil).want(http.StatusOK)
		for _, wall := range []*screen{left, right} {
			wall.sees(ticket, `data-status="cancelled"`, "[event order-cancelled]")
		}
		e.as("caisse").post(path, nil).want(http.StatusForbidden)
		courier.post(strings.Replace(path, "cuisine", "livraisons", 1), nil).want(http.StatusForbidden)
		cook.post(path, nil).want(http.StatusOK)
		other.post(path, nil).want(http.StatusOK) // both were touched at once
		for _, wall := range []*screen{left, right} {
			wall.sees("[remove " + ticket + "]")
		}
		if page := cook.get("/cuisine").want(http.StatusOK).body; strings.Contains(page, ticket) {
			t.Error("a fresh wall shows what was seen to be cancelled")
		}
		client.get(o.Suivi).want(http.StatusOK).says(`data-status="cancelled"`)

		// On the way the kitchen has nothing to do with it, and the courier must be told.
		o = client.place(order("regina:large:1"), "gone on the way")
		e.cooked(o)
		drop := fmt.Sprintf("/livraisons/commandes/%d/", o.ID)
		courier.post(drop+"on_the_way", nil).want(http.StatusOK)
		phone.sees(fmt.Sprintf(`id="drop-%d"`, o.ID), `data-status="on_the_way"`)
		manager.post(fmt.Sprintf("/pilotage/commandes/%d/cancelled", o.ID), url.Values{"motif": {"Le client a rappelé"}}).want(http.StatusOK)
		phone.sees(fmt.Sprintf(`id="drop-%d"`, o.ID), `data-status="cancelled"`, "Ne la livrez pas", "[event order-cancelled]")
		courier.get("/livraisons").want(http.StatusOK).says("Ne la livrez pas")
		courier.post(drop+"acknowledged", nil).want(http.StatusOK)
		phone.sees(fmt.Sprintf("[remove drop-%d]", o.ID))
	})
}

// TestWallsAgree: a wall that has been open all evening and one that was just opened show the same tickets in the same order, so that a key
// means the same ticket on both.
func TestWallsAgree(t *testing.T) {
	e := quickEvening(t)
	c := startChromium(t)
	client, cook := e.visitor(), e.as("cuisine")
	b := c.sit(t, "open wall", e.url, wall)
	b.signsIn("cuisine", "/cuisine")
	b.settle()
	agree := func(count int) {
		t.Helper()
		b.wait(fmt.Sprintf(`document.querySelectorAll('.ticket').length === %d`, count))
		open := strings.Split(b.text(`[...document.querySelectorAll('.ticket')].map((x) => x.id).join()`), ",")
		if fresh := ticketsOf(cook.get("/cuisine").want(http.StatusOK).body); !slices.Equal(open, fresh) {
			t.Fatalf("the open wall shows %v, a fresh one %v", open, fresh)
		}
	}
	// A large order is promised later than a small one that comes after it.
	big := client.place(order("regina:large:12", "margherita:large:12"), "big")
	small := order("cola-33:single:1")
	small.Set("mode", "retrait")
	client.place(small, "small")
	agree(2)
	first := client.place(order("margherita:medium:1"), "third")
	agree(3)
	step := func(o placed, to string) {
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/%s", o.ID, to), nil).want(http.StatusOK)
	}
	step(first, "preparing")
	step(first, "ready")
	agree(2)
	client.place(order("calzone:medium:1"), "fourth")
	agree(3)
	step(first, "preparing") // recalled: it comes back to where it was
	agree(4)
	step(big, "preparing")
	agree(4)
	b.stays()
}

// TestTimesStayTrue: what a courier brings back did not leave the oven again, neither for the customer nor for the kitchen's recall.
func TestTimesStayTrue(t *testing.T) {
	e := quickEvening(t)
	client, cook, courier := e.visitor(), e.as("cuisine"), e.as("livreur")
	brought, last := client.place(order("regina:medium:1"), "brought back"), client.place(order("margherita:medium:1"), "last bumped")
	out := regexp.MustCompile(`Sortie du four à (\d\d:\d\d)`)
	e.cooked(brought)
	before := out.FindString(client.get(brought.Suivi).want(http.StatusOK).body)
	if before == "" {
		t.Fatal("the tracking page does not say when it left the oven")
	}
	e.cooked(last)
	courier.post(fmt.Sprintf("/livraisons/commandes/%d/on_the_way", brought.ID), nil).want(http.StatusOK)
	shop := e.prog.shop
	clock := shop.Clock
	shop.Clock = func() time.Time { return time.Now().Add(7 * time.Minute) }
	courier.post(fmt.Sprintf("/livraisons/commandes/%d/ready", brought.ID), nil).want(http.StatusOK)
	shop.Clock = clock
	if after := out.FindString(client.get(brought.Suivi).want(http.StatusOK).body); after != before {
		t.Errorf("the customer reads %q, and before the courier came back %q", after, before)
	}
	recall := cook.get("/cuisine").want(http.StatusOK).body
	if i, k := strings.Index(recall, fmt.Sprintf(`id="recalled-%d"`, last.ID)), strings.Index(recall, fmt.Sprintf(`id="recalled-%d"`, brought.ID)); i < 0 || k < i {
		t.Errorf("the key R recalls what the courier brought back, not the last bump (%d, %d)", i, k)
	}
}
