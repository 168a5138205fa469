// Package bench measures a server against the budget of realtime.md: what a socket costs, how fast a change is seen, what a crowd that comes back
// does, what an order costs the database. The server is another process; the load, of any number of sockets, is this one.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// full is the number of sockets for which the bars are made.
const full = 10_000

// Options say what to measure.
type Options struct {
	URL      string        // of a server that runs already, on this machine; "" starts one
	Command  []string      // that starts one; it must open the door when its environment has AddrEnv and TokenEnv
	Env      []string      // of that command
	Sockets  int           // open at the same time
	Length   time.Duration // of each measure that has one
	Quick    bool          // fewer repetitions
	Password string        // of the demo's accounts
	Profiles string        // folder for processor profiles of the server, "" for none
	Getenv   func(string) string
}

// Check refuses options that measure nothing.
func (o Options) Check() error {
	switch {
	case o.Sockets < 100:
		return errors.New("il faut 100 sockets au moins")
	case o.Length < time.Second/2 || o.Length > 10*time.Minute:
		return errors.New("la durée de chaque mesure doit être comprise entre une demi-seconde et 10 minutes")
	}
	if o.URL == "" {
		return nil
	}
	_, _, _, err := parseURL(o.URL)
	return err
}

// parseURL takes the address of a server on this machine apart.
func parseURL(raw string) (base *url.URL, to [4]byte, port int, err error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" {
		return nil, to, 0, fmt.Errorf("« %s » n’est pas une adresse : écrivez-la comme http://127.0.0.1:8080", raw)
	}
	host := u.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip := net.ParseIP(host).To4()
	if ip == nil || !ip.IsLoopback() {
		return nil, to, 0, fmt.Errorf("%s n’est pas cette machine : bench ouvre des milliers de sockets et ne mesure qu’un serveur local (127.0.0.1)", u.Hostname())
	}
	port = 80
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, to, 0, fmt.Errorf("« %s » n’a pas de port", raw)
		}
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(port))}, [4]byte(ip), port, nil
}

// spare is how many descriptors are for anything but sockets: at most so many handshakes are under way, each with two in the server.
const spare = atOnce + 200

// bench is a run.
type bench struct {
	ctx       context.Context //nolint:containedctx // lives as long as the run
	options   Options
	progress  io.Writer
	began     time.Time
	server    *server
	site      *site
	crowd     *crowd
	result    *Result
	profiling sync.WaitGroup

	staff, menus, tracking []int // numbers of guests
	orders                 []placed
	busyTopics             []string // tracking topics, five watchers each
	menuTopics             []string
}

// Run measures. An error means that the run could not be finished; figures that miss their bar are none.
func Run(ctx context.Context, o Options, progress io.Writer) (result *Result, err error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	limit, err := descriptors()
	if err != nil {
		return nil, err
	}
	if most := limit - spare; o.Sockets > most {
		return nil, fmt.Errorf("%d sockets demandent plus de descripteurs que cette machine n’en permet à un programme (ulimit -n : %d) : %d sockets au plus, ou relevez la limite", o.Sockets, limit, most)
	}
	b := &bench{
		ctx: ctx, options: o, progress: progress, began: time.Now(),
		result: &Result{Sockets: o.Sockets, Limit: limit, Machine: machine(), Values: map[string]float64{}},
	}
	defer func() {
		err = errors.Join(err, b.end())
		if ctx.Err() != nil {
			err = errors.New("mesure interrompue")
		}
	}()
	busy := busySeconds()
	if err := b.start(); err != nil {
		return nil, err
	}
	for _, row := range []struct {
		words string
		door  bool // needs the private door
		do    func() error
	}{
		{"une heure de repos", true, b.idleSQL},
		{"stock et commandes", false, b.prepare},
		{fmt.Sprintf("ouverture de %d sockets", o.Sockets), false, b.fill},
		{"pages chaudes", true, b.warmOpens},
		{"un morceau à tous", true, b.single},
		{"40 morceaux à tous", true, b.burst},
		{"ciblé", true, b.targeted},
		{"ciblé pendant des diffusions", true, b.busy},
		{"clients figés", true, b.stalled},
		{"tous coupés, tous de retour", false, b.herd},
		{"SQL d’une commande", true, b.orderSQL},
		{"de la commande à la cuisine", false, b.kitchen},
		{"commandes par seconde", false, b.rush},
	} {
		if row.door && b.server.door == "" {
			b.say("%s : pas mesuré, le serveur n’a pas de porte de bench", row.words)
			continue
		}
		b.say("%s …", row.words)
		if err := row.do(); err != nil {
			return nil, fmt.Errorf("%s : %w", row.words, err)
		}
		b.profiling.Wait()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if ours, err := b.used(); err == nil && ours > 0 {
		wall := time.Since(b.began).Seconds() * float64(runtime.NumCPU())
		b.set("foreign_cpu_percent", max(0, busySeconds()-busy-ours)/wall*100)
	}
	b.set("gaps", float64(b.crowd.gaps()))
	b.result.Seconds = time.Since(b.began).Seconds()
	return b.result, nil
}

// start finds or starts the server, and signs in.
func (b *bench) start() error {
	var err error
	if b.options.URL != "" {
		base, _, _, perr := parseURL(b.options.URL)
		if perr != nil {
			return perr
		}
		b.server, err = attach(b.ctx, base, b.options.Getenv)
	} else {
		b.server, err = start(b.ctx, b.options)
	}
	if err != nil {
		return err
	}
	b.site = newSite(b.server.base)
	if err := b.site.enter(b.ctx, b.options.Password); err != nil {
		return err
	}
	b.result.Shops = len(b.site.shops)
	if b.server.door != "" {
		st, err := b.server.state(b.ctx, false)
		if err != nil {
			return err
		}
		b.result.Engine = st.Engine
	}
	_, to, port, err := parseURL(b.server.base.String())
	if err != nil {
		return err
	}
	b.crowd, err = newCrowd(b.server.base.Host, to, port)
	return err
}

// end takes everything down: sockets first, so that the server has nothing to wait for.
func (b *bench) end() error {
	b.profiling.Wait()
	if b.crowd != nil {
		b.crowd.close()
	}
	if b.site != nil {
		b.site.http.CloseIdleConnections()
	}
	if b.server == nil {
		return nil
	}
	b.server.http.CloseIdleConnections()
	return b.server.stop()
}

// used is the processor time of the server and of this process, in seconds; 0 when the server's is not known.
func (b *bench) used() (float64, error) {
	if b.server.child == nil {
		return 0, nil
	}
	theirs, err := cpuSeconds(b.server.pid)
	if err != nil {
		return 0, err
	}
	mine, err := cpuSeconds(os.Getpid())
	return theirs + mine, err
}

// say tells how far the run has come.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%5.1f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

func (b *bench) set(key string, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	b.result.Values[key] = value
	for _, f := range figures {
		if f.key == key {
			b.say("  %s : %s", f.words, french(value, f.digits))
		}
	}
}

// times is how often something is repeated.
func (b *bench) times(n int) int {
	if b.options.Quick {
		return max(1, n/5)
	}
	return n
}

// pause waits, or less when the run is called off.
func (b *bench) pause(d time.Duration) {
	select {
	case <-b.ctx.Done():
	case <-time.After(d):
	}
}
