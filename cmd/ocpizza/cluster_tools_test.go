package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// balancer gives each connection to the next node, and to the one after when that one does not answer.
type balancer struct {
	net.Listener
	mu    sync.Mutex
	nodes []string
	next  int
}

func startBalancer(t *testing.T) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go b.carry(conn)
		}
	}()
	return b
}

// to says which nodes take part from now on.
func (b *balancer) to(nodes ...*evening) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes = nil
	for _, n := range nodes {
		b.nodes = append(b.nodes, strings.TrimPrefix(n.url, "http://"))
	}
}

func (b *balancer) dial() net.Conn {
	b.mu.Lock()
	nodes := slices.Clone(b.nodes)
	b.next++
	first := b.next
	b.mu.Unlock()
	for i := range nodes {
		if conn, err := net.DialTimeout("tcp", nodes[(first+i)%len(nodes)], time.Second); err == nil {
			return conn
		}
	}
	return nil
}

func (b *balancer) carry(client net.Conn) {
	defer client.Close()
	server := b.dial()
	if server == nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}

// follower is a kitchen wall that stays: it keeps what the frames drew, and comes back when it is closed, with what it shows.
type follower struct {
	who     *person
	mu      sync.Mutex
	tickets map[string]string // id: status and version
	arrived map[int64]time.Time
}

// follow opens a wall that lives until the test ends.
func (c *cluster) follow(who *person) *follower {
	f := &follower{who: who, tickets: map[string]string{}, arrived: map[int64]time.Time{}}
	c.followers = append(c.followers, f)
	first := make(chan struct{})
	opened := sync.OnceFunc(func() { close(first) })
	go func() {
		var epoch string
		var seq int64
		for c.t.Context().Err() == nil {
			s, _, err := who.dial(fmt.Sprintf("/live/cuisine?epoch=%s&seq=%d", epoch, seq))
			for err == nil {
				var got frame
				if got, err = s.read(patience); err == nil {
					if got.K == "hello" {
						s.seq, epoch = got.S, got.E
					}
					f.apply(got)
					seq = s.seq
				}
				opened()
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	<-first
	return f
}

var drawnTicket = regexp.MustCompile(`<article id="(ticket-\d+)" class="ticket" data-status="(\w+)" data-version="(\d+)"`)

func (f *follower) apply(got frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if got.K == "patch" {
		f.arrived[got.S] = time.Now()
	}
	for _, o := range got.O {
		if o.Do == "remove" {
			delete(f.tickets, o.To)
		}
		if got.K == "hello" {
			clear(f.tickets)
		}
		for _, m := range drawnTicket.FindAllStringSubmatch(o.HTML, -1) {
			f.tickets[m[1]] = m[2] + " v" + m[3]
		}
	}
}

func (f *follower) shows() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.tickets)
}

// propagation logs how much later the last screen got each patch than the first did: from process to process.
func (c *cluster) propagation() {
	var lags []time.Duration
	first := c.followers[0]
	first.mu.Lock()
	defer first.mu.Unlock()
	for seq, at := range first.arrived {
		earliest, latest := at, at
		for _, f := range c.followers[1:] {
			f.mu.Lock()
			if other, ok := f.arrived[seq]; ok && other.Before(earliest) {
				earliest = other
			} else if ok && other.After(latest) {
				latest = other
			}
			f.mu.Unlock()
		}
		lags = append(lags, latest.Sub(earliest))
	}
	if len(lags) == 0 {
		c.t.Error("no patch arrived")
		return
	}
	slices.Sort(lags)
	c.t.Logf("from the first process's screen to the last one's: p50 %v, p99 %v, max %v of %d patches", lags[len(lags)/2], lags[len(lags)*99/100], lags[len(lags)-1], len(lags))
}

// command runs the command line on the cluster's database, as another process would.
func (c *cluster) command(args ...string) {
	c.t.Helper()
	env := map[string]string{
		"OCPIZZA_SECRET": strings.Repeat("s", minSecret), "REDIS_URL": c.redis,
	}
	if file, ok := strings.CutPrefix(c.dbURL, "sqlite://"); ok {
		env["OCPIZZA_SQLITE"] = file
	} else {
		env["DATABASE_URL"] = c.dbURL
	}
	var out bytes.Buffer
	if err := run(c.t.Context(), args, func(name string) string { return env[name] }, &out, &out); err != nil {
		c.t.Fatalf("ocpizza %s: %v\n%s", strings.Join(args, " "), err, out.String())
	}
}
