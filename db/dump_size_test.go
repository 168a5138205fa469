package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestFlatMemory takes and restores a large backup. What is held meanwhile, apart from what the next collection frees, does not grow with what
// goes through: less than 1.2 and 12.3 MB were measured with these 8 MB of text and with 31.
func TestFlatMemory(t *testing.T) {
	r := newRig(t, "sqlite://"+dbtest.SQLite(t), 2)
	business(t, r)
	multiply(t, r, 4000)
	held := func() (bytes uint64) {
		runtime.GC()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	held() // empties the pools
	before := held()
	var peak uint64
	looks := 0
	look := func(DumpProgress) {
		looks++
		now := held()
		peak = max(peak, now-min(before, now))
	}
	path := filepath.Join(t.TempDir(), "backup.sql.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := r.db.Dump(t.Context(), file, look)
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	dumping, dumpLooks := peak, looks
	peak, looks = 0, 0
	files := []DumpFile{{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}}
	if _, err := elsewhere(t, "sqlite").Restore(t.Context(), files, RestoreOptions{Progress: look}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows, %d KB of text: %d KB held dumping (%d looks), %d KB restoring (%d looks)", info.Rows(), info.Bytes>>10, dumping>>10, dumpLooks, peak>>10, looks)
	if dumpLooks < 5 || looks < 5 {
		t.Error("too few looks to know")
	}
	if dumping > 4<<20 || peak > 16<<20 {
		t.Error("it is held on to")
	}
}

func watchHeap() (*atomic.Uint64, func()) {
	var peak atomic.Uint64
	ctx, cancel := context.WithCancel(context.Background())
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	runtime.GC()
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			metrics.Read(sample) // does not stop the world
			peak.Store(max(peak.Load(), sample[0].Value.Uint64()))
			time.Sleep(5 * time.Millisecond)
		}
	})
	return &peak, func() { cancel(); wg.Wait() }
}

// multiply copies the orders of a SQLite database, with their lines, steps, movements, keys and till entries, until there are about so many.
// Stock and till do not add up afterwards: it is for size.
func multiply(t testing.TB, r *rig, orders int) {
	t.Helper()
	have, err := oneNumber(t.Context(), r.db.w, "SELECT COUNT(*) FROM orders")
	if err != nil || have == 0 {
		t.Fatal("no orders to copy", err)
	}
	for _, copied := range []struct { // orders before what refers to them
		table string
		set   map[string]string
	}{
		{"orders", map[string]string{"id": "id + k * 1000", "number": "number + k * 1000", "token_hash": "lower(hex(randomblob(32)))"}},
		{"order_lines", map[string]string{"order_id": "order_id + k * 1000"}},
		{"order_steps", map[string]string{"order_id": "order_id + k * 1000"}},
		{"stock_movements", map[string]string{"id": "NULL", "order_id": "order_id + k * 1000"}},
		{"idempotency", map[string]string{"principal": "principal || '-' || k", "request_hash": "lower(hex(randomblob(32)))", "token_hash": "lower(hex(randomblob(32)))"}},
		{"till_entries", map[string]string{"n": "n + k * 1000", "hash": "lower(hex(randomblob(32)))"}},
	} {
		table, set := copied.table, copied.set
		d, err := r.db.describe(t.Context(), r.db.w, table)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, c := range d.columns {
			if expr, ok := set[c.name]; ok {
				list = append(list, expr)
			} else {
				list = append(list, c.name)
			}
		}
		where := ""
		if table == "stock_movements" {
			where = " WHERE order_id IS NOT NULL"
		}
		q := fmt.Sprintf("WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < %d) INSERT INTO %s SELECT %s FROM n, (SELECT * FROM %s%s)",
			max(1, orders/int(have)-1), table, strings.Join(list, ", "), table, where)
		if _, err := r.db.w.ExecContext(t.Context(), q); err != nil {
			t.Fatal(table, err)
		}
	}
}

// TestMeasureRestore writes down what 500,000 orders take: OCPIZZA_TEST_ORDERS=500000 go test -run TestMeasureRestore -v ./db
func TestMeasureRestore(t *testing.T) {
	orders, err := strconv.Atoi(os.Getenv("OCPIZZA_TEST_ORDERS"))
	if err != nil {
		t.Skip("OCPIZZA_TEST_ORDERS is not set")
	}
	r := newRig(t, "sqlite://"+dbtest.SQLite(t), 2)
	business(t, r)
	multiply(t, r, orders)
	from := r.db
	for _, engine := range []string{"mysql", "mysql", "sqlite"} {
		path := filepath.Join(t.TempDir(), "backup.sql.gz")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		peak, stop := watchHeap()
		begun, sent := time.Now(), from.Statements()
		info, err := from.Dump(t.Context(), f, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		size, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("backup of %s: %d orders, %d rows, %d MB of text, %d MB of file: %.1f s, heap peak %d MB, %d statements", from.engine, info.Count("orders"),
			info.Rows(), info.Bytes>>20, size.Size()>>20, time.Since(begun).Seconds(), peak.Swap(0)>>20, from.Statements()-sent)
		to := elsewhere(t, engine)
		var verified time.Time
		begun = time.Now()
		files := []DumpFile{{Name: path, Size: size.Size(), Open: func() (io.ReadCloser, error) { return os.Open(path) }}}
		if _, err := to.Restore(t.Context(), files, RestoreOptions{Progress: func(p DumpProgress) {
			if p.Stage == "load" && verified.IsZero() {
				verified = time.Now()
			}
		}}); err != nil {
			t.Fatal(err)
		}
		stop()
		t.Logf("restore into %s: verified in %.1f s, %.1f s in all, heap peak %d MB, %d statements", engine, verified.Sub(begun).Seconds(),
			time.Since(begun).Seconds(), peak.Load()>>20, to.Statements())
		from = to
	}
}
