package realtime

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// poller is an epoll instance. It is edge-triggered, with reading and writing asked for once: nothing has to be told to the kernel when a
// socket's queue fills or empties, and a report is not repeated, so nobody waits until the loop has seen to it.
//
// Its own descriptor waits in Go's poller like any other file, so a quiet hub holds no thread.
type poller struct {
	fd   int
	file *os.File
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // os.NewFile gives only such to Go's poller
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return &poller{fd: fd, file: os.NewFile(uintptr(fd), "epoll")}, nil
}

// watch reports what is ready until close.
func (p *poller) watch(report func(...readiness)) {
	conn, err := p.file.SyscallConn()
	if err != nil {
		return // closed already
	}
	var events [256]unix.EpollEvent
	var ready [256]readiness
	_ = conn.Read(func(fd uintptr) bool { // ends with os.ErrClosed
		for {
			n, err := unix.EpollWait(int(fd), events[:], 0)
			if n <= 0 {
				return err != nil && err != unix.EINTR
			}
			for i, e := range events[:n] {
				ready[i] = readiness{
					id: uint32(e.Fd), gen: uint32(e.Pad),
					readable: e.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0,
					writable: e.Events&unix.EPOLLOUT != 0,
				}
			}
			report(ready[:n]...)
		}
	})
}

func (p *poller) close() { _ = p.file.Close() }

// park takes a connection over from fasthttp: its own descriptor of it, and the bytes that fasthttp has read already.
// A nil wire means that this kind of connection (TLS, a pipe, a wrapper) cannot be parked.
//
// fasthttp then closes its descriptor; it does not shut the connection down, which would end it for ours too.
func (p *poller) park(conn net.Conn, sendBuffer int) (*parked, []byte, error) {
	raw := rawConn(conn)
	tcp, ok := raw.(*net.TCPConn)
	if !ok {
		return nil, nil, nil
	}
	var early []byte
	if raw != conn {
		var err error
		if early, err = drain(conn, raw); err != nil {
			return nil, nil, err
		}
	}
	sc, err := tcp.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	fd := -1
	var failed error
	err = sc.Control(func(theirs uintptr) {
		// The mode (non-blocking) and the options belong to the connection, not to the descriptor.
		_ = unix.SetsockoptInt(int(theirs), unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
		_ = unix.SetsockoptInt(int(theirs), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		fd, failed = unix.FcntlInt(theirs, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, nil, fmt.Errorf("dup: %w", err)
	}
	return &parked{fd: int32(fd), epoll: int32(p.fd)}, early, nil
}

// drain takes what fasthttp's buffered reader holds, without touching the connection: past its deadline, Go does not even try to read.
func drain(conn, raw net.Conn) ([]byte, error) {
	if err := raw.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	var early []byte
	var b [4096]byte
	for {
		n, err := conn.Read(b[:])
		early = append(early, b[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return early, raw.SetReadDeadline(time.Time{})
		}
		if err != nil {
			return nil, err
		}
	}
}

// parked is a connection that nobody but the kernel holds, and the loop.
type parked struct{ fd, epoll int32 }

func (w *parked) start(id, gen uint32) error {
	// What has come before is reported too: adding looks at the state.
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(id), Pad: int32(gen)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(int(w.epoll), unix.EPOLL_CTL_ADD, int(w.fd), &event))
}

func (w *parked) read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(w.fd), p)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, errAgain
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// maxWrite is how many bytes go into one call. Without it, a frame larger than the send buffer waits up to 40 ms for each bufferful on
// loopback, whose segments are as large as the buffer: the receiver delays the acknowledgement of a single one. (29 frames of 32 to 520 KB:
// 3.2 s without, 0.1 s with.) Smaller frames, nearly all, take one call anyway.
const maxWrite = 32 << 10

func (w *parked) write(p []byte) (total int, err error) {
	for total < len(p) { // until the kernel refuses: only then does it report when there is room again
		n, err := unix.Write(int(w.fd), p[total:min(len(p), total+maxWrite)])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN && total > 0:
			return total, nil
		case err == unix.EAGAIN:
			return 0, errAgain
		case err != nil:
			return 0, err
		default:
			total += n
		}
	}
	return total, nil
}

func (w *parked) close(abort bool) {
	// Explicitly, although the kernel forgets a closed connection: fasthttp's descriptor may still hold it open for a moment.
	_ = unix.EpollCtl(int(w.epoll), unix.EPOLL_CTL_DEL, int(w.fd), nil)
	if abort { // what the peer does not read would keep kernel memory for minutes
		_ = unix.SetsockoptLinger(int(w.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	_ = unix.Close(int(w.fd))
	w.fd = -1
}
