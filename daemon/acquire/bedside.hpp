#pragma once
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "acquire/acquire.hpp"

namespace vigil::acquire {

/// The night's id: "<bed>-<UTC of the opening, compact>", as in "bed-1-20261122T213005Z".
Name night_id(const Name& bed, WallTime opened);

/// What the beds said since it was last taken, gathered for the server: it gets a second's readings at once.
struct Gathered {
  std::vector<Reading> readings;  ///< the newest of each bed
  struct BedPoint {
    std::uint16_t bed = 0;
    WavePoint point;
  };
  std::vector<BedPoint> points;
  bool beds_changed = false;  ///< a night opened or closed, an epoch was scored
};

/// One frame's traces on the common 10-Hz grid, wave_absent where a bed has no point; `first` is its first
/// instant. At most 255 points: older ones are dropped (a client draws what is new).
std::vector<wire::BedWave> align(const std::vector<Gathered::BedPoint>& points, Instant& first);

/// One bed and its time: passes samples on, decides how far the bed's grid may advance, stamps what it says.
/// Acquire thread only.
///
/// Live, the grid follows the clock by `slack`, so that late samples still count. A device that begins with
/// the past (a simulated night under way, a buffer) is followed by the time of its samples until it has
/// caught up.
class Bedside {
 public:
  /// One device at this bed. `late` counts samples that came after their time was decided.
  struct Feed {
    Name device;
    bool simulated = false;
    bool begun = false, past = false, skip = false;
    bool presses = false;  ///< a button: what it says is never too late
    Instant newest{};      ///< the newest sample's time
    Instant touched{};     ///< when it came
  };

  Bedside(const Clock& clock, const Sinks& sinks, Gathered& gathered, BedSpec spec, std::uint16_t index);

  /// The feed of this device, made when it is new. Stays valid as long as the bed.
  Feed& feed(const Name& device, bool simulated);
  ChannelIndex attach(Feed& feed, const Channel& channel, Duration stale_after);
  void detach(Feed& feed);
  /// It is at this bed no more, and missed no more.
  void remove(Feed& feed);

  /// False: it came too late, its second was decided already.
  bool sample(Feed& feed, const Sample& sample);
  void tick();
  void entered(const Event& committed);

  void restore(const Event& event, Instant at);
  void restore(const Epoch& epoch, const std::optional<Rescore>& rescored, Instant from);
  /// The log tells of this bed up to then: what a device says of an earlier time is not told again.
  void restore(Instant last) noexcept;

  [[nodiscard]] const Name& name() const noexcept { return spec_.bed; }
  [[nodiscard]] bool simulated() const noexcept;
  [[nodiscard]] wire::BedSnapshot snapshot() const;

 private:
  void advance(Instant to);
  void say();

  const Clock& clock_;
  const Sinks& sinks_;
  Gathered& gathered_;
  const BedSpec spec_;
  const std::uint16_t index_;
  const Duration slack_;
  const Instant started_;
  bed::Bed bed_;
  bed::Output out_;
  std::list<Feed> feeds_;        ///< addresses stay
  std::optional<Instant> told_;  ///< the log knows this bed up to here
  std::optional<Instant> ticked_;
  Name night_;
  WallTime night_opened_;
};

/// How long samples are waited for: 0.3 s of the daemon's time, and never less than what a machine's
/// scheduler and serial ports take (50 ms), which matters when time is scaled.
Duration slack(const Clock& clock) noexcept;

}  // namespace vigil::acquire
