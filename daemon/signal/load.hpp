#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/instant.hpp"
#include "core/reading.hpp"

namespace vigil::signal {

/// One load sensor as the sum sees it.
struct LoadPart {
  float kg = 0;               ///< newest value
  std::optional<Instant> at;  ///< when; nullopt: never
  Duration stale_after{};
  [[nodiscard]] bool fresh(Instant now) const noexcept { return at && now - *at <= stale_after; }
};

/// Load of a bed that stands on several sensors: their sum, tare included, as old as its oldest part. One
/// part silent makes the sum unknown: the rest would look as though somebody had left.
class Load {
 public:
  void begin() noexcept { *this = {}; }
  void add(const LoadPart& part, Instant now) noexcept {
    ++parts_;
    if (!part.fresh(now)) return;
    ++fresh_;
    kg_ += part.kg;
    if (fresh_ == 1 || *part.at < oldest_) oldest_ = *part.at;
  }
  [[nodiscard]] std::optional<Measure> sum() const noexcept {
    if (parts_ == 0 || fresh_ != parts_) return {};
    return Measure{kg_, oldest_};
  }

 private:
  std::size_t parts_ = 0;
  std::size_t fresh_ = 0;
  float kg_ = 0;
  Instant oldest_;
};

}  // namespace vigil::signal
