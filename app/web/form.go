package web

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/nyaruka/phonenumbers"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

var errUnreadable = app.Errorf(app.Invalid, "Votre envoi est illisible. Rechargez la page et recommencez.")

// readForm reads the body of a write: a form, or a JSON object with the same names. Text is cut of spaces around it.
func readForm(c *fiber.Ctx) (url.Values, error) {
	media, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil && len(c.Body()) > 0 {
		return nil, errUnreadable
	}
	var form url.Values
	switch media {
	case fiber.MIMEApplicationJSON:
		form, err = jsonForm(c.Body())
	case fiber.MIMEMultipartForm:
		parsed, perr := c.MultipartForm()
		if perr != nil {
			return nil, errUnreadable
		}
		form = parsed.Value
	case fiber.MIMEApplicationForm, "":
		form, err = url.ParseQuery(string(c.Body()))
	default:
		return nil, errUnreadable
	}
	if err != nil {
		return nil, errUnreadable
	}
	for _, values := range form {
		for i, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return nil, errUnreadable
			}
			values[i] = strings.TrimSpace(v)
		}
	}
	return form, nil
}

// jsonForm reads {"name": "value", "ligne": ["…", "…"]} as a form.
func jsonForm(body []byte) (url.Values, error) {
	var raw map[string]any
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	form := url.Values{}
	for name, value := range raw {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, v := range list {
			switch v := v.(type) {
			case string:
				form.Add(name, v)
			case float64:
				form.Add(name, strconv.FormatFloat(v, 'f', -1, 64))
			case bool:
				form.Add(name, strconv.FormatBool(v))
			case nil:
			default:
				return nil, fmt.Errorf("field %q is neither text nor a list of texts", name)
			}
		}
	}
	return form, nil
}

// key is the idempotency key of a write: from the header, else from the form, else made here, so that a retry after a lost COMMIT is safe.
func key(c *fiber.Ctx, principal string, form url.Values) (app.Key, error) {
	value := c.Get("Idempotency-Key")
	if value == "" {
		value = form.Get("_cle")
	}
	if len(value) > 100 {
		return app.Key{}, app.Errorf(app.Invalid, "La clé d’envoi est trop longue (100 caractères au plus).")
	}
	if value == "" {
		value = rand.Text()
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", c.Method(), c.Path())
	for _, name := range slices.Sorted(maps.Keys(form)) {
		// What the page had shown is a condition, not what is asked: the same order from a page drawn again is the same order.
		if name != "_csrf" && name != "_cle" && !strings.Contains(name, "_attendu") {
			fmt.Fprintf(h, "%q=%q\n", name, form[name])
		}
	}
	return app.Key{Principal: principal, Value: value, Hash: hex.EncodeToString(h.Sum(nil))}, nil
}

// parseLine reads a line of a basket: "product:size:quantity", then ":ingredient,ingredient" for those left out, then the same for those added
// ("reine:large:2::chevre" adds without leaving out).
func parseLine(raw string) (app.NewLine, *app.Error) {
	malformed := app.Errorf(app.Invalid, "La ligne « %s » est illisible. Retirez-la du panier.", shorten(raw))
	parts := strings.SplitN(raw, ":", 3)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return app.NewLine{}, malformed
	}
	count, rest, _ := strings.Cut(parts[2], ":")
	without, added, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(count)
	if err != nil {
		return app.NewLine{}, malformed
	}
	l := app.NewLine{Product: parts[0], Size: app.Size(parts[1]), Quantity: n}
	if without != "" {
		l.Without = strings.Split(without, ",")
	}
	if added != "" {
		l.Added = strings.Split(added, ",")
	}
	return l, nil
}

// rawLine is the inverse of parseLine.
func rawLine(l app.NewLine) string { return views.RawAsked(l) }

func parseLines(raws []string) ([]app.NewLine, error) {
	lines := make([]app.NewLine, 0, len(raws))
	for i, raw := range raws {
		l, err := parseLine(raw)
		if err != nil {
			return nil, err.AtLine(i + 1)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// The words of forms, which are French, and the values of the business.
var (
	modes   = map[string]app.Mode{"livraison": app.Delivery, "retrait": app.Pickup}
	methods = map[string]app.Method{
		"especes": app.Cash, "carte": app.Card, "cheque": app.Cheque, "ticket_restaurant": app.Voucher, "en_ligne": app.Online,
	}
	channels = map[string]app.Channel{"comptoir": app.Counter, "counter": app.Counter, "telephone": app.Phone, "phone": app.Phone}
)

// newOrder reads an order form. What is missing or wrong is refused by the business, except what only the form can spoil.
func newOrder(form url.Values, channel app.Channel, now time.Time) (app.NewOrder, error) {
	lines, err := parseLines(form["ligne"])
	if err != nil {
		return app.NewOrder{}, err
	}
	phone, err := phoneNumber(form.Get("telephone"))
	if err != nil {
		return app.NewOrder{}, err
	}
	slot, err := parseSlot(form.Get("creneau"), now)
	if err != nil {
		return app.NewOrder{}, err
	}
	in := app.NewOrder{
		Pizzeria: form.Get("pizzeria"), Mode: modes[form.Get("mode")], Channel: channel,
		Contact: app.Contact{Name: form.Get("nom"), Phone: phone, Address: form.Get("adresse"), Postcode: form.Get("code_postal")},
		Slot:    slot, Method: methods[form.Get("paiement")], Note: form.Get("note"), Lines: lines,
	}
	if in.Mode == app.Pickup {
		in.Contact.Address, in.Contact.Postcode = "", ""
	}
	if expected := form.Get("total_attendu"); expected != "" {
		cents, err := strconv.ParseInt(expected, 10, 64)
		if err != nil || cents < 0 {
			return app.NewOrder{}, errUnreadable
		}
		in.Expected = app.Cents(cents)
	}
	in.Shown, err = shownPromise(form)
	return in, err
}

// shownPromise is the time that the page showed: "promis_attendu", or that of the chosen mode where the page showed both.
func shownPromise(form url.Values) (time.Time, error) {
	shown := cmp.Or(form.Get("promis_attendu_"+form.Get("mode")), form.Get("promis_attendu"))
	if shown == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, shown)
	if err != nil {
		return time.Time{}, errUnreadable
	}
	return at, nil
}

// phoneNumber returns a number in E.164 form, "" for none; a national number is French.
func phoneNumber(typed string) (string, error) {
	if typed == "" {
		return "", nil
	}
	n, err := phonenumbers.Parse(typed, "FR")
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", app.Errorf(app.Invalid, "Le numéro de téléphone « %s » n’est pas valable. Écrivez-le comme 06 12 34 56 78.", shorten(typed)).InField("telephone")
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

// parseSlot reads an RFC 3339 instant, or a time of day "19:30" which is the next one in France; "" is as soon as possible.
func parseSlot(typed string, now time.Time) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, typed); err == nil {
		return at.UTC().Truncate(time.Minute), nil
	}
	clock, err := time.Parse("15:04", typed)
	if err != nil {
		return time.Time{}, app.Errorf(app.Invalid, "Le créneau « %s » est illisible. Choisissez-en un dans la liste.", shorten(typed)).InField("creneau")
	}
	local := now.In(app.Paris)
	at := time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 0, 0, app.Paris)
	if at.Before(local) {
		at = at.AddDate(0, 0, 1)
	}
	return at.UTC(), nil
}

// pathID reads a numeric path parameter; anything else is an object that does not exist.
func pathID(c *fiber.Ctx, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, app.ErrNoOrder
	}
	return id, nil
}

// quantity reads a whole number.
func quantity(form url.Values, name string) (int64, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(form.Get(name), " ", ""), 10, 64)
	if err != nil {
		return 0, app.Errorf(app.Invalid, "« %s » n’est pas un nombre entier.", shorten(form.Get(name)))
	}
	return n, nil
}

// euros reads an amount as people write it: "42", "42,5", "42.50 €".
func euros(typed, field string) (app.Cents, error) {
	words := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "€", "", ",", ".").Replace(typed)
	whole, part, _ := strings.Cut(words, ".")
	for len(part) < 2 {
		part += "0"
	}
	cents, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || len(part) > 2 || whole == "" || len(whole) > 6 || strings.ContainsAny(words, "+-") {
		return 0, app.Errorf(app.Invalid, "« %s » n’est pas un montant. Écrivez-le comme 12,50.", shorten(typed)).InField(field)
	}
	return app.Cents(cents), nil
}
