package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/cmd/ocpizza/watch"
	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/views"
)

// Names of the rules: in OCPIZZA_THRESHOLDS, in alerts and in ocpizza_alert_level.
const (
	ruleDatabase    = "database"
	ruleBackup      = "backup"
	ruleStorage     = "storage"
	ruleStatements  = "statements"
	ruleConnections = "connections"
	ruleMemory      = "memory"
	ruleCPU         = "cpu"
	ruleErrors      = "errors"
	ruleLatency     = "latency"
	ruleScreens     = "screens"
	ruleRedis       = "redis"
)

// defaultRules are the thresholds, in the order of the page. Those of storage and of the backup are the design's (operations.md); the host
// counts memory beyond the dyno's as an error R14 and kills at twice that.
func defaultRules() []watch.Rule {
	const short, long = 30 * time.Second, 2 * time.Minute
	never := math.Inf(1)
	return []watch.Rule{
		{Name: ruleDatabase, Label: "Base de données", Warn: 1, Alarm: 1, Fall: 15 * time.Second},
		{Name: ruleBackup, Label: "Dernière sauvegarde", Unit: "h", Warn: 25, Alarm: 26, House: true},
		{Name: ruleStorage, Label: "Stockage de la base", Unit: "%", Warn: 70, Alarm: 85, House: true},
		{Name: ruleStatements, Label: "Requêtes SQL par heure", Unit: "% du quota", Warn: 70, Alarm: 85, Rise: short, Fall: long, House: true},
		{Name: ruleConnections, Label: "Attente d’une connexion à la base", Unit: "s par minute", Warn: 1, Alarm: 10, Rise: short, Fall: long},
		{Name: ruleMemory, Label: "Mémoire", Unit: "%", Warn: 80, Alarm: 95, Rise: short, Fall: long},
		{Name: ruleCPU, Label: "Processeur", Unit: "%", Warn: 80, Alarm: 95, Rise: long, Fall: long},
		{Name: ruleErrors, Label: "Erreurs du serveur en 5 min", Warn: 1, Alarm: 10, Fall: short},
		{Name: ruleLatency, Label: "Temps de réponse (99 % des demandes)", Unit: "ms", Warn: 500, Alarm: 2000, Rise: short, Fall: long},
		{Name: ruleScreens, Label: "Écrans en retard", Unit: "%", Warn: 10, Alarm: 50, Rise: short, Fall: short},
		{Name: ruleRedis, Label: "Redis", Warn: 1, Alarm: never, Rise: short, Fall: short},
	}
}

// todo says what to do about a figure, in a sentence; the README says more.
var todo = map[string]string{
	ruleDatabase:    "Regardez l’état de ClearDB et le quota de stockage. Les écrans restent ouverts ; les commandes reprennent seules au retour de la base.",
	ruleBackup:      "Lancez « ocpizza backup » et vérifiez la tâche planifiée.",
	ruleStorage:     "Passez au plan supérieur de la base, ou effacez d’anciennes données.",
	ruleStatements:  "Cherchez ce qui interroge la base en dehors du programme ; sinon, passez au plan supérieur.",
	ruleConnections: "Cherchez une requête lente dans le journal (« slow query »).",
	ruleMemory:      "Au-delà de la limite, l’hébergeur ralentit puis redémarre le programme : prenez un dyno plus grand, ou un deuxième.",
	ruleCPU:         "Prenez un dyno plus grand, ou un deuxième avec Redis.",
	ruleErrors:      "Cherchez « request failed » dans le journal.",
	ruleLatency:     "Regardez le processeur, la base et les requêtes lentes du journal.",
	ruleScreens:     "Le réseau des écrans est lent, ou le serveur est chargé : regardez le processeur.",
	ruleRedis:       "Vérifiez Redis. Rien n’est perdu : les processus comparent leurs tableaux avec la base toutes les deux secondes.",
}

// page words a reading.
func (w *watcher) page(r reading) views.Supervision {
	s := views.Supervision{At: r.at, Started: w.started, Build: w.build}
	for _, rule := range w.alarms.Rules() {
		if rule.Name == ruleRedis && r.redis == nil {
			continue
		}
		state := w.alarms.State(rule.Name)
		g := views.Gauge{Name: rule.Name, Label: rule.Label, Part: -1, Todo: todo[rule.Name], Since: state.Since, Tone: views.Idle}
		if state.Known {
			g.Tone = map[watch.Level]views.Tone{watch.OK: views.Good, watch.Warn: views.Warn, watch.Alarm: views.Late}[state.Level]
		}
		w.word(&g, r)
		s.Gauges = append(s.Gauges, g)
	}
	return s
}

// word writes a figure out.
func (w *watcher) word(g *views.Gauge, r reading) {
	add := func(format string, args ...any) { g.More = append(g.More, fmt.Sprintf(format, args...)) }
	ofLimit := func(used, limit int64) {
		g.Value, g.Part = views.Bytes(used)+" sur "+views.Bytes(limit), float64(used)/float64(max(limit, 1))
	}
	switch g.Name {
	case ruleDatabase:
		g.Value = map[db.Health]string{db.Healthy: "Répond, écritures acceptées", db.ReadOnly: "Lecture seule : écritures refusées", db.Down: "Ne répond pas"}[r.health]
		add("%s, %s après un conflit", engines[w.p.db.Engine()], views.Count(int(min(w.p.db.Retries(), math.MaxInt32)), "transaction rejouée"))
	case ruleBackup:
		switch {
		case !r.usageKnown:
			g.Value = "inconnue"
		case !r.usage.Backup.IsZero():
			g.Value = "il y a " + hours(r.at.Sub(r.usage.Backup))
			add("le %s", r.usage.Backup.In(app.Paris).Format("02/01/2006 à 15:04"))
		case w.demo:
			g.Value = "aucune (démonstration)"
		default:
			g.Value = "jamais"
		}
	case ruleStorage:
		if !r.usageKnown {
			g.Value = "inconnu"
			return
		}
		ofLimit(r.usage.Bytes, w.o.Storage)
		if r.fills.IsZero() {
			add("pas de date de remplissage en vue (%s)", views.Count(len(r.usage.Days), "jour mesuré"))
		} else {
			add("plein vers le %s à ce rythme (%s)", r.fills.In(app.Paris).Format("02/01/2006"), views.Count(len(r.usage.Days), "jour mesuré"))
		}
	case ruleStatements:
		all := r.statements + r.elsewhere
		g.Value, g.Part = grouped(int64(all))+" sur "+grouped(int64(w.o.Statements)), all/float64(max(w.o.Statements, 1))
		add("%s envoyées par ce processus depuis %s", grouped(int64(r.statements)), hours(min(r.counted, time.Hour)))
		if r.usage.Others > 0 {
			add("et %s par %s, comptées il y a 15 min au plus", grouped(int64(r.elsewhere)), views.Count(r.usage.Others, "autre"))
		}
	case ruleConnections:
		g.Value = views.Count(r.busy, "occupée") + fmt.Sprintf(" sur %d", r.conns)
		add("%s\u00a0; attente\u00a0: %s\u00a0s par minute", views.Count(r.open, "ouverte"), decimal(r.waited))
	case ruleMemory:
		ofLimit(r.memory, w.o.Memory)
	case ruleCPU:
		g.Value, g.Part = decimal(r.cpu)+"\u00a0%", r.cpu/100
		add("de %s, en moyenne sur une minute", views.Count(watch.Processors(), "processeur"))
	case ruleErrors:
		g.Value = strconv.FormatUint(r.traffic.Failed, 10)
		add("sur %s en 5 minutes", views.Count(int(min(r.traffic.Served, math.MaxInt32)), "demande"))
	case ruleLatency:
		if r.traffic.Served == 0 {
			g.Value = "aucune demande"
			return
		}
		g.Value = millis(r.traffic.Quantile(.99))
		add("médiane %s, sur %s en 5 minutes", millis(r.traffic.Quantile(.5)), views.Count(int(min(r.traffic.Served, math.MaxInt32)), "demande"))
		if r.traffic.Served < fewRequests {
			add("trop peu pour en juger")
		}
	case ruleScreens:
		w.wordScreens(g, r)
	case ruleRedis:
		g.Value = map[bool]string{true: "relié", false: "perdu"}[r.redis.Joined]
		add("%d annonces en attente, %d perdues", r.redis.Queued, r.redis.Dropped)
	}
}

func (w *watcher) wordScreens(g *views.Gauge, r reading) {
	behind, queued := 0, 0
	for _, k := range r.sockets.Kinds {
		behind += k.Behind
		queued += k.Queued
	}
	g.Value = fmt.Sprintf("%d sur %d", behind, r.sockets.Sockets)
	kinds := make([]string, 0, len(r.sockets.Kinds))
	for kind, k := range r.sockets.Kinds {
		if k.Sockets > 0 {
			kinds = append(kinds, kind+" "+strconv.Itoa(k.Sockets))
		}
	}
	if len(kinds) > 0 {
		slices.Sort(kinds)
		g.More = append(g.More, "ouverts : "+strings.Join(kinds, ", "))
	}
	g.More = append(g.More, fmt.Sprintf("%s en attente d’envoi, %s coupés car trop lents", views.Bytes(int64(queued)), strconv.FormatUint(r.sockets.Overflows, 10)))
}

var engines = map[string]string{"mysql": "MySQL", "sqlite": "SQLite"}

// hours writes a long duration: "35 min", "7 h", "3 jours".
func hours(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return strconv.Itoa(int(d.Seconds())) + "\u00a0s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "\u00a0min"
	case d < 72*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "\u00a0h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " jours"
}

func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return decimal(ms) + "\u00a0ms"
	}
	return strconv.Itoa(int(math.Round(ms))) + "\u00a0ms"
}

// decimal writes one decimal, with a comma.
func decimal(f float64) string {
	return strings.TrimSuffix(strings.Replace(strconv.FormatFloat(f, 'f', 1, 64), ".", ",", 1), ",0")
}
