package web

import (
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/limiter"
)

// How many writes are taken in a minute: far more than people make, far fewer than would hurt. Pages are drawn from memory and are not counted.
const (
	limitWindow  = time.Minute
	maxByAddress = 60  // of strangers behind one address: a household, an office, an operator's shared one
	maxByAccount = 600 // of a member of staff, or of a wall: an outbox that comes back from a tunnel included
)

// limit refuses writes of whoever writes as no person does. A page tries again by itself: live.js and the outbox keep what a 429 refused.
func (s *Server) limit() fiber.Handler {
	by := func(most int, key func(*fiber.Ctx) string) fiber.Handler {
		return limiter.New(limiter.Config{
			Max: most, Expiration: limitWindow, KeyGenerator: key, LimiterMiddleware: limiter.SlidingWindow{},
			LimitReached: func(*fiber.Ctx) error { return tooMany("Trop de demandes à la fois.", limitWindow) },
		})
	}
	stranger := by(maxByAddress, s.address)
	staff := by(maxByAccount, func(c *fiber.Ctx) string { return actorOf(c).Key() })
	return func(c *fiber.Ctx) error {
		switch {
		case isSafe(c) || !tells(s.address(c)):
			return c.Next()
		case actorOf(c).Role.Staff():
			return staff(c)
		}
		return stranger(c)
	}
}

// tells reports whether an address says who asks. This machine's own and those of a private network may be a proxy's, and so everybody's.
func tells(address string) bool {
	ip := net.ParseIP(address)
	return ip != nil && !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast()
}
