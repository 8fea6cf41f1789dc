#pragma once
#include <bitset>
#include <cstddef>

namespace vigil::signal {

/// What a second said of moving.
enum class Moved : unsigned char { unknown, still, moving };

/// The last N seconds of Moved, oldest forgotten, with counts kept as it slides. Constant time and place.
template <std::size_t N>
class MovingWindow {
 public:
  void push(Moved m) noexcept {
    if (filled_ == N) {
      moving_ -= moved_[next_];
      known_ -= seen_[next_];
    } else {
      ++filled_;
    }
    moved_[next_] = m == Moved::moving;
    seen_[next_] = m != Moved::unknown;
    moving_ += moved_[next_];
    known_ += seen_[next_];
    next_ = next_ + 1 == N ? 0 : next_ + 1;
  }
  void clear() noexcept { *this = {}; }

  [[nodiscard]] std::size_t moving() const noexcept { return moving_; }  ///< seconds that moved
  [[nodiscard]] std::size_t known() const noexcept { return known_; }    ///< seconds that are known
  /// Age in seconds of the oldest moving second held (1 = the newest second); 0 when none moved.
  [[nodiscard]] std::size_t oldest_moving() const noexcept {
    for (std::size_t back = filled_; back >= 1; --back)
      if (moved_[(next_ + N - back) % N]) return back;
    return 0;
  }
  /// Age of the newest moving second; 0 when none moved.
  [[nodiscard]] std::size_t newest_moving() const noexcept {
    for (std::size_t back = 1; back <= filled_; ++back)
      if (moved_[(next_ + N - back) % N]) return back;
    return 0;
  }

 private:
  std::bitset<N> moved_;
  std::bitset<N> seen_;
  std::size_t next_ = 0;
  std::size_t filled_ = 0;
  std::size_t moving_ = 0;
  std::size_t known_ = 0;
};

}  // namespace vigil::signal
