package web

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// silent knows the connections on which nothing has come yet: browsers and routers open some in advance. fasthttp's shutdown closes idle
// connections, but takes these for busy and would wait for them until ReadTimeout, which is most of the time that a stop may take.
type silent struct {
	mu    sync.Mutex
	conns map[net.Conn]time.Time
}

func (s *silent) state(c net.Conn, state fasthttp.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == fasthttp.StateNew {
		s.conns[c] = time.Now()
	} else {
		delete(s.conns, c)
	}
}

// cutUntil cuts, until ctx ends, those that have been silent for a moment: what a request may take to follow its connection.
func (s *silent) cutUntil(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			s.mu.Lock()
			for c, since := range s.conns {
				if now.Sub(since) > 500*time.Millisecond {
					_ = c.SetReadDeadline(now) // it has just closed, if this fails
				}
			}
			s.mu.Unlock()
		}
	}
}
