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

	var products []struct {
		productRow `bun:",extend"`
		Retired    bool `bun:"is_retired"`
	}
	err := tx.NewSelect().Model(&products).ColumnExpr("p.*, CASE WHEN r.product_id IS NULL THEN 0 ELSE 1 END AS is_retired").
		Join("LEFT JOIN products_retired AS r ON r.product_id = p.id").Order("p.position", "p.slug").Scan(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]app.Product, len(products))
	at := make(map[int64]*app.Product, len(products))
	for i, r := range products {
		all[i] = app.Product{
			ID: r.ID, Slug: r.Slug, Name: r.Name, Description: r.Description, Kind: app.ProductKind(r.Kind), Position: r.Position, OvenSeconds: r.OvenSeconds,
		}
		at[r.ID] = &all[i]
	}
	if err := variants(ctx, tx, at); err != nil {
		return nil, err
	}
	for i, r := range products {
		if r.Retired {
			m.Retired = append(m.Retired, all[i])
		} else {
			m.Products = append(m.Products, all[i])
		}
	}
	return &m, nil
}

// variants completes products, by their ids.
func variants(ctx context.Context, tx bun.Tx, at map[int64]*app.Product) error {
	var sizes []variantRow
	if err := tx.NewSelect().Model(&sizes).Order("product_id", "position").Scan(ctx); err != nil {
		return err
	}
	for _, r := range sizes {
		p := at[r.Product]
		p.Variants = append(p.Variants, app.Variant{Size: app.Size(r.Size), Price: app.Cents(r.Price)})
	}
	var parts []partRow
	if err := tx.NewSelect().Model(&parts).Order("product_id", "size", "n").Scan(ctx); err != nil {
		return err
	}
	for _, r := range parts {
		if v, ok := at[r.Product].Variant(app.Size(r.Size)); ok {
			v.Recipe = append(v.Recipe, app.Part{Ingredient: r.Ingredient, Quantity: r.Quantity})
		}
	}
	var rules []vatRow
	if err := tx.NewSelect().Model(&rules).Order("product_id", "mode", "valid_from").Scan(ctx); err != nil {
		return err
	}
	for _, r := range rules {
		p := at[r.Product]
		p.VAT = append(p.VAT, app.VATRule{Mode: app.Mode(r.Mode), From: instant(r.From), Rate: app.Rate(r.Rate)})
	}
	return nil
}

// SetPrice changes a price in every shop: one event each.
func (d *DB) SetPrice(ctx context.Context, product string, size app.Size, price app.Cents, by app.StaffAction) ([]app.Event, error) {
	return d.changeMenu(ctx, by, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE variants SET price_cents = ? WHERE size = ? AND product_id = (SELECT id FROM products WHERE slug = ?)",
			int64(price), string(size), clean(product))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return errNoVariant
		}
		return nil
	})
}

// RetireProduct takes a product off the menu in every shop, or puts it back: one event each. Doing it twice is doing it once.
func (d *DB) RetireProduct(ctx context.Context, product string, retired bool, by app.StaffAction) ([]app.Event, error) {
	return d.changeMenu(ctx, by, func(ctx context.Context, tx bun.Tx) error {
		var row productRow
		if err := tx.NewSelect().Model(&row).Where("slug = ?", clean(product)).Scan(ctx); err != nil {
			return noRows(err, errNoProduct)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM products_retired WHERE product_id = ?", row.ID); err != nil || !retired {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO products_retired (product_id, retired_at) VALUES (?, ?)", row.ID, now())
		return err
	})
}

var (
	errNoVariant = app.Errorf(app.NotFound, "Ce produit n’existe pas dans cette taille.")
	errNoProduct = app.Errorf(app.NotFound, "Ce produit n’existe pas. Rechargez la page.")
)

// changeMenu changes the menu of every shop: one event each, and the action of whoever did it. The menu is read once every sequence row is held,
// so that an event's menu has all that earlier numbers announced.
func (d *DB) changeMenu(ctx context.Context, by app.StaffAction, change func(context.Context, bun.Tx) error) ([]app.Event, error) {
	var events []app.Event
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		if err := change(ctx, tx); err != nil {
			return err
		}
		if err := note(ctx, tx, by); err != nil {
			return err
		}
		var err error
		events, err = d.menuEvents(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// AddProduct adds a product at the end of the menu in every shop: one event each.
func (d *DB) AddProduct(ctx context.Context, p app.Product, by app.StaffAction) ([]app.Event, error) {
	return d.changeMenu(ctx, by, func(ctx context.Context, tx bun.Tx) error {
		var last int
		if err := tx.NewRaw("SELECT COALESCE(MAX(position), 0) FROM products").Scan(ctx, &last); err != nil {
			return err
		}
		row := productRow{Slug: p.Slug, Name: clean(p.Name), Description: clean(p.Description), Kind: string(p.Kind), Position: last + 10, OvenSeconds: p.OvenSeconds}
		id, err := insertID(ctx, tx, &row)
		if classify(err) == duplicate {
			return app.Errorf(app.Conflict, "Il y a déjà « %s » à la carte, ou parmi les produits retirés. Donnez-lui un autre nom.", p.Name).InField("nom")
		}
		if err != nil {
			return err
		}
		return insertVariants(ctx, tx, id, p)
	})
}

// insertVariants saves what a product is sold in, made of and taxed at.
func insertVariants(ctx context.Context, tx bun.Tx, id int64, p app.Product) error {
	var sizes []variantRow
	var parts []partRow
	for i, v := range p.Variants {
		sizes = append(sizes, variantRow{Product: id, Size: string(v.Size), Position: i + 1, Price: int64(v.Price)})
		for n, part := range v.Recipe {
			parts = append(parts, partRow{Product: id, Size: string(v.Size), N: n + 1, Ingredient: part.Ingredient, Quantity: part.Quantity})
		}
	}
	rules := make([]vatRow, len(p.VAT))
	for i, r := range p.VAT {
		rules[i] = vatRow{Product: id, Mode: string(r.Mode), From: instant(r.From), Rate: int(r.Rate)}
	}
	for _, rows := range []any{&sizes, &parts, &rules} {
		if _, err := tx.NewInsert().Model(rows).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
