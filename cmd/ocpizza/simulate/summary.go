package simulate

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Summary is what an evening showed.
type Summary struct {
	URL         string            `json:"url"`
	Seed        uint64            `json:"seed"`
	Interrupted bool              `json:"interrupted"`
	Seconds     float64           `json:"seconds"`
	Evening     float64           `json:"evening_minutes"`
	Pizzerias   []string          `json:"pizzerias"`
	Orders      map[string]int    `json:"orders"`
	Traffic     map[string]int    `json:"traffic"`
	Latency     map[string]spread `json:"latency"`
	Frames      map[string]weight `json:"frames"`
	Errors      map[string]int    `json:"errors"`
	Refusals    map[string]int    `json:"refusals"`
	Broken      []string          `json:"broken"`
}

// timedScreens are the kinds of screens in the order of the table.
var timedScreens = []string{kitchenScreen, trackingScreen, courierScreen, tillScreen, dashboardScreen, menuScreen}

var (
	orderCounts   = []string{placed, soldOut, refused, left, cancelled, cancelRefused, delivered, collected}
	trafficCounts = []string{steps, stepRefused, replays, races, restocks, visits, cuts, reconnections, gaps, retries, foreign}
)

func (e *play) summary(interrupted bool) Summary {
	n := e.site.notes
	open := 0
	e.mu.Lock()
	for _, o := range e.orders {
		if !final(o.status()) {
			open++
		}
	}
	e.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	s := Summary{
		URL: e.site.base.String(), Seed: e.options.Seed, Interrupted: interrupted, Seconds: time.Since(e.clock.began).Seconds(),
		Evening:   min(e.options.Duration, time.Since(e.clock.began)).Minutes() * e.options.Pace,
		Pizzerias: slugs(e.shops), Orders: map[string]int{"open": open}, Traffic: map[string]int{}, Latency: map[string]spread{}, Frames: n.frames,
		Errors: n.errors, Refusals: n.reasons, Broken: n.broken,
	}
	if s.Broken == nil {
		s.Broken = []string{}
	}
	for _, name := range orderCounts {
		s.Orders[name] = n.counts[name]
	}
	for _, name := range trafficCounts {
		s.Traffic[name] = n.counts[name]
	}
	for _, kind := range timedScreens {
		s.Latency[kind] = spreadOf(n.samples[kind])
	}
	return s
}

// Err is the error of an evening in which something happened that must never happen; nil if all went well.
func (s Summary) Err() error {
	switch len(s.Broken) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("une règle a été rompue : %s", s.Broken[0])
	}
	return fmt.Errorf("%d règles ont été rompues, dont : %s", len(s.Broken), s.Broken[0])
}

// Words of the table.
var words = map[string]string{
	placed: "passées", soldOut: "refusées, épuisé", refused: "refusées, autre raison", left: "parti sans commander", cancelled: "annulées par le client",
	cancelRefused: "annulation venue trop tard", delivered: "livrées", collected: "retirées", "open": "encore en cours",
	steps: "gestes de l’équipe", stepRefused: "gestes refusés", replays: "envois répétés (idempotence)", races: "courses client / cuisine", restocks: "réassorts",
	visits: "cartes tenues ouvertes", cuts: "coupures provoquées", reconnections: "reconnexions", gaps: "trous vus", retries: "renvois après une panne",
	foreign:       "commandes d’autres clients",
	kitchenScreen: "cuisine", trackingScreen: "suivi", courierScreen: "livreur", tillScreen: "caisse", dashboardScreen: "pilotage", menuScreen: "carte",
}

// Table writes the summary for people.
func (s Summary) Table(w io.Writer) error {
	var b strings.Builder
	ended := ""
	if s.Interrupted {
		ended = ", interrompues"
	}
	fmt.Fprintf(&b, "\nUne soirée chez OC Pizza — %s\n", strings.Join(s.Pizzerias, ", "))
	fmt.Fprintf(&b, "%.0f minutes de soirée jouées en %.0f s%s (graine %d)\n", s.Evening, s.Seconds, ended, s.Seed)
	b.WriteString("\nCommandes\n")
	for _, name := range append(slices.Clone(orderCounts), "open") {
		fmt.Fprintf(&b, "  %-32s %8d\n", words[name], s.Orders[name])
	}
	b.WriteString("\nAutour\n")
	for _, name := range trafficCounts {
		fmt.Fprintf(&b, "  %-32s %8d\n", words[name], s.Traffic[name])
	}
	fmt.Fprintf(&b, "\n%-24s %7s %8s %8s %8s %14s %11s\n", "De l’envoi à l’écran, ms", "vues", "p50", "p99", "max", "p99 après rép.", "Ko/message")
	for _, kind := range timedScreens {
		l, cells := s.Latency[kind], []any{words[kind]}
		for _, ms := range []float64{l.P50, l.P99, l.Max, l.After} {
			if l.Count == 0 {
				cells = append(cells, "–")
			} else {
				cells = append(cells, french(ms))
			}
		}
		f := s.Frames[kind]
		cells = append(cells, french(float64(f.Bytes)/1024/float64(max(1, f.Frames))))
		fmt.Fprintf(&b, "  %-22s %7d %8s %8s %8s %14s %11s\n", slices.Insert(cells, 1, any(l.Count))...)
	}
	counted(&b, "Pannes", s.Errors)
	counted(&b, "Refus", s.Refusals)
	if len(s.Broken) == 0 {
		b.WriteString("\nRien de perdu, rien de doublé, rien de vendu au-delà du stock ; tous les écrans disent vrai.\n")
	} else {
		b.WriteString("\nRÈGLES ROMPUES\n")
		for _, words := range s.Broken {
			fmt.Fprintf(&b, "  ✗ %s\n", words)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// french writes a number with a decimal comma.
func french(x float64) string {
	return strings.Replace(strconv.FormatFloat(x, 'f', 1, 64), ".", ",", 1)
}

// counted lists what happened how often, if anything did.
func counted(b *strings.Builder, title string, counts map[string]int) {
	if len(counts) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(b, "  %8d × %s\n", counts[name], name)
	}
}
