package db

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// together runs f n times at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// TestNeverOversold lets 200 customers, 20 at a time, buy the last 50 pizzas, while others buy what shares ingredients with them. Four rounds, and
// OCPIZZA_TEST_FAULTS times as many.
func TestNeverOversold(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 4)
		slug, id := r.first().Slug, r.first().ID
		for round := range dbtest.Rounds(4) {
			r.setStock("burrata", 50)
			r.setStock(dough29, 200)
			r.setStock("mozzarella", 60_000)
			r.setStock("pesto", 60_000)
			r.setStock("tomates-cerises", 60_000)
			r.setStock("jambon-serrano", 60_000)
			r.setStock("roquette", 60_000)
			if _, err := r.Board(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			var sold, refused atomic.Int64
			ids := sync.Map{}
			together(20, func(i int) {
				for n := range 10 {
					product := "burrata-serrano"
					if n%5 == 4 && i%2 == 0 {
						product = "margherita" // 20 of them: other rows, in part
					}
					placed, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, key(fmt.Sprint("buyer", round, i), fmt.Sprint(n)), basket(slug, product, app.Medium, 1))
					switch {
					case err == nil && product == "burrata-serrano":
						sold.Add(1)
						fallthrough
					case err == nil:
						if _, twice := ids.LoadOrStore(placed.Order.Number, true); twice {
							t.Errorf("two orders are called n° %d", placed.Order.Number)
						}
					case app.KindOf(err) == app.Conflict:
						refused.Add(1)
					default:
						t.Error(err)
					}
				}
			})
			if sold.Load() != 50 || refused.Load() != 130 {
				t.Fatalf("round %d: %d sold, %d refused, want 50 and 130", round, sold.Load(), refused.Load())
			}
			r.checkStock()
			cancelAll(t, r)
		}
		t.Logf("%d retries", r.db.Retries())
	})
}

// TestRestockInARush has goods received, counted and marked out while four customers buy the same: all of them queue for the row and none
// waits for another in a circle. By the index of the foreign key, UPDATE would take the locks of a row in the other order than SELECT … FOR
// UPDATE does, and MariaDB does choose it, after a crash for one: each restock then lost five tries of five.
func TestRestockInARush(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 6)
		id, manager := r.first().ID, r.as("responsable")
		r.setStock("cola", 10_000)
		var mu sync.Mutex
		var locking []string
		r.db.fault.Store(&faults{before: func(q string) error {
			if strings.HasPrefix(q, "UPDATE stock_levels") || strings.Contains(q, "stock_levels") && strings.HasSuffix(q, "FOR UPDATE") {
				mu.Lock()
				defer mu.Unlock()
				locking = append(locking, q)
			}
			return nil
		}})
		together(6, func(i int) {
			for range 30 {
				var err error
				switch i {
				case 0:
					err = r.shop.Restock(t.Context(), manager, newKey(), id, "cola", 24)
				case 1:
					err = r.shop.MarkOut(t.Context(), manager, id, "cola", false)
				default:
					_, err = r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, newKey(), basket(r.first().Slug, "cola-33", app.Single, 1))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
		r.db.fault.Store(nil)
		r.checkStock()
		if !r.db.mysql {
			return
		}
		if n := r.db.Retries(); n != 0 {
			t.Errorf("%d transactions had to be run again", n)
		}
		if len(locking) < 90 {
			t.Errorf("%d statements that lock levels", len(locking))
		}
		for _, q := range locking {
			var plan []struct {
				Key string `bun:"key"`
			}
			if err := r.db.w.NewRaw("EXPLAIN "+q).Scan(t.Context(), &plan); err != nil {
				t.Fatal(err)
			}
			if len(plan) != 1 || plan[0].Key != "PRIMARY" {
				t.Errorf("by %v: %s", plan, q)
			}
		}
	})
}

// cancelAll cancels what is open in the first shop, several at once, each twice.
func cancelAll(t *testing.T, r *rig) {
	t.Helper()
	manager := r.as("responsable")
	open := r.loaded(r.first().ID).Live(func(*app.Order) bool { return true })
	together(4, func(i int) {
		for n, o := range open {
			if n%2 == i%2 {
				// Two of the four want the same order: one cancels it, the other is the same person again.
				if _, err := r.shop.CancelOrder(t.Context(), manager, app.Key{}, o.Pizzeria, o.ID, ""); err != nil {
					t.Error(err)
				}
			}
		}
	})
	r.checkStock()
	for id, l := range r.loaded(r.first().ID).Levels {
		if l.Reserved != 0 {
			t.Fatalf("ingredient %d: %d still reserved after every order was cancelled", id, l.Reserved)
		}
	}
}

// TestOneWinner lets a cook start and a customer cancel the same order at once: exactly one wins and the other is told.
func TestOneWinner(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		cook := r.as("cuisine")
		for range 15 {
			o := r.place(basket(r.first().Slug, "catalane", app.Medium, 1))
			customer := app.Actor{Role: app.Customer, Order: o.ID}
			var errs [2]error
			together(2, func(i int) {
				if i == 0 {
					_, errs[0] = r.shop.AdvanceItem(t.Context(), cook, newKey(), o.Pizzeria, o.ID, 1, 0, app.Making)
				} else {
					_, errs[1] = r.shop.CancelOrder(t.Context(), customer, newKey(), o.Pizzeria, o.ID, "")
				}
			})
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("cook: %v, customer: %v", errs[0], errs[1])
			}
			if err := errors.Join(errs[0], errs[1]); app.KindOf(err) != app.Conflict {
				t.Fatal(err)
			}
		}
		r.checkStock()
	})
}

// TestStaleCopy lets twenty people move the twenty pizzas of one order from the same copy: every one of them counts.
func TestStaleCopy(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		cook := r.as("cuisine")
		o := r.place(basket(r.first().Slug, "regina", app.Medium, 12))
		if _, err := r.Board(t.Context(), o.Pizzeria); err != nil {
			t.Fatal(err)
		}
		together(12, func(i int) {
			_, err := r.db.UpdateOrder(t.Context(), app.Ref{Pizzeria: o.Pizzeria, ID: o.ID, Known: o}, newKey(), func(o *app.Order) (app.Change, error) {
				return o.AdvanceItem(cook, 1, i+1, app.Done, r.shop.Now())
			}, nil)
			if err != nil {
				t.Error(err)
			}
		})
		got, err := r.db.order(t.Context(), o.Pizzeria, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		// 12 pizzas, the step to preparing, the step to ready.
		if got.Status != app.Ready || got.Version != 1+12+2 || len(got.Journal) != 1+12+2 {
			t.Errorf("%s, version %d, %d steps", got.Status, got.Version, len(got.Journal))
		}
		r.checkStock()
	})
}

// TestSameKeyAtOnce sends one order twenty times at once: one order.
func TestSameKeyAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, r *rig) {
		for range 3 {
			k := newKey()
			var fresh atomic.Int64
			var ids sync.Map
			together(20, func(int) {
				p, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, k, basket(r.first().Slug, "tonno", app.Medium, 1))
				if err != nil {
					t.Error(err)
					return
				}
				ids.Store(p.Order.ID, true)
				if !p.Repeated {
					fresh.Add(1)
				}
			})
			n := 0
			ids.Range(func(any, any) bool { n++; return true })
			if n != 1 || fresh.Load() != 1 {
				t.Errorf("%d orders, %d of them fresh", n, fresh.Load())
			}
		}
		r.checkStock()
	})
}

// TestTillAtOnce closes orders of one shop at once, from two programs: the chain must hold.
func TestTillAtOnce(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 3)
		other := open(t, url, 3)
		id, till := r.first().ID, r.as("caisse")
		var orders []*app.Order
		for range 24 {
			orders = append(orders, r.place(basket(r.first().Slug, "cola-33", app.Single, 1)))
		}
		together(6, func(i int) {
			d := r.db
			if i%2 == 1 {
				d = other
			}
			for n, o := range orders {
				if n%6 != i {
					continue
				}
				_, err := d.UpdateOrder(t.Context(), app.Ref{Pizzeria: id, ID: o.ID}, newKey(), func(o *app.Order) (app.Change, error) {
					return o.Pay(till, app.Cash, r.shop.Now())
				}, nil)
				if err != nil {
					t.Error(err)
				}
			}
		})
		if n, _, err := r.db.VerifyTill(t.Context(), id); n != 24 || err != nil {
			t.Errorf("%d entries, %v", n, err)
		}
	})
}

// TestBoardIsOfOneInstant loads boards while orders are placed and cancelled: each must agree with itself. At READ COMMITTED nearly none
// would.
func TestBoardIsOfOneInstant(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, url string) {
		r := newRig(t, url, 6)
		id, manager := r.first().ID, r.as("responsable")
		if _, err := r.Board(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 3 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					p, err := r.shop.PlaceOrder(t.Context(), app.Actor{Role: app.Visitor}, newKey(), basket(r.first().Slug, "margherita", app.Medium, 1))
					if err == nil {
						_, err = r.shop.CancelOrder(t.Context(), manager, app.Key{}, id, p.Order.ID, "")
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 60 {
			b := r.loaded(id)
			promised := map[int64]int64{}
			changes := int64(0) // one number for the order, one for its end
			for _, o := range b.Orders {
				changes += int64(o.Version)
				for _, l := range o.Lines {
					for _, part := range l.Recipe {
						if !o.Closed() {
							promised[part.Ingredient] += part.Quantity * int64(l.Quantity)
						}
					}
				}
				if len(o.Journal) != o.Version {
					t.Fatalf("order %d is of version %d with %d steps", o.ID, o.Version, len(o.Journal))
				}
			}
			for g, l := range b.Levels {
				if l.Reserved != promised[g] {
					t.Fatalf("at %d: %d of ingredient %d are reserved, its orders need %d", b.Seq, l.Reserved, g, promised[g])
				}
			}
			if len(b.Orders) < app.RecentOrders && changes != b.Seq {
				t.Fatalf("number %d with %d changes", b.Seq, changes)
			}
		}
		close(stop)
		writers.Wait()
	})
}
