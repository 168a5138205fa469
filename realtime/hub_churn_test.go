package realtime

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gofiber/websocket/v2"
)

// What a socket gets is its own: descriptors, and the objects that gofiber/websocket and fasthttp pool, go to the next customer at once.
func TestWrongRecipient(t *testing.T) {
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.CloseGrace = patience // one that is given up gets no close frame
		st := newSite(t, opts)
		st.join = func(c *websocket.Conn, s *Socket) error {
			token := strings.Clone(c.Params("topic"))
			return st.Join(s, Topic(token), Hello{Epoch: token}.Frame())
		}
		const workers, tries = 8, 250
		var tokens [workers]atomic.Pointer[string] // being watched, or watched the moment before
		stop := make(chan token)
		var publishers, guests sync.WaitGroup
		for range 2 {
			publishers.Go(func() {
				for {
					for w := range tokens {
						select {
						case <-stop:
							return
						default:
						}
						if token := tokens[w].Load(); token != nil {
							for range 3 {
								st.patch(Topic(*token), 1, *token)
							}
						}
						runtime.Gosched()
					}
				}
			})
		}
		for w := range tokens {
			guests.Go(func() {
				for try := range tries {
					token := fmt.Sprintf("w%d-%d", w, try)
					tokens[w].Store(&token)
					if err := st.visitOnce(token, try); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		guests.Wait()
		close(stop)
		publishers.Wait()
		until(t, "all gone", func() bool { return st.count() == 0 })
	})
}

// visitOnce opens a socket, hears a little and ends it in one of several ways.
func (st *site) visitOnce(token string, try int) error {
	g, err := (&site{addr: st.addr}).tryVisit(token+"?session="+token, nil)
	if err != nil {
		return err
	}
	defer func() { _ = g.Close() }()
	if try%5 == 0 { // a plain request on another connection, whose descriptor may have been a socket's
		resp, err := http.Get("http://" + st.addr + "/plain?" + token)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != token {
			return fmt.Errorf("%s: plain answer %q, %w", token, body, err)
		}
	}
	for heard := 0; ; {
		op, p, err := g.frame()
		if err != nil {
			return fmt.Errorf("%s: %w", token, err)
		}
		if op == ws.OpClose {
			return nil
		}
		if op != ws.OpText || strings.HasPrefix(string(p), `{"k":"ping"`) {
			continue
		}
		if heard == 0 && !strings.HasPrefix(string(p), `{"k":"hello","e":"`+token+`"`) {
			return fmt.Errorf("%s: not my hello: %s", token, p)
		}
		if heard++; heard > 1 && !strings.Contains(string(p), `"html":"`+token+`"`) {
			return fmt.Errorf("%s: not mine: %s", token, p)
		}
		if heard != 1+try%4 {
			continue
		}
		switch try % 3 {
		case 0: // cut, with frames on their way
			return nil
		case 1:
			g.say(ws.OpClose, nil)
		case 2:
			st.CloseSession(token, CloseSessionOver)
		}
	}
}

func TestEverythingIsGivenBack(t *testing.T) {
	// Fiber's and the runtime's own goroutines go when they like.
	ours := func() (n int) {
		var b strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
		for stack := range strings.SplitSeq(b.String(), "\n\n") {
			if strings.Contains(stack, "/realtime.(*") {
				n++
			}
		}
		return n
	}
	tiers(t, func(t *testing.T, opts HubOptions) {
		opts.CloseGrace = 50 * time.Millisecond
		t.Run("warm up", func(t *testing.T) {
			st := newSite(t, opts)
			st.visit("a").hello()
		})
		fds := descriptors(t)
		t.Run("lives", func(t *testing.T) {
			st := newSite(t, opts)
			for i := range 50 {
				g := st.visit(fmt.Sprint("t", i%7, "?session=s", i%5))
				g.hello()
				switch i % 4 {
				case 0:
					_ = g.Close()
				case 1:
					g.say(ws.OpClose, nil)
					g.ended()
				case 2:
					g.raw([]byte("not a frame at all"))
				}
			}
		})
		until(t, "descriptors back", func() bool { return descriptors(t) <= fds })
		until(t, "goroutines back", func() bool { return ours() == 0 })
	})
}
