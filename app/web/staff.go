package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// boardOf draws a staff screen: its shop, its board and the socket beside it.
func (s *Server) boardOf(c *fiber.Ctx, screen realtime.Screen) (a realtime.Audience, b *app.Board, live views.Live, shops []app.Pizzeria, err error) {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return a, nil, live, nil, err
	}
	a = s.audience(c, screen, shop.ID)
	path := "/live/" + string(screen)
	view := map[realtime.Screen]string{realtime.StockScreen: views.StockView, realtime.SupervisionScreen: views.SupervisionView, realtime.GroupScreen: views.GroupView}[screen]
	if view != "" {
		path = "/live/pilotage"
	}
	path += shopQuery(shop, shops)
	if view != "" {
		path += map[bool]string{true: "?", false: "&"}[len(shops) < 2] + "vue=" + view
	}
	b, live, err = s.view(c, a, path)
	return a, b, live, shops, err
}

// audience is who the viewer watches with.
func (s *Server) audience(c *fiber.Ctx, screen realtime.Screen, pizzeria int64) realtime.Audience {
	a := realtime.Audience{Screen: screen, Pizzeria: pizzeria}
	if screen == realtime.CourierScreen {
		a.ID = actorOf(c).User
	}
	return a
}

func (s *Server) kitchen(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.KitchenScreen)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(kitchenJSON(b, live))
	}
	return s.html(c, views.KitchenPage(s.staffPage(c, "kitchen", "Cuisine", &b.Pizzeria, shops), live, b))
}

func (s *Server) courier(c *fiber.Ctx) error {
	a, b, live, shops, err := s.boardOf(c, realtime.CourierScreen)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(courierJSON(b, live, a.ID))
	}
	return s.html(c, views.CourierPage(s.staffPage(c, "courier", "Livraisons", &b.Pizzeria, shops), live, b, a.ID))
}

func (s *Server) dashboard(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.DashboardScreen)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(dashboardJSON(b, live, s.boards.Cockpit(b.Pizzeria.ID).Before))
	}
	p := s.staffPage(c, "dashboard", "Pilotage", &b.Pizzeria, shops)
	return s.html(c, views.DashboardPage(p, live, b, s.boards.Cockpit(b.Pizzeria.ID)))
}

// group shows all shops to a director, the worst first.
func (s *Server) group(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.GroupScreen)
	if err != nil {
		return err
	}
	all, err := s.boards.Group(c.UserContext())
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(groupJSON(all, live))
	}
	return s.html(c, views.GroupPage(s.staffPage(c, "group", "Toutes les pizzerias", &b.Pizzeria, shops), live, all))
}

// supervision shows whether the program and its database are well; all of it from memory.
func (s *Server) supervision(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.SupervisionScreen)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(supervisionJSON(s.boards.Supervision()))
	}
	p := s.staffPage(c, "supervision", "Supervision", &b.Pizzeria, shops)
	return s.html(c, views.SupervisionPage(p, live, s.boards.Supervision()))
}

func (s *Server) stock(c *fiber.Ctx) error {
	_, b, live, shops, err := s.boardOf(c, realtime.StockScreen)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(stockJSON(b, live))
	}
	return s.html(c, views.StockPage(s.staffPage(c, "stock", "Stocks", &b.Pizzeria, shops), live, b, views.StockForm{}))
}

// refuseStock answers a plain form with the page on which it was typed, and what was typed. Others have it still.
func (s *Server) refuseStock(c *fiber.Ctx, form url.Values, err error) error {
	refusal := app.AsError(err)
	if wantsJSON(c) || fromLive(c) || refusal.Kind != app.Invalid && refusal.Kind != app.Conflict {
		return err
	}
	_, b, live, shops, berr := s.boardOf(c, realtime.StockScreen)
	if berr != nil {
		return err
	}
	f := views.StockForm{Ingredient: c.Params("ingredient"), Action: form.Get("action"), Quantity: form.Get("quantite"), Refusal: refusal.Message}
	c.Status(status[refusal.Kind])
	return s.html(c, views.StockPage(s.staffPage(c, "stock", "Stocks", &b.Pizzeria, shops), live, b, f))
}

// staffWrite reads what every write of staff needs: the form, the idempotency key, and when the person acted.
func (s *Server) staffWrite(c *fiber.Ctx) (url.Values, app.Key, error) {
	form, err := readForm(c)
	if err != nil {
		return nil, app.Key{}, err
	}
	k, err := key(c, actorOf(c).Key(), form)
	if err != nil {
		return nil, app.Key{}, err
	}
	if at, err := time.Parse(time.RFC3339, c.Get("X-Acted-At")); err == nil {
		c.SetUserContext(app.ActedAt(c.UserContext(), at))
	}
	return form, k, nil
}

// orderShop finds in which of the actor's shops an order is, from the boards in memory; another's order is as absent as one that never was.
func (s *Server) orderShop(c *fiber.Ctx, id int64) (int64, error) {
	actor := actorOf(c)
	all, err := s.boards.Pizzerias(c.UserContext())
	if err != nil {
		return 0, err
	}
	var mine []int64
	for _, p := range all {
		if !actor.WorksIn(p.ID) {
			continue
		}
		b, err := s.boards.Board(c.UserContext(), p.ID)
		if err != nil {
			return 0, err
		}
		if b.Orders[id] != nil {
			return p.ID, nil
		}
		mine = append(mine, p.ID)
	}
	if len(mine) == 1 {
		return mine[0], nil // perhaps too old for the board: the database knows
	}
	return 0, app.ErrNoOrder
}

// orderWrite is a write of staff to an order: which one, in which of the actor's shops, and what every write has.
type orderWrite struct {
	id, shop int64
	form     url.Values
	key      app.Key
}

func (s *Server) orderWrite(c *fiber.Ctx) (w orderWrite, err error) {
	if w.id, err = pathID(c, "id"); err != nil {
		return w, err
	}
	if w.form, w.key, err = s.staffWrite(c); err != nil {
		return w, err
	}
	w.shop, err = s.orderShop(c, w.id)
	return w, err
}

// advanceOrder takes an order one step, from any staff screen: the table of app decides whether the actor may.
func (s *Server) advanceOrder(c *fiber.Ctx) error {
	w, err := s.orderWrite(c)
	if err != nil {
		return err
	}
	ctx, actor := c.UserContext(), actorOf(c)
	var o *app.Order
	switch step := app.Status(c.Params("step")); step {
	case app.Delivered, app.Collected:
		method, known := methods[w.form.Get("paiement")]
		if w.form.Get("paiement") != "" && !known {
			return app.Errorf(app.Invalid, "Choisissez espèces, carte, chèque ou ticket-restaurant.")
		}
		o, err = s.shop.HandOver(ctx, actor, w.key, w.shop, w.id, step, method)
	case app.Acknowledged:
		o, err = s.shop.AcknowledgeOrder(ctx, actor, w.key, w.shop, w.id)
	case app.OnHold:
		o, err = s.shop.HoldOrder(ctx, actor, w.key, w.shop, w.id, w.form.Get("ingredient"))
	default:
		if !slices.Contains(app.Statuses, step) {
			return app.Errorf(app.NotFound, "Cette étape n’existe pas.")
		}
		o, err = s.shop.AdvanceOrder(ctx, actor, w.key, w.shop, w.id, step, w.form.Get("motif"))
	}
	if err != nil {
		return err
	}
	return s.done(c, homeOf(actor), o)
}

// advanceItem takes the pizzas of a line a step further; "pizza" names one of them.
func (s *Server) advanceItem(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	line, err := strconv.Atoi(c.Params("n"))
	if err != nil {
		return app.ErrNoOrder
	}
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	pizza := 0
	if form.Get("pizza") != "" {
		if pizza, err = strconv.Atoi(form.Get("pizza")); err != nil || pizza < 1 {
			return app.Errorf(app.Invalid, "« %s » n’est pas le numéro d’une pizza.", shorten(form.Get("pizza")))
		}
	}
	shop, err := s.orderShop(c, id)
	if err != nil {
		return err
	}
	o, err := s.shop.AdvanceItem(c.UserContext(), actorOf(c), k, shop, id, line, pizza, app.ItemState(c.Params("step")))
	if err != nil {
		return err
	}
	return s.done(c, "/cuisine", o)
}

// markOut marks an ingredient out, or back in, from the wall.
func (s *Server) markOut(c *fiber.Ctx) error {
	out, ok := map[string]bool{"rupture": true, "retour": false}[c.Params("action")]
	if !ok {
		return errNoPage
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	if err := s.shop.MarkOut(c.UserContext(), actorOf(c), shop.ID, c.Params("ingredient"), out); err != nil {
		return err
	}
	return s.done(c, "/cuisine"+shopQuery(shop, shops), nil)
}

// moveStock restocks, counts, throws away, sets a threshold or marks out.
func (s *Server) moveStock(c *fiber.Ctx) error {
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	ctx, actor, ingredient := c.UserContext(), actorOf(c), c.Params("ingredient")
	var n int64
	action := form.Get("action")
	if action != "out" && action != "in" {
		if n, err = quantity(form, "quantite"); err != nil {
			return s.refuseStock(c, form, err)
		}
	}
	switch action {
	case "restock":
		err = s.shop.Restock(ctx, actor, k, shop.ID, ingredient, n)
	case "count":
		err = s.shop.CountStock(ctx, actor, k, shop.ID, ingredient, n)
	case "waste":
		err = s.shop.Waste(ctx, actor, k, shop.ID, ingredient, n)
	case "threshold":
		err = s.shop.SetThreshold(ctx, actor, shop.ID, ingredient, n)
	case "out", "in":
		err = s.shop.MarkOut(ctx, actor, shop.ID, ingredient, action == "out")
	default:
		err = errUnreadable
	}
	if err != nil {
		return s.refuseStock(c, form, err)
	}
	return s.done(c, "/pilotage/stocks"+shopQuery(shop, shops), nil)
}

// devices lists the paired wall screens of a shop.
func (s *Server) devices(c *fiber.Ctx) error { return s.devicesPage(c, views.PairForm{}) }

// devicesPage keeps what was typed for a screen that could not be paired.
func (s *Server) devicesPage(c *fiber.Ctx, f views.PairForm) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	list, err := s.shop.Store.Devices(c.UserContext(), shop.ID)
	if err != nil {
		return err
	}
	return s.html(c, views.DevicesPage(s.staffPage(c, "devices", "Écrans", shop, shops), list, f))
}

func (s *Server) pairDevice(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	_, err = s.shop.PairDevice(c.UserContext(), actorOf(c), shop.ID, form.Get("nom"), form.Get("code"))
	if refusal := app.AsError(err); err != nil && refusal.Kind == app.Invalid && !wantsJSON(c) && !fromLive(c) {
		c.Status(status[refusal.Kind])
		return s.devicesPage(c, views.PairForm{Name: form.Get("nom"), Code: form.Get("code"), Refusal: refusal.Message})
	}
	if err != nil {
		return err
	}
	return s.reload(c, "/pilotage/ecrans"+shopQuery(shop, shops))
}

func (s *Server) revokeDevice(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	ended, err := s.shop.RevokeDevice(c.UserContext(), actorOf(c), shop.ID, id)
	if err != nil {
		return err
	}
	for _, hash := range ended {
		s.endSession(hash)
	}
	return s.reload(c, "/pilotage/ecrans"+shopQuery(shop, shops))
}

// reload sends the browser to a page that no socket refreshes.
func (s *Server) reload(c *fiber.Ctx, to string) error {
	if fromLive(c) {
		c.Set("X-Location", to)
		return c.SendStatus(fiber.StatusNoContent)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// homeOf is the screen that a role works at.
func homeOf(a app.Actor) string {
	switch a.Role {
	case app.Cook:
		return "/cuisine"
	case app.Courier:
		return "/livraisons"
	case app.Cashier:
		return "/caisse"
	case app.Manager, app.Director:
		return "/pilotage"
	}
	return "/"
}
