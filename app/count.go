package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tally is what was taken by one method.
type Tally struct {
	Method   Method `json:"m"`
	Payments int    `json:"n"`
	Amount   Cents  `json:"a"`
}

// Takings are what somebody took at the door and has not counted yet, by the till's own entries.
type Takings struct {
	Since time.Time // the count before, or the beginning of the day
	// After and Last are entries of the till: it is about those between, the first left out.
	After, Last int64
	Float       Cents   // the change that the courier left with
	By          []Tally // in the order of Door, those that occurred
	Again       int     // the count that is taken up again, 0 for none
}

// Of is what was taken by a method.
func (t Takings) Of(m Method) Tally {
	if i := slices.IndexFunc(t.By, func(b Tally) bool { return b.Method == m }); i >= 0 {
		return t.By[i]
	}
	return Tally{Method: m}
}

// Cash is what should be in the purse.
func (t Takings) Cash() Cents { return t.Float + t.Of(Cash).Amount }

// Key says in short what is expected: a count made against something else is not the count of this.
func (t Takings) Key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", t.Float)
	for _, m := range Door {
		fmt.Fprintf(&b, ".%d-%d", t.Of(m).Payments, t.Of(m).Amount)
	}
	return b.String()
}

// CashCount is what a courier counted at the end of a shift against what the till expected, or the change taken along at its beginning. Nobody
// changes one: another follows it.
type CashCount struct {
	Pizzeria int64
	Courier  int64
	Name     string // the courier's
	N        int    // 1, 2, 3 … of the courier in the shop
	Start    bool   // the change taken along: Cash alone says something
	At       time.Time
	Takings  Takings // what was expected
	Cash     Cents   // counted
	Cheques  int
	Vouchers int
	// Shown is the Takings.Key that the counter saw; "" when nobody looked.
	Shown string
}

// Difference is how much more was counted than expected; below zero, something is missing.
func (c CashCount) Difference() Cents { return c.Cash - c.Takings.Cash() }

// Right reports whether all is there that should be. A customer may hand several vouchers over at once, but never less than one.
func (c CashCount) Right() bool {
	return c.Start || c.Difference() == 0 && c.Cheques == c.Takings.Of(Cheque).Payments && c.Vouchers >= c.Takings.Of(Voucher).Payments &&
		(c.Vouchers == 0 || c.Takings.Of(Voucher).Payments > 0)
}

// Limits of a count.
const (
	maxPurse = 5_000_00
	maxSlips = 500
	// CountsShown is how many counts are listed.
	CountsShown = 60
)

// Takings are what the actor has to count now; again: the number of the last count, to count anew what it was about (0: not so).
func (s *Shop) Takings(ctx context.Context, actor Actor, pizzeria int64, again int) (Takings, error) {
	if err := mayManage(actor, pizzeria, Courier, Manager); err != nil {
		return Takings{}, err
	}
	return s.Store.Takings(ctx, pizzeria, actor, s.shiftStart(), again)
}

// shiftStart is since when money counts that nobody ever counted.
func (s *Shop) shiftStart() time.Time { return DayStart(ServiceDay(s.Now())) }

// CountCash records what the actor counted.
func (s *Shop) CountCash(ctx context.Context, actor Actor, key Key, c CashCount) error {
	c.Start = false
	return s.saveCount(ctx, actor, key, c)
}

// TakeFloat records the change that the actor takes along. Taken again before the next count, the last one holds.
func (s *Shop) TakeFloat(ctx context.Context, actor Actor, key Key, pizzeria int64, amount Cents) error {
	return s.saveCount(ctx, actor, key, CashCount{Pizzeria: pizzeria, Start: true, Cash: amount})
}

func (s *Shop) saveCount(ctx context.Context, actor Actor, key Key, c CashCount) error {
	if err := mayManage(actor, c.Pizzeria, Courier, Manager); err != nil {
		return err
	}
	switch {
	case c.Cash < 0 || c.Cash > maxPurse:
		return Errorf(Invalid, "Écrivez les espèces en euros, de 0 à %s.", Cents(maxPurse)).InField("especes")
	case c.Cheques < 0 || c.Cheques > maxSlips:
		return Errorf(Invalid, "Écrivez combien de chèques vous avez, %d au plus.", maxSlips).InField("cheques")
	case c.Vouchers < 0 || c.Vouchers > maxSlips:
		return Errorf(Invalid, "Écrivez combien de tickets-restaurant vous avez, %d au plus.", maxSlips).InField("tickets")
	}
	c.Courier, c.Name, c.At = actor.User, actor.Name, s.Now()
	return s.Store.SaveCount(ctx, key, actor, s.shiftStart(), c)
}

// Counts are the last counts that the actor may see: a courier's own, a manager's whole shop.
func (s *Shop) Counts(ctx context.Context, actor Actor, pizzeria int64) ([]CashCount, error) {
	if err := mayManage(actor, pizzeria, Courier, Manager); err != nil {
		return nil, err
	}
	if actor.Is(Manager) {
		return s.Store.Counts(ctx, pizzeria, 0, CountsShown)
	}
	return s.OwnCounts(ctx, actor, pizzeria)
}

// OwnCounts are the last counts of the actor.
func (s *Shop) OwnCounts(ctx context.Context, actor Actor, pizzeria int64) ([]CashCount, error) {
	if err := mayManage(actor, pizzeria, Courier, Manager); err != nil {
		return nil, err
	}
	return s.Store.Counts(ctx, pizzeria, actor.User, 10)
}
