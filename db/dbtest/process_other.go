//go:build !linux

package dbtest

import "os/exec"

// Elsewhere than on Linux there is no parent-death signal and no /dev/shm: a
// test killed with -9 leaves its server, and its directory is not swept.

func dieWithParent(*exec.Cmd) {}

func roomy(string) bool { return false }

func lock(string) (unlock func(), err error) { return func() {}, nil }

func orphaned(string) bool { return false }
