package db

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oc-pizza/ocpizza/db/dbtest"
)

// workbenchHead and workbenchFoot surround each file that MySQL Workbench exports, as the mysqldump of MySQL 8 on Windows writes it.
const (
	workbenchHead = "-- MySQL dump 10.13  Distrib 8.0.36, for Win64 (x86_64)\r\n--\r\n-- Host: eu-cdbr-west-01.cleardb.com    Database: heroku_0c1d2e\r\n" +
		"-- ------------------------------------------------------\r\n-- Server version\t5.6.50-log\r\n\r\n" +
		"/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\r\n/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;\r\n" +
		"/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;\r\n/*!50503 SET NAMES utf8mb4 */;\r\n" +
		"/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;\r\n/*!40103 SET TIME_ZONE='+00:00' */;\r\n" +
		"/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;\r\n" +
		"/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\r\n" +
		"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\r\n/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\r\n" +
		"SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;\r\nSET @@SESSION.SQL_LOG_BIN= 0;\r\n\r\n" +
		"--\r\n-- GTID state at the beginning of the backup \r\n--\r\n\r\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';\r\n\r\n"
	workbenchFoot = "SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;\r\n/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\r\n\r\n" +
		"/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\r\n/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;\r\n" +
		"/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;\r\n/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\r\n" +
		"/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\r\n\r\n-- Dump completed on 2026-03-15  9:12:44\r\n"
)

// addedColumn is what a guarded migration adds to a table that is there.
var addedColumn = regexp.MustCompile(`'ALTER TABLE (\w+) ADD COLUMN (.*)', 'DO 0'`)

var insertColumns = regexp.MustCompile("(?m)^(INSERT INTO `\\w+`) \\([^)]*\\) VALUES\n")

// workbench makes of a backup's text what Workbench would export: a table's structure and rows, by its name.
func workbench(t *testing.T, text string) (structure, rows map[string]string) {
	t.Helper()
	structure, rows = map[string]string{}, map[string]string{}
	for statement := range strings.SplitSeq(text, ";\n") {
		if m := reTable.FindStringSubmatch(statement); m != nil {
			structure[m[1]] = fmt.Sprintf("--\r\n-- Table structure for table `%[1]s`\r\n--\r\n\r\nDROP TABLE IF EXISTS `%[1]s`;\r\n"+
				"/*!40101 SET @saved_cs_client     = @@character_set_client */;\r\n/*!50503 SET character_set_client = utf8mb4 */;\r\n"+
				"%[2]s;\r\n/*!40101 SET character_set_client = @saved_cs_client */;\r\n\r\n", m[1], strings.ReplaceAll(strings.TrimSpace(statement), "\n", "\r\n"))
			continue
		}
		if m := addedColumn.FindStringSubmatch(statement); m != nil { // a server shows it as if it had always been there
			structure[m[1]] = strings.Replace(structure[m[1]], "\r\n) ENGINE", ",\r\n  "+strings.ReplaceAll(m[2], "''", "'")+"\r\n) ENGINE", 1)
			continue
		}
		name, _, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(statement), "INSERT INTO `"), "`")
		if !ok || !insertColumns.MatchString(statement) {
			continue
		}
		one := insertColumns.ReplaceAllString(strings.TrimSpace(statement), "$1 VALUES ")
		rows[name] += strings.ReplaceAll(one, "),\n(", "),(") + ";\r\n"
	}
	for name, inserts := range rows {
		rows[name] = fmt.Sprintf("--\r\n-- Dumping data for table `%[1]s`\r\n--\r\n\r\nLOCK TABLES `%[1]s` WRITE;\r\n/*!40000 ALTER TABLE `%[1]s` DISABLE KEYS */;\r\n"+
			"%[2]s/*!40000 ALTER TABLE `%[1]s` ENABLE KEYS */;\r\nUNLOCK TABLES;\r\n\r\n", name, inserts)
	}
	if len(structure) != len(ownSchema().tables)+1 || rows["orders"] == "" || rows["till_closings"] == "" {
		t.Fatalf("%d tables, of which %d have rows", len(structure), len(rows))
	}
	return structure, rows
}

// TestWorkbenchExport restores each shape of « Data Export »: a project folder, one file, structure and data apart.
func TestWorkbenchExport(t *testing.T) {
	r := newRig(t, "sqlite://"+dbtest.SQLite(t), 2)
	business(t, r)
	backup, _ := dumped(t, r.db)
	want := ledgerOf(t, backup)
	structure, rows := workbench(t, string(gunzip(t, backup)))
	var names []string
	for name := range structure {
		names = append(names, name)
	}
	slices.Sort(names)
	all := map[bool]string{} // whether they are rows
	var folder []DumpFile
	for _, name := range names {
		folder = append(folder, memory("heroku_0c1d2e_"+name+".sql", []byte(workbenchHead+structure[name]+rows[name]+workbenchFoot))...)
		all[false] += structure[name]
		all[true] += rows[name]
	}
	both := ""
	for _, name := range names {
		both += structure[name] + rows[name]
	}
	const use = "CREATE DATABASE  IF NOT EXISTS `heroku_0c1d2e` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\r\nUSE `heroku_0c1d2e`;\r\n"
	file := func(name, text string) []DumpFile { return memory(name, []byte(use+workbenchHead+text+workbenchFoot)) }
	for shape, files := range map[string][]DumpFile{
		"dump project folder":  folder,
		"self-contained file":  file("Dump20260315.sql", both),
		"structure, then data": append(file("structure.sql", all[false]), file("donnees.sql", all[true])...),
		"data, then structure": append(file("donnees.sql", all[true]), file("structure.sql", all[false])...),
	} {
		t.Run(shape, func(t *testing.T) {
			for _, engine := range []string{"sqlite", "mysql"} {
				d := elsewhere(t, engine)
				info, err := d.Restore(t.Context(), files, RestoreOptions{})
				if err != nil {
					t.Fatalf("%s: %v", engine, err)
				}
				if info.Ours || info.Count("orders") != 8 || len(info.Ignored) > 0 {
					t.Errorf("%s: %+v", engine, info)
				}
				sameLedger(t, ledger(t, d), want)
				checkServes(t, d, r)
			}
		})
	}
}
