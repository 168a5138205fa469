package app

import (
	"slices"
	"time"
)

// OvenSince is when a pizza of a line (1, 2 …) went into the oven; zero when it is not in it, or nobody said. A pizza that a recall brings back
// has been there since the first time: its ticket was bumped too soon.
func (o *Order) OvenSince(line, pizza int) time.Time {
	i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.N == line })
	if i < 0 || pizza < 1 || pizza > len(o.Lines[i].Items) || o.Lines[i].Items[pizza-1] != InOven {
		return time.Time{}
	}
	return o.lastPut(line, pizza, InOven)
}

// lastPut tells when the journal last took a pizza to a state that it was not in already. Steps that an earlier release wrote name no pizza: they
// count for all of their line.
func (o *Order) lastPut(line, pizza int, state ItemState) (at time.Time) {
	is := false
	for _, s := range o.Journal {
		switch {
		case s.Line == line && (s.Pizza == 0 || s.Pizza == pizza):
			if s.To == string(state) && !is {
				at = s.At
			}
			is = s.To == string(state)
		case s.Line == 0 && s.To == string(OnHold):
			is = false // all of it waits from the beginning
		}
	}
	return at
}
