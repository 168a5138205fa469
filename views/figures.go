package views

import (
	"strconv"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// Figures are what a manager watches, computed from a board and the service day: the same board gives the same figures all day long. What
// depends on the time of day (how many orders are late) is counted by the browser. A day of more than app.DayOrders orders would be summed in
// part.
type Figures struct {
	Day      string    // service day of the figures
	At       time.Time // of the last thing that happened
	Open     int
	Waiting  int           // open and not begun
	Next     *app.Order    // open order promised first, nil if none
	Handed   int           // handed over in the day
	OnTime   int           // of these, not after the promise
	Delay    time.Duration // mean of what they were late, negative when early
	Takings  app.Cents
	Sales    int
	Couriers int // on the road
	Riding   int // orders with them
	Alarms   []app.LevelOf
	SoldOut  []string // names of products of which nothing is left in any size
	Hours    Hours    // of the service day
	Oven     int      // pizzas that the oven holds

	// When the last order of the day was placed, handed over, paid and taken away by a courier; zero if none was.
	Placed, HandedAt, SoldAt, LeftAt time.Time
}

// Hour is what happened in an hour of the day in Paris: orders placed, handed over and taken away, and what was taken.
type Hour struct {
	Hour                         int
	Orders, Handed, OnTime, Left int
	Takings                      app.Cents
}

// FiguresOf computes a board's figures of the service day of now: until its first order there are none, whatever yesterday's were.
func FiguresOf(b *app.Board, now time.Time) Figures {
	f := Figures{At: latest(b), Day: max(b.Day(), app.ServiceDay(now)), Oven: b.Pizzeria.OvenPizzas}
	if open := OpenOrders(b); len(open) > 0 {
		f.Next = open[0]
	}
	couriers := map[int64]bool{}
	var delay time.Duration
	var by dayHours
	for _, o := range b.Orders {
		f.trace(o, &by)
		if !o.Closed() && !o.Status.Final() {
			f.Open++
			if o.Status.Open() {
				f.Waiting++
			}
		}
		if o.Status == app.OnTheWay {
			f.Riding++
			couriers[o.Courier] = true
		}
		if o.Status.HandedOver() && o.ServiceDay == f.Day {
			late := o.Reached(o.Status).Sub(o.PromisedAt)
			delay += late
			f.Handed++
			if late <= 0 {
				f.OnTime++
			}
		}
		if o.Payment.Status == app.Paid && app.ServiceDay(o.Payment.PaidAt) == f.Day {
			f.Takings += o.Total()
			f.Sales++
		}
	}
	if f.Handed > 0 {
		f.Delay = delay / time.Duration(f.Handed)
	}
	f.Couriers = len(couriers)
	for _, l := range b.Stock() {
		if l.Level.Low() {
			f.Alarms = append(f.Alarms, l)
		}
	}
	for _, p := range b.Menu.Products {
		if left(b, p) == 0 {
			f.SoldOut = append(f.SoldOut, p.Name)
		}
	}
	f.Hours = by.stretch()
	return f
}

// day names the service day: "samedi 14 mars 2026".
func (f Figures) day() string { return Date(app.DayStart(f.Day)) }

// dayHours are the hours of a service day by the clock in Paris.
type dayHours [24]struct {
	Hour
	some bool
}

// at is the hour of an instant, and keeps the latest; nil when it is of another service day.
func (all *dayHours) at(day string, at time.Time, latest *time.Time) *Hour {
	if at.IsZero() || app.ServiceDay(at) != day {
		return nil
	}
	if at.After(*latest) {
		*latest = at
	}
	h := &all[at.In(app.Paris).Hour()]
	h.some = true
	return &h.Hour
}

// trace enters what happened to an order in the day.
func (f *Figures) trace(o *app.Order, by *dayHours) {
	if o.ServiceDay == f.Day {
		if h := by.at(f.Day, o.PlacedAt, &f.Placed); h != nil {
			h.Orders++
		}
		if o.Status.HandedOver() {
			handed := o.Reached(o.Status)
			if h := by.at(f.Day, handed, &f.HandedAt); h != nil {
				h.Handed++
				if !handed.After(o.PromisedAt) {
					h.OnTime++
				}
			}
		}
		if h := by.at(f.Day, o.Reached(app.OnTheWay), &f.LeftAt); h != nil {
			h.Left++
		}
	}
	if o.Payment.Status == app.Paid {
		if h := by.at(f.Day, o.Payment.PaidAt, &f.SoldAt); h != nil {
			h.Takings += o.Total()
		}
	}
}

// stretch lays the hours out over the service day, which begins at 5 h, from the first in which something happened to the last.
func (all *dayHours) stretch() Hours {
	var out Hours
	last := 0
	for i := range 24 {
		n := (5 + i) % 24
		h := all[n]
		h.Hour.Hour = n
		if h.some {
			last = len(out) + 1
		}
		if h.some || len(out) > 0 {
			out = append(out, h.Hour)
		}
	}
	return out[:min(last, len(out))]
}

// left is how many of a product can be ordered in its most plentiful size.
func left(b *app.Board, p app.Product) int {
	n := 0
	for _, v := range p.Variants {
		n = max(n, b.Left(p.Slug, v.Size))
	}
	return n
}

// OpenOrders returns the orders that are not over, those promised first in front: the late ones lead by themselves.
func OpenOrders(b *app.Board) []*app.Order {
	return b.Promised(func(o *app.Order) bool { return !o.Status.Final() })
}

// LateOrders counts the open orders whose promise is past.
func LateOrders(b *app.Board, now time.Time) int {
	n := 0
	for _, o := range OpenOrders(b) {
		if now.After(o.PromisedAt) {
			n++
		}
	}
	return n
}

// DelayWords says a mean delay: "4 min de retard", "2 min d’avance", "à l’heure".
func DelayWords(d time.Duration) string {
	switch m := minutesOf(d); {
	case m > 0:
		return strconv.Itoa(m) + nbsp + "min de retard"
	case m < 0:
		return strconv.Itoa(-m) + nbsp + "min d’avance"
	default:
		return "à l’heure"
	}
}

// minutesOf rounds to whole minutes, away from zero at the half.
func minutesOf(d time.Duration) int { return int(d.Round(time.Minute) / time.Minute) }
