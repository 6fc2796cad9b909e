--- 市科技局: recognised enterprises, centres, patents and their awards,
-- projects, disputes.

local z = require "zayton"

local same_org = z.check.same_org("uscc", "org_code")
local org = { org_code = z.org_of "uscc" }

-- Patents come without an enterprise column: the first owner is the one.
local function owner(r)
  local all = r.patentee and r.patentee:gsub("；", ";"):gsub("、", ";")
  return all and all:match("^[^;]+")
end

-- ZL201410012345.X was applied for in 2014, ZL95115608.X in 1995.
local function year_in(patent_no)
  local body = patent_no:match("%d+")
  if #body >= 12 then
    return body:sub(1, 4)
  end
  return (body < "85" and "20" or "19") .. body:sub(1, 2)
end

local function kind_in(patent_no)
  local body = patent_no:match("%d+")
  return #body >= 12 and body:sub(5, 5) or body:sub(3, 3)
end

-- 有效期(年) behind the day of the certificate.
local function valid_to(r)
  local y, rest = (r.issued_on or ""):match("^(%d%d%d%d)(%-%d%d%-%d%d)$")
  if y and r.valid_years then
    rest = rest == "-02-29" and "-02-28" or rest
    return string.format("%04d%s", y + r.valid_years, rest)
  end
end

z.dataset "sti_qualified_enterprise" {
  clean = { cert_no = { z.id } },
  derive = {
    org_code = z.org_of "uscc",
    cognized_year = z.year_of "issued_on",
    valid_to = valid_to,
  },
  check = {
    same_org,
    z.check.order("issued_on", "valid_to", { field = "valid_to" }),
  },
  z.example {
    { entity_name = "甲公司", qualification = "高新技术企业",
      cert_no = "GR201535990711", issued_on = "2016-02-29",
      valid_years = "3.0" },
    z.gives { qualification = "HIGH_TECH", cognized_year = 2016,
      valid_to = "2019-02-28" },
  },
  z.example {
    { entity_name = "甲公司", qualification = "-",
      cert_no = "GR201535990711", issued_on = "42386" },
    z.warns "required_missing",
  },
}

z.dataset "sti_rd_center" {
  derive = org,
  check = { same_org },
  z.example {
    { entity_name = "甲公司", center_type = "工程技术研究中心",
      center_name = "甲研究中心", level = "省", cognized_on = "2015-03" },
    z.gives { center_type = "ENG", level = "P" },
  },
}

z.dataset "sti_invention_patent" {
  derive = { entity_name = owner, org_code = z.org_of "uscc" },
  check = {
    same_org,
    z.check.order("applied_on", "granted_on", { field = "granted_on" }),
    { rule = "patent_year", field = "applied_on",
      zh = "“申请日”的年份与专利号中的年份不一致",
      en = "the year applied for is not that of the patent number",
      when = function(r)
        return r.patent_no and r.applied_on and
          r.applied_on:sub(1, 4) ~= year_in(r.patent_no)
      end },
    { rule = "patent_kind", field = "patent_no",
      zh = "专利号不是发明专利的号码",
      en = "the number is not that of an invention",
      when = function(r)
        local kind = r.patent_no and kind_in(r.patent_no)
        return kind and kind ~= "1" and kind ~= "8"
      end },
  },
  z.example {
    { patent_no = "ＺＬ201710601862.3", patent_name = "一种鞋底",
      applied_on = "2017.07.21", patentee = "甲公司、乙公司" },
    z.gives { patent_no = "ZL201710601862.3", entity_name = "甲公司",
      applied_on = "2017-07-21" },
  },
  z.example {
    { patent_no = "ZL95115608.X", patent_name = "一种鞋底",
      applied_on = "1995-10-12", patentee = "甲公司" },
    z.gives { applied_on = "1995-10-12" },
  },
  z.example {
    { patent_no = "ZL201710601862.3", patent_name = "一种鞋底",
      applied_on = "2016-07-21", patentee = "甲公司" },
    z.warns "patent_year",
  },
  z.example {
    { patent_no = "ZL201710601862.4", patent_name = "一种鞋底",
      applied_on = "2017-07-21", patentee = "甲公司" },
    z.refuses "patent_no_check",
  },
  z.example {
    { patent_no = "ZL03110123.2", patent_name = "一种鞋底",
      applied_on = "2002-05-06", patentee = "甲公司" },
    z.warns "patent_year",
  },
  z.example {
    { patent_no = "ZL201420000001.1", patent_name = "一种鞋底",
      applied_on = "2014-05-06", patentee = "甲公司" },
    z.warns "patent_kind",
  },
}

z.dataset "sti_patent_award" {
  derive = { entity_name = owner, org_code = z.org_of "uscc" },
  check = {
    same_org,
    { rule = "patent_kind", field = "patent_kind",
      zh = "“专利类型”与专利号不一致",
      en = "the kind is not that of the patent number",
      when = function(r)
        return r.patent_no and r.patent_kind and
          r.patent_kind ~= kind_in(r.patent_no)
      end },
  },
  z.example {
    { patent_no = "ZL201710601862.3", patent_name = "一种鞋底",
      patent_kind = "发明专利", patentee = "甲公司", award_level = "国家",
      award_year = "2018" },
    z.gives { patent_kind = "1", award_level = "N", entity_name = "甲公司" },
  },
  z.example {
    { patent_no = "ZL201710601862.3", patent_name = "一种鞋底",
      patent_kind = "实用新型", patentee = "甲公司", award_level = "市",
      award_year = "2018" },
    z.warns "patent_kind",
  },
}

z.dataset "sti_project_default" {
  derive = org,
  check = {
    same_org,
    z.check.order("planned_end", "found_on", { field = "found_on" }),
    z.check.order("found_on", "resolved_on", { field = "resolved_on" }),
  },
  z.example {
    { entity_name = "甲公司", project_no = "2012G1", project_name = "甲项目",
      planned_end = "2013-12-31", default_type = "逾期未结题",
      found_on = "2014-03-01" },
    z.gives { default_type = "OVERDUE" },
  },
}

z.dataset "sti_patent_dispute" {
  derive = org,
  check = {
    same_org,
    z.check.order("accepted_on", "closed_on", { field = "closed_on" }),
    z.check.required("closed_on", "result"),
  },
  z.example {
    { entity_name = "甲公司", dispute_no = "泉知法处字[2014]第3号",
      role = "被请求人", patent_no = "ZL201710601862.3",
      accepted_on = "2018-01-05", result = "调解", closed_on = "2018-03-01" },
    z.gives { role = "RESPONDENT", result = "MEDIATED" },
  },
}
