package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// till draws the till with its draft.
func (s *Server) till(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(tillJSON(b, live))
	}
	p := s.staffPage(c, "till", "Caisse", &b.Pizzeria, shops)
	f := s.withTaken(c, b, s.tillForm(b, s.draft(c, draftCookie)))
	if n, err := strconv.Atoi(c.Query("modifiee")); err == nil {
		f.Said = saidChanged(n)
	}
	return s.html(c, views.TillPage(p, live, b, f))
}

func saidChanged(number int) string {
	return fmt.Sprintf("Commande n° %d modifiée. La cuisine le voit.", number)
}

// The last order that this till placed, as "id.token": its tracking link can be had nowhere else, for only the token's hash is stored.
const takenCookie = "oc_prise"

func (s *Server) keepTaken(c *fiber.Ctx, placed app.Placed) {
	s.setCookie(c, takenCookie, strconv.FormatInt(placed.Order.ID, 10)+"."+placed.Token, 12*time.Hour)
}

// withTaken adds the last order that this till placed to a form, with its link, while it is on the board of the shop.
func (s *Server) withTaken(c *fiber.Ctx, b *app.Board, f views.TillForm) views.TillForm {
	text, token, _ := strings.Cut(c.Cookies(s.cookieName(takenCookie)), ".")
	id, err := strconv.ParseInt(text, 10, 64)
	if o := b.Orders[id]; err == nil && o != nil && o.TokenHash == app.HashToken(token) {
		f.Taken, f.Link = o, s.trackingURL(c, token)
	}
	return f
}

// trackingURL is a tracking link as a customer types it.
func (s *Server) trackingURL(c *fiber.Ctx, token string) string { return s.whole(c, "/suivi/"+token) }

// tillOrder places a counter or phone order.
func (s *Server) tillOrder(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	_, b, live, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	form.Set("pizzeria", b.Pizzeria.Slug)
	channel, ok := channels[form.Get("canal")]
	if !ok {
		channel = app.Counter
	}
	actor := actorOf(c)
	placed, err := s.place(c, actor, actor.Key(), form, channel)
	if err != nil {
		refusal := app.AsError(err)
		if wantsJSON(c) || refusal.Kind == app.Internal {
			return err
		}
		f := s.tillForm(b, form)
		f.Refusal, f.BadLine, f.BadField = refusal.Message, refusal.Line, refusal.Field
		s.retryLater(c, refusal)
		c.Status(status[refusal.Kind])
		return s.tillAnswer(c, live, b, shops, f, form.Get("_cle"))
	}
	s.clearCookie(c, draftCookie)
	s.keepTaken(c, placed)
	if wantsJSON(c) {
		out := orderJSON(placed.Order)
		out["suivi"] = "/suivi/" + placed.Token
		return c.Status(http.StatusCreated).JSON(out)
	}
	if fromLive(c) {
		f := s.tillForm(b, url.Values{})
		f.Taken, f.Link = placed.Order, s.trackingURL(c, placed.Token)
		return s.html(c, views.TillDraft(s.staffPage(c, "till", "Caisse", &b.Pizzeria, shops), b, f))
	}
	return c.Redirect("/caisse"+shopQuery(&b.Pizzeria, shops), http.StatusSeeOther)
}

// changeOrder saves the draft of an order that is changed.
func (s *Server) changeOrder(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	_, b, live, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	o, err := s.change(c, k, b.Pizzeria.ID, id, form)
	if err != nil {
		refusal := app.AsError(err)
		if wantsJSON(c) || refusal.Kind == app.Internal || b.Orders[id] == nil {
			return err
		}
		f := s.tillForm(b, form)
		f.Refusal, f.BadLine, f.BadField = refusal.Message, refusal.Line, refusal.Field
		s.retryLater(c, refusal)
		c.Status(status[refusal.Kind])
		return s.tillAnswer(c, live, b, shops, f, form.Get("_cle"))
	}
	if wantsJSON(c) {
		return c.JSON(orderJSON(o))
	}
	draft := s.takeUp(c)
	if err := s.keepDraft(c, draftCookie, draft); err != nil {
		return err
	}
	if !fromLive(c) {
		to := "/caisse" + shopQuery(&b.Pizzeria, shops)
		return c.Redirect(to+map[bool]string{true: "&", false: "?"}[strings.Contains(to, "?")]+"modifiee="+strconv.Itoa(o.Number), http.StatusSeeOther)
	}
	f := s.tillForm(b, draft)
	f.Said = saidChanged(o.Number)
	return s.tillAnswer(c, live, b, shops, f, "")
}

func (s *Server) change(c *fiber.Ctx, k app.Key, pizzeria, id int64, form url.Values) (*app.Order, error) {
	lines, err := parseLines(form["ligne"])
	if err != nil {
		return nil, err
	}
	revision, err := strconv.Atoi(form.Get("revision"))
	if err != nil && form.Get("revision") != "" {
		return nil, errUnreadable
	}
	return s.shop.ChangeRevision(c.UserContext(), actorOf(c), k, pizzeria, id, revision, lines, form.Get("note"))
}

// takePayment records money taken before the order is handed over.
func (s *Server) takePayment(c *fiber.Ctx) error {
	w, err := s.orderWrite(c)
	if err != nil {
		return err
	}
	o, err := s.shop.TakePayment(c.UserContext(), actorOf(c), w.key, w.shop, w.id, methods[w.form.Get("paiement")])
	if err != nil {
		return err
	}
	return s.done(c, "/caisse", o)
}

// leaveOut goes on without the ingredient that ran out, for a customer who said so on the telephone or at the counter. The form names it:
// a page that is behind must not leave another one out.
func (s *Server) leaveOut(c *fiber.Ctx) error {
	w, err := s.orderWrite(c)
	if err != nil {
		return err
	}
	o, err := s.shop.LeaveOut(c.UserContext(), actorOf(c), w.key, w.shop, w.id, w.form.Get("ingredient"))
	if err != nil {
		return err
	}
	return s.done(c, "/caisse", o)
}
