package views

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/oc-pizza/ocpizza/app"
)

// Ids that only the till has.
const (
	DraftID      = "caisse" // the order being taken; it belongs to one clerk
	DraftFormID  = "brouillon"
	TillOrdersID = "till-orders"
	TillLeftID   = "till-left"
	TillListID   = "till-list"
	tillTallyID  = "till-orders-tally"
)

func tillPath(o *app.Order, step string) string {
	return "/caisse/commandes/" + strconv.FormatInt(o.ID, 10) + "/" + step
}

// AtTill returns the orders that are not over: those on hold first, for somebody may have to call, then those that wait at the counter, then by
// promise.
func AtTill(b *app.Board) []*app.Order {
	out := OpenOrders(b)
	slices.SortStableFunc(out, func(x, y *app.Order) int { return 2*onHold(y) + atCounter(y) - 2*onHold(x) - atCounter(x) })
	return out
}

// TillTallies are the words over the till's orders.
func TillTallies(all []*app.Order) []Piece { return []Piece{{tillTallyID, tillTally(all)}} }

// atCounter is 1 for an order that its customer may take now.
func atCounter(o *app.Order) int {
	if o.Mode == app.Pickup && o.Status == app.Ready {
		return 1
	}
	return 0
}

// fewest is the least that is left of a product's sizes, for its warning.
func fewest(b *app.Board, p app.Product) int {
	n := app.MaxLeft
	for _, v := range p.Variants {
		n = min(n, b.Left(p.Slug, v.Size))
	}
	return n
}

// shortSize names a size on a small button: "M", "G", and nothing for a product that has one size.
func shortSize(s app.Size) string {
	if w := Size(s); w != "" {
		return w[:1]
	}
	return ""
}

// sold returns the products of a kind, in the order of the menu.
func sold(m *app.Menu, k app.ProductKind) []app.Product {
	return slices.DeleteFunc(slices.Clone(m.Products), func(p app.Product) bool { return p.Kind != k })
}

// lines returns what a form's lines stand for.
func (f TillForm) lines() []app.Line {
	out := make([]app.Line, len(f.Lines))
	for i, l := range f.Lines {
		out[i] = l.Line
	}
	return out
}

// changeable reports whether the till may still change an order.
func changeable(o *app.Order) bool { return o.Status.Open() && o.Payment.Status == app.Due }

// action is where the form goes when it is done.
func (f TillForm) action() templ.SafeURL {
	if f.Changing != nil {
		return templ.SafeURL(tillPath(f.Changing, "modifier"))
	}
	return "/caisse/commandes"
}

// receiptTitle says whether the money was taken: what is printed before is no proof of payment.
func receiptTitle(o *app.Order) string {
	if o.Payment.Status == app.Due {
		return "Addition"
	}
	return "Ticket"
}

// receiptPayment says how an order was paid, or that it is not.
func receiptPayment(o *app.Order) string {
	switch {
	case o.Payment.Status == app.Refunded:
		return "Remboursée (" + Method(o.Payment.Method) + ")"
	case o.Payment.Status == app.Paid:
		return "Payé " + byMethod(o.Payment.Method) + ", le " + dayMonth(o.Payment.PaidAt.In(app.Paris)) + " à " + Clock(o.Payment.PaidAt)
	case o.ToCollect() > 0:
		return "À régler" + nbsp + ": " + Euros(o.ToCollect())
	}
	return Status(o.Status) + ", rien à régler"
}

// focus is the field where the next key belongs: the one that was refused, else the number, else what is ordered.
func (f TillForm) focus() string {
	switch {
	case f.BadField != "":
		return f.BadField
	case f.Changing == nil && f.Checkout.Phone == "" && len(f.Lines) == 0:
		return "telephone"
	}
	return "code"
}

// input are the attributes of a field of the draft: its names, whether the refusal is about it, and whether the page opens on it.
func (f TillForm) input(p Page, name string) templ.Attributes {
	a := templ.Attributes{"class": "input", "id": p.field(name), "name": name, "autofocus": f.focus() == name}
	if f.BadField == name {
		a["aria-invalid"], a["aria-describedby"] = "true", p.field("refus")
	}
	return a
}

// blank reports whether nothing of an order was taken down yet.
func (f TillForm) blank() bool {
	c := f.Checkout
	return len(f.Lines) == 0 && c.Phone == "" && c.Name == "" && c.Address == "" && c.Note == "" && f.Refusal == ""
}

// trackingSMS is the link that opens the telephone's messages with one for the customer written (RFC 5724).
func trackingSMS(o *app.Order, link string) string {
	text := fmt.Sprintf("OC Pizza : votre commande n° %d est promise à %s. Suivez-la ici : %s", o.Number, Clock(o.PromisedAt), link)
	return "sms:" + o.Contact.Phone + "?body=" + strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// method is the form's way to pay, cash until one was chosen.
func (f TillForm) method() string {
	if f.Checkout.Method == "" {
		return MethodField(app.Cash)
	}
	return f.Checkout.Method
}

// channel is the form's, the telephone until one was chosen.
func (f TillForm) channel() string {
	if f.Channel == "" {
		return string(app.Phone)
	}
	return f.Channel
}

// optional is what may be left out of a line, and whether it is.
type optional struct {
	Ingredient app.Ingredient
	Without    bool
}

// optionals lists what may be left out of a line, in the order of the recipe.
func optionals(m *app.Menu, l app.Line) []optional {
	p, ok := m.Product(l.Product)
	if !ok {
		return nil
	}
	v, ok := p.Variant(l.Size)
	if !ok {
		return nil
	}
	var out []optional
	for _, g := range m.Removable(p, v) {
		out = append(out, optional{g, slices.Contains(l.Without, g.Slug)})
	}
	return out
}

// quickExample is a code that works, for the hint: "margherita g 2 +anchois".
func quickExample(m *app.Menu) string {
	for _, p := range sold(m, app.Pizza) {
		return strings.ToLower(p.Name) + " g 2" + quickAddition(m, &p)
	}
	return ""
}

func number(word string) (int, bool) {
	n, err := strconv.Atoi(strings.Trim(word, "x×"))
	return n, err == nil && n > 0 && n <= app.MaxQuantity
}

func quickProduct(m *app.Menu, words []string) (string, app.Size, bool) {
	var size app.Size
	if n := len(words); n > 1 {
		switch words[n-1] {
		case "m", "moyenne":
			size = app.Medium
		case "g", "grande":
			size = app.Large
		}
		if size != "" {
			words = words[:n-1]
		}
	}
	if len(words) == 0 {
		return "", "", false
	}
	for _, p := range m.Products {
		if !begins(strings.Fields(plain(p.Name)), words) || len(p.Variants) == 0 {
			continue
		}
		if _, has := p.Variant(size); has {
			return p.Slug, size, true
		}
		if size == "" {
			return p.Slug, p.Variants[0].Size, true
		}
	}
	return "", "", false
}

// begins reports whether words are, in order, the beginnings of words of name.
func begins(name, words []string) bool {
	for _, w := range words {
		i := slices.IndexFunc(name, func(n string) bool { return strings.HasPrefix(n, w) })
		if i < 0 {
			return false
		}
		name = name[i+1:]
	}
	return true
}

// plain folds case, accents and punctuation, as one types in a hurry.
func plain(s string) string {
	return unaccented.Replace(strings.ToLower(s))
}

var unaccented = strings.NewReplacer(
	"à", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u",
	"ç", "c", "œ", "oe", "'", " ", "’", " ", "-", " ", ",", " ", nbsp, " ",
)

// field is the id of a field of the page's draft.
func (p Page) field(name string) string { return Target(name, p.Key) }
