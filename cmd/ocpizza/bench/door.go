package bench

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
)

// The environment of a server that lets itself be measured. Without both there is no door.
const (
	AddrEnv  = "OCPIZZA_BENCH_ADDR"  // loopback address of the door
	TokenEnv = "OCPIZZA_BENCH_TOKEN" // what whoever comes in must present
)

// Door lets bench look into the server and publish without the business. It stands on a listener of its own, on a loopback address, and only
// in a server that bench started.
type Door struct {
	Hub        *realtime.Hub
	Pizzerias  func(context.Context) ([]app.Pizzeria, error)
	Statements func() uint64                          // sent to the database so far
	Chores     func(context.Context) ([]Chore, error) // does them, once
	Engine     string

	mu      sync.Mutex
	commits []commit
}

// Chore is what a server asks of its database by itself, however quiet the evening is.
type Chore struct {
	Name       string        `json:"name"`
	Every      time.Duration `json:"every"`
	Statements int           `json:"statements"` // each time
}

// PerHour is how many statements a chore takes in an hour.
func (c Chore) PerHour() float64 {
	return float64(c.Statements) * float64(time.Hour) / float64(c.Every)
}

// commit is when an event was told to the boards, which is right after its transaction was saved.
type commit struct {
	Pizzeria int64 `json:"pizzeria"`
	Seq      int64 `json:"seq"`
	At       int64 `json:"at"` // Unix nanoseconds
}

// state is what the door tells of the server.
type state struct {
	PID        int              `json:"pid"`
	Engine     string           `json:"engine"`
	Statements uint64           `json:"statements"`
	Sockets    int              `json:"sockets"`
	Topics     int              `json:"topics"`
	Writes     uint64           `json:"writes"`
	Overflows  uint64           `json:"overflows"`
	Backlog    int              `json:"backlog"`
	Heap       uint64           `json:"heap"` // bytes in use
	Goroutines int              `json:"goroutines"`
	Shops      map[string]int64 `json:"shops"` // slug → id
}

// volley is what to publish: Count patches of Bytes of markup, Every so often, each to all Topics, or with Each only to the next one in turn.
// Without Topics, all that are watched. The patches move no sequence, so that pages stay what they are.
type volley struct {
	Topics []string      `json:"topics"`
	Each   bool          `json:"each"`
	Count  int           `json:"count"`
	Bytes  int           `json:"bytes"`
	Every  time.Duration `json:"every"`
	Tag    string        `json:"tag"` // one letter
}

// Publisher notes when events are published, on their way to next.
func (d *Door) Publisher(next app.Publisher) app.Publisher { return &recorder{d, next} }

type recorder struct {
	door *Door
	next app.Publisher
}

// Publish implements app.Publisher.
func (r *recorder) Publish(ctx context.Context, e app.Event) {
	at := time.Now().UnixNano()
	r.door.mu.Lock()
	r.door.commits = append(r.door.commits, commit{e.Pizzeria, e.Seq, at})
	r.door.mu.Unlock()
	r.next.Publish(ctx, e)
}

// Serve answers on a loopback address until ctx ends.
func (d *Door) Serve(ctx context.Context, addr, token string) error {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() || len(token) < 16 {
		return fmt.Errorf("%s=%q : la porte de bench ne s’ouvre que sur une adresse de bouclage, avec un jeton de 16 caractères au moins", AddrEnv, addr)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/bench", d.state)
	mux.HandleFunc("POST /debug/bench/publish", d.publish)
	mux.HandleFunc("GET /debug/bench/commits", d.takeCommits)
	mux.HandleFunc("POST /debug/bench/chores", d.chores)
	mux.HandleFunc("POST /debug/bench/profile", d.profile)
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) != 1 {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
	server := &http.Server{Handler: guarded, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // bench notices a cut answer
}

// state tells how the server is; with ?gc=1 after garbage was collected and given back to the system.
func (d *Door) state(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("gc") {
		for range 3 { // sync.Pools are emptied by the second one
			runtime.GC()
		}
		debug.FreeOSMemory()
	}
	shops, err := d.Pizzerias(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	f := d.Hub.Figures()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := state{
		PID: os.Getpid(), Engine: d.Engine, Statements: d.Statements(), Sockets: f.Sockets, Topics: f.Topics, Writes: f.Writes,
		Overflows: f.Overflows, Backlog: f.Backlog, Heap: m.HeapInuse, Goroutines: runtime.NumGoroutine(), Shops: map[string]int64{},
	}
	for _, p := range shops {
		s.Shops[p.Slug] = p.ID
	}
	answer(w, s)
}

// publish sends a volley, and answers when all of it is queued on the hub: how many frames times topics, and when it began.
func (d *Door) publish(w http.ResponseWriter, r *http.Request) {
	var v volley
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(v.Topics) == 0 {
		seen := map[realtime.Topic]bool{}
		for _, s := range d.Hub.Snapshot() {
			if !seen[s.Topic] {
				seen[s.Topic] = true
				v.Topics = append(v.Topics, string(s.Topic))
			}
		}
	}
	if len(v.Topics) == 0 {
		http.Error(w, "nobody watches", http.StatusConflict)
		return
	}
	html := strings.Repeat("x", max(0, v.Bytes))
	began := time.Now()
	for i := range v.Count {
		if v.Every > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(i) * v.Every)))
		}
		if r.Context().Err() != nil {
			return
		}
		frame := stamped(v.Tag, html)
		if v.Each {
			d.Hub.Publish(realtime.Topic(v.Topics[i%len(v.Topics)]), frame)
			continue
		}
		for _, t := range v.Topics {
			d.Hub.Publish(realtime.Topic(t), frame)
		}
	}
	answer(w, map[string]int64{"began": began.UnixNano(), "topics": int64(len(v.Topics))})
}

// stamped is a patch that says when it was made, in the first of its operations.
func stamped(tag, html string) *realtime.Frame {
	now := time.Now()
	return realtime.Patch{Time: now.UnixMilli(), Ops: []realtime.Op{
		{Do: realtime.OpEvent, Name: fmt.Sprintf("%s%s:%d", stampMark, tag, now.UnixNano())},
		{Do: realtime.OpMorph, To: "bench", HTML: html},
	}}.Frame()
}

// takeCommits tells the commits since it was asked last.
func (d *Door) takeCommits(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	list := d.commits
	d.commits = nil
	d.mu.Unlock()
	if list == nil {
		list = []commit{}
	}
	answer(w, list)
}

// chores has the server do its chores, and tells what each took.
func (d *Door) chores(w http.ResponseWriter, r *http.Request) {
	list, err := d.Chores(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	answer(w, list)
}

// profile records where the processor's time goes for as long as ?for= says, in the format of pprof.
func (d *Door) profile(w http.ResponseWriter, r *http.Request) {
	length, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil || length <= 0 {
		http.Error(w, "for=10s", http.StatusBadRequest)
		return
	}
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	select {
	case <-r.Context().Done():
	case <-time.After(length):
	}
	pprof.StopCPUProfile()
	_, _ = w.Write(b.Bytes())
}
