#if __has_include(<sqlite3.h>)
// The audit record's old and new values come from this hook; Debian's library has it.
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>
#else
#error "The header sqlite3.h is missing. On Debian: apt-get install libsqlite3-dev"
#endif

// Swift cannot call functions with variable arguments; these are the ones that storage needs.

/// Each connection stays on one thread at a time, so no mutex of its own; no global lock to count memory.
/// Must come before any other use of SQLite in the process, and changes nothing afterwards.
static inline int csqlite_configure(void) {
  int rc = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
  if (rc == SQLITE_OK) rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  return rc;
}

/// Switches a SQLITE_DBCONFIG_… option of a connection on or off.
static inline int csqlite_set(sqlite3 *database, int option, int on) {
  int now = 0;
  int rc = sqlite3_db_config(database, option, on, &now);
  return rc != SQLITE_OK ? rc : now == on ? SQLITE_OK : SQLITE_ERROR;
}
