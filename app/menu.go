package app

import (
	"slices"
	"strings"
	"time"
)

// Allergen is one of the fourteen of annex II of regulation (EU) 1169/2011, to be stated in writing before purchase
// (décret 2015-447). Values are stored; views has the words.
type Allergen string

// The fourteen allergens.
const (
	Gluten      Allergen = "gluten"
	Crustaceans Allergen = "crustaceans"
	Eggs        Allergen = "eggs"
	Fish        Allergen = "fish"
	Peanuts     Allergen = "peanuts"
	Soy         Allergen = "soy"
	Milk        Allergen = "milk"
	Nuts        Allergen = "nuts"
	Celery      Allergen = "celery"
	Mustard     Allergen = "mustard"
	Sesame      Allergen = "sesame"
	Sulphites   Allergen = "sulphites"
	Lupin       Allergen = "lupin"
	Molluscs    Allergen = "molluscs"
)

// Unit is what an ingredient is counted in; quantities are whole numbers of it.
type Unit string

// The units.
const (
	Gram  Unit = "g"
	Milli Unit = "ml"
	Piece Unit = "piece"
)

// Diet says what an ingredient is to those who do not eat everything.
type Diet string

// The diets that matter to the menu's filters.
const (
	Vegetable Diet = ""     // suits a vegetarian
	Meat      Diet = "meat" // and poultry
	Pork      Diet = "pork"
	Seafood   Diet = "seafood"
)

// Ingredient is something in stock: flour dough in pieces, mozzarella in grams, a can of soda.
type Ingredient struct {
	ID        int64
	Slug      string
	Name      string
	Unit      Unit
	Diet      Diet
	Allergens []Allergen
	// Base marks what a pizza cannot do without (dough): it is never offered for removal.
	Base bool
	// Additions are what may be added of it to a pizza, the least first; none where it is not offered.
	Additions []Addition
}

// ProductKind groups the menu. Only pizzas pass through the oven.
type ProductKind string

// The kinds of product.
const (
	Pizza   ProductKind = "pizza"
	Drink   ProductKind = "drink"
	Dessert ProductKind = "dessert"
)

// Size of a product. Drinks and desserts have a single one.
type Size string

// The sizes.
const (
	Medium Size = "medium" // 29 cm
	Large  Size = "large"  // 33 cm
	Single Size = "single"
)

// Part is a quantity of one ingredient, in the ingredient's unit.
type Part struct {
	Ingredient int64 `json:"i"`
	Quantity   int64 `json:"q"`
}

// Variant is a product in one size: its price, and its recipe in the order of the make line.
type Variant struct {
	Size   Size
	Price  Cents
	Recipe []Part
}

// VATRule is the rate of a product in a mode of sale from a day on.
type VATRule struct {
	Mode Mode
	From time.Time // first day on which the rate holds
	Rate Rate
}

// Product is a row of the menu.
type Product struct {
	ID          int64
	Slug        string
	Name        string
	Description string
	Kind        ProductKind
	Position    int // order on the menu
	OvenSeconds int // 0: no oven
	Variants    []Variant
	VAT         []VATRule
}

// Variant returns the product in a size.
func (p *Product) Variant(size Size) (*Variant, bool) {
	i := slices.IndexFunc(p.Variants, func(v Variant) bool { return v.Size == size })
	if i < 0 {
		return nil, false
	}
	return &p.Variants[i], true
}

// VATRate returns the rate in force on a day: the latest rule that has taken effect.
func (p *Product) VATRate(mode Mode, at time.Time) (Rate, bool) {
	var best *VATRule
	for i, r := range p.VAT {
		if r.Mode == mode && !r.From.After(at) && (best == nil || r.From.After(best.From)) {
			best = &p.VAT[i]
		}
	}
	if best == nil {
		return 0, false
	}
	return best.Rate, true
}

// Menu is what the chain sells and what it is made of. It is never modified once shared: a change makes a new one.
type Menu struct {
	Products    []Product    // by position
	Ingredients []Ingredient // by name
}

// Product finds a product by slug.
func (m *Menu) Product(slug string) (*Product, bool) {
	i := slices.IndexFunc(m.Products, func(p Product) bool { return p.Slug == slug })
	if i < 0 {
		return nil, false
	}
	return &m.Products[i], true
}

// Ingredient finds an ingredient by id.
func (m *Menu) Ingredient(id int64) (*Ingredient, bool) {
	i := slices.IndexFunc(m.Ingredients, func(g Ingredient) bool { return g.ID == id })
	if i < 0 {
		return nil, false
	}
	return &m.Ingredients[i], true
}

// IngredientBySlug finds an ingredient by slug.
func (m *Menu) IngredientBySlug(slug string) (*Ingredient, bool) {
	i := slices.IndexFunc(m.Ingredients, func(g Ingredient) bool { return g.Slug == slug })
	if i < 0 {
		return nil, false
	}
	return &m.Ingredients[i], true
}

// Allergens of a product are those of what it is made of, so that a recipe and its declaration cannot disagree. Sorted.
func (m *Menu) Allergens(p *Product, without ...string) []Allergen {
	var all []Allergen
	for _, v := range p.Variants {
		for _, part := range v.Recipe {
			if g, ok := m.Ingredient(part.Ingredient); ok && !slices.Contains(without, g.Slug) {
				all = append(all, g.Allergens...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Suits reports whether nothing in the product belongs to one of the diets.
func (m *Menu) Suits(p *Product, avoid ...Diet) bool {
	for _, v := range p.Variants {
		for _, part := range v.Recipe {
			if g, ok := m.Ingredient(part.Ingredient); ok && slices.Contains(avoid, g.Diet) {
				return false
			}
		}
	}
	return true
}

// Removable returns what a customer may have left out of a variant, in the order of the recipe.
func (m *Menu) Removable(p *Product, v *Variant) []Ingredient {
	var out []Ingredient
	if p.Kind != Pizza {
		return nil
	}
	for _, part := range v.Recipe {
		if g, ok := m.Ingredient(part.Ingredient); ok && !g.Base {
			out = append(out, *g)
		}
	}
	return out
}

// Mode is how an order reaches the customer.
type Mode string

// The modes.
const (
	Delivery Mode = "delivery"
	Pickup   Mode = "pickup"
)

// Channel is where an order came from.
type Channel string

// The channels.
const (
	Web     Channel = "web"
	Phone   Channel = "phone"
	Counter Channel = "counter"
)

// Pizzeria is a shop.
type Pizzeria struct {
	ID        int64
	Slug      string
	Name      string
	Address   string
	City      string
	Phone     string // E.164
	Postcodes []string
	Hours     []Opening
	// AlwaysOpen is for the demo's first shop, which must take an order whatever the hour.
	AlwaysOpen bool
	// OvenPizzas is how many pizzas the oven holds at once.
	OvenPizzas int
	// DeliveryMinutes is the usual ride, one way.
	DeliveryMinutes int
	// At is where the shop is; Places where the postcodes are that it serves, the middle of each. What is not known is not there.
	At     Place
	Places map[string]Place
}

// Opening is a stretch of a weekly timetable, in minutes since midnight in France; To may pass midnight (over 1440).
type Opening struct {
	Day  time.Weekday
	From int
	To   int
}

// Paris is the time of every shop. The program embeds the time-zone database, so this cannot fail there.
var Paris = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic("app: time zone Europe/Paris is missing (import time/tzdata): " + err.Error())
	}
	return loc
}()

// OpenAt reports whether the shop takes orders at an instant.
func (p *Pizzeria) OpenAt(at time.Time) bool {
	if p.AlwaysOpen {
		return true
	}
	local := at.In(Paris)
	minute := local.Hour()*60 + local.Minute()
	for _, o := range p.Hours {
		if o.Day == local.Weekday() && minute >= o.From && minute < o.To {
			return true
		}
		if o.Day == (local.Weekday()+6)%7 && minute+24*60 < o.To {
			return true
		}
	}
	return false
}

// openSince returns the beginning of the stretch in which the shop is open at an instant, false if it is closed; the zero time when it never closes.
func (p *Pizzeria) openSince(at time.Time) (since time.Time, ok bool) {
	if p.AlwaysOpen {
		return time.Time{}, true
	}
	local := at.In(Paris)
	for _, o := range p.Hours {
		for _, ago := range []int{0, 1} { // a stretch may have begun before midnight
			clock := func(minute int) time.Time {
				return time.Date(local.Year(), local.Month(), local.Day()-ago, minute/60, minute%60, 0, 0, Paris)
			}
			if opens := clock(o.From); opens.Weekday() == o.Day && !local.Before(opens) && local.Before(clock(o.To)) {
				return opens, true
			}
		}
	}
	return time.Time{}, false
}

// NextOpening returns when a closed shop opens next, within a week.
func (p *Pizzeria) NextOpening(at time.Time) (time.Time, bool) {
	local := at.In(Paris)
	for d := range 8 {
		day := time.Date(local.Year(), local.Month(), local.Day()+d, 0, 0, 0, 0, Paris)
		best := time.Time{}
		for _, o := range p.Hours {
			opens := time.Date(day.Year(), day.Month(), day.Day(), o.From/60, o.From%60, 0, 0, Paris)
			if o.Day == day.Weekday() && opens.After(local) && (best.IsZero() || opens.Before(best)) {
				best = opens
			}
		}
		if !best.IsZero() {
			return best, true
		}
	}
	return time.Time{}, false
}

// Modes are the ways in which the shop hands over: one that serves no postcode does not deliver.
func (p *Pizzeria) Modes() []Mode {
	if len(p.Postcodes) == 0 {
		return []Mode{Pickup}
	}
	return []Mode{Delivery, Pickup}
}

// Serves reports whether the shop delivers to a postcode.
func (p *Pizzeria) Serves(postcode string) bool {
	return slices.Contains(p.Postcodes, strings.TrimSpace(postcode))
}

// dayBegins is when a service day begins, after midnight.
const dayBegins = 5 * time.Hour

// ServiceDay is the business day of an instant, YYYY-MM-DD: an evening's orders after midnight belong to the day before, until 5 h.
func ServiceDay(at time.Time) string {
	return at.In(Paris).Add(-dayBegins).Format(time.DateOnly)
}

// DayStart is the first instant of a service day, YYYY-MM-DD; the zero time if it is no day.
func DayStart(day string) time.Time {
	midnight, err := time.ParseInLocation(time.DateOnly, day, Paris)
	if err != nil {
		return time.Time{}
	}
	return midnight.Add(dayBegins)
}
