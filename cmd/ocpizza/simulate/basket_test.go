package simulate

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestBasketComposes: customers have pizzas made without something and with more of something, only as the menu offers it.
func TestBasketComposes(t *testing.T) {
	var m menu
	if err := json.Unmarshal([]byte(`{"produits":[
		{"slug":"reine","genre":"pizza","retirables":["olives"],"tailles":[{"taille":"large","reste":9}]},
		{"slug":"cola","genre":"drink","retirables":[],"tailles":[{"taille":"single","reste":9}]}],
		"supplements":[{"slug":"chevre","tailles":[{"taille":"large","possible":true}]},{"slug":"olives","tailles":[{"taille":"large","possible":true}]},
		{"slug":"oeuf","tailles":[{"taille":"large","possible":false},{"taille":"medium","possible":true}]}]}`), &m); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a game of chance
	seen := map[string]int{}
	for range 4000 {
		for _, l := range m.basket(rng) {
			parts := strings.Split(l, ":")
			rest := strings.Join(parts[3:], ":")
			seen[parts[0]+" "+rest]++
		}
	}
	for _, want := range []string{"reine ", "reine olives", "reine :chevre", "reine :olives", "reine olives:chevre", "cola "} {
		if seen[want] == 0 {
			t.Errorf("never %q: %v", want, seen)
		}
		delete(seen, want)
	}
	for got := range seen {
		if got != "reine :chevre,olives" && got != "reine :olives,chevre" {
			t.Errorf("asked for %q", got)
		}
	}
}
