// Dialogues as data: text files that are run against a protocol machine.
//
//   == name of the dialogue
//   # a comment
//   rules key=value key=value     settings of the machine
//   C: text                       sent with CRLF; lines that follow each other are sent in one piece
//   c: text                       sent as it is; escapes \r \n \t \0 \\ \xNN, and {text*N} N times
//   S: text                       the next line the machine sends; '*' stands for anything
//   s: text                       the same with escapes, the whole of it literally
//   T: ok | fail                  the machine wants TLS: the handshake ends like this
//   A: text                       the answer to the open question
//   E: text                       an event: timeout, stop, gone
//   X:                            the machine has closed
//   any other word and a colon    a check of the machine's own
//
// Before each C, T, A or E, and at the end, everything the machine sent must have been expected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::test {

struct DialogueStep {
  std::string kind;  ///< what stands before the colon
  std::string text;
  size_t line = 0;
};

struct Dialogue {
  std::string name;
  std::string file;
  std::vector<std::pair<std::string, std::string>> rules;
  std::vector<DialogueStep> steps;
};

/// The dialogues of a text; `error` is set to a sentence when it is malformed.
std::vector<Dialogue> parse_dialogues(std::string_view text, const std::string& file, std::string& error);
/// Those of each *.txt file of a folder, in order of name.
std::vector<Dialogue> load_dialogues(const std::string& folder, std::string& error);
/// Resolves escapes and repetitions.
std::string unescape(std::string_view text);
/// Does `text` match, '*' standing for any octets?
bool matches(std::string_view pattern, std::string_view text);

}  // namespace postern::test
