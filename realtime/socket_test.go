package realtime

import (
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// What a browser may not say, and what it is told.
func TestRefusals(t *testing.T) {
	text := func(s string) []byte { return masked(ws.NewTextFrame([]byte(s))) }
	fragment := func(op ws.OpCode, fin bool, s string) []byte { return masked(ws.NewFrame(op, fin, []byte(s))) }
	rsv := ws.NewTextFrame([]byte("x"))
	rsv.Header.Rsv = ws.Rsv(true, false, false)
	cases := []struct {
		name string
		sent []byte
		code Code
		deaf bool // nothing after it is understood, not even a close frame
	}{
		{"too long", text(`{"k":"ack","s":1}` + strings.Repeat(" ", 600)), CloseTooBig, false},
		{"claims to be huge", []byte{0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4}, CloseTooBig, true},
		{"fragments too long together", append(fragment(ws.OpText, false, strings.Repeat(" ", 400)), fragment(ws.OpContinuation, true, strings.Repeat(" ", 400))...), CloseTooBig, false},
		{"impossible length", []byte{0x81, 0xff, 0xff, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4}, CloseProtocol, true},
		{"not masked", ws.MustCompileFrame(ws.NewTextFrame([]byte(`{"k":"ack","s":1}`))), CloseProtocol, false},
		{"reserved bit", masked(rsv), CloseProtocol, false},
		{"reserved opcode", fragment(0x3, true, "x"), CloseProtocol, false},
		{"stray continuation", fragment(ws.OpContinuation, true, "x"), CloseProtocol, false},
		{"message in a message", append(fragment(ws.OpText, false, "{"), text("{}")...), CloseProtocol, false},
		{"fragmented ping", fragment(ws.OpPing, false, "x"), CloseProtocol, false},
		{"long ping", fragment(ws.OpPing, true, strings.Repeat("x", 126)), CloseProtocol, false},
		{"binary", masked(ws.NewBinaryFrame([]byte("x"))), CloseUnsupported, false},
		{"not UTF-8", text("{\"k\":\"ack\",\"s\":1,\"x\":\"\xff\"}"), CloseBadData, false},
		{"UTF-8 cut at the end", append(fragment(ws.OpText, false, `{"k":"`), fragment(ws.OpContinuation, true, "\xc3")...), CloseBadData, false},
		{"not JSON", text("hello"), CloseBadData, false},
		{"another kind", text(`{"k":"order","s":1}`), CloseNotAllowed, false},
		{"no number", text(`{"k":"ack"}`), CloseNotAllowed, false},
		{"number of another type", text(`{"k":"ack","s":"1"}`), CloseNotAllowed, false},
		{"negative", text(`{"k":"ack","s":-1}`), CloseNotAllowed, false},
		{"too many", []byte(strings.Repeat(string(text(`{"k":"ack","s":1}`)), 21)), CloseNotAllowed, false},
		{"close", masked(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "bye"))), CloseGoingAway, false},
		{"close without a code", masked(ws.NewCloseFrame(nil)), CloseNormal, false},
		{"close with half a code", masked(ws.NewCloseFrame([]byte{3})), CloseProtocol, false},
		{"close with a code that nobody may send", masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))), CloseProtocol, false},
		{"close with a bad reason", masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "\xff"))), CloseBadData, false},
	}
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.Heartbeat = time.Hour // « too many » is counted between two
		opts.CloseGrace = patience // a refused frame is skipped, and the answer to our close frame understood: nobody waits
		patient := newSite(t, opts)
		opts.CloseGrace = 10 * time.Millisecond
		brief := newSite(t, opts)
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				st := patient
				if c.deaf {
					st = brief
				}
				g := st.visit("a")
				g.t = t
				g.closed = strings.HasPrefix(c.name, "close")
				g.hello()
				g.raw(c.sent)
				if code := g.ended(); code != c.code {
					t.Errorf("closed with %d, want %d", code, c.code)
				}
			})
		}
		for _, st := range []*site{patient, brief} {
			until(t, "all gone", func() bool { return st.count() == 0 && !st.Watched("a") && st.Figures().Topics == 0 })
		}
		if n := patient.Figures().Closes[CloseTooBig]; n != 2 {
			t.Errorf("%d counted as too big", n)
		}
	})
}

// TestLateAnswers: a page whose network stood still for a minute, in which it was asked often, answers all of it at once. It is not sent away;
// who says more than it was asked is.
func TestLateAnswers(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.Heartbeat = time.Hour
		st := newSite(t, opts)
		g := st.visit("a")
		g.hello()
		for range 100 {
			st.Publish("a", Ping{Seq: 1}.Frame())
			g.hearAny()
		}
		ack := string(masked(ws.NewTextFrame([]byte(`{"k":"ack","s":1}`))))
		g.raw([]byte(strings.Repeat(ack, 100+19))) // and the close frame
		g.say(ws.OpClose, nil)
		if code := g.ended(); code != CloseNormal {
			t.Errorf("who answered was closed with %d", code)
		}
		g = st.visit("a")
		g.hello()
		for range 200 { // nobody is owed that many answers
			st.Publish("a", Ping{Seq: 1}.Frame())
			g.hearAny()
		}
		g.raw([]byte(strings.Repeat(ack, 100+21)))
		if code := g.ended(); code != CloseNotAllowed {
			t.Errorf("who said too much was closed with %d", code)
		}
	})
}

func TestBrowserMaySay(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		st := newSite(t, opts)
		g := st.visit("a")
		g.hello()
		for i, m := range []string{`{"k":"ack","s":5}`, ` { "s" : 6 , "k" : "ack" , "x":[1] } `, `{"k":"ack","s":0}`, `{"k":"ack","s":9223372036854775807}`} {
			if i%2 == 0 {
				g.text(m)
			} else { // in pieces, with a ping in between (RFC 6455 section 5.4)
				g.raw(masked(ws.NewFrame(ws.OpText, false, []byte(m[:7]))))
				g.say(ws.OpPing, nil)
				g.raw(masked(ws.NewFrame(ws.OpContinuation, true, []byte(m[7:]))))
			}
			g.say(ws.OpPong, []byte("unasked"))
			g.say(ws.OpPing, []byte(m))
			for {
				op, p, err := g.frame()
				if op != ws.OpPong || err != nil {
					t.Fatal(op, err)
				}
				if len(p) > 0 {
					break
				}
			}
			want := []int64{5, 6, 0, 9223372036854775807}[i]
			if got := st.Snapshot()[0].Acked; got != want {
				t.Errorf("acked %d, want %d", got, want)
			}
		}
	})
}
