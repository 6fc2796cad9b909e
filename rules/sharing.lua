-- How each data set may be shared at all, whoever is granted what. No grant
-- widens what stands here, and a data set that is not named is not shared.
--
--   class    open 无条件共享 | conditional 有条件共享 | never 不予共享
--   basis    the law or order it is shared by
--   form     count | yes-no | latest | rows: of a grant that does not say
--   consent  only with the subject's own consent in writing
--   by_name  only by a grant that names the data set
--   ended    the date on which the act ended: the years of `keep` begin
--   shown_until  the last day it is shown
--   removed  repaired or taken off the list: gone on that day

local basis = {
  register = "企业信息公示暂行条例第六条",
  tax = "税收征收管理法第八条、纳税信用管理办法",
  arrears = "欠税公告办法（试行）第三条",
  cases = "重大税收违法案件信息公布办法",
  utilities = "泉政办〔2014〕29号第二条（四）、（十二）",
  quality = "企业信息公示暂行条例第七条",
  credit = "征信业管理条例第二十八条、第二十九条",
  court = "最高人民法院关于公布失信被执行人名单信息的若干规定第四条、第七条",
  police = "泉政办〔2014〕29号第二条（八）",
  labour = "泉政办〔2014〕29号第二条（九）",
  violations = "企业信息公示暂行条例第七条",
  science = "泉政办〔2014〕29号第二条（十）",
  environment = "环境保护法第五十四条",
  safety = "企业信息公示暂行条例第七条",
  customs = "企业信息公示暂行条例第七条",
  consents = "征信业管理条例第十八条、第二十五条",
  declared = "泉政办〔2014〕29号第三条（一）",
}

return {
  -- Years after its end that adverse information is given. Of persons (sole
  -- traders, personal fields) five at most: 征信业管理条例第十六条.
  keep = { person = 5, enterprise = 5 },

  -- What may be asked for; a grant is for one of them.
  purposes = {
    loan_approval = { zh = "贷款审批", en = "loan approval" },
    guarantee_check = { zh = "担保资格审查", en = "guarantor check" },
    credit_review = { zh = "资信审查", en = "credit review" },
    loan_monitoring = { zh = "贷后管理", en = "loan monitoring" },
    related_person_check = { zh = "法定代表人、出资人查询",
      en = "check of legal representatives and investors" },
    credit_rating = { zh = "信用评级", en = "credit rating" },
    supervision = { zh = "行政监管", en = "supervision" },
    objection = { zh = "异议核查", en = "verification of an objection" },
  },

  -- How personal fields look to those who may not see the whole: id, phone,
  -- name, else nothing of them is seen.
  masks = {
    legal_rep_id = "id", party_id_no = "id", guarantor_id_no = "id",
    id_no = "id",
    guarantor_name = "name", hr_contact = "name", contact_name = "name",
    declarant = "name", hr_phone = "phone", contact_phone = "phone",
  },

  datasets = {
    -- 工商 register
    aic_enterprise_registration = { class = "open", basis = basis.register },
    aic_registration_change = { class = "open", basis = basis.register },
    aic_annual_inspection = { class = "open", basis = basis.register },
    aic_case_penalty = { class = "open", basis = basis.register,
      ended = "act_ended_on", shown_until = "public_until" },
    aic_honor = { class = "open", basis = basis.register },
    aic_public_archive = { class = "open", basis = basis.register,
      ended = "ended_on" },
    -- 税务 tax
    nat_tax_taxpayer = { class = "conditional", basis = basis.tax },
    nat_tax_credit_grade = { class = "conditional", basis = basis.tax },
    loc_tax_taxpayer = { class = "conditional", basis = basis.tax },
    loc_tax_credit_grade = { class = "conditional", basis = basis.tax },
    -- 欠税公告 notices of arrears
    nat_tax_arrears_notice = { class = "open", basis = basis.arrears,
      ended = "cleared_on" },
    loc_tax_arrears_notice = { class = "open", basis = basis.arrears,
      ended = "cleared_on" },
    -- 重大案件 major cases
    nat_tax_major_case = { class = "open", basis = basis.cases,
      removed = "removed_on" },
    loc_tax_major_case = { class = "open", basis = basis.cases },
    -- 公用事业 utilities
    water_bill_monthly = { class = "conditional", basis = basis.utilities },
    water_payment_history = { class = "conditional", basis = basis.utilities },
    gas_bill_monthly = { class = "conditional", basis = basis.utilities },
    gas_payment_history = { class = "conditional", basis = basis.utilities },
    power_bill_monthly = { class = "conditional", basis = basis.utilities },
    power_payment_history = { class = "conditional", basis = basis.utilities },
    -- 质监 quality supervision
    qts_org_code = { class = "open", basis = basis.quality },
    qts_org_code_annual_review = { class = "open", basis = basis.quality },
    qts_penalty = { class = "open", basis = basis.quality,
      ended = "act_ended_on", shown_until = "public_until" },
    qts_license_cert = { class = "open", basis = basis.quality },
    -- 信贷 bank data: only with the subject's written consent
    cbrc_loan = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_factoring = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_trade_finance = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_letter_of_credit = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_guarantee_letter = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_bank_acceptance = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_public_credit_line = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_guarantee = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_advance = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_interest_arrears = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_asset_disposal = { class = "conditional", basis = basis.credit,
      consent = true },
    cbrc_bill_discount = { class = "conditional", basis = basis.credit,
      consent = true },
    -- 法院 court
    court_enforcement_case = { class = "conditional", basis = basis.court,
      ended = "closed_on" },
    -- 公安 police: to nobody unless the data set is named in the grant
    police_enterprise_case = { class = "conditional", basis = basis.police,
      by_name = true, form = "yes-no", ended = "handled_on" },
    -- 人社 labour
    hrss_employment_insurance = { class = "conditional", basis = basis.labour },
    -- 劳动保障违法 labour violations
    hrss_labor_violation = { class = "open", basis = basis.violations,
      ended = "corrected_on" },
    -- 科技 science
    sti_qualified_enterprise = { class = "open", basis = basis.science },
    sti_rd_center = { class = "open", basis = basis.science },
    sti_invention_patent = { class = "open", basis = basis.science },
    sti_patent_award = { class = "open", basis = basis.science },
    sti_project_default = { class = "conditional", basis = basis.science,
      ended = "resolved_on" },
    sti_patent_dispute = { class = "conditional", basis = basis.science,
      ended = "closed_on" },
    -- 环保 environment
    epb_violation = { class = "open", basis = basis.environment,
      ended = "corrected_on" },
    epb_credit_rating = { class = "open", basis = basis.environment },
    -- 安监 work safety
    saw_safety_license = { class = "open", basis = basis.safety },
    saw_accident_penalty = { class = "open", basis = basis.safety,
      ended = "act_ended_on", shown_until = "public_until" },
    -- 海关 customs
    customs_registration = { class = "open", basis = basis.customs },
    customs_penalty = { class = "open", basis = basis.customs,
      ended = "act_ended_on", shown_until = "public_until" },
    -- 授权书、异议 consents, objections: of those who sent them
    enterprise_consent = { class = "never", basis = basis.consents },
    enterprise_objection = { class = "never", basis = basis.consents },
    enterprise_objection_answer = { class = "never", basis = basis.consents },
    -- 企业自主申报、第三方评价 declared by enterprises, rated by others
    self_declared_enterprise = { class = "conditional",
      basis = basis.declared },
    self_declared_financing_need = { class = "conditional",
      basis = basis.declared },
    third_party_rating = { class = "conditional", basis = basis.declared },
  },
}
