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
	Closes     map[Code]uint64 // 1006: cut without a close frame
	Overflows  uint64          // sockets closed with 4008
	Silent     uint64          // sockets cut because nothing came from them for IdleTimeout; also in Closes[1006]
	Deliveries uint64          // frames times sockets
	Writes     uint64          // system calls
	Bytes      uint64          // sent
}

// KindFigures sums up the sockets of one kind of screen.
type KindFigures struct {
	Sockets  int
	Behind   int           // sockets whose last ack is older than their topic
	WorstLag int64         // greatest distance between a topic's sequence and an ack
	Queued   int           // bytes that wait in the process
	Quietest time.Duration // longest silence
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
		for s := range l.sockets {
			f.Sockets++
			k := f.Kinds[s.info.Kind]
			k.Sockets++
			if lag := s.room.seq - s.acked; lag > 0 {
				k.Behind++
				k.WorstLag = max(k.WorstLag, lag)
			}
			k.Queued += s.queued()
			k.Quietest = max(k.Quietest, l.now-s.seen)
			f.Kinds[s.info.Kind] = k
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

func (s *Socket) queued() int {
	if s.out == nil {
		return 0
	}
	return s.out.size()
}
