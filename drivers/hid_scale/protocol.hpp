#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <boost/system/result.hpp>

#include "core/sample.hpp"

/// USB HID weighing scales (usage page 0x8D, usage 0x20): an input report of 6 bytes on the interrupt-IN
/// endpoint.
///
///   0 report id 3 (some models 4)
///   1 status: 1 fault  2 stable at zero  3 in motion  4 stable  5 under zero  6 over limit  7 needs
///   calibration
///             8 needs re-zero
///   2 unit: 1 mg 2 g 3 kg 4 carat 5 tael 6 grain 7 dwt 8 tonne 9 short ton 10 troy oz 11 oz 12 lb
///   3 decimal exponent, int8
///   4 weight, u16 little endian, a magnitude: negative when the status says under zero
///
///   03 04 0C FF C8 02 = 712 x 10^-1 lb = 32.296 kg, stable
///
/// Sources: HID Point of Sale usage tables (USB-IF); erjiang/usbscale's issues for what models do.
/// Unconfirmed on hardware: how often each model reports, and its steps. The first report after opening may
/// be the weighing before.
namespace vigil::drivers::hid_scale {

inline constexpr std::uint16_t usage_page = 0x8D, usage = 0x20;
inline constexpr std::size_t report_size = 6;

enum class Unit : std::uint8_t {
  milligram = 1,
  gram,
  kilogram,
  carat,
  tael,
  grain,
  pennyweight,
  tonne,
  short_ton,
  troy_ounce,
  ounce,
  pound,
};
/// "kg", "g", "lb", "oz", ... ; nullopt: none of them. Tael has no single mass and is never taken.
[[nodiscard]] std::optional<Unit> unit_of(std::string_view name) noexcept;
/// nullopt: tael, or no unit.
[[nodiscard]] std::optional<double> kilograms(Unit unit) noexcept;

/// What the configuration knows better than the scale: models exist that report only the weight meaningfully.
struct Force {
  std::optional<Unit> unit;
  std::optional<int> exponent;
};

/// One report to kg. Errors: length; framing (report id); sensor_fault (fault, needs calibration or re-zero);
/// overload; unit; range (exponent beyond +-6, or a load no bed has); syntax (a status that is none).
[[nodiscard]] boost::system::result<float, Reject> decode(std::span<const std::byte> report,
                                                          const Force& force = {}) noexcept;

/// Whether a scale's silence says something. Some speak a few times a second whatever they weigh (or once a
/// second, having honoured SET_IDLE): when such a scale is silent, something is wrong, and it must look
/// stale. Some speak only when the weight changes: such a one may be asked (GET_REPORT), and its answer is
/// its present word. Which it is, it shows: a scale that has repeated an unchanged report three times needs
/// no asking, and is not asked, since a device that has fallen silent may still answer with its last report
/// for ever. One that does not answer is not asked again; then silence is all that can be known. A value.
class Habit {
 public:
  /// A report that it sent by itself.
  void heard(std::span<const std::byte> report) noexcept;
  /// What it answered; empty: it stalled.
  void asked(std::span<const std::byte> answer) noexcept;
  [[nodiscard]] bool may_be_asked() const noexcept { return answers_ && repeats_ < repeats_enough; }
  /// Of its reports; 3 until it sent one.
  [[nodiscard]] std::uint8_t report_id() const noexcept { return id_; }

 private:
  static constexpr int repeats_enough = 3;
  std::array<std::byte, report_size> last_{};
  bool any_ = false, answers_ = true;
  int repeats_ = 0;
  std::uint8_t id_ = 3;
};

}  // namespace vigil::drivers::hid_scale
