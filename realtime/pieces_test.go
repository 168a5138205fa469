package realtime

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// ---------------------------------------------------------------------------------------------------------------- a shop that lives

// service is the board of a shop during an evening that a test makes happen.
type service struct {
	board *app.Board
	now   time.Time
	last  int64 // id of the last order
}

var (
	cook     = app.Actor{Role: app.Cook, Device: 1, Name: "Cuisine", Pizzerias: []int64{1}, Screen: "kitchen"}
	manager  = app.Actor{Role: app.Manager, User: 9, Name: "Nadia", Pizzerias: []int64{1}, Screen: "dashboard"}
	cashier  = app.Actor{Role: app.Cashier, User: 8, Name: "Inès", Pizzerias: []int64{1}, Screen: "till"}
	couriers = []app.Actor{
		{Role: app.Courier, User: 3, Name: "Karim", Pizzerias: []int64{1}, Screen: "courier"},
		{Role: app.Courier, User: 4, Name: "Léa", Pizzerias: []int64{1}, Screen: "courier"},
	}
)

// opening is a shop before its first order: ingredients, then pizzas in two sizes, each with a drink beside it.
func opening(ingredients, pizzas int, stock int64) *service {
	m := &app.Menu{}
	levels := map[int64]app.Level{}
	for id := int64(1); id <= int64(ingredients); id++ {
		m.Ingredients = append(m.Ingredients, app.Ingredient{ID: id, Slug: fmt.Sprint("ingredient-", id), Name: fmt.Sprintf("Ingrédient %02d", id), Unit: app.Gram})
		levels[id] = app.Level{Ingredient: id, OnHand: stock, Threshold: stock / 5}
	}
	for i := range min(2, ingredients) {
		m.Ingredients[i].Additions = []app.Addition{{Size: app.Medium, Price: 120, Quantity: 40}, {Size: app.Large, Price: 150, Quantity: 50}}
	}
	vat := []app.VATRule{{Mode: app.Delivery, Rate: 1000}, {Mode: app.Pickup, Rate: 1000}}
	for n := range int64(pizzas) {
		p := app.Product{ID: 2*n + 1, Slug: fmt.Sprint("pizza-", n+1), Name: fmt.Sprint("Pizza ", n+1), Kind: app.Pizza, Position: int(2*n + 1), OvenSeconds: 300, VAT: vat}
		for i, size := range []app.Size{app.Medium, app.Large} {
			v := app.Variant{Size: size, Price: 1150 + app.Cents(300*i)}
			for k := range int64(min(5, ingredients)) {
				v.Recipe = append(v.Recipe, app.Part{Ingredient: 1 + (n*7+k*3)%int64(ingredients), Quantity: 80 + int64(20*i)})
			}
			p.Variants = append(p.Variants, v)
		}
		drink := app.Product{
			ID: 2*n + 2, Slug: fmt.Sprint("boisson-", n+1), Name: fmt.Sprint("Boisson ", n+1), Kind: app.Drink, Position: int(2*n + 2), VAT: vat,
			Variants: []app.Variant{{Size: app.Single, Price: 250, Recipe: []app.Part{{Ingredient: 1 + n%int64(ingredients), Quantity: 1}}}},
		}
		m.Products = append(m.Products, p, drink)
	}
	return &service{now: time.Date(2026, 3, 14, 18, 0, 0, 0, time.UTC), board: app.NewBoard(app.Board{
		Pizzeria: app.Pizzeria{ID: 1, Slug: "centre", Name: "Centre", Phone: "+33465712030", OvenPizzas: 8, DeliveryMinutes: 15, AlwaysOpen: true, Postcodes: []string{"66000"}},
		Epoch:    "e1", Seq: 1000, Menu: m, Levels: levels, Orders: map[int64]*app.Order{},
	})}
}

// happens brings the board to its next number.
func (s *service) happens(e app.Event) {
	e.Pizzeria, e.Epoch, e.Seq = 1, s.board.Epoch, s.board.Seq+1
	next, err := s.board.Apply(e)
	if err != nil {
		panic(err)
	}
	s.board = next
}

// saved is the event of an order's new state with what it moves in the stock.
func (s *service) saved(o *app.Order, moves []app.Movement) {
	e := app.Event{Orders: []*app.Order{o}}
	moved := map[int64]app.Level{}
	for _, m := range moves {
		l, ok := moved[m.Ingredient]
		if !ok {
			l = s.board.Levels[m.Ingredient]
		}
		l.OnHand, l.Reserved = l.OnHand+m.OnHand, l.Reserved+m.Reserved
		moved[m.Ingredient] = l
	}
	for _, id := range slices.Sorted(maps.Keys(moved)) {
		e.Levels = append(e.Levels, moved[id])
	}
	s.happens(e)
}

// step takes an order further; what the table refuses changes nothing.
func (s *service) step(id int64, do func(o *app.Order) (app.Change, error)) bool {
	o := s.board.Orders[id].Clone()
	change, err := do(o)
	if err != nil {
		return false
	}
	s.saved(o, change.Moves)
	return true
}

// place enters an order: ready after so many minutes, its contents from the menu.
func (s *service) place(mode app.Mode, ready int, asked ...app.NewLine) int64 {
	lines, err := s.board.Menu.Lines(asked, mode, s.now)
	if err != nil {
		panic(err)
	}
	s.last++
	o := &app.Order{
		ID: s.last, Pizzeria: 1, Number: int(s.last), ServiceDay: app.ServiceDay(s.now), Version: 1, Revision: 1, Mode: mode, Channel: app.Web, Status: app.Received,
		TokenHash: fmt.Sprint("jeton", s.last), Contact: app.Contact{Name: fmt.Sprint("Ana Puig ", s.last), Phone: "+33465712030"}, Lines: lines,
		Payment: app.Payment{Method: app.Cash, Status: app.Due}, PlacedAt: s.now, ReadyBy: s.now.Add(time.Duration(ready) * time.Minute),
		Journal: []app.Step{{N: 1, At: s.now, Role: app.Customer, To: string(app.Received)}},
	}
	o.PromisedAt = o.ReadyBy
	if mode == app.Delivery {
		o.PromisedAt = o.ReadyBy.Add(15 * time.Minute)
		o.Contact.Address, o.Contact.Postcode = fmt.Sprint(s.last, " rue de la Loge, 3e étage"), "66000"
	}
	var moves []app.Movement
	for _, l := range lines {
		for _, p := range l.Recipe {
			moves = append(moves, app.Movement{Ingredient: p.Ingredient, Reserved: p.Quantity * int64(l.Quantity)})
		}
	}
	s.saved(o, moves)
	return o.ID
}

func (s *service) advance(id int64, actor app.Actor, to app.Status) bool {
	return s.step(id, func(o *app.Order) (app.Change, error) { return o.Advance(actor, to, "motif", s.now) })
}

func (s *service) item(id int64, line int, to app.ItemState) bool {
	return s.step(id, func(o *app.Order) (app.Change, error) { return o.AdvanceItem(cook, line, 0, to, s.now) })
}

func asked(product string, size app.Size, n int) app.NewLine {
	return app.NewLine{Product: product, Size: size, Quantity: n}
}

// ------------------------------------------------------------------------------------------------------------------------- a browser

// tab is what a browser shows of a board. It does with operations what live.js does.
type tab struct{ doc *html.Node }

func openTab(board string) (*tab, error) {
	doc, err := html.Parse(strings.NewReader("<!doctype html><body>" + board + "</body>"))
	return &tab{doc}, err
}

func (t *tab) find(id string) *html.Node { return findNode(t.doc, id) }

func findNode(n *html.Node, id string) *html.Node {
	if attr(n, "id") == id {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if found := findNode(c, id); found != nil {
			return found
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (t *tab) apply(ops []Op) error {
	for _, op := range ops {
		if op.Do == OpEvent {
			continue
		}
		to := t.find(op.To)
		if to == nil {
			if op.Do == OpRemove {
				continue
			}
			return fmt.Errorf("%s: no #%s", op.Do, op.To)
		}
		inTemplate := &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template}
		nodes, err := html.ParseFragment(strings.NewReader(op.HTML), inTemplate)
		if err != nil {
			return err
		}
		pieces := slices.DeleteFunc(nodes, func(n *html.Node) bool { return n.Type != html.ElementNode })
		if op.Do != OpRemove && len(pieces) != 1 {
			return fmt.Errorf("%s #%s: %d pieces", op.Do, op.To, len(pieces))
		}
		switch op.Do {
		case OpMorph:
			if attr(pieces[0], "id") != op.To {
				return fmt.Errorf("morph #%s: the piece is #%s", op.To, attr(pieces[0], "id"))
			}
			to.Parent.InsertBefore(pieces[0], to)
			to.Parent.RemoveChild(to)
		case OpAppend:
			old := t.find(attr(pieces[0], "id"))
			switch {
			case old == nil:
				to.AppendChild(pieces[0])
			case old.Parent == to: // morphed where it stands
				to.InsertBefore(pieces[0], old)
				to.RemoveChild(old)
			default:
				old.Parent.RemoveChild(old)
				to.AppendChild(pieces[0])
			}
		case OpBefore:
			if old := t.find(attr(pieces[0], "id")); old != nil {
				old.Parent.RemoveChild(old)
			}
			to.Parent.InsertBefore(pieces[0], to)
		case OpRemove:
			to.Parent.RemoveChild(to)
		default:
			return fmt.Errorf("unknown operation %q", op.Do)
		}
	}
	return nil
}

// tickets are the ids on the kitchen's wall, in the order of the page.
func (t *tab) tickets() (ids []string) {
	wall := t.find(views.TicketsID)
	for c := wall.FirstChild; c != nil; c = c.NextSibling {
		if id := attr(c, "id"); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// shown is the board as text, without what a fresh page may show differently:
//   - how the page is connected, and the wall's clock, which runs by itself;
//   - the connected screens, which are no part of the board;
//   - what of the stock was low when its list was drawn, which is where its rows stand;
//   - the choices of the form that changes an order, which the server checks: they are as old as the order's last step.
func (t *tab) shown() string {
	t = &tab{copied(t.doc)}
	board := t.find(views.BoardID)
	board.Attr = slices.DeleteFunc(board.Attr, func(a html.Attribute) bool {
		return slices.Contains([]string{"data-epoch", "data-seq", "data-build", "data-now", "data-title"}, a.Key)
	})
	for _, id := range []string{views.ScreensID, "alerts"} {
		if n := t.find(id); n != nil {
			n.Parent.RemoveChild(n)
		}
	}
	var clean func(n *html.Node)
	clean = func(n *html.Node) {
		for c := n.FirstChild; c != nil; {
			next := c.NextSibling
			switch {
			case attr(c, "class") == "clock", attr(c, "class") == "revise":
				n.RemoveChild(c)
			default:
				c.Attr = slices.DeleteFunc(c.Attr, func(a html.Attribute) bool { return a.Key == "data-first" })
				clean(c)
			}
			c = next
		}
	}
	clean(board)
	var text strings.Builder
	_ = html.Render(&text, board)
	return text.String()
}

func copied(n *html.Node) *html.Node {
	c := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Namespace: n.Namespace, Attr: slices.Clone(n.Attr)}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.AppendChild(copied(child))
	}
	return c
}

// firstDifference cuts both texts to where they part.
func firstDifference(a, b string) (string, string) {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-200)
	return a[from:min(len(a), i+300)], b[from:min(len(b), i+300)]
}

// ---------------------------------------------------------------------------------------------------------------------------- tests

// painter makes Boards that only draw.
func painter(t testing.TB) *Boards {
	hub, err := NewHub(HubOptions{Portable: true})
	if err != nil {
		t.Fatal(err)
	}
	boards := NewBoards(nil, hub, BoardsOptions{IdleCompare: time.Hour, BusyCompare: time.Hour})
	t.Cleanup(func() {
		boards.Close()
		_ = hub.Close(t.Context(), CloseGoingAway, 0)
	})
	return boards
}

// Whatever happens in a shop, an open page to which only the pieces were sent shows what a fresh page shows, for every audience.
func TestPiecesAddUp(t *testing.T) {
	boards := painter(t)
	rapid.Check(t, func(rt *rapid.T) {
		s := opening(6, 4, int64(rapid.IntRange(600, 6000).Draw(rt, "stock")))
		// An evening behind it: closed orders that leave the board as others close.
		for range rapid.SampledFrom([]int{0, 3, app.RecentOrders - 2}).Draw(rt, "closed") {
			s.now = s.now.Add(time.Second)
			id := s.place(app.Pickup, 10, asked("boisson-1", app.Single, 1))
			o := s.board.Orders[id].Clone()
			o.Status, o.Version, o.ClosedAt = app.Collected, 5, s.now
			o.Payment = app.Payment{Method: app.Cash, Status: app.Paid, PaidAt: s.now}
			o.Journal = append(o.Journal, app.Step{N: 2, At: s.now, To: string(app.Ready)}, app.Step{N: 3, At: s.now, To: string(app.Collected)})
			s.happens(app.Event{Orders: []*app.Order{o}})
		}
		if rapid.Bool().Draw(rt, "not in stock yet") {
			b := *s.board
			b.Levels = maps.Clone(b.Levels)
			delete(b.Levels, 6)
			s.board = app.NewBoard(b)
		}
		for range rapid.IntRange(0, 6).Draw(rt, "open") {
			s.anything(rt, "place")
		}
		open := map[Audience]*tab{}
		var audiences []Audience
		fresh := func(a Audience) *tab {
			whole, err := boards.whole(a, s.board, boards.Live(s.board, s.board.Seq, ""))
			if err != nil {
				rt.Fatal(err)
			}
			page, err := openTab(whole)
			if err != nil {
				rt.Fatal(err)
			}
			return page
		}
		follow := func(a Audience) {
			audiences = append(audiences, a)
			open[a] = fresh(a)
		}
		for _, a := range []Audience{
			{Screen: MenuScreen, Pizzeria: 1}, {Screen: MenuScreen, Pizzeria: 1, Language: views.English}, {Screen: KitchenScreen, Pizzeria: 1},
			{Screen: CourierScreen, Pizzeria: 1, ID: 3}, {Screen: CourierScreen, Pizzeria: 1, ID: 4}, {Screen: TillScreen, Pizzeria: 1},
			{Screen: DashboardScreen, Pizzeria: 1}, {Screen: StockScreen, Pizzeria: 1},
		} {
			follow(a)
		}
		for n := range rapid.IntRange(1, 12).Draw(rt, "patches") {
			if id := rapid.Int64Range(max(1, s.last-3), max(1, s.last)).Draw(rt, "followed"); s.board.Orders[id] != nil {
				language := rapid.SampledFrom([]views.Language{views.French, views.English}).Draw(rt, "language")
				if a := (Audience{Screen: TrackingScreen, Pizzeria: 1, ID: id, Language: language}); open[a] == nil {
					follow(a)
				}
			}
			before := s.board
			// More than one after a gap.
			for range rapid.SampledFrom([]int{1, 1, 1, 2, 4}).Draw(rt, "events") {
				s.now = s.now.Add(time.Duration(rapid.IntRange(0, 240).Draw(rt, "seconds")) * time.Second)
				s.anything(rt, "")
			}
			ch := app.Compare(before, s.board)
			reached := touched(ch)
			audiences = slices.DeleteFunc(audiences, func(a Audience) bool { return a.Screen == TrackingScreen && s.board.Orders[a.ID] == nil })
			for _, a := range audiences {
				page := open[a]
				var wall []string
				if a.Screen == KitchenScreen {
					wall = page.tickets()
				}
				var ops []Op
				if slices.Contains(reached, a.class()) {
					var err error
					if ops, err = boards.pieces(a, ch); err != nil {
						rt.Fatal(err)
					}
					if err := page.apply(ops); err != nil {
						rt.Fatalf("patch %d of %s: %v", n, a, err)
					}
				}
				if a.Screen == KitchenScreen {
					steady(rt, ch, wall, page.tickets())
				}
				if got, want := page.shown(), fresh(a).shown(); got != want {
					got, want = firstDifference(got, want)
					rt.Fatalf("after patch %d, %s shows\n…%s…\na fresh page\n…%s…\npieces: %s", n, a, got, want, summed(ops))
				}
			}
		}
	})
}

func summed(ops []Op) string {
	var words []string
	for _, op := range ops {
		words = append(words, fmt.Sprintf("%s %s%s (%d)", op.Do, op.To, op.Name, len(op.HTML)))
	}
	return strings.Join(words, ", ")
}

// steady: no ticket overtakes another on the wall, unless it is to be ready at another time than before.
func steady(rt *rapid.T, ch app.Changes, before, after []string) {
	other := func(id string) bool {
		return slices.ContainsFunc(ch.Orders, func(o int64) bool {
			was, is := ch.Before.Orders[o], ch.After.Orders[o]
			return views.TicketID(o) == id && was != nil && is != nil && !was.ReadyBy.Equal(is.ReadyBy)
		})
	}
	both := func(ids, others []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(others, id) || other(id) })
	}
	if !slices.Equal(both(before, after), both(after, before)) {
		rt.Fatalf("the wall was %v and is %v", before, after)
	}
}

// anything makes something happen: what, or whatever is drawn.
func (s *service) anything(rt *rapid.T, what string) {
	if what == "" {
		what = rapid.SampledFrom([]string{
			"place", "place", "acknowledge", "advance", "advance", "advance", "advance", "item", "item", "item", "pay", "revise", "revise", "hold", "hold", "leave out", "swap", "pizza", "pizza", "pizza", "promise", "note",
			"stock", "stock", "out", "threshold", "menu", "maintenance", "nothing",
		}).Draw(rt, "what")
	}
	var live []int64
	for id, o := range s.board.Orders {
		if !o.Closed() {
			live = append(live, id)
		}
	}
	slices.Sort(live)
	drawLines := func() []app.NewLine {
		var lines []app.NewLine
		for range rapid.IntRange(1, 2).Draw(rt, "lines") {
			p := rapid.SampledFrom(s.board.Menu.Products).Draw(rt, "product")
			v := rapid.SampledFrom(p.Variants).Draw(rt, "size")
			l := asked(p.Slug, v.Size, rapid.IntRange(1, 2).Draw(rt, "quantity"))
			if can := s.board.Menu.Addable(&p); len(can) > 0 && rapid.Bool().Draw(rt, "with") {
				l.Added = []string{rapid.SampledFrom(can).Draw(rt, "added").Slug}
			}
			lines = append(lines, l)
		}
		return lines
	}
	mode := rapid.SampledFrom([]app.Mode{app.Delivery, app.Delivery, app.Pickup})
	order := func() int64 { return rapid.SampledFrom(live).Draw(rt, "order") }
	switch what {
	case "place":
		s.place(mode.Draw(rt, "mode"), rapid.IntRange(5, 120).Draw(rt, "ready"), drawLines()...)
		return
	case "stock", "out", "threshold":
		l := s.board.Levels[rapid.Int64Range(1, int64(len(s.board.Menu.Ingredients))).Draw(rt, "ingredient")]
		if l.Ingredient == 0 {
			l.Ingredient = int64(len(s.board.Menu.Ingredients))
		}
		switch what {
		case "stock":
			l.OnHand = l.Reserved + int64(rapid.IntRange(0, 3000).Draw(rt, "available"))
		case "out":
			l.Out = !l.Out
		case "threshold":
			l.Threshold = int64(rapid.IntRange(0, 2000).Draw(rt, "threshold"))
		}
		s.happens(app.Event{Levels: []app.Level{l}})
		return
	case "menu":
		s.happens(app.Event{Menu: s.otherMenu(rt)})
		return
	case "maintenance":
		s.happens(app.Event{Maintenance: &app.Maintenance{Message: rapid.SampledFrom([]string{"", "Une heure au plus"}).Draw(rt, "message"), Since: rapid.SampledFrom([]time.Time{{}, s.now}).Draw(rt, "since")}})
		return
	case "nothing":
		s.happens(app.Event{})
		return
	}
	if what == "acknowledge" {
		for id, o := range s.board.Orders {
			if o.Status == app.Cancelled && !o.Acknowledged() || o.Altered() {
				s.step(id, func(o *app.Order) (app.Change, error) { return o.Acknowledge(manager, s.now) })
				return
			}
		}
		return
	}
	if len(live) == 0 {
		return
	}
	id := order()
	switch what {
	case "advance":
		var can []app.Status
		o := s.board.Orders[id]
		for _, to := range app.Statuses {
			if app.MayAdvance(manager, o.Mode, o.Status, to) && to != app.OnHold {
				can = append(can, to)
			}
		}
		if len(can) == 0 {
			return
		}
		to := rapid.SampledFrom(can).Draw(rt, "to")
		actor := manager
		if to == app.OnTheWay {
			actor = rapid.SampledFrom(couriers).Draw(rt, "courier")
		}
		s.advance(id, actor, to)
	case "item":
		s.item(id, rapid.IntRange(1, 2).Draw(rt, "line"), rapid.SampledFrom(app.ItemStates).Draw(rt, "state"))
	case "pay":
		s.step(id, func(o *app.Order) (app.Change, error) { return o.Pay(cashier, app.Card, s.now) })
	case "revise":
		s.step(id, func(o *app.Order) (app.Change, error) {
			lines, err := s.board.Menu.Lines(drawLines(), o.Mode, s.now)
			if err != nil {
				return app.Change{}, err
			}
			return o.Revise(manager, lines, "Sonner deux fois.", s.now)
		})
	case "hold":
		s.step(id, func(o *app.Order) (app.Change, error) {
			o.Missing = rapid.SampledFrom(s.board.Menu.Ingredients).Draw(rt, "missing").Slug
			return o.Advance(cook, app.OnHold, "épuisé", s.now)
		})
	case "leave out":
		s.step(id, func(o *app.Order) (app.Change, error) {
			g, ok := s.board.Menu.IngredientBySlug(o.Missing)
			if !ok {
				return app.Change{}, errors.New("nothing is missing")
			}
			return o.LeaveOut(manager, s.board.Menu, *g, s.now)
		})
	case "swap":
		s.step(id, func(o *app.Order) (app.Change, error) {
			g, ok := s.board.Menu.IngredientBySlug(o.Missing)
			if !ok {
				return app.Change{}, errors.New("nothing is missing")
			}
			var choices []app.Choice
			for _, l := range s.board.Missed(o) {
				if swaps := s.board.Swaps(o, l, s.now); len(swaps) > 0 {
					w := rapid.SampledFrom(swaps).Draw(rt, "swap")
					choices = append(choices, app.Choice{Line: l.N, Product: w.Product, Size: w.Size})
				}
			}
			return o.Answer(manager, s.board, *g, choices, s.now)
		})
	case "pizza":
		s.step(id, func(o *app.Order) (app.Change, error) {
			l := rapid.SampledFrom(o.Lines).Draw(rt, "line")
			return o.AdvanceItem(cook, l.N, rapid.IntRange(1, 2).Draw(rt, "pizza"), rapid.SampledFrom(app.ItemStates).Draw(rt, "state"), s.now)
		})
	case "promise", "note": // no business does all of this, but a board that was loaded after a gap may show it
		o := s.board.Orders[id].Clone()
		o.Version++
		if what == "note" {
			o.Note = rapid.SampledFrom([]string{"", "Allergie aux noix", "Interphone Moreau"}).Draw(rt, "note")
			o.Mode = mode.Draw(rt, "mode")
		} else {
			o.ReadyBy = s.now.Add(time.Duration(rapid.IntRange(-10, 60).Draw(rt, "ready")) * time.Minute)
			o.PromisedAt = o.ReadyBy.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "ride")) * time.Minute)
		}
		s.happens(app.Event{Orders: []*app.Order{o}})
	}
}

// otherMenu is the menu with something else about it.
func (s *service) otherMenu(rt *rapid.T) *app.Menu {
	m := &app.Menu{Products: slices.Clone(s.board.Menu.Products), Ingredients: slices.Clone(s.board.Menu.Ingredients)}
	i := rapid.IntRange(0, len(m.Products)-1).Draw(rt, "product")
	switch rapid.SampledFrom([]string{"price", "name", "without", "order", "ingredient", "oven"}).Draw(rt, "menu") {
	case "price":
		m.Products[i].Variants = slices.Clone(m.Products[i].Variants)
		m.Products[i].Variants[0].Price += 50
	case "name":
		m.Products[i].Name += " bis"
	case "without":
		if len(m.Products) > 2 {
			m.Products = slices.Delete(m.Products, i, i+1)
		}
	case "order":
		slices.Reverse(m.Products)
	case "ingredient":
		g := &m.Ingredients[rapid.IntRange(0, len(m.Ingredients)-1).Draw(rt, "ingredient")]
		g.Name = rapid.SampledFrom([]string{"Ail", "Zeste", g.Name}).Draw(rt, "name") + " " + g.Slug
	case "oven":
		m.Products[i].OvenSeconds += 30
	}
	return m
}

// -------------------------------------------------------------------------------------------------------------------------- measures

// busy is a shop with thirty open orders at every point of their lives and an evening behind it.
func busy() *service {
	s := opening(45, 30, 900_000)
	for i := range 130 {
		s.now = s.now.Add(40 * time.Second)
		mode := []app.Mode{app.Delivery, app.Delivery, app.Pickup}[i%3]
		id := s.place(mode, 20, asked(fmt.Sprint("pizza-", 1+i%30), app.Medium, 1), asked(fmt.Sprint("pizza-", 1+(i*7)%30), app.Large, 2), asked(fmt.Sprint("boisson-", 1+i%30), app.Single, 1))
		far := 4
		if i >= 100 {
			far = i % 4
		}
		if far > 0 {
			s.item(id, 1, app.InOven)
		}
		if far > 1 {
			s.advance(id, cook, app.Ready)
		}
		switch {
		case far > 2 && mode == app.Delivery:
			s.advance(id, couriers[i%2], app.OnTheWay)
		case far > 3:
			s.advance(id, cashier, app.Collected)
		}
		if far > 3 {
			s.advance(id, couriers[i%2], app.Delivered)
		}
	}
	return s
}

// life is what happens to one delivery, each with the board before and after it.
func life(s *service) (all []app.Changes, id int64) {
	did := func(do func() bool) {
		before := s.board
		s.now = s.now.Add(2 * time.Minute)
		if !do() {
			panic("refused")
		}
		all = append(all, app.Compare(before, s.board))
	}
	did(func() bool {
		id = s.place(app.Delivery, 20, asked("pizza-3", app.Large, 1), asked("pizza-11", app.Medium, 2), asked("boisson-2", app.Single, 1))
		return true
	})
	for line := 1; line <= 2; line++ {
		for _, to := range []app.ItemState{app.Making, app.InOven, app.Done} {
			did(func() bool { return s.item(id, line, to) })
		}
	}
	did(func() bool { return s.advance(id, couriers[0], app.OnTheWay) })
	did(func() bool { return s.advance(id, couriers[0], app.Delivered) })
	return all, id
}

// The kitchen hears of a cancellation on its wall, the courier of one in the bag; nobody of another's.
func TestCancellationIsHeardWhereTheOrderIs(t *testing.T) {
	boards := painter(t)
	for _, c := range []struct {
		far         app.Status
		wall, phone bool
	}{{app.Received, true, false}, {app.Preparing, true, false}, {app.Ready, false, false}, {app.OnTheWay, false, true}} {
		s := opening(6, 4, 6000)
		id := s.place(app.Delivery, 20, asked("pizza-1", app.Medium, 1))
		for _, step := range []app.Status{app.Preparing, app.Ready, app.OnTheWay} {
			if s.board.Orders[id].Status != c.far {
				s.advance(id, map[bool]app.Actor{true: couriers[0], false: manager}[step == app.OnTheWay], step)
			}
		}
		before := s.board
		s.advance(id, manager, app.Cancelled)
		ch := app.Compare(before, s.board)
		for a, want := range map[Audience]bool{{Screen: KitchenScreen, Pizzeria: 1}: c.wall, {Screen: CourierScreen, Pizzeria: 1, ID: 3}: c.phone, {Screen: CourierScreen, Pizzeria: 1, ID: 4}: false} {
			ops, err := boards.pieces(a, ch)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(summed(ops), "order-cancelled"); got != want {
				t.Errorf("cancelled when %s, %s hears: %t, want %t", c.far, a, got, want)
			}
		}
	}
}

// BenchmarkPatch measures what the life of an order sends to each audience of a shop with thirty open orders, in bytes on the wire.
func BenchmarkPatch(b *testing.B) {
	boards := painter(b)
	changes, id := life(busy())
	for _, a := range []Audience{
		{Screen: MenuScreen, Pizzeria: 1}, {Screen: TrackingScreen, Pizzeria: 1, ID: id}, {Screen: KitchenScreen, Pizzeria: 1},
		{Screen: CourierScreen, Pizzeria: 1, ID: 3}, {Screen: CourierScreen, Pizzeria: 1, ID: 4}, {Screen: TillScreen, Pizzeria: 1},
		{Screen: DashboardScreen, Pizzeria: 1}, {Screen: StockScreen, Pizzeria: 1},
	} {
		b.Run(fmt.Sprintf("%s-%d", a.Screen, a.ID), func(b *testing.B) {
			var patches, sum, most int
			for b.Loop() {
				patches, sum, most = 0, 0, 0
				for _, ch := range changes {
					if !slices.Contains(touched(ch), a.class()) {
						continue
					}
					ops, err := boards.pieces(a, ch)
					if err != nil {
						b.Fatal(err)
					}
					n := Patch{Seq: ch.After.Seq, Prev: ch.Before.Seq, Time: 1773510000000, Ops: ops}.Frame().Len()
					patches, sum, most = patches+1, sum+n, max(most, n)
				}
			}
			b.ReportMetric(float64(patches), "patches")
			b.ReportMetric(float64(sum)/float64(max(1, patches)), "B/patch")
			b.ReportMetric(float64(most), "B/largest")
			b.ReportMetric(float64(sum), "B/life")
		})
	}
}
