package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/simulate"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/views"
)

// opened is a database opened beside the server, for as long as f takes: what it allows or refuses may change meanwhile.
func opened(t *testing.T, url string, f func(d *db.DB)) {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: url, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f(d)
}

// readyDatabase fills a database with the demo and shelves that last: all but the cola's, which holds five.
func readyDatabase(t *testing.T, url string) {
	t.Helper()
	ctx := context.Background()
	opened(t, url, func(d *db.DB) {
		if _, err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if err := seed(ctx, d, true, io.Discard); err != nil {
			t.Fatal(err)
		}
		board := firstBoard(t, d)
		cola, _ := board.Menu.IngredientBySlug("cola")
		var moves []app.Movement
		for id := range board.Levels {
			quantity := int64(5_000_000)
			if id == cola.ID {
				quantity = 5
			}
			moves = append(moves, app.Movement{Ingredient: id, Reason: app.Counted, OnHand: quantity, By: "test", At: time.Now()})
		}
		if _, err := d.MoveStock(ctx, board.Pizzeria.ID, app.Key{Principal: "test", Value: rand.Text()}, moves); err != nil {
			t.Fatal(err)
		}
	})
}

// firstBoard loads the board of the demo's first shop.
func firstBoard(t *testing.T, d *db.DB) *app.Board {
	t.Helper()
	shops, err := d.Pizzerias(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	board, err := d.LoadBoard(context.Background(), shops[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// position is how far the shop has come in the database.
func (s *storm) position() (seq int64) {
	s.t.Helper()
	opened(s.t, s.url, func(d *db.DB) {
		if err := d.Bun().NewRaw("SELECT seq FROM sequences WHERE pizzeria_id = (SELECT id FROM pizzerias WHERE slug = 'perpignan')").Scan(context.Background(), &seq); err != nil {
			s.t.Fatal(err)
		}
	})
	return seq
}

// verify compares what was answered, what is shown and what is saved, after the storm.
func (s *storm) verify() {
	s.t.Helper()
	s.calm()
	opened(s.t, s.url, func(d *db.DB) {
		lost, doubled := ledger{t: s.t, d: d}.whole(s.placed, s.steps, s.opening)
		s.report(lost, doubled, s.screens(d))
	})
}

// ledger checks a database at rest.
type ledger struct {
	t *testing.T
	d *db.DB
}

// whole checks all of it against what was acknowledged. opening is the shop's sequence before the first order.
func (l ledger) whole(answered map[string]placed, taken []stepTaken, opening int64) (lost, doubled int) {
	l.t.Helper()
	lost, doubled = l.orders(answered)
	l.journal(taken)
	l.stock()
	l.sequence(opening, int64(len(answered)+len(taken)))
	l.till()
	return lost, doubled
}

// rows runs a query of the database's own SQL, where it says more than the program's words.
func (l ledger) rows(into any, query string, args ...any) {
	l.t.Helper()
	if err := l.d.Bun().NewRaw(query, args...).Scan(context.Background(), into); err != nil {
		l.t.Fatalf("%s: %v", query, err)
	}
}

// none fails when a query finds anything.
func (l ledger) none(what, query string, args ...any) {
	l.t.Helper()
	var n int
	if l.rows(&n, "SELECT COUNT(*) FROM ("+query+") AS found", args...); n > 0 {
		l.t.Errorf("%s: %d times", what, n)
	}
}

// orders checks that every order that was acknowledged is there, once, under its number, and no other.
func (l ledger) orders(answered map[string]placed) (lost, doubled int) {
	l.t.Helper()
	var saved []struct {
		Hash   string `bun:"token_hash"`
		Number int    `bun:"number"`
	}
	l.rows(&saved, "SELECT token_hash, number FROM orders")
	numbers := map[string]int{}
	for _, o := range saved {
		numbers[o.Hash] = o.Number
	}
	for key, o := range answered {
		hash := app.HashToken(o.Suivi[len("/suivi/"):])
		number, ok := numbers[hash]
		switch {
		case !ok:
			lost++
		case number != o.Numero:
			l.t.Errorf("key %s was told number %d, saved is %d", key, o.Numero, number)
		}
		delete(numbers, hash)
	}
	if lost > 0 || len(numbers) > 0 || len(saved) != len(answered) {
		l.t.Errorf("%d orders acknowledged, %d saved: %d lost, %d of which nobody was told", len(answered), len(saved), lost, len(numbers))
	}
	l.none("a number of the day was given twice", "SELECT number FROM orders GROUP BY pizzeria_id, service_day, number HAVING COUNT(*) > 1")
	l.none("the numbers of a day have gaps", "SELECT n.service_day FROM order_numbers AS n WHERE n.last_number <>"+
		" (SELECT COUNT(*) FROM orders AS o WHERE o.pizzeria_id = n.pizzeria_id AND o.service_day = n.service_day)")
	var keys int
	l.rows(&keys, "SELECT COUNT(DISTINCT k.token_hash) FROM idempotency AS k JOIN orders AS o ON o.token_hash = k.token_hash WHERE k.kind = 'order'")
	if keys != len(saved) {
		l.t.Errorf("%d orders with %d keys", len(saved), keys)
	}
	return lost, len(saved) - len(answered) + lost
}

// journal checks that steps are numbered 1, 2, 3 …, one for each version, and that each one acknowledged was taken once.
func (l ledger) journal(taken []stepTaken) {
	l.t.Helper()
	l.none("a journal has gaps", "SELECT order_id FROM order_steps GROUP BY order_id HAVING MIN(n) <> 1 OR MAX(n) <> COUNT(*)")
	l.none("a journal does not agree with its order", "SELECT o.id FROM orders AS o WHERE o.version <> (SELECT COUNT(*) FROM order_steps AS s WHERE s.order_id = o.id)")
	l.none("a step was taken twice", "SELECT order_id FROM order_steps GROUP BY order_id, line, to_state HAVING COUNT(*) > 1")
	var saved []struct {
		Order int64  `bun:"order_id"`
		Line  int    `bun:"line"`
		To    string `bun:"to_state"`
	}
	l.rows(&saved, "SELECT order_id, line, to_state FROM order_steps")
	is := map[stepTaken]bool{}
	for _, s := range saved {
		is[stepTaken{s.Order, s.Line, s.To}] = true
	}
	for _, s := range taken {
		if !is[s] {
			l.t.Errorf("a step was acknowledged and is lost: %+v", s)
		}
	}
}

// stock checks that each level is the sum of its movements, that what is reserved is what waiting orders need, and that nothing is below zero.
func (l ledger) stock() {
	l.t.Helper()
	l.none("a level that cannot be", "SELECT ingredient_id FROM stock_levels WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand")
	l.none("a level is not the sum of its movements", "SELECT s.ingredient_id FROM stock_levels AS s JOIN (SELECT pizzeria_id, ingredient_id,"+
		" SUM(on_hand) AS on_hand, SUM(reserved) AS reserved FROM stock_movements GROUP BY pizzeria_id, ingredient_id) AS m"+
		" ON m.pizzeria_id = s.pizzeria_id AND m.ingredient_id = s.ingredient_id WHERE m.on_hand <> s.on_hand OR m.reserved <> s.reserved")
	board := firstBoard(l.t, l.d)
	needed := map[int64]int64{}
	for _, o := range board.Orders {
		for _, line := range o.Lines {
			for _, part := range line.Recipe {
				if !o.Consumed && !o.Closed() {
					needed[part.Ingredient] += part.Quantity * int64(line.Quantity)
				}
			}
		}
	}
	for id, level := range board.Levels {
		if level.Reserved != needed[id] {
			l.t.Errorf("ingredient %d: %d reserved, waiting orders need %d", id, level.Reserved, needed[id])
		}
	}
}

// sequence checks that the shop's number went up once for each change that was acknowledged: an order, or a step of one.
func (l ledger) sequence(opening, changes int64) {
	l.t.Helper()
	if seq := firstBoard(l.t, l.d).Seq; seq != opening+changes {
		l.t.Errorf("the shop's number went from %d to %d in %d changes", opening, seq, changes)
	}
}

// till checks the chain, and that each order handed over was paid once, in full.
func (l ledger) till() {
	l.t.Helper()
	if _, _, err := l.d.VerifyTill(context.Background(), firstBoard(l.t, l.d).Pizzeria.ID); err != nil {
		l.t.Error(err)
	}
	// Each table is added up once: order by order, without an index for it, twenty thousand orders outlast a connection.
	l.none("an order is not in the till as it was paid", "SELECT o.id FROM orders AS o"+
		" JOIN (SELECT order_id, SUM(unit_price * quantity) AS total FROM order_lines GROUP BY order_id) AS n ON n.order_id = o.id"+
		" LEFT JOIN (SELECT order_id, SUM(amount_cents) AS cashed FROM till_entries GROUP BY order_id) AS e ON e.order_id = o.id"+
		" WHERE (CASE WHEN o.payment_status = 'paid' THEN n.total ELSE 0 END) <> COALESCE(e.cashed, 0)")
	l.none("an order was cashed twice", "SELECT order_id FROM till_entries GROUP BY order_id HAVING COUNT(*) > 1")
}

// screens waits until every screen shows what a board loaded now would show, and returns how long that took.
func (s *storm) screens(d *db.DB) time.Duration {
	s.t.Helper()
	board := firstBoard(s.t, d)
	rider, err := d.UserByLogin(context.Background(), "livreur")
	if err != nil {
		s.t.Fatal(err)
	}
	start := time.Now()
	for _, page := range s.held() {
		html, shown := draw(s.t, page, board, rider.ID)
		if !shown {
			continue // closed long ago: nothing changes any more
		}
		for {
			wrong := page.Differences(html)
			if len(wrong) == 0 {
				break
			}
			if time.Since(start) > shownWithin {
				seq, live := page.Shows()
				s.t.Errorf("screen %s at %d of %d (live: %t) is not what is saved: %v", page.Kind, seq, board.Seq, live, wrong)
				break
			}
			s.wait(20 * time.Millisecond)
		}
	}
	return time.Since(start)
}

// draw draws what a screen should show of a board.
func draw(t *testing.T, p *simulate.Page, b *app.Board, courier int64) (html string, shown bool) {
	t.Helper()
	live := views.Live{Epoch: b.Epoch, Seq: b.Seq, Now: time.Now()}
	c := views.KitchenBoard(live, b)
	switch p.Kind {
	case "carte":
		c = views.MenuBoard(live, b)
	case "suivi":
		o := b.Orders[p.Order()]
		if o == nil {
			return "", false
		}
		c = views.TrackingBoard(live, b, o)
	case "livraisons":
		c = views.CourierBoard(live, b, courier)
	case "caisse":
		c = views.TillBoard(live, b)
	case "pilotage":
		c = views.DashboardBoard(live, b, views.Cockpit{})
	case "stocks":
		c = views.StockBoard(live, b)
	}
	var out strings.Builder
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(fmt.Errorf("cannot draw %s: %w", p.Kind, err))
	}
	return out.String(), true
}

// report logs the figures of a storm that was verified, and sees that screens were right soon after most faults, if there were enough to say.
func (s *storm) report(lost, doubled int, converged time.Duration) {
	var accepted, shown []time.Duration
	var worst []string
	for _, f := range s.faults {
		accepted, shown = append(accepted, f.accepted), append(shown, f.shown)
		if f.shown > 2*time.Second {
			worst = append(worst, fmt.Sprintf("%s %s, %s", f.fault, f.accepted.Round(10*time.Millisecond), f.shown.Round(10*time.Millisecond)))
		}
	}
	s.t.Logf("%d orders (%d refused, %d repeated), %d steps, %d orders to their end, %d unclear answers, %d faults: %d lost, %d doubled", len(s.placed), len(s.refuse), s.repeat,
		len(s.steps), s.closed, s.vague, len(s.faults), lost, doubled)
	s.t.Logf("after a fault: accepted again %s; screens caught up %s; all %d screens equal %s after the end (over 2 s: %s)",
		spread(accepted), spread(shown), len(s.pages), converged.Round(time.Millisecond), strings.Join(worst, "; "))
	if n := len(shown); n >= 100 && shown[n*99/100] > shownMostly { // sorted by spread
		s.t.Errorf("screens were right %s after 99 of 100 faults, want %s", shown[n*99/100], shownMostly)
	}
}

// spread says the middle and the worst of durations.
func spread(d []time.Duration) string {
	if len(d) == 0 {
		return "—"
	}
	slices.Sort(d)
	return fmt.Sprintf("median %s, worst %s", d[len(d)/2].Round(time.Millisecond), d[len(d)-1].Round(time.Millisecond))
}
