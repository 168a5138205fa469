package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/static"
)

// meters count what passes the door. Names and units follow https://prometheus.io/docs/practices/naming/.
type meters struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	placed   *prometheus.CounterVec
	refused  *prometheus.CounterVec
	traffic  struct {
		served, failed atomic.Uint64
		buckets        [len(Traffic{}.Buckets)]atomic.Uint64
	}
}

func newMeters() *meters {
	return &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpizza_http_requests_total", Help: "Requests answered, by route template.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ocpizza_http_request_duration_seconds", Help: "Time to answer a request, by route template.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
		placed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpizza_orders_placed_total", Help: "Orders placed, by channel; a repeated request counts once.",
		}, []string{"channel"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ocpizza_orders_refused_total", Help: "Orders refused, by the kind of refusal.",
		}, []string{"reason"}),
	}
}

// Collectors are what the door counts, for a registry.
func (s *Server) Collectors() []prometheus.Collector {
	return []prometheus.Collector{s.meters.requests, s.meters.duration, s.meters.placed, s.meters.refused}
}

// Traffic counts the answers to people since the start: assets and what machines ask (/healthz, /metrics …) are left out.
type Traffic struct {
	Served uint64
	Failed uint64 // by a fault of ours: 5xx except 503, which says by itself that something else is away
	// Buckets count answers by their time: number i holds those of at least bucketBase·bucketGrowth^i.
	Buckets [72]uint64
}

const (
	bucketBase   = 100 * time.Microsecond
	bucketGrowth = 1.2 // an error of a tenth at most
)

// Traffic of the door.
func (s *Server) Traffic() Traffic {
	t := Traffic{Served: s.meters.traffic.served.Load(), Failed: s.meters.traffic.failed.Load()}
	for i := range t.Buckets {
		t.Buckets[i] = s.meters.traffic.buckets[i].Load()
	}
	return t
}

// Since is what was counted after an earlier moment.
func (t Traffic) Since(before Traffic) Traffic {
	t.Served -= before.Served
	t.Failed -= before.Failed
	for i := range t.Buckets {
		t.Buckets[i] -= before.Buckets[i]
	}
	return t
}

// Quantile is the time within which a part q of the answers was given, within a tenth; zero when there was none.
func (t Traffic) Quantile(q float64) time.Duration {
	var all uint64
	for _, n := range t.Buckets {
		all += n
	}
	if all == 0 {
		return 0
	}
	rank, seen := uint64(math.Ceil(q*float64(all))), uint64(0)
	for i, n := range t.Buckets {
		if seen += n; seen >= rank {
			return time.Duration(float64(bucketBase) * math.Pow(bucketGrowth, float64(i)+.5))
		}
	}
	return 0
}

// quiet are the routes that machines ask.
var quiet = []string{"/healthz", "/readyz", metricsPath, "/robots.txt", "/sw.js"}

const metricsPath = "/metrics"

// measure counts an answer.
func (m *meters) measure(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(route, method).Observe(took.Seconds())
	if strings.HasPrefix(route, static.Prefix) || slices.Contains(quiet, route) || route == ComparePath {
		return
	}
	m.traffic.served.Add(1)
	if status >= 500 && status != http.StatusServiceUnavailable {
		m.traffic.failed.Add(1)
	}
	i := 0
	if took > bucketBase {
		i = int(math.Log(float64(took)/float64(bucketBase)) / math.Log(bucketGrowth))
	}
	m.traffic.buckets[min(i, len(m.traffic.buckets)-1)].Add(1)
}

// count counts the answer to an order.
func (m *meters) count(placed app.Placed, channel app.Channel, err error) {
	switch {
	case err != nil:
		m.refused.WithLabelValues(app.KindOf(err).String()).Inc()
	case !placed.Repeated:
		m.placed.WithLabelValues(string(channel)).Inc()
	}
}

// noRoute stands for requests that no route took: their paths are whatever strangers try.
const noRoute = "none"

// routeOf is the template of the route that took a request, never its path: tokens stand in paths.
func routeOf(c *fiber.Ctx) string {
	route := c.Route().Path
	if route == "/" && c.Path() != "/" {
		return noRoute // middleware answered, or the end of the routes was reached
	}
	return route
}

// metrics answers Prometheus: whoever holds the token, or, where none is set, this machine alone. For everybody else the page does not exist.
func (s *Server) metrics(figures http.Handler, token string) fiber.Handler {
	answer := adaptor.HTTPHandler(figures)
	want := sha256.Sum256([]byte("Bearer " + token))
	return func(c *fiber.Ctx) error {
		if token == "" {
			// Behind a router on this machine, everybody comes from this machine: the router says so.
			if s.proxied || !c.Context().RemoteIP().IsLoopback() || c.Get(fiber.HeaderXForwardedFor) != "" || c.Get("Forwarded") != "" {
				return errNoPage
			}
			return answer(c)
		}
		got := sha256.Sum256([]byte(c.Get(fiber.HeaderAuthorization)))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="metrics"`)
			return c.Status(http.StatusUnauthorized).SendString("OCPIZZA_METRICS_TOKEN is expected: Authorization: Bearer …\n")
		}
		return answer(c)
	}
}
