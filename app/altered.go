package app

import (
	"reflect"
	"slices"
	"time"
)

// asSaid is what a ticket says of a line: what it costs, holds and how far it is left out.
func (l Line) asSaid() Line {
	l.UnitPrice, l.VAT, l.Allergens, l.Recipe, l.Items = 0, 0, nil, nil, nil
	l.Added = slices.Clone(l.Added)
	for i := range l.Added {
		l.Added[i].Price, l.Added[i].Quantity = 0, 0
	}
	return l
}

// says reports whether two lines are the same on a ticket, wherever they stand on it.
func (l Line) says(other Line) bool {
	l, other = l.asSaid(), other.asSaid()
	l.N, other.N = 0, 0
	return reflect.DeepEqual(l, other)
}

// remember keeps the lines as the kitchen last saw them. Changed again before it did, they stay those that it saw; changed back, there is
// nothing to see.
func (o *Order) remember(old []Line) {
	if o.Before == nil {
		for _, l := range old {
			o.Before = append(o.Before, l.asSaid())
		}
	}
	if !o.Altered() {
		o.Before = nil
	}
}

// Gone are the lines that the kitchen saw and that are no longer to be made.
func (o *Order) Gone() []Line {
	if o.Before == nil {
		return nil
	}
	return missingIn(o.Before, o.Lines)
}

// Arrived are the numbers of the lines that the kitchen has not seen yet.
func (o *Order) Arrived() []int {
	if o.Before == nil {
		return nil
	}
	var out []int
	for _, l := range missingIn(o.Lines, o.Before) {
		out = append(out, l.N)
	}
	return out
}

// missingIn are the lines of a ticket that another does not say; what stands twice on one must stand twice on the other.
func missingIn(lines, other []Line) []Line {
	rest := slices.Clone(other)
	var out []Line
	for _, l := range lines {
		if i := slices.IndexFunc(rest, l.says); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			out = append(out, l)
		}
	}
	return out
}

// Altered reports whether the kitchen has something to see: lines that came, or went, since it last looked.
func (o *Order) Altered() bool { return len(o.Gone())+len(o.Arrived()) > 0 }

// acknowledgeChange says that the kitchen saw what has changed about an order. Once is enough, for all its walls.
func (o *Order) acknowledgeChange(actor Actor, at time.Time) (Change, error) {
	if !actor.Is(Cook, Manager) {
		return Change{}, Errorf(Forbidden, "Seule la cuisine dit qu’elle a vu un changement.")
	}
	if o.Before == nil {
		if slices.ContainsFunc(o.Journal, func(s Step) bool { return s.To == Acknowledged }) {
			return Change{}, ErrUnchanged
		}
		return Change{}, Errorf(Conflict, "La commande n° %d %s : elle n’est pas annulée, et rien n’y a changé. Regardez sur votre écran où elle en est.", o.Number, o.stands())
	}
	o.Before = nil
	o.record(actor, 0, string(o.Status), Acknowledged, "", o.follows(at))
	o.Version++
	return Change{}, nil
}
