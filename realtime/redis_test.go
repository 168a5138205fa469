package realtime

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime/redistest"
)

// ledger is a database of two shops that hold nothing but numbers and orders.
type ledger struct {
	mu       sync.Mutex
	seq      map[int64]int64
	orders   map[int64]*app.Order // of shop 1
	house    int64
	slug     string // of its shops
	compares atomic.Int64
	loads    atomic.Int64
}

func newLedger() *ledger {
	return &ledger{seq: map[int64]int64{1: 1, 2: 1}, orders: map[int64]*app.Order{}}
}

func (l *ledger) Pizzerias(context.Context) (list []app.Pizzeria, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(l.seq)) {
		list = append(list, app.Pizzeria{ID: id, Slug: l.slug})
	}
	return list, nil
}

func (l *ledger) LoadBoard(_ context.Context, id int64) (*app.Board, error) {
	l.loads.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seq[id] == 0 {
		return nil, app.Errorf(app.NotFound, "no shop %d", id)
	}
	return app.NewBoard(app.Board{
		Pizzeria: app.Pizzeria{ID: id, Slug: l.slug}, Epoch: "e", Seq: l.seq[id], Menu: &app.Menu{}, Levels: map[int64]app.Level{}, Orders: maps.Clone(l.orders),
	}), nil
}

func (l *ledger) Past(_ context.Context, _ int64, day string) (app.Past, error) {
	return app.Past{Day: day}, nil
}

func (l *ledger) Positions(context.Context) (map[int64]app.Position, int, error) {
	l.compares.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[int64]app.Position{app.House: {Seq: l.house}}
	for id, seq := range l.seq {
		out[id] = app.Position{Epoch: "e", Seq: seq}
	}
	return out, 0, nil
}

// save changes a shop and returns the event.
func (l *ledger) save(shop int64) app.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq[shop]++
	o := &app.Order{ID: l.seq[shop], Pizzeria: shop, Version: 1, Status: app.Received, PlacedAt: time.Unix(1, 0).UTC(), Lines: []app.Line{}}
	l.orders[o.ID] = o
	return app.Event{Pizzeria: shop, Epoch: "e", Seq: l.seq[shop], Orders: []*app.Order{o}}
}

// process is one process's boards.
type process struct {
	*Boards
	others *Announcer
	log    *bytes.Buffer
	logMu  *sync.Mutex
	ended  sync.Map // hashes of sessions
}

// logBuffer keeps a log for a test to read while it is written.
type logBuffer struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func startProcess(t *testing.T, url, secret, build string, l *ledger, change ...func(*Announcer)) *process {
	t.Helper()
	p := &process{log: &bytes.Buffer{}, logMu: &sync.Mutex{}}
	log := slog.New(slog.NewTextHandler(logBuffer{p.logMu, p.log}, nil))
	var err error
	if p.others, err = NewAnnouncer(url, []byte(secret), build, log); err != nil {
		t.Fatal(err)
	}
	hub, err := NewHub(HubOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Long: a test that waits for a comparison by its pace would not pass.
	p.Boards = NewBoards(l, hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour, LostCompare: 50 * time.Millisecond, Announcer: p.others, Log: log})
	for _, c := range change {
		c(p.others)
	}
	p.others.Start(p.Boards, func(hashes ...string) {
		for _, h := range hashes {
			p.ended.Store(h, true)
		}
	})
	t.Cleanup(func() {
		if err := hub.Close(context.Background(), CloseRestart, 0); err != nil {
			t.Error(err)
		}
		p.Close()
		p.others.Close()
	})
	return p
}

func (p *process) at(t *testing.T, shop, seq int64) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; runtime.Gosched() { // without a pause: this is also measured
		b, err := p.Board(t.Context(), shop)
		if err == nil && b.Seq >= seq {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the board never has the event %d: %v", seq, err)
		}
	}
}

// hears waits for the end of a session.
func (p *process) hears(t *testing.T, hash string) {
	t.Helper()
	eventually(t, "the end of "+hash, func() bool { _, ok := p.ended.Load(hash); return ok })
}

func (p *process) joined(t *testing.T, want bool) {
	t.Helper()
	eventually(t, "Redis is noticed", func() bool { return p.others.Figures().Joined == want })
}

// settled waits until the subscriptions stand and the comparisons that they ask for are over.
func settled(t *testing.T, l *ledger, ps ...*process) {
	t.Helper()
	for _, p := range ps {
		p.joined(t, true)
	}
	for n := int64(-1); n != l.compares.Load(); time.Sleep(150 * time.Millisecond) {
		n = l.compares.Load()
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

const secret = "0123456789abcdef0123456789abcdef"

func TestAnnouncer(t *testing.T) {
	server := redistest.New(t)
	l := newLedger()
	a, b := startProcess(t, server.URL(), secret, "1", l), startProcess(t, server.URL(), secret, "1", l)
	a.at(t, 1, 1)
	b.at(t, 1, 1)
	settled(t, l, a, b)
	compares, loads := l.compares.Load(), l.loads.Load()

	t.Run("both ways, without the database", func(t *testing.T) {
		var took []time.Duration
		tell := func(from, to *process) {
			e := l.save(1)
			start := time.Now()
			from.Publish(t.Context(), e)
			to.at(t, 1, e.Seq)
			took = append(took, time.Since(start))
		}
		for range 50 {
			tell(a, b)
			tell(b, a)
		}
		slices.Sort(took)
		t.Logf("from process to process: p50 %v, p99 %v", took[len(took)/2], took[len(took)*99/100])
		if n, m := l.compares.Load()-compares, l.loads.Load()-loads; n+m != 0 {
			t.Errorf("100 events took %d comparisons and %d loads", n, m)
		}
		want, _ := a.Board(t.Context(), 1)
		got, _ := b.Board(t.Context(), 1)
		if !reflect.DeepEqual(want, got) {
			t.Error("the boards differ")
		}
	})
	t.Run("only the shops in memory", func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: server.Addr()})
		defer client.Close()
		n, err := client.PubSubNumSub(t.Context(), channelOf(1), channelOf(2), houseChannel).Result()
		if err != nil || n[channelOf(1)] != 2 || n[channelOf(2)] != 0 || n[houseChannel] != 2 {
			t.Error(n, err)
		}
	})
	t.Run("sessions that end", func(t *testing.T) {
		a.others.EndSessions("x", "y")
		b.hears(t, "x")
		b.hears(t, "y")
	})
	t.Run("a command", func(t *testing.T) {
		cli, err := NewAnnouncer(server.URL(), []byte(secret), "", slog.Default())
		if err != nil {
			t.Fatal(err)
		}
		defer cli.Close()
		l.mu.Lock()
		l.house++ // it has ended a session
		l.mu.Unlock()
		for _, p := range []*process{a, b} {
			select { // what came before
			case <-p.SessionsEnded():
			default:
			}
		}
		if n, err := cli.AskToCompare(t.Context()); n != 2 || err != nil {
			t.Errorf("%d processes heard it, %v", n, err)
		}
		for _, p := range []*process{a, b} {
			select {
			case <-p.SessionsEnded():
			case <-time.After(20 * time.Second):
				t.Error("a process does not compare when a command asks for it")
			}
		}
	})
	t.Run("a lost message", func(t *testing.T) {
		l.save(1) // never announced
		e := l.save(1)
		a.Publish(t.Context(), e)
		b.at(t, 1, e.Seq)
		a.at(t, 1, e.Seq)
	})
	t.Run("another build, another secret", func(t *testing.T) {
		other, stranger := startProcess(t, server.URL(), secret, "2", l), startProcess(t, server.URL(), strings.ToUpper(secret), "1", l)
		e := l.save(1)
		other.Publish(t.Context(), e)
		loads := l.loads.Load()
		b.at(t, 1, e.Seq)
		if l.loads.Load() == loads {
			t.Error("the order of another build was believed as it came")
		}
		settled(t, l, a, b, other)
		e.Seq++ // of another program, never saved
		stranger.others.announce(e)
		stranger.others.EndSessions("theirs")
		eventually(t, "it is counted", func() bool { return b.others.Figures().Unread >= 2 })
		_, ended := b.ended.Load("theirs")
		if board, _ := b.Board(t.Context(), 1); board.Seq == e.Seq || ended {
			t.Error("a message sealed by another was believed")
		}
	})
}

// TestLastAnnouncementLost: what was told last, and lost without an error, is found within seconds though nothing else happens, and nobody
// polls the database for it. No comparison comes by its pace here.
func TestLastAnnouncementLost(t *testing.T) {
	server := redistest.New(t)
	l := newLedger()
	if tellAgain > 5*time.Second || missedRounds*tellAgain+redisPing > 15*time.Second {
		t.Error("a loss is found too late")
	}
	const every = tellAgain / 5 // the test is less patient
	often := func(a *Announcer) { a.every = every }
	a, b := startProcess(t, server.URL(), secret, "1", l, often), startProcess(t, server.URL(), secret, "1", l, often)
	a.at(t, 1, 1)
	b.at(t, 1, 1)
	b.at(t, 2, 1) // a has no board of this shop
	settled(t, l, a, b)
	found := func(t *testing.T, what string, by *process, shop, seq int64) {
		t.Helper()
		start, compares := time.Now(), l.compares.Load()
		by.at(t, shop, seq)
		t.Logf("%s: found after %v, %d comparisons", what, time.Since(start).Round(time.Millisecond), l.compares.Load()-compares)
		if n := l.compares.Load() - compares; n != 1 {
			t.Errorf("%s: %d comparisons, want 1", what, n)
		}
	}
	t.Run("an event", func(t *testing.T) {
		e := l.save(1)
		a.hear(e) // as Publish does, but nobody is told
		found(t, "an event", b, 1, e.Seq)
	})
	t.Run("an event of a shop that only the other has in memory", func(t *testing.T) {
		e := l.save(2)
		a.others.keepNumber(e)
		found(t, "another shop's", b, 2, e.Seq)
	})
	t.Run("the end of a session", func(t *testing.T) {
		a.others.keepEnds([]string{"lost"})
		b.hears(t, "lost")
	})
	t.Run("nothing, when nothing is lost", func(t *testing.T) {
		compares, loads := l.compares.Load(), l.loads.Load()
		time.Sleep(5 * every)
		if n, m := l.compares.Load()-compares, l.loads.Load()-loads; n+m != 0 {
			t.Errorf("%d comparisons and %d loads in a quiet moment", n, m)
		}
	})
	t.Run("by a process that died before it could tell", func(t *testing.T) {
		l.save(1)
		e := l.save(1)
		a.others.Close()
		found(t, "a process fell silent", b, 1, e.Seq)
	})
}

// TestAnnouncerOverTLS: the real handshake with a certificate like Heroku's, and a server that closes clients that are idle, as Heroku's does. The
// message after a silence arrives all the same.
func TestAnnouncerOverTLS(t *testing.T) {
	server := redistest.NewTLS(t, time.Second)
	l := newLedger()
	seldom := func(a *Announcer) { a.every = time.Hour } // what is told again would keep the connection busy, and mend the loss
	a, b := startProcess(t, server.URL(), secret, "1", l, seldom), startProcess(t, server.URL(), secret, "1", l, seldom)
	a.at(t, 1, 1)
	b.at(t, 1, 1)
	settled(t, l, a, b)
	admin := redis.NewClient(&redis.Options{
		Addr: server.Addr(), Password: redistest.Password, TLSConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
	})
	defer admin.Close()
	compares := l.compares.Load()
	for range 2 {
		e := l.save(1)
		a.Publish(t.Context(), e)
		b.at(t, 1, e.Seq)
		eventually(t, "Redis closes the idle connection", func() bool {
			list, err := admin.ClientList(t.Context()).Result()
			return err == nil && !strings.Contains(list, "cmd=publish")
		})
	}
	if f, n := a.others.Figures(), l.compares.Load()-compares; f.Dropped != 0 || n != 0 {
		t.Errorf("%d messages lost, %d comparisons", f.Dropped, n)
	}
}

// TestAnnouncerFaults loses Redis in every way. Nothing waits for it and nothing is lost.
func TestAnnouncerFaults(t *testing.T) {
	server := redistest.New(t)
	server.Kill() // never there at start
	l := newLedger()
	a, b := startProcess(t, server.URL(), secret, "1", l), startProcess(t, server.URL(), secret, "1", l)
	b.at(t, 1, 1)
	eventually(t, "it is said", func() bool { return b.said("away") == 1 })

	step := func(what string) {
		t.Helper()
		e := l.save(1)
		start := time.Now()
		a.Publish(t.Context(), e)
		if d := time.Since(start); d > 100*time.Millisecond {
			t.Errorf("%s: publishing took %v", what, d)
		}
		b.at(t, 1, e.Seq)
	}
	step("never there")
	server.Start()
	settled(t, l, a, b)
	step("back")
	server.Kill()
	b.joined(t, false)
	step("killed")
	server.Start()
	settled(t, l, a, b)
	step("restarted")

	server.Pause()
	e := l.save(1)
	a.Publish(t.Context(), e) // nobody hears it, and nobody has noticed yet
	start := time.Now()
	b.at(t, 1, e.Seq)
	if d := time.Since(start); d > redisSilence+redisPing+3*time.Second {
		t.Errorf("a black hole was believed for %v", d)
	}
	for range 3 * announceQueue {
		a.others.EndSessions("x")
	}
	if d := time.Since(start); d > 15*time.Second {
		t.Errorf("a full queue holds its callers up: %v", d)
	}
	if f := a.others.Figures(); f.Dropped == 0 {
		t.Errorf("nothing dropped: %+v", f)
	}
	server.Resume()
	settled(t, l, a, b)
	step("resumed")
	if n := b.said("away"); n != 3 {
		t.Errorf("it was said %d times, want once for each of three faults: %s", n, b.log)
	}
}

func (p *process) said(what string) int {
	p.logMu.Lock()
	defer p.logMu.Unlock()
	return strings.Count(p.log.String(), what)
}

func TestAnnouncerURL(t *testing.T) {
	if a, err := NewAnnouncer("", nil, "", nil); a != nil || err != nil {
		t.Error(a, err)
	}
	var none *Announcer // a process alone
	none.Start(nil, nil)
	none.announce(app.Event{})
	none.EndSessions("x")
	none.follow(1)
	none.unfollow(1)
	if none.lost() || none.Figures() != (Announced{}) {
		t.Error("no Redis cannot be lost")
	}
	if n, err := none.AskToCompare(t.Context()); n != 0 || err != nil {
		t.Error(n, err)
	}
	none.Close()
	if _, err := NewAnnouncer("redis://:hunter2@host:port", []byte(secret), "", nil); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	a, err := NewAnnouncer("rediss://:p@host:6380", []byte(secret), "", slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if c := a.client.Options().TLSConfig; c == nil || !c.InsecureSkipVerify {
		t.Error("Heroku's chain is self-signed")
	}
	if idle := a.client.Options().ConnMaxIdleTime; idle <= 0 || idle > 300*time.Second/2 {
		t.Errorf("a connection may be idle for %v: Heroku closes it after 300 s", idle)
	}
}

// TestEventSurvives keeps an event what it was after its way through Redis: a field that JSON cannot carry would leave other processes'
// screens different from ours.
func TestEventSurvives(t *testing.T) {
	e := app.Event{Pizzeria: 1, Epoch: "e", Seq: 7, At: time.Unix(3, 4000).UTC()}
	fill(reflect.ValueOf(&e).Elem(), 0)
	data, err := json.Marshal(message{Event: &e})
	if err != nil {
		t.Fatal(err)
	}
	var back message
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(e, *back.Event) {
		t.Errorf("sent %+v\ngot  %+v", e, *back.Event)
	}
}

// fill sets every field to something, so that one that is lost shows; one that cannot be set from here is lost.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, depth+1)
		fill(e, depth+1)
		v.SetMapIndex(k, e)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, int64(depth)*1000).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	case reflect.String:
		v.SetString("é" + string(rune('a'+depth)))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(depth) + 1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	default:
		panic(v.Type().String() + " in an event: does JSON carry it?")
	}
}

// TestPace: how often boards are compared, by who else there is to hear of.
func TestPace(t *testing.T) {
	now := time.Now()
	lost, joined := &Announcer{}, &Announcer{}
	joined.joined.Store(true)
	for _, c := range []struct {
		name         string
		redis        *Announcer
		busy, others bool
		want         time.Duration
	}{
		{"alone and idle", nil, false, false, time.Minute},
		{"alone and busy", nil, true, false, 5 * time.Second},
		{"others, without Redis", nil, false, true, 5 * time.Second},
		{"others, with Redis", joined, false, true, time.Minute},
		{"busy, with Redis", joined, true, true, 5 * time.Second},
		{"others, Redis lost", lost, false, true, 2 * time.Second},
		{"busy, Redis lost", lost, true, false, 2 * time.Second},
		{"alone and idle, Redis lost", lost, false, false, time.Minute},
	} {
		b := &Boards{opt: BoardsOptions{Announcer: c.redis, IdleCompare: time.Minute, BusyCompare: 5 * time.Second, LostCompare: 2 * time.Second}}
		b.others.Store(c.others)
		if c.busy {
			b.busy()
		}
		if got := b.pace(now); got != c.want {
			t.Errorf("%s: every %s, want %s", c.name, got, c.want)
		}
	}
}
