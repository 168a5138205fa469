package main

import (
	"runtime"
	"sync"

	"github.com/alexedwards/argon2id"
)

// passwordParams are OWASP's for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes.
var passwordParams = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing limits how many passwords are hashed at once: each takes 19 MiB of a small dyno.
var hashing = make(chan struct{}, max(2, runtime.NumCPU()))

func hashPassword(password string) (string, error) {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2id.CreateHash(password, passwordParams)
}

// nobody is the hash that is checked for a login that does not exist, so that the answer takes as long as for one that does.
var nobody = sync.OnceValues(func() (string, error) { return hashPassword("nobody has this password") })

// checkPassword compares a password with its hash; "" is nobody's, and never matches.
func checkPassword(hash, password string) bool {
	exists := hash != ""
	if !exists {
		var err error
		if hash, err = nobody(); err != nil {
			return false
		}
	}
	hashing <- struct{}{}
	defer func() { <-hashing }()
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	return err == nil && same && exists
}
