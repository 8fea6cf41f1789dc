#include <malloc.h>

#include "cli/cli.hpp"

int main(int argc, char** argv) {
  // Five threads with an arena each would keep several megabytes that none of them uses.
  mallopt(M_ARENA_MAX, 2);
  return vigil::cli::main(argc, argv);
}
