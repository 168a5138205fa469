package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/oc-pizza/ocpizza/app"
)

// What is told once may be lost without an error, and nothing else reveals a lost last message. So each process says again and again how far
// it knows the shops to be, and which sessions ended lately: who is behind compares with the database. A process that is not heard any more
// may have died with something untold: the others compare once. It costs Redis a small message, and the database nothing.
const (
	tellAgain = 2 * time.Second
	// tellAgainFor is how long the end of a session is told again, and the number of a shop whose board is not in memory here.
	tellAgainFor = 15 * time.Second
	// missedRounds is how many rounds a process may let pass before the others take it for dead.
	missedRounds = 3
)

// toldNumber is a shop's number when it was told.
type toldNumber struct {
	app.Position
	at time.Time
}

// announce queues an event for the others. It never waits.
func (a *Announcer) announce(e app.Event) {
	if a == nil {
		return
	}
	a.keepNumber(e)
	a.put(message{channel: channelOf(e.Pizzeria), Event: &e})
}

// announceRider queues a position for the others. It never waits, and is dropped rather than kept: the next one is better.
func (a *Announcer) announceRider(pizzeria int64, r app.Rider) {
	if a != nil && a.joined.Load() {
		a.put(message{channel: channelOf(pizzeria), Rider: &r})
	}
}

// EndSessions tells the others that sessions ended here. It never waits.
func (a *Announcer) EndSessions(hashes ...string) {
	if a == nil {
		return
	}
	a.keepEnds(hashes)
	a.put(message{channel: houseChannel, Ended: hashes})
}

// keepNumber and keepEnds keep what is told, to be told again.
func (a *Announcer) keepNumber(e app.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last := a.told[e.Pizzeria]; last.Epoch != e.Epoch || last.Seq < e.Seq {
		a.told[e.Pizzeria] = toldNumber{app.Position{Epoch: e.Epoch, Seq: e.Seq}, time.Now()}
	}
}

func (a *Announcer) keepEnds(hashes []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, hash := range hashes {
		a.ended[hash] = time.Now()
	}
}

// AskToCompare has the processes that run compare with the database, for a command that has saved something and is about to end. It returns
// once Redis has the message, with how many heard it: none without a Redis. The announcer need not have been started.
func (a *Announcer) AskToCompare(ctx context.Context) (heard int64, err error) {
	if a == nil {
		return 0, nil
	}
	return a.publish(ctx, []message{{channel: houseChannel, Compare: true}})
}

func (a *Announcer) put(m message) {
	select {
	case a.queue <- m:
	default:
		a.dropped.Add(1)
	}
}

// send is the one goroutine that gives messages to Redis, all that wait in one round trip.
func (a *Announcer) send(boards *Boards) {
	tick := time.NewTicker(a.every)
	defer tick.Stop()
	for {
		var batch, again []message
		select {
		case <-a.ctx.Done():
			return
		case m := <-a.queue:
			batch = append(batch, m)
		case <-tick.C:
			if !a.joined.Load() {
				continue // those who come back compare anyway
			}
			again = append(again, a.again(boards))
		}
		for len(batch) < announceBatch && len(a.queue) > 0 {
			batch = append(batch, <-a.queue)
		}
		lost := uint64(len(batch))
		if len(a.queue) == 0 { // the numbers told again must not overtake the events that they count
			batch = append(batch, again...)
		}
		if len(batch) == 0 {
			continue
		}
		if _, err := a.publish(a.ctx, batch); err != nil {
			a.dropped.Add(lost)
		}
	}
}

// again is what this process knows and others may have missed.
func (a *Announcer) again(boards *Boards) message {
	m := message{channel: houseChannel, Numbers: map[int64]app.Position{}}
	since := time.Now().Add(-tellAgainFor)
	a.mu.Lock()
	maps.DeleteFunc(a.told, func(_ int64, t toldNumber) bool { return t.at.Before(since) })
	maps.DeleteFunc(a.ended, func(_ string, at time.Time) bool { return at.Before(since) })
	for shop, t := range a.told {
		m.Numbers[shop] = t.Position
	}
	for hash := range a.ended {
		m.Ended = append(m.Ended, hash)
	}
	a.mu.Unlock()
	maps.Copy(m.Numbers, boards.numbers())
	return m
}

// publish gives messages to Redis and returns how many processes heard the last one.
func (a *Announcer) publish(ctx context.Context, batch []message) (heard int64, err error) {
	var last *redis.IntCmd
	_, err = a.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, m := range batch {
			m.From, m.Build = a.id, a.build
			plain, err := json.Marshal(m)
			if err != nil {
				return fmt.Errorf("realtime: %w", err)
			}
			last = p.Publish(ctx, m.channel, a.seal.Seal(nil, nil, plain, []byte(m.channel)))
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return last.Val(), nil
}
