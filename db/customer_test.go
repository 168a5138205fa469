package db

import (
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// TestOrdersByPhone: the newest first, of one shop, with their lines, by the index.
func TestOrdersByPhone(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		in := basket(r.first().Slug, "regina", app.Medium, 2)
		in.Contact.Phone = "+33465712030"
		var placed []*app.Order
		for range 4 {
			r.moment = r.moment.Add(time.Hour)
			placed = append(placed, r.place(in))
		}
		other := in
		other.Contact.Phone = "+33465712031"
		r.place(other)
		if _, err := r.shop.CancelOrder(t.Context(), r.as("caisse"), newKey(), r.first().ID, placed[3].ID, ""); err != nil {
			t.Fatal(err)
		}
		found, err := r.db.OrdersByPhone(t.Context(), r.first().ID, in.Contact.Phone, 3)
		if err != nil || len(found) != 3 {
			t.Fatalf("%d orders, %v", len(found), err)
		}
		for i, o := range found {
			if want := placed[3-i]; o.ID != want.ID || len(o.Lines) != 1 || o.Total() != want.Total() {
				t.Errorf("place %d: n° %d with %d lines, want n° %d", i+1, o.Number, len(o.Lines), want.Number)
			}
		}
		if !found[0].Closed() || found[1].Closed() {
			t.Error("the cancelled one is closed, the others are not")
		}
		for name, shop := range map[string]int64{"another shop": r.shops[1].ID, "no shop": 0} {
			if found, err := r.db.OrdersByPhone(t.Context(), shop, in.Contact.Phone, 3); err != nil || len(found) != 0 {
				t.Errorf("%s: %d orders, %v", name, len(found), err)
			}
		}
		if _, err := r.shop.CustomerOrders(t.Context(), r.as("cuisine"), r.first().ID, in.Contact.Phone, 3); app.KindOf(err) != app.Forbidden {
			t.Error("a cook finds customers:", err)
		}

		// One that has left the board can be taken again.
		board := *r.loaded(r.first().ID)
		board.Orders = nil
		r.boards[r.first().ID] = app.NewBoard(board)
		if o, err := r.shop.EarlierOrder(t.Context(), r.as("caisse"), r.first().ID, placed[0].ID); err != nil || len(o.Lines) != 1 || o.Contact.Phone != in.Contact.Phone {
			t.Errorf("%+v %v", o, err)
		}
		if _, err := r.shop.EarlierOrder(t.Context(), r.as("directeur"), r.shops[1].ID, placed[0].ID); app.KindOf(err) != app.NotFound {
			t.Error("another shop's order:", err)
		}

		explain := "EXPLAIN QUERY PLAN "
		if r.db.mysql {
			explain = "EXPLAIN "
		}
		var plan strings.Builder
		rows, err := r.db.r.QueryContext(t.Context(), explain+"SELECT id FROM orders WHERE pizzeria_id = 1 AND contact_phone = '+33465712030' ORDER BY placed_at DESC LIMIT 3")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, into := make([]any, len(names)), make([]any, len(names))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for _, c := range cells {
				if b, ok := c.([]byte); ok {
					c = string(b)
				}
				if s, ok := c.(string); ok {
					plan.WriteString(s + " ")
				}
			}
		}
		if !strings.Contains(plan.String(), "orders_phone") || rows.Err() != nil {
			t.Errorf("not by the index: %s %v", &plan, rows.Err())
		}
	})
}
