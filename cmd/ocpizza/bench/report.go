package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figure is a row of the result: its key in the JSON, what it means, and the bar of realtime.md.
type figure struct {
	key, words string
	must, aim  float64 // NaN: no bar
	more       bool    // the more the better
	digits     int     // behind the comma
}

// none is a bar that is not there.
var none = math.NaN()

// figures are the rows in the order of the table. Bars that depend on the run are set by bars.
var figures = []figure{
	{"sql_idle_per_hour", "SQL par heure de repos, 200 écrans", 100, 20, false, 0},
	{"connections_per_s", "ouvertures de sockets par seconde", none, none, true, 0},
	{"kb_per_idle_socket", "mémoire du serveur par socket au repos, Ko", 2, 1, false, 2},
	{"kernel_kb_per_socket", "mémoire du noyau par socket, Ko", none, none, false, 2},
	{"base_mb", "mémoire du serveur sans socket, Mo", none, none, false, 1},
	{"most_sockets", "sockets ouvertes au plus", none, none, true, 0},
	{"projected_sockets_512mb", "projeté d’elles : sockets dans 512 Mo, noyau compris", 50_000, 80_000, true, 0},
	{"sql_per_warm_open", "SQL par ouverture d’une page chaude", 0, 0, false, 2},
	{"single_last_ms", "un morceau à tous : le dernier après, ms", none, none, false, 1},
	{"single_cpu_s_per_million", "un morceau à tous : CPU s par million", 14, 12, false, 2},
	{"burst_deliveries_per_s", "40 morceaux à tous : remises par seconde", 800_000, 1_500_000, true, 0},
	{"burst_cpu_s_per_million", "40 morceaux à tous : CPU s par million", none, none, false, 2},
	{"targeted_p50_ms", "ciblé 500/s × 5 : p50, ms", 0.2, none, false, 3},
	{"targeted_p99_ms", "ciblé 500/s × 5 : p99, ms", 5, 1, false, 3},
	{"targeted_p999_ms", "ciblé 500/s × 5 : p99,9, ms", none, none, false, 3},
	{"busy_p50_ms", "ciblé pendant des diffusions : p50, ms", none, none, false, 3},
	{"busy_p99_ms", "ciblé pendant des diffusions : p99, ms", 1, 0.5, false, 3},
	{"busy_p999_ms", "ciblé pendant des diffusions : p99,9, ms", none, none, false, 3},
	{"stalled_p99_ms", "10 % de clients figés : p99 d’un client sain, ms", none, none, false, 3},
	{"stalled_worst_ms", "10 % de clients figés : pire d’un client sain, ms", 20, 5, false, 2},
	{"unstalled_worst_ms", "la même charge sans client figé : pire, ms", none, none, false, 2},
	{"stalled_kernel_mb", "10 % de clients figés : noyau par client figé, Mo", 0.5, 0.3, false, 3},
	{"stalled_queue_kb", "le plus qui ait attendu pour un client figé, Ko", 64, none, false, 1},
	{"stalled_closed", "clients figés fermés (4008)", none, none, true, 0},
	{"herd_s", "tous coupés, tous de retour à jour, s", 2, 1, false, 2},
	{"herd_errors", "retour de tous : erreurs", 0, 0, false, 0},
	{"herd_sql", "retour de tous : SQL", none, none, false, 0},
	{"sql_per_order", "SQL par commande, reçue → livrée (5 écritures)", 60, 40, false, 1},
	{"sql_per_order_by_line", "SQL par commande, pizza par pizza (9 écritures)", none, none, false, 1},
	{"commit_to_kitchen_p50_ms", "validée en base → écran cuisine : p50, ms", none, none, false, 2},
	{"commit_to_kitchen_p99_ms", "validée en base → écran cuisine : p99, ms", 25, 10, false, 2},
	{"order_to_kitchen_p50_ms", "envoyée par le client → écran cuisine : p50, ms", none, none, false, 2},
	{"order_to_kitchen_p99_ms", "envoyée par le client → écran cuisine : p99, ms", none, none, false, 2},
	{"orders_per_s", "commandes par seconde, tous les écrans ouverts", none, none, true, 0},
	{"orders_per_s_unwatched", "commandes par seconde, sans écrans de l’équipe", none, none, true, 0},
	{"foreign_cpu_percent", "processeurs pris par d’autres programmes, %", none, none, false, 0},
	{"gaps", "morceaux qui ne suivaient pas, sur toute la mesure", 0, 0, false, 0},
}

// Result is what was measured.
type Result struct {
	Sockets int
	Stalled int // of them
	Engine  string
	Shops   int
	Seconds float64
	Machine string
	Limit   int
	Values  map[string]float64 // by key; what was not measured is absent
}

// bars are the figures with the bars of this run.
func (r *Result) bars() []figure {
	all := slices.Clone(figures)
	for i := range all {
		switch all[i].key {
		case "herd_sql":
			all[i].must, all[i].aim = float64(5*r.Shops), float64(5*r.Shops)
		case "stalled_closed":
			all[i].must, all[i].aim = float64(r.Stalled), float64(r.Stalled)
		case "orders_per_s":
			all[i].must, all[i].aim = 500, 1000
			if r.Engine == "mysql" {
				all[i].must = 300
			}
		}
	}
	return all
}

func (f figure) meets(bar, value float64) bool {
	if f.more {
		return value >= bar
	}
	return value <= bar
}

// Missed lists the keys of the figures that were measured and miss their must.
func (r *Result) Missed() []string {
	return r.keys(func(f figure, value float64, measured bool) bool { return measured && !f.meets(f.must, value) })
}

// Unmeasured lists the keys of the figures that have a must and were not measured: nobody knows whether they meet it.
func (r *Result) Unmeasured() []string {
	return r.keys(func(_ figure, _ float64, measured bool) bool { return !measured })
}

// keys lists those of the figures with a must that satisfy a condition.
func (r *Result) keys(is func(f figure, value float64, measured bool) bool) []string {
	keys := []string{}
	for _, f := range r.bars() {
		if v, ok := r.Values[f.key]; !math.IsNaN(f.must) && is(f, v, ok) {
			keys = append(keys, f.key)
		}
	}
	return keys
}

// MarshalJSON writes one flat object with every key; what was not measured is null.
func (r *Result) MarshalJSON() ([]byte, error) {
	out := map[string]any{
		"sockets": r.Sockets, "engine": r.Engine, "shops": r.Shops, "seconds": math.Round(r.Seconds*10) / 10, "machine": r.Machine,
		"descriptors": r.Limit, "missed": r.Missed(), "unmeasured": r.Unmeasured(),
	}
	if r.Engine == "" { // a server that ran already, without a door to ask it
		out["engine"] = nil
	}
	for _, f := range figures {
		if v, ok := r.Values[f.key]; ok {
			out[f.key] = v
		} else {
			out[f.key] = nil
		}
	}
	return json.Marshal(out)
}

// Table writes the figures for people, with their bars.
func (r *Result) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nOC Pizza, mesuré avec %s sockets (base : %s) — %s, limite de descripteurs %s, %s s\n",
		french(float64(r.Sockets), 0), cmp.Or(r.Engine, "inconnue"), r.Machine, french(float64(r.Limit), 0), french(r.Seconds, 0))
	if r.Sockets < full {
		fmt.Fprintf(&b, "Les seuils sont ceux de %s sockets : ce qui suit n’en dit rien.\n", french(full, 0))
	}
	fmt.Fprintf(&b, "\n  %s %12s   %-12s %-12s\n", pad("", 56), "mesuré", "exigé", "visé")
	for _, f := range r.bars() {
		value, measured := r.Values[f.key]
		text := french(value, f.digits)
		if !measured {
			text, value = "non mesuré", none
		}
		fmt.Fprintf(&b, "  %s %12s   %s %s\n", pad(f.words, 56), text, pad(f.bar(f.must, value), 12), pad(f.bar(f.aim, value), 12))
	}
	missed, unmeasured := r.Missed(), r.Unmeasured()
	if len(missed) > 0 {
		fmt.Fprintf(&b, "\n✗ %d exigence(s) manquée(s) : %s\n", len(missed), strings.Join(missed, ", "))
	}
	if len(unmeasured) > 0 {
		fmt.Fprintf(&b, "\n? %d exigence(s) non mesurée(s), dont on ne sait rien : %s\n", len(unmeasured), strings.Join(unmeasured, ", "))
	}
	if len(missed)+len(unmeasured) == 0 {
		b.WriteString("\n✓ toutes les exigences sont tenues\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// bar says whether a value meets a bar, "?" for one that is not known (NaN); "" when there is no bar.
func (f figure) bar(bar, value float64) string {
	if math.IsNaN(bar) {
		return ""
	}
	sign := map[bool]string{true: "✓", false: "✗"}[f.meets(bar, value)]
	if math.IsNaN(value) {
		sign = "?"
	}
	than := map[bool]string{true: "≥", false: "≤"}[f.more]
	digits := 0
	if bar != math.Trunc(bar) {
		digits = 1
	}
	return sign + " " + than + " " + french(bar, digits)
}

// pad fills a text up with spaces to a width in characters.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-len([]rune(s)))) }

// french writes a number with a decimal comma and a thin space between thousands.
func french(x float64, digits int) string {
	text := strconv.FormatFloat(x, 'f', digits, 64)
	whole, behind, comma := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	if comma {
		return whole + "," + behind
	}
	return whole
}

// percentile p (0 to 1) of durations in nanoseconds, in milliseconds.
func percentile(sorted []int64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(p*float64(len(sorted)))) - 1
	return float64(sorted[min(max(i, 0), len(sorted)-1)]) / float64(time.Millisecond)
}

// median of figures.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2]
}
