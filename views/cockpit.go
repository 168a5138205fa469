package views

import (
	"strconv"
	"strings"
	"time"
)

// Cockpit is what the dashboard shows beside the shop's board: the state of the screens and of the machine. It changes without a sequence.
type Cockpit struct {
	Screens Screens
	Alerts  []Gauge // those that are not as they should be, the worst in front
	Before  Before
}

// ScreenStat says how the screens of one kind are connected.
type ScreenStat struct {
	Kind     string // "kitchen", "till", "courier", "dashboard", "menu", "tracking" …
	Count    int
	Behind   int           // screens that have not shown for a heartbeat (10 s) what was sent to them
	Lag      int64         // how many changes the furthest behind has not shown yet
	Queued   int           // bytes that wait for those that read slowly
	LastSeen time.Time     // when one of them last answered; zero: never
	Silent   time.Duration // since the quietest of them last answered
	Closes   []CloseStat   // why others of the kind have gone, since the program started
}

// CloseStat counts the screens that went for one reason.
type CloseStat struct {
	Code  int // RFC 6455, section 7.4
	Count int
}

// Screens are the connected screens of a shop, by kind.
type Screens []ScreenStat

// ScreenKind names a kind of screen.
func ScreenKind(kind string) string { return word(screenKinds, kind) }

var screenKinds = map[string]string{
	"kitchen": "Cuisine", "till": "Caisse", "courier": "Livreurs", "dashboard": "Pilotage", "stock": "Stocks", "supervision": "Supervision",
	"menu": "Carte (clients)", "tracking": "Suivi (clients)",
}

// closeWords say why a screen has gone, by its WebSocket close code.
var closeWords = map[int]string{
	1000: "page fermée", 1001: "page quittée", 1006: "réseau coupé", 1008: "message refusé", 1009: "message trop long",
	1011: "erreur du serveur", 1012: "redémarrage", 4001: "session terminée", 4008: "trop lent",
}

func (c CloseStat) words() string {
	w, known := closeWords[c.Code]
	if !known {
		w = "code " + strconv.Itoa(c.Code)
	}
	return w + nbsp + strconv.Itoa(c.Count)
}

// gone says why screens of a kind have gone: "Partis : page quittée 4, trop lent 1".
func (s ScreenStat) gone() string {
	var all []string
	for _, c := range s.Closes {
		all = append(all, c.words())
	}
	return "Partis" + nbsp + ": " + strings.Join(all, ", ")
}

// closes are the same for machines: "1001:4 4008:1".
func (s ScreenStat) closes() string {
	var all []string
	for _, c := range s.Closes {
		all = append(all, strconv.Itoa(c.Code)+":"+strconv.Itoa(c.Count))
	}
	return strings.Join(all, " ")
}

// tone of a kind of screen: a shop needs its kitchen's wall; the others may be closed.
func (s ScreenStat) tone() Tone {
	switch {
	case s.Count == 0 && s.Kind == "kitchen":
		return Late
	case s.Count == 0:
		return Idle
	case s.Behind > 0:
		return Warn
	default:
		return Good
	}
}

// words of a kind of screen.
func (s ScreenStat) words() string {
	switch {
	case s.Count == 0 && s.Kind == "kitchen":
		return "Aucun écran connecté"
	case s.Count == 0:
		return "Aucun"
	case s.Behind > 0 && s.Count > 1:
		return strconv.Itoa(s.Behind) + " en retard"
	case s.Behind > 0:
		return "En retard de " + Count(int(s.Lag), "changement")
	default:
		return "À jour"
	}
}

// more says the rest of a kind of screen: since when nothing was heard of the quietest, what waits for the slowest.
func (s ScreenStat) more() string {
	if s.Count == 0 {
		return ""
	}
	out := "dernière réponse à " + Clock(s.LastSeen)
	if s.Count > 1 {
		out += ", la plus ancienne il y a " + Lapse(s.Silent)
	}
	if s.Behind > 0 && s.Count > 1 {
		out += ", jusqu’à " + Count(int(s.Lag), "changement") + " de retard"
	}
	if s.Queued > 0 {
		out += ", " + Bytes(int64(s.Queued)) + " en attente d’envoi"
	}
	return out
}

// Lapse writes a short duration: "8 s", "3 min".
func Lapse(d time.Duration) string {
	if d < 100*time.Second {
		return strconv.Itoa(int(d.Round(time.Second)/time.Second)) + nbsp + "s"
	}
	return strconv.Itoa(minutesOf(d)) + nbsp + "min"
}

// Bytes writes a size in the binary units that hosts bill: "412 Mo" is 412 × 2²⁰.
func Bytes(n int64) string {
	switch {
	case n < 10<<10:
		return Count(int(n), "octet")
	case n < 10<<20:
		return strconv.FormatInt((n+1<<9)>>10, 10) + nbsp + "Ko"
	default:
		return strconv.FormatInt((n+1<<19)>>20, 10) + nbsp + "Mo"
	}
}
