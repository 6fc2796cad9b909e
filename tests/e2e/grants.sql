-- Who may see which cell, said once more and otherwise: by sets, of the facts
-- that were drawn (w_*) and of the base. Read by sqlite3, the base attached as
-- base. Leaves want_row, want_yes, want_count and want_give.

PRAGMA main.journal_mode = OFF;
PRAGMA main.synchronous = OFF;

-- The rows of all data sets in one table, their cells in another.
CREATE TABLE o_row (dataset, id, enterprise, key, provider, as_of, stands,
    reason, PRIMARY KEY (dataset, id)) WITHOUT ROWID;
CREATE TABLE o_cell (dataset, id, field, text, PRIMARY KEY (dataset, id, field))
    WITHOUT ROWID;
.once unpivot.sql
SELECT printf('INSERT INTO o_row SELECT ''%s'', _id, _enterprise, _key,
    _provider, _as_of, _to IS NULL, _reason FROM base.d_%s WHERE _enterprise IS NOT NULL;',
    dataset, dataset) FROM w_dataset
UNION ALL
SELECT printf('INSERT INTO o_cell SELECT ''%s'', _id, ''%s'', %s FROM base.d_%s
    WHERE _enterprise IS NOT NULL AND %s;', dataset, field, CASE
	WHEN type = 'money' THEN printf('printf(''%%.6f'', %s / 100.0)', field)
	WHEN type IN ('decimal', 'integer', 'year', 'boolean')
	THEN printf('printf(''%%.6f'', %s)', field)
	WHEN opens THEN printf('iif(%s_open, ''长期'', %s)', field, field)
	ELSE field END, dataset,
    iif(opens, printf('(%s_open OR %s IS NOT NULL)', field, field),
	field || ' IS NOT NULL'))
FROM (SELECT *, EXISTS (SELECT 1 FROM pragma_table_info('d_' || dataset, 'base')
    WHERE name = field || '_open') AS opens FROM w_field);
.read unpivot.sql

CREATE INDEX w_asked_of ON w_asked (query, dataset, field);
CREATE INDEX w_grant_of ON w_grant (account, dataset);
CREATE INDEX w_grant_field_of ON w_grant_field ("grant");
CREATE INDEX w_consent_of ON w_consent (account, purpose);
CREATE INDEX o_row_of ON o_row (enterprise, dataset);
CREATE INDEX o_row_key ON o_row (dataset, key, provider);

-- Whom a query asks about of what; who is named twice counts once.
CREATE TABLE o_pair AS
SELECT q.no AS query, d.dataset, min(s.n) AS n, s.enterprise
FROM w_query q JOIN w_subject s ON s.query = q.no JOIN w_dataset d
WHERE d.dataset IN (SELECT dataset FROM w_asked a WHERE a.query = q.no)
    OR q.no NOT IN (SELECT query FROM w_asked)
GROUP BY q.no, d.dataset, s.enterprise;
CREATE INDEX o_pair_of ON o_pair (query, dataset, n);

CREATE TABLE o_agreed AS
SELECT DISTINCT p.query, p.dataset, p.n
FROM o_pair p JOIN w_query q ON q.no = p.query
JOIN w_enterprise e ON e.root = p.enterprise
JOIN w_consent c ON c.enterprise = e.no AND c.account = q.account
    AND c.purpose = q.purpose
WHERE c.dataset IN ('', p.dataset) AND c.state = 'confirmed' AND c.row_stands
    AND q.day BETWEEN c.from_day AND c.until
    AND c.reference = ifnull(q.consent, c.reference);
CREATE INDEX o_agreed_of ON o_agreed (query, dataset, n);

-- Grants that speak of it; a suspended one too, which forbids.
CREATE TABLE o_hit AS
SELECT p.query, p.dataset, p.n, g.no AS "grant", g.state, g.purpose, g.form,
    g.data_from, g.data_until, a.n IS NOT NULL AS agreed
FROM o_pair p JOIN w_query q ON q.no = p.query
JOIN w_dataset d ON d.dataset = p.dataset
JOIN w_enterprise e ON e.no = p.enterprise
JOIN w_grant g ON g.account = q.account AND g.dataset = p.dataset
LEFT JOIN o_agreed a ON a.query = p.query AND a.dataset = p.dataset AND a.n = p.n
WHERE d.class <> 'never' AND g.state IN (1, 2) AND g.named >= d.by_name
    AND g.purpose IN ('*', q.purpose) AND q.day BETWEEN g.from_day AND g.until
    AND (g.times = 0 OR g.used < g.times)
    AND (g.every = 0 OR g.used_on = ''
	OR date(g.used_on, '+' || g.every || ' days') <= q.day)
    AND (d.consent = 0 OR a.n IS NOT NULL)
    AND CASE g.whom WHEN 0 THEN 1
	WHEN 1 THEN e.division LIKE g.division || '%'
	WHEN 2 THEN e.no IN (SELECT x.root FROM w_grant_list l
	    JOIN w_enterprise x ON x.no = l.enterprise WHERE l."grant" = g.no)
	ELSE a.n IS NOT NULL END;
CREATE INDEX o_hit_of ON o_hit (query, dataset, n);

-- What each gives of itself, and what all of them do.
CREATE TABLE o_field AS
SELECT h.query, h.dataset, h.n, s.field, s.pos, min(CASE s.sens WHEN 'X'
    THEN f.is_full AND h.agreed ELSE 1 END) AS is_full
FROM o_hit h JOIN w_grant_field f ON f."grant" = h."grant"
JOIN w_field s ON s.dataset = h.dataset AND s.field = f.field
WHERE h.purpose <> '*' OR s.sens = 'P'
GROUP BY h.query, h.dataset, h.n, s.field
HAVING count(*) = (SELECT count(*) FROM o_hit o WHERE o.query = h.query
    AND o.dataset = h.dataset AND o.n = h.n);
CREATE INDEX o_field_of ON o_field (query, dataset, n);

CREATE TABLE o_give AS
SELECT query, dataset, n, min(form) AS form, max(data_from) AS data_from,
    ifnull(min(nullif(data_until, '')), '') AS data_until,
    (SELECT json_group_array(g) FROM (SELECT "grant" AS g FROM o_hit o WHERE
	o.query = h.query AND o.dataset = h.dataset AND o.n = h.n ORDER BY 1))
    AS grants
FROM o_hit h GROUP BY query, dataset, n
HAVING min(state = 1) AND EXISTS (SELECT 1 FROM o_field f WHERE
    f.query = h.query AND f.dataset = h.dataset AND f.n = h.n);
CREATE INDEX o_give_of ON o_give (query, dataset, n);
DELETE FROM o_give WHERE data_until <> '' AND data_from > data_until;

-- No fields where only an answer is given; else those that were asked for.
DELETE FROM o_field WHERE (SELECT form FROM o_give g WHERE g.query =
    o_field.query AND g.dataset = o_field.dataset AND g.n = o_field.n) < 3;
DELETE FROM o_field WHERE EXISTS (SELECT 1 FROM w_asked a WHERE a.query =
    o_field.query AND a.dataset = o_field.dataset AND a.field IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM w_asked a WHERE a.query = o_field.query AND
	a.dataset = o_field.dataset AND a.field = o_field.field);
DELETE FROM o_give WHERE form >= 3 AND NOT EXISTS (SELECT 1 FROM o_field f
    WHERE f.query = o_give.query AND f.dataset = o_give.dataset AND
    f.n = o_give.n);

CREATE TABLE want_give AS SELECT g.*, (SELECT json_group_array(field) FROM
    (SELECT field FROM o_field f WHERE f.query = g.query AND f.dataset =
	g.dataset AND f.n = g.n AND is_full ORDER BY pos)) AS fields,
    (SELECT json_group_array(field) FROM (SELECT field FROM o_field f WHERE
	f.query = g.query AND f.dataset = g.dataset AND f.n = g.n AND
	NOT is_full ORDER BY pos)) AS masked FROM o_give g;
CREATE INDEX want_give_of ON want_give (query, dataset, n);
-- A count is of three at least: of fewer it would tell of a single one.
DELETE FROM want_give WHERE form = 1 AND (SELECT count(*) FROM want_give o
    WHERE o.query = want_give.query AND o.dataset = want_give.dataset AND
    o.grants = want_give.grants) < 3;

-- Rows: how far the clocks of a version have run, 1 without persons, 2 over.
CREATE TABLE o_clock AS
SELECT r.dataset, r.id, person, max(CASE k.kind
    WHEN 'until' THEN iif(d.day < t.day, 2, 0)
    WHEN 'removed' THEN iif(d.day <= t.day, 2, 0)
    ELSE CASE WHEN date(d.day, iif(person, '+5 years', '+7 years')) <= t.day
	THEN 2 WHEN date(d.day, '+5 years') <= t.day THEN 1 ELSE 0 END
    END) AS over
FROM o_row r JOIN w_clock k ON k.dataset = r.dataset
JOIN o_cell c ON c.dataset = r.dataset AND c.id = r.id AND c.field = k.field
JOIN (SELECT DISTINCT person FROM w_enterprise)
JOIN (SELECT max(day) AS day FROM w_query) t
JOIN (SELECT text, substr(text || '-01-01', 1, 10) AS day FROM
    (SELECT DISTINCT text FROM o_cell)) d ON d.text = c.text
GROUP BY r.dataset, r.id, person;
CREATE UNIQUE INDEX o_clock_of ON o_clock (dataset, id, person);

-- What was true on the day asked for; without one what stands.
CREATE TABLE o_candidate AS
SELECT *, row_number() OVER (PARTITION BY query, dataset, n, enterprise, key,
    provider ORDER BY as_of DESC, id DESC) AS age
FROM (SELECT g.query, g.n, g.form, g.data_from, g.data_until, q.as_of AS day,
	p.person, r.* FROM want_give g JOIN w_query q ON q.no = g.query
    JOIN o_pair o ON o.query = g.query AND o.dataset = g.dataset AND o.n = g.n
    JOIN w_enterprise e ON e.root = o.enterprise
    JOIN w_enterprise p ON p.no = o.enterprise
    JOIN o_row r ON r.dataset = g.dataset AND r.enterprise = e.no
    WHERE CASE q.as_of WHEN '' THEN r.stands ELSE r.as_of <= q.as_of AND
	(r.stands OR r.reason IN ('updated', 'older')) END);

CREATE TABLE o_shown AS
SELECT c.*, row_number() OVER (PARTITION BY query, c.dataset, n
    ORDER BY c.as_of DESC, c.id DESC) AS newest,
    max(ifnull(k.over, 0), ifnull(l.over, 0)) AS over
FROM o_candidate c
LEFT JOIN o_row s ON s.dataset = c.dataset AND s.key = c.key AND
    s.provider = c.provider AND s.stands
LEFT JOIN o_clock k ON k.dataset = c.dataset AND k.id = c.id AND
    k.person = c.person
LEFT JOIN o_clock l ON l.dataset = c.dataset AND l.id = s.id AND
    l.person = c.person
WHERE (age = 1 OR day = '') AND ifnull(k.over, 0) < 2 AND ifnull(l.over, 0) < 2
    AND (data_from = '' OR data_from <= substr(c.as_of || '-01-01', 1, 10))
    AND (data_until = '' OR substr(c.as_of || '-01-01', 1, 10) <= data_until)
    AND NOT EXISTS (SELECT 1 FROM base.objection_row_t x JOIN base.objection_t o
	ON o.no = x.objection WHERE x.dataset = c.dataset AND x.key = c.key AND
	x.provider = c.provider AND o.state = 'REPAIRED');
DELETE FROM o_shown WHERE form = 3 AND newest > 1;
CREATE INDEX o_shown_of ON o_shown (query, dataset, n, id);

-- What is objected to in them, of what is given.
CREATE TABLE o_mark AS
SELECT query, dataset, n, id, group_concat(mark, ' ') AS marks FROM (
    SELECT s.query, s.dataset, s.n, s.id,
	iif(o.field = '', '*', o.field) || ':' || o.no AS mark
    FROM o_shown s JOIN base.objection_row_t x ON x.dataset = s.dataset AND
	x.key = s.key AND x.provider = s.provider
    JOIN base.objection_t o ON o.no = x.objection
    WHERE s.stands AND o.state IN ('RECEIVED', 'UNRESOLVED') AND
	(o.field = '' OR EXISTS (SELECT 1 FROM o_field f JOIN w_field w ON
	    w.dataset = f.dataset AND w.field = f.field WHERE f.query = s.query
	    AND f.dataset = s.dataset AND f.n = s.n AND f.field = o.field AND
	    (s.over = 0 OR w.sens <> 'X')))
    ORDER BY 1, 2, 3, 4, o.no) GROUP BY query, dataset, n, id;
CREATE INDEX o_mark_of ON o_mark (query, dataset, n, id);

-- Cell by cell: whole, masked or not at all; a code has its label.
CREATE TABLE o_want AS
SELECT s.query, s.dataset, s.n, s.id, w.pos, CASE
    WHEN f.field IS NULL OR (s.over = 1 AND w.sens = 'X') OR c.text IS NULL
    THEN ''
    WHEN f.is_full THEN c.text
    WHEN w.mask = 'id' AND length(c.text) > 14 AND
	c.text NOT GLOB '*[^-0-9A-Za-z]*'
    THEN substr(c.text, 1, 6) || substr('****************************', 1,
	length(c.text) - 10) || substr(c.text, -4)
    WHEN w.mask = 'phone' AND length(c.text) > 10 AND
	c.text NOT GLOB '*[^-0-9A-Za-z]*'
    THEN substr(c.text, 1, 3) || substr('****************************', 1,
	length(c.text) - 7) || substr(c.text, -4)
    WHEN w.mask = 'name' AND length(c.text) > 1
    THEN substr(c.text, 1, 1) || '**'
    ELSE '***' END AS text,
    CASE WHEN w.list IS NULL THEN '' ELSE char(31) || ifnull(iif(f.is_full,
	b.zh, ''), '') END AS label
FROM o_shown s JOIN w_field w ON w.dataset = s.dataset
LEFT JOIN o_field f ON f.query = s.query AND f.dataset = s.dataset AND
    f.n = s.n AND f.field = w.field
LEFT JOIN o_cell c ON c.dataset = s.dataset AND c.id = s.id AND
    c.field = w.field
LEFT JOIN base.code_label_t b ON b.list = w.list AND b.code = c.text
WHERE s.form >= 3 ORDER BY 1, 2, 3, 4, 5;

CREATE TABLE want_row AS
SELECT s.query, s.dataset, printf('E%08d', p.enterprise) AS enterprise,
    s.as_of || char(31) || s.provider || char(31) || ifnull(m.marks, '') ||
    char(31) || t.text AS text
FROM (SELECT query, dataset, n, id, group_concat(text || label, char(31)) AS
    text FROM o_want GROUP BY query, dataset, n, id) t
JOIN o_shown s ON s.query = t.query AND s.dataset = t.dataset AND s.n = t.n AND
    s.id = t.id
JOIN o_pair p ON p.query = s.query AND p.dataset = s.dataset AND p.n = s.n
LEFT JOIN o_mark m ON m.query = s.query AND m.dataset = s.dataset AND
    m.n = s.n AND m.id = s.id;

CREATE TABLE o_has AS
SELECT g.query, g.dataset, g.n, g.form, g.grants, p.enterprise,
    (SELECT count(*) FROM o_shown s WHERE s.query = g.query AND s.dataset =
	g.dataset AND s.n = g.n) AS rows
FROM want_give g JOIN o_pair p ON p.query = g.query AND p.dataset = g.dataset
    AND p.n = g.n;
CREATE TABLE want_yes AS
SELECT query, dataset, printf('E%08d', enterprise) AS enterprise, rows > 0 AS
    has, ifnull((SELECT group_concat(marks, ' ') FROM (SELECT m.marks FROM
	o_mark m JOIN o_shown s ON s.query = m.query AND s.dataset = m.dataset
	AND s.n = m.n AND s.id = m.id WHERE m.query = h.query AND m.dataset =
	h.dataset AND m.n = h.n ORDER BY s.as_of, s.id)), '') AS marks
FROM o_has h WHERE form = 2;
CREATE TABLE want_count AS
SELECT query, dataset, count(*) AS subjects, sum(rows > 0) AS with_rows
FROM o_has WHERE form = 1 GROUP BY query, dataset, grants;
