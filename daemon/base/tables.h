#ifndef ZAYTON_BASE_TABLES_H
#define ZAYTON_BASE_TABLES_H

/*
 * The tables that do not depend on data standards, and the public views upon
 * them. Those of the datasets are made by views.c.
 */
extern const char *const tables_sql[]; /* NULL-ended */

#endif
