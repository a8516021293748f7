#include "cli/files.h"
#include "cli/verb.h"
#include "postern/codec.h"

namespace postern::cli {

using namespace api;

namespace {

constexpr size_t kDocumentLimit = 256 * 1024;  // octets

int set(Context& context, DocumentSet& request, const std::string& file) {
  if (request.fields.empty() == file.empty())
    return context.usage({"Either FIELD=VALUE or --file is needed.", "需要 FIELD=VALUE 或 --file 之一。"});
  if (!file.empty()) {
    const auto text = read_file(file, kDocumentLimit);
    if (const Error* error = error_of(text)) return context.finish(*error);
    auto json = json_text(std::get<0>(text));
    if (error_of(json)) return context.finish(Error{ErrorCode::bad_input, {file, "not valid JSON"}});
    request.document = std::move(std::get<0>(json));
  }
  return context.finish(context.ask(std::move(request)));
}

Verb document_set() {
  return {DocumentSet::kInfo.name,
          {"Change fields of a document, or the whole of it\n\n"
           "A value is JSON where it reads as JSON (true, 25, [\"a\"]), octets where it is a size (25M), else text;\n"
           "null takes the field away. FIELD may be a path: limits.size=25M",
           "更改文档的字段或整个文档\n\n"
           "值若为 JSON（true、25、[\"a\"]）则按 JSON 解读，若为大小（25M）则换算为字节数，否则为文本；\n"
           "null 表示移除字段。FIELD 可为路径：limits.size=25M"},
          [](Command& command) -> Action {
            auto request = std::make_shared<DocumentSet>();
            auto file = std::make_shared<std::string>();
            command.argument("KIND/ID", request->id, {"The document", "文档"});
            command.fields("FIELD=VALUE...", request->fields, {"Fields and their new values", "字段及其新值"});
            command.option("--file", "FILE", *file, {"The whole document as JSON", "整个文档（JSON）"});
            command.number("--confirm-within", "SECONDS", request->confirm_within,
                           {"Revert unless it is confirmed until then", "若未在此时限内确认则自动还原"});
            declare_reason(command, request->reason);
            return [request, file](Context& context) { return set(context, *request, *file); };
          }};
}

}  // namespace

std::vector<Verb> document_verbs() {
  return {
      request_verb<DocumentList>({"List the documents", "列出文档"},
                                 [](Command& command, DocumentList& request) {
                                   command.optional_argument("KIND", request.kind, {"Of this kind only", "仅此类文档"});
                                   declare_list(command, request.cursor, request.limit);
                                 }),
      request_verb<DocumentGet>({"Print a document", "输出文档"},
                                [](Command& command, DocumentGet& request) {
                                  command.argument("KIND/ID", request.id, {"The document", "文档"});
                                }),
      document_set(),
  };
}

}  // namespace postern::cli
