package bench

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/gobwas/ws"
)

// run reads for all of a lane until close.
func (c *crowd) run(l *lane) {
	ids := make([]int, 256)
	buffer := make([]byte, 256<<10)
	for {
		select {
		case <-c.ends:
			return
		default:
		}
		n, err := l.poll.wait(ids, 50*time.Millisecond)
		if err != nil {
			return
		}
		for _, id := range ids[:n] {
			l.mu.Lock()
			c.read(l, id, buffer)
			l.mu.Unlock()
		}
	}
}

// read takes in what has come for a guest of a lane, which is locked.
func (c *crowd) read(l *lane, id int, buffer []byte) {
	if id >= len(c.guests) { // has been sent away since the poller named it
		return
	}
	g := &c.guests[id]
	if g.fd < 0 || g.deaf {
		return
	}
	n, now, err := readFD(g.fd, buffer)
	if err != nil {
		c.lose(id, err)
		return
	}
	data := buffer[:n]
	if len(g.rest) > 0 {
		data = append(g.rest, data...)
		g.rest = nil
	}
	if g.at == knocking {
		head, after, ok := bytes.Cut(data, []byte("\r\n\r\n"))
		switch {
		case !ok:
			g.rest = slices.Clone(data)
			return
		case !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(accept)):
			line, _, _ := bytes.Cut(head, []byte("\r\n"))
			c.lose(id, fmt.Errorf("handshake: %s", line))
			return
		}
		g.at = inside
		data = after
	}
	for len(data) > 0 && g.fd >= 0 {
		op, payload, size := serverFrame(data)
		if size == 0 {
			g.rest = append(make([]byte, 0, max(1024, len(data))), data...)
			return
		}
		data = data[size:]
		c.take(l, id, op, payload, now)
	}
}

// take is what a browser does with a frame. Its lane is locked.
func (c *crowd) take(l *lane, id int, op ws.OpCode, payload []byte, now int64) {
	g := &c.guests[id]
	switch {
	case op == ws.OpClose:
		code, _ := ws.ParseCloseFrameData(payload)
		c.lose(id, fmt.Errorf("closed with %d", code))
	case op == ws.OpPing:
		c.say(id, ws.OpPong, payload)
	case bytes.HasPrefix(payload, patchMark):
		if tag, at := stamp(payload); tag != 0 {
			t := &l.tallies[tag&0x7f]
			t.n++
			t.last = now
			if t.keep {
				t.each = append(t.each, now-at)
			}
			return
		}
		seq, prev := number(payload, seqField), number(payload, prevField)
		if seq > g.seq {
			if prev != g.seq {
				l.gaps++
			}
			g.seq = seq
		}
		if g.probe != 0 {
			s := sighting{pizzeria: g.probe, prev: prev, seq: seq, at: now}
			for _, rest, ok := bytes.Cut(payload, noteField); ok; _, rest, ok = bytes.Cut(rest, noteField) {
				s.notes = append(s.notes, digits(rest))
			}
			l.sights = append(l.sights, s)
		}
	case bytes.HasPrefix(payload, pingMark):
		c.say(id, ws.OpText, fmt.Appendf(nil, `{"k":"ack","s":%d}`, g.seq))
	case bytes.HasPrefix(payload, helloMark):
		g.seq = number(payload, seqField)
		if _, rest, ok := bytes.Cut(payload[:min(len(payload), near)], epochField); ok {
			if epoch, _, ok := bytes.Cut(rest, []byte(`"`)); ok && string(epoch) != g.epoch {
				g.epoch = string(epoch)
			}
		}
		l.greeted++
		if !bytes.Contains(payload[:min(len(payload), near)], currentField) {
			l.whole++
		}
		if g.at == inside {
			g.at = shown
			<-c.slot
		}
	}
}

func (c *crowd) say(id int, op ws.OpCode, payload []byte) {
	if err := writeFD(c.guests[id].fd, clientFrame(op, payload)); err != nil {
		c.lose(id, err)
	}
}
