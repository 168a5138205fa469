package app

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of an order.
const (
	MaxQuantity = 50  // of one line
	MaxLines    = 30  // of one order
	MaxNote     = 280 // characters
	maxField    = 120 // characters of a name or an address
)

// Contact is how to reach the customer. It is shown to those who need it (till, courier, manager), never on the tracking page.
type Contact struct {
	Name     string
	Phone    string // E.164
	Address  string
	Postcode string
}

// Line is one row of an order, with everything frozen at the time of sale: a later change of the menu does not change it.
type Line struct {
	N         int // 1, 2, 3 … within the order
	Product   string
	Name      string
	Kind      ProductKind
	Size      Size
	Quantity  int
	UnitPrice Cents
	VAT       Rate
	Without   []string   // slugs of ingredients left out
	Removed   []string   // their names
	Added     []Added    // additions, which UnitPrice and Recipe contain
	Allergens []Allergen // of what is really on it
	Recipe    []Part     // per unit, what is left out already left out
	Items     []ItemState
}

// Total of the line.
func (l Line) Total() Cents { return l.UnitPrice * Cents(l.Quantity) }

// State is the least advanced of the line's pizzas; a line without pizzas is done.
func (l Line) State() ItemState {
	least := Done
	for _, s := range l.Items {
		if s.rank() < least.rank() {
			least = s
		}
	}
	return least
}

// Step is one line of an order's journal. Line 0 is a step of the whole order; otherwise To is an ItemState.
type Step struct {
	N      int // 1, 2, 3 … within the order
	At     time.Time
	By     string // Actor.Key
	Name   string
	Role   Role
	Screen string
	Line   int
	Pizza  int // of the line, 1, 2 …; 0: all of them
	From   string
	To     string
	Reason string
}

// Order is a customer's order in one shop.
type Order struct {
	ID          int64
	Pizzeria    int64
	Number      int    // what people say: 1, 2, 3 … within the shop's service day
	ServiceDay  string // YYYY-MM-DD
	Version     int    // +1 at each change
	Revision    int    // +1 when the lines are changed
	TokenHash   string // SHA-256 of the tracking token, hex; the token itself is stored nowhere
	Mode        Mode
	Channel     Channel
	Status      Status
	Contact     Contact
	Note        string
	Lines       []Line
	Payment     Payment
	Consumed    bool   // preparation began: its ingredients are used up
	Missing     string // on hold: slug of the ingredient that ran out
	Courier     int64  // user who carries it, 0: nobody yet
	CourierName string
	PlacedAt    time.Time
	ReadyBy     time.Time // when the kitchen should be done
	PromisedAt  time.Time // what the customer was told; never changed
	ClosedAt    time.Time // handed over and paid, or cancelled; zero while it lives
	Journal     []Step
	// Before are the lines as the kitchen last saw them, by what a ticket says of them, while it has not seen that they changed; nil: it has
	// seen Lines.
	Before []Line
}

// Total to pay.
func (o *Order) Total() Cents {
	var sum Cents
	for _, l := range o.Lines {
		sum += l.Total()
	}
	return sum
}

// ToCollect is what is still to be paid when it is handed over.
func (o *Order) ToCollect() Cents {
	if o.Payment.Status != Due || o.Status == Cancelled || o.Status == Undeliverable {
		return 0
	}
	return o.Total()
}

// Pizzas counts them.
func (o *Order) Pizzas() int {
	n := 0
	for _, l := range o.Lines {
		n += len(l.Items)
	}
	return n
}

// Closed reports whether nothing more is expected of anybody.
func (o *Order) Closed() bool { return !o.ClosedAt.IsZero() }

// Open reports whether the customer may still cancel: preparation has not begun, or the kitchen waits for an answer.
func (o *Order) Open() bool { return o.Status == OnHold || o.Status == Received && !o.Consumed }

// Revisable reports whether its lines may still be changed. What preparation has used up cannot be: an order that was on hold and goes on
// without what ran out is received again, but not new.
func (o *Order) Revisable() bool { return o.Status.Open() && !o.Consumed && o.Payment.Status == Due }

// stands says where it is, in a sentence about « la commande ».
func (o *Order) stands() string {
	if o.Status == Received && o.Consumed {
		return "est déjà commencée"
	}
	return statusWords[o.Status]
}

// Reached returns when the order last entered a status, zero if never. A step that takes back another does not count: a pizza that the courier
// brings back did not leave the oven a second time.
func (o *Order) Reached(s Status) time.Time {
	for _, st := range slices.Backward(o.Journal) {
		if st.Line == 0 && st.To == string(s) && !tookBack(Status(st.From), s) {
			return st.At
		}
	}
	return time.Time{}
}

// Clone returns a copy that shares nothing that changes.
func (o *Order) Clone() *Order {
	c := *o
	c.Lines = slices.Clone(o.Lines)
	for i := range c.Lines {
		c.Lines[i].Items = slices.Clone(o.Lines[i].Items)
	}
	c.Journal = slices.Clone(o.Journal)
	c.Before = slices.Clone(o.Before)
	return &c
}

// Change is what saving an order's new state entails besides the order itself.
type Change struct {
	Moves []Movement
	Till  []TillEntry
}

// Advance takes the order one step further by the table. A step already taken by the same actor is ErrUnchanged.
func (o *Order) Advance(actor Actor, to Status, reason string, at time.Time) (Change, error) {
	if o.Status == to && o.lastBy(string(to)) == actor.Key() {
		return Change{}, ErrUnchanged
	}
	s, ok := findStep(o.Mode, o.Status, to)
	if !ok {
		return Change{}, Errorf(Conflict, "La commande n° %d %s : cette étape n’est plus possible. Regardez sur votre écran où elle en est.", o.Number, o.stands())
	}
	if !actor.Is(s.roles...) || to == Cancelled && actor.Role == Customer && !o.Open() {
		if to == Cancelled && actor.Is(Customer, Cashier) {
			return Change{}, Errorf(Conflict, "Trop tard : la commande n° %d %s. %s", o.Number, o.stands(), recourse(actor))
		}
		return Change{}, Errorf(Forbidden, "Votre rôle ne permet pas cette étape. Demandez au responsable.")
	}
	if o.Status == OnTheWay && actor.Role == Courier && o.Courier != actor.User {
		return Change{}, Errorf(Forbidden, "La commande n° %d est portée par %s. Demandez-lui, ou au responsable.", o.Number, o.CourierName)
	}
	at = o.follows(at)
	reason = strings.TrimSpace(reason)
	if s.reason && reason == "" {
		return Change{}, Errorf(Invalid, "Dites pourquoi : cette étape demande un motif.")
	}
	if utf8.RuneCountInString(reason) > MaxNote {
		return Change{}, Errorf(Invalid, "Le motif est trop long (%d caractères au plus).", MaxNote)
	}

	var c Change
	switch to {
	case Preparing:
		if !o.Consumed {
			c.Moves = o.moves(Consume, actor, at)
			o.Consumed = true
		}
	case Ready:
		o.Courier, o.CourierName = 0, ""
		o.setItems(Done)
	case OnTheWay:
		o.Courier, o.CourierName = actor.User, actor.Name
	case Delivered, Collected:
		c.Till = o.pay(o.Payment.Method, actor, at)
	case Cancelled, Undeliverable:
		if !o.Consumed {
			c.Moves = o.moves(Release, actor, at)
		}
		c.Till = o.refund(actor, at)
	case OnHold:
		o.setItems(Queued)
	case Received:
		o.Missing = ""
	}
	if o.Status == Ready && to == Preparing {
		o.recallItems()
	}
	o.record(actor, 0, string(o.Status), string(to), reason, at)
	o.Status = to
	o.Version++
	if o.Status.Final() && o.Payment.Status != Due || o.Status == Cancelled || o.Status == Undeliverable {
		o.ClosedAt = at
	}
	return c, nil
}

// recourse is what is left to somebody who comes too late.
func recourse(actor Actor) string {
	if actor.Role.Staff() {
		return "Voyez avec la cuisine et le responsable."
	}
	return "Appelez la pizzeria."
}

// Acknowledge says that whoever was working on the order saw that it is cancelled: the kitchen, or the courier who carries it; or that the
// kitchen saw that it changed. Once is enough, whoever it was: ErrUnchanged.
func (o *Order) Acknowledge(actor Actor, at time.Time) (Change, error) {
	if o.Status != Cancelled && actor.Role != Courier {
		return o.acknowledgeChange(actor, at)
	}
	if !actor.Is(Cook, Courier, Manager) || actor.Role == Courier && o.Courier != actor.User {
		return Change{}, Errorf(Forbidden, "Votre rôle ne permet pas cette étape. Demandez au responsable.")
	}
	if o.Status != Cancelled {
		return Change{}, Errorf(Conflict, "La commande n° %d %s : elle n’est pas annulée. Regardez sur votre écran où elle en est.", o.Number, statusWords[o.Status])
	}
	if o.Acknowledged() {
		return Change{}, ErrUnchanged
	}
	o.record(actor, 0, string(o.Status), Acknowledged, "", o.follows(at))
	o.Version++
	return Change{}, nil
}

// Acknowledged reports whether somebody has seen that the order is cancelled.
func (o *Order) Acknowledged() bool {
	return len(o.Journal) > 0 && o.Journal[len(o.Journal)-1].To == Acknowledged
}

// AdvanceItem takes pizzas of a line to a state: all of the line, or one of them (pizza ≥ 1). The first one started begins the
// preparation of the order, the last one done makes it ready.
func (o *Order) AdvanceItem(actor Actor, n, pizza int, to ItemState, at time.Time) (Change, error) {
	if to.rank() < 0 {
		return Change{}, Errorf(NotFound, "Cette étape n’existe pas.")
	}
	if !actor.Is(Cook, Manager) {
		return Change{}, Errorf(Forbidden, "Seule la cuisine avance les pizzas.")
	}
	i := slices.IndexFunc(o.Lines, func(l Line) bool { return l.N == n })
	if i < 0 || pizza < 0 || pizza > len(o.Lines[i].Items) {
		return Change{}, Errorf(NotFound, "La commande n° %d n’a pas cette ligne.", o.Number)
	}
	line := &o.Lines[i]
	if len(line.Items) == 0 {
		return Change{}, Errorf(Conflict, "%s ne passe pas par le four.", line.Name)
	}
	items := line.Items
	if pizza > 0 {
		items = items[pizza-1 : pizza]
	}
	if !slices.ContainsFunc(items, func(s ItemState) bool { return s != to }) {
		return Change{}, ErrUnchanged
	}
	if o.Status != Received && o.Status != Preparing {
		return Change{}, Errorf(Conflict, "La commande n° %d %s : ses pizzas ne changent plus.", o.Number, o.stands())
	}
	at = o.follows(at)
	var c Change
	if o.Status == Received {
		if to == Queued {
			return Change{}, ErrUnchanged
		}
		started, err := o.Advance(actor, Preparing, "", at)
		if err != nil {
			return Change{}, err
		}
		c = started
	}
	from := line.State()
	if pizza > 0 {
		from = items[0]
	}
	o.record(actor, n, string(from), string(to), "", at)
	o.Journal[len(o.Journal)-1].Pizza = pizza
	for j := range items {
		items[j] = to
	}
	o.Version++
	if o.allDone() {
		if _, err := o.Advance(actor, Ready, "", at); err != nil {
			return Change{}, err
		}
	}
	return c, nil
}

// Revise replaces the lines while the order is Revisable. The lines carry prices and recipes already looked up.
func (o *Order) Revise(actor Actor, lines []Line, note string, at time.Time) (Change, error) {
	if o.Payment.Status != Due && o.Status.Open() {
		return Change{}, Errorf(Conflict, "La commande n° %d est déjà payée et ne peut plus être modifiée. %s", o.Number, recourse(actor))
	}
	if !o.Revisable() {
		return Change{}, Errorf(Conflict, "Trop tard : la commande n° %d %s et ne peut plus être modifiée. %s", o.Number, o.stands(), recourse(actor))
	}
	if !actor.Is(Customer, Cashier, Manager) {
		return Change{}, Errorf(Forbidden, "Votre rôle ne permet pas de modifier une commande. Demandez au responsable.")
	}
	moves := o.moves(Release, actor, at)
	old := o.Lines
	o.Lines = lines
	o.Note = note
	o.Revision++
	o.remember(old)
	moves = append(moves, o.moves(Reserve, actor, at)...)
	o.record(actor, 0, string(o.Status), string(Received), "modifiée", at)
	o.Status, o.Missing = Received, ""
	o.Version++
	return Change{Moves: moves}, nil
}

// LeaveOut answers an order on hold: every line goes without the missing ingredient, and the kitchen may start again. The menu knows what
// allergens the other ingredients hold.
func (o *Order) LeaveOut(actor Actor, m *Menu, missing Ingredient, at time.Time) (Change, error) {
	var choices []Choice
	for _, l := range o.Lines {
		choices = append(choices, Choice{Line: l.N})
	}
	return o.Answer(actor, &Board{Menu: m}, missing, choices, at)
}

// leaveOut reports whether the line had the ingredient. What was added of it goes with its price; a pizza that has none of it by its recipe is
// not said to go without. Its allergens are the caller's to declare again.
func (l *Line) leaveOut(g Ingredient) bool {
	i := slices.IndexFunc(l.Recipe, func(p Part) bool { return p.Ingredient == g.ID })
	if i < 0 {
		return false
	}
	quantity := l.Recipe[i].Quantity - l.takeOff(g.Slug)
	l.Recipe = slices.Delete(slices.Clone(l.Recipe), i, i+1)
	if quantity > 0 {
		l.Without = append(slices.Clone(l.Without), g.Slug)
		l.Removed = append(slices.Clone(l.Removed), g.Name)
	}
	return true
}

// Pay records that the money was taken by a method of the door.
func (o *Order) Pay(actor Actor, method Method, at time.Time) (Change, error) {
	if !actor.Is(Cashier, Courier, Manager) {
		return Change{}, Errorf(Forbidden, "Votre rôle ne permet pas d’encaisser. Demandez au responsable.")
	}
	if o.Payment.Status == Paid && o.Payment.Method == method {
		return Change{}, ErrUnchanged
	}
	if o.Payment.Status != Due {
		return Change{}, Errorf(Conflict, "La commande n° %d est déjà payée.", o.Number)
	}
	if o.Status == Cancelled || o.Status == Undeliverable {
		return Change{}, Errorf(Conflict, "La commande n° %d %s : il n’y a rien à encaisser.", o.Number, o.stands())
	}
	if !slices.Contains(Door, method) {
		return Change{}, Errorf(Invalid, "Choisissez espèces, carte, chèque ou ticket-restaurant.")
	}
	till := o.pay(method, actor, at)
	o.Version++
	if o.Status.HandedOver() {
		o.ClosedAt = at
	}
	return Change{Till: till}, nil
}

// pay marks a due payment paid and returns the till's entry; nothing if it is not due.
func (o *Order) pay(method Method, actor Actor, at time.Time) []TillEntry {
	if o.Payment.Status != Due {
		return nil
	}
	o.Payment = Payment{Method: method, Status: Paid, PaidAt: at}
	return []TillEntry{o.entry("sale", 1, actor, at)}
}

func (o *Order) refund(actor Actor, at time.Time) []TillEntry {
	if o.Payment.Status != Paid {
		return nil
	}
	o.Payment.Status = Refunded
	return []TillEntry{o.entry("refund", -1, actor, at)}
}

func (o *Order) entry(kind string, sign Cents, actor Actor, at time.Time) TillEntry {
	vat := VATByRate(o.Lines)
	for i := range vat {
		vat[i].Gross *= sign
		vat[i].VAT *= sign
	}
	return TillEntry{
		Pizzeria: o.Pizzeria, Order: o.ID, Kind: kind, Method: o.Payment.Method,
		Amount: sign * o.Total(), VAT: vat, By: actor.Key(), At: at,
	}
}

func (o *Order) record(actor Actor, line int, from, to, reason string, at time.Time) {
	o.Journal = append(o.Journal, Step{
		N: len(o.Journal) + 1, At: at, By: actor.Key(), Name: actor.Name, Role: actor.Role, Screen: actor.Screen,
		Line: line, From: from, To: to, Reason: reason,
	})
}

// follows is when a step happened that somebody dates: never before the step that it follows, whatever a phone's clock says.
func (o *Order) follows(at time.Time) time.Time {
	if n := len(o.Journal); n > 0 && at.Before(o.Journal[n-1].At) {
		return o.Journal[n-1].At
	}
	return at
}

// lastBy returns who took the order to a status last.
func (o *Order) lastBy(to string) string {
	for _, s := range slices.Backward(o.Journal) {
		if s.Line == 0 && s.To == to {
			return s.By
		}
	}
	return ""
}

func (o *Order) setItems(s ItemState) {
	for i := range o.Lines {
		for j := range o.Lines[i].Items {
			o.Lines[i].Items[j] = s
		}
	}
}

// recallItems brings a bumped ticket back to the oven: one pizza must not be done, or the ticket would be ready again at once.
func (o *Order) recallItems() { o.setItems(InOven) }

func (o *Order) allDone() bool {
	return !slices.ContainsFunc(o.Lines, func(l Line) bool { return l.State() != Done })
}
