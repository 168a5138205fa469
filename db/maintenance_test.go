package db

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// TestMaintenance is carried by one event for each shop, equals what is loaded, refuses new orders alone, and gives back what was answered before.
func TestMaintenance(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		id := r.first().ID
		in := basket(r.first().Slug, "regina", app.Medium, 1)
		visitor, key := app.Actor{Role: app.Visitor}, newKey()
		before, err := r.shop.PlaceOrder(t.Context(), visitor, key, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.shops {
			r.loaded(p.ID)
			if _, err := r.Board(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
		same := func(on bool) {
			t.Helper()
			for _, p := range r.shops {
				folded, loaded := r.boards[p.ID], r.loaded(p.ID)
				if folded.Seq != loaded.Seq || !reflect.DeepEqual(folded.Maintenance, loaded.Maintenance) || loaded.Maintenance.On() != on {
					t.Errorf("%s: %d %+v and %d %+v", p.Slug, folded.Seq, folded.Maintenance, loaded.Seq, loaded.Maintenance)
				}
			}
		}
		if _, err := r.shop.SetMaintenance(t.Context(), r.as("responsable"), &app.Maintenance{}); app.KindOf(err) != app.Forbidden {
			t.Error("a manager may not:", err)
		}
		director := r.as("directeur")
		for _, m := range []app.Maintenance{{Message: strings.Repeat("é", app.MaxMaintenanceMessage+1)}, {Until: r.shop.Now().Add(-time.Minute)}} {
			if _, err := r.shop.SetMaintenance(t.Context(), director, &m); app.KindOf(err) != app.Invalid {
				t.Errorf("%.20s %v: %v", m.Message, m.Until, err)
			}
		}
		same(false)

		until := r.shop.Now().Add(90 * time.Minute).In(app.Paris)
		message := strings.Repeat("é", app.MaxMaintenanceMessage-1) + "☎"
		if _, err := r.shop.SetMaintenance(t.Context(), director, &app.Maintenance{Message: message, Until: until}); err != nil {
			t.Fatal(err)
		}
		same(true)
		if m, err := r.db.Maintenance(t.Context()); err != nil || m.Message != message || !m.Until.Equal(until) {
			t.Errorf("%+v, %v", m, err)
		}

		k2 := newKey()
		_, err = r.shop.PlaceOrder(t.Context(), visitor, k2, in)
		if refusal := app.AsError(err); refusal.Kind != app.Unavailable || refusal.Retry < 5*time.Minute || !strings.Contains(refusal.Message, "Reprise prévue") {
			t.Errorf("%+v", refusal)
		}
		phone := in
		phone.Channel = app.Counter
		if _, err := r.shop.PlaceOrder(t.Context(), r.as("caisse"), newKey(), phone); app.KindOf(err) != app.Unavailable {
			t.Error("the till takes new orders:", err)
		}
		again, err := r.shop.PlaceOrder(t.Context(), visitor, key, in)
		if err != nil || again.Order.ID != before.Order.ID || again.Token != before.Token || !again.Repeated {
			t.Errorf("an order that had been taken: %+v, %v", again, err)
		}
		if _, err := r.shop.AdvanceOrder(t.Context(), r.as("cuisine"), newKey(), id, before.Order.ID, app.Preparing, ""); err != nil {
			t.Error("an order in hand:", err)
		}
		same(true)

		for range 2 {
			if _, err := r.shop.SetMaintenance(t.Context(), director, nil); err != nil {
				t.Fatal(err)
			}
			same(false)
		}
		if o, err := r.shop.PlaceOrder(t.Context(), visitor, k2, in); err != nil || o.Repeated {
			t.Error("the same form, afterwards:", err)
		}
	})
}
