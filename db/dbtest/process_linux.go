package dbtest

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// roomy tells whether dir can be written and has a gigabyte left (Docker's
// /dev/shm has 64 MB, one server takes about 100).
func roomy(dir string) bool {
	var st syscall.Statfs_t
	const writable = 2 // W_OK
	return syscall.Access(dir, writable) == nil && syscall.Statfs(dir, &st) == nil && st.Bavail*uint64(st.Bsize) > 1<<30
}

// lock marks dir as in use until unlock or the end of the process. The file gets
// its name once it is locked: nobody else can see it before.
func lock(dir string) (unlock func(), err error) {
	f, err := os.CreateTemp(dir, "new-")
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, "lock")); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// orphaned tells whether the process that locked dir is gone. A directory
// without its lock file is one being made this instant.
func orphaned(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
