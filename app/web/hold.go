package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// swapTracked is the customer's answer to an order on hold: what is made instead of what ran out.
func (s *Server) swapTracked(c *fiber.Ctx) error {
	return s.changeByLink(c, func(o *app.Order, actor app.Actor, k app.Key, form url.Values) (*app.Order, error) {
		choices, err := choicesOf(form, o.ID)
		if err != nil {
			return nil, err
		}
		return s.shop.AnswerHold(c.UserContext(), actor, k, o.Pizzeria, o.ID, cmp.Or(form.Get("ingredient"), o.Missing), choices)
	}, refused)
}

// swap is the same answer, given at the counter or on the telephone. The form names what was missing: a page that is behind must not answer
// another question.
func (s *Server) swap(c *fiber.Ctx) error {
	w, err := s.orderWrite(c)
	if err != nil {
		return err
	}
	choices, err := choicesOf(w.form, w.id)
	if err != nil {
		return err
	}
	o, err := s.shop.AnswerHold(c.UserContext(), actorOf(c), w.key, w.shop, w.id, w.form.Get("ingredient"), choices)
	if err != nil {
		return err
	}
	return s.done(c, homeOf(actorOf(c)), o)
}

// choicesOf reads the answers for the lines of an order on hold, each "line:product:size" or "line:sans": those of "echange", and of the fields
// of that order where a screen shows several (views.SwapField).
func choicesOf(form url.Values, order int64) ([]app.Choice, error) {
	field := views.SwapField(&app.Order{ID: order})
	var values []string
	for _, name := range sortedNames(form) {
		if name == "echange" || name == field || strings.HasPrefix(name, field+"-") {
			values = append(values, form[name]...)
		}
	}
	var out []app.Choice
	for _, v := range slices.DeleteFunc(values, func(v string) bool { return v == "" }) {
		parts := strings.Split(v, ":")
		n, err := strconv.Atoi(parts[0])
		switch {
		case err == nil && len(parts) == 2 && parts[1] == "sans":
			out = append(out, app.Choice{Line: n})
		case err == nil && len(parts) == 3 && parts[1] != "":
			out = append(out, app.Choice{Line: n, Product: parts[1], Size: app.Size(parts[2])})
		default:
			return nil, app.Errorf(app.Invalid, "« %s » n’est pas un échange. Rechargez la page et choisissez dans la liste.", shorten(v))
		}
	}
	return out, nil
}

func sortedNames(form url.Values) []string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// holdJSON is what an order on hold waits for, nil when it does not: until when the customer answers by the page alone, and what may be made instead.
func holdJSON(b *app.Board, o *app.Order) any {
	if o.Status != app.OnHold {
		return nil
	}
	lines := []fiber.Map{}
	for _, l := range b.Missed(o) {
		swaps := []fiber.Map{}
		for _, w := range b.Swaps(o, l, o.Reached(app.OnHold)) {
			swaps = append(swaps, fiber.Map{
				"echange": strconv.Itoa(l.N) + ":" + w.Product + ":" + string(w.Size), "produit": w.Product, "nom": w.Name, "taille": w.Size,
				"prix_cents": w.Price, "allergenes": orNone(w.Allergens),
			})
		}
		lines = append(lines, fiber.Map{"ligne": l.N, "echanges": swaps})
	}
	return fiber.Map{"manque": o.Missing, "repondre_avant": rfc3339(o.AnswerBy()), "lignes": lines}
}
