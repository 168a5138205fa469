package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// RestoreOptions say how to restore.
type RestoreOptions struct {
	// Replace lets what the database holds be replaced; otherwise only an empty one is filled.
	Replace bool
	// WithoutDemo leaves the demo's accounts out, whose passwords are public, and its mark: for production.
	WithoutDemo bool
	Progress    func(DumpProgress)
}

// ErrNotEmpty is returned by Restore when the database holds something and Replace is not set.
var ErrNotEmpty = errors.New("la base contient déjà des données : rien n’a été changé. Pour les remplacer toutes par celles de la sauvegarde, ajoutez --replace (faites d’abord une sauvegarde de ce qu’elle contient : ocpizza backup)")

// Restore verifies files, then puts what they hold into the database in place of what is there, and gives every board a new epoch so that
// all screens load again. The files are one backup of Dump's, or SQL exports of MySQL or MariaDB with structure and rows in any order.
//
// It is all or nothing. On SQLite it is one transaction. On MySQL rows are loaded into tables of their own beside the real ones, which one
// RENAME TABLE then replaces all at once: until then the application works on, and whatever fails leaves it untouched.
func (d *DB) Restore(ctx context.Context, files []DumpFile, o RestoreOptions) (DumpInfo, error) {
	there, err := d.fillable(ctx, o.Replace)
	if err != nil {
		return DumpInfo{}, err
	}
	info, err := VerifyDump(ctx, files, o.Progress)
	if err != nil {
		return info, err
	}
	if err := d.readySchema(ctx, there, info); err != nil {
		return info, err
	}
	var into loadTarget
	if d.mysql {
		into, err = d.shadows(ctx)
	} else {
		into, err = d.replacement(ctx)
	}
	if err != nil {
		return info, untouched(err)
	}
	l := &loading{d: d, ctx: ctx, into: into, info: info, o: o, tables: map[string]dumpTable{}}
	if err := l.run(files); err != nil {
		into.undo()
		return info, untouched(err)
	}
	if err := into.done(ctx); err != nil {
		return info, err
	}
	d.forgetCopies()
	if there { // what later migrations add to an older backup is there already
		return info, nil
	}
	_, err = d.Migrate(ctx)
	return info, ForOperator(err)
}

// forgetCopies drops what was remembered of rows that are not there any more.
func (d *DB) forgetCopies() {
	d.epochs.Clear()
	d.tills.Clear()
}

// untouched says, with what went wrong, that nothing was changed.
func untouched(err error) error {
	err = ForOperator(err)
	return operatorError{err.Error() + ". La base n’a pas été changée", err}
}

// fillable tells whether the program's tables exist already, and refuses a database that must not be filled.
func (d *DB) fillable(ctx context.Context, replace bool) (there bool, err error) {
	names, err := d.existing(ctx, d.w)
	if err != nil {
		return false, ForOperator(err)
	}
	for _, name := range ownSchema().tables {
		if !slices.Contains(names, name) {
			continue
		}
		there = true
		if replace || name == "meta" || name == "sequences" {
			continue
		}
		n, err := oneNumber(ctx, d.w, "SELECT 1 FROM `"+name+"` LIMIT 1")
		if err != nil {
			return there, ForOperator(err)
		}
		if n > 0 {
			return there, ErrNotEmpty
		}
	}
	return there, nil
}

// readySchema brings the schema to where the backup's rows fit. An empty database is brought to the backup's own version, and after the
// rows further; one that has its tables must be the program's, and takes an older backup if only columns and tables were added since.
func (d *DB) readySchema(ctx context.Context, there bool, info DumpInfo) error {
	own := ownSchema()
	newest := own.steps[len(own.steps)-1].version
	if !there {
		if info.Schema == 0 {
			info.Schema = newest
		}
		return ForOperator(d.migrator(func(p *goose.Provider) error {
			_, err := p.UpTo(ctx, info.Schema)
			return err
		}))
	}
	current, needed, err := d.SchemaVersion(ctx)
	switch {
	case err != nil:
		return ForOperator(err)
	case current < needed:
		return fmt.Errorf("le schéma de la base est à la version %d, il faut la %d : lancez « ocpizza migrate », puis recommencez", current, needed)
	case current > needed:
		return fmt.Errorf("la base est à la version %d du schéma, ce programme ne connaît que la %d : restaurez avec le programme à jour", current, needed)
	case info.Schema > 0 && info.Schema < needed && own.movesData(info.Schema, needed):
		return fmt.Errorf("cette sauvegarde est de la version %d du schéma, la base de la %d, et les données ont changé de forme entre les deux : restaurez dans une base neuve, sans tables, qui sera mise à jour ensuite", info.Schema, needed)
	}
	return nil
}

// loadTarget is where rows are loaded.
type loadTarget interface {
	// q runs statements about the rows loaded so far.
	querier
	// table is the name, quoted, under which a table is loaded; before is that of the table as it was, of those in kept.
	table(name string) string
	before(name string) string
	// insert begins rows of a table, each with these columns, and returns what takes them.
	insert(ctx context.Context, table string, columns []dumpColumn) (func([]cell) error, error)
	// flush sends the rows that are held back.
	flush(ctx context.Context) error
	// check looks for rows whose foreign key finds nothing.
	check(ctx context.Context) error
	// done makes the rows the database's; undo forgets them.
	done(ctx context.Context) error
	undo()
}

// loading is one restore.
type loading struct {
	d      *DB
	ctx    context.Context //nolint:containedctx // lives as long as the restore
	into   loadTarget
	info   DumpInfo
	o      RestoreOptions
	tables map[string]dumpTable // of the database
	passed int64                // rows of meta left out
}

func (l *loading) run(files []DumpFile) error {
	again, err := scanDump(l.ctx, "load", files, l.o.Progress, l.begin)
	if err != nil {
		return err
	}
	if err := l.into.flush(l.ctx); err != nil {
		return err
	}
	if !slices.Equal(again.Tables, l.info.Tables) {
		return errors.New("les fichiers ont changé pendant la restauration")
	}
	if err := l.count(); err != nil {
		return err
	}
	if err := l.finish(); err != nil {
		return err
	}
	return l.into.check(l.ctx)
}

// begin maps the columns of an INSERT to those of the database.
func (l *loading) begin(name string, columns []string) (func([]cell) error, error) {
	if slices.Contains(leftOut, name) {
		return func([]cell) error { return nil }, nil
	}
	t, ok := l.tables[name]
	if !ok {
		var err error
		if t, err = l.d.describe(l.ctx, l.into, name); err != nil {
			return nil, err
		}
		if len(t.columns) == 0 {
			return nil, fmt.Errorf("la table %s n’existe pas dans la base : lancez « ocpizza migrate »", name)
		}
		l.tables[name] = t
	}
	if columns == nil {
		columns = columnNames(t.columns)
	}
	mapped := make([]dumpColumn, len(columns))
	for i, c := range columns {
		at := slices.IndexFunc(t.columns, func(have dumpColumn) bool { return have.name == c })
		if at < 0 {
			return nil, fmt.Errorf("la colonne %s.%s n’existe pas dans la base : ce n’est pas une sauvegarde de ce programme", name, c)
		}
		mapped[i] = t.columns[at]
	}
	take, err := l.into.insert(l.ctx, name, mapped)
	if err != nil {
		return nil, err
	}
	of := slices.Index(columns, "name")
	return func(cells []cell) error {
		if name == "meta" && of >= 0 && of < len(cells) && ofThisDatabase(string(cells[of].text)) {
			l.passed++
			return nil
		}
		if len(cells) != len(mapped) {
			return fmt.Errorf("table %s : %d valeurs pour %d colonnes", name, len(cells), len(mapped))
		}
		if err := take(cells); err != nil {
			return fmt.Errorf("table %s : %w", name, ForOperator(err))
		}
		return nil
	}, nil
}

// count compares the rows in the database with those read.
func (l *loading) count() error {
	told := DumpProgress{Stage: "check", Total: l.info.Rows()}
	for _, want := range l.info.Tables {
		if slices.Contains(leftOut, want.Table) {
			continue
		}
		query := "SELECT COUNT(*) FROM " + l.into.table(want.Table)
		if want.Table == "meta" {
			query += " WHERE NOT " + ofThisDatabaseSQL
			want.Rows -= l.passed
		}
		n, err := oneNumber(l.ctx, l.into, query)
		if err != nil {
			return err
		}
		if n != want.Rows {
			return fmt.Errorf("table %s : %d lignes chargées au lieu de %d", want.Table, n, want.Rows)
		}
		told.Done += n
		told.Rows = told.Done
		if l.o.Progress != nil {
			l.o.Progress(told)
		}
	}
	return nil
}

// kept are the tables that finish looks at as they were before.
var kept = []string{"meta", "users", "devices", "sessions"}

// keepSessions are the sessions that go on: of a person or screen that the backup knows as the same, password included. Those of the backup
// itself are not in it.
const keepSessions = "INSERT INTO %[1]s SELECT * FROM %[2]s s WHERE EXISTS (SELECT 1 FROM %[3]s n JOIN %[4]s o ON o.id = n.id AND o.login = n.login" +
	" AND o.role = n.role AND o.password_hash = n.password_hash WHERE n.id = s.user_id AND s.device_id = 0)" +
	" OR EXISTS (SELECT 1 FROM %[5]s n JOIN %[6]s o ON o.id = n.id AND o.pizzeria_id = n.pizzeria_id AND o.name = n.name" +
	" AND o.paired_at = n.paired_at AND o.is_revoked = n.is_revoked WHERE n.id = s.device_id AND s.user_id = 0)"

// finish makes the rows fit to be served: what is about this database stays, no demo if so asked, a number for each shop, a new epoch for
// all, and the ends of sessions counted so that servers look them up.
func (l *loading) finish() error {
	at, was := l.into.table, l.into.before
	ignore := "INSERT OR IGNORE INTO "
	if l.d.mysql {
		ignore = "INSERT IGNORE INTO "
	}
	var queries []string
	if l.o.WithoutDemo {
		queries = append(queries,
			"DELETE FROM "+at("user_pizzerias")+" WHERE user_id IN (SELECT id FROM "+at("users")+" WHERE is_demo = 1)",
			"DELETE FROM "+at("users")+" WHERE is_demo = 1",
			"DELETE FROM "+at("meta")+" WHERE name = '"+metaDemo+"'",
			"UPDATE "+at("pizzerias")+" SET always_open = 0",
		)
	}
	queries = append(queries,
		ignore+at("meta")+" (name, value) SELECT name, value FROM "+was("meta")+" WHERE "+ofThisDatabaseSQL,
		ignore+at("sequences")+" (pizzeria_id, epoch, seq) SELECT id, '', 0 FROM "+at("pizzerias"),
		ignore+at("sequences")+" (pizzeria_id, epoch, seq) VALUES (0, '', 0)", // app.House: the row of ended sessions
		"UPDATE "+at("sequences")+" SET epoch = '"+newEpoch()+"'",
		"UPDATE "+at("sequences")+" SET seq = seq + 1 WHERE pizzeria_id = 0",
	)
	names, err := l.d.existing(l.ctx, l.into)
	if err != nil {
		return err
	}
	if slices.Contains(names, "sessions") && slices.Contains(names, "devices") && slices.Contains(names, "users") {
		queries = append(queries, fmt.Sprintf(keepSessions, at("sessions"), was("sessions"), at("users"), was("users"), at("devices"), was("devices")))
	}
	for _, q := range queries {
		if _, err := l.into.ExecContext(l.ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// orphans is the query that finds a row whose foreign key points nowhere.
func orphans(k foreignKey, name func(string) string) string {
	var on, set []string
	for i, c := range k.columns {
		on = append(on, "p.`"+k.parentColumns[i]+"` = c.`"+c+"`")
		set = append(set, "c.`"+c+"` IS NOT NULL")
	}
	return "SELECT 1 FROM " + name(k.table) + " c LEFT JOIN " + name(k.parent) + " p ON " + strings.Join(on, " AND ") +
		" WHERE " + strings.Join(set, " AND ") + " AND p.`" + k.parentColumns[0] + "` IS NULL LIMIT 1"
}

// checkKeys looks for such rows in every table.
func checkKeys(ctx context.Context, q querier, name func(string) string) error {
	for _, k := range ownSchema().keys {
		n, err := oneNumber(ctx, q, orphans(k, name))
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("des lignes de %s renvoient à des lignes de %s qui manquent : l’export est incomplet", k.table, k.parent)
		}
	}
	return nil
}
