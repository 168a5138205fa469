package dbtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// storage are the settings that the data directory is made with.
var storage = []string{
	"--innodb-log-file-size=32M",
	// With COMPACT rows an index prefix ends at 767 bytes, as on MySQL 5.6: an
	// indexed utf8mb4 string longer than 191 fails here and not first in production.
	"--innodb-default-row-format=compact",
}

// arguments make MariaDB behave like ClearDB (MySQL 5.5 and 5.6, circular
// replication, shared hosting), and ugly wherever a default could hide that the
// application forgot to say what it wants.
func (s *Server) arguments() []string {
	wait := strconv.Itoa(max(1, int(s.options.WaitTimeout.Seconds())))
	args := []string{
		"--no-defaults", // first, or /etc/mysql is read
		"--datadir=" + s.data(),
		// A server that starts deletes every #sql… of its temporary directory: in /tmp, those of another test's server too.
		"--tmpdir=" + s.dir,
		"--socket=" + s.socket(),
		"--pid-file=" + filepath.Join(s.dir, "pid"),
		"--log-error=" + filepath.Join(s.dir, "log"),
		"--bind-address=127.0.0.1",
		"--port=" + strconv.Itoa(s.port),
		"--skip-name-resolve",
		"--skip-log-bin",

		// ClearDB: ids step by 10, from an offset that depends on the node one is sent to.
		"--auto-increment-increment=10",
		"--auto-increment-offset=" + strconv.Itoa(s.offset),
		"--wait-timeout=" + wait,
		"--interactive-timeout=" + wait,
		// MySQL 5.6: not strict, silent truncation; the application sets its own sql_mode.
		"--sql-mode=NO_ENGINE_SUBSTITUTION",
		"--explicit-defaults-for-timestamp=OFF",
		"--max-allowed-packet=4M",
		// Wrong on purpose: utf8mb4 and UTC must come from us.
		"--character-set-server=latin1",
		"--collation-server=latin1_swedish_ci",
		"--default-time-zone=-05:00",

		// Small and quick; each commit still reaches the disk, for Kill.
		"--max-connections=300",
		"--performance-schema=OFF",
		"--innodb-buffer-pool-size=64M",
		"--innodb-flush-log-at-trx-commit=1",
		"--innodb-flush-method=fsync", // O_DIRECT does not exist on tmpfs
		"--innodb-use-native-aio=OFF", // io_uring is refused in many containers
		"--innodb-buffer-pool-dump-at-shutdown=OFF",
		"--innodb-buffer-pool-load-at-startup=OFF",
	}
	args = append(args, storage...)
	if s.options.Version != "" {
		args = append(args, "--version="+s.options.Version)
	}
	return append(args, asRoot()...)
}

// asRoot lets root run the server as itself, which MariaDB otherwise refuses.
func asRoot() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

// lockRoot leaves the administrator only the socket, in a directory that is
// private: a passwordless root on a TCP port is nothing to leave on a developer's machine.
func (s *Server) lockRoot() error {
	rows, err := s.root.Query("SELECT Host FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost'")
	if err != nil {
		return err
	}
	defer rows.Close()
	var hosts []string
	for rows.Next() {
		var host string
		if err := rows.Scan(&host); err != nil {
			return err
		}
		hosts = append(hosts, host)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, host := range hosts {
		if _, err := s.root.Exec(fmt.Sprintf("DROP USER 'root'@'%s'", host)); err != nil {
			return err
		}
	}
	return nil
}
