#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// 60-GHz bed radars over a serial adapter, 115200 8N1: two families that do not understand each other.
///
///   R60ABD1 family (MicRadar R60ABD1, Seeed MR60BHA1, DFRobot C1001 / SEN0623)
///   0  53 59   2 ctrl  3 cmd  4 length u16 BE  6 data ...  sum  54 43
///              sum: of all bytes from 53 to the last of data, mod 256
///   80/01 presence 0/1        80/03 body movement 0..100   80/02 80/04 80/05 motion, distance, position
///   81/02 breaths/min, u8     85/02 beats/min, u8          81/05 85/05 waves
///   84/01 0 out of bed 1 in bed 2 neither                  02/08 work mode 1 fall 2 sleep (C1001)
///   80/00 81/00 85/00 presence, breath and heart reports on (01) or off
///   A query is cmd | 80 with data 0F; the answer carries the queried cmd. The work mode's is 02/A8.
///
///   MR60BHA2 (Seeed)
///   0  01   1 id u16 BE   3 length u16 BE   5 type u16 BE   7 header check   8 data ...  data check
///           checks: inverted XOR of what stands before them (of no data: FF). Data little endian.
///   0A14 f32 breaths/min   0A15 f32 beats/min   0F09 u8 presence   FFFF firmware version
///   (an XOR does not see a byte 01 left out where the next frame's 01 takes its place)
///   0A13 three phases  0A16 distance  0A04 0A08 targets  0100 text for its makers: none of use here
///
///   53 59 85 02 00 01 47 7B 54 43 = 71 beats/min;  01 00 11 00 04 0A 14 F5 00 00 98 41 26 = 19 breaths/min
///
/// A rate of 0 means that there is none. The ranges below are our own choice: what lies outside is no rate of
/// a person in bed. Not a medical device: all that it says is indicative.
/// Sources: limengdu/Seeed-Studio-MR60BHA1-Sensor @b23f3810, DFRobot/DFRobot_HumanDetection @f98f64ea (MIT),
/// bae-air-lab/r60a-radar, Seeed's manual V2.3; Love4yzp/Seeed-mmWave-library @a07b6c1a,
/// AB-Engineering/MR60BHXX-driver @6a33107b (MIT). Two makers and captures agree on framing, rates and
/// presence. Unconfirmed on hardware: that an answer's data are those of the report it was asked for; 07/07
/// and other frames of unknown meaning are passed over.
namespace vigil::drivers::radar {

inline constexpr std::uint32_t baud = 115200;
inline constexpr float lowest_heart = 30, highest_heart = 200;
inline constexpr float lowest_breath = 4, highest_breath = 40;
inline constexpr std::size_t longest_r60_data = 64, longest_bha2_data = 256;

enum class Family : std::uint8_t { r60abd1, mr60bha2 };

struct Frame {
  Family family{};
  std::uint16_t type = 0;           ///< ctrl << 8 | cmd, or the MR60BHA2's type
  std::span<const std::byte> data;  ///< borrowed until the decoder's next call
};

enum class Says : std::uint8_t {
  nothing,      ///< of use here
  heart_rate,   ///< value: beats/min within the range above
  breath_rate,  ///< value: breaths/min within the range above
  no_heart,     ///< it reports, but has no rate
  no_breath,
  implausible,  ///< a rate that is none of a person
  presence,     ///< value: 0, 1
  in_bed,       ///< value: 0, 1
  motion,       ///< value: 0 .. 100
  work_mode,    ///< value: 1 fall, 2 sleep
  firmware,     ///< data: its version, in the family's own form
};
struct Meaning {
  Says says = Says::nothing;
  float value = 0;
  bool operator==(const Meaning&) const = default;
};
[[nodiscard]] Meaning meaning(const Frame& frame) noexcept;

/// Takes bytes as they come, gives whole frames. What is no frame is slid over byte by byte, so that a frame
/// inside of what looked like another is found.
class Decoder {
 public:
  /// nullopt: both; the first frame of a known type decides.
  explicit Decoder(std::optional<Family> only = {}) noexcept : family_(only) {}

  /// The next frame in `bytes`, which is advanced; nullopt when they are used up.
  std::optional<Frame> next(std::span<const std::byte>& bytes) noexcept;
  /// The line has been quiet for longer than within a frame: nothing more comes of what has begun. Call
  /// next() with no bytes until nullopt for what was hidden in it.
  void quiet() noexcept { quiet_ = true; }

  [[nodiscard]] std::optional<Family> family() const noexcept { return family_; }
  /// Since the last call: frames whose sum was wrong, and runs of bytes that are no frame.
  [[nodiscard]] std::uint64_t take_bad_sums() noexcept;
  [[nodiscard]] std::uint64_t take_junk() noexcept;

 private:
  enum class Found : std::uint8_t { frame, more, nothing, bad_sum };
  [[nodiscard]] Found examine(std::span<const std::byte> at, Frame& frame, std::size_t& size) const noexcept;

  std::optional<Family> family_;
  std::array<std::byte, 512> held_{};
  std::size_t begin_ = 0, end_ = 0;
  bool quiet_ = false, in_junk_ = false;
  std::uint64_t bad_sums_ = 0, junk_ = 0;
};

/// A frame for an R60ABD1: a switch, a setting or a query.
struct Command {
  std::array<std::byte, 10> bytes{};
};
[[nodiscard]] Command command(std::uint8_t ctrl, std::uint8_t cmd, std::uint8_t value) noexcept;
inline constexpr std::uint8_t ask = 0x0F;

}  // namespace vigil::drivers::radar
