package web

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
)

// orderRun puts the stops of the actor's run into a sequence: all of them as a list of ids ("ordre"), or one of them a place up ("monter") or
// down ("descendre").
func (s *Server) orderRun(c *fiber.Ctx) error {
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	ctx, actor := c.UserContext(), actorOf(c)
	if form.Has("ordre") {
		stops, err := orderIDs(form["ordre"])
		if err != nil {
			return err
		}
		if err := s.shop.OrderRun(ctx, actor, k, shop.ID, stops); err != nil {
			return err
		}
		return s.done(c, "/livraisons"+shopQuery(shop, shops), nil)
	}
	name, by := "monter", -1
	if form.Has("descendre") {
		name, by = "descendre", 1
	}
	id, err := strconv.ParseInt(form.Get(name), 10, 64)
	if err != nil {
		return errUnreadable
	}
	if err := s.shop.MoveStop(ctx, actor, k, shop.ID, id, by); err != nil {
		return err
	}
	return s.done(c, "/livraisons"+shopQuery(shop, shops), nil)
}

// takeTogether takes several ready orders into the actor's run.
func (s *Server) takeTogether(c *fiber.Ctx) error {
	form, k, err := s.staffWrite(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	orders, err := orderIDs(form["commandes"])
	if err != nil {
		return err
	}
	if err := s.shop.TakeTogether(c.UserContext(), actorOf(c), k, shop.ID, orders); err != nil {
		return err
	}
	return s.done(c, "/livraisons"+shopQuery(shop, shops), nil)
}

// orderIDs reads ids that a form has one by one, or joined by commas.
func orderIDs(words []string) ([]int64, error) {
	var ids []int64
	for word := range strings.SplitSeq(strings.Join(words, ","), ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(word), 10, 64)
		if err != nil || id <= 0 || len(ids) > app.MaxStops {
			return nil, errUnreadable
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// position takes in where the courier is, or ("arret") that this is no longer shared. It is told to whoever follows the next stop, and kept nowhere.
func (s *Server) position(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	shop, _, err := s.staffShop(c)
	if err != nil {
		return err
	}
	actor := actorOf(c)
	if form.Has("arret") {
		s.boards.Ride(shop.ID, app.Rider{Courier: actor.User})
		return c.SendStatus(fiber.StatusNoContent)
	}
	if err := s.rides.pace(actor.User, s.shop.Now()); err != nil {
		return err
	}
	r, err := s.shop.Ride(c.UserContext(), actor, shop.ID, app.Place{Lat: number(form.Get("latitude")), Lon: number(form.Get("longitude"))}, number(form.Get("precision")))
	if err != nil {
		return err
	}
	s.boards.Ride(shop.ID, r)
	return c.SendStatus(fiber.StatusNoContent)
}

// number reads one that app checks; what is none is not a number.
func number(word string) float64 {
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// rides remembers when each courier's position came last.
type rides struct {
	mu   sync.Mutex
	last map[int64]time.Time
}

// ridePause is the least time between two positions of a courier; the telephone leaves ten seconds.
const ridePause = 5 * time.Second

// pace refuses a position that comes too soon after another.
func (r *rides) pace(courier int64, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.last[courier].Add(ridePause).Sub(now); wait > 0 && wait <= ridePause {
		e := app.Errorf(app.TooMany, "Une position toutes les %d secondes suffit. Attendez un peu.", int(ridePause/time.Second))
		e.Retry = wait
		return e
	}
	if r.last == nil {
		r.last = map[int64]time.Time{}
	}
	for other, at := range r.last {
		if now.Sub(at) > time.Hour {
			delete(r.last, other)
		}
	}
	r.last[courier] = now
	return nil
}
