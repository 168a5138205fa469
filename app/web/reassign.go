package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// couriersOf shows who may carry an order from now on: the one page of the dashboard's that asks the database, and only when it is opened.
func (s *Server) couriersOf(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	shop, err := s.orderShop(c, id)
	if err != nil {
		return err
	}
	return s.reassignPage(c, shop, id, "")
}

func (s *Server) reassignPage(c *fiber.Ctx, shop, id int64, refusal string) error {
	ctx := c.UserContext()
	board, err := s.boards.Board(ctx, shop)
	if err != nil {
		return err
	}
	o := board.Orders[id]
	if o == nil {
		return app.ErrNoOrder
	}
	couriers, err := s.shop.Couriers(ctx, actorOf(c), shop)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		all := make([]fiber.Map, len(couriers))
		for i, u := range couriers {
			all[i] = fiber.Map{"id": u.ID, "nom": u.Name, "porte": u.ID == o.Courier}
		}
		return c.JSON(fiber.Map{"commande": o.ID, "livreurs": all})
	}
	_, shops, err := s.shopOf(c, shop)
	if err != nil {
		return err
	}
	p := s.staffPage(c, "reassign", "Changer de livreur", &board.Pizzeria, shops)
	return s.html(c, views.ReassignPage(p, views.CourierChoice{Order: o, Couriers: couriers, Board: board, Refusal: refusal}))
}

// reassign gives an order on its way to another courier.
func (s *Server) reassign(c *fiber.Ctx) error {
	w, err := s.orderWrite(c)
	if err != nil {
		return err
	}
	courier, err := strconv.ParseInt(w.form.Get("livreur"), 10, 64)
	if err != nil {
		courier = 0 // nobody: refused as such
	}
	o, err := s.shop.ReassignOrder(c.UserContext(), actorOf(c), w.key, w.shop, w.id, courier)
	if refusal := app.AsError(err); err != nil && !wantsJSON(c) && !fromLive(c) && (refusal.Kind == app.Invalid || refusal.Kind == app.Conflict) {
		c.Status(status[refusal.Kind])
		return s.reassignPage(c, w.shop, w.id, refusal.Message)
	}
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(orderJSON(o))
	}
	shop, shops, err := s.shopOf(c, w.shop)
	if err != nil {
		return err
	}
	return s.reload(c, "/pilotage"+shopQuery(shop, shops))
}

// shopOf is one of the actor's shops by its number, and all of them.
func (s *Server) shopOf(c *fiber.Ctx, id int64) (*app.Pizzeria, []app.Pizzeria, error) {
	all, err := s.boards.Pizzerias(c.UserContext())
	if err != nil {
		return nil, nil, err
	}
	var mine []app.Pizzeria
	at := -1
	for _, p := range all {
		if !actorOf(c).WorksIn(p.ID) {
			continue
		}
		if p.ID == id {
			at = len(mine)
		}
		mine = append(mine, p)
	}
	if at < 0 {
		return nil, nil, app.ErrNoOrder
	}
	return &mine[at], mine, nil
}
