package realtime

import (
	"context"
	"sync"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// beforeRetry is after how long a past day that could not be read is asked for again.
const beforeRetry = time.Minute

// before is what a shop's manager's page shows beside its board: the same weekday a week ago, read once a service day when somebody looks, and
// the alarms hour by hour since this process watches.
type before struct {
	mu     sync.Mutex
	day    string // service day that it is of
	week   *app.Past
	asked  time.Time // when week was asked for last
	alarms []views.AlarmHour
}

// beforeOf is what is known beside a shop's board, without asking the database.
func (bs *Boards) beforeOf(pizzeria int64) views.Before {
	bs.mu.Lock()
	s := bs.shops[pizzeria]
	bs.mu.Unlock()
	if s == nil {
		return views.Before{}
	}
	s.before.mu.Lock()
	defer s.before.mu.Unlock()
	return views.Before{Week: s.before.week, Alarms: s.before.alarms}
}

// turn begins anew with a service day. m.mu is held.
func (m *before) turn(now time.Time) {
	if day := app.ServiceDay(now); m.day != day {
		m.day, m.week, m.asked, m.alarms = day, nil, time.Time{}, nil
	}
}

// due reports whether the week before is still to be read.
func (m *before) due(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	return m.week == nil && (m.asked.IsZero() || now.Sub(m.asked).Abs() >= beforeRetry)
}

// recall reads the same weekday a week ago unless it has been read for this service day, and reports whether it did. A shop whose database does
// not answer is drawn without. Callers at the same time share one reading; drawings do not wait for it.
func (bs *Boards) recall(ctx context.Context, s *shop) bool {
	now := bs.opt.Clock()
	if !s.before.due(now) {
		return false
	}
	_, err, _ := bs.flight.Do("before "+Audience{Pizzeria: s.id}.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		day := app.ServiceDay(now)
		past, err := bs.source.Past(ctx, s.id, app.WeekBefore(day))
		m := &s.before
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.asked = now; err == nil && m.day == day {
			m.week = &past
		}
		return nil, err
	})
	if err != nil {
		bs.opt.Log.Warn("cannot read the week before", "pizzeria", s.id, "err", err)
	}
	return err == nil
}

// recallAll is recall for every shop, for the page of them all.
func (bs *Boards) recallAll(ctx context.Context) {
	shops, err := bs.Pizzerias(ctx)
	if err != nil {
		return // whoever asked is told by the page
	}
	for _, p := range shops {
		if s, err := bs.shop(ctx, p.ID); err == nil {
			bs.recall(ctx, s)
		}
	}
}

// recallSoon has a page that somebody watches show what recall finds: on a new day, and after a restart, when pages come back without being
// opened. Not by the caller, who has others to serve.
func (bs *Boards) recallSoon(s *shop) {
	if !s.before.due(bs.opt.Clock()) || bs.ctx.Err() != nil {
		return
	}
	go func() {
		if bs.recall(bs.ctx, s) {
			s.mu.Lock()
			defer s.mu.Unlock()
			*s.drawn(Audience{Screen: DashboardScreen, Pizzeria: s.id}) = snapshot{}
			s.tiles.apart = true
			bs.tellTiles(s)
		}
	}()
}

// noteAlarms keeps the most stock alarms of the hour.
func (bs *Boards) noteAlarms(s *shop) {
	n := 0
	for _, l := range s.board.Load().Stock() {
		if l.Level.Low() {
			n++
		}
	}
	now := bs.opt.Clock()
	hour := now.In(app.Paris).Hour()
	m := &s.before
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	last := len(m.alarms) - 1
	switch {
	case last < 0 || m.alarms[last].Hour != hour:
		m.alarms = append(m.alarms[:len(m.alarms):len(m.alarms)], views.AlarmHour{Hour: hour, Most: n})
	case n > m.alarms[last].Most: // pages that are being drawn hold the list
		m.alarms = append(append([]views.AlarmHour(nil), m.alarms[:last]...), views.AlarmHour{Hour: hour, Most: n})
	}
}
