-- Ids step by 10 on the production server: nothing is ordered by them.
-- +goose Up
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    pizzeria_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    service_day TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    token_hash TEXT NOT NULL,
    mode TEXT NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    contact_address TEXT NOT NULL,
    contact_postcode TEXT NOT NULL,
    note TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    payment_status TEXT NOT NULL,
    paid_at DATETIME NULL,
    consumed BOOLEAN NOT NULL DEFAULT 0,
    missing TEXT NOT NULL,
    courier_id INTEGER NOT NULL DEFAULT 0,
    courier_name TEXT NOT NULL,
    placed_at DATETIME NOT NULL,
    ready_by DATETIME NOT NULL,
    promised_at DATETIME NOT NULL,
    closed_at DATETIME NULL,
    CONSTRAINT orders_token UNIQUE (token_hash),
    CONSTRAINT orders_number UNIQUE (pizzeria_id, service_day, number),
    CONSTRAINT orders_pizzeria FOREIGN KEY (pizzeria_id) REFERENCES pizzerias (id)
);

CREATE INDEX IF NOT EXISTS orders_closed ON orders (pizzeria_id, closed_at, id);
