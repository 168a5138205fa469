# make test   the one command: installs what is missing (Debian), checks, runs every test on both engines
# make run    the program, with its embedded database
# make bench  the Go benchmarks; COUNT=10: ten of each, for benchstat
# See .ci/run for what a change must pass.

# Pinned: another version finds other things. Built from source by the module proxy
# (about 90 s the first time, then cached).
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# -count=1: a cached result knows nothing of the MariaDB and Chromium of today.
TESTFLAGS ?= -race -count=1 -timeout 40m
BENCH     ?= .
# Ten of each, and compared: make bench COUNT=10 > new.txt; go run golang.org/x/perf/cmd/benchstat@latest old.txt new.txt
COUNT     ?= 1
PORT      ?=

# What talks SQL, where it is tested. Folders that do not exist yet are left out.
SQL_PACKAGES := $(foreach d,db app/web,$(if $(wildcard $(d)/*_test.go $(d)/*/*_test.go),./$(d)/...))

.DEFAULT_GOAL := help
.PHONY: help test install check test-all test-mysql56 run generate lint bench build clean

help:
	@sed -n 's/^# make/make/p' Makefile
	@echo "also: build generate check lint clean, test-all (tests only), test-mysql56"

# One after the other, whatever -j says: two cores are few, and an install comes first.
test:
	@$(MAKE) --no-print-directory install
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory test-all
	@$(MAKE) --no-print-directory test-mysql56
	@echo "== make test: everything passed"

install:
	@sh .ci/install

check:
	@echo "== gofmt"
	@out=$$(gofmt -l . | grep -v '_templ\.go$$'); \
	if [ -n "$$out" ]; then echo "not formatted, run gofmt -w:"; echo "$$out"; exit 1; fi
	@echo "== go vet"
	@go vet ./...
	@echo "== go vet, for a system that is not Linux (the first time takes minutes, then seconds)"
	@GOOS=darwin go vet ./...

test-all:
	@echo "== tests: SQLite, MariaDB, Chromium"
	OCPIZZA_TEST_REQUIRE=1 go test $(TESTFLAGS) ./...

# bun asks the server its version and writes other SQL for MySQL than for MariaDB.
test-mysql56:
	@echo "== tests: once more on a server that says it is MySQL 5.6"
	$(if $(SQL_PACKAGES),OCPIZZA_TEST_REQUIRE=1 OCPIZZA_TEST_MYSQL_VERSION=5.6.51-log go test $(TESTFLAGS) $(SQL_PACKAGES),@echo "no such package")
	OCPIZZA_TEST_REQUIRE=1 OCPIZZA_TEST_MYSQL_VERSION=5.6.51-log go test $(TESTFLAGS) -run '^(TestLifeOfAnOrder|TestWarmScreensCostNoQuery|TestStormOfBuyers)$$' ./cmd/ocpizza

run:
	$(if $(PORT),PORT=$(PORT)) go run ./cmd/ocpizza

build:
	go build -o bin/ocpizza ./cmd/ocpizza

generate:
	go tool templ generate

lint:
	@echo "== golangci-lint"
	go run $(GOLANGCI) run ./...

bench:
	@go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -timeout 0 ./...

clean:
	rm -rf bin coverage coverage.*
