package db

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type runRow struct {
	bun.BaseModel `bun:"table:runs,alias:r"`
	Pizzeria      int64  `bun:"pizzeria_id"`
	Courier       int64  `bun:"courier_id"`
	Stops         string `bun:"stops"` // ids joined by commas
}

// SetRun saves in which sequence a courier makes the stops.
func (d *DB) SetRun(ctx context.Context, pizzeria int64, key app.Key, run app.Run) (app.Event, error) {
	var e app.Event
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		if err := d.serve(ctx, tx, key, keyRow{Kind: keyDone, Pizzeria: pizzeria}); err != nil {
			if unknown && errors.Is(err, errServed) {
				return errLanded
			}
			return err
		}
		query := "INSERT INTO runs (pizzeria_id, courier_id, stops) VALUES (?, ?, ?)"
		if d.mysql {
			query += " ON DUPLICATE KEY UPDATE stops = VALUES(stops)"
		} else {
			query += " ON CONFLICT (pizzeria_id, courier_id) DO UPDATE SET stops = excluded.stops"
		}
		if _, err := tx.ExecContext(ctx, query, pizzeria, run.Courier, joined(run.Stops)); err != nil {
			return err
		}
		var err error
		e, err = d.next(ctx, tx, pizzeria)
		e.Runs = []app.Run{run}
		return err
	})
	switch {
	case err == nil:
		return e, nil
	case errors.Is(err, errLanded):
		return d.reload(ctx, pizzeria)
	case errors.Is(err, errServed):
		_, err := d.outcome(ctx, key)
		return app.Event{}, err
	}
	return app.Event{}, err
}

// runs reads the sequences that a shop's couriers chose.
func runs(ctx context.Context, tx bun.Tx, pizzeria int64) (map[int64]app.Run, error) {
	var rows []runRow
	if err := tx.NewSelect().Model(&rows).Where("pizzeria_id = ?", pizzeria).Scan(ctx); err != nil {
		return nil, err
	}
	all := make(map[int64]app.Run, len(rows))
	for _, r := range rows {
		all[r.Courier] = app.Run{Courier: r.Courier, Stops: split(r.Stops)}
	}
	return all, nil
}

func joined(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, ",")
}

// split leaves out what is no id.
func split(words string) []int64 {
	var ids []int64
	for word := range strings.SplitSeq(words, ",") {
		if id, err := strconv.ParseInt(word, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

type placeRow struct {
	bun.BaseModel `bun:"table:places,alias:w"`
	Pizzeria      int64  `bun:"pizzeria_id"`
	Postcode      string `bun:"postcode"` // "" for the shop itself
	Lat           int64  `bun:"latitude"` // millionths of a degree
	Lon           int64  `bun:"longitude"`
}

const micro = 1_000_000

func newPlaceRow(pizzeria int64, postcode string, p app.Place) placeRow {
	return placeRow{Pizzeria: pizzeria, Postcode: postcode, Lat: int64(math.Round(p.Lat * micro)), Lon: int64(math.Round(p.Lon * micro))}
}

func (r placeRow) place() app.Place {
	return app.Place{Lat: float64(r.Lat) / micro, Lon: float64(r.Lon) / micro}
}

// places puts the shops, and the postcodes that they serve, where they are.
func places(rows []placeRow, p *app.Pizzeria) {
	for _, r := range rows {
		switch {
		case r.Pizzeria != p.ID:
		case r.Postcode == "":
			p.At = r.place()
		default:
			if p.Places == nil {
				p.Places = map[string]app.Place{}
			}
			p.Places[r.Postcode] = r.place()
		}
	}
}
