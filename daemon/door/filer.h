#ifndef ZAYTON_DOOR_FILER_H
#define ZAYTON_DOOR_FILER_H

/*
 * One for each connection: SFTP on two byte streams, for one account, in a
 * jail of that account's directories, without a network. CLOSE of an upload
 * is answered when the keeper has it in the ledger; other requests go on
 * meanwhile.
 */

/*
 * The pattern of filers (sys/copies.h): each order is one account's.
 * zayton -x filers orders=FD, in the instance.
 */
int filer_role(int argc, char **argv);

/*
 * zayton filer [--account NAME], behind another SSH server: standard input
 * and output, and the keeper of the server that runs on the instance. The
 * account is else $ZAYTON_ACCOUNT, else $LOGNAME.
 */
int filer_command(int argc, char **argv);

#endif
