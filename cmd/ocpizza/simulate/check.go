package simulate

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// check looks, once everybody has stopped, whether what was promised held: every order is there once and where it was left, nothing was won
// twice, and every page shows what the server would draw now.
func (e *play) check(ctx context.Context, early bool) {
	if _, err := e.site.person().once(ctx, http.MethodGet, "/healthz", nil, "", "text/plain"); err != nil {
		e.site.notes.violate("Le serveur ne répond plus (%s) : rien n’a pu être vérifié à la fin.", kindOfError(err))
		return
	}
	e.checkOrders(ctx, early)
	e.mu.Lock()
	held := slices.Collect(maps.Keys(e.screens))
	e.mu.Unlock()
	var wg sync.WaitGroup
	few := make(chan struct{}, 8)
	for _, s := range held {
		wg.Go(func() {
			few <- struct{}{}
			defer func() { <-few }()
			e.checkScreen(ctx, s)
		})
	}
	wg.Wait()
}

func (e *play) checkOrders(ctx context.Context, early bool) {
	notes := e.site.notes
	who := e.site.person()
	e.mu.Lock()
	all := slices.Collect(maps.Values(e.orders))
	e.mu.Unlock()
	slices.SortFunc(all, func(a, b *order) int { return int(a.ID - b.ID) })
	for _, o := range all {
		var t tracked
		if err := who.read(ctx, o.Link, &t); err != nil {
			if statusOf(err) == http.StatusNotFound {
				notes.violate("Commande perdue : la n° %d de %s n’est plus sur sa page de suivi.", o.Number, o.shop.Slug)
			}
			continue
		}
		if t.ID != o.ID || t.Number != o.Number {
			notes.violate("Commande mêlée : le lien de la n° %d de %s montre la n° %d.", o.Number, o.shop.Slug, t.Number)
		}
		if known := o.status(); final(known) && t.Status != known {
			notes.violate("La commande n° %d de %s était « %s », elle est « %s ».", o.Number, o.shop.Slug, known, t.Status)
		}
		o.mu.Lock()
		if o.begun && o.cancelled && !o.held {
			notes.violate("La commande n° %d de %s a été commencée par la cuisine et annulée par le client, tous deux acceptés.", o.Number, o.shop.Slug)
		}
		o.mu.Unlock()
		if !early && !notes.saw(kitchenScreen, o.ID) {
			notes.violate("Commande perdue : la n° %d de %s n’est jamais arrivée à l’écran de cuisine.", o.Number, o.shop.Slug)
		}
	}
	others := 0
	for _, id := range notes.seenIn(kitchenScreen) {
		if e.order(id) == nil {
			others++
		}
	}
	notes.count(foreign, others)
}

// catchingUp is how long a page may take to show the last change.
const catchingUp = 8 * time.Second

// checkScreen compares a page that was kept live with the same page drawn afresh.
func (e *play) checkScreen(ctx context.Context, s *screen) {
	s.mu.Lock()
	idle := s.live == "" || s.ended
	s.mu.Unlock()
	if idle {
		return
	}
	until := time.Now().Add(catchingUp)
	for {
		text, err := s.who.open(ctx, s.path)
		if err != nil {
			return // counted already
		}
		fresh := newPage(text)
		board := fresh.byID["board"]
		if board == nil || board.data["live"] == "" {
			return // an order that is long over
		}
		seq, _ := board.number("seq")
		s.mu.Lock()
		same := s.synced && s.seq == seq && s.epoch == board.data["epoch"]
		var differences []string
		if same {
			differences = differ(s.page, fresh)
		}
		missing, shown := s.missing, s.seq
		s.mu.Unlock()
		switch {
		case same && len(differences) == 0:
			return
		case same:
			e.site.notes.violate("Écran faux : %s de %s se croit à jour (n° %d) mais %s.", s.kind, s.shop, seq, strings.Join(differences, ", "))
			return
		case time.Now().After(until) && missing:
			e.site.notes.violate("Trou jamais comblé : %s de %s montre le n° %d, le serveur en est au n° %d.", s.kind, s.shop, shown, seq)
			return
		case time.Now().After(until):
			e.site.notes.violate("Écran en retard : %s de %s montre le n° %d, le serveur en est au n° %d.", s.kind, s.shop, shown, seq)
			return
		}
		if !pause(ctx, 250*time.Millisecond) {
			return
		}
	}
}

// differ says what two pages show differently, three things at most.
func differ(shown, fresh *page) []string {
	a, b := digest(shown), digest(fresh)
	var out []string
	for _, id := range slices.Sorted(maps.Keys(b)) {
		if was, ok := a[id]; !ok {
			out = append(out, "il manque "+id)
		} else if was != b[id] {
			out = append(out, fmt.Sprintf("%s est « %s » au lieu de « %s »", id, was, b[id]))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[id]; !ok {
			out = append(out, id+" est de trop")
		}
	}
	return out[:min(3, len(out))]
}

// digest is what must be equal on two pages of the same number: orders with their state and version, what is left of products and stock.
// A cancelled ticket is left out: it goes from the wall by the clock, not by a change.
func digest(p *page) map[string]string {
	out := map[string]string{}
	for id, e := range p.byID {
		_, isOrder := orderOf(id)
		switch {
		case isOrder && strings.HasPrefix(id, "ticket-") && e.data["status"] == "cancelled":
		case isOrder, id == "tracking":
			out[id] = e.data["status"] + " v" + e.data["version"]
		case strings.HasPrefix(id, "product-"):
			if left, ok := e.data["left"]; ok {
				out[id] = left
			}
		case strings.HasPrefix(id, "level-"):
			if available, ok := e.data["available"]; ok {
				out[id] = available + "/" + e.data["threshold"]
			}
		}
	}
	return out
}
