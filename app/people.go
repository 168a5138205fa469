package app

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Role is what a person may do. A wall screen acts as a Cook.
type Role string

// The roles, as stored.
const (
	Visitor  Role = "visitor"  // anybody: sees menus, places an order
	Customer Role = "customer" // holder of an order's tracking link
	Cashier  Role = "cashier"
	Cook     Role = "cook"
	Courier  Role = "courier"
	Manager  Role = "manager"
	Director Role = "director" // a manager of every shop
)

// Staff reports whether the role belongs to somebody who signs in.
func (r Role) Staff() bool {
	return slices.Contains([]Role{Cashier, Cook, Courier, Manager, Director}, r)
}

// Actor is who asks, and from where. It is made by the door from a session, a paired device or a tracking link, never from the request's own words.
type Actor struct {
	Role      Role
	User      int64   // 0: nobody signed in
	Device    int64   // 0: not a paired screen
	Order     int64   // Customer: the only order that the link opens
	Name      string  // shown in the journal
	Pizzerias []int64 // where staff works; ignored for a Director
	Screen    string  // "kitchen", "till" …: from which screen, for the journal
}

// Key identifies the actor in the journal and as the principal of idempotency keys.
func (a Actor) Key() string {
	switch {
	case a.User != 0:
		return "user:" + strconv.FormatInt(a.User, 10)
	case a.Device != 0:
		return "device:" + strconv.FormatInt(a.Device, 10)
	case a.Order != 0:
		return "order:" + strconv.FormatInt(a.Order, 10)
	}
	return string(Visitor)
}

// WorksIn reports whether the actor may see and touch what belongs to a pizzeria.
func (a Actor) WorksIn(pizzeria int64) bool {
	return a.Role == Director || a.Role.Staff() && slices.Contains(a.Pizzerias, pizzeria)
}

// Is reports whether the actor holds one of the roles. A director holds a manager's.
func (a Actor) Is(roles ...Role) bool {
	return slices.Contains(roles, a.Role) || a.Role == Director && slices.Contains(roles, Manager)
}

// User is a member of staff. The password's hash never leaves db and the sign-in.
type User struct {
	ID           int64
	Login        string
	Name         string
	Role         Role
	Pizzerias    []int64
	PasswordHash string // argon2id, PHC string format
	Demo         bool   // created by the demo's seed: its password is public
	Disabled     bool
}

// Actor returns the user as an actor.
func (u User) Actor() Actor {
	return Actor{Role: u.Role, User: u.ID, Name: u.Name, Pizzerias: u.Pizzerias}
}

// Device is a paired wall screen: it opens one shop's kitchen with no password on the wall, and a manager can revoke it.
type Device struct {
	ID       int64
	Pizzeria int64
	Name     string
	PairedBy string
	PairedAt time.Time
	Revoked  bool
}

// Actor returns the device as an actor.
func (d Device) Actor() Actor {
	return Actor{Role: Cook, Device: d.ID, Name: d.Name, Pizzerias: []int64{d.Pizzeria}}
}

// Session is a signed-in browser or a paired device. Only the hash of its secret is stored.
type Session struct {
	Hash    string // SHA-256 of the cookie's value, hex
	User    int64  // 0 for a device
	Device  int64  // 0 for a person
	Begun   time.Time
	Expires time.Time
}

// How long a session lives. A device's is renewed by pairing again.
const (
	sessionLife = 12 * time.Hour
	deviceLife  = 400 * 24 * time.Hour
)

// DemoPassword opens the demo's accounts, and nothing anywhere else.
const DemoPassword = "pizza-demo"

// errSignIn is the same for an unknown name and a wrong password.
var errSignIn = Errorf(Unauthorized, "Identifiant ou mot de passe incorrect. Vérifiez-les, ou demandez au responsable.")

// SignIn checks a password and begins a session under secret, which the browser keeps and only whose hash is stored.
func (s *Shop) SignIn(ctx context.Context, login, password, secret string) (User, Session, error) {
	u, err := s.Store.UserByLogin(ctx, strings.ToLower(strings.TrimSpace(login)))
	if err != nil && KindOf(err) != NotFound {
		return User{}, Session{}, err
	}
	// The hash of nobody is checked too, so that the time of the answer does not say whether the name exists.
	ok := s.CheckPassword(u.PasswordHash, password)
	if err != nil || !ok || u.Disabled || !s.Demo && (u.Demo || password == DemoPassword) {
		return User{}, Session{}, errSignIn
	}
	now := s.Now()
	session := Session{Hash: HashToken(secret), User: u.ID, Begun: now, Expires: now.Add(sessionLife)}
	if err := s.Store.BeginSession(ctx, session); err != nil {
		return User{}, Session{}, err
	}
	return u, session, nil
}

// PairingLife is how long a code on an unpaired screen may be used.
const PairingLife = 15 * time.Minute

// OfferDevice makes the code that an unpaired wall screen shows for a manager to type. The screen keeps the secret; the code is made from
// its hash, so that reading the code off the wall does not give the secret. 40 bits, no letter that looks like a digit. It is good until a time.
func (s *Shop) OfferDevice(ctx context.Context, secret string) (code string, until time.Time, err error) {
	sum := sha256.Sum256([]byte("pairing\x00" + secret))
	code = pairingAlphabet.EncodeToString(sum[:5])
	now := s.Now()
	until, err = s.Store.OfferPairing(ctx, code, HashToken(secret), now, now.Add(PairingLife))
	return code, until, err
}

var pairingAlphabet = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// PairDevice gives the wall screen that shows code one shop's kitchen.
func (s *Shop) PairDevice(ctx context.Context, actor Actor, pizzeria int64, name, code string) (Device, error) {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return Device{}, err
	}
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > 40 {
		return Device{}, Errorf(Invalid, "Donnez à l’écran un nom de 40 caractères au plus, par exemple « Cuisine ».")
	}
	now := s.Now()
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	d, err := s.Store.PairDevice(ctx, code, Device{Pizzeria: pizzeria, Name: name, PairedBy: actor.Key(), PairedAt: now}, now.Add(deviceLife), actor.did(DevicePaired, pizzeria, name, "", now))
	if KindOf(err) == NotFound && err != nil {
		return Device{}, Errorf(Invalid, "Aucun écran n’affiche ce code. Vérifiez-le, ou touchez l’écran pour un nouveau code.")
	}
	return d, err
}

// RevokeDevice ends a wall screen's access and returns the hashes of the sessions that ended, whose sockets must be closed.
func (s *Shop) RevokeDevice(ctx context.Context, actor Actor, pizzeria, id int64) ([]string, error) {
	if err := mayManage(actor, pizzeria, Manager); err != nil {
		return nil, err
	}
	return s.Store.RevokeDevice(ctx, pizzeria, id, actor.did(DeviceRevoked, pizzeria, "n° "+strconv.FormatInt(id, 10), "", s.Now()))
}
