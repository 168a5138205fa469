package bench

import (
	"bytes"
	"encoding/binary"

	"github.com/gobwas/ws"
)

// serverFrame reads the WebSocket frame at the beginning of data (RFC 6455 section 5.2): its length in all, 0 when it is not complete.
// A server's frames are not masked; ours come whole, never in fragments.
func serverFrame(data []byte) (op ws.OpCode, payload []byte, size int) {
	if len(data) < 2 {
		return 0, nil, 0
	}
	head, length := 2, uint64(data[1]&0x7f)
	switch length {
	case 126:
		if head = 4; len(data) < head {
			return 0, nil, 0
		}
		length = uint64(binary.BigEndian.Uint16(data[2:]))
	case 127:
		if head = 10; len(data) < head {
			return 0, nil, 0
		}
		length = binary.BigEndian.Uint64(data[2:])
	}
	if uint64(len(data)-head) < length {
		return 0, nil, 0
	}
	size = head + int(length) //nolint:gosec // not more than len(data)
	return ws.OpCode(data[0] & 0x0f), data[head:size], size
}

// clientFrame makes a short frame of ours. The mask is of zeros, which the standard allows and which leaves the payload as it is.
func clientFrame(op ws.OpCode, payload []byte) []byte {
	b := append(make([]byte, 0, 6+len(payload)), 0x80|byte(op), 0x80|byte(len(payload)), 0, 0, 0, 0)
	return append(b, payload...)
}

// Where fields stand in the messages of the wire, which the server writes in one order.
var (
	helloMark    = []byte(`{"k":"hello"`)
	patchMark    = []byte(`{"k":"patch"`)
	pingMark     = []byte(`{"k":"ping"`)
	epochField   = []byte(`"e":"`)
	seqField     = []byte(`"s":`)
	prevField    = []byte(`"p":`)
	currentField = []byte(`"m":"current"`)
	stampField   = []byte(`"` + stampMark)
	noteField    = []byte(notePrefix)
)

const (
	stampMark  = "b:"
	notePrefix = "banc-" // begins the remark of an order whose way to the kitchen is timed, six digits follow
	// near is how far into a message the fields of its envelope stand, in bytes.
	near = 240
)

// number reads the whole number behind a field near the beginning of a message; 0 if there is none.
func number(message, field []byte) int64 {
	_, rest, ok := bytes.Cut(message[:min(len(message), near)], field)
	if !ok {
		return 0
	}
	return digits(rest)
}

func digits(b []byte) (n int64) {
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// stamp reads the tag and the time of a patch that the door has published; 0 if it is not one of those.
func stamp(message []byte) (tag byte, at int64) {
	_, rest, ok := bytes.Cut(message[:min(len(message), near)], stampField)
	if !ok || len(rest) < 2 {
		return 0, 0
	}
	return rest[0], digits(rest[2:])
}
