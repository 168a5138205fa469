package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

type ageRecipient = age.Recipient

// ageRecipients reads public keys. A secret key given by mistake is not quoted.
func ageRecipients(keys []string) ([]ageRecipient, error) {
	var all []ageRecipient
	for _, k := range keys {
		if k = strings.TrimSpace(k); k == "" {
			continue
		}
		r, err := age.ParseX25519Recipient(k)
		if err != nil {
			return nil, errors.New("--age-recipient n’est pas une clé publique age : elle commence par age1 (la clé secrète, AGE-SECRET-KEY-…, ne sert qu’à restaurer)")
		}
		all = append(all, r)
	}
	return all, nil
}

// encrypt wraps w when there are recipients. What it returns must be closed for the file to be whole; it leaves w open.
func encrypt(w io.Writer, recipients []ageRecipient) (io.Writer, func() error, error) {
	if len(recipients) == 0 {
		return w, func() error { return nil }, nil
	}
	out, err := age.Encrypt(w, recipients...)
	if err != nil {
		return nil, nil, err
	}
	return out, out.Close, nil
}

// ageIdentities reads the secret key from a file, or else from the environment: a dyno has no files.
func ageIdentities(c *console, file string) ([]age.Identity, error) {
	text := c.env("OCPIZZA_AGE_IDENTITY")
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("la clé %s ne peut pas être lue : vérifiez son nom et vos droits", file)
		}
		text = string(b)
	}
	if text == "" {
		return nil, nil
	}
	all, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		return nil, errors.New("la clé secrète age ne se lit pas : elle tient sur une ligne et commence par AGE-SECRET-KEY-")
	}
	return all, nil
}

const ageMagic = "age-encryption.org/"

// decrypt opens what was encrypted and passes everything else.
func decrypt(in io.ReadCloser, identities []age.Identity) (io.ReadCloser, error) {
	r := bufio.NewReaderSize(in, 64<<10)
	head, err := r.Peek(len(ageMagic))
	if string(head) != ageMagic {
		if err != nil && !errors.Is(err, io.EOF) {
			in.Close()
			return nil, err
		}
		return readCloser{r, in}, nil
	}
	if len(identities) == 0 {
		in.Close()
		return nil, errors.New("cette sauvegarde est chiffrée : donnez la clé secrète, --age-identity FICHIER (ou OCPIZZA_AGE_IDENTITY)")
	}
	plain, err := age.Decrypt(r, identities...)
	if err != nil {
		in.Close()
		if errors.As(err, new(*age.NoIdentityMatchError)) {
			return nil, errors.New("cette clé n’ouvre pas la sauvegarde : il faut la clé secrète qui va avec la clé publique (--age-recipient) du jour de la sauvegarde")
		}
		return nil, errAgeDamaged
	}
	return readCloser{whole{plain}, in}, nil
}

var errAgeDamaged = errors.New("la sauvegarde chiffrée est abîmée ou incomplète : elle n’a pas été utilisée. Reprenez une copie intacte")

// whole words what age says of a changed or shortened file.
type whole struct{ r io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errAgeDamaged
	}
	return n, err
}

type readCloser struct {
	io.Reader
	io.Closer
}
