package db

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestLogsHoldNoValues has everything be slow and every fault logged: no name, phone, token or password may stand in the log.
func TestLogsHoldNoValues(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 2)
		var log bytes.Buffer
		d, err := Open(t.Context(), Options{URL: url, MaxConns: 1, SlowQuery: time.Nanosecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		r.shop.Store = d
		o := r.place(basket(r.first().Slug, "regina", app.Medium, 1))
		if _, err := r.shop.TakePayment(t.Context(), r.as("caisse"), newKey(), o.Pizzeria, o.ID, app.Cash); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.shop.SignIn(t.Context(), "caisse", app.DemoPassword, "secret"); err != nil {
			t.Fatal(err)
		}
		text := log.String()
		if !strings.Contains(text, "slow query") || !strings.Contains(text, "UPDATE stock_levels") {
			t.Fatal("nothing is logged")
		}
		for _, secret := range []string{"Zoé", "+33639980001", o.TokenHash, app.HashToken("secret"), "Sans façon", "hash of", "p@ss", "p%40ss"} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}
