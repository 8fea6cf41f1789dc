#include "drivers/phidget_bridge/driver.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "drivers/metronome.hpp"
#include "drivers/phidget_bridge/complaints.hpp"
#include "drivers/phidget_bridge/protocol.hpp"
#include "drivers/port/hid_descriptor.hpp"

namespace vigil::drivers::phidget_bridge {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t vendor = 0x06C2, product = 0x003B;
constexpr std::array<Match, 1> matches{UsbMatch{vendor, product, "Phidget Bridge 1046"}};

using Type = Setting::Type;
constexpr std::array<Setting, 6> settings{{
    {"cells", Type::text, "", 0, 0, "0 1 2 3", "the board's inputs that have a cell"},
    {"capacity", Type::text, "kg", 0, 0, "", "of the cells: one number for all, or one each"},
    {"sensitivity", Type::text, "mV/V", 0, 0, "", "at capacity, from their data sheet: one, or one each"},
    {"zero", Type::text, "mV/V", 0, 0, "", "without load: one, or one each"},
    {"gain", Type::number, "", 1, 128, "128", "1, 8, 16, 32, 64 or 128"},
    {"interval", Type::number, "ms", 8, 1000, "8", "between samples, a multiple of 8"},
}};

/// A setup is echoed within a packet or two; version 100 takes 32 packets.
constexpr auto echo_within = milliseconds(500);
constexpr int tries = 3;
/// Versions 100 and 101 take a gain only while cell 0 has been enabled for so many packets.
constexpr int last_slow_version = 101, packets_for_a_gain = 32;
constexpr int first_other_version = 200;  ///< 1046_1, which speaks another protocol
constexpr int most_short = 30;            ///< short packets in a row
/// A packet every 8 ms: what comes after such a pause begins a new phase. What is silent for longer is reset
/// by whoever runs the driver.
constexpr auto paused_after = milliseconds(1000);
/// Packets in a row under another setup after which the board has forgotten ours.
constexpr int most_strange = 12;
constexpr std::size_t largest_report = 64;

[[noreturn]] void refuse(std::string_view key, const std::string& expected, std::string_view found) {
  throw DeviceRefused("phidget_bridge: " + std::string(key) + ": expected " + expected + ", found '" +
                      std::string(found) + "'");
}

/// Numbers between blanks or commas.
std::vector<double> numbers(std::string_view key, const std::string& text, double minimum, double maximum) {
  std::vector<double> out;
  const auto* at = text.data();
  const auto* const end = at + text.size();
  while (at != end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    double value = 0;
    const auto [after, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || !(value >= minimum && value <= maximum))
      refuse(key,
             "numbers from " + std::to_string(static_cast<int>(minimum)) + " to " +
                 std::to_string(static_cast<int>(maximum)),
             text);
    out.push_back(value);
    at = after;
  }
  return out;
}

struct Wanted {
  BoardSetup setup;
  std::array<Calibration, most_cells> cells{};
  std::string standing;  ///< a note for as long as it runs
  double rate_hz = 0;
  double largest_kg = 0;
};

Wanted wanted(const Settings& set) {
  Wanted out;
  std::vector<std::size_t> cells;
  for (const double cell : numbers("cells", set.text("cells"), 0, most_cells - 1)) {
    const auto i = static_cast<std::size_t>(cell);
    if (static_cast<double>(i) != cell || out.setup.has(i) || (!cells.empty() && i < cells.back()))
      refuse("cells", "inputs from 0 to 3 in rising order", set.text("cells"));
    out.setup.enabled = static_cast<std::uint8_t>(out.setup.enabled | 1U << i);
    cells.push_back(i);
  }
  if (cells.empty()) refuse("cells", "at least one input from 0 to 3", set.text("cells"));

  const auto gain = gain_code(set.number("gain"));
  if (!gain) refuse("gain", "1, 8, 16, 32, 64 or 128", set.text("gain"));
  out.setup.gains.fill(*gain);

  const double interval = set.number("interval") / unit_ms;
  out.setup.interval = static_cast<std::uint16_t>(interval);
  if (out.setup.interval != interval) refuse("interval", "a multiple of 8 ms", set.text("interval"));
  out.rate_hz = 1000.0 / (unit_ms * out.setup.interval);

  const auto each = [&](std::string_view key, double minimum, double maximum, double Calibration::* member) {
    const auto text = set.text(key);
    const auto values = numbers(key, text, minimum, maximum);
    if (values.empty()) return;
    if (values.size() != 1 && values.size() != cells.size())
      refuse(key, "one number, or one for each of the " + std::to_string(cells.size()) + " cells", text);
    for (std::size_t i = 0; i < cells.size(); ++i)
      out.cells[cells[i]].*member = values.size() == 1 ? values[0] : values[i];
  };
  each("capacity", 1, 5000, &Calibration::capacity_kg);
  each("sensitivity", -10, 10, &Calibration::sensitivity);
  each("zero", -10, 10, &Calibration::zero);
  for (const auto i : cells) {
    if (std::abs(out.cells[i].sensitivity) < 0.01)
      refuse("sensitivity", "mV/V that are not 0", set.text("sensitivity"));
    out.largest_kg = std::max(out.largest_kg, most_capacities * out.cells[i].capacity_kg);
  }
  if (set.text("capacity").empty() || set.text("sensitivity").empty())
    out.standing =
        "not calibrated: kg as of cells of 100 kg and 2 mV/V; set capacity and sensitivity of their data "
        "sheet";
  return out;
}

/// USB's standard GET_DESCRIPTOR.
asio::awaitable<std::vector<std::byte>> descriptor(Port& port, std::uint8_t type, std::uint8_t index,
                                                   std::uint16_t language, std::uint16_t length) {
  constexpr std::uint8_t from_device = 0x80, get_descriptor = 6;
  return port.control(from_device, get_descriptor, static_cast<std::uint16_t>(type << 8 | index), language,
                      {}, length);
}

/// A string descriptor's ASCII; others of its letters are '?'.
asio::awaitable<std::string> string(Port& port, std::uint8_t index) {
  constexpr std::uint8_t string_type = 3;
  constexpr std::uint16_t english = 0x0409;
  if (index == 0) co_return "";
  const auto bytes = co_await descriptor(port, string_type, index, english, 255);
  std::string out;
  for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
    const auto low = std::to_integer<char>(bytes[i]);
    out += bytes[i + 1] == std::byte{} && low >= ' ' && low <= '~' ? low : '?';
  }
  co_return out;
}

struct Timed {
  Packet packet;
  Instant at;
};

/// The conversation with one board.
struct Talk {
  Port& port;
  SampleSink& sink;
  const Wanted& wanted;
  std::size_t out_size = setup_size;
  int version = 0;
  int short_in_a_row = 0;
  ChannelIndex channel = 0;
  std::vector<float> values{};

  [[noreturn]] void give_up(const std::string& why) const {
    const bool reset = port.reset();
    throw DeviceLost(std::string(port.where()) + ": " + why + (reset ? "; it was reset" : ""));
  }

  /// Who it is; sets version and out_size.
  asio::awaitable<void> meet() {
    constexpr std::uint8_t device_type = 1;
    constexpr std::size_t device_size = 18, at_vendor = 8, at_product = 10, at_version = 12, at_serial = 16;
    const auto device = co_await descriptor(port, device_type, 0, 0, device_size);
    if (device.size() < device_size)
      throw DeviceLost(std::string(port.where()) + ": does not give its device descriptor");
    const auto byte = [&](std::size_t i) { return std::to_integer<int>(device[i]); };
    if ((byte(at_vendor) | byte(at_vendor + 1) << 8) != vendor ||
        (byte(at_product) | byte(at_product + 1) << 8) != product)
      throw DeviceRefused(std::string(port.where()) +
                          ": expected a Phidget Bridge (06c2:003b), found another device; is it the right "
                          "port?");
    version = byte(at_version + 1) * 100 + byte(at_version);
    if (version < 100 || version >= first_other_version)
      throw DeviceRefused(std::string(port.where()) +
                          ": expected a Phidget Bridge 1046_0 (version 100 to 199), found version " +
                          std::to_string(version) + (version >= first_other_version ? ", a 1046_1" : "") +
                          ", which speaks another protocol; use a 1046_0 here");

    constexpr std::uint8_t from_interface = 0x81, get_descriptor = 6;
    constexpr std::uint16_t report_descriptor = 0x2200;
    const auto reports = co_await port.control(from_interface, get_descriptor, report_descriptor, 0, {}, 0);
    const auto lengths = report_lengths(reports);
    if (lengths.output >= setup_size && lengths.output <= largest_report) out_size = lengths.output;

    const auto serial = co_await string(port, static_cast<std::uint8_t>(byte(at_serial)));
    if (!serial.empty()) sink.identify("phidget_bridge:" + serial);
    constexpr std::uint8_t label_index = 4;
    const auto label = co_await string(port, label_index);
    sink.describe("Phidget Bridge 1046_0, version " + std::to_string(version) +
                  (label.empty() ? "" : ", '" + label + "'"));
  }

  /// nullopt: no whole packet within the time.
  asio::awaitable<std::optional<Timed>> packet(milliseconds within) {
    const Instant until = port.now() + within;
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(until - port.now());
      if (left.count() <= 0) co_return std::nullopt;
      const Arrival arrival = co_await port.read(left);
      if (arrival.bytes.empty()) co_return std::nullopt;
      const auto decoded = decode(arrival.bytes);
      if (decoded) {
        short_in_a_row = 0;
        co_return Timed{*decoded, arrival.at};
      }
      sink.reject(decoded.error());
      if (++short_in_a_row > most_short) give_up("sends short packets only");
    }
  }

  /// Tells it until packets say that it does so. What was made before is dropped.
  asio::awaitable<void> tell(BoardSetup setup) {
    const auto core = encode(setup);
    std::array<std::byte, largest_report> report{};
    std::ranges::copy(core, report.begin());
    for (int attempt = 0; attempt < tries; ++attempt) {
      co_await port.write(std::span(report).first(out_size));
      const Instant until = port.now() + echo_within;
      for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(until - port.now());
        if (left.count() <= 0) break;
        const std::optional<Timed> next = co_await packet(left);
        if (!next) break;
        if (next->packet.setup.echoes(setup)) co_return;
        sink.reject(Reject::stale_first);
      }
    }
    give_up("does not take its settings: told " + std::to_string(tries) +
            " times, and its packets say others");
  }

  asio::awaitable<void> configure() {
    auto setup = wanted.setup;
    if (version <= last_slow_version) {
      setup.enabled = static_cast<std::uint8_t>(setup.enabled | 1);
      co_await tell(setup);
      for (int i = 0; i < packets_for_a_gain;) {
        const std::optional<Timed> next = co_await packet(paused_after);
        if (!next) give_up("is silent");
        sink.reject(Reject::stale_first);
        ++i;
      }
    }
    if (version > last_slow_version || setup.enabled != wanted.setup.enabled) co_await tell(wanted.setup);
  }

  asio::awaitable<void> measure(Complaints& complaints) {
    Rounds rounds(wanted.setup);
    Metronome metronome(wanted.rate_hz);
    int strange = 0;
    const auto one = [&](const Round& round) {
      metronome.arrive(round.at, 1);
      say(round, metronome.moment(0), complaints);
    };
    for (;;) {
      const std::optional<Timed> next = co_await packet(paused_after);
      if (!next) {
        metronome.restart();
        continue;
      }
      if (!next->packet.setup.echoes(wanted.setup)) {
        sink.reject(Reject::stale_first);
        if (++strange >= most_strange) co_return;
        continue;
      }
      strange = 0;
      if (!rounds.feed(next->packet, next->at, one)) sink.reject(Reject::stale_first);
      if (complaints.take_changed()) sink.note(complaints.note());
    }
  }

  void say(const Round& round, Instant at, Complaints& complaints) {
    values.clear();
    for (std::size_t i = 0; i < most_cells; ++i) {
      if (!wanted.setup.has(i)) continue;
      auto said = Complaints::Said::nothing;
      double kg = std::numeric_limits<double>::quiet_NaN();
      if (!std::isnan(round.mv[i])) {
        said = Complaints::Said::number;
        kg = kilograms(round.mv[i], wanted.cells[i]);
        if (std::abs(kg) > most_capacities * wanted.cells[i].capacity_kg) {
          said = Complaints::Said::beyond;
          kg = std::numeric_limits<double>::quiet_NaN();
        }
      }
      complaints.take(i, said);
      values.push_back(static_cast<float>(kg));
    }
    sink.sample(channel, at, values);
  }
};

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  const auto all = wanted(set);
  Talk talk{.port = port, .sink = sink, .wanted = all};
  co_await talk.meet();
  co_await talk.configure();
  const auto cells = std::popcount(all.setup.enabled);
  talk.values.reserve(most_cells);
  talk.channel = sink.announce({.quantity = Quantity::load,
                                .columns = static_cast<std::uint16_t>(cells),
                                .rate_hz = static_cast<float>(all.rate_hz),
                                .minimum = static_cast<float>(-all.largest_kg),
                                .maximum = static_cast<float>(all.largest_kg)});
  Complaints complaints(all.setup.enabled, all.rate_hz, all.standing);
  sink.note(complaints.note());
  // Once round is one configuration; a board that forgets it (its supply dipped) is told again.
  for (;;) {
    co_await talk.measure(complaints);
    co_await talk.configure();
  }
}

}  // namespace

const Driver driver{.name = "phidget_bridge",
                    .title = "Phidget Bridge 1046_0, four load cells",
                    .transport = Transport::usb,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(2),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::phidget_bridge
