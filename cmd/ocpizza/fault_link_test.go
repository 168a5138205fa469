package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// link is a wire that can be cut, slowed and emptied: a Toxiproxy between two parts of the system.
type link struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// linkTo lays a wire to an address.
func linkTo(t *testing.T, upstream string) *link {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{t: t, proxy: toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", upstream)}
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	return l
}

// addr is where the wire begins; it stays the same after a cut.
func (l *link) addr() string { return l.proxy.Listen }

// cut ends every connection and refuses new ones until healed.
func (l *link) cut() (heal func()) {
	l.proxy.Stop()
	return func() {
		if err := l.proxy.Start(); err != nil {
			l.t.Errorf("the wire cannot be mended: %v", err)
		}
	}
}

// forwarder is an address that leads to another, which may change: connections that are open stay where they are.
type forwarder struct {
	net.Listener
	to atomic.Value // string
}

func forward(t *testing.T, to string) *forwarder {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{Listener: l}
	f.to.Store(to)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go f.carry(in)
		}
	}()
	return f
}

func (f *forwarder) addr() string { return f.Addr().String() }

// carry copies both ways until either side ends.
func (f *forwarder) carry(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", f.to.Load().(string)) //nolint:forcetypeassert,noctx // a string is all that it holds
	if err != nil {
		return
	}
	defer out.Close()
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // an end is an end
			ended <- struct{}{}
		}()
	}
	<-ended
}

// attributes of a toxic; their names are Toxiproxy's.
type attributes map[string]any

// spoil adds a toxic to what flows from the server ("downstream") or to it ("upstream"), until healed.
func (l *link) spoil(kind, direction string, a attributes) (heal func()) {
	l.t.Helper()
	spec, err := json.Marshal(map[string]any{"name": kind, "type": kind, "stream": direction, "attributes": a})
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.proxy.Toxics.AddToxicJson(bytes.NewReader(spec)); err != nil {
		l.t.Fatalf("toxic %s: %v", kind, err)
	}
	return func() {
		if err := l.proxy.Toxics.RemoveToxic(context.Background(), kind); err != nil {
			l.t.Errorf("toxic %s stays: %v", kind, err)
		}
	}
}

// commitToxic cuts a connection to MySQL in the middle of every COMMIT, or of every other one: after it was sent whole, so that it is
// carried and its answer lost, or when half of it was, so that it is not.
type commitToxic struct {
	Whole bool `json:"whole"`
	Every bool `json:"every"`
}

// commitsCut counts them.
var commitsCut atomic.Int64

func init() {
	toxics.Register("commit", new(commitToxic))
	zerolog.SetGlobalLevel(zerolog.Disabled) // Toxiproxy writes to the logger of the whole process besides the one that it is given
}

func (c *commitToxic) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			if !bytes.Contains(chunk.Data, []byte("COMMIT")) || !c.Every && rand.IntN(2) == 0 { //nolint:gosec // chance, not secrets
				stub.Output <- chunk
				continue
			}
			commitsCut.Add(1)
			if !c.Whole {
				chunk = &stream.StreamChunk{Data: chunk.Data[:len(chunk.Data)/2], Timestamp: chunk.Timestamp}
			}
			stub.Output <- chunk
			stub.Close()
			return
		}
	}
}

// freePort is a port that nobody listens on, below those that the kernel gives to outgoing connections: who is killed must find it free again.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(10_000) //nolint:gosec // chance, not secrets
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf(":%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}
