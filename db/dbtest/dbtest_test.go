package dbtest

import (
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

func TestMain(m *testing.M) {
	if os.Getenv("DBTEST_CHILD") != "" {
		victim()
	}
	Main(m)
}

// open connects the way the application must: through the URL alone.
func open(t *testing.T, rawURL string) *sql.DB {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = u.User.Username(), "tcp", u.Host
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.TrimPrefix(u.Path, "/")
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func mustExec(t *testing.T, pool *sql.DB, statement string) {
	t.Helper()
	if _, err := pool.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// number is the server's error number, 0 when there is none.
func number(err error) uint16 {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		return refused.Number
	}
	return 0
}

func TestEnginesGivesFreshDatabases(t *testing.T) {
	need(t)
	var seen []string
	Engines(t, func(t *testing.T, rawURL string) {
		seen = append(seen, rawURL)
		if path, ok := strings.CutPrefix(rawURL, "sqlite://"); ok {
			if !filepath.IsAbs(path) {
				t.Errorf("%q is not absolute", path)
			}
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%q exists", path)
			}
			return
		}
		var tables int
		pool := open(t, rawURL)
		err := pool.QueryRow("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(&tables)
		if err != nil || tables != 0 {
			t.Errorf("%d tables, %v", tables, err)
		}
	})
	if len(seen) != 2 || !strings.HasPrefix(seen[0], "sqlite:///") || !strings.HasPrefix(seen[1], "mysql://") {
		t.Errorf("engines: %q", seen)
	}
}

func TestSchemaURLIsClearDBs(t *testing.T) {
	rawURL := MariaDB(t).Schema(t)
	if !strings.Contains(rawURL, ":p%40ss") || !strings.HasSuffix(rawURL, "?reconnect=true") {
		t.Errorf("%s", rawURL)
	}
	user, schema := account(t, rawURL)
	if len(user) > 16 || len(schema) > 64 {
		t.Errorf("too long for MySQL 5.6: %s, %s", user, schema)
	}
}

func TestServerIsAsUglyAsClearDB(t *testing.T) {
	pool := open(t, MariaDB(t).Schema(t))
	for variable, want := range map[string]string{
		"auto_increment_increment": "10",
		"wait_timeout":             "20",
		"sql_mode":                 "NO_ENGINE_SUBSTITUTION",
		"character_set_database":   "latin1",
		"time_zone":                "-05:00",
		"tx_isolation":             "REPEATABLE-READ",
		"log_bin":                  "0",
		"max_allowed_packet":       "4194304",
	} {
		var got string
		if err := pool.QueryRow("SELECT @@" + variable).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", variable, got, err, want)
		}
	}
}

func TestIdsStepByTenFromTheOffset(t *testing.T) {
	server := MariaDB(t)
	pool := open(t, server.Schema(t))
	mustExec(t, pool, "CREATE TABLE n (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)")
	for range 2 {
		mustExec(t, pool, "INSERT INTO n (v) VALUES (1), (2)")
	}
	rows, err := pool.Query("SELECT id FROM n ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	last := 0
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		if id%10 != server.Offset()%10 || id-last < 1 || last > 0 && (id-last)%10 != 0 {
			t.Errorf("id %d after %d, offset %d", id, last, server.Offset())
		}
		last = id
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAccountReachesItsOwnSchemaOnly(t *testing.T) {
	server := MariaDB(t)
	mine, other := server.Schema(t), server.Schema(t)
	pool := open(t, mine)
	_, schema := account(t, other)
	mustExec(t, open(t, other), "CREATE TABLE secret (id INT)")
	for _, statement := range []string{
		"SELECT * FROM `" + schema + "`.secret",
		"CREATE DATABASE another",
		"SET GLOBAL wait_timeout = 90",
		"SET GLOBAL read_only = 1",
		"SELECT * FROM mysql.global_priv",
		"RESET MASTER",
		"FLUSH TABLES WITH READ LOCK",
		"SELECT 1 INTO OUTFILE '/tmp/ocpizza-outfile'",
		"CREATE USER somebody",
	} {
		_, err := pool.Exec(statement)
		if n := number(err); n != 1142 && n != 1044 && n != 1045 && n != 1227 {
			t.Errorf("%s: %v", statement, err)
		}
	}
	for _, statement := range []string{
		"CREATE TABLE parent (id INT PRIMARY KEY) ENGINE=InnoDB",
		"CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB",
		"ALTER TABLE child ADD COLUMN v INT, ADD INDEX v (v)",
		"CREATE VIEW seen AS SELECT * FROM parent",
		"CREATE TEMPORARY TABLE scratch (id INT)",
		"LOCK TABLES parent WRITE",
		"UNLOCK TABLES",
		"DROP TABLE child",
	} {
		mustExec(t, pool, statement)
	}
}

func TestIndexedStringsLongerThan191AreRefused(t *testing.T) {
	pool := open(t, MariaDB(t).Schema(t))
	const table = "CREATE TABLE `%` (s VARCHAR(%) NOT NULL, UNIQUE (s)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
	mustExec(t, pool, strings.ReplaceAll(table, "%", "191"))
	if _, err := pool.Exec(strings.ReplaceAll(table, "%", "192")); number(err) != 1709 {
		t.Errorf("192 characters: %v, want error 1709", err)
	}
}

func TestFifteenConnections(t *testing.T) {
	pool := open(t, MariaDB(t).Schema(t))
	for range 15 {
		c, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if _, err := pool.Conn(t.Context()); number(err) != 1226 {
		t.Errorf("the sixteenth: %v, want error 1226", err)
	}
}

func TestRootHasNoPort(t *testing.T) {
	server := MariaDB(t)
	host, port, err := net.SplitHostPort(server.Addr())
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("%s, %v", server.Addr(), err)
	}
	err = open(t, "mysql://root@"+net.JoinHostPort(host, port)+"/mysql").Ping()
	if n := number(err); n != 1045 && n != 1698 {
		t.Errorf("root over TCP: %v", err)
	}
}

func TestSchemaIsDroppedWithItsLocks(t *testing.T) {
	server := MariaDB(t)
	var user, schema string
	t.Run("a test that leaves everything open", func(t *testing.T) {
		rawURL := server.Schema(t)
		user, schema = account(t, rawURL)
		pool := open(t, rawURL)
		mustExec(t, pool, "CREATE TABLE n (id INT)")
		tx, err := pool.Begin()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback() })
		if _, err := tx.Exec("INSERT INTO n VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		// The pool of an application under test is closed after the schema is dropped.
		t.Cleanup(func() { server.drop(t, user, schema) })
	})
	var left int
	err := server.Root().QueryRow("SELECT (SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?)"+
		" + (SELECT COUNT(*) FROM mysql.global_priv WHERE User = ?)", schema, user).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d left, %v", left, err)
	}
}
