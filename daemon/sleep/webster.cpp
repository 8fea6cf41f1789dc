#include "sleep/webster.hpp"

#include <algorithm>
#include <cstddef>

namespace vigil::sleep::webster {
namespace {

using Minutes = std::span<EpochState>;

std::size_t run_end(Minutes m, std::size_t from) {
  std::size_t end = from;
  while (end < m.size() && m[end] == m[from])
    ++end;
  return end;
}

// Rules a to c. A run of wake, and how much of the sleep right after it goes with it.
void after_wake(Minutes m) {
  for (std::size_t i = 0; i < m.size();) {
    const std::size_t end = run_end(m, i);
    if (m[i] != EpochState::wake || end == m.size() || m[end] != EpochState::sleep) {
      i = end;
      continue;
    }
    const std::size_t wake = end - i;
    const std::size_t taken = wake >= 15 ? 4 : wake >= 10 ? 3 : wake >= 4 ? 1 : 0;
    const std::size_t sleep_end = run_end(m, end);
    std::fill(m.begin() + static_cast<std::ptrdiff_t>(end),
              m.begin() + static_cast<std::ptrdiff_t>(std::min(end + taken, sleep_end)), EpochState::wake);
    i = sleep_end;
  }
}

// Rules d and e. Whether a sleep is taken away does not depend on its neighbours of the same rule: each needs
// its own long wake on both sides.
void between_wake(Minutes m, std::size_t longest_sleep, std::size_t least_wake) {
  std::size_t wake_before = 0;
  for (std::size_t i = 0; i < m.size();) {
    const std::size_t end = run_end(m, i);
    if (m[i] == EpochState::sleep && end - i <= longest_sleep && wake_before >= least_wake &&
        end < m.size() && m[end] == EpochState::wake && run_end(m, end) - end >= least_wake)
      std::fill(m.begin() + static_cast<std::ptrdiff_t>(i), m.begin() + static_cast<std::ptrdiff_t>(end),
                EpochState::wake);
    else if (m[i] == EpochState::wake)
      wake_before = end - i;
    else
      wake_before = 0;
    i = end;
  }
}

}  // namespace

void rescore(Minutes minutes) noexcept {
  after_wake(minutes);
  between_wake(minutes, 6, 10);
  between_wake(minutes, 10, 20);
}

}  // namespace vigil::sleep::webster
