#ifndef ZAYTON_DOOR_FILER_H
#define ZAYTON_DOOR_FILER_H

/*
 * One for each connection: SFTP on two byte streams, for one account, in a
 * jail of that account's directories, without a network. CLOSE of an upload
 * is answered when the keeper has it in the ledger; other requests go on
 * meanwhile.
 */

/*
 * zayton -x filer stream=FD keeper=FD ACCOUNT ROLE, in the instance; ROLE is
 * the number of an enum account_role.
 */
int filer_role(int argc, char **argv);

/*
 * zayton filer [--account NAME], behind another SSH server: standard input
 * and output, and the keeper of the server that runs on the instance. The
 * account is else $ZAYTON_ACCOUNT, else $LOGNAME.
 */
int filer_command(int argc, char **argv);

#endif
