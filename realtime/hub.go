package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"
)

// Topic names what a socket watches. The hub compares it and nothing else.
type Topic string

// ErrHubClosed is what Join and Serve answer once the hub has stopped.
var ErrHubClosed = errors.New("realtime: hub closed")

// HubOptions are the settings of a Hub; zero values are the defaults.
type HubOptions struct {
	// Build goes into heartbeats: a page of another build reloads itself.
	Build string
	// Heartbeat is how often each socket gets a Ping with its topic's sequence (10 s).
	Heartbeat time.Duration
	// PingEvery is the period of protocol pings, which a browser answers even when its scripts sleep
	// (25 s: the router of our host cuts a connection silent for 55 s).
	PingEvery time.Duration
	// IdleTimeout is the silence after which a peer is taken for lost: no ack, no pong (60 s). It must exceed PingEvery.
	IdleTimeout time.Duration
	// CloseGrace is how long a socket may take to read our close frame and answer it (3 s).
	CloseGrace time.Duration
	// BatchTick is the least time between two walks over the sockets of a crowded topic: what is published meanwhile
	// leaves in one system call for each socket (5 ms). A first patch never waits, nor do topics with few sockets. Negative: no tick.
	BatchTick time.Duration
	// MaxQueue is how many bytes may wait for a socket behind the frame that is leaving (64 KB); one frame always may.
	MaxQueue int
	// MaxMessage is the longest message taken from a browser, in bytes, put together from its fragments (512).
	MaxMessage int
	// MaxRate is how many frames a browser may send in one Heartbeat (20), beside one for each that it was sent.
	MaxRate int
	// SendBuffer is SO_SNDBUF in bytes (32 KB): ten stalled phones held 40 MB of kernel memory with the kernel's default.
	SendBuffer int
	// Portable keeps every connection in its handler's goroutine, which is what happens anyway outside Linux and with TLS.
	Portable bool
	// Emptied is called, from a goroutine of its own, when the last watcher of a topic has left. Another may have come since: ask Watched.
	Emptied func(Topic)
	Log     *slog.Logger
	Now     func() time.Time
}

func (o *HubOptions) fill() {
	durations := map[*time.Duration]time.Duration{
		&o.Heartbeat: 10 * time.Second, &o.PingEvery: 25 * time.Second, &o.IdleTimeout: time.Minute,
		&o.CloseGrace: 3 * time.Second, &o.BatchTick: 5 * time.Millisecond,
	}
	for d, v := range durations {
		if *d == 0 {
			*d = v
		}
	}
	sizes := map[*int]int{&o.MaxQueue: 64 << 10, &o.MaxMessage: 512, &o.MaxRate: 20, &o.SendBuffer: 32 << 10}
	for n, v := range sizes {
		if *n == 0 {
			*n = v
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Hub sends frames to the sockets that watch a topic.
//
// Publish and Join only queue; one goroutine (loop) owns every socket and does all reading, writing and closing, in the order in which
// things were queued. So both may be called under a lock, and whoever orders the two under one lock of his own misses nothing in between.
type Hub struct {
	opts  HubOptions
	start time.Time      // monotonic origin of the loop's durations
	poll  *poller        // nil: every connection is portable
	wake  chan token     // of one: tells the loop that the inbox is not empty
	ended chan token     // closed when the loop has ended
	tasks sync.WaitGroup // poller, handlers of portable connections, calls of Emptied

	mu      sync.Mutex // never held during a system call
	rooms   map[Topic]*room
	inbox   inbox
	closed  bool
	emptied []Topic // to be told to opts.Emptied; non-nil while somebody does
}

type token = struct{}

// NewHub starts a hub; Close ends it. It fails when the system gives no descriptor.
func NewHub(opts HubOptions) (*Hub, error) {
	opts.fill()
	h := &Hub{opts: opts, start: time.Now(), wake: make(chan token, 1), ended: make(chan token), rooms: map[Topic]*room{}}
	if !opts.Portable {
		var err error
		if h.poll, err = newPoller(); err != nil {
			return nil, fmt.Errorf("realtime: %w", err)
		}
	}
	if h.poll != nil {
		h.tasks.Go(func() { h.poll.watch(h.report) })
	}
	go newLoop(h).run()
	return h, nil
}

// SocketInfo is what the hub knows of a socket besides its topic. Use constants or shared strings: there are as many as sockets.
type SocketInfo struct {
	Kind    string // of screen, for the figures
	Group   int64  // likewise: the shop
	Session string // whose end ends the socket, see CloseSession; empty for none. An id, not the cookie: figures show it
}

// Upgraded is a connection after its handshake: *websocket.Conn of gofiber/websocket/v2 and of fasthttp/websocket.
type Upgraded interface{ NetConn() net.Conn }

// Serve takes over a connection inside the handler of its handshake, before anything was read from it.
// The callback says what it watches: it calls Join once, or returns an error; a Closing chooses the close code, any other is a 1011.
//
// On Linux, Serve returns as soon as the callback has, and the handler must return too: the connection lives on in the hub.
// Elsewhere it blocks for the socket's life. Either way nobody touches conn after the handler has returned,
// for gofiber/websocket gives it to the next customer. Serve does not panic when the callback does.
func (h *Hub) Serve(conn Upgraded, info SocketInfo, join func(*Socket) error) error {
	s, err := h.adopt(conn.NetConn(), info)
	if err != nil {
		return err
	}
	err = h.invite(s, join)
	// s is the loop's now, but its wire is set once and for all.
	if w, ok := s.wire.(*stream); ok {
		w.serve()
		h.tasks.Done()
	}
	return err
}

// adopt makes the connection a socket of the loop. A session may end from here on, not only from Join:
// a handler that checks the session in the callback cannot miss a logout.
func (h *Hub) adopt(conn net.Conn, info SocketInfo) (*Socket, error) {
	s := &Socket{info: info}
	var err error
	if s.wire, err = h.park(conn, s); err != nil {
		return nil, fmt.Errorf("realtime: cannot take over the connection: %w", err)
	}
	if s.wire == nil {
		s.wire = newStream(h, conn, s)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		s.wire.close(true)
		return nil, ErrHubClosed
	}
	if _, ok := s.wire.(*stream); ok {
		h.tasks.Add(1) // under mu, so that it cannot fall after the Wait of Close
	}
	h.inbox.add(h, command{call: func(l *loop) { l.adopt(s) }})
	return s, nil
}

// park gives the connection to the poller, or returns nil when there is none that takes it.
func (h *Hub) park(conn net.Conn, s *Socket) (wire, error) {
	if h.poll == nil {
		return nil, nil
	}
	w, early, err := h.poll.park(conn, h.opts.SendBuffer)
	if err != nil || w == nil {
		return nil, err // not the nil *parked, which is not a nil wire
	}
	s.pending = early
	return w, nil
}

// invite runs the callback of Serve.
func (h *Hub) invite(s *Socket, join func(*Socket) error) (err error) {
	defer func() {
		if p := recover(); p != nil { // Fiber's recover does not reach this goroutine: the process would end
			err = fmt.Errorf("realtime: panic while joining: %v\n%s", p, debug.Stack())
		}
		if err == nil && !s.joined {
			err = errors.New("realtime: the callback of Serve has not joined a topic")
		}
		if err == nil {
			return
		}
		why := Closing{Code: CloseInternal, Reason: CloseInternal.String()}
		errors.As(err, &why)
		h.post(command{call: func(l *loop) { l.startClose(s, why) }})
	}()
	return join(s)
}

// Join makes the socket a watcher of the topic: it gets hello, then every frame published after this call, and none from before.
// It only queues. ErrHubClosed is the only error.
func (h *Hub) Join(s *Socket, topic Topic, hello *Frame) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrHubClosed
	}
	if s.joined {
		panic("realtime: a socket joins once")
	}
	s.joined = true
	r := h.rooms[topic]
	if r == nil {
		r = &room{topic: topic}
		h.rooms[topic] = r
	}
	r.watchers++
	h.inbox.add(h, command{sock: s, room: r, frame: hello})
	return nil
}

// Publish sends the frame to all who watch the topic, in the order of the calls. It only queues, whatever the number of watchers.
func (h *Hub) Publish(topic Topic, frame *Frame) {
	h.mu.Lock()
	if r := h.rooms[topic]; r != nil && !h.closed {
		h.inbox.add(h, command{room: r, frame: frame})
	}
	h.mu.Unlock()
}

// Watchers is how many sockets watch the topic, from their Join on.
func (h *Hub) Watchers(topic Topic) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.rooms[topic]; r != nil {
		return r.watchers
	}
	return 0
}

// Watched tells whether anybody watches the topic: if not, a piece need not be drawn.
func (h *Hub) Watched(topic Topic) bool { return h.Watchers(topic) > 0 }

// CloseTopic closes the sockets that have joined a topic. What still waits for them is not sent.
func (h *Hub) CloseTopic(topic Topic, code Code) {
	h.post(command{call: func(l *loop) {
		h.mu.Lock()
		r := h.rooms[topic]
		h.mu.Unlock()
		for r != nil && len(r.members) > 0 {
			l.startClose(r.members[0], Closing{Code: code, Reason: code.String()})
		}
	}})
}

// CloseSession closes the sockets of a session. It does not wait for them.
func (h *Hub) CloseSession(session string, code Code) {
	if session == "" {
		return
	}
	h.post(command{call: func(l *loop) { l.closeSession(session, code) }})
}

// Close closes all sockets in waves over a time, so that their pages do not all come back at once, and stops the hub.
// When ctx ends first, those that are left are cut, and its error is returned. Sockets that join meanwhile are closed too.
func (h *Hub) Close(ctx context.Context, code Code, over time.Duration) error {
	h.post(command{call: func(l *loop) { l.shutDown(code, over) }})
	var err error
	select {
	case <-h.ended:
	case <-ctx.Done():
		err = ctx.Err()
		h.post(command{call: func(l *loop) { l.dropAll() }})
		<-h.ended
	}
	h.tasks.Wait()
	return err
}

// ask runs fn on the loop and waits for it; false when the hub has ended.
func (h *Hub) ask(fn func(*loop)) bool {
	done := make(chan token)
	if !h.post(command{call: func(l *loop) { defer close(done); fn(l) }}) {
		return false
	}
	<-done
	return true
}

func (h *Hub) post(c command) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.inbox.add(h, c)
	}
	return !h.closed
}

// report tells the loop which connections can be read or written again.
func (h *Hub) report(ready ...readiness) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.inbox.ready = append(h.inbox.ready, ready...)
		h.ring()
	}
}

// command is one thing for the loop to do: call, else let sock join room with the hello frame, else publish frame in room.
type command struct {
	call  func(*loop)
	sock  *Socket
	room  *room
	frame *Frame
}

// readiness says that a connection can be read or written; it may be late, and the connection another by then:
// either sock names it, or a number with its generation.
type readiness struct {
	sock     *Socket
	id, gen  uint32
	writable bool
	readable bool
}

// inbox is what others have for the loop. Hub.mu is held.
type inbox struct {
	commands []command
	ready    []readiness
}

func (in *inbox) add(h *Hub, c command) {
	in.commands = append(in.commands, c)
	h.ring()
}

// ring wakes the loop, or lets it know that it need not sleep.
func (h *Hub) ring() {
	select {
	case h.wake <- token{}:
	default:
	}
}

// unwatch takes one watcher off a room. The loop calls it.
func (h *Hub) unwatch(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.watchers--; r.watchers > 0 {
		return
	}
	if h.rooms[r.topic] == r {
		delete(h.rooms, r.topic)
	}
	if h.opts.Emptied == nil {
		return
	}
	if h.emptied == nil {
		h.tasks.Go(h.tellEmptied)
	}
	h.emptied = append(h.emptied, r.topic)
}

// tellEmptied calls Emptied for what is there, then ends: an idle hub keeps no goroutine for it.
func (h *Hub) tellEmptied() {
	for {
		h.mu.Lock()
		topics := h.emptied
		if len(topics) == 0 {
			h.emptied = nil
			h.mu.Unlock()
			return
		}
		h.emptied = []Topic{}
		h.mu.Unlock()
		for _, t := range topics {
			h.tell(t)
		}
	}
}

func (h *Hub) tell(t Topic) {
	defer func() {
		if p := recover(); p != nil {
			h.opts.Log.Error("panic when a topic was left", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	h.opts.Emptied(t)
}
