package db

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
	"modernc.org/sqlite"
)

// operatorError is a sentence for whoever runs a command, with its cause, which is unwrapped but not shown: servers quote the account and
// the address it came from, drivers quote values.
type operatorError struct {
	text  string
	cause error
}

func (e operatorError) Error() string { return e.text }
func (e operatorError) Unwrap() error { return e.cause }

// moreWords is where the cause of an error without words is to be found.
const moreWords = "Relancez la commande avec OCPIZZA_LOG=debug pour en voir le détail"

// ForOperator words an error for whoever runs the program: what is wrong and what to do, where translate words it for customers. It quotes
// neither account nor password, port or values; the cause stays to be unwrapped. What is worded already passes, as does what no driver made.
func ForOperator(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[operatorError](err); ok {
		return err
	}
	if words := faultWords(err); words != "" {
		return operatorError{words, err}
	}
	e, ok := errors.AsType[*app.Error](err)
	switch {
	case !ok || e.Unwrap() == nil:
		return err
	case e.Kind == app.Internal:
		return operatorError{"une erreur inattendue a arrêté la commande. " + moreWords, err}
	}
	return operatorError{e.Message, err}
}

// faultWords says what an error of a driver or of the network means to an operator; "" for other errors.
func faultWords(err error) string {
	if errors.Is(err, context.Canceled) { // whatever broke by it
		return kindWords[late]
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return mysqlWords(e)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteWords(e)
	}
	if words := networkWords(err); words != "" {
		return words
	}
	return kindWords[classify(err)]
}

const (
	noSchema    = "la base nommée à la fin de l’adresse n’existe pas, ou ce compte n’y a pas droit. Vérifiez le nom, après le dernier « / » de l’adresse"
	notThisHost = "la base refuse cette machine. Autorisez-la chez l’hébergeur de la base"
)

// mysqlNumberWords are of server errors of which more can be said than of their kind.
var mysqlNumberWords = map[uint16]string{
	1045: "la base refuse l’identifiant ou le mot de passe. Reprenez l’adresse que donne son hébergeur (heroku config:get CLEARDB_DATABASE_URL), mot de passe encodé (%40 pour @)",
	1044: noSchema,
	1049: noSchema,
	1129: notThisHost,
	1130: notThisHost,
	1226: "le quota horaire de requêtes de la base est épuisé. Attendez l’heure suivante, ou passez au forfait supérieur",
	1290: "la base est en lecture seule. Attendez que son hébergeur la rende aux écritures, puis recommencez",
	1114: "la base est pleine. Libérez-y de la place ou prenez une offre plus grande, puis recommencez",
	1021: "la base est pleine : son disque n’a plus de place. Libérez-en ou prenez une offre plus grande, puis recommencez",
	1146: "une table manque dans la base. Lancez « ocpizza migrate », puis recommencez",
	1054: "une colonne manque dans la base. Lancez « ocpizza migrate », puis recommencez",
	1412: "le schéma de la base a changé pendant la lecture. Recommencez",
	1153: "le serveur refuse une instruction trop longue : augmentez max_allowed_packet à 4 Mo au moins",
}

// mysqlDenied finds the right that is missing in the text of error 1142: « CREATE command denied to user … ».
var mysqlDenied = regexp.MustCompile(`^([A-Z]+(?:,? [A-Z]+)*) command denied`)

func mysqlWords(e *mysql.MySQLError) string {
	kind := mysqlFault(e)
	if kind == crowded {
		return kindWords[crowded]
	}
	if e.Number == 1142 {
		right := ""
		if m := mysqlDenied.FindStringSubmatch(e.Message); m != nil {
			right = m[1]
		}
		switch right {
		case "INSERT", "UPDATE", "INSERT, UPDATE":
			return "la base refuse les écritures (" + right + ") : quota de stockage dépassé, ou droits retirés. Vérifiez le quota et les droits du compte, puis recommencez"
		case "":
			right = "nécessaire"
		}
		return "ce compte n’a pas le droit " + right + " sur la base. Rendez-lui ses droits, ou reprenez l’adresse que donne l’hébergeur, puis recommencez"
	}
	if words, ok := mysqlNumberWords[e.Number]; ok {
		return words
	}
	if words := kindWords[kind]; words != "" {
		return words
	}
	return fmt.Sprintf("la base répond par une erreur inattendue (n° %d). %s", e.Number, moreWords)
}

// sqliteCodeWords are by primary result code.
var sqliteCodeWords = map[int]string{
	1:  "la base n’est pas celle qu’attend ce programme. Lancez « ocpizza migrate », puis recommencez",
	8:  "le fichier de la base ne peut pas être écrit. Vérifiez vos droits sur ce fichier et sur son dossier",
	10: "le disque de la base ne lit ou n’écrit plus. Vérifiez-le, et la place qui y reste",
	11: "le fichier de la base est abîmé. Gardez-en une copie, puis restaurez la dernière sauvegarde (ocpizza restore)",
	13: "la base est pleine : le disque n’a plus de place. Libérez-en, puis recommencez",
	14: "le fichier de la base ne peut pas être ouvert. Vérifiez son nom (OCPIZZA_SQLITE), que son dossier existe, et vos droits",
	26: "ce fichier n’est pas une base SQLite, ou il est abîmé. Vérifiez son nom (OCPIZZA_SQLITE), ou restaurez la dernière sauvegarde (ocpizza restore)",
}

func sqliteWords(e *sqlite.Error) string {
	if words, ok := sqliteCodeWords[e.Code()&0xff]; ok {
		return words
	}
	if words := kindWords[classify(e)]; words != "" {
		return words
	}
	return fmt.Sprintf("la base répond par une erreur inattendue (n° %d). %s", e.Code(), moreWords)
}

// networkWords are of a server that is not reached.
func networkWords(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return "l’hôte de la base est introuvable : « " + e.Name + " ». Vérifiez l’adresse de la base, et le réseau"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "le certificat de la base n’est pas celui de son hôte. Vérifiez l’hôte de son adresse, ou écrivez-y tls=skip-verify"
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return "la base n’offre pas de connexion chiffrée. Ôtez tls=… de son adresse, ou demandez-la à son hébergeur"
	}
	e, ok := errors.AsType[*net.OpError](err)
	switch {
	case !ok || e.Op != "dial":
		return ""
	case e.Timeout():
		return "la base ne répond pas : délai dépassé. Vérifiez l’hôte et le port de son adresse, et qu’un pare-feu laisse passer"
	}
	return "rien ne répond à l’adresse de la base. Vérifiez l’hôte et le port, et que le serveur est démarré"
}

var kindWords = map[fault]string{
	crowded:   "toutes les connexions à la base sont prises. Recommencez dans une minute ; si cela dure, arrêtez un dyno ou un outil qui y est connecté",
	refused:   "la base refuse les écritures (pleine ou en lecture seule). Libérez de la place ou rendez les droits d’écriture, puis recommencez",
	busy:      "la base est occupée. Recommencez ; si cela dure, passez en maintenance pendant l’opération",
	lost:      "la connexion à la base s’est rompue. Vérifiez le réseau et la base, puis recommencez",
	down:      "la connexion à la base s’est rompue. Vérifiez le réseau et la base, puis recommencez",
	late:      "interrompu",
	broken:    "les données ne respectent pas une contrainte de la base",
	duplicate: "les données contiennent deux fois la même clé",
	tooLong:   "un des textes est trop long pour sa colonne. Raccourcissez-le, puis recommencez",
}
