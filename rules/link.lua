-- How sure a row belongs to an enterprise: points of what speaks for and
-- against it. From `link` points on it is linked, from `review` on people see
-- it as a candidate, below that it is not. The best candidate has to lead the
-- next one by `margin`.

return {
  link = 70,
  review = 35,
  margin = 15,

  -- Only the register makes an enterprise out of a row nobody knows.
  found = { "aic_enterprise_registration" },

  -- What a row says of its subject: the first of the fields that its dataset
  -- has. The number of any_id has to tell itself what it is.
  subject = {
    uscc = { "uscc" }, org_code = { "org_code" }, reg_no = { "reg_no" },
    tax_id = { "tax_id" }, loan_card = { "loan_card_no" },
    any_id = { "id_no", "party_id_no" }, account_no = { "account_no" },
    name = { "entity_name" }, legal_rep = { "legal_rep" },
    address = { "address", "use_address" },
    phone = { "phone", "hr_phone", "contact_phone" },
  },

  -- Rows that tell of a new name. Those that found tell names as well.
  rename = { dataset = "aic_registration_change", item = "change_item",
    says = "名称", before = "before_value", after = "after_value" },

  weights = {
    -- An identifier alone links; with a name that has nothing in common with
    -- the enterprise's it needs a second witness, for the commonest error is
    -- the number of another firm.
    org_code = 90, tax_id = 90, reg_no = 90, loan_card = 85, account_no = 75,
    id_differs = -100,

    -- One name counts. A whole name or core that is nobody else's links alone,
    -- one with a character that is another needs a witness.
    name_exact = 85, name_form = 82, name_core = 75, name_part = 75,
    name_wild = 75, name_edit = 58,
    name_similar = 0, name_differs = -40, name_person = 40,

    name_former = -3, name_lapsed = -5, name_shared = -30,
    region_same = 10, region_differs = -40,
    sole_trader = -30, fuzzy_adverse = -30,

    legal_rep = 20, legal_rep_differs = -12,
    address = 30, address_near = 15, address_differs = -5, phone = 15,
  },
}
