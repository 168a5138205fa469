//go:build !unix

package watch

import (
	"runtime/metrics"
	"time"
)

// cpuTime is Go's own estimate, brought up to date by each garbage collection.
func cpuTime() time.Duration {
	s := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(s)
	return time.Duration((s[0].Value.Float64() - s[1].Value.Float64()) * float64(time.Second))
}
