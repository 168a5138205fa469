package app

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"
)

// Run is in which sequence a courier chose to make the stops. Orders that have left it since are still named and mean nothing; those that joined
// it since come behind.
type Run struct {
	Courier int64
	Stops   []int64 // ids of orders
}

// MaxStops is how many stops a run may be put in order for: more than a scooter carries.
const MaxStops = 30

// Limits of what is carried together.
const (
	maxTogether = 3                // boxes keep each other warm, and the last customer waits for all the others
	oneHeat     = 10 * time.Minute // between the first and the last out of the oven
	oneWay      = 40.0             // degrees between two directions from the shop
	nearby      = 1500.0           // metres between two places that are the same way whatever the direction
	oneTrip     = 15 * time.Minute // promises so close are kept in whatever sequence is the shortest
)

// Where is where an order goes, as far as its postcode says: the middle of it. An address is not looked up anywhere.
func (p *Pizzeria) Where(o *Order) Place { return p.Places[o.Contact.Postcode] }

// Carried are the deliveries that a courier carries, in the sequence of the stops: those under way, and those cancelled on the way until the
// courier has seen that. What the courier chose comes first, in that sequence; the rest as proposed.
func (b *Board) Carried(courier int64) []*Order {
	if courier == 0 {
		return nil
	}
	all := b.Promised(func(o *Order) bool { return o.Status == OnTheWay && o.Courier == courier })
	all = append(all, b.Recent(DayOrders, func(o *Order) bool {
		return o.Status == Cancelled && o.Mode == Delivery && o.Courier == courier && o.ServiceDay == b.Day() && !o.Acknowledged()
	})...)
	chosen := b.Runs[courier].Stops
	var first, rest []*Order
	for _, o := range all {
		if slices.Contains(chosen, o.ID) {
			first = append(first, o)
		} else {
			rest = append(rest, o)
		}
	}
	slices.SortFunc(first, func(x, y *Order) int { return cmp.Compare(slices.Index(chosen, x.ID), slices.Index(chosen, y.ID)) })
	slices.SortFunc(rest, b.proposedFirst)
	return append(first, rest...)
}

// proposedFirst orders stops that nobody put into order: promises of the same quarter of an hour from the nearest postcode to the farthest, so that
// neighbours follow each other. Each stop's place is its own affair: none moves because another leaves the run.
func (b *Board) proposedFirst(x, y *Order) int {
	from := b.Pizzeria.At
	far := func(o *Order) float64 {
		if at := b.Pizzeria.Where(o); from.Known() && at.Known() {
			return from.Distance(at)
		}
		return 0
	}
	return cmp.Or(x.PromisedAt.Truncate(oneTrip).Compare(y.PromisedAt.Truncate(oneTrip)), cmp.Compare(far(x), far(y)),
		cmp.Compare(x.Contact.Postcode, y.Contact.Postcode), promisedFirst(x, y))
}

// StopsBefore is how many stops the courier makes before that of an order; false when it is not under way.
func (b *Board) StopsBefore(o *Order) (int, bool) {
	if o.Status != OnTheWay {
		return 0, false
	}
	n := 0
	for _, other := range b.Carried(o.Courier) {
		switch {
		case other.ID == o.ID:
			return n, true
		case other.Status == OnTheWay:
			n++
		}
	}
	return 0, false
}

// NextStop is the order that a courier brings next, nil without a run.
func (b *Board) NextStop(courier int64) *Order {
	for _, o := range b.Carried(courier) {
		if o.Status == OnTheWay {
			return o
		}
	}
	return nil
}

// Together is what a courier should carry in one run: the delivery promised first of those that are ready, and others of the same heat that go
// the same way, in the sequence of their promises. nil when there is nothing to be carried together.
type Together struct {
	Orders []*Order
	// SamePostcode says that all go to one postcode; else they go the same direction.
	SamePostcode bool
	// Since is when the first of them left the oven.
	Since time.Time
}

// Together proposes. It asks no clock: the same board always proposes the same.
func (b *Board) Together() *Together {
	ready := b.Promised(func(o *Order) bool { return o.Status == Ready && o.Mode == Delivery })
	for i, lead := range ready {
		if t := b.together(lead, ready[i+1:]); t != nil {
			return t
		}
	}
	return nil
}

func (b *Board) together(lead *Order, others []*Order) *Together {
	t := &Together{Orders: []*Order{lead}, SamePostcode: true, Since: lead.Reached(Ready)}
	latest := t.Since
	for _, o := range others {
		out := o.Reached(Ready)
		if len(t.Orders) == maxTogether || !b.sameWay(lead, o) || later(latest, out).Sub(sooner(t.Since, out)) > oneHeat {
			continue
		}
		t.Orders = append(t.Orders, o)
		t.Since, latest = sooner(t.Since, out), later(latest, out)
		t.SamePostcode = t.SamePostcode && o.Contact.Postcode == lead.Contact.Postcode
	}
	if len(t.Orders) < 2 {
		return nil
	}
	return t
}

// sameWay reports whether two orders go the same way, by their postcodes.
func (b *Board) sameWay(x, y *Order) bool {
	if x.Contact.Postcode == y.Contact.Postcode {
		return true
	}
	shop, p, q := b.Pizzeria.At, b.Pizzeria.Where(x), b.Pizzeria.Where(y)
	if !shop.Known() || !p.Known() || !q.Known() {
		return false
	}
	return p.Distance(q) <= nearby || turn(shop.Bearing(p), shop.Bearing(q)) <= oneWay
}

// OrderRun puts the stops of the actor's own run into a sequence. Orders that are not in it, or no more, are left out: what was chosen without
// network is still meant for those that are left.
func (s *Shop) OrderRun(ctx context.Context, actor Actor, key Key, pizzeria int64, stops []int64) error {
	board, err := s.runOf(ctx, actor, pizzeria)
	if err != nil {
		return err
	}
	if len(stops) > MaxStops {
		return Errorf(Invalid, "Une tournée a %d arrêts au plus.", MaxStops)
	}
	run := Run{Courier: actor.User}
	for _, o := range board.Carried(actor.User) {
		if slices.Contains(stops, o.ID) {
			run.Stops = append(run.Stops, o.ID)
		}
	}
	slices.SortFunc(run.Stops, func(a, b int64) int { return cmp.Compare(slices.Index(stops, a), slices.Index(stops, b)) })
	if len(run.Stops) == 0 || slices.Equal(run.Stops, board.Runs[actor.User].Stops) {
		return nil
	}
	e, err := s.Store.SetRun(ctx, pizzeria, key, run)
	if err != nil {
		return err
	}
	s.announce(ctx, e)
	return nil
}

// MoveStop moves a stop of the actor's own run by so many places, up if by is negative. At the end it stays.
func (s *Shop) MoveStop(ctx context.Context, actor Actor, key Key, pizzeria, id int64, by int) error {
	board, err := s.runOf(ctx, actor, pizzeria)
	if err != nil {
		return err
	}
	stops := idsOf(board.Carried(actor.User))
	at := slices.Index(stops, id)
	if at < 0 {
		return Errorf(Conflict, "Cette commande n’est plus dans votre tournée. Regardez sur votre écran ce qui reste à livrer.")
	}
	stops = slices.Delete(stops, at, at+1)
	return s.OrderRun(ctx, actor, key, pizzeria, slices.Insert(stops, min(max(at+by, 0), len(stops)), id))
}

// TakeTogether takes several orders into the actor's run, each a step of its own under a key of its own, in the sequence of their ids: of two couriers
// who take the same at once, one gets all and the other none. It stops at the first that is refused.
func (s *Shop) TakeTogether(ctx context.Context, actor Actor, key Key, pizzeria int64, orders []int64) error {
	if len(orders) == 0 || len(orders) > MaxStops {
		return Errorf(Invalid, "Choisissez les commandes à emporter, %d au plus.", MaxStops)
	}
	orders = slices.Compact(slices.Sorted(slices.Values(orders)))
	for _, id := range orders {
		own := key
		if key.Value != "" {
			own.Value += ":" + strconv.FormatInt(id, 10)
		}
		if _, err := s.AdvanceOrder(ctx, actor, own, pizzeria, id, OnTheWay, ""); err != nil {
			return err
		}
	}
	return nil
}

// runOf is the board on which the actor has a run.
func (s *Shop) runOf(ctx context.Context, actor Actor, pizzeria int64) (*Board, error) {
	if err := mayManage(actor, pizzeria, Courier, Manager); err != nil {
		return nil, err
	}
	return s.Boards.Board(ctx, pizzeria)
}

func idsOf(orders []*Order) []int64 {
	out := make([]int64, len(orders))
	for i, o := range orders {
		out[i] = o.ID
	}
	return out
}
