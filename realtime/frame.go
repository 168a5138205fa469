package realtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Code is a WebSocket close code (RFC 6455 section 7.4; 4000–4999 are private use).
// It tells the browser whether to come back.
type Code uint16

const (
	CloseNormal      Code = 1000 // the peer is done; only ever received
	CloseGoingAway   Code = 1001 // going away: a page that is left, a server that stops for good
	CloseProtocol    Code = 1002 // the peer broke RFC 6455: no mask, a reserved bit, a stray continuation
	CloseUnsupported Code = 1003 // binary, where only text is spoken
	CloseAbnormal    Code = 1006 // cut without a close frame; counted, never on the wire (RFC 6455 section 7.4.1)
	CloseBadData     Code = 1007 // text that is not UTF-8, or not JSON
	CloseNotAllowed  Code = 1008 // well-formed, but nothing a browser may say; or too many messages
	CloseTooBig      Code = 1009 // a message over HubOptions.MaxMessage
	CloseInternal    Code = 1011 // our fault
	CloseRestart     Code = 1012 // the server restarts: come back, with jitter
	CloseSessionOver Code = 4001 // logged out or revoked: do not come back
	CloseTooSlow     Code = 4008 // the queue overflowed: come back and get a snapshot
)

var codeWords = map[Code]string{
	CloseNormal: "done", CloseGoingAway: "going away", CloseProtocol: "protocol error", CloseUnsupported: "text only",
	CloseAbnormal: "cut", CloseBadData: "bad data", CloseNotAllowed: "not allowed", CloseTooBig: "too big",
	CloseInternal: "internal error", CloseRestart: "restart", CloseSessionOver: "session ended", CloseTooSlow: "too slow",
}

// String is the reason sent with the code, and its label in the counters.
func (c Code) String() string {
	if words, ok := codeWords[c]; ok {
		return words
	}
	return strconv.Itoa(int(c))
}

// Closing is why a socket is closed. As the error of the callback of Hub.Serve it chooses what the browser is told.
type Closing struct {
	Code   Code
	Reason string // for people who debug; at most 123 bytes are sent (RFC 6455 section 5.5)
}

func (c Closing) Error() string { return fmt.Sprintf("socket closed: %d %s", c.Code, c.Reason) }

// frame is the close frame. A reason is cut between runes, never inside one: it must be UTF-8.
func (c Closing) frame() *Frame {
	reason := c.Reason
	for len(reason) > ws.MaxControlFramePayloadSize-2 || !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	return control(ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(c.Code), reason))
}

// Frame is one WebSocket frame, ready to be sent, built once and shared by all the sockets that get it. Immutable.
//
// It carries the sequence that a page shows once it has applied it: heartbeats repeat the last one that was put before them,
// so that a heartbeat can never run ahead of a patch that still waits (the page would take it for a gap and come back).
type Frame struct {
	bytes []byte
	seq   int64 // 0: says nothing of a sequence
}

// headroom is what the longest header of an unmasked frame takes (RFC 6455 section 5.2).
const headroom = 10

// NewFrame wraps payload, which must be UTF-8, into one text frame that moves no sequence; for those that do see Hello and
// Patch. The payload is copied.
func NewFrame(payload []byte) *Frame {
	return seal(append(make([]byte, headroom, headroom+len(payload)), payload...), 0)
}

// Len is the number of bytes on the wire, header included.
func (f *Frame) Len() int { return len(f.bytes) }

// Payload is what the frame carries. It must not be changed.
func (f *Frame) Payload() []byte {
	switch f.bytes[1] & 0x7f {
	case 126:
		return f.bytes[4:]
	case 127:
		return f.bytes[10:]
	}
	return f.bytes[2:]
}

// seal makes a text frame of room, whose payload starts at headroom: the header is written right before it,
// so that a payload encoded there is not copied again.
func seal(room []byte, seq int64) *Frame {
	header := ws.Header{Fin: true, OpCode: ws.OpText, Length: int64(len(room) - headroom)}
	start := headroom - ws.HeaderSize(header)
	_ = ws.WriteHeader(bytes.NewBuffer(room[start:start]), header) // a Buffer does not fail
	return &Frame{bytes: room[start:], seq: seq}
}

func control(op ws.OpCode, payload []byte) *Frame {
	return &Frame{bytes: ws.MustCompileFrame(ws.NewFrame(op, true, payload))}
}

// What an Op does with the element To; OpEvent names something that happened (a sound, a notification).
const (
	OpMorph   = "morph"
	OpAppend  = "append"
	OpPrepend = "prepend"
	OpBefore  = "before"
	OpRemove  = "remove"
	OpEvent   = "event"
)

// Op is one change to a page.
type Op struct {
	Do   string `json:"do"`
	To   string `json:"to,omitempty"`   // the id of an element
	HTML string `json:"html,omitempty"` // a piece drawn by package views
	Name string `json:"name,omitempty"` // of an event
}

// Modes of a Hello.
const (
	ModeCurrent  = "current"  // what the page shows of the board is current; Ops redraw what has no sequence, if that is not
	ModeSnapshot = "snapshot" // Ops redraw the whole board
)

// Hello is the first frame of a socket. A Mode left empty follows from whether there are Ops.
type Hello struct {
	Epoch string
	Seq   int64 // the topic's
	Time  int64 // Unix milliseconds
	Build string
	Mode  string
	Ops   []Op
}

// Frame encodes the hello.
func (h Hello) Frame() *Frame {
	if h.Mode == "" {
		h.Mode = ModeCurrent
		if len(h.Ops) > 0 {
			h.Mode = ModeSnapshot
		}
	}
	return encode(struct {
		K string `json:"k"`
		E string `json:"e"`
		S int64  `json:"s"`
		T int64  `json:"t"`
		B string `json:"b"`
		M string `json:"m"`
		O []Op   `json:"o,omitempty"`
	}{"hello", h.Epoch, h.Seq, h.Time, h.Build, h.Mode, h.Ops}, h.Seq)
}

// Patch carries a topic from sequence Prev to Seq.
type Patch struct {
	Seq, Prev int64
	Time      int64 // Unix milliseconds
	Ops       []Op
}

// Frame encodes the patch.
func (p Patch) Frame() *Frame {
	if p.Ops == nil {
		p.Ops = []Op{} // [] rather than null
	}
	return encode(struct {
		K string `json:"k"`
		S int64  `json:"s"`
		P int64  `json:"p"`
		T int64  `json:"t"`
		O []Op   `json:"o"`
	}{"patch", p.Seq, p.Prev, p.Time, p.Ops}, p.Seq)
}

// Ping is the heartbeat: it shows a lost last message, which nothing else does. Its Ops redraw what changes without a sequence, such as
// the figures of the machine: a page that misses some of them misses nothing, for the next ones are whole.
type Ping struct {
	Seq   int64
	Time  int64 // Unix milliseconds
	Build string
	Ops   []Op
}

// Frame encodes the ping.
func (p Ping) Frame() *Frame {
	if len(p.Ops) == 0 {
		return pingFrame(p.Seq, p.Time, quote(p.Build))
	}
	return encode(struct {
		K string `json:"k"`
		S int64  `json:"s"`
		T int64  `json:"t"`
		B string `json:"b"`
		O []Op   `json:"o"`
	}{"ping", p.Seq, p.Time, p.Build, p.Ops}, p.Seq)
}

// pingFrame takes the build already quoted: ten thousand tracking pages have ten thousand topics, hence pings.
func pingFrame(seq, ms int64, build []byte) *Frame {
	b := make([]byte, headroom, headroom+64+len(build))
	b = strconv.AppendInt(append(b, `{"k":"ping","s":`...), seq, 10)
	b = strconv.AppendInt(append(b, `,"t":`...), ms, 10)
	b = append(append(b, `,"b":`...), build...)
	return seal(append(b, '}'), seq)
}

func quote(s string) []byte {
	b, _ := json.Marshal(s) // a string always marshals
	return b
}

// encode does not write < as \u003c, which encoding/json does by default: HTML would grow by a third. A frame cannot
// close a <script>, so nothing is lost. Bytes that are not UTF-8 become U+FFFD: a text frame must be UTF-8.
func encode(envelope any, seq int64) *Frame {
	var b bytes.Buffer
	b.Write(make([]byte, headroom))
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(envelope) // only strings and integers: does not fail
	return seal(bytes.TrimSuffix(b.Bytes(), []byte("\n")), seq)
}

var errNotAck = errors.New("only acks are expected")

// parseAck reads {"k":"ack","s":1042}. Spaces, the order of fields and unknown fields do not matter.
// The error is errNotAck for JSON that says something else.
func parseAck(message []byte) (seq int64, err error) {
	if rest, ok := bytes.CutPrefix(message, []byte(`{"k":"ack","s":`)); ok { // what live.js sends
		if digits, ok := bytes.CutSuffix(rest, []byte("}")); ok && len(digits) < 19 && len(digits) > 0 && digits[0] != '0' {
			for _, c := range digits {
				if c < '0' || c > '9' {
					return parseAnyAck(message)
				}
				seq = seq*10 + int64(c-'0')
			}
			return seq, nil
		}
	}
	return parseAnyAck(message)
}

func parseAnyAck(message []byte) (int64, error) {
	var ack struct {
		K string `json:"k"`
		S *int64 `json:"s"`
	}
	err := json.Unmarshal(message, &ack)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return 0, errNotAck
	case err != nil:
		return 0, err
	case ack.K != "ack" || ack.S == nil, *ack.S < 0:
		return 0, errNotAck
	}
	return *ack.S, nil
}
