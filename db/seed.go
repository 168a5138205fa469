package db

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// SeedOptions say what to put into a database.
type SeedOptions struct {
	// Demo adds the cast, one person per role, with app.DemoPassword, marks the database as a demo, and keeps the first shop always open.
	Demo bool
	// HashPassword makes the argon2id hash of a password; needed with Demo alone.
	HashPassword func(password string) (string, error)
	// Now is when the opening stock is journalled; the present if zero.
	Now time.Time
	// Progress, if set, is told in English what is being added.
	Progress func(what string)
}

// Seeded counts what Seed added: nothing the second time.
type Seeded struct{ Pizzerias, Ingredients, Products, Additions, Users int }

const (
	metaDemo = "demo"
	seedBy   = "seed" // in the journals
)

// vatSince is the day on which the rates in force took effect (loi n° 2012-1510, article 68): 1 January 2014 in France.
var vatSince = time.Date(2014, time.January, 1, 0, 0, 0, 0, app.Paris)

// Seed adds the shops, the menu and an evening's stock, in one transaction. What is there already, by slug or login, stays as it is. A demo
// is refused on a database that holds shops and is not one: its password is public.
func (d *DB) Seed(ctx context.Context, o SeedOptions) (Seeded, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	cast, err := d.demoCast(ctx, o)
	if err != nil {
		return Seeded{}, err
	}
	var done Seeded
	err = d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		s := seeder{ctx: ctx, tx: tx, o: o}
		for _, part := range []func() error{s.pizzerias, s.places, s.ingredients, s.products, s.additions, s.stock, s.announce, func() error { return s.users(cast) }} {
			if err := part(); err != nil {
				return err
			}
		}
		done = s.done
		return nil
	})
	return done, err
}

// demoCast is the cast with its hashes, which take too long to make within a transaction; none if it is there or not wanted.
func (d *DB) demoCast(ctx context.Context, o SeedOptions) ([]app.User, error) {
	if !o.Demo {
		return nil, nil
	}
	shops, err := d.Pizzerias(ctx)
	if err != nil {
		return nil, err
	}
	demo, err := d.Demo(ctx)
	if err != nil {
		return nil, err
	}
	if len(shops) > 0 && !demo {
		return nil, app.Errorf(app.Conflict, "Cette base contient déjà des pizzerias et n’est pas une démonstration : le mot de passe de démonstration y serait public.")
	}
	there, err := d.Users(ctx)
	if err != nil {
		return nil, err
	}
	var cast []app.User
	for _, u := range seedCast {
		if slices.ContainsFunc(there, func(t app.User) bool { return t.Login == u.Login }) {
			continue
		}
		if u.PasswordHash, err = o.HashPassword(app.DemoPassword); err != nil {
			return nil, fmt.Errorf("hash of the demo's password: %w", err)
		}
		cast = append(cast, u)
	}
	return cast, nil
}

// Demo reports whether the database was seeded as a demo.
func (d *DB) Demo(ctx context.Context) (bool, error) {
	n, err := d.r.NewSelect().TableExpr("meta").Where("name = ?", metaDemo).Count(ctx)
	return n > 0, d.translate(err)
}

// Empty reports whether nothing was seeded yet.
func (d *DB) Empty(ctx context.Context) (bool, error) {
	n, err := d.r.NewSelect().TableExpr("pizzerias").Count(ctx)
	return n == 0, d.translate(err)
}

// seeder is one try of Seed.
type seeder struct {
	ctx   context.Context //nolint:containedctx // lives as long as the transaction
	tx    bun.Tx
	o     SeedOptions
	done  Seeded
	shops []int64          // ids, in the order of the home page
	fresh []int64          // of those, the ones just added
	parts map[string]int64 // ingredient slug → id
	added []seedIngredient // ingredients just added
	// placed says that places were added.
	placed bool
}

// known reads slug → id of a table.
func (s *seeder) known(table string) (map[string]int64, error) {
	var rows []struct {
		ID   int64  `bun:"id"`
		Slug string `bun:"slug"`
	}
	err := s.tx.NewSelect().TableExpr("?", bun.Ident(table)).Column("id", "slug").Scan(s.ctx, &rows)
	ids := make(map[string]int64, len(rows))
	for _, r := range rows {
		ids[r.Slug] = r.ID
	}
	return ids, err
}

func (s *seeder) insert(rows any) error {
	_, err := s.tx.NewInsert().Model(rows).Returning("NULL").Exec(s.ctx)
	return err
}

func (s *seeder) pizzerias() error {
	known, err := s.known("pizzerias")
	if err != nil {
		return err
	}
	epoch := newEpoch()
	if s.o.Demo && len(known) == 0 {
		if _, err := s.tx.ExecContext(s.ctx, "INSERT INTO meta (name, value) VALUES (?, '1')", metaDemo); err != nil {
			return err
		}
	}
	for i, p := range seedPizzerias {
		id, ok := known[p.Slug]
		if !ok {
			s.o.Progress("pizzeria " + p.Slug)
			p.AlwaysOpen = s.o.Demo && i == 0
			if id, err = s.pizzeria(p, i+1, epoch); err != nil {
				return err
			}
			s.done.Pizzerias++
			s.fresh = append(s.fresh, id)
		}
		s.shops = append(s.shops, id)
	}
	return nil
}

// pizzeria adds a shop with what belongs to every shop: postcodes, hours, sequence and till.
func (s *seeder) pizzeria(p app.Pizzeria, place int, epoch string) (int64, error) {
	id, err := insertID(s.ctx, s.tx, &pizzeriaRow{
		Slug: p.Slug, Position: place, Name: p.Name, Address: p.Address, City: p.City, Phone: p.Phone, AlwaysOpen: p.AlwaysOpen,
		OvenPizzas: p.OvenPizzas, DeliveryMinutes: p.DeliveryMinutes,
	})
	if err != nil {
		return 0, err
	}
	codes := make([]postcodeRow, len(p.Postcodes))
	for i, c := range p.Postcodes {
		codes[i] = postcodeRow{Pizzeria: id, Postcode: c, Position: i + 1}
	}
	hours := make([]hoursRow, len(p.Hours))
	for i, h := range p.Hours {
		hours[i] = hoursRow{Pizzeria: id, N: i + 1, Weekday: int(h.Day), From: h.From, To: h.To}
	}
	for _, rows := range []any{&codes, &hours, &sequenceRow{Pizzeria: id, Epoch: epoch}, &tillHead{Pizzeria: id}} {
		if err := s.insert(rows); err != nil {
			return 0, err
		}
	}
	return id, nil
}

func (s *seeder) ingredients() error {
	known, err := s.known("ingredients")
	if err != nil {
		return err
	}
	s.parts = known
	for _, g := range seedIngredients {
		if _, ok := known[g.slug]; ok {
			continue
		}
		known[g.slug], err = insertID(s.ctx, s.tx, &ingredientRow{
			Slug: g.slug, Name: g.name, Unit: string(g.unit), Diet: string(g.diet), Allergens: pack(g.allergens), Base: g.slug == dough29 || g.slug == dough33,
		})
		if err != nil {
			return err
		}
		s.added = append(s.added, g)
	}
	if s.done.Ingredients = len(s.added); s.done.Ingredients > 0 {
		s.o.Progress(strconv.Itoa(s.done.Ingredients) + " ingredients")
	}
	return nil
}

func (s *seeder) products() error {
	known, err := s.known("products")
	if err != nil {
		return err
	}
	var sizes []variantRow
	var parts []partRow
	var vat []vatRow
	for i, p := range seedProducts {
		if _, ok := known[p.slug]; ok {
			continue
		}
		row := productRow{Slug: p.slug, Name: p.name, Description: p.description, Kind: string(p.kind), Position: (i + 1) * 10}
		if p.kind == app.Pizza {
			row.OvenSeconds = 300
		}
		id, err := insertID(s.ctx, s.tx, &row)
		if err != nil {
			return err
		}
		for n, v := range p.variants() {
			sizes = append(sizes, variantRow{Product: id, Size: string(v.size), Position: n + 1, Price: int64(v.price)})
			for k, part := range v.recipe {
				ingredient, ok := s.parts[part.slug]
				if !ok {
					return fmt.Errorf("seed: %s needs the unknown ingredient %q", p.slug, part.slug)
				}
				parts = append(parts, partRow{Product: id, Size: string(v.size), N: k + 1, Ingredient: ingredient, Quantity: part.quantity})
			}
		}
		for _, mode := range []app.Mode{app.Delivery, app.Pickup} {
			vat = append(vat, vatRow{Product: id, Mode: string(mode), From: vatSince, Rate: int(p.vat)})
		}
		s.done.Products++
	}
	if s.done.Products == 0 {
		return nil
	}
	s.o.Progress(strconv.Itoa(s.done.Products) + " products")
	for _, rows := range []any{&sizes, &parts, &vat} {
		if err := s.insert(rows); err != nil {
			return err
		}
	}
	return nil
}

// seedVariant is a product in a size, with slugs instead of ids.
type seedVariant struct {
	size   app.Size
	price  app.Cents
	recipe []seedPart
}

type seedPart struct {
	slug     string
	quantity int64
}

// variants works out the sizes of a product: a large pizza takes 1.3 times a medium one's weight, as their surfaces are.
func (p seedProduct) variants() []seedVariant {
	var base []seedPart
	for part := range strings.SplitSeq(p.recipe, ", ") {
		slug, quantity, _ := strings.Cut(part, " ")
		q, err := strconv.ParseInt(quantity, 10, 64)
		if err != nil {
			panic("db: recipe of " + p.slug + ": " + err.Error()) // our own table
		}
		base = append(base, seedPart{slug, q})
	}
	if p.kind != app.Pizza {
		return []seedVariant{{app.Single, p.price, base}}
	}
	medium, large := []seedPart{{dough29, 1}}, []seedPart{{dough33, 1}}
	for _, b := range base {
		medium = append(medium, b)
		switch {
		case b.quantity >= 20:
			b.quantity = (b.quantity*13/10 + 4) / 5 * 5 // cooks weigh to five grams
		case b.quantity > 1:
			b.quantity = (b.quantity*13 + 9) / 10
		}
		large = append(large, b)
	}
	return []seedVariant{{app.Medium, p.price, medium}, {app.Large, p.price + largePremium, large}}
}

// stock gives every shop a level of every ingredient: all of them to a new shop, the new ones to the others. Each level opens with the
// movement that explains it.
func (s *seeder) stock() error {
	var rows []levelRow
	var moves []movementRow
	for _, shop := range s.shops {
		list := s.added
		if slices.Contains(s.fresh, shop) {
			list = seedIngredients
		}
		for _, g := range list {
			rows = append(rows, levelRow{Pizzeria: shop, Ingredient: s.parts[g.slug], OnHand: g.stock, Threshold: g.threshold})
			moves = append(moves, movementRow{
				Pizzeria: shop, Ingredient: s.parts[g.slug], Reason: string(app.Initial), OnHand: g.stock, By: seedBy, At: instant(s.o.Now),
			})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	s.o.Progress("opening stock")
	if err := s.insert(&rows); err != nil {
		return err
	}
	return s.insert(&moves)
}

// announce makes boards of shops that were there already load again: what was added has no event.
func (s *seeder) announce() error {
	if len(s.fresh) == len(s.shops) || s.done.Ingredients+s.done.Products+s.done.Additions == 0 && !s.placed {
		return nil
	}
	_, err := s.tx.ExecContext(s.ctx, "UPDATE sequences SET epoch = ?", newEpoch())
	return err
}

func (s *seeder) users(cast []app.User) error {
	for _, u := range cast {
		u.Pizzerias = s.shops[:1]
		if u.Role == app.Director {
			u.Pizzerias = s.shops
		}
		if _, err := insertUser(s.ctx, s.tx, u); err != nil {
			return err
		}
		s.o.Progress("user " + u.Login)
		s.done.Users++
	}
	return nil
}
