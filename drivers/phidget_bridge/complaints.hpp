#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "drivers/phidget_bridge/protocol.hpp"

namespace vigil::drivers::phidget_bridge {

/// What people are told of cells that give no number for half a second and longer; taken back once they have
/// given numbers for as long. A value.
class Complaints {
 public:
  /// `rate_hz`: rounds a second. `standing`: said as well, as long as it runs.
  Complaints(std::uint8_t enabled, double rate_hz, std::string standing);

  enum class Said : std::uint8_t {
    number,
    nothing,  ///< silent, or at the board's end of range: an open bridge
    beyond,   ///< a number that no cell of its capacity bears
  };
  /// Once a round and cell.
  void take(std::size_t cell, Said said) noexcept;
  /// True once after what note() says has changed.
  [[nodiscard]] bool take_changed() noexcept { return std::exchange(changed_, false); }
  [[nodiscard]] std::string note() const;

 private:
  struct Cell {
    Said told = Said::number, last = Said::number;
    int in_a_row = 0;
  };
  std::array<Cell, most_cells> cells_{};
  std::uint8_t enabled_;
  int long_;  ///< rounds in half a second
  std::string standing_;
  bool changed_;
};

}  // namespace vigil::drivers::phidget_bridge
