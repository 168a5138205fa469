package views

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids of a courier's run: what to carry together, and the form by which the sequence of the stops is sent.
const (
	TogetherID = "drops-together"
	RunFormID  = "run-form"
)

// Suggestions are what is proposed to couriers, for the wire.
func Suggestions(b *app.Board) []Piece { return []Piece{{TogetherID, Together(b)}} }

func togetherAttrs(t *app.Together) templ.Attributes {
	if t == nil {
		return nil
	}
	return templ.Attributes{"data-orders": idsOf(t.Orders)}
}

func idsOf(orders []*app.Order) string {
	words := make([]string, len(orders))
	for i, o := range orders {
		words[i] = strconv.FormatInt(o.ID, 10)
	}
	return strings.Join(words, ",")
}

// numbersOf names orders: "n° 12, n° 15 et n° 16".
func numbersOf(orders []*app.Order) string {
	words := make([]string, len(orders))
	for i, o := range orders {
		words[i] = "n°" + nbsp + strconv.Itoa(o.Number)
	}
	return listed(words)
}

func listed(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " et " + words[n-1]
	}
	return strings.Join(words, "")
}

func postcodesOf(orders []*app.Order) string {
	var codes []string
	for _, o := range orders {
		if !slices.Contains(codes, o.Contact.Postcode) {
			codes = append(codes, o.Contact.Postcode)
		}
	}
	return listed(codes)
}

func sameWay(t *app.Together) string {
	if t.SamePostcode {
		return "même code postal"
	}
	return "même direction"
}

// beyond is the rest of an address behind the street: floor, code, names of doors. It is what one looks for once there.
func beyond(address string) string {
	return strings.Trim(strings.TrimPrefix(address, street(address)), " ,")
}

// stopsWords says to who waits how many stops come before.
func stopsWords(b *app.Board, o *app.Order) string {
	switch n, rides := b.StopsBefore(o); {
	case !rides:
		return ""
	case n == 0:
		return "Vous êtes le prochain arrêt."
	case n == 1:
		return "Encore 1" + nbsp + "arrêt avant vous."
	default:
		return "Encore " + strconv.Itoa(n) + nbsp + "arrêts avant vous."
	}
}
