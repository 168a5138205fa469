package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"
)

// orderSQL counts the statements of orders from their reception to their delivery, one after the other: by the steps of the whole order, then
// with each pizza taken through its own.
func (b *bench) orderSQL() error {
	n := b.times(20)
	for _, way := range []struct {
		key   string
		steps []string // of the kitchen, those of a line with its number
	}{
		{"sql_per_order", []string{"preparing", "ready"}},
		{"sql_per_order_by_line", []string{"lignes/1/making", "lignes/1/oven", "lignes/1/done", "lignes/2/making", "lignes/2/oven", "lignes/2/done"}},
	} {
		before, err := b.server.sent(b.ctx)
		if err != nil {
			return err
		}
		for i := range n {
			o, err := b.site.place(b.ctx, b.site.shops[i%len(b.site.shops)], "")
			if err == nil {
				err = b.site.look(b.ctx, &o) // from the board: no statement
			}
			for _, s := range way.steps {
				if err == nil {
					err = b.site.step(b.ctx, o, "cuisine", s, url.Values{})
				}
			}
			if err == nil {
				err = b.site.step(b.ctx, o, "livraisons", "on_the_way", url.Values{})
			}
			if err == nil {
				err = b.site.step(b.ctx, o, "livraisons", "delivered", url.Values{"paiement": {"carte"}})
			}
			if err != nil {
				return err
			}
		}
		after, err := b.server.sent(b.ctx)
		if err != nil {
			return err
		}
		b.set(way.key, float64(after-before)/float64(n))
	}
	return nil
}

// perSecond is how many orders come in a second while the way to the kitchen is timed.
const perSecond = 50

// kitchen lets orders come at a steady rate, whatever the answers take, and times when each is on its kitchen's screen: from its commit, if the
// server has a door, and from the moment when the customer sent it.
func (b *bench) kitchen() error {
	if b.server.door != "" {
		if _, err := b.server.commits(b.ctx); err != nil {
			return err
		}
	}
	b.crowd.sights() // of before
	b.profiled("kitchen", b.options.Length)
	n := int(b.options.Length.Seconds() * perSecond)
	sent := make([]time.Time, n+1)
	orders := make([]placed, n+1)
	failed := make([]error, n+1)
	var wg sync.WaitGroup
	began := time.Now()
	for i := 1; i <= n; i++ {
		b.pause(time.Until(began.Add(time.Duration(i-1) * time.Second / perSecond)))
		wg.Go(func() {
			sent[i] = time.Now()
			orders[i], failed[i] = b.site.place(b.ctx, b.site.shops[i%len(b.site.shops)], fmt.Sprintf("%s%06d", notePrefix, i))
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	shown, bySeq := b.onKitchens(n)
	if len(shown) != n {
		return fmt.Errorf("la cuisine a vu %d commandes sur %d", len(shown), n)
	}
	var fromSend []int64
	for i, at := range shown {
		fromSend = append(fromSend, at-sent[i].UnixNano())
	}
	slices.Sort(fromSend)
	b.set("order_to_kitchen_p50_ms", percentile(fromSend, 0.5))
	b.set("order_to_kitchen_p99_ms", percentile(fromSend, 0.99))
	if b.server.door != "" {
		commits, err := b.server.commits(b.ctx)
		if err != nil {
			return err
		}
		var fromCommit []int64
		for _, c := range commits {
			if at, ok := bySeq[[2]int64{c.Pizzeria, c.Seq}]; ok {
				fromCommit = append(fromCommit, at-c.At)
			}
		}
		slices.Sort(fromCommit)
		b.set("commit_to_kitchen_p50_ms", percentile(fromCommit, 0.5))
		b.set("commit_to_kitchen_p99_ms", percentile(fromCommit, 0.99))
	}
	return b.tidy(orders[1:])
}

// onKitchens waits until n numbered orders were shown, within reason: when each was, and when each number of each shop was come to.
func (b *bench) onKitchens(n int) (shown map[int64]int64, bySeq map[[2]int64]int64) {
	shown, bySeq = map[int64]int64{}, map[[2]int64]int64{}
	for deadline := time.Now().Add(patience); ; b.pause(20 * time.Millisecond) {
		for _, s := range b.crowd.sights() {
			for seq := s.prev + 1; seq <= s.seq; seq++ {
				if key := [2]int64{s.pizzeria, seq}; bySeq[key] == 0 {
					bySeq[key] = s.at
				}
			}
			for _, note := range s.notes {
				if note >= 1 && note <= int64(n) && shown[note] == 0 {
					shown[note] = s.at
				}
			}
		}
		if len(shown) == n || b.ctx.Err() != nil || time.Now().After(deadline) {
			return shown, bySeq
		}
	}
}

// tidy cancels orders, so that the next measure does not find them on the screens.
func (b *bench) tidy(orders []placed) error {
	return each(orders, workers, func(o placed) error { return b.site.cancel(b.ctx, o) })
}

// rush places orders as fast as the server takes them: first with every screen open, then without those of the staff, to tell the database's
// and the business's share from that of drawing.
func (b *bench) rush() error {
	for _, way := range []string{"orders_per_s", "orders_per_s_unwatched"} {
		if way == "orders_per_s_unwatched" {
			b.crowd.cut(b.staff)
			b.pause(100 * time.Millisecond)
		}
		b.profiled(way, b.options.Length)
		orders, took, err := b.orderFor(b.options.Length)
		if err != nil {
			return err
		}
		b.set(way, float64(len(orders))/took.Seconds())
		b.profiling.Wait()
		if err := b.tidy(orders); err != nil {
			return err
		}
	}
	return nil
}

// orderFor places orders for a time, several at once, and returns them.
func (b *bench) orderFor(length time.Duration) (orders []placed, took time.Duration, err error) {
	ctx, stop := context.WithTimeout(b.ctx, length)
	defer stop()
	var wg sync.WaitGroup
	done := make([][]placed, workers)
	failed := make([]error, workers)
	began := time.Now()
	for w := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				o, err := b.site.place(b.ctx, b.site.shops[(w+len(done[w]))%len(b.site.shops)], "")
				if err != nil {
					failed[w] = err
					return
				}
				done[w] = append(done[w], o)
			}
		})
	}
	wg.Wait()
	return slices.Concat(done...), time.Since(began), errors.Join(failed...)
}
