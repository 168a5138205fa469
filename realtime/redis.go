package realtime

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/oc-pizza/ocpizza/app"
)

// Announcer tells other processes, by Redis pub/sub, what happened in this one, and hears from them. It is never needed: what Redis loses
// (it lost 6 of 3,000 messages without an error in a fault test) shows as a gap in a sequence, or in the next comparison with the database.
//
// Only shops whose boards are in memory are listened to. Messages are sealed with a key made of the program's secret: they hold addresses,
// and the host's Redis has a certificate that nobody can verify; nor can another program that uses the same Redis disturb this one.
//
// A nil *Announcer is that of a process without Redis: it tells nobody and hears nothing.
type Announcer struct {
	client *redis.Client
	seal   cipher.AEAD
	id     string // of this process, to know its own messages
	build  string
	log    *slog.Logger

	queue   chan message
	joined  atomic.Bool // the subscription stands and answers
	dropped atomic.Uint64
	unread  atomic.Uint64

	mu      sync.Mutex
	shops   map[int64]bool
	changed chan token // of one: shops has changed

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
}

// message is what one process tells the others.
type message struct {
	channel string
	From    string     `json:"from"`
	Build   string     `json:"build"`
	Event   *app.Event `json:"event,omitempty"`
	Ended   []string   `json:"ended,omitempty"` // hashes of sessions
}

// Channels: one for each shop, one that every process listens to.
const (
	shopChannel  = "ocpizza:shop:"
	houseChannel = "ocpizza:house"
)

func channelOf(shop int64) string { return shopChannel + strconv.FormatInt(shop, 10) }

const (
	// announceQueue is how many messages may wait while Redis is slow; beyond it they are dropped: orders do not wait.
	announceQueue = 1024
	announceBatch = 64
	// redisPing is how often the subscription is asked for a sign of life, redisSilence how long it may take: a host that swallows
	// packets must not be believed for longer than the boards are compared anyway.
	redisPing    = 2 * time.Second
	redisSilence = 5 * time.Second
	redisTimeout = 2 * time.Second
)

// NewAnnouncer makes the announcer of a process for a redis:// or rediss:// URL; nil for "". It does not connect: a Redis that is away is
// found out, and waited for, in the background. All processes of a program share the secret.
//
// The certificate behind rediss is not verified: Heroku's is self-signed, and this is what Heroku documents
// (https://devcenter.heroku.com/articles/connecting-heroku-redis). Messages are sealed by themselves.
func NewAnnouncer(url string, secret []byte, build string, log *slog.Logger) (*Announcer, error) {
	if url == "" {
		return nil, nil
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("the Redis URL cannot be read: expected redis:// or rediss://user:password@host:port") // err may quote the password
	}
	if o.TLSConfig != nil {
		o.TLSConfig.InsecureSkipVerify = true
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = redisTimeout, redisTimeout, redisTimeout, redisTimeout
	o.DialerRetries, o.MaxRetries = 1, -1 // a message that failed is late already: the comparison overtakes it
	o.PoolSize = 1                        // one goroutine sends
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	logging.Disable() // it would log each failed dial; a change of state is logged once, below
	key, err := hkdf.Key(sha256.New, secret, nil, "ocpizza announcements", 32)
	if err != nil {
		return nil, fmt.Errorf("realtime: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("realtime: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("realtime: %w", err)
	}
	a := &Announcer{
		client: redis.NewClient(o), seal: seal, id: rand.Text(), build: build, log: log, queue: make(chan message, announceQueue),
		shops: map[int64]bool{}, changed: make(chan token, 1),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a, nil
}

// Start joins the other processes: what they tell goes to boards, and the ends of sessions to ended.
func (a *Announcer) Start(boards *Boards, ended func(hashes ...string)) {
	if a == nil {
		return
	}
	a.tasks.Go(a.send)
	a.tasks.Go(func() { a.listen(boards, ended) })
}

// Close leaves. What waits to be sent has a moment to go: the others need not find it out by comparing.
func (a *Announcer) Close() {
	if a == nil {
		return
	}
	for deadline := time.Now().Add(redisTimeout / 4); len(a.queue) > 0 && a.joined.Load() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	a.cancel()
	a.tasks.Wait()
	_ = a.client.Close() // nothing is left to be told
}

// announce queues an event for the others. It never waits.
func (a *Announcer) announce(e app.Event) {
	if a != nil {
		a.put(message{channel: channelOf(e.Pizzeria), Event: &e})
	}
}

// EndSessions tells the others that sessions ended here. It never waits.
func (a *Announcer) EndSessions(hashes ...string) {
	if a != nil {
		a.put(message{channel: houseChannel, Ended: hashes})
	}
}

// EndSessionsNow is EndSessions for a process that is about to end, and was not started: it returns once Redis has the message.
func (a *Announcer) EndSessionsNow(ctx context.Context, hashes []string) error {
	if a == nil || len(hashes) == 0 {
		return nil
	}
	return a.publish(ctx, []message{{channel: houseChannel, Ended: hashes}})
}

func (a *Announcer) put(m message) {
	select {
	case a.queue <- m:
	default:
		a.dropped.Add(1)
	}
}

// Announced are the announcer's figures.
type Announced struct {
	Joined  bool   // to the other processes
	Queued  int    // messages that wait for Redis
	Dropped uint64 // messages that Redis did not get: the others find out by comparing
	Unread  uint64 // messages that were not ours to read: another secret, another program
}

// Figures of the announcer; zero without Redis.
func (a *Announcer) Figures() Announced {
	if a == nil {
		return Announced{}
	}
	return Announced{Joined: a.joined.Load(), Queued: len(a.queue), Dropped: a.dropped.Load(), Unread: a.unread.Load()}
}

// lost tells whether there is a Redis and it cannot be relied upon now.
func (a *Announcer) lost() bool { return a != nil && !a.joined.Load() }

// follow and unfollow say which shops' events are wanted. They never wait.
func (a *Announcer) follow(shop int64)   { a.want(shop, true) }
func (a *Announcer) unfollow(shop int64) { a.want(shop, false) }

func (a *Announcer) want(shop int64, wanted bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if wanted {
		a.shops[shop] = true
	} else {
		delete(a.shops, shop)
	}
	select {
	case a.changed <- token{}:
	default:
	}
}

// send is the one goroutine that gives messages to Redis, all that wait in one round trip.
func (a *Announcer) send() {
	for {
		var batch []message
		select {
		case <-a.ctx.Done():
			return
		case m := <-a.queue:
			batch = append(batch, m)
		}
		for len(batch) < announceBatch && len(a.queue) > 0 {
			batch = append(batch, <-a.queue)
		}
		if err := a.publish(a.ctx, batch); err != nil {
			a.dropped.Add(uint64(len(batch)))
		}
	}
}

func (a *Announcer) publish(ctx context.Context, batch []message) error {
	_, err := a.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, m := range batch {
			m.From, m.Build = a.id, a.build
			plain, err := json.Marshal(m)
			if err != nil {
				return fmt.Errorf("realtime: %w", err)
			}
			p.Publish(ctx, m.channel, a.seal.Seal(nil, nil, plain, []byte(m.channel)))
		}
		return nil
	})
	return err
}
