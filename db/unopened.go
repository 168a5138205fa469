package db

import (
	"errors"
	"net"

	"github.com/go-sql-driver/mysql"
	"github.com/oc-pizza/ocpizza/app"
)

// unopened words, for whoever starts the program, why a database does not open: what is wrong and what to do. Unlike translate it keeps no
// cause: the server's own words quote the account and the address it came from.
func (d *DB) unopened(err error) error {
	if d.mysql {
		if words := unopenedMySQL(err); words != "" {
			d.log.Debug("the database does not open", "err", err)
			return app.Errorf(app.Unavailable, "%s", words)
		}
	}
	return d.translate(err)
}

func unopenedMySQL(err error) string {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		if mysqlFault(e) == crowded {
			return "Toutes les connexions à la base sont prises. Réessayez dans une minute ; si cela dure, arrêtez un dyno ou un outil qui y est connecté."
		}
		switch e.Number {
		case 1045:
			return "La base refuse l’identifiant ou le mot de passe. Reprenez l’adresse que donne son hébergeur (heroku config:get CLEARDB_DATABASE_URL), mot de passe encodé (%40 pour @)."
		case 1044, 1049:
			return "La base nommée à la fin de l’adresse n’existe pas, ou ce compte n’y a pas droit. Vérifiez le nom, après le dernier « / » de l’adresse."
		case 1226:
			return "Le quota horaire de requêtes de la base est épuisé. Attendez l’heure suivante, ou passez au forfait supérieur."
		}
		return ""
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return "L’hôte de la base est introuvable : « " + e.Name + " ». Vérifiez l’adresse de la base, et le réseau."
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return "La base ne répond pas : délai dépassé. Vérifiez l’hôte et le port de son adresse, et qu’un pare-feu laisse passer."
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return "Rien ne répond à l’adresse de la base. Vérifiez l’hôte et le port, et que le serveur est démarré."
	}
	return ""
}
