// The kinds of documents that this version knows, with their fields, defaults and compile steps.
#pragma once

#include "base/ip_address.h"
#include "response/change/document.h"
#include "service/admin/policy_builder.h"

namespace postern::service {

/// Two listeners cannot share a place: a port, at one address or where one of them listens at all. Port 0 is another
/// one each time.
bool collide(const Endpoint& a, const Endpoint& b);

/// `builder` outlives the kinds; null: they only check.
change::DocumentKinds document_kinds(PolicyBuilder* builder);

// Names and fields that requests use.
inline const change::DocumentName kListenerDocument{"listener", "default"};
inline const change::DocumentName kTlsDocument{"tls", "default"};
constexpr const char* kUserKind = "user";
constexpr const char* kDomainKind = "domain";
constexpr const char* kAdminKind = "admin";

}  // namespace postern::service
