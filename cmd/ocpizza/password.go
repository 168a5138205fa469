package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/term"

	"github.com/oc-pizza/ocpizza/app"
)

const minPassword = app.MinPassword // characters

// newPassword reads a password that somebody chooses and returns its hash: the first line of standard input, whatever words it has; at a
// terminal typed twice and not shown. command is for the advice how to give one.
func newPassword(c *console, command string) (hash string, err error) {
	var password string
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) { //nolint:gosec // a file's number is small
		password, err = typedTwice(c, fd)
	} else {
		password, err = firstLine(os.Stdin)
	}
	password = strings.TrimSpace(password) // as the sign-in form does: with spaces around it, it would open nothing
	switch {
	case err != nil:
		return "", err
	case password == "":
		return "", fmt.Errorf("aucun mot de passe sur l’entrée standard. Donnez-le ainsi : echo 'un-long-mot-de-passe' | ocpizza %s", command)
	case utf8.RuneCountInString(password) < minPassword || password == app.DemoPassword:
		return "", fmt.Errorf("ce mot de passe est trop court ou public : donnez-en un de %d caractères au moins", minPassword)
	}
	return hashPassword(password)
}

// firstLine reads a line.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("l’entrée standard ne se lit pas : %w", err)
	}
	return line, nil
}

func typedTwice(c *console, fd int) (string, error) {
	first, err := typedUnseen(c, fd, fmt.Sprintf("Mot de passe (%d caractères au moins, rien ne s’affiche) : ", minPassword))
	if err != nil {
		return "", err
	}
	second, err := typedUnseen(c, fd, "Encore une fois : ")
	if err == nil && first != second {
		return "", errors.New("les deux mots de passe diffèrent : recommencez")
	}
	return first, err
}

// typedUnseen reads a line at a terminal that does not echo meanwhile, and echoes again whatever happens: an interrupt ends the program
// while the reading goes on.
func typedUnseen(c *console, fd int, prompt string) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ce terminal ne sait pas cacher un mot de passe : %w", err)
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	fmt.Fprint(c.err, prompt)
	defer fmt.Fprintln(c.err) // the end of the line was not echoed either
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	select {
	case <-c.ctx.Done():
		_ = term.Restore(fd, before)
		return "", context.Canceled
	case l := <-read:
		if l.err != nil && !errors.Is(l.err, io.EOF) {
			return "", fmt.Errorf("le mot de passe n’a pas pu être lu : %w", l.err)
		}
		return string(l.text), nil
	}
}

// passwordParams are OWASP's for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes.
var passwordParams = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing limits how many passwords are hashed at once: each takes 19 MiB of a small dyno.
var hashing = make(chan struct{}, max(2, runtime.NumCPU()))

func hashPassword(password string) (string, error) {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2id.CreateHash(password, passwordParams)
}

// nobody is the hash that is checked for a login that does not exist, so that the answer takes as long as for one that does.
var nobody = sync.OnceValues(func() (string, error) { return hashPassword("nobody has this password") })

// checkPassword compares a password with its hash; "" is nobody's, and never matches.
func checkPassword(hash, password string) bool {
	exists := hash != ""
	if !exists {
		var err error
		if hash, err = nobody(); err != nil {
			return false
		}
	}
	hashing <- struct{}{}
	defer func() { <-hashing }()
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	return err == nil && same && exists
}
