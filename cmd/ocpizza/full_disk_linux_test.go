package main

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/oc-pizza/ocpizza/db"
)

// fullFolder names the folder for the process of TestBackupToFullFolder that may write no more than a page to a file.
const fullFolder = "OCPIZZA_TEST_FULL_FOLDER"

// TestBackupToFullFolder writes into a folder that takes the beginning of a backup and not its end: nothing is kept, not even the
// beginning, the backup of before is as it was, and what to do is said. A disk that is full takes privileges to make; a process that may not
// write large files (setrlimit(2), RLIMIT_FSIZE) meets the same in the same place.
func TestBackupToFullFolder(t *testing.T) {
	if dir := os.Getenv(fullFolder); dir != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
			t.Fatal(err)
		}
		s := newShell(t, "sqlite://"+filepath.Join(dir, "x.db"))
		for _, to := range []string{filepath.Join(dir, "backups"), filepath.Join(dir, "backups", "one.sql.gz")} {
			s.refuses("rien n’a été gardé de "+to, "backup", "--to", to)
			s.refuses("Choisissez un autre endroit", "backup", "--to", to)
		}
		return
	}
	dir := t.TempDir()
	s := seeded(t, "sqlite://"+filepath.Join(dir, "x.db"))
	if err := os.Mkdir(filepath.Join(dir, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(dir, "backups", "one.sql.gz")
	s.run("backup", "--to", before)
	was, err := os.ReadFile(before)
	if err != nil || len(was) <= 4096 {
		t.Fatal(len(was), err)
	}
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + filepath.Join(dir, "x.db")}) // its files have the size that they need
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBackupToFullFolder$", "-test.v")
	child.Env = append(os.Environ(), fullFolder+"="+dir)
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestBackupToFullFolder") {
		t.Fatalf("%v\n%s", err, out)
	}
	left, err := os.ReadDir(filepath.Join(dir, "backups"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if is, err := os.ReadFile(before); err != nil || string(is) != string(was) {
		t.Errorf("the backup of before: %d bytes, %v, it was %d", len(is), err, len(was))
	}
	s.run("restore", before, "--replace")
}
