#include "drivers/hid_scale/driver.hpp"

#include <array>
#include <string>

#include "drivers/hid_scale/protocol.hpp"
#include "drivers/port/hid_descriptor.hpp"

namespace vigil::drivers::hid_scale {
namespace {

constexpr std::array<Match, 15> matches{
    UsbMatch{0x0922, 0x8003, "DYMO M10"},
    UsbMatch{0x0922, 0x8004, "DYMO M25"},
    UsbMatch{0x0922, 0x8009, "DYMO S250 / S180"},
    UsbMatch{0x1446, 0x6A73, "Stamps.com 510"},
    UsbMatch{0x2474, 0x0550, "Stamps.com 5 lb"},
    UsbMatch{0x2474, 0x3550, "Stamps.com 35 lb"},
    UsbMatch{0x7B7C, 0x0100, "Elane"},
    UsbMatch{0x0EB8, 0xF000, "Mettler Toledo"},
    UsbMatch{0x0EB8, 0xF001, "Mettler Toledo"},
    UsbMatch{0x6096, 0x0158, "DYMO 10 lb"},
    UsbMatch{0x0B67, 0x555E, "Fairbanks SCB-9000"},
    UsbMatch{0x0D8F, 0x0200, "Pitney Bowes"},
    UsbMatch{0x1446, 0x6A79, "Pitney Bowes"},
    UsbMatch{0x24BC, 0x0011, "Sartorius"},
    HidUsageMatch{usage_page, usage, "USB HID scale"},
};

using Type = Setting::Type;
constexpr std::array<Setting, 2> settings{{
    {"force_unit", Type::text, "", 0, 0, "",
     "mg g kg carat grain dwt t ton ozt oz lb: for a scale that reports it wrongly"},
    {"force_exp", Type::number, "", -6, 6, "", "decimal exponent: for a scale that reports it wrongly"},
}};

/// A scale that may be asked is, well before it is taken for stale.
constexpr auto ask_after = std::chrono::milliseconds(3000);

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  Force force;
  if (const auto unit = set.text("force_unit"); !unit.empty()) {
    force.unit = unit_of(unit);
    if (!force.unit)
      throw DeviceRefused(
          "hid_scale: force_unit: expected mg, g, kg, carat, grain, dwt, t, ton, ozt, oz or lb, found '" +
          unit + "'");
  }
  if (!set.text("force_exp").empty()) force.exponent = static_cast<int>(set.number("force_exp"));

  // The device's own word, before anything of it is believed.
  constexpr std::uint8_t from_interface = 0x81, get_descriptor = 6;
  constexpr std::uint16_t report_descriptor = 0x2200;
  const auto descriptor = co_await port.control(from_interface, get_descriptor, report_descriptor, 0, {}, 0);
  if (descriptor.empty())
    throw DeviceLost(std::string(port.where()) + ": does not give its HID report descriptor");
  if (!has_application(descriptor, usage_page, usage))
    throw DeviceRefused(
        std::string(port.where()) +
        ": expected a HID scale (usage page 0x8D, usage 0x20), found another kind of HID device");

  // A keep-alive, where the scale honours it: its report again after a second, changed or not. Optional: many
  // stall it, many take it and do as before.
  constexpr std::uint8_t class_to_interface = 0x21, set_idle = 0x0A;
  constexpr std::uint16_t a_second = 250 << 8;  // in units of 4 ms, for all reports
  const auto idle = co_await port.control(class_to_interface, set_idle, a_second, 0, {}, 0);
  static_cast<void>(idle);

  sink.describe("USB HID scale");
  const auto load = sink.announce({.quantity = Quantity::load, .minimum = -500, .maximum = 5000});
  bool first = true;
  const auto take = [&](std::span<const std::byte> report, Instant at) {
    if (std::exchange(first, false)) {
      sink.reject(Reject::stale_first);
      return;
    }
    const auto kg = decode(report, force);
    if (kg)
      sink.sample(load, at, std::span(&*kg, 1));
    else
      sink.reject(kg.error());
  };
  Habit habit;
  for (;;) {
    const auto patience = habit.may_be_asked() ? std::optional(ask_after) : std::nullopt;
    const Arrival report = co_await port.read(patience);
    if (!report.bytes.empty()) {
      habit.heard(report.bytes);
      take(report.bytes, report.at);
      continue;
    }
    constexpr std::uint8_t class_from_interface = 0xA1, get_report = 1;
    const auto value = static_cast<std::uint16_t>(0x0100 | habit.report_id());
    const auto answer = co_await port.control(class_from_interface, get_report, value, 0, {}, report_size);
    habit.asked(answer);
    if (!answer.empty()) take(answer, port.now());
  }
}

}  // namespace

// Some scales report a few times a second, some only while the load changes, some switch themselves off:
// silence is staleness, never the end. Habit tells which silence means nothing.
const Driver driver{.name = "hid_scale",
                    .title = "USB HID scale",
                    .transport = Transport::usb,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(10),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::hid_scale
