//go:build !linux

package bench

import (
	"errors"
	"syscall"
	"time"
)

// errNotHere is why nothing can be measured outside Linux: sockets are opened with epoll, and memory and time are read in /proc.
var errNotHere = errors.New("bench mesure avec epoll et /proc, donc seulement sous Linux")

type epoll struct{}

func descriptors() (int, error)                      { return 0, errNotHere }
func newEpoll() (epoll, error)                       { return epoll{}, errNotHere }
func (epoll) add(int, int) error                     { return errNotHere }
func (epoll) remove(int)                             {}
func (epoll) wait([]int, time.Duration) (int, error) { return 0, errNotHere }
func (epoll) close()                                 {}
func dial([4]byte, [4]byte, int) (int, error)        { return -1, errNotHere }
func writable(int, time.Duration) error              { return errNotHere }
func noteArrival(int) error                          { return errNotHere }
func readFD(int, []byte) (int, int64, error)         { return 0, 0, errNotHere }
func writeFD(int, []byte) error                      { return errNotHere }
func cutFD(int)                                      {}
func narrow(int)                                     {}
func residentKB(int) (float64, error)                { return 0, errNotHere }
func cpuSeconds(int) (float64, error)                { return 0, errNotHere }
func busySeconds() float64                           { return 0 }
func buffersKB() float64                             { return 0 }
func slabKB() float64                                { return 0 }
func machine() string                                { return "" }
func ownGroup() *syscall.SysProcAttr                 { return nil }
