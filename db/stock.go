package db

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type levelRow struct {
	bun.BaseModel `bun:"table:stock_levels,alias:s"`
	Pizzeria      int64 `bun:"pizzeria_id"`
	Ingredient    int64 `bun:"ingredient_id"`
	OnHand        int64 `bun:"on_hand"`
	Reserved      int64 `bun:"reserved"`
	Threshold     int64 `bun:"threshold"`
	Out           bool  `bun:"is_out"`
}

func (r levelRow) level() app.Level {
	return app.Level{Ingredient: r.Ingredient, OnHand: r.OnHand, Reserved: r.Reserved, Threshold: r.Threshold, Out: r.Out}
}

type movementRow struct {
	bun.BaseModel `bun:"table:stock_movements,alias:m"`
	Pizzeria      int64     `bun:"pizzeria_id"`
	Ingredient    int64     `bun:"ingredient_id"`
	Reason        string    `bun:"reason"`
	OnHand        int64     `bun:"on_hand"`
	Reserved      int64     `bun:"reserved"`
	Order         int64     `bun:"order_id,nullzero"`
	Revision      int       `bun:"revision,nullzero"`
	By            string    `bun:"actor"`
	At            time.Time `bun:"happened_at"`
}

// delta is what a transaction changes of one level, all its movements together.
type delta struct{ ingredient, onHand, reserved int64 }

// deltas adds movements up by ingredient, ascending: the order of locks. What cancels out is left out.
func deltas(moves []app.Movement) []delta {
	sums := map[int64]delta{}
	for _, m := range moves {
		s := sums[m.Ingredient]
		sums[m.Ingredient] = delta{m.Ingredient, s.onHand + m.OnHand, s.reserved + m.Reserved}
	}
	out := make([]delta, 0, len(sums))
	for _, s := range sums {
		if s.onHand != 0 || s.reserved != 0 {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b delta) int { return cmp.Compare(a.ingredient, b.ingredient) })
	return out
}

func ingredientsOf(ds []delta) []int64 {
	ids := make([]int64, len(ds))
	for i, x := range ds {
		ids[i] = x.ingredient
	}
	return ids
}

// perIngredient writes an expression that is another number for each ingredient, and its arguments.
func perIngredient(ds []delta, of func(delta) int64) (string, []any) {
	var b strings.Builder
	var args []any
	for _, x := range ds {
		if v := of(x); v != 0 {
			b.WriteString(" WHEN ? THEN ?")
			args = append(args, x.ingredient, v)
		}
	}
	if len(args) == 0 {
		return "0", nil
	}
	return "CASE ingredient_id" + b.String() + " ELSE 0 END", args
}

// byPrimary is the index by which every statement that locks levels must find them. InnoDB locks the entry of the index it goes by first,
// then the row: left alone, MariaDB finds one ingredient by the foreign key's index and several by the primary key, and the two wait for
// each other in a circle.
const byPrimary = "PRIMARY"

// levelsTable names the table in an UPDATE, with byPrimary.
func (d *DB) levelsTable() string {
	if d.mysql {
		return "stock_levels FORCE INDEX (" + byPrimary + ")"
	}
	return "stock_levels"
}

// moveLevels changes the levels of one shop in a single statement, whose rows InnoDB locks in the order of the primary key. Its guards
// are those of the CHECKs, which MySQL 5.6 ignores: nothing goes below zero, nothing is promised twice, and what is marked out is neither
// promised to anybody else nor used for what it was not promised to. errShort when one of them does not hold.
func (d *DB) moveLevels(ctx context.Context, tx bun.Tx, pizzeria int64, ds []delta) error {
	if len(ds) == 0 {
		return nil
	}
	onHand, onHandArgs := perIngredient(ds, func(x delta) int64 { return x.onHand })
	reserved, reservedArgs := perIngredient(ds, func(x delta) int64 { return x.reserved })
	query := "UPDATE " + d.levelsTable() + " SET on_hand = on_hand + " + onHand + ", reserved = reserved + " + reserved +
		" WHERE pizzeria_id = ? AND ingredient_id IN (?)" +
		" AND reserved + " + reserved + " >= 0 AND reserved + " + reserved + " <= on_hand + " + onHand +
		" AND (is_out = 0 OR " + reserved + " <= " + onHand + ")"
	args := slices.Concat(onHandArgs, reservedArgs, []any{pizzeria, bun.List(ingredientsOf(ds))},
		reservedArgs, reservedArgs, onHandArgs, reservedArgs, onHandArgs)
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != int64(len(ds)) {
		return cmp.Or(err, errShort)
	}
	return nil
}

// levels reads whole levels, by ingredient ascending; of every ingredient if ids is nil.
func levels(ctx context.Context, q bun.IDB, pizzeria int64, ids []int64, lock bool) ([]app.Level, error) {
	var rows []levelRow
	s := q.NewSelect().Model(&rows).Where("s.pizzeria_id = ?", pizzeria).Order("s.ingredient_id")
	if ids != nil {
		s = s.Where("s.ingredient_id IN (?)", bun.List(ids))
	}
	if lock {
		s = s.ForceIndex(byPrimary).For("UPDATE")
	}
	if err := s.Scan(ctx); err != nil {
		return nil, err
	}
	var out []app.Level
	for _, r := range rows {
		out = append(out, r.level())
	}
	return out, nil
}

// touched are the levels that movements changed, as they are now; none is no query.
func touched(ctx context.Context, tx bun.Tx, pizzeria int64, ds []delta) ([]app.Level, error) {
	if len(ds) == 0 {
		return nil, nil
	}
	return levels(ctx, tx, pizzeria, ingredientsOf(ds), false)
}

// journal writes the stock journal. A movement that stands there already is errStale: somebody made the same one from the same copy.
func journal(ctx context.Context, tx bun.Tx, pizzeria, order int64, moves []app.Movement) error {
	if len(moves) == 0 {
		return nil
	}
	rows := make([]movementRow, len(moves))
	for i, m := range moves {
		rows[i] = movementRow{
			Pizzeria: pizzeria, Ingredient: m.Ingredient, Reason: string(m.Reason), OnHand: m.OnHand, Reserved: m.Reserved,
			Order: order, Revision: m.Revision, By: clean(m.By), At: instant(m.At),
		}
	}
	_, err := tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	if classify(err) == duplicate {
		return errStale
	}
	return err
}

// enough reports whether levels allow the changes after all: somebody else's cancellation may have come in between.
func enough(levels map[int64]app.Level, ds []delta) bool {
	for _, x := range ds {
		l, ok := levels[x.ingredient]
		if !ok || l.Out && x.reserved > x.onHand || l.Reserved+x.reserved < 0 || l.Reserved+x.reserved > l.OnHand+x.onHand {
			return false
		}
	}
	return true
}

// shortOf reads the levels after errShort; again means that they would do now.
func (d *DB) shortOf(ctx context.Context, pizzeria int64, ds []delta) (byID map[int64]app.Level, again bool, err error) {
	now, err := levels(ctx, d.w, pizzeria, ingredientsOf(ds), false)
	if err != nil {
		return nil, false, d.translate(err)
	}
	byID = make(map[int64]app.Level, len(now))
	for _, l := range now {
		byID[l.Ingredient] = l
	}
	return byID, enough(byID, ds), nil
}

// maxShort is how often an order is tried again because stock came back between the refusal and the look at the shelf.
const maxShort = 3
