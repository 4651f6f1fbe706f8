import ModuleKit

/// The register's schema, oldest first. SQL in the subset that SQLite and PostgreSQL share, but for the words
/// WITHOUT ROWID, which a PostgreSQL engine leaves out: they keep a row with its primary key, so that a worker and
/// the worker's employments are one page each and not two.
enum WorkersMigrations {
  static let all = [
    Migration(
      1, "areas",
      """
      CREATE TABLE workers_area (
        code TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        level INTEGER NOT NULL,
        parent_code TEXT REFERENCES workers_area (code),
        longitude DOUBLE PRECISION,
        latitude DOUBLE PRECISION,
        version BIGINT NOT NULL,
        create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL,
        CHECK ((longitude IS NULL) = (latitude IS NULL))
      )
      """,
      "CREATE INDEX workers_area_parent ON workers_area (parent_code, code)"
    ),
    Migration(
      2, "organisations",
      """
      CREATE TABLE workers_organisation (
        id TEXT NOT NULL PRIMARY KEY,
        kind INTEGER NOT NULL,
        name TEXT NOT NULL,
        short_name TEXT NOT NULL,
        credit_code TEXT,
        area_code TEXT NOT NULL REFERENCES workers_area (code),
        address TEXT NOT NULL,
        phone TEXT NOT NULL,
        contact_name TEXT NOT NULL,
        contact_phone TEXT NOT NULL,
        state INTEGER NOT NULL,
        version BIGINT NOT NULL,
        create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL
      )
      """,
      "CREATE UNIQUE INDEX workers_organisation_credit_code ON workers_organisation (credit_code)",
      "CREATE UNIQUE INDEX workers_organisation_name ON workers_organisation (name, kind, area_code)",
      "CREATE INDEX workers_organisation_kind ON workers_organisation (kind, id)"
    ),
    Migration(
      3, "workers, their phones and employments",
      """
      CREATE TABLE workers_worker (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        identity_number TEXT,
        phone TEXT NOT NULL,
        other_phones TEXT NOT NULL,
        occupations BIGINT NOT NULL,
        area_code TEXT NOT NULL REFERENCES workers_area (code),
        party_membership INTEGER NOT NULL,
        is_mobile_party_member INTEGER NOT NULL,
        party_branch TEXT NOT NULL,
        is_union_member INTEGER NOT NULL,
        union_name TEXT NOT NULL,
        is_youth_league_member INTEGER NOT NULL,
        youth_league_branch TEXT NOT NULL,
        state INTEGER NOT NULL,
        merged_into TEXT REFERENCES workers_worker (id),
        source INTEGER NOT NULL,
        version BIGINT NOT NULL,
        create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL,
        CHECK ((state = 3) = (merged_into IS NOT NULL))
      ) WITHOUT ROWID
      """,
      """
      CREATE UNIQUE INDEX workers_worker_identity_number ON workers_worker (identity_number)
      WHERE identity_number IS NOT NULL
      """,
      "CREATE INDEX workers_worker_area ON workers_worker (area_code, id)",
      "CREATE INDEX workers_worker_name ON workers_worker (name, area_code, id)",
      """
      CREATE INDEX workers_worker_numberless ON workers_worker (name, id)
      WHERE identity_number IS NULL AND merged_into IS NULL
      """,
      "CREATE INDEX workers_worker_merged ON workers_worker (merged_into) WHERE merged_into IS NOT NULL",
      """
      CREATE TABLE workers_phone (
        phone TEXT NOT NULL PRIMARY KEY,
        worker_id TEXT NOT NULL REFERENCES workers_worker (id)
      ) WITHOUT ROWID
      """,
      """
      CREATE TABLE workers_employment (
        worker_id TEXT NOT NULL REFERENCES workers_worker (id),
        id TEXT NOT NULL,
        organisation_id TEXT NOT NULL REFERENCES workers_organisation (id),
        station TEXT NOT NULL,
        occupation INTEGER NOT NULL,
        staff_number TEXT NOT NULL,
        start_date TEXT NOT NULL,
        end_date TEXT NOT NULL,
        state INTEGER NOT NULL,
        PRIMARY KEY (worker_id, id)
      ) WITHOUT ROWID
      """,
      """
      CREATE UNIQUE INDEX workers_employment_open ON workers_employment (organisation_id, worker_id)
      WHERE state = 1
      """
    ),
    Migration(
      4, "imports",
      """
      CREATE TABLE workers_import (
        caller_id TEXT NOT NULL,
        target TEXT NOT NULL,
        import_id TEXT NOT NULL,
        state INTEGER NOT NULL,
        last_row BIGINT NOT NULL,
        rows_received BIGINT NOT NULL,
        rows_created BIGINT NOT NULL,
        rows_updated BIGINT NOT NULL,
        rows_unchanged BIGINT NOT NULL,
        rows_failed BIGINT NOT NULL,
        differences TEXT NOT NULL,
        error_count BIGINT NOT NULL,
        create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL,
        PRIMARY KEY (caller_id, target, import_id)
      )
      """,
      """
      CREATE TABLE workers_import_error (
        caller_id TEXT NOT NULL,
        target TEXT NOT NULL,
        import_id TEXT NOT NULL,
        position BIGINT NOT NULL,
        row_number BIGINT NOT NULL,
        column_name TEXT NOT NULL,
        value TEXT NOT NULL,
        reason TEXT NOT NULL,
        description TEXT NOT NULL,
        description_zh TEXT NOT NULL,
        PRIMARY KEY (caller_id, target, import_id, position)
      )
      """
    ),
  ]
}
