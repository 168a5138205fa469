package web

import (
	"cmp"
	"fmt"
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

// home lists the shops.
func (s *Server) home(c *fiber.Ctx) error {
	shops, err := s.boards.Pizzerias(c.UserContext())
	if err != nil {
		return err
	}
	now := s.shop.Now()
	if wantsJSON(c) {
		out := make([]fiber.Map, len(shops))
		for i, p := range shops {
			out[i] = fiber.Map{"slug": p.Slug, "nom": p.Name, "ouverte": p.OpenAt(now), "codes_postaux": p.Postcodes}
		}
		return c.JSON(fiber.Map{"pizzerias": out})
	}
	near := views.Nearby{Postcode: shorten(strings.TrimSpace(c.Query("code_postal")))}
	if near.Postcode != "" {
		if shop := app.Serving(shops, near.Postcode); shop != nil {
			s.setCookie(c, postcodeCookie, near.Postcode, 24*time.Hour)
			return c.Redirect("/carte/"+shop.Slug, http.StatusSeeOther)
		}
		near.Refusal = farAway(near.Postcode)
	}
	cards := make([]views.ShopCard, len(shops))
	for i, p := range shops {
		cards[i] = views.ShopCard{Pizzeria: p, Open: p.OpenAt(now)}
		if next, ok := p.NextOpening(now); ok && !cards[i].Open {
			cards[i].Next = app.FrenchMoment(next, now)
		}
	}
	return s.html(c, views.Home(s.page(c, "home", ""), cards, near))
}

// postcodeCookie keeps the postcode by which a visitor found the shop, for its form.
const postcodeCookie = "oc_code_postal"

func farAway(postcode string) string {
	if len(postcode) != 5 || strings.Trim(postcode, "0123456789") != "" {
		return fmt.Sprintf("« %s » n’est pas un code postal. Écrivez ses cinq chiffres, comme 66000.", postcode)
	}
	return fmt.Sprintf("Nous ne livrons pas encore le %s. Choisissez une pizzeria ci-dessous et venez retirer votre commande.", postcode)
}

// menuView is the menu's board with its shop, from memory.
func (s *Server) menuView(c *fiber.Ctx, slug string) (*app.Board, views.Live, error) {
	shop, err := s.shop.Pizzeria(c.UserContext(), slug)
	if err != nil {
		return nil, views.Live{}, err
	}
	return s.view(c, realtime.Audience{Screen: realtime.MenuScreen, Pizzeria: shop.ID}, inLanguage("/live/carte/"+shop.Slug, s.language(c)))
}

func (s *Server) menu(c *fiber.Ctx) error {
	board, live, err := s.menuView(c, c.Params("pizzeria"))
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(menuJSON(board, live.Seq))
	}
	s.visitor(c)
	return s.menuPage(c, board, live, s.basketOf(c, board, app.Pickup))
}

func (s *Server) menuPage(c *fiber.Ctx, board *app.Board, live views.Live, basket views.Basket) error {
	p := s.page(c, "menu", "La carte · "+board.Pizzeria.Name)
	p.Pizzeria = &board.Pizzeria
	return s.html(c, views.MenuPage(p, live, board, basket))
}

func menuJSON(b *app.Board, seq int64) fiber.Map {
	products := make([]fiber.Map, 0, len(b.Menu.Products))
	for _, p := range b.Menu.Products {
		sizes := make([]fiber.Map, len(p.Variants))
		for i, v := range p.Variants {
			sizes[i] = fiber.Map{"taille": v.Size, "prix_cents": v.Price, "reste": b.Left(p.Slug, v.Size)}
		}
		products = append(products, fiber.Map{
			"slug": p.Slug, "nom": p.Name, "genre": p.Kind, "allergenes": b.Menu.Allergens(&p), "retirables": removableJSON(b.Menu, &p), "tailles": sizes,
		})
	}
	return fiber.Map{"seq": seq, "pizzeria": b.Pizzeria.Slug, "produits": products, "supplements": additionsJSON(b)}
}

// A basket lives in a cookie of the shop, so that it survives a reload and needs neither account nor database.
const maxBasketCookie = 3500 // bytes; browsers keep 4096 a cookie (RFC 6265, 6.1)

func basketCookie(pizzeria string) string { return "oc_panier_" + pizzeria }

// basketLines reads the basket's cookie; lines that cannot be read are dropped.
func (s *Server) basketLines(c *fiber.Ctx, pizzeria string) []app.NewLine {
	raw, err := url.QueryUnescape(c.Cookies(s.cookieName(basketCookie(pizzeria))))
	if err != nil || raw == "" {
		return nil
	}
	var lines []app.NewLine
	for r := range strings.SplitSeq(raw, "~") {
		if l, err := parseLine(r); err == nil {
			lines = append(lines, l)
		}
	}
	return lines
}

func (s *Server) keepBasket(c *fiber.Ctx, pizzeria string, lines []app.NewLine) error {
	if len(lines) == 0 {
		s.clearCookie(c, basketCookie(pizzeria))
		return nil
	}
	raws := make([]string, len(lines))
	for i, l := range lines {
		raws[i] = rawLine(l)
	}
	value := url.QueryEscape(strings.Join(raws, "~"))
	if len(value) > maxBasketCookie {
		return app.Errorf(app.Invalid, "Le panier est plein. Commandez d’abord ce qu’il contient, ou appelez la pizzeria.")
	}
	s.setCookie(c, basketCookie(pizzeria), value, 24*time.Hour)
	return nil
}

// basketOf looks the visitor's basket up in the menu. Lines that are no longer sold are left out.
func (s *Server) basketOf(c *fiber.Ctx, b *app.Board, mode app.Mode) views.Basket {
	basket := s.priced(b, s.basketLines(c, b.Pizzeria.Slug), mode)
	basket.Form.Postcode = s.postcode(c, b)
	return basket
}

// postcode is the visitor's, if the shop delivers there.
func (s *Server) postcode(c *fiber.Ctx, b *app.Board) string {
	if typed := c.Cookies(s.cookieName(postcodeCookie)); b.Pizzeria.Serves(typed) {
		return typed
	}
	return ""
}

// priced looks lines up in the menu, with what is left of each and when they could be had.
func (s *Server) priced(b *app.Board, in []app.NewLine, mode app.Mode) views.Basket {
	now := s.shop.Now()
	var basket views.Basket
	pizzas := 0
	for _, ask := range in {
		lines, err := b.Menu.Lines([]app.NewLine{ask}, mode, now)
		if err != nil {
			basket.Gone = append(basket.Gone, views.Asked(b.Menu, ask))
			continue
		}
		l := lines[0]
		l.N = len(basket.Lines) + 1
		pizzas += len(l.Items)
		basket.Total += l.Total()
		basket.Lines = append(basket.Lines, basketLine(b, ask, l))
	}
	basket.Soonest = b.Soonest(pizzas, now)
	basket.Slots = b.Slots(b.Pizzeria.Modes()[0], pizzas, now, 16) // a delivery's suit those who come as well
	return basket
}

// basketLine is a line with what is left of it. An ingredient that has run out makes the whole pizza sold out, as the menu says, even of a line
// that goes without it.
func basketLine(b *app.Board, ask app.NewLine, l app.Line) views.BasketLine {
	row := views.BasketLine{Raw: rawLine(ask), Line: l, Left: min(b.Left(l.Product, l.Size), b.LeftOf(l))}
	if row.Left < l.Quantity {
		row.Scarce = b.Scarce(l, row.Left)
	}
	return row
}

// known are the lines of a basket that are still sold: those that its page numbers.
func known(basket views.Basket) []app.NewLine {
	var lines []app.NewLine
	for _, l := range basket.Lines {
		if line, err := parseLine(l.Raw); err == nil {
			lines = append(lines, line)
		}
	}
	return lines
}

// basket adds to, or changes, the basket.
func (s *Server) basket(c *fiber.Ctx) error {
	board, _, err := s.menuView(c, c.Params("pizzeria"))
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if from := form.Get("reprendre"); from != "" {
		return s.bringBasket(c, board, from, form.Get("code_postal"))
	}
	if form.Get("recommander") != "" {
		return s.orderAgain(c, board, form["ligne"])
	}
	lines, err := editLines(board, known(s.basketOf(c, board, app.Pickup)), form)
	if err == nil {
		err = s.keepBasket(c, board.Pizzeria.Slug, lines)
	}
	if err != nil {
		return err
	}
	basket := s.priced(board, lines, app.Pickup)
	basket.Form = checkoutForm(form)
	basket.Form.Postcode = cmp.Or(basket.Form.Postcode, s.postcode(c, board))
	if fromLive(c) {
		p := s.page(c, "menu", "")
		p.Pizzeria = &board.Pizzeria
		return s.html(c, views.BasketPiece(p, board, basket))
	}
	back := "/carte/" + board.Pizzeria.Slug
	if form.Get("ajouter") == "" {
		back += "#panier"
	}
	return c.Redirect(back, http.StatusSeeOther)
}

// bringBasket takes what the visitor chose in another shop, as far as this one sells it, to the form that orders it here.
func (s *Server) bringBasket(c *fiber.Ctx, b *app.Board, from, postcode string) error {
	if b.Pizzeria.Serves(postcode) {
		s.setCookie(c, postcodeCookie, postcode, 24*time.Hour)
	}
	return s.fillBasket(c, b, known(s.priced(b, s.basketLines(c, from), app.Pickup)))
}

// orderAgain puts the lines of an earlier order into the basket. Those that are no longer sold as they were stay for the basket to name.
func (s *Server) orderAgain(c *fiber.Ctx, b *app.Board, raws []string) error {
	lines, err := parseLines(raws)
	if err != nil {
		return err
	}
	return s.fillBasket(c, b, lines[:min(len(lines), app.MaxLines)])
}

// fillBasket makes lines the basket and opens it.
func (s *Server) fillBasket(c *fiber.Ctx, b *app.Board, lines []app.NewLine) error {
	if err := s.keepBasket(c, b.Pizzeria.Slug, lines); err != nil {
		return err
	}
	to := "/carte/" + b.Pizzeria.Slug + "#" + views.BasketID
	if fromLive(c) {
		c.Set("X-Location", to)
		return c.SendStatus(http.StatusNoContent)
	}
	return c.Redirect(to, http.StatusSeeOther)
}

// editLines adds a product ("ajouter" = "slug:size", "sans" and "avec" = ingredients) or changes line "ligne" by "action". The basket's cookie and the till's draft share it.
func editLines(b *app.Board, lines []app.NewLine, form url.Values) ([]app.NewLine, error) {
	if add := form.Get("ajouter"); add != "" {
		l, err := parseLine(add + ":1")
		if err != nil {
			return nil, err
		}
		l.Without = slices.Compact(slices.Sorted(slices.Values(form["sans"])))
		l.Added = slices.Compact(slices.Sorted(slices.Values(form["avec"])))
		if _, err := b.Menu.Lines([]app.NewLine{l}, app.Pickup, time.Now()); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(lines, func(o app.NewLine) bool {
			return o.Product == l.Product && o.Size == l.Size && slices.Equal(o.Without, l.Without) && slices.Equal(o.Added, l.Added)
		}); i >= 0 {
			lines[i].Quantity = min(lines[i].Quantity+1, app.MaxQuantity)
			return lines, nil
		}
		if len(lines) >= app.MaxLines {
			return nil, app.Errorf(app.Invalid, "Le panier a déjà %d lignes. Appelez la pizzeria pour une grande commande.", app.MaxLines)
		}
		return append(lines, l), nil
	}
	n, err := strconv.Atoi(form.Get("ligne"))
	if err != nil || n < 1 || n > len(lines) {
		return nil, app.Errorf(app.Conflict, "Le panier a changé dans un autre onglet. Rechargez la page.")
	}
	switch l := &lines[n-1]; form.Get("action") {
	case "plus":
		l.Quantity = min(l.Quantity+1, app.MaxQuantity)
	case "moins":
		l.Quantity--
	case "retirer":
		l.Quantity = 0
	default:
		return nil, errUnreadable
	}
	return slices.DeleteFunc(lines, func(l app.NewLine) bool { return l.Quantity < 1 }), nil
}

func checkoutForm(form url.Values) views.Checkout {
	return views.Checkout{
		Mode: form.Get("mode"), Name: form.Get("nom"), Phone: form.Get("telephone"), Address: form.Get("adresse"),
		Postcode: form.Get("code_postal"), Slot: form.Get("creneau"), Method: form.Get("paiement"), Note: form.Get("note"),
	}
}

// placeOrder takes a customer's order. A refusal keeps what was typed.
func (s *Server) placeOrder(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	principal := "visitor"
	if c.Cookies(s.cookieName(visitorCookie)) != "" {
		principal = s.visitor(c)
	}
	placed, err := s.place(c, app.Actor{Role: app.Visitor, Name: "client", Screen: "web"}, principal, form, app.Web)
	if err != nil {
		return s.refuseOrder(c, form, err)
	}
	s.clearCookie(c, basketCookie(form.Get("pizzeria")))
	link := "/suivi/" + placed.Token
	switch {
	case wantsJSON(c):
		return c.Status(http.StatusCreated).JSON(fiber.Map{
			"numero": placed.Order.Number, "suivi": link, "total_cents": placed.Order.Total(), "promis_a": rfc3339(placed.Order.PromisedAt),
		})
	case fromLive(c):
		c.Set("X-Location", link)
		return c.SendStatus(http.StatusNoContent)
	}
	return c.Redirect(link, http.StatusSeeOther)
}

func (s *Server) place(c *fiber.Ctx, actor app.Actor, principal string, form url.Values, channel app.Channel) (placed app.Placed, err error) {
	defer func() { s.meters.count(placed, channel, err) }()
	if s.stopping != nil {
		if err := s.stopping(); err != nil {
			c.Set(fiber.HeaderRetryAfter, "5")
			return app.Placed{}, err
		}
	}
	k, err := key(c, principal, form)
	if err != nil {
		return app.Placed{}, err
	}
	in, err := newOrder(form, channel, s.shop.Now())
	if err != nil {
		return app.Placed{}, err
	}
	return s.shop.PlaceOrder(c.UserContext(), actor, k, in)
}

// refuseOrder shows the basket again as it was typed, with the refusal.
func (s *Server) refuseOrder(c *fiber.Ctx, form url.Values, err error) error {
	refusal := app.AsError(err)
	if wantsJSON(c) || refusal.Kind == app.Internal {
		return err
	}
	board, live, berr := s.menuView(c, form.Get("pizzeria"))
	if berr != nil {
		return err
	}
	var lines []app.NewLine
	for _, raw := range form["ligne"] {
		if l, perr := parseLine(raw); perr == nil {
			lines = append(lines, l)
		}
	}
	mode := app.Pickup
	if m, ok := modes[form.Get("mode")]; ok {
		mode = m
	}
	basket := s.priced(board, lines, mode)
	basket.Form = checkoutForm(form)
	basket.Refusal, basket.BadLine, basket.BadField = refusal.Message, refusal.Line, refusal.Field
	if basket.Gone != nil {
		basket.BadLine = 0 // lines are numbered anew
	}
	if refusal.Field == "code_postal" {
		if shops, serr := s.boards.Pizzerias(c.UserContext()); serr == nil {
			basket.Elsewhere = app.Serving(shops, form.Get("code_postal"))
		}
	}
	s.retryLater(c, refusal)
	c.Status(status[refusal.Kind])
	if fromLive(c) {
		p := s.page(c, "menu", "")
		p.Pizzeria = &board.Pizzeria
		return s.html(c, views.BasketPiece(p, board, basket))
	}
	return s.menuPage(c, board, live, basket)
}

// tracked finds the order of a tracking link and makes the actor its customer.
func (s *Server) tracked(c *fiber.Ctx) (*app.Order, app.Actor, error) {
	o, err := s.shop.Tracked(c.UserContext(), c.Params("token"))
	if err != nil {
		return nil, app.Actor{}, err
	}
	return o, app.Actor{Role: app.Customer, Order: o.ID, Name: "client", Screen: "tracking"}, nil
}

func (s *Server) tracking(c *fiber.Ctx) error {
	o, _, err := s.tracked(c)
	if err != nil {
		return err
	}
	return s.trackingPage(c, o, nil)
}

// trackingPage draws a followed order, with a change that was refused if there is one.
func (s *Server) trackingPage(c *fiber.Ctx, o *app.Order, typed *views.Revision) error {
	c.Set("Referrer-Policy", "no-referrer")
	c.Set("X-Robots-Tag", "noindex")
	c.Set(fiber.HeaderCacheControl, "no-store")
	board, live, err := s.view(c, realtime.Audience{Screen: realtime.TrackingScreen, Pizzeria: o.Pizzeria, ID: o.ID}, inLanguage("/live/suivi/"+c.Params("token"), s.language(c)))
	if err != nil {
		return err
	}
	if fresh := board.Orders[o.ID]; fresh != nil {
		o, live.Estimate, live.Rider = fresh, s.boards.Estimate(fresh), s.boards.Rider(board, fresh)
	} else {
		live.Path, live.Service = "", views.Working // long over: nothing will change any more, and nobody would take the bar back
	}
	if wantsJSON(c) {
		out := orderJSON(o)
		out["seq"], out["attente"], out["prevu_a"] = live.Seq, holdJSON(board, o), ""
		if o.Awaited() {
			out["prevu_a"] = rfc3339(live.Estimate)
		}
		rideJSON(out, board, o, live.Rider)
		return c.JSON(out)
	}
	p := s.page(c, "tracking", fmt.Sprintf("Commande n° %d", o.Number))
	p.Pizzeria = &board.Pizzeria
	return s.html(c, views.TrackingPage(p, live, board, o, c.Params("token"), typed))
}

// orderJSON is what the tracking page says, without who ordered.
func orderJSON(o *app.Order) fiber.Map {
	lines := make([]fiber.Map, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = fiber.Map{
			"n": l.N, "produit": l.Product, "nom": l.Name, "taille": l.Size, "quantite": l.Quantity, "prix_cents": l.UnitPrice,
			"etat": l.State(), "pizzas": l.Items, "sans": l.Without, "avec": orNone(l.AddedSlugs()), "supplements": addedJSON(l), "allergenes": l.Allergens,
		}
	}
	return fiber.Map{
		"id": o.ID, "numero": o.Number, "statut": o.Status, "version": o.Version, "mode": o.Mode, "lignes": lines, "total_cents": o.Total(),
		"paiement": fiber.Map{"moyen": o.Payment.Method, "statut": o.Payment.Status}, "promis_a": rfc3339(o.PromisedAt), "annulable": o.Open(), "modifiable": o.Revisable(),
	}
}

func (s *Server) cancelTracked(c *fiber.Ctx) error {
	return s.changeByLink(c, func(o *app.Order, actor app.Actor, k app.Key, _ url.Values) (*app.Order, error) {
		return s.shop.CancelOrder(c.UserContext(), actor, k, o.Pizzeria, o.ID, "")
	}, refused)
}

func (s *Server) changeTracked(c *fiber.Ctx) error {
	return s.changeByLink(c, func(o *app.Order, actor app.Actor, k app.Key, form url.Values) (*app.Order, error) {
		// A row of the page set to « 0, retirer » sends an empty line.
		lines, err := parseLines(slices.DeleteFunc(slices.Clone(form["ligne"]), func(l string) bool { return l == "" }))
		if err != nil {
			return nil, err
		}
		// The page does not show the note to whoever has the link: an empty one keeps what is there.
		return s.shop.ChangeOrder(c.UserContext(), actor, k, o.Pizzeria, o.ID, lines, cmp.Or(form.Get("note"), o.Note))
	}, s.refuseChange)
}

// refuseChange shows a plain form's order again as it stands now, with what was typed and why it cannot be.
func (s *Server) refuseChange(c *fiber.Ctx, o *app.Order, form url.Values, err error) error {
	refusal := app.AsError(err)
	if wantsJSON(c) || fromLive(c) || refusal.Kind == app.Internal {
		return err
	}
	typed := &views.Revision{Lines: form["ligne"], Note: form.Get("note"), Refusal: refusal.Message}
	for i, n := 0, 0; i < len(typed.Lines) && refusal.Line > 0; i++ {
		if typed.Lines[i] == "" { // is no line, see changeTracked
			continue
		}
		if n++; n == refusal.Line {
			typed.BadRow = i + 1
		}
	}
	s.retryLater(c, refusal)
	c.Status(status[refusal.Kind])
	return s.trackingPage(c, o, typed)
}

// refused answers a change that the business refused.
func refused(_ *fiber.Ctx, _ *app.Order, _ url.Values, err error) error { return err }

func (s *Server) leaveOutTracked(c *fiber.Ctx) error {
	return s.changeByLink(c, func(o *app.Order, actor app.Actor, k app.Key, form url.Values) (*app.Order, error) {
		return s.shop.LeaveOut(c.UserContext(), actor, k, o.Pizzeria, o.ID, cmp.Or(form.Get("ingredient"), o.Missing))
	}, refused)
}

func (s *Server) changeByLink(c *fiber.Ctx, change func(*app.Order, app.Actor, app.Key, url.Values) (*app.Order, error),
	refuse func(*fiber.Ctx, *app.Order, url.Values, error) error,
) error {
	o, actor, err := s.tracked(c)
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	k, err := key(c, actor.Key(), form)
	if err != nil {
		return err
	}
	after, err := change(o, actor, k, form)
	if err != nil {
		return refuse(c, o, form, err)
	}
	return s.done(c, "/suivi/"+c.Params("token"), after)
}
