package views

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

// Before is what no board tells: what the same weekday took a week ago, and how many stock alarms there were hour by hour since the program
// watches. The zero value knows nothing.
type Before struct {
	Week   *app.Past
	Alarms []AlarmHour
}

// AlarmHour is the most stock alarms there were at once in an hour of the day in Paris.
type AlarmHour struct{ Hour, Most int }

// TilePieces are the tiles in their order, and when they were last right. Late orders are left to the browser to count, every second.
func TilePieces(b *app.Board, now time.Time, before Before) []Piece {
	return tilePieces(b, now, before, "")
}

// IsTile reports whether an id is that of a figure.
func IsTile(id string) bool { return strings.HasPrefix(id, TileID("")) || id == TilesAtID }

// tilePieces are the tiles with how many orders are late, as a page says it that no script will change.
func tilePieces(b *app.Board, now time.Time, before Before, late string) []Piece {
	f := FiguresOf(b, now)
	return []Piece{
		{TileID("open"), openTile(f)}, {TileID("late"), lateTile(f, late)}, {TileID("delay"), delayTile(f)}, {TileID("takings"), takingsTile(f, now, before)},
		{TileID("couriers"), couriersTile(f)}, {TileID("alarms"), alarmsTile(f, before)}, {TilesAtID, tilesAt(f)},
	}
}

// week is the day a week before the figures', nil if it is not known or nothing was sold.
func (x Before) week(f Figures) *app.Past {
	if x.Week == nil || x.Week.Entries == 0 || x.Week.Day != app.WeekBefore(f.Day) {
		return nil
	}
	return x.Week
}

// pastNow is what had been taken a week before at the same time.
func pastNow(past *app.Past, f Figures, now time.Time) app.Cents {
	return past.Until(now.Sub(app.DayStart(f.Day)))
}

// compared says takings against earlier ones: "▲ 12 % de plus", "▼ 8 % de moins", "autant".
func compared(now, then app.Cents) string {
	switch {
	case then <= 0 && now <= 0:
		return "autant"
	case then <= 0:
		return "▲ plus"
	}
	percent := int(math.Round(100 * float64(now-then) / float64(then)))
	switch {
	case percent > 0:
		return "▲ " + strconv.Itoa(percent) + nbsp + "% de plus"
	case percent < 0:
		return "▼ " + strconv.Itoa(-percent) + nbsp + "% de moins"
	}
	return "autant"
}

// goal is a target: in words, and whether it is met, which is not judged while there is nothing to judge.
type goal struct {
	say         string
	judged, met bool
}

func (g goal) state() string {
	switch {
	case !g.judged:
		return ""
	case g.met:
		return "oui"
	}
	return "non"
}

func (g goal) words() string {
	out := "Objectif" + nbsp + ": " + g.say
	switch g.state() {
	case "oui":
		out += " · tenu"
	case "non":
		out += " · manqué"
	}
	return out
}

func waitingGoal(f Figures) goal {
	most := app.Target.Rounds * f.Oven
	if most == 0 {
		return goal{say: "aucune qui attende"}
	}
	return goal{strconv.Itoa(most) + " qui attendent au plus", true, f.Waiting <= most}
}

func delayGoal(f Figures) goal {
	met := 100*f.OnTime >= app.Target.OnTime*f.Handed && f.Delay < app.Target.Delay+30*time.Second // as it is rounded
	return goal{strconv.Itoa(app.Target.OnTime) + nbsp + "%, sans retard moyen", f.Handed > 0, met}
}

func takingsGoal(f Figures, past *app.Past, now time.Time) goal {
	if past == nil {
		return goal{say: "rien à comparer"}
	}
	return goal{Euros(pastNow(past, f, now)) + " à cette heure, " + Euros(past.Total()) + " dans la journée", true, f.Takings >= pastNow(past, f, now)}
}

// lastWeekday names a day of the week before: "vendredi dernier".
func lastWeekday(past *app.Past) string {
	return weekdays[app.DayStart(past.Day).In(app.Paris).Weekday()] + " dernier"
}

func rideGoal(f Figures) goal {
	return goal{Count(app.Target.PerRide, "commande") + " chacun au plus", f.Couriers > 0, f.Riding <= app.Target.PerRide*f.Couriers}
}

func alarmGoal(f Figures) goal { return goal{"aucune", true, len(f.Alarms) <= app.Target.Alarms} }

// column is an hour of a trend: how much, how much a week before, and both in words.
type column struct {
	Is, Was float64
	Words   string
}

// Hours is what happened in each hour of a service day, without gaps, from the first in which something did to the last.
type Hours []Hour

func (all Hours) columns(words string, is func(Hour) float64) []column {
	out := make([]column, len(all))
	some := false
	for i, h := range all {
		n := is(h)
		out[i] = column{Is: n, Words: hourWords(h.Hour) + strconv.Itoa(int(n)) + words}
		some = some || n > 0
	}
	if !some {
		return nil
	}
	return out
}

func hourWords(hour int) string { return strconv.Itoa(hour) + nbsp + "h" + nbsp + ": " }

func (all Hours) orders() []column {
	return all.columns("", func(h Hour) float64 { return float64(h.Orders) })
}

func (all Hours) late() []column {
	return all.columns("", func(h Hour) float64 { return float64(h.Handed - h.OnTime) })
}

func (all Hours) left() []column {
	return all.columns("", func(h Hour) float64 { return float64(h.Left) })
}

func (all Hours) kept() []column {
	return all.columns(nbsp+"%", func(h Hour) float64 {
		if h.Handed == 0 {
			return 0
		}
		return float64((100*h.OnTime + h.Handed/2) / h.Handed)
	})
}

// takings are today's, and those of the week before in the same hours.
func (all Hours) takings(past *app.Past) []column {
	out := make([]column, len(all))
	some := false
	for i, h := range all {
		out[i] = column{Is: float64(h.Takings), Words: hourWords(h.Hour) + Euros(h.Takings)}
		if past != nil {
			began := time.Duration((h.Hour+24-5)%24) * time.Hour
			was := past.Until(began+time.Hour) - past.Until(began)
			out[i].Was = float64(max(0, was))
			out[i].Words += ", une semaine avant " + Euros(was)
		}
		some = some || out[i].Is > 0 || out[i].Was > 0
	}
	if !some {
		return nil
	}
	return out
}

func (x Before) alarms() []column {
	var out []column
	for _, h := range x.Alarms {
		out = append(out, column{Is: float64(h.Most), Words: hourWords(h.Hour) + strconv.Itoa(h.Most)})
	}
	return out
}

// box is a rectangle in the units of a viewBox.
type box struct{ X, Y, W, H string }

// bar is one column of a drawn trend.
type bar struct {
	Is, Was box
	Words   string
}

// trend draws columns in a box of 100 by 24.
func trend(columns []column) []bar {
	top := 1.0
	for _, c := range columns {
		top = max(top, c.Is, c.Was)
	}
	step := 100 / float64(max(len(columns), 6))
	place := func(i int, n, wide float64) box {
		high := max(0.6, 24*n/top)
		return box{X: fixed(float64(i) * step), Y: fixed(24 - high), W: fixed(step * wide), H: fixed(high)}
	}
	out := make([]bar, len(columns))
	for i, c := range columns {
		out[i] = bar{Is: place(i, c.Is, 0.6), Words: c.Words}
		if c.Was > 0 {
			out[i].Was = place(i, c.Was, 0.86)
		}
	}
	return out
}

func fixed(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
