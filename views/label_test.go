package views

import (
	"testing"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Tie("Vraiment ? Oui : « 10 % » ; 5 € !"), "Vraiment\u202f? Oui\u00a0: «\u00a010\u00a0%\u00a0»\u202f; 5\u00a0€\u202f!"},
		{Euros(1250), "12,50\u00a0€"},
		{Percent(550), "5,5\u00a0%"},
		{Count(0, "article"), "0\u00a0article"},
		{Count(1, "article"), "1\u00a0article"},
		{Count(2, "article"), "2\u00a0articles"},
		{Quantity(250, app.Gram), "250\u00a0g"},
		{Quantity(1250, app.Gram), "1,25\u00a0kg"},
		{Quantity(2000, app.Milli), "2\u00a0l"},
		{Quantity(-1500, app.Gram), "-1,5\u00a0kg"},
		{Quantity(3, app.Piece), "3\u00a0pièces"},
		{Allergens([]app.Allergen{app.Milk, app.Gluten}), "gluten, lait"},
		{Allergens(nil), "aucun"},
		{Clock(evening), "19:30"},
		{Clock(time.Time{}), "—"},
		{Moment(at(60), evening), "20:30"},
		{Moment(at(24*60), evening), "demain à\u00a019:30"},
		{Moment(at(-24*60), evening), "hier à\u00a019:30"},
		{Moment(at(48*60), evening), "lundi à\u00a019:30"},
		{Moment(at(18*24*60), evening), "le 1er\u00a0avril à\u00a020:30"}, // summer time
		{Date(evening), "samedi 14\u00a0mars\u00a02026"},
		{Promise(app.Delivery, evening), "entre 19:20 et 19:30"},
		{Promise(app.Pickup, evening), "entre 19:25 et 19:30"},
		{Phone("+33612345678"), "06\u00a012\u00a034\u00a056\u00a078"},
		{Phone("+4412345678"), "+4412345678"},
		{Left(app.Pizza, 0), "épuisée"},
		{Left(app.Drink, 0), "épuisé"},
		{Left(app.Pizza, 3), "encore\u00a03"},
		{Left(app.Pizza, 11), ""},
		{Payment(app.Payment{Status: app.Paid, Method: app.Voucher}), "payée (ticket-restaurant)"},
		{ModeField(app.Delivery), "livraison"},
		{ModeField(app.Pickup), "retrait"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// A value that the business adds must get its word: shown as stored it would be English.
func TestEveryValueHasAWord(t *testing.T) {
	for _, s := range app.Statuses {
		if Status(s) == string(s) {
			t.Errorf("status %q has no word", s)
		}
	}
	for _, s := range app.ItemStates {
		if Item(s) == string(s) {
			t.Errorf("pizza state %q has no word", s)
		}
	}
	for _, m := range append(app.Door, app.Online) {
		if methods[m] == "" || methodFields[m] == "" {
			t.Errorf("method %q has no word", m)
		}
	}
	if len(allergens) != 14 {
		t.Errorf("%d allergens have words, annex II has 14", len(allergens))
	}
}
