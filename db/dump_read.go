package db

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

// DumpFile is a file to restore from. It is read twice: once to be verified, once to be loaded.
type DumpFile struct {
	Name string // for messages
	Size int64  // in bytes, for the progress bar; 0 when not known
	Open func() (io.ReadCloser, error)
}

// dumpScan is one reading of files.
type dumpScan struct {
	ctx      context.Context //nolint:containedctx // lives as long as the reading
	stage    string
	progress func(DumpProgress)
	told     DumpProgress
	info     DumpInfo
	// table is called when rows of one of our tables begin, and returns what takes them.
	table func(name string, columns []string) (func([]cell) error, error)

	counts   map[string]int64
	declared []TableRows // by the trailer
	ended    string      // the trailer's last line
	columns  map[string][]string
	fault    error // of the files' storage or of the database: not the text's
}

// VerifyDump reads backups or exports through and says what is in them, or what is wrong; nothing is written anywhere. A file of Dump's
// is refused if a single byte of it was changed or is missing. Errors are sentences for the operator.
func VerifyDump(ctx context.Context, files []DumpFile, progress func(DumpProgress)) (DumpInfo, error) {
	return scanDump(ctx, "verify", files, progress, func(string, []string) (func([]cell) error, error) {
		return func([]cell) error { return nil }, nil
	})
}

func scanDump(ctx context.Context, stage string, files []DumpFile, progress func(DumpProgress), table func(string, []string) (func([]cell) error, error)) (DumpInfo, error) {
	s := &dumpScan{ctx: ctx, stage: stage, progress: progress, table: table, counts: map[string]int64{}, columns: map[string][]string{}}
	s.told.Stage = stage
	for _, f := range files {
		s.told.Total += f.Size
	}
	for _, f := range files {
		if err := s.file(f); err != nil {
			return s.info, err
		}
		if s.info.Ours && len(files) > 1 {
			return s.info, fmt.Errorf("%s est une sauvegarde complète : restaurez-la seule", f.Name)
		}
	}
	return s.info, s.check()
}

// file reads one file.
func (s *dumpScan) file(f DumpFile) error {
	raw, err := f.Open()
	if err != nil {
		return openError(f.Name, err)
	}
	defer raw.Close()
	if err := s.text(raw); err != nil {
		if s.ctx.Err() != nil {
			return operatorError{"interrompu", s.ctx.Err()}
		}
		return fmt.Errorf("%s : %w", f.Name, err)
	}
	return nil
}

func openError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s n’existe pas : vérifiez le nom du fichier", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s ne peut pas être lu : il vous manque le droit de lecture", name)
	}
	if e, ok := errors.AsType[*os.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("%s ne peut pas être lu : %w", name, err)
}

// meter counts what is read from the files.
type meter struct {
	s *dumpScan
	r io.Reader
}

func (m meter) Read(p []byte) (int, error) {
	if err := m.s.ctx.Err(); err != nil {
		m.s.fault = err
		return 0, err
	}
	n, err := m.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		m.s.fault = err
	}
	m.s.told.Done += int64(n)
	if m.s.progress != nil {
		m.s.progress(m.s.told)
	}
	return n, err
}

var (
	errDamaged  = errors.New("la sauvegarde est abîmée ou incomplète : elle n’a pas été utilisée. Reprenez une copie intacte ou une autre sauvegarde (ocpizza backups)")
	errNoSeal   = errors.New("la sauvegarde n’a plus son sceau : elle est incomplète, modifiée ou a été recompressée. Reprenez une copie intacte, ou décompressez-la (gunzip) et restaurez le .sql")
	errNotADump = errors.New("ce n’est ni une sauvegarde d’OC Pizza ni un export SQL de MySQL ou MariaDB")
)

// text reads a stream, compressed or not.
func (s *dumpScan) text(raw io.Reader) error {
	in := bufio.NewReaderSize(meter{s, raw}, 64<<10)
	head, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) < 2 {
		return errors.New("le fichier est vide")
	}
	if head[0] != 0x1f || head[1] != 0x8b {
		return s.plain(in, nil)
	}
	isSealed := false
	zip, err := gzip.NewReader(newHoldBack(in, sealLength, sealed(&isSealed)))
	if err == nil {
		err = s.plain(zip, &isSealed)
	}
	switch {
	case s.fault != nil:
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), isFlate(err):
		return errDamaged
	}
	return err
}

// isFlate tells whether compressed data cannot be read.
func isFlate(err error) bool {
	return err != nil && strings.Contains(err.Error(), "flate: ")
}

// plain reads uncompressed text. isSealed is nil when it was not compressed.
func (s *dumpScan) plain(in io.Reader, isSealed *bool) error {
	var found, right bool
	body := bufio.NewReaderSize(newHoldBack(in, hashLine, hashed(&found, &right)), 64<<10)
	head, err := body.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(head) && !nearlyValid(head) {
		return errNotADump
	}
	counted := &textCounter{r: body}
	r := newSQLReader(counted)
	r.columns = s.columns // a structure may come in a file before the rows
	r.comment = func(text string) error {
		text, ok := strings.CutPrefix(text, "ocpizza ")
		if !ok {
			return nil
		}
		s.info.Ours, r.ours = true, true
		return s.declaration(text)
	}
	r.insert = s.insert
	err = r.read()
	s.info.Bytes += counted.n
	if s.info.Ours || found {
		return s.genuine(err, right, isSealed)
	}
	if err != nil && s.fault == nil {
		return fmt.Errorf("ligne %d : %w", r.line(), err)
	}
	return err
}

// genuine decides about a file of ours. Whatever an altered text makes the reader say, that it was altered is what matters.
func (s *dumpScan) genuine(err error, right bool, isSealed *bool) error {
	switch {
	case s.fault != nil:
		return s.fault
	case errors.As(err, new(formatError)):
		return err
	case err != nil || !right:
		return errDamaged
	case isSealed != nil && !*isSealed:
		return errNoSeal
	}
	return nil
}

// formatError is a backup of ours that this program cannot read.
type formatError struct{ error }

// nearlyValid tells whether only the last character is cut.
func nearlyValid(b []byte) bool {
	for i := 1; i <= 3 && i < len(b); i++ {
		if utf8.Valid(b[:len(b)-i]) {
			return true
		}
	}
	return false
}

type textCounter struct {
	r io.Reader
	n int64
}

func (c *textCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// declaration takes one of the backup's own comments.
func (s *dumpScan) declaration(text string) error {
	what, rest, _ := strings.Cut(text, " ")
	var err error
	switch what {
	case "backup":
		if s.info.Format, err = strconv.Atoi(rest); err == nil && s.info.Format != dumpFormat {
			return formatError{fmt.Errorf("cette sauvegarde est au format %d, ce programme lit le format %d : prenez la version d’OC Pizza qui l’a faite", s.info.Format, dumpFormat)}
		}
	case "engine":
		s.info.Engine = rest
	case "schema":
		s.info.Schema, err = strconv.ParseInt(rest, 10, 64)
	case "taken":
		s.info.Taken, err = time.Parse(time.RFC3339Nano, rest)
	case "pizzerias":
		s.info.Pizzerias = strings.Split(rest, " · ")
	case "rows":
		name, count, _ := strings.Cut(rest, " ")
		var n int64
		n, err = strconv.ParseInt(count, 10, 64)
		s.declared = append(s.declared, TableRows{name, n})
	case "end":
		s.ended = rest
	}
	return err
}

// insert begins the rows of a table. Rows of goose's tables tell the schema's version and go nowhere; those of tables that are none of
// ours are counted as ignored.
func (s *dumpScan) insert(table string, columns []string) (func([]cell) error, error) {
	take := func([]cell) error { return nil }
	switch {
	case table == gooseTable:
		take = s.version(columns)
	case strings.HasPrefix(table, "goose_"):
		return take, nil
	case !slices.Contains(ownSchema().tables, table):
		if !slices.Contains(s.info.Ignored, table) {
			s.info.Ignored = append(s.info.Ignored, table)
		}
	default:
		var err error
		if take, err = s.table(table, columns); err != nil {
			s.fault = err
			return nil, err
		}
	}
	return func(cells []cell) error {
		s.counts[table]++
		s.told.Rows++
		err := take(cells)
		if err != nil && s.fault == nil {
			s.fault = err
		}
		return err
	}, nil
}

// version reads the migrations' table.
func (s *dumpScan) version(columns []string) func([]cell) error {
	id, applied := slices.Index(columns, "version_id"), slices.Index(columns, "is_applied")
	if columns == nil {
		id, applied = 1, 2
	}
	return func(cells []cell) error {
		if id < 0 || applied < 0 || id >= len(cells) || applied >= len(cells) {
			return errors.New("la table des migrations n’est pas celle d’OC Pizza")
		}
		v, err := strconv.ParseInt(string(cells[id].text), 10, 64)
		if err == nil && string(cells[applied].text) != "0" && !s.info.Ours {
			s.info.Schema = max(s.info.Schema, v)
		}
		return err
	}
}

// check compares what was read with what the trailer declares, and refuses what this program cannot load.
func (s *dumpScan) check() error {
	if s.info.Ours {
		var total int64
		for _, d := range s.declared {
			total += d.Rows
			if s.counts[d.Table] != d.Rows {
				return errDamaged
			}
		}
		if s.info.Format == 0 || s.info.Schema == 0 || len(s.declared) < len(s.counts) ||
			s.ended != fmt.Sprintf("%d tables %d rows", len(s.declared), total) {
			return errDamaged
		}
	}
	own := ownSchema()
	for _, name := range own.tables {
		if n, ok := s.counts[name]; ok {
			s.info.Tables = append(s.info.Tables, TableRows{name, n})
		}
	}
	newest := own.steps[len(own.steps)-1].version
	if s.info.Schema > newest {
		return fmt.Errorf("cette sauvegarde vient d’un schéma plus récent (version %d) que ce programme (version %d) : mettez le programme à jour, puis recommencez", s.info.Schema, newest)
	}
	if s.counts["pizzerias"] == 0 {
		return errors.New("aucune pizzeria dans ces fichiers : ce ne sont pas les données d’OC Pizza, ou il manque le fichier des données")
	}
	return nil
}
