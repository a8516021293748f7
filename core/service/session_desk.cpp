#include "service/session_desk.h"

#include <algorithm>

#include "observe/session_id.h"

namespace postern::service {
namespace {

constexpr size_t kDefaultPage = 100;
constexpr size_t kScanLimit = 100'000;  // closed traces looked at for one page
constexpr size_t kTraceMatches = 50;

}  // namespace

SessionDesk::SessionDesk(const observe::SessionTable& table, const Clock& clock, const store::LedgerStore& ledger,
                         WallTime started)
    : table_(table), clock_(clock), ledger_(ledger), started_(started) {
  thread_.start();
}

void SessionDesk::set_book(std::shared_ptr<const LoginBook> book) {
  const std::lock_guard lock(mutex_);
  book_ = std::move(book);
}

store::NameOf SessionDesk::name_of() {
  const std::lock_guard lock(mutex_);
  return [book = book_](uint64_t account) {
    const auto facts = book ? book->find(account) : std::nullopt;
    return facts ? facts->address : std::string();
  };
}

void SessionDesk::set_server(net::Server* server) {
  const std::lock_guard lock(mutex_);
  server_ = server;
}

void SessionDesk::stop() {
  set_server(nullptr);
  thread_.stop();
}

void SessionDesk::with_live(std::function<void(const Live&)> then, const api::ReplyHandler& reply) {
  auto go_on = [this, then = std::move(then), reply](Live live) {
    auto shared = std::make_shared<Live>(std::move(live));
    if (!thread_.post([then, shared] { then(*shared); })) reply(Error{ErrorCode::busy, {"sessions"}});
  };
  const std::lock_guard lock(mutex_);
  if (server_ == nullptr)
    go_on({});
  else
    server_->live_sessions(std::move(go_on));
}

void SessionDesk::list(const api::SessionList& request, api::ReplyHandler reply) {
  auto filter = observe::SessionFilter::parse(request.filter, clock_.wall());
  if (!filter) return reply(filter.error());
  const size_t limit = request.limit == 0 ? kDefaultPage : std::min<size_t>(request.limit, observe::kListLimit);
  with_live([this, filter = std::move(*filter), cursor = request.cursor, limit,
             reply](const Live& live) { list_page(filter, cursor, limit, live, reply); },
            reply);
}

/// First what memory holds, then the ledger; the cursor of the ledger's part begins with 'l'.
void SessionDesk::list_page(const observe::SessionFilter& filter, const std::string& cursor, size_t limit,
                            const Live& live, const api::ReplyHandler& reply) {
  api::SessionsReply out;
  if (cursor.starts_with('l')) {
    const auto from = cursor.size() == 1 ? std::optional(store::LedgerCursor{})
                                         : store::LedgerCursor::parse(std::string_view(cursor).substr(1));
    if (!from) return reply(Error{ErrorCode::bad_input, {"cursor", cursor}});
    const auto added = add_ledger(filter, cursor.size() == 1 ? std::nullopt : from, limit, out);
    if (!added) return reply(added.error());
    return reply(std::move(out));
  }
  const auto from = cursor.empty() ? observe::SessionCursor{} : observe::SessionCursor::parse(cursor);
  if (!from) return reply(Error{ErrorCode::bad_input, {"cursor", cursor}});
  const auto page = table_.list(filter, *from, limit, live, kScanLimit);
  for (const auto& row : page.rows) out.sessions.push_back(session_info(row));
  Expected<void> added;
  if (page.next)
    out.next = page.next->to_string();
  else if (out.sessions.size() < limit)
    added = add_ledger(filter, std::nullopt, limit - out.sessions.size(), out);
  else
    out.next = "l";
  if (!added) return reply(added.error());
  reply(std::move(out));
}

Expected<void> SessionDesk::add_ledger(const observe::SessionFilter& filter, std::optional<store::LedgerCursor> cursor,
                                       size_t limit, api::SessionsReply& out) {
  const auto page = ledger_.list(filter, std::move(cursor), limit, name_of());
  if (!page) return fail(page.error());
  for (const auto& entry : page->rows)
    if (entry.row.began < started_) out.sessions.push_back(session_info(entry.row));
  if (page->next) out.next = "l" + page->next->to_string();
  return {};
}

void SessionDesk::show(const api::SessionShow& request, api::ReplyHandler reply) {
  const auto id = observe::parse_session_id(request.id);
  if (!id) return reply(Error{ErrorCode::bad_input, {"session", request.id}});
  with_live(
      [this, id = *id, text = request.id, reply](const Live& live) {
        const auto open = std::find_if(live.begin(), live.end(),
                                       [id](const observe::TracePointer& trace) { return trace->session() == id; });
        const observe::TracePointer found = open != live.end() ? *open : table_.find(id);
        if (found) return reply(session_reply(*found));
        const auto row = ledger_.find(id, name_of());
        if (!row || !*row) return reply(Error{ErrorCode::not_found, {"session " + text}});
        reply(session_reply((*row)->row));
      },
      reply);
}

void SessionDesk::trace(const api::TraceSession& request, api::ReplyHandler reply) {
  auto key = observe::TraceKey::parse(request.key);
  if (!key) return reply(key.error());
  with_live(
      [this, key = std::move(*key), text = request.key, reply](const Live& live) {
        const auto found = table_.find(key, kTraceMatches, live);
        if (found.empty()) return reply(Error{ErrorCode::not_found, {text}});
        api::SessionReply out = session_reply(*found.front());
        for (size_t i = 1; i < found.size(); ++i) out.others.push_back(observe::session_id_text(found[i]->session()));
        reply(std::move(out));
      },
      reply);
}

void SessionDesk::when_open(const std::string& text, std::function<void()> then, const api::ReplyHandler& reply) {
  const auto id = observe::parse_session_id(text);
  if (!id) return reply(Error{ErrorCode::bad_input, {"session", text}});
  with_live(
      [id = *id, text, then = std::move(then), reply](const Live& live) {
        const bool open =
            std::any_of(live.begin(), live.end(), [id](const auto& trace) { return trace->session() == id; });
        if (!open) return reply(Error{ErrorCode::not_found, {"session " + text}});
        then();
      },
      reply);
}

bool SessionDesk::kill(uint64_t session, const std::string& reason, std::function<void(bool)> done) {
  const std::lock_guard lock(mutex_);
  if (server_ == nullptr) return false;
  server_->kill(session, reason, std::move(done));
  return true;
}

}  // namespace postern::service
