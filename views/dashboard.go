package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids that only the dashboard and its pages have.
const (
	TilesID           = "tiles"
	TilesAtID         = "tiles-at"
	DashboardOrdersID = "dashboard-orders"
	DashboardListID   = "dashboard-list"
	StockListID       = "stock"
	ScreensID         = "screens"
)

// lateWords is how many orders are late on the page itself; what the wire draws has no path of its own and leaves it to the browser.
func lateWords(live Live, b *app.Board) string {
	if live.Path == "" {
		return ""
	}
	return strconv.Itoa(LateOrders(b, live.Now))
}

func dashboardPath(o *app.Order, step string) string {
	return "/pilotage/commandes/" + strconv.FormatInt(o.ID, 10) + "/" + step
}

// whys are the reasons for which a manager cancels.
var whys = []string{"Demande du client", "Rupture d’un ingrédient", "Erreur de saisie", "Retard trop long"}

// levelTone is how a stock level looks.
func levelTone(l app.Level) Tone {
	switch {
	case l.Out || l.Available() <= 0:
		return Late
	case l.Low():
		return Warn
	default:
		return Good
	}
}

// ThresholdID is the threshold of an ingredient's row.
func ThresholdID(slug string) string { return "threshold-" + slug }

// MarkID is the button of an ingredient's row that marks it out, or back in.
func MarkID(slug string) string { return "mark-" + slug }

// levelWord says a stock level in a word.
func levelWord(l app.Level) string {
	switch {
	case l.Out:
		return "Marqué en rupture"
	case l.Available() <= 0:
		return "Épuisé"
	case l.Low():
		return "Bas"
	default:
		return "Suffisant"
	}
}

// fullMark is the right end of a level's bar: four thresholds, or what is on hand if that is more.
func fullMark(l app.Level) int64 { return max(4*l.Threshold, l.OnHand, 1) }

// alarmed says what is low: "mozzarella, jambon et 2 autres".
func alarmed(all []app.LevelOf) string {
	const named = 3
	var names []string
	for _, l := range all[:min(named, len(all))] {
		names = append(names, strings.ToLower(l.Ingredient.Name))
	}
	s := strings.Join(names, ", ")
	if rest := len(all) - named; rest > 0 {
		s += " et " + Count(rest, "autre")
	}
	return s
}

// share writes a part of a whole: "92 %".
func share(part, whole int) string {
	if whole == 0 {
		return blank
	}
	return strconv.Itoa((100*part+whole/2)/whole) + nbsp + "%"
}

// stockForm and thresholdForm are the page's forms that the fields of a stock row belong to: the row itself is shared and holds no token.
func stockForm(slug string) string     { return "act-stock-" + slug }
func thresholdForm(slug string) string { return "act-seuil-" + slug }

func stockPath(g app.Ingredient) string { return "/pilotage/stocks/" + g.Slug }

// refused reports whether the refusal is about an ingredient.
func (f StockForm) refused(g app.Ingredient) bool { return f.Refusal != "" && f.Ingredient == g.Slug }

// value is what a field of the ingredient's row holds: what was typed if it was refused. The threshold is one field, the quantity the other.
func (f StockForm) value(g app.Ingredient, threshold bool, otherwise string) string {
	if f.refused(g) && threshold == (f.Action == "threshold") {
		return f.Quantity
	}
	return otherwise
}

// fault marks the field that was refused.
func (f StockForm) fault(g app.Ingredient, threshold bool) templ.Attributes {
	if !f.refused(g) || threshold != (f.Action == "threshold") {
		return nil
	}
	a := invalid(true, Target("refus", g.Slug))
	a["autofocus"] = true
	return a
}
