package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type orderRow struct {
	bun.BaseModel `bun:"table:orders,alias:o"`
	ID            int64        `bun:"id,pk,autoincrement"`
	Pizzeria      int64        `bun:"pizzeria_id"`
	Number        int          `bun:"number"`
	ServiceDay    string       `bun:"service_day"`
	Version       int          `bun:"version"`
	Revision      int          `bun:"revision"`
	TokenHash     string       `bun:"token_hash"`
	Mode          string       `bun:"mode"`
	Channel       string       `bun:"channel"`
	Status        string       `bun:"status"`
	Name          string       `bun:"contact_name"`
	Phone         string       `bun:"contact_phone"`
	Address       string       `bun:"contact_address"`
	Postcode      string       `bun:"contact_postcode"`
	Note          string       `bun:"note"`
	PayMethod     string       `bun:"payment_method"`
	PayStatus     string       `bun:"payment_status"`
	PaidAt        bun.NullTime `bun:"paid_at"`
	Consumed      bool         `bun:"consumed"`
	Missing       string       `bun:"missing"`
	Courier       int64        `bun:"courier_id"`
	CourierName   string       `bun:"courier_name"`
	PlacedAt      time.Time    `bun:"placed_at"`
	ReadyBy       time.Time    `bun:"ready_by"`
	PromisedAt    time.Time    `bun:"promised_at"`
	ClosedAt      bun.NullTime `bun:"closed_at"`
	Before        string       `bun:"lines_before,nullzero"`
}

func newOrderRow(o *app.Order) *orderRow {
	return &orderRow{
		Pizzeria: o.Pizzeria, Number: o.Number, ServiceDay: o.ServiceDay, Version: o.Version, Revision: o.Revision, TokenHash: o.TokenHash,
		Mode: string(o.Mode), Channel: string(o.Channel), Status: string(o.Status),
		Name: o.Contact.Name, Phone: o.Contact.Phone, Address: o.Contact.Address, Postcode: o.Contact.Postcode, Note: o.Note,
		PayMethod: string(o.Payment.Method), PayStatus: string(o.Payment.Status), PaidAt: bun.NullTime{Time: o.Payment.PaidAt},
		Consumed: o.Consumed, Missing: o.Missing, Courier: o.Courier, CourierName: o.CourierName,
		PlacedAt: o.PlacedAt, ReadyBy: o.ReadyBy, PromisedAt: o.PromisedAt, ClosedAt: bun.NullTime{Time: o.ClosedAt},
		Before: pack(o.Before),
	}
}

func (r *orderRow) order() (*app.Order, error) {
	o := &app.Order{
		ID: r.ID, Pizzeria: r.Pizzeria, Number: r.Number, ServiceDay: r.ServiceDay, Version: r.Version, Revision: r.Revision, TokenHash: r.TokenHash,
		Mode: app.Mode(r.Mode), Channel: app.Channel(r.Channel), Status: app.Status(r.Status),
		Contact: app.Contact{Name: r.Name, Phone: r.Phone, Address: r.Address, Postcode: r.Postcode}, Note: r.Note,
		Payment:  app.Payment{Method: app.Method(r.PayMethod), Status: app.PaymentStatus(r.PayStatus), PaidAt: instant(r.PaidAt.Time)},
		Consumed: r.Consumed, Missing: r.Missing, Courier: r.Courier, CourierName: r.CourierName,
		PlacedAt: instant(r.PlacedAt), ReadyBy: instant(r.ReadyBy), PromisedAt: instant(r.PromisedAt), ClosedAt: instant(r.ClosedAt.Time),
	}
	if err := unpack(r.Before, &o.Before); err != nil {
		return nil, fmt.Errorf("lines before of order %d: %w", r.ID, err)
	}
	return o, nil
}

type lineRow struct {
	bun.BaseModel `bun:"table:order_lines,alias:l"`
	Order         int64  `bun:"order_id"`
	N             int    `bun:"n"`
	Product       string `bun:"product"`
	Name          string `bun:"name"`
	Kind          string `bun:"kind"`
	Size          string `bun:"size"`
	Quantity      int    `bun:"quantity"`
	UnitPrice     int64  `bun:"unit_price"`
	VAT           int    `bun:"vat_rate"`
	Without       string `bun:"without_slugs"`
	Removed       string `bun:"removed_names"`
	Allergens     string `bun:"allergens"`
	Recipe        string `bun:"recipe"`
	Items         string `bun:"items"`
	Added         string `bun:"added"`
}

func newLineRow(order int64, l app.Line) lineRow {
	return lineRow{
		Order: order, N: l.N, Product: l.Product, Name: l.Name, Kind: string(l.Kind), Size: string(l.Size), Quantity: l.Quantity,
		UnitPrice: int64(l.UnitPrice), VAT: int(l.VAT), Without: pack(l.Without), Removed: pack(l.Removed), Allergens: pack(l.Allergens),
		Recipe: pack(l.Recipe), Items: pack(l.Items), Added: pack(l.Added),
	}
}

func (r *lineRow) line() (app.Line, error) {
	l := app.Line{
		N: r.N, Product: r.Product, Name: r.Name, Kind: app.ProductKind(r.Kind), Size: app.Size(r.Size), Quantity: r.Quantity,
		UnitPrice: app.Cents(r.UnitPrice), VAT: app.Rate(r.VAT),
	}
	err := errors.Join(unpack(r.Without, &l.Without), unpack(r.Removed, &l.Removed), unpack(r.Allergens, &l.Allergens),
		unpack(r.Recipe, &l.Recipe), unpack(r.Items, &l.Items), unpack(r.Added, &l.Added))
	if err != nil {
		return l, fmt.Errorf("line %d of order %d: %w", r.N, r.Order, err)
	}
	return l, nil
}

type stepRow struct {
	bun.BaseModel `bun:"table:order_steps,alias:s"`
	Order         int64     `bun:"order_id"`
	N             int       `bun:"n"`
	At            time.Time `bun:"happened_at"`
	By            string    `bun:"actor"`
	Name          string    `bun:"actor_name"`
	Role          string    `bun:"role"`
	Screen        string    `bun:"screen"`
	Line          int       `bun:"line"`
	Pizza         int       `bun:"pizza"`
	From          string    `bun:"from_state"`
	To            string    `bun:"to_state"`
	Reason        string    `bun:"reason"`
}

func newStepRow(order int64, s app.Step) stepRow {
	return stepRow{
		Order: order, N: s.N, At: s.At, By: s.By, Name: s.Name, Role: string(s.Role), Screen: s.Screen,
		Line: s.Line, Pizza: s.Pizza, From: s.From, To: s.To, Reason: s.Reason,
	}
}

func (r *stepRow) step() app.Step {
	return app.Step{
		N: r.N, At: instant(r.At), By: r.By, Name: r.Name, Role: app.Role(r.Role), Screen: r.Screen,
		Line: r.Line, Pizza: r.Pizza, From: r.From, To: r.To, Reason: r.Reason,
	}
}

// pack writes a list as compact JSON; none is the empty string. MySQL 5.6 has no JSON type, and nothing searches inside.
func pack[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic("db: " + err.Error()) // strings and numbers always marshal
	}
	return string(b)
}

func unpack[T any](text string, list *[]T) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), list)
}

// normalise brings an order to what loading it would give: times in UTC to the microsecond, no empty lists, no text that one of the
// engines would refuse. The copy that the event carries must equal the one that the next board loads.
func normalise(o *app.Order) {
	for _, t := range []*time.Time{&o.PlacedAt, &o.ReadyBy, &o.PromisedAt, &o.ClosedAt, &o.Payment.PaidAt} {
		*t = instant(*t)
	}
	for _, s := range []*string{&o.Contact.Name, &o.Contact.Phone, &o.Contact.Address, &o.Contact.Postcode, &o.Note, &o.CourierName} {
		*s = clean(*s)
	}
	o.Lines, o.Before = normalLines(o.Lines), normalLines(o.Before)
	for i := range o.Journal {
		s := &o.Journal[i]
		s.At = instant(s.At)
		s.Reason, s.Name, s.Screen = clean(s.Reason), clean(s.Name), clean(s.Screen)
	}
	o.Journal = orNil(o.Journal)
}

func normalLines(lines []app.Line) []app.Line {
	lines = slices.Clone(lines)
	for i := range lines {
		l := &lines[i]
		l.Without, l.Removed, l.Allergens = orNil(l.Without), orNil(l.Removed), orNil(l.Allergens)
		l.Recipe, l.Items, l.Added = orNil(l.Recipe), orNil(l.Items), orNil(l.Added)
	}
	return orNil(lines)
}

func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// clean drops what is not text: NUL, which SQLite refuses, and broken UTF-8, which MySQL does.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// noRows replaces the error for « no row ».
func noRows(err error, instead *app.Error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return instead
	}
	return err
}
