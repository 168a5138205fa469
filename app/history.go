package app

import (
	"context"
	"time"
)

// What a shop did before today is read from the database when somebody asks for it, in sums; no board keeps it.

// pastStep is how finely a past day's takings are kept: to compare them with today's at the same time of the day.
const pastStep = 10 * time.Minute

// Past is what a shop took on a service day that is over.
type Past struct {
	Day     string
	Takings [24 * time.Hour / pastStep]Cents // by pastStep of the service day; what came later is in the last
	Entries int
}

// Add counts a till entry at an instant of the day.
func (p *Past) Add(at time.Time, amount Cents, entries int) {
	i := int(at.Sub(DayStart(p.Day)) / pastStep)
	p.Takings[min(max(i, 0), len(p.Takings)-1)] += amount
	p.Entries += entries
}

// Total of the day.
func (p *Past) Total() Cents { return p.until(len(p.Takings)) }

// Until is what had been taken a time after the day began, to pastStep: a step that has begun counts in proportion.
func (p *Past) Until(after time.Duration) Cents {
	n := min(max(int(after/pastStep), 0), len(p.Takings))
	sum := p.until(n)
	if n < len(p.Takings) && after > 0 {
		sum += p.Takings[n] * Cents(after%pastStep) / Cents(pastStep)
	}
	return sum
}

func (p *Past) until(n int) (sum Cents) {
	for _, c := range p.Takings[:n] {
		sum += c
	}
	return sum
}

// WeekBefore is the same weekday a week before a service day.
func WeekBefore(day string) string { return addDays(day, -7) }

// addDays counts service days on or back; "" from what is no day.
func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// DayEnd is the first instant after a service day.
func DayEnd(day string) time.Time { return DayStart(addDays(day, 1)) }

// DayFigures are those of one service day.
type DayFigures struct {
	Day       string
	Takings   Cents // what the till took in, less what it paid back
	Sales     int
	Orders    int // placed, those cancelled included
	Cancelled int // never handed over
	Handed    int
	OnTime    int           // of these, not after the promise
	Delay     time.Duration // of all of these together; negative when early
}

// MeanDelay of the orders that were handed over.
func (d DayFigures) MeanDelay() time.Duration {
	if d.Handed == 0 {
		return 0
	}
	return d.Delay / time.Duration(d.Handed)
}

func (d DayFigures) plus(o DayFigures) DayFigures {
	return DayFigures{
		Takings: d.Takings + o.Takings, Sales: d.Sales + o.Sales, Orders: d.Orders + o.Orders, Cancelled: d.Cancelled + o.Cancelled,
		Handed: d.Handed + o.Handed, OnTime: d.OnTime + o.OnTime, Delay: d.Delay + o.Delay,
	}
}

// Seller is how much of a product was ordered, and not cancelled.
type Seller struct {
	Product  string // slug
	Name     string
	Kind     ProductKind
	Quantity int
	Amount   Cents
}

// History is what a shop did from one service day to another.
type History struct {
	Days    []DayFigures // every day, the first in front
	Sellers []Seller     // the most ordered in front
}

// Sum of all days.
func (h History) Sum() DayFigures {
	var sum DayFigures
	for _, d := range h.Days {
		sum = sum.plus(d)
	}
	return sum
}

// MaxHistory is how many days may be asked for at once: a year and the month before, to compare.
const MaxHistory = 400

// defaultHistory is how many days are shown to whoever does not say.
const defaultHistory = 30

// HistoryRange completes and checks the days that somebody asked for: the last thirty if they did not.
func HistoryRange(from, to string, now time.Time) (string, string, error) {
	today := ServiceDay(now)
	if to == "" {
		to = today
	}
	if from == "" {
		from = addDays(to, 1-defaultHistory)
	}
	switch {
	case addDays(to, 0) == "" || addDays(from, 0) == "":
		return "", "", Errorf(Invalid, "Donnez deux jours comme 2026-03-14.").InField("du")
	case from > to:
		return "", "", Errorf(Invalid, "Le premier jour est après le dernier. Échangez-les.").InField("du")
	case from < addDays(to, 1-MaxHistory):
		return "", "", Errorf(Invalid, "Choisissez %d jours au plus.", MaxHistory).InField("du")
	}
	return from, to, nil
}

// DaysBetween lists service days, both included.
func DaysBetween(from, to string) []string {
	var all []string
	for day := from; day != "" && day <= to; day = addDays(day, 1) {
		all = append(all, day)
	}
	return all
}

// History returns the figures of a shop's days. A product of the menu that nobody ordered is among the sellers, at the end.
func (s *Shop) History(ctx context.Context, actor Actor, pizzeria int64, from, to string) (History, error) {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return History{}, err
	}
	h, err := s.Store.History(ctx, pizzeria, from, to)
	if err != nil {
		return h, err
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return h, err
	}
	sold := map[string]bool{}
	for _, x := range h.Sellers {
		sold[x.Product] = true
	}
	for _, p := range board.Menu.Products {
		if !sold[p.Slug] {
			h.Sellers = append(h.Sellers, Seller{Product: p.Slug, Name: p.Name, Kind: p.Kind})
		}
	}
	return h, nil
}

// DayOrders returns the orders of a service day.
func (s *Shop) DayOrders(ctx context.Context, actor Actor, pizzeria int64, day string) ([]*Order, error) {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return nil, err
	}
	if addDays(day, 0) == "" {
		return nil, Errorf(Invalid, "« %s » n’est pas un jour : donnez-le comme 2026-03-14.", clip(day))
	}
	return s.Store.OrdersOfDay(ctx, pizzeria, day)
}
