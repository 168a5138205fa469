// Package db is the memory of OC Pizza: app.Store on MySQL (production) and on SQLite (embedded), by way of bun.
//
// MySQL 5.6 is the reference: whatever is written here runs there, on MariaDB and on MySQL 8. Driver errors never leave the package:
// they become *app.Error at its edge (error.go). A write is one transaction, retried as a whole (tx.go), and takes its locks in one order:
//
//	idempotency row → stock rows (pizzeria, ingredient ascending) → order number → order → till head → the pizzeria's sequence row
//
// (a closing of the till: till head → closings).
package db

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	"modernc.org/sqlite"
)

var _ app.Store = (*DB)(nil)

// Options of Open. Zero values have working defaults.
type Options struct {
	// URL is mysql://user:password@host/schema or sqlite:///path; see parseURL.
	URL string
	// MaxConns is the most connections to MySQL, 4 by default: production has 15 for everything, and two releases overlap at each deploy.
	// On SQLite it is the readers, beside one writer.
	MaxConns int
	// Log gets slow queries and faults, without values; none by default.
	Log *slog.Logger
	// SlowQuery is what is slow, 200 ms by default; negative: nothing is.
	SlowQuery time.Duration
	// ProbeEvery is the pause between write probes while the database is read-only or down, 5 s by default.
	ProbeEvery time.Duration
}

// How long a connection to MySQL is kept: idle, and at most. ClearDB cuts idle ones at 90 s.
const (
	idleTime = 60 * time.Second
	Lifetime = 5 * time.Minute
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	w, r    *bun.DB // the writer and the readers; on MySQL one and the same
	engine  string  // "mysql" or "sqlite"
	mysql   bool
	target  target
	log     *slog.Logger
	wire    *wire // of w, for fresh connections
	sent    atomic.Uint64
	opened  atomic.Uint64
	retries atomic.Uint64
	era     atomic.Uint64 // of the connections; see recycle
	fault   atomic.Pointer[faults]
	health  health
	// lockTries is migrationLock's.
	lockTries uint64
	process   string   // names this one among those that serve
	epochs    sync.Map // pizzeria → epoch, checked by the UPDATE that uses it
	tills     sync.Map // pizzeria → tillHead, likewise
}

// Open connects and checks that the database answers. It does not migrate. Its errors are sentences for whoever starts the program; they do
// not quote the URL.
func Open(ctx context.Context, o Options) (*DB, error) {
	t, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	d := &DB{target: t, mysql: t.mysql != nil, engine: "sqlite", log: o.Log, process: rand.Text(), lockTries: lockPatience}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 4
	}
	d.health.every = o.ProbeEvery
	if d.health.every <= 0 {
		d.health.every = 5 * time.Second
	}
	d.health.stop = make(chan struct{})
	if d.mysql {
		d.engine = "mysql"
	}
	pools, err := d.pools(ctx, o.MaxConns)
	if err != nil {
		return nil, err
	}
	for i, pool := range pools {
		var dialect schema.Dialect = sqlitedialect.New()
		if d.mysql {
			dialect = anyMySQL{mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))}
		}
		b := bun.NewDB(pool, dialect, bun.WithDiscardUnknownColumns())
		if o.SlowQuery >= 0 {
			b = b.WithQueryHook(&slowQueries{log: d.log, limit: cmp.Or(o.SlowQuery, slowByDefault)})
		}
		if d.r = b; i == 0 {
			d.w = b
		}
	}
	return d, nil
}

// anyMySQL is bun's dialect for the oldest server that there is, whatever server this is: what is sent is the same everywhere. Bun's own asks
// for the version, a statement at each start, and when the server refuses it prints what that says on the terminal, the account included.
type anyMySQL struct{ *mysqldialect.Dialect }

// Init asks nothing.
func (anyMySQL) Init(*sql.DB) {}

// pools opens the writers' pool and, on SQLite, the readers'.
func (d *DB) pools(ctx context.Context, conns int) ([]*sql.DB, error) {
	var pools []*sql.DB
	for _, readOnly := range []bool{false, true} {
		if readOnly && d.mysql {
			break
		}
		w, err := d.connector(readOnly)
		if err != nil {
			closeAll(pools)
			return nil, unopened(err)
		}
		pool := sql.OpenDB(w)
		pools = append(pools, pool)
		n := conns
		if d.mysql {
			pool.SetConnMaxIdleTime(idleTime)
			pool.SetConnMaxLifetime(Lifetime)
		} else if !readOnly {
			n = 1
		}
		if !readOnly {
			d.wire = w
		}
		pool.SetMaxOpenConns(n)
		pool.SetMaxIdleConns(n)
		if err := pool.PingContext(ctx); err != nil {
			closeAll(pools)
			return nil, unopened(err)
		}
	}
	return pools, nil
}

// unopened words why a database does not open. Whatever the driver says of it quotes the account, or is English.
func unopened(err error) error {
	if words := faultWords(err); words != "" {
		return operatorError{words, err}
	}
	return operatorError{"la base ne s’ouvre pas. " + moreWords, err}
}

func closeAll(pools []*sql.DB) {
	for _, p := range pools {
		_ = p.Close()
	}
}

// connector makes the connector of a pool.
func (d *DB) connector(readOnly bool) (*wire, error) {
	w := &wire{sent: &d.sent, network: &d.opened, era: &d.era, mysql: d.mysql, fault: &d.fault}
	var err error
	if d.mysql {
		w.greet = 1 // SET the parameters
		// The variable has another name on MySQL 5.6 and on 8; this statement is the same everywhere.
		w.setup = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
		w.Connector, err = mysql.NewConnector(d.target.mysql)
	} else {
		w.Connector, err = sqlite.NewConnector(sqliteDSN(d.target.sqlite, readOnly))
	}
	return w, err
}

// Engine is "mysql" or "sqlite".
func (d *DB) Engine() string { return d.engine }

// Statements counts what was sent to the database since Open: every statement, BEGIN, COMMIT and the set-up of connections included.
func (d *DB) Statements() uint64 { return d.sent.Load() }

// Retries counts the transactions that were run again because of a deadlock, a lock wait or a lost connection.
func (d *DB) Retries() uint64 { return d.retries.Load() }

// Stats are the pool's: of the writer, on SQLite.
func (d *DB) Stats() sql.DBStats { return d.w.Stats() }

// Bun is the handle for what is not the business: dumps, figures of use. On SQLite it is the writer's.
func (d *DB) Bun() *bun.DB { return d.w }

// Close ends the probe and every connection.
func (d *DB) Close() error {
	d.health.close()
	err := d.w.Close()
	if d.r != d.w {
		if e := d.r.Close(); err == nil {
			err = e
		}
	}
	return err
}

// slowQueries logs what takes long. The text is the template or the kind of statement, never the values: they hold names and phones.
type slowQueries struct {
	log   *slog.Logger
	limit time.Duration
}

const slowByDefault = 200 * time.Millisecond

func (*slowQueries) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (s *slowQueries) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	took := time.Since(e.StartTime)
	if took < s.limit {
		return
	}
	text := e.QueryTemplate
	if e.IQuery != nil {
		// A built query's template holds its values.
		text = e.Operation() + " " + e.IQuery.GetTableName()
	}
	s.log.WarnContext(ctx, "slow query", "took_ms", took.Milliseconds(), "query", text)
}
