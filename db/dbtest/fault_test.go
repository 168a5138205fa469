package dbtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCrashKeepsWhatWasCommitted(t *testing.T) {
	server := Private(t, Options{})
	rawURL, addr := server.Schema(t), server.Addr()
	pool := open(t, rawURL)
	mustExec(t, pool, "CREATE TABLE n (id INT) ENGINE=InnoDB")
	for i, end := range []func(){server.Kill, server.Stop} {
		mustExec(t, pool, fmt.Sprintf("INSERT INTO n VALUES (%d)", i))
		end()
		if err := pool.Ping(); err == nil {
			t.Fatal("still answers")
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		if server.Addr() != addr {
			t.Fatalf("moved from %s to %s", addr, server.Addr())
		}
	}
	var rows int
	if err := pool.QueryRow("SELECT COUNT(*) FROM n").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if err := server.Start(); err == nil {
		t.Error("started twice")
	}
}

func TestOptions(t *testing.T) {
	server := Private(t, Options{Version: "5.6.51-log", WaitTimeout: time.Second})
	pool := open(t, server.Schema(t))
	var version string
	if err := pool.QueryRow("SELECT VERSION()").Scan(&version); err != nil || version != "5.6.51-log" {
		t.Errorf("version %q, %v", version, err)
	}
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	time.Sleep(2500 * time.Millisecond)
	if _, err := c.ExecContext(t.Context(), "SELECT 1"); err == nil {
		t.Error("a connection idle for longer than wait_timeout was not cut")
	}
}

func TestSharedServerCannotBeKilled(t *testing.T) {
	server := MariaDB(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	server.Kill()
}

func TestStorageQuota(t *testing.T) {
	server := MariaDB(t)
	rawURL := server.Schema(t)
	pool := open(t, rawURL)
	pool.SetMaxOpenConns(1)
	mustExec(t, pool, "CREATE TABLE n (id INT)")
	mustExec(t, pool, "INSERT INTO n VALUES (1)")

	server.RevokeWrites(t, rawURL)
	for _, statement := range []string{"INSERT INTO n VALUES (2)", "UPDATE n SET id = 3"} {
		if _, err := pool.Exec(statement); number(err) != 1142 {
			t.Errorf("%s: %v, want error 1142", statement, err)
		}
	}
	mustExec(t, pool, "SELECT * FROM n")
	mustExec(t, pool, "DELETE FROM n")

	server.GrantWrites(t, rawURL)
	if _, err := pool.Exec("INSERT INTO n VALUES (2)"); number(err) != 1142 {
		t.Errorf("a connection opened while refused: %v, want error 1142", err)
	}
	mustExec(t, open(t, rawURL), "INSERT INTO n VALUES (2)")
}

func TestHourlyQuota(t *testing.T) {
	server := MariaDB(t)
	rawURL := server.Schema(t)
	pool := open(t, rawURL)
	pool.SetMaxOpenConns(1)
	mustExec(t, pool, "SELECT 1")

	server.LimitQueries(t, rawURL, 3)
	var err error
	for range 10 {
		if _, err = pool.Exec("SELECT 1"); err != nil {
			break
		}
	}
	if number(err) != 1226 {
		t.Errorf("past the limit: %v, want error 1226", err)
	}
	if err := pool.Ping(); err != nil {
		t.Errorf("Ping: %v; it is not counted", err)
	}
	server.LimitQueries(t, rawURL, 0)
	mustExec(t, open(t, rawURL), "SELECT 1")
}

// victim is this test binary run again: it starts a server, says which, and waits to be killed.
func victim() {
	s, err := launch(Options{})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(s.process.Command.Process.Pid, s.dir)
	select {}
}

func TestKilledTestLeavesNothing(t *testing.T) {
	need(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0])
	command.Env = append(os.Environ(), "DBTEST_CHILD=1")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var pid int
	var dir string
	if _, scan := fmt.Sscan(line, &pid, &dir); scan != nil {
		t.Fatalf("%q: %v, %v", line, err, scan)
	}
	sweep(filepath.Dir(dir))
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		t.Errorf("the files of a living test were swept: %v", err)
	}
	_ = command.Process.Kill()
	_ = command.Wait()
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("mariadbd %d outlived its test", pid)
		}
	}
	sweep(filepath.Dir(dir))
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s was left", dir)
	}
}

// alive is false for a zombie too: where nobody reaps orphans (a container's
// first process), a killed server keeps its number.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	return !slices.Contains([]string{"Z", "X"}, fields[0])
}

// TestAbsent runs a test that needs MariaDB where there is none: it must skip
// with the reason, and fail where nothing may be skipped.
func TestAbsent(t *testing.T) {
	for require, want := range map[string]string{"": "SKIP", "1": "FAIL"} {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSchemaURLIsClearDBs$", "-test.v")
		command.Env = append(os.Environ(), "OCPIZZA_TEST_MARIADBD=/nonexistent", "OCPIZZA_TEST_REQUIRE="+require)
		out, _ := command.CombinedOutput()
		if !strings.Contains(string(out), "--- "+want) || !strings.Contains(string(out), absent) {
			t.Errorf("OCPIZZA_TEST_REQUIRE=%q:\n%s", require, out)
		}
	}
}
