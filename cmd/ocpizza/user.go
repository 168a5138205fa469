package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/oc-pizza/ocpizza/app"
)

type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Créer un compte. Le mot de passe est lu sur l’entrée standard."`
	List     userListCmd     `cmd:"" help:"Lister les comptes."`
	Password userPasswordCmd `cmd:"" help:"Changer un mot de passe, lu sur l’entrée standard ; ferme les sessions de la personne."`
	Disable  userDisableCmd  `cmd:"" help:"Fermer un compte et ses sessions."`
}

type userAddCmd struct {
	Login    string   `arg:"" help:"Identifiant de connexion."`
	Name     string   `required:"" help:"Nom affiché."`
	Role     string   `required:"" enum:"cashier,cook,courier,manager,director" help:"cashier, cook, courier, manager ou director."`
	Pizzeria []string `help:"Pizzeria (slug) où la personne travaille ; plusieurs possibles. Inutile pour director."`
}

// Run creates an account. The password comes from standard input, so that it stands neither in the shell's history nor in the process list.
func (u userAddCmd) Run(c *console) error {
	role := app.Role(u.Role)
	if role != app.Director && len(u.Pizzeria) == 0 {
		return errors.New("dites dans quelle pizzeria : --pizzeria=slug (les slugs sont dans les adresses des cartes, /carte/slug)")
	}
	hash, err := newPassword(c, "user add "+u.Login+" …")
	if err != nil {
		return err
	}
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	shops, err := shopIDs(c.ctx, d, u.Pizzeria)
	if err != nil {
		return err
	}
	user := app.User{Login: loginOf(u.Login), Name: u.Name, Role: role, Pizzerias: shops, PasswordHash: hash}
	if _, err := d.AddUser(c.ctx, user, operator.Did(app.MemberAdded, app.House, user.Login, time.Now())); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Compte « %s » créé.\n", user.Login)
	return nil
}

// loginOf is a login as it is kept, and as signing in looks it up.
func loginOf(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

type userPasswordCmd struct {
	Login string `arg:"" help:"Identifiant de connexion."`
}

// Run gives somebody another password, and ends their sessions: who knew the old one is out.
func (u userPasswordCmd) Run(c *console) error {
	hash, err := newPassword(c, "user password "+u.Login)
	if err != nil {
		return err
	}
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.SetPassword(c.ctx, loginOf(u.Login), hash, operator.Did(app.PasswordSet, app.House, loginOf(u.Login), time.Now())); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Mot de passe de « %s » changé.\n", loginOf(u.Login))
	c.tellServers(sessionsEnded)
	return nil
}

// sessionsEnded is what it means that the servers have heard of an account.
const sessionsEnded = "Ses sessions sont finies, ses écrans ouverts sont fermés."

type userListCmd struct {
	JSON bool `name:"json" help:"En JSON."`
}

// Run lists the accounts, without their hashes.
func (u userListCmd) Run(c *console) error {
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	users, err := d.Users(c.ctx)
	if err != nil {
		return err
	}
	if u.JSON {
		for i := range users {
			users[i].PasswordHash = ""
		}
		return json.NewEncoder(c.out).Encode(users)
	}
	table := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, x := range users {
		state := ""
		if x.Disabled {
			state = "fermé"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", x.Login, x.Name, x.Role, state)
	}
	return table.Flush()
}

type userDisableCmd struct {
	Login string `arg:"" help:"Identifiant de connexion."`
}

// Run closes an account and ends its sessions.
func (u userDisableCmd) Run(c *console) error {
	d, err := openMigrated(c)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.DisableUser(c.ctx, loginOf(u.Login), true, operator.Did(app.MemberDisabled, app.House, loginOf(u.Login), time.Now())); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Compte « %s » fermé.\n", loginOf(u.Login))
	c.tellServers(sessionsEnded)
	return nil
}
