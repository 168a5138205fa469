package realtime

import (
	"time"

	"github.com/gobwas/ws"
)

// maxTick is how fine heartbeats are spread, and how exact times are kept.
const maxTick = 100 * time.Millisecond

// sweep visits the numbers id, id+stride, …
type sweep struct {
	id, stride uint32
	ping       bool // a protocol ping rather than a heartbeat
}

// grace is until when a closing socket is waited for.
type grace struct {
	id, gen uint32
	until   time.Duration
}

// keepTime does what is due by the clock.
func (l *loop) keepTime() {
	if l.now-l.nextTick > l.hub.opts.Heartbeat { // nobody was there, or the machine slept: nothing to catch up with
		l.nextTick = l.now
	}
	for l.now >= l.nextTick {
		l.ticks++
		l.nextTick += l.tick
		if l.count > 0 {
			l.sweeps.push(sweep{id: uint32(l.ticks % uint64(l.beats)), stride: l.beats})
			l.sweeps.push(sweep{id: uint32(l.ticks % uint64(l.pings)), stride: l.pings, ping: true})
		}
		if l.stop != nil && l.stop.waves > 0 {
			l.wave()
		}
	}
	for l.graces.len() > 0 && l.graces.first().until <= l.now {
		g := l.graces.pop()
		if p := l.table[g.id]; p.sock != nil && p.gen == g.gen {
			l.drop(p.sock, p.sock.out != nil)
		}
	}
}

func (l *loop) serveSweeps() {
	for n := 0; n < 16 && l.sweeps.len() > 0; {
		w := l.sweeps.first()
		if int(w.id) >= len(l.table) {
			l.sweeps.pop()
			continue
		}
		s := l.table[w.id].sock
		w.id += w.stride
		if s == nil {
			continue
		}
		n++
		l.current = s
		if w.ping {
			l.ping(s)
		} else {
			l.beat(s)
		}
	}
}

var protocolPing = control(ws.OpPing, nil).bytes

// ping makes the browser say that it is there, without its scripts. One that has not read what waits for it is not asked.
func (l *loop) ping(s *Socket) {
	if s.out == nil {
		s.answering(1)
		l.send(s, protocolPing)
	}
}

// beat sends a heartbeat and looks after the socket. Nothing is added to what is not read: what waits shows by itself that the wire lives.
func (l *loop) beat(s *Socket) {
	s.frames = min(s.frames, 0)
	if l.now-s.seen > l.hub.opts.IdleTimeout {
		l.figures.Silent++
		l.drop(s, true)
		return
	}
	if s.state != open {
		return
	}
	l.catchUp(s)
	r := s.room
	if r == nil {
		return
	}
	s.due, s.asked = s.asked, r.seq // also of one that reads nothing: that is what being behind is
	if s.out != nil {
		return
	}
	f := r.beat
	if f == nil || r.beatTick != l.ticks || f.seq != r.seq {
		f = pingFrame(r.seq, l.hub.opts.Now().UnixMilli(), l.build)
		if len(r.members) > 1 { // a tracking page has its topic for itself, and there are thousands: not kept
			r.beat, r.beatTick = f, l.ticks
		}
	}
	s.answering(1)
	l.send(s, f.bytes)
}
