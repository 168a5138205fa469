package realtime

import "time"

const (
	// crowd is how many sockets make a topic crowded: fewer are served before any crowd, and never wait for a tick.
	crowd = 64
	// maxBatch is how many bytes of frames leave in one call: more would not fit into the send buffer.
	maxBatch = 32 << 10
	// maxLog is how many bytes a topic may have published and not walked yet. Only a publisher faster than the machine gets there.
	maxLog = 4 << 20
)

// room is a topic and those who watch it. All but watchers is the loop's.
//
// A published frame goes into the room's log, not into each socket's queue: publishing costs the same for one watcher as for ten thousand.
// The loop walks over the members and gives each, in one call, all that it lacks.
type room struct {
	topic    Topic
	watchers int // under Hub.mu: joined and not left, whether the loop knows of them or not

	members   []*Socket
	seq       int64    // of the last frame in the log, or hello, that has one
	base      uint64   // number of log[0]: frames are counted from the room's beginning
	log       []*Frame // published and not sent to all yet
	logSize   int
	scheduled bool // is in one of the loop's queues
	walk      walk
	began     time.Duration // of the last walk
	beat      *Frame        // the heartbeat of beatTick, for several members
	beatTick  uint64
}

// walk is one batch on its way to all members.
type walk struct {
	batch       []byte
	marks       []int  // where in batch each frame begins; nil for a single frame
	first, past uint64 // numbers of the frames in it
	pos         int    // members before it have it
}

func (r *room) count() uint64 { return r.base + uint64(len(r.log)) }

func (r *room) append(f *Frame) {
	r.log = append(r.log, f)
	r.logSize += f.Len()
	if f.seq != 0 {
		r.seq = f.seq
	}
}

// join puts the member behind all that was published so far.
func (r *room) join(s *Socket, hello *Frame) {
	if hello.seq != 0 && (len(r.members) == 0 || hello.seq > r.seq) {
		r.seq = hello.seq
	}
	s.room, s.cursor, s.acked = r, r.count(), r.seq
	s.asked, s.due = r.seq, r.seq
	s.at = uint32(len(r.members))
	r.members = append(r.members, s)
}

// remove keeps the walk right: members before pos have been served, those from pos on have not.
func (r *room) remove(s *Socket) {
	hole := int(s.at)
	move := func(from int) {
		r.members[hole] = r.members[from]
		r.members[hole].at = uint32(hole)
		hole = from
	}
	if hole < r.walk.pos {
		r.walk.pos--
		move(r.walk.pos)
	}
	move(len(r.members) - 1)
	r.members[hole] = nil
	r.members = r.members[:hole]
	s.room = nil
	if len(r.members) == 0 {
		r.members = nil
	}
}

// begin makes a batch of the oldest frames of the log.
func (r *room) begin(now time.Duration) {
	r.began = now
	n, size := 0, 0
	for n < len(r.log) && (n == 0 || size+r.log[n].Len() <= maxBatch) {
		size += r.log[n].Len()
		n++
	}
	r.walk = walk{first: r.base, past: r.base + uint64(n)}
	if n == 1 {
		r.walk.batch = r.log[0].bytes // shared, not copied
		return
	}
	r.walk.batch = make([]byte, 0, size)
	r.walk.marks = make([]int, 0, n)
	for _, f := range r.log[:n] {
		r.walk.marks = append(r.walk.marks, len(r.walk.batch))
		r.walk.batch = append(r.walk.batch, f.bytes...)
	}
}

// step serves the next member; false when all have been.
func (l *loop) step(r *room) bool {
	w := &r.walk
	if w.pos >= len(r.members) {
		return false
	}
	s := r.members[w.pos]
	w.pos++
	if s.cursor >= w.past { // came during the walk, or was caught up by a heartbeat
		return true
	}
	from := 0
	if w.marks != nil {
		from = w.marks[s.cursor-w.first]
	}
	l.figures.Deliveries += w.past - s.cursor
	s.answering(w.past - s.cursor)
	s.cursor = w.past
	l.current = s
	l.send(s, w.batch[from:])
	return true
}

// end forgets the batch; false when there is more in the log.
func (r *room) end() bool {
	n := int(r.walk.past - r.base)
	for i := range r.log[:n] {
		r.logSize -= r.log[i].Len()
		r.log[i] = nil
	}
	r.log = r.log[n:]
	r.base = r.walk.past
	r.walk = walk{}
	if len(r.log) == 0 {
		r.log = nil
	}
	return len(r.log) == 0
}

func (l *loop) publish(r *room, f *Frame) {
	if len(r.members) == 0 {
		if f.seq != 0 {
			r.seq = f.seq
		}
		return
	}
	r.append(f)
	if r.logSize > maxLog {
		l.figures.Overflows += uint64(len(r.members))
		for len(r.members) > 0 {
			l.refuse(r.members[0], CloseTooSlow)
		}
		return
	}
	l.schedule(r)
}

// schedule queues a room whose log is not empty.
func (l *loop) schedule(r *room) {
	if r.scheduled {
		return
	}
	r.scheduled = true
	switch {
	case len(r.members) <= crowd:
		l.urgent.push(r)
	case l.now < r.began+l.hub.opts.BatchTick:
		l.later.push(r)
	default:
		l.bulk.push(r)
	}
}

func (l *loop) finishWalk(r *room) {
	r.scheduled = false
	if !r.end() {
		l.schedule(r)
	}
}

// serveUrgent serves topics that few watch, each to its end.
func (l *loop) serveUrgent() {
	for sent := 0; l.urgent.len() > 0 && sent < crowd; {
		r := l.urgent.pop()
		r.begin(l.now)
		for l.step(r) {
			sent++
		}
		l.finishWalk(r)
		sent++
	}
}

// serveBulk goes on with one crowded topic, until something more urgent comes in; the next turn goes on with another.
func (l *loop) serveBulk() {
	for l.later.len() > 0 && l.now >= (*l.later.first()).began+l.hub.opts.BatchTick {
		l.bulk.push(l.later.pop())
	}
	if l.bulk.len() == 0 {
		return
	}
	r := l.bulk.pop()
	if r.walk.batch == nil {
		r.begin(l.now)
	}
	for range crowd {
		if !l.step(r) {
			l.finishWalk(r)
			return
		}
		if len(l.hub.wake) > 0 {
			break
		}
	}
	l.bulk.push(r)
}

// catchUp sends a socket what its room's log has for it, so that a heartbeat comes behind.
func (l *loop) catchUp(s *Socket) {
	r := s.room
	for s.state == open && s.cursor < r.count() {
		f := r.log[s.cursor-r.base]
		s.cursor++
		l.figures.Deliveries++
		s.answering(1)
		l.send(s, f.bytes)
	}
}

// leave takes a socket off its room, if it has one.
func (l *loop) leave(s *Socket) {
	if r := s.room; r != nil {
		r.remove(s)
		l.hub.unwatch(r)
	}
}
