package db

import (
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// seedPizzerias are the five shops. Addresses are made up; telephone numbers are of the range that ARCEP keeps for fiction
// (04 65 71 00 00 to 04 65 71 99 99, numbering plan, decision 2018-0881).
var seedPizzerias = []app.Pizzeria{
	{
		Slug: "perpignan", Name: "OC Pizza Perpignan", Address: "14 rue de la Lanterne", City: "66000 Perpignan", Phone: "+33465710001",
		Postcodes: []string{"66000", "66100"}, Hours: weekly(0), OvenPizzas: 8, DeliveryMinutes: 14,
	},
	{
		Slug: "canet", Name: "OC Pizza Canet", Address: "3 promenade des Embruns", City: "66140 Canet-en-Roussillon", Phone: "+33465710002",
		Postcodes: []string{"66140", "66420"}, Hours: weekly(0), OvenPizzas: 6, DeliveryMinutes: 12,
	},
	{
		Slug: "saint-esteve", Name: "OC Pizza Saint-Estève", Address: "27 avenue du Canigou Blanc", City: "66240 Saint-Estève", Phone: "+33465710003",
		Postcodes: []string{"66240", "66350", "66540"}, Hours: weekly(time.Monday), OvenPizzas: 6, DeliveryMinutes: 13,
	},
	{
		Slug: "cabestany", Name: "OC Pizza Cabestany", Address: "8 place des Micocouliers", City: "66330 Cabestany", Phone: "+33465710004",
		Postcodes: []string{"66330", "66280", "66200"}, Hours: weekly(time.Tuesday), OvenPizzas: 6, DeliveryMinutes: 12,
	},
	{
		Slug: "argeles", Name: "OC Pizza Argelès", Address: "51 route du Racou Vieux", City: "66700 Argelès-sur-Mer", Phone: "+33465710005",
		Postcodes: []string{"66700", "66750", "66740"}, Hours: weekly(time.Monday), OvenPizzas: 6, DeliveryMinutes: 15,
	},
}

// weekly is lunch and evening; Friday closes at midnight and Saturday at one. closedAt is a day without lunch; Sunday never has one.
func weekly(closedAt time.Weekday) []app.Opening {
	var hours []app.Opening
	for day := time.Sunday; day <= time.Saturday; day++ {
		if day != closedAt && day != time.Sunday {
			hours = append(hours, app.Opening{Day: day, From: 11*60 + 30, To: 14 * 60})
		}
		closes := 22*60 + 30
		switch day {
		case time.Friday:
			closes = 24 * 60
		case time.Saturday:
			closes = 25 * 60
		}
		hours = append(hours, app.Opening{Day: day, From: 18 * 60, To: closes})
	}
	return hours
}

// seedCast is one person per role, for the demo and for tests. The director works in every shop.
var seedCast = []app.User{
	{Login: "caisse", Name: "Camille Roca", Role: app.Cashier, Demo: true},
	{Login: "cuisine", Name: "Enzo Ferrer", Role: app.Cook, Demo: true},
	{Login: "livreur", Name: "Lina Soler", Role: app.Courier, Demo: true},
	{Login: "responsable", Name: "Marc Vidal", Role: app.Manager, Demo: true},
	{Login: "directeur", Name: "Hélène Puig", Role: app.Director, Demo: true},
}
