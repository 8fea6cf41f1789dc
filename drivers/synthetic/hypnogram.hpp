#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include "drivers/synthetic/person.hpp"
#include "drivers/synthetic/random.hpp"

namespace vigil::drivers::synthetic {

/// A stretch of one state. Relative to the start of the generator.
struct Stretch {
  Truth truth{};
  Duration from{}, until{};
};

struct Span {
  Duration from{}, until{};
};

/// What happens within the present night's sleep; each list in order, nothing of it overlaps in its own list.
struct Happenings {
  std::vector<Span> arousals;  ///< 3 to 14.9 s: sleep to who scores 30-s epochs
  std::vector<Span> rem;       ///< REM sleep where asleep; bends movement, breath and heart, and is no score
  std::vector<Span> pauses;    ///< of breathing, 10 to 40 s
  std::vector<Span> limbs;     ///< periodic limb movements, 0.5 to 4 s

  void clear();
};

/// Plans nights: out of bed, awake and asleep, and what happens in the sleep. Made after (units as named; no
/// claim about a person):
/// - sleep bouts exponential, wake bouts a power law, P(> t) ~ t^-1.2: Lo et al., PNAS 101:17545 (2004),
/// which finds
///   the density's exponent near 2.2; the means (22 min of sleep, at least 0.5 min of wake) are chosen here
/// - arousals 13.8 an hour at 15 years, 14.7 at 30, 17.8 at 50, 27.1 at 68: Boselli et al., Sleep 21:351
///   (1998), straight lines between; their length (log-normal about 8 s) is chosen here
/// - periodic limb movements of 0.5 to 10 s, 10 to 90 s apart, four or more in a run: the rules of Ferri et
///   al., Sleep Med 26:86 (2016); each person's own 20 to 40 s, 20 to 60 an hour and the runs are chosen here
/// - apnoeas of at least 10 s, 15 to 30 an hour moderate: AASM task force, Sleep 22:667 (1999); 22 to 38 an
///   hour, in runs of about 14, ended by an arousal four times in five, are chosen here
/// - cycles of about 95 min whose REM part grows from 8 to 30 min: chosen here after the textbook picture
/// - latencies, trips and all that pain does are chosen here
class Hypnogram {
 public:
  Hypnogram(const Traits& traits, Kind kind, std::uint64_t seed);

  /// The next night of a person who lies `night_h` in bed and is up for about `day_h`. The first one begins a
  /// few minutes from the start, so that a demonstration shows the entry soon.
  void plan_night(double night_h, double day_h);
  /// The next night of the other in a bed: in and out at these moments; then out until `day_ends`.
  void plan_night(Duration entered, Duration rises, Duration day_ends);

  /// Oldest first, without a hole: the past, and the present night and day to their end.
  [[nodiscard]] const std::vector<Stretch>& plan() const noexcept { return plan_; }
  [[nodiscard]] const Happenings& night() const noexcept { return night_; }
  [[nodiscard]] Duration entered() const noexcept { return entered_; }
  [[nodiscard]] Duration rises() const noexcept { return rises_; }

 private:
  void add(Truth truth, Duration length);
  [[nodiscard]] Duration ends() const noexcept { return plan_.empty() ? Duration{} : plan_.back().until; }
  void plan_in_bed();
  void trip();
  void happen();
  void arouse(Duration at, Duration within);
  [[nodiscard]] bool rem_at(Duration at) const noexcept;
  void pause_in(const Stretch& sleep);
  void kick_in(const Stretch& sleep);

  Traits traits_;
  Kind kind_;
  Random random_;
  std::vector<Stretch> plan_;
  Happenings night_;
  Duration entered_{}, rises_{};
  int run_left_ = 0;  ///< of the run of apnoeas or limb movements
  Duration next_{};   ///< the next of them
};

}  // namespace vigil::drivers::synthetic
