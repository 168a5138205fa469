package db

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type pizzeriaRow struct {
	bun.BaseModel   `bun:"table:pizzerias,alias:p"`
	ID              int64  `bun:"id,pk,autoincrement"`
	Slug            string `bun:"slug"`
	Position        int    `bun:"position"`
	Name            string `bun:"name"`
	Address         string `bun:"address"`
	City            string `bun:"city"`
	Phone           string `bun:"phone"`
	AlwaysOpen      bool   `bun:"always_open"`
	OvenPizzas      int    `bun:"oven_pizzas"`
	DeliveryMinutes int    `bun:"delivery_minutes"`
}

type postcodeRow struct {
	bun.BaseModel `bun:"table:pizzeria_postcodes,alias:c"`
	Pizzeria      int64  `bun:"pizzeria_id"`
	Postcode      string `bun:"postcode"`
	Position      int    `bun:"position"`
}

type hoursRow struct {
	bun.BaseModel `bun:"table:pizzeria_hours,alias:h"`
	Pizzeria      int64 `bun:"pizzeria_id"`
	N             int   `bun:"n"`
	Weekday       int   `bun:"weekday"`
	From          int   `bun:"opens_at"`
	To            int   `bun:"closes_at"`
}

type ingredientRow struct {
	bun.BaseModel `bun:"table:ingredients,alias:i"`
	ID            int64  `bun:"id,pk,autoincrement"`
	Slug          string `bun:"slug"`
	Name          string `bun:"name"`
	Unit          string `bun:"unit"`
	Diet          string `bun:"diet"`
	Allergens     string `bun:"allergens"`
	Base          bool   `bun:"is_base"`
}

type productRow struct {
	bun.BaseModel `bun:"table:products,alias:p"`
	ID            int64  `bun:"id,pk,autoincrement"`
	Slug          string `bun:"slug"`
	Name          string `bun:"name"`
	Description   string `bun:"description"`
	Kind          string `bun:"kind"`
	Position      int    `bun:"position"`
	OvenSeconds   int    `bun:"oven_seconds"`
}

type variantRow struct {
	bun.BaseModel `bun:"table:variants,alias:v"`
	Product       int64  `bun:"product_id"`
	Size          string `bun:"size"`
	Position      int    `bun:"position"`
	Price         int64  `bun:"price_cents"`
}

type partRow struct {
	bun.BaseModel `bun:"table:recipe_parts,alias:r"`
	Product       int64  `bun:"product_id"`
	Size          string `bun:"size"`
	N             int    `bun:"n"`
	Ingredient    int64  `bun:"ingredient_id"`
	Quantity      int64  `bun:"quantity"`
}

type vatRow struct {
	bun.BaseModel `bun:"table:vat_rules,alias:t"`
	Product       int64     `bun:"product_id"`
	Mode          string    `bun:"mode"`
	From          time.Time `bun:"valid_from"`
	Rate          int       `bun:"rate"`
}

// Pizzerias lists the shops in the order of the home page.
func (d *DB) Pizzerias(ctx context.Context) ([]app.Pizzeria, error) {
	var out []app.Pizzeria
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		out, err = pizzerias(ctx, tx, 0)
		return err
	})
	return out, err
}

// pizzerias reads one shop, or all of them with id 0.
func pizzerias(ctx context.Context, tx bun.Tx, id int64) ([]app.Pizzeria, error) {
	only := func(column string) func(*bun.SelectQuery) *bun.SelectQuery {
		return func(q *bun.SelectQuery) *bun.SelectQuery {
			if id == 0 {
				return q
			}
			return q.Where("? = ?", bun.Ident(column), id)
		}
	}
	var rows []pizzeriaRow
	if err := tx.NewSelect().Model(&rows).Apply(only("p.id")).Order("p.position", "p.id").Scan(ctx); err != nil {
		return nil, err
	}
	var codes []postcodeRow
	if err := tx.NewSelect().Model(&codes).Apply(only("c.pizzeria_id")).Order("c.pizzeria_id", "c.position").Scan(ctx); err != nil {
		return nil, err
	}
	var hours []hoursRow
	if err := tx.NewSelect().Model(&hours).Apply(only("h.pizzeria_id")).Order("h.pizzeria_id", "h.n").Scan(ctx); err != nil {
		return nil, err
	}
	var where []placeRow
	if err := tx.NewSelect().Model(&where).Apply(only("w.pizzeria_id")).Scan(ctx); err != nil {
		return nil, err
	}
	var out []app.Pizzeria
	for _, r := range rows {
		p := app.Pizzeria{
			ID: r.ID, Slug: r.Slug, Name: r.Name, Address: r.Address, City: r.City, Phone: r.Phone, AlwaysOpen: r.AlwaysOpen,
			OvenPizzas: r.OvenPizzas, DeliveryMinutes: r.DeliveryMinutes,
		}
		for _, c := range codes {
			if c.Pizzeria == r.ID {
				p.Postcodes = append(p.Postcodes, c.Postcode)
			}
		}
		for _, h := range hours {
			if h.Pizzeria == r.ID {
				p.Hours = append(p.Hours, app.Opening{Day: time.Weekday(h.Weekday), From: h.From, To: h.To})
			}
		}
		places(where, &p)
		out = append(out, p)
	}
	return out, nil
}

// menu reads what the chain sells, in six queries. Names are sorted here rather than by the server: collations differ.
func menu(ctx context.Context, tx bun.Tx) (*app.Menu, error) {
	var m app.Menu
	var ingredients []ingredientRow
	if err := tx.NewSelect().Model(&ingredients).Scan(ctx); err != nil {
		return nil, err
	}
	for _, r := range ingredients {
		g := app.Ingredient{ID: r.ID, Slug: r.Slug, Name: r.Name, Unit: app.Unit(r.Unit), Diet: app.Diet(r.Diet), Base: r.Base}
		if err := unpack(r.Allergens, &g.Allergens); err != nil {
			return nil, err
		}
		m.Ingredients = append(m.Ingredients, g)
	}
	if err := additions(ctx, tx, &m); err != nil {
		return nil, err
	}
	slices.SortFunc(m.Ingredients, func(a, b app.Ingredient) int { return strings.Compare(a.Name+"\x00"+a.Slug, b.Name+"\x00"+b.Slug) })

	var products []productRow
	if err := tx.NewSelect().Model(&products).Order("position", "slug").Scan(ctx); err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(products))
	for i, r := range products {
		at[r.ID] = i
		m.Products = append(m.Products, app.Product{
			ID: r.ID, Slug: r.Slug, Name: r.Name, Description: r.Description, Kind: app.ProductKind(r.Kind), Position: r.Position, OvenSeconds: r.OvenSeconds,
		})
	}
	return &m, variants(ctx, tx, &m, at)
}

// variants completes the products of a menu; at says where in the menu a product's id stands.
func variants(ctx context.Context, tx bun.Tx, m *app.Menu, at map[int64]int) error {
	var sizes []variantRow
	if err := tx.NewSelect().Model(&sizes).Order("product_id", "position").Scan(ctx); err != nil {
		return err
	}
	for _, r := range sizes {
		p := &m.Products[at[r.Product]]
		p.Variants = append(p.Variants, app.Variant{Size: app.Size(r.Size), Price: app.Cents(r.Price)})
	}
	var parts []partRow
	if err := tx.NewSelect().Model(&parts).Order("product_id", "size", "n").Scan(ctx); err != nil {
		return err
	}
	for _, r := range parts {
		if v, ok := m.Products[at[r.Product]].Variant(app.Size(r.Size)); ok {
			v.Recipe = append(v.Recipe, app.Part{Ingredient: r.Ingredient, Quantity: r.Quantity})
		}
	}
	var rules []vatRow
	if err := tx.NewSelect().Model(&rules).Order("product_id", "mode", "valid_from").Scan(ctx); err != nil {
		return err
	}
	for _, r := range rules {
		p := &m.Products[at[r.Product]]
		p.VAT = append(p.VAT, app.VATRule{Mode: app.Mode(r.Mode), From: instant(r.From), Rate: app.Rate(r.Rate)})
	}
	return nil
}

// SetPrice changes a price in every shop: one event each.
func (d *DB) SetPrice(ctx context.Context, product string, size app.Size, price app.Cents) ([]app.Event, error) {
	var events []app.Event
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		res, err := tx.ExecContext(ctx, "UPDATE variants SET price_cents = ? WHERE size = ? AND product_id = (SELECT id FROM products WHERE slug = ?)", int64(price), string(size), product)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return app.Errorf(app.NotFound, "Ce produit n’existe pas dans cette taille.")
		}
		events, err = d.menuEvents(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}
