package app

import "time"

// Targets are what a shop holds itself to. They are the chain's, the same everywhere.
type Targets struct {
	OnTime  int           // percent of the orders handed over not after their promise, at least
	Delay   time.Duration // mean delay against the promise, at most
	Rounds  int           // ovens full of orders not begun, at most
	PerRide int           // orders with one courier, at most
	Late    int           // orders late at once, at most
	Alarms  int           // ingredients low at once, at most
}

// Target are the targets.
var Target = Targets{OnTime: 90, Delay: 0, Rounds: 2, PerRide: 3, Late: 0, Alarms: 0}
