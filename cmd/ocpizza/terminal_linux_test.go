package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// terminal is a terminal as a person has it: what she types goes in, what it shows comes out.
type terminal struct {
	t      *testing.T
	person *os.File
	tty    *os.File
	mu     sync.Mutex
	shown  bytes.Buffer
}

// openTerminal makes it the program's standard input; see pty(7).
func openTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	fd := int(person.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	before := os.Stdin
	os.Stdin = tty
	c := &terminal{t: t, person: person, tty: tty}
	t.Cleanup(func() { os.Stdin = before; tty.Close(); person.Close() })
	go func() {
		buf := make([]byte, 1024)
		for {
			n, err := person.Read(buf)
			if err != nil {
				return
			}
			_, _ = c.Write(buf[:n])
		}
	}()
	return c
}

// Write is the program's own words to its terminal.
func (c *terminal) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.Write(p)
}

func (c *terminal) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.String()
}

// echoes tells whether the terminal shows what is typed.
func (c *terminal) echoes() bool {
	c.t.Helper()
	state, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		c.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// until waits for something at the terminal.
func (c *terminal) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("%s: %q", what, c)
		}
	}
}

// types answers a prompt, once nothing echoes any more.
func (c *terminal) types(prompt, text string) {
	c.t.Helper()
	c.until("no prompt « "+prompt+" »", func() bool { return strings.HasSuffix(c.String(), prompt) && !c.echoes() })
	if _, err := c.person.WriteString(text); err != nil {
		c.t.Fatal(err)
	}
}

// TestPasswordAtATerminal is asked for twice and never shown; the terminal echoes again afterwards, interrupted or not.
func TestPasswordAtATerminal(t *testing.T) {
	s := seeded(t, "sqlite://"+dbtest.SQLite(t))
	env := func(name string) string { return s.env[name] }
	const secret = "un mot de passe à espaces"
	for _, c := range []struct {
		name, second, says string
		interrupted        bool
	}{
		{"twice the same", secret + "\n", "", false},
		{"two passwords", "un mot de passe à espace\n", "diffèrent", false},
		{"interrupted", "", "interrompu", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			screen := openTerminal(t)
			ctx, interrupt := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- run(ctx, []string{"user", "password", "caisse"}, env, screen, screen) }()
			screen.types("rien ne s’affiche) : ", secret+"\n")
			screen.types("Encore une fois : ", c.second)
			if c.interrupted {
				interrupt()
			}
			var err error
			select {
			case err = <-done:
			case <-time.After(patience):
				t.Fatalf("it waits: %q", screen)
			}
			interrupt()
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if strings.Contains(screen.String(), "mot de passe à") {
				t.Errorf("shown: %q", screen)
			}
			if !screen.echoes() {
				t.Error("the terminal stays blind")
			}
			if c.interrupted { // whoever reads still
				if _, err := screen.person.WriteString("\n"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestProgressAtATerminal is a bar there.
func TestProgressAtATerminal(t *testing.T) {
	screen := openTerminal(t)
	p := newProgress(screen.tty, map[string]string{"dump": "sauvegarde"})
	p.shown = time.Time{}
	p.show(db.DumpProgress{Stage: "dump", Done: 1, Total: 2, Rows: 1})
	screen.until("no bar", func() bool {
		return strings.Contains(screen.String(), "█·") && strings.HasSuffix(screen.String(), "\033[K")
	})
}
