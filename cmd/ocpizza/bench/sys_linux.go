package bench

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// descriptors raises the soft limit of open files to the hard one and returns it. It is this process's and its children's.
func descriptors() (int, error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, os.NewSyscallError("getrlimit", err)
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
			return 0, os.NewSyscallError("setrlimit", err)
		}
	}
	return int(min(l.Cur, 1<<30)), nil //nolint:gosec // bounded
}

// epoll is a level-triggered poller of sockets known by their number.
type epoll struct{ fd int }

func newEpoll() (epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return epoll{fd}, os.NewSyscallError("epoll_create1", err)
}

func (e epoll) add(fd, id int) error {
	return unix.EpollCtl(e.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(id)})
}

func (e epoll) remove(fd int) { _ = unix.EpollCtl(e.fd, unix.EPOLL_CTL_DEL, fd, nil) }

// wait fills ids with the sockets that can be read, and waits for one at most a time.
func (e epoll) wait(ids []int, most time.Duration) (int, error) {
	var events [256]unix.EpollEvent
	n, err := unix.EpollWait(e.fd, events[:min(len(ids), len(events))], int(most.Milliseconds()))
	if err != nil {
		if err == unix.EINTR {
			return 0, nil
		}
		return 0, os.NewSyscallError("epoll_wait", err)
	}
	for i := range n {
		ids[i] = int(events[i].Fd)
	}
	return n, nil
}

func (e epoll) close() { _ = unix.Close(e.fd) }

// dial begins a connection from one loopback address to another; it is there as soon as it can be written. Ports are chosen by the kernel
// at the moment of connecting, so that each source address has all of them.
func dial(from, to [4]byte, port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: from}); err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Addr: to, Port: port})
	}
	if err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
	return fd, nil
}

// writable waits until a connection that was begun is made.
func writable(fd int, most time.Duration) error {
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for {
		n, err := unix.Poll(polled, int(most.Milliseconds()))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("poll", err)
		case n == 0:
			return os.ErrDeadlineExceeded
		}
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		return err
	}
}

// noteArrival has the kernel note when what is read came (socket(7), SO_TIMESTAMPNS): the reader itself may have to wait for a processor that the
// server and the rest of the crowd keep busy, which no phone would.
func noteArrival(fd int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
}

// readFD reads what is there, and says when the last of it came, in Unix nanoseconds: 0 bytes without an error when there is nothing yet,
// errEnded when the peer has ended.
func readFD(fd int, p []byte) (n int, at int64, err error) {
	var control [64]byte
	n, controls, _, _, err := unix.Recvmsg(fd, p, control[:], 0)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return 0, 0, nil
	case err != nil:
		return 0, 0, err
	case n == 0:
		return 0, 0, errEnded
	}
	return n, arrival(control[:controls]), nil
}

// arrival is the time that the kernel noted, or now.
func arrival(control []byte) int64 {
	for len(control) > 0 {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		if header.Level == unix.SOL_SOCKET && header.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16 {
			return int64(binary.NativeEndian.Uint64(data))*int64(time.Second) + int64(binary.NativeEndian.Uint64(data[8:])) //nolint:gosec // a struct timespec
		}
		control = rest
	}
	return time.Now().UnixNano()
}

// writeFD writes a few bytes, which always fit into a send buffer that is not used for anything else.
func writeFD(fd int, p []byte) error {
	n, err := unix.Write(fd, p)
	if err == nil && n < len(p) {
		err = unix.EAGAIN
	}
	return err
}

// cutFD ends a connection as a broken network does: with a reset, so that no port waits for a minute.
func cutFD(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = unix.Close(fd)
}

// narrow gives a socket the receive buffer of a small phone, so that what a stalled client holds is held by the server's side.
func narrow(fd int) { _ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) }

// residentKB is a process's resident memory (VmRSS), code included.
func residentKB(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm: %q", pid, text)
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()) / 1024, err
}

// ticks is USER_HZ, which is 100 on every Linux of ours.
const ticks = 100

// cpuSeconds is what a process has used of processors, user and system together, to 10 ms.
func cpuSeconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// After the name, which may hold spaces: state is field 3, utime 14, stime 15.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks, err
}

// busySeconds is what all processes of the machine have used of its processors.
func busySeconds() float64 {
	for line := range lines("/proc/stat") {
		if rest, ok := strings.CutPrefix(line, "cpu "); ok {
			sum := 0.0
			for i, field := range strings.Fields(rest) {
				n, _ := strconv.ParseFloat(field, 64)
				if i != 3 && i != 4 && i < 8 { // idle, waiting for the disk; guests are counted in user
					sum += n
				}
			}
			return sum / ticks
		}
	}
	return 0
}

// buffersKB is what all TCP sockets of this machine hold of data on its way, at both ends.
func buffersKB() float64 {
	for line := range lines("/proc/net/sockstat") {
		if rest, ok := strings.CutPrefix(line, "TCP:"); ok {
			fields := strings.Fields(rest)
			for i := 0; i+1 < len(fields); i += 2 {
				if fields[i] == "mem" {
					pages, _ := strconv.ParseFloat(fields[i+1], 64)
					return pages * float64(os.Getpagesize()) / 1024
				}
			}
		}
	}
	return 0
}

// slabKB is what the machine's kernel holds in small objects, sockets among them.
func slabKB() float64 {
	for line := range lines("/proc/meminfo") {
		if rest, ok := strings.CutPrefix(line, "Slab:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb
		}
	}
	return 0
}

func lines(path string) func(func(string) bool) {
	text, _ := os.ReadFile(path) // not there: no lines
	return strings.SplitSeq(string(text), "\n")
}

// machine says on what the figures were measured.
func machine() string {
	model := runtime.GOARCH
	for line := range lines("/proc/cpuinfo") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d processeurs (%s), charge %s au départ", runtime.NumCPU(), model, first)
}

// ownGroup keeps a terminal's Ctrl-C from the child, and ends the child should we die without ending it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
