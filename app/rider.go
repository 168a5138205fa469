package app

import (
	"context"
	"math"
	"time"
)

// Rider is where a courier was who shares the way of a run: blurred, in memory alone, and no longer than the run. The zero Place says that nothing
// is shared any more.
type Rider struct {
	Courier int64
	At      Place
	Seen    time.Time // by the server's clock
}

// RiderLife is after how long a position says nothing any more.
const RiderLife = 10 * time.Minute

// What a position may be.
const (
	maxImprecise = 500.0    // metres: a cell of the telephone network is no position
	maxAway      = 60_000.0 // metres from the shop
)

// Ride takes in where the actor is, by a telephone that says how precise it is, in metres. Without anything to deliver it is refused: nobody is
// followed before the run begins, or after it ends.
func (s *Shop) Ride(ctx context.Context, actor Actor, pizzeria int64, at Place, precision float64) (Rider, error) {
	board, err := s.runOf(ctx, actor, pizzeria)
	if err != nil {
		return Rider{}, err
	}
	sound := math.Abs(at.Lat) <= 90 && math.Abs(at.Lon) <= 180 && at.Known() // not a number is none of it
	switch {
	case !sound:
		return Rider{}, Errorf(Invalid, "Cette position est illisible. Le téléphone en enverra une autre.")
	case !(precision >= 0 && precision <= maxImprecise):
		return Rider{}, Errorf(Invalid, "Cette position est trop imprécise pour aider quelqu’un. Attendez que le téléphone trouve mieux.")
	case board.Pizzeria.At.Known() && board.Pizzeria.At.Distance(at) > maxAway:
		return Rider{}, Errorf(Invalid, "Cette position est trop loin de la pizzeria. Vérifiez les réglages de localisation du téléphone.")
	case board.NextStop(actor.User) == nil:
		return Rider{}, Errorf(Conflict, "Vous n’avez rien à livrer : votre position n’est plus partagée.")
	}
	return Rider{Courier: actor.User, At: at.Blurred(), Seen: s.Now()}, nil
}

// Followed reports whether those who follow an order may see its courier: it is the next stop, and not before.
func (b *Board) Followed(o *Order) bool {
	n, ok := b.StopsBefore(o)
	return ok && n == 0
}
