// Package web is the door: it reads requests, asks the shop, and answers pages, fragments or JSON. It is the only user of Fiber and decides nothing.
package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/gofiber/websocket/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
)

// Options are what the server is made of.
type Options struct {
	Shop     *app.Shop
	Boards   *realtime.Boards
	Hub      *realtime.Hub
	Sessions SessionStore
	Log      *slog.Logger
	// Origin is the canonical origin, "https://www.oc-pizza.fr"; "" accepts whatever host is asked for, for development.
	Origin string
	// Ready tells whether the database answered last time; nil error when it did. It must not touch the database.
	Ready func() error
	// Stopping refuses new orders while the server stops; nil error, or nil, when it does not.
	Stopping func() error
	// Ended is told of sessions that ended here, for other processes; nil when there is none.
	Ended func(hashes ...string)
	// Proxied says that a router in front adds the client's address as the rightmost X-Forwarded-For entry.
	Proxied bool
	// Build identifies the program: a page of another build reloads itself.
	Build string
	// Metrics answers /metrics to whoever shows the token; without one, to this machine alone. nil: there is no such page.
	Metrics      http.Handler
	MetricsToken string
}

// Server answers HTTP.
type Server struct {
	shop     *app.Shop
	boards   *realtime.Boards
	hub      *realtime.Hub
	sessions *sessions
	attempts *attempts
	log      *slog.Logger
	origin   string
	secure   bool
	proxied  bool
	ready    func() error
	stopping func() error
	ended    func(hashes ...string)
	build    string
	meters   *meters
	fiber    *fiber.App
	silent   silent
	rides    rides
}

// Limits of a request.
const (
	maxBody    = 64 << 10
	maxHeaders = 16 << 10
)

// New makes the server; Serve starts it.
func New(o Options) *Server {
	s := &Server{
		shop: o.Shop, boards: o.Boards, hub: o.Hub, log: o.Log, origin: strings.TrimSuffix(o.Origin, "/"), ready: o.Ready, proxied: o.Proxied, build: o.Build,
		stopping: o.Stopping, ended: o.Ended,
		sessions: newSessions(o.Sessions, o.Shop.Now), attempts: newAttempts(o.Shop.Now),
		meters: newMeters(),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.secure = strings.HasPrefix(s.origin, "https://")
	s.fiber = fiber.New(fiber.Config{
		AppName:               "OC Pizza",
		DisableStartupMessage: true,
		ErrorHandler:          s.refuse,
		Immutable:             true, // strings of the request outlive it: orders keep them
		BodyLimit:             maxBody,
		ReadBufferSize:        maxHeaders,
		ReadTimeout:           15 * time.Second,
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           95 * time.Second, // above the 90 s of Heroku's router, which reuses connections
		ReduceMemoryUsage:     true,
	})
	s.silent.conns = map[net.Conn]time.Time{}
	s.fiber.Server().ConnState = s.silent.state
	s.fiber.Use(s.observe, recover.New(), s.protect)
	if o.Metrics != nil {
		s.fiber.Get(metricsPath, s.metrics(o.Metrics, o.MetricsToken))
	}
	s.routes()
	return s
}

// routes is every route, by screen. Live sockets stand beside their page.
func (s *Server) routes() {
	f := s.fiber

	// Machines
	f.Get("/healthz", s.healthz)
	f.Get("/readyz", s.readyz)
	f.Get("/static/*", s.asset)
	f.Get("/sw.js", s.serviceWorker)
	f.Get("/robots.txt", s.robots)
	f.Post(ComparePath, s.compare)

	// Pages only: assets are compressed once and for all, and a socket's handshake is not a page. What a page says of a session cannot be
	// guessed by its compressed length (BREACH): the session's cookie is SameSite, so no other site can ask for the page.
	f.Use(compress.New(compress.Config{Level: compress.LevelBestSpeed, Next: websocket.IsWebSocketUpgrade}), s.identify, s.limit())

	// Customers
	f.Get("/", s.openHouse, s.home)
	f.Get("/carte/:pizzeria", s.openHouse, s.menu)
	f.Get("/live/maintenance/:pizzeria", s.liveClosed)
	f.Get("/live/carte/:pizzeria", s.liveMenu)
	f.Post("/carte/:pizzeria/panier", s.basket)
	f.Post("/commandes", s.placeOrder)
	f.Get("/suivi/:token", s.tracking)
	f.Get("/live/suivi/:token", s.liveTracking)
	f.Post("/suivi/:token/annuler", s.cancelTracked)
	f.Post("/suivi/:token/modifier", s.changeTracked)
	f.Post("/suivi/:token/sans", s.leaveOutTracked)
	f.Post("/suivi/:token/echanger", s.swapTracked)

	// Sign-in
	f.Get("/connexion", s.signInPage)
	f.Post("/connexion", s.signIn)
	f.Post("/deconnexion", s.checkCSRF, s.signOut)
	f.Get(pairingPath, s.pairing)

	// Kitchen wall
	kitchen := s.only("kitchen", app.Cook, app.Manager)
	f.Get("/cuisine", kitchen, s.kitchen)
	f.Get("/live/cuisine", kitchen, s.liveStaff(realtime.KitchenScreen))
	f.Post("/cuisine/commandes/:id/lignes/:n/:step", kitchen, s.advanceItem)
	f.Post("/cuisine/commandes/:id/:step", kitchen, s.advanceOrder)
	f.Post("/cuisine/stock/:ingredient/:action", kitchen, s.markOut)

	// Courier
	courier := s.only("courier", app.Courier, app.Manager)
	f.Get("/livraisons", courier, s.courier)
	f.Get("/live/livraisons", courier, s.liveStaff(realtime.CourierScreen))
	f.Post("/livraisons/commandes/:id/:step", courier, s.advanceOrder)
	f.Post("/livraisons/tournee", courier, s.orderRun)
	f.Post("/livraisons/tournee/prendre", courier, s.takeTogether)
	f.Post("/livraisons/position", courier, s.position)
	f.Get("/livraisons/compte", courier, s.count)
	f.Post("/livraisons/compte", courier, s.saveCount)
	f.Post("/livraisons/fond", courier, s.takeFloat)

	// Till
	till := s.only("till", app.Cashier, app.Manager)
	f.Get("/caisse", till, s.till)
	f.Get("/live/caisse", till, s.liveStaff(realtime.TillScreen))
	f.Get("/caisse/tickets", till, s.receipts)
	f.Get("/caisse/commandes/:id/ticket", till, s.receipt)
	f.Post("/caisse/brouillon", till, s.tillDraft)
	f.Post("/caisse/commandes", till, s.tillOrder)
	f.Post("/caisse/commandes/:id/encaisser", till, s.takePayment)
	f.Post("/caisse/commandes/:id/modifier", till, s.changeOrder)
	f.Post("/caisse/commandes/:id/sans", till, s.leaveOut)
	f.Post("/caisse/commandes/:id/echanger", till, s.swap)
	f.Post("/caisse/commandes/:id/:step", till, s.advanceOrder)

	// Manager and director
	manager := s.only("dashboard", app.Manager)
	f.Get("/pilotage", manager, s.dashboard)
	f.Get("/live/pilotage", manager, s.liveDashboard)
	f.Get("/pilotage/stocks", manager, s.stock)
	f.Post("/pilotage/stocks/:ingredient", manager, s.moveStock)
	f.Get("/pilotage/carte", manager, s.prices)
	f.Post("/pilotage/carte", manager, s.addProduct)
	f.Post("/pilotage/carte/:product/:action", manager, s.retire)
	f.Post("/pilotage/prix/:product", manager, s.setPrice)
	f.Get("/pilotage/equipe", manager, s.team)
	f.Post("/pilotage/equipe", manager, s.addMember)
	f.Post("/pilotage/equipe/:id/:action", manager, s.changeMember)
	f.Get("/pilotage/historique", manager, s.history)
	f.Get("/pilotage/historique/:file", manager, s.historyFile)
	f.Get("/pilotage/commandes/:id/livreur", manager, s.couriersOf)
	f.Post("/pilotage/commandes/:id/livreur", manager, s.reassign)
	f.Post("/pilotage/commandes/:id/:step", manager, s.advanceOrder)
	f.Get("/pilotage/groupe", s.only("group", app.Director), s.group)
	f.Get("/pilotage/supervision", manager, s.supervision)
	f.Get("/pilotage/comptes", manager, s.counts)
	f.Get("/pilotage/ecrans", manager, s.devices)
	f.Post("/pilotage/ecrans", manager, s.pairDevice)
	f.Post("/pilotage/ecrans/:id/revoquer", manager, s.revokeDevice)

	f.Use(func(*fiber.Ctx) error { return errNoPage })
}

// Routes lists every route as "POST /caisse/commandes/:id/:step", so that a test can tell whether it has forgotten one. HEAD goes with GET.
func (s *Server) Routes() []string {
	var all []string
	for _, r := range s.fiber.GetRoutes(true) {
		if r.Method != fiber.MethodHead {
			all = append(all, r.Method+" "+r.Path)
		}
	}
	return all
}

var errNotYours = app.Errorf(app.Forbidden, "Cet écran n’est pas celui de votre rôle. Ouvrez le vôtre, ou demandez au responsable.")

// only lets the holders of some roles pass, with the session's token if they write, and notes from which screen they act.
func (s *Server) only(screen string, roles ...app.Role) fiber.Handler {
	return func(c *fiber.Ctx) error {
		actor := actorOf(c)
		if !actor.Role.Staff() {
			return app.Errorf(app.Unauthorized, "Identifiez-vous pour continuer.")
		}
		if !actor.Is(roles...) {
			return errNotYours
		}
		actor.Screen = screen
		c.Locals(localActor, actor)
		return s.checkCSRF(c)
	}
}

// Serve answers on a listener until Shutdown.
func (s *Server) Serve(l net.Listener) error { return s.fiber.Listener(l) }

// Shutdown stops accepting and waits for requests under way; sockets are the hub's to close.
func (s *Server) Shutdown(ctx context.Context) error {
	cutting, done := context.WithCancel(ctx)
	defer done()
	go s.silent.cutUntil(cutting)
	return s.fiber.ShutdownWithContext(ctx)
}

// Test answers one request without a network, for tests.
func (s *Server) Test(r *http.Request) (*http.Response, error) { return s.fiber.Test(r, -1) }

// Sweep forgets what memory keeps of browsers that have gone; to be called now and then.
func (s *Server) Sweep() {
	s.sessions.sweep()
	s.attempts.sweep()
}

func (s *Server) healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// readyz tells a load balancer whether to send customers here: the last real result of the database, without asking it.
func (s *Server) readyz(c *fiber.Ctx) error {
	if s.ready != nil {
		if err := s.ready(); err != nil {
			return c.Status(http.StatusServiceUnavailable).SendString("not ready: " + app.KindOf(err).String() + "\n")
		}
	}
	return c.SendString("ready\n")
}

func (s *Server) robots(c *fiber.Ctx) error {
	return c.SendString("User-agent: *\nAllow: /$\nAllow: /?lang=\nAllow: /carte/\nDisallow: /\n")
}
