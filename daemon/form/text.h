#ifndef ZAYTON_FORM_TEXT_H
#define ZAYTON_FORM_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Text of a cell: one form for what is the same to a reader, and what can be
 * told of a text by looking at it. Input is UTF-8 as the decoder left it.
 *
 * The folding functions write at most size bytes with the NUL, cut on a whole
 * character where that is too little, and return the length without the NUL.
 * None but text_name_fold ever makes a text longer, so len + 1 is always
 * enough for them, and out may then be the input itself.
 */

/*
 * For people to read: full width to ASCII, spaces and dashes and middle dots
 * unified, invisible characters dropped, Kangxi radicals and compatibility
 * ideographs unified; trimmed, runs of spaces to one, and inside Chinese text
 * no spaces but those between two Latin words. List markers, signs and units
 * stay as they are. The spreadsheet form ="..." is opened.
 */
size_t text_fold(const char *in, size_t len, char *out, size_t size);

/*
 * The common step before every identifier: as text_fold, with all spaces
 * dropped, ASCII letters in upper case, and no leading ' or `.
 */
size_t text_code_fold(const char *in, size_t len, char *out, size_t size);

/*
 * A name to be shown: as text_fold; where there is Chinese in it, without any
 * space and with every kind of bracket written as full-width round ones. May
 * be longer than the input: 3 * len + 1 is always enough.
 */
size_t text_name_fold(const char *in, size_t len, char *out, size_t size);

/*
 * One character of the fold: what it becomes, ' ' for any kind of space, 0 for
 * one that is dropped.
 */
uint32_t text_fold_char(uint32_t cp);

/* 1 or 2 for an opening or closing bracket of any style, else 0. */
int text_bracket(uint32_t cp);

/*
 * Nothing, or what departments write for nothing: - / \N NULL and the Chinese
 * words for none. Width and spaces do not matter. The error values of a
 * spreadsheet are not nothing, but #N/A is.
 */
int text_is_null(const char *s, size_t len);

/* An error a spreadsheet left in a cell: #VALUE! #REF! and their like, ####. */
int text_is_sheet_error(const char *s, size_t len);

/* Somebody covered a part of it with asterisks. */
int text_is_masked(const char *s, size_t len);

/* A number a spreadsheet has rounded for display, such as 3.50502E+14. */
int text_is_scientific(const char *s, size_t len);

/* What became of a text on its way; TEXT_CLEAN is 0. */
enum text_dirt {
	TEXT_CLEAN,
	TEXT_REPLACED, /* U+FFFD: bytes that were no character */
	TEXT_PRIVATE,  /* private use: a character only the sender has */
	TEXT_CONTROL,  /* control characters other than white space */
	TEXT_MOJIBAKE  /* decoded with the wrong encoding before it came */
};

/*
 * Looks at the text as sent, before any folding. UTF-8 taken for GBK is found
 * by turning it back, which needs the tables of decoder_prepare.
 */
enum text_dirt text_is_dirty(const char *s, size_t len);

/*
 * A name that lost a rare character: a ? or a white square beside an
 * ideograph. Not for other text, where both have a meaning.
 */
int text_is_lossy(const char *s, size_t len);

/* The number of characters. */
size_t text_len(const char *s, size_t len);

/* The longest run of whole characters of s within max bytes. */
size_t text_cut(const char *s, size_t len, size_t max);

/* Moves *s and *len past white space on both sides. */
void text_trim(const char **s, size_t *len);

#endif
