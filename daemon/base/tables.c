#include <stddef.h>

#include "base/tables.h"

/* Names ending in _t are ours; the others are public (DESIGN, read model). */
const char *const tables_sql[] = {
	/* Who may log in. */
	"CREATE TABLE IF NOT EXISTS account_t ("
	" name TEXT PRIMARY KEY, role TEXT NOT NULL, provider TEXT NOT NULL,"
	" unit TEXT NOT NULL, person TEXT NOT NULL, phone TEXT NOT NULL,"
	" enabled INTEGER NOT NULL, created_at TEXT NOT NULL) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS account_key_t ("
	" account TEXT NOT NULL, fingerprint TEXT NOT NULL, type TEXT NOT NULL,"
	" blob BLOB NOT NULL, comment TEXT NOT NULL,"
	" PRIMARY KEY (account, fingerprint)) WITHOUT ROWID;",

	/* Packs that were ever in force; the one of a bundle never changes. */
	"CREATE TABLE IF NOT EXISTS pack_t ("
	" sha256 TEXT PRIMARY KEY, at TEXT NOT NULL, body BLOB NOT NULL);",
	/* Who put which version of a standard in force, and why. */
	"CREATE TABLE IF NOT EXISTS publication_t ("
	" no INTEGER PRIMARY KEY, dataset TEXT NOT NULL, version TEXT NOT NULL,"
	" from_day TEXT NOT NULL, until TEXT NOT NULL, person TEXT NOT NULL,"
	" reason TEXT NOT NULL, at TEXT NOT NULL,"
	" UNIQUE (dataset, version, at));",
	"CREATE VIEW IF NOT EXISTS publication AS SELECT dataset, version,"
	" from_day AS \"from\", until, person, reason, at FROM publication_t;",
	"CREATE TABLE IF NOT EXISTS code_label_t ("
	" list TEXT NOT NULL, code TEXT NOT NULL, zh TEXT NOT NULL,"
	" en TEXT NOT NULL, PRIMARY KEY (list, code)) WITHOUT ROWID;",

	/*
     * Bundles by number. original is the number of the delivery with the same
     * content whose receipts answer for this one too.
     */
	"CREATE TABLE IF NOT EXISTS bundle_t ("
	" no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT "
	"NULL,"
	" kind TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,"
	" sha256 TEXT NOT NULL, state TEXT NOT NULL, received_at TEXT NOT NULL,"
	" finished_at TEXT, outcome TEXT, code TEXT NOT NULL DEFAULT '',"
	" zh TEXT NOT NULL DEFAULT '', en TEXT NOT NULL DEFAULT '',"
	" original INTEGER, pack TEXT, attempts INTEGER NOT NULL DEFAULT 0,"
	" run INTEGER NOT NULL DEFAULT 0,"
	" nil TEXT, at_file INTEGER NOT NULL DEFAULT 0,"
	" at_offset INTEGER NOT NULL DEFAULT 0);",
	"CREATE INDEX IF NOT EXISTS bundle_content ON bundle_t (account, "
	"sha256);",
	"CREATE INDEX IF NOT EXISTS bundle_open ON bundle_t (state)"
	" WHERE state IN ('received', 'claimed');",
	"CREATE TABLE IF NOT EXISTS bundle_file_t ("
	" bundle INTEGER NOT NULL, no INTEGER NOT NULL, path TEXT NOT NULL,"
	" dataset TEXT NOT NULL, standard TEXT NOT NULL, rules TEXT NOT NULL,"
	" encoding TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL,"
	" accepted INTEGER NOT NULL, rejected INTEGER NOT NULL,"
	" inserted INTEGER NOT NULL DEFAULT 0,"
	" updated INTEGER NOT NULL DEFAULT 0,"
	" unchanged INTEGER NOT NULL DEFAULT 0,"
	" superseded INTEGER NOT NULL DEFAULT 0,"
	" same INTEGER NOT NULL DEFAULT 0,"  /* twice in the bundle, alike */
	" other INTEGER NOT NULL DEFAULT 0," /* twice, and different */
	" stale INTEGER NOT NULL DEFAULT 0," /* older than what there is */
	" issues TEXT NOT NULL, code TEXT NOT NULL, zh TEXT NOT NULL,"
	" en TEXT NOT NULL, PRIMARY KEY (bundle, no)) WITHOUT ROWID;",
	"CREATE VIEW IF NOT EXISTS bundle AS SELECT id, account, name, bytes,"
	" sha256, state, received_at, finished_at, outcome FROM bundle_t"
	" WHERE kind = 'u' AND original IS NULL;",

	/* A receipt is kept whole; its files can be made again at any time. */
	"CREATE TABLE IF NOT EXISTS receipt_t ("
	" bundle INTEGER NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL,"
	" at TEXT NOT NULL, body BLOB NOT NULL, sig TEXT,"
	" PRIMARY KEY (bundle, kind));",
	"CREATE TABLE IF NOT EXISTS receipt_file_t ("
	" no INTEGER PRIMARY KEY, bundle INTEGER NOT NULL, kind TEXT NOT NULL,"
	" account TEXT NOT NULL, name TEXT NOT NULL,"
	" placed INTEGER NOT NULL DEFAULT 0, UNIQUE (bundle, kind, name));",
	"CREATE INDEX IF NOT EXISTS receipt_waiting ON receipt_file_t (no)"
	" WHERE placed = 0;",
	"CREATE VIEW IF NOT EXISTS receipt AS SELECT b.id AS bundle, r.kind,"
	" r.seq, r.at, CAST(r.body AS TEXT) AS body, r.sig FROM receipt_t r"
	" JOIN bundle_t b ON b.no = r.bundle;",

	/* Append only: not even the keeper changes what stands. */
	"CREATE TABLE IF NOT EXISTS ledger ("
	" seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,"
	" account TEXT NOT NULL, bundle TEXT NOT NULL, detail TEXT NOT NULL,"
	" prev TEXT NOT NULL, hash TEXT NOT NULL);",
	"CREATE INDEX IF NOT EXISTS ledger_bundle ON ledger (bundle)"
	" WHERE bundle <> '';",
	"CREATE TRIGGER IF NOT EXISTS ledger_stays BEFORE UPDATE ON ledger"
	" BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;",
	"CREATE TRIGGER IF NOT EXISTS ledger_keeps BEFORE DELETE ON ledger"
	" BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;",
	"CREATE TRIGGER IF NOT EXISTS ledger_grows BEFORE INSERT ON ledger"
	" WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger)"
	" BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;",

	"CREATE TABLE IF NOT EXISTS access_log ("
	" no INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL,"
	" address TEXT NOT NULL, operation TEXT NOT NULL, name TEXT NOT NULL,"
	" bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, outcome TEXT NOT "
	"NULL);",

	"CREATE TABLE IF NOT EXISTS quality_issue_t ("
	" no INTEGER PRIMARY KEY, bundle INTEGER NOT NULL, file INTEGER NOT "
	"NULL,"
	" row INTEGER, field TEXT, header TEXT, rule TEXT NOT NULL,"
	" severity INTEGER NOT NULL, value TEXT, message_zh TEXT NOT NULL,"
	" message_en TEXT NOT NULL, effect INTEGER NOT NULL);",
	"CREATE INDEX IF NOT EXISTS quality_issue_bundle"
	" ON quality_issue_t (bundle);",
	"CREATE VIEW IF NOT EXISTS quality_issue AS SELECT b.id AS bundle,"
	" f.path AS file, q.row, q.field, q.header, q.rule,"
	" CASE q.severity WHEN 0 THEN 'error' WHEN 1 THEN 'warn' ELSE 'info' "
	"END"
	" AS severity, q.value, q.message_zh, q.message_en,"
	" CASE q.effect WHEN 0 THEN 'reject' WHEN 1 THEN 'null' WHEN 2 THEN "
	"'fix'"
	" ELSE 'keep' END AS effect FROM quality_issue_t q"
	" JOIN bundle_t b ON b.no = q.bundle"
	" JOIN bundle_file_t f ON f.bundle = q.bundle AND f.no = q.file;",
	NULL
};
