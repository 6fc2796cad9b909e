#ifndef ZAYTON_EXTRACT_EXTRACT_H
#define ZAYTON_EXTRACT_EXTRACT_H

/*
 * The extract role: writes what was decided of one query, and ends. It reads
 * the base as it stands, by the decision alone, and can write nothing but the
 * account's own extracts. What it leaves is hidden and durable; the keeper
 * shows it when its looks are on record. A crash leaves a hidden file that the
 * next attempt overwrites.
 *
 * Arguments: number of the query, account, day, memory.
 */
int extract_role(int argc, char **argv);

#endif
