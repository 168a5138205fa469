package views

import (
	"cmp"
	"slices"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// GroupID is the table of all shops; GroupView names its socket, see StockView.
const (
	GroupID   = "group"
	GroupView = "groupe"
)

// ShopFigures is one shop on the director's page.
type ShopFigures struct {
	Pizzeria app.Pizzeria
	Figures  Figures
	Late     int
	Oldest   time.Time // promise of the order that is late longest, zero if none is
	Closed   bool      // it takes no orders now
	At       time.Time
	Week     *app.Past // the same weekday a week before, nil if it is not known or nothing was sold
}

// ShopFiguresOf computes a shop's row.
func ShopFiguresOf(b *app.Board, now time.Time, before Before) ShopFigures {
	s := ShopFigures{Pizzeria: b.Pizzeria, Figures: FiguresOf(b, now), Late: LateOrders(b, now), Closed: !b.Pizzeria.OpenAt(now), At: now}
	s.Week = before.week(s.Figures)
	if s.Late > 0 {
		s.Oldest = s.Figures.Next.PromisedAt
	}
	return s
}

// WorstFirst sorts shops by how much somebody must look there: most late orders, then the longest late, then stock alarms, then open orders.
func WorstFirst(all []ShopFigures) {
	slices.SortStableFunc(all, func(a, b ShopFigures) int {
		return cmp.Or(cmp.Compare(b.Late, a.Late), a.Oldest.Compare(b.Oldest), cmp.Compare(len(b.Figures.Alarms), len(a.Figures.Alarms)), cmp.Compare(b.Figures.Open, a.Figures.Open))
	})
}

// tone of a shop: late when orders are, to be watched when its stock is low.
func (s ShopFigures) tone() Tone {
	switch {
	case s.Late > 0:
		return Late
	case len(s.Figures.Alarms) > 0:
		return Warn
	case s.Closed && s.Figures.Open == 0:
		return Idle
	}
	return Good
}

func (s ShopFigures) word() string {
	switch s.tone() {
	case Late:
		return "En retard"
	case Warn:
		return "Stock bas"
	case Idle:
		return "Fermée"
	}
	return "À l’heure"
}

// Then is what the shop had taken a week before at the same time.
func (s ShopFigures) Then() app.Cents {
	if s.Week == nil {
		return 0
	}
	return pastNow(s.Week, s.Figures, s.At)
}

// groupTakings are those of all shops.
func groupTakings(all []ShopFigures) (sum app.Cents) {
	for _, s := range all {
		sum += s.Figures.Takings
	}
	return sum
}

// weekWords compares a shop's takings with those of the same weekday: ", ▲ 12 % de plus que samedi dernier".
func weekWords(s ShopFigures) string {
	if s.Week == nil {
		return ""
	}
	return ", " + compared(s.Figures.Takings, s.Then()) + " que " + lastWeekday(s.Week)
}
