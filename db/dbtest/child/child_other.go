//go:build !linux

package child

import "os/exec"

// Elsewhere than on Linux there is no parent-death signal: a test killed with -9 leaves its children.
func dieWithParent(*exec.Cmd) {}
