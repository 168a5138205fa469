package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/oc-pizza/ocpizza/cmd/ocpizza/bench"
	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// TestBenchServer is the server that TestBenchQuick measures: this test binary again.
func TestBenchServer(t *testing.T) {
	if os.Getenv(bench.AddrEnv) == "" {
		t.Skip("run by TestBenchQuick")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := (benchCmd{Server: true}).Run(&console{ctx: ctx, env: os.Getenv, out: os.Stdout, err: os.Stderr}); err != nil {
		t.Fatal(err)
	}
}

// parseBench reads a command line as the program does.
func parseBench(t *testing.T, args ...string) (benchCmd, error) {
	t.Helper()
	var cli struct {
		Bench benchCmd `cmd:""`
	}
	parser, err := kong.New(&cli, kong.Exit(func(int) {}), kong.Writers(&bytes.Buffer{}, &bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"bench"}, args...))
	cli.Bench.command = []string{os.Args[0], "-test.run=^TestBenchServer$", "-test.timeout=5m"}
	return cli.Bench, err
}

// TestBenchQuick measures a real server quickly. How fast this machine is proves nothing; that every figure is there, and possible, does.
func TestBenchQuick(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("bench is for Linux")
	}
	for _, engine := range []string{"sqlite", "mysql"} {
		t.Run(engine, func(t *testing.T) {
			env := map[string]string{}
			if engine == "mysql" {
				if testing.Short() {
					t.Skip("one engine is enough")
				}
				env["DATABASE_URL"] = dbtest.MariaDB(t).Schema(t)
			}
			testBenchQuick(t, engine, func(name string) string { return env[name] })
		})
	}
}

func testBenchQuick(t *testing.T, engine string, env func(string) string) {
	cmd, err := parseBench(t, "--quick", "--json", "--engine", engine)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var out, progress bytes.Buffer
	if err := cmd.Run(&console{ctx: ctx, env: env, out: &out, err: &progress}); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if got["engine"] != engine || got["sockets"] != 300.0 {
		t.Errorf("engine %v with %v sockets", got["engine"], got["sockets"])
	}
	for _, row := range []struct {
		key         string
		least, most float64
	}{
		{"kb_per_idle_socket", -50, 100}, {"burst_deliveries_per_s", 100, 1e8}, {"burst_cpu_s_per_million", 0, 1e5},
		{"single_cpu_s_per_million", 0, 1e5}, {"targeted_p50_ms", 0.001, 1e4}, {"targeted_p99_ms", 0.001, 1e4},
		{"commit_to_kitchen_p50_ms", 0.01, 1e4}, {"commit_to_kitchen_p99_ms", 0.01, 3e4}, {"herd_s", 0.001, 60}, {"herd_errors", 0, 0},
		{"herd_sql", 0, 25}, {"sql_per_warm_open", 0, 0}, {"sql_idle_per_hour", 0, 20_000}, {"sql_per_order", 5, 60}, {"orders_per_s", 1, 1e5},
		{"connections_per_s", 1, 1e6}, {"busy_p99_ms", 0.001, 1e4}, {"stalled_worst_ms", 0.001, 3e4}, {"gaps", 0, 0},
		{"single_last_ms", 0.001, 3e4}, {"targeted_p999_ms", 0.001, 1e4}, {"most_sockets", 300, 300}, {"projected_sockets_512mb", 1, 1e9},
		{"stalled_kernel_mb", 0.001, 10}, {"stalled_queue_kb", 16, 64}, {"stalled_closed", 28, 28},
	} {
		if v, ok := got[row.key].(float64); !ok || v < row.least || v > row.most {
			t.Errorf("%s = %v, want %g to %g", row.key, got[row.key], row.least, row.most)
		}
	}
	if unmeasured, ok := got["unmeasured"].([]any); !ok || len(unmeasured) > 0 {
		t.Errorf("not measured: %v", got["unmeasured"])
	}
	if t.Failed() {
		t.Logf("%s", &progress)
	}
}

// madeUp is a result that meets every requirement just so.
func madeUp() *bench.Result {
	return &bench.Result{Sockets: 10_000, Stalled: 1000, Engine: "sqlite", Shops: 5, Machine: "a machine", Limit: 20_000, Values: map[string]float64{
		"sql_idle_per_hour": 100, "kb_per_idle_socket": 2, "projected_sockets_512mb": 50_000, "sql_per_warm_open": 0, "single_cpu_s_per_million": 14,
		"burst_deliveries_per_s": 800_000, "targeted_p50_ms": 0.2, "targeted_p99_ms": 5, "busy_p99_ms": 1, "stalled_worst_ms": 20, "stalled_kernel_mb": 0.5,
		"stalled_queue_kb": 64, "stalled_closed": 1000, "herd_s": 2, "herd_errors": 0, "herd_sql": 25, "sql_per_order": 60, "commit_to_kitchen_p99_ms": 25,
		"orders_per_s": 500, "gaps": 0,
	}}
}

// TestBenchStrict: what --strict makes of results, one by one: whether each requirement of realtime.md decides the exit status.
func TestBenchStrict(t *testing.T) {
	tell := func(r *bench.Result, args ...string) (out, complaint string, status int) {
		cmd, err := parseBench(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		var o, e bytes.Buffer
		status = exitStatus(cmd.tell(&console{ctx: t.Context(), out: &o, err: &e}, r), &e)
		return o.String(), e.String(), status
	}
	if out, complaint, status := tell(madeUp(), "--strict"); status != 0 || complaint != "" || !strings.Contains(out, "✓ toutes les exigences sont tenues") {
		t.Errorf("all met: status %d, %s\n%s", status, complaint, out)
	}
	for key, met := range madeUp().Values {
		missed, unknown := madeUp(), madeUp()
		missed.Values[key] = met*1.01 + 0.01
		if slices.Contains([]string{"projected_sockets_512mb", "burst_deliveries_per_s", "stalled_closed", "orders_per_s"}, key) { // the more the better
			missed.Values[key] = met * 0.99
		}
		delete(unknown.Values, key)
		for _, row := range []struct {
			r                   *bench.Result
			list, table, reason string
		}{
			{missed, `"missed":["` + key + `"]`, "✗ 1 exigence(s) manquée(s) : " + key + "\n", "exigences manquées : " + key + "\n"},
			{unknown, `"unmeasured":["` + key + `"]`, "? 1 exigence(s) non mesurée(s), dont on ne sait rien : " + key + "\n", "exigences non mesurées (voir ocpizza bench --help) : " + key + "\n"},
		} {
			out, complaint, status := tell(row.r, "--strict")
			if status != 1 || complaint != "ocpizza: "+row.reason || !strings.Contains(out, row.table) || strings.Contains(out, "✓ toutes") {
				t.Errorf("%s: status %d, %q\n%s", key, status, complaint, out)
			}
			if out, _, status = tell(row.r, "--strict", "--json"); status != 1 || !strings.Contains(out, row.list) {
				t.Errorf("%s: status %d, %s", key, status, out)
			}
			if _, complaint, status = tell(row.r); status != 0 || complaint != "" {
				t.Errorf("%s, not strict: status %d, %s", key, status, complaint)
			}
		}
		if out, _, _ := tell(unknown); !strings.Contains(out, "non mesuré   ? ") {
			t.Errorf("%s: its row does not say that it was not measured\n%s", key, out)
		}
	}
	slower := madeUp()
	slower.Engine, slower.Values["orders_per_s"] = "mysql", 300
	if out, _, status := tell(slower, "--strict"); status != 0 {
		t.Errorf("300 orders a second on MySQL: status %d\n%s", status, out)
	}
}

// TestBenchURL measures a server that runs already, as production does: without a door. What cannot be seen from outside is said to be unknown, and
// is no pass.
func TestBenchURL(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("bench is for Linux")
	}
	e := startEvening(t, "sqlite://"+dbtest.SQLite(t))
	cmd, err := parseBench(t, "--quick", "--json", "--strict", "--url", e.url)
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	nothing := func(string) string { return "" }
	status := exitStatus(cmd.Run(&console{ctx: t.Context(), env: nothing, out: &out, err: &complaint}), &complaint)
	if status != 1 || !strings.Contains(complaint.String(), "exigences non mesurées") {
		t.Fatalf("status %d\n%s", status, &complaint)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	for _, key := range []string{"connections_per_s", "herd_s", "herd_errors", "order_to_kitchen_p99_ms", "orders_per_s", "gaps"} {
		if _, ok := got[key].(float64); !ok {
			t.Errorf("%s = %v", key, got[key])
		}
	}
	unmeasured, _ := got["unmeasured"].([]any)
	for _, key := range []string{"kb_per_idle_socket", "burst_deliveries_per_s", "targeted_p99_ms", "commit_to_kitchen_p99_ms", "sql_per_order", "herd_sql"} {
		if got[key] != nil || !slices.Contains(unmeasured, any(key)) {
			t.Errorf("%s = %v; unmeasured: %v", key, got[key], unmeasured)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	for _, row := range []struct{ args, says string }{
		{"--url http://93.184.216.34", "n’est pas cette machine"},
		{"--url https://localhost", "n’est pas une adresse"},
		{"--sockets 5", "100 sockets"},
		{"--seconds 0", "durée"},
		{"--engine oracle", "oracle"},
	} {
		if _, err := parseBench(t, strings.Fields(row.args)...); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.args, err)
		}
	}
	cmd, err := parseBench(t, "--engine", "mysql")
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(string) string { return "" }
	if err := cmd.Run(&console{ctx: t.Context(), env: nothing, out: &bytes.Buffer{}, err: &bytes.Buffer{}}); err == nil || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("without a database: %v", err)
	}
	if runtime.GOOS == "linux" {
		if cmd, err = parseBench(t, "--sockets", "2000000000"); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Run(&console{ctx: t.Context(), env: nothing, out: &bytes.Buffer{}, err: &bytes.Buffer{}}); err == nil || !strings.Contains(err.Error(), "ulimit -n") {
			t.Errorf("too many sockets: %v", err)
		}
	}
}
