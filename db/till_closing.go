package db

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type closingRow struct {
	bun.BaseModel `bun:"table:till_closings,alias:c"`
	Pizzeria      int64     `bun:"pizzeria_id"`
	N             int64     `bun:"n"`
	Period        string    `bun:"period"`
	Last          int64     `bun:"last_entry"`
	LastHash      string    `bun:"last_entry_hash"`
	Entries       int64     `bun:"entries"`
	Amount        int64     `bun:"amount_cents"`
	Refunds       int64     `bun:"refunds_cents"`
	VAT           string    `bun:"vat"`
	Methods       string    `bun:"methods"`
	Running       int64     `bun:"running_cents"`
	At            time.Time `bun:"closed_at"`
	Previous      string    `bun:"previous_hash"`
	Hash          string    `bun:"hash"`
}

func newClosingRow(c app.TillClosing) closingRow {
	return closingRow{
		Pizzeria: c.Pizzeria, N: c.N, Period: string(c.Period), Last: c.Last, LastHash: c.LastHash, Entries: c.Sums.Entries,
		Amount: int64(c.Sums.Amount), Refunds: int64(c.Sums.Refunds), VAT: pack(c.Sums.VAT), Methods: pack(c.Sums.Methods),
		Running: int64(c.Running), At: c.At, Previous: c.Previous, Hash: c.Hash,
	}
}

func (r *closingRow) closing() (app.TillClosing, error) {
	c := app.TillClosing{
		Pizzeria: r.Pizzeria, N: r.N, Period: app.Period(r.Period), Last: r.Last, LastHash: r.LastHash,
		Sums:    app.TillSums{Entries: r.Entries, Amount: app.Cents(r.Amount), Refunds: app.Cents(r.Refunds)},
		Running: app.Cents(r.Running), At: instant(r.At), Previous: r.Previous, Hash: r.Hash,
	}
	err := unpack(r.VAT, &c.Sums.VAT)
	if err == nil {
		err = unpack(r.Methods, &c.Sums.Methods)
	}
	if err == nil {
		_, err = app.ParsePeriod(r.Period)
	}
	if err != nil {
		return c, &TamperedError{Pizzeria: r.Pizzeria, Closing: fmt.Sprintf("n° %d", r.N), Reason: "son contenu a été modifié"}
	}
	return c, nil
}

// CanonicalClosing is the form of a closing that its hash covers, written like CanonicalTill's:
//
//	["ocpizza-closing-1", pizzeria, n, period, last entry, its hash, entries, amount in cents, refunds in cents,
//	 [[rate in basis points, gross, VAT], …], [[method, amount], …], perpetual total in cents, time, previous hash]
//
// The hash before makes the closings a chain of their own; the last entry's ties each to the chain of entries (CGI article 286, I-3° bis).
func CanonicalClosing(c app.TillClosing) []byte {
	methods := make([][2]any, len(c.Sums.Methods))
	for i, m := range c.Sums.Methods {
		methods[i] = [2]any{string(m.Method), int64(m.Amount)}
	}
	b, err := json.Marshal([]any{
		"ocpizza-closing-1", c.Pizzeria, c.N, string(c.Period), c.Last, c.LastHash, c.Sums.Entries, int64(c.Sums.Amount), int64(c.Sums.Refunds),
		canonicalVAT(c.Sums.VAT), methods, int64(c.Running), canonicalTime(c.At), c.Previous,
	})
	if err != nil {
		panic("db: " + err.Error()) // strings and integers always marshal
	}
	return b
}

// ClosingHash is the hash that a closing must carry.
func ClosingHash(c app.TillClosing) string {
	sum := sha256.Sum256(CanonicalClosing(c))
	return hex.EncodeToString(sum[:])
}

// tillFold makes closings of entries given in their order. Closing and verifying fold alike: what it makes depends on the entries alone,
// and on when a closing was made.
type tillFold struct {
	last             app.TillClosing // zero before the first
	entry            app.TillEntry   // the last one
	began            app.Period      // day of the very first entry; "" before it
	day, month, year app.TillSums    // of what is not closed yet
}

// add counts the next entry, if it follows the one before.
func (f *tillFold) add(e app.TillEntry) error {
	if err := follows(f.entry, e); err != nil {
		return err
	}
	if f.entry = e; e.N == 1 {
		f.began = app.Period(app.ServiceDay(e.At))
	}
	f.day.Add(e)
	return nil
}

// next is the period to be closed next; "" before the first entry.
func (f *tillFold) next() app.Period {
	if f.last.N == 0 {
		return f.began
	}
	return f.last.Period.Next()
}

// close makes the next closing, of what was added.
func (f *tillFold) close(pizzeria int64, at time.Time) app.TillClosing {
	c := app.TillClosing{
		Pizzeria: pizzeria, N: f.last.N + 1, Period: f.next(), Last: f.entry.N, LastHash: f.entry.Hash,
		Running: f.last.Running, At: instant(at), Previous: f.last.Hash,
	}
	switch {
	case c.Period.IsDay():
		c.Sums, f.day = f.day, app.TillSums{}
		c.Running += c.Sums.Amount
		f.month.Merge(c.Sums)
	case c.Period.IsMonth():
		c.Sums, f.month = f.month, app.TillSums{}
		f.year.Merge(c.Sums)
	default:
		c.Sums, f.year = f.year, app.TillSums{}
	}
	c.Hash = ClosingHash(c)
	f.last = c
	return c
}

// closingBatch is how many closings one transaction makes at most: a month's days, the month and the year. Payments of the shop wait for it.
const closingBatch = 33

// CloseTill closes every service day of a shop's till through a day (YYYY-MM-DD), and the months and years that end on the way, in their
// order. What is closed already stays as it is. It returns the closings that it made, none before the first entry; Conflict when that day
// is not over at that time; a *TamperedError when an entry does not follow the one before, or when the last closing is not as it was made:
// what was altered is not sealed.
func (d *DB) CloseTill(ctx context.Context, pizzeria int64, through string, at time.Time) ([]app.TillClosing, error) {
	if through > app.LastOver(at) {
		return nil, app.Errorf(app.Conflict, "La période qui finit le %s n’est pas terminée : une journée va jusqu’à 5 h du matin et se clôture à partir de 9 h. La dernière à clôturer est celle du %s.",
			through, app.LastOver(at))
	}
	var all []app.TillClosing
	for {
		c := &closer{d: d, pizzeria: pizzeria, through: through, at: at}
		if err := d.write(ctx, c.try); err != nil {
			return all, err
		}
		all = append(all, c.made...)
		if len(c.made) < closingBatch {
			return all, nil
		}
	}
}

// closer makes some closings in one transaction, across its tries.
type closer struct {
	d        *DB
	pizzeria int64
	through  string
	at       time.Time
	made     []app.TillClosing
}

func (c *closer) try(ctx context.Context, tx bun.Tx, unknown bool) error {
	// Entries queue for the head's row: none is added until these closings are there, so that each falls into one of them or after all.
	head := tx.NewSelect().Model((*tillHead)(nil)).Column("n").Where("pizzeria_id = ?", c.pizzeria)
	if c.d.mysql {
		head = head.For("UPDATE")
	}
	var entries int64
	if err := head.Scan(ctx, &entries); err != nil {
		return noRows(err, errNoPizzeria)
	}
	f, err := resume(ctx, tx, c.pizzeria)
	if err != nil {
		return err
	}
	if n := len(c.made); unknown && n > 0 && f.last.Hash == c.made[n-1].Hash {
		return nil // the COMMIT whose answer was lost had been carried
	}
	if c.made, err = c.close(ctx, tx, f); err != nil || len(c.made) == 0 {
		return err
	}
	rows := make([]closingRow, len(c.made))
	for i := range c.made {
		rows[i] = newClosingRow(c.made[i])
	}
	if _, err := tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx); err != nil {
		return err
	}
	return c.d.setMeta(ctx, tx, closingsHead(c.pizzeria), headValue(f.last))
}

// close folds the entries that follow into closings.
func (c *closer) close(ctx context.Context, tx bun.Tx, f *tillFold) (made []app.TillClosing, err error) {
	var page []app.TillEntry
	more := true // entries beyond the page
	for len(made) < closingBatch {
		if len(page) == 0 && more {
			if page, err = tillEntries(ctx, tx, c.pizzeria, f.entry.N+1, tillPage); err != nil {
				return nil, err
			}
			more = len(page) == tillPage
		}
		p := f.next()
		if p == "" && len(page) > 0 {
			p = app.Period(app.ServiceDay(page[0].At))
		}
		if p == "" || p.LastDay() > c.through {
			return made, nil
		}
		// The first entry of a later day ends the day; what comes after it with an earlier time counts in that later one.
		if len(page) > 0 && p.IsDay() && app.ServiceDay(page[0].At) <= p.LastDay() {
			if err := f.add(page[0]); err != nil {
				return nil, err
			}
			page = page[1:]
			continue
		}
		made = append(made, f.close(c.pizzeria, c.at))
	}
	return made, nil
}

// resume reads where the closings of a till have come to, with the running month's and year's sums; a *TamperedError when the last closing
// is not the one that was made: another in its place would hide that.
func resume(ctx context.Context, tx bun.Tx, pizzeria int64) (*tillFold, error) {
	f := &tillFold{}
	last, err := closings(ctx, tx.NewSelect().Where("pizzeria_id = ?", pizzeria).Order("n DESC").Limit(1))
	if err != nil {
		return f, err
	}
	if len(last) > 0 {
		f.last = last[0]
	}
	head, err := readClosingsHead(ctx, tx, pizzeria)
	switch {
	case err != nil:
		return f, err
	case head != headValue(f.last), f.last.N > 0 && f.last.Hash != ClosingHash(f.last):
		return f, &TamperedError{Pizzeria: pizzeria, Closing: cmp.Or(string(f.last.Period), "n° 1"), Reason: "elle n’est pas celle qui a été enregistrée"}
	case f.last.N == 0:
		return f, nil
	}
	f.entry = app.TillEntry{N: f.last.Last, Hash: f.last.LastHash}
	p := f.next()
	month := string(p.Month()) + "-__" // the days closed in it: _ stands for one character
	if p.Month() == "" {
		month = "-" // the year is next: nothing of another month
	}
	open, err := closings(ctx, tx.NewSelect().Where("pizzeria_id = ?", pizzeria).
		Where("period LIKE ? OR period LIKE ?", month, string(p.Year())+"-__").Order("n"))
	for _, c := range open {
		if c.Period.IsDay() {
			f.month.Merge(c.Sums)
		} else {
			f.year.Merge(c.Sums)
		}
	}
	return f, err
}

// closings reads those that a query selects.
func closings(ctx context.Context, q *bun.SelectQuery) ([]app.TillClosing, error) {
	var rows []closingRow
	if err := q.Model(&rows).Scan(ctx); err != nil {
		return nil, err
	}
	all := make([]app.TillClosing, len(rows))
	for i := range rows {
		var err error
		if all[i], err = rows[i].closing(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Closings returns the closings of a shop's till from closing number from on, at most limit; a *TamperedError for one that cannot be read.
func (d *DB) Closings(ctx context.Context, pizzeria, from int64, limit int) ([]app.TillClosing, error) {
	all, err := closings(ctx, d.r.NewSelect().Where("pizzeria_id = ?", pizzeria).Where("n >= ?", from).Order("n").Limit(int64(limit)))
	return all, d.translate(err)
}

// closingsHead is the name, in the table meta, of the last closing of a shop's till (its number and hash): without it nobody would miss
// the last ones if they were deleted.
func closingsHead(pizzeria int64) string { return "till_closing/" + strconv.FormatInt(pizzeria, 10) }

// readClosingsHead is the value under that name; "" before the first closing.
func readClosingsHead(ctx context.Context, tx bun.Tx, pizzeria int64) (string, error) {
	var rows []metaRow
	if err := tx.NewSelect().Model(&rows).Where("name = ?", closingsHead(pizzeria)).Scan(ctx); err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Value, nil
}

// headValue is what is kept of the last closing.
func headValue(last app.TillClosing) string {
	if last.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", last.N, last.Hash)
}

// closingCheck verifies closings while the entries pass by.
type closingCheck struct {
	d        *DB
	pizzeria int64
	head     string // closingsHead's value; "" before the first closing
	until    int64  // number of the last closing: those made since then are beyond what is verified
	fold     tillFold
	page     []app.TillClosing
}

func (d *DB) checkClosings(ctx context.Context, pizzeria int64) (*closingCheck, error) {
	k := &closingCheck{d: d, pizzeria: pizzeria}
	err := d.read(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		if k.head, err = readClosingsHead(ctx, tx, pizzeria); err != nil {
			return err
		}
		number, _, _ := strings.Cut(k.head, " ")
		k.until, _ = strconv.ParseInt(number, 10, 64) // 0 without one, or if it was altered: end then finds that it is not the last closing's
		var last int64
		err = tx.NewSelect().Model((*closingRow)(nil)).ColumnExpr("COALESCE(MAX(n), 0)").Where("pizzeria_id = ?", pizzeria).Scan(ctx, &last)
		k.until = max(k.until, last)
		return err
	})
	return k, err
}

// reach verifies the closings that end before the entry, then counts it.
func (k *closingCheck) reach(ctx context.Context, e app.TillEntry) error {
	for {
		c, err := k.peek(ctx)
		if err != nil {
			return err
		}
		if c == nil || e.N <= c.Last {
			if err := k.fold.add(e); err != nil {
				return err
			}
			if c != nil && app.ServiceDay(e.At) > c.Period.LastDay() {
				return k.tampered(c.Period, "elle compte une écriture d’un jour suivant")
			}
			return nil
		}
		if err := k.verify(*c); err != nil {
			return err
		}
	}
}

// end verifies the closings that remain, and that none is missing after them.
func (k *closingCheck) end(ctx context.Context) error {
	for {
		c, err := k.peek(ctx)
		if err != nil {
			return err
		}
		if c == nil {
			break
		}
		if err := k.verify(*c); err != nil {
			return err
		}
	}
	last := k.fold.last
	switch {
	case last.N < k.until:
		return k.tampered(k.fold.next(), "elle manque à la fin")
	case k.head != headValue(last):
		return k.tampered(last.Period, "elle n’est pas celle qui a été enregistrée")
	}
	return nil
}

// peek is the next closing to verify; nil after the last one.
func (k *closingCheck) peek(ctx context.Context) (*app.TillClosing, error) {
	if len(k.page) == 0 && k.fold.last.N < k.until {
		var err error
		if k.page, err = k.d.Closings(ctx, k.pizzeria, k.fold.last.N+1, tillPage); err != nil {
			return nil, err
		}
	}
	if len(k.page) == 0 || k.page[0].N > k.until {
		return nil, nil
	}
	return &k.page[0], nil
}

// verify compares a closing with what the entries make of it.
func (k *closingCheck) verify(c app.TillClosing) error {
	k.page = k.page[1:]
	want := k.fold.next()
	if c.N != k.fold.last.N+1 || want == "" {
		return k.tampered(want, "elle manque")
	}
	before := k.fold.last.Hash
	switch made := k.fold.close(k.pizzeria, c.At); {
	case c.Hash != ClosingHash(c):
		return k.tampered(c.Period, "son contenu a été modifié")
	case c.Previous != before:
		return k.tampered(c.Period, "elle ne suit pas la précédente")
	case c.Hash != made.Hash:
		return k.tampered(c.Period, "elle ne correspond pas aux écritures qu’elle couvre")
	}
	return nil
}

func (k *closingCheck) tampered(p app.Period, reason string) error {
	return &TamperedError{Pizzeria: k.pizzeria, Closing: string(p), Reason: reason}
}
