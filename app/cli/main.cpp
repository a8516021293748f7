#include "cli/run.h"

int main(int argc, char** argv) {
  const auto terminal = postern::cli::system_terminal();
  return postern::cli::run(argc, argv, *terminal);
}
