package db

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// cell is one value of an INSERT as it is written.
type cell struct {
	kind cellKind
	text []byte // without quotes and escapes; belongs to the reader and lasts until the next row
}

type cellKind uint8

const (
	nullCell cellKind = iota
	numberCell
	textCell
)

// sqlReader reads the SQL that mysqldump, mariadb-dump, MySQL Workbench and Dump write, a row at a time: a statement may be longer than
// memory. It calls back for rows and for our own comments, and passes over what else such a file holds (settings, locks, definitions).
// A statement that would change rows in another way is an error: passing over it would lose data in silence.
type sqlReader struct {
	in      io.Reader
	buf     []byte // not read yet: buf[pos:]
	pos     int
	eof     bool
	lines   int                 // before buf
	columns map[string][]string // of CREATE TABLE, for an INSERT without its list
	// insert is called for each INSERT with its columns (nil: those of the table, not known here) and returns what takes the rows.
	insert  func(table string, columns []string) (func([]cell) error, error)
	comment func(text string) error // after « -- »
	ours    bool                    // a file of Dump's: whatever else it holds is known
	cells   []cell
}

func newSQLReader(in io.Reader) *sqlReader {
	return &sqlReader{in: in, buf: make([]byte, 0, 128<<10), columns: map[string][]string{}}
}

var errCut = errors.New("le fichier s’arrête au milieu d’une instruction : il est incomplet")

// line is where the reader is.
func (r *sqlReader) line() int { return 1 + r.lines + bytes.Count(r.buf[:r.pos], []byte{'\n'}) }

// fill reads on and tells whether there is something left to read.
func (r *sqlReader) fill() (bool, error) {
	for r.pos == len(r.buf) && !r.eof {
		r.lines += bytes.Count(r.buf, []byte{'\n'})
		n, err := r.in.Read(r.buf[:cap(r.buf)])
		r.buf, r.pos = r.buf[:n], 0
		if err == io.EOF {
			r.eof = true
		} else if err != nil {
			return false, err
		}
	}
	return r.pos < len(r.buf), nil
}

// peek is the next byte, 0 at the end.
func (r *sqlReader) peek() (byte, error) {
	if r.pos < len(r.buf) {
		return r.buf[r.pos], nil
	}
	more, err := r.fill()
	if !more {
		return 0, err
	}
	return r.buf[r.pos], nil
}

// second is the byte after the next one, 0 if there is none.
func (r *sqlReader) second() (byte, error) {
	for r.pos+1 >= len(r.buf) && !r.eof {
		r.lines += bytes.Count(r.buf[:r.pos], []byte{'\n'})
		kept := copy(r.buf, r.buf[r.pos:])
		n, err := r.in.Read(r.buf[kept:cap(r.buf)])
		r.buf, r.pos = r.buf[:kept+n], 0
		if err == io.EOF {
			r.eof = true
		} else if err != nil {
			return 0, err
		}
	}
	if r.pos+1 >= len(r.buf) {
		return 0, nil
	}
	return r.buf[r.pos+1], nil
}

// next is the next byte, read; at the end errCut.
func (r *sqlReader) next() (byte, error) {
	c, err := r.peek()
	if err != nil {
		return 0, err
	}
	if r.pos == len(r.buf) {
		return 0, errCut
	}
	r.pos++
	return c, nil
}

// read reads the whole text.
func (r *sqlReader) read() error {
	for {
		if err := r.space(); err != nil {
			return err
		}
		if c, err := r.peek(); err != nil || c == 0 && r.pos == len(r.buf) {
			return err
		} else if c == ';' {
			r.pos++
			continue
		}
		word, err := r.word()
		if err != nil {
			return err
		}
		if err := r.statement(word); err != nil {
			return err
		}
	}
}

func (r *sqlReader) statement(word string) error {
	switch word {
	case "INSERT", "REPLACE":
		return r.insertInto()
	case "CREATE":
		return r.create()
	case "SET", "DROP", "LOCK", "UNLOCK", "ALTER", "USE", "START", "BEGIN", "COMMIT", "FLUSH", "ANALYZE", "SHOW":
		return r.skip()
	}
	if r.ours { // the hash stands for what it holds
		return r.skip()
	}
	return fmt.Errorf("l’instruction « %.20s » n’est pas de celles d’un export (CREATE TABLE, INSERT) ; exportez les tables et leurs données seulement, sans vues ni procédures", word)
}

// space passes over blanks and comments. What stands in /*! … */ is for servers, never rows.
func (r *sqlReader) space() error {
	for {
		c, err := r.peek()
		if err != nil {
			return err
		}
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			r.pos++
		case c == 0xef: // the mark that Windows programs begin a file with
			r.pos++
			for range 2 {
				if _, err := r.next(); err != nil {
					return err
				}
			}
		case c == '#':
			if _, err := r.toEndOfLine(); err != nil {
				return err
			}
		case c == '-':
			if second, err := r.second(); err != nil || second != '-' {
				return err // a negative number
			}
			r.pos += 2
			text, err := r.toEndOfLine()
			if err != nil {
				return err
			}
			if r.comment != nil {
				if err := r.comment(strings.TrimSpace(text)); err != nil {
					return err
				}
			}
		case c == '/':
			if err := r.blockComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (r *sqlReader) toEndOfLine() (string, error) {
	var b []byte
	for {
		c, err := r.peek()
		if err != nil || c == 0 && r.pos == len(r.buf) {
			return string(b), err
		}
		r.pos++
		if c == '\n' {
			return string(b), nil
		}
		if len(b) < 4096 {
			b = append(b, c)
		}
	}
}

func (r *sqlReader) blockComment() error {
	r.pos++
	if c, err := r.next(); err != nil || c != '*' {
		return errors.Join(err, errors.New("« / » inattendu"))
	}
	star := false
	for {
		c, err := r.next()
		if err != nil {
			return err
		}
		if star && c == '/' {
			return nil
		}
		star = c == '*'
	}
}

// word reads letters and underscores, in capitals; empty if there are none.
func (r *sqlReader) word() (string, error) {
	var b []byte
	for {
		c, err := r.peek()
		if err != nil {
			return "", err
		}
		switch {
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		case c >= 'A' && c <= 'Z', c == '_', c >= '0' && c <= '9' && len(b) > 0:
		default:
			if len(b) == 0 && c != '(' && c != '`' && c != '"' && c != '\'' {
				return "", fmt.Errorf("caractère %q inattendu : ce n’est pas du SQL", c)
			}
			return string(b), nil
		}
		if len(b) == 64 {
			return "", errors.New("mot démesuré : ce n’est pas du SQL")
		}
		b = append(b, c)
		r.pos++
	}
}

// skip passes over the rest of a statement, its quotes and comments included.
func (r *sqlReader) skip() error {
	for {
		c, err := r.peek()
		if err != nil {
			return err
		}
		switch c {
		case '\'', '"', '`':
			if _, err := r.quoted(nil); err != nil {
				return err
			}
		case '/':
			if err := r.blockComment(); err != nil {
				return err
			}
		case 0:
			if r.pos == len(r.buf) {
				return errCut
			}
			return errors.New("octet nul : ce n’est pas du SQL")
		default:
			r.pos++
			if c == ';' {
				return nil
			}
		}
	}
}

// name reads `table`, schema.`table` or a bare name and returns its last part.
func (r *sqlReader) name() (string, error) {
	for {
		if err := r.space(); err != nil {
			return "", err
		}
		c, err := r.peek()
		if err != nil {
			return "", err
		}
		var name string
		if c == '`' || c == '"' {
			var b []byte
			if b, err = r.quoted(nil); err == nil {
				name = string(b)
			}
		} else {
			name, err = r.bareName()
		}
		if err != nil {
			return "", err
		}
		if c, err = r.peek(); err != nil {
			return "", err
		}
		if c != '.' {
			return name, nil
		}
		r.pos++
	}
}

func (r *sqlReader) bareName() (string, error) {
	var b []byte
	for len(b) <= 64 {
		c, err := r.peek()
		if err != nil {
			return "", err
		}
		if c != '_' && c != '$' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			break
		}
		b = append(b, c)
		r.pos++
	}
	if len(b) == 0 || len(b) > 64 {
		return "", errors.New("un nom de table ou de colonne est attendu")
	}
	return string(b), nil
}

// escapes of MySQL; any other character stands for itself.
var escapes = map[byte]byte{'0': 0, 'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'Z': 0x1a}

// quoted reads what stands between quotes, the opening one being next, and appends it to b.
func (r *sqlReader) quoted(b []byte) ([]byte, error) {
	quote, err := r.next()
	if err != nil {
		return b, err
	}
	for {
		if more, err := r.fill(); err != nil {
			return b, err
		} else if !more {
			return b, errCut
		}
		from := r.pos
		for r.pos < len(r.buf) && r.buf[r.pos] != quote && (r.buf[r.pos] != '\\' || quote == '`') {
			r.pos++
		}
		b = append(b, r.buf[from:r.pos]...)
		if r.pos == len(r.buf) {
			continue
		}
		c := r.buf[r.pos]
		r.pos++
		if c == '\\' {
			if c, err = r.next(); err != nil {
				return b, err
			}
			if e, ok := escapes[c]; ok {
				c = e
			}
			b = append(b, c)
			continue
		}
		if c, err = r.peek(); err != nil {
			return b, err
		} else if c != quote || r.pos == len(r.buf) {
			return b, nil
		}
		r.pos++ // doubled: the quote itself
		b = append(b, quote)
	}
}
