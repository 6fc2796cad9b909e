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

	/* Packs that were ever in force; the last row is the one that is. */
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
	" linked INTEGER NOT NULL DEFAULT 0,"
	" issues TEXT NOT NULL, code TEXT NOT NULL, zh TEXT NOT NULL,"
	" columns TEXT NOT NULL DEFAULT '',"
	" header TEXT NOT NULL DEFAULT '', period TEXT NOT NULL DEFAULT '',"
	" rows_root TEXT,"
	" en TEXT NOT NULL, PRIMARY KEY (bundle, no)) WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS bundle_file_series ON bundle_file_t"
	" (dataset, period);",
	/* Findings of merging and linking; those of the worker are in issues. */
	"CREATE TABLE IF NOT EXISTS bundle_finding_t ("
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, rule TEXT NOT NULL,"
	" severity INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY (bundle, file, rule)) WITHOUT ROWID;",
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
	" placed INTEGER NOT NULL DEFAULT 0,"
	" proved INTEGER NOT NULL DEFAULT 0, UNIQUE (bundle, kind, name));",
	"CREATE INDEX IF NOT EXISTS receipt_unproved ON receipt_file_t (no)"
	" WHERE proved = 0;",
	"CREATE INDEX IF NOT EXISTS receipt_waiting ON receipt_file_t (no)"
	" WHERE placed = 0;",
	"CREATE VIEW IF NOT EXISTS receipt AS SELECT b.id AS bundle, r.kind,"
	" r.seq, r.at, CAST(r.body AS TEXT) AS body, r.sig FROM receipt_t r"
	" JOIN bundle_t b ON b.no = r.bundle;",

	/*
     * What receipts commit to of the rows of each file (base/row_leaf.h):
     * leaves, some dozens to a row, hash empty where they are fewer; the seeds
     * of their salts; the hashes of those that were erased; the fields of the
     * standards they are of.
     */
	"CREATE TABLE IF NOT EXISTS leaf_t ("
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, no INTEGER NOT NULL,"
	" hash BLOB NOT NULL, body BLOB NOT NULL,"
	" PRIMARY KEY (bundle, file, no)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS leaf_erased_t ("
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, n INTEGER NOT NULL,"
	" hash BLOB NOT NULL, PRIMARY KEY (bundle, file, n)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS leaf_salt_t ("
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, seeds BLOB NOT NULL,"
	" PRIMARY KEY (bundle, file)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS leaf_layout_t ("
	" no INTEGER PRIMARY KEY, dataset TEXT NOT NULL, fields TEXT NOT NULL,"
	" UNIQUE (dataset, fields));",

	/* Files that were, or are to be, removed: of bundles, by retention.h. */
	"CREATE TABLE IF NOT EXISTS dropped_t ("
	" what TEXT NOT NULL, no INTEGER NOT NULL, path TEXT NOT NULL,"
	" at TEXT NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (what, no))"
	" WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS dropped_waiting ON dropped_t (what, no)"
	" WHERE done = 0;",

	/*
     * Rows that correct returned ones; closes where they were the first to.
     */
	"CREATE TABLE IF NOT EXISTS correction_t ("
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, row INTEGER NOT "
	"NULL,"
	" of_bundle INTEGER NOT NULL, of_file INTEGER NOT NULL,"
	" of_row INTEGER NOT NULL, accepted INTEGER NOT NULL,"
	" closes INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (bundle, file, row)) WITHOUT ROWID;",

	/*
     * Reports that are owed (state 0), stand (1), or were given up (2): of
     * what, for whom, in which folder below the account's reports.
     */
	"CREATE TABLE IF NOT EXISTS report_t ("
	" no INTEGER PRIMARY KEY, kind INTEGER NOT NULL, what TEXT NOT NULL,"
	" account TEXT NOT NULL, folder TEXT NOT NULL,"
	" state INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0, sha256 TEXT,"
	" UNIQUE (kind, what, account));",
	"CREATE INDEX IF NOT EXISTS report_owed ON report_t (no)"
	" WHERE state = 0;",

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

	/* Its Merkle tree: complete subtrees, and each day's last signed head. */
	"CREATE TABLE IF NOT EXISTS ledger_tree_t (level INTEGER NOT NULL,"
	" no INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, no))"
	" WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS checkpoint_t (day TEXT PRIMARY KEY,"
	" size INTEGER NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;",

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
	" message_en TEXT NOT NULL, effect INTEGER NOT NULL,"
	/* The later bundle that corrected the row; why it is no fault. */
	" closed_by INTEGER, closed_at TEXT, objection TEXT);",
	"CREATE INDEX IF NOT EXISTS quality_issue_bundle"
	" ON quality_issue_t (bundle);",
	"CREATE VIEW IF NOT EXISTS quality_issue AS SELECT b.id AS bundle,"
	" f.path AS file, q.row, q.field, q.header, q.rule,"
	" CASE q.severity WHEN 0 THEN 'error' WHEN 1 THEN 'warn' ELSE 'info' "
	"END"
	" AS severity, q.value, q.message_zh, q.message_en,"
	" CASE q.effect WHEN 0 THEN 'reject' WHEN 1 THEN 'null' WHEN 2 THEN "
	"'fix'"
	" ELSE 'keep' END AS effect, q.no AS id, (SELECT c.id FROM bundle_t c"
	"  WHERE c.no = q.closed_by) AS closed_by, q.closed_at"
	" FROM quality_issue_t q JOIN bundle_t b ON b.no = q.bundle"
	" JOIN bundle_file_t f ON f.bundle = q.bundle AND f.no = q.file"
	" WHERE b.kind = 'u';",

	/*
     * Rows as sent, the first of each rule: cells is an array of texts,
     * mended an object of the fields with findings and what became of them.
     */
	"CREATE TABLE IF NOT EXISTS quality_sent_t ("
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, row INTEGER NOT "
	"NULL,"
	" cells TEXT NOT NULL, mended TEXT NOT NULL,"
	" PRIMARY KEY (bundle, file, row)) WITHOUT ROWID;",

	/*
     * The quality of a bundle's rows by dataset, each metric as a fraction;
     * SCORE in ten-thousandths. Where the denominator is 0 nothing can be
     * said. Dry runs have theirs too; only the view leaves them out.
     */
	"CREATE TABLE IF NOT EXISTS quality_metric_t ("
	" bundle INTEGER NOT NULL, dataset TEXT NOT NULL, metric TEXT NOT "
	"NULL,"
	" numerator INTEGER NOT NULL, denominator INTEGER NOT NULL,"
	" grade TEXT, PRIMARY KEY (bundle, dataset, metric)) WITHOUT ROWID;",
	"CREATE VIEW IF NOT EXISTS quality_metric AS SELECT b.id AS bundle,"
	" m.dataset, m.metric, m.numerator, m.denominator,"
	" CAST(m.numerator AS REAL) / nullif(m.denominator, 0) AS value,"
	" m.grade FROM quality_metric_t m JOIN bundle_t b ON b.no = m.bundle"
	" WHERE b.kind = 'u';",
	"CREATE INDEX IF NOT EXISTS quality_metric_trend ON quality_metric_t"
	" (dataset, bundle) WHERE metric = 'SCORE';",
	/* What is counted of a bundle's rows until all of them are merged. */
	"CREATE TABLE IF NOT EXISTS quality_part_t ("
	" bundle INTEGER NOT NULL, dataset TEXT NOT NULL,"
	" rows INTEGER NOT NULL, linked INTEGER NOT NULL,"
	" repeats INTEGER NOT NULL, put INTEGER NOT NULL,"
	" before INTEGER NOT NULL, put_linked INTEGER NOT NULL,"
	" entity BLOB NOT NULL,"
	" PRIMARY KEY (bundle, dataset));",
	/* Enterprises that a provider's rows of a period were of, as bits. */
	"CREATE TABLE IF NOT EXISTS quality_seen_t ("
	" provider TEXT NOT NULL, dataset TEXT NOT NULL, period TEXT NOT NULL,"
	" seen BLOB NOT NULL, PRIMARY KEY (provider, dataset, period));",
	/*
     * What later bundles may be measured by: a dataset of a bundle of which
     * no file was refused, and no dry run.
     */
	"CREATE VIEW IF NOT EXISTS quality_baseline AS SELECT f.bundle,"
	" f.dataset, a.provider, max(f.period) AS period,"
	" sum(f.rows) AS rows, sum(f.accepted) AS accepted, b.finished_at"
	" FROM bundle_file_t f JOIN bundle_t b ON b.no = f.bundle"
	" JOIN account_t a ON a.name = b.account"
	" WHERE b.kind = 'u' AND b.state = 'applied' AND f.dataset <> ''"
	/* Corrections are rows of an earlier delivery, and not one. */
	" AND NOT EXISTS (SELECT 1 FROM correction_t c WHERE c.bundle ="
	" f.bundle AND c.file = f.no)"
	" GROUP BY f.bundle, f.dataset"
	" HAVING sum(f.code <> '') = 0 AND sum(f.rows) > 0;",

	/* Small files that are to lie in /reports; signed ones are kept. */
	"CREATE TABLE IF NOT EXISTS outbox_t ("
	" no INTEGER PRIMARY KEY, account TEXT NOT NULL, path TEXT NOT NULL,"
	" body BLOB NOT NULL, gone INTEGER NOT NULL, signed INTEGER NOT NULL,"
	" sig TEXT, placed INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (account, path));",
	"CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox_t (no)"
	" WHERE placed = 0;",

	/*
     * What was due of whom, and what became of it: on time, nil, late, due
     * (in the days of grace), missing. told is the ledger's line that says it
     * is missing.
     */
	"CREATE TABLE IF NOT EXISTS expectation_t ("
	" provider TEXT NOT NULL, dataset TEXT NOT NULL, period TEXT NOT NULL,"
	" first INTEGER NOT NULL, last INTEGER NOT NULL, due TEXT NOT NULL,"
	" state TEXT NOT NULL, bundle INTEGER, at TEXT NOT NULL, told INTEGER,"
	" PRIMARY KEY (provider, dataset, period)) WITHOUT ROWID;",
	"CREATE VIEW IF NOT EXISTS expectation AS SELECT x.provider, x.dataset,"
	" x.period, x.due, x.state, b.id AS bundle, x.at, x.told"
	" FROM expectation_t x LEFT JOIN bundle_t b ON b.no = x.bundle;",
	/* Providers whose list of what is overdue is to be written again. */
	"CREATE TABLE IF NOT EXISTS overdue_news_t (provider TEXT PRIMARY KEY)"
	" WITHOUT ROWID;",
	/* Periods that a provider was asked to send again. */
	"CREATE TABLE IF NOT EXISTS resupply_t ("
	" no INTEGER PRIMARY KEY, provider TEXT NOT NULL,"
	" dataset TEXT NOT NULL, period TEXT NOT NULL, reason TEXT NOT NULL,"
	" person TEXT NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL,"
	" closed_at TEXT, bundle INTEGER);",
	/* Disputed findings; an accepted one is an exception until a day. */
	"CREATE TABLE IF NOT EXISTS dispute_t ("
	" no INTEGER PRIMARY KEY, provider TEXT NOT NULL,"
	" account TEXT NOT NULL, bundle INTEGER NOT NULL,"
	" finding INTEGER NOT NULL, dataset TEXT NOT NULL,"
	" field TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL,"
	" at TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open',"
	" person TEXT, answer TEXT, decided_at TEXT, until TEXT);",
	"CREATE INDEX IF NOT EXISTS dispute_finding ON dispute_t"
	" (finding);",
	/* When a check ran, for which day, and what came of it. */
	"CREATE TABLE IF NOT EXISTS quality_run_t ("
	" no INTEGER PRIMARY KEY, task TEXT NOT NULL, day TEXT NOT NULL,"
	" account TEXT NOT NULL, at TEXT NOT NULL, findings INTEGER NOT NULL,"
	" error TEXT NOT NULL, UNIQUE (task, day, account));",
	"CREATE INDEX IF NOT EXISTS quality_runs ON quality_run_t (task, day);",

	/*
     * Enterprises, and what linking was told of them. root is another one
     * where it was merged into that; its rows, names and identifiers stay its
     * own.
     */
	"CREATE TABLE IF NOT EXISTS enterprise_t ("
	" no INTEGER PRIMARY KEY, root INTEGER NOT NULL,"
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, row INTEGER NOT NULL,"
	" legal_rep TEXT, address TEXT, phone TEXT,"
	" lacks INTEGER NOT NULL DEFAULT 0,"
	" sources INTEGER NOT NULL DEFAULT 0);",
	"CREATE INDEX IF NOT EXISTS enterprise_members ON enterprise_t (root)"
	" WHERE root <> no;",
	"CREATE TABLE IF NOT EXISTS enterprise_ident_t ("
	" kind INTEGER NOT NULL, value TEXT NOT NULL,"
	" enterprise INTEGER NOT NULL, derived INTEGER NOT NULL,"
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, row INTEGER NOT NULL,"
	" PRIMARY KEY (kind, value, enterprise)) WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS enterprise_idents ON enterprise_ident_t"
	" (enterprise);",
	"CREATE TABLE IF NOT EXISTS enterprise_name_t ("
	" enterprise INTEGER NOT NULL, name TEXT NOT NULL, since TEXT NOT NULL,"
	" until TEXT NOT NULL, bundle INTEGER NOT NULL, file INTEGER NOT NULL,"
	" row INTEGER NOT NULL, PRIMARY KEY (enterprise, name)) WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS enterprise_names ON enterprise_name_t"
	" (name);",
	/* Records to be made anew, before the bundle's receipt. */
	"CREATE TABLE IF NOT EXISTS touched_t (enterprise INTEGER PRIMARY "
	"KEY);",

	/* Rows without enterprise, whose they may be, and what they wait for. */
	"CREATE TABLE IF NOT EXISTS unlinked_t ("
	" dataset TEXT NOT NULL, row INTEGER NOT NULL, verdict INTEGER NOT "
	"NULL,"
	" missing INTEGER NOT NULL, name TEXT NOT NULL,"
	" bundle INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER NOT "
	"NULL,"
	" subject INTEGER NOT NULL, finding INTEGER NOT NULL, field TEXT,"
	" number TEXT, PRIMARY KEY (dataset, row)) WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS unlinked_bundle ON unlinked_t"
	" (bundle, file, line);",
	"CREATE TABLE IF NOT EXISTS candidate_t ("
	" dataset TEXT NOT NULL, row INTEGER NOT NULL, n INTEGER NOT NULL,"
	" enterprise INTEGER NOT NULL, score INTEGER NOT NULL,"
	" evidence INTEGER NOT NULL, PRIMARY KEY (dataset, row, n))"
	" WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS candidate_enterprise ON candidate_t"
	" (enterprise);",
	"CREATE TABLE IF NOT EXISTS waiting_t ("
	" hash INTEGER NOT NULL, dataset TEXT NOT NULL, row INTEGER NOT NULL,"
	" PRIMARY KEY (hash, dataset, row)) WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS waiting_row ON waiting_t (dataset, row);",
	"CREATE TABLE IF NOT EXISTS retry_t ("
	" dataset TEXT NOT NULL, row INTEGER NOT NULL,"
	" PRIMARY KEY (dataset, row)) WITHOUT ROWID;",

	/*
     * Datasets with rows that came before there was any enterprise: those
     * behind at were not tried yet.
     */
	"CREATE TABLE IF NOT EXISTS untried_t (dataset TEXT PRIMARY KEY,"
	" at INTEGER NOT NULL) WITHOUT ROWID;",

	/* Merges, and what people judged. subject is a hash of what rows say. */
	"CREATE TABLE IF NOT EXISTS merge_t ("
	" no INTEGER PRIMARY KEY, into_no INTEGER NOT NULL,"
	" from_no INTEGER NOT NULL, members TEXT NOT NULL, by TEXT NOT NULL,"
	" reason TEXT NOT NULL, at TEXT NOT NULL, bundle INTEGER NOT NULL,"
	" file INTEGER NOT NULL, row INTEGER NOT NULL,"
	" undone_at TEXT, undone_by TEXT, undone_why TEXT);",
	"CREATE TABLE IF NOT EXISTS apart_t (a INTEGER NOT NULL,"
	" b INTEGER NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS judged_t (subject INTEGER NOT NULL,"
	" enterprise INTEGER NOT NULL, same INTEGER NOT NULL,"
	" PRIMARY KEY (subject, enterprise)) WITHOUT ROWID;",
	/* Rows that people linked, and those linked after a merge. */
	"CREATE TABLE IF NOT EXISTS judged_row_t (subject INTEGER NOT NULL,"
	" dataset TEXT NOT NULL, row INTEGER NOT NULL,"
	" PRIMARY KEY (subject, dataset, row)) WITHOUT ROWID;",
	/* Rows that were linked on a later day than they came. */
	"CREATE TABLE IF NOT EXISTS linked_t (dataset TEXT NOT NULL,"
	" row INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (dataset, row))"
	" WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS merge_row_t (merge INTEGER NOT NULL,"
	" dataset TEXT NOT NULL, row INTEGER NOT NULL,"
	" PRIMARY KEY (merge, dataset, row)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS review_t ("
	" no INTEGER PRIMARY KEY, at TEXT NOT NULL, person TEXT NOT NULL,"
	" verdict TEXT NOT NULL, item TEXT NOT NULL, subject INTEGER,"
	" enterprise INTEGER, other INTEGER, merge INTEGER,"
	" reason TEXT NOT NULL, undone_at TEXT, undone_by TEXT,"
	" undone_why TEXT);",

	/*
     * Golden records; their columns are made by golden_views.c. Of each its
     * provenance: a list of what came of source rows, for the fields of bits.
     */
	"CREATE TABLE IF NOT EXISTS record_t (no INTEGER PRIMARY KEY,"
	" status TEXT NOT NULL);",
	"CREATE TABLE IF NOT EXISTS record_field_t (no INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL);",
	"CREATE TABLE IF NOT EXISTS record_rank_t (field INTEGER NOT NULL,"
	" provider TEXT NOT NULL, rank INTEGER NOT NULL,"
	" PRIMARY KEY (field, provider)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS said_t (no INTEGER PRIMARY KEY,"
	" said TEXT NOT NULL);",
	"CREATE TABLE IF NOT EXISTS conflict_t ("
	" no INTEGER PRIMARY KEY, enterprise INTEGER NOT NULL,"
	" field TEXT NOT NULL, master_value TEXT NOT NULL,"
	" master_provider TEXT NOT NULL, master_as_of TEXT NOT NULL,"
	" master_bundle INTEGER NOT NULL, master_file INTEGER NOT NULL,"
	" master_row INTEGER NOT NULL, other_value TEXT NOT NULL,"
	" other_provider TEXT NOT NULL, other_as_of TEXT NOT NULL,"
	" other_bundle INTEGER NOT NULL, other_file INTEGER NOT NULL,"
	" other_row INTEGER NOT NULL, status TEXT NOT NULL,"
	" opened_at TEXT NOT NULL, closed_at TEXT, times INTEGER NOT NULL,"
	" rule TEXT NOT NULL, resolution TEXT, resolved_by TEXT,"
	" seen INTEGER NOT NULL);",
	/* Providers whose list of conflicts is to be written again. */
	"CREATE TABLE IF NOT EXISTS conflict_news_t (provider TEXT PRIMARY KEY)"
	" WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS conflict_enterprise ON conflict_t"
	" (enterprise, field);",
	"CREATE UNIQUE INDEX IF NOT EXISTS conflict_open ON conflict_t"
	" (enterprise, field, other_provider) WHERE status = 'open';",
	/* The packs whose link and overwrite rules were in force, the last is. */
	"CREATE TABLE IF NOT EXISTS record_rules_t ("
	" no INTEGER PRIMARY KEY, pack TEXT NOT NULL, at TEXT NOT NULL,"
	" person TEXT NOT NULL, reason TEXT NOT NULL);",

	/*
     * Queries and what was decided of them: the orders of the extract role.
     * no is the bundle's. A give is one answer of the grants, a pass says for
     * whom it holds: the n-th subject, which is enterprise (0: nobody).
     */
	"CREATE TABLE IF NOT EXISTS query_t ("
	" no INTEGER PRIMARY KEY, id TEXT NOT NULL, account TEXT NOT NULL,"
	" body TEXT NOT NULL, state TEXT NOT NULL, purpose TEXT NOT NULL,"
	" consent TEXT NOT NULL, day TEXT NOT NULL, known_at TEXT NOT NULL,"
	" as_of TEXT NOT NULL, format TEXT NOT NULL, encrypt INTEGER NOT NULL,"
	" report INTEGER NOT NULL, of_all INTEGER NOT NULL, file TEXT NOT NULL,"
	" expires TEXT NOT NULL DEFAULT '', bytes INTEGER NOT NULL DEFAULT 0,"
	" sha256 TEXT NOT NULL DEFAULT '', standing INTEGER, seq INTEGER,"
	" since TEXT NOT NULL DEFAULT '', upto TEXT NOT NULL DEFAULT '',"
	" before INTEGER NOT NULL DEFAULT 0,"
	/* To how many something is given; the last day of all it rests on. */
	" given INTEGER NOT NULL DEFAULT 0, lasts TEXT NOT NULL DEFAULT '',"
	/* The day on which something of it leaves, "" none is known. */
	" ends TEXT NOT NULL DEFAULT '');",
	"CREATE INDEX IF NOT EXISTS query_ends ON query_t (ends)"
	" WHERE ends <> '';",
	/*
     * Standing extracts: the last number, what is in it (all before since),
     * by which query it was made, and the bundle of the next one.
     */
	"CREATE TABLE IF NOT EXISTS subscription_t ("
	" no INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL,"
	" body TEXT NOT NULL, every INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" since TEXT NOT NULL, last INTEGER NOT NULL, due TEXT NOT NULL,"
	" state TEXT NOT NULL, run INTEGER, more INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (account, name));",
	"CREATE INDEX IF NOT EXISTS subscription_last ON subscription_t"
	" (last);",
	/* What is held by an extract: a list of each give (extract/held.h). */
	"CREATE TABLE IF NOT EXISTS held_t (query INTEGER NOT NULL,"
	" give INTEGER NOT NULL, dataset TEXT NOT NULL, rows BLOB NOT NULL,"
	" PRIMARY KEY (query, give));",
	"CREATE INDEX IF NOT EXISTS held_dataset ON held_t (dataset);",
	/*
     * Enterprises of which rows came or went, until what is held of them was
     * looked at again. They are told by triggers, here and on every table of
     * a data set (views.c). alone: no bundle tells who watches them.
     */
	"CREATE TABLE IF NOT EXISTS moved_t (no INTEGER PRIMARY KEY,"
	" enterprise INTEGER NOT NULL, alone INTEGER NOT NULL);",
	"CREATE TRIGGER IF NOT EXISTS enterprise_moved AFTER UPDATE OF root ON"
	" enterprise_t WHEN OLD.root <> NEW.root AND EXISTS (SELECT 1 FROM"
	" held_t) BEGIN INSERT INTO moved_t (enterprise, alone) VALUES"
	" (OLD.root, 1), (NEW.root, 1); END;",
	/* What was given and no longer stands, and who was told of it how. */
	"CREATE TABLE IF NOT EXISTS recall_t ("
	" no INTEGER PRIMARY KEY, account TEXT NOT NULL, query INTEGER NOT "
	"NULL,"
	" give INTEGER NOT NULL, dataset TEXT NOT NULL, row INTEGER NOT NULL,"
	" enterprise INTEGER NOT NULL, provider TEXT NOT NULL,"
	" as_of TEXT NOT NULL, what TEXT NOT NULL, at TEXT NOT NULL,"
	" placed INTEGER NOT NULL DEFAULT 0,"
	" told_in INTEGER NOT NULL DEFAULT 0, UNIQUE (query, dataset, row,"
	" enterprise));",
	"CREATE INDEX IF NOT EXISTS recall_waiting ON recall_t (account, no)"
	" WHERE placed = 0;",
	"CREATE INDEX IF NOT EXISTS recall_untold ON recall_t (account, no)"
	" WHERE told_in = 0;",
	"CREATE INDEX IF NOT EXISTS query_account ON query_t (account, day);",
	"CREATE INDEX IF NOT EXISTS query_open ON query_t (state)"
	" WHERE state IN ('decided', 'given', 'placed', 'expired');",
	"CREATE TABLE IF NOT EXISTS query_subject_t ("
	" query INTEGER NOT NULL, n INTEGER NOT NULL, said TEXT NOT NULL,"
	" enterprise INTEGER NOT NULL, why TEXT NOT NULL,"
	" PRIMARY KEY (query, n)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS query_give_t ("
	" query INTEGER NOT NULL, n INTEGER NOT NULL, dataset TEXT NOT NULL,"
	" version TEXT NOT NULL, form INTEGER NOT NULL, full INTEGER NOT NULL,"
	" masked INTEGER NOT NULL, full_fields TEXT NOT NULL,"
	" masked_fields TEXT NOT NULL, from_day TEXT NOT NULL,"
	" until_day TEXT NOT NULL, grants TEXT NOT NULL, why TEXT NOT NULL,"
	" refusal INTEGER NOT NULL, subjects INTEGER NOT NULL,"
	" rows INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (query, n)) WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS query_pass_t ("
	" query INTEGER NOT NULL, give INTEGER NOT NULL, n INTEGER NOT NULL,"
	" enterprise INTEGER NOT NULL, consent INTEGER NOT NULL,"
	" person INTEGER NOT NULL, PRIMARY KEY (query, give, n))"
	" WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS query_whom ON query_pass_t (enterprise)"
	" WHERE enterprise <> 0;",
	"CREATE INDEX IF NOT EXISTS query_consent ON query_pass_t (consent,"
	" query) WHERE consent <> 0;",
	/* The secret of an account's marks. */
	"CREATE TABLE IF NOT EXISTS mark_t (account TEXT PRIMARY KEY,"
	" key BLOB NOT NULL) WITHOUT ROWID;",

	"CREATE VIEW IF NOT EXISTS enterprise_alias AS SELECT"
	" printf('E%08d', t.root) AS enterprise, n.name, n.since AS valid_from,"
	" n.until AS valid_to, b.id AS bundle, f.path AS file, n.row"
	" FROM enterprise_name_t n JOIN enterprise_t t ON t.no = n.enterprise"
	" JOIN bundle_t b ON b.no = n.bundle"
	" JOIN bundle_file_t f ON f.bundle = n.bundle AND f.no = n.file;",
	"CREATE VIEW IF NOT EXISTS enterprise_id AS SELECT"
	" CASE i.kind WHEN 0 THEN 'org_code' WHEN 1 THEN 'tax_id'"
	" WHEN 2 THEN 'reg_no' WHEN 3 THEN 'loan_card' WHEN 4 THEN "
	"'account_no'"
	" ELSE 'uscc' END AS kind, i.value, printf('E%08d', t.root) AS "
	"enterprise,"
	" i.derived, b.id AS bundle, f.path AS file, i.row"
	" FROM enterprise_ident_t i JOIN enterprise_t t ON t.no = i.enterprise"
	" JOIN bundle_t b ON b.no = i.bundle"
	" JOIN bundle_file_t f ON f.bundle = i.bundle AND f.no = i.file"
	" UNION ALL SELECT 'enterprise', printf('E%08d', no),"
	" printf('E%08d', root), 0, NULL, NULL, NULL FROM enterprise_t"
	" WHERE root <> no;",
	"CREATE VIEW IF NOT EXISTS link_candidate AS SELECT"
	" u.dataset, u.row AS id, b.id AS bundle, f.path AS file,"
	" u.line AS row, u.name, CASE u.verdict WHEN 1 THEN 'review'"
	" WHEN 2 THEN 'conflict' ELSE 'unlinked' END AS verdict,"
	" printf('E%08d', t.root) AS enterprise, c.score, c.evidence"
	" FROM unlinked_t u JOIN candidate_t c ON c.dataset = u.dataset AND"
	" c.row = u.row JOIN enterprise_t t ON t.no = c.enterprise"
	" JOIN bundle_t b ON b.no = u.bundle"
	" JOIN bundle_file_t f ON f.bundle = u.bundle AND f.no = u.file;",

	/*
     * Who may see what. list has the enterprises of a grant that names them;
     * use has the queries that used one.
     */
	"CREATE TABLE IF NOT EXISTS grant_t ("
	" no INTEGER PRIMARY KEY, account TEXT NOT NULL,"
	" dataset TEXT NOT NULL, named INTEGER NOT NULL,"
	" fields TEXT NOT NULL, \"full\" TEXT NOT NULL,"
	" whom INTEGER NOT NULL, division TEXT NOT NULL,"
	" purpose TEXT NOT NULL, form INTEGER NOT NULL,"
	" from_day TEXT NOT NULL, until TEXT NOT NULL,"
	" data_from TEXT NOT NULL, data_until TEXT NOT NULL,"
	" life INTEGER NOT NULL, times INTEGER NOT NULL,"
	" every INTEGER NOT NULL, reference TEXT NOT NULL,"
	" evidence TEXT NOT NULL, signer TEXT NOT NULL, person TEXT NOT NULL,"
	" reason TEXT NOT NULL, at TEXT NOT NULL, state INTEGER NOT NULL,"
	" approved_by TEXT, approved_at TEXT, changed_by TEXT,"
	" changed_at TEXT, changed_why TEXT);",
	"CREATE INDEX IF NOT EXISTS grant_account ON grant_t (account);",
	"CREATE TABLE IF NOT EXISTS grant_list_t (\"grant\" INTEGER NOT NULL,"
	" enterprise INTEGER NOT NULL, PRIMARY KEY (\"grant\", enterprise))"
	" WITHOUT ROWID;",
	"CREATE TABLE IF NOT EXISTS grant_use_t (\"grant\" INTEGER NOT NULL,"
	" query TEXT NOT NULL, day TEXT NOT NULL,"
	" PRIMARY KEY (\"grant\", query)) WITHOUT ROWID;",
	"CREATE VIEW IF NOT EXISTS data_grant AS SELECT no AS \"grant\","
	" account, dataset, CASE state WHEN 0 THEN 'pending' WHEN 1 THEN"
	" 'in force' WHEN 2 THEN 'suspended' ELSE 'revoked' END AS state,"
	" fields, \"full\", CASE whom WHEN 0 THEN 'all' WHEN 1 THEN"
	" 'division:' || division WHEN 2 THEN 'list of ' || (SELECT count(*)"
	" FROM grant_list_t l WHERE l.\"grant\" = g.no) ELSE 'consented' END"
	" AS subjects, purpose, CASE form WHEN 1 THEN 'count' WHEN 2 THEN"
	" 'yes-no' WHEN 3 THEN 'latest' WHEN 4 THEN 'rows' ELSE 'none' END AS"
	" form, from_day AS \"from\", until, data_from, data_until, life,"
	" times, every, (SELECT count(*) FROM grant_use_t u WHERE"
	" u.\"grant\" = g.no) AS used, reference, evidence, signer, person,"
	" reason, at, approved_by, approved_at, changed_by, changed_at,"
	" changed_why FROM grant_t g;",
	/*
     * Consents of enterprises that people confirmed. row is that of the data
     * set of consents (_id) where one was sent in: changed or withdrawn there,
     * it no longer counts; NULL where it was entered by hand.
     */
	"CREATE TABLE IF NOT EXISTS consent_t ("
	" no INTEGER PRIMARY KEY, row INTEGER, enterprise INTEGER NOT NULL,"
	" account TEXT NOT NULL, dataset TEXT NOT NULL,"
	" purpose TEXT NOT NULL, from_day TEXT NOT NULL, until TEXT NOT NULL,"
	" reference TEXT NOT NULL, evidence TEXT NOT NULL,"
	" signer TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL,"
	" at TEXT NOT NULL, state TEXT NOT NULL, ended_by TEXT,"
	" ended_at TEXT, ended_why TEXT);",
	"CREATE UNIQUE INDEX IF NOT EXISTS consent_row ON consent_t (row);",
	"CREATE INDEX IF NOT EXISTS consent_account ON consent_t (account);",
	"CREATE INDEX IF NOT EXISTS consent_enterprise ON consent_t"
	" (enterprise);",
	/*
     * Objections, and the rows they mark, by the keys that all versions of a
     * row share.
     */
	"CREATE TABLE IF NOT EXISTS objection_t ("
	" no INTEGER PRIMARY KEY, row INTEGER NOT NULL, account TEXT NOT NULL,"
	" number TEXT NOT NULL, kind TEXT NOT NULL, provider TEXT NOT NULL,"
	" enterprise INTEGER NOT NULL, dataset TEXT NOT NULL,"
	" field TEXT NOT NULL, record TEXT NOT NULL, claimed TEXT NOT NULL,"
	" \"grant\" INTEGER, reason TEXT NOT NULL, evidence TEXT NOT NULL,"
	" filed_at TEXT NOT NULL, due TEXT NOT NULL, bundle TEXT NOT NULL,"
	" state TEXT NOT NULL, answer TEXT, answered_by TEXT, answered_at "
	"TEXT);",
	"CREATE INDEX IF NOT EXISTS objection_account ON objection_t"
	" (account, number);",
	"CREATE INDEX IF NOT EXISTS objection_provider ON objection_t"
	" (provider, state);",
	"CREATE TABLE IF NOT EXISTS objection_row_t ("
	" objection INTEGER NOT NULL, dataset TEXT NOT NULL,"
	" \"key\" TEXT NOT NULL, provider TEXT NOT NULL,"
	" PRIMARY KEY (dataset, \"key\", provider, objection))"
	" WITHOUT ROWID;",
	"CREATE VIEW IF NOT EXISTS data_objection AS SELECT o.no AS objection,"
	" o.kind, o.state, o.filed_at, o.due, o.account, o.provider,"
	" CASE o.enterprise WHEN 0 THEN '' ELSE printf('E%08d', t.root) END"
	" AS enterprise, o.dataset, o.field, o.record, o.claimed, o.\"grant\","
	" o.reason, o.evidence, o.bundle, b.sha256, o.answer,"
	" o.answered_by, o.answered_at FROM objection_t o LEFT JOIN"
	" enterprise_t t ON t.no = o.enterprise LEFT JOIN bundle_t b ON"
	" b.id = o.bundle;",
	/* Institutions whose /catalog is to be made again. */
	"CREATE TABLE IF NOT EXISTS offer_news_t (account TEXT PRIMARY KEY)"
	" WITHOUT ROWID;",
	/* What is told by the clock, and up to when it was. */
	"CREATE TABLE IF NOT EXISTS told_t (what TEXT PRIMARY KEY,"
	" day TEXT NOT NULL) WITHOUT ROWID;",
	/* Who looked at whom; sealed by lines of the ledger (grant/access.h). */
	"CREATE TABLE IF NOT EXISTS look_t ("
	" no INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL,"
	" query TEXT NOT NULL, dataset TEXT NOT NULL, purpose TEXT NOT NULL,"
	" form INTEGER NOT NULL, fields TEXT NOT NULL, grants TEXT NOT NULL,"
	" code TEXT NOT NULL);",
	"CREATE INDEX IF NOT EXISTS look_query ON look_t (query);",
	/* At whom it was, in the order of the query. */
	"CREATE TABLE IF NOT EXISTS look_whom_t ("
	" look INTEGER NOT NULL, n INTEGER NOT NULL, asked TEXT NOT NULL,"
	" enterprise INTEGER NOT NULL, consent INTEGER NOT NULL,"
	" rows INTEGER NOT NULL, PRIMARY KEY (look, n)) WITHOUT ROWID;",
	"CREATE INDEX IF NOT EXISTS look_enterprise ON look_whom_t"
	" (enterprise);",

	/* Keys that sign receipts: until is NULL for the one that does now. */
	"CREATE TABLE IF NOT EXISTS receipt_key_t ("
	" no INTEGER PRIMARY KEY, blob BLOB NOT NULL UNIQUE,"
	" fingerprint TEXT NOT NULL, since TEXT NOT NULL, until TEXT,"
	" until_seq INTEGER);",

	/*
     * Administrators, also those whose office has ended, by lines of the
     * ledger (base/admin.h).
     */
	"CREATE TABLE IF NOT EXISTS admin_t ("
	" no INTEGER PRIMARY KEY, name TEXT NOT NULL, role INTEGER NOT NULL,"
	" blob BLOB NOT NULL UNIQUE, fingerprint TEXT NOT NULL,"
	" since TEXT NOT NULL, since_seq INTEGER NOT NULL,"
	" until TEXT, until_seq INTEGER);",
	/*
     * What they signed (keeper/acts.h): state 0 done, 1 waits for a second
     * one, 2 rejected. seq is its line of the ledger, first the first one
     * that it brought; of is the act that this one approves or rejects.
     */
	"CREATE TABLE IF NOT EXISTS act_t ("
	" no INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL,"
	" admin TEXT NOT NULL, statement TEXT NOT NULL,"
	" signature TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,"
	" state INTEGER NOT NULL, first INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, of INTEGER);",
	"CREATE INDEX IF NOT EXISTS act_seq ON act_t (seq);", NULL
};
