package realtime

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
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
// (it lost 6 of 3,000 messages without an error in a fault test) shows as a gap in a sequence, in what is told again (see again), or in the
// next comparison with the database.
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
	every   time.Duration // between two rounds of what is told again
	joined  atomic.Bool   // the subscription stands and answers
	dropped atomic.Uint64
	unread  atomic.Uint64

	mu      sync.Mutex
	shops   map[int64]bool
	changed chan token           // of one: shops has changed
	told    map[int64]toldNumber // by shop: the last number told
	ended   map[string]time.Time // sessions by hash: when their end was told
	peers   map[string]time.Time // other processes: when they were last heard

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
}

// message is what one process tells the others.
type message struct {
	channel string
	From    string                 `json:"from"`
	Build   string                 `json:"build"`
	Event   *app.Event             `json:"event,omitempty"`
	Rider   *app.Rider             `json:"rider,omitempty"`   // in whose run: the channel's shop; never told again
	Ended   []string               `json:"ended,omitempty"`   // hashes of sessions
	Numbers map[int64]app.Position `json:"numbers,omitempty"` // by shop: how far the sender knows it to be
	Compare bool                   `json:"compare,omitempty"` // something was saved by a command, which knows no more of it
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
	// redisIdle is how long the sending connection may lie idle. Heroku's Redis closes it after 300 s, and nobody notices before a message is
	// lost in it: go-redis looks whether an idle connection lives, but not through TLS.
	redisIdle = time.Minute
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
	// Once more on a fresh connection if the old one proves closed; later, what is told again overtakes it. Twice does no harm: everything
	// has a number.
	o.DialerRetries, o.MaxRetries, o.ConnMaxIdleTime = 1, 1, redisIdle
	o.PoolSize = 1 // one goroutine sends
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
		client: redis.NewClient(o), seal: seal, id: rand.Text(), build: build, log: log, queue: make(chan message, announceQueue), every: tellAgain,
		shops: map[int64]bool{}, changed: make(chan token, 1), told: map[int64]toldNumber{}, ended: map[string]time.Time{}, peers: map[string]time.Time{},
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a, nil
}

// Start joins the other processes: what they tell goes to boards, and the ends of sessions to ended.
func (a *Announcer) Start(boards *Boards, ended func(hashes ...string)) {
	if a == nil {
		return
	}
	a.tasks.Go(func() { a.send(boards) })
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
