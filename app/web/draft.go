package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// The till's draft is kept by the browser in a cookie, like a basket: it survives a reload and a change of screen. An order that is being
// taken is put aside, in the second one, while another is changed.
const (
	draftCookie = "oc_brouillon"
	asideCookie = "oc_brouillon_attente"
)

// draftFields are what a draft has besides its lines.
var draftFields = []string{"canal", "mode", "nom", "telephone", "adresse", "code_postal", "creneau", "paiement", "note", "client", "commande", "revision"}

// draft reads the till's draft, or the one that is put aside.
func (s *Server) draft(c *fiber.Ctx, cookie string) url.Values {
	raw, err := url.QueryUnescape(c.Cookies(s.cookieName(cookie)))
	if err != nil {
		return url.Values{}
	}
	form, err := url.ParseQuery(raw)
	if err != nil {
		return url.Values{}
	}
	return form
}

// tillForm draws a draft: its lines looked up, and the total.
func (s *Server) tillForm(b *app.Board, form url.Values) views.TillForm {
	changing := orderOf(b, form.Get("commande"))
	if changing == nil && form.Get("commande") != "" {
		form = nil // it has left the board: its lines must not become a new order
	}
	mode := app.Pickup
	if m, ok := modes[form.Get("mode")]; ok {
		mode = m
	}
	if changing != nil {
		mode = changing.Mode
	}
	var lines []app.NewLine
	for _, raw := range form["ligne"] {
		if l, err := parseLine(raw); err == nil {
			lines = append(lines, l)
		}
	}
	basket := s.priced(b, lines, mode)
	f := views.TillForm{
		Channel: form.Get("canal"), Checkout: checkoutForm(form), Lines: basket.Lines, Total: basket.Total, Soonest: basket.Soonest, Slots: basket.Slots,
		Client: form.Get("client"),
	}
	if changing != nil {
		f.Changing, f.Soonest = changing, nil
		f.Revision, _ = strconv.Atoi(form.Get("revision"))
		return f
	}
	return f
}

// customerOrders is how many of a customer's orders the till shows.
const customerOrders = 3

// customer looks up who has a draft's telephone number, when a clerk asks: their last orders, and their name and address for the fields that
// are still empty.
func (s *Server) customer(c *fiber.Ctx, b *app.Board, draft url.Values) ([]*app.Order, *app.Error) {
	phone, err := phoneNumber(draft.Get("telephone"))
	if err != nil {
		return nil, app.AsError(err)
	}
	orders, err := s.shop.CustomerOrders(c.UserContext(), actorOf(c), b.Pizzeria.ID, phone, customerOrders)
	if err != nil {
		return nil, app.AsError(err)
	}
	if before := draft.Get("client"); before != "" && before != phone {
		for _, name := range []string{"nom", "adresse", "code_postal"} {
			draft.Del(name) // somebody else's
		}
	}
	draft.Set("client", phone)
	for _, o := range orders {
		if draft.Get("nom") == "" {
			draft.Set("nom", o.Contact.Name)
		}
		if o.Contact.Address != "" && draft.Get("adresse") == "" {
			draft.Set("adresse", o.Contact.Address)
			draft.Set("code_postal", o.Contact.Postcode)
		}
	}
	return orders, nil
}

// orderOf finds an order of a board by its id as a form has it, nil if it is not there.
func orderOf(b *app.Board, id string) *app.Order {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return b.Orders[n]
}

// tillDraft changes the draft: a product more, a line less, another customer; an earlier order again; an order to be changed.
func (s *Server) tillDraft(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	_, b, live, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	draft, refusal, err := s.edited(c, b, form)
	if err != nil {
		return err
	}
	var customer []*app.Order
	asked := form.Get("action") == "chercher" && form.Get("code") == "" && draft.Get("telephone") != ""
	if asked && refusal == nil {
		customer, refusal = s.customer(c, b, draft)
	}
	if err := s.keepDraft(c, draftCookie, draft); err != nil {
		return err
	}
	if refusal == nil && !asked && !fromLive(c) {
		return c.Redirect("/caisse"+shopQuery(&b.Pizzeria, shops), http.StatusSeeOther)
	}
	f := s.tillForm(b, draft)
	f.Customer, f.Searched = customer, asked && refusal == nil
	if refusal != nil {
		f.Refusal, f.BadLine, f.BadField = refusal.Message, refusal.Line, refusal.Field
		c.Status(status[refusal.Kind])
	}
	key := form.Get("_cle")
	if form.Get("modifier") != "" || form.Get("action") == "abandonner" {
		key = "" // another form: what stands in the fields of this one belongs to another order
	}
	return s.tillAnswer(c, live, b, shops, f, key)
}

// edited is the draft after what the clerk did to it. A refusal leaves it as it was, and is shown beside it.
func (s *Server) edited(c *fiber.Ctx, b *app.Board, form url.Values) (draft url.Values, refusal *app.Error, err error) {
	draft = url.Values{}
	for _, name := range draftFields {
		if form.Has(name) {
			draft.Set(name, form.Get(name))
		}
	}
	if form.Get("action") == "abandonner" {
		return s.takeUp(c), nil, nil
	}
	if id := form.Get("modifier"); id != "" {
		if draft.Get("commande") == "" {
			for _, l := range form["ligne"] {
				draft.Add("ligne", l)
			}
			if err := s.keepDraft(c, asideCookie, draft); err != nil {
				return nil, nil, err
			}
		}
		draft, refusal = changeDraft(b, id)
		return draft, refusal, nil
	}
	lines, refusal := s.draftLines(c, b, form, draft)
	for _, l := range lines {
		draft.Add("ligne", rawLine(l))
	}
	return draft, refusal, nil
}

// keepDraft puts a draft into a cookie.
func (s *Server) keepDraft(c *fiber.Ctx, cookie string, draft url.Values) error {
	value := url.QueryEscape(draft.Encode())
	if len(value) > maxBasketCookie {
		return app.Errorf(app.Invalid, "La commande est trop longue pour une seule saisie. Enregistrez-la en deux fois.")
	}
	s.setCookie(c, cookie, value, 12*time.Hour)
	return nil
}

// takeUp takes the draft up again that was put aside, and leaves nothing there.
func (s *Server) takeUp(c *fiber.Ctx) url.Values {
	draft := s.draft(c, asideCookie)
	s.clearCookie(c, asideCookie)
	return draft
}

// changeDraft is the draft that changes an order of the board.
func changeDraft(b *app.Board, id string) (url.Values, *app.Error) {
	o := orderOf(b, id)
	if o == nil {
		return nil, app.ErrNoOrder
	}
	draft := url.Values{"commande": {id}, "revision": {strconv.Itoa(o.Revision)}, "note": {o.Note}}
	for _, l := range newLines(o) {
		draft.Add("ligne", rawLine(l))
	}
	return draft, gone(b, o)
}

// newLines asks for the lines of an order once more.
func newLines(o *app.Order) []app.NewLine {
	lines := make([]app.NewLine, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = app.NewLine{Product: l.Product, Size: l.Size, Quantity: l.Quantity, Without: l.Without, Added: l.AddedSlugs()}
	}
	return lines
}

// gone is a refusal that names a line of an order that can no longer be asked for as it is, nil when all can: it would be missed otherwise.
func gone(b *app.Board, o *app.Order) *app.Error {
	for i, l := range newLines(o) {
		if _, err := b.Menu.Lines([]app.NewLine{l}, o.Mode, time.Now()); err != nil {
			return app.Errorf(app.Conflict, "« %s » n’est plus à la carte comme dans la commande n° %d : cette ligne manque ici.", o.Lines[i].Name, o.Number)
		}
	}
	return nil
}

// draftLines are the lines of the form with what the clerk did to them. A refusal leaves them as they were.
func (s *Server) draftLines(c *fiber.Ctx, b *app.Board, form, draft url.Values) ([]app.NewLine, *app.Error) {
	var lines []app.NewLine
	for _, l := range s.tillForm(b, form).Lines {
		if line, err := parseLine(l.Raw); err == nil {
			lines = append(lines, line)
		}
	}
	if form.Get("reprendre") != "" {
		return s.sameAgain(c, b, form.Get("reprendre"), draft)
	}
	edit := url.Values{}
	action, rest, _ := strings.Cut(form.Get("action"), ":")
	n, ingredient, _ := strings.Cut(rest, ":")
	switch {
	case form.Get("ajouter") != "":
		edit.Set("ajouter", form.Get("ajouter"))
	case action == "sans" || action == "avec":
		return composed(b, lines, action, n, ingredient)
	case action == "moins" || action == "plus" || action == "retirer":
		edit.Set("action", action)
		edit.Set("ligne", n)
	case form.Get("code") != "":
		return typed(b, lines, form.Get("code"))
	default:
		return lines, nil // a look at the customer, or at the draft with other details
	}
	edited, err := editLines(b, slices.Clone(lines), edit)
	if err != nil {
		return lines, app.AsError(err)
	}
	return edited, nil
}

// tillAnswer draws the draft for live.js, the whole page for a plain form. The page's key stays, or what is being typed would be lost.
func (s *Server) tillAnswer(c *fiber.Ctx, live views.Live, b *app.Board, shops []app.Pizzeria, f views.TillForm, pageKey string) error {
	p := s.staffPage(c, "till", "Caisse", &b.Pizzeria, shops)
	f = s.withTaken(c, b, f)
	if !fromLive(c) {
		return s.html(c, views.TillPage(p, live, b, f))
	}
	if pageKey != "" && len(pageKey) <= 100 {
		p.Key = pageKey
	}
	return s.html(c, views.TillDraft(p, b, f))
}

// sameAgain fills a draft with an earlier order of the same customer.
func (s *Server) sameAgain(c *fiber.Ctx, b *app.Board, id string, draft url.Values) ([]app.NewLine, *app.Error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, app.ErrNoOrder
	}
	o, err := s.shop.EarlierOrder(c.UserContext(), actorOf(c), b.Pizzeria.ID, n)
	if err != nil {
		return nil, app.AsError(err)
	}
	draft.Set("nom", o.Contact.Name)
	draft.Set("adresse", o.Contact.Address)
	draft.Set("code_postal", o.Contact.Postcode)
	draft.Set("mode", views.ModeField(o.Mode))
	return newLines(o), gone(b, o)
}
