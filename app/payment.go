package app

import "time"

// Method is how an order is paid.
type Method string

// The methods. Online needs a provider: the model has its place, the shop refuses it until one is configured.
const (
	Cash    Method = "cash"
	Card    Method = "card"
	Cheque  Method = "cheque"
	Voucher Method = "voucher" // ticket-restaurant
	Online  Method = "online"
)

// Door are the methods taken when the pizza is handed over.
var Door = []Method{Cash, Card, Cheque, Voucher}

// PaymentStatus is a dimension of its own beside the order's status.
type PaymentStatus string

// The payment's states: due → paid → refunded.
const (
	Due      PaymentStatus = "due"
	Paid     PaymentStatus = "paid"
	Refunded PaymentStatus = "refunded"
)

// Payment of an order.
type Payment struct {
	Method Method
	Status PaymentStatus
	PaidAt time.Time // zero until paid
}

// TillEntry is one line of the inalterable journal of takings (CGI article 286, I-3° bis): corrections are new entries with a negative amount.
// db numbers it and chains it by hash to the entry before.
type TillEntry struct {
	Pizzeria int64
	N        int64 // 1, 2, 3 … within the pizzeria
	Order    int64
	Kind     string // "sale" or "refund"
	Method   Method
	Amount   Cents // negative for a refund
	VAT      []VATAmount
	By       string
	At       time.Time
	Previous string // hash of the entry before, hex SHA-256; "" for the first
	Hash     string
}
