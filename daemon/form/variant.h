#ifndef ZAYTON_FORM_VARIANT_H
#define ZAYTON_FORM_VARIANT_H

#include <stdint.h>

/*
 * Characters that are another one in disguise.
 */

/*
 * The unified ideograph of a Kangxi radical (U+2F00 to U+2FD5) or of a
 * compatibility ideograph (U+F900 to U+FAFF); any other character itself.
 * Those few whose unified form lies outside the basic plane stay as they are,
 * so that folding never makes a text longer.
 */
uint32_t variant_unified(uint32_t cp);

/*
 * The simplified form of a traditional ideograph that occurs in names of
 * enterprises, any other character itself. For match keys only: what is
 * registered in traditional characters is shown so.
 */
uint32_t variant_simple(uint32_t cp);

#endif
