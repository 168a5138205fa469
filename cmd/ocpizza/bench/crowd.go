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

// sighting is a patch on a kitchen that is timed. A busy shop is not drawn for each order: a patch may show several.
type sighting struct {
	pizzeria, prev, seq, at int64
	notes                   []int64 // numbers of the orders, in their remarks
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
	host  string // for the handshake
	to    [4]byte
	port  int
	lanes [lanes]*lane
	slot  chan struct{} // handshakes under way
	ends  chan struct{}
	done  sync.WaitGroup

	guests []guest // a guest is its lane's; the list is under all locks
}

// lane is what one reader holds of its guests. Each has a lock of its own: a timed patch must not wait for the reader of the menus.
type lane struct {
	mu      sync.Mutex
	poll    epoll
	tallies [128]tally
	sights  []sighting
	gaps    int // patches that did not follow
	news
}

// news is what happened since it was last asked for.
type news struct {
	greeted int            // hellos
	whole   int            // of those, with the whole board
	lost    map[string]int // ends that nobody asked for, by reason
}

// handshakes under way at most: below the kernel's queue of a listener (4,096), and what a server sees of a crowd that comes from outside.
const atOnce = 512

func newCrowd(host string, to [4]byte, port int) (*crowd, error) {
	c := &crowd{host: host, to: to, port: port, slot: make(chan struct{}, atOnce), ends: make(chan struct{})}
	for i := range c.lanes {
		poll, err := newEpoll()
		if err != nil {
			return nil, err
		}
		c.lanes[i] = &lane{poll: poll, news: news{lost: map[string]int{}}}
	}
	for _, l := range c.lanes {
		c.done.Go(func() { c.run(l) })
	}
	return c, nil
}

// lock stops all lanes.
func (c *crowd) lock() {
	for _, l := range c.lanes {
		l.mu.Lock()
	}
}

func (c *crowd) unlock() {
	for _, l := range c.lanes {
		l.mu.Unlock()
	}
}

// lane is whose guest a number is; the lanes are locked, or this one is.
func (c *crowd) lane(id int) *lane { return c.lanes[c.guests[id].lane] }

// news takes what happened since the last call.
func (c *crowd) news() news {
	c.lock()
	defer c.unlock()
	all := news{lost: map[string]int{}}
	for _, l := range c.lanes {
		all.greeted += l.greeted
		all.whole += l.whole
		for why, n := range l.lost {
			all.lost[why] += n
		}
		l.news = news{lost: map[string]int{}}
	}
	return all
}

func (c *crowd) close() {
	close(c.ends)
	c.done.Wait()
	c.cut(c.all())
	for _, l := range c.lanes {
		l.poll.close()
	}
}

// all are the numbers of all guests.
func (c *crowd) all() []int {
	c.lock()
	defer c.unlock()
	ids := make([]int, len(c.guests))
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// invite adds guests, who do not come yet, and returns their numbers.
func (c *crowd) invite(guests ...guest) []int {
	c.lock()
	defer c.unlock()
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
	c.lock()
	defer c.unlock()
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
			c.lock()
			c.lose(id, err)
			c.unlock()
		}
	}
	for {
		waiting, there := 0, 0
		c.lock()
		for _, id := range ids {
			switch c.guests[id].at {
			case shown:
				there++
			case knocking, inside:
				waiting++
			}
		}
		c.unlock()
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
	c.lock()
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
	timed := g.lane == quick
	c.unlock()

	// Sixteen sources have half a million ports.
	fd, err := dial([4]byte{127, 0, 1, byte(1 + id%16)}, c.to, c.port)
	if err != nil {
		return err
	}
	err = writable(fd, 10*time.Second)
	if err == nil && timed {
		err = noteArrival(fd)
	}
	if err == nil {
		err = writeFD(fd, request)
	}
	if err != nil {
		cutFD(fd)
		return err
	}
	c.lock()
	c.guests[id].fd = fd
	poll := c.lane(id).poll
	c.unlock()
	return poll.add(fd, id)
}

// cut ends guests' connections from their side.
func (c *crowd) cut(ids []int) {
	c.lock()
	defer c.unlock()
	for _, id := range ids {
		g := &c.guests[id]
		if g.fd >= 0 {
			c.lanes[g.lane].poll.remove(g.fd)
			cutFD(g.fd)
		}
		c.leave(g)
	}
}

// dismiss sends the guests who were invited last away for good.
func (c *crowd) dismiss(ids []int) {
	c.cut(ids)
	c.lock()
	defer c.unlock()
	c.guests = c.guests[:len(c.guests)-len(ids)]
}

// stall makes guests stop reading.
func (c *crowd) stall(ids []int) {
	c.lock()
	defer c.unlock()
	for _, id := range ids {
		if g := &c.guests[id]; g.fd >= 0 {
			narrow(g.fd)
			c.lanes[g.lane].poll.remove(g.fd)
			g.deaf = true
		}
	}
}

// leave forgets a connection. Its lane is locked.
func (c *crowd) leave(g *guest) {
	if g.at == knocking || g.at == inside {
		<-c.slot
	}
	g.fd, g.at, g.rest, g.deaf = -1, away, nil, false
}

// lose notes an end that nobody asked for. Its lane is locked.
func (c *crowd) lose(id int, err error) {
	g := &c.guests[id]
	c.lanes[g.lane].lost[err.Error()]++
	if g.fd >= 0 {
		c.lanes[g.lane].poll.remove(g.fd)
		cutFD(g.fd)
	}
	c.leave(g)
}

// gaps is how many patches did not follow what their page showed.
func (c *crowd) gaps() (n int) {
	c.lock()
	defer c.unlock()
	for _, l := range c.lanes {
		n += l.gaps
	}
	return n
}

// sights takes the patches that were timed since the last call.
func (c *crowd) sights() []sighting {
	l := c.lanes[quick]
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.sights
	l.sights = nil
	return all
}

// begin starts counting patches of a tag.
func (c *crowd) begin(tag byte, keep bool) {
	c.lock()
	defer c.unlock()
	for _, l := range c.lanes {
		l.tallies[tag] = tally{keep: keep}
	}
}

// await waits until n patches of a tag have come, or a time has passed, and returns what has.
func (c *crowd) await(ctx context.Context, tag byte, n int, most time.Duration) tally {
	deadline := time.Now().Add(most)
	for {
		t := c.tally(tag)
		if t.n >= n || ctx.Err() != nil || time.Now().After(deadline) {
			return t
		}
		time.Sleep(time.Millisecond)
	}
}

// tally is what all lanes have counted of a tag.
func (c *crowd) tally(tag byte) (all tally) {
	for _, l := range c.lanes {
		l.mu.Lock()
		t := l.tallies[tag]
		l.mu.Unlock() // what t.each has so far is not written again
		all.n += t.n
		all.last = max(all.last, t.last)
		all.each = append(all.each, t.each...)
	}
	return all
}
