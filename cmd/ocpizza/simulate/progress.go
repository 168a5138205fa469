package simulate

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// ticker tells now and then how the evening goes: one line that is drawn again on a terminal, a new line elsewhere.
type ticker struct {
	quit chan struct{}
	wg   sync.WaitGroup
}

func (e *play) startProgress(w io.Writer) *ticker {
	t := &ticker{quit: make(chan struct{})}
	every, before, after := 5*time.Second, "", "\n"
	terminal := isTerminal(w)
	if terminal {
		every, before, after = 500*time.Millisecond, "\r\x1b[K", ""
	}
	t.wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-t.quit:
				if terminal {
					fmt.Fprint(w, before)
				}
				return
			case <-tick.C:
				fmt.Fprint(w, before, e.line(), after)
			}
		}
	})
	return t
}

func (t *ticker) stop() {
	close(t.quit)
	t.wg.Wait()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// line is how the evening stands.
func (e *play) line() string {
	making, riding := 0, 0
	e.mu.Lock()
	for _, o := range e.orders {
		switch o.status() {
		case "received", "preparing", "on_hold":
			making++
		case "on_the_way":
			riding++
		}
	}
	e.mu.Unlock()
	n := e.site.notes
	n.mu.Lock()
	defer n.mu.Unlock()
	kitchen := n.samples[kitchenScreen]
	seen := spreadOf(kitchen[max(0, len(kitchen)-1000):])
	return fmt.Sprintf("%s · %d commandes (%s/s) · %d en cuisine, %d en route, %d remises, %d annulées · %d refus de stock · cuisine p50 %s p99 %s ms · %d trous · %d règles rompues",
		e.clock.now().Format("15:04"), n.counts[placed], french(float64(n.counts[placed])/time.Since(e.clock.began).Seconds()),
		making, riding, n.counts[delivered]+n.counts[collected], n.counts[cancelled], n.counts[soldOut], french(seen.P50), french(seen.P99), n.counts[gaps], len(n.broken))
}
