// From documents to policy: each kind's compile step stages its document here; a change is in force when it is durable.
// Only what a change touches is made anew. The admin thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/secret.h"
#include "crypto/certificate.h"
#include "response/change/engine.h"
#include "service/admin/policy.h"

namespace postern::service {

/// A certificate with chain and key, as a secret, and back. key_wrong when it is none.
Secret bundle_secret(const crypto::CertificateBundle& bundle);
Expected<crypto::CertificateBundle> bundle_of(const Secret& secret);

class PolicyBuilder final : public change::PolicyStage {
 public:
  /// How to read a secret.
  using OpenSecret = std::function<Expected<Secret>(const std::string& id)>;

  explicit PolicyBuilder(OpenSecret open_secret);

  // The compile steps.
  Expected<void> user(const change::Compiled& document);
  Expected<void> domain(const change::Compiled& document);
  Expected<void> administrator(const change::Compiled& document);
  Expected<void> smtp_limits(const change::Compiled& document);
  Expected<void> smtp_timeouts(const change::Compiled& document);
  Expected<void> smtp_lenient(const change::Compiled& document);
  Expected<void> pop3_limits(const change::Compiled& document);
  Expected<void> listener(const change::Compiled& document);
  Expected<void> tls(const change::Compiled& document);

  Expected<void> seal(uint64_t change) override;
  void accept() override;
  void drop() override;

  /// In force; another pointer after each change of it.
  std::shared_ptr<const Policy> policy() const { return current_; }

 private:
  Policy& next();

  const OpenSecret open_secret_;
  std::shared_ptr<const Policy> current_;
  std::shared_ptr<Policy> next_;  ///< null: nothing is staged
  identity::Edits edits_;
};

}  // namespace postern::service
