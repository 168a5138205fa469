package simulate

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// What is counted.
const (
	placed        = "placed"
	soldOut       = "sold_out"
	refused       = "refused"
	left          = "left_without_ordering"
	cancelled     = "cancelled"
	cancelRefused = "cancel_refused"
	delivered     = "delivered"
	collected     = "collected"
	replays       = "replays"
	races         = "races"
	restocks      = "restocks"
	visits        = "menus_open"
	retries       = "retries"
	cuts          = "cuts"
	reconnections = "reconnections"
	gaps          = "gaps"
	steps         = "steps"
	stepRefused   = "steps_refused"
	foreign       = "foreign_orders"
)

// gone is the version of an order that is no longer on a screen: whatever is waited for, it is past.
const gone = math.MaxInt64

// cause is a write that made a version of an order, to be seen on screens.
type cause struct {
	version int64
	written written
}

// sight is a version of an order that came up on a kind of screen.
type sight struct {
	version int64
	at      time.Time
	timed   bool // by a patch; what a reconnection brings is late for reasons of its own
}

type sightKey struct {
	kind  string
	order int64
}

type menuKey struct {
	shop string
	seq  int64
}

// sample is one write that was seen on one screen.
type sample struct {
	// total runs from the sending of the write to the frame: the commit lies between, so it bounds « commit → screen » from above.
	total time.Duration
	// after runs from the answer to the frame; 0 when the frame overtook the answer.
	after time.Duration
}

// notebook is where everybody writes down what they saw.
type notebook struct {
	mu      sync.Mutex
	counts  map[string]int
	errors  map[string]int
	reasons map[string]int // why orders were refused
	broken  []string
	said    map[string]bool
	samples map[string][]sample
	frames  map[string]weight // by kind of screen

	causes   map[int64][]cause // by order
	pending  map[sightKey][]cause
	sights   map[sightKey][]sight
	menuAt   map[menuKey][]time.Time
	menuFrom map[menuKey]written
}

func newNotebook() *notebook {
	return &notebook{
		counts: map[string]int{}, errors: map[string]int{}, reasons: map[string]int{}, said: map[string]bool{}, samples: map[string][]sample{}, frames: map[string]weight{},
		causes: map[int64][]cause{}, pending: map[sightKey][]cause{}, sights: map[sightKey][]sight{},
		menuAt: map[menuKey][]time.Time{}, menuFrom: map[menuKey]written{},
	}
}

func (n *notebook) count(what string, by int) {
	n.mu.Lock()
	n.counts[what] += by
	n.mu.Unlock()
}

func (n *notebook) counted(what string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts[what]
}

func (n *notebook) failed(kind string) {
	n.mu.Lock()
	n.errors[kind]++
	n.mu.Unlock()
}

// weight is how much came through the sockets of a kind of screen.
type weight struct {
	Frames int `json:"frames"`
	Bytes  int `json:"bytes"`
}

func (n *notebook) received(kind string, bytes int) {
	n.mu.Lock()
	w := n.frames[kind]
	n.frames[kind] = weight{Frames: w.Frames + 1, Bytes: w.Bytes + bytes}
	n.mu.Unlock()
}

func (n *notebook) refusedFor(message string) {
	n.mu.Lock()
	n.reasons[message]++
	n.mu.Unlock()
}

func (n *notebook) gap(kind, why string) {
	n.mu.Lock()
	n.counts[gaps]++
	n.errors["trou ("+kind+") : "+why]++
	n.mu.Unlock()
}

// violate notes that something happened that must never happen; the same words once.
func (n *notebook) violate(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if words := fmt.Sprintf(format, args...); !n.said[words] {
		n.said[words] = true
		n.broken = append(n.broken, words)
	}
}

// wrote notes that a write made a version of an order. The screens may have shown it already.
func (n *notebook) wrote(order, version int64, w written) {
	if w.again {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	c := cause{version: version, written: w}
	n.causes[order] = append(n.causes[order], c)
	for _, kind := range orderScreens {
		key := sightKey{kind, order}
		i := slices.IndexFunc(n.sights[key], func(s sight) bool { return s.version >= version && !s.at.Before(w.sent) })
		if i < 0 {
			n.pending[key] = append(n.pending[key], c)
		} else if s := n.sights[key][i]; s.timed {
			n.sample(kind, w, s.at)
		}
	}
}

// orderScreens are the kinds of screens that show versions of orders.
var orderScreens = []string{kitchenScreen, trackingScreen, courierScreen, tillScreen, dashboardScreen}

// shown notes that a version of an order came up on a screen.
func (n *notebook) shown(kind string, order, version int64, at time.Time, timed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := sightKey{kind, order}
	n.sights[key] = append(n.sights[key], sight{version: version, at: at, timed: timed})
	n.pending[key] = slices.DeleteFunc(n.pending[key], func(c cause) bool {
		if c.version > version || at.Before(c.written.sent) {
			return false
		}
		if timed {
			n.sample(kind, c.written, at)
		}
		return true
	})
}

func (n *notebook) sample(kind string, w written, at time.Time) {
	n.samples[kind] = append(n.samples[kind], sample{total: at.Sub(w.sent), after: max(0, at.Sub(w.answered))})
}

// saw reports whether an order ever came up on a kind of screen.
func (n *notebook) saw(kind string, order int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.sights[sightKey{kind, order}]) > 0
}

// seenIn returns the orders that ever came up on a kind of screen.
func (n *notebook) seenIn(kind string) []int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []int64
	for key := range n.sights {
		if key.kind == kind {
			out = append(out, key.order)
		}
	}
	return out
}

// menuShown notes that a menu was brought to a sequence of its shop by a patch.
func (n *notebook) menuShown(shop string, seq int64, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := menuKey{shop, seq}
	if w, ok := n.menuFrom[key]; ok {
		n.sample(menuScreen, w, at)
	} else {
		n.menuAt[key] = append(n.menuAt[key], at)
	}
}

// menuCaused notes which sequence of its shop an order made: menus that carry the same number show what it left.
func (n *notebook) menuCaused(shop string, seq int64, w written) {
	if w.again {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := menuKey{shop, seq}
	n.menuFrom[key] = w
	for _, at := range n.menuAt[key] {
		n.sample(menuScreen, w, at)
	}
	delete(n.menuAt, key)
}

// checkStock notes stock that was promised beyond what there is.
func (n *notebook) checkStock(shop string, e *element) {
	onHand, ok := e.number("on-hand")
	reserved, also := e.number("reserved")
	if ok && also && (onHand < 0 || reserved < 0 || reserved > onHand) {
		n.violate("Vendu au-delà du stock à %s : %s a %d en rayon et %d réservés.", shop, e.id, onHand, reserved)
	}
}

// spread is how long something took, over many times.
type spread struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
	After float64 `json:"after_answer_p99_ms"`
}

// spreadOf sums samples up. Percentiles are nearest-rank: the smallest value that at least p % of the samples do not exceed.
func spreadOf(samples []sample) spread {
	if len(samples) == 0 {
		return spread{}
	}
	total, after := make([]time.Duration, len(samples)), make([]time.Duration, len(samples))
	for i, s := range samples {
		total[i], after[i] = s.total, s.after
	}
	slices.Sort(total)
	slices.Sort(after)
	return spread{
		Count: len(samples), P50: milliseconds(percentile(total, 50)), P99: milliseconds(percentile(total, 99)),
		Max: milliseconds(total[len(total)-1]), After: milliseconds(percentile(after, 99)),
	}
}

func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*100) / 100
}
