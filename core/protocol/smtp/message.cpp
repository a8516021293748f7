// DATA and BDAT: a message from its first octet to its reply. RFC 5321 section 4.1.1.4, RFC 3030.
#include <algorithm>

#include "base/text.h"
#include "protocol/mime/trace_header.h"
#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

/// Thirteen digits of base32 for the session, as everywhere, and the number of the message in it.
std::string make_message_id(uint64_t session, uint32_t message) {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  constexpr size_t kLength = 13;
  std::string out(kLength, '0');
  for (size_t i = kLength; i-- > 0; session >>= 5) out[i] = kDigits[session & 31];
  return out + "." + std::to_string(message);
}

/// The WITH clause: RFC 3848, RFC 6531 section 4.3.
std::string protocol_name(const Session::State& state) {
  std::string out = state.extended || state.tls ? "ESMTP" : "SMTP";
  if (state.transaction->envelope.smtputf8) out = "UTF8SMTP";
  if (state.tls) out += 'S';
  if (state.account != 0) out += 'A';
  return out;
}

std::string trace_headers(const Step& step) {
  const Session::State& state = step.state;
  const Envelope& envelope = state.transaction->envelope;
  const std::string with = protocol_name(state);
  mime::Received received;
  received.helo = state.helo;
  received.peer = state.peer.address;
  received.by = step.context.rules.host_name();
  received.with = with;
  received.id = state.message_id;
  // RFC 5321 section 7.2: with several, one would learn of the others.
  if (envelope.recipients.size() == 1) received.recipient = envelope.recipients.front();
  received.time = step.context.now;
  return mime::return_path_header(envelope.reverse_path) + mime::received_header(received);
}

void begin_message(Step& step, bool dots) {
  Session::State& state = step.state;
  Content::Rules rules;
  rules.dots = dots;
  // A bare CR or LF in DATA may be one end of data for us and another for the system before us (smuggling): only who is
  // known may send it. A declared length leaves nothing to disagree about. Stored it is never.
  rules.repair = !dots || state.account != 0 || step.context.rules.lenient(state.peer.address);
  rules.size = step.limits().message_size;
  rules.line = step.limits().text_line;
  state.message_id = make_message_id(state.id, ++state.messages);
  state.transaction->content = std::make_unique<Content>(rules);
  state.transaction->begun = true;
  step.reach(Stage::data);
  step.out.add(Action::Kind::begin);
  state.kept.push_front(trace_headers(step));
  step.out.content(state.kept.front());
}

Reply fault_reply(Fault fault) {
  switch (fault) {
    case Fault::none:
      return Reply::none;
    case Fault::bare_line_end:
      return Reply::bare_cr_lf;
    case Fault::nul:
      return Reply::nul_octet;
    case Fault::line_too_long:
      return Reply::text_line_too_long;
    case Fault::too_big:
      return Reply::too_big;
    case Fault::loop:
      break;
  }
  return Reply::mail_loop;
}

/// After each piece: a message that has become unacceptable is dropped at once and read on for nothing.
void settle_fault(Step& step) {
  Transaction& transaction = *step.state.transaction;
  if (transaction.content->fault() == Fault::none || !transaction.begun) return;
  transaction.begun = false;
  step.out.add(Action::Kind::abort);
}

void note_content(Step& step) {
  const Content& content = *step.state.transaction->content;
  if (content.bare() > 0)
    step.note(Stage::content, Decision::note, "content", "bare-cr-lf",
              std::to_string(content.bare()) + " stored as CRLF");
  if (content.long_lines() > 0)
    step.note(Stage::content, Decision::note, "content", "long-lines",
              std::to_string(content.long_lines()) + " over " + std::to_string(kNormalLine) + " octets");
  if (content.headless())
    step.note(Stage::content, Decision::note, "content", "no-header",
              "it begins with a blank: an empty line was put before it");
  if (content.completed())
    step.note(Stage::content, Decision::note, "content", "no-last-crlf", "the last CRLF was added");
}

void refuse_content(Step& step) {
  const Content& content = *step.state.transaction->content;
  const Reply reply = fault_reply(content.fault());
  const std::string reason = content.bare() > 0 ? std::to_string(content.bare()) + " bare CR or LF" : std::string();
  drop_transaction(step);
  step.refuse(Stage::content, reply, reason);
}

/// The last octet has come.
void end_message(Step& step) {
  Transaction& transaction = *step.state.transaction;
  step.said("(" + std::to_string(transaction.content->octets()) + " octets of content)");
  step.reach(Stage::content);
  if (transaction.content->fault() != Fault::none) {
    refuse_content(step);
    return say_stopped(step);
  }
  note_content(step);
  transaction.begun = false;  // the driver has it
  step.state.phase = kData;
  step.ask(Question::Kind::commit, Action::Kind::commit);
}

/// The end of a chunk, RFC 3030 section 2: only now it is answered.
void end_chunk(Step& step) {
  Session::State& state = step.state;
  const ChunkInProgress chunk = std::exchange(state.chunk, {});
  if (chunk.refusal != Reply::none) {
    step.said("(" + std::to_string(chunk.octets) + " octets dropped)");
    // A message that lacks a chunk must not be finished by the next one.
    if (state.phase & kInTransaction) drop_transaction(step);
    return step.refuse(Stage::data, chunk.refusal);
  }
  Content& content = *state.transaction->content;
  if (chunk.last) content.finish(step.out);
  settle_fault(step);
  if (chunk.last) return end_message(step);
  if (content.fault() != Fault::none) return refuse_content(step);
  step.reply(Reply::chunk_ok, std::to_string(chunk.octets) + " octets received");
}

Reply judge_chunk(const Session::State& state, ChunkForm form) {
  if (form == ChunkForm::bad_end) return Reply::bad_chunk;
  return state.phase & (kRcpt | kChunks) ? Reply::none : Reply::chunk_out_of_order;
}

}  // namespace

Refusal check_data(const Step& step, const Request&) {
  if (step.state.phase == kChunks) return {Reply::data_after_bdat, {}};  // RFC 3030 section 2
  if (step.state.phase == kMail) return {Reply::no_valid_recipients, {}};
  return {};
}

void proceed_data(Step& step, Request&) {
  step.reply(Reply::start_data);
  begin_message(step, true);
  step.state.phase = kData;
}

void proceed_bdat(Step& step, Request& request) {
  Session::State& state = step.state;
  Chunk wanted;
  const ChunkForm form = parse_chunk(request.argument, wanted);
  if (form == ChunkForm::bad) {
    if (state.phase & kInTransaction) drop_transaction(step);
    return step.refuse(Stage::data, Reply::bad_chunk, printable(request.argument));
  }
  const uint64_t most = step.limits().message_size * kDiscardFactor + kDiscardFloor;
  if (form == ChunkForm::lost || wanted.octets > most) {
    const Reply reply = form == ChunkForm::lost ? Reply::bad_chunk : Reply::chunk_hopeless;
    step.note(Stage::data, Decision::refuse, reply_row(reply).gate, reply_row(reply).rule, printable(request.argument));
    return step.close(reply);
  }
  state.chunk = {wanted.octets, wanted.octets, true, wanted.last, judge_chunk(state, form)};
  if (state.chunk.refusal == Reply::none && state.phase == kRcpt) {
    begin_message(step, false);
    state.phase = kChunks;
  }
  if (wanted.octets == 0) end_chunk(step);
}

size_t take_content(Step& step, std::string_view octets) {
  Content& content = *step.state.transaction->content;
  ++step.state.progress;
  const size_t used = content.feed(octets, step.out);
  settle_fault(step);
  if (content.ended())
    end_message(step);
  else if (content.hopeless())
    step.close(Reply::chunk_hopeless);
  return used;
}

size_t take_chunk(Step& step, std::string_view octets) {
  ChunkInProgress& chunk = step.state.chunk;
  ++step.state.progress;
  const std::string_view piece = octets.substr(0, static_cast<size_t>(std::min<uint64_t>(chunk.left, octets.size())));
  if (chunk.refusal == Reply::none) {
    step.state.transaction->content->feed(piece, step.out);
    settle_fault(step);
  }
  chunk.left -= piece.size();
  if (chunk.left == 0) end_chunk(step);
  return piece.size();
}

void say_stopped(Step& step) {
  const Phase phase = step.state.phase;
  if (step.state.stopping && phase != kClosed && phase != kData && phase != kChunks) step.close(Reply::shutting_down);
}

void proceed_committed(Step& step, const CommitAnswer& answer) {
  Session::State& state = step.state;
  drop_transaction(step);
  step.reach(Stage::commit);
  switch (answer.kind) {
    case CommitAnswer::Kind::stored:
      state.errors = 0;
      step.reply(Reply::stored, "Ok: " + state.message_id);
      break;
    case CommitAnswer::Kind::no_space:
      step.refuse(Stage::commit, Reply::no_space);
      break;
    case CommitAnswer::Kind::mailbox_full:
      step.refuse(Stage::commit, Reply::recipients_full);
      break;
    case CommitAnswer::Kind::failed:
      step.refuse(Stage::commit, Reply::store_failed);
      break;
  }
  say_stopped(step);
}

}  // namespace postern::smtp
