package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestPromiseThatSlips: the kitchen does not begin; the customer is told when the order is to be expected, on the open page and on one that is
// opened, beside the promise, which stays; once it is at the counter nothing more is said of it.
func TestPromiseThatSlips(t *testing.T) {
	evening := inParis(t, "2026-03-14 20:00")
	e, clock := startAt(t, evening)
	client, cook := e.visitor(), e.as("cuisine")
	form := order("margherita:medium:1")
	form.Set("mode", "retrait")
	o := client.place(form, "slip-1")
	client.get(o.Suivi).want(http.StatusOK).says(`data-promise="tenue"`).lacks("Prévue maintenant")
	open := client.watch("/live" + o.Suivi)
	clock(evening.Add(20 * time.Minute))
	open.sees("[morph promise]", "Prévue maintenant vers", "20:30", "entre 20:05 et 20:10")
	client.get(o.Suivi).want(http.StatusOK).says("Prévue maintenant vers").says("entre 20:05 et 20:10")
	var answer struct {
		PromisA string `json:"promis_a"`
		PrevuA  string `json:"prevu_a"`
	}
	client.getJSON(o.Suivi).want(http.StatusOK).decode(&answer)
	if answer.PromisA != o.PromisA || answer.PrevuA != "2026-03-14T20:30:00+01:00" {
		t.Errorf("promised %s, expected %s", answer.PromisA, answer.PrevuA)
	}
	for _, step := range []string{"preparing", "ready"} {
		cook.post(fmt.Sprintf("/cuisine/commandes/%d/%s", o.ID, step), nil).want(http.StatusOK)
	}
	open.sees(`data-status="ready"`, `data-promise="tenue"`)
	client.get(o.Suivi).want(http.StatusOK).lacks("Prévue maintenant")
}
