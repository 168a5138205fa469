package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/oc-pizza/ocpizza/db/dbtest/child"
)

// Options are what differs between servers. The zero value is the usual one.
type Options struct {
	// Version is what the server claims to be, such as "5.6.51-log"; by default
	// OCPIZZA_TEST_MYSQL_VERSION, else the truth.
	Version string
	// WaitTimeout is how long the server lets a connection idle before cutting
	// it, in whole seconds; 20 s by default (ClearDB's is 90 s: short enough to
	// happen in a test, long enough not to happen in all).
	WaitTimeout time.Duration
}

// Server is one MariaDB process and its data directory.
type Server struct {
	options Options
	program string
	dir     string // data, socket, error log: everything of this server
	unlock  func() // lets another process sweep dir, were it left behind
	port    int
	private bool
	root    *sql.DB

	mu      sync.Mutex
	process *child.Process // nil when down
	offset  int
}

// Root is the administrator's handle, for what the application may not do:
// KILL, SET GLOBAL, GRANT. It survives restarts of the server.
func (s *Server) Root() *sql.DB { return s.root }

// Addr is the TCP address, the same after a restart.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Offset is the current auto_increment_offset, 1 to 10: ids end in its last
// digit. It changes at each Start, as it does when ClearDB fails over.
func (s *Server) Offset() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offset
}

// launch starts a server on a data directory of its own.
func launch(o Options) (*Server, error) {
	if o.Version == "" {
		o.Version = os.Getenv("OCPIZZA_TEST_MYSQL_VERSION")
	}
	if o.WaitTimeout == 0 {
		o.WaitTimeout = 20 * time.Second
	}
	program, err := mariadbd()
	if err != nil {
		return nil, err
	}
	dir, unlock, err := workDir()
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, program: program, dir: dir, unlock: unlock}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "unix", s.socket()
	config.Logger = &mysql.NopLogger{} // a killed server is the point of some tests, not news
	connector, err := mysql.NewConnector(config)
	if err != nil {
		s.discard()
		return nil, err
	}
	s.root = sql.OpenDB(connector)
	s.root.SetConnMaxIdleTime(2 * time.Second) // below any WaitTimeout

	if err := dataDir(program, s.data()); err != nil {
		s.discard()
		return nil, err
	}
	// Two processes may pick the same port: another try finds another one.
	for range 3 {
		s.port = freePort()
		if err = s.Start(); err == nil {
			break
		}
	}
	if err == nil {
		err = s.lockRoot()
	}
	if err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// Start starts the server again after Kill or Stop, on the same port and data.
// It returns once the server answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return errors.New("mariadbd already runs")
	}
	s.offset = 1 + rand.IntN(10)
	p, err := child.Run(exec.Command(s.program, s.arguments()...))
	if err != nil {
		return fmt.Errorf("start %s: %w", s.program, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if err = s.root.PingContext(ctx); err == nil {
			s.process = p
			return nil
		}
		select {
		case <-p.Ended:
			return fmt.Errorf("mariadbd ended at once (%s):\n%s", p.Command.ProcessState, s.log())
		case <-ctx.Done():
			p.End(os.Kill, stopTime)
			return fmt.Errorf("mariadbd does not answer: %w\n%s", err, s.log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop ends the server in good order, as a planned restart does.
func (s *Server) Stop() { s.down(syscall.SIGTERM) }

// Kill ends the server with SIGKILL, as a crash does: what was committed is
// recovered by the next Start, whatever was under way is lost.
func (s *Server) Kill() { s.down(syscall.SIGKILL) }

func (s *Server) down(signal os.Signal) {
	if !s.private {
		panic("dbtest: the shared server is everyone's; take dbtest.Private(t, dbtest.Options{}) to stop or kill one")
	}
	s.end(signal)
}

// end signals the server, if it runs, and waits until it is gone.
func (s *Server) end(signal os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		s.process.End(signal, stopTime)
		s.process = nil
	}
}

// up tells whether the server is meant to be running.
func (s *Server) up() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil
}

// discard removes the server and all its files.
func (s *Server) discard() {
	s.end(syscall.SIGKILL)
	if s.root != nil {
		_ = s.root.Close()
	}
	_ = os.RemoveAll(s.dir)
	s.unlock()
}

func (s *Server) data() string   { return filepath.Join(s.dir, "data") }
func (s *Server) socket() string { return filepath.Join(s.dir, "sock") }

// log is the end of what the server had to say.
func (s *Server) log() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4096):])
}

// stopTime is how long a server may take to stop before it is killed.
const stopTime = 30 * time.Second

// freePort is a port nobody listens on, below the range that the kernel gives
// to outgoing connections: a stopped server must find its port free again.
func freePort() int {
	for range 100 {
		port := 20000 + rand.IntN(10000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	return 0 // mariadbd then says what is wrong
}
