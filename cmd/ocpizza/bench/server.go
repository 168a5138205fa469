package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is what is measured: a process that bench started, or one that runs already.
type server struct {
	base  *url.URL
	door  string // URL of the private door, "" when there is none
	token string
	http  *http.Client
	pid   int

	child *exec.Cmd // nil for a server that ran already
	ended chan struct{}
	log   tail
}

// tail keeps the end of what a child writes, to be shown when it fails.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10 // bytes

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text) - tailSize; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}

// freePort is a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start runs the program under test as a process of its own and waits until it answers.
func start(ctx context.Context, o Options) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	door, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{
		base: &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))},
		door: fmt.Sprintf("http://127.0.0.1:%d", door), token: rand.Text(), http: &http.Client{}, ended: make(chan struct{}),
	}
	s.child = exec.Command(o.Command[0], o.Command[1:]...) //nolint:gosec,noctx // ourselves; ended by stop, which waits for a clean end
	s.child.Env = append(append([]string{}, o.Env...),
		"PORT="+strconv.Itoa(port), AddrEnv+"="+strings.TrimPrefix(s.door, "http://"), TokenEnv+"="+s.token)
	s.child.Stdout, s.child.Stderr = &s.log, &s.log
	s.child.SysProcAttr = ownGroup() // Ctrl-C is for us: we end the child after the sockets
	if err := s.child.Start(); err != nil {
		return nil, fmt.Errorf("le serveur à mesurer ne démarre pas : %w", err)
	}
	s.pid = s.child.Process.Pid
	go func() { _ = s.child.Wait(); close(s.ended) }()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if _, err = s.state(ctx, false); err == nil {
			return s, nil
		}
		select {
		case <-s.ended:
			return nil, fmt.Errorf("le serveur à mesurer s’est arrêté :\n%s", &s.log)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), s.stop())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("le serveur à mesurer ne répond pas : %w\n%s", err, &s.log), s.stop())
		}
	}
}

// attach measures a server that runs already. It has a door only if it was started with one.
func attach(ctx context.Context, base *url.URL, env func(string) string) (*server, error) {
	s := &server{base: base, http: &http.Client{}}
	if env(AddrEnv) == "" {
		return s, nil
	}
	s.door, s.token = "http://"+env(AddrEnv), env(TokenEnv)
	st, err := s.state(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("la porte de bench (%s) ne répond pas : %w", AddrEnv, err)
	}
	s.pid = st.PID
	return s, nil
}

// stopping is how long the child has to end after it was told; it closes its sockets in waves of three seconds.
const stopping = 25 * time.Second

// stop ends the child politely, and by force when it does not listen. It does nothing to a server that ran already.
func (s *server) stop() error {
	if s.child == nil {
		return nil
	}
	_ = s.child.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		if s.child.ProcessState.Success() {
			return nil
		}
		return fmt.Errorf("le serveur mesuré a échoué (%s) :\n%s", s.child.ProcessState, &s.log)
	case <-time.After(stopping):
		_ = s.child.Process.Kill()
		<-s.ended
		return fmt.Errorf("le serveur mesuré ne s’est pas arrêté en %s :\n%s", stopping, &s.log)
	}
}

// call asks the door.
func (s *server) call(ctx context.Context, method, path string, body, into any) error {
	var r io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.door+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, bytes.TrimSpace(text))
	}
	if raw, ok := into.(*[]byte); ok {
		*raw = text
		return nil
	}
	return json.Unmarshal(text, into)
}

func (s *server) state(ctx context.Context, gc bool) (state, error) {
	path := "/debug/bench"
	if gc {
		path += "?gc"
	}
	var st state
	err := s.call(ctx, http.MethodGet, path, nil, &st)
	return st, err
}

// sent is how many statements the server has sent to its database.
func (s *server) sent(ctx context.Context) (uint64, error) {
	st, err := s.state(ctx, false)
	return st.Statements, err
}

// publish sends a volley and returns when it began, in Unix nanoseconds.
func (s *server) publish(ctx context.Context, v volley) (began int64, err error) {
	var a struct {
		Began int64 `json:"began"`
	}
	err = s.call(ctx, http.MethodPost, "/debug/bench/publish", v, &a)
	return a.Began, err
}

func (s *server) commits(ctx context.Context) ([]commit, error) {
	var list []commit
	err := s.call(ctx, http.MethodGet, "/debug/bench/commits", nil, &list)
	return list, err
}

// chores has the server do its chores.
func (s *server) chores(ctx context.Context) ([]Chore, error) {
	var list []Chore
	err := s.call(ctx, http.MethodPost, "/debug/bench/chores", nil, &list)
	return list, err
}

// profiled runs part of a measurement while the server notes where its time goes, if a folder for profiles was given.
func (b *bench) profiled(name string, length time.Duration) {
	if b.options.Profiles == "" || b.server.door == "" {
		return
	}
	b.profiling.Go(func() {
		var text []byte
		err := b.server.call(b.ctx, http.MethodPost, "/debug/bench/profile?for="+length.String(), nil, &text)
		if err == nil {
			err = os.WriteFile(b.options.Profiles+"/"+name+".pprof", text, 0o600)
		}
		if err != nil {
			fmt.Fprintf(b.progress, "  (pas de profil %s : %v)\n", name, err)
		}
	})
}
