package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"runtime"
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
	} {
		if v, ok := got[row.key].(float64); !ok || v < row.least || v > row.most {
			t.Errorf("%s = %v, want %g to %g", row.key, got[row.key], row.least, row.most)
		}
	}
	if t.Failed() {
		t.Logf("%s", &progress)
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
