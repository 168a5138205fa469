package views

import (
	"math"
	"strconv"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids of the supervision page and of the dashboard's banner.
const (
	SupervisionID = "supervision"
	AlertsID      = "alerts"
	gaugePrefix   = "gauge-"
)

// Views of /live/pilotage besides the dashboard itself: its query « vue ».
const (
	StockView       = "stocks"
	SupervisionView = "supervision"
)

// Supervision is how the program and its database stand, whatever the shop.
type Supervision struct {
	At      time.Time
	Started time.Time
	Build   string
	Gauges  []Gauge
}

// Gauge is one figure of the machine with what is thought of it.
type Gauge struct {
	Name  string // "memory", "storage" …: its id, and its name in thresholds and alerts
	Label string
	Value string // in words, with its unit
	More  []string
	Tone  Tone    // Idle: not known, or not watched
	Part  float64 // of its limit, 0 to 1; negative: it has none
	Todo  string  // what to do about it, shown while Tone is Warn or Late
	Since time.Time
}

// GaugeID is the id of a figure.
func GaugeID(name string) string { return gaugePrefix + name }

// word of the state, beside its colour and shape.
func (g Gauge) word() string {
	switch g.Tone {
	case Good:
		return "Normal"
	case Warn:
		return "À surveiller"
	case Late:
		return "Alarme"
	}
	return "Sans avis"
}

// percent of the limit, for the meter.
func (g Gauge) percent() string {
	return strconv.Itoa(int(math.Round(100 * min(max(g.Part, 0), 1))))
}

// high is the mark beyond which the meter is drawn as too full.
func (g Gauge) high() string {
	if g.Tone == Warn || g.Tone == Late {
		return "0"
	}
	return "100"
}

// state is the worst of all.
func (s Supervision) state() Tone {
	worst := Good
	for _, g := range s.Gauges {
		if g.Tone == Late || g.Tone == Warn && worst == Good {
			worst = g.Tone
		}
	}
	return worst
}

// sentence says the worst of all.
func (s Supervision) sentence() string {
	n := len(s.Alerts())
	switch s.state() {
	case Late:
		return "Il faut agir : " + Count(n, "point") + " hors des limites."
	case Warn:
		return Count(n, "point") + " à surveiller."
	}
	return "Tout est normal."
}

// Alerts are the figures that are not as they should be, alarms in front.
func (s Supervision) Alerts() []Gauge {
	var out []Gauge
	for _, tone := range []Tone{Late, Warn} {
		for _, g := range s.Gauges {
			if g.Tone == tone {
				out = append(out, g)
			}
		}
	}
	return out
}

// sinceWords dates an instant: the time today, the day as well before.
func sinceWords(t, now time.Time) string {
	if now.Sub(t) < 20*time.Hour {
		return "depuis " + Clock(t)
	}
	return "depuis le " + t.In(app.Paris).Format("02/01") + " à " + Clock(t)
}

// clock is the time of the reading, to the second: it moves every few seconds.
func (s Supervision) clock() string { return s.At.In(app.Paris).Format("15:04:05") }
