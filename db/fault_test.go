package db

import (
	"database/sql/driver"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestDeadlockIsRetried breaks the third statement of the first tries.
func TestDeadlockIsRetried(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for _, number := range []uint16{1213, 1205, 1020} {
			var n atomic.Int64
			r.db.fault.Store(&faults{before: func(q string) error {
				if strings.HasPrefix(q, "INSERT INTO `orders`") || strings.HasPrefix(q, `INSERT INTO "orders"`) {
					if n.Add(1) <= 3 {
						return &mysql.MySQLError{Number: number, Message: "Deadlock found"}
					}
				}
				return nil
			}})
			before := r.db.Retries()
			o := r.place(basket(r.first().Slug, "regina", app.Medium, 1))
			r.db.fault.Store(nil)
			if got := r.db.Retries() - before; got != 3 {
				t.Errorf("%d: %d retries", number, got)
			}
			if o.Version != 1 {
				t.Error(o)
			}
		}
		r.checkStock()
	})
}

// TestGivesUp is what a person is told when five tries were not enough.
func TestGivesUp(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		if _, err := r.Board(t.Context(), r.first().ID); err != nil {
			t.Fatal(err)
		}
		var tries atomic.Int64
		r.db.fault.Store(&faults{before: func(q string) error {
			if q == "COMMIT" {
				tries.Add(1)
				return &mysql.MySQLError{Number: 1213, Message: "Deadlock found"}
			}
			return nil
		}})
		_, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, newKey(), basket(r.first().Slug, "regina", app.Medium, 1))
		r.db.fault.Store(nil)
		if app.KindOf(err) != app.Unavailable || tries.Load() != 5 {
			t.Errorf("%v after %d tries", err, tries.Load())
		}
		if strings.Contains(app.AsError(err).Message, "Deadlock") {
			t.Error("the cause is shown to a person")
		}
		r.checkStock()
	})
}

// lose has the answers to the next COMMITs lost although they were carried.
func (r *rig) lose(n int64) {
	var lost atomic.Int64
	r.db.fault.Store(&faults{committed: func() error {
		if lost.Add(1) <= n {
			return driver.ErrBadConn
		}
		return nil
	}})
}

// TestLostCommit loses the answer to COMMIT: the work is done once, its author is told so, and boards load again.
func TestLostCommit(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		id, visitor := r.first().ID, app.Actor{Role: app.Visitor}
		board := func() *app.Board {
			b, err := r.Board(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		board()
		for _, k := range []app.Key{newKey(), {Principal: "nobody's key"}} {
			before := board().Seq
			r.lose(1)
			p, err := r.shop.PlaceOrder(t.Context(), visitor, k, basket(r.first().Slug, "regina", app.Medium, 1))
			if err != nil || p.Repeated || p.Order.ID == 0 {
				t.Fatalf("%+v %v", p, err)
			}
			if b := board(); b.Seq != before+1 || b.Orders[p.Order.ID] == nil {
				t.Errorf("placed once: %d then %d, %v", before, b.Seq, b.Orders[p.Order.ID])
			}
			// A step with a key, a step without, a payment, which leaves no step.
			cook, till := r.as("cuisine"), r.as("caisse")
			for _, f := range []func() (*app.Order, error){
				func() (*app.Order, error) {
					return r.shop.AdvanceItem(t.Context(), cook, newKey(), id, p.Order.ID, 1, 1, app.Making)
				},
				func() (*app.Order, error) {
					return r.shop.AdvanceItem(t.Context(), cook, app.Key{}, id, p.Order.ID, 1, 1, app.Done)
				},
				func() (*app.Order, error) {
					return r.shop.TakePayment(t.Context(), till, app.Key{}, id, p.Order.ID, app.Cash)
				},
			} {
				before := board()
				r.lose(1)
				o, err := f()
				if err != nil {
					t.Fatal(err)
				}
				if b := board(); b.Seq != before.Seq+1 || b.Orders[o.ID].Version != o.Version {
					t.Errorf("done once: %d then %d", before.Seq, b.Seq)
				}
			}
			r.lose(1)
			if _, err := r.shop.ChangeOrder(t.Context(), r.as("caisse"), newKey(), id, p.Order.ID, nil, ""); app.KindOf(err) != app.Invalid {
				t.Error(err)
			}
		}
		before := board().Seq
		r.lose(1)
		if err := r.shop.Restock(t.Context(), r.as("responsable"), newKey(), id, "mozzarella", 500); err != nil {
			t.Error(err)
		}
		if board().Seq != before+1 {
			t.Error("restocked twice, or not said")
		}
		r.db.fault.Store(nil)
		r.checkStock()
		if n, _, err := r.db.VerifyTill(t.Context(), id); n != 2 || err != nil {
			t.Errorf("till: %d %v", n, err)
		}
	})
}

// TestLostConnection breaks the connection before COMMIT: nothing was saved, and the next try does it.
func TestLostConnection(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		var n atomic.Int64
		r.db.fault.Store(&faults{before: func(q string) error {
			if strings.HasPrefix(q, "UPDATE stock_levels") && n.Add(1) == 1 {
				return mysql.ErrInvalidConn
			}
			return nil
		}})
		o := r.place(basket(r.first().Slug, "regina", app.Medium, 1))
		r.db.fault.Store(nil)
		if o.Number != 1 || r.db.Health() != Healthy {
			t.Error(o.Number, r.db.Health())
		}
		r.checkStock()
	})
}

// eventually waits for what the probe brings about.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Error("not in time: " + what)
}

// TestQuota is ClearDB over its storage quota, then over its hourly quota: boards are read on, orders are refused, and are taken again
// by themselves.
func TestQuota(t *testing.T) {
	server := dbtest.MariaDB(t)
	url := server.Schema(t)
	r := newRig(t, url, 4)
	in := basket(r.first().Slug, "regina", app.Medium, 1)
	r.place(in)
	order := func() error {
		_, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, newKey(), in)
		return err
	}

	server.RevokeWrites(t, url)
	eventually(t, "read-only", func() bool { return app.KindOf(order()) == app.Unavailable && r.db.Health() == ReadOnly })
	r.loaded(r.first().ID)
	before := r.db.Statements()
	if err := order(); app.KindOf(err) != app.Unavailable || r.db.Statements()-before > 4 { // the probe may ask meanwhile
		t.Errorf("%v, %d statements", err, r.db.Statements()-before)
	}
	server.GrantWrites(t, url)
	eventually(t, "healthy after the storage quota", func() bool { return r.db.Health() == Healthy })
	eventually(t, "orders after the storage quota", func() bool { return order() == nil })

	server.LimitQueries(t, url, 1)
	eventually(t, "read-only over the hourly quota", func() bool { return app.KindOf(order()) == app.Unavailable && r.db.Health() == ReadOnly })
	server.LimitQueries(t, url, 0)
	eventually(t, "orders after the hourly quota", func() bool { return order() == nil && r.db.Health() == Healthy })
	r.checkStock()
}

// TestCrash kills the server under load and starts it again: every order acknowledged is there, once, and orders are taken again.
func TestCrash(t *testing.T) {
	server := dbtest.Private(t, dbtest.Options{})
	r := newRig(t, server.Schema(t), 4)
	r.setStock(dough29, 100_000)
	if _, err := r.Board(t.Context(), r.first().ID); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	acknowledged := make([]map[int64]bool, 6)
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(6, func(i int) {
			acknowledged[i] = map[int64]bool{}
			for !stop.Load() {
				k := newKey()
				for !stop.Load() { // as a phone does: the same key until there is an answer
					p, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, k, basket(r.first().Slug, "cola-33", app.Single, 1))
					if err == nil {
						if acknowledged[i][p.Order.ID] {
							t.Error("one order answers two keys")
						}
						acknowledged[i][p.Order.ID] = true
					}
					if k := app.KindOf(err); err == nil || k == app.Conflict {
						break
					} else if k == app.Internal {
						t.Error(err)
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}()
	for range 3 {
		r.setStockSoon("cola", 10_000)
		time.Sleep(300 * time.Millisecond)
		server.Kill()
		time.Sleep(100 * time.Millisecond)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "healthy after a crash", func() bool { return r.db.Health() == Healthy })
	}
	time.Sleep(200 * time.Millisecond)
	stop.Store(true)
	<-done
	var ids []int64
	if err := r.db.w.NewRaw("SELECT id FROM orders").Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	saved := map[int64]bool{}
	for _, id := range ids {
		saved[id] = true
	}
	n := 0
	for _, mine := range acknowledged {
		for id := range mine {
			if n++; !saved[id] {
				t.Errorf("order %d was acknowledged and is lost", id)
			}
		}
	}
	// What was saved without an acknowledgement is at most what was under way when we stopped.
	if extra := len(ids) - n; n == 0 || extra > 6 {
		t.Errorf("%d orders acknowledged, %d saved", n, len(ids))
	}
	t.Logf("%d orders through 3 crashes, %d retries", n, r.db.Retries())
	r.checkStock()
}

// setStockSoon is setStock on a server that may be starting.
func (r *rig) setStockSoon(ingredient string, quantity int64) {
	r.t.Helper()
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		err = r.shop.Restock(r.t.Context(), app.Actor{Role: app.Director, User: 1}, newKey(), r.first().ID, ingredient, quantity)
		if err == nil {
			return
		}
	}
	r.t.Error("not in time: restock: ", err)
}

// TestRecycle: a connection that was in use when the database came back is not used again: it may lead to the server of before.
func TestRecycle(t *testing.T) {
	d := open(t, dbtest.MariaDB(t).Schema(t), 1)
	id := func() (id int64) {
		c, err := d.w.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := id()
	if again := id(); again != first {
		t.Errorf("connection %d, then %d, for no reason", first, again)
	}
	c, err := d.w.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.recycle()
	_ = c.Close()
	if again := id(); again == first {
		t.Error("it was used again")
	}
}
