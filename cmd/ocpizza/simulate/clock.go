package simulate

import (
	"context"
	"math/rand/v2"
	"time"
)

// clock is the evening's: it runs pace times as fast as the real one.
type clock struct {
	began time.Time // real
	opens time.Time // of the evening
	pace  float64
	// hurried is closed when the last customers have come: what is left is finished quickly.
	hurried chan struct{}
}

// Evenings begin at six. Of a shorter span the heart is played, around a quarter past eight.
const (
	evening = 5 * time.Hour
	heart   = 20*time.Hour + 15*time.Minute
	opening = 18 * time.Hour
)

func newClock(real time.Duration, pace float64) *clock {
	span := time.Duration(float64(real) * pace)
	from := max(opening, heart-span/2)
	if span >= evening {
		from = opening
	}
	now := time.Now()
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	return &clock{began: now, opens: midnight.Add(from), pace: pace, hurried: make(chan struct{})}
}

// now is the evening's time.
func (c *clock) now() time.Time {
	return c.opens.Add(time.Duration(float64(time.Since(c.began)) * c.pace))
}

// hurry makes everybody finish.
func (c *clock) hurry() { close(c.hurried) }

// briskly is what anything takes, in real time, once everybody hurries.
const briskly = 60 * time.Millisecond

// wait lets d of the evening pass; false when the evening was called off.
func (c *clock) wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(time.Duration(float64(d) / c.pace))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	case <-c.hurried:
		return pause(ctx, min(briskly, time.Duration(float64(d)/c.pace)))
	}
}

// curve is how busy a pizzeria is over the evening, 1 at the peak: points of (minutes since midnight, share), straight between.
var curve = []struct{ at, share float64 }{
	{17*60 + 30, 0.05}, {18 * 60, 0.15}, {19 * 60, 0.55}, {19*60 + 30, 0.95}, {20 * 60, 1}, {20*60 + 45, 1}, {21 * 60, 0.9},
	{21*60 + 45, 0.5}, {22*60 + 30, 0.2}, {23 * 60, 0.05},
}

// busy is the curve at a time of the evening.
func busy(at time.Time) float64 {
	m := float64(at.Hour()*60+at.Minute()) + float64(at.Second())/60
	for i := 1; i < len(curve); i++ {
		a, b := curve[i-1], curve[i]
		if m >= a.at && m < b.at {
			return a.share + (b.share-a.share)*(m-a.at)/(b.at-a.at)
		}
	}
	return curve[0].share
}

// nextArrival is when the next customer comes: a Poisson process whose rate follows the curve, by thinning (Lewis and Shedler, 1979).
func nextArrival(rng *rand.Rand, from time.Time, perHour float64) time.Time {
	for {
		from = from.Add(time.Duration(rng.ExpFloat64() / perHour * float64(time.Hour)))
		if rng.Float64() < busy(from) {
			return from
		}
	}
}

// between draws a duration.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Int64N(int64(high-low)+1))
}
