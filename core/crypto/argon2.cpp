// Argon2id (RFC 9106) and its text form "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". Reads that form alone: no Argon2i,
// Argon2d or version 16, and nothing that costs more than the limits below.
#include <argon2.h>

#include <charconv>
#include <new>
#include <optional>

#include "base/text.h"
#include "crypto/kdf.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

constexpr size_t kSaltSize = 16;
constexpr size_t kHashSize = 32;
constexpr size_t kMinSaltSize = 8;    ///< RFC 9106 section 3.1
constexpr size_t kMinHashSize = 16;   ///< a shorter one would accept guesses
constexpr size_t kMaxFieldSize = 64;  ///< salt or hash
constexpr size_t kMaxEncodedSize = 256;
constexpr uint32_t kMaxMemoryKib = 1024 * 1024;
constexpr uint32_t kMaxPasses = 16;
constexpr uint32_t kMaxLanes = 16;
constexpr uint32_t kMemoryKibPerLane = 8;  ///< RFC 9106 section 3.1: at least 8 p
constexpr std::string_view kVersion = "v=19";
constexpr size_t kFieldCount = 6;  ///< the first is empty: the text begins with its separator

struct Encoded {
  Argon2Cost cost;
  Bytes salt, hash;
};

/// "m=19456" -> 19456
std::optional<uint32_t> number_after(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  if (text.empty() || !is_digit(text.front()) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Argon2Cost> parse_cost(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) return std::nullopt;
  const auto memory = number_after(parts[0], "m=");
  const auto passes = number_after(parts[1], "t=");
  const auto lanes = number_after(parts[2], "p=");
  if (!memory || !passes || !lanes) return std::nullopt;
  if (*lanes < 1 || *lanes > kMaxLanes || *passes < 1 || *passes > kMaxPasses) return std::nullopt;
  if (*memory < kMemoryKibPerLane * *lanes || *memory > kMaxMemoryKib) return std::nullopt;
  return Argon2Cost{*memory, *passes, *lanes};
}

/// Base64 without padding, as the text form has it.
std::optional<Bytes> from_bare_base64(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded);
}

std::string bare_base64(BytesView octets) {
  std::string text = base64(octets);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<Encoded> parse_encoded(std::string_view text) {
  if (text.size() > kMaxEncodedSize) return std::nullopt;
  const auto fields = split(text, '$');
  if (fields.size() != kFieldCount || !fields[0].empty() || fields[1] != "argon2id" || fields[2] != kVersion) {
    return std::nullopt;
  }
  const auto cost = parse_cost(fields[3]);
  auto salt = from_bare_base64(fields[4]);
  auto hash = from_bare_base64(fields[5]);
  if (!cost || !salt || !hash) return std::nullopt;
  if (salt->size() < kMinSaltSize || salt->size() > kMaxFieldSize) return std::nullopt;
  if (hash->size() < kMinHashSize || hash->size() > kMaxFieldSize) return std::nullopt;
  return Encoded{*cost, std::move(*salt), std::move(*hash)};
}

/// Throws std::bad_alloc when the memory of the cost is not there.
Bytes argon2id(const Secret& password, BytesView salt, const Argon2Cost& cost, size_t size) {
  Bytes hash(size);
  const int result = argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, password.reveal().data(),
                                       password.size(), salt.data(), salt.size(), hash.data(), hash.size());
  // Every other error was excluded before: the parameters are ours or were checked.
  if (result != ARGON2_OK) throw std::bad_alloc();
  return hash;
}

}  // namespace

std::string argon2id_hash(const Secret& password, const Argon2Cost& cost) {
  const Bytes salt = random_bytes(kSaltSize);
  const Bytes hash = argon2id(password, salt, cost, kHashSize);
  return "$argon2id$" + std::string(kVersion) + "$m=" + std::to_string(cost.memory_kib) +
         ",t=" + std::to_string(cost.passes) + ",p=" + std::to_string(cost.lanes) + "$" + bare_base64(salt) + "$" +
         bare_base64(hash);
}

bool argon2id_verify(std::string_view encoded, const Secret& password) {
  const auto parsed = parse_encoded(encoded);
  if (!parsed) return false;
  const Bytes hash = argon2id(password, parsed->salt, parsed->cost, parsed->hash.size());
  return equal_constant_time(hash, parsed->hash);
}

}  // namespace postern::crypto
