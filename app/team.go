package app

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// MinPassword is how many characters a chosen password has at least.
const MinPassword = 10

// ranks are the roles from the lowest on: nobody gives or touches what is above their own. Those of one rank are apart only in what they do.
var ranks = map[Role]int{Cook: 1, Courier: 1, Cashier: 1, Manager: 2, Director: 3}

// mayEmploy says whom an actor may add, close or give another password: a director everybody, a manager those below, in their own shop.
func mayEmploy(actor Actor, pizzeria int64, role Role) error {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return err
	}
	if ranks[role] == 0 {
		return Errorf(Invalid, "Choisissez un rôle de la liste.").InField("role")
	}
	if actor.Role != Director && ranks[role] >= ranks[actor.Role] {
		return Errorf(Forbidden, "Seule la direction gère les responsables et la direction.")
	}
	return nil
}

// Employs reports whether the actor may add or change somebody of a role in a shop.
func Employs(actor Actor, pizzeria int64, role Role) bool {
	return mayEmploy(actor, pizzeria, role) == nil
}

// Team is a shop's people and what was done lately about them, the menu and the screens.
type Team struct {
	People  []User // by login, without their passwords' hashes
	Actions []StaffAction
}

// teamActions is how many of the last actions a team shows.
const teamActions = 50

// Team shows a shop's people. Directors, who belong to no shop, are shown to directors.
func (s *Shop) Team(ctx context.Context, actor Actor, pizzeria int64) (Team, error) {
	people, err := s.people(ctx, actor, pizzeria)
	if err != nil {
		return Team{}, err
	}
	actions, err := s.Store.StaffActions(ctx, pizzeria, teamActions)
	if actor.Role != Director { // the command line's accounts are of any shop
		actions = slices.DeleteFunc(actions, func(a StaffAction) bool { return a.Pizzeria != pizzeria && !a.What.menu() })
	}
	return Team{People: people, Actions: actions}, err
}

func (s *Shop) people(ctx context.Context, actor Actor, pizzeria int64) ([]User, error) {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return nil, err
	}
	all, err := s.Store.Staff(ctx, pizzeria)
	return slices.DeleteFunc(all, func(u User) bool { return u.Role == Director && actor.Role != Director }), err
}

// NewMember is whom somebody wants to add.
type NewMember struct {
	Login, Name string
	Role        Role
	Password    string // "": one is made
}

var reLogin = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)

// AddMember adds somebody to a shop's people. It returns the password that was made, which is stored nowhere and can be shown but now; "" if it
// was chosen.
func (s *Shop) AddMember(ctx context.Context, actor Actor, pizzeria int64, in NewMember) (made string, err error) {
	if err := mayEmploy(actor, pizzeria, in.Role); err != nil {
		return "", err
	}
	login := strings.ToLower(strings.TrimSpace(in.Login))
	if !reLogin.MatchString(login) {
		return "", Errorf(Invalid, "L’identifiant doit avoir de 2 à 40 lettres sans accent, chiffres, points ou tirets, par exemple « lina.soler ».").InField("identifiant")
	}
	if in.Name == "" || utf8.RuneCountInString(in.Name) > 80 {
		return "", Errorf(Invalid, "Indiquez le nom de la personne, en 80 caractères au plus.").InField("nom")
	}
	hash, made, err := s.newPassword(in.Password)
	if err != nil {
		return "", err
	}
	u := User{Login: login, Name: in.Name, Role: in.Role, PasswordHash: hash, Pizzerias: []int64{pizzeria}}
	if in.Role == Director {
		u.Pizzerias = nil // every shop is theirs
	}
	_, err = s.Store.AddUser(ctx, u, actor.did(MemberAdded, pizzeria, login, string(in.Role), s.Now()))
	if KindOf(err) == Conflict && err != nil {
		return "", AsError(err).InField("identifiant")
	}
	return made, err
}

// DisableMember closes a person's account, or opens it again, and returns the hashes of the sessions that ended, whose sockets must be closed.
func (s *Shop) DisableMember(ctx context.Context, actor Actor, pizzeria, id int64, disabled bool) ([]string, error) {
	u, err := s.member(ctx, actor, pizzeria, id)
	if err != nil {
		return nil, err
	}
	if u.ID == actor.User {
		return nil, Errorf(Conflict, "Vous ne pouvez pas fermer votre propre compte. Demandez à quelqu’un d’autre de la direction.")
	}
	deed := MemberBack
	if disabled {
		deed = MemberDisabled
	}
	return s.Store.DisableUser(ctx, u.Login, disabled, actor.did(deed, pizzeria, u.Login, "", s.Now()))
}

// ResetPassword gives a person another password, chosen or made, and ends their sessions as DisableMember does.
func (s *Shop) ResetPassword(ctx context.Context, actor Actor, pizzeria, id int64, password string) (u User, made string, ended []string, err error) {
	if u, err = s.member(ctx, actor, pizzeria, id); err != nil {
		return u, "", nil, err
	}
	hash, made, err := s.newPassword(password)
	if err != nil {
		return u, "", nil, err
	}
	ended, err = s.Store.SetPassword(ctx, u.Login, hash, actor.did(PasswordSet, pizzeria, u.Login, "", s.Now()))
	return u, made, ended, err
}

// member finds one of a shop's people whom the actor may change. Whoever works elsewhere is as absent as nobody.
func (s *Shop) member(ctx context.Context, actor Actor, pizzeria, id int64) (User, error) {
	all, err := s.people(ctx, actor, pizzeria)
	if err != nil {
		return User{}, err
	}
	i := slices.IndexFunc(all, func(u User) bool { return u.ID == id })
	if i < 0 {
		return User{}, Errorf(NotFound, "Cette personne n’est pas de l’équipe. Rechargez la page.")
	}
	return all[i], mayEmploy(actor, pizzeria, all[i].Role)
}

// newPassword hashes a chosen password, or makes one.
func (s *Shop) newPassword(chosen string) (hash, made string, err error) {
	switch {
	case chosen == "":
		made = madePassword()
		chosen = made
	case utf8.RuneCountInString(chosen) < MinPassword || utf8.RuneCountInString(chosen) > 200 || chosen == DemoPassword:
		return "", "", Errorf(Invalid, "Ce mot de passe est trop court ou public : donnez-en un de %d caractères au moins, ou laissez vide pour en recevoir un.", MinPassword).InField("mot_de_passe")
	}
	hash, err = s.HashPassword(chosen)
	return hash, made, err
}

// madePassword is 80 bits that can be read out and typed: "k7qp-2mxa-h4tz-9wde". crypto/rand.Text is RFC 4648's alphabet, which has neither 0 nor 1.
func madePassword() string {
	t := strings.ToLower(rand.Text())
	return t[:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:16]
}
