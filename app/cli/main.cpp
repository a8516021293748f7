#include "cli/process.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  postern::cli::keep_files_private();
  const auto terminal = postern::cli::system_terminal();
  return postern::cli::run(argc, argv, *terminal);
}
