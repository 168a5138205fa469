package db

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// target is what a database URL names: a MySQL server or a SQLite file, never both.
type target struct {
	mysql  *mysql.Config
	sqlite string // path
}

// errURL says what is wrong without quoting the URL: it holds the password, and so do the errors of net/url.
var errURL = errors.New("l’adresse de la base est illisible : écrivez-la comme mysql://compte:motdepasse@hôte/base, les signes du mot de passe encodés (%40 pour @)")

// Time-outs of a MySQL connection. A dial to a host that drops packets must not hold a request longer than a person waits.
const (
	connectTimeout = 5 * time.Second
	ioTimeout      = 30 * time.Second
	// lockWait, in seconds, is below ioTimeout so that the server gives up first and says why (error 1205).
	lockWait = "5"
)

// collation exists on every server from 5.6 on.
const collation = "utf8mb4_unicode_ci"

// sqlMode makes the server refuse what it would otherwise cut short or zero in silence (MySQL 5.6's default).
const sqlMode = "'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"

// parseURL reads a database URL. Only tls, timeout, readTimeout and writeTimeout are taken from its query; whatever else a host adds
// (ClearDB's reconnect=true) is left out, since the driver would send it to the server as a variable (error 1193).
func parseURL(raw string) (target, error) {
	if path, ok := strings.CutPrefix(raw, "sqlite://"); ok {
		if path == "" || strings.Contains(path, ":memory:") {
			return target{}, errors.New("l’adresse de la base ne nomme pas de fichier : écrivez-la comme sqlite:///chemin")
		}
		return target{sqlite: path}, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, errURL
	}
	if u.Scheme != "mysql" && u.Scheme != "mysql2" {
		return target{}, errors.New("l’adresse de la base doit commencer par mysql:// (ou sqlite://) : reprenez celle que donne l’hébergeur")
	}
	schema := strings.TrimPrefix(u.Path, "/")
	if u.Hostname() == "" || u.User == nil || schema == "" || strings.Contains(schema, "/") {
		return target{}, errURL
	}
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, schema
	if u.Port() == "" {
		c.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	c.ParseTime, c.Loc = true, time.UTC
	c.ClientFoundRows = true   // affected rows are the rows found: a guard that holds counts even when nothing changes
	c.InterpolateParams = true // one round trip instead of three; safe with utf8mb4, the driver refuses the charsets where it is not
	c.Timeout, c.ReadTimeout, c.WriteTimeout = connectTimeout, ioTimeout, ioTimeout
	c.Logger = &mysql.NopLogger{} // every error is returned too, and logged once at the edge
	// The driver sets these in one statement. The last three are what SET NAMES does (dev.mysql.com, « SET NAMES »), which would be a second
	// one on each connection: every five minutes that is a dozen an hour of a quota that counts them.
	c.Collation = collation
	c.Params = map[string]string{
		"time_zone": "'+00:00'", "sql_mode": sqlMode, "innodb_lock_wait_timeout": lockWait,
		"character_set_client": "utf8mb4", "character_set_results": "utf8mb4", "collation_connection": collation,
	}
	return target{mysql: c}, queryParams(c, u)
}

// queryParams applies the allow-listed parameters of the URL.
func queryParams(c *mysql.Config, u *url.URL) error {
	q := u.Query()
	for name, at := range map[string]*time.Duration{"timeout": &c.Timeout, "readTimeout": &c.ReadTimeout, "writeTimeout": &c.WriteTimeout} {
		if !q.Has(name) {
			continue
		}
		d, err := time.ParseDuration(q.Get(name))
		if err != nil || d <= 0 {
			return fmt.Errorf("l’option %s de l’adresse de la base n’est pas une durée, comme 5s", name)
		}
		*at = d
	}
	switch q.Get("tls") {
	case "", "false":
	case "true":
		c.TLS = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	case "skip-verify", "preferred":
		c.TLSConfig = q.Get("tls")
	default:
		return errors.New("l’option tls de l’adresse de la base doit être true, false, skip-verify ou preferred")
	}
	return nil
}

// sqliteDSN is how the driver opens a file. Readers share it with one writer: WAL lets them read while it writes.
func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_txlock": {"immediate"}}
	pragmas := []string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"}
	if readOnly {
		pragmas = []string{"busy_timeout(5000)", "query_only(ON)"}
	}
	q["_pragma"] = pragmas
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
