package web

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// policy lets a page load, connect to and send forms to its own origin alone, and forbids turning text into markup outside live.js.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; " +
	"require-trusted-types-for 'script'; trusted-types ocpizza idiomorph 'allow-duplicates'"

// protect sets the security headers and refuses writes that come from another site.
func (s *Server) protect(c *fiber.Ctx) error {
	h := &c.Response().Header
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), payment=()")
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if !isSafe(c) && !s.sameOrigin(c) {
		return errForged
	}
	return c.Next()
}

func isSafe(c *fiber.Ctx) bool {
	return slices.Contains([]string{fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions}, c.Method())
}

// sameOrigin reports whether a request comes from our own pages or from no page at all, by the rules of net/http's CrossOriginProtection:
// Sec-Fetch-Site if the browser sends it, else Origin; a client that sends neither is no browser.
func (s *Server) sameOrigin(c *fiber.Ctx) bool {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	} else if site == "same-origin" && c.Get(fiber.HeaderOrigin) == "null" {
		return true // a plain form of a page that gives no referrer: the tracking page (Fetch, 3.1, « Origin » header)
	}
	return s.originAllowed(c)
}

// originAllowed demands that an Origin header, if there is one, is exactly ours.
func (s *Server) originAllowed(c *fiber.Ctx) bool {
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return true
	}
	if s.origin != "" {
		return origin == s.origin
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == string(c.Request().Header.Host())
}

// sameOriginReferer returns the path of the page that the request came from, "" if it is not ours.
func (s *Server) sameOriginReferer(c *fiber.Ctx) string {
	u, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err != nil || u.Host == "" || u.Host != string(c.Request().Header.Host()) {
		return ""
	}
	return localPath(u.RequestURI())
}

// localPath returns a path of this site, or "" when it could lead elsewhere ("//host", "/\host").
func localPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n") {
		return ""
	}
	return p
}

// address is the client's: behind the router the rightmost X-Forwarded-For entry, the only one that the client cannot write.
func (s *Server) address(c *fiber.Ctx) string {
	if s.proxied {
		all := c.Get(fiber.HeaderXForwardedFor)
		if i := strings.LastIndexByte(all, ','); i >= 0 {
			all = all[i+1:]
		}
		if ip := net.ParseIP(strings.TrimSpace(all)); ip != nil {
			return ip.String()
		}
	}
	return c.Context().RemoteIP().String()
}

// attempts slows down whoever guesses passwords: ten failures within ten minutes, by account and by address.
type attempts struct {
	now   func() time.Time
	mu    sync.Mutex
	fails map[string][]time.Time
}

const (
	maxFails   = 10
	failWindow = 10 * time.Minute
)

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, fails: map[string][]time.Time{}}
}

// tooMany refuses until some time has passed: the words and Retry-After say the same.
func tooMany(why string, wait time.Duration) *app.Error {
	minutes := views.Count(int((wait+time.Minute-1)/time.Minute), "minute")
	e := app.Errorf(app.TooMany, "%s Attendez %s, puis réessayez.", why, minutes)
	e.Retry = wait
	return e
}

// wait is how long until one more try is allowed: until so many of the last failures are forgotten that one may be added; 0: it is now.
func (a *attempts) wait(who ...string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	var wait time.Duration
	for _, w := range who {
		if fails := a.recent(w); len(fails) >= maxFails {
			wait = max(wait, fails[len(fails)-maxFails].Add(failWindow).Sub(a.now()))
		}
	}
	return wait
}

func (a *attempts) failed(who ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range who {
		a.fails[w] = append(a.recent(w), a.now())
	}
}

func (a *attempts) recent(who string) []time.Time {
	since := a.now().Add(-failWindow)
	return slices.DeleteFunc(a.fails[who], func(t time.Time) bool { return !t.After(since) })
}

func (a *attempts) sweep() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for who := range a.fails {
		if a.fails[who] = a.recent(who); len(a.fails[who]) == 0 {
			delete(a.fails, who)
		}
	}
}
