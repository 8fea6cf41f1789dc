#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <boost/system/result.hpp>

#include "core/instant.hpp"
#include "core/sample.hpp"

/// CWA files of AX3 and AX6, as the device writes them.
///
///   1024-byte header "MD", then 512-byte blocks "AX", little endian:
///   0 "AX"  2 length 508  4 fraction (bit 15: valid; 1/32768 s)  6 session u32  10 sequence u32  14 time u32
///   18 scale and light (AAAGGGLL LLLLLLLL: accelerometer 1/2^(8+A) g)  20 temperature  23 battery
///   24 rate code  25 axes << 4 | packing (0: 3 x 10 bit and exponent, 2: 3 x int16)  26 offset i16: the
///   sample at which `time` was read  28 count u16  30 samples, 480 bytes  510 checksum: all 256 words add up
///   to 0 time: YYYYYYMM MMDDDDDh hhhhmmmm mmssssss (year - 2000), the device's own clock without a zone
///   packed sample: eezzzzzz zzzzyyyy yyyyyyxx xxxxxxxx, 10 bits signed each, << e, 1/256 g
///   six axes: gyro x y z, then acceleration x y z
///
/// In the tests' AX6 file the sensor's FIFO has slipped by half a sample when it was switched on: up to
/// sample 24 of block 25 the acceleration comes first. Nothing in a block tells, but gravity does. Over a
/// block the mean distance of |v| from 1 g is 0.01 to 0.4 of what is acceleration, 10 of it thrown about; a
/// gyroscope read so gives 0.9 lying still (its zero) and up to 22 in motion. So another order within a block
/// is believed where as written it is beyond 0.5 g, and the other is below 0.25 g; else the block is as
/// written.
///
/// Sources: openmovementproject/openmovement @4abb1202 Docs/ax3/ax3-technical.md and firmware; files of real
/// devices in the tests.
namespace vigil::drivers::axivity {

inline constexpr std::size_t cwa_header_size = 1024;
inline constexpr std::size_t cwa_block_size = 512;
inline constexpr std::size_t cwa_most_samples = 120;

struct CwaHeader {
  std::string type;  ///< "AX3" or "AX6"
  std::uint32_t device = 0;
  std::uint32_t session = 0;
  unsigned firmware = 0;
  double hz = 0;
};
/// Error: framing (no "MD").
[[nodiscard]] boost::system::result<CwaHeader, Reject> parse_cwa_header(std::span<const std::byte> header);

struct CwaBlock {
  std::uint32_t session = 0, sequence = 0;
  double hz = 0;
  WallTime first;  ///< when sample 0 was taken, by the device's clock
  std::size_t count = 0;
  float battery_v = 0;
  std::size_t exchanged = 0;  ///< samples whose acceleration stood where the gyroscope should
  std::array<std::array<float, 3>, cwa_most_samples> g{};
};
/// Errors: length, framing (no "AX"), checksum, unit (a packing or rate that is not known), range (no real
/// time).
[[nodiscard]] boost::system::result<CwaBlock, Reject> parse_cwa_block(
    std::span<const std::byte> block) noexcept;

}  // namespace vigil::drivers::axivity
