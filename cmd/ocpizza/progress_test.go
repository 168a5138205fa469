package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/oc-pizza/ocpizza/db"
)

// TestProgress draws a bar at a terminal and writes lines elsewhere, never more often than somebody can read.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, map[string]string{"load": "chargement"})
	if p.bar || p.every < time.Second {
		t.Errorf("into a file: a bar %t, every %v", p.bar, p.every)
	}
	p.show(db.DumpProgress{Stage: "load", Done: 1, Total: 2})
	if out.Len() != 0 {
		t.Errorf("a work that has just begun shows %q", &out)
	}
	p.every = 0
	p.show(db.DumpProgress{Stage: "load", Done: 1, Total: 4, Rows: 12345})
	p.show(db.DumpProgress{Stage: "load", Rows: 5}) // how many there will be is not known
	p.end()
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "chargement      25 %, 12\u202f345 lignes, 0,") || !strings.HasPrefix(lines[1], "chargement     5 lignes, 0,") {
		t.Errorf("%q", lines)
	}

	out.Reset()
	p.bar = true
	for i, c := range []struct {
		done int64
		want string
	}{
		{0, "[" + strings.Repeat("·", 24) + "]   0 %"}, {1, "[" + strings.Repeat("█", 6) + strings.Repeat("·", 18) + "]  25 %"},
		{4, "[" + strings.Repeat("█", 24) + "] 100 %"}, {5, "[" + strings.Repeat("█", 24) + "] 100 %"}, // the total was an estimate
	} {
		before := out.Len()
		p.show(db.DumpProgress{Stage: "load", Done: c.done, Total: 4})
		drawn := out.String()[before:]
		if !strings.HasPrefix(drawn, "\r") || !strings.HasSuffix(drawn, "\033[K") || strings.Contains(drawn, "\n") || !strings.Contains(drawn, c.want) {
			t.Errorf("%d: %q, want %q", i, drawn, c.want)
		}
		if n := utf8.RuneCountInString(drawn); n > 80 {
			t.Errorf("%d: %d characters do not fit on a line", i, n)
		}
	}
	out.Reset()
	p.end()
	p.end()
	if out.String() != "\r\033[K" {
		t.Errorf("the bar stays: %q", &out)
	}

	p.every, p.shown = time.Hour, time.Now()
	out.Reset()
	for range 1000 {
		p.show(db.DumpProgress{Stage: "load", Done: 1, Total: 4})
	}
	if out.Len() != 0 {
		t.Errorf("more often than asked: %q", &out)
	}
}
