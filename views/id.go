package views

import (
	"strconv"
	"strings"

	"github.com/oc-pizza/ocpizza/app"
)

// The ids of elements that the wire, the scripts and the tests know by name. They are a contract: see contract.md, « Sockets ».
const (
	BoardID    = "board"
	MainID     = "contenu"
	LampID     = "live-lamp"
	BannerID   = "live-banner"
	ToastID    = "toast"
	OutboxID   = "outbox"
	ActID      = "act"          // the page's form for the buttons of shared pieces
	ReviseID   = "act-modifier" // tracking: change the order
	LeaveOutID = "act-sans"     // tracking: go on without what ran out
	BasketID   = "panier"
	// ElsewhereID is the form that takes a basket to the shop that delivers.
	ElsewhereID = "ailleurs"
	TrackingID  = "tracking"
	// MaintenanceID is on every board, ServiceID on every board of a shop, PromiseID on that of a menu or a till.
	MaintenanceID = "maintenance"
	ServiceID     = "service"
	PromiseID     = "promise"

	// The kitchen wall; kitchen.js looks for these.
	TicketsID      = "tickets"
	MoreID         = "more"
	RecallID       = "recall"
	HelpID         = "help"
	AllDayID       = "all-day"
	MuteID         = "mute"
	WallSettingsID = "wall-settings"
)

// ProductID is a product's card on the menu.
func ProductID(slug string) string { return "product-" + slug }

// DrawingID is the <symbol> of a product's drawing.
func DrawingID(slug string) string { return "draw-" + slug }

// StockID is an ingredient's row of the stock.
func StockID(slug string) string { return "stock-" + slug }

// LevelID is what a row of the stock says of its level.
func LevelID(slug string) string { return "level-" + slug }

// OutID is an ingredient's button in the kitchen's stock.
func OutID(slug string) string { return "out-" + slug }

// PickID is a product at the till.
func PickID(slug string) string { return "pick-" + slug }

// TicketID is an order's ticket in the kitchen.
func TicketID(order int64) string { return numbered("ticket-", order) }

// TicketLineID is a line of a ticket.
func TicketLineID(order int64, n int) string { return TicketID(order) + "-l" + strconv.Itoa(n) }

// RecipeID is the dialog with a product's recipe.
func RecipeID(slug string, size app.Size) string { return "recipe-" + slug + "-" + string(size) }

// RecalledID is an order's row in the kitchen's recall list.
func RecalledID(order int64) string { return numbered("recalled-", order) }

// CountID is a product's row in the all-day count.
func CountID(slug string, size app.Size) string { return "count-" + slug + "-" + string(size) }

// DropID is an order's stop on the courier's screen.
func DropID(order int64) string { return numbered("drop-", order) }

// OrderID is an order's row at the till.
func OrderID(order int64) string { return numbered("order-", order) }

// LateID is an order's row on the dashboard.
func LateID(order int64) string { return numbered("late-", order) }

// TileID is a figure of the dashboard.
func TileID(name string) string { return "tile-" + name }

// ShopID is a shop's card or row.
func ShopID(slug string) string { return "shop-" + slug }

// DeviceID is a paired screen's row.
func DeviceID(id int64) string { return numbered("device-", id) }

// Target makes an id of words joined by dashes, for parts that only their screen knows.
func Target(parts ...string) string { return strings.Join(parts, "-") }

func numbered(prefix string, id int64) string { return prefix + strconv.FormatInt(id, 10) }
