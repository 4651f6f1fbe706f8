#if __has_include(<protobuf-c/protobuf-c.h>)
#include <protobuf-c/protobuf-c.h>
#else
#error "The header protobuf-c/protobuf-c.h is missing. On Debian: apt-get install libprotobuf-c-dev"
#endif
