package views

import "github.com/a-h/templ"

// Piece is a part of a board that the wire sends by itself: an element with an id.
type Piece struct {
	ID        string
	Component templ.Component
}
