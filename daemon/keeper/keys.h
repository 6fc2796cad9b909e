#ifndef ZAYTON_KEEPER_KEYS_H
#define ZAYTON_KEEPER_KEYS_H

#include <jansson.h>

#include "keeper/keeper.h"

/*
 * The instance's own keys and their change. The private receipt key is made in
 * the signer and never leaves it but into its file. A change, step by step:
 *
 *   1 the signer writes the next key into keys/receipt_ed25519.next
 *   2 the ledger and the base name it: committed
 *   3 /standards/allowed_signers has both, the old one with its last day
 *   4 a checkpoint that names the next one is signed by both
 *   5 the file takes the place of the old one
 *   6 the signer signs by the next one
 *
 * A death before 5 leaves the old key at work, which the next start says in
 * the ledger; after it, the new one. Either way what was signed stays good.
 */

/* At the keeper's start, before anything is signed. */
int keys_start(struct keeper *k, struct err *e);

/* allowed_signers, ledger.vkey and known_hosts in /standards. */
int keys_place(struct db *db, struct err *e);

/*
 * "key rotate" {which: receipt|host, overlap}, "key prepare" {which: host},
 * "key list". The first of receipts is only done after the commit:
 */
int keys_ask(struct keeper *k, const char *what, const json_t *request,
    const char *now, json_t **ret_answer, struct err *e);
/*
 * steps 3 to 6. Nothing to do where nothing was asked; ends the keeper where it
 * cannot be done.
 */
void keys_turn(struct keeper *k);

#endif
