#include "crypto/tls_memory.h"

#include <algorithm>
#include <cstring>

namespace postern::crypto {
namespace {

MemoryPair& pair_of(BIO* bio) {
  return *static_cast<MemoryPair*>(BIO_get_data(bio));
}

int read_octets(BIO* bio, char* to, size_t wanted, size_t* got) {
  BytesView* in = pair_of(bio).in;
  BIO_clear_retry_flags(bio);
  *got = in == nullptr ? 0 : std::min(wanted, in->size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(to, in->data(), *got);
  *in = in->subspan(*got);
  return 1;
}

int write_octets(BIO* bio, const char* from, size_t size, size_t* written) {
  Bytes* out = pair_of(bio).out;
  BIO_clear_retry_flags(bio);
  if (out == nullptr) {
    BIO_set_retry_write(bio);
    return 0;
  }
  out->insert(out->end(), from, from + size);
  *written = size;
  return 1;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP ? 1 : 0;
}

const BIO_METHOD* method() {
  static const BIO_METHOD* made = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postern memory");
    BIO_meth_set_read_ex(fresh, read_octets);
    BIO_meth_set_write_ex(fresh, write_octets);
    BIO_meth_set_ctrl(fresh, control);
    return fresh;
  }();
  return made;
}

}  // namespace

BIO* make_memory_bio(MemoryPair* pair) {
  BIO* bio = BIO_new(method());
  BIO_set_data(bio, pair);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace postern::crypto
