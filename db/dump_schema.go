package db

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// gooseTable is the migrations' own table. It goes into a backup, so that an import by hand gives a database that « ocpizza migrate »
// can take further; a restore leaves the target's as it is.
const gooseTable = "goose_db_version"

// gooseDDL is how goose makes its table on MySQL.
const gooseDDL = `CREATE TABLE goose_db_version (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    version_id BIGINT NOT NULL,
    is_applied BOOL NOT NULL,
    tstamp DATETIME NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`

// migrationText is one migration for MySQL.
type migrationText struct {
	version    int64
	statements []string
}

// foreignKey is one that the migrations make.
type foreignKey struct {
	name, table, parent    string
	columns, parentColumns []string
}

// definition is the clause of CREATE and ALTER TABLE.
func (k foreignKey) definition() string {
	return fmt.Sprintf("CONSTRAINT `%s` FOREIGN KEY (%s) REFERENCES `%s` (%s)", k.name, quoteNames(k.columns), k.parent, quoteNames(k.parentColumns))
}

// programSchema is what this program's own migrations say.
type programSchema struct {
	steps  []migrationText
	tables []string // in the order of their making: parents first
	keys   []foreignKey
}

var (
	// The migrations are ours and of one style; TestOwnSchema compares what is read here with what a server makes of them.
	reTable = regexp.MustCompile(`(?i)^\s*CREATE TABLE (?:IF NOT EXISTS )?` + "`?(\\w+)`?")
	reAlter = regexp.MustCompile(`(?i)^\s*ALTER TABLE ` + "`?(\\w+)`?")
	reKey   = regexp.MustCompile(`(?i)CONSTRAINT (\w+) FOREIGN KEY \(([^)]*)\) REFERENCES (\w+) \(([^)]*)\)`)
	reAuto  = regexp.MustCompile(` AUTO_INCREMENT=\d+`)
)

// ownSchema reads the embedded MySQL migrations once.
var ownSchema = sync.OnceValue(func() programSchema {
	var p programSchema
	files, err := fs.Glob(migrations, "migrations/mysql/*.sql")
	if err != nil {
		panic("db: " + err.Error()) // the pattern is ours
	}
	slices.Sort(files)
	for _, name := range files {
		raw, err := migrations.ReadFile(name)
		if err != nil {
			panic("db: " + err.Error()) // embedded
		}
		base := name[strings.LastIndexByte(name, '/')+1:]
		digits, _, _ := strings.Cut(base, "_")
		version, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			panic("db: migration " + base + " has no number")
		}
		step := migrationText{version: version, statements: upStatements(string(raw))}
		for _, s := range step.statements {
			p.read(s)
		}
		p.steps = append(p.steps, step)
	}
	return p
})

// upStatements are the statements of a migration's Up part, without comments.
func upStatements(text string) []string {
	if _, after, ok := strings.Cut(text, "-- +goose Up"); ok {
		text = after
	}
	text, _, _ = strings.Cut(text, "-- +goose Down")
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			b.WriteString(line)
		}
	}
	var all []string
	for s := range strings.SplitSeq(b.String()+"\n", ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

func (p *programSchema) read(statement string) {
	table := ""
	if m := reTable.FindStringSubmatch(statement); m != nil {
		table = m[1]
		p.tables = append(p.tables, table)
	} else if m := reAlter.FindStringSubmatch(statement); m != nil {
		table = m[1]
	}
	for _, m := range reKey.FindAllStringSubmatch(statement, -1) {
		p.keys = append(p.keys, foreignKey{name: m[1], table: table, columns: splitNames(m[2]), parent: m[3], parentColumns: splitNames(m[4])})
	}
}

// ddl are the statements that make the schema of a version.
func (p *programSchema) ddl(version int64) []string {
	var all []string
	for _, s := range p.steps {
		if s.version > version {
			break
		}
		for _, q := range s.statements {
			if !movesRows(q) {
				all = append(all, strings.Replace(q, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE", 1))
			}
		}
	}
	return all
}

func movesRows(q string) bool {
	word, _, _ := strings.Cut(strings.ToUpper(q), " ")
	return slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE"}, word)
}

// movesData tells whether a migration after one version and up to another does more than change the schema: rows of before then need it run.
func (p *programSchema) movesData(after, upTo int64) bool {
	for _, s := range p.steps {
		if s.version > after && s.version <= upTo && slices.ContainsFunc(s.statements, movesRows) {
			return true
		}
	}
	return false
}

func splitNames(list string) []string {
	var all []string
	for n := range strings.SplitSeq(list, ",") {
		all = append(all, strings.Trim(strings.TrimSpace(n), "`"))
	}
	return all
}

func quoteNames(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// columnKind is how a column's values are written.
type columnKind uint8

const (
	textColumn columnKind = iota
	numberColumn
	timeColumn   // microseconds at most
	binaryColumn // bytes, written in hexadecimal
)

type dumpColumn struct {
	name string
	kind columnKind
}

// dumpTable is one table as it is in the database.
type dumpTable struct {
	name    string
	columns []dumpColumn
	key     []string // columns of the primary key, in its order
}

func columnNames(columns []dumpColumn) []string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return all
}

// kindOf maps a declared type of either engine.
func kindOf(declared string) columnKind {
	declared, _, _ = strings.Cut(strings.ToLower(declared), "(")
	switch {
	case strings.Contains(declared, "int"), strings.Contains(declared, "bool"), strings.Contains(declared, "decimal"),
		declared == "double", declared == "float", declared == "real", declared == "bit":
		return numberColumn
	case strings.HasPrefix(declared, "datetime"), strings.HasPrefix(declared, "timestamp"):
		return timeColumn
	case strings.Contains(declared, "blob"), strings.Contains(declared, "binary"):
		return binaryColumn
	}
	return textColumn
}

// describe reads a table's columns and primary key; no columns when it does not exist.
func (d *DB) describe(ctx context.Context, q querier, table string) (dumpTable, error) {
	t := dumpTable{name: table}
	query := "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid"
	if d.mysql {
		// SEQ_IN_INDEX is the place in the primary key, as pk is on SQLite.
		query = "SELECT c.COLUMN_NAME, c.DATA_TYPE, COALESCE(s.SEQ_IN_INDEX, 0) FROM information_schema.COLUMNS c" +
			" LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME" +
			" AND s.COLUMN_NAME = c.COLUMN_NAME AND s.INDEX_NAME = 'PRIMARY'" +
			" WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION"
	}
	rows, err := q.QueryContext(ctx, query, table)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	key := map[int]string{}
	for rows.Next() {
		var name, declared string
		var place int
		if err := rows.Scan(&name, &declared, &place); err != nil {
			return t, err
		}
		t.columns = append(t.columns, dumpColumn{name, kindOf(declared)})
		if place > 0 {
			key[place] = name
		}
	}
	for i := range len(key) {
		t.key = append(t.key, key[i+1])
	}
	return t, rows.Err()
}

// existing lists the tables of the database.
func (d *DB) existing(ctx context.Context, q querier) ([]string, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
	if d.mysql {
		query = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME"
	}
	return stringList(ctx, q, query)
}
