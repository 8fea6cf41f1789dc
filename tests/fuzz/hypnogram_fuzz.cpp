// links: vigil_wire
// Any bytes as a hypnogram: refused with a reason, or epochs within their bounds that begin and end scored.
#include <cstdlib>
#include <span>
#include <stdexcept>

#include "wire/hypnogram.hpp"

using namespace vigil;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto h = wire::read_hypnogram("x", std::as_bytes(std::span(data, size)));
    if (h.epochs.empty() || h.epochs.size() > wire::hypnogram_most_epochs) std::abort();
    if (h.epochs.front() == EpochState::unknown || h.epochs.back() == EpochState::unknown) std::abort();
  } catch (const std::runtime_error& error) {
    if (*error.what() == '\0') std::abort();
  }
  return 0;
}
