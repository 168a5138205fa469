package db

import (
	"context"
	"time"

	"github.com/oc-pizza/ocpizza/app"
	"github.com/uptrace/bun"
)

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:u"`
	ID            int64  `bun:"id,pk,autoincrement"`
	Login         string `bun:"login"`
	Name          string `bun:"name"`
	Role          string `bun:"role"`
	PasswordHash  string `bun:"password_hash"`
	Demo          bool   `bun:"is_demo"`
	Disabled      bool   `bun:"is_disabled"`
}

type worksRow struct {
	bun.BaseModel `bun:"table:user_pizzerias,alias:w"`
	User          int64 `bun:"user_id"`
	Pizzeria      int64 `bun:"pizzeria_id"`
}

type deviceRow struct {
	bun.BaseModel `bun:"table:devices,alias:d"`
	ID            int64     `bun:"id,pk,autoincrement"`
	Pizzeria      int64     `bun:"pizzeria_id"`
	Name          string    `bun:"name"`
	PairedBy      string    `bun:"paired_by"`
	PairedAt      time.Time `bun:"paired_at"`
	Revoked       bool      `bun:"is_revoked"`
}

func (r *deviceRow) device() app.Device {
	return app.Device{ID: r.ID, Pizzeria: r.Pizzeria, Name: r.Name, PairedBy: r.PairedBy, PairedAt: instant(r.PairedAt), Revoked: r.Revoked}
}

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`
	Hash          string    `bun:"hash"`
	User          int64     `bun:"user_id"`
	Device        int64     `bun:"device_id"`
	Begun         time.Time `bun:"begun_at"`
	Expires       time.Time `bun:"expires_at"`
}

type pairingRow struct {
	bun.BaseModel `bun:"table:pairings,alias:c"`
	Code          string    `bun:"code"`
	Session       string    `bun:"session_hash"`
	Until         time.Time `bun:"valid_until"`
}

var (
	errNoUser    = app.Errorf(app.NotFound, "Cette personne n’existe pas.")
	errNoSession = app.Errorf(app.NotFound, "La session est terminée. Reconnectez-vous.")
	errNoDevice  = app.Errorf(app.NotFound, "Cet écran n’existe pas ou n’est plus associé.")
	errNoPairing = app.Errorf(app.NotFound, "Aucun écran n’affiche ce code.")
)

// UserByLogin finds a member of staff; NotFound if there is none.
func (d *DB) UserByLogin(ctx context.Context, login string) (app.User, error) {
	users, err := d.users(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("u.login = ?", clean(login)) })
	if err != nil {
		return app.User{}, err
	}
	if len(users) == 0 {
		return app.User{}, errNoUser
	}
	return users[0], nil
}

// Users lists the staff, disabled people included, by login.
func (d *DB) Users(ctx context.Context) ([]app.User, error) {
	return d.users(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
}

// Staff lists those who work in a shop, and directors, disabled people included, by login and without their passwords' hashes.
func (d *DB) Staff(ctx context.Context, pizzeria int64) ([]app.User, error) {
	all, err := d.users(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("u.role = ? OR u.id IN (SELECT user_id FROM user_pizzerias WHERE pizzeria_id = ?)", string(app.Director), pizzeria)
	})
	for i := range all {
		all[i].PasswordHash = ""
	}
	return all, err
}

// users reads people. One query: there is a row for each shop in which somebody works.
func (d *DB) users(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) ([]app.User, error) {
	var rows []struct {
		userRow  `bun:",extend"`
		Pizzeria int64 `bun:"pizzeria_id"`
	}
	q := d.r.NewSelect().Model(&rows).ColumnExpr("u.*, COALESCE(w.pizzeria_id, 0) AS pizzeria_id").
		Join("LEFT JOIN user_pizzerias AS w ON w.user_id = u.id").Order("u.login", "w.pizzeria_id")
	if err := which(q).Scan(ctx); err != nil {
		return nil, d.translate(err)
	}
	var out []app.User
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			out = append(out, app.User{
				ID: r.ID, Login: r.Login, Name: r.Name, Role: app.Role(r.Role), PasswordHash: r.PasswordHash, Demo: r.Demo, Disabled: r.Disabled,
			})
		}
		if u := &out[len(out)-1]; r.Pizzeria != 0 {
			u.Pizzerias = append(u.Pizzerias, r.Pizzeria)
		}
	}
	return out, nil
}

// AddUser saves a new member of staff and returns them with their id; Conflict if the login is taken.
func (d *DB) AddUser(ctx context.Context, u app.User, by app.StaffAction) (app.User, error) {
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		id, err := insertUser(ctx, tx, u)
		if classify(err) == duplicate {
			if unknown {
				return errUnknown
			}
			return app.Errorf(app.Conflict, "L’identifiant « %s » est déjà pris. Choisissez-en un autre.", u.Login)
		}
		if u.ID = id; err != nil {
			return err
		}
		return note(ctx, tx, by)
	})
	return u, err
}

func insertUser(ctx context.Context, tx bun.Tx, u app.User) (int64, error) {
	row := userRow{Login: u.Login, Name: clean(u.Name), Role: string(u.Role), PasswordHash: u.PasswordHash, Demo: u.Demo, Disabled: u.Disabled}
	id, err := insertID(ctx, tx, &row)
	if err != nil || len(u.Pizzerias) == 0 {
		return id, err
	}
	works := make([]worksRow, len(u.Pizzerias))
	for i, p := range u.Pizzerias {
		works[i] = worksRow{User: id, Pizzeria: p}
	}
	_, err = tx.NewInsert().Model(&works).Returning("NULL").Exec(ctx)
	return id, err
}

// insertID inserts one row and returns the id that the database gave it.
func insertID(ctx context.Context, tx bun.Tx, row any) (int64, error) {
	res, err := tx.NewInsert().Model(row).ExcludeColumn("id").Returning("NULL").Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// DisableUser ends a person's access, or gives it back, and returns the hashes of the sessions that ended, whose sockets must be closed.
func (d *DB) DisableUser(ctx context.Context, login string, disabled bool, by app.StaffAction) ([]string, error) {
	return d.changeUser(ctx, login, by, "is_disabled = ?", disabled)
}

// SetPassword gives a person another password, which is no demo's any more, and ends their sessions as DisableUser does.
func (d *DB) SetPassword(ctx context.Context, login, hash string, by app.StaffAction) ([]string, error) {
	return d.changeUser(ctx, login, by, "password_hash = ?, is_demo = ?", hash, false)
}

// changeUser changes what lets a person in, ends all their sessions and returns their hashes; NotFound if there is nobody of that login.
func (d *DB) changeUser(ctx context.Context, login string, by app.StaffAction, set string, values ...any) ([]string, error) {
	var hashes []string
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		var u userRow
		if err := tx.NewSelect().Model(&u).Where("login = ?", clean(login)).Scan(ctx); err != nil {
			return noRows(err, errNoUser)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE users SET "+set+" WHERE id = ?", append(values, u.ID)...); err != nil {
			return err
		}
		if err := note(ctx, tx, by); err != nil {
			return err
		}
		ended, err := d.endSessions(ctx, tx, "user_id", u.ID)
		if !unknown || len(ended) > 0 {
			hashes = ended // after a lost COMMIT those of the first try are the ones that ended
		}
		return err
	})
	return hashes, err
}

// endSessions forgets the sessions of a user or device and returns their hashes.
func (d *DB) endSessions(ctx context.Context, tx bun.Tx, column string, id int64) ([]string, error) {
	var rows []sessionRow
	if err := tx.NewSelect().Model(&rows).Where("? = ?", bun.Ident(column), id).Order("hash").Scan(ctx); err != nil {
		return nil, err
	}
	var hashes []string
	for _, r := range rows {
		hashes = append(hashes, r.Hash)
	}
	if _, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("? = ?", bun.Ident(column), id).Exec(ctx); err != nil {
		return nil, err
	}
	return hashes, d.countEnd(ctx, tx)
}

// BeginSession saves a session. Saving it twice is saving it once.
func (d *DB) BeginSession(ctx context.Context, s app.Session) error {
	return d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		err := insertSession(ctx, tx, s)
		if unknown && classify(err) == duplicate {
			return nil
		}
		return err
	})
}

func insertSession(ctx context.Context, tx bun.Tx, s app.Session) error {
	row := sessionRow{Hash: s.Hash, User: s.User, Device: s.Device, Begun: instant(s.Begun), Expires: instant(s.Expires)}
	_, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx)
	return err
}

// SessionActor returns who a session belongs to and until when, in one query; NotFound when it ended, expired, or its owner was disabled
// or revoked.
func (d *DB) SessionActor(ctx context.Context, hash string, now time.Time) (app.Actor, time.Time, error) {
	var rows []struct {
		Expires      time.Time `bun:"expires_at"`
		User         int64     `bun:"user_id"`
		Role         string    `bun:"role"`
		Name         string    `bun:"name"`
		Disabled     bool      `bun:"is_disabled"`
		Works        int64     `bun:"works_in"`
		Device       int64     `bun:"device_id"`
		DeviceName   string    `bun:"device_name"`
		DevicePlace  int64     `bun:"device_place"`
		DeviceGone   bool      `bun:"is_revoked"`
		DevicePaired string    `bun:"paired_by"`
	}
	err := d.r.NewRaw("SELECT s.expires_at, COALESCE(u.id, 0) AS user_id, COALESCE(u.role, '') AS role, COALESCE(u.name, '') AS name,"+
		" COALESCE(u.is_disabled, 0) AS is_disabled, COALESCE(w.pizzeria_id, 0) AS works_in, COALESCE(d.id, 0) AS device_id,"+
		" COALESCE(d.name, '') AS device_name, COALESCE(d.pizzeria_id, 0) AS device_place, COALESCE(d.is_revoked, 0) AS is_revoked,"+
		" COALESCE(d.paired_by, '') AS paired_by FROM sessions AS s LEFT JOIN users AS u ON u.id = s.user_id"+
		" LEFT JOIN user_pizzerias AS w ON w.user_id = u.id LEFT JOIN devices AS d ON d.id = s.device_id"+
		" WHERE s.hash = ? AND s.expires_at > ? ORDER BY w.pizzeria_id", hash, instant(now)).Scan(ctx, &rows)
	if err != nil {
		return app.Actor{}, time.Time{}, d.translate(err)
	}
	if len(rows) == 0 {
		return app.Actor{}, time.Time{}, errNoSession
	}
	r := rows[0]
	switch {
	case r.User != 0 && !r.Disabled:
		u := app.User{ID: r.User, Name: r.Name, Role: app.Role(r.Role)}
		for _, r := range rows {
			if r.Works != 0 {
				u.Pizzerias = append(u.Pizzerias, r.Works)
			}
		}
		return u.Actor(), instant(r.Expires), nil
	case r.Device != 0 && !r.DeviceGone:
		return app.Device{ID: r.Device, Pizzeria: r.DevicePlace, Name: r.DeviceName}.Actor(), instant(r.Expires), nil
	}
	return app.Actor{}, time.Time{}, errNoSession
}

// EndSession forgets a session.
func (d *DB) EndSession(ctx context.Context, hash string) error {
	return d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		if _, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("hash = ?", hash).Exec(ctx); err != nil {
			return err
		}
		return d.countEnd(ctx, tx)
	})
}

// ForgetSessions deletes sessions and pairing codes that expired, and returns how many.
func (d *DB) ForgetSessions(ctx context.Context) (int64, error) {
	var total int64
	for _, q := range []string{"DELETE FROM sessions WHERE expires_at < ?", "DELETE FROM pairings WHERE valid_until < ?"} {
		res, err := d.w.ExecContext(ctx, q, now())
		if err != nil {
			return total, d.translate(err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, d.translate(err)
		}
		total += n
	}
	return total, nil
}

// OfferPairing remembers until when a code stands for the session hash of an unpaired screen, and returns it. An offer that is good for half as
// long still is read and left as it is.
func (d *DB) OfferPairing(ctx context.Context, code, sessionHash string, now, until time.Time) (time.Time, error) {
	var rows []pairingRow
	err := d.r.NewSelect().Model(&rows).Where("code = ?", code).Where("session_hash = ?", sessionHash).
		Where("valid_until > ?", instant(now.Add(until.Sub(now)/2))).Scan(ctx)
	if err != nil {
		return time.Time{}, d.translate(err)
	}
	if len(rows) > 0 {
		return instant(rows[0].Until), nil
	}
	query := "INSERT INTO pairings (code, session_hash, valid_until) VALUES (?, ?, ?)"
	if d.mysql {
		query += " ON DUPLICATE KEY UPDATE session_hash = VALUES(session_hash), valid_until = VALUES(valid_until)"
	} else {
		query += " ON CONFLICT (code) DO UPDATE SET session_hash = excluded.session_hash, valid_until = excluded.valid_until"
	}
	return until, d.write(ctx, func(ctx context.Context, tx bun.Tx, _ bool) error {
		_, err := tx.ExecContext(ctx, query, code, sessionHash, instant(until))
		return err
	})
}

// PairDevice creates the device that an offered code stands for, with a session until expires, and uses the code up; NotFound when nobody
// offers it, or no longer at v.PairedAt.
func (d *DB) PairDevice(ctx context.Context, code string, v app.Device, expires time.Time, by app.StaffAction) (app.Device, error) {
	v.Name, v.PairedAt = clean(v.Name), instant(v.PairedAt)
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		if unknown {
			return errUnknown
		}
		var c pairingRow
		if err := tx.NewSelect().Model(&c).Where("code = ?", clean(code)).Where("valid_until >= ?", v.PairedAt).Scan(ctx); err != nil {
			return noRows(err, errNoPairing)
		}
		// Of two managers who type the same code, the one whose DELETE finds it has it.
		res, err := tx.NewDelete().Model((*pairingRow)(nil)).Where("code = ?", c.Code).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return errNoPairing
		}
		v.ID, err = insertID(ctx, tx, &deviceRow{Pizzeria: v.Pizzeria, Name: v.Name, PairedBy: v.PairedBy, PairedAt: v.PairedAt})
		if err != nil {
			return err
		}
		if err := note(ctx, tx, by); err != nil {
			return err
		}
		return insertSession(ctx, tx, app.Session{Hash: c.Session, Device: v.ID, Begun: v.PairedAt, Expires: expires})
	})
	if err != nil {
		return app.Device{}, err
	}
	return v, nil
}

// Devices lists a shop's devices, revoked ones left out.
func (d *DB) Devices(ctx context.Context, pizzeria int64) ([]app.Device, error) {
	var rows []deviceRow
	err := d.r.NewSelect().Model(&rows).Where("pizzeria_id = ?", pizzeria).Where("is_revoked = ?", false).Order("paired_at", "id").Scan(ctx)
	if err != nil {
		return nil, d.translate(err)
	}
	var out []app.Device
	for i := range rows {
		out = append(out, rows[i].device())
	}
	return out, nil
}

// RevokeDevice ends a device and its sessions and returns the hashes of those sessions.
func (d *DB) RevokeDevice(ctx context.Context, pizzeria, id int64, by app.StaffAction) ([]string, error) {
	var hashes []string
	err := d.write(ctx, func(ctx context.Context, tx bun.Tx, unknown bool) error {
		res, err := tx.ExecContext(ctx, "UPDATE devices SET is_revoked = ? WHERE id = ? AND pizzeria_id = ?", true, id, pizzeria)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return errNoDevice
		}
		if err := note(ctx, tx, by); err != nil {
			return err
		}
		ended, err := d.endSessions(ctx, tx, "device_id", id)
		if !unknown || len(ended) > 0 {
			hashes = ended
		}
		return err
	})
	return hashes, err
}
