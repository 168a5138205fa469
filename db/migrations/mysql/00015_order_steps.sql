-- The journal of an order: who did what, from which screen.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS order_steps (
    order_id BIGINT NOT NULL,
    n INT NOT NULL,
    happened_at DATETIME(6) NOT NULL,
    actor VARCHAR(191) COLLATE utf8mb4_bin NOT NULL,
    actor_name VARCHAR(191) NOT NULL,
    role VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    screen VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    line INT NOT NULL,
    from_state VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    to_state VARCHAR(16) COLLATE utf8mb4_bin NOT NULL,
    reason VARCHAR(500) NOT NULL,
    PRIMARY KEY (order_id, n),
    CONSTRAINT steps_order FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
