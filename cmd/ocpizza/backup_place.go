package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// place is where backups are kept.
type place interface {
	// put stores what write writes, whole or not at all. name is used unless the place names one file itself.
	put(ctx context.Context, name string, write func(io.Writer) error) (stored, error)
	// list returns the backups named by backupName, oldest first.
	list(ctx context.Context) ([]stored, error)
	remove(ctx context.Context, s stored) error
	// exact tells that the place is one file.
	exact() bool
}

// stored is a backup in its place. An empty name is standard output.
type stored struct {
	Name  string    `json:"name"` // path or s3:// address, as restore takes it
	Size  int64     `json:"bytes"`
	Taken time.Time `json:"taken"`
}

const nameTime = "2006-01-02T150405Z"

var ownName = regexp.MustCompile(`^ocpizza-(\d{4}-\d{2}-\d{2}T\d{6}Z)\.sql\.gz(\.age)?$`)

// backupName is the name of a backup: it sorts by time, and no system refuses it.
func backupName(at time.Time, encrypted bool) string {
	name := "ocpizza-" + at.UTC().Format(nameTime) + ".sql.gz"
	if encrypted {
		name += ".age"
	}
	return name
}

// nameTaken is when a backup was taken; ok is false for a file that is none, which is neither listed nor removed.
func nameTaken(name string) (at time.Time, ok bool) {
	m := ownName.FindStringSubmatch(name)
	if m == nil {
		return at, false
	}
	at, err := time.Parse(nameTime, m[1])
	return at, err == nil
}

func sortStored(all []stored) {
	slices.SortFunc(all, func(a, b stored) int { return cmp.Or(a.Taken.Compare(b.Taken), strings.Compare(a.Name, b.Name)) })
}

// openPlace reads where backups go. With create, the default folder is made.
func openPlace(c *console, to string, create bool) (place, error) {
	if strings.HasPrefix(to, "s3://") {
		return openS3(c, to)
	}
	if strings.Contains(to, "://") {
		return nil, usageError{fmt.Errorf("« %s… » n’est pas un endroit connu : donnez un fichier, un dossier, s3://seau/préfixe ou -", to[:strings.Index(to, "://")+3])}
	}
	if create && to == defaultPlace {
		if err := os.MkdirAll(to, 0o700); err != nil {
			return nil, fileError(to, err)
		}
	}
	info, err := os.Stat(to)
	switch {
	case err == nil && info.IsDir():
		return folder{dir: to}, nil
	case strings.HasSuffix(to, "/"), !create && errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("le dossier %s n’existe pas : créez-le, ou donnez-en un autre", to)
	}
	return folder{dir: filepath.Dir(to), file: filepath.Base(to)}, nil
}

// folder keeps backups in a directory, or is one file of it.
type folder struct{ dir, file string }

func (f folder) exact() bool { return f.file != "" }

// put writes beside the final name and renames at the end, once everything is on the disk.
func (f folder) put(_ context.Context, name string, write func(io.Writer) error) (stored, error) {
	if f.file != "" {
		name = f.file
	}
	path := filepath.Join(f.dir, name)
	tmp, err := os.CreateTemp(f.dir, ".ocpizza-*.tmp") // 0600: it holds names, phones and addresses
	if err != nil {
		return stored{}, fileError(path, err)
	}
	defer os.Remove(tmp.Name()) // nothing to remove once it is renamed
	defer tmp.Close()
	out := bufio.NewWriterSize(tmp, 256<<10)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = tmp.Sync()
	}
	info, statErr := tmp.Stat()
	if err = errors.Join(err, statErr); err == nil {
		err = errors.Join(tmp.Close(), os.Rename(tmp.Name(), path))
	}
	if err != nil {
		return stored{}, fileError(path, err)
	}
	if dir, err := os.Open(f.dir); err == nil { // the name must be on the disk too; not every system can
		_ = dir.Sync()
		dir.Close()
	}
	return stored{Name: path, Size: info.Size()}, nil
}

func (f folder) list(context.Context) ([]stored, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, fileError(f.dir, err)
	}
	var all []stored
	for _, e := range entries {
		at, ok := nameTaken(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, fileError(e.Name(), err)
		}
		all = append(all, stored{Name: filepath.Join(f.dir, e.Name()), Size: info.Size(), Taken: at})
	}
	sortStored(all)
	return all, nil
}

func (f folder) remove(_ context.Context, s stored) error {
	if err := os.Remove(s.Name); err != nil {
		return fileError(s.Name, err)
	}
	return nil
}

// fileError words the system's refusal; other errors pass.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("le disque est plein : rien n’a été gardé de %s. Libérez de la place ou choisissez un autre endroit", path)
	case errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("ce disque ne prend pas d’aussi gros fichiers : rien n’a été gardé de %s. Choisissez un autre endroit", path)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s ne peut pas être écrit : il vous manque le droit d’écriture dans ce dossier", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s ne peut pas être écrit : ce dossier n’existe pas", path)
	}
	return err
}

// stdoutPlace gives the one backup to whoever reads.
type stdoutPlace struct{ out io.Writer }

func (stdoutPlace) exact() bool                            { return true }
func (stdoutPlace) list(context.Context) ([]stored, error) { return nil, nil }
func (stdoutPlace) remove(context.Context, stored) error   { return nil }

func (s stdoutPlace) put(_ context.Context, _ string, write func(io.Writer) error) (stored, error) {
	n := &countingWriter{w: s.out}
	if err := write(n); err != nil {
		return stored{}, fileError("la sortie standard", err)
	}
	return stored{Size: n.n}, nil
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
