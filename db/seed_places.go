package db

import "github.com/oc-pizza/ocpizza/app"

// seedPlaces are where the shops are (made up, in their towns) and the middle of each postcode that they serve: the largest town of it.
var seedPlaces = map[string]struct {
	at    app.Place
	codes map[string]app.Place
}{
	"perpignan":    {app.Place{Lat: 42.7005, Lon: 2.8925}, map[string]app.Place{"66000": {Lat: 42.7021, Lon: 2.9052}, "66100": {Lat: 42.6804, Lon: 2.8718}}},
	"canet":        {app.Place{Lat: 42.6999, Lon: 3.0341}, map[string]app.Place{"66140": {Lat: 42.7062, Lon: 3.0102}, "66420": {Lat: 42.7879, Lon: 3.0331}}},
	"saint-esteve": {app.Place{Lat: 42.7128, Lon: 2.8484}, map[string]app.Place{"66240": {Lat: 42.7146, Lon: 2.8437}, "66350": {Lat: 42.6693, Lon: 2.8286}, "66540": {Lat: 42.7012, Lon: 2.8251}}},
	"cabestany":    {app.Place{Lat: 42.6796, Lon: 2.9388}, map[string]app.Place{"66330": {Lat: 42.6813, Lon: 2.9414}, "66280": {Lat: 42.6556, Lon: 2.9513}, "66200": {Lat: 42.5993, Lon: 2.9717}}},
	"argeles":      {app.Place{Lat: 42.5402, Lon: 3.0421}, map[string]app.Place{"66700": {Lat: 42.5463, Lon: 3.0234}, "66750": {Lat: 42.6183, Lon: 3.0068}, "66740": {Lat: 42.5428, Lon: 2.9223}}},
}

// places puts the seeded shops on the earth, those of an older database too. What was said of them meanwhile stays.
func (s *seeder) places() error {
	var there []placeRow
	if err := s.tx.NewSelect().Model(&there).Scan(s.ctx); err != nil {
		return err
	}
	known := map[placeRow]bool{}
	for _, r := range there {
		known[placeRow{Pizzeria: r.Pizzeria, Postcode: r.Postcode}] = true
	}
	var rows []placeRow
	add := func(shop int64, code string, at app.Place) {
		if !known[placeRow{Pizzeria: shop, Postcode: code}] {
			rows = append(rows, newPlaceRow(shop, code, at))
		}
	}
	for i, p := range seedPizzerias {
		add(s.shops[i], "", seedPlaces[p.Slug].at)
		for _, code := range p.Postcodes {
			add(s.shops[i], code, seedPlaces[p.Slug].codes[code])
		}
	}
	if len(rows) == 0 {
		return nil
	}
	s.placed = true
	return s.insert(&rows)
}
