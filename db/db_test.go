package db

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

func TestMain(m *testing.M) {
	// Each check is a whole evening; -rapid.checks asks for more.
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	dbtest.Main(m)
}

// engines runs a test on a seeded database of each engine, with four connections and again with a single one: whoever used the pool inside
// a transaction would wait for itself for ever.
func engines(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	for _, conns := range []int{4, 1} {
		t.Run(fmt.Sprintf("conns=%d", conns), func(t *testing.T) {
			dbtest.Engines(t, func(t *testing.T, url string) { f(t, newRig(t, url, conns)) })
		})
	}
}

// rig is a database, seeded, with the business on top and a fake of the boards in memory that folds what is published.
type rig struct {
	t    testing.TB
	db   *DB
	shop *app.Shop

	mu     sync.Mutex
	boards map[int64]*app.Board
	shops  []app.Pizzeria
	gaps   int
	moment time.Time
}

// open opens a migrated, empty database.
func open(t testing.TB, url string, conns int) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{URL: url, MaxConns: conns, ProbeEvery: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func newRig(t testing.TB, url string, conns int) *rig {
	t.Helper()
	return rigOn(t, open(t, url, conns))
}

// rigOn is newRig on a database whose schema is there.
func rigOn(t testing.TB, d *DB) *rig {
	t.Helper()
	r := &rig{t: t, db: d, boards: map[int64]*app.Board{}, moment: time.Date(2026, 3, 14, 18, 30, 0, 123456789, time.UTC)}
	_, err := d.Seed(t.Context(), SeedOptions{
		Demo: true, Now: r.moment.Add(-8 * time.Hour), HashPassword: func(p string) (string, error) { return "hash of " + p, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.shops, err = d.Pizzerias(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.shop = &app.Shop{
		Store: d, Boards: r, Publisher: r, Clock: r.clock, Secret: []byte("0123456789abcdef0123456789abcdef"), Demo: true,
		CheckPassword: func(hash, password string) bool { return hash == "hash of "+password },
	}
	return r
}

// clock goes on by itself: no two instants are the same.
func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moment = r.moment.Add(1234567 * time.Nanosecond)
	return r.moment
}

// Board is the board in memory, loaded the first time.
func (r *rig) Board(ctx context.Context, pizzeria int64) (*app.Board, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b, ok := r.boards[pizzeria]; ok {
		return b, nil
	}
	b, err := r.db.LoadBoard(ctx, pizzeria)
	if err == nil {
		r.boards[pizzeria] = b
	}
	return b, err
}

// Pizzerias is app.Boards'.
func (r *rig) Pizzerias(context.Context) ([]app.Pizzeria, error) { return r.shops, nil }

// Publish folds an event into the board in memory; a gap has it loaded again.
func (r *rig) Publish(_ context.Context, e app.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.boards[e.Pizzeria]
	if !ok {
		return
	}
	next, err := b.Apply(e)
	if err != nil {
		r.gaps++
		delete(r.boards, e.Pizzeria)
		return
	}
	r.boards[e.Pizzeria] = next
}

// loaded is the board as the database has it now.
func (r *rig) loaded(pizzeria int64) *app.Board {
	r.t.Helper()
	b, err := r.db.LoadBoard(r.t.Context(), pizzeria)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// first is the demo's first shop.
func (r *rig) first() app.Pizzeria { return r.shops[0] }

// as is a member of the cast.
func (r *rig) as(login string) app.Actor {
	r.t.Helper()
	u, err := r.db.UserByLogin(r.t.Context(), login)
	if err != nil {
		r.t.Fatal(err)
	}
	return u.Actor()
}

// key is a key that no other call gives.
func key(principal, value string) app.Key {
	return app.Key{Principal: principal, Value: value, Hash: app.HashToken(principal + value)}
}

var keyCount struct {
	sync.Mutex
	n int
}

func newKey() app.Key {
	keyCount.Lock()
	defer keyCount.Unlock()
	keyCount.n++
	return key("visitor-"+strconv.Itoa(keyCount.n), "k")
}

// basket is an order to take away of so many of one product.
func basket(slug, product string, size app.Size, quantity int) app.NewOrder {
	return app.NewOrder{
		Pizzeria: slug, Mode: app.Pickup, Channel: app.Web, Contact: app.Contact{Name: "Zoé Œ'Brien \\", Phone: "+33639980001"},
		Method: app.Card, Note: "Sans façon 🍕", Lines: []app.NewLine{{Product: product, Size: size, Quantity: quantity}},
	}
}

// place orders, or fails the test.
func (r *rig) place(in app.NewOrder) *app.Order {
	r.t.Helper()
	p, err := r.shop.PlaceOrder(r.t.Context(), app.Actor{Role: app.Visitor}, newKey(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	return p.Order
}

// checkStock compares every level with the sum of its movements, and its bounds.
func (r *rig) checkStock() {
	r.t.Helper()
	var sums []struct {
		Pizzeria   int64 `bun:"pizzeria_id"`
		Ingredient int64 `bun:"ingredient_id"`
		OnHand     int64 `bun:"on_hand"`
		Reserved   int64 `bun:"reserved"`
	}
	err := r.db.r.NewRaw("SELECT pizzeria_id, ingredient_id, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved"+
		" FROM stock_movements GROUP BY pizzeria_id, ingredient_id").Scan(r.t.Context(), &sums)
	if err != nil {
		r.t.Fatal(err)
	}
	want := map[string]string{}
	for _, s := range sums {
		want[fmt.Sprint(s.Pizzeria, " ", s.Ingredient)] = fmt.Sprint(s.OnHand, " ", s.Reserved)
	}
	got := map[string]string{}
	var rows []levelRow
	if err := r.db.r.NewSelect().Model(&rows).Scan(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	for _, l := range rows {
		if l.OnHand < 0 || l.Reserved < 0 || l.Reserved > l.OnHand {
			r.t.Errorf("impossible level: %+v", l.level())
		}
		got[fmt.Sprint(l.Pizzeria, " ", l.Ingredient)] = fmt.Sprint(l.OnHand, " ", l.Reserved)
	}
	if !maps.Equal(got, want) {
		r.t.Errorf("levels are not the sums of their movements:\n%v\n%v", got, want)
	}
}

// setStock leaves exactly so much of an ingredient in the first shop.
func (r *rig) setStock(ingredient string, quantity int64) {
	r.t.Helper()
	if err := r.shop.CountStock(r.t.Context(), r.as("responsable"), newKey(), r.first().ID, ingredient, quantity); err != nil {
		r.t.Fatal(err)
	}
}
