package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids that only the courier's screen has: the stops, the three lists of them, and what is said over these.
const (
	DropsID       = "drops"
	DropsMineID   = "drops-mine-list"
	DropsReadyID  = "drops-ready-list"
	DropsComingID = "drops-coming-list"
	mineTallyID   = "drops-mine-tally"
	readyTallyID  = "drops-ready-tally"
)

// Stops sorts a courier's deliveries: those under way in the sequence of the run, those ready to be taken and those still in the kitchen by
// promise. Among those under way are those that were cancelled on the way, until the courier has seen that.
func Stops(b *app.Board, courier int64) (mine, ready, coming []*app.Order) {
	for _, o := range OpenOrders(b) {
		switch {
		case o.Mode != app.Delivery:
		case o.Status == app.Ready:
			ready = append(ready, o)
		case o.Status == app.Preparing || o.Status == app.Received:
			coming = append(coming, o)
		}
	}
	return b.Carried(courier), ready, coming
}

// DropTallies are the words over a courier's lists, which change with what is in them.
func DropTallies(mine, ready []*app.Order) []Piece {
	return []Piece{{mineTallyID, mineTally(mine)}, {readyTallyID, readyTally(ready)}}
}

func dropPath(o *app.Order, step string) string {
	return "/livraisons/commandes/" + strconv.FormatInt(o.ID, 10) + "/" + step
}

// inside are the words by which an address goes on beyond the street door, without accents.
var inside = []string{
	"etage", "bat", "batiment", "digicode", "code", "appt", "appart", "appartement", "interphone", "porte", "escalier", "esc", "hall", "residence", "sonnette",
	"sonner", "portail", "rdc", "cour", "gauche", "droite", "fond", "chez", "bloc", "entree",
}

// street is an address as far as a map needs it. Codes, floors and names are the customer's and the courier's business, not a map's.
func street(address string) string {
	parts := strings.Split(address, ",")
	for i, part := range parts[1:] {
		if i == 0 && !strings.ContainsFunc(parts[0], unicode.IsLetter) {
			continue // "12, cour Carrée": the number is not the street
		}
		words := strings.Fields(plain(strings.NewReplacer(".", " ", ":", " ", "°", " ").Replace(part)))
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(inside, w) || strings.HasPrefix(w, "etag") }) {
			parts = parts[:i+1]
			break
		}
	}
	return strings.TrimSpace(strings.Join(parts, ","))
}

// place is where an order goes, for a navigation app.
func place(o *app.Order) string {
	return street(o.Contact.Address) + ", " + o.Contact.Postcode + ", France"
}

// guide is a navigation app. Key is what a telephone remembers of the choice.
type guide struct{ Key, Name, URL string }

// guides are links to the way to an order's address. Google: « Maps URLs » (api=1); Waze: « Deep links »; Apple: « Map Links »; geo: RFC 5870
// with Android's q parameter.
func guides(o *app.Order) []guide {
	to := url.QueryEscape(place(o))
	return []guide{
		{"google", "Google Maps", "https://www.google.com/maps/dir/?api=1&travelmode=driving&destination=" + to},
		{"waze", "Waze", "https://waze.com/ul?navigate=yes&q=" + to},
		{"apple", "Plans", "https://maps.apple.com/?dirflg=d&daddr=" + to},
		{"geo", "Autre", "geo:0,0?q=" + to},
	}
}

// change is what is given back on a note.
type change struct{ Note, Back app.Cents }

// changes says what to give back on the notes that people pay with: the next ten euros and the next larger note.
func changes(due app.Cents) []change {
	if due <= 0 {
		return nil
	}
	notes := []app.Cents{(due + 9_99) / 10_00 * 10_00}
	for _, n := range []app.Cents{20_00, 50_00, 100_00} {
		if n > notes[0] {
			notes = append(notes, n)
			break
		}
	}
	var out []change
	for _, n := range notes {
		if n > due {
			out = append(out, change{n, n - due})
		}
	}
	return out
}

// otherMethods are the ways to pay at the door beside the one announced.
func otherMethods(o *app.Order) []app.Method {
	return slices.DeleteFunc(slices.Clone(app.Door), func(m app.Method) bool { return m == doorMethod(o) })
}

// doorMethod is how the customer announced to pay, cash if it was none of the door's.
func doorMethod(o *app.Order) app.Method {
	if slices.Contains(app.Door, o.Payment.Method) {
		return o.Payment.Method
	}
	return app.Cash
}

// byMethod says a method in a sentence: "en espèces", "par carte".
func byMethod(m app.Method) string {
	switch m {
	case app.Cash:
		return "en espèces"
	case app.Card:
		return "par carte"
	case app.Cheque:
		return "par chèque"
	case app.Voucher:
		return "en ticket-restaurant"
	default:
		return "en ligne"
	}
}

// shortMethod names a method on a small button.
func shortMethod(m app.Method) string {
	switch m {
	case app.Cash:
		return "Espèces"
	case app.Card:
		return "Carte"
	case app.Cheque:
		return "Chèque"
	default:
		return "Ticket resto"
	}
}

// failures are the reasons for which an order comes back.
var failures = []string{"Client absent", "Adresse introuvable", "Commande refusée", "Paiement impossible", "Accident ou panne"}

// toDeliver counts the stops of a run that are still to be made.
func toDeliver(run []*app.Order) int {
	n := 0
	for _, o := range run {
		if o.Status == app.OnTheWay {
			n++
		}
	}
	return n
}

// collecting is what a run still brings in.
func collecting(run []*app.Order) app.Cents {
	var sum app.Cents
	for _, o := range run {
		sum += o.ToCollect()
	}
	return sum
}

// delivered is what is said while a delivery may still be undone.
func delivered(o *app.Order) string {
	return "Commande n°" + nbsp + strconv.Itoa(o.Number) + " livrée"
}
