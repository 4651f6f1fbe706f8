#if __has_include(<sqlite3.h>)
#include <sqlite3.h>
#else
#error "The header sqlite3.h is missing. On Debian: apt-get install libsqlite3-dev"
#endif
