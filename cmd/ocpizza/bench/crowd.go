package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
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
