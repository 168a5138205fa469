package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/oc-pizza/ocpizza/app"
)

// listen keeps a subscription for as long as the process lives, a new one after each loss.
func (a *Announcer) listen(boards *Boards, ended func(hashes ...string)) {
	told := false // the first try that fails is a change of state too
	for a.ctx.Err() == nil {
		err := a.subscribe(boards, ended)
		if a.ctx.Err() != nil {
			return
		}
		if a.joined.Swap(false) || !told {
			told = true
			a.log.Warn("Redis is away: other processes' changes are found by comparing with the database", "err", err)
			// What was told in the last seconds may be lost.
			boards.busy()
			boards.CompareSoon()
		}
		select {
		case <-a.ctx.Done():
		case <-time.After(250*time.Millisecond + rand.N(500*time.Millisecond)): // the processes should not all come back at once
		}
	}
}

// subscribe serves one subscription until it breaks, and says why.
func (a *Announcer) subscribe(boards *Boards, ended func(hashes ...string)) error {
	ctx, cancel := context.WithCancel(a.ctx)
	sub := a.client.Subscribe(ctx)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer cancel()
	defer func() { _ = sub.Close() }() // it may have been closed by tend already

	if err := sub.Subscribe(ctx, houseChannel); err != nil {
		return err
	}
	var heard atomic.Int64 // Unix nanoseconds of the last sign of life
	heard.Store(time.Now().UnixNano())
	tasks.Go(func() { a.tend(ctx, sub, &heard, boards) })
	for {
		// Without a time-out: one that struck in the middle of a message would spoil those behind. tend closes what is silent.
		m, err := sub.Receive(ctx)
		if err != nil {
			return err
		}
		heard.Store(time.Now().UnixNano())
		switch m := m.(type) {
		case *redis.Subscription:
			if m.Kind != "subscribe" {
				continue
			}
			if !a.joined.Swap(true) {
				a.log.Info("joined the other processes by Redis")
			}
			// From here on nothing is missed; what came before may have been.
			boards.CompareSoon()
		case *redis.Message:
			a.receive(m, boards, ended)
		}
	}
}

// tend keeps the subscription to the shops that are wanted, and closes it when nothing is heard any more. It also notices other processes
// that have fallen silent.
func (a *Announcer) tend(ctx context.Context, sub *redis.PubSub, heard *atomic.Int64, boards *Boards) {
	ping := time.NewTicker(redisPing)
	defer ping.Stop()
	has := map[int64]bool{}
	for {
		err := a.adjust(ctx, sub, has)
		if err != nil {
			_ = sub.Close()
			return
		}
		select {
		case <-ctx.Done():
			_ = sub.Close() // Receive waits for it
			return
		case <-a.changed:
			continue
		case <-ping.C:
		}
		if a.missing() {
			boards.CompareSoon()
		}
		if time.Since(time.Unix(0, heard.Load())) > redisSilence || sub.Ping(ctx) != nil {
			_ = sub.Close()
			return
		}
	}
}

// missing reports whether another process has fallen silent since it was last asked.
func (a *Announcer) missing() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.peers)
	maps.DeleteFunc(a.peers, func(_ string, at time.Time) bool { return time.Since(at) > missedRounds*a.every })
	return len(a.peers) < n
}

// adjust subscribes to the shops that came and unsubscribes from those that left; has is what the subscription has.
func (a *Announcer) adjust(ctx context.Context, sub *redis.PubSub, has map[int64]bool) error {
	var more, less []string
	a.mu.Lock()
	for id := range a.shops {
		if !has[id] {
			has[id] = true
			more = append(more, channelOf(id))
		}
	}
	for id := range has {
		if !a.shops[id] {
			delete(has, id)
			less = append(less, channelOf(id))
		}
	}
	a.mu.Unlock()
	var errs [2]error
	if len(more) > 0 {
		errs[0] = sub.Subscribe(ctx, more...)
	}
	if len(less) > 0 {
		errs[1] = sub.Unsubscribe(ctx, less...)
	}
	return errors.Join(errs[:]...)
}

// receive takes in what another process told.
func (a *Announcer) receive(raw *redis.Message, boards *Boards, ended func(hashes ...string)) {
	m, err := a.open(raw.Channel, raw.Payload)
	if err != nil {
		if a.unread.Add(1) == 1 {
			a.log.Warn("a message on Redis is not ours: do all processes have the same secret?", "channel", raw.Channel, "err", err)
		}
		return
	}
	if m.From == a.id {
		return
	}
	if strings.HasPrefix(raw.Channel, shopChannel) {
		if m.Event != nil {
			boards.hear(*m.Event)
		}
		if shop, err := strconv.ParseInt(strings.TrimPrefix(raw.Channel, shopChannel), 10, 64); err == nil && m.Rider != nil {
			boards.hearRider(shop, *m.Rider)
		}
		return
	}
	if m.Compare { // by a command, which is no process to be missed
		boards.CompareSoon()
		return
	}
	a.mu.Lock()
	a.peers[m.From] = time.Now()
	a.mu.Unlock()
	if len(m.Ended) > 0 {
		ended(m.Ended...)
	}
	boards.hearNumbers(m.Numbers)
}

func (a *Announcer) open(channel, payload string) (message, error) {
	plain, err := a.seal.Open(nil, nil, []byte(payload), []byte(channel))
	if err != nil {
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(plain, &m); err != nil {
		return message{}, err
	}
	if e := m.Event; e != nil && m.Build != a.build {
		// While versions overlap, an order may have fields that the other one does not know: it is read from the database.
		m.Event = &app.Event{Pizzeria: e.Pizzeria, Epoch: e.Epoch, Seq: e.Seq, At: e.At, Reload: true}
	}
	return m, nil
}
