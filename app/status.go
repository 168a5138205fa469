package app

import "slices"

// Status is where an order stands. Payment is not part of it.
type Status string

// The statuses of an order.
const (
	Received      Status = "received"
	Preparing     Status = "preparing"
	Ready         Status = "ready"
	OnTheWay      Status = "on_the_way"
	Delivered     Status = "delivered"
	Collected     Status = "collected"
	OnHold        Status = "on_hold" // an ingredient ran out: the customer chooses
	Cancelled     Status = "cancelled"
	Undeliverable Status = "undeliverable"
)

// Statuses lists every status in the order of an order's life.
var Statuses = []Status{Received, OnHold, Preparing, Ready, OnTheWay, Delivered, Collected, Cancelled, Undeliverable}

// Final reports whether nothing follows.
func (s Status) Final() bool {
	return slices.Contains([]Status{Delivered, Collected, Cancelled, Undeliverable}, s)
}

// HandedOver reports whether the customer has the order.
func (s Status) HandedOver() bool { return s == Delivered || s == Collected }

// Open reports whether preparation has not begun, or has stopped: see Order.Open for what a customer may then do.
func (s Status) Open() bool { return s == Received || s == OnHold }

// step is one row of the table: who may take an order from one status to another.
type step struct {
	from, to Status
	roles    []Role
	mode     Mode // "" for both
	reason   bool // a reason must be given
	back     bool // it takes back a step: the order does not reach that status anew
}

// steps is the life of an order, the only place that knows it. A director has a manager's rights.
var steps = []step{
	{from: Received, to: Preparing, roles: []Role{Cook, Manager}},
	{from: Preparing, to: Ready, roles: []Role{Cook, Manager}},
	{from: Ready, to: Preparing, roles: []Role{Cook, Manager}, back: true}, // recall of a bump
	{from: Ready, to: OnTheWay, roles: []Role{Courier, Manager}, mode: Delivery},
	{from: OnTheWay, to: Ready, roles: []Role{Courier, Manager}, mode: Delivery, back: true}, // taken by mistake, or brought back
	{from: OnTheWay, to: Delivered, roles: []Role{Courier, Manager}, mode: Delivery},
	{from: Ready, to: Collected, roles: []Role{Cashier, Manager}, mode: Pickup},

	{from: Received, to: Cancelled, roles: []Role{Customer, Cashier, Manager}},
	{from: OnHold, to: Cancelled, roles: []Role{Customer, Cashier, Manager}},
	{from: Preparing, to: Cancelled, roles: []Role{Manager}, reason: true},
	{from: Ready, to: Cancelled, roles: []Role{Manager}, reason: true},
	{from: OnTheWay, to: Cancelled, roles: []Role{Manager}, reason: true, mode: Delivery},
	{from: Preparing, to: Undeliverable, roles: []Role{Manager}, reason: true, mode: Delivery},
	{from: Ready, to: Undeliverable, roles: []Role{Manager}, reason: true, mode: Delivery},
	{from: OnTheWay, to: Undeliverable, roles: []Role{Courier, Manager}, reason: true, mode: Delivery},

	{from: Received, to: OnHold, roles: []Role{Cook, Manager}, reason: true},
	{from: Preparing, to: OnHold, roles: []Role{Cook, Manager}, reason: true},
	{from: OnHold, to: Received, roles: []Role{Customer, Cashier, Manager}},
}

// MayAdvance reports whether the table lets the actor take an order of a mode from one status to another.
func MayAdvance(actor Actor, mode Mode, from, to Status) bool {
	s, ok := findStep(mode, from, to)
	return ok && actor.Is(s.roles...)
}

func findStep(mode Mode, from, to Status) (step, bool) {
	i := slices.IndexFunc(steps, func(s step) bool {
		return s.from == from && s.to == to && (s.mode == "" || s.mode == mode)
	})
	if i < 0 {
		return step{}, false
	}
	return steps[i], true
}

// tookBack reports whether a step of the journal took back an earlier one.
func tookBack(from, to Status) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return s.back && s.from == from && s.to == to })
}

// Acknowledged is where the journal of a cancelled order ends once whoever was working on it has seen that it is cancelled. It is no status: the
// order stays cancelled.
const Acknowledged = "acknowledged"

// statusWords says a status in a French sentence about « la commande ».
var statusWords = map[Status]string{
	Received:      "n’a pas encore commencé",
	Preparing:     "est en préparation",
	Ready:         "est prête",
	OnTheWay:      "est en route",
	Delivered:     "est livrée",
	Collected:     "est retirée",
	OnHold:        "attend le choix du client",
	Cancelled:     "est annulée",
	Undeliverable: "n’a pas pu être livrée",
}

// ItemState is where one pizza of an order stands.
type ItemState string

// The states of a pizza, in order.
const (
	Queued ItemState = "queued"
	Making ItemState = "making"
	InOven ItemState = "oven"
	Done   ItemState = "done"
)

// ItemStates lists the states in order.
var ItemStates = []ItemState{Queued, Making, InOven, Done}

func (s ItemState) rank() int { return slices.Index(ItemStates, s) }

// Next is the state after this one; Done stays.
func (s ItemState) Next() ItemState { return ItemStates[min(s.rank()+1, len(ItemStates)-1)] }
