package web

import (
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

// shownReceipts is how many closed orders the list of tickets has.
const shownReceipts = 60

// receipts lists the orders of which a ticket may be asked for, from memory.
func (s *Server) receipts(c *fiber.Ctx) error {
	_, b, _, shops, err := s.boardOf(c, realtime.TillScreen)
	if err != nil {
		return err
	}
	orders := append(views.AtTill(b), b.Recent(shownReceipts, func(*app.Order) bool { return true })...)
	return s.html(c, views.ReceiptsPage(s.staffPage(c, "receipts", "Tickets", &b.Pizzeria, shops), orders))
}

// receipt is an order's ticket, to be printed when the customer asks for it (code de l’environnement, article L. 541-15-10).
func (s *Server) receipt(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	shop, err := s.orderShop(c, id)
	if err != nil {
		return err
	}
	o, err := s.shop.EarlierOrder(c.UserContext(), actorOf(c), shop, id)
	if err != nil {
		return err
	}
	all, err := s.boards.Pizzerias(c.UserContext())
	if err != nil {
		return err
	}
	actor := actorOf(c)
	mine := slices.DeleteFunc(slices.Clone(all), func(p app.Pizzeria) bool { return !actor.WorksIn(p.ID) })
	at := slices.IndexFunc(mine, func(p app.Pizzeria) bool { return p.ID == shop })
	if at < 0 {
		return app.ErrNoOrder
	}
	return s.html(c, views.ReceiptPage(s.staffPage(c, "receipt", fmt.Sprintf("Ticket n° %d", o.Number), &mine[at], mine), o))
}
