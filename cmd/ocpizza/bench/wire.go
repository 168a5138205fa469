package bench

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Sizes of patches in bytes of markup: a ticket's line, and a large piece that fills the queue of whoever does not read.
const (
	small = 530
	large = 16 << 10
)

// patience is how long all deliveries of a volley may take.
const patience = 30 * time.Second

// toAll sends patches to every socket and waits for the last: how long it took, and the server's processor time.
func (b *bench) toAll(tag byte, count int) (took time.Duration, deliveries int, cpu float64, err error) {
	n := b.crowd.count(upToDate) * count
	b.crowd.begin(tag, false)
	before, err := cpuSeconds(b.server.pid)
	if err != nil {
		return 0, 0, 0, err
	}
	began, err := b.server.publish(b.ctx, volley{Count: count, Bytes: small, Tag: string(tag)})
	if err != nil {
		return 0, 0, 0, err
	}
	t := b.crowd.await(b.ctx, tag, n, patience)
	after, err := cpuSeconds(b.server.pid)
	if err == nil && t.n != n {
		err = fmt.Errorf("%d remises sur %d sont arrivées", t.n, n)
	}
	return time.Duration(t.last - began), n, after - before, err
}

// repeat measures a broadcast several times: the median of the times, and the processor time of all.
func (b *bench) repeat(tag byte, count, times int, rest time.Duration) (typical, cpuPerMillion float64, deliveries int, err error) {
	var all []float64
	cpu, total := 0.0, 0
	for range times {
		took, n, used, err := b.toAll(tag, count)
		if err != nil {
			return 0, 0, 0, err
		}
		all = append(all, took.Seconds())
		cpu += used
		total += n
		deliveries = n
		b.pause(rest)
	}
	return median(all), cpu / float64(total) * 1e6, deliveries, nil
}

func (b *bench) single() error {
	b.profiled("single", 3*time.Second)
	typical, cpu, _, err := b.repeat('a', 1, b.times(20), 50*time.Millisecond)
	if err != nil {
		return err
	}
	b.set("single_last_ms", typical*1000)
	b.set("single_cpu_s_per_million", cpu)
	return nil
}

func (b *bench) burst() error {
	b.profiled("burst", 3*time.Second)
	typical, cpu, n, err := b.repeat('b', 40, b.times(8), 300*time.Millisecond)
	if err != nil {
		return err
	}
	b.set("burst_deliveries_per_s", float64(n)/typical)
	b.set("burst_cpu_s_per_million", cpu)
	return nil
}

// rate is how many targeted patches are published in a second.
const rate = 500

// few publishes to few at a steady rate, so many in a second, and returns how long each delivery took, sorted, in nanoseconds.
func (b *bench) few(tag byte, topics []string, bytes, expected, rate int, length time.Duration) ([]int64, error) {
	b.crowd.begin(tag, true)
	count := int(length.Seconds() * float64(rate))
	v := volley{Topics: topics, Each: true, Count: count, Bytes: bytes, Every: time.Second / time.Duration(rate), Tag: string(tag)}
	if _, err := b.server.publish(b.ctx, v); err != nil {
		return nil, err
	}
	t := b.crowd.await(b.ctx, tag, count*expected, 2*time.Second)
	if t.n == 0 {
		return nil, errors.New("aucune remise n’est arrivée")
	}
	if expected == watchers && t.n != count*expected {
		return nil, fmt.Errorf("%d remises sur %d sont arrivées", t.n, count*expected)
	}
	return slices.Sorted(slices.Values(t.each)), nil
}

func (b *bench) targeted() error {
	b.profiled("targeted", b.options.Length)
	all, err := b.few('t', b.busyTopics, small, watchers, rate, b.options.Length)
	if err != nil {
		return err
	}
	b.set("targeted_p50_ms", percentile(all, 0.5))
	b.set("targeted_p99_ms", percentile(all, 0.99))
	b.set("targeted_p999_ms", percentile(all, 0.999))
	return nil
}

// busy measures targeted patches while all menus get a patch four times a second.
func (b *bench) busy() error {
	const every = 250 * time.Millisecond
	b.profiled("busy", b.options.Length)
	failed := make(chan error, 1)
	go func() {
		_, err := b.server.publish(b.ctx, volley{Topics: b.menuTopics, Count: int(b.options.Length / every), Bytes: small, Every: every, Tag: "c"})
		failed <- err
	}()
	all, err := b.few('u', b.busyTopics, small, watchers, rate, b.options.Length)
	if err = errors.Join(err, <-failed); err != nil {
		return err
	}
	b.set("busy_p50_ms", percentile(all, 0.5))
	b.set("busy_p99_ms", percentile(all, 0.99))
	b.set("busy_p999_ms", percentile(all, 0.999))
	return nil
}

// fillings is how many large patches each stuck socket gets at least: what the kernel holds for it, its queue, and then one too many.
const fillings = 16

// stalled makes one socket in ten stop reading: four of the five followers of as many orders as that takes. Large patches to these orders
// fill the stuck sockets' queues until the server closes them; what the fifth one sees is measured, and before that the same without stuck ones.
func (b *bench) stalled() error {
	n := max(1, b.options.Sockets/10/(watchers-1))
	topics := b.busyTopics[:min(n, len(b.busyTopics))]
	pace := min(rate, 20*len(topics)) // large patches, as fast as a reader can take that is held up for a moment
	free, err := b.few('v', topics, large, watchers, pace, b.options.Length/2)
	if err != nil {
		return err
	}
	b.set("unstalled_worst_ms", percentile(free, 1))

	var stuck []int
	for i := range topics {
		stuck = append(stuck, b.tracking[i*watchers:i*watchers+watchers-1]...)
	}
	before, err := b.server.state(b.ctx, false)
	if err != nil {
		return err
	}
	empty := buffersKB()
	b.crowd.stall(stuck)
	most, stop, stopped := 0.0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			most = max(most, buffersKB()-empty)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	all, err := b.few('w', topics, large, 1, pace, max(b.options.Length, time.Duration(fillings*len(topics))*time.Second/time.Duration(pace)))
	close(stop)
	<-stopped
	if err != nil {
		return err
	}
	after, err := b.server.state(b.ctx, false)
	if err != nil {
		return err
	}
	b.set("stalled_p99_ms", percentile(all, 0.99))
	b.set("stalled_worst_ms", percentile(all, 1))
	b.set("stalled_kernel_mb", most/1024/float64(len(stuck)))
	b.result.Stalled = len(stuck)
	b.set("stalled_queue_kb", float64(after.Backlog)/1024)
	b.set("stalled_closed", float64(after.Overflows-before.Overflows))
	b.crowd.cut(stuck)
	if _, failed := b.crowd.open(b.ctx, stuck, openFor); failed > 0 {
		return b.unopened(failed)
	}
	return nil
}

// herd cuts every socket and lets all come back at once: one in ten with a page that misses its last change.
func (b *bench) herd() error {
	all := b.crowd.all()
	var times []float64
	var errs, statements float64
	for range b.times(3) {
		b.crowd.lock()
		for i := range b.crowd.guests {
			if g := &b.crowd.guests[i]; i%10 == 0 && g.seq > 0 {
				g.seq--
			}
		}
		b.crowd.unlock()
		b.crowd.news() // of before
		var before, after uint64
		var err error
		if b.server.door != "" {
			if before, err = b.server.sent(b.ctx); err != nil {
				return err
			}
		}
		b.profiled("herd", 2*time.Second)
		began := time.Now()
		b.crowd.cut(all)
		_, failed := b.crowd.open(b.ctx, all, openFor)
		took := time.Since(began)
		b.profiling.Wait()
		back := b.crowd.news()
		b.say("  %d de retour en %.2f s, dont %d avec tout l’écran ; %d échecs %v", back.greeted, took.Seconds(), back.whole, failed, back.lost)
		times = append(times, took.Seconds())
		errs += float64(failed)
		if b.server.door != "" {
			if after, err = b.server.sent(b.ctx); err != nil {
				return err
			}
			statements = max(statements, float64(after-before))
		}
		b.pause(time.Second)
	}
	b.set("herd_s", median(times))
	b.set("herd_errors", errs)
	if b.server.door != "" {
		b.set("herd_sql", statements)
	}
	return nil
}
