package watch

import (
	"slices"
	"time"
)

// Sample is how large something was at a moment.
type Sample struct {
	At    time.Time
	Bytes int64
}

// enough is over how long samples must reach for a line through them to mean anything.
const enough = 36 * time.Hour

// Fills tells when a store is full if it goes on growing as it did: a straight line by least squares through the samples. ok is false when
// there are too few of them, when it does not grow, or when it takes more than five years.
func Fills(samples []Sample, limit int64) (day time.Time, ok bool) {
	if len(samples) < 2 || limit <= 0 {
		return time.Time{}, false
	}
	s := slices.SortedFunc(slices.Values(samples), func(a, b Sample) int { return a.At.Compare(b.At) })
	first, last := s[0], s[len(s)-1]
	if last.At.Sub(first.At) < enough {
		return time.Time{}, false
	}
	if last.Bytes >= limit {
		return last.At, true
	}
	var n, sx, sy, sxx, sxy float64
	for _, p := range s {
		x, y := p.At.Sub(first.At).Hours()/24, float64(p.Bytes-first.Bytes)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	perDay := (n*sxy - sx*sy) / (n*sxx - sx*sx)
	if !(perDay > 0) {
		return time.Time{}, false
	}
	// From where it is, not from where the line is: the last size is known.
	days := float64(limit-last.Bytes) / perDay
	if days > 5*365 {
		return time.Time{}, false
	}
	return last.At.Add(time.Duration(days * 24 * float64(time.Hour))), true
}
