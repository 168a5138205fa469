package app

import (
	"context"
	"time"
)

// Key makes a write that a phone may repeat happen once. The same principal with the same value and hash gets the stored answer;
// another hash under the same value is refused (Invalid). Kept 7 days.
type Key struct {
	Principal string // Actor.Key, or the visitor's own id
	Value     string // made by the client when the person acts; "" = no key
	Hash      string // SHA-256 of what was asked, hex
}

// Ref names an order of a shop. Known, if set, is a recent copy: db starts from it instead of reading, and reads only when it
// proves out of date.
type Ref struct {
	Pizzeria int64
	ID       int64
	Known    *Order
}

// Saved is the outcome of a write to an order.
type Saved struct {
	Order *Order
	// Event is to be published; its Seq is 0 when nothing was saved.
	Event Event
	// Repeated says that the key had served already: Order is the one of the first time.
	Repeated bool
}

// Store is what the business asks of the database. Each method is one transaction, retried as a whole when the database asks for it.
// Driver errors come back as *Error: Unavailable when the database is down, read-only or over its quota; NotFound when no row of that pizzeria has that id.
type Store interface {
	// Pizzerias lists the shops in the order of the home page.
	Pizzerias(ctx context.Context) ([]Pizzeria, error)
	// LoadBoard reads a shop's board in one REPEATABLE READ transaction, together with its sequence number.
	LoadBoard(ctx context.Context, pizzeria int64) (*Board, error)
	// Positions returns every shop's sequence, and how many other processes serve, in one query.
	Positions(ctx context.Context) (all map[int64]Position, others int, err error)

	// PlaceOrder saves a new order, reserves its stock and numbers it (ID, Number, Version 1 are set on the copy returned).
	// When stock does not allow it, the current levels are handed to soldOut, whose refusal is stored under the key and returned.
	PlaceOrder(ctx context.Context, key Key, o *Order, moves []Movement, soldOut func(levels map[int64]Level) *Error) (Saved, error)
	// Refuse stores a refusal under a key and returns it; if the key has served already, its first outcome is returned instead.
	Refuse(ctx context.Context, key Key, refusal *Error) (Saved, error)
	// UpdateOrder changes one order: change gets a copy and may be called again with a fresher one. ErrUnchanged from change means
	// that there is nothing to save. When stock does not allow the moves, soldOut makes the refusal (nil: it cannot happen).
	UpdateOrder(ctx context.Context, ref Ref, key Key, change func(*Order) (Change, error), soldOut func(levels map[int64]Level) *Error) (Saved, error)
	// OrderByToken finds an order of any shop by the hash of its tracking token.
	OrderByToken(ctx context.Context, hash string) (*Order, error)

	// Order finds an order of a shop, closed ones too.
	Order(ctx context.Context, pizzeria, id int64) (*Order, error)
	// OrdersByPhone returns the last orders of a telephone number (E.164) in a shop, at most limit, the newest first, without their journals.
	OrdersByPhone(ctx context.Context, pizzeria int64, phone string, limit int) ([]*Order, error)

	// MoveStock applies movements that are not an order's. For reason Counted, OnHand is the new quantity on hand rather than a change.
	MoveStock(ctx context.Context, pizzeria int64, key Key, moves []Movement) (Event, error)
	// SetLevel marks an ingredient out or back in and sets its threshold; nil leaves as is.
	SetLevel(ctx context.Context, pizzeria, ingredient int64, out *bool, threshold *int64) (Event, error)
	// SetAddition offers an addition in every shop, or no longer with quantity 0: one event each.
	SetAddition(ctx context.Context, ingredient string, size Size, price Cents, quantity int64) ([]Event, error)
	// SetPrice changes a price in every shop: one event each.
	SetPrice(ctx context.Context, product string, size Size, price Cents) ([]Event, error)

	// SetRun saves in which sequence a courier makes the stops.
	SetRun(ctx context.Context, pizzeria int64, key Key, run Run) (Event, error)

	// SetMaintenance saves a maintenance of the house, or ends it (nil), on every shop's board: one event each.
	SetMaintenance(ctx context.Context, m *Maintenance) ([]Event, error)
	// Served returns the first outcome of a key without using it up; NotFound when it has not served.
	Served(ctx context.Context, key Key) (Saved, error)

	// UserByLogin finds a member of staff; NotFound if there is none.
	UserByLogin(ctx context.Context, login string) (User, error)
	// BeginSession saves a session.
	BeginSession(ctx context.Context, s Session) error
	// SessionActor returns who a session belongs to and until when; NotFound when it ended, expired, or its owner was disabled or revoked.
	SessionActor(ctx context.Context, hash string, now time.Time) (Actor, time.Time, error)
	// EndSession forgets a session.
	EndSession(ctx context.Context, hash string) error
	// OfferPairing remembers until when a code stands for the session hash of an unpaired screen, and returns it. An offer that is good for
	// half as long still is left as it is: a screen asks every few seconds, and nothing is written.
	OfferPairing(ctx context.Context, code, sessionHash string, now, until time.Time) (time.Time, error)
	// PairDevice creates the device that an offered code stands for, with a session until expires, and uses the code up;
	// NotFound when nobody offers it, or no longer at d.PairedAt.
	PairDevice(ctx context.Context, code string, d Device, expires time.Time) (Device, error)
	// Devices lists a shop's devices, revoked ones left out.
	Devices(ctx context.Context, pizzeria int64) ([]Device, error)
	// RevokeDevice ends a device and its sessions and returns the hashes of those sessions.
	RevokeDevice(ctx context.Context, pizzeria, id int64) ([]string, error)

	// Takings adds up what an actor took at the door since the last count, or since a moment before the first one; again: the number of the
	// last count, what it was about, with what came since.
	Takings(ctx context.Context, pizzeria int64, actor Actor, since time.Time, again int) (Takings, error)
	// SaveCount adds a count, or a float, if what it is about still is what the counter was shown; else it is refused (Conflict) with what it
	// is now. It is never changed.
	SaveCount(ctx context.Context, key Key, actor Actor, since time.Time, c CashCount) error
	// Counts returns the last counts and floats of a shop, of one courier or (0) of all, the newest first.
	Counts(ctx context.Context, pizzeria, courier int64, limit int) ([]CashCount, error)

	// Till returns the entries of a shop's till from entry number from on, at most limit.
	Till(ctx context.Context, pizzeria, from int64, limit int) ([]TillEntry, error)
}

// Boards gives the boards in memory; a cold one is loaded.
type Boards interface {
	Board(ctx context.Context, pizzeria int64) (*Board, error)
	// Pizzerias lists the shops, from memory.
	Pizzerias(ctx context.Context) ([]Pizzeria, error)
}

// Publisher is told of every change once it is saved.
type Publisher interface {
	Publish(ctx context.Context, e Event)
}
