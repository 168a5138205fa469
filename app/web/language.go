package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/views"
)

const (
	languageCookie = "oc_langue"
	localLanguage  = "language"
)

// language is the one in which a customer reads: the one just chosen (« ?lang= », which a cookie remembers), else the one chosen before, else
// what the browser asks for. Whoever works here reads French.
func (s *Server) language(c *fiber.Ctx) views.Language {
	if actorOf(c).Role.Staff() {
		return views.French
	}
	if chosen := c.Query("lang"); chosen != "" && isSafe(c) {
		l := languageOf(chosen)
		s.setCookie(c, languageCookie, l.Tag(), 365*24*time.Hour)
		return l
	}
	if before := c.Cookies(s.cookieName(languageCookie)); before != "" {
		return languageOf(before)
	}
	return preferred(c.Get(fiber.HeaderAcceptLanguage))
}

func languageOf(tag string) views.Language {
	if tag == views.English.Tag() {
		return views.English
	}
	return views.French
}

// preferred is the language that a browser ranks higher (RFC 9110, 12.5.4); French for one that names neither.
func preferred(accept string) views.Language {
	best := map[string]float64{}
	for item := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(item, ";")
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, _ = strconv.ParseFloat(v, 64)
		}
		best[tag] = max(best[tag], q)
	}
	if best[views.English.Tag()] > best[views.French.Tag()] {
		return views.English
	}
	return views.French
}

// speaks settles in which language the answer is drawn, and tells caches on what that depends.
func (s *Server) speaks(c *fiber.Ctx) views.Language {
	l := s.language(c)
	c.Locals(localLanguage, l)
	c.Vary(fiber.HeaderAcceptLanguage, fiber.HeaderCookie)
	c.Set(fiber.HeaderContentLanguage, l.Tag())
	return l
}

// spoken is the language that was settled; French for a screen of staff.
func spoken(c *fiber.Ctx) views.Language {
	l, _ := c.Locals(localLanguage).(views.Language)
	return l
}

// inLanguage is a socket's path for a page in a language: its pieces come in it.
func inLanguage(path string, l views.Language) string {
	if l == views.French {
		return path
	}
	return path + "?lang=" + l.Tag()
}
