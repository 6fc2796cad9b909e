# shellcheck shell=sh
# Helpers of the tests about enterprises; sourced after lib.sh. Files of a few
# rows as departments send them, with identifiers whose check characters hold.
#
# send ACCOUNT NAME FILE...    puts files in a zip of that name through ingest
# registered | taxpayers | org_codes | changes | water     the header of a file
# E of NAME                    the enterprise that has the name now

registered() {
	echo '企业名称,企业类型,注册号,统一社会信用代码,组织机构代码,注册资本,法定代表人,住所,成立日期,经营期限至,经营范围,登记机关,登记状态,核准日期,曾用名,操作标志'
}

# NAME REG_NO USCC REP ADDRESS APPROVED [FLAG] [ESTABLISHED] [STATUS] [FORMER]
firm() {
	echo "$1,有限责任公司,$2,$3,,100万元,$4,$5,${8:-2007-06-03},2057-06-03,服装,晋江市工商行政管理局,${9:-开业},$6,${10:-},${7:-}"
}

taxpayers() {
	echo '纳税人名称,纳税人识别号,法定代表人,主管税务机关,纳税人状态码,更新日期,操作标志'
}

taxpayer() { # NAME TAX_ID REP UPDATED [FLAG]
	echo "$1,$2,$3,第一分局,正常,$4,${5:-}"
}

org_codes() {
	echo '机构名称,组织机构代码编号,注册号,机构类型,法定代表人,机构地址,有效期自,有效期至,办证日期,操作标志'
}

org_code() { # NAME ORG_CODE REG_NO REP ADDRESS ISSUED [FLAG]
	echo "$1,$2,$3,企业法人,$4,$5,$6,2020-01-01,$6,${7:-}"
}

changes() {
	echo '企业名称,工商注册号,变更事项,变更前,变更后,变更日期'
}

water() {
	echo '用户编号,户名,用水地址,抄表年月,用水量(吨),应缴金额(元),实缴金额(元),欠费金额(元),缴费日期'
}

send() { # ACCOUNT NAME FILE...
	who=$1
	zip=$T/$2.zip
	shift 2
	rm -f "$zip"
	zip -q -j -X "$zip" "$@"
	z ingest --account "$who" "$zip" >"$T/sent" 2>&1
}

# The folder of reports of the newest bundle of a name.
reports() { # ACCOUNT NAME
	find "$HOME_DIR/accounts/$1/reports" -maxdepth 1 -name "$2.zip.*" |
	    sort | tail -1
}

enterprise_of() { # NAME
	sql "SELECT id FROM enterprise WHERE entity_name = '$1'"
}

departments_of_enterprises() {
	account aic AIC && account ntb NTB && account qts QTS &&
	    account mub MUB && account epb EPB && account ent ENT enterprise
}
