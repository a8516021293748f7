// Replies for people: plain text, aligned tables. Everything that came from elsewhere is made printable.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/language.h"
#include "postern/messages.h"

namespace postern::cli {

/// Lines with their ends; empty for a reply that has nothing to say.
std::string text_of(const api::Reply& reply, Language language);

/// "key  value" lines, aligned; rows with an empty value are left out.
class Facts {
 public:
  explicit Facts(Language language) : language_(language) {}
  void add(const Text& key, const std::string& value);
  void add(const Text& key, uint64_t value) { add(key, std::to_string(value)); }
  std::string text() const;

 private:
  Language language_;
  std::vector<std::pair<std::string, std::string>> rows_;
};

/// A JSON value over several lines; as it is when it is none.
std::string indented(const api::JsonText& json);
/// "a, b".
std::string joined(const std::vector<std::string>& list);

// One for each kind of reply that is more than a line; see print_*.cpp.
std::string text_of(const api::StatusReply& reply, Language language);
std::string text_of(const api::UsersReply& reply, Language language);
std::string text_of(const api::DocumentsReply& reply, Language language);
std::string text_of(const api::ChangesReply& reply, Language language);
std::string text_of(const api::ChangeReply& reply, Language language);
std::string text_of(const api::AuditReply& reply, Language language);
std::string text_of(const api::AuditEntryReply& reply, Language language);
std::string text_of(const api::AuditVerifyReply& reply, Language language);
std::string text_of(const api::SessionsReply& reply, Language language);
std::string text_of(const api::SessionReply& reply, Language language);
std::string text_of(const api::CertificateReply& reply, Language language);

/// The heads of a table.
std::vector<std::string> heads(const std::vector<Text>& texts, Language language);
/// How to get the rest of a list; "" when that was all.
std::string rest_of_list(const std::string& next, Language language);

}  // namespace postern::cli
