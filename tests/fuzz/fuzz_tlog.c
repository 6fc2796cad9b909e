#include <stdint.h>

#include "form/tlog.h"
#include "sys/note.h"
#include "sys/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a file can hold that comes back to be verified. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char public[SIGN_PUBLIC_BYTES] = { 1 };
	static const unsigned char sha512[64] = { 2 };
	const char *text = (const char *)data;
	char type[64], comment[128];
	struct tlog_checkpoint c;
	struct merkle_proof p;
	const char *note;
	uint64_t index;
	struct buf key;
	struct err e;
	size_t len;

	buf_init(&key, 65536);
	if (tlog_proof_read(text, size, &index, &p, &note, &len, &e) == 0 &&
	    tlog_checkpoint_read(note, len, &c, &e) == 0) {
		(void)merkle_includes(&p, index, c.size, c.root, c.root);
		(void)merkle_is_consistent(&p, index, c.root, c.size, c.root);
	}
	(void)note_check(text, size, "zayton/0", public, &len, &e);
	(void)sign_sshsig_verify(text, size, "zayton-receipt", sha512, &key,
	    &e);
	buf_clear(&key);
	(void)sign_public_line(text, size, type, sizeof(type), &key, comment,
	    sizeof(comment), &e);
	(void)sign_blob_public(data, size);
	buf_done(&key);
	return 0;
}
