// Package redistest gives tests a real Redis of their own, to kill, pause and start again. Nothing that already runs on the machine is
// used or disturbed.
//
// With OCPIZZA_TEST_REQUIRE=1 (make test, CI) a missing redis-server fails instead of skipping.
package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest/child"
)

const absent = "Redis absent: apt-get install redis-server, or run make test"

var announce sync.Once

// Server is one redis-server and its port, the same after a restart.
type Server struct {
	t       testing.TB
	program string
	args    []string
	secure  *tls.Config // nil without TLS
	port    int
	process *child.Process // nil when down
}

// New starts a Redis that is gone when the test ends.
func New(t testing.TB) *Server {
	t.Helper()
	return begin(t, &Server{})
}

// Password opens a Redis made by NewTLS.
const Password = "p4ss"

// NewTLS starts one as Heroku's is: reached by TLS alone, with a certificate that nobody has signed but itself, and with a password. It also
// closes clients that have been idle for a while.
func NewTLS(t testing.TB, idle time.Duration) *Server {
	t.Helper()
	cert, key := certificate(t)
	return begin(t, &Server{
		secure: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, // as a client: see certificate
		args: []string{
			"--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no", "--requirepass", Password, "--timeout", strconv.Itoa(int(idle.Seconds())),
		},
	})
}

func begin(t testing.TB, s *Server) *Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
			t.Fatalf("%s (%v)", absent, err)
		}
		announce.Do(func() {
			fmt.Fprintf(os.Stderr, "\n*** SKIPPED in %s: every Redis test. %s\n\n", filepath.Base(os.Args[0]), absent)
		})
		t.Skip(absent)
	}
	s.t, s.program = t, program
	t.Cleanup(s.Kill)
	for range 3 { // another process may take the port in between
		s.port = freePort()
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatalf("redistest: %v", err)
	return nil
}

// Addr is the TCP address; URL the same for a program.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }
func (s *Server) URL() string {
	if s.secure != nil {
		return "rediss://:" + Password + "@" + s.Addr()
	}
	return "redis://" + s.Addr()
}

// Start starts the server again after Kill, with nothing in it.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
}

// Kill ends the server like a crash, if it runs.
func (s *Server) Kill() {
	if s.process != nil {
		s.process.End(os.Kill, 10*time.Second)
		s.process = nil
	}
}

// Pause makes the server a black hole: its port takes connections and bytes, and nothing answers. Resume ends it.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on where it was.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal os.Signal) {
	s.t.Helper()
	if err := s.process.Command.Process.Signal(signal); err != nil {
		s.t.Fatalf("redistest: %v", err)
	}
}

func (s *Server) start() error {
	port := []string{"--port", strconv.Itoa(s.port)}
	if s.secure != nil {
		port = []string{"--port", "0", "--tls-port", strconv.Itoa(s.port)}
	}
	args := slices.Concat(port, []string{"--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"}, s.args)
	command := exec.Command(s.program, args...)
	command.Dir = s.t.TempDir()
	p, err := child.Run(command)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if s.answers() {
			s.process = p
			return nil
		}
		select {
		case <-p.Ended:
			return fmt.Errorf("redis-server ended at once: %s", p.Command.ProcessState)
		case <-time.After(5 * time.Millisecond):
		}
	}
	p.End(os.Kill, time.Second)
	return errors.New("redis-server does not answer")
}

func (s *Server) answers() bool {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return false
	}
	if s.secure != nil {
		conn = tls.Client(conn, s.secure)
	}
	defer func() { _ = conn.Close() }() // only asked
	answer := make([]byte, 5)
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	_, _ = conn.Write([]byte("PING\r\n")) // an error shows in what is read
	_, err = io.ReadFull(conn, answer)
	return err == nil && (string(answer) == "+PONG" || string(answer) == "-NOAU") // which wants a password, and is there
}

// certificate makes one for a name of no use, signed by itself, as PEM files.
func certificate(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis.invalid"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	signed, err := x509.CreateCertificate(crand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", signed), write("key.pem", "PRIVATE KEY", plain)
}

// freePort is a port nobody listens on, below the range that the kernel gives to outgoing connections: it must be free again after Kill.
func freePort() int {
	for range 100 {
		port := 10000 + rand.IntN(10000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	return 0 // redis-server then says what is wrong
}
