package child

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the program when the test process dies, however it dies.
func dieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
