#include <stdio.h>
#include <string.h>

#include "rule/template.h"

/* Identifiers with right check characters, of nobody in particular. */
static const struct {
	const char *kind;
	const char *example;
	const char *format;
} kinds[] = {
	{ "uscc", "91350100M000100Y43", "18 位统一社会信用代码" },
	{ "org_code", "M000100Y4", "9 位组织机构代码" },
	{ "reg_no", "110108000000016", "15 位工商注册号" },
	{ "rid", "11010519491231002X", "18 位居民身份证号" },
	{ "tax_id", "91350100M000100Y43", "纳税人识别号，15、17、18 或 20 位" },
	{ "loan_card", "3505020000012394", "16 位贷款卡编码" },
	{ "inst_credit_code", "G1035050200012345Z", "18 位机构信用代码" },
	{ "patent_no", "ZL201410000001.6", "专利号，如 ZL201410000001.6" },
	{ "division", "350502", "6 位行政区划代码" },
	{ "industry", "A0111", "GB/T 4754 行业代码" },
	{ "ent_type", "1130", "4 位企业类型代码" },
	{ "case_no", "（2014）泉执字第123号", "案号，如（2014）泉执字第123号" },
	{ "doc_no", "泉工商处字〔2014〕1号", "文号" },
	{ "phone", "0595-22220000", "电话" },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

static size_t
kind_of(const struct field *f)
{
	size_t i = 0;

	while (i < NKINDS && (f->identifier == NULL ||
				 strcmp(kinds[i].kind, f->identifier) != 0))
		i++;
	return i;
}

static int
ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s);
	size_t k = strlen(tail);

	return n >= k && strcmp(s + n - k, tail) == 0;
}

static const char *
text_example(const struct field *f)
{
	if (strcmp(f->name, "entity_name") == 0)
		return "泉州市示例有限公司";
	if (ends_with(f->name, "_no") || ends_with(f->name, "_id") ||
	    ends_with(f->name, "_seq") || ends_with(f->name, "_code"))
		return "10000001";
	if (ends_with(f->name, "address"))
		return "泉州市丰泽区东海街1号";
	return f->max_chars > 0 && f->max_chars < 6 ? "甲" : "范例文字";
}

static const char *
plain_example(const struct field *f)
{
	switch (f->type) {
	case FIELD_DATE:
		return f->has_time ? "2014-03-01 09:00:00" : "2014-03-01";
	case FIELD_PERIOD:
		return "2014-03";
	case FIELD_YEAR:
		return "2014";
	case FIELD_INT:
		return "1";
	case FIELD_DECIMAL:
		return "1";
	case FIELD_MONEY:
		return "0.00";
	case FIELD_BOOL:
		return "是";
	case FIELD_TEXT:
	case FIELD_CODE:
		break;
	}
	return text_example(f);
}

void
template_example(const struct field *f, const struct codes *c,
    char out[TEMPLATE_EXAMPLE])
{
	const char *code =
	    f->code_list != NULL ? codes_at(c, f->code_list, 0) : NULL;
	const char *text;

	if (f->example != NULL)
		text = f->example;
	else if (code != NULL && f->type == FIELD_CODE)
		text = codes_label(c, f->code_list, code);
	else if (kind_of(f) < NKINDS)
		text = kinds[kind_of(f)].example;
	else
		text = plain_example(f);
	snprintf(out, TEMPLATE_EXAMPLE, "%s", text);
}

void
template_header(const struct field *f, char out[TEMPLATE_EXAMPLE])
{
	const char *unit = f->type != FIELD_MONEY ? ""
			   : f->unit == 100       ? "(元)"
						  : "(万元)";

	snprintf(out, TEMPLATE_EXAMPLE, "%s%s", f->title, unit);
}

static void
put_cell(struct buf *b, const char *s)
{
	int quotes = strpbrk(s, ",\"\r\n") != NULL;

	if (quotes)
		buf_addch(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_addch(b, '"');
		buf_addch(b, *s);
	}
	if (quotes)
		buf_addch(b, '"');
}

void
template_csv(const struct schema *s, const struct codes *c, int filled,
    struct buf *b)
{
	char text[TEMPLATE_EXAMPLE];

	buf_addstr(b, "\xef\xbb\xbf");
	for (size_t i = 0; i < s->nfields; i++) {
		template_header(&s->field[i], text);
		buf_addstr(b, i > 0 ? "," : "");
		put_cell(b, text);
	}
	buf_addstr(b, "\r\n");
	for (size_t i = 0; filled && i < s->nfields; i++) {
		template_example(&s->field[i], c, text);
		buf_addstr(b, i > 0 ? "," : "");
		put_cell(b, text);
	}
	buf_addstr(b, filled ? "\r\n" : "");
}

/* ---- for readers ---- */

static void
format_of(const struct field *f, char *out, size_t size)
{
	static const char *const name[] = {
		[FIELD_TEXT] = "文字",
		[FIELD_CODE] = "代码或其名称，见代码表",
		[FIELD_DATE] = "日期，如 2014-03-01",
		[FIELD_PERIOD] = "年月，如 2014-03",
		[FIELD_YEAR] = "年，如 2014",
		[FIELD_INT] = "整数",
		[FIELD_DECIMAL] = "数字",
		[FIELD_MONEY] = "金额，两位小数",
		[FIELD_BOOL] = "是或否",
	};
	size_t k = kind_of(f);
	int n = snprintf(out, size, "%s",
	    f->has_time ? "日期和时间，如 2014-03-01 09:00:00"
	    : k < NKINDS && f->type == FIELD_TEXT ? kinds[k].format
						  : name[f->type]);

	if (f->max_chars > 0 && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, "，最多 %d 个字符",
		    f->max_chars);
}

static json_t *
codes_json(const struct codes *c, const struct field *f)
{
	json_t *list = json_array();
	const char *code;

	for (size_t i = 0; f->code_list != NULL &&
			   (code = codes_at(c, f->code_list, i)) != NULL;
	     i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "code", code, "label",
			codes_label(c, f->code_list, code)));
	return list;
}

static json_t *
field_json(const struct field *f, const struct codes *c)
{
	static const char *const presence[] = { "必填", "条件必填", "选填" };
	char header[TEMPLATE_EXAMPLE], example[TEMPLATE_EXAMPLE];
	char format[TEMPLATE_EXAMPLE];
	json_t *synonyms = json_array();

	for (size_t i = 0; f->synonyms[i] != NULL; i++)
		json_array_append_new(synonyms, json_string(f->synonyms[i]));
	template_header(f, header);
	template_example(f, c, example);
	format_of(f, format, sizeof(format));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}",
	    "name", f->name, "title", f->title, "header", header, "presence",
	    presence[f->required], "type", field_type_name(f->type), "format",
	    format, "example", example, "description",
	    f->description != NULL ? f->description : "", "synonyms", synonyms,
	    "codes", codes_json(c, f));
}

json_t *
template_describe(const struct schema *s, const struct codes *c)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < s->nfields; i++)
		json_array_append_new(fields, field_json(&s->field[i], c));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
	    "dataset", s->dataset, "version", s->version, "title", s->title,
	    "provider", s->provider, "state", schema_state_name(s->state),
	    "from", s->from, "until", s->until, "frequency",
	    s->frequency != NULL ? s->frequency : "", "fields", fields);
}
