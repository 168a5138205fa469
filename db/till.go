package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type tillRow struct {
	bun.BaseModel `bun:"table:till_entries,alias:t"`
	Pizzeria      int64     `bun:"pizzeria_id"`
	N             int64     `bun:"n"`
	Order         int64     `bun:"order_id"`
	Kind          string    `bun:"kind"`
	Method        string    `bun:"method"`
	Amount        int64     `bun:"amount_cents"`
	VAT           string    `bun:"vat"`
	By            string    `bun:"actor"`
	At            time.Time `bun:"happened_at"`
	Previous      string    `bun:"previous_hash"`
	Hash          string    `bun:"hash"`
}

func (r *tillRow) entry() (app.TillEntry, error) {
	e := app.TillEntry{
		Pizzeria: r.Pizzeria, N: r.N, Order: r.Order, Kind: r.Kind, Method: app.Method(r.Method), Amount: app.Cents(r.Amount),
		By: r.By, At: instant(r.At), Previous: r.Previous, Hash: r.Hash,
	}
	if err := unpack(r.VAT, &e.VAT); err != nil {
		return e, &TamperedError{Pizzeria: r.Pizzeria, N: r.N, Reason: "son contenu a été modifié"}
	}
	return e, nil
}

// tillHead is the last entry of a shop's till.
type tillHead struct {
	bun.BaseModel `bun:"table:till_heads,alias:h"`
	Pizzeria      int64  `bun:"pizzeria_id"`
	N             int64  `bun:"n"`
	Hash          string `bun:"hash"`
}

// CanonicalTill is the form of an entry that its hash covers: a JSON array (RFC 8259, no spaces, UTF-8, as Go's encoding/json writes
// it, which escapes <, > and &) of
//
//	["ocpizza-till-1", pizzeria, n, order, kind, method, amount in cents, [[rate in basis points, gross, VAT], …], actor, time, previous hash]
//
// time is RFC 3339 in UTC with exactly six decimals. Hash is the SHA-256 of these bytes in lower-case hex. The hash before is among
// them, so that no entry can be changed, dropped, added or moved without changing every hash after it (CGI article 286, I-3° bis).
func CanonicalTill(e app.TillEntry) []byte {
	b, err := json.Marshal([]any{
		"ocpizza-till-1", e.Pizzeria, e.N, e.Order, e.Kind, string(e.Method), int64(e.Amount), canonicalVAT(e.VAT), e.By,
		canonicalTime(e.At), e.Previous,
	})
	if err != nil {
		panic("db: " + err.Error()) // strings and integers always marshal
	}
	return b
}

func canonicalVAT(rows []app.VATAmount) [][3]int64 {
	all := make([][3]int64, len(rows))
	for i, v := range rows {
		all[i] = [3]int64{int64(v.Rate), int64(v.Gross), int64(v.VAT)}
	}
	return all
}

func canonicalTime(t time.Time) string { return t.UTC().Format(TillTime) }

// TillTime is how times are written in what hashes cover, in UTC.
const TillTime = "2006-01-02T15:04:05.000000Z07:00"

// TillHash is the hash that an entry must carry.
func TillHash(e app.TillEntry) string {
	sum := sha256.Sum256(CanonicalTill(e))
	return hex.EncodeToString(sum[:])
}

// appendTill chains entries to the shop's till and returns its new head, to be remembered once committed; nil without entries.
// The head remembered from the last time saves a query; the UPDATE itself checks that it still is the head.
func (d *DB) appendTill(ctx context.Context, tx bun.Tx, pizzeria int64, entries []app.TillEntry) (*tillHead, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	old, ok := d.knownHead(pizzeria)
	for range 2 {
		if !ok {
			q := tx.NewSelect().Model(&old).Where("pizzeria_id = ?", pizzeria)
			if d.mysql {
				q = q.For("UPDATE")
			}
			if err := q.Scan(ctx); err != nil {
				return nil, noRows(err, errNoPizzeria)
			}
		}
		head, rows := chain(old, pizzeria, entries)
		res, err := tx.ExecContext(ctx, "UPDATE till_heads SET n = ?, hash = ? WHERE pizzeria_id = ? AND n = ? AND hash = ?", head.N, head.Hash, pizzeria, old.N, old.Hash)
		if err != nil {
			return nil, err
		}
		if n, err := res.RowsAffected(); err != nil {
			return nil, err
		} else if n == 0 {
			old, ok = tillHead{}, false
			continue
		}
		_, err = tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
		return &head, err
	}
	return nil, errStale
}

// chain numbers and hashes entries after a head, and returns the new head.
func chain(old tillHead, pizzeria int64, entries []app.TillEntry) (tillHead, []tillRow) {
	head := tillHead{Pizzeria: pizzeria, N: old.N, Hash: old.Hash}
	rows := make([]tillRow, len(entries))
	for i, e := range entries {
		e.Pizzeria, e.N, e.Previous, e.At = pizzeria, head.N+1, head.Hash, instant(e.At)
		e.Hash = TillHash(e)
		head.N, head.Hash = e.N, e.Hash
		rows[i] = tillRow{
			Pizzeria: pizzeria, N: e.N, Order: e.Order, Kind: e.Kind, Method: string(e.Method), Amount: int64(e.Amount), VAT: pack(e.VAT),
			By: e.By, At: e.At, Previous: e.Previous, Hash: e.Hash,
		}
	}
	return head, rows
}

func (d *DB) knownHead(pizzeria int64) (tillHead, bool) {
	v, ok := d.tills.Load(pizzeria)
	if !ok {
		return tillHead{}, false
	}
	h, ok := v.(tillHead)
	return h, ok
}

func (d *DB) rememberTill(h *tillHead) {
	if h != nil {
		d.tills.Store(h.Pizzeria, *h)
	}
}

// Till returns the entries of a shop's till from entry number from on, at most limit; a *TamperedError for one that cannot be read.
func (d *DB) Till(ctx context.Context, pizzeria, from int64, limit int) ([]app.TillEntry, error) {
	all, err := tillEntries(ctx, d.r, pizzeria, from, limit)
	return all, d.translate(err)
}

func tillEntries(ctx context.Context, q bun.IDB, pizzeria, from int64, limit int) ([]app.TillEntry, error) {
	var rows []tillRow
	if err := q.NewSelect().Model(&rows).Where("pizzeria_id = ?", pizzeria).Where("n >= ?", from).Order("n").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, err
	}
	var out []app.TillEntry
	for i := range rows {
		e, err := rows[i].entry()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// TamperedError says where a till's chain breaks: at an entry, or at a closing.
type TamperedError struct {
	Pizzeria int64
	N        int64  // the first entry that does not follow; 0 for a closing
	Closing  string // the period of the first closing that does not, or its number
	Reason   string
}

func (e *TamperedError) Error() string {
	if e.Closing != "" {
		return fmt.Sprintf("caisse de la pizzeria %d, clôture %s : %s", e.Pizzeria, e.Closing, e.Reason)
	}
	return fmt.Sprintf("caisse de la pizzeria %d, écriture n° %d : %s", e.Pizzeria, e.N, e.Reason)
}

// follows checks that an entry is the one after another, and as it was written.
func follows(last, e app.TillEntry) error {
	tampered := &TamperedError{Pizzeria: e.Pizzeria, N: e.N}
	switch {
	case e.N != last.N+1:
		tampered.N, tampered.Reason = last.N+1, "elle manque"
	case e.Previous != last.Hash:
		tampered.Reason = "elle ne suit pas la précédente"
	case e.Hash != TillHash(e):
		tampered.Reason = "son contenu a été modifié"
	default:
		return nil
	}
	return tampered
}

const tillPage = 1000

// VerifyTill reads a shop's whole till and checks that every entry follows the one before and that none is missing at the end; that every
// closing follows the one before, counts the entries since then, each once, has their totals and the perpetual one, and that none is
// missing. It returns how many of each it checked, and a *TamperedError where a chain breaks.
func (d *DB) VerifyTill(ctx context.Context, pizzeria int64) (entries, closings int64, err error) {
	// The closings' head first, then the entries': what is added while we read is then beyond them, and only followed.
	check, err := d.checkClosings(ctx, pizzeria)
	if err != nil {
		return 0, 0, err
	}
	var head tillHead
	if err := d.r.NewSelect().Model(&head).Where("pizzeria_id = ?", pizzeria).Scan(ctx); err != nil {
		return 0, 0, d.translate(noRows(err, errNoPizzeria))
	}
	last := &check.fold.entry
	atHead := "" // hash of the entry that the head names
	for {
		page, err := d.Till(ctx, pizzeria, last.N+1, tillPage)
		if err != nil {
			return last.N, check.fold.last.N, err
		}
		for _, e := range page {
			if err := check.reach(ctx, e); err != nil {
				return last.N, check.fold.last.N, err
			}
			if e.N == head.N {
				atHead = e.Hash
			}
		}
		if len(page) < tillPage {
			break
		}
	}
	switch {
	case last.N < head.N:
		err = &TamperedError{Pizzeria: pizzeria, N: last.N + 1, Reason: "elle manque à la fin"}
	case atHead != head.Hash:
		err = &TamperedError{Pizzeria: pizzeria, N: head.N, Reason: "elle n’est pas celle qui a été enregistrée"}
	default:
		err = check.end(ctx)
	}
	return last.N, check.fold.last.N, err
}

// IsTampered reports whether err says that a till's chain is broken, rather than that it could not be read.
func IsTampered(err error) bool {
	_, ok := errors.AsType[*TamperedError](err)
	return ok
}
