#include "sleep/tudor_locke.hpp"

#include <algorithm>
#include <optional>

namespace vigil::sleep::tudor_locke {

std::vector<Period> periods(std::span<const EpochState> minutes, std::span<const float> counts,
                            const Rule& rule) {
  std::vector<Period> out;
  std::optional<std::size_t> began;
  const auto end = [&](std::size_t to) {
    const auto length = static_cast<int>(to - *began);
    const auto worn = counts.subspan(*began, to - *began);
    const auto moving = std::ranges::count_if(worn, [](float c) { return c > 0; });
    if (length >= rule.shortest_min && length <= rule.longest_min && moving >= rule.least_moving_min)
      out.push_back({*began, to});
    began.reset();
  };
  for (std::size_t i = 0; i < minutes.size();) {
    const bool asleep = minutes[i] == EpochState::sleep;
    std::size_t next = i;
    while (next < minutes.size() && (minutes[next] == EpochState::sleep) == asleep)
      ++next;
    const auto run = static_cast<int>(next - i);
    if (asleep && !began && run >= rule.begins_after_min) began = i;
    if (!asleep && began && run >= rule.ends_after_min) end(i);
    i = next;
  }
  return out;
}

}  // namespace vigil::sleep::tudor_locke
