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

// desc describes a metric by its name, its help and its labels.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ocpizza_"+name, help, labels, nil)
}

// What gauges reads at each scrape, all of it in memory: a scrape never asks the database.
var (
	buildInfo = desc("build_info", "Always 1; the labels say which program runs.", "build", "goversion")

	sockets       = desc("sockets", "Open sockets by screen.", "screen")
	socketsBehind = desc("sockets_behind", "Sockets that have not acknowledged for a whole heartbeat what was sent.", "screen")
	socketsLag    = desc("sockets_lag_changes", "Changes that the socket furthest behind has not acknowledged.", "screen")
	socketsQueue  = desc("sockets_queue_bytes", "Bytes that wait in the process for sockets that read slowly.", "screen")
	socketsQuiet  = desc("sockets_silence_seconds", "Longest silence of a socket.", "screen")
	topics        = desc("topics", "Topics that somebody watches.")
	closes        = desc("socket_closes_total", "Sockets closed, by close code of RFC 6455.", "code", "reason")
	overflows     = desc("socket_overflows_total", "Sockets closed because their queue overflowed.")
	silent        = desc("socket_silences_total", "Sockets cut because nothing came from them.")
	deliveries    = desc("socket_deliveries_total", "Frames delivered: frames times sockets.")
	writes        = desc("socket_writes_total", "System calls that wrote to sockets.")
	sentBytes     = desc("socket_sent_bytes_total", "Bytes written to sockets.")

	boards        = desc("boards", "Boards of shops in memory.")
	eventsApplied = desc("board_events_total", "Events applied to boards.")
	eventGaps     = desc("board_gaps_total", "Events that were missing, for which a board was loaded again.")
	boardLoads    = desc("board_loads_total", "Boards read from the database.")
	compares      = desc("board_compares_total", "Comparisons of all boards with the database, a statement each.")

	statements  = desc("db_statements_total", "Statements sent to the database, BEGIN, COMMIT and the set-up of connections included.")
	retries     = desc("db_retries_total", "Transactions run again after a deadlock, a lock wait or a lost connection.")
	opened      = desc("db_opened_connections_total", "Connections made to the database.")
	health      = desc("db_health", "1 for the state the database answered in last, 0 for the others.", "state")
	dbSize      = desc("db_storage_bytes", "Size of the database, read every 15 minutes.")
	dbLimit     = desc("db_storage_limit_bytes", "Size that the database's plan allows.")
	backupTime  = desc("backup_last_success_timestamp_seconds", "When the last good backup was finished, read every 15 minutes.")
	redisJoined = desc("redis_joined", "1 while this process hears the others by Redis.")
	redisQueue  = desc("redis_queued_messages", "Announcements that wait for Redis.")
	redisLost   = desc("redis_dropped_messages_total", "Announcements that Redis did not get; the others find out by comparing.")
	redisAlien  = desc("redis_unread_messages_total", "Messages that were not ours to read.")

	memoryLimit = desc("memory_limit_bytes", "Memory that the process may use.")
	alertLevel  = desc("alert_level", "0 well, 1 to be watched, 2 alarm, by figure of the supervision page.", "name")
)

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

// Collect reads all figures.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) { send(d, prometheus.GaugeValue, v, labels...) }
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		send(d, prometheus.CounterValue, float64(v), labels...)
	}
	p := g.w.p
	gauge(buildInfo, 1, g.w.build, runtime.Version())
	collectSockets(p.hub.Figures(), gauge, count)

	b := p.boards.Figures()
	gauge(boards, float64(b.Loaded))
	count(eventsApplied, b.Applied)
	count(eventGaps, b.Gaps)
	count(boardLoads, b.Loads)
	count(compares, b.Compares)

	count(statements, p.db.Statements())
	count(retries, p.db.Retries())
	count(opened, p.db.Opened())
	for _, h := range []db.Health{db.Healthy, db.ReadOnly, db.Down} {
		gauge(health, truth(p.db.Health() == h), h.String())
	}
	if p.others != nil {
		r := p.others.Figures()
		gauge(redisJoined, truth(r.Joined))
		gauge(redisQueue, float64(r.Queued))
		count(redisLost, r.Dropped)
		count(redisAlien, r.Unread)
	}

	gauge(memoryLimit, float64(g.w.o.Memory))
	gauge(dbLimit, float64(g.w.o.Storage))
	s := g.w.latest()
	if s.usageKnown {
		gauge(dbSize, float64(s.usage.Bytes))
		if !s.usage.Backup.IsZero() {
			gauge(backupTime, float64(s.usage.Backup.UnixNano())/float64(time.Second))
		}
	}
	for name, level := range s.levels {
		gauge(alertLevel, float64(level), name)
	}
}

func collectSockets(f realtime.Figures, gauge func(*prometheus.Desc, float64, ...string), count func(*prometheus.Desc, uint64, ...string)) {
	for kind, k := range f.Kinds {
		gauge(sockets, float64(k.Sockets), kind)
		gauge(socketsBehind, float64(k.Behind), kind)
		gauge(socketsLag, float64(k.WorstLag), kind)
		gauge(socketsQueue, float64(k.Queued), kind)
		gauge(socketsQuiet, k.Quietest.Seconds(), kind)
	}
	gauge(topics, float64(f.Topics))
	for code, n := range f.Closes {
		count(closes, n, strconv.Itoa(int(code)), code.String())
	}
	count(overflows, f.Overflows)
	count(silent, f.Silent)
	count(deliveries, f.Deliveries)
	count(writes, f.Writes)
	count(sentBytes, f.Bytes)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
