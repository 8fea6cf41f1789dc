#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

/// WitMotion inertial sensors over a serial line, binary, little endian. Two protocols that cannot be
/// exchanged.
///
/// Standard (WT901C, WT61P, HWT905, ...): frames of 11 bytes, those of one instant in a burst, 50 51 52 53
/// ...
///
///   55 id  d0 d1  d2 d3  d4 d5  d6 d7  sum      sum: of the first ten bytes, modulo 256
///      50  the device's clock, which may stand in 2000
///      51  x, y, z of 16/32768 g, temperature
///      52  angular rate of 2000/32768 degrees/s
///      53  roll, pitch, yaw of 180/32768 degrees, firmware version
///      5F  the four registers that were asked for; it does not say which
///
///   55 51 00 FC 00 02 EE 06 F0 0C 94 = -0.5, 0.25, 0.866 g
///
/// BLE family (BWT901BLE and others, over their USB-C): frames of 20 bytes, no checksum
///
///   55 61  ax ay az  gx gy gz  roll pitch yaw      scales as above
///
/// Commands, no checksum and no acknowledgement: FF AA register low high. FF AA 69 88 B5 unlocks for about
/// 10 s, FF AA 27 r 00 asks for four registers from r on.
///
/// Sources: the maker's WitStandardProtocol_JY901 @e8f4e3af; ElettraSciComp/witmotion_IMU_QT @f86b70fa.
/// Unconfirmed on hardware: how long an unlock lasts; what the BLE family answers to a command, so none is
/// sent to it.
namespace vigil::drivers::witmotion {

inline constexpr std::size_t frame_size = 11, ble_frame_size = 20;

using Acceleration = std::array<float, 3>;  ///< g

enum : std::uint8_t { id_clock = 0x50, id_acceleration = 0x51, id_angle = 0x53, id_registers = 0x5F };

struct Frame {
  std::uint8_t id = 0;
  std::array<std::uint16_t, 4> words{};
  bool operator==(const Frame&) const = default;
};
[[nodiscard]] Acceleration acceleration(const Frame& frame) noexcept;  ///< of an id 51; within +-16 g

/// What did not fit since the last time it was asked for: one damage is one count.
struct Damage {
  std::uint64_t framing = 0, checksum = 0, range = 0;
  bool operator==(const Damage&) const = default;
};

/// Finds the standard protocol's frames in bytes as they come: after a mismatch it slides on by one byte,
/// since 55 is common in what is measured. A frame is given once the next one's 55 follows, since where a
/// byte was lost another passes for the sum once in 256 times; only an answer, which nothing may follow, is
/// given at once.
class FrameFinder {
 public:
  /// The next frame in `bytes`, which is advanced; nullopt when they are used up.
  std::optional<Frame> next(std::span<const std::byte>& bytes) noexcept;
  [[nodiscard]] Damage take_damage() noexcept { return std::exchange(damage_, {}); }

 private:
  enum class Verdict : std::uint8_t { frame, more, no_header, no_sum };
  static Verdict judge(std::span<const std::byte> at) noexcept;
  void lost(Verdict why) noexcept;

  std::array<std::byte, frame_size + 1> held_{};
  std::size_t size_ = 0;
  bool in_step_ = true;
  Damage damage_;
};

/// Finds the BLE family's frames. Without a checksum three things stand for it:
///  - three headers 20 bytes apart, with no more than `most_at_lock_g` behind the first two: so the same 55
///  61
///    in a measurement that stands still is not taken for the header
///  - a frame is given once the next one is whole and begins where it must: a byte too many or too few never
///    gives a sample
///  - an axis that leaves both its neighbours in time by more than `spike_g` to the same side is no
///    measurement: so one wrong byte moves a sample by no more than that beyond its neighbours, and anything
///    that more wrong bytes give is within +-16 g
class BleFinder {
 public:
  static constexpr float most_at_lock_g = 4, spike_g = 2;

  /// The next acceleration in `bytes`, which is advanced; it arrived one frame ago. nullopt when they are
  /// used up.
  std::optional<Acceleration> next(std::span<const std::byte>& bytes) noexcept;
  [[nodiscard]] bool locked() const noexcept { return locked_; }
  [[nodiscard]] Damage take_damage() noexcept { return std::exchange(damage_, {}); }

 private:
  [[nodiscard]] bool header(std::size_t at) const noexcept;
  [[nodiscard]] Acceleration read(std::size_t at) const noexcept;
  void drop(std::size_t count) noexcept;
  void unlock() noexcept;

  std::array<std::byte, 2 * ble_frame_size + 2> held_{};
  std::size_t size_ = 0;
  bool locked_ = false, in_step_ = true;
  int spikes_ = 0;
  std::optional<Acceleration> before_;
  Damage damage_;
};

inline constexpr std::uint8_t register_content = 0x02, register_rate = 0x03, register_motion = 0x34;
inline constexpr std::uint16_t content_acceleration = 0x02,
                               content_gyro = 0x04;  ///< bits of register_content

using Command = std::array<std::byte, 5>;
[[nodiscard]] Command set_register(std::uint8_t which, std::uint16_t value) noexcept;
[[nodiscard]] Command ask_registers(std::uint8_t from) noexcept;
[[nodiscard]] Command unlock_registers() noexcept;

/// What a device says of itself: registers 02 to 04.
struct Output {
  std::uint16_t content = 0, rate = 0;
  bool operator==(const Output&) const = default;
};
/// nullopt: these cannot be registers 02 to 05 of a device.
[[nodiscard]] std::optional<Output> output_of(const Frame& registers) noexcept;

/// Hz of a code of register 03; 0: sends nothing by itself.
[[nodiscard]] double rate_of(std::uint16_t code) noexcept;
/// nullopt: the device has no such rate.
[[nodiscard]] std::optional<std::uint16_t> rate_code(double hz) noexcept;
/// The device's rate that is nearest to one that was counted.
[[nodiscard]] double nearest_rate(double hz) noexcept;

/// What can be had over a line of this baud: asked for, then without the gyro, then more slowly.
struct Plan {
  Output output;
  double rate_hz = 0;
};
[[nodiscard]] Plan plan(double rate_hz, std::uint32_t baud) noexcept;

}  // namespace vigil::drivers::witmotion
