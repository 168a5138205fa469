package realtime

import (
	"context"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// Shown is what a page says it shows when it connects.
type Shown struct {
	Epoch   string
	Seq     int64
	Build   string
	Service views.Service
	Promise string // app.Outlook's key; "" when the page has no place for it
	// Closed is the order that a tracking page follows, if it is closed: one day boards forget it, and its page may still come back.
	Closed *app.Order
}

// overtaken is how many drawings for a newcomer may be overtaken by changes before the shop waits for one.
const overtaken = 3

// Join makes a socket a watcher of an audience and queues its hello: « current » when what it shows is (with what the database has done
// meanwhile and what the clock has, if the page says otherwise), else the whole board. From then on it gets every patch; nothing falls between. A warm board is joined without the database.
func (b *Boards) Join(ctx context.Context, socket *Socket, a Audience, shown Shown) error {
	for try := 0; ; try++ {
		s, err := b.shop(ctx, a.Pizzeria)
		if err != nil {
			return err
		}
		b.know(s, a, shown)
		if joined, err := b.join(s, socket, a, shown, try >= overtaken); joined || err != nil {
			return err
		}
	}
}

// join is one try of Join: false when what it drew was overtaken, or the shop has gone.
func (b *Boards) join(s *shop, socket *Socket, a Audience, shown Shown, hurried bool) (joined bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false, nil
	}
	g := b.greeting(s, a, shown)
	frame := b.ready(s, g, shown)
	if frame == nil {
		// Drawn outside the lock: the board is a value. If the topic moved on meanwhile, or the service, it is drawn again; in a rush that
		// could go on for ever, so that the last time nothing may move.
		if !hurried {
			s.mu.Unlock()
		}
		frame, err = b.greet(g)
		if !hurried {
			s.mu.Lock()
		}
		if err != nil || s.gone || !hurried && b.moved(s, g) {
			return false, err
		}
		if g.kept() {
			*s.drawn(a) = snapshot{seq: g.seq, service: g.live.Service, promise: g.promise, frame: frame}
		}
	}
	s.drawn(a) // entered again: outside the lock, an audience that nobody watched yet may have been let go of
	return true, b.hub.Join(socket, a.Topic(), frame)
}

// greeting is what a newcomer is to see.
type greeting struct {
	audience Audience
	board    *app.Board
	seq      int64
	live     views.Live
	promise  string     // key of what the screen says of time, if it does
	closed   *app.Order // the followed order, if it has left the board
}

// greeting decides it. s.mu is held.
func (b *Boards) greeting(s *shop, a Audience, shown Shown) greeting {
	g := greeting{audience: a, board: s.shown}
	if shown.Closed != nil && s.over(a) {
		g.closed = shown.Closed
	} else if shown.Seq > s.shown.Seq || a.Screen == TrackingScreen {
		g.board = b.fresh(s, a)
	}
	if saysPromise(a.Screen) {
		b.tellPromise(s)
	}
	if a.Screen == TrackingScreen && g.closed == nil {
		b.tellEstimates(s)
	}
	g.promise = b.promiseKey(s, g)
	g.seq = s.seq(a)
	g.live = b.Live(g.board, g.seq, "")
	if o := g.followed(); o != nil {
		g.live.Estimate, g.live.Rider = b.Estimate(o), b.Rider(g.board, o)
	}
	if g.closed != nil {
		g.live.Service = views.Working // nobody would take the words back: see tellService
	}
	return g
}

// ready is a hello that need not be drawn: « current », or the snapshot drawn last; nil when there is none. Nothing is current for the page of
// an order that has left the board: its numbers are forgotten with it. s.mu is held.
func (b *Boards) ready(s *shop, g greeting, shown Shown) *Frame {
	if g.closed != nil {
		return nil
	}
	if shown.Epoch == g.board.Epoch && shown.Seq >= g.seq && shown.Seq <= g.board.Seq {
		var ops []Op
		if shown.Service != g.live.Service && saysService(g.audience.Screen) {
			ops = b.serviceOps(g.audience, g.board.Pizzeria, g.live.Service)
		}
		if shown.Promise != "" && g.promise != "" && shown.Promise != g.promise {
			ops = append(ops, b.timeOps(g)...)
		}
		if o := g.board.Orders[g.audience.ID]; g.audience.Screen == TrackingScreen && o != nil && o.Status == app.OnTheWay {
			ops = append(ops, b.mapOps(g.audience, g.board, o)...)
		}
		if g.audience.Screen == GroupScreen {
			b.groupSoon() // no number tells whether what the page shows is so
		}
		if g.audience.Screen == DashboardScreen && s.tiles.apart {
			ops = append(ops, b.tileOps(g.board)...)
		}
		return b.hello(g, ModeCurrent, ops)
	}
	if snap := s.drawn(g.audience); snap.seq == g.seq && snap.service == g.live.Service && snap.promise == g.promise {
		return snap.frame
	}
	return nil
}

// greet draws the hello with the whole board. The page of an order that has left the board is told how it ended, and stays: nothing will
// change any more, but were it sent away it would come back again and again.
func (b *Boards) greet(g greeting) (*Frame, error) {
	var html string
	var err error
	if g.closed != nil {
		html, err = render(views.TrackingBoard(g.live, g.board, g.closed))
		html = views.Draw(g.audience.Language, html)
	} else {
		html, err = b.whole(g.audience, g.board, g.live)
	}
	return b.hello(g, ModeSnapshot, []Op{{Do: OpMorph, To: views.BoardID, HTML: html}}), err
}

func (b *Boards) hello(g greeting, mode string, ops []Op) *Frame {
	return Hello{Epoch: g.board.Epoch, Seq: g.seq, Time: nowMillis(), Build: b.opt.Build, Mode: mode, Ops: ops}.Frame()
}

// moved reports whether what was drawn for a greeting is no more what a newcomer should see. s.mu is held.
func (b *Boards) moved(s *shop, g greeting) bool {
	return s.seq(g.audience) != g.seq || s.board.Load().Epoch != g.board.Epoch || g.closed == nil && b.Service() != g.live.Service ||
		g.promise != "" && b.promiseKey(s, g) != g.promise
}

// followed is the order that the newcomer follows, if it is on the board.
func (g greeting) followed() *app.Order {
	if g.audience.Screen != TrackingScreen || g.closed != nil {
		return nil
	}
	return g.board.Orders[g.audience.ID]
}

// promiseKey tells what a screen says of time from what it said before; "" where it says nothing.
func (b *Boards) promiseKey(s *shop, g greeting) string {
	if o := g.followed(); o != nil {
		return views.EstimateKey(o, b.estimates(s)[o.ID])
	}
	if saysPromise(g.audience.Screen) {
		return s.outlook.Load().Key
	}
	return ""
}

// timeOps are what makes a newcomer's page say what is so of time.
func (b *Boards) timeOps(g greeting) []Op {
	if o := g.followed(); o != nil {
		return b.estimateOps(g.audience, o, g.live.Estimate)
	}
	return b.promiseOps(g.audience, g.live.Outlook)
}

// kept reports whether a drawing serves those who come next. One or two people follow an order: keeping ten thousand drawings would cost more
// than drawing again. Figures of the machine, and of all shops, have no sequence that tells an old drawing.
func (g greeting) kept() bool {
	return g.audience.Screen != TrackingScreen && g.audience.Screen != SupervisionScreen && g.audience.Screen != GroupScreen
}

// know catches up with another process when an audience shows that it is ahead: its page was drawn from a later board, or it follows an
// order that is not on ours. (An order closed long ago is on nobody's: its page costs one query more.)
func (b *Boards) know(s *shop, a Audience, shown Shown) {
	for range 2 {
		board := s.board.Load()
		ahead := shown.Epoch == board.Epoch && shown.Seq > board.Seq
		if !ahead && (a.Screen != TrackingScreen || shown.Closed != nil || board.Orders[a.ID] != nil) {
			return
		}
		shared, err := b.Compare()
		if err != nil {
			b.opt.Log.Warn("cannot compare with the database", "err", err)
		}
		if !shared {
			return
		}
	}
}
