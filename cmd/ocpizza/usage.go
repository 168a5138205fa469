package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type kongWord struct {
	kong   *regexp.Regexp
	french string
}

// kongWords are the refusals of kong, the library that reads the command line, and what they are in French; $1, $2 are their parts.
// TestBadUsage sees each of them: another version of kong may word them differently.
var kongWords = []kongWord{
	{regexp.MustCompile(`^unknown flag (\S+)$`), "l’option $1 n’existe pas"},
	{regexp.MustCompile(`^unexpected argument (.+)$`), "« $1 » n’est pas attendu ici"},
	{regexp.MustCompile(`^unexpected flag argument "(.*)"$`), "une option a reçu une valeur qu’elle n’attend pas : « $1 »"},
	{regexp.MustCompile(`^expected one of (.+)$`), "il manque la suite de la commande, parmi $1"},
	{regexp.MustCompile(`^expected (.+)$`), "il manque $1"},
	{regexp.MustCompile(`^missing (?:flags:|positional arguments) (.+)$`), "il manque $1"},
	{regexp.MustCompile(`^(\S+): expected \w+ value but got .*$`), "$1 attend une valeur"},
	{regexp.MustCompile(`^(\S+): expected (?:an?|a valid \d+ bit) (?:int|uint|float) but got "(.*?)".*$`), "$1 attend un nombre, pas « $2 »"},
	{regexp.MustCompile(`^(\S+): bool value must be .* but got "(.*)"$`), "$1 s’écrit seul, sans « $2 »"},
	{regexp.MustCompile(`^(\S+) must be one of (.+) but got "(.*)"$`), "$1 attend $2, pas « $3 »"},
	{regexp.MustCompile(`^(--\S+) and (--\S+) can't be used together$`), "$1 et $2 ne vont pas ensemble"},
}

var (
	kongGuess  = regexp.MustCompile(`, did you mean (?:one of )?(.+)\?$`)
	kongQuoted = regexp.MustCompile(`"([^"]*)"`)
)

// inFrench words a refusal of kong's for the operator, with what he may have meant.
func inFrench(err error) error {
	text, guesses := err.Error(), ""
	if m := kongGuess.FindStringSubmatch(text); m != nil {
		text = strings.TrimSuffix(text, m[0])
		var likely []string
		for _, q := range kongQuoted.FindAllStringSubmatch(m[1], -1) {
			if q[1] != "-h" { // near to whatever is short
				likely = append(likely, q[1])
			}
		}
		if len(likely) > 0 {
			guesses = ". Vouliez-vous dire " + strings.Join(likely, ", ") + " ?"
		}
	}
	i := slices.IndexFunc(kongWords, func(w kongWord) bool { return w.kong.MatchString(text) })
	if i < 0 {
		return fmt.Errorf("la ligne de commande n’est pas comprise (%w)", err)
	}
	french := kongWords[i].kong.ReplaceAllString(text, kongWords[i].french)
	return errors.New(kongQuoted.ReplaceAllString(strings.ReplaceAll(french, "=STRING", "=…"), "$1") + guesses)
}

// helpWords are the fixed words of kong's help.
var helpWords = strings.NewReplacer(
	"Usage: ", "Usage : ", "Flags:\n", "Options :\n", "Commands:\n", "Commandes :\n", "Arguments:\n", "Arguments :\n",
	"[flags]", "[options]", "<command>", "<commande>", "=STRING", "=TEXTE", "Show context-sensitive help.", "Afficher cette aide.",
	`Run "`, "Détails : ", `" for more information on a command.`, "",
)

// frenchHelp prints kong's help in French.
func frenchHelp(o kong.HelpOptions, ctx *kong.Context) error {
	var english bytes.Buffer
	out := ctx.Stdout
	ctx.Stdout = &english
	err := kong.DefaultHelpPrinter(o, ctx)
	ctx.Stdout = out
	if err == nil {
		_, err = helpWords.WriteString(out, english.String())
	}
	return err
}
