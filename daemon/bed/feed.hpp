#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/channel.hpp"
#include "core/name.hpp"
#include "core/sample.hpp"
#include "signal/bins.hpp"
#include "signal/counts.hpp"
#include "signal/heart.hpp"
#include "signal/movement.hpp"
#include "signal/position.hpp"
#include "signal/respiration.hpp"

namespace vigil::bed {

/// One channel of a bed: its samples are taken as they come and filtered in their own order; what they come
/// to is decided cell by cell of the 100-ms grid as the ticks pass. Allocates when made, never after.
class Feed {
 public:
  Feed(Name owner, const Channel& channel, Duration stale_after, bool simulated);

  /// False: not taken (older than the newest, or of the wrong shape).
  bool take(const Sample& sample) noexcept;
  /// The cell is over: its bin, or nullptr when no sample fell into it. Held values move on.
  const signal::Bin* decide(std::int64_t cell) noexcept;
  /// Sum of the bins decided since the last call.
  signal::Bin take_second() noexcept;

  /// Samples still waiting for a tick.
  [[nodiscard]] bool waiting() const noexcept { return !bins_.empty(); }
  [[nodiscard]] std::int64_t next_cell() const noexcept { return bins_.next(); }

  [[nodiscard]] const Name& owner() const noexcept { return owner_; }
  [[nodiscard]] const Channel& announced() const noexcept { return announced_; }
  [[nodiscard]] Quantity quantity() const noexcept { return channel_.quantity; }
  [[nodiscard]] Duration stale_after() const noexcept { return stale_after_; }
  [[nodiscard]] bool simulated() const noexcept { return simulated_; }
  [[nodiscard]] bool attached() const noexcept { return attached_; }
  /// It is of another bed now; detached alone it is only away, and missed.
  [[nodiscard]] bool removed() const noexcept { return removed_; }
  [[nodiscard]] bool counts_made() const noexcept { return counts_.has_value(); }

  void attach(Duration stale_after, bool simulated) noexcept;
  void detach() noexcept;
  void remove() noexcept;

  /// Newest decided value (load: mean of its cell) and when it was measured; nullopt before the first.
  [[nodiscard]] float value() const noexcept { return value_; }
  [[nodiscard]] std::optional<Instant> at() const noexcept { return at_; }
  [[nodiscard]] bool fresh(Instant now) const noexcept {
    return attached_ && at_ && now - *at_ <= stale_after_;
  }
  /// load: the newest decided value of each cell (at most signal::Bin's parts; more cells are added up in
  /// their order). They add up to value().
  [[nodiscard]] std::span<const float> cells() const noexcept { return {cells_.data(), parts_}; }
  /// load: the cell, counted from 1, that gives no number now; 0: all do.
  [[nodiscard]] int missing_cell() const noexcept { return missing_; }
  /// load: rates out of the cells, as of rated_at(); rate 0: not known, quality 0 as well while too little
  /// was seen. nullptr: the cells are too slow for it.
  [[nodiscard]] const signal::Rate* breath() const noexcept { return respiration_ ? &breath_ : nullptr; }
  [[nodiscard]] const signal::Rate* heart() const noexcept { return heart_ ? &pulse_ : nullptr; }
  /// A breathing body would have shown by then, and there was none.
  [[nodiscard]] bool lifeless() const noexcept { return lifeless_; }
  /// load: it spoke in each of the last 5 s, so its stillness means something.
  [[nodiscard]] bool steady() const noexcept { return steady_s_ >= 5; }
  [[nodiscard]] std::optional<Instant> rated_at() const noexcept { return rated_at_; }
  /// Root mean square (load) or mean (worn: mg) of the movement in the newest cell that had a sample.
  [[nodiscard]] float cell_movement() const noexcept { return cell_movement_; }

  /// pressure: what every cell shows even of an empty bed, % of full scale. Once a second.
  [[nodiscard]] float image_floor() noexcept;
  /// pressure: a change of position, of the second that ended at `now`.
  std::optional<signal::PositionChange> turned(Instant now, signal::Moved moved) noexcept;

  /// counts channel: the counts a second of this second that ended at `now`; nullopt where no epoch covers
  /// it. A value stands for the `epoch_s` that follow its stamp, as files label their epochs by their
  /// beginning.
  [[nodiscard]] std::optional<float> counts_in_second(Instant now) const noexcept;

  /// button channel: its presses, which go around the grid.
  struct Presses {
    std::optional<Instant> last;
    std::optional<Instant> unsaid;  ///< the first of which it is not known yet what it means
  };
  [[nodiscard]] Presses& presses() noexcept { return presses_; }

 private:
  void rate(const signal::Axes& kg, float energy, Instant at, signal::Bin& bin) noexcept;
  void take_load(const Sample& sample, signal::Bin& bin) noexcept;

  Name owner_;
  Channel announced_;  ///< as the driver said it
  Channel channel_;
  Duration stale_after_;
  bool simulated_;
  bool attached_ = true;
  bool removed_ = false;

  signal::Bins bins_;
  std::vector<signal::LoadMovement> load_movement_;  ///< one a cell
  std::optional<signal::Counts> counts_;
  std::unique_ptr<signal::ImageMovement> image_;
  std::unique_ptr<signal::ImagePosition> image_position_;
  std::vector<float> scratch_;
  float full_scale_ = 1;
  std::optional<Instant> newest_;  ///< taken, decided or not

  std::optional<Instant> at_;
  float value_ = 0;
  float cell_movement_ = 0;
  std::array<float, 4> cells_{};
  std::unique_ptr<signal::Respiration> respiration_;
  std::unique_ptr<signal::Heart> heart_;
  std::optional<std::int64_t> rated_second_;  ///< taken, decided or not
  float stir_ = 0;                            ///< kg^2: newest movement, smoothed
  signal::Rate breath_, pulse_;
  bool lifeless_ = false;
  int steady_s_ = 0;
  std::optional<Instant> rated_at_;
  std::size_t parts_ = 0;
  int missing_ = 0;
  signal::Bin second_;
  std::optional<Instant> covered_from_, covered_to_;  ///< counts
  Presses presses_;
};

}  // namespace vigil::bed
