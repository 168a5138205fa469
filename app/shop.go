// Package app is the business of OC Pizza: what an order is and who may do what to it, what stock allows, what a screen's board holds.
// It knows neither the database nor the web; it imports the standard library alone.
package app

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Shop is the business. Each exported method is a use case: it checks, asks the store for one transaction, and says what was saved.
type Shop struct {
	Store     Store
	Boards    Boards
	Publisher Publisher
	// Clock tells the time; results are cut to the microsecond that the database keeps.
	Clock func() time.Time
	// Secret makes tracking tokens; at least 32 bytes.
	Secret []byte
	// CheckPassword compares a password with its argon2id hash. The hash "" stands for nobody: it takes the same time and is false.
	CheckPassword func(hash, password string) bool
	// Demo says that the database is a demo, where the demo's password is accepted.
	Demo bool
}

type actedAtKey struct{}

// ActedAt returns a context for a write that somebody did at an earlier moment, without network: the journal keeps the true time.
func ActedAt(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, actedAtKey{}, at)
}

// maxLate is how far back a true time is believed: a courier's round in a dead valley, not yesterday.
const maxLate = 4 * time.Hour

// moment is when the person acted: the true time if it is known and believable, else now.
func (s *Shop) moment(ctx context.Context) time.Time {
	now := s.Now()
	if at, ok := ctx.Value(actedAtKey{}).(time.Time); ok && at.Before(now) && now.Sub(at) < maxLate {
		return at.UTC().Truncate(time.Microsecond)
	}
	return now
}

// Now is the time as the database keeps it: UTC, whole microseconds.
func (s *Shop) Now() time.Time { return s.Clock().UTC().Truncate(time.Microsecond) }

// NewLine is what a customer asks for in one line.
type NewLine struct {
	Product  string
	Size     Size
	Quantity int
	Without  []string // slugs of ingredients to leave out
	Added    []string // slugs of ingredients to add
}

// NewOrder is what a customer asks for.
type NewOrder struct {
	Pizzeria string // slug
	Mode     Mode
	Channel  Channel
	Contact  Contact
	Slot     time.Time // zero: as soon as possible
	Method   Method
	Note     string
	Lines    []NewLine
	Expected Cents // the total that the customer was shown; 0: not said
	// Shown is the time that the customer was shown for as soon as possible; zero: not said.
	Shown time.Time
}

// Placed is the answer to an order.
type Placed struct {
	Order    *Order
	Token    string // of the tracking link, /suivi/{token}
	Repeated bool
}

// PlaceOrder takes an order: it reserves the stock, freezes prices and VAT and promises a time, or refuses with a reason. The key makes it happen once.
func (s *Shop) PlaceOrder(ctx context.Context, actor Actor, key Key, in NewOrder) (Placed, error) {
	shop, err := s.Pizzeria(ctx, in.Pizzeria)
	if err != nil {
		return Placed{}, err
	}
	token := s.token(shop.ID, key)
	now := s.Now()
	board, o, err := s.draft(ctx, actor, shop.ID, in, now)
	var saved Saved
	if err != nil {
		if saved, err = s.refuse(ctx, key, AsError(err)); err != nil {
			return Placed{}, err
		}
	} else {
		o.TokenHash = HashToken(token)
		o.record(actor, 0, "", string(Received), "", now)
		saved, err = s.Store.PlaceOrder(ctx, key, o, o.moves(Reserve, actor, now), func(levels map[int64]Level) *Error {
			return soldOut(board, o.Lines, levels, nil)
		})
		if err != nil {
			return Placed{}, err
		}
	}
	s.announce(ctx, saved.Event)
	if saved.Order.TokenHash != HashToken(token) {
		return Placed{}, Errorf(Conflict, "Cette commande est déjà enregistrée sous le n° %d. Suivez-la par son lien, ou appelez la pizzeria.", saved.Order.Number)
	}
	return Placed{Order: saved.Order, Token: token, Repeated: saved.Repeated}, nil
}

// draft checks what was asked against the board and makes the order of it, unsaved.
func (s *Shop) draft(ctx context.Context, actor Actor, pizzeria int64, in NewOrder, now time.Time) (*Board, *Order, error) {
	if in.Channel != Web && !(actor.WorksIn(pizzeria) && actor.Is(Cashier, Manager)) {
		return nil, nil, Errorf(Forbidden, "Seule la caisse de la pizzeria prend les commandes au comptoir et par téléphone.")
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, nil, err
	}
	if board.Maintenance.On() {
		return nil, nil, board.Maintenance.Refusal(now)
	}
	if err := s.checkOrder(ctx, &board.Pizzeria, in, now); err != nil {
		return nil, nil, err
	}
	lines, err := board.Menu.Lines(in.Lines, in.Mode, now)
	if err != nil {
		return nil, nil, err
	}
	o := &Order{
		Pizzeria: pizzeria, ServiceDay: ServiceDay(now), Version: 1, Revision: 1,
		Mode: in.Mode, Channel: in.Channel, Status: Received, Contact: in.Contact, Note: in.Note,
		Lines: lines, Payment: Payment{Method: in.Method, Status: Due}, PlacedAt: now,
	}
	if in.Expected != 0 && in.Expected != o.Total() {
		return nil, nil, Errorf(Conflict, "Les prix ont changé depuis que vous avez ouvert la page : le total est maintenant de %s au lieu de %s. Vérifiez et validez de nouveau.", o.Total(), in.Expected)
	}
	o.ReadyBy, o.PromisedAt, err = board.promiseAt(in.Slot, in.Mode, o.Pizzas(), now)
	if err == nil {
		err = in.kept(o.PromisedAt)
	}
	if err != nil {
		return nil, nil, err
	}
	return board, o, nil
}

// checkOrder checks what does not depend on the menu.
func (s *Shop) checkOrder(ctx context.Context, p *Pizzeria, in NewOrder, now time.Time) error {
	for _, f := range []struct{ name, value string }{{"nom", in.Contact.Name}, {"adresse", in.Contact.Address}} {
		if utf8.RuneCountInString(f.value) > maxField {
			return Errorf(Invalid, "Le champ « %s » est trop long (%d caractères au plus).", f.name, maxField).InField(f.name)
		}
	}
	switch {
	case !p.OpenAt(now) && in.Slot.IsZero():
		if next, ok := p.NextOpening(now); ok {
			return Errorf(Conflict, "%s est fermée. Elle rouvre %s : revenez à ce moment, ou choisissez une autre pizzeria.", p.Name, FrenchMoment(next, now))
		}
		return Errorf(Conflict, "%s est fermée. Choisissez une autre pizzeria.", p.Name)
	case in.Mode != Delivery && in.Mode != Pickup:
		return Errorf(Invalid, "Choisissez la livraison ou le retrait.").InField("mode")
	case in.Channel == Web && in.Contact.Name == "":
		return Errorf(Invalid, "Indiquez votre nom, pour que nous sachions à qui remettre la commande.").InField("nom")
	case in.Channel != Counter && in.Contact.Phone == "":
		return Errorf(Invalid, "Indiquez un numéro de téléphone, pour que nous puissions vous joindre.").InField("telephone")
	case in.Mode == Delivery && in.Contact.Address == "":
		return Errorf(Invalid, "Indiquez l’adresse de livraison.").InField("adresse")
	case in.Mode == Delivery && !p.Serves(in.Contact.Postcode):
		return s.outside(ctx, p, in.Contact.Postcode)
	case in.Method == Online:
		return Errorf(Invalid, "Le paiement en ligne n’est pas encore proposé. Choisissez de payer à la remise : espèces, carte, chèque ou ticket-restaurant.").InField("paiement")
	case !slices.Contains(Door, in.Method):
		return Errorf(Invalid, "Choisissez comment payer : espèces, carte, chèque ou ticket-restaurant.").InField("paiement")
	case utf8.RuneCountInString(in.Note) > MaxNote:
		return Errorf(Invalid, "La remarque est trop longue (%d caractères au plus).", MaxNote).InField("note")
	}
	return nil
}

// Serving is the shop that delivers to a postcode, nil for none.
func Serving(all []Pizzeria, postcode string) *Pizzeria {
	if i := slices.IndexFunc(all, func(p Pizzeria) bool { return p.Serves(postcode) }); i >= 0 {
		return &all[i]
	}
	return nil
}

// outside refuses a postcode and names the shop that serves it, if there is one.
func (s *Shop) outside(ctx context.Context, p *Pizzeria, postcode string) error {
	all, err := s.Boards.Pizzerias(ctx)
	if err != nil {
		return err
	}
	if other := Serving(all, postcode); other != nil {
		return Errorf(Invalid, "%s ne livre pas le %s, mais %s y livre : choisissez cette pizzeria, ou le retrait.", p.Name, clip(postcode), other.Name).InField("code_postal")
	}
	if postcode == "" {
		return Errorf(Invalid, "Indiquez le code postal de livraison.").InField("code_postal")
	}
	return Errorf(Invalid, "Nous ne livrons pas encore le %s. Choisissez le retrait, ou une adresse dans : %s.", clip(postcode), strings.Join(p.Postcodes, ", ")).InField("code_postal")
}

// AdvanceOrder takes an order one step further.
func (s *Shop) AdvanceOrder(ctx context.Context, actor Actor, key Key, pizzeria, id int64, to Status, reason string) (*Order, error) {
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) {
		return o.Advance(actor, to, reason, s.moment(ctx))
	})
}

// HandOver takes an order to Delivered or Collected and takes the money by the method that the customer used.
func (s *Shop) HandOver(ctx context.Context, actor Actor, key Key, pizzeria, id int64, to Status, method Method) (*Order, error) {
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) {
		if method != "" {
			if !slices.Contains(Door, method) {
				return Change{}, Errorf(Invalid, "Choisissez espèces, carte, chèque ou ticket-restaurant.")
			}
			if o.Payment.Status == Due {
				o.Payment.Method = method
			}
		}
		return o.Advance(actor, to, "", s.moment(ctx))
	})
}

// AdvanceItem takes one pizza (pizza ≥ 1) or all pizzas (0) of a line to a state.
func (s *Shop) AdvanceItem(ctx context.Context, actor Actor, key Key, pizzeria, id int64, line, pizza int, to ItemState) (*Order, error) {
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) {
		return o.AdvanceItem(actor, line, pizza, to, s.moment(ctx))
	})
}

// CancelOrder cancels an order; a paid one is refunded.
func (s *Shop) CancelOrder(ctx context.Context, actor Actor, key Key, pizzeria, id int64, reason string) (*Order, error) {
	return s.AdvanceOrder(ctx, actor, key, pizzeria, id, Cancelled, reason)
}

// ChangeOrder replaces the lines and the note of an order while the window is open, with a new reservation or none at all.
func (s *Shop) ChangeOrder(ctx context.Context, actor Actor, key Key, pizzeria, id int64, in []NewLine, note string) (*Order, error) {
	return s.ChangeRevision(ctx, actor, key, pizzeria, id, 0, in, note)
}

// ChangeRevision is ChangeOrder for who began from the order's revision (0: from whatever it is): what somebody else has changed since is not
// overwritten.
func (s *Shop) ChangeRevision(ctx context.Context, actor Actor, key Key, pizzeria, id int64, revision int, in []NewLine, note string) (*Order, error) {
	if utf8.RuneCountInString(note) > MaxNote {
		return nil, Errorf(Invalid, "La remarque est trop longue (%d caractères au plus).", MaxNote)
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	var lines []Line
	var own []Part
	return s.update(ctx, actor, key, pizzeria, id, func(levels map[int64]Level) *Error {
		return soldOut(board, lines, levels, own)
	}, func(o *Order) (Change, error) {
		if revision != 0 && revision != o.Revision && o.Status.Open() {
			return Change{}, Errorf(Conflict, "La commande n° %d a été modifiée entre-temps, par le client ou à un autre écran. Abandonnez, puis ouvrez-la de nouveau.", o.Number)
		}
		own = needs(o.Lines)
		if lines, err = board.Menu.Lines(in, o.Mode, s.moment(ctx)); err != nil {
			return Change{}, err
		}
		if actor.Role == Customer && o.Revisable() { // whoever works here knows what the kitchen can do
			if err := board.keeps(o, lines, s.Now()); err != nil {
				return Change{}, err
			}
		}
		return o.Revise(actor, lines, note, s.moment(ctx))
	})
}

// HoldOrder puts an order on hold because an ingredient ran out: the customer chooses on the tracking page.
func (s *Shop) HoldOrder(ctx context.Context, actor Actor, key Key, pizzeria, id int64, ingredient string) (*Order, error) {
	g, err := s.ingredient(ctx, pizzeria, ingredient)
	if err != nil {
		return nil, err
	}
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) {
		if !slices.ContainsFunc(o.Lines, func(l Line) bool {
			return slices.ContainsFunc(l.Recipe, func(p Part) bool { return p.Ingredient == g.ID })
		}) {
			return Change{}, Errorf(Invalid, "La commande n° %d ne contient pas « %s ».", o.Number, g.Name)
		}
		o.Missing = g.Slug
		return o.Advance(actor, OnHold, g.Name+" épuisé", s.moment(ctx))
	})
}

// LeaveOut answers a hold: the order is made without the missing ingredient.
// Pressed twice, nothing is missing any more: the order says so.
func (s *Shop) LeaveOut(ctx context.Context, actor Actor, key Key, pizzeria, id int64, ingredient string) (*Order, error) {
	g := &Ingredient{}
	if ingredient != "" {
		var err error
		if g, err = s.ingredient(ctx, pizzeria, ingredient); err != nil {
			return nil, err
		}
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) {
		return o.LeaveOut(actor, board.Menu, *g, s.moment(ctx))
	})
}

// AcknowledgeOrder says that the actor saw that an order is cancelled.
func (s *Shop) AcknowledgeOrder(ctx context.Context, actor Actor, key Key, pizzeria, id int64) (*Order, error) {
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) { return o.Acknowledge(actor, s.moment(ctx)) })
}

// TakePayment records that the money of an order was taken.
func (s *Shop) TakePayment(ctx context.Context, actor Actor, key Key, pizzeria, id int64, method Method) (*Order, error) {
	return s.update(ctx, actor, key, pizzeria, id, nil, func(o *Order) (Change, error) {
		return o.Pay(actor, method, s.moment(ctx))
	})
}

// update changes an order of the actor's and says so. It starts from the copy on the board, so that the usual change reads nothing.
func (s *Shop) update(ctx context.Context, actor Actor, key Key, pizzeria, id int64, soldOut func(map[int64]Level) *Error, change func(*Order) (Change, error)) (*Order, error) {
	if !actor.WorksIn(pizzeria) && (actor.Role != Customer || actor.Order != id) {
		return nil, ErrNoOrder
	}
	ref := Ref{Pizzeria: pizzeria, ID: id}
	if board, err := s.Boards.Board(ctx, pizzeria); err == nil {
		ref.Known = board.Orders[id]
	}
	saved, err := s.Store.UpdateOrder(ctx, ref, key, change, soldOut)
	if err != nil {
		return nil, err
	}
	s.announce(ctx, saved.Event)
	return saved.Order, nil
}

// ErrNoOrder is the one answer for an order that does not exist and for one that is not yours.
var ErrNoOrder = Errorf(NotFound, "Cette commande n’existe pas. Vérifiez le lien ou le numéro.")

// Tracked finds the order of a tracking token: on a board in memory, else in the database.
func (s *Shop) Tracked(ctx context.Context, token string) (*Order, error) {
	hash := HashToken(token)
	shops, err := s.Boards.Pizzerias(ctx)
	if err != nil {
		return nil, err
	}
	if id, ok := tokenPizzeria(token); ok && slices.ContainsFunc(shops, func(p Pizzeria) bool { return p.ID == id }) {
		board, err := s.Boards.Board(ctx, id)
		if err != nil {
			return nil, err
		}
		if o, ok := board.ByToken(hash); ok {
			return o, s.linkLives(o)
		}
	}
	o, err := s.Store.OrderByToken(ctx, hash)
	if err != nil {
		if KindOf(err) == NotFound {
			return nil, ErrNoOrder
		}
		return nil, err
	}
	return o, s.linkLives(o)
}

// CustomerOrders finds the last orders of a telephone number (E.164) in a shop, open ones too, the newest first. While the database does not
// answer they are those that are in memory.
func (s *Shop) CustomerOrders(ctx context.Context, actor Actor, pizzeria int64, phone string, limit int) ([]*Order, error) {
	if !actor.WorksIn(pizzeria) || !actor.Is(Cashier, Manager) {
		return nil, Errorf(Forbidden, "Seule la caisse de la pizzeria cherche un client.")
	}
	if phone == "" {
		return nil, nil
	}
	all, err := s.Store.OrdersByPhone(ctx, pizzeria, phone, limit)
	if KindOf(err) != Unavailable {
		return all, err
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	for _, o := range board.Orders {
		if o.Contact.Phone == phone {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *Order) int { return cmp.Or(b.PlacedAt.Compare(a.PlacedAt), cmp.Compare(b.ID, a.ID)) })
	return all[:min(limit, len(all))], nil
}

// EarlierOrder finds an order of a shop to be taken again: on the board in memory, else in the database.
func (s *Shop) EarlierOrder(ctx context.Context, actor Actor, pizzeria, id int64) (*Order, error) {
	if !actor.WorksIn(pizzeria) || !actor.Is(Cashier, Manager) {
		return nil, ErrNoOrder
	}
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	if o := board.Orders[id]; o != nil {
		return o, nil
	}
	o, err := s.Store.Order(ctx, pizzeria, id)
	if KindOf(err) == NotFound {
		return nil, ErrNoOrder
	}
	return o, err
}

// linkHours is how long a tracking link outlives its order.
const linkHours = 24

func (s *Shop) linkLives(o *Order) error {
	if o.Closed() && s.Now().Sub(o.ClosedAt) > linkHours*time.Hour {
		return Errorf(NotFound, "Ce lien de suivi a expiré, %d heures après la fin de la commande.", linkHours)
	}
	return nil
}

// Pizzeria finds a shop by slug.
func (s *Shop) Pizzeria(ctx context.Context, slug string) (*Pizzeria, error) {
	all, err := s.Boards.Pizzerias(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Slug == slug {
			return &all[i], nil
		}
	}
	return nil, Errorf(NotFound, "Cette pizzeria n’existe pas. Choisissez-en une dans la liste.")
}

func (s *Shop) ingredient(ctx context.Context, pizzeria int64, slug string) (*Ingredient, error) {
	board, err := s.Boards.Board(ctx, pizzeria)
	if err != nil {
		return nil, err
	}
	g, ok := board.Menu.IngredientBySlug(slug)
	if !ok {
		return nil, Errorf(NotFound, "L’ingrédient « %s » n’existe pas.", clip(slug))
	}
	return g, nil
}

// announce says what was saved. The request may be over by then: what is saved must be said.
func (s *Shop) announce(ctx context.Context, e Event) {
	if e.Seq != 0 {
		s.Publisher.Publish(context.WithoutCancel(ctx), e)
	}
}

// FrenchMoment says "à 18:00", "demain à 11:30" or "lundi à 18:00".
func FrenchMoment(t, now time.Time) string {
	days := [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	t, now = t.In(Paris), now.In(Paris)
	switch clock := t.Format("15:04"); {
	case t.YearDay() == now.YearDay():
		return "à " + clock
	case t.YearDay() == now.AddDate(0, 0, 1).YearDay():
		return "demain à " + clock
	default:
		return days[t.Weekday()] + " à " + clock
	}
}

var errNoSecret = errors.New("app: the shop's secret is missing")

// token derives the tracking token of an order from its idempotency key, so that a repeated request gets the same link although only
// the token's hash is stored. 192 bits of HMAC-SHA-256 (RFC 2104).
// It begins with the shop's id, which says on which board to look.
func (s *Shop) token(pizzeria int64, key Key) string {
	if len(s.Secret) == 0 {
		panic(errNoSecret)
	}
	mac := hmac.New(sha256.New, s.Secret)
	mac.Write([]byte("tracking\x00" + key.Principal + "\x00" + key.Value))
	return strconv.FormatInt(pizzeria, 36) + "-" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}

// tokenPizzeria reads the shop's id off a tracking token.
func tokenPizzeria(token string) (int64, bool) {
	id, _, ok := strings.Cut(token, "-")
	n, err := strconv.ParseInt(id, 36, 64)
	return n, ok && err == nil
}

// HashToken is what is stored of a secret that a browser holds: SHA-256, hex.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
