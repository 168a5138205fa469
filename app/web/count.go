package web

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// count shows a courier what the purse should hold, and the form to say what it does.
func (s *Server) count(c *fiber.Ctx) error {
	again, _ := strconv.Atoi(c.Query("refaire"))
	return s.countPage(c, views.CountForm{Again: max(again, 0)})
}

// countPage keeps what was typed for a count that was refused.
func (s *Server) countPage(c *fiber.Ctx, f views.CountForm) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	ctx, actor := c.UserContext(), actorOf(c)
	takings, err := s.shop.Takings(ctx, actor, shop.ID, f.Again)
	if err != nil {
		return err
	}
	counts, err := s.shop.OwnCounts(ctx, actor, shop.ID)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(fiber.Map{"attendu": takingsJSON(takings), "comptes": countsJSON(counts)})
	}
	return s.html(c, views.CountPage(s.staffPage(c, "count", "Compter ma caisse", shop, shops), takings, counts, f))
}

// saveCount records what was counted. It is never changed: another follows it.
func (s *Server) saveCount(c *fiber.Ctx) error {
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	count, err := readCount(form)
	count.Pizzeria = shop.ID
	if err == nil {
		err = s.shop.CountCash(c.UserContext(), actorOf(c), k, count)
	}
	if err != nil {
		return s.refuseCount(c, form, err)
	}
	if wantsJSON(c) {
		return c.JSON(fiber.Map{})
	}
	return s.reload(c, "/livraisons/compte"+shopQuery(shop, shops))
}

// takeFloat records the change that a courier takes along.
func (s *Server) takeFloat(c *fiber.Ctx) error {
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	amount, err := euros(form.Get("fond"), "fond")
	if err == nil {
		err = s.shop.TakeFloat(c.UserContext(), actorOf(c), k, shop.ID, amount)
	}
	if err != nil {
		return s.refuseCount(c, form, err)
	}
	if wantsJSON(c) {
		return c.JSON(fiber.Map{})
	}
	return s.reload(c, "/livraisons/compte"+shopQuery(shop, shops))
}

// refuseCount answers a plain form with its page and what was typed. Others have it still.
func (s *Server) refuseCount(c *fiber.Ctx, form url.Values, err error) error {
	refusal := app.AsError(err)
	if wantsJSON(c) || fromLive(c) || refusal.Kind != app.Invalid && refusal.Kind != app.Conflict {
		return err
	}
	again, _ := strconv.Atoi(form.Get("refaire"))
	c.Status(status[refusal.Kind])
	return s.countPage(c, views.CountForm{
		Cash: form.Get("especes"), Cheques: form.Get("cheques"), Vouchers: form.Get("tickets"), Float: form.Get("fond"), Again: max(again, 0),
		Refusal: refusal.Message, Field: refusal.Field,
	})
}

func readCount(form url.Values) (c app.CashCount, err error) {
	if c.Cash, err = euros(form.Get("especes"), "especes"); err != nil {
		return c, err
	}
	for name, n := range map[string]*int{"cheques": &c.Cheques, "tickets": &c.Vouchers, "refaire": &c.Takings.Again} {
		if form.Get(name) == "" {
			continue
		}
		if *n, err = strconv.Atoi(form.Get(name)); err != nil || *n < 0 {
			return c, app.Errorf(app.Invalid, "« %s » n’est pas un nombre entier. Écrivez par exemple 3.", shorten(form.Get(name))).InField(name)
		}
	}
	c.Shown = form.Get("compte_attendu")
	return c, nil
}

// counts shows a manager what the couriers counted.
func (s *Server) counts(c *fiber.Ctx) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	all, err := s.shop.Counts(c.UserContext(), actorOf(c), shop.ID)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(fiber.Map{"comptes": countsJSON(all)})
	}
	return s.html(c, views.CountsPage(s.staffPage(c, "counts", "Comptes des livreurs", shop, shops), all))
}

func takingsJSON(t app.Takings) fiber.Map {
	by := fiber.Map{}
	for _, m := range app.Door {
		by[views.MethodField(m)] = fiber.Map{"paiements": t.Of(m).Payments, "montant_cents": t.Of(m).Amount}
	}
	return fiber.Map{"depuis": rfc3339(t.Since), "fond_cents": t.Float, "especes_cents": t.Cash(), "encaisse": by}
}

func countsJSON(all []app.CashCount) []fiber.Map {
	out := make([]fiber.Map, len(all))
	for i, n := range all {
		out[i] = fiber.Map{
			"livreur": n.Name, "n": n.N, "a": rfc3339(n.At), "debut": n.Start, "attendu": takingsJSON(n.Takings), "especes_cents": n.Cash,
			"cheques": n.Cheques, "tickets": n.Vouchers, "ecart_cents": n.Difference(), "juste": n.Right(), "refait": n.Takings.Again,
		}
		if n.Start {
			delete(out[i], "ecart_cents")
		}
	}
	return out
}
