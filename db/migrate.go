package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// How the schema changes: expand, then contract, in two releases at least. At each deployment the release phase migrates while the release of
// before still serves, both then serve side by side for a while, and a rollback starts the release of before, its own release phase
// included, on the newer schema. Hence, of a migration:
//
//   - It only adds: a table; a column that is NULL or has a default; an index. Never NOT NULL without a default, for the release of before
//     inserts rows without it; never a UNIQUE or a CHECK that what it writes could break; never a new value in a column that it reads, unless
//     it copes with unknown ones.
//   - The release that adds a column writes it and reads it with care: rows of before, and of the other release meanwhile, do not have it.
//     What must be filled in is filled in later, a thousand rows at a time, by a command rather than by a migration.
//   - A column, table or index goes in a release of its own, once no release that could still be rolled back to names it. (bun names every
//     column that it reads; a query with * would not survive.) A renaming is an addition, a release that writes both, and a removal.
//   - One statement of DDL, which may be run again after it failed half-way (IF NOT EXISTS, or guarded): on MySQL each commits by itself.
//   - A file that was released is never changed or removed, and its number is higher than all before it.
//   - A program serves on a newer schema, and on an older one down to oldestServable (CheckServable); the tools want the newest (CheckSchema).
//
// TestOlderBinary, TestOldestServable and, over the history, « update » of cmd/ocpizza's TestDeploy see that it is kept.
//
//go:embed migrations
var migrations embed.FS

// oldestServable is the oldest schema with which this program can serve: whoever adds a migration that orders, boards, sessions or
// supervision need brings it to that migration's number. 35 and 36 are for pages that are asked for now and then.
const oldestServable = 34

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string // of its file
	Applied   bool
	AppliedAt time.Time // zero until applied
}

// Migrate brings the schema up to this program's version and returns what it applied. Several processes may call it at once: on MySQL the
// lock is a row with a lease (GET_LOCK would die with an idle connection). A schema newer than the program is left as it is. With nothing to
// apply goose writes nothing, not even the lock: a release can be deployed, or rolled back to, while the database is over its storage quota.
func (d *DB) Migrate(ctx context.Context) ([]Migration, error) {
	var done []Migration
	err := d.migrator(func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		for _, r := range results {
			done = append(done, Migration{Version: r.Source.Version, Name: r.Source.Path, Applied: true})
		}
		return err
	})
	return done, err
}

// Status lists the program's migrations, applied or not, oldest first.
func (d *DB) Status(ctx context.Context) ([]Migration, error) {
	var all []Migration
	err := d.migrator(func(p *goose.Provider) error {
		status, err := p.Status(ctx)
		for _, s := range status {
			all = append(all, Migration{
				Version: s.Source.Version, Name: s.Source.Path, Applied: s.State == goose.StateApplied, AppliedAt: s.AppliedAt,
			})
		}
		return err
	})
	return all, err
}

// SchemaVersion returns the version of the database's schema (0: empty) and the one that this program needs. A database ahead of the
// program is fine: migrations only add until the release after (expand, then contract), so that a rollback can start.
func (d *DB) SchemaVersion(ctx context.Context) (current, needed int64, err error) {
	err = d.migrator(func(p *goose.Provider) error {
		var err error
		current, needed, err = p.GetVersions(ctx)
		return err
	})
	return current, needed, err
}

// CheckSchema refuses a database whose schema is older than the program.
func (d *DB) CheckSchema(ctx context.Context) error {
	current, needed, err := d.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if current < needed {
		return app.Errorf(app.Unavailable, "Le schéma de la base est à la version %d, il faut la %d : lancez « ocpizza migrate ».", current, needed)
	}
	return nil
}

// CheckServable refuses a database whose schema is too old to serve on. behind tells that it is older than the program all the same: what
// the missing migrations are for does not work until « ocpizza migrate » has run.
func (d *DB) CheckServable(ctx context.Context) (behind bool, err error) {
	current, needed, err := d.SchemaVersion(ctx)
	if err != nil {
		return false, err
	}
	if current < oldestServable {
		return true, d.CheckSchema(ctx)
	}
	return current < needed, nil
}

// migrator runs f on connections of its own: goose holds one while its locker takes others, which a pool of one connection would not give.
// Its errors are sentences for the operator. f may be run twice.
func (d *DB) migrator(f func(*goose.Provider) error) error {
	w, err := d.connector(false)
	if err != nil {
		return ForOperator(err)
	}
	pool := sql.OpenDB(w)
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(3)

	files, err := fs.Sub(migrations, "migrations/"+d.engine)
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", d.engine, err)
	}
	row := migrationLock{tries: d.lockTries}
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(d.log)}
	if d.mysql {
		dialect = goose.DialectMySQL
		locker, err := row.locker()
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		options = append(options, goose.WithLocker(locker))
	}
	p, err := goose.NewProvider(dialect, pool, files, options...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	err = f(p)
	if err != nil && d.mysql && beginHistory(pool) {
		err = f(p)
	}
	// goose has no lock on SQLite, where a column cannot be added « if not exists »: who comes second finds it there, and the migration's own
	// row with it, for both are of one transaction.
	for range 10 {
		if d.mysql || err == nil || !strings.Contains(err.Error(), "duplicate column name") {
			break
		}
		err = f(p)
	}
	return migrationError(err, row.held)
}

// beginHistory writes the first row of goose's table if it has none, and tells whether it did: on MySQL the table stands as soon as it is
// made, and goose, killed before its first row, would call its history broken for ever.
func beginHistory(pool *sql.DB) bool {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	res, err := pool.ExecContext(ctx, "INSERT INTO "+gooseTable+" (version_id, is_applied) SELECT 0, 1 FROM (SELECT COUNT(*) AS n FROM "+gooseTable+") AS had WHERE n = 0")
	if err != nil {
		return false // the error that led here is the one to tell
	}
	n, err := res.RowsAffected()
	return err == nil && n == 1
}

// migrationLock is the lock of one migration on MySQL: a row with a lease of 30 s, which one that was killed leaves behind.
type migrationLock struct {
	tries uint64 // a second apart
	held  bool   // somebody else had it at the last try
}

// locker makes goose's. What the database refuses is not asked for again: it would be refused for as long as somebody waits for the lock.
func (l *migrationLock) locker() (lock.Locker, error) {
	again := func(err error) bool {
		kind := classify(err)
		l.held = kind == noFault
		return l.held || kind == busy || kind == crowded || kind == lost
	}
	// Its log would quote what the server says of the account; what ends a migration comes back as an error.
	return lock.NewMySQLTableLocker(lock.WithTableLockTimeout(time.Second, l.tries), lock.WithTableRetryPolicy(again),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)))
}

// lockPatience is how often, a second apart, a migration asks for the lock.
const lockPatience = 300

// migrationError words for the operator why the schema could not be read or brought up to date.
func migrationError(err error, held bool) error {
	if err == nil {
		return nil
	}
	words := faultWords(err)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		if words == "" {
			words = "erreur inattendue. " + moreWords
		}
		return operatorError{fmt.Sprintf("la migration %s n’a pas pu être appliquée : %s. Celles d’avant le sont ; « ocpizza migrate » reprend à celle-ci",
			partial.Failed.Source.Path, words), err}
	}
	switch {
	case words != "":
		return operatorError{words, err}
	case held:
		return operatorError{"une autre migration est en cours sur cette base, et dure. Attendez-en la fin et recommencez ; si aucune ne tourne, ôtez son verrou" +
			" (DELETE FROM goose_lock, avec un client MySQL), puis recommencez", err}
	}
	return operatorError{"l’historique des migrations de la base ne va pas avec ce programme (« ocpizza migrate --status »). Déployez la version qui a migré cette base. " +
		moreWords, err}
}
