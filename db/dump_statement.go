package db

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// insertInto reads the rest of an INSERT, row by row.
func (r *sqlReader) insertInto() error {
	for range 3 {
		if err := r.space(); err != nil {
			return err
		}
		word, err := r.word()
		if err != nil {
			return err
		}
		if word == "INTO" {
			break
		}
		if word != "IGNORE" && word != "LOW_PRIORITY" && word != "DELAYED" {
			return fmt.Errorf("« INSERT %.20s » n’est pas compris", word)
		}
	}
	table, err := r.name()
	if err != nil {
		return err
	}
	if err := r.space(); err != nil {
		return err
	}
	columns := r.columns[table]
	if c, err := r.peek(); err != nil {
		return err
	} else if c == '(' {
		if columns, err = r.nameList(); err != nil {
			return err
		}
		if err := r.space(); err != nil {
			return err
		}
	}
	if word, err := r.word(); err != nil {
		return err
	} else if word != "VALUES" && word != "VALUE" {
		return fmt.Errorf("table %s : seules les lignes écrites telles quelles (INSERT … VALUES) sont comprises", table)
	}
	take, err := r.insert(table, columns)
	if err != nil {
		return err
	}
	for {
		if err := r.row(table, columns, take); err != nil {
			return err
		}
		if c, err := r.expect(",;"); err != nil || c == ';' {
			return err
		}
	}
}

func (r *sqlReader) nameList() ([]string, error) {
	r.pos++ // (
	var all []string
	for {
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		all = append(all, name)
		if c, err := r.expect(",)"); err != nil || c == ')' {
			return all, err
		}
	}
}

// row reads one row and hands it on.
func (r *sqlReader) row(table string, columns []string, take func([]cell) error) error {
	if _, err := r.expect("("); err != nil {
		return err
	}
	n := 0
	for {
		if err := r.space(); err != nil {
			return err
		}
		if n == len(r.cells) {
			r.cells = append(r.cells, cell{})
		}
		if err := r.value(&r.cells[n]); err != nil {
			return fmt.Errorf("table %s : %w", table, err)
		}
		n++
		if c, err := r.expect(",)"); err != nil {
			return err
		} else if c == ')' {
			break
		}
	}
	if columns != nil && n != len(columns) {
		return fmt.Errorf("table %s : %d valeurs pour %d colonnes", table, n, len(columns))
	}
	return take(r.cells[:n])
}

// create reads the rest of a CREATE. A table's column names are kept; a database's creation, or an index, is passed over.
func (r *sqlReader) create() error {
	if err := r.space(); err != nil {
		return err
	}
	word, err := r.word()
	if err != nil {
		return err
	}
	switch word {
	case "DATABASE", "SCHEMA", "INDEX", "UNIQUE":
		return r.skip()
	case "TABLE":
	default:
		return fmt.Errorf("l’export contient « CREATE %.20s » : exportez les tables et leurs données seulement, sans vues, procédures ni déclencheurs", word)
	}
	if err := r.space(); err != nil {
		return err
	}
	if c, err := r.peek(); err != nil {
		return err
	} else if c != '`' && c != '"' {
		if err := r.ifNotExists(); err != nil {
			return err
		}
	}
	table, err := r.name()
	if err != nil {
		return err
	}
	if _, err := r.expect("("); err != nil {
		return err
	}
	columns, err := r.definitions()
	if err != nil {
		return fmt.Errorf("table %s : %w", table, err)
	}
	r.columns[table] = columns
	return r.skip()
}

// ifNotExists passes over these words; a table's bare name may come instead.
func (r *sqlReader) ifNotExists() error {
	first, err := r.peek()
	if err != nil {
		return err
	}
	second, err := r.second()
	if err != nil || !strings.EqualFold(string([]byte{first, second}), "if") {
		return err
	}
	for _, want := range []string{"IF", "NOT", "EXISTS"} {
		if err := r.space(); err != nil {
			return err
		}
		if word, err := r.word(); err != nil {
			return err
		} else if word != want {
			return errors.New("« IF NOT EXISTS » est attendu")
		}
	}
	return nil
}

// notColumns are the words that a definition of something else than a column begins with.
var notColumns = map[string]bool{
	"PRIMARY": true, "KEY": true, "UNIQUE": true, "INDEX": true, "CONSTRAINT": true, "FOREIGN": true, "CHECK": true, "FULLTEXT": true, "SPATIAL": true,
}

// definitions reads what stands between a table's parentheses and returns the columns' names.
func (r *sqlReader) definitions() ([]string, error) {
	var columns []string
	for {
		if err := r.space(); err != nil {
			return nil, err
		}
		c, err := r.peek()
		if err != nil {
			return nil, err
		}
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		if c == '`' || c == '"' || !notColumns[strings.ToUpper(name)] {
			columns = append(columns, name)
		}
		if end, err := r.definition(); err != nil || end {
			return columns, err
		}
	}
}

// definition passes over the rest of one definition; end tells that it was the last.
func (r *sqlReader) definition() (end bool, err error) {
	for depth := 0; ; {
		if err := r.space(); err != nil {
			return false, err
		}
		c, err := r.peek()
		if err != nil {
			return false, err
		}
		switch {
		case c == '\'' || c == '"' || c == '`':
			if _, err := r.quoted(nil); err != nil {
				return false, err
			}
			continue
		case c == 0 && r.pos == len(r.buf):
			return false, errCut
		case c == ';':
			return false, errors.New("« ) » manque")
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			r.pos++
			return true, nil
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			r.pos++
			return false, nil
		}
		r.pos++
	}
}

// value reads one value of a row into c.
func (r *sqlReader) value(c *cell) error {
	c.text = c.text[:0]
	first, err := r.peek()
	if err != nil {
		return err
	}
	switch {
	case first == '\'' || first == '"':
		c.kind = textCell
		c.text, err = r.quoted(c.text)
		if err == nil && !utf8.Valid(c.text) {
			return errors.New("un texte n’est pas en UTF-8 : refaites l’export avec --default-character-set=utf8mb4")
		}
		return err
	case first == '-' || first == '+' || first == '.' || first >= '0' && first <= '9':
		return r.number(c)
	}
	word, err := r.word()
	if err != nil {
		return err
	}
	switch word {
	case "NULL":
		c.kind = nullCell
		return nil
	case "TRUE", "FALSE":
		c.kind, c.text = numberCell, append(c.text, map[string]byte{"TRUE": '1', "FALSE": '0'}[word])
		return nil
	case "_BINARY", "_UTF8", "_UTF8MB4", "N":
		if err := r.space(); err != nil {
			return err
		}
		return r.value(c)
	case "X":
		if c.text, err = r.quoted(c.text); err != nil {
			return err
		}
		return unhex(c)
	}
	return fmt.Errorf("« %.20s » n’est pas une valeur écrite telle quelle", word)
}

func (r *sqlReader) number(c *cell) error {
	c.kind = numberCell
	for {
		b, err := r.peek()
		if err != nil {
			return err
		}
		if !(b >= '0' && b <= '9' || b == '.' || b == '-' || b == '+' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F' || b == 'x') {
			break
		}
		c.text = append(c.text, b)
		r.pos++
	}
	if hexa, ok := bytes.CutPrefix(c.text, []byte("0x")); ok {
		c.text = hexa
		return unhex(c)
	}
	if len(c.text) > 80 || bytes.ContainsAny(c.text, "abcdfABCDFx") {
		return fmt.Errorf("« %.20s » n’est pas un nombre", c.text)
	}
	return nil
}

func unhex(c *cell) error {
	b := make([]byte, hex.DecodedLen(len(c.text)))
	if _, err := hex.Decode(b, c.text); err != nil {
		return fmt.Errorf("valeur hexadécimale illisible : %w", err)
	}
	c.kind, c.text = textCell, b
	return nil
}

// expect passes over blanks and then one of the characters, which it returns.
func (r *sqlReader) expect(chars string) (byte, error) {
	if err := r.space(); err != nil {
		return 0, err
	}
	c, err := r.next()
	if err != nil {
		return 0, err
	}
	if !slices.Contains([]byte(chars), c) {
		return 0, fmt.Errorf("%q trouvé où l’un de « %s » est attendu", c, chars)
	}
	return c, nil
}
