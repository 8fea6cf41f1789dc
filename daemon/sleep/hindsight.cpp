#include "sleep/hindsight.hpp"

#include <algorithm>
#include <span>

#include "sleep/webster.hpp"

namespace vigil::sleep {
namespace {

constexpr std::int64_t look_ahead = 2;  // of Cole-Kripke, minutes
constexpr std::int64_t look_back = 4;

}  // namespace

const Algorithm& Hindsight::algorithm() {
  static constexpr Algorithm it{"cole_kripke_webster", "1"};
  return it;
}

void Hindsight::skip_minute() {
  complete(current_);
  at(++current_) = {};
}

void Hindsight::add(std::int64_t index, std::optional<float> counts, bool out_of_bed) {
  const std::int64_t minute = minute_of(index);
  if (!begun_ || minute > current_) {
    begun_ = true;
    current_ = begin_ = scored_ = said_ = minute;
    rescored_to_ = INT64_MIN;
    at(minute) = {};
  }
  if (minute < current_) return;
  Minute& m = at(minute);
  const auto half = static_cast<std::size_t>(index - 2 * minute);
  m.out_of_bed = m.out_of_bed || out_of_bed;
  m.known[half] = counts || out_of_bed;
  m.counts += counts.value_or(0);
  if (half == 1) skip_minute();
}

void Hindsight::complete(std::int64_t minute) {
  Minute& m = at(minute);
  if (m.known[0] != m.known[1]) m.counts *= 2;
  const std::int64_t target = minute - look_ahead;
  if (target < begin_) return;
  Minute& t = at(target);
  scored_ = target + 1;
  if (!t.known[0] && !t.known[1]) {
    t.scored = EpochState::unknown;
  } else if (t.out_of_bed) {
    t.scored = EpochState::wake;
  } else {
    std::array<float, 7> window{};
    for (std::int64_t i = -look_back; i <= look_ahead; ++i)
      if (target + i >= begin_) window[static_cast<std::size_t>(i + look_back)] = at(target + i).counts;
    t.scored = cole_kripke::asleep(window) ? EpochState::sleep : EpochState::wake;
  }
}

bool Hindsight::settle() {
  if (said_ >= scored_) return false;
  if (rescored_to_ != scored_) {
    // Wake that began before the view still counts: as far back as the rules can look, beyond what is not
    // said yet.
    view_from_ = std::max({begin_, said_ - 96, scored_ - held + 8});
    const auto n = static_cast<std::size_t>(scored_ - view_from_);
    for (std::size_t i = 0; i < n; ++i)
      view_[i] = at(view_from_ + static_cast<std::int64_t>(i)).scored;
    webster::rescore(std::span(view_).first(n));
    rescored_to_ = scored_;
  }
  const auto n = static_cast<std::size_t>(scored_ - view_from_);
  const auto i = static_cast<std::size_t>(said_ - view_from_);
  if (view_[i] == EpochState::sleep && scored_ - said_ <= webster::longest_wait) {
    std::size_t first = i;
    std::size_t last = i;
    while (first > 0 && view_[first - 1] == EpochState::sleep)
      --first;
    while (last + 1 < n && view_[last + 1] == EpochState::sleep)
      ++last;
    const bool ended_by_unknown = last + 1 < n && view_[last + 1] == EpochState::unknown;
    const bool began_after_unknown =
        first > 0 ? view_[first - 1] == EpochState::unknown : view_from_ == begin_;
    if (last - first + 1 <= webster::safe_sleep && !ended_by_unknown && !began_after_unknown) return false;
  }
  final_ = view_[i];
  return true;
}

}  // namespace vigil::sleep
