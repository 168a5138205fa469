package db

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// A process that serves leaves word of itself among the facts about the house, so that others know that they are not alone: without Redis
// nobody tells them what it saves, and they must compare their boards more often.

// metaProcess + its id names the word of a process in the table meta: when it was left, RFC 3339 in UTC, and after a space how many
// statements it had sent within the hour before; the quota is the account's, whoever sends them. A release of before leaves no number, and
// compares words as texts, which their beginning decides.
const metaProcess = "process/"

// PresentEvery is how often a process must call Present for others to count it; one that died is counted for PresentFor.
const (
	PresentEvery = 15 * time.Minute
	PresentFor   = 20 * time.Minute
)

// Present leaves word of this process, which sent so many statements within the last hour. One statement.
func (d *DB) Present(ctx context.Context, at time.Time, sent uint64) error {
	if d.health.readOnly() {
		return d.translate(errReadOnly)
	}
	return d.noted(ctx, d.setMeta(ctx, d.w, metaProcess+d.process, word(at)+" "+strconv.FormatUint(sent, 10)))
}

// Absent takes the word of this process back, and those of processes that died. One statement.
func (d *DB) Absent(ctx context.Context, at time.Time) error {
	_, err := d.w.ExecContext(ctx, "DELETE FROM meta WHERE name LIKE ? AND (name = ? OR value < ?)", metaProcess+"%", metaProcess+d.process, word(at.Add(-PresentFor)))
	return d.noted(ctx, err)
}

// readWord returns what a process said; ok is false for one that has not come back since.
func readWord(text string) (sent uint64, ok bool) {
	if text < word(now().Add(-PresentFor)) {
		return 0, false
	}
	_, count, _ := strings.Cut(text, " ")
	sent, _ = strconv.ParseUint(count, 10, 64) // 0 of a release that does not count
	return sent, true
}

func word(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// noted has the health of the database learn from an error outside a transaction.
func (d *DB) noted(ctx context.Context, err error) error {
	if err != nil {
		d.noteFault(ctx, classify(err))
	}
	return d.translate(err)
}
