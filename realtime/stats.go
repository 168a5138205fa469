package realtime

import (
	"maps"
	"time"
)

// Figures are what a hub shows of itself. Counters count from its start.
type Figures struct {
	Sockets    int
	Topics     int
	Kinds      map[string]KindFigures
	Groups     map[Group]GroupFigures // also of those whose last socket has gone
	Closes     map[Code]uint64        // 1006: cut without a close frame
	Overflows  uint64                 // sockets closed with 4008
	Silent     uint64                 // sockets cut because nothing came from them for IdleTimeout; also in Closes[1006]
	Deliveries uint64                 // frames times sockets
	Writes     uint64                 // system calls
	Bytes      uint64                 // sent
	Backlog    int                    // the most bytes that ever waited for one socket, behind the frame that was leaving
}

// KindFigures sums up the sockets of one kind of screen. A screen acks when it is asked, by the heartbeat: it is behind when a whole
// heartbeat has passed since it was sent what its last ack does not show. Measured at once, every patch would make everybody late.
type KindFigures struct {
	Sockets  int
	Behind   int           // sockets whose last ack is older than the heartbeat before the last
	WorstLag int64         // greatest distance between the two, in sequence numbers
	Queued   int           // bytes that wait in the process
	Quietest time.Duration // longest silence
}

// Group is the screens of one kind in one shop: SocketInfo without the session.
type Group struct {
	ID   int64
	Kind string
}

// GroupFigures sum up a group.
type GroupFigures struct {
	KindFigures
	LastSeen time.Time // when one of them was last heard from; zero when there is none
	Closes   map[Code]uint64
}

func (k *KindFigures) add(o KindFigures) {
	k.Sockets += o.Sockets
	k.Behind += o.Behind
	k.WorstLag = max(k.WorstLag, o.WorstLag)
	k.Queued += o.Queued
	k.Quietest = max(k.Quietest, o.Quietest)
}

// SocketStat is one socket.
type SocketStat struct {
	Topic    Topic
	Kind     string
	Session  string
	Seq      int64 // the topic's
	Acked    int64
	Queued   int // bytes that wait in the process
	LastSeen time.Time
}

// Figures asks the loop; the answer takes it about a millisecond for ten thousand sockets. Empty when the hub has stopped.
func (h *Hub) Figures() Figures {
	var f Figures
	h.ask(func(l *loop) {
		f = l.figures
		f.Closes = maps.Clone(f.Closes)
		f.Kinds = map[string]KindFigures{}
		f.Groups = make(map[Group]GroupFigures, len(l.closes))
		now := h.opts.Now()
		for g, closes := range l.closes {
			f.Groups[g] = GroupFigures{Closes: maps.Clone(closes)}
		}
		for s := range l.sockets {
			one := KindFigures{Sockets: 1, Queued: s.queued(), Quietest: max(0, l.now-s.seen)}
			if lag := s.due - s.acked; lag > 0 {
				one.Behind, one.WorstLag = 1, lag
			}
			g := f.Groups[s.info.group()]
			g.add(one)
			if seen := now.Add(-one.Quietest); seen.After(g.LastSeen) {
				g.LastSeen = seen
			}
			f.Groups[s.info.group()] = g
		}
		for g, of := range f.Groups {
			k := f.Kinds[g.Kind]
			k.add(of.KindFigures)
			f.Kinds[g.Kind] = k
			f.Sockets += of.Sockets
		}
	})
	h.mu.Lock()
	f.Topics = len(h.rooms)
	h.mu.Unlock()
	return f
}

// Snapshot lists the sockets that have joined, in no order.
func (h *Hub) Snapshot() []SocketStat {
	var list []SocketStat
	h.ask(func(l *loop) {
		list = make([]SocketStat, 0, l.count)
		now := h.opts.Now()
		for s := range l.sockets {
			list = append(list, SocketStat{
				Topic: s.room.topic, Kind: s.info.Kind, Session: s.info.Session, Seq: s.room.seq, Acked: s.acked,
				Queued: s.queued(), LastSeen: now.Add(s.seen - l.now),
			})
		}
	})
	return list
}

// sockets yields those that have joined and are not closing.
func (l *loop) sockets(yield func(*Socket) bool) {
	for _, p := range l.table {
		if p.sock != nil && p.sock.state == open && !yield(p.sock) {
			return
		}
	}
}

func (i SocketInfo) group() Group { return Group{ID: i.Group, Kind: i.Kind} }

// closed counts why a socket ended.
func (l *loop) closed(s *Socket, code Code) {
	l.figures.Closes[code]++
	g := s.info.group()
	if l.closes[g] == nil {
		l.closes[g] = map[Code]uint64{}
	}
	l.closes[g][code]++
}

func (s *Socket) queued() int {
	if s.out == nil {
		return 0
	}
	return s.out.size()
}
