#include "postern/messages.h"

#include <array>

#include "detail/json_fields.h"

namespace postern::api {
namespace {

constexpr size_t kDescribedValue = 256;  // octets

template <class... Ts>
constexpr std::array<RequestInfo, sizeof...(Ts)> infos(const std::variant<Ts...>*) {
  return {Ts::kInfo...};
}
constexpr auto kInfos = infos(static_cast<const Request*>(nullptr));

template <class T>
bool is_secret(std::string_view name) {
  if constexpr (requires { T::is_secret_field(name); }) return T::is_secret_field(name);
  return false;
}

/// Cut at a character's border.
std::string cut(std::string text) {
  if (text.size() <= kDescribedValue) return text;
  size_t end = kDescribedValue;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

bool is_nothing(const detail::Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.is_null() || (value.is_array() && value.empty());
}

void overwrite(std::string& text) noexcept {
  volatile char* octets = text.data();
  for (size_t i = 0; i < text.size(); ++i) octets[i] = 0;
  text.clear();
}
void overwrite(Octets& octets) noexcept {
  overwrite(octets.bytes);
}
void overwrite(std::optional<std::string>& text) noexcept {
  if (text) overwrite(*text);
}

}  // namespace

std::span<const RequestInfo> all_requests() {
  return kInfos;
}

std::string describe(const Request& request) {
  return std::visit(
      [](const auto& r) {
        using T = std::decay_t<decltype(r)>;
        std::string out(T::kInfo.name);
        detail::Writer writer;
        const detail::Json fields = writer.write(r);
        for (const auto& [name, value] : fields.items()) {
          if (is_nothing(value)) continue;
          const std::string text =
              is_secret<T>(name) ? "***" : cut(value.dump(-1, ' ', false, detail::Json::error_handler_t::replace));
          out += ' ' + name + '=' + text;
        }
        return out;
      },
      request);
}

void wipe_secrets(Request& request) noexcept {
  std::visit(
      [](auto& r) {
        using T = std::decay_t<decltype(r)>;
        if constexpr (requires { T::is_secret_field(std::string_view()); }) {
          T::visit_fields(r, [](std::string_view name, auto& field) {
            if constexpr (requires { overwrite(field); }) {
              if (T::is_secret_field(name)) overwrite(field);
            }
          });
        }
      },
      request);
}

}  // namespace postern::api
