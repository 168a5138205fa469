package web

import (
	"crypto/rand"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/static"
)

const localRequestID = "request id"

// slow is how long an answer may take before its line is worth the log of every day.
const slow = time.Second

// observe gives each request an id (the router's, if it sent one), counts it, and logs it by its route, never by its path: tracking tokens
// stand in paths. Faults and slow answers are logged at info, the others at debug: a router keeps its own list of requests.
func (s *Server) observe(c *fiber.Ctx) error {
	id := c.Get("X-Request-Id")
	if !plainID.MatchString(id) {
		id = rand.Text()
	}
	c.Locals(localRequestID, id)
	c.Set("X-Request-Id", id)
	start := time.Now()
	err := c.Next()
	if err != nil {
		err = s.refuse(c, err) // here rather than in Fiber, so that the status below is the one that was answered
	}
	route, status, took := routeOf(c), c.Response().StatusCode(), time.Since(start)
	s.meters.measure(route, c.Method(), status, took)
	if strings.HasPrefix(route, static.Prefix) && status < 500 {
		return err
	}
	level := slog.LevelDebug
	if status >= 500 || took >= slow {
		level = slog.LevelInfo
	}
	s.log.Log(c.UserContext(), level, "request", "id", id, "method", c.Method(), "route", route, "status", status, "ms", took.Milliseconds(), "bytes", len(c.Response().Body()))
	return err
}

// plainID is what a router's request id looks like (Heroku: 20 to 128 of these). Anything else is somebody's own words, for which the log
// is not the place.
var plainID = regexp.MustCompile(`^[0-9A-Za-z_-]{8,128}$`)

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(localRequestID).(string)
	return id
}

// asset serves a file of package static from memory; hashed names are kept for ever by browsers.
func (s *Server) asset(c *fiber.Ctx) error {
	a, immutable, ok := static.Lookup(c.Params("*"))
	if !ok {
		return errNoPage
	}
	if immutable {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	} else {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	return s.sendAsset(c, a)
}

func (s *Server) serviceWorker(c *fiber.Ctx) error {
	a, _, ok := static.Lookup("sw.js")
	if !ok {
		return errNoPage
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return s.sendAsset(c, a)
}

func (s *Server) sendAsset(c *fiber.Ctx, a *static.Asset) error {
	c.Set(fiber.HeaderContentType, a.ContentType)
	c.Set(fiber.HeaderETag, a.ETag)
	c.Vary(fiber.HeaderAcceptEncoding)
	if c.Get(fiber.HeaderIfNoneMatch) == a.ETag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	switch {
	case a.Brotli != nil && c.AcceptsEncodings("br") != "":
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(a.Brotli)
	case a.Gzip != nil && c.AcceptsEncodings("gzip") != "":
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(a.Gzip)
	}
	return c.Send(a.Content)
}
