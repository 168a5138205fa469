package web

import (
	"context"
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/websocket/v2"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/oc-pizza/ocpizza/realtime"
	"github.com/oc-pizza/ocpizza/views"
)

func (s *Server) liveMenu(c *fiber.Ctx) error {
	shop, err := s.shop.Pizzeria(c.UserContext(), c.Params("pizzeria"))
	if err != nil {
		return err
	}
	return s.upgrade(c, realtime.Audience{Screen: realtime.MenuScreen, Pizzeria: shop.ID, Language: languageOf(c.Query("lang"))}, nil)
}

func (s *Server) liveTracking(c *fiber.Ctx) error {
	o, _, err := s.tracked(c)
	if err != nil {
		return err
	}
	var closed *app.Order
	if o.Closed() {
		closed = o
	}
	return s.upgrade(c, realtime.Audience{Screen: realtime.TrackingScreen, Pizzeria: o.Pizzeria, ID: o.ID, Language: languageOf(c.Query("lang"))}, closed)
}

// liveStaff opens the socket of a staff screen: the topic comes from the session, never from the request's own words.
func (s *Server) liveStaff(screen realtime.Screen) fiber.Handler {
	return func(c *fiber.Ctx) error {
		shop, _, err := s.staffShop(c)
		if err != nil {
			return err
		}
		return s.upgrade(c, s.audience(c, screen, shop.ID), nil)
	}
}

func (s *Server) liveDashboard(c *fiber.Ctx) error {
	switch c.Query("vue") {
	case views.StockView:
		return s.liveStaff(realtime.StockScreen)(c)
	case views.GroupView:
		if !actorOf(c).Is(app.Director) {
			return errNotYours
		}
		return s.liveStaff(realtime.GroupScreen)(c)
	case views.SupervisionView:
		return s.liveStaff(realtime.SupervisionScreen)(c)
	}
	return s.liveStaff(realtime.DashboardScreen)(c)
}

// upgrade makes a socket of the request, for a page that follows a closed order or none. The gofiber connection serves the handshake alone: the hub takes the descriptor out of it.
func (s *Server) upgrade(c *fiber.Ctx, a realtime.Audience, closed *app.Order) error {
	if !websocket.IsWebSocketUpgrade(c) {
		return fiber.ErrUpgradeRequired
	}
	if !s.originAllowed(c) {
		return errForged
	}
	shown := realtime.Shown{
		Epoch: c.Query("epoch"), Build: c.Query("build"), Service: views.Service(c.Query("service")), Promise: c.Query("promise"), Closed: closed,
	}
	if seq, err := strconv.ParseInt(c.Query("seq"), 10, 64); err == nil {
		shown.Seq = seq
	}
	// A cold board is loaded, and a database that is down is said, before the handshake: afterwards there is no status to answer with.
	if _, err := s.boards.Board(c.UserContext(), a.Pizzeria); err != nil {
		return err
	}
	info := realtime.SocketInfo{Kind: string(a.Screen), Group: a.Pizzeria, Session: sessionOf(c)}
	return websocket.New(func(conn *websocket.Conn) {
		err := s.hub.Serve(conn, info, func(socket *realtime.Socket) error {
			return s.boards.Join(context.Background(), socket, a, shown)
		})
		if err != nil && !errors.Is(err, realtime.ErrHubClosed) {
			s.log.Warn("cannot open a socket", "screen", info.Kind, "err", err)
		}
	}, websocket.Config{Origins: []string{"*"}, ReadBufferSize: 128, WriteBufferSize: 128})(c)
}
