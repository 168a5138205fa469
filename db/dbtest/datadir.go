package dbtest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// prefix names work directories, so that those left by a killed test are recognised.
const prefix = "ocpizza-mariadb-"

// workDir makes a server's directory, in memory where there is room: a commit
// then costs no disk flush. What killed tests left behind is removed on the way.
func workDir() (dir string, unlock func(), err error) {
	parent := os.TempDir()
	if roomy("/dev/shm") {
		parent = "/dev/shm"
	}
	sweep(parent)
	dir, err = os.MkdirTemp(parent, prefix)
	if err != nil {
		return "", nil, err
	}
	unlock, err = lock(dir)
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, unlock, nil
}

// sweep removes the directories under parent whose process is gone.
func sweep(parent string) {
	left, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		if orphaned(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

// dataDir fills dir with an initialised, empty server: a copy of a template made
// once per version of MariaDB and kept in the user's cache directory.
func dataDir(program, dir string) error {
	version, err := exec.Command(program, "--no-defaults", "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", program, err)
	}
	key := sha256.Sum256([]byte(string(version) + strings.Join(storage, " ")))
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	template := filepath.Join(cache, fmt.Sprintf("mariadb-%x", key[:6]))
	if _, err := os.Stat(template); errors.Is(err, fs.ErrNotExist) {
		if err := initialise(cache, template); err != nil {
			return err
		}
	}
	return os.CopyFS(dir, os.DirFS(template))
}

// cacheDir is the user's cache, or the temporary directory where there is none
// (no HOME, read-only home).
func cacheDir() (string, error) {
	if base, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(base, "ocpizza")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("ocpizza-%d", os.Getuid()))
	return dir, os.MkdirAll(dir, 0o700)
}

// initialise makes the template beside its place and renames it there: whoever
// sees the name sees a finished directory, and of two processes either may win.
func initialise(cache, template string) error {
	dir, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	args := append([]string{
		"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db",
		"--force", // it otherwise refuses a machine that cannot look up its own name
	}, storage...)
	install := exec.Command("mariadb-install-db", append(args, asRoot()...)...)
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	if err := os.Rename(data, template); err != nil {
		if _, exists := os.Stat(template); exists != nil {
			return err
		}
	}
	return nil
}
