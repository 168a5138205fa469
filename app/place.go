package app

import "math"

// Place is a point of the earth in degrees (WGS 84). The zero value is no place: it lies in the sea off Africa, where nobody orders.
type Place struct{ Lat, Lon float64 }

// Known reports whether it is a place at all.
func (p Place) Known() bool { return p != Place{} }

// earth is the mean radius in metres (IUGG, R1).
const earth = 6_371_008.8

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

// Distance between two places in metres as the crow flies, by the haversine formula: good to half a per cent, and exact for what is near, where
// the law of cosines loses its digits.
func (p Place) Distance(q Place) float64 {
	dLat, dLon := radians(q.Lat-p.Lat), radians(q.Lon-p.Lon)
	h := hav(dLat) + math.Cos(radians(p.Lat))*math.Cos(radians(q.Lat))*hav(dLon)
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(h)))
}

func hav(angle float64) float64 { s := math.Sin(angle / 2); return s * s }

// Bearing is in which direction q lies, in degrees from north by east, 0 to 360.
func (p Place) Bearing(q Place) float64 {
	dLon := radians(q.Lon - p.Lon)
	y := math.Sin(dLon) * math.Cos(radians(q.Lat))
	x := math.Cos(radians(p.Lat))*math.Sin(radians(q.Lat)) - math.Sin(radians(p.Lat))*math.Cos(radians(q.Lat))*math.Cos(dLon)
	return math.Mod(math.Atan2(y, x)*180/math.Pi+360, 360)
}

// turn is the angle between two directions, 0 to 180 degrees.
func turn(a, b float64) float64 {
	d := math.Abs(math.Mod(a-b, 360))
	return math.Min(d, 360-d)
}

// blur is how finely a courier's position is known to anybody but the telephone, in metres.
const blur = 50

// Blurred is the place on a grid of 50 m: which side of the street, which door, is nobody's business.
func (p Place) Blurred() Place {
	lat := blur / (earth * math.Pi / 180)
	rounded := Place{Lat: math.Round(p.Lat/lat) * lat}
	// A degree of longitude is shorter the further from the equator: the grid's columns are those of the row, so that rounding twice is rounding once.
	lon := lat / math.Max(math.Cos(radians(rounded.Lat)), 0.01)
	rounded.Lon = math.Round(p.Lon/lon) * lon
	return rounded
}
