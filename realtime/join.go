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
	// Closed is the order that a tracking page follows, if it is closed: one day boards forget it, and its page may still come back.
	Closed *app.Order
}

// overtaken is how many drawings for a newcomer may be overtaken by changes before the shop waits for one.
const overtaken = 3

// Join makes a socket a watcher of an audience and queues its hello: « current » when what it shows is (with what the database has done
// meanwhile, if the page says otherwise), else the whole board. From then on it gets every patch; nothing falls between. A warm board is joined without the database.
func (b *Boards) Join(ctx context.Context, socket *Socket, a Audience, shown Shown) error {
	s, err := b.shop(ctx, a.Pizzeria)
	if err != nil {
		return err
	}
	b.know(s, a, shown)
	for try := 0; ; try++ {
		s.mu.Lock()
		if s.gone {
			s.mu.Unlock()
			return b.Join(ctx, socket, a, shown)
		}
		if shown.Closed != nil && s.board.Load().Orders[a.ID] == nil {
			s.mu.Unlock()
			return b.joinClosed(socket, a, s, shown.Closed)
		}
		board, seq := s.shown, s.seq(a)
		if shown.Seq > board.Seq || a.Screen == TrackingScreen {
			board = b.fresh(s, a)
			seq = s.seq(a)
		}
		live := b.Live(board, seq, "")
		snap := s.drawn(a)
		hello := Hello{Epoch: board.Epoch, Seq: seq, Time: nowMillis(), Build: b.opt.Build, Mode: ModeCurrent}
		if shown.Epoch == board.Epoch && shown.Seq >= seq && shown.Seq <= board.Seq {
			if shown.Service != live.Service && saysService(a.Screen) {
				hello.Ops = b.serviceOps(a, board.Pizzeria, live.Service)
			}
			err := b.hub.Join(socket, a.Topic(), hello.Frame())
			s.mu.Unlock()
			return err
		}
		if snap.frame != nil && snap.seq == seq && snap.service == live.Service {
			err := b.hub.Join(socket, a.Topic(), snap.frame)
			s.mu.Unlock()
			return err
		}
		// Drawn outside the lock: the board is a value. If the topic moved on meanwhile, or the service, it is drawn again; in a rush that
		// could go on for ever, so that the last time nothing may move.
		hurried := try == overtaken
		if !hurried {
			s.mu.Unlock()
		}
		html, err := b.whole(a, board, live)
		if !hurried {
			s.mu.Lock()
		}
		if err != nil {
			s.mu.Unlock()
			return err
		}
		hello.Mode = ModeSnapshot
		hello.Ops = []Op{{Do: OpMorph, To: views.BoardID, HTML: html}}
		frame := hello.Frame()
		if hurried {
			err := b.hub.Join(socket, a.Topic(), frame)
			s.mu.Unlock()
			return err
		}
		if s.seq(a) == seq && s.board.Load().Epoch == board.Epoch && b.Service() == live.Service {
			if a.Screen == TrackingScreen || a.Screen == SupervisionScreen {
				// One or two people follow an order: keeping ten thousand drawings would cost more than drawing again. Figures of the
				// machine have no sequence that tells an old drawing.
				err := b.hub.Join(socket, a.Topic(), frame)
				s.mu.Unlock()
				return err
			}
			*s.drawn(a) = snapshot{seq: seq, service: live.Service, frame: frame}
		}
		s.mu.Unlock()
	}
}

// joinClosed greets the page of an order that has left the board with how it ended. Nothing will change any more; were it sent away, it would
// come back again and again.
func (b *Boards) joinClosed(socket *Socket, a Audience, s *shop, o *app.Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	board, seq := s.shown, s.seq(a)
	live := b.Live(board, seq, "")
	live.Service = views.Working // see over
	html, err := render(views.TrackingBoard(live, board, o))
	if err != nil {
		return err
	}
	hello := Hello{Epoch: board.Epoch, Seq: seq, Time: nowMillis(), Build: b.opt.Build, Mode: ModeSnapshot, Ops: []Op{{Do: OpMorph, To: views.BoardID, HTML: html}}}
	return b.hub.Join(socket, a.Topic(), hello.Frame())
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
