package realtime

import (
	"errors"
	"io"
	"math"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// errAgain says that a wire can take or give nothing now; the hub hears when it can again.
var errAgain = errors.New("realtime: not now")

// wire is a connection that never blocks, in one of two ways: parked in the kernel's poller, or a stream with its handler's goroutine.
// Only the loop calls it. No answer but errAgain can be recovered from.
type wire interface {
	// start makes the hub hear of the connection, which may be ready already.
	start(id, gen uint32) error
	// read fills some of p; io.EOF when the peer has ended.
	read(p []byte) (int, error)
	// write takes as much of p as goes now; less than all, without an error, means errAgain. p may change afterwards.
	write(p []byte) (int, error)
	// close ends the connection: what write took is still sent, unless the peer is given up (abort).
	close(abort bool)
}

// Socket is one browser's connection, from Serve on. It holds neither the connection nor anything of the request.
type Socket struct {
	info   SocketInfo
	wire   wire
	joined bool // under Hub.mu; everything below is the loop's

	fragmented bool  // the last data frame was not the final one
	peerDone   bool  // the peer has sent its close frame
	started    bool  // the wire is
	frames     int16 // received since the last heartbeat, less those that answer what was sent; see answering
	state      state
	id, gen    uint32 // place in loop.table
	at         uint32 // place in room.members
	room       *room
	cursor     uint64 // the next frame of the room's log to be sent
	acked      int64  // sequence that the page says it shows
	asked, due int64  // sequences of the last heartbeat and of the one before, whose ack should have come by now
	seen       time.Duration
	out        *outbox // nil unless something could not be sent at once
	pending    []byte  // an incomplete frame
	message    []byte  // the fragments of a message so far
	skip       int64   // bytes to ignore: the rest of a refused frame
	sibling    struct{ next, prev *Socket }
}

type state uint8

const (
	adopted state = iota // has not joined
	open
	closing // our close frame is sent or queued; only the peer's is waited for (RFC 6455 section 7.1.2)
	gone
)

// outbox is what waits for a socket that reads slowly. Its parts are shared with other sockets.
type outbox struct {
	parts   [][]byte
	begun   bool // part of parts[0] has left: it must be finished, or the peer loses the frames' boundaries
	waiting int  // bytes behind parts[0]
}

func (o *outbox) add(part []byte) {
	if len(o.parts) > 0 {
		o.waiting += len(part)
	}
	o.parts = append(o.parts, part)
}

// sent takes n bytes off the front.
func (o *outbox) sent(n int) {
	o.begun = o.begun || n > 0
	for n > 0 {
		if n < len(o.parts[0]) {
			o.parts[0] = o.parts[0][n:]
			o.begun = true
			return
		}
		n -= len(o.parts[0])
		o.parts[0] = nil
		o.parts = o.parts[1:]
		o.begun = false
		if len(o.parts) > 0 {
			o.waiting -= len(o.parts[0])
		}
	}
}

// next is what to write now: the front, or several parts put together in scratch so that they leave in one call.
func (o *outbox) next(scratch []byte) []byte {
	if len(o.parts) == 1 || len(o.parts[0]) >= cap(scratch) {
		return o.parts[0]
	}
	b := scratch[:0]
	for _, p := range o.parts {
		if b = append(b, p[:min(len(p), cap(b)-len(b))]...); len(b) == cap(b) {
			break
		}
	}
	return b
}

func (o *outbox) size() int {
	n := o.waiting
	if len(o.parts) > 0 {
		n += len(o.parts[0])
	}
	return n
}

// send gives bytes (whole frames) to a socket, or queues them behind what it has not read yet.
func (l *loop) send(s *Socket, b []byte) {
	if s.state != open {
		return
	}
	if s.out == nil {
		n, ok := l.write(s, b)
		if ok && n < len(b) {
			s.out = &outbox{parts: [][]byte{b[n:]}, begun: n > 0}
		}
		return
	}
	// A snapshot can be larger than the bound, and must not make a socket too slow that has only just come: the front is not counted.
	if s.out.waiting > 0 && s.out.waiting+len(b) > l.hub.opts.MaxQueue {
		l.figures.Overflows++
		l.startClose(s, Closing{Code: CloseTooSlow, Reason: CloseTooSlow.String()})
		return
	}
	s.out.add(b)
	l.figures.Backlog = max(l.figures.Backlog, s.out.waiting)
}

// maxAnswers is how many frames a browser may still answer. A page acks each heartbeat, and there may be three in two seconds; what a bad
// network held up for most of IdleTimeout comes at once.
const maxAnswers = 100

// answering lets the browser say one thing for each of n frames that it is sent, beside what it may say anyway: a page that answers as it
// should must not be sent away for good, however often it was asked and however late its answers are.
func (s *Socket) answering(n uint64) { s.frames = max(s.frames-int16(min(n, maxAnswers)), -maxAnswers) }

// write is false when the socket is gone.
func (l *loop) write(s *Socket, b []byte) (int, bool) {
	n, err := s.wire.write(b)
	l.figures.Writes++
	l.figures.Bytes += uint64(n)
	if err != nil && !errors.Is(err, errAgain) {
		l.drop(s, true)
		return 0, false
	}
	return n, true
}

// flush writes what waits, as far as it goes.
func (l *loop) flush(s *Socket) {
	for s.out != nil && s.state != gone {
		b := s.out.next(l.scratch)
		n, ok := l.write(s, b)
		if !ok {
			return
		}
		s.out.sent(n)
		if len(s.out.parts) == 0 {
			s.out = nil
		} else if n < len(b) {
			return
		}
	}
	if s.state == closing && s.peerDone {
		l.drop(s, false)
	}
}

// maxReads bounds how long one talkative socket is listened to before the others.
const maxReads = 4

// read takes in what has come. It reads until there is no more, as an edge-triggered poller demands.
func (l *loop) read(s *Socket) {
	for range maxReads {
		n, err := s.wire.read(l.buffer[:])
		if errors.Is(err, errAgain) {
			return
		}
		if n > 0 {
			s.seen = l.now
			l.feed(s, l.buffer[:n])
		}
		if s.state == gone {
			return
		}
		if err != nil || n == 0 {
			l.drop(s, !errors.Is(err, io.EOF))
			return
		}
	}
	l.ready.push(readiness{sock: s, readable: true})
}

// feed parses what a socket has sent. data may be changed.
func (l *loop) feed(s *Socket, data []byte) {
	if len(s.pending) > 0 {
		data = append(s.pending, data...)
		s.pending = nil
	}
	for len(data) > 0 && s.state != gone {
		if s.skip > 0 {
			n := min(s.skip, int64(len(data)))
			s.skip -= n
			data = data[n:]
			continue
		}
		n := l.takeFrame(s, data)
		if n == 0 {
			// At most a header and MaxMessage bytes: longer frames are refused by their header.
			s.pending = append([]byte(nil), data...)
			return
		}
		data = data[n:]
	}
}

// takeFrame handles the frame at the beginning of data and returns its length, 0 when it is incomplete.
// The payload of a frame that is refused is skipped, so that the peer's answer to our close frame is understood. Closing with unread bytes
// would make the kernel send a reset, which may overtake the close frame and hide its code.
func (l *loop) takeFrame(s *Socket, data []byte) int {
	l.reader.Reset(data)
	h, err := ws.ReadHeaderBuffer(&l.reader, l.header[:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0
	}
	size := len(data) - l.reader.Len()
	if err != nil { // an impossible length: nothing after it can be understood
		l.refuse(s, CloseProtocol)
		s.skip = math.MaxInt64
		return size
	}
	if s.state == closing {
		s.skip = h.Length
		if h.OpCode == ws.OpClose {
			s.peerDone = true
			l.flush(s)
		}
		return size
	}
	if code := l.objection(s, h); code != 0 {
		l.refuse(s, code)
		s.skip = h.Length
		return size
	}
	end := size + int(h.Length)
	if len(data) < end {
		return 0
	}
	s.frames++
	payload := data[size:end]
	ws.Cipher(payload, h.Mask, 0)
	l.receive(s, h, payload)
	return end
}

// objection is the code to close with because of a frame's header, or 0.
func (l *loop) objection(s *Socket, h ws.Header) Code {
	is := ws.StateServerSide
	if s.fragmented {
		is = is.Set(ws.StateFragmented)
	}
	switch {
	case int(s.frames) >= l.hub.opts.MaxRate: // below zero: answers that are still to come
		return CloseNotAllowed
	case ws.CheckHeader(h, is) != nil:
		return CloseProtocol
	case h.OpCode == ws.OpBinary:
		return CloseUnsupported
	case !h.OpCode.IsControl() && h.Length > int64(l.hub.opts.MaxMessage-len(s.message)):
		return CloseTooBig
	}
	return 0
}

func (l *loop) receive(s *Socket, h ws.Header, payload []byte) {
	switch h.OpCode {
	case ws.OpPing:
		l.send(s, control(ws.OpPong, payload).bytes)
	case ws.OpPong:
	case ws.OpClose:
		l.receiveClose(s, payload)
	default:
		if s.fragmented = !h.Fin; s.fragmented || s.message != nil {
			s.message = append(s.message, payload...)
		}
		if s.fragmented {
			return
		}
		if s.message != nil {
			payload, s.message = s.message, nil
		}
		l.receiveMessage(s, payload)
	}
}

func (l *loop) receiveMessage(s *Socket, message []byte) {
	if !utf8.Valid(message) {
		l.refuse(s, CloseBadData)
		return
	}
	seq, err := parseAck(message)
	switch {
	case errors.Is(err, errNotAck):
		l.refuse(s, CloseNotAllowed)
	case err != nil:
		l.refuse(s, CloseBadData)
	default:
		s.acked = seq
	}
}

// receiveClose answers the peer's close frame with its code; the server then ends the connection (RFC 6455 sections 5.5.1 and 7.1.1).
func (l *loop) receiveClose(s *Socket, payload []byte) {
	code := CloseNormal
	if len(payload) > 0 {
		status, reason := ws.ParseCloseFrameData(payload)
		code = Code(status)
		if err := ws.CheckCloseFrameData(status, reason); errors.Is(err, ws.ErrProtocolInvalidUTF8) {
			code = CloseBadData
		} else if err != nil { // also a payload of one byte
			code = CloseProtocol
		}
	}
	s.peerDone = true
	l.startClose(s, Closing{Code: code})
}

func (l *loop) refuse(s *Socket, code Code) {
	l.startClose(s, Closing{Code: code, Reason: code.String()})
}

// startClose takes a socket off its topic and queues a close frame, in front of all that has not begun to leave.
func (l *loop) startClose(s *Socket, why Closing) {
	if s.state >= closing {
		return
	}
	l.leave(s)
	s.state = closing
	l.closed(s, why.Code)
	rest := &outbox{}
	if s.out != nil && s.out.begun {
		rest.add(s.out.parts[0])
		rest.begun = true
	}
	rest.add(why.frame().bytes)
	s.out = rest
	s.message = nil
	l.flushes.push(s)
	l.graces.push(grace{id: s.id, gen: s.gen, until: l.now + l.hub.opts.CloseGrace})
}

// drop ends a socket at once. The descriptor is closed here and nowhere else: its number may be another connection's the moment after.
func (l *loop) drop(s *Socket, abort bool) {
	if s.state == gone {
		return
	}
	if s.state != closing {
		l.closed(s, CloseAbnormal)
	}
	l.leave(s)
	s.state = gone
	s.out, s.pending, s.message = nil, nil, nil
	l.forget(s)
	s.wire.close(abort)
}
