package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// openHouse lets customers look for something to order unless the house is in maintenance: then they are told, and when to come back.
// Every shop's board says so; the home page has none, and asks the first shop's. A board that cannot be had keeps nobody out.
func (s *Server) openHouse(c *fiber.Ctx) error {
	shops, err := s.boards.Pizzerias(c.UserContext())
	if err != nil || len(shops) == 0 {
		return c.Next()
	}
	shop := shops[0]
	for _, p := range shops {
		if p.Slug == c.Params("pizzeria") {
			shop = p
		}
	}
	board, live, err := s.view(c, realtime.Audience{Screen: realtime.ClosedScreen, Pizzeria: shop.ID}, inLanguage("/live/maintenance/"+shop.Slug, s.language(c)))
	if err != nil || !board.Maintenance.On() {
		return c.Next()
	}
	refusal := board.Maintenance.Refusal(s.shop.Now())
	if wantsJSON(c) {
		return refusal
	}
	p := s.page(c, "maintenance", "Maintenance")
	p.Pizzeria = &board.Pizzeria
	s.retryLater(c, refusal)
	c.Status(http.StatusServiceUnavailable)
	return s.html(c, views.MaintenancePage(p, live, board))
}

// retryLater says in the answer when to try again; only for what is unavailable, and whoever asks too often.
func (s *Server) retryLater(c *fiber.Ctx, refusal *app.Error) {
	if refusal.Kind != app.Unavailable && refusal.Kind != app.TooMany {
		return
	}
	after := 5
	if refusal.Retry > 0 {
		after = int((refusal.Retry + time.Second - 1) / time.Second)
	}
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(after))
}

func (s *Server) liveClosed(c *fiber.Ctx) error {
	shop, err := s.shop.Pizzeria(c.UserContext(), c.Params("pizzeria"))
	if err != nil {
		return err
	}
	return s.upgrade(c, realtime.Audience{Screen: realtime.ClosedScreen, Pizzeria: shop.ID, Language: languageOf(c.Query("lang"))}, nil)
}

// An operator's command is another process. Where no Redis carries its word, it asks the server to look at the database by a request that
// is signed with the secret that both have. The request has no content and does nothing that does not happen by itself every few seconds:
// sent twice, it is harmless.
const (
	ComparePath     = "/exploitation/compare"
	CompareHeader   = "X-Ocpizza-Signature"
	compareValidity = time.Minute
)

// SignCompare signs the request to compare, made at an instant: "<Unix seconds>.<HMAC-SHA-256, hex>".
func SignCompare(secret []byte, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("compare\x00" + stamp))
	return stamp + "." + hex.EncodeToString(mac.Sum(nil))
}

// signedCompare reports whether a signature is ours and was made within a minute of now.
func signedCompare(secret []byte, signature string, now time.Time) bool {
	stamp, _, _ := strings.Cut(signature, ".")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	at := time.Unix(seconds, 0)
	return hmac.Equal([]byte(signature), []byte(SignCompare(secret, at))) && now.Sub(at).Abs() <= compareValidity
}

var errUnsigned = app.Errorf(app.Forbidden, "Cette demande n’est pas signée par l’exploitant, ou son horloge n’est pas à l’heure.")

// compare looks at the database at once.
func (s *Server) compare(c *fiber.Ctx) error {
	if !signedCompare(s.shop.Secret, c.Get(CompareHeader), s.shop.Now()) {
		return errUnsigned
	}
	for range 2 { // one that others had begun may have read before what this is about was saved
		shared, err := s.boards.Compare()
		if err != nil {
			return err
		}
		if !shared {
			break
		}
	}
	return c.SendStatus(fiber.StatusNoContent)
}
