// Package views draws the screens. Each screen has a page (the whole document, for one viewer), a board (the element #board, the same for
// everybody of an audience) and pieces (elements of the board that the wire replaces one by one). Boards and pieces hold nothing personal.
package views

import (
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// Page is what every page needs besides its board. It belongs to one viewer and never enters a board or a piece.
type Page struct {
	Title  string
	Screen string // "home", "menu", "tracking", "kitchen" …: <html data-screen>
	Viewer app.Actor
	CSRF   string // "" for visitors: placing and cancelling need none
	Key    string // idempotency key for the page's plain forms, made afresh at each drawing
	Now    time.Time
	Build  string
	Demo   bool
	// Language is the one that the page will be drawn in, for its links to the other; URL is its address, whole if the site has a canonical origin.
	Language Language
	URL      string
	// Notice is a refusal or a confirmation to show on top, "" for none.
	Notice string
	Failed bool // the notice is a refusal
	// Pizzeria is the shop that a staff screen shows; Shops are those that the viewer may switch to.
	Pizzeria *app.Pizzeria
	Shops    []app.Pizzeria
	// Asset gives the URL of a static file.
	Asset func(name string) string
}

// Live says how a board follows the wire: the attributes of #board. The zero value is a board without a socket.
type Live struct {
	Path  string // "/live/cuisine?pizzeria=3"
	Epoch string
	Seq   int64 // of the topic
	Build string
	Now   time.Time
	// Service is what the board says of the database, Outlook what that of a menu or a till says of time.
	Service Service
	Outlook app.Outlook
	// Estimate is when the order of a tracking page is to be expected, if its promise will not be kept; else zero.
	Estimate time.Time
	// Rider is where the courier is, on the page of an order that is the next stop; the zero value shows nobody.
	Rider app.Rider
}

// ShopCard is a shop on the home page.
type ShopCard struct {
	Pizzeria app.Pizzeria
	Open     bool
	Next     string // "demain à 11:30" when closed
}

// Basket is a visitor's basket with the form to order it.
type Basket struct {
	Lines    []BasketLine
	Total    app.Cents
	Form     Checkout
	Slots    []time.Time // that may be chosen besides as soon as possible
	Soonest  map[app.Mode]time.Time
	Refusal  string // why the order was refused, "" if it was not
	BadLine  int    // 1-based line that the refusal is about, 0 if none
	BadField string // form field that the refusal is about, "" if none
	// Gone names lines that left the basket, for they are no longer sold as they were chosen.
	Gone []string
	// Elsewhere is the shop that delivers where this one does not; nil when there is none.
	Elsewhere *app.Pizzeria
}

// Nearby is what a visitor asked the home page for: who delivers to a postcode. Refusal says why nobody does.
type Nearby struct{ Postcode, Refusal string }

// BasketLine is one line of a basket. Raw is its form value, see RawLine.
type BasketLine struct {
	Raw    string
	Line   app.Line
	Left   int    // how many the stock still allows
	Scarce string // the addition for want of which that is too few, "" when it is the product itself
}

// Checkout is the form as the visitor typed it.
type Checkout struct {
	Mode, Name, Phone, Address, Postcode, Slot, Method, Note string
}

// PairForm pairs a wall screen, as typed.
type PairForm struct {
	Name, Code string
	Refusal    string
}

// Revision is a change of an order as its customer typed it, refused.
type Revision struct {
	Lines   []string // the form's values, a row each: the order's lines, then what is added
	Note    string
	Refusal string
	BadRow  int // 1-based row that the refusal is about, 0 if none
}

// SignInForm is the sign-in form as typed.
type SignInForm struct {
	Login   string
	Refusal string
	Next    string // where to go afterwards
}

// StockForm is a movement of stock that was refused, as typed; the zero value is none.
type StockForm struct {
	Ingredient, Action, Quantity, Refusal string
}

// TillForm is the till's order form as typed.
type TillForm struct {
	Channel  string // "counter" or "phone"
	Checkout Checkout
	Lines    []BasketLine
	Total    app.Cents
	Refusal  string
	BadLine  int
	BadField string       // form field that the refusal is about, "" if none
	Customer []*app.Order // last orders of the telephone number, when they were asked for
	Searched bool         // they were
	Client   string       // telephone number that was looked up last
	Soonest  map[app.Mode]time.Time
	Slots    []time.Time // that may be chosen besides as soon as possible
	Changing *app.Order  // the order that the form changes rather than takes, as it is now; nil if none
	Revision int         // of that order, which the form began from
	Said     string      // what was just done, "" for nothing
	Taken    *app.Order  // the order that this till placed last, nil if none
	Link     string      // its tracking link, whole: only the till that placed it ever has it
}
