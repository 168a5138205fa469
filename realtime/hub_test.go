package realtime

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"
)

// patience is how long a test waits for what must happen; no test asserts that something is fast.
const patience = 20 * time.Second

// tiers runs a test with parked connections (where the system has them) and with those that keep their handler.
func tiers(t *testing.T, test func(t *testing.T, opts HubOptions)) {
	t.Run("parked", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("needs epoll")
		}
		test(t, HubOptions{})
	})
	t.Run("portable", func(t *testing.T) { test(t, HubOptions{Portable: true}) })
}

// site is a Fiber application whose sockets belong to a hub.
type site struct {
	*Hub
	t    testing.TB
	addr string
	// joins are what the callback of Serve does, by path; the default joins the topic named by the path with hello.
	join func(c *websocket.Conn, s *Socket) error
}

func newSite(t testing.TB, opts HubOptions) *site {
	hub, err := NewHub(opts)
	if err != nil {
		t.Fatal(err)
	}
	st := &site{Hub: hub, t: t}
	st.join = func(c *websocket.Conn, s *Socket) error {
		return hub.Join(s, Topic(c.Params("topic")), Hello{Epoch: "e", Seq: 1}.Frame())
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 4096})
	app.Get("/live/:topic", websocket.New(func(c *websocket.Conn) {
		info := SocketInfo{Kind: c.Query("kind", "test"), Session: c.Query("session")}
		err := hub.Serve(c, info, func(s *Socket) error { return st.join(c, s) })
		if err != nil && !strings.HasPrefix(c.Params("topic"), "bad") {
			t.Error("serve: ", err)
		}
	}))
	app.Get("/plain", func(c *fiber.Ctx) error { return c.SendString(string(c.Request().URI().QueryString())) })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	st.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = hub.Close(ctx, CloseGoingAway, 0)
		_ = app.Shutdown()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return st
}

// guest is a browser reduced to its socket.
type guest struct {
	net.Conn
	t      testing.TB
	r      *bufio.Reader
	closed bool // has sent its close frame
}

// visit opens a socket. early is sent in the same segment as the handshake.
func (st *site) visit(path string, early ...byte) *guest {
	st.t.Helper()
	g, err := st.tryVisit(path, early)
	if err != nil {
		st.t.Fatal(err)
	}
	return g
}

func (st *site) tryVisit(path string, early []byte) (*guest, error) {
	conn, err := net.Dial("tcp", st.addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	request := "GET /live/" + path + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
	if _, err := conn.Write(append([]byte(request), early...)); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	g := &guest{Conn: conn, t: st.t, r: r}
	if st.t != nil {
		st.t.Cleanup(func() { _ = conn.Close() })
	}
	return g, nil
}

// frame reads the next frame of any kind.
func (g *guest) frame() (ws.OpCode, []byte, error) {
	_ = g.SetReadDeadline(time.Now().Add(patience))
	h, err := ws.ReadHeader(g.r)
	if err != nil {
		return 0, nil, err
	}
	if err := ws.CheckHeader(h, ws.StateClientSide); err != nil {
		return 0, nil, err
	}
	p := make([]byte, h.Length)
	_, err = io.ReadFull(g.r, p)
	return h.OpCode, p, err
}

// said is any of the server's text frames.
type said struct {
	K string
	S int64
	P int64
	T int64
	B string
	E string
	M string
	O []Op
}

// hear reads the next text frame that is not a heartbeat.
func (g *guest) hear() said {
	g.t.Helper()
	for {
		if s := g.hearAny(); s.K != "ping" {
			return s
		}
	}
}

func (g *guest) hearAny() said {
	g.t.Helper()
	for {
		op, p, err := g.frame()
		if err != nil {
			g.t.Fatal("no text: ", err)
		}
		switch op {
		case ws.OpText:
			var s said
			if err := json.Unmarshal(p, &s); err != nil {
				g.t.Fatalf("%v in %q", err, p)
			}
			return s
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(p)
			g.t.Fatalf("closed %d %s", code, reason)
		}
	}
}

func (g *guest) hello() {
	g.t.Helper()
	if s := g.hear(); s.K != "hello" {
		g.t.Fatalf("heard %+v, not hello", s)
	}
}

// ended reads until the close frame, answers it and reads on to the end, which must be clean. It returns the code.
func (g *guest) ended() Code {
	g.t.Helper()
	code, err := g.end()
	if err != nil {
		g.t.Fatal("no clean end: ", err)
	}
	return code
}

func (g *guest) end() (Code, error) {
	for {
		op, p, err := g.frame()
		if err != nil {
			return 0, err
		}
		if op != ws.OpClose {
			continue
		}
		code, _ := ws.ParseCloseFrameData(p)
		if !g.closed { // the server ends the connection as soon as both have said so
			g.say(ws.OpClose, p)
		}
		if _, err := g.r.ReadByte(); err != io.EOF {
			return Code(code), fmt.Errorf("after the close frame: %w", err)
		}
		return Code(code), nil
	}
}

func masked(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }

func (g *guest) say(op ws.OpCode, payload []byte) {
	g.closed = g.closed || op == ws.OpClose
	g.raw(masked(ws.NewFrame(op, true, payload)))
}

func (g *guest) text(s string) { g.say(ws.OpText, []byte(s)) }

// raw ignores errors: the server may close in the middle.
func (g *guest) raw(b []byte) { _, _ = g.Write(b) }

func (st *site) patch(topic Topic, seq int64, html string) {
	st.Publish(topic, Patch{Seq: seq, Prev: seq - 1, Ops: []Op{{Do: OpMorph, To: "x", HTML: html}}}.Frame())
}

// until waits for a condition that has no event of its own.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

func descriptors(t testing.TB) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

func newGuest(t testing.TB, conn net.Conn) *guest {
	return &guest{Conn: conn, t: t, r: bufio.NewReader(conn)}
}

func decode(t testing.TB, p []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(p, v); err != nil {
		t.Errorf("%v in %q", err, p)
	}
}
