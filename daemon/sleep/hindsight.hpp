#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "core/event.hpp"
#include "core/reading.hpp"
#include "sleep/cole_kripke.hpp"

namespace vigil::sleep {

/// Cole-Kripke with Webster's rules over the 30-s epochs of a running night: the delayed decision, as final
/// as it will be. Minutes are those of the grid (two epochs each). A minute is said two minutes late when it
/// is wake or within more than 10 min of sleep, at most 50 min late otherwise; always in order, each once.
/// Equal to the rules applied to the whole night at once. A minute that is unknown is never said. Of one that
/// is half known only the known half is, scored as though the other half had been like it. Out of bed is wake
/// whatever the wrist did.
class Hindsight {
 public:
  static const Algorithm& algorithm();  ///< "cole_kripke_webster"

  /// Epoch number `index` (cell of the 30-s grid), in order; a jump means that those between are unknown.
  /// `say(index, EpochState)` is called for each epoch that became final.
  template <class Say>
  void step(std::int64_t index, std::optional<float> counts, bool out_of_bed, Say&& say) {
    const auto say_what_is_final = [&] {
      for (; settle(); ++said_) {
        const Minute& m = at(said_);
        if (m.known[0]) say(2 * said_, final_);
        if (m.known[1]) say(2 * said_ + 1, final_);
      }
    };
    // A long silence decides all that came before it; behind it the record begins anew.
    for (int i = 0; begun_ && i < long_silence && current_ < minute_of(index); ++i)
      skip_minute(), say_what_is_final();
    add(index, counts, out_of_bed);
    say_what_is_final();
  }
  void clear() noexcept { *this = {}; }

 private:
  static constexpr std::int64_t held = 256;  ///< minutes

  struct Minute {
    std::array<bool, 2> known{};
    bool out_of_bed = false;
    float counts = 0;
    EpochState scored = EpochState::unknown;
  };
  Minute& at(std::int64_t minute) noexcept {
    return minutes_[static_cast<std::size_t>(((minute % held) + held) % held)];
  }

  static constexpr int long_silence = 60;  ///< minutes
  static std::int64_t minute_of(std::int64_t epoch) noexcept {
    return epoch >= 0 ? epoch / 2 : -((-epoch + 1) / 2);
  }

  void skip_minute();
  void add(std::int64_t index, std::optional<float> counts, bool out_of_bed);
  void complete(std::int64_t minute);
  bool settle();

  std::array<Minute, held> minutes_{};
  bool begun_ = false;
  std::int64_t current_ = 0;  ///< minute that is being filled
  std::int64_t begin_ = 0;    ///< first minute ever
  std::int64_t scored_ = 0;   ///< minutes before this one have `scored`
  std::int64_t said_ = 0;     ///< minutes before this one were said
  EpochState final_ = EpochState::unknown;
  std::int64_t rescored_to_ = INT64_MIN;  ///< scored_ when view_ was made
  std::int64_t view_from_ = 0;
  std::array<EpochState, held> view_{};
};

}  // namespace vigil::sleep
