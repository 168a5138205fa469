package web

import (
	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// team lists a shop's people.
func (s *Server) team(c *fiber.Ctx) error {
	return s.teamPage(c, views.MemberForm{}, views.Secret{})
}

// teamPage keeps what was typed for somebody who could not be added, and shows a password that was made: never again.
func (s *Server) teamPage(c *fiber.Ctx, f views.MemberForm, made views.Secret) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	t, err := s.shop.Team(c.UserContext(), actorOf(c), shop.ID)
	if err != nil {
		return err
	}
	if wantsJSON(c) {
		return c.JSON(teamJSON(t))
	}
	return s.html(c, views.TeamPage(s.staffPage(c, "team", "Équipe", shop, shops), t, f, made))
}

func teamJSON(t app.Team) fiber.Map {
	people := make([]fiber.Map, len(t.People))
	for i, u := range t.People {
		people[i] = fiber.Map{"id": u.ID, "identifiant": u.Login, "nom": u.Name, "role": u.Role, "ferme": u.Disabled}
	}
	actions := make([]fiber.Map, len(t.Actions))
	for i, a := range t.Actions {
		actions[i] = fiber.Map{"a": rfc3339(a.At), "par": a.Name, "role": a.Role, "ecran": a.Screen, "action": a.What, "objet": a.Subject, "detail": a.Detail}
	}
	return fiber.Map{"equipe": people, "journal": actions}
}

// addMember adds somebody to a shop's people.
func (s *Server) addMember(c *fiber.Ctx) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	in := app.NewMember{Login: form.Get("identifiant"), Name: form.Get("nom"), Role: app.Role(form.Get("role")), Password: form.Get("mot_de_passe")}
	made, err := s.shop.AddMember(c.UserContext(), actorOf(c), shop.ID, in)
	if refusal := app.AsError(err); err != nil && (refusal.Kind == app.Invalid || refusal.Kind == app.Conflict) && !wantsJSON(c) && !fromLive(c) {
		c.Status(status[refusal.Kind])
		return s.teamPage(c, views.MemberForm{Login: in.Login, Name: in.Name, Role: string(in.Role), Refusal: refusal.Message, BadField: refusal.Field}, views.Secret{})
	}
	if err != nil {
		return err
	}
	return s.madePassword(c, shop, shops, in.Login, made)
}

// madePassword answers with the password that was made, if one was.
func (s *Server) madePassword(c *fiber.Ctx, shop *app.Pizzeria, shops []app.Pizzeria, login, made string) error {
	switch {
	case wantsJSON(c):
		return c.JSON(fiber.Map{"identifiant": login, "mot_de_passe": made})
	case made == "":
		return s.reload(c, "/pilotage/equipe"+shopQuery(shop, shops))
	}
	return s.teamPage(c, views.MemberForm{}, views.Secret{Login: login, Password: made})
}

// changeMember closes an account, opens it again, or gives its owner another password.
func (s *Server) changeMember(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	ctx, actor := c.UserContext(), actorOf(c)
	var ended []string
	var made, login string
	switch action := c.Params("action"); action {
	case "fermer", "rouvrir":
		ended, err = s.shop.DisableMember(ctx, actor, shop.ID, id, action == "fermer")
	case "mot-de-passe":
		var u app.User
		u, made, ended, err = s.shop.ResetPassword(ctx, actor, shop.ID, id, form.Get("mot_de_passe"))
		login = u.Login
	default:
		return errNoPage
	}
	for _, hash := range ended {
		s.endSession(hash)
	}
	if refusal := app.AsError(err); err != nil && (refusal.Kind == app.Invalid || refusal.Kind == app.Conflict) && !wantsJSON(c) && !fromLive(c) {
		return s.refuseMember(c, refusal)
	}
	if err != nil {
		return err
	}
	return s.madePassword(c, shop, shops, login, made)
}

// refuseMember shows the team again with the reason on top.
func (s *Server) refuseMember(c *fiber.Ctx, refusal *app.Error) error {
	shop, shops, err := s.staffShop(c)
	if err != nil {
		return err
	}
	t, err := s.shop.Team(c.UserContext(), actorOf(c), shop.ID)
	if err != nil {
		return err
	}
	p := s.staffPage(c, "team", "Équipe", shop, shops)
	p.Notice, p.Failed = refusal.Message, true
	c.Status(status[refusal.Kind])
	return s.html(c, views.TeamPage(p, t, views.MemberForm{}, views.Secret{}))
}
