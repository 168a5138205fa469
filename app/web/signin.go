package web

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

func (s *Server) signInPage(c *fiber.Ctx) error {
	if actor := actorOf(c); actor.Role.Staff() && c.Query("suite") == "" {
		return c.Redirect(homeOf(actor), http.StatusSeeOther)
	}
	return s.html(c, views.SignIn(s.page(c, "signin", "Espace équipe"), views.SignInForm{Next: localPath(c.Query("suite"))}))
}

// signIn begins a session under a new secret, whoever was signed in before.
func (s *Server) signIn(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	login := form.Get("identifiant")
	who := []string{"login:" + strings.ToLower(login), "address:" + s.address(c)}
	secret := rand.Text()
	var user app.User
	if wait := s.attempts.wait(who...); wait > 0 {
		err = tooMany("Trop d’essais pour ce compte ou depuis cet appareil.", wait)
	} else {
		user, _, err = s.shop.SignIn(c.UserContext(), login, form.Get("mot_de_passe"), secret)
	}
	if err != nil {
		refusal := app.AsError(err)
		if refusal.Kind == app.Unauthorized {
			s.attempts.failed(who...)
		}
		if wantsJSON(c) || fromLive(c) || refusal.Kind == app.Internal {
			return err
		}
		s.retryLater(c, refusal)
		c.Status(status[refusal.Kind])
		f := views.SignInForm{Login: login, Refusal: refusal.Message, Next: localPath(form.Get("suite"))}
		return s.html(c, views.SignIn(s.page(c, "signin", "Espace équipe"), f))
	}
	if old := sessionOf(c); old != "" {
		if err := s.sessions.store.EndSession(c.UserContext(), old); err != nil {
			return err
		}
		s.endSession(old)
	}
	s.setCookie(c, sessionCookie, secret, 12*time.Hour)
	s.clearCookie(c, wallCookie) // somebody's browser from now on
	if wantsJSON(c) {
		return c.JSON(fiber.Map{"nom": user.Name, "role": user.Role, "csrf": s.csrf(app.HashToken(secret))})
	}
	to := localPath(form.Get("suite"))
	if to == "" {
		to = homeOf(user.Actor())
	}
	return c.Redirect(to, http.StatusSeeOther)
}

func (s *Server) signOut(c *fiber.Ctx) error {
	if hash := sessionOf(c); hash != "" {
		if err := s.sessions.store.EndSession(c.UserContext(), hash); err != nil {
			return err
		}
		s.endSession(hash)
	}
	s.clearCookie(c, sessionCookie)
	return s.reload(c, "/connexion")
}

// pairing is the page of a wall screen that is not paired yet. Its secret is its future session; once a manager has typed the code,
// the same cookie opens the kitchen.
func (s *Server) pairing(c *fiber.Ctx) error {
	if actorOf(c).Role.Staff() {
		return c.Redirect("/cuisine", http.StatusSeeOther)
	}
	secret := c.Cookies(s.cookieName(sessionCookie))
	if len(secret) != 26 {
		secret = rand.Text()
	}
	s.setCookie(c, sessionCookie, secret, wallLife)
	s.setCookie(c, wallCookie, "1", wallLife)
	code, until, err := s.shop.OfferDevice(c.UserContext(), secret)
	if err != nil {
		return err
	}
	c.Set("Refresh", pairingPause) // until a manager has typed the code
	return s.html(c, views.PairingPage(s.page(c, "pairing", "Associer cet écran"), code, until))
}

const (
	pairingPath  = "/ecran"
	pairingPause = "5" // seconds
	// wallCookie marks a browser that is a wall screen: without a session it goes to its pairing page, where nobody has to sign in.
	wallCookie = "oc_ecran"
	wallLife   = 400 * 24 * time.Hour
)

// door is where a browser without a session goes.
func (s *Server) door(c *fiber.Ctx) string {
	if c.Cookies(s.cookieName(wallCookie)) != "" {
		return pairingPath
	}
	return "/connexion?suite=" + queryEscape(c.OriginalURL())
}
