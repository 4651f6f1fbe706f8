import ModuleKit

/// The schema of the wishes module. States and categories are the numbers of `yizhan.wishes.v1`; times are
/// milliseconds since 1970; money is fen. Tables that hang on another one are WITHOUT ROWID: kept in the order of
/// their key, one tree and not two. What is personal is sealed in the BLOBs (`SealedColumn`), NULL where there is
/// nothing.
enum WishesMigrations {
  static let all: [Migration] = [wishes, claims, reports]

  /// A wish's `units_…` say what its claims hold: pieces for one shared by parts, fen for one shared by money,
  /// 1 for one claimed whole. The check makes overselling impossible whatever the code does.
  private static let wishes = Migration(
    1, "wishes, their parts and their history",
    """
    CREATE TABLE wishes_wish (
      id TEXT NOT NULL PRIMARY KEY,
      version INTEGER NOT NULL,
      state INTEGER NOT NULL,
      worker_id TEXT NOT NULL,
      wisher_label TEXT NOT NULL,
      title TEXT NOT NULL,
      description TEXT NOT NULL,
      draft BLOB,
      category INTEGER NOT NULL,
      need INTEGER NOT NULL,
      sharing INTEGER NOT NULL,
      delivery INTEGER NOT NULL,
      source INTEGER NOT NULL,
      area_code TEXT NOT NULL,
      county_code TEXT NOT NULL,
      street_code TEXT,
      beneficiaries INTEGER NOT NULL,
      estimated_cost_fen INTEGER NOT NULL CHECK (estimated_cost_fen >= 0),
      part_count INTEGER NOT NULL,
      claim_count INTEGER NOT NULL,
      history_count INTEGER NOT NULL,
      units_needed INTEGER NOT NULL CHECK (units_needed > 0),
      units_active INTEGER NOT NULL CHECK (units_active >= 0),
      units_fulfilled INTEGER NOT NULL CHECK (units_fulfilled >= 0),
      units_confirmed INTEGER NOT NULL CHECK (units_confirmed >= 0),
      publication_consent INTEGER NOT NULL,
      consent_evidence BLOB,
      contact BLOB,
      collected_by_organisation_id TEXT,
      employed_by_collector INTEGER NOT NULL,
      state_reason BLOB,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      listed_at INTEGER,
      ended_at INTEGER,
      CONSTRAINT never_oversold CHECK (units_active + units_fulfilled + units_confirmed <= units_needed)
    )
    """,
    // Each list is read from one index, newest first: of counties, of a street, of a collector. What is larger than a
    // county, the whole host too, is merged from its counties, and what is of every category in a street or of a
    // collector from the categories (see `WishRange`). What is smaller than a street filters on area_code inside the
    // index. A step of a wish's life moves its entry in every index with the state, which is most of what the step
    // costs, so there are as few as that takes.
    "CREATE INDEX wishes_wish_by_county ON wishes_wish (county_code, state, id)",
    "CREATE INDEX wishes_wish_by_county_and_category ON wishes_wish (county_code, state, category, id)",
    """
    CREATE INDEX wishes_wish_by_street ON wishes_wish (street_code, state, category, id, area_code)
    WHERE street_code IS NOT NULL
    """,
    "CREATE INDEX wishes_wish_by_worker ON wishes_wish (worker_id, id)",
    """
    CREATE INDEX wishes_wish_by_collector ON wishes_wish
      (collected_by_organisation_id, employed_by_collector, state, category, id, area_code)
    WHERE collected_by_organisation_id IS NOT NULL
    """,
    """
    CREATE TABLE wishes_part (
      wish_id TEXT NOT NULL REFERENCES wishes_wish (id),
      number INTEGER NOT NULL,
      name TEXT NOT NULL,
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      taken_quantity INTEGER NOT NULL CHECK (taken_quantity BETWEEN 0 AND quantity),
      confirmed_quantity INTEGER NOT NULL CHECK (confirmed_quantity BETWEEN 0 AND taken_quantity),
      PRIMARY KEY (wish_id, number)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE wishes_history (
      wish_id TEXT NOT NULL REFERENCES wishes_wish (id),
      number INTEGER NOT NULL,
      at INTEGER NOT NULL,
      action INTEGER NOT NULL,
      from_state INTEGER NOT NULL,
      to_state INTEGER NOT NULL,
      actor INTEGER NOT NULL,
      actor_id TEXT NOT NULL,
      subject_id TEXT NOT NULL,
      detail TEXT NOT NULL,
      reason BLOB,
      PRIMARY KEY (wish_id, number)
    ) WITHOUT ROWID
    """)

  private static let claims = Migration(
    2, "claims, what they take and their evidence",
    """
    CREATE TABLE wishes_claim (
      id TEXT NOT NULL PRIMARY KEY,
      version INTEGER NOT NULL,
      wish_id TEXT NOT NULL REFERENCES wishes_wish (id),
      state INTEGER NOT NULL,
      organisation_id TEXT NOT NULL,
      organisation_name TEXT NOT NULL,
      units INTEGER NOT NULL CHECK (units > 0),
      amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
      contact BLOB,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      extension_count INTEGER NOT NULL,
      dispute_count INTEGER NOT NULL,
      state_reason BLOB,
      fulfilled_at INTEGER,
      evidence BLOB,
      receipts_fen INTEGER NOT NULL CHECK (receipts_fen >= 0),
      reminder_count INTEGER NOT NULL,
      confirmation_overdue INTEGER NOT NULL,
      confirmed_at INTEGER,
      comment BLOB,
      rating INTEGER NOT NULL
    )
    """,
    // With the units, so that what a wish's claims hold is summed up from the index alone.
    "CREATE INDEX wishes_claim_by_wish ON wishes_claim (wish_id, id, state, units)",
    "CREATE INDEX wishes_claim_by_organisation ON wishes_claim (organisation_id, state, id)",
    "CREATE INDEX wishes_claim_overdue ON wishes_claim (id) WHERE confirmation_overdue = 1",
    """
    CREATE TABLE wishes_claim_part (
      claim_id TEXT NOT NULL REFERENCES wishes_claim (id),
      number INTEGER NOT NULL,
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      PRIMARY KEY (claim_id, number)
    ) WITHOUT ROWID
    """)

  private static let reports = Migration(
    3, "follow-up reports",
    """
    CREATE TABLE wishes_report (
      id TEXT NOT NULL PRIMARY KEY,
      version INTEGER NOT NULL,
      wish_id TEXT NOT NULL REFERENCES wishes_wish (id),
      state INTEGER NOT NULL,
      story BLOB,
      organisation_id TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      published_at INTEGER
    )
    """,
    "CREATE INDEX wishes_report_by_wish ON wishes_report (wish_id, id)",
    "CREATE INDEX wishes_report_by_state ON wishes_report (state, id)")
}
