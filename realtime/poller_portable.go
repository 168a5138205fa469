package realtime

import (
	"net"
	"sync"
	"time"
)

// rawConn is the connection below fasthttp's wrapper, which buffers.
func rawConn(conn net.Conn) net.Conn {
	if w, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		return w.UnsafeConn()
	}
	return conn
}

// stream makes a blocking connection of any kind behave like a parked one. The goroutine of the handler reads, and waits until the loop has
// taken what it read; another writes, only while there is something to write. The handler returns when both are done with the connection.
type stream struct {
	hub  *Hub
	sock *Socket
	conn net.Conn

	mu      sync.Mutex
	input   []byte // read, and not taken yet
	readErr error
	writing bool
	failed  error // of the last write

	taken   chan token // of one
	ended   chan token
	writers sync.WaitGroup
}

func newStream(h *Hub, conn net.Conn, s *Socket) *stream {
	if tcp, ok := rawConn(conn).(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(h.opts.SendBuffer)
		_ = tcp.SetNoDelay(true)
	}
	return &stream{hub: h, sock: s, conn: conn, taken: make(chan token, 1), ended: make(chan token)}
}

// serve reads for the life of the socket. Deadlines are the loop's business, by its wheel.
func (w *stream) serve() {
	defer w.writers.Wait()
	b := make([]byte, 512)
	for {
		n, err := w.conn.Read(b)
		w.mu.Lock()
		w.input, w.readErr = b[:n], err
		w.mu.Unlock()
		w.hub.report(readiness{sock: w.sock, readable: true})
		if err != nil {
			<-w.ended
			return
		}
		select {
		case <-w.taken:
		case <-w.ended:
			return
		}
	}
}

func (w *stream) start(uint32, uint32) error { return nil }

func (w *stream) read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.input) == 0 {
		if w.readErr != nil {
			return 0, w.readErr
		}
		return 0, errAgain
	}
	n := copy(p, w.input)
	if w.input = w.input[n:]; len(w.input) == 0 && w.readErr == nil {
		w.taken <- token{} // never blocks: serve waits for it before it reads again
	}
	return n, nil
}

// write takes as much as a parked connection's send buffer would.
func (w *stream) write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return 0, w.failed
	}
	if w.writing {
		return 0, errAgain
	}
	b := append([]byte(nil), p[:min(len(p), maxBatch)]...)
	w.writing = true
	w.writers.Go(func() {
		_, err := w.conn.Write(b)
		w.mu.Lock()
		w.writing, w.failed = false, err
		w.mu.Unlock()
		w.hub.report(readiness{sock: w.sock, writable: true})
	})
	return len(b), nil
}

// close wakes both goroutines. The connection's Close would do nothing: fasthttp ignores it inside the handler, and closes afterwards.
func (w *stream) close(abort bool) {
	_ = w.conn.SetReadDeadline(time.Unix(1, 0))
	last := time.Unix(1, 0)
	if !abort {
		last = time.Now().Add(time.Second) // for what is being written
	}
	_ = w.conn.SetWriteDeadline(last)
	close(w.ended)
}
