#include "cli/files.h"
#include "cli/password.h"
#include "cli/verb.h"

namespace postern::cli {

using namespace api;

namespace {

constexpr size_t kFileLimit = 128 * 1024;  // octets: two of them, in hexadecimal, have to fit a message
constexpr size_t kPassphraseLimit = 1024;

struct ImportOptions {
  std::string file, key;
  bool passphrase_stdin = false;
};

int import(Context& context, CertificateImport& request, const ImportOptions& options) {
  auto certificate = read_file(options.file, kFileLimit);
  if (const Error* error = error_of(certificate)) return context.finish(*error);
  request.certificate.bytes = std::move(std::get<0>(certificate));
  if (!options.key.empty()) {
    auto key = read_file(options.key, kFileLimit);
    if (const Error* error = error_of(key)) return context.finish(*error);
    request.key.bytes = std::move(std::get<0>(key));
  }
  if (options.passphrase_stdin && !read_line(context.terminal().in(), request.passphrase, kPassphraseLimit))
    return context.finish(Error{ErrorCode::bad_password, {request.passphrase.empty() ? "empty" : "too long"}});
  return context.finish(context.ask(std::move(request)));
}

Verb certificate_import() {
  return {CertificateImport::kInfo.name,
          {"Use a certificate from a file; sessions go on", "使用文件中的证书（不影响现有会话）"},
          [](Command& command) -> Action {
            auto request = std::make_shared<CertificateImport>();
            auto options = std::make_shared<ImportOptions>();
            command.argument("FILE", options->file,
                             {"PEM (certificate, chain, key) or PFX", "PEM（证书、证书链、私钥）或 PFX"});
            command.option(
                "--key", "FILE", options->key,
                {"PEM of the private key, when it is not in the first file", "私钥 PEM（若不在第一个文件中）"});
            command.flag("--passphrase-stdin", options->passphrase_stdin,
                         {"Read the passphrase of key or PFX from standard input", "从标准输入读取私钥或 PFX 的口令"});
            declare_reason(command, request->reason);
            return [request, options](Context& context) { return import(context, *request, *options); };
          }};
}

}  // namespace

std::vector<Verb> certificate_verbs() {
  return {
      certificate_import(),
      request_verb<CertificateShow>({"Show the certificate in use", "显示当前证书"}),
      request_verb<CertificateAuthority>(
          {"Print the own authority's certificate (PEM), for the clients", "输出自有 CA 的证书（PEM），供客户端安装"}),
  };
}

}  // namespace postern::cli
