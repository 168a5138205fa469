package db

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

// PlaceOrder saves a new order in one transaction: key, stock, number, order, lines, journal, stock journal, sequence. When stock does
// not allow it, soldOut words the refusal, which is stored under the key in a transaction of its own.
func (d *DB) PlaceOrder(ctx context.Context, key app.Key, o *app.Order, moves []app.Movement, soldOut func(map[int64]app.Level) *app.Error) (app.Saved, error) {
	in := o.Clone()
	normalise(in)
	ds := deltas(moves)
	for short := 1; ; short++ {
		var saved app.Saved
		lostCommit := false
		err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
			lostCommit = unknown
			var err error
			saved, err = d.place(ctx, tx, key, in.Clone(), moves, ds)
			return err
		})
		switch {
		case err == nil:
			return saved, nil
		case errors.Is(err, errServed):
			return d.placedBefore(ctx, key, in, lostCommit)
		case errors.Is(err, errToken):
			// Without a key, or with one forgotten since, the token still says that this order exists.
			found, err := d.findOrder(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
				return q.Where("o.pizzeria_id = ?", in.Pizzeria).Where("o.token_hash = ?", in.TokenHash)
			})
			if err != nil {
				return app.Saved{}, err
			}
			return d.landed(ctx, app.Saved{Order: found, Repeated: !lostCommit}, lostCommit)
		case errors.Is(err, errShort):
			byID, again, err := d.shortOf(ctx, in.Pizzeria, ds)
			if err != nil {
				return app.Saved{}, err
			}
			if again && short < maxShort {
				continue
			}
			return d.Refuse(ctx, key, soldOut(byID))
		}
		return app.Saved{}, err
	}
}

// place is one try of PlaceOrder. o is its own.
func (d *DB) place(ctx context.Context, tx bun.Tx, key app.Key, o *app.Order, moves []app.Movement, ds []delta) (app.Saved, error) {
	if err := d.serve(ctx, tx, key, keyRow{Kind: keyOrder, Pizzeria: o.Pizzeria, TokenHash: o.TokenHash}); err != nil {
		return app.Saved{}, err
	}
	if err := d.moveLevels(ctx, tx, o.Pizzeria, ds); err != nil {
		return app.Saved{}, err
	}
	var err error
	if o.Number, err = d.nextNumber(ctx, tx, o.Pizzeria, o.ServiceDay); err != nil {
		return app.Saved{}, err
	}
	if err := insertOrder(ctx, tx, o); err != nil {
		return app.Saved{}, err
	}
	if err := journal(ctx, tx, o.Pizzeria, o.ID, moves); err != nil {
		return app.Saved{}, err
	}
	changed, err := touched(ctx, tx, o.Pizzeria, ds)
	if err != nil {
		return app.Saved{}, err
	}
	e, err := d.next(ctx, tx, o.Pizzeria)
	e.Orders, e.Levels = []*app.Order{o}, changed
	return app.Saved{Order: o, Event: e}, err
}

// placedBefore answers a key that has served. After a lost COMMIT it was this very request that served it: the order was saved, and
// nobody has been told yet.
func (d *DB) placedBefore(ctx context.Context, key app.Key, o *app.Order, lostCommit bool) (app.Saved, error) {
	saved, err := d.outcome(ctx, key)
	if err == nil && (saved.Order == nil || saved.Order.Pizzeria != o.Pizzeria) {
		return app.Saved{}, errKeyReused
	}
	if err != nil || !lostCommit {
		return saved, err
	}
	saved.Repeated = false
	return d.landed(ctx, saved, true)
}

// landed adds to what a lost COMMIT saved the event that makes boards load again.
func (d *DB) landed(ctx context.Context, saved app.Saved, lostCommit bool) (app.Saved, error) {
	if !lostCommit {
		return saved, nil
	}
	e, err := d.reload(ctx, saved.Order.Pizzeria)
	if err != nil {
		// The order stands; boards notice by their numbers.
		d.log.WarnContext(ctx, "no event after a lost commit", "pizzeria", saved.Order.Pizzeria, "error", err)
		return saved, nil
	}
	saved.Event = e
	return saved, nil
}

// UpdateOrder changes one order in one transaction. It starts from ref.Known if there is one; a copy that proves out of date, or from
// which the change is refused, is read again before anybody is told no.
func (d *DB) UpdateOrder(ctx context.Context, ref app.Ref, key app.Key, change func(*app.Order) (app.Change, error), soldOut func(map[int64]app.Level) *app.Error) (app.Saved, error) {
	u := &update{d: d, ref: ref, key: key, change: change}
	if k := ref.Known; k != nil && k.ID == ref.ID && k.Pizzeria == ref.Pizzeria {
		u.known = k
	}
	for short := 1; ; short++ {
		err := d.write(ctx, u.try)
		switch {
		case err == nil:
			d.rememberTill(u.head)
			return u.saved, nil
		case errors.Is(err, app.ErrUnchanged), errors.Is(err, errLanded):
			o, err := d.order(ctx, ref.Pizzeria, ref.ID)
			if err != nil {
				return app.Saved{}, err
			}
			return d.landed(ctx, app.Saved{Order: o}, u.unknown)
		case errors.Is(err, errServed):
			return u.served(ctx)
		case errors.Is(err, errShort):
			byID, again, err := d.shortOf(ctx, ref.Pizzeria, u.ds)
			if err != nil {
				return app.Saved{}, err
			}
			if again && short < maxShort {
				continue
			}
			if soldOut == nil {
				return app.Saved{}, app.AsError(errors.New("db: an order's own stock is not there"))
			}
			return d.Refuse(ctx, key, soldOut(byID))
		}
		if refusal := app.AsError(err); refusal.Kind == app.Conflict {
			return d.Refuse(ctx, key, refusal)
		}
		return app.Saved{}, err
	}
}

// update is one call of UpdateOrder across its tries.
type update struct {
	d       *DB
	ref     app.Ref
	key     app.Key
	change  func(*app.Order) (app.Change, error)
	known   *app.Order // nil once it proved out of date
	wanted  *app.Order // what the last try would have saved
	unknown bool       // the answer to an earlier COMMIT was lost
	ds      []delta    // of the last try
	head    *tillHead  // after the last try
	saved   app.Saved
}

func (u *update) try(ctx context.Context, tx bun.Tx, unknown bool) error {
	u.unknown = unknown
	if unknown {
		u.known = nil
	}
	if err := u.d.serve(ctx, tx, u.key, keyRow{Kind: keyOrder, Pizzeria: u.ref.Pizzeria, Order: u.ref.ID}); err != nil {
		return err
	}
	before, o, c, err := u.changed(ctx, tx)
	if err != nil {
		return err
	}
	err = u.save(ctx, tx, before, o, c)
	if u.known != nil && (errors.Is(err, errShort) || errors.Is(err, errStale)) {
		u.known = nil
		return errStale
	}
	return err
}

// changed applies the change to the known copy; when there is none, or it is refused there, to the one in the database.
func (u *update) changed(ctx context.Context, tx bun.Tx) (before, o *app.Order, c app.Change, err error) {
	if u.known != nil {
		o = u.known.Clone()
		if c, err = u.change(o); err == nil {
			return u.known, o, c, nil
		}
		u.known = nil
	}
	if before, err = orderIn(ctx, tx, byID(u.ref.Pizzeria, u.ref.ID)); err != nil {
		return nil, nil, c, err
	}
	if u.unknown && u.wanted != nil && reflect.DeepEqual(before, u.wanted) {
		return nil, nil, c, errLanded
	}
	o = before.Clone()
	c, err = u.change(o)
	return before, o, c, err
}

// save writes the order's new state and what it entails, in the order of locks.
func (u *update) save(ctx context.Context, tx bun.Tx, before, o *app.Order, c app.Change) error {
	d := u.d
	normalise(o)
	u.wanted, u.ds, u.head = o, deltas(c.Moves), nil
	if err := d.moveLevels(ctx, tx, o.Pizzeria, u.ds); err != nil {
		return err
	}
	if err := updateOrder(ctx, tx, before, o); err != nil {
		return err
	}
	if err := journal(ctx, tx, o.Pizzeria, o.ID, c.Moves); err != nil {
		return err
	}
	changed, err := touched(ctx, tx, o.Pizzeria, u.ds)
	if err != nil {
		return err
	}
	if u.head, err = d.appendTill(ctx, tx, o.Pizzeria, slices.Clone(c.Till)); err != nil {
		return err
	}
	e, err := d.next(ctx, tx, o.Pizzeria)
	e.Orders, e.Levels = []*app.Order{o}, changed
	u.saved = app.Saved{Order: o, Event: e}
	return err
}

// served answers a key that has served: the order as it is now, or the refusal.
func (u *update) served(ctx context.Context) (app.Saved, error) {
	saved, err := u.d.outcome(ctx, u.key)
	if err != nil {
		return saved, err
	}
	if saved.Order == nil || saved.Order.ID != u.ref.ID || saved.Order.Pizzeria != u.ref.Pizzeria {
		return app.Saved{}, errKeyReused
	}
	saved.Repeated = !u.unknown
	return u.d.landed(ctx, saved, u.unknown)
}
