package web

import (
	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// history shows a shop's days, from the database: it is asked for, not watched.
func (s *Server) history(c *fiber.Ctx) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	p := s.staffPage(c, "history", "Historique", shop, shops)
	h, from, to, err := s.daysOf(c, shop.ID)
	if refusal := app.AsError(err); err != nil && refusal.Kind == app.Invalid && !wantsJSON(c) {
		c.Status(status[refusal.Kind])
		return s.html(c, views.HistoryPage(p, h, views.HistoryForm{From: c.Query("du"), To: c.Query("au"), Refusal: refusal.Message}))
	}
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(historyJSON(shop, h))
	}
	return s.html(c, views.HistoryPage(p, h, views.HistoryForm{From: from, To: to}))
}

// daysOf reads the days that were asked for.
func (s *Server) daysOf(c *fiber.Ctx, shop int64) (h app.History, from, to string, err error) {
	from, to, err = app.HistoryRange(c.Query("du"), c.Query("au"), s.shop.Now())
	if err == nil {
		h, err = s.shop.History(c.UserContext(), actorOf(c), shop, from, to)
	}
	return h, from, to, err
}

func historyJSON(shop *app.Pizzeria, h app.History) fiber.Map {
	days := make([]fiber.Map, len(h.Days))
	for i, d := range h.Days {
		days[i] = fiber.Map{
			"jour": d.Day, "encaisse_cents": d.Takings, "ventes": d.Sales, "commandes": d.Orders, "perdues": d.Cancelled, "remises": d.Handed,
			"a_l_heure": d.OnTime, "retard_moyen_s": int(d.MeanDelay().Seconds()),
		}
	}
	sellers := make([]fiber.Map, len(h.Sellers))
	for i, x := range h.Sellers {
		sellers[i] = fiber.Map{"slug": x.Product, "nom": x.Name, "genre": x.Kind, "quantite": x.Quantity, "montant_cents": x.Amount}
	}
	return fiber.Map{"pizzeria": shop.Slug, "jours": days, "ventes": sellers}
}

// historyFile is a table of the history for a spreadsheet: the days, what was sold, or the orders of one day.
func (s *Server) historyFile(c *fiber.Ctx) error {
	shop, _, err := s.staffShop(c)
	if err != nil {
		return err
	}
	var rows [][]string
	name := "ocpizza-" + shop.Slug + "-"
	switch c.Params("file") {
	case "jours.csv", "ventes.csv":
		h, from, to, err := s.daysOf(c, shop.ID)
		if err != nil {
			return err
		}
		rows = views.DayRows(h)
		name += "jours-"
		if c.Params("file") == "ventes.csv" {
			rows = views.SellerRows(h)
			name = "ocpizza-" + shop.Slug + "-ventes-"
		}
		name += from + "-" + to
	case "commandes.csv":
		day := c.Query("du")
		orders, err := s.shop.DayOrders(c.UserContext(), actorOf(c), shop.ID, day)
		if err != nil {
			return err
		}
		rows, name = views.OrderRows(orders), name+"commandes-"+day
	default:
		return errNoPage
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`.csv"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(views.CSV(rows))
}
