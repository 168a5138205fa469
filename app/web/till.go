package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// The till's draft is kept by the browser in a cookie, like a basket: it survives a reload and a change of screen.
const draftCookie = "oc_brouillon"

func (s *Server) till(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	form := s.draft(c)
	p := s.staffPage(c, "till", "Caisse", &b.Pizzeria, shops)
	if n := c.Query("commande"); n != "" {
		p.Notice = fmt.Sprintf("Commande n° %s enregistrée. La cuisine l’a reçue.", shorten(n))
	}
	return s.html(c, views.TillPage(p, live, b, s.tillForm(b, form)))
}

// draft reads the till's draft.
func (s *Server) draft(c *fiber.Ctx) url.Values {
	raw, err := url.QueryUnescape(c.Cookies(s.cookieName(draftCookie)))
	if err != nil {
		return url.Values{}
	}
	form, err := url.ParseQuery(raw)
	if err != nil {
		return url.Values{}
	}
	return form
}

// tillForm draws a draft: its lines looked up, the total, and what the customer of the phone number ordered last.
func (s *Server) tillForm(b *app.Board, form url.Values) views.TillForm {
	var lines []app.NewLine
	for _, raw := range form["ligne"] {
		if l, err := parseLine(raw); err == nil {
			lines = append(lines, l)
		}
	}
	mode := app.Pickup
	if m, ok := modes[form.Get("mode")]; ok {
		mode = m
	}
	basket := s.priced(b, lines, mode)
	f := views.TillForm{
		Channel: form.Get("canal"), Checkout: checkoutForm(form), Lines: basket.Lines, Total: basket.Total, Soonest: basket.Soonest,
	}
	if phone, err := phoneNumber(f.Checkout.Phone); err == nil && phone != "" {
		f.Customer = b.Recent(3, func(o *app.Order) bool { return o.Contact.Phone == phone })
	}
	return f
}

// tillDraft changes the draft: a product more, a line less, another customer. The same order again fills it whole.
func (s *Server) tillDraft(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	_, b, _, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	old := s.draft(c)
	draft := url.Values{}
	for _, name := range []string{"canal", "mode", "nom", "telephone", "adresse", "code_postal", "creneau", "paiement", "note"} {
		if form.Has(name) {
			draft.Set(name, form.Get(name))
		} else if old.Has(name) {
			draft.Set(name, old.Get(name))
		}
	}
	kept := s.tillForm(b, old).Lines
	var lines []app.NewLine
	for _, l := range kept {
		if line, perr := parseLine(l.Raw); perr == nil {
			lines = append(lines, line)
		}
	}
	switch {
	case form.Get("action") == "vider":
		draft, lines = url.Values{}, nil
	case form.Get("reprendre") != "":
		lines = s.sameAgain(b, form.Get("reprendre"), draft)
	case form.Get("ajouter") != "" || form.Get("action") != "":
		if lines, err = editLines(b, lines, form); err != nil {
			return err
		}
	}
	for _, l := range lines {
		draft.Add("ligne", rawLine(l))
	}
	if value := url.QueryEscape(draft.Encode()); len(value) <= maxBasketCookie {
		s.setCookie(c, draftCookie, value, 12*time.Hour)
	} else {
		return app.Errorf(app.Invalid, "La commande est trop longue pour une seule saisie. Enregistrez-la en deux fois.")
	}
	if fromLive(c) {
		p := s.staffPage(c, "till", "Caisse", &b.Pizzeria, shops)
		return s.html(c, views.TillDraft(p, b, s.tillForm(b, draft)))
	}
	return c.Redirect("/caisse"+shopQuery(&b.Pizzeria, shops), http.StatusSeeOther)
}

// sameAgain fills a draft with an earlier order of the same customer.
func (s *Server) sameAgain(b *app.Board, id string, draft url.Values) []app.NewLine {
	var lines []app.NewLine
	for _, o := range b.Orders {
		if fmt.Sprint(o.ID) != id {
			continue
		}
		for _, l := range o.Lines {
			lines = append(lines, app.NewLine{Product: l.Product, Size: l.Size, Quantity: l.Quantity, Without: l.Without})
		}
		draft.Set("nom", o.Contact.Name)
		draft.Set("adresse", o.Contact.Address)
		draft.Set("code_postal", o.Contact.Postcode)
		for word, m := range modes {
			if m == o.Mode {
				draft.Set("mode", word)
			}
		}
	}
	return lines
}

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
		f.Refusal, f.BadLine = refusal.Message, refusal.Line
		c.Status(status[refusal.Kind])
		p := s.staffPage(c, "till", "Caisse", &b.Pizzeria, shops)
		if fromLive(c) {
			return s.html(c, views.TillDraft(p, b, f))
		}
		return s.html(c, views.TillPage(p, live, b, f))
	}
	s.clearCookie(c, draftCookie)
	if wantsJSON(c) {
		out := orderJSON(placed.Order)
		out["suivi"] = "/suivi/" + placed.Token
		return c.Status(http.StatusCreated).JSON(out)
	}
	to := "/caisse" + shopQuery(&b.Pizzeria, shops)
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	return s.reload(c, fmt.Sprintf("%s%scommande=%d", to, sep, placed.Order.Number))
}

// takePayment records money taken before the order is handed over.
func (s *Server) takePayment(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	shop, err := s.orderShop(c, id)
	if err != nil {
		return err
	}
	o, err := s.shop.TakePayment(c.UserContext(), actorOf(c), k, shop, id, methods[form.Get("paiement")])
	if err != nil {
		return err
	}
	return s.done(c, "/caisse", o)
}
