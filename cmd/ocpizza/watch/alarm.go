// Package watch decides when a figure of the running program is worth an alarm, and tells it: once when it begins, once when it gets
// worse, once when it is over. It knows neither the database nor the screens.
package watch

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Level is what is thought of a figure.
type Level uint8

// The levels, each worse than the one before.
const (
	OK Level = iota
	Warn
	Alarm
)

var levels = [...]string{"ok", "warn", "alarm"}

// String is the level in logs, metrics and webhooks.
func (l Level) String() string { return levels[l] }

// ParseLevel reads what String writes.
func ParseLevel(s string) (Level, bool) {
	i := slices.Index(levels[:], s)
	return Level(max(i, 0)), i >= 0 //nolint:gosec // an index of three
}

// Rule says when a figure is worth what. Figures are such that more is worse.
type Rule struct {
	Name  string
	Label string // for people: "Mémoire"
	Unit  string // of the value and the thresholds: "%", "ms", "h" …
	Warn  float64
	Alarm float64 // +Inf: never
	// Rise is how long a value must stay beyond a threshold before that counts, Fall how long below before it is over.
	Rise, Fall time.Duration
	// House: the figure is the whole house's, not this process's. Whoever notices a change first tells it, and a process that starts goes on
	// from what was told (Restore).
	House bool
}

// margin is how far below a threshold a value must come for the level to fall: what hovers around a threshold does not flap.
const margin = 0.9

// level of a value without its history.
func (r Rule) level(v float64) Level {
	switch {
	case v >= r.Alarm:
		return Alarm
	case v >= r.Warn:
		return Warn
	}
	return OK
}

// Change is a level that has changed and is to be told.
type Change struct {
	Rule      Rule
	At        time.Time
	From, To  Level
	Value     float64
	Threshold float64       // the one that was crossed; when it is over, the lowest of those that had been
	Lasted    time.Duration // when it is over: since it began
}

// Over tells whether it is the end.
func (c Change) Over() bool { return c.To == OK }

// Sentence says it to people.
func (c Change) Sentence() string {
	if c.Over() {
		return fmt.Sprintf("Terminé : %s est revenu à %s (seuil %s), après %s.", c.Rule.Label, c.Rule.words(c.Value), c.Rule.words(c.Threshold), c.Lasted.Round(time.Second))
	}
	head := "À surveiller"
	if c.To == Alarm {
		head = "Alarme"
	}
	return fmt.Sprintf("%s : %s à %s (seuil %s).", head, c.Rule.Label, c.Rule.words(c.Value), c.Rule.words(c.Threshold))
}

func (r Rule) words(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	s = strings.Replace(strings.TrimSuffix(s, ".0"), ".", ",", 1)
	if r.Unit == "" {
		return s
	}
	return s + "\u00a0" + r.Unit
}

// State is a rule with its history. The zero value is one that is well and has seen nothing.
type State struct {
	Level Level
	Since time.Time // of the level
	Value float64
	Known bool

	began   time.Time            // of the trouble: OK → Warn or Alarm
	beyond  [Alarm + 1]time.Time // since when the value is beyond the threshold of a level; zero: it is not
	falling time.Time
	lowest  float64 // threshold crossed first
}

// Alarms keep the states of rules. Not for concurrent use.
type Alarms struct {
	rules  []Rule
	states map[string]*State
}

// NewAlarms makes the alarms of some rules.
func NewAlarms(rules []Rule) *Alarms {
	a := &Alarms{rules: rules, states: map[string]*State{}}
	for _, r := range rules {
		a.states[r.Name] = &State{}
	}
	return a
}

// Rules lists the rules.
func (a *Alarms) Rules() []Rule { return a.rules }

// State of a rule.
func (a *Alarms) State(name string) State { return *a.states[name] }

// Restore sets a rule to a level that was told before, by another process or in an earlier life of this one.
func (a *Alarms) Restore(name string, l Level, since time.Time) {
	for _, r := range a.rules {
		if r.Name == name {
			*a.states[name] = State{Level: l, Since: since, began: since, lowest: r.Warn}
		}
	}
}

// Note takes the values in that were read at one moment, by rule, and returns what is to be told. A value that is NaN, or missing, is not
// known: nothing changes.
func (a *Alarms) Note(at time.Time, values map[string]float64) []Change {
	var out []Change
	for _, r := range a.rules {
		v, ok := values[r.Name]
		s := a.states[r.Name]
		if s.Known = ok && !math.IsNaN(v); !s.Known {
			continue
		}
		s.Value = v
		if s.Since.IsZero() {
			s.Since = at
		}
		if c, tell := s.note(r, at, v); tell {
			out = append(out, c)
		}
	}
	return out
}

func (s *State) note(r Rule, at time.Time, v float64) (Change, bool) {
	from, up := s.Level, OK
	for l := Warn; l <= Alarm; l++ {
		if r.level(v) < l {
			s.beyond[l] = time.Time{}
			continue
		}
		if s.beyond[l].IsZero() {
			s.beyond[l] = at
		}
		if at.Sub(s.beyond[l]) >= r.Rise {
			up = l
		}
	}
	if up > from {
		crossed := r.Warn
		if up == Alarm {
			crossed = r.Alarm
		}
		if from == OK {
			s.began, s.lowest = at, crossed
		}
		s.Level, s.Since, s.falling = up, at, time.Time{}
		return Change{Rule: r, At: at, From: from, To: up, Value: v, Threshold: crossed}, true
	}
	down := r.level(v / margin)
	if down >= s.Level {
		s.falling = time.Time{}
		return Change{}, false
	}
	if s.falling.IsZero() {
		s.falling = at
	}
	if at.Sub(s.falling) < r.Fall {
		return Change{}, false
	}
	s.Level, s.Since, s.falling = down, at, time.Time{}
	if down != OK {
		return Change{}, false // less bad is not over
	}
	return Change{Rule: r, At: at, From: from, To: OK, Value: v, Threshold: s.lowest, Lasted: at.Sub(s.began)}, true
}

// Thresholds replaces thresholds of rules by those of a list "memory=70/90,storage=60/80"; one number alone is the warning. Its errors
// name what cannot be read.
func Thresholds(rules []Rule, list string) ([]Rule, error) {
	out := append([]Rule(nil), rules...)
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, numbers, ok := strings.Cut(part, "=")
		at := -1
		for i, r := range out {
			if r.Name == strings.TrimSpace(name) {
				at = i
			}
		}
		if at < 0 || !ok {
			var names []string
			for _, r := range rules {
				names = append(names, r.Name)
			}
			return nil, fmt.Errorf("« %s » n’est pas un seuil : écrivez nom=attention/alarme, avec un nom parmi %s", part, strings.Join(names, ", "))
		}
		warn, alarm, both := strings.Cut(numbers, "/")
		w, err := strconv.ParseFloat(strings.TrimSpace(warn), 64)
		x := math.Inf(1)
		if both && err == nil {
			x, err = strconv.ParseFloat(strings.TrimSpace(alarm), 64)
		}
		if err != nil || !(w > 0) || !(x >= w) {
			return nil, fmt.Errorf("« %s » : donnez deux nombres positifs, l’attention avant l’alarme, comme %s=70/85", part, out[at].Name)
		}
		out[at].Warn, out[at].Alarm = w, x
	}
	return out, nil
}
