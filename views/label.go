package views

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// The spaces of French typography, written out because nobody can see them: the wide one before « : » and inside guillemets and between
// a number and its unit, the narrow one before « ; ! ? » (Imprimerie nationale, « Lexique des règles typographiques »).
const (
	nbsp  = "\u00a0"
	thin  = "\u202f"
	blank = "—" // what is not known
)

var spaces = strings.NewReplacer(
	" :", nbsp+":", " €", nbsp+"€", " %", nbsp+"%", " »", nbsp+"»", "« ", "«"+nbsp, "n° ", "n°"+nbsp,
	" ;", thin+";", " !", thin+"!", " ?", thin+"?",
)

// Tie makes the spaces of a French text unbreakable where they must be.
func Tie(s string) string { return spaces.Replace(s) }

// Euros writes an amount: "12,50 €".
func Euros(c app.Cents) string { return Tie(c.String()) }

// Percent writes a rate: "5,5 %".
func Percent(r app.Rate) string { return Tie(r.String()) }

// Count writes a number with its noun, in the plural from two on: "0 article", "1 pizza", "2 pizzas".
func Count(n int, noun string) string {
	if n >= 2 || n <= -2 {
		words := strings.Split(noun, " ")
		for i, w := range words {
			if !strings.HasSuffix(w, "s") {
				words[i] = w + "s"
			}
		}
		noun = strings.Join(words, nbsp)
	}
	return strconv.Itoa(n) + nbsp + noun
}

// Status says a status in a word or two.
func Status(s app.Status) string { return word(statuses, s) }

var statuses = map[app.Status]string{
	app.Received:      "Reçue",
	app.Preparing:     "En préparation",
	app.Ready:         "Prête",
	app.OnTheWay:      "En route",
	app.Delivered:     "Livrée",
	app.Collected:     "Retirée",
	app.OnHold:        "En attente",
	app.Cancelled:     "Annulée",
	app.Undeliverable: "Non livrée",
}

// Tone is one of the four ways a status looks: colour and shape, always beside its word. CSS: [data-tone].
type Tone string

// The tones.
const (
	Idle Tone = "idle"
	Good Tone = "ok"
	Warn Tone = "warn"
	Late Tone = "late"
)

// StatusTone is how a status looks.
func StatusTone(s app.Status) Tone {
	switch s {
	case app.OnHold:
		return Warn
	case app.Cancelled, app.Undeliverable:
		return Late
	case app.Received:
		return Idle
	default:
		return Good
	}
}

// Item says where one pizza stands.
func Item(s app.ItemState) string { return word(items, s) }

var items = map[app.ItemState]string{app.Queued: "à faire", app.Making: "en préparation", app.InOven: "au four", app.Done: "faite"}

// Size names a size; drinks and desserts have none.
func Size(s app.Size) string { return word(sizes, s) }

var sizes = map[app.Size]string{app.Medium: "Moyenne", app.Large: "Grande", app.Single: ""}

// Diameter completes the name of a size: "29 cm".
func Diameter(s app.Size) string { return word(diameters, s) }

var diameters = map[app.Size]string{app.Medium: "29\u00a0cm", app.Large: "33\u00a0cm", app.Single: ""}

// Allergen names an allergen as annex II of regulation (EU) 1169/2011 does.
func Allergen(a app.Allergen) string { return word(allergens, a) }

var allergens = map[app.Allergen]string{
	app.Gluten:      "gluten",
	app.Crustaceans: "crustacés",
	app.Eggs:        "œufs",
	app.Fish:        "poisson",
	app.Peanuts:     "arachides",
	app.Soy:         "soja",
	app.Milk:        "lait",
	app.Nuts:        "fruits à coque",
	app.Celery:      "céleri",
	app.Mustard:     "moutarde",
	app.Sesame:      "sésame",
	app.Sulphites:   "sulfites",
	app.Lupin:       "lupin",
	app.Molluscs:    "mollusques",
}

// Allergens lists allergens: "gluten, lait", or "aucun".
func Allergens(all []app.Allergen) string {
	if len(all) == 0 {
		return "aucun"
	}
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = Allergen(a)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Kind names a group of products.
func Kind(k app.ProductKind) string { return word(kinds, k) }

var kinds = map[app.ProductKind]string{app.Pizza: "Pizzas", app.Drink: "Boissons", app.Dessert: "Desserts"}

// Kinds is the order of the groups on the menu.
var Kinds = []app.ProductKind{app.Pizza, app.Dessert, app.Drink}

// Quantity writes a quantity in its unit: "250 g", "1,2 kg", "33 cl", "3 pièces".
func Quantity(n int64, u app.Unit) string {
	switch {
	case u == app.Gram && (n >= 1000 || n <= -1000):
		return decimal(n, 1000) + nbsp + "kg"
	case u == app.Milli && (n >= 1000 || n <= -1000):
		return decimal(n, 1000) + nbsp + "l"
	case u == app.Piece:
		return Count(int(n), "pièce")
	default:
		return strconv.FormatInt(n, 10) + nbsp + Unit(u)
	}
}

// decimal writes n/per with two decimals at most: "1,2".
func decimal(n, per int64) string {
	s := strconv.FormatFloat(float64(n)/float64(per), 'f', 2, 64)
	return strings.Replace(strings.TrimSuffix(strings.TrimRight(s, "0"), "."), ".", ",", 1)
}

// Unit names a unit.
func Unit(u app.Unit) string { return word(units, u) }

var units = map[app.Unit]string{app.Gram: "g", app.Milli: "ml", app.Piece: "pièces"}

// Diet names what an ingredient is.
func Diet(d app.Diet) string { return word(diets, d) }

var diets = map[app.Diet]string{app.Vegetable: "végétarien", app.Meat: "viande", app.Pork: "porc", app.Seafood: "produit de la mer"}

// Method names a way to pay.
func Method(m app.Method) string { return word(methods, m) }

var methods = map[app.Method]string{
	app.Cash: "espèces", app.Card: "carte bancaire", app.Cheque: "chèque", app.Voucher: "ticket-restaurant", app.Online: "en ligne",
}

// MethodField is the value of a method in forms.
func MethodField(m app.Method) string { return word(methodFields, m) }

var methodFields = map[app.Method]string{
	app.Cash: "especes", app.Card: "carte", app.Cheque: "cheque", app.Voucher: "ticket_restaurant", app.Online: "en_ligne",
}

// Payment says how a payment stands: "à régler, espèces", "payée par carte bancaire", "remboursée".
func Payment(p app.Payment) string {
	switch p.Status {
	case app.Paid:
		return "payée (" + Method(p.Method) + ")"
	case app.Refunded:
		return "remboursée (" + Method(p.Method) + ")"
	default:
		return "à régler (" + Method(p.Method) + ")"
	}
}

// Mode names how an order reaches the customer.
func Mode(m app.Mode) string { return word(modes, m) }

var modes = map[app.Mode]string{app.Delivery: "Livraison", app.Pickup: "Retrait"}

// ModeField is the value of a mode in forms.
func ModeField(m app.Mode) string { return strings.ToLower(Mode(m)) }

// Channel names where an order came from.
func Channel(c app.Channel) string { return word(channels, c) }

var channels = map[app.Channel]string{app.Web: "site", app.Phone: "téléphone", app.Counter: "comptoir"}

// Role names what a person does.
func Role(r app.Role) string { return word(roles, r) }

var roles = map[app.Role]string{
	app.Visitor: "visiteur", app.Customer: "client", app.Cashier: "caisse", app.Cook: "cuisine", app.Courier: "livreur",
	app.Manager: "responsable", app.Director: "direction",
}

// Reason says why a stock level moved.
func Reason(r app.Reason) string { return word(reasons, r) }

var reasons = map[app.Reason]string{
	app.Initial: "stock initial", app.Reserve: "réservé", app.Release: "libéré", app.Consume: "utilisé", app.Restocked: "réception",
	app.Counted: "comptage", app.Wasted: "perte",
}

// word looks a value up; one that is not known is shown as it is stored rather than as nothing.
func word[K ~string](words map[K]string, k K) string {
	if w, ok := words[k]; ok {
		return w
	}
	return string(k)
}

// Clock writes the time of day in the shops: "19:42".
func Clock(t time.Time) string {
	if t.IsZero() {
		return blank
	}
	return t.In(app.Paris).Format("15:04")
}

// Moment writes a time of day, and its day when it is not today's: "19:42", "demain à 11:30", "lundi à 18:00", "le 3 mars à 12:00".
func Moment(t, now time.Time) string {
	if t.IsZero() {
		return blank
	}
	t, now = t.In(app.Paris), now.In(app.Paris)
	switch days := daysBetween(now, t); {
	case days == 0:
		return Clock(t)
	case days == 1:
		return "demain à" + nbsp + Clock(t)
	case days == -1:
		return "hier à" + nbsp + Clock(t)
	case days > 1 && days < 7:
		return weekdays[t.Weekday()] + " à" + nbsp + Clock(t)
	default:
		return "le " + dayMonth(t) + " à" + nbsp + Clock(t)
	}
}

// Date writes a day: "samedi 22 novembre 2025".
func Date(t time.Time) string {
	t = t.In(app.Paris)
	return weekdays[t.Weekday()] + " " + dayMonth(t) + nbsp + strconv.Itoa(t.Year())
}

func dayMonth(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return day + nbsp + months[t.Month()-1]
}

func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)).Hours() / 24)
}

var weekdays = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}

var months = [...]string{
	"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
}

// window is how long before the promised time an order may be expected; it is late after it.
var window = map[app.Mode]time.Duration{app.Delivery: 10 * time.Minute, app.Pickup: 5 * time.Minute}

// Promise writes a promised time as the range that it means: "entre 19:35 et 19:45". An order is late after its end.
func Promise(m app.Mode, at time.Time) string {
	if at.IsZero() {
		return blank
	}
	return "entre " + Clock(at.Add(-window[m])) + " et " + Clock(at)
}

// Phone writes a French number by pairs, "06 12 34 56 78"; another one as it is.
func Phone(e164 string) string {
	d, ok := strings.CutPrefix(e164, "+33")
	if !ok || len(d) != 9 {
		return e164
	}
	d = "0" + d
	return strings.Join([]string{d[0:2], d[2:4], d[4:6], d[6:8], d[8:10]}, nbsp)
}

// Stamp is a time as scripts read it: milliseconds since 1970.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// Machine is a time for <time datetime>.
func Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Left says what is left of a product when it matters: "épuisée", "encore 3", or nothing.
func Left(kind app.ProductKind, n int) string {
	switch {
	case n <= 0 && kind == app.Pizza:
		return "épuisée"
	case n <= 0:
		return "épuisé"
	case n <= fewLeft:
		return fmt.Sprintf("encore%s%d", nbsp, n)
	default:
		return ""
	}
}

// fewLeft is from when on the menu says how many are left.
const fewLeft = 10
