package watch

import "time"

// Window remembers readings of counters for a while, to tell how much they grew.
type Window[T any] struct {
	Keep  time.Duration
	Every time.Duration // readings that follow sooner than that are not kept
	kept  []reading[T]
}

type reading[T any] struct {
	at time.Time
	v  T
}

// Add takes a reading in.
func (w *Window[T]) Add(at time.Time, v T) {
	if n := len(w.kept); n > 0 && at.Sub(w.kept[n-1].at) < w.Every {
		return
	}
	w.kept = append(w.kept, reading[T]{at, v})
	// One that is older than Keep stays: growth is counted from it.
	for len(w.kept) > 1 && at.Sub(w.kept[1].at) >= w.Keep {
		w.kept = w.kept[1:]
	}
}

// Oldest is the reading from which growth over the last Keep is counted, and how long ago it was made.
func (w *Window[T]) Oldest(now time.Time) (v T, age time.Duration) {
	if len(w.kept) == 0 {
		return v, 0
	}
	return w.kept[0].v, now.Sub(w.kept[0].at)
}
