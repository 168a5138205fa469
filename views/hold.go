package views

import (
	"slices"
	"strconv"
	"strings"

	"github.com/oc-pizza/ocpizza/app"
)

// OnDashboard returns the orders of the dashboard: those on hold in front, for somebody may have to call, then by promise.
func OnDashboard(b *app.Board) []*app.Order {
	out := OpenOrders(b)
	slices.SortStableFunc(out, func(x, y *app.Order) int { return onHold(y) - onHold(x) })
	return out
}

// onHold is 1 for an order that waits for its customer's answer.
func onHold(o *app.Order) int {
	if o.Status == app.OnHold {
		return 1
	}
	return 0
}

// SwapID is the tracking page's form for what is made instead of what ran out.
const SwapID = "act-echanger"

// SwapField is the field of a choice: on a screen that shows several orders, each order's has a name of its own.
func SwapField(o *app.Order) string { return "echange-" + strconv.FormatInt(o.ID, 10) }

// HeldID is the box of an order on hold where somebody may have to call.
func HeldID(order int64) string { return numbered("held-", order) }

// proposal is a line that cannot be made, and what it may become.
type proposal struct {
	app.Line
	Swaps []app.Swap
}

// proposals are the lines of an order on hold that need what ran out.
func proposals(b *app.Board, o *app.Order) []proposal {
	var out []proposal
	for _, l := range b.Missed(o) {
		out = append(out, proposal{l, b.Swaps(o, l, o.Reached(app.OnHold))})
	}
	return out
}

// swappable reports whether every line that needs what ran out can be something else, or be made without it.
func swappable(b *app.Board, o *app.Order) bool {
	any := false
	for _, f := range proposals(b, o) {
		if len(f.Swaps) == 0 && !canLeaveOut(b, o) {
			return false
		}
		any = any || len(f.Swaps) > 0
	}
	return any
}

// withoutToo reports whether « sans … » is one of the choices of each line: it is a button of its own where one line is concerned.
func withoutToo(b *app.Board, o *app.Order) bool { return canLeaveOut(b, o) && len(b.Missed(o)) > 1 }

func swapValue(l app.Line, s app.Swap) string {
	return strconv.Itoa(l.N) + ":" + s.Product + ":" + string(s.Size)
}

func withoutValue(l app.Line) string { return strconv.Itoa(l.N) + ":sans" }

// swapPrice says what a swap changes of the bill.
func swapPrice(o *app.Order, l app.Line, s app.Swap) string {
	less := (l.UnitPrice - s.Price) * app.Cents(l.Quantity)
	switch {
	case less <= 0:
		return "même prix"
	case o.Payment.Status == app.Paid:
		return Euros(less) + " vous sont rendus"
	default:
		return Euros(less) + " de moins"
	}
}

// swapName names a swap, with its size when it is another one.
func swapName(l app.Line, s app.Swap) string {
	if s.Size == l.Size {
		return s.Name
	}
	return s.Name + " " + strings.ToLower(Size(s.Size))
}

// swapWords are those of a swap in a list of one line each.
func swapWords(o *app.Order, l app.Line, s app.Swap) string {
	words := swapName(l, s)
	if less := (l.UnitPrice - s.Price) * app.Cents(l.Quantity); less > 0 {
		words += ", " + Euros(less) + map[bool]string{true: " à rendre", false: " de moins"}[o.Payment.Status == app.Paid]
	}
	if len(s.Removed) > 0 {
		words += ", sans " + strings.ToLower(strings.Join(s.Removed, ", "))
	}
	for _, name := range s.Added {
		words += ", +" + nbsp + lowerFirst(name)
	}
	return words
}
