package views

import (
	"math"
	"strconv"
	"strings"

	"github.com/oc-pizza/ocpizza/app"
)

// MapID is the piece of a tracking page that shows the courier.
const MapID = "tracking-map"

// The drawing's size in its own units, how much is left free around what it shows, and what it shows at least, in metres.
const (
	mapWide, mapHigh = 360.0, 210.0
	mapEdge          = 34.0
	mapLeast         = 1200.0
	areaRadius       = 700.0 // of what a postcode's middle stands for
)

// spot is a point of the drawing.
type spot struct{ x, y float64 }

func (s spot) cx() string   { return coord(s.x) }
func (s spot) cy() string   { return coord(s.y) }
func (s spot) move() string { return "translate(" + coord(s.x) + " " + coord(s.y) + ")" }

// mapView is a map ready to be drawn.
type mapView struct {
	shop, area *spot // nil: not known where
	rider      spot
	radius     float64
	postcode   string
	grid       []string
	bar        string // a path as long as barWords says
	barWords   string
	words      string
}

// mapOf draws places on a plane: over a few kilometres the earth is flat enough (equirectangular projection about the courier).
func mapOf(b *app.Board, o *app.Order, r app.Rider) mapView {
	shop, area := b.Pizzeria.At, b.Pizzeria.Where(o)
	m := mapView{postcode: o.Contact.Postcode, words: riderWords(shop, area, r.At, o.Contact.Postcode)}
	flat := func(p app.Place) (east, north float64) {
		east = app.Place{Lat: r.At.Lat, Lon: r.At.Lon}.Distance(app.Place{Lat: r.At.Lat, Lon: p.Lon})
		north = r.At.Distance(app.Place{Lat: p.Lat, Lon: r.At.Lon})
		return math.Copysign(east, p.Lon-r.At.Lon), math.Copysign(north, p.Lat-r.At.Lat)
	}
	minX, maxX, minY, maxY := 0.0, 0.0, 0.0, 0.0 // the courier is the origin
	hold := func(p app.Place, around float64) {
		if p.Known() {
			x, y := flat(p)
			minX, maxX, minY, maxY = min(minX, x-around), max(maxX, x+around), min(minY, y-around), max(maxY, y+around)
		}
	}
	hold(shop, 0)
	hold(area, areaRadius)
	scale := min((mapWide-2*mapEdge)/max(maxX-minX, mapLeast), (mapHigh-2*mapEdge)/max(maxY-minY, mapLeast*mapHigh/mapWide))
	at := func(x, y float64) spot {
		return spot{mapWide/2 + (x-(minX+maxX)/2)*scale, mapHigh/2 - (y-(minY+maxY)/2)*scale}
	}
	place := func(p app.Place) *spot {
		if !p.Known() {
			return nil
		}
		s := at(flat(p))
		return &s
	}
	m.rider, m.shop, m.area, m.radius = at(0, 0), place(shop), place(area), areaRadius*scale
	m.measure(scale)
	return m
}

// measure adds the scale, and a grid of its length.
func (m *mapView) measure(scale float64) {
	metres := 100.0
	for _, more := range []float64{200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000} {
		if more*scale <= 100 {
			metres = more
		}
	}
	step := metres * scale
	m.bar = "M0-3V0H" + coord(step) + "V-3"
	m.barWords = strconv.Itoa(int(metres)) + nbsp + "m"
	if metres >= 1000 {
		m.barWords = strconv.Itoa(int(metres)/1000) + nbsp + "km"
	}
	for x := math.Mod(m.rider.x, step); x < mapWide; x += step {
		m.grid = append(m.grid, "M"+coord(x)+" 0V"+coord(mapHigh))
	}
	for y := math.Mod(m.rider.y, step); y < mapHigh; y += step {
		m.grid = append(m.grid, "M0 "+coord(y)+"H"+coord(mapWide))
	}
}

func (m mapView) viewBox() string { return "0 0 " + coord(mapWide) + " " + coord(mapHigh) }
func (m mapView) corner() string  { return spot{14, mapHigh - 12}.move() }
func (m mapView) north() string   { return spot{mapWide - 18, 18}.move() }

// alternative says what the drawing shows.
func (m mapView) alternative() string {
	return "Carte" + nbsp + ": la pizzeria, le secteur du " + m.postcode + " et votre livreur. " + m.words
}

// riderWords says how far the courier is, to who sees no map. The postcode is all that is known of where to.
func riderWords(shop, area, rider app.Place, postcode string) string {
	switch {
	case area.Known() && rider.Distance(area) <= areaRadius:
		return "Votre livreur est dans votre secteur, le " + postcode + "."
	case area.Known():
		return "Votre livreur est à environ " + distance(rider.Distance(area)) + " du centre du " + postcode + ", à vol d’oiseau."
	case shop.Known():
		return "Votre livreur est à environ " + distance(rider.Distance(shop)) + " de la pizzeria, à vol d’oiseau."
	}
	return "Votre livreur est en route."
}

// distance writes metres as roughly as they are known: "300 m", "1,2 km", "12 km".
func distance(metres float64) string {
	switch {
	case metres < 950:
		return strconv.Itoa(max(int(math.Round(metres/100)), 1)*100) + nbsp + "m"
	case metres < 9950:
		return strings.Replace(strconv.FormatFloat(metres/1000, 'f', 1, 64), ".", ",", 1) + nbsp + "km"
	}
	return strconv.Itoa(int(math.Round(metres/1000))) + nbsp + "km"
}

// coord writes a coordinate of a drawing.
func coord(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
