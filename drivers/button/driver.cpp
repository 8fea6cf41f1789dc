#include "drivers/button/driver.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/press.hpp"
#include "drivers/button/gestures.hpp"
#include "drivers/button/protocol.hpp"

namespace vigil::drivers::button {
namespace {

constexpr std::array<Match, 1> matches{BootKeyboard{"USB button, foot switch or keypad"}};

using Type = Setting::Type;
constexpr std::array<Setting, 6> settings{{
    {"short", Type::text, "", 0, 0, "pain", "what a short press means: pain, call, awake or none"},
    {"long", Type::text, "", 0, 0, "call", "what a long press means"},
    {"double", Type::text, "", 0, 0, "awake", "what two short presses mean; none: shorts are told at once"},
    {"long_ms", Type::number, "ms", 300, 5000, "700", "held for so long, a press is a long one"},
    {"double_ms", Type::number, "ms", 150, 2000, "500",
     "the second press begins within so long of the first"},
    {"key", Type::text, "", 0, 0, "", "listen to this key only: Enter, F5, KP0, a, 0x28; absent: any key"},
}};

/// Reports of a wrong length in a row after which people are told.
constexpr int strangers_told = 3;

Press meaning(const Settings& set, std::string_view key) {
  const auto text = set.text(key);
  if (text == "pain") return Press::pain;
  if (text == "call") return Press::call;
  if (text == "awake") return Press::awake;
  if (text == "none") return Press::none;
  throw DeviceRefused("button: " + std::string(key) + ": expected pain, call, awake or none, found '" + text +
                      "'");
}

std::chrono::milliseconds whole_ms(double ms) {
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(ms));
}

/// From reports to presses.
class Button {
  /// Where the gestures go.
  auto told() {
    return [this](Gestures::Said said, Instant at) { tell(said, at); };
  }

 public:
  Button(const Settings& set, SampleSink& sink)
      : short_(meaning(set, "short")),
        long_(meaning(set, "long")),
        double_(meaning(set, "double")),
        gestures_({.lengthy = whole_ms(set.number("long_ms")),
                   .between = whole_ms(set.number("double_ms")),
                   .doubles = double_ != Press::none}),
        sink_(sink) {
    listened_.set();
    if (const auto key = set.text("key"); !key.empty()) {
      const auto usage = usage_of(key);
      if (!usage)
        throw DeviceRefused("button: key: expected a key such as Enter, Space, F5, KP0, a or 0x28, found '" +
                            key + "'");
      listened_.reset();
      listened_.set(*usage);
    }
    channel_ = sink.announce({.quantity = Quantity::button,
                              .minimum = static_cast<float>(Press::down),
                              .maximum = static_cast<float>(Press::stuck)});
  }

  void report(const Arrival& report) {
    const auto keys = decode(report.bytes);
    if (!keys) {
      sink_.reject(keys.error());
      if (keys.error() == Reject::length && ++strangers_ == strangers_told)
        sink_.note("sends reports of " + std::to_string(report.bytes.size()) +
                   " bytes where a boot keyboard's have 8: it cannot be understood, use another button");
      gestures_.pass(report.at, told());
      return;
    }
    if (strangers_ >= strangers_told) sink_.note("");
    strangers_ = 0;
    if (*keys) held_ = **keys & listened_;
    // What lies on one key shall not make the others deaf.
    stuck_ &= held_;
    gestures_.held(report.at, (held_ & ~stuck_).any(), told());
    settle(report.at);
  }
  void pass(Instant now) {
    gestures_.pass(now, told());
    settle(now);
  }
  void gone(Instant now) { gestures_.gone(now, told()); }

  /// How long to wait for the next report; nullopt: for ever.
  [[nodiscard]] std::optional<std::chrono::milliseconds> patience(Instant now) const {
    const auto next = gestures_.next();
    if (!next) return std::nullopt;
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(*next - now), std::chrono::milliseconds(1));
  }

 private:
  void tell(Gestures::Said said, Instant at) {
    switch (said) {
      case Gestures::Said::down:
        return press(Press::down, at);
      case Gestures::Said::brief:
        return press(short_, at);
      case Gestures::Said::lengthy:
        return press(long_, at);
      case Gestures::Said::twice:
        return press(double_, at);
      case Gestures::Said::stuck:
        newly_stuck_ = true;
        press(Press::stuck, at);
        return sink_.note("held down for 30 s: does something lie on it? It counted as one press");
    }
  }
  /// The keys that are stuck are as if they were up.
  void settle(Instant now) {
    if (std::exchange(newly_stuck_, false)) {
      stuck_ = held_;
      noted_ = true;
      gestures_.held(now, false, told());
    }
    if (noted_ && stuck_.none()) {
      noted_ = false;
      sink_.note("");
    }
  }
  void press(Press press, Instant at) {
    const auto value = static_cast<float>(press);
    sink_.sample(channel_, at, std::span(&value, 1));
  }

  const Press short_, long_, double_;
  Gestures gestures_;
  SampleSink& sink_;
  ChannelIndex channel_ = 0;
  Held listened_, held_, stuck_;
  bool newly_stuck_ = false, noted_ = false;
  int strangers_ = 0;
};

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  // Both are optional for the device, and what it does not know it stalls: boot protocol; a report for each
  // change and none besides.
  constexpr std::uint8_t class_to_interface = 0x21, set_protocol = 0x0B, set_idle = 0x0A;
  const auto protocol = co_await port.control(class_to_interface, set_protocol, 0, 0, {}, 0);
  const auto idle = co_await port.control(class_to_interface, set_idle, 0, 0, {}, 0);
  static_cast<void>(protocol), static_cast<void>(idle);

  Button button(set, sink);
  try {
    for (;;) {
      const auto patience = button.patience(port.now());
      const Arrival arrival = co_await port.read(patience);
      if (arrival.bytes.empty())
        button.pass(arrival.at);
      else
        button.report(arrival);
    }
  } catch (...) {
    // Unplugged while held, or the daemon stops: what was pressed is said before it is forgotten.
    button.gone(port.now());
    throw;
  }
}

}  // namespace

// A button speaks when it is pressed, a few times a week perhaps: it is never stale.
const Driver driver{.name = "button",
                    .title = "pain button (USB keypad, foot switch, big button)",
                    .transport = Transport::usb,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::hours(24 * 366),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::button
