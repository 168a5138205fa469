package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// status is the one map from kinds of refusal to HTTP.
var status = map[app.Kind]int{
	app.Internal:     http.StatusInternalServerError,
	app.Invalid:      http.StatusUnprocessableEntity,
	app.Unauthorized: http.StatusUnauthorized,
	app.Forbidden:    http.StatusForbidden,
	app.NotFound:     http.StatusNotFound,
	app.Conflict:     http.StatusConflict,
	app.Unavailable:  http.StatusServiceUnavailable,
	app.TooMany:      http.StatusTooManyRequests,
}

var errNoPage = app.Errorf(app.NotFound, "Cette page n’existe pas. Vérifiez l’adresse, ou repartez de l’accueil.")

// refuse is Fiber's ErrorHandler: every refusal and every fault ends here, is logged once, and is answered in the form that was asked for.
func (s *Server) refuse(c *fiber.Ctx, err error) error {
	refusal, code := s.classify(c, err)
	if code >= 500 && refusal.Retry == 0 { // else it is meant
		s.log.Error("request failed", "id", requestID(c), "method", c.Method(), "route", c.Route().Path, "status", code, "err", err)
	}
	s.retryLater(c, refusal)
	c.Status(code)
	if c.Path() == pairingPath {
		c.Set("Refresh", pairingPause) // nobody stands before it to try again
	}
	if wantsJSON(c) || fromLive(c) || websocket.IsWebSocketUpgrade(c) {
		message := views.SayIn(s.speaks(c), refusal.Message)
		return c.JSON(errorJSON{Error: errorBody{Kind: refusal.Kind.String(), Message: message, Line: refusal.Line}})
	}
	if refusal.Kind == app.Unauthorized && c.Method() == fiber.MethodGet {
		return c.Redirect(s.door(c), http.StatusSeeOther)
	}
	p := s.page(c, "message", titles[code])
	href, label := "/", "Retour à l’accueil"
	if back := s.sameOriginReferer(c); back != "" && c.Method() != fiber.MethodGet {
		href, label = back, "Revenir à la page"
	}
	return s.html(c, views.Message(p, code, titles[code], refusal.Message, href, label))
}

var titles = map[int]string{
	400: "Demande illisible",
	401: "Identification nécessaire",
	403: "Accès refusé",
	404: "Page introuvable",
	405: "Action impossible ici",
	409: "Ce n’est plus possible",
	413: "Envoi trop volumineux",
	422: "À corriger",
	429: "Trop de demandes",
	431: "Demande trop longue",
	500: "Un incident de notre côté",
	503: "Momentanément indisponible",
}

type errorJSON struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Line    int    `json:"ligne,omitempty"`
}

// classify turns any error into a refusal that may be shown, and its status.
func (s *Server) classify(c *fiber.Ctx, err error) (*app.Error, int) {
	if fe, ok := errors.AsType[*fiber.Error](err); ok {
		switch fe.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return errNoPage, fe.Code
		case http.StatusRequestEntityTooLarge:
			return app.Errorf(app.Invalid, "Votre envoi est trop volumineux. Raccourcissez-le et réessayez."), fe.Code
		case http.StatusTooManyRequests:
			return tooMany("Trop de demandes en peu de temps.", time.Minute), fe.Code
		case http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge, http.StatusUpgradeRequired:
			return app.Wrap(err, app.Invalid, "Votre demande est illisible. Rechargez la page et recommencez."), fe.Code
		}
	}
	refusal := app.AsError(err)
	return refusal, status[refusal.Kind]
}

// wantsJSON reports whether the client asked for JSON rather than a page.
func wantsJSON(c *fiber.Ctx) bool {
	accept := c.Get(fiber.HeaderAccept)
	return strings.Contains(accept, fiber.MIMEApplicationJSON) && !strings.Contains(accept, fiber.MIMETextHTML)
}

// fromLive reports whether live.js sent the request: it expects a status, a fragment or a sentence rather than a page.
func fromLive(c *fiber.Ctx) bool { return c.Get("X-Live") != "" }
