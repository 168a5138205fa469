//go:build unix

package realtime

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The guests of benchmarks live in a process of their own, so that memory and time are the server's. It is this test binary again.
const guestsEnv = "OCPIZZA_BENCH_GUESTS" // address, number, format of the path

func TestGuestsOfBenchmarks(t *testing.T) {
	addr, rest, ok := strings.Cut(os.Getenv(guestsEnv), " ")
	if !ok {
		t.Skip("run by benchmarks")
	}
	number, path, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	st := &site{addr: addr}
	for i := range n {
		p := path
		if strings.Contains(p, "%d") {
			p = fmt.Sprintf(strings.ReplaceAll(p, "%d", "%[1]d"), i)
		}
		g, err := st.tryVisit(p, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = g.SetDeadline(time.Time{})
		go func() { _, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, g.Conn, make([]byte, 4096)) }()
	}
	fmt.Println("guests are here")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// invite fills the site from another process, and waits until all have joined.
func (st *site) invite(b *testing.B, n int, path string) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestGuestsOfBenchmarks$", "-test.v")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", guestsEnv, st.addr, n, path))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "guests are here" {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			until(b, "all joined", func() bool { return st.Figures().Sockets == n })
			return
		}
	}
	b.Fatal("the guests have not come")
}

// resident is the process's resident memory in bytes, after collecting garbage.
func resident(b *testing.B) float64 {
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip(err)
	}
	pages, _ := strconv.ParseFloat(strings.Fields(string(statm))[1], 64)
	return pages * float64(os.Getpagesize())
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkIdleSocket measures resident memory: sockets with a session and a topic of their own, as tracking pages are.
func BenchmarkIdleSocket(b *testing.B) {
	for _, portable := range []bool{false, true} {
		b.Run(fmt.Sprintf("portable=%t", portable), func(b *testing.B) {
			n := 5000
			if portable {
				n = 2000
			}
			st := newSite(b, HubOptions{Portable: portable})
			g := st.visit("warm-up")
			g.hello()
			_ = g.Close()
			until(b, "left", func() bool { return st.count() == 0 })
			before := resident(b)
			st.invite(b, n, "suivi-0123456789abcdef-%d?kind=suivi&session=0123456789abcdef-%d")
			after := resident(b)
			for b.Loop() {
				continue
			}
			b.ReportMetric((after-before)/1024/float64(n), "KB/socket")
		})
	}
}

// BenchmarkPublish measures fan-out of a patch of 600 bytes: alone, and in bursts of 40; an operation is all deliveries of one.
func BenchmarkPublish(b *testing.B) {
	for _, portable := range []bool{false, true} {
		for _, burst := range []int{1, 40} {
			b.Run(fmt.Sprintf("portable=%t/sockets=2000/burst=%d", portable, burst), func(b *testing.B) {
				benchmarkPublish(b, HubOptions{Portable: portable, MaxQueue: 1 << 30}, 2000, burst)
			})
		}
	}
}

func benchmarkPublish(b *testing.B, opts HubOptions, n, burst int) {
	st := newSite(b, opts)
	st.invite(b, n, "menu")
	html := strings.Repeat("x", 530)
	delivered := st.Figures().Deliveries
	began := cpu()
	var seq int64
	for b.Loop() {
		for range burst {
			seq++
			st.patch("menu", seq, html)
		}
		delivered += uint64(n * burst)
		for f := st.Figures(); f.Deliveries < delivered || f.Kinds["test"].Queued > 0; f = st.Figures() {
			if f.Sockets < n {
				b.Fatalf("%d sockets left of %d: %v", f.Sockets, n, f.Closes)
			}
			time.Sleep(500 * time.Microsecond)
		}
	}
	total := float64(n*burst) * float64(b.N)
	b.ReportMetric((cpu()-began).Seconds()/total*1e6, "cpu-s/million")
	b.ReportMetric(total/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkTargeted is the way of one patch to one page, from Publish to the bytes.
func BenchmarkTargeted(b *testing.B) {
	for _, portable := range []bool{false, true} {
		b.Run(fmt.Sprintf("portable=%t", portable), func(b *testing.B) {
			st := newSite(b, HubOptions{Portable: portable, Heartbeat: time.Hour, PingEvery: time.Hour, IdleTimeout: time.Hour})
			g := st.visit("one")
			g.hello()
			var seq int64
			for b.Loop() {
				seq++
				st.patch("one", seq, "x")
				if _, _, err := g.frame(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQueue is what a caller of Publish pays, whatever the number of watchers.
func BenchmarkQueue(b *testing.B) {
	st := newBench(HubOptions{})
	st.enter("menu", &paper{room: -1}, 0)
	f := Patch{Seq: 1}.Frame()
	b.ReportAllocs()
	for b.Loop() {
		st.Publish("menu", f)
		st.mu.Lock()
		st.inbox.commands = st.inbox.commands[:0]
		st.mu.Unlock()
	}
}
