package app

import "time"

// Event says what happened in one shop and is already saved. It carries whole states, never differences, so that applying it twice is harmless.
type Event struct {
	Pizzeria int64
	Epoch    string // changes when the database was restored: numbers of another epoch mean nothing
	Seq      int64  // +1 at each saved change of the shop
	At       time.Time
	Orders   []*Order `json:",omitempty"`
	Levels   []Level  `json:",omitempty"`
	Menu     *Menu    `json:",omitempty"`
	Runs     []Run    `json:",omitempty"`
	// Maintenance as it is from now on; its zero value says that there is none any more.
	Maintenance *Maintenance `json:",omitempty"`
	// Reload says that the change was saved but its content is not known here (the answer to a COMMIT was lost).
	Reload bool `json:",omitempty"`
}

// Position is how far a shop's sequence has come.
type Position struct {
	Epoch string
	Seq   int64
}

// House is where Positions counts the ends of sessions, which belong to no shop.
const House int64 = 0
