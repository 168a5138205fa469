package main

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/oc-pizza/ocpizza/db"
	"github.com/oc-pizza/ocpizza/realtime"
)

// metricsOf answers /metrics from a registry of our own.
func metricsOf(r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// gauges is the collector of what is not the door's.
type gauges struct{ w *watcher }

// register puts every figure of the program into a registry.
func (w *watcher) register(r *prometheus.Registry) {
	r.MustRegister(
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector(),
		collectors.NewDBStatsCollector(w.p.db.Bun().DB, w.p.db.Engine()), gauges{w},
	)
	r.MustRegister(w.p.server.Collectors()...)
}

// Describe says nothing: which kinds of screens and close codes there are is not known before.
func (gauges) Describe(chan<- *prometheus.Desc) {}

// scrape takes figures, each with its name without « ocpizza_ », its help, its value, and labels as name and value by turns.
type scrape struct{ ch chan<- prometheus.Metric }

func (s scrape) gauge(name, help string, v float64, labels ...string) {
	s.send(prometheus.GaugeValue, name, help, v, labels)
}

func (s scrape) count(name, help string, v uint64, labels ...string) {
	s.send(prometheus.CounterValue, name, help, float64(v), labels)
}

func (s scrape) send(kind prometheus.ValueType, name, help string, v float64, labels []string) {
	with := prometheus.Labels{}
	for i := 0; i+1 < len(labels); i += 2 {
		with[labels[i]] = labels[i+1]
	}
	s.ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("ocpizza_"+name, help, nil, with), kind, v)
}

// Collect reads all figures, from memory: a scrape never asks the database.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	p, to := g.w.p, scrape{ch}
	to.gauge("build_info", "Always 1; the labels say which program runs.", 1, "build", g.w.build, "goversion", runtime.Version())
	collectSockets(p.hub.Figures(), p.boards.Slug, to)

	b := p.boards.Figures()
	to.gauge("boards", "Boards of shops in memory.", float64(b.Loaded))
	to.count("board_events_total", "Events applied to boards.", b.Applied)
	to.count("board_gaps_total", "Events that were missing, for which a board was loaded again.", b.Gaps)
	to.count("board_loads_total", "Boards read from the database.", b.Loads)
	to.count("board_compares_total", "Comparisons of all boards with the database, a statement each.", b.Compares)

	to.count("db_statements_total", "Statements sent to the database, BEGIN, COMMIT and the set-up of connections included.", p.db.Statements())
	to.count("db_retries_total", "Transactions run again after a deadlock, a lock wait or a lost connection.", p.db.Retries())
	to.count("db_opened_connections_total", "Connections made to the database.", p.db.Opened())
	for _, h := range []db.Health{db.Healthy, db.ReadOnly, db.Down} {
		to.gauge("db_health", "1 for the state the database answered in last, 0 for the others.", truth(p.db.Health() == h), "state", h.String())
	}
	if p.others != nil {
		r := p.others.Figures()
		to.gauge("redis_joined", "1 while this process hears the others by Redis.", truth(r.Joined))
		to.gauge("redis_queued_messages", "Announcements that wait for Redis.", float64(r.Queued))
		to.count("redis_dropped_messages_total", "Announcements that Redis did not get; the others find out by comparing.", r.Dropped)
		to.count("redis_unread_messages_total", "Messages that were not ours to read.", r.Unread)
	}

	to.gauge("memory_limit_bytes", "Memory that the process may use.", float64(g.w.o.Memory))
	to.gauge("db_storage_limit_bytes", "Size that the database's plan allows.", float64(g.w.o.Storage))
	s := g.w.latest()
	if s.usageKnown {
		to.gauge("db_storage_bytes", "Size of the database, read every 15 minutes.", float64(s.usage.Bytes))
		if !s.usage.Backup.IsZero() {
			to.gauge("backup_last_success_timestamp_seconds", "When the last good backup was finished, read every 15 minutes.", float64(s.usage.Backup.UnixNano())/float64(time.Second))
		}
	}
	for name, level := range s.levels {
		to.gauge("alert_level", "0 well, 1 to be watched, 2 alarm, by figure of the supervision page.", float64(level), "name", name)
	}
}

// collectSockets reads the figures of the screens, by shop: a sum over the label is the process's. Those of a shop that is not known any more,
// after the restore of another database, are left out.
func collectSockets(f realtime.Figures, slug func(shop int64) string, to scrape) {
	for group, g := range f.Groups {
		shop := slug(group.ID)
		if shop == "" {
			continue
		}
		which := []string{"pizzeria", shop, "screen", group.Kind}
		to.gauge("sockets", "Open sockets by shop and screen.", float64(g.Sockets), which...)
		to.gauge("sockets_behind", "Sockets that have not acknowledged for a whole heartbeat what was sent.", float64(g.Behind), which...)
		to.gauge("sockets_lag_changes", "Changes that the socket furthest behind has not acknowledged.", float64(g.WorstLag), which...)
		to.gauge("sockets_queue_bytes", "Bytes that wait in the process for sockets that read slowly.", float64(g.Queued), which...)
		to.gauge("sockets_silence_seconds", "Longest silence of a socket.", g.Quietest.Seconds(), which...)
		if !g.LastSeen.IsZero() {
			to.gauge("sockets_last_seen_timestamp_seconds", "When one of the sockets was last heard from; absent when none is open.", float64(g.LastSeen.UnixMilli())/1000, which...)
		}
		for code, n := range g.Closes {
			to.count("socket_closes_total", "Sockets closed, by shop, screen and close code of RFC 6455.", n, append(which, "code", strconv.Itoa(int(code)), "reason", code.String())...)
		}
	}
	to.gauge("topics", "Topics that somebody watches.", float64(f.Topics))
	to.count("socket_overflows_total", "Sockets closed because their queue overflowed.", f.Overflows)
	to.count("socket_silences_total", "Sockets cut because nothing came from them.", f.Silent)
	to.count("socket_deliveries_total", "Frames delivered: frames times sockets.", f.Deliveries)
	to.count("socket_writes_total", "System calls that wrote to sockets.", f.Writes)
	to.count("socket_sent_bytes_total", "Bytes written to sockets.", f.Bytes)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
