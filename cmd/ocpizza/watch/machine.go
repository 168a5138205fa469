package watch

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// hugeLimit is what a memory limit is when there is none: version 1 of cgroups writes nearly 2⁶³.
const hugeLimit = 1 << 40

// MemoryLimit is what the container may use, in bytes: the cgroup's limit, version 2 then 1; 0 when there is none to be found.
// https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max)
func MemoryLimit() int64 {
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 && n < hugeLimit {
			return n
		}
	}
	return 0
}

// Resident is the memory that the process has in hand, in bytes (RSS, proc_pid_statm(5)); outside Linux what Go took from the system.
func Resident() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()) //nolint:gosec // far from 2⁶³
}

// CPUTime is how long the process has computed, on all processors together.
func CPUTime() time.Duration { return cpuTime() }

// Processors is how many the process may use at once: Go takes the container's limit into account.
func Processors() int { return runtime.GOMAXPROCS(0) }
