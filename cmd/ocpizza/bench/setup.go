package bench

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/realtime"
)

// The mix of the crowd: one socket in 50 is a staff screen, one in five follows an order, with four others; the rest look at menus.
const (
	perStaff    = 50
	perTracking = 5
	watchers    = 5
	liveOrders  = 30 // of each shop at most; the other orders that are followed are over, as on a real evening
)

// workers is how many orders are placed at the same time while everything is set up.
const workers = 16

// openFor is how long a crowd may take to come.
const openFor = time.Minute

// staffScreens are the screens of a shop with the query that the director's need beside the shop's.
var staffScreens = []struct {
	screen realtime.Screen
	path   string
}{
	{realtime.KitchenScreen, "/live/cuisine?pizzeria="},
	{realtime.CourierScreen, "/live/livraisons?pizzeria="},
	{realtime.TillScreen, "/live/caisse?pizzeria="},
	{realtime.DashboardScreen, "/live/pilotage?pizzeria="},
	{realtime.StockScreen, "/live/pilotage?vue=stocks&pizzeria="},
}

// bringStaff invites the staff screens of all shops.
func (b *bench) bringStaff() {
	var guests []guest
	for i := range max(b.options.Sockets/perStaff, len(staffScreens)*len(b.site.shops)) {
		s := staffScreens[i%len(staffScreens)]
		p := b.site.shops[i/len(staffScreens)%len(b.site.shops)]
		guests = append(guests, guest{path: s.path + url.QueryEscape(p.Slug), cookie: b.site.cookie, lane: quick})
	}
	b.staff = b.crowd.invite(guests...)
}

// A quiet server compares its boards with the database about once a minute. It is watched until what it asked spans idleSpan, so that there
// is more than one comparison in it, or for idleWindow when it asks next to nothing. What it does more seldom than seldom is not waited for.
const (
	idleWindow = 180 * time.Second
	idleSpan   = 50 * time.Second
	seldom     = 2 * time.Minute
)

// idleSQL measures what an hour without orders asks of the database. The rarest of a server's chores come every few hours: what each takes is
// counted when it is done once, on demand, and added at its pace. What comes more often, and whatever the open screens might ask, is watched:
// from the first statement that is seen to the last one, so that it does not matter where in its period the watching began. Where too little
// is seen, in a short run, chores stand for it. It comes before anything is written, because a server compares its boards more often for two
// minutes after a change.
func (b *bench) idleSQL() error {
	b.bringStaff()
	if _, failed := b.crowd.open(b.ctx, b.staff, openFor); failed > 0 {
		return b.unopened(failed)
	}
	chores, err := b.server.chores(b.ctx) // first: none of the rare ones, the next of which are minutes away, comes while we watch
	if err != nil {
		return err
	}
	perHour, watched, err := b.idleRate()
	if err != nil {
		return err
	}
	for _, c := range chores {
		if !watched || c.Every > seldom {
			perHour += c.PerHour()
			b.say("  %s : %d SQL, toutes les %s", c.Name, c.Statements, c.Every)
		}
	}
	b.set("sql_idle_per_hour", perHour)
	b.crowd.cut(b.staff)
	return nil
}

// idleRate watches a quiet server: how many statements an hour it sends. watched tells whether there were enough to say.
func (b *bench) idleRate() (perHour float64, watched bool, err error) {
	window := idleWindow
	if b.options.Quick {
		window = 3 * time.Second
	}
	b.say("  %d écrans sans rien faire pendant %s au plus", len(b.staff), window)
	b.pause(time.Second) // what opening asked for is over
	began := time.Now()
	var first, last time.Time
	var afterFirst uint64
	now, err := b.server.sent(b.ctx)
	for err == nil && time.Since(began) < window && last.Sub(first) < idleSpan && b.ctx.Err() == nil {
		b.pause(200 * time.Millisecond)
		var n uint64
		if n, err = b.server.sent(b.ctx); n > now {
			if last = time.Now(); first.IsZero() {
				first, afterFirst = last, n
			}
			now = n
		}
	}
	if err != nil || !last.After(first) {
		return 0, false, err
	}
	return float64(now-afterFirst) * float64(time.Hour) / float64(last.Sub(first)), true, nil
}

func (b *bench) unopened(failed int) error {
	return fmt.Errorf("%d sockets ne s’ouvrent pas : %v", failed, b.crowd.news().lost)
}

// prepare fills the stores and places the orders that will be followed.
func (b *bench) prepare() error {
	if err := b.site.restock(b.ctx); err != nil {
		return err
	}
	n := max(b.options.Sockets/perTracking/watchers, 2*len(b.site.shops))
	b.orders = make([]placed, n)
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	shops := b.site.shops
	if err := each(numbers, workers, func(i int) (err error) {
		b.orders[i], err = b.site.place(b.ctx, shops[i%len(shops)], "")
		if err == nil && i/len(shops) >= liveOrders {
			err = b.site.cancel(b.ctx, b.orders[i])
		}
		return err
	}); err != nil {
		return err
	}
	if err := each(numbers, workers, func(i int) error { return b.site.look(b.ctx, &b.orders[i]) }); err != nil {
		return err
	}
	for _, o := range b.orders {
		id, _, _ := strings.Cut(strings.TrimPrefix(o.Link, "/suivi/"), "-")
		var err error
		if o.shop.id, err = strconv.ParseInt(id, 36, 64); err != nil {
			return fmt.Errorf("lien de suivi %s : %w", o.Link, err)
		}
	}
	for _, p := range shops {
		if err := b.site.readMenu(b.ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// fill opens all sockets, and weighs the server before and after.
func (b *bench) fill() error {
	if b.staff == nil {
		b.bringStaff()
	}
	for _, id := range b.staff {
		b.probe(id)
	}
	// One page of each menu comes first, to learn the epoch that the others' pages carry.
	b.menus = b.crowd.invite(b.menuGuests(len(b.site.shops))...)
	first := slices.Concat(b.staff, b.menus)
	if _, failed := b.crowd.open(b.ctx, first, openFor); failed > 0 {
		return b.unopened(failed)
	}
	b.crowd.lock()
	for i, id := range b.menus {
		b.site.shops[i].epoch = b.crowd.guests[id].epoch
	}
	b.crowd.unlock()
	b.followers()
	b.menus = append(b.menus, b.crowd.invite(b.menuGuests(b.options.Sockets-len(first)-len(b.tracking))...)...)
	for _, p := range b.site.shops {
		b.menuTopics = append(b.menuTopics, topic(realtime.MenuScreen, p.id, 0))
	}
	b.crowd.cut(first)
	b.pause(500 * time.Millisecond)

	empty, slab, err := b.weigh()
	if err != nil {
		return err
	}
	b.profiled("open", 3*time.Second)
	all := b.crowd.all()
	took, failed := b.crowd.open(b.ctx, all, openFor)
	if failed > 0 {
		return b.unopened(failed)
	}
	b.profiling.Wait()
	b.set("connections_per_s", float64(len(all))/took.Seconds())
	if b.server.door == "" {
		return nil
	}
	perSocket, kernel, err := b.weighEach(len(all), empty, slab)
	if err != nil {
		return err
	}
	b.set("base_mb", empty/1024)
	b.set("kb_per_idle_socket", perSocket)
	b.set("kernel_kb_per_socket", kernel)
	return b.project(len(all), empty, slab)
}

// mostSockets is how many are opened at most when the limit of descriptors allows any number: the kernel holds 9 KB for each, at both ends.
const mostSockets = 20_000

// project opens as many sockets as the limit of descriptors allows beside the n that are open, weighs the server again, and sends them away.
func (b *bench) project(n int, empty, slab float64) error {
	most := max(n, min(b.result.Limit-spare, mostSockets))
	if b.options.Quick || b.server.child == nil { // nobody knows the limit of a server that ran already
		most = n
	}
	more := b.crowd.invite(b.menuGuests(most - n)...)
	if _, failed := b.crowd.open(b.ctx, more, openFor); failed > 0 {
		return b.unopened(failed)
	}
	perSocket, kernel, err := b.weighEach(most, empty, slab)
	if err != nil {
		return err
	}
	b.set("most_sockets", float64(most))
	b.set("projected_sockets_512mb", (512*1024-empty)/(perSocket+kernel))
	b.crowd.dismiss(more)
	for deadline := time.Now().Add(openFor); ; b.pause(20 * time.Millisecond) {
		st, err := b.server.state(b.ctx, false)
		if err != nil || st.Sockets == n {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("le serveur compte encore %d sockets, pas %d", st.Sockets, n)
		}
	}
}

// weighEach is what each of n open sockets has added to the server's memory and to the kernel's, in KB.
func (b *bench) weighEach(n int, empty, slab float64) (perSocket, kernel float64, err error) {
	b.pause(time.Second)
	loaded, slabAfter, err := b.weigh()
	if err != nil {
		return 0, 0, err
	}
	st, err := b.server.state(b.ctx, false)
	if err != nil {
		return 0, 0, err
	}
	if st.Sockets != n {
		return 0, 0, fmt.Errorf("le serveur compte %d sockets, pas %d", st.Sockets, n)
	}
	return (loaded - empty) / float64(n), max(0, slabAfter-slab) / 2 / float64(n), nil // both ends are on this machine
}

// weigh is the server's memory after garbage was collected, and the kernel's, in KB.
func (b *bench) weigh() (resident, slab float64, err error) {
	if b.server.door == "" {
		return 0, 0, nil
	}
	if _, err := b.server.state(b.ctx, true); err != nil {
		return 0, 0, err
	}
	resident, err = residentKB(b.server.pid)
	return resident, slabKB(), err
}

// probe marks the first kitchen of each shop as one whose patches are noted one by one.
func (b *bench) probe(id int) {
	b.crowd.lock()
	defer b.crowd.unlock()
	for _, p := range b.site.shops {
		if b.crowd.guests[id].path == staffScreens[0].path+url.QueryEscape(p.Slug) && id < len(staffScreens)*len(b.site.shops) {
			b.crowd.guests[id].probe = p.id
		}
	}
}

func (b *bench) menuGuests(n int) []guest {
	guests := make([]guest, n)
	for i := range guests {
		p := b.site.shops[i%len(b.site.shops)]
		guests[i] = guest{path: "/live/carte/" + p.Slug, epoch: p.epoch, seq: p.seq}
	}
	return guests
}

// followers invites those who follow orders: each order has the same number of them.
func (b *bench) followers() {
	var guests []guest
	for _, o := range b.orders {
		t := topic(realtime.TrackingScreen, o.shop.id, o.id)
		b.busyTopics = append(b.busyTopics, t)
		for range watchers {
			guests = append(guests, guest{path: "/live" + o.Link, lane: quick, epoch: o.shop.epoch, seq: o.seq})
		}
	}
	b.tracking = b.crowd.invite(guests...)
}

func topic(screen realtime.Screen, pizzeria, id int64) string {
	return string(realtime.Audience{Screen: screen, Pizzeria: pizzeria, ID: id}.Topic())
}

// warmOpens opens every kind of page and its socket, twice: the second time, nothing may be asked of the database.
func (b *bench) warmOpens() error {
	opened := 0
	open := func() error {
		for _, id := range slices.Concat(b.staff[:min(len(b.staff), len(staffScreens)*len(b.site.shops))], b.menus[:len(b.site.shops)], b.tracking[:2*watchers]) {
			b.crowd.lock()
			path := strings.TrimPrefix(b.crowd.guests[id].path, "/live")
			staff := b.crowd.guests[id].cookie != ""
			b.crowd.unlock()
			path = strings.Replace(path, "/pilotage?vue=stocks&", "/pilotage/stocks?", 1)
			if _, _, err := b.site.ask(b.ctx, http.MethodGet, path, nil, staff, true); err != nil {
				return err
			}
			b.crowd.cut([]int{id})
			if _, failed := b.crowd.open(b.ctx, []int{id}, openFor); failed > 0 {
				return b.unopened(failed)
			}
			opened++
		}
		return nil
	}
	if err := open(); err != nil {
		return err
	}
	before, err := b.server.sent(b.ctx)
	if err != nil {
		return err
	}
	opened = 0
	began := time.Now()
	if err := open(); err != nil {
		return err
	}
	after, err := b.server.sent(b.ctx)
	if err != nil {
		return err
	}
	if opened == 0 {
		return errors.New("rien n’a été ouvert")
	}
	// The regular comparison of the boards, every four seconds after a change, is nobody's opening.
	regular := uint64(time.Since(began)/(4*time.Second)) + 1
	b.set("sql_per_warm_open", float64(after-before-min(after-before, regular))/float64(opened))
	return nil
}
