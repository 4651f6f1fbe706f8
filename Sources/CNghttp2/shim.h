#if __has_include(<nghttp2/nghttp2.h>)
#include <nghttp2/nghttp2.h>
#else
#error "The header nghttp2/nghttp2.h is missing. On Debian: apt-get install libnghttp2-dev"
#endif
