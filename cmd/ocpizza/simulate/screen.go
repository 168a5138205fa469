package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// The kinds of live screens, as in their URLs.
const (
	menuScreen      = "carte"
	trackingScreen  = "suivi"
	kitchenScreen   = "cuisine"
	courierScreen   = "livraisons"
	tillScreen      = "caisse"
	dashboardScreen = "pilotage"
)

// silence is after how long without a word a socket is taken for dead: two and a half heartbeats, like live.js.
const silence = 25 * time.Second

// Close codes that tell a page whether, and how, to come back.
const (
	closeNotAllowed  = ws.StatusCode(1008)
	closeRestart     = ws.StatusCode(1012)
	closeSessionOver = ws.StatusCode(4001)
)

// frame is what the server sends.
type frame struct {
	K string `json:"k"`
	E string `json:"e"`
	S int64  `json:"s"`
	P int64  `json:"p"`
	M string `json:"m"`
	B string `json:"b"`
	O []op   `json:"o"`
}

// screen is a live page that somebody holds open. It follows the contract: it knows the number of what it shows, notices what is missing, and
// comes back.
type screen struct {
	kind  string
	shop  string // slug
	order int64  // of a tracking page
	who   *person
	path  string // of the page
	notes *notebook
	// changed is signalled when the page shows something else.
	changed chan struct{}

	mu      sync.Mutex
	page    *page
	live    string // path of the socket
	epoch   string
	build   string
	seq     int64
	synced  bool
	ended   bool // told not to come back
	missing bool // a gap was seen that has not been filled yet
	greeted int  // hellos received
	conn    net.Conn
	told    map[int64]int64 // highest version told to the notebook, by order
	patched bool            // the frame that is applied is a patch: what it shows is timed
	at      time.Time       // when it came
	gone    []int64
}

// openScreen reads a page as a browser does; follow keeps it live.
func openScreen(ctx context.Context, who *person, kind, shop, path string, order int64) (*screen, error) {
	s := &screen{
		kind: kind, shop: shop, order: order, who: who, path: path, notes: who.site.notes,
		changed: make(chan struct{}, 1), told: map[int64]int64{},
	}
	text, err := who.open(ctx, path)
	if err != nil {
		return nil, err
	}
	s.page = newPage(text)
	board := s.page.byID["board"]
	if board == nil {
		return nil, fmt.Errorf("la page %s n’a pas d’élément #board", path)
	}
	s.live, s.epoch, s.build = board.data["live"], board.data["epoch"], board.data["build"]
	s.seq, _ = board.number("seq")
	s.at = time.Now()
	for _, e := range s.page.byID {
		s.appeared(e)
	}
	s.page.added, s.page.removed = s.appeared, s.left
	return s, nil
}

// follow keeps the page live until ctx ends.
func (s *screen) follow(ctx context.Context) {
	if s.live == "" {
		return // long over: nothing will change any more
	}
	for tries := 0; ctx.Err() == nil; tries++ {
		greeted := s.greetings()
		err := s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.greetings() > greeted {
			tries = 0
		}
		s.mu.Lock()
		s.synced = false
		s.mu.Unlock()
		s.notes.count(reconnections, 1)
		closed, wasClosed := errors.AsType[wsutil.ClosedError](err)
		switch {
		case wasClosed && (closed.Code == closeSessionOver || closed.Code == closeNotAllowed):
			s.mu.Lock()
			s.ended = true
			s.mu.Unlock()
			s.notes.failed(fmt.Sprintf("socket fermée %d", closed.Code))
			return
		case errors.Is(err, errGap) && tries == 0:
			continue // the first time at once; a loop of them is not
		case errors.Is(err, errGap), errors.Is(err, errCut):
		case wasClosed:
			s.notes.failed(fmt.Sprintf("socket fermée %d", closed.Code))
			if closed.Code == closeRestart { // sends everybody away at once: they come back spread over two seconds, not half a one
				tries = max(tries, 2)
			}
		default:
			s.notes.failed("socket : " + kindOfSocketError(err))
		}
		pause(ctx, fullJitter(tries))
	}
}

// take applies a frame whole. errGap asks for a new connection.
func (s *screen) take(f frame, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.patched = at, f.K == "patch"
	switch f.K {
	case "hello":
		switch {
		case f.M == "snapshot":
			if err := s.draw(f); err != nil {
				return err
			}
		case f.E != s.epoch:
			return s.gap("une nouvelle époque sans le tableau entier", true)
		default:
			if err := s.draw(s.placed(f)); err != nil {
				return err
			}
		}
		s.epoch, s.seq = f.E, f.S
		s.synced, s.missing = true, false
		s.greeted++
		s.signal()
	case "patch":
		if !s.synced || f.S <= s.seq {
			return nil
		}
		if f.P != s.seq {
			return s.gap("un message manque", false)
		}
		if err := s.draw(f); err != nil {
			return err
		}
		s.seq = f.S
		if s.kind == menuScreen {
			s.notes.menuShown(s.shop, f.S, at)
		}
		s.signal()
	case "ping":
		if s.synced && f.S != s.seq {
			return s.gap("le dernier message manque", false)
		}
		if s.synced {
			return s.draw(s.placed(f))
		}
	}
	return nil
}

// placed is a frame with those operations alone that the page has a place for: figures without a sequence come to all.
func (s *screen) placed(f frame) frame {
	f.O = slices.DeleteFunc(f.O, func(o op) bool { return s.page.byID[o.To] == nil })
	return f
}

// gap notes that something is missing. whole: what is shown cannot be trusted either.
func (s *screen) gap(why string, whole bool) error {
	s.notes.gap(s.kind, why)
	s.missing, s.synced = true, false
	if whole {
		s.seq = 0
	}
	return errGap
}

// draw applies the operations and tells the notebook which orders are shown now.
func (s *screen) draw(f frame) error {
	s.gone = s.gone[:0]
	if err := s.page.apply(f.O); err != nil {
		return s.gap("une pièce ne s’applique pas", true)
	}
	for _, order := range s.gone {
		if !s.shows(order) {
			s.tell(order, gone)
		}
	}
	return nil
}

func (s *screen) appeared(e *element) {
	order, ok := orderOf(e.id)
	if s.kind == trackingScreen && e.id == "tracking" {
		order, ok = s.order, true
	}
	if version, known := e.number("version"); ok && known {
		s.tell(order, version)
	}
	if s.kind == dashboardScreen {
		s.notes.checkStock(s.shop, e)
	}
}

func (s *screen) left(e *element) {
	if order, ok := orderOf(e.id); ok {
		s.gone = append(s.gone, order)
	}
}

func (s *screen) shows(order int64) bool {
	for _, prefix := range orderPrefixes {
		if s.page.byID[prefix+fmt.Sprint(order)] != nil {
			return true
		}
	}
	return false
}

func (s *screen) tell(order, version int64) {
	if version > s.told[order] || version == gone || s.told[order] == gone {
		s.told[order] = version
		s.notes.shown(s.kind, order, version, s.at, s.patched)
	}
}

func (s *screen) signal() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// cut tears the connection as a dead network does: without a close frame.
func (s *screen) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
		s.synced = false
		s.notes.count(cuts, 1)
	}
}

func (s *screen) greetings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.greeted
}

// look calls f with the page as it is shown now.
func (s *screen) look(f func(p *page)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.page)
}

// status is the data-status of an element, "" if it is not shown.
func (s *screen) status(id string) (status string) {
	s.look(func(p *page) {
		if e := p.byID[id]; e != nil {
			status = e.data["status"]
		}
	})
	return status
}

// await waits until the page may show something else, at most for a while.
func (s *screen) await(ctx context.Context, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-s.changed:
	case <-t.C:
	}
}
