package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

var errEnded = errors.New("the server has ended the connection")

// guest is one browser of the crowd: what its page shows, and its socket.
type guest struct {
	path   string // of the socket, without what it shows
	cookie string // shared by all who are signed in as the same person
	epoch  string
	seq    int64
	probe  int64  // id of the shop of a kitchen whose patches are noted one by one, 0 for everybody else
	rest   []byte // an answer or frame that is not complete
	fd     int
	lane   uint8 // who reads for it
	at     life
	deaf   bool // does not read: a stuck phone
}

type life uint8

const (
	away     life = iota
	knocking      // the handshake is on its way
	inside        // before the hello
	shown         // the hello has come: the page is up to date
)

// tally counts the patches of one tag.
type tally struct {
	n    int
	last int64   // Unix nanoseconds of the last
	each []int64 // nanoseconds on the way of each, if keep
	keep bool
}

// sighting is a patch on a kitchen that is timed.
type sighting struct {
	pizzeria, seq, at int64
	note              int64 // number of the order in the remark, 0 when there is none
}

// Lanes: those whose deliveries are timed one by one do not queue behind a crowd that is read at the same time.
const (
	slow  = iota // menus
	quick        // staff, followers of orders
	lanes
)

// crowd is all the browsers. One goroutine reads for each lane of them, from one poller: a load with a goroutine for each socket would take
// the processor that the server is measured on.
type crowd struct {
	host string // for the handshake
	to   [4]byte
	port int
	poll [lanes]epoll
	slot chan struct{} // handshakes under way
	ends chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	guests  []guest
	tallies [128]tally
	sights  []sighting
	greeted int            // hellos since reset
	whole   int            // of those, with the whole board
	gaps    int            // patches that did not follow
	lost    map[string]int // ends that nobody asked for, by reason
}

// handshakes under way at most: below the kernel's queue of a listener (4,096), and what a server sees of a crowd that comes from outside.
const atOnce = 512

func newCrowd(host string, to [4]byte, port int) (*crowd, error) {
	c := &crowd{host: host, to: to, port: port, slot: make(chan struct{}, atOnce), ends: make(chan struct{}), lost: map[string]int{}}
	for i := range c.poll {
		var err error
		if c.poll[i], err = newEpoll(); err != nil {
			return nil, err
		}
	}
	for _, poll := range c.poll {
		c.done.Go(func() { c.run(poll) })
	}
	return c, nil
}

func (c *crowd) close() {
	close(c.ends)
	c.done.Wait()
	c.cut(c.all())
	for _, poll := range c.poll {
		poll.close()
	}
}

// all are the numbers of all guests.
func (c *crowd) all() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]int, len(c.guests))
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// invite adds guests, who do not come yet, and returns their numbers.
func (c *crowd) invite(guests ...guest) []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []int
	for _, g := range guests {
		g.fd = -1
		ids = append(ids, len(c.guests))
		c.guests = append(c.guests, g)
	}
	return ids
}

// count is how many guests satisfy a condition.
func (c *crowd) count(is func(*guest) bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.guests {
		if is(&c.guests[i]) {
			n++
		}
	}
	return n
}

func upToDate(g *guest) bool { return g.at == shown && !g.deaf }

// open lets guests come, each with what its page shows, and waits until all are up to date or a time has passed. It returns how long that
// took and how many failed.
func (c *crowd) open(ctx context.Context, ids []int, most time.Duration) (took time.Duration, failed int) {
	began := time.Now()
	deadline := time.After(most)
	for n, id := range ids {
		select {
		case c.slot <- struct{}{}:
		case <-deadline:
			return time.Since(began), len(ids) - n
		case <-ctx.Done():
			return time.Since(began), len(ids) - n
		}
		if err := c.knock(id); err != nil {
			c.mu.Lock()
			c.lose(id, err)
			c.mu.Unlock()
		}
	}
	for {
		waiting, there := 0, 0
		c.mu.Lock()
		for _, id := range ids {
			switch c.guests[id].at {
			case shown:
				there++
			case knocking, inside:
				waiting++
			}
		}
		c.mu.Unlock()
		took = time.Since(began)
		if waiting == 0 {
			return took, len(ids) - there
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-deadline:
			return took, len(ids) - there
		case <-ctx.Done():
			return took, len(ids) - there
		}
	}
}

// The key is the example of RFC 6455 section 1.3, whose answer is known.
const (
	key    = "dGhlIHNhbXBsZSBub25jZQ=="
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// knock connects and sends the request.
func (c *crowd) knock(id int) error {
	c.mu.Lock()
	g := &c.guests[id]
	request := make([]byte, 0, 512)
	request = append(append(request, "GET "...), g.path...)
	separator := byte('?')
	if bytes.IndexByte([]byte(g.path), '?') >= 0 {
		separator = '&'
	}
	request = append(append(append(request, separator), "epoch="...), g.epoch...)
	request = strconv.AppendInt(append(request, "&seq="...), g.seq, 10)
	request = fmt.Appendf(request, " HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", c.host, c.host, key)
	if g.cookie != "" {
		request = fmt.Appendf(request, "Cookie: %s\r\n", g.cookie)
	}
	request = append(request, "\r\n"...)
	g.at, g.rest, g.deaf = knocking, nil, false
	c.mu.Unlock()

	// Sixteen sources have half a million ports.
	fd, err := dial([4]byte{127, 0, 1, byte(1 + id%16)}, c.to, c.port)
	if err != nil {
		return err
	}
	if err = writable(fd, 10*time.Second); err == nil {
		err = writeFD(fd, request)
	}
	if err != nil {
		cutFD(fd)
		return err
	}
	c.mu.Lock()
	c.guests[id].fd = fd
	poll := c.poll[c.guests[id].lane]
	c.mu.Unlock()
	return poll.add(fd, id)
}

// cut ends guests' connections from their side.
func (c *crowd) cut(ids []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		g := &c.guests[id]
		if g.fd >= 0 {
			c.poll[g.lane].remove(g.fd)
			cutFD(g.fd)
		}
		c.leave(g)
	}
}

// stall makes guests stop reading.
func (c *crowd) stall(ids []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if g := &c.guests[id]; g.fd >= 0 {
			narrow(g.fd)
			c.poll[g.lane].remove(g.fd)
			g.deaf = true
		}
	}
}

// leave forgets a connection. c.mu is held.
func (c *crowd) leave(g *guest) {
	if g.at == knocking || g.at == inside {
		<-c.slot
	}
	g.fd, g.at, g.rest, g.deaf = -1, away, nil, false
}

// lose notes an end that nobody asked for. c.mu is held.
func (c *crowd) lose(id int, err error) {
	g := &c.guests[id]
	c.lost[err.Error()]++
	if g.fd >= 0 {
		c.poll[g.lane].remove(g.fd)
		cutFD(g.fd)
	}
	c.leave(g)
}

// run reads for all of a lane until close.
func (c *crowd) run(poll epoll) {
	ids := make([]int, 256)
	buffer := make([]byte, 256<<10)
	for {
		select {
		case <-c.ends:
			return
		default:
		}
		n, err := poll.wait(ids, 50*time.Millisecond)
		if err != nil {
			return
		}
		for _, id := range ids[:n] {
			c.mu.Lock()
			c.read(id, buffer)
			c.mu.Unlock()
		}
	}
}

// read takes in what has come for a guest. c.mu is held.
func (c *crowd) read(id int, buffer []byte) {
	g := &c.guests[id]
	if g.fd < 0 || g.deaf {
		return
	}
	n, err := readFD(g.fd, buffer)
	if err != nil {
		c.lose(id, err)
		return
	}
	now := time.Now().UnixNano()
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
		c.take(id, op, payload, now)
	}
}

// take is what a browser does with a frame. c.mu is held.
func (c *crowd) take(id int, op ws.OpCode, payload []byte, now int64) {
	g := &c.guests[id]
	switch {
	case op == ws.OpClose:
		code, _ := ws.ParseCloseFrameData(payload)
		c.lose(id, fmt.Errorf("closed with %d", code))
	case op == ws.OpPing:
		c.say(id, ws.OpPong, payload)
	case bytes.HasPrefix(payload, patchMark):
		if tag, at := stamp(payload); tag != 0 {
			t := &c.tallies[tag&0x7f]
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
				c.gaps++
			}
			g.seq = seq
		}
		if g.probe != 0 {
			s := sighting{pizzeria: g.probe, seq: seq, at: now}
			if _, rest, ok := bytes.Cut(payload, noteField); ok {
				s.note = digits(rest)
			}
			c.sights = append(c.sights, s)
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
		c.greeted++
		if !bytes.Contains(payload[:min(len(payload), near)], currentField) {
			c.whole++
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

// begin starts counting patches of a tag.
func (c *crowd) begin(tag byte, keep bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tallies[tag] = tally{keep: keep}
}

// await waits until n patches of a tag have come, or a time has passed, and returns what has.
func (c *crowd) await(ctx context.Context, tag byte, n int, most time.Duration) tally {
	deadline := time.Now().Add(most)
	for {
		c.mu.Lock()
		t := c.tallies[tag]
		c.mu.Unlock() // what t.each has so far is not written again
		if t.n >= n || ctx.Err() != nil || time.Now().After(deadline) {
			return t
		}
		time.Sleep(time.Millisecond)
	}
}
