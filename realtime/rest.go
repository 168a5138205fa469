package realtime

import (
	"sync"
	"time"
)

// rest keeps something from being done too often: at once unless it rests from the last time, and then once at the end of the rest, however
// often it was asked for. The owner's lock is held by whoever uses it, and while it is done.
type rest struct {
	until time.Time // whoever does it sets it
	due   bool      // a timer will do it
}

func (r *rest) then(mu sync.Locker, do func()) {
	wait := time.Until(r.until)
	switch {
	case wait <= 0:
		do()
	case !r.due:
		r.due = true
		time.AfterFunc(wait, func() {
			mu.Lock()
			defer mu.Unlock()
			r.due = false
			do()
		})
	}
}
