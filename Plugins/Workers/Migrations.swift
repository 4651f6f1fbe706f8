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
        -- Name and phone of the contact, sealed with the key of that person.
        contact BLOB,
        contact_person TEXT,
        state INTEGER NOT NULL,
        version BIGINT NOT NULL,
        create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL,
        CHECK ((contact IS NULL) = (contact_person IS NULL))
      )
      """,
      """
      CREATE UNIQUE INDEX workers_organisation_contact ON workers_organisation (contact_person)
      WHERE contact_person IS NOT NULL
      """,
      "CREATE UNIQUE INDEX workers_organisation_credit_code ON workers_organisation (credit_code)",
      "CREATE UNIQUE INDEX workers_organisation_name ON workers_organisation (name, kind, area_code)",
      "CREATE INDEX workers_organisation_kind ON workers_organisation (kind, id)"
    ),
    Migration(
      3, "workers, their phones and employments",
      """
      -- personal holds name, identity number, phones, affiliation and staff numbers, sealed with the worker's own
      -- key; the hashes are keyed. All three are NULL in an entry that was merged or erased.
      CREATE TABLE workers_worker (
        id TEXT NOT NULL PRIMARY KEY,
        personal BLOB,
        name_hash BLOB,
        identity_hash BLOB,
        occupations BIGINT NOT NULL,
        area_code TEXT NOT NULL REFERENCES workers_area (code),
        state INTEGER NOT NULL,
        merged_into TEXT REFERENCES workers_worker (id),
        source INTEGER NOT NULL,
        version BIGINT NOT NULL,
        create_time BIGINT NOT NULL,
        update_time BIGINT NOT NULL,
        CHECK ((state = 3) = (merged_into IS NOT NULL)),
        CHECK (state NOT IN (3, 4) OR (personal IS NULL AND name_hash IS NULL AND identity_hash IS NULL))
      ) WITHOUT ROWID
      """,
      """
      CREATE UNIQUE INDEX workers_worker_identity ON workers_worker (identity_hash)
      WHERE identity_hash IS NOT NULL
      """,
      "CREATE INDEX workers_worker_area ON workers_worker (area_code, id)",
      "CREATE INDEX workers_worker_name ON workers_worker (name_hash, area_code, id) WHERE name_hash IS NOT NULL",
      """
      CREATE INDEX workers_worker_numberless ON workers_worker (name_hash, id)
      WHERE identity_hash IS NULL AND name_hash IS NOT NULL
      """,
      "CREATE INDEX workers_worker_merged ON workers_worker (merged_into) WHERE merged_into IS NOT NULL",
      """
      CREATE TABLE workers_phone (
        phone_hash BLOB NOT NULL PRIMARY KEY,
        worker_id TEXT NOT NULL REFERENCES workers_worker (id)
      ) WITHOUT ROWID
      """,
      // Erasure and withdrawal ask for a worker's phones.
      "CREATE INDEX workers_phone_worker ON workers_phone (worker_id)",
      """
      CREATE TABLE workers_employment (
        worker_id TEXT NOT NULL REFERENCES workers_worker (id),
        id TEXT NOT NULL,
        organisation_id TEXT NOT NULL REFERENCES workers_organisation (id),
        station TEXT NOT NULL,
        occupation INTEGER NOT NULL,
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
    Migration(
      5, "rows of imports",
      """
      -- A digest of eight bytes for each of up to 500 rows that were committed together.
      CREATE TABLE workers_import_chunk (
        caller_id TEXT NOT NULL,
        target TEXT NOT NULL,
        import_id TEXT NOT NULL,
        first_row BIGINT NOT NULL,
        digests BLOB NOT NULL,
        PRIMARY KEY (caller_id, target, import_id, first_row)
      )
      """
    ),
  ]
}
