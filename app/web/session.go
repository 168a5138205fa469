package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
)

// Names of what a request carries, in fiber.Ctx.Locals.
const (
	localActor   = "actor"
	localSession = "session"
)

// trust is how long a session that was read is believed without asking the database again.
const trust = time.Minute

// SessionStore is what sessions need of the database; app.Store has it.
type SessionStore interface {
	SessionActor(ctx context.Context, hash string, now time.Time) (app.Actor, time.Time, error)
	EndSession(ctx context.Context, hash string) error
	// EndedSessions returns which of the hashes are no session's any more.
	EndedSessions(ctx context.Context, hashes []string) ([]string, error)
}

// sessions remembers who signed-in browsers belong to, so that opening a live page costs no query.
type sessions struct {
	store SessionStore
	now   func() time.Time
	mu    sync.Mutex
	known map[string]knownSession
	ends  int // sessions forgotten so far
}

type knownSession struct {
	actor   app.Actor
	expires time.Time
	until   time.Time // believed until
}

func newSessions(store SessionStore, now func() time.Time) *sessions {
	return &sessions{store: store, now: now, known: map[string]knownSession{}}
}

// actor returns who holds the session of a hash; NotFound if it does not live.
func (s *sessions) actor(ctx context.Context, hash string) (app.Actor, error) {
	now := s.now()
	s.mu.Lock()
	k, ok := s.known[hash]
	ends := s.ends
	s.mu.Unlock()
	if ok && now.Before(k.until) && now.Before(k.expires) {
		return k.actor, nil
	}
	actor, expires, err := s.store.SessionActor(ctx, hash, now)
	switch {
	case err == nil:
		s.mu.Lock()
		if s.ends == ends { // else it may have ended since it was read
			s.known[hash] = knownSession{actor: actor, expires: expires, until: now.Add(trust)}
		}
		s.mu.Unlock()
		return actor, nil
	case app.KindOf(err) == app.NotFound:
		s.forget(hash)
		return app.Actor{}, err
	case ok && now.Before(k.expires):
		return k.actor, nil // the database is away: those who work go on working
	}
	return app.Actor{}, err
}

func (s *sessions) forget(hash string) {
	s.mu.Lock()
	delete(s.known, hash)
	s.ends++
	s.mu.Unlock()
}

// hashes are those that are known.
func (s *sessions) hashes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.known))
}

// sweep forgets sessions that nobody has used for a while.
func (s *sessions) sweep() {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, k := range s.known {
		if now.After(k.until.Add(time.Hour)) {
			delete(s.known, hash)
		}
	}
}

// endSession ends a session here and in other processes.
func (s *Server) endSession(hash string) {
	s.EndSessions(hash)
	if s.ended != nil {
		s.ended(hash)
	}
}

// EndSessions forgets sessions that have ended, wherever that was, and closes their sockets: nobody watches on with a right that is gone.
func (s *Server) EndSessions(hashes ...string) {
	for _, hash := range hashes {
		s.sessions.forget(hash)
		s.hub.CloseSession(hash, realtime.CloseSessionOver)
	}
}

// CheckSessions asks the database, in one query, which sessions in use here ended elsewhere, and ends them.
func (s *Server) CheckSessions(ctx context.Context) error {
	hashes := s.sessions.hashes()
	for _, socket := range s.hub.Snapshot() { // a screen may have been silent for longer than its session is kept in mind
		if socket.Session != "" {
			hashes = append(hashes, socket.Session)
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	slices.Sort(hashes)
	ended, err := s.sessions.store.EndedSessions(ctx, slices.Compact(hashes))
	if err != nil {
		return err
	}
	s.EndSessions(ended...)
	return nil
}

// cookie names carry the __Host- prefix when the origin is https: the browser then refuses them from anywhere else (RFC 6265bis, 4.1.3.2).
func (s *Server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

func (s *Server) setCookie(c *fiber.Ctx, name, value string, life time.Duration) {
	c.Cookie(&fiber.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", HTTPOnly: true, Secure: s.secure,
		SameSite: fiber.CookieSameSiteLaxMode, MaxAge: int(life.Seconds()),
	})
}

func (s *Server) clearCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: s.cookieName(name), Path: "/", HTTPOnly: true, Secure: s.secure,
		SameSite: fiber.CookieSameSiteLaxMode, Expires: time.Unix(1, 0),
	})
}

const (
	sessionCookie = "oc_session"
	visitorCookie = "oc_visitor"
)

// identify finds out who asks. A visitor is a visitor; a browser whose session has ended becomes one.
func (s *Server) identify(c *fiber.Ctx) error {
	c.Locals(localActor, app.Actor{Role: app.Visitor})
	secret := c.Cookies(s.cookieName(sessionCookie))
	if secret == "" {
		return c.Next()
	}
	hash := app.HashToken(secret)
	actor, err := s.sessions.actor(c.UserContext(), hash)
	if err != nil {
		if app.KindOf(err) != app.NotFound {
			return err
		}
		s.clearCookie(c, sessionCookie)
		return c.Next()
	}
	c.Locals(localActor, actor)
	c.Locals(localSession, hash)
	return c.Next()
}

func actorOf(c *fiber.Ctx) app.Actor {
	a, _ := c.Locals(localActor).(app.Actor)
	return a
}

func sessionOf(c *fiber.Ctx) string {
	hash, _ := c.Locals(localSession).(string)
	return hash
}

// csrf is the token of a session's forms: a keyed hash of the session, nothing to store.
func (s *Server) csrf(session string) string {
	if session == "" {
		return ""
	}
	mac := hmac.New(sha256.New, s.shop.Secret)
	mac.Write([]byte("csrf\x00" + session))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

var errForged = app.Errorf(app.Forbidden, "Cette page a expiré ou la demande vient d’un autre site. Rechargez la page et recommencez.")

// checkCSRF demands the session's token in a write by somebody signed in. Visitors have nothing that a foreign site could use in their name
// beyond what sameOrigin refuses already.
func (s *Server) checkCSRF(c *fiber.Ctx) error {
	session := sessionOf(c)
	if session == "" || isSafe(c) {
		return c.Next()
	}
	token := c.Get("X-Csrf-Token")
	if token == "" {
		form, err := readForm(c)
		if err != nil {
			return err
		}
		token = form.Get("_csrf")
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.csrf(session))) != 1 {
		c.Set("X-Csrf-Stale", "1") // live.js looks whether the page is merely older than the session
		return errForged
	}
	return c.Next()
}

// visitor returns the principal of an anonymous browser, making its cookie if it has none.
func (s *Server) visitor(c *fiber.Ctx) string {
	id := c.Cookies(s.cookieName(visitorCookie))
	if len(id) != 26 {
		id = rand.Text()
		s.setCookie(c, visitorCookie, id, 365*24*time.Hour)
	}
	return "visitor:" + id
}
