#!/usr/bin/env python3
"""link_rows.py SAMPLES: the rows of a folder of samples as the bench's link
program reads them, on standard output; months in order, the register first."""
import csv
import io
import os
import re
import sys
import xml.etree.ElementTree as ET
import zipfile

PROVIDER = {"GSJ": "AIC", "GUOSHUI": "NTB", "DISHUI": "LTB", "GONGYONG": "MUB",
            "ZHIJIAN": "QTS", "YINJIAN": "CBRC", "FAYUAN": "COURT",
            "GONGAN": "PSB", "RENSHE": "HRSS", "KEJI": "STB",
            "HUANBAO": "EPB", "DIANLI": "SGCC"}
ADVERSE = {"cfxx", "qsgg", "xzcf", "zxaj", "saxx", "ldwf", "hjwf"}
FIELDS = [  # headers of each column the linker looks at
    ("统一社会信用代码",),
    ("组织机构代码", "企业组织机构代码", "被担保人组织机构代码"),
    ("注册号",),
    ("纳税人识别号", "纳税人识别码"),
    ("证件号码",),
    ("户号", "用户编号", "燃气户号"),
    ("企业名称", "纳税人名称", "户名", "机构名称", "被执行企业名称",
     "借款人名称", "被担保人", "专利权人"),
    ("法定代表人",),
    ("住所", "机构地址", "企业地址", "用电地址", "用水地址", "用气地址"),
    ("联系电话",),
]
DATES = ("核准日期", "变更日期", "年检日期", "更新日期", "数据更新时间",
         "缴费日期", "处罚日期", "公告日期", "立案日期", "结案日期")
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def column(ref):
    n = 0
    for c in re.match("[A-Z]+", ref).group():
        n = n * 26 + ord(c) - 64
    return n - 1


def sheet(path):
    with zipfile.ZipFile(path) as z:
        strings = []
        if "xl/sharedStrings.xml" in z.namelist():
            for si in ET.fromstring(z.read("xl/sharedStrings.xml")):
                strings.append("".join(t.text or "" for t in
                                       si.iter("{%s}t" % NS["m"])))
        root = ET.fromstring(z.read("xl/worksheets/sheet1.xml"))
    rows = {}
    for r in root.iter("{%s}row" % NS["m"]):
        cells = {}
        for c in r:
            v = "".join(t.text or "" for t in c.iter() if t is not c
                        and t.tag.endswith(("}v", "}t")))
            cells[column(c.get("r"))] = \
                strings[int(v)] if c.get("t") == "s" else v
        rows[int(r.get("r"))] = [cells.get(i, "") for i in
                                 range(max(cells, default=-1) + 1)]
    return [rows.get(i, []) for i in range(1, max(rows, default=0) + 1)]


def table(path):
    if path.endswith(".xlsx"):
        return sheet(path)
    raw = open(path, "rb").read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return list(csv.reader(io.StringIO(text, newline="")))


def date(s):
    d = re.findall(r"\d+", s)
    if len(d) >= 3 and len(d[0]) == 4:
        return "%s%02d%02d" % (d[0], int(d[1]), int(d[2]))
    return d[0] if d and len(d[0]) == 8 else "0"


def rows(samples, name, first):
    dept, month, base = name.split("/")
    kind = base.split(".")[0]
    data = table(os.path.join(samples, name))
    head = [h.strip().lstrip("\ufeff") for h in data[first - 1]]
    dataset = "aic_enterprise_registration" if kind == "qydj" else kind

    def get(row, headers):
        for h in headers:
            if h in head and head.index(h) < len(row):
                return re.sub(r"[\t\r\n]", " ", row[head.index(h)])
        return ""
    for i, row in enumerate(data[first:], 1):
        out = [get(row, f) for f in FIELDS]
        former = ""
        if kind == "bgxx" and "名称" in get(row, ("变更事项",)):
            former = get(row, ("变更前内容",))
            out[6] = get(row, ("变更后内容",)) or out[6]
        yield [name, str(i), PROVIDER[dept], dataset,
               "1" if kind in ADVERSE else "0",
               date(next(filter(None, (get(row, (d,)) for d in DATES)), "")),
               *out, former]


def main():
    samples = sys.argv[1]
    with open(os.path.join(samples, "truth/files.csv"),
              encoding="utf-8-sig", newline="") as f:
        files = [(r["month"], r["dataset"] != "qydj", r["file"],
                  int(r["header_row"])) for r in csv.DictReader(f)]
    for _, _, name, first in sorted(files, key=lambda x: x[:2]):
        for r in rows(samples, name, first):
            print("\t".join(r))


main()
