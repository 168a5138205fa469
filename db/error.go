package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
	"modernc.org/sqlite"
)

// fault is what an error of a driver means to whoever asked.
type fault uint8

const (
	noFault   fault = iota // not the database's fault, or not known
	busy                   // run the whole transaction again
	crowded                // no connection is to be had: others hold them all, perhaps for a moment
	lost                   // the connection broke: nothing was saved, unless it broke during COMMIT
	refused                // the database answers, but takes no writes
	down                   // nobody answers
	late                   // whoever asked went away, or had no more time
	duplicate              // a unique key holds already
	tooLong                // a text does not fit
	broken                 // a check or a foreign key forbids it
)

// mysqlFaults maps the numbers of https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and MariaDB's.
var mysqlFaults = map[uint16]fault{
	1213: busy, // deadlock
	1205: busy, // lock wait time-out
	1020: busy, // MariaDB: record changed since last read

	1040: crowded, // too many connections
	1203: crowded, // the account's connections are all in use; see also 1226 in mysqlFault

	1142: refused, // INSERT or UPDATE revoked: ClearDB over its storage quota
	1044: refused, // access to the schema revoked
	1290: refused, // --read-only
	1226: refused, // over the hourly quota of queries
	1114: refused, // the table is full
	1021: refused, // the disk is full
	1036: refused, // the table is read-only

	1053: lost, // the server is shutting down
	1317: lost, // the query was interrupted
	1927: lost, // MariaDB: connection was killed
	1152: lost, // aborted connection

	1045: down, // access denied: the password was changed
	1049: down, // unknown schema

	1062: duplicate,
	1406: tooLong,
	4025: broken, // MariaDB: CHECK
	3819: broken, // MySQL 8: CHECK
	1452: broken,
}

// sqliteFaults maps result codes (https://www.sqlite.org/rescode.html); an extended code is looked up before its primary one.
var sqliteFaults = map[int]fault{
	5:    busy,    // SQLITE_BUSY, and with it 517 SQLITE_BUSY_SNAPSHOT
	6:    busy,    // SQLITE_LOCKED
	8:    refused, // SQLITE_READONLY
	13:   refused, // SQLITE_FULL
	10:   down,    // SQLITE_IOERR
	11:   down,    // SQLITE_CORRUPT
	14:   down,    // SQLITE_CANTOPEN
	26:   down,    // SQLITE_NOTADB
	1555: duplicate,
	2067: duplicate,
	19:   broken, // SQLITE_CONSTRAINT
}

// mysqlFault is the fault of a server's error. 1226 stands for each limit of an account, which its text alone tells apart: that of its
// connections at one time is over as soon as somebody leaves, those by the hour are not.
func mysqlFault(e *mysql.MySQLError) fault {
	if e.Number == 1226 && strings.Contains(e.Message, "'max_user_connections'") {
		return crowded
	}
	return mysqlFaults[e.Number]
}

// classify says what an error means. An error that no driver made is noFault.
func classify(err error) fault {
	if err == nil {
		return noFault
	}
	if errors.Is(err, errReadOnly) {
		return refused
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return mysqlFault(e)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		if f, ok := sqliteFaults[e.Code()]; ok {
			return f
		}
		return sqliteFaults[e.Code()&0xff]
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return down
	}
	if _, ok := errors.AsType[net.Error](err); ok && !errors.Is(err, context.DeadlineExceeded) {
		return lost
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return lost
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return late
	}
	if errors.Is(err, sql.ErrConnDone) {
		return down
	}
	return noFault
}

// translate turns an error into a refusal that may be shown; its cause is only logged. Refusals pass as they are.
func (d *DB) translate(err error) error {
	if err == nil || errors.Is(err, app.ErrUnchanged) {
		return err
	}
	if _, ok := errors.AsType[*app.Error](err); ok || IsTampered(err) {
		return err
	}
	switch classify(err) {
	case busy:
		return app.Wrap(err, app.Unavailable, "Trop de demandes arrivent en même temps. Réessayez dans un instant.")
	case refused:
		return app.Wrap(err, app.Unavailable, "Les commandes en ligne sont momentanément suspendues. Appelez la pizzeria.")
	case lost, down, late, crowded:
		return app.Wrap(err, app.Unavailable, "Nos serveurs ne répondent pas pour l’instant. Réessayez dans un instant, ou appelez la pizzeria.")
	case tooLong:
		return app.Wrap(err, app.Invalid, "Un des textes est trop long. Raccourcissez-le et réessayez.")
	}
	if errors.Is(err, sql.ErrNoRows) {
		return app.Wrap(err, app.NotFound, "Cet élément n’existe pas ou n’existe plus.")
	}
	return app.AsError(err)
}
