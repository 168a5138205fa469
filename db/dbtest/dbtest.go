// Package dbtest gives tests the real databases: a private MariaDB set up like
// ClearDB, the production one, and fresh SQLite files. Nothing is mocked, and
// nothing that already runs on the machine is used or disturbed.
//
// A package whose tests use the shared MariaDB says so once:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// and then each test takes what it needs:
//
//	dbtest.Engines(t, func(t *testing.T, url string) { … })       // both engines, a fresh schema each
//	url := dbtest.MariaDB(t).Schema(t)                            // MariaDB only
//	server := dbtest.Private(t, dbtest.Options{})                 // one to kill, stop and start again
//
// Environment:
//
//   - OCPIZZA_TEST_REQUIRE=1: a missing MariaDB fails instead of skipping (make test, CI).
//   - OCPIZZA_TEST_MYSQL_VERSION: what the server claims to be, for example
//     "5.6.51-log", so that bun takes its pure-MySQL path.
//   - OCPIZZA_TEST_MARIADBD: which mariadbd to run, when it is not the one found.
//   - OCPIZZA_TEST_FAULTS: how many times as long tests of faults and races are; see Rounds.
package dbtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

const absent = "MariaDB absent: apt-get install mariadb-server, or run make test"

var (
	// mainCalled makes a forgotten TestMain an error instead of a data directory left in memory.
	mainCalled atomic.Bool
	// running is the shared server once started, for Main to stop.
	running atomic.Pointer[Server]
	// shared starts the process's one server on first use. A failure is
	// remembered: a hundred tests must not each wait for the same time-out.
	shared = sync.OnceValues(func() (*Server, error) {
		s, err := launch(Options{})
		if err == nil {
			running.Store(s)
		}
		return s, err
	})
	announce sync.Once
)

// Main runs the package's tests, then stops the shared MariaDB if one was
// started and removes its files. It does not return.
func Main(m *testing.M) {
	mainCalled.Store(true)
	code := m.Run()
	if s := running.Load(); s != nil {
		s.discard()
	}
	os.Exit(code)
}

// MariaDB is the server that all tests of this process share, started by the
// first that asks. It is everyone's: a test that kills, stops or reconfigures a
// server takes a Private one.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	need(t)
	if !mainCalled.Load() {
		t.Fatal("dbtest: this package needs func TestMain(m *testing.M) { dbtest.Main(m) }")
	}
	s, err := shared()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return s
}

// Private is a MariaDB of the test's own, gone when the test ends: for faults
// (Kill, Stop, Start, global variables) and for other Options.
func Private(t testing.TB, o Options) *Server {
	t.Helper()
	need(t)
	s, err := launch(o)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	s.private = true
	t.Cleanup(s.discard)
	return s
}

// SQLite is the path of a database file that does not exist yet, in a
// directory of the test's own. Its URL is "sqlite://" followed by the path.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "ocpizza.db")
}

// Engines runs f once per engine, as subtests "sqlite" and "mysql", each on an
// empty database: "sqlite:///path/to/file" and the URL that Schema gives.
func Engines(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, "sqlite://"+SQLite(t)) })
	t.Run("mysql", func(t *testing.T) { f(t, MariaDB(t).Schema(t)) })
}

// Rounds is how often a fault or a race comes that usually comes n times: OCPIZZA_TEST_FAULTS
// times as often, for figures that ask for hundreds where every change can only afford a few.
func Rounds(n int) int {
	if times, err := strconv.Atoi(os.Getenv("OCPIZZA_TEST_FAULTS")); err == nil && times > 0 {
		return n * times
	}
	return n
}

// need skips the test, or fails it where nothing may be skipped, when there is no MariaDB.
func need(t testing.TB) {
	t.Helper()
	if _, err := mariadbd(); err == nil {
		return
	} else if os.Getenv("OCPIZZA_TEST_REQUIRE") == "1" {
		t.Fatalf("%s (%v)", absent, err)
	}
	announce.Do(func() {
		fmt.Fprintf(loud(), "\n*** SKIPPED in %s: every MariaDB test. %s\n\n", filepath.Base(os.Args[0]), absent)
	})
	t.Skip(absent)
}

// loud is where a person sees it. « go test ./... » shows no output of a package
// that passes, so a terminal is written to directly; without one, standard error.
func loud() io.Writer {
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		return tty
	}
	return os.Stderr
}

// mariadbd finds the server's program; Debian keeps it in /usr/sbin, which is
// not in an ordinary user's PATH.
func mariadbd() (string, error) {
	names := []string{"mariadbd", "/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd"}
	if chosen := os.Getenv("OCPIZZA_TEST_MARIADBD"); chosen != "" {
		names = []string{chosen}
	}
	var errs []error
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}
