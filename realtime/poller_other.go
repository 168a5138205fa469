//go:build !linux

package realtime

import "net"

// poller does not exist here: every connection is a stream.
type poller struct{}

type parked struct{ stream }

func newPoller() (*poller, error) { return nil, nil }

func (*poller) watch(func(...readiness)) {}

func (*poller) close() {}

func (*poller) park(net.Conn, int) (*parked, []byte, error) { return nil, nil, nil }
