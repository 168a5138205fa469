package realtime

import (
	"bytes"
	"math"
	"runtime/debug"
	"time"

	"github.com/gobwas/ws"
)

// loop owns all sockets and rooms of a hub: it alone reads, writes and closes, so nothing of theirs is locked. It goes in turns; each does a
// bounded piece of every kind of work, the urgent first, so that a patch for one table's pizza overtakes a broadcast to ten thousand.
type loop struct {
	hub *Hub
	now time.Duration // since hub.start, at the beginning of the turn

	table    []place // sockets by number
	free     []uint32
	count    int // sockets in table
	sessions map[string]*Socket

	urgent, bulk, later fifo[*room]
	flushes             fifo[*Socket]
	ready               fifo[readiness]
	sweeps              fifo[sweep]
	graces              fifo[grace]

	// Heartbeats and pings are a wheel: at each tick, the sockets whose number has that tick's remainder. It keeps nothing for each socket.
	tick         time.Duration
	ticks        uint64
	nextTick     time.Duration
	timer        *time.Timer
	beats, pings uint32 // ticks in a round

	stop    *stopping
	figures Figures
	closes  map[Group]map[Code]uint64
	current *Socket // is being served, and pays for a panic

	build   []byte // quoted
	reader  bytes.Reader
	header  [ws.MaxHeaderSize]byte
	buffer  [4096]byte
	scratch []byte
	spare   inbox
}

// place holds a socket. The generation makes that news of a socket that is gone does not reach the one that has its number now.
type place struct {
	sock *Socket
	gen  uint32
}

// stopping is what Close has asked for.
type stopping struct {
	code  Code
	waves int // left
}

func newLoop(h *Hub) *loop {
	l := &loop{
		hub: h, sessions: map[string]*Socket{}, build: quote(h.opts.Build), scratch: make([]byte, 0, maxBatch),
		timer: time.NewTimer(0),
		tick:  min(max(h.opts.Heartbeat/100, time.Millisecond), maxTick),
	}
	l.figures.Closes = map[Code]uint64{}
	l.closes = map[Group]map[Code]uint64{}
	l.nextTick = l.tick
	l.beats = uint32(max(h.opts.Heartbeat/l.tick, 1))
	l.pings = uint32(max(h.opts.PingEvery/l.tick, 1))
	return l
}

func (l *loop) run() {
	for {
		if l.turn() {
			continue
		}
		if l.stop != nil && l.count == 0 {
			break
		}
		l.sleep()
	}
	l.finish()
}

// turn tells whether there is more to do at once.
func (l *loop) turn() (more bool) {
	defer func() { more = l.rescue(recover()) || more }()
	l.now = time.Since(l.hub.start)
	l.take()
	l.keepTime()
	l.serveUrgent()
	l.serveFlushes()
	l.serveReady()
	l.serveSweeps()
	l.serveBulk()
	return l.urgent.len()+l.flushes.len()+l.ready.len()+l.sweeps.len()+l.bulk.len() > 0
}

// sleep waits for the inbox or the next thing that is due. Without sockets there is none.
func (l *loop) sleep() {
	due := time.Duration(math.MaxInt64)
	if l.count > 0 || l.stop != nil {
		due = l.nextTick
	}
	if l.later.len() > 0 {
		due = min(due, (*l.later.first()).began+l.hub.opts.BatchTick)
	}
	if due == math.MaxInt64 {
		<-l.hub.wake
		l.hub.ring()
		return
	}
	l.timer.Reset(due - time.Since(l.hub.start))
	select {
	case <-l.hub.wake:
		l.hub.ring()
	case <-l.timer.C:
	}
}

// take carries out what others have queued; none of it is a system call.
func (l *loop) take() {
	select {
	case <-l.hub.wake:
	default:
		return
	}
	h := l.hub
	h.mu.Lock()
	in := h.inbox
	h.inbox = inbox{l.spare.commands[:0], l.spare.ready[:0]}
	h.mu.Unlock()
	l.spare = in
	for i, c := range in.commands {
		in.commands[i] = command{}
		l.obey(c)
	}
	for _, r := range in.ready {
		l.ready.push(r)
	}
	clear(in.ready)
	if cap(in.commands) > 4096 || cap(in.ready) > 4096 { // a crowd has come; it need not be remembered
		l.spare = inbox{}
	}
}

func (l *loop) obey(c command) {
	switch {
	case c.call != nil:
		c.call(l)
	case c.sock != nil:
		l.join(c.sock, c.room, c.frame)
	default:
		l.publish(c.room, c.frame)
	}
}

// adopt gives a socket its number.
func (l *loop) adopt(s *Socket) {
	if n := len(l.free); n > 0 {
		s.id = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		s.id = uint32(len(l.table))
		l.table = append(l.table, place{})
	}
	p := &l.table[s.id]
	p.sock, s.gen, s.seen = s, p.gen, l.now
	l.count++
	if s.info.Session == "" {
		return
	}
	if next := l.sessions[s.info.Session]; next != nil {
		s.sibling.next, next.sibling.prev = next, s
	}
	l.sessions[s.info.Session] = s
}

// forget takes a socket's number away.
func (l *loop) forget(s *Socket) {
	p := &l.table[s.id]
	p.sock = nil
	p.gen++
	l.free = append(l.free, s.id)
	l.count--
	prev, next := s.sibling.prev, s.sibling.next
	s.sibling.prev, s.sibling.next = nil, nil
	if next != nil {
		next.sibling.prev = prev
	}
	switch {
	case prev != nil:
		prev.sibling.next = next
	case s.info.Session == "":
	case next != nil:
		l.sessions[s.info.Session] = next
	default:
		delete(l.sessions, s.info.Session)
	}
}

func (l *loop) join(s *Socket, r *room, hello *Frame) {
	if s.state != adopted { // its session has ended meanwhile
		l.hub.unwatch(r)
		return
	}
	r.join(s, hello)
	s.state = open
	s.out = &outbox{}
	s.out.add(hello.bytes)
	l.figures.Deliveries++
	if l.stop != nil {
		l.refuse(s, l.stop.code)
		return
	}
	l.flushes.push(s)
}

func (l *loop) closeSession(session string, code Code) {
	for s := l.sessions[session]; s != nil; s = s.sibling.next {
		l.refuse(s, code)
	}
}

// serveFlushes begins with new sockets and closes old ones.
func (l *loop) serveFlushes() {
	for n := 0; n < 16 && l.flushes.len() > 0; n++ {
		s := l.flushes.pop()
		if s.state == gone {
			continue
		}
		l.current = s
		if !s.started {
			s.started = true
			if err := s.wire.start(s.id, s.gen); err != nil {
				l.hub.opts.Log.Error("cannot watch a connection", "err", err)
				l.drop(s, true)
				continue
			}
			l.flush(s)
			l.feed(s, nil) // what came together with the handshake
			continue
		}
		l.flush(s)
	}
}

func (l *loop) serveReady() {
	for n := 0; n < 64 && l.ready.len() > 0; n++ {
		r := l.ready.pop()
		s := r.sock
		if s == nil {
			if p := l.table[r.id]; p.gen == r.gen {
				s = p.sock
			}
		}
		if s == nil || s.state == gone {
			continue
		}
		l.current = s
		if r.readable {
			l.read(s)
		}
		if r.writable {
			l.flush(s)
		}
	}
}

func (l *loop) shutDown(code Code, over time.Duration) {
	if l.stop != nil {
		return
	}
	l.stop = &stopping{code: code, waves: int(max(over/l.tick, 1))}
	l.wave()
}

// wave closes its share of the sockets.
func (l *loop) wave() {
	left := 0
	for _, p := range l.table {
		if p.sock != nil && p.sock.state < closing {
			left++
		}
	}
	share := (left + l.stop.waves - 1) / l.stop.waves
	l.stop.waves--
	for i := 0; share > 0 && i < len(l.table); i++ {
		if s := l.table[i].sock; s != nil && s.state < closing {
			l.refuse(s, l.stop.code)
			share--
		}
	}
}

func (l *loop) dropAll() {
	for _, p := range l.table {
		if p.sock != nil {
			l.drop(p.sock, true)
		}
	}
	if l.stop != nil {
		l.stop.waves = 0
	}
}

// finish answers what was queued last, and lets nothing more in.
func (l *loop) finish() {
	h := l.hub
	h.mu.Lock()
	h.closed = true
	rest := h.inbox.commands
	h.inbox = inbox{}
	h.mu.Unlock()
	for _, c := range rest {
		l.obey(c)
	}
	l.dropAll()
	if h.poll != nil {
		h.poll.close()
	}
	close(h.ended)
}

// rescue lets the socket that was being served pay for a panic; the others do not notice. When it is no socket's fault, all come back.
func (l *loop) rescue(p any) (panicked bool) {
	s := l.current
	l.current = nil
	if p == nil {
		return false
	}
	l.hub.opts.Log.Error("panic in the socket loop", "panic", p, "stack", string(debug.Stack()))
	if s != nil {
		l.cut(s)
		return true
	}
	for _, p := range l.table {
		if p.sock != nil {
			l.cut(p.sock)
		}
	}
	time.Sleep(maxTick) // whatever it was may be there again: do not fill the log
	return true
}

// cut drops a socket that may be broken.
func (l *loop) cut(s *Socket) {
	defer func() {
		if p := recover(); p != nil {
			l.hub.opts.Log.Error("panic while dropping a socket", "panic", p)
		}
	}()
	l.drop(s, true)
}
