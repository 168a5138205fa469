package realtime

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// paper is a wire without a network: it keeps what was written, and takes only as much as it has room for.
type paper struct {
	room    int // bytes it takes before errAgain; negative: any
	input   []byte
	eof     bool
	written []byte
	writes  int
	order   *[]*paper // who was written to, in turn
	closed  bool
}

func (p *paper) start(uint32, uint32) error { return nil }

func (p *paper) read(b []byte) (int, error) {
	if len(p.input) == 0 {
		if p.eof {
			return 0, io.EOF
		}
		return 0, errAgain
	}
	n := copy(b, p.input)
	p.input = p.input[n:]
	return n, nil
}

func (p *paper) write(b []byte) (int, error) {
	if p.closed {
		panic("written after close")
	}
	n := len(b)
	if p.room >= 0 {
		n = min(n, p.room)
		p.room -= n
	}
	if n == 0 {
		return 0, errAgain
	}
	p.writes++
	p.written = append(p.written, b[:n]...)
	if p.order != nil {
		*p.order = append(*p.order, p)
	}
	return n, nil
}

func (p *paper) close(bool) {
	if p.closed {
		panic("closed twice")
	}
	p.closed = true
}

// frames are the frames written so far, and what is left of an incomplete one.
func (p *paper) frames(t *testing.T) (list []ws.Frame, rest []byte) {
	t.Helper()
	r := bytes.NewReader(p.written)
	for {
		at := len(p.written) - r.Len()
		h, err := ws.ReadHeader(r)
		if err != nil || int64(r.Len()) < h.Length {
			return list, p.written[at:]
		}
		if err := ws.CheckHeader(h, ws.StateClientSide); err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, h.Length)
		_, _ = io.ReadFull(r, payload)
		list = append(list, ws.Frame{Header: h, Payload: payload})
	}
}

// bench is a hub whose loop is turned by hand.
type bench struct {
	*Hub
	*loop
}

func newBench(opts HubOptions) bench {
	opts.fill()
	opts.Log = slog.New(slog.DiscardHandler)
	h := &Hub{opts: opts, start: time.Now(), wake: make(chan token, 1), ended: make(chan token), rooms: map[Topic]*room{}}
	return bench{h, newLoop(h)}
}

func (b bench) enter(topic Topic, p *paper, seq int64) *Socket {
	s := &Socket{wire: p, info: SocketInfo{Session: string(topic)}}
	b.post(command{call: func(l *loop) { l.adopt(s) }})
	if err := b.Hub.Join(s, topic, Hello{Seq: seq}.Frame()); err != nil {
		panic(err)
	}
	return s
}

func (b bench) settle() {
	for b.turn() || b.later.len() > 0 || len(b.wake) > 0 {
		continue
	}
}

func TestTargetedOvertakesBroadcast(t *testing.T) {
	b := newBench(HubOptions{BatchTick: -1})
	var order []*paper
	var crowd []*paper
	for range 1000 {
		crowd = append(crowd, &paper{room: -1, order: &order})
		b.enter("menu", crowd[len(crowd)-1], 0)
	}
	one := &paper{room: -1, order: &order}
	b.enter("tracking", one, 0)
	b.settle()
	order = nil
	b.Publish("menu", Patch{Seq: 1}.Frame())
	b.turn()
	if n := len(order); n == 0 || n > 100 {
		t.Fatalf("%d in one turn", n)
	}
	b.Publish("tracking", Patch{Seq: 1}.Frame())
	b.turn()
	if at := slices.Index(order, one); at < 0 || at > 130 {
		t.Errorf("the targeted one is number %d", at)
	}
	b.settle()
	if len(order) != len(crowd)+1 {
		t.Errorf("%d deliveries", len(order))
	}
}

// What is published during a walk leaves in one call for each socket.
func TestBurstIsBatched(t *testing.T) {
	b := newBench(HubOptions{BatchTick: time.Millisecond})
	var crowd []*paper
	for range 500 {
		crowd = append(crowd, &paper{room: -1})
		b.enter("menu", crowd[len(crowd)-1], 0)
	}
	b.settle()
	for seq := range int64(40) {
		b.Publish("menu", Patch{Seq: seq + 1}.Frame())
		if seq == 0 {
			b.turn()
		}
	}
	late := &paper{room: -1}
	b.enter("menu", late, 40)
	b.Publish("menu", Patch{Seq: 41}.Frame())
	b.settle()
	for _, p := range crowd {
		frames, rest := p.frames(t)
		if len(frames) != 1+41 || len(rest) > 0 || p.writes > 1+3 {
			t.Fatalf("%d frames in %d writes", len(frames), p.writes)
		}
	}
	if frames, _ := late.frames(t); len(frames) != 2 || !strings.Contains(string(frames[1].Payload), `"s":41`) {
		t.Errorf("the late one got %d frames", len(frames))
	}
}

// Whatever happens, in whatever order: each socket gets its hello, then all that was published since it joined, whole and in order.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench(HubOptions{Heartbeat: time.Hour, IdleTimeout: 2 * time.Hour, BatchTick: -1, MaxQueue: 1 << 30})
			type member struct {
				*paper
				*Socket
				from int64
				left bool
			}
			var members []*member
			seq := map[Topic]int64{}
			topics := []Topic{"crowd", "crowd", "crowd", "few"}
			for range 1200 {
				topic := topics[r.IntN(len(topics))]
				var m *member
				if len(members) > 0 {
					m = members[r.IntN(len(members))]
				}
				switch n := r.IntN(20); {
				case n < 4 && len(members) < 150:
					p := &paper{room: r.IntN(4000) - 1}
					members = append(members, &member{paper: p, Socket: b.enter(topic, p, seq[topic]), from: seq[topic]})
				case n < 9:
					seq[topic]++
					b.Publish(topic, Patch{Seq: seq[topic], Prev: seq[topic] - 1, Ops: []Op{{HTML: strings.Repeat("x", r.IntN(500))}}}.Frame())
				case n < 15:
					b.turn()
				case m == nil || m.left:
				case n < 17: // it reads
					m.paper.room = r.IntN(10_000)
					b.report(readiness{sock: m.Socket, writable: true})
				case n < 18: // a heartbeat or a ping is due
					b.turn()
					if m.state == open && m.started {
						b.beat(m.Socket)
						b.ping(m.Socket)
					}
				case n < 19 && r.IntN(3) == 0: // it goes
					m.left = true
					m.eof = true
					b.report(readiness{sock: m.Socket, readable: true})
				}
			}
			b.settle()
			for _, m := range members {
				if !m.left {
					m.paper.room = -1
					b.report(readiness{sock: m.Socket, writable: true})
				}
			}
			b.settle()
			for i, m := range members {
				frames, rest := m.paper.frames(t)
				shown := int64(-1)
				for _, f := range frames {
					if f.Header.OpCode == ws.OpPing {
						continue
					}
					var s said
					decode(t, f.Payload, &s)
					switch {
					case shown < 0 && s.K == "hello" && s.S == m.from:
					case shown >= 0 && s.K == "patch" && s.P == shown && s.S == shown+1:
					case shown >= 0 && s.K == "ping" && s.S == shown:
					default:
						t.Fatalf("socket %d, at %d: %s", i, shown, f.Payload)
					}
					shown = s.S
				}
				if !m.left && (len(rest) > 0 || shown != seq[m.Socket.room.topic]) {
					t.Fatalf("socket %d of %s ends at %d, %d bytes short", i, m.Socket.room.topic, shown, len(rest))
				}
			}
			watchers := 0
			for _, r := range b.rooms {
				watchers += r.watchers
				if len(r.log) > 0 || r.logSize != 0 || len(r.members) != r.watchers {
					t.Errorf("%+v", r)
				}
			}
			if watchers != b.loop.count {
				t.Errorf("%d watchers, %d sockets", watchers, b.loop.count)
			}
		})
	}
}

// A publisher faster than the machine does not fill the memory.
func TestFloodedTopic(t *testing.T) {
	b := newBench(HubOptions{})
	p := &paper{room: -1}
	b.enter("menu", p, 0)
	b.settle()
	big := NewFrame(bytes.Repeat([]byte("x"), 1<<20))
	for range 5 {
		b.Publish("menu", big)
	}
	b.settle()
	frames, _ := p.frames(t)
	if last := frames[len(frames)-1]; last.Header.OpCode != ws.OpClose || b.figures.Closes[CloseTooSlow] != 1 {
		t.Errorf("%v", b.figures)
	}
	if b.Watched("menu") {
		t.Error("still watched")
	}
}

// A bug met while serving one socket costs that socket.
func TestPanicCostsOneSocket(t *testing.T) {
	b := newBench(HubOptions{})
	good, bad := &paper{room: -1}, &paper{room: -1}
	b.enter("a", good, 0)
	s := b.enter("a", bad, 0)
	b.settle()
	s.wire = nil // any bug
	b.report(readiness{sock: s, readable: true})
	b.settle() // dropping it meets the same nil
	b.Publish("a", Patch{Seq: 1}.Frame())
	b.settle()
	if frames, _ := good.frames(t); len(frames) != 2 || b.Watchers("a") != 1 {
		t.Errorf("%d frames, %d watchers", len(frames), b.Watchers("a"))
	}
	b.post(command{call: func(*loop) { panic("nobody's fault") }})
	b.settle()
	if !good.closed || b.Watched("a") || b.loop.count != 0 {
		t.Error("after a bug that is no socket's, all must come back")
	}
}

// News of a connection that is gone does not reach the one that has its number now.
func TestLateNews(t *testing.T) {
	b := newBench(HubOptions{})
	old := b.enter("a", &paper{room: -1}, 0)
	b.settle()
	b.drop(old, false)
	p := &paper{room: -1, eof: true}
	s := b.enter("a", p, 0)
	b.settle()
	if s.id != old.id || s.gen == old.gen {
		t.Fatalf("number %d of generation %d after %d of %d", s.id, s.gen, old.id, old.gen)
	}
	b.report(readiness{id: old.id, gen: old.gen, readable: true})
	b.settle()
	if p.closed {
		t.Error("took the news of another")
	}
	b.report(readiness{id: s.id, gen: s.gen, readable: true})
	b.settle()
	if !p.closed {
		t.Error("did not take its own news")
	}
}

// However the bytes of a browser are cut, they mean the same; and whatever they are, nothing breaks.
func FuzzFeed(f *testing.F) {
	f.Add(append(masked(ws.NewTextFrame([]byte(`{"k":"ack","s":7}`))), masked(ws.NewPingFrame([]byte("x")))...), uint8(3))
	f.Add(append(masked(ws.NewFrame(ws.OpText, false, []byte(`{"k":"ack"`))), masked(ws.NewFrame(ws.OpContinuation, true, []byte(`,"s":1}`)))...), uint8(1))
	f.Add(append(masked(ws.NewBinaryFrame([]byte("x"))), masked(ws.NewCloseFrame(nil))...), uint8(5))
	f.Add([]byte{0x81, 0xff, 0xff, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4}, uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		hear := func(step int) (string, int64) {
			b := newBench(HubOptions{})
			p := &paper{room: -1}
			s := b.enter("a", p, 0)
			b.settle()
			for rest := bytes.Clone(data); len(rest) > 0 && s.state != gone; {
				n := min(step, len(rest))
				b.feed(s, rest[:n])
				rest = rest[n:]
				b.settle()
				if len(s.pending)+len(s.message) > ws.MaxHeaderSize+2*512 {
					t.Fatalf("%d bytes kept", len(s.pending))
				}
			}
			return string(p.written), s.acked
		}
		whole, wholeAck := hear(len(data) + 1)
		cut, cutAck := hear(int(step) + 1)
		if whole != cut || wholeAck != cutAck {
			t.Errorf("whole: %q %d\ncut: %q %d", whole, wholeAck, cut, cutAck)
		}
	})
}
