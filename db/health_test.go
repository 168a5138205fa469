package db

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// listener remembers the changes of health that it was told.
type listener struct {
	mu   sync.Mutex
	told []Health
}

func (l *listener) hear(h Health) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, h)
}

func (l *listener) heard(want ...Health) func() bool {
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.Equal(l.told, want)
	}
}

// healthOf opens a database whose probe never comes in time, and somebody who hears of its health.
func healthOf(t *testing.T) (*DB, *listener) {
	t.Helper()
	d, err := Open(t.Context(), Options{URL: "sqlite://" + dbtest.SQLite(t), ProbeEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &listener{}
	d.OnHealth(l.hear)
	return d, l
}

// TestOnHealth: each change is told once, in order, however long whoever hears of it takes, and nothing is told of what stays as it is.
func TestOnHealth(t *testing.T) {
	d, l := healthOf(t)
	set := func(all ...Health) {
		for _, h := range all {
			d.health.set(t.Context(), d, h)
		}
	}
	l.mu.Lock() // somebody who takes long: nobody who finds a fault waits for it
	set(Healthy, Down, Down, ReadOnly, Healthy, Healthy, Down)
	l.mu.Unlock()
	eventually(t, "every change", l.heard(Down, ReadOnly, Healthy, Down))

	late := &listener{}
	d.OnHealth(late.hear)
	eventually(t, "who comes late hears how it stands", late.heard(Down))
	set(Healthy)
	eventually(t, "and what changes then", late.heard(Down, Healthy))
}

// TestQuietQuestion: the question that the program asks by itself finds out that the database is away: nobody has to order for it. One
// connection that breaks says nothing.
func TestQuietQuestion(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		times int
		want  Health
	}{
		{"one broken connection", mysql.ErrInvalidConn, 1, Healthy},
		{"two", mysql.ErrInvalidConn, 2, Down},
		{"a password that was changed", &mysql.MySQLError{Number: 1045}, 1, Down},
		{"the quota of queries", &mysql.MySQLError{Number: 1226}, 1, ReadOnly},
		{"no answer in time", context.DeadlineExceeded, 1, Down},
		{"a program that ends", context.Canceled, 1, Healthy},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, l := healthOf(t)
			left := c.times
			d.fault.Store(&faults{before: func(q string) error {
				if left > 0 && strings.Contains(q, "FROM sequences") {
					left--
					return c.err
				}
				return nil
			}})
			_, _, err := d.Positions(t.Context())
			if failed := c.times > 1 || !errors.Is(c.err, mysql.ErrInvalidConn); failed != (err != nil) {
				t.Errorf("answered %v", err)
			}
			if left > 0 || d.Health() != c.want {
				t.Errorf("%s, want %s; %d faults left", d.Health(), c.want, left)
			}
			if c.want != Healthy {
				eventually(t, "told", l.heard(c.want))
			}
		})
	}
}

// TestFaultWhileProbeEnds: a fault that comes as the probe has just succeeded is probed for like any other. Without, a database noted as
// read-only then would refuse writes for ever.
func TestFaultWhileProbeEnds(t *testing.T) {
	d, err := Open(t.Context(), Options{URL: "sqlite://" + dbtest.SQLite(t), ProbeEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		d.health.set(t.Context(), d, ReadOnly)
		for deadline := time.Now().Add(10 * time.Second); d.Health() != Healthy; time.Sleep(20 * time.Microsecond) { // tighter than eventually
			if time.Now().After(deadline) {
				t.Fatal("nobody probes: every write is refused from now on")
			}
		}
	}
	eventually(t, "the end of the probe", func() bool {
		d.health.mu.Lock()
		defer d.health.mu.Unlock()
		return !d.health.probing
	})
}
