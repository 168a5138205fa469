package db

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// held places an order of pizzas in the first shop and puts it on hold, begun or not.
func (r *rig) held(begun bool, ingredient string, lines ...app.NewLine) *app.Order {
	r.t.Helper()
	in := basket(r.first().Slug, "", "", 0)
	in.Lines = lines
	o := r.place(in)
	var err error
	if begun {
		_, err = r.shop.AdvanceItem(r.t.Context(), r.as("cuisine"), newKey(), o.Pizzeria, o.ID, 1, 1, app.InOven)
	}
	if err == nil {
		o, err = r.shop.HoldOrder(r.t.Context(), r.as("cuisine"), newKey(), o.Pizzeria, o.ID, ingredient)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// TestSwapMovesStock: before the start the reservation becomes another one; after it only what the new pizza needs beyond the old one is taken.
func TestSwapMovesStock(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, id, cashier := t.Context(), r.first().ID, r.as("caisse")
		for _, g := range []string{"jambon", "champignons", "mozzarella", "chorizo", "pate-29", "sauce-tomate"} {
			if _, ok := r.loaded(id).Menu.IngredientBySlug(g); ok {
				r.setStock(g, 90_000)
			}
		}
		for _, begun := range []bool{false, true} {
			before := r.loaded(id)
			o := r.held(begun, "champignons", app.NewLine{Product: "regina", Size: app.Medium, Quantity: 2})
			board, err := r.Board(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			swaps := board.Swaps(board.Orders[o.ID], board.Orders[o.ID].Lines[0], r.clock())
			if len(swaps) == 0 {
				t.Fatal("nothing is offered instead")
			}
			k := newKey()
			choice := []app.Choice{{Line: 1, Product: swaps[0].Product, Size: swaps[0].Size}}
			after, err := r.shop.AnswerHold(ctx, cashier, k, id, o.ID, "champignons", choice)
			if err != nil {
				t.Fatal(err)
			}
			seq := r.loaded(id).Seq
			if again, err := r.shop.AnswerHold(ctx, cashier, k, id, o.ID, "champignons", choice); err != nil || again.Version != after.Version || r.loaded(id).Seq != seq {
				t.Errorf("the same answer again: %v", err)
			}
			if after.Total() > o.Total() || after.Lines[0].Product != swaps[0].Product || !after.Altered() {
				t.Errorf("%+v", after.Lines[0])
			}
			took := map[int64]int64{}
			for _, p := range after.Lines[0].Recipe {
				took[p.Ingredient] = 2 * p.Quantity
			}
			had := map[int64]int64{}
			for _, p := range o.Lines[0].Recipe {
				had[p.Ingredient] = 2 * p.Quantity
			}
			for ingredient, now := range r.loaded(id).Levels {
				was := before.Levels[ingredient]
				hand, reserved := int64(0), took[ingredient]
				if begun {
					hand, reserved = -max(took[ingredient], had[ingredient]), 0
				}
				if now.OnHand-was.OnHand != hand || now.Reserved-was.Reserved != reserved {
					t.Errorf("begun %t, ingredient %d: on hand %+d, reserved %+d, want %+d and %+d", begun, ingredient, now.OnHand-was.OnHand, now.Reserved-was.Reserved, hand, reserved)
				}
			}
			r.checkStock()
			// What is cancelled afterwards gives back what is still only reserved.
			if _, err := r.shop.CancelOrder(ctx, r.as("responsable"), newKey(), id, o.ID, "le client"); err != nil {
				t.Fatal(err)
			}
			r.checkStock()
		}
	})
}

// TestSwapOfNothingLeft: between what was offered and the answer the last of it went, or was marked out; the order stays on hold.
func TestSwapOfNothingLeft(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, id, cashier := t.Context(), r.first().ID, r.as("caisse")
		for _, begun := range []bool{false, true} {
			for name, gone := range map[string]string{"used up": "on_hand = reserved", "marked out": "is_out = 1"} {
				o := r.held(begun, "champignons", app.NewLine{Product: "regina", Size: app.Medium, Quantity: 1})
				board, err := r.Board(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				serrano, _ := board.Menu.IngredientBySlug("jambon-serrano")
				// Behind the board's back, as another process would.
				if _, err := r.db.w.ExecContext(ctx, "UPDATE stock_levels SET "+gone+" WHERE pizzeria_id = ? AND ingredient_id = ?", id, serrano.ID); err != nil {
					t.Fatal(err)
				}
				k := newKey()
				for range 2 {
					_, err := r.shop.AnswerHold(ctx, cashier, k, id, o.ID, "champignons", []app.Choice{{Line: 1, Product: "burrata-serrano", Size: app.Medium}})
					if app.KindOf(err) != app.Conflict || !strings.Contains(app.AsError(err).Message, "épuisée") {
						t.Errorf("begun %t, %s: %v", begun, name, err)
					}
				}
				if now := r.loaded(id).Orders[o.ID]; now.Status != app.OnHold || now.Version != o.Version {
					t.Errorf("begun %t, %s: it is %s", begun, name, now.Status)
				}
				if _, err := r.db.w.ExecContext(ctx, "UPDATE stock_levels SET is_out = 0, on_hand = ? WHERE pizzeria_id = ? AND ingredient_id = ?",
					board.Levels[serrano.ID].OnHand, id, serrano.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestHoldHasOneAnswer: the customer swaps, the cashier leaves out, another customer's telephone cancels, all at once. One wins; the others are
// told that they are too late.
func TestHoldHasOneAnswer(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, id := t.Context(), r.first().ID
		for range 6 {
			o := r.held(false, "champignons", app.NewLine{Product: "regina", Size: app.Medium, Quantity: 1})
			customer, cashier := app.Actor{Role: app.Customer, Order: o.ID}, r.as("caisse")
			var won, late atomic.Int64
			together(3, func(i int) {
				var err error
				switch i {
				case 0:
					_, err = r.shop.AnswerHold(ctx, customer, newKey(), id, o.ID, "champignons", []app.Choice{{Line: 1, Product: "margherita", Size: app.Medium}})
				case 1:
					_, err = r.shop.LeaveOut(ctx, cashier, newKey(), id, o.ID, "champignons")
				case 2:
					_, err = r.shop.AnswerHold(ctx, r.as("responsable"), newKey(), id, o.ID, "champignons", []app.Choice{{Line: 1}})
				}
				switch {
				case err == nil:
					won.Add(1)
				case app.KindOf(err) == app.Conflict && strings.Contains(err.Error(), "Trop tard"):
					late.Add(1)
				default:
					t.Error(err)
				}
			})
			if won.Load() != 1 || late.Load() != 2 {
				t.Errorf("%d answers won, %d came too late", won.Load(), late.Load())
			}
		}
		r.checkStock()
	})
}

// TestSwapOfAPaidOrder: the till gives back what it costs less, and its chain holds.
func TestSwapOfAPaidOrder(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, id, cashier := t.Context(), r.first().ID, r.as("caisse")
		o := r.held(false, "champignons", app.NewLine{Product: "regina", Size: app.Large, Quantity: 2})
		if _, err := r.shop.TakePayment(ctx, cashier, newKey(), id, o.ID, app.Card); err != nil {
			t.Fatal(err)
		}
		after, err := r.shop.AnswerHold(ctx, cashier, newKey(), id, o.ID, "champignons", []app.Choice{{Line: 1, Product: "margherita", Size: app.Large}})
		if err != nil || after.Payment.Status != app.Paid || after.Total() >= o.Total() {
			t.Fatalf("%v, %s instead of %s", err, after.Total(), o.Total())
		}
		var sum app.Cents
		entries, err := r.db.Till(ctx, id, 1, 10)
		for _, e := range entries {
			sum += e.Amount
		}
		if err != nil || len(entries) != 2 || sum != after.Total() {
			t.Errorf("%d entries of %s in all, the order costs %s (%v)", len(entries), sum, after.Total(), err)
		}
		if n, _, err := r.db.VerifyTill(ctx, id); n != 2 || err != nil {
			t.Errorf("%d entries verified, %v", n, err)
		}
	})
}

// TestStepsOfTheReleaseBefore: what an earlier release writes and reads knows neither the pizza of a step nor the lines of before.
func TestStepsOfTheReleaseBefore(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		ctx, id, cook := t.Context(), r.first().ID, r.as("cuisine")
		o := r.place(basket(r.first().Slug, "regina", app.Medium, 2))
		o, err := r.shop.AdvanceItem(ctx, cook, newKey(), id, o.ID, 1, 2, app.InOven)
		if err != nil {
			t.Fatal(err)
		}
		first := o.Journal[len(o.Journal)-1].At
		r.mu.Lock()
		r.moment = r.moment.Add(time.Minute)
		r.mu.Unlock()
		later := instant(r.clock())
		if _, err := r.db.w.ExecContext(ctx, "INSERT INTO order_steps (order_id, n, happened_at, actor, actor_name, role, screen, line, from_state, to_state, reason)"+
			" VALUES (?, 4, ?, 'a', 'b', 'cook', 'kitchen', 1, 'queued', 'oven', '')", o.ID, later); err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.w.ExecContext(ctx, `UPDATE order_lines SET items = '["oven","oven"]' WHERE order_id = ?`, o.ID); err != nil {
			t.Fatal(err)
		}
		now := r.loaded(id).Orders[o.ID]
		if one, two := now.OvenSince(1, 1), now.OvenSince(1, 2); !one.Equal(later) || !two.Equal(first) {
			t.Errorf("in the oven since %v and %v, want %v and %v", one, two, later, first)
		}
		// It revises the order: its lines are right, and what this release had not shown the kitchen is still told by what stands there now.
		cola := r.place(basket(r.first().Slug, "cola-33", app.Single, 1))
		if _, err := r.shop.ChangeOrder(ctx, r.as("caisse"), newKey(), id, cola.ID, []app.NewLine{{Product: "cola-33", Size: app.Single, Quantity: 3}}, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := r.db.w.ExecContext(ctx, "UPDATE order_lines SET quantity = 5 WHERE order_id = ?", cola.ID); err != nil {
			t.Fatal(err)
		}
		now = r.loaded(id).Orders[cola.ID]
		if gone := now.Gone(); now.Lines[0].Quantity != 5 || len(gone) != 1 || gone[0].Quantity != 1 || len(now.Arrived()) != 1 {
			t.Errorf("%+v, gone %+v", now.Lines, gone)
		}
	})
}
