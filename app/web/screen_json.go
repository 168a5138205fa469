package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/views"
)

// What the staff's screens say, as JSON: the same orders in the same sequence, and of whom they are no more than the screen shows.

// screenJSON is what every screen of a shop has: which shop, and as of which number of its topic.
func screenJSON(b *app.Board, live views.Live, more fiber.Map) fiber.Map {
	out := fiber.Map{"pizzeria": b.Pizzeria.Slug, "seq": live.Seq, "epoch": live.Epoch, "maj": rfc3339(live.Now)}
	for name, value := range more {
		out[name] = value
	}
	return out
}

// ticketJSON is what an order is and where it stands, without whose it is and what it costs.
func ticketJSON(o *app.Order) fiber.Map {
	lines := make([]fiber.Map, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = fiber.Map{
			"n": l.N, "produit": l.Product, "nom": l.Name, "taille": l.Size, "quantite": l.Quantity, "sans": orNone(l.Without), "avec": orNone(l.AddedSlugs()), "allergenes": orNone(l.Allergens),
			"etat": l.State(), "pizzas": orNone(l.Items),
		}
	}
	return fiber.Map{
		"id": o.ID, "numero": o.Number, "statut": o.Status, "version": o.Version, "revision": o.Revision, "mode": o.Mode, "canal": o.Channel,
		"recue_a": rfc3339(o.PlacedAt), "prete_pour": rfc3339(o.ReadyBy), "promis_a": rfc3339(o.PromisedAt), "lignes": lines,
	}
}

// orNone is a list that JSON writes [] rather than null.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ticketsJSON is a list of orders, each with what its screen adds.
func ticketsJSON(orders []*app.Order, add func(o *app.Order, out fiber.Map)) []fiber.Map {
	all := make([]fiber.Map, len(orders))
	for i, o := range orders {
		all[i] = ticketJSON(o)
		add(o, all[i])
	}
	return all
}

func kitchenJSON(b *app.Board, live views.Live) fiber.Map {
	return screenJSON(b, live, fiber.Map{"commandes": ticketsJSON(views.KitchenTickets(b), func(o *app.Order, out fiber.Map) {
		out["note"], out["manque"], out["nouvelles"], out["retirees"] = o.Note, o.Missing, orNone(o.Arrived()), goneJSON(o)
	})})
}

// goneJSON are the lines that the kitchen saw and that are no longer to be made.
func goneJSON(o *app.Order) []fiber.Map {
	out := []fiber.Map{}
	for _, l := range o.Gone() {
		out = append(out, fiber.Map{"produit": l.Product, "nom": l.Name, "taille": l.Size, "quantite": l.Quantity, "sans": orNone(l.Without)})
	}
	return out
}

// courierJSON says of a courier's stops where they are and what is to be taken, of those that come only that they do.
func courierJSON(b *app.Board, live views.Live, courier int64) fiber.Map {
	mine, ready, coming := views.Stops(b, courier)
	stop := func(group string) func(*app.Order, fiber.Map) {
		return func(o *app.Order, out fiber.Map) {
			out["groupe"] = group
			if group != "a_venir" {
				out["nom"], out["telephone"], out["adresse"], out["code_postal"], out["note"] = o.Contact.Name, o.Contact.Phone, o.Contact.Address, o.Contact.Postcode, o.Note
				moneyJSON(o, out)
			}
		}
	}
	all := ticketsJSON(mine, stop("tournee"))
	all = append(all, ticketsJSON(ready, stop("prete"))...)
	all = append(all, ticketsJSON(coming, stop("a_venir"))...)
	together := []int64{}
	if t := b.Together(); t != nil {
		for _, o := range t.Orders {
			together = append(together, o.ID)
		}
	}
	return screenJSON(b, live, fiber.Map{"commandes": all, "ensemble": together})
}

// rideJSON adds to a followed order how many stops come before it, and where the courier is if that is shown.
func rideJSON(out fiber.Map, b *app.Board, o *app.Order, r app.Rider) {
	if n, rides := b.StopsBefore(o); rides {
		out["arrets_avant"] = n
	}
	if r.At.Known() {
		out["livreur"] = fiber.Map{"latitude": r.At.Lat, "longitude": r.At.Lon, "releve_a": rfc3339(r.Seen)}
	}
}

func moneyJSON(o *app.Order, out fiber.Map) {
	out["total_cents"], out["a_encaisser_cents"] = o.Total(), o.ToCollect()
	out["paiement"] = fiber.Map{"moyen": o.Payment.Method, "statut": o.Payment.Status}
}

func tillJSON(b *app.Board, live views.Live) fiber.Map {
	return screenJSON(b, live, fiber.Map{"commandes": ticketsJSON(views.AtTill(b), func(o *app.Order, out fiber.Map) {
		out["nom"], out["manque"], out["attente"] = o.Contact.Name, o.Missing, holdJSON(b, o)
		moneyJSON(o, out)
	})})
}

func dashboardJSON(b *app.Board, live views.Live) fiber.Map {
	figures := figuresJSON(views.ShopFiguresOf(b, live.Now))
	return screenJSON(b, live, fiber.Map{"chiffres": figures, "commandes": ticketsJSON(views.OnDashboard(b), func(o *app.Order, out fiber.Map) {
		out["attente"] = holdJSON(b, o)
		out["nom"], out["telephone"], out["livreur"], out["manque"] = o.Contact.Name, o.Contact.Phone, o.CourierName, o.Missing
		moneyJSON(o, out)
	})})
}

func figuresJSON(shop views.ShopFigures) fiber.Map {
	f := shop.Figures
	alarms := make([]string, len(f.Alarms))
	for i, l := range f.Alarms {
		alarms[i] = l.Ingredient.Slug
	}
	return fiber.Map{
		"jour": f.Day, "dernier_mouvement": rfc3339(f.At), "en_cours": f.Open, "pas_commencees": f.Waiting, "en_retard": shop.Late,
		"remises": f.Handed, "a_l_heure": f.OnTime, "retard_moyen_s": int(f.Delay / time.Second), "encaisse_cents": f.Takings, "ventes": f.Sales,
		"livreurs_en_route": f.Couriers, "commandes_en_route": f.Riding, "alertes_stock": alarms, "epuises": orNone(f.SoldOut),
	}
}

// groupJSON are all shops, the worst first.
func groupJSON(all []views.ShopFigures, live views.Live) fiber.Map {
	shops := make([]fiber.Map, len(all))
	for i, s := range all {
		shops[i] = fiber.Map{"slug": s.Pizzeria.Slug, "nom": s.Pizzeria.Name, "ouverte": !s.Closed, "retard_depuis": rfc3339(s.Oldest), "chiffres": figuresJSON(s)}
	}
	return fiber.Map{"maj": rfc3339(live.Now), "pizzerias": shops}
}

// stockJSON are the levels in their units (g, ml, pieces).
func stockJSON(b *app.Board, live views.Live) fiber.Map {
	levels := make([]fiber.Map, 0, len(b.Levels))
	for _, l := range b.Stock() {
		levels = append(levels, fiber.Map{
			"slug": l.Ingredient.Slug, "nom": l.Ingredient.Name, "unite": l.Ingredient.Unit, "disponible": l.Level.Available(), "en_stock": l.Level.OnHand,
			"reserve": l.Level.Reserved, "seuil": l.Level.Threshold, "rupture": l.Level.Out, "bas": l.Level.Low(),
		})
	}
	return screenJSON(b, live, fiber.Map{"niveaux": levels})
}

// supervisionJSON is of the machine, whichever shop's manager asks. A part is of its limit, -1 where there is none.
func supervisionJSON(v views.Supervision) fiber.Map {
	gauges := make([]fiber.Map, len(v.Gauges))
	for i, g := range v.Gauges {
		gauges[i] = fiber.Map{"nom": g.Name, "libelle": g.Label, "valeur": g.Value, "etat": g.Tone, "part": g.Part, "a_faire": g.Todo}
	}
	return fiber.Map{"maj": rfc3339(v.At), "depuis": rfc3339(v.Started), "version": v.Build, "jauges": gauges}
}
