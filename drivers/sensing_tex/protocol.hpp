#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Sensing Tex textile pressure matrix (PST kit, seat or mattress), 115200 8N1.
///
///   host    58 0D                       X: stop
///           43 rows columns hi lo 0D    C: geometry and rate, hi lo = 10 x Hz, big endian
///           53 0D                       S: start
///   device  4B text 0A                  K: acknowledgement
///           48 text 0A                  H: to be ignored
///           4D rows column  rows x u16 little endian  0A
///                                       M: one column, 12-bit samples; pressure = 4095 - sample, <= 1 is 0
///
///   4D 04 00 FF 0F FF 0F B8 0B E8 03 0A = four rows, column 0: 0, 0, 1095, 3095
///
/// "Premium" electronics obey; "standard" ones send all the time and ignore commands. No checksum, no
/// sequence number, no clock. Not calibrated: counts, not mmHg.
///
/// Sources: the maker's MattressDevice.cs (PST API 1.0) in Gijom/ApplicationLSL_Test @7f8d6a4b; the SSI
/// framework's SensingTex.cpp agrees but for which way is called a row. Unconfirmed on hardware: that, and
/// what the texts say.
namespace vigil::drivers::sensing_tex {

inline constexpr float full_scale = 4095;

[[nodiscard]] constexpr std::size_t packet_size(std::size_t rows) noexcept { return 4 + 2 * rows; }
/// Frames a second that 115200 baud carry: 20 of 16 x 16.
[[nodiscard]] constexpr double most_hz(std::size_t rows, std::size_t columns) noexcept {
  return 11520.0 / static_cast<double>(packet_size(rows) * columns);
}

inline constexpr std::array<std::byte, 2> stop{std::byte{'X'}, std::byte{'\r'}};
inline constexpr std::array<std::byte, 2> start{std::byte{'S'}, std::byte{'\r'}};
[[nodiscard]] std::array<std::byte, 6> geometry(std::uint8_t rows, std::uint8_t columns,
                                                double rate_hz) noexcept;

/// What did not fit since the last time it was asked for.
struct Damage {
  std::uint64_t framing = 0;     ///< times that the packets were lost and had to be found again
  std::uint64_t incomplete = 0;  ///< frames of which a column is missing
  std::uint64_t twice = 0;       ///< columns that came again
  bool operator==(const Damage&) const = default;
};

/// Puts frames together from bytes as they come. A packet is believed if its rows are those expected, its
/// column is one, its last byte is 0A and all samples have 12 bits; after anything else one byte is slid
/// over, and two packets of neighbouring columns must follow each other before any is believed again. A frame
/// is given when each of its columns has come, in order; otherwise not at all.
///
/// There is no checksum: a wrong byte within a sample passes if its upper four bits stay 0. It then changes
/// one cell of one frame, within 0 to 4095, and nothing else. A byte too many or too few gives no frame.
class ImageFinder {
 public:
  ImageFinder(std::size_t rows, std::size_t columns);

  /// The next whole frame in `bytes`, which is advanced: rows x columns, row by row, counts of 0 to 4095.
  /// Valid until the next call. nullopt when they are used up.
  std::optional<std::span<const float>> next(std::span<const std::byte>& bytes) noexcept;
  /// Packets are being believed.
  [[nodiscard]] bool in_step() const noexcept { return in_step_; }
  /// Acknowledgements and other texts that came.
  [[nodiscard]] std::uint64_t texts() const noexcept { return texts_; }
  [[nodiscard]] Damage take_damage() noexcept { return std::exchange(damage_, {}); }

 private:
  enum class Verdict : std::uint8_t { packet, text, more, nothing };
  [[nodiscard]] Verdict judge(std::span<const std::byte> at, std::size_t& size) const noexcept;
  bool packet(std::span<const std::byte> at) noexcept;
  bool column(std::size_t which, std::span<const std::uint16_t> samples) noexcept;
  void slide() noexcept;

  std::size_t rows_, columns_;
  std::vector<std::byte> held_;
  std::size_t size_ = 0;
  std::vector<std::uint16_t> samples_, waiting_;  ///< of this packet, of the one that needs its neighbour
  std::optional<std::size_t> waiting_column_;
  std::vector<float> image_;
  std::size_t filled_ = 0;  ///< columns 0 to this one have come
  bool broken_ = true;      ///< this frame is not to be had any more
  bool in_step_ = false;
  std::uint64_t texts_ = 0;
  Damage damage_;
};

struct Geometry {
  std::size_t rows = 0, columns = 0;
  bool operator==(const Geometry&) const = default;
};
/// Which mat speaks here: its rows, and as many columns as were seen. nullopt: none.
[[nodiscard]] std::optional<Geometry> geometry_of(std::span<const std::byte> bytes) noexcept;

}  // namespace vigil::drivers::sensing_tex
