package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/db/dbtest/child"
	"github.com/oc-pizza/ocpizza/realtime/redistest"
)

// TestRollingRestart replaces the programs one after the other, twenty times (OCPIZZA_TEST_FAULTS: as many times more), while orders and steps come.
func TestRollingRestart(t *testing.T) {
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		t.Parallel()
		c := startCluster(t, dbURL, redistest.New(t).URL(), 2)
		cook := c.front.as("cuisine")
		c.follow(cook)
		c.follow(cook)
		stop := make(chan struct{})
		c.storm(cook, "rolling", 4, 10_000, stop)
		for i := range dbtest.Rounds(20) {
			old := c.nodes[i%2]
			c.nodes[i%2] = c.start("127.0.0.1:0")
			c.balancer.to(c.nodes...)
			if err := old.prog.Stop(200 * time.Millisecond); err != nil {
				t.Error(err)
			}
			old.prog = nil
			if err := old.db.Close(); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		c.settle(8 * time.Second)
	})
}

// TestDraining: a program that stops says so, takes no new order, still takes steps, and sends the screens elsewhere.
func TestDraining(t *testing.T) {
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cook, cashier := e.as("cuisine"), e.as("caisse")
	client := e.visitor()
	o := client.place(order("regina:medium:1"), "before")
	wall := cook.watch("/live/cuisine")
	client.get("/readyz").want(http.StatusOK)
	early, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://")) // a browser's connection in advance must not hold the stop up
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	start := time.Now()
	stopped := make(chan error, 2)
	for range 2 { // a second SIGTERM, were it to get here, changes nothing
		go func() { stopped <- e.prog.Stop(2 * time.Second) }()
	}
	for { // not closed(): gobwas refuses 1012, which is registered since RFC 6455
		h, err := ws.ReadHeader(wall.r)
		if err != nil {
			t.Fatalf("cut without a code: %v", err)
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(wall.r, payload); err != nil {
			t.Fatal(err)
		}
		if h.OpCode != ws.OpClose {
			continue
		}
		if code, _ := ws.ParseCloseFrameData(payload); code != 1012 {
			t.Errorf("closed with %d, want 1012", code)
		}
		break
	}
	client.get("/readyz").want(http.StatusServiceUnavailable)
	for _, r := range []*reply{
		client.post("/commandes", order("regina:medium:1"), "Idempotency-Key", "during"),
		cashier.post("/caisse/commandes", order("regina:medium:1")),
		client.do("POST", "/commandes", strings.NewReader(order("regina:medium:1").Encode()), "Content-Type", "application/x-www-form-urlencoded"),
	} {
		if r.want(http.StatusServiceUnavailable).says("redémarre").Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	cook.post(fmt.Sprintf("/cuisine/commandes/%d/lignes/1/making", o.ID), nil).want(http.StatusOK)
	for range 2 {
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("the stop took %v", d)
	}
	if _, err := client.http.Get(e.url + "/healthz"); err == nil {
		t.Error("it answers on after its end")
	}
}

// theProgram builds the program once, as it runs in production: under the race detector it takes seconds to start.
var theProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ocpizza-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "ocpizza")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return path, err
})

// dyno is the real program in a process of its own.
type dyno struct {
	*child.Process
	node *evening // to ask it
	log  bytes.Buffer
}

var atPort = regexp.MustCompile(`en service : http://localhost:(\d+)`)

// launch starts the program and returns when it is ready.
func (c *cluster) launch(path string) *dyno {
	c.t.Helper()
	s := &dyno{}
	command := exec.Command(path)
	command.Env = []string{"PORT=0", "OCPIZZA_SECRET=" + strings.Repeat("s", minSecret), "REDIS_URL=" + c.redis, "OCPIZZA_LOG=warn"}
	if file, ok := strings.CutPrefix(c.dbURL, "sqlite://"); ok {
		command.Env = append(command.Env, "OCPIZZA_SQLITE="+file)
	} else {
		command.Env = append(command.Env, "CLEARDB_DATABASE_URL="+c.dbURL)
	}
	command.Stderr = &s.log
	out, in, err := os.Pipe() // not StdoutPipe: the command's end must not race with our reading
	if err != nil {
		c.t.Fatal(err)
	}
	command.Stdout = in
	if s.Process, err = child.Run(command); err != nil {
		c.t.Fatal(err)
	}
	_ = in.Close()
	c.t.Cleanup(func() { s.End(os.Kill, 10*time.Second) })
	starting := time.AfterFunc(patience, func() { _ = s.Command.Process.Kill() })
	defer starting.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := atPort.FindStringSubmatch(lines.Text()); m != nil {
			s.node = &evening{t: c.t, url: "http://" + net.JoinHostPort("127.0.0.1", m[1])}
			go func() { // what it prints later must not fill the pipe
				defer out.Close()
				for lines.Scan() {
				}
			}()
			return s
		}
	}
	s.End(os.Kill, time.Second)
	c.t.Fatalf("the program does not start: %s", s.log.String())
	return nil
}

// TestSignals: the real program, under load, gets SIGTERM as a host sends it, several times, and kill -9 with nobody to take over at once.
func TestSignals(t *testing.T) {
	path, err := theProgram()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(path)) })
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		t.Parallel()
		c := startCluster(t, dbURL, redistest.New(t).URL(), 0)
		running := c.launch(path)
		c.balancer.to(running.node)
		cook := c.front.as("cuisine")
		c.follow(cook)
		stop := make(chan struct{})
		c.storm(cook, "signals", 3, 10_000, stop)
		time.Sleep(500 * time.Millisecond)

		for range 2 {
			next := c.launch(path)
			c.balancer.to(running.node, next.node)
			start := time.Now()
			if err := running.Command.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			asking := c.front.visitor().at(running.node)
			for asking.get("/readyz").StatusCode != http.StatusServiceUnavailable && time.Since(start) < waveTime {
				time.Sleep(10 * time.Millisecond)
			}
			asking.get("/readyz").want(http.StatusServiceUnavailable)
			c.balancer.to(next.node)
			c.pester(running)
			if code := running.Command.ProcessState.ExitCode(); code != 0 || time.Since(start) > stopTime {
				t.Errorf("exit status %d after %v: %s", code, time.Since(start), running.log.String())
			}
			t.Logf("ended %v after SIGTERM", time.Since(start).Round(time.Millisecond))
			running = next
		}
		for range 3 {
			time.Sleep(400 * time.Millisecond)
			running.End(os.Kill, 10*time.Second)
			running = c.launch(path)
			c.balancer.to(running.node)
		}
		close(stop)
		c.settle(8 * time.Second)
		if c.refused.Load() == 0 {
			t.Error("nobody was refused: there was no load while it was down")
		}
	})
}

// pester sends SIGTERM again and again until the program has ended.
func (c *cluster) pester(s *dyno) {
	c.t.Helper()
	deadline := time.After(25 * time.Second)
	for {
		select {
		case <-s.Ended:
			return
		case <-deadline:
			c.t.Fatalf("SIGTERM is ignored: %s", s.log.String())
		case <-time.After(5 * time.Millisecond):
			_ = s.Command.Process.Signal(syscall.SIGTERM) // it may end at any moment
		}
	}
}
