package web

import (
	"bytes"
	"crypto/rand"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/static"
	"github.com/oc-pizza/ocpizza/views"
)

// page fills in what every page needs.
func (s *Server) page(c *fiber.Ctx, screen, title string) views.Page {
	language := views.French
	if views.Bilingual(screen) {
		language = s.speaks(c)
	}
	return views.Page{
		Title: title, Screen: screen, Viewer: actorOf(c), CSRF: s.csrf(sessionOf(c)), Key: rand.Text(),
		Now: s.shop.Now(), Build: s.build, Demo: s.shop.Demo, Asset: static.URL,
		Language: language, URL: s.whole(c, c.Path()),
	}
}

// html draws a component into memory, then answers it: a page that cannot be drawn is a 500, never half a page.
func (s *Server) html(c *fiber.Ctx, component templ.Component) error {
	var buf bytes.Buffer
	if err := component.Render(c.UserContext(), &buf); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if l := spoken(c); l != views.French {
		return c.SendString(views.Draw(l, buf.String()))
	}
	return c.Send(buf.Bytes())
}

// view reads the board of an audience from memory and the attributes by which its page follows it at path.
func (s *Server) view(c *fiber.Ctx, a realtime.Audience, path string) (*app.Board, views.Live, error) {
	board, seq, err := s.boards.View(c.UserContext(), a)
	if err != nil {
		return nil, views.Live{}, err
	}
	return board, s.boards.Live(board, seq, path), nil
}

// staffShop is the shop that a staff screen shows: the one asked for (slug or id) if the actor works there, else the first of the actor's.
func (s *Server) staffShop(c *fiber.Ctx) (*app.Pizzeria, []app.Pizzeria, error) {
	all, err := s.boards.Pizzerias(c.UserContext())
	if err != nil {
		return nil, nil, err
	}
	actor := actorOf(c)
	var mine []app.Pizzeria
	for _, p := range all {
		if actor.WorksIn(p.ID) {
			mine = append(mine, p)
		}
	}
	asked := c.Query("pizzeria")
	if asked == "" && !isSafe(c) {
		form, err := readForm(c)
		if err != nil {
			return nil, nil, err
		}
		asked = form.Get("pizzeria")
	}
	for i, p := range mine {
		if asked == "" || asked == p.Slug || asked == strconv.FormatInt(p.ID, 10) {
			return &mine[i], mine, nil
		}
	}
	return nil, nil, app.Errorf(app.NotFound, "Cette pizzeria n’existe pas, ou vous n’y travaillez pas.")
}

// staffPage is page with the shop on screen.
func (s *Server) staffPage(c *fiber.Ctx, screen, title string, shop *app.Pizzeria, shops []app.Pizzeria) views.Page {
	p := s.page(c, screen, title)
	p.Pizzeria, p.Shops = shop, shops
	return p
}

// shopQuery is the query by which a screen names its shop when the viewer has several.
func shopQuery(shop *app.Pizzeria, shops []app.Pizzeria) string {
	if len(shops) < 2 {
		return ""
	}
	return "?pizzeria=" + url.QueryEscape(shop.Slug)
}

// done answers a write that succeeded: nothing to live.js, for the wire draws it; the page again to a plain form; the order to JSON.
func (s *Server) done(c *fiber.Ctx, back string, o *app.Order) error {
	switch {
	case fromLive(c):
		return c.SendStatus(fiber.StatusNoContent)
	case wantsJSON(c):
		if o == nil {
			return c.JSON(fiber.Map{})
		}
		return c.JSON(orderJSON(o))
	}
	if from := s.sameOriginReferer(c); from != "" {
		back = from
	}
	return c.Redirect(back, fiber.StatusSeeOther)
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// rfc3339 writes an instant for JSON, in France's time; "" for none.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(app.Paris).Format(time.RFC3339)
}

// whole is the address of a path as others need it: people who type it, search engines.
func (s *Server) whole(c *fiber.Ctx, path string) string {
	if s.origin == "" {
		return c.BaseURL() + path
	}
	return s.origin + path
}
