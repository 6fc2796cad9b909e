#!/usr/bin/env python3
"""month.py OUT ENTERPRISES MONTH [WHO...]: a month of all that departments send of so
many invented enterprises, as a zip of each department, about twelve rows of
each. In the first month the register is new, in later ones a tenth of it. What
is sent once a year is made where WHO names it: aic-year, qts-year, ntb-year."""
import csv
import io
import sys
import zipfile

WORDS = "安宝诚达恩福光和嘉康利美宁鹏庆瑞盛泰旺祥信兴阳益永裕源远泽振志中"
TRADES = ["织造", "服饰", "机械", "食品", "石材", "鞋业", "陶瓷", "贸易"]
TOWNS = [("晋江市", "350582"), ("石狮市", "350581"), ("南安市", "350583"),
         ("惠安县", "350521"), ("安溪县", "350524"), ("泉州市", "350500")]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SURNAMES = "陈林黄张吴李王郑蔡刘许杨"


def org_code(i):
    body = "%08d" % (10000000 + i * 7)
    total = sum(ALPHABET.index(c) * w
                for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2)))
    check = 11 - total % 11
    return body + {10: "X", 11: "0"}.get(check, str(check))


def reg_no(i, town):
    body = "%s1%07d" % (town, i)
    p = 10
    for c in body:
        s = (p + int(c)) % 10 or 10
        p = s * 2 % 11
    return body + str((11 - p) % 10)


def enterprise(i):
    town, code = TOWNS[i % 6]
    word = "".join(WORDS[i >> k & 31] for k in (15, 10, 5, 0))
    return {
        "name": "%s%s%s有限公司" % (town, word, TRADES[i % 7]),
        "org": org_code(i), "reg": reg_no(i, code), "tax": code + org_code(i),
        "rep": SURNAMES[i % 12] + WORDS[i // 12 % 32] + WORDS[i // 384 % 32],
        "address": "%s新街%d号" % (town, i),
        "water": "%010d" % (3000000000 + i), "power": "%010d" % (7000000000 + i),
    }


def rows(kind, n, month):
    day = month + "-05"
    new = int(month[5:7]) == 1
    for i in range(n):
        e = enterprise(i)
        if kind == "qydj" and (new or i % 10 == 0):
            yield [e["name"], "有限责任公司", e["reg"], e["org"], "100万元",
                   e["rep"], e["address"], "2007-06-03", "服装",
                   "工商行政管理局", "开业", "2010-01-01" if new else day]
        elif kind == "zzjgdm" and (new or i % 10 == 1):
            yield [e["name"], e["org"], e["reg"], "企业法人", e["rep"],
                   e["address"], "2016-01-01", "2020-01-01", day]
        elif kind == "nsr" and (new or i % 5 == 2):
            yield [e["name"], e["tax"], e["rep"], "第一分局", "正常", day]
        elif kind == "nj":
            yield [e["name"], e["reg"], "2015", "合格", day]
        elif kind == "ns":
            yield [e["name"], e["org"], e["reg"], "2015", "合格", day]
        elif kind == "xydj":
            yield [e["name"], e["tax"], "ABCD"[i % 4], "2015", day]
        elif kind == "yggk":
            yield [e["name"], e["org"], "20", "18", "18", "正常", month]
        elif kind in ("ysjf", "dfjf"):
            for k in range(4):
                yield [e["water" if kind == "ysjf" else "power"],
                       e["name"], e["address"], "%s-%02d" % (
                           int(month[:4]) - k, int(month[5:7])),
                       str(i % 300 + 1), "%d.50" % (i % 900 + 1),
                       "%d.50" % (i % 900 + 1), "0.00", day]


HEADERS = {
    "qydj": "企业名称,企业类型,注册号,组织机构代码,注册资本,法定代表人,住所,成立日期,"
            "经营范围,登记机关,登记状态,核准日期",
    "zzjgdm": "机构名称,组织机构代码编号,注册号,机构类型,法定代表人,机构地址,"
              "有效期自,有效期至,办证日期",
    "nsr": "纳税人名称,纳税人识别号,法定代表人,主管税务机关,纳税人状态码,更新日期",
    "yggk": "企业名称,组织机构代码,企业员工总数,签订劳动合同人数,参加社会保险人数,"
            "参保状态,数据月份",
    "nj": "企业名称,工商注册号,年检年度,年检结果,年检日期",
    "ns": "企业名称,组织机构代码,工商注册号,年审年度,年审结果,年审日期",
    "xydj": "纳税人名称,纳税人识别号,信用等级,评价年度,认定日期",
    "ysjf": "用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),"
            "欠费金额(元),缴费日期",
    "dfjf": "户号,户名,用电地址,电费年月,用电量(千瓦时),应收电费(元),"
            "实收电费(元),欠费(元),缴费日期",
}
SENT = [("aic", "qydj"), ("qts", "zzjgdm"), ("ntb", "nsr"), ("ltb", "nsr"),
        ("hrss", "yggk"), ("mub", "ysjf"), ("sgcc", "dfjf")]
YEARLY = [("aic-year", "nj"), ("qts-year", "ns"), ("ntb-year", "xydj")]


def main():
    out, n, month = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    wanted = sys.argv[4:] or [who for who, kind in SENT]
    for who, kind in SENT + YEARLY:
        if who not in wanted:
            continue
        text = io.StringIO()
        w = csv.writer(text)
        w.writerow(HEADERS[kind].split(","))
        w.writerows(rows(kind, n, month))
        with zipfile.ZipFile("%s/%s-%s.zip" % (out, who, month), "w",
                             zipfile.ZIP_DEFLATED, compresslevel=1) as z:
            z.writestr(kind + ".csv", text.getvalue())


main()
