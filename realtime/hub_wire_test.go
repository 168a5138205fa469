package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gofiber/websocket/v2"
)

func TestPatchesFollowHello(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		st := newSite(t, opts)
		// A board: its lock orders hellos and patches; a hello tells the number that the patches go on from.
		var mu sync.Mutex
		var seq int64
		st.join = func(_ *websocket.Conn, s *Socket) error {
			mu.Lock()
			defer mu.Unlock()
			return st.Join(s, "board", Hello{Seq: seq}.Frame())
		}
		stop := make(chan token)
		var publisher sync.WaitGroup
		publisher.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				seq++
				st.patch("board", seq, "<b>"+strings.Repeat("x", int(seq%300))+"</b>")
				mu.Unlock()
				time.Sleep(50 * time.Microsecond)
			}
		})
		var guests sync.WaitGroup
		for range 8 {
			guests.Go(func() {
				for range 10 {
					g, err := st.tryVisit("board", nil)
					if err != nil {
						t.Error(err)
						return
					}
					last := int64(-1)
					for n := 0; n < 100; {
						op, p, err := g.frame()
						if op == ws.OpPing {
							continue
						}
						if err != nil || op != ws.OpText {
							t.Error(op, err)
							break
						}
						var s said
						decode(t, p, &s)
						if n == 0 && s.K != "hello" {
							t.Errorf("first came %s", p)
						}
						if s.K == "ping" && s.S == last {
							continue
						}
						if n > 0 && (s.K != "patch" || s.P != last || s.S != last+1) {
							t.Errorf("after %d came %s", last, p)
							break
						}
						last = s.S
						n++
					}
					_ = g.Close()
				}
			})
		}
		guests.Wait()
		close(stop)
		publisher.Wait()
	})
}

func TestEarlyBytes(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		st := newSite(t, opts)
		// An ack, and a ping that is cut in the middle: its end comes later.
		early := masked(ws.NewTextFrame([]byte(`{"k":"ack","s":77}`)))
		ping := masked(ws.NewPingFrame([]byte("there?")))
		g := st.visit("a", append(early, ping[:5]...)...)
		g.hello()
		g.raw(ping[5:])
		if op, p, err := g.frame(); op != ws.OpPong || string(p) != "there?" || err != nil {
			t.Fatal(op, string(p), err)
		}
		if got := st.Snapshot(); len(got) != 1 || got[0].Acked != 77 {
			t.Fatalf("%+v", got)
		}
	})
}

// Frames larger than the send buffer leave in parts.
func TestLargeFrames(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.MaxQueue = 32 << 20
		st := newSite(t, opts)
		g := st.visit("a")
		g.hello()
		const n = 30
		html := func(seq int) string { return strings.Repeat(fmt.Sprint("<i>", seq, "</i>"), seq*2000) }
		for seq := 2; seq < n; seq++ {
			st.patch("a", int64(seq), html(seq))
		}
		until(t, "partial write", func() bool { return st.Figures().Kinds["test"].Queued > 0 })
		for seq := 2; seq < n; seq++ {
			if s := g.hear(); s.S != int64(seq) || s.O[0].HTML != html(seq) {
				t.Fatalf("patch %d is damaged", seq)
			}
		}
	})
}

// A phone that does not read is told to come back; nobody else notices.
func TestStuckSocket(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.CloseGrace = patience
		st := newSite(t, opts)
		stuck := st.visit("a?kind=stuck")
		stuck.hello()
		healthy := make([]*guest, 10)
		for i := range healthy {
			healthy[i] = st.visit("a?kind=healthy")
			healthy[i].hello()
		}
		html := strings.Repeat("x", 8<<10)
		seq := int64(1)
		for st.Watchers("a") > len(healthy) {
			seq++
			st.patch("a", seq, html)
			for _, g := range healthy {
				if s := g.hear(); s.S != seq {
					t.Fatalf("healthy one heard %d, not %d", s.S, seq)
				}
			}
			if k := st.Figures().Kinds["stuck"]; k.Queued > 2*(64<<10) {
				t.Fatalf("%d bytes wait", k.Queued)
			}
			if seq > 100_000 {
				t.Fatal("never too slow")
			}
		}
		f := st.Figures()
		if f.Overflows != 1 || f.Closes[CloseTooSlow] != 1 {
			t.Errorf("%+v", f)
		}
		if f.Backlog < 48<<10 || f.Backlog > 64<<10 {
			t.Errorf("%d bytes waited at most", f.Backlog)
		}
		// What it had begun to get comes whole, then the code.
		for want := int64(2); ; want++ {
			op, p, err := stuck.frame()
			if err != nil {
				t.Fatal(err)
			}
			if op == ws.OpClose {
				if code, _ := ws.ParseCloseFrameData(p); Code(code) != CloseTooSlow {
					t.Errorf("closed with %d", code)
				}
				break
			}
			var s said
			decode(t, p, &s)
			if s.S != want {
				t.Fatalf("heard %d, not %d", s.S, want)
			}
		}
	})
}

// A peer that never reads its close frame is given up.
func TestStuckCloseIsGivenUp(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.CloseGrace = time.Millisecond
		st := newSite(t, opts)
		st.visit("a").hello()
		st.CloseTopic("a", CloseRestart)
		until(t, "gone", func() bool { return st.count() == 0 })
	})
}

func TestHeartbeat(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.Heartbeat = 30 * time.Millisecond
		opts.PingEvery = 50 * time.Millisecond
		opts.Build = `b"1`
		opts.Now = func() time.Time { return time.UnixMilli(1234) }
		st := newSite(t, opts)
		g := st.visit("a")
		g.hello()
		var beats, pings int
		for seq := int64(1); beats < 6 || pings < 2; {
			op, p, err := g.frame()
			if err != nil {
				t.Fatal(err)
			}
			if op == ws.OpPing {
				pings++
				g.say(ws.OpPong, p)
				continue
			}
			var s said
			decode(t, p, &s)
			switch {
			case s.K == "patch" && s.S == seq+1:
				seq++
			case s.K == "ping" && s.S == seq && s.B == opts.Build && s.T == 1234:
				// Heartbeats must not run ahead of patches, nor stay behind.
				g.text(fmt.Sprintf(`{"k":"ack","s":%d}`, s.S))
				st.patch("a", seq+1, "x")
				beats++
			default:
				t.Fatalf("at %d heard %s", seq, p)
			}
		}
	})
}

func TestSilentPeerIsCut(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.Heartbeat = 10 * time.Millisecond
		opts.IdleTimeout = 100 * time.Millisecond
		st := newSite(t, opts)
		st.visit("a").hello()
		until(t, "cut", func() bool { f := st.Figures(); return f.Silent == 1 && f.Closes[CloseAbnormal] == 1 })
	})
}

func TestCloseSession(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		st := newSite(t, opts)
		var mine []*guest
		for _, topic := range []string{"a", "b", "a"} {
			mine = append(mine, st.visit(topic+"?session=mine"))
		}
		other := st.visit("a?session=other")
		none := st.visit("a")
		for _, g := range append(mine, other, none) {
			g.hello()
		}
		st.CloseSession("mine", CloseSessionOver)
		st.CloseSession("unknown", CloseSessionOver)
		st.CloseSession("", CloseSessionOver)
		for _, g := range mine {
			if code := g.ended(); code != CloseSessionOver {
				t.Errorf("closed with %d", code)
			}
		}
		st.patch("a", 2, "x")
		if other.hear().S != 2 || none.hear().S != 2 {
			t.Error("others are disturbed")
		}
		if st.Watchers("a") != 2 || st.Watched("b") {
			t.Error("watchers remain")
		}
		// The list of a session's sockets stays right whichever goes.
		again := []*guest{st.visit("a?session=mine"), st.visit("a?session=mine"), st.visit("a?session=mine")}
		for _, g := range again {
			g.hello()
		}
		_ = again[1].Close()
		until(t, "seen closed", func() bool { return st.Watchers("a") == 4 })
		st.CloseSession("mine", CloseSessionOver)
		if again[0].ended() != CloseSessionOver || again[2].ended() != CloseSessionOver {
			t.Error("not closed")
		}
	})
}

// A logout between the handshake and Join is not missed.
func TestSessionEndsWhileJoining(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		st := newSite(t, opts)
		st.join = func(_ *websocket.Conn, s *Socket) error {
			st.CloseSession("mine", CloseSessionOver)
			return st.Join(s, "a", Hello{}.Frame())
		}
		if code := st.visit("a?session=mine").ended(); code != CloseSessionOver {
			t.Errorf("closed with %d", code)
		}
		until(t, "left", func() bool { return !st.Watched("a") })
	})
}

func TestRefusedJoin(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		st := newSite(t, opts)
		cases := map[string]struct {
			join func() error
			code Code
		}{
			"bad-error":   {func() error { return errors.New("no board") }, CloseInternal},
			"bad-allowed": {func() error { return fmt.Errorf("not for you: %w", Closing{Code: CloseNotAllowed}) }, CloseNotAllowed},
			"bad-long":    {func() error { return Closing{Code: CloseRestart, Reason: strings.Repeat("é", 200)} }, CloseRestart},
			"bad-panic":   {func() error { panic("kitchen on fire") }, CloseInternal},
			"bad-nothing": {func() error { return nil }, CloseInternal},
		}
		st.join = func(c *websocket.Conn, _ *Socket) error { return cases[c.Params("topic")].join() }
		for path, c := range cases {
			if code := st.visit(path).ended(); code != c.code {
				t.Errorf("%s: closed with %d, want %d", path, code, c.code)
			}
		}
		until(t, "gone", func() bool { return st.count() == 0 })
	})
}

// count is the number of sockets, those that are closing included.
func (h *Hub) count() (n int) {
	h.ask(func(l *loop) { n = l.count })
	return n
}

func TestCloseInWaves(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.Heartbeat = time.Second
		st := newSite(t, opts)
		const n = 40
		ended := make(chan time.Time, n)
		for range n {
			g := st.visit("a")
			g.hello()
			go func() {
				code, err := g.end()
				if code != CloseRestart || err != nil {
					t.Error(code, err)
				}
				ended <- time.Now()
			}()
		}
		begun := time.Now()
		if err := st.Close(context.Background(), CloseRestart, 300*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		waves := map[time.Duration]int{}
		for range n {
			waves[(<-ended).Sub(begun)/(50*time.Millisecond)]++
		}
		if len(waves) < 3 {
			t.Errorf("not in waves: %v", waves)
		}
		if st.Publish("a", NewFrame(nil)); st.Watched("a") {
			t.Error("still watched")
		}
		if err := st.Close(context.Background(), CloseRestart, 0); err != nil {
			t.Error(err)
		}
		// A socket that comes later is not kept.
		g, err := st.tryVisit("bad", nil)
		if err == nil {
			_, err = g.end()
		}
		if err == nil {
			t.Error("a closed hub takes sockets")
		}
	})
}

func TestCloseCutsAtItsDeadline(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.CloseGrace = time.Hour
		st := newSite(t, opts)
		st.visit("a").hello() // and never answers the close frame
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := st.Close(ctx, CloseRestart, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestEmptied(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		left := make(chan Topic, 10)
		opts.Log = slog.New(slog.DiscardHandler)
		opts.Emptied = func(topic Topic) {
			if topic == "b" {
				panic("must not hurt")
			}
			left <- topic
		}
		st := newSite(t, opts)
		a1, a2, b := st.visit("a"), st.visit("a"), st.visit("b")
		for _, g := range []*guest{a1, a2, b} {
			g.hello()
		}
		_ = b.Close()
		_ = a1.Close()
		until(t, "one left", func() bool { return st.Watchers("a") == 1 && !st.Watched("b") })
		if len(left) != 0 {
			t.Error("told too early")
		}
		_ = a2.Close()
		if topic := <-left; topic != "a" {
			t.Error(topic)
		}
	})
}

// A connection that has no descriptor of its own (a pipe here, TLS elsewhere) is served by its handler on any system.
func TestNotTCP(t *testing.T) {
	hub, err := NewHub(HubOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	served := make(chan error)
	go func() {
		served <- hub.Serve(netConn{theirs}, SocketInfo{}, func(s *Socket) error {
			return hub.Join(s, "a", Hello{}.Frame())
		})
	}()
	g := newGuest(t, ours)
	g.hello()
	hub.Publish("a", Patch{Seq: 1}.Frame())
	if g.hear().S != 1 {
		t.Error("no patch")
	}
	hub.CloseTopic("a", CloseRestart)
	if op, p, err := g.frame(); op != ws.OpClose || err != nil {
		t.Fatal(op, err)
	} else {
		g.say(ws.OpClose, p)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := hub.Close(context.Background(), CloseRestart, 0); err != nil {
		t.Error(err)
	}
}

type netConn struct{ net.Conn }

func (c netConn) NetConn() net.Conn { return c.Conn }
