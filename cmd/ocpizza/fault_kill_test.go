package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/db/dbtest"
	"github.com/oc-pizza/ocpizza/db/dbtest/child"
)

// TestFaultServerKilled kills the program itself in the middle of a storm, with a signal that it cannot hear, and starts it again on the same port.
func TestFaultServerKilled(t *testing.T) {
	program := filepath.Join(t.TempDir(), "ocpizza")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
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
		for range dbtest.Rounds(3) {
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
	process *child.Process
	log     lastWords
}

func (b *binary) url() string { return fmt.Sprintf("http://127.0.0.1:%d", b.port) }

// start starts the program and waits until it answers.
func (b *binary) start() {
	b.t.Helper()
	command := exec.Command(b.program, "serve")
	command.Env = append(b.env, fmt.Sprintf("PORT=%d", b.port), "OCPIZZA_LOG=warn")
	command.Stderr = &b.log
	var err error
	if b.process, err = child.Run(command); err != nil {
		b.t.Fatal(err)
	}
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
		case <-b.process.Ended:
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
	b.process.End(os.Kill, patience)
}
