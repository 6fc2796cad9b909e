#ifndef ZAYTON_WAY_REPORTER_H
#define ZAYTON_WAY_REPORTER_H

/*
 * The reporter: reads the base, which it cannot write, and writes reports into
 * the accounts' folders, each file under a hidden name first. report.json
 * comes last; the keeper puts its signature beside it.
 */

enum report_kind { REPORT_BUNDLE, REPORT_TASK, REPORT_CITY };

/* How it ended. */
enum report_end {
	REPORT_STANDS,
	REPORT_AGAIN, /* for lack of space, as a rule */
	REPORT_CANNOT,
	REPORT_NOTHING /* there was too little to be told */
};

int reporter_role(int argc, char **argv);

#endif
