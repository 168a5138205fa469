// Package child runs programs that die with the test that started them.
package child

import (
	"os"
	"os/exec"
	"runtime"
	"time"
)

// Process is one run of a program.
type Process struct {
	Command *exec.Cmd
	Ended   chan struct{} // closed once it has ended; Command.ProcessState then says how
}

// Run starts the command from a thread that lives as long as it does: the kernel sends the parent-death signal when the *thread* that
// forked ends, and Go ends threads at will (https://github.com/golang/go/issues/27505).
func Run(command *exec.Cmd) (*Process, error) {
	dieWithParent(command)
	p := &Process{Command: command, Ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // how it ended is in ProcessState
		}
		close(p.Ended)
	}()
	return p, <-started
}

// End signals this process, and no other, and waits; one that will not stop within the time is killed, and the answer is false.
func (p *Process) End(signal os.Signal, within time.Duration) bool {
	_ = p.Command.Process.Signal(signal) // it may have ended already
	select {
	case <-p.Ended:
		return true
	case <-time.After(within):
		_ = p.Command.Process.Kill()
		<-p.Ended
		return false
	}
}
