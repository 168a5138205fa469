package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// usualOven is how many seconds a new pizza is proposed to bake for.
const usualOven = "300"

// prices shows the chain's menu, from the board in memory.
func (s *Server) prices(c *fiber.Ctx) error {
	return s.pricesPage(c, views.PriceForm{}, views.ProductForm{Oven: usualOven, Open: c.Query("ajouter") != ""})
}

func (s *Server) pricesPage(c *fiber.Ctx, f views.PriceForm, add views.ProductForm) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	b, err := s.boards.Board(c.UserContext(), shop.ID)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(pricesJSON(b.Menu))
	}
	return s.html(c, views.PricesPage(s.staffPage(c, "prices", "Carte et prix", shop, shops), b.Menu, f, add))
}

// pricesJSON is what everything costs, and what is off the menu.
func pricesJSON(m *app.Menu) fiber.Map {
	list := func(all []app.Product) []fiber.Map {
		out := make([]fiber.Map, len(all))
		for i, p := range all {
			sizes := make([]fiber.Map, len(p.Variants))
			for j, v := range p.Variants {
				sizes[j] = fiber.Map{"taille": v.Size, "prix_cents": v.Price}
			}
			out[i] = fiber.Map{"slug": p.Slug, "nom": p.Name, "genre": p.Kind, "tailles": sizes}
		}
		return out
	}
	return fiber.Map{"produits": list(m.Products), "retires": list(m.Retired)}
}

// setPrice changes a price everywhere, from now on.
func (s *Server) setPrice(c *fiber.Ctx) error {
	form, _, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	cents, err := typedPrice(form)
	if err == nil {
		err = s.shop.SetPrice(c.UserContext(), actorOf(c), c.Params("product"), app.Size(form.Get("taille")), cents)
	}
	if refusal := app.AsError(err); err != nil && refusal.Kind == app.Invalid && !wantsJSON(c) && !fromLive(c) {
		c.Status(status[refusal.Kind])
		return s.pricesPage(c, views.PriceForm{Product: c.Params("product"), Size: app.Size(form.Get("taille")), Price: form.Get("prix"), Refusal: refusal.Message}, views.ProductForm{Oven: usualOven})
	}
	if err != nil {
		return err
	}
	return s.toPrices(c, form)
}

// typedPrice is an amount in euros as people type it, or in cents.
func typedPrice(form url.Values) (app.Cents, error) {
	if form.Get("prix_cents") != "" {
		n, err := quantity(form, "prix_cents")
		return app.Cents(n), err
	}
	return euros(form.Get("prix"), "prix")
}

// retire takes a product off the menu, or puts it back.
func (s *Server) retire(c *fiber.Ctx) error {
	form, _, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	retired, ok := map[string]bool{"retirer": true, "remettre": false}[c.Params("action")]
	if !ok {
		return errNoPage
	}
	if err := s.shop.RetireProduct(c.UserContext(), actorOf(c), c.Params("product"), retired); err != nil {
		return err
	}
	return s.toPrices(c, form)
}

// toPrices answers a change of the menu with the page again, on the shop that was on screen.
func (s *Server) toPrices(c *fiber.Ctx, form url.Values) error {
	if wantsJSON(c) && !fromLive(c) {
		return c.JSON(fiber.Map{})
	}
	to := "/pilotage/carte"
	if slug := form.Get("pizzeria"); slug != "" {
		to += "?pizzeria=" + queryEscape(slug)
	}
	return s.reload(c, to)
}

// addProduct adds a pizza to the menu of every shop.
func (s *Server) addProduct(c *fiber.Ctx) error {
	form, _, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	in, err := newPizza(form)
	if err == nil {
		err = s.shop.AddPizza(c.UserContext(), actorOf(c), in)
	}
	if refusal := app.AsError(err); err != nil && (refusal.Kind == app.Invalid || refusal.Kind == app.Conflict) && !wantsJSON(c) && !fromLive(c) {
		c.Status(status[refusal.Kind])
		return s.pricesPage(c, views.PriceForm{}, productForm(form, refusal))
	}
	if err != nil {
		return err
	}
	return s.toPrices(c, form)
}

// productForm is the form as it was typed.
func productForm(form url.Values, refusal *app.Error) views.ProductForm {
	f := views.ProductForm{
		Name: form.Get("nom"), Description: form.Get("description"), Oven: form.Get("four"), Prices: map[app.Size]string{}, Parts: map[string]string{},
		Refusal: refusal.Message, BadField: refusal.Field,
	}
	for name := range form {
		if size, ok := strings.CutPrefix(name, "prix_"); ok {
			f.Prices[app.Size(size)] = form.Get(name)
		} else if strings.HasPrefix(name, "part_") {
			f.Parts[name] = form.Get(name)
		}
	}
	return f
}

// newPizza reads it. What is missing or wrong is refused by the business, except what only the form can spoil.
func newPizza(form url.Values) (app.NewPizza, error) {
	in := app.NewPizza{Name: form.Get("nom"), Description: form.Get("description")}
	oven, err := quantity(form, "four")
	if err != nil {
		return in, app.AsError(err).InField("four")
	}
	in.OvenSeconds = int(oven)
	for _, size := range views.PizzaSizes {
		v := app.Variant{Size: size}
		if v.Price, err = euros(form.Get("prix_"+string(size)), "prix"); err != nil {
			return in, app.AsError(err).InField("prix_" + string(size))
		}
		for name := range form {
			id, ok := partOf(name, size)
			if !ok || form.Get(name) == "" {
				continue
			}
			n, err := quantity(form, name)
			if err != nil {
				return in, app.AsError(err).InField(name)
			}
			v.Recipe = append(v.Recipe, app.Part{Ingredient: id, Quantity: n})
		}
		in.Variants = append(in.Variants, v)
	}
	return in, nil
}

// partOf is the ingredient that a field is about, in a size.
func partOf(name string, size app.Size) (int64, bool) {
	text, ok := strings.CutPrefix(name, "part_")
	if !ok {
		return 0, false
	}
	text, ok = strings.CutSuffix(text, "_"+string(size))
	id, err := strconv.ParseInt(text, 10, 64)
	return id, ok && err == nil
}
