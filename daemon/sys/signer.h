#ifndef ZAYTON_SYS_SIGNER_H
#define ZAYTON_SYS_SIGNER_H

/*
 * The signer: holds the private receipt key and one socket. The keeper names
 * a namespace and a digest, the signer answers with an SSH signature; or gives
 * the text of a checkpoint, and gets the line that makes it a signed note.
 */
int signer_role(int argc, char **argv);

#endif
