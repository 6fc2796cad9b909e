#ifndef ZAYTON_GRANT_SHARING_H
#define ZAYTON_GRANT_SHARING_H

#include <stddef.h>

#include "sys/err.h"

/*
 * rules/sharing.lua: how the data sets may be shared at all, whoever asks.
 * What stands here no grant can widen. A data set that is not named is not
 * shared.
 */

enum {
	SHARING_NAME = 64,
	SHARING_TEXT = 256,
	SHARING_DATASETS = 128,
	SHARING_PURPOSES = 32,
	SHARING_MASKS = 64,
	SHARING_CLOCKS = 4
};

/* What is given at most, from nothing to all; the order is the law. */
enum grant_form {
	GRANT_NONE,
	GRANT_COUNT,  /* how many of the subjects have a row: no single one */
	GRANT_YES_NO, /* whether this subject has one */
	GRANT_LATEST, /* its newest row */
	GRANT_ROWS    /* all of them */
};

enum sharing_class {
	SHARING_OPEN,        /* 无条件共享 */
	SHARING_CONDITIONAL, /* 有条件共享 */
	SHARING_NEVER        /* 不予共享 */
};

/* What a date of a row does to it. */
enum sharing_clock {
	CLOCK_ENDED,  /* the act ended: years of keeping begin */
	CLOCK_UNTIL,  /* the last day it is shown */
	CLOCK_REMOVED /* repaired or taken off: gone on that day */
};

enum mask_kind {
	MASK_WHOLE, /* nothing of it is seen */
	MASK_ID,    /* 350581********0014 */
	MASK_PHONE, /* 138****5678 */
	MASK_NAME   /* 张** */
};

struct sharing_dataset {
	char dataset[SHARING_NAME];
	enum sharing_class class;
	char basis[SHARING_TEXT]; /* the law it is shared by */
	enum grant_form form;     /* of a grant that says none */
	int consent;              /* only with the subject's own, in writing */
	int by_name;              /* only where a grant names the data set */
	size_t nclocks;
	struct {
		char field[SHARING_NAME];
		enum sharing_clock kind;
	} clock[SHARING_CLOCKS];
};

struct sharing_purpose {
	char code[SHARING_NAME];
	char zh[SHARING_NAME];
	char en[SHARING_NAME];
};

struct sharing {
	/* Years after its end that adverse information is given. */
	int years_person;     /* on persons: 5 at most */
	int years_enterprise; /* on enterprises */
	size_t ndatasets;
	struct sharing_dataset dataset[SHARING_DATASETS]; /* by name */
	size_t npurposes;
	struct sharing_purpose purpose[SHARING_PURPOSES];
	size_t nmasks;
	struct {
		char field[SHARING_NAME];
		enum mask_kind kind;
	} mask[SHARING_MASKS];
};

/* NULL where the rules do not speak of it. */
const struct sharing_dataset *sharing_find(const struct sharing *h,
    const char *dataset);
const struct sharing_purpose *sharing_purpose(const struct sharing *h,
    const char *code);
/* How a personal field is masked: MASK_WHOLE where nothing is said. */
enum mask_kind sharing_mask(const struct sharing *h, const char *field);

/* "count" ...; -1 where there is none of the name. */
const char *grant_form_name(enum grant_form f);
int grant_form_find(const char *name);
/* The Chinese name of a class. */
const char *sharing_class_name(enum sharing_class c);

/*
 * A value as those see it who may not see the whole: UTF-8, cut at size. A
 * value that does not look as its kind should is masked whole.
 */
void sharing_hide(enum mask_kind kind, const char *value, char *out,
    size_t size);

#endif
