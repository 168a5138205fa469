package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestFaultServerKilled kills the program itself in the middle of a storm, with a signal that it cannot hear, and starts it again on the same port.
func TestFaultServerKilled(t *testing.T) {
	program := filepath.Join(t.TempDir(), "ocpizza")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil { //nolint:noctx // the test's own time limit is enough
		t.Fatalf("go build: %v\n%s", err, out)
	}
	dbtest.Engines(t, func(t *testing.T, dbURL string) {
		readyDatabase(t, dbURL)
		b := &binary{t: t, program: program, port: freePort(t), env: []string{"OCPIZZA_SECRET=" + strings.Repeat("s", minSecret), "DATABASE_URL=" + dbURL}}
		if path, ok := strings.CutPrefix(dbURL, "sqlite://"); ok {
			b.env = []string{"OCPIZZA_SECRET=" + strings.Repeat("s", minSecret), "OCPIZZA_SQLITE=" + path}
		}
		b.start()
		t.Cleanup(b.kill)
		s := startStorm(t, dbURL, b.url(), customers)
		s.recover("the start")
		for range rounds(3) {
			s.suffer("kill -9", 50*time.Millisecond, func() func() { b.kill(); return b.start })
		}
		s.verify()
	})
}

// binary is the program as it runs in production: a process.
type binary struct {
	t       *testing.T
	program string
	port    int
	env     []string
	process *os.Process
	ended   chan struct{}
	log     lastWords
}

func (b *binary) url() string { return fmt.Sprintf("http://127.0.0.1:%d", b.port) }

// start starts the program and waits until it answers. It dies with the test, however the test ends: the kernel sees to it, when the thread
// that started it ends (https://github.com/golang/go/issues/27505).
func (b *binary) start() {
	b.t.Helper()
	cmd := exec.Command(b.program, "serve") //nolint:noctx // kill ends it
	cmd.Env = append(b.env, fmt.Sprintf("PORT=%d", b.port), "OCPIZZA_LOG=warn")
	cmd.Stderr = &b.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // killed
		}
	}()
	if err := <-started; err != nil {
		b.t.Fatal(err)
	}
	b.process, b.ended = cmd.Process, ended
	for deadline := time.Now().Add(patience); ; {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, b.url()+"/healthz", nil)
		if err != nil {
			b.t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-ended:
			b.t.Fatalf("the program ended at once:\n%s", b.log.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("the program does not answer within %s:\n%s", patience, b.log.String())
		}
	}
}

// kill is kill -9, of this process and no other.
func (b *binary) kill() {
	_ = b.process.Kill()
	<-b.ended
}
