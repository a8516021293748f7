#include "cli/verb.h"

namespace postern::cli {

using namespace api;

std::vector<Verb> change_verbs() {
  static constexpr Text kId{"The change's id", "更改的编号"};
  return {
      request_verb<ChangeList>(
          {"List the changes, newest first", "列出更改（最新在前）"},
          [](Command& command, ChangeList& request) { declare_list(command, request.cursor, request.limit); }),
      request_verb<ChangeShow>({"Show a change: before and after", "显示更改前后的内容"},
                               [](Command& command, ChangeShow& request) { command.argument("ID", request.id, kId); }),
      request_verb<ChangeUndo>(
          {"Undo a change; what was changed since is never overwritten", "撤销更改（此后又被更改的内容不会被覆盖）"},
          [](Command& command, ChangeUndo& request) {
            command.argument("ID", request.id, kId);
            declare_reason(command, request.reason);
          }),
      request_verb<ChangeConfirm>(
          {"Keep a change that would revert by itself", "确认更改，使其不再自动还原"},
          [](Command& command, ChangeConfirm& request) { command.argument("ID", request.id, kId); }),
  };
}

}  // namespace postern::cli
