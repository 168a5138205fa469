package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/oc-pizza/ocpizza/db"
)

// progress shows how far a long work has come: a bar that moves at a terminal, a line every few seconds elsewhere. A work that ends
// sooner shows nothing.
type progress struct {
	out    io.Writer
	stages map[string]string // of db.DumpProgress, in French
	every  time.Duration
	bar    bool

	mu    sync.Mutex
	begun time.Time
	shown time.Time
	drawn bool
}

const barWidth = 24

func newProgress(out io.Writer, stages map[string]string) *progress {
	p := &progress{out: out, stages: stages, every: 5 * time.Second, begun: time.Now(), shown: time.Now()}
	if f, ok := out.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		p.bar, p.every = true, 200*time.Millisecond
	}
	return p
}

// show is told often, and draws when it is time.
func (p *progress) show(s db.DumpProgress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.shown) < p.every {
		return
	}
	p.shown = now
	share := ""
	if s.Total > 0 {
		part := min(1, float64(s.Done)/float64(s.Total))
		share = fmt.Sprintf("%3.0f %%, ", 100*part)
		if p.bar {
			full := int(part * barWidth)
			share = "[" + strings.Repeat("█", full) + strings.Repeat("·", barWidth-full) + "] " + share
		}
	}
	line := fmt.Sprintf("%-14s %s%s lignes, %s", p.stages[s.Stage], share, grouped(s.Rows), took(p.begun))
	if p.bar {
		fmt.Fprintf(p.out, "\r%s\033[K", line)
		p.drawn = true
		return
	}
	fmt.Fprintln(p.out, line)
}

// end leaves the bar's line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.out, "\r\033[K")
		p.drawn = false
	}
}

// took is how long ago something began, in words.
func took(begun time.Time) string {
	d := time.Since(begun)
	if d < 10*time.Second {
		return strings.Replace(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".", ",", 1) + " s"
	}
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
}

// size is a number of bytes in words.
func size(n int64) string {
	switch {
	case n < 10_000:
		return strconv.FormatInt(n, 10) + " octets"
	case n < 10_000_000:
		return strconv.FormatInt(n/1000, 10) + " ko"
	}
	return strconv.FormatInt(n/1_000_000, 10) + " Mo"
}

// grouped writes a number the French way, with narrow spaces that do not break.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
