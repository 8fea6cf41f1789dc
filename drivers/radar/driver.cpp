#include "drivers/radar/driver.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "drivers/radar/protocol.hpp"

namespace vigil::drivers::radar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Match, 1> matches{ExplicitOnly{"60-GHz bed radar"}};

using Type = Setting::Type;
constexpr std::array<Setting, 2> settings{{
    {"model", Type::text, "", 0, 0, "auto",
     "r60abd1 (also MR60BHA1, C1001), mr60bha2, or auto: told by what it sends"},
    {"work_mode", Type::text, "", 0, 0, "",
     "sleep or fall, for the DFRobot C1001; others are left as they are"},
}};

constexpr auto turn = milliseconds(500);          ///< longer than the pauses within a frame
constexpr auto ask_every = seconds(10);           ///< presence is reported on change only
constexpr auto heart_silent_after = seconds(30);  ///< then the switch was lost
constexpr auto warm_after = seconds(60);          ///< initialisation 30 s and locking on 30 s, at most
constexpr auto unknown_after = seconds(10);
constexpr auto mode_within = seconds(10);  ///< a change of mode takes this long to settle
constexpr float rate_hz = 1.0F / 3;
constexpr std::string_view heart_lost_note = "stopped telling the heart rate; it was told to go on";

std::string_view title_of(Family family) noexcept {
  return family == Family::r60abd1 ? "60-GHz radar, R60ABD1 family" : "60-GHz radar MR60BHA2";
}

/// The conversation with one radar.
struct Talk {
  Port& port;
  SampleSink& sink;
  Decoder decoder;
  float wanted_mode = 0;  ///< 0: as it is

  Instant began{}, asked{}, switched{}, heart_heard{}, mode_set{}, rate_heard{};
  bool switched_on = false, warm = false, bed_speaks = false, mode_known = false;
  std::optional<bool> present{};
  std::string noted{};
  ChannelIndex heart = 0, breath = 0, occupancy = 0, motion = 0;
  std::uint64_t bytes = 0;

  void note(std::string text) {
    if (text == noted) return;
    noted = text;
    sink.note(std::move(text));
  }

  void announce(Family family) {
    sink.describe(std::string(title_of(family)) + " (indicative)");
    heart = sink.announce({.quantity = Quantity::heart_rate,
                           .rate_hz = rate_hz,
                           .minimum = lowest_heart,
                           .maximum = highest_heart});
    breath = sink.announce({.quantity = Quantity::breath_rate,
                            .rate_hz = rate_hz,
                            .minimum = lowest_breath,
                            .maximum = highest_breath});
    occupancy = sink.announce({.quantity = Quantity::occupancy, .minimum = 0, .maximum = 1});
    if (family == Family::r60abd1)
      motion = sink.announce({.quantity = Quantity::motion, .rate_hz = 1, .minimum = 0, .maximum = 100});
    began = heart_heard = port.now();
    note("warming up: it gives no rates for about 30 s");
  }

  void say(ChannelIndex channel, Instant at, float value) { sink.sample(channel, at, std::span(&value, 1)); }

  void say_rate(ChannelIndex channel, Instant at, float value) {
    if (present == false) return;  // nobody's rate
    rate_heard = at;
    if (!std::exchange(warm, true)) note({});
    say(channel, at, value);
  }

  void heard_heart(Instant at) {
    heart_heard = at;
    if (noted == heart_lost_note) note({});
  }

  void say_presence(Instant at, float value) {
    present = value != 0;
    say(occupancy, at, value);
  }

  void take(const Frame& frame, Instant at) {
    const auto [says, value] = meaning(frame);
    switch (says) {
      case Says::nothing:
        break;
      case Says::no_heart:
        heard_heart(at);
        break;
      case Says::no_breath:
        break;
      case Says::implausible:
        sink.reject(Reject::range);
        break;
      case Says::heart_rate:
        heard_heart(at);
        say_rate(heart, at, value);
        break;
      case Says::breath_rate:
        say_rate(breath, at, value);
        break;
      case Says::in_bed:
        bed_speaks = true;
        say_presence(at, value);
        break;
      case Says::presence:
        // Somebody beside the bed is present, too: where the radar knows the bed, its word counts.
        if (!bed_speaks) say_presence(at, value);
        break;
      case Says::motion:
        say(motion, at, value);
        break;
      case Says::work_mode:
        mode_known = value == wanted_mode;
        break;
      case Says::firmware:
        describe_firmware(frame);
        break;
    }
  }

  void describe_firmware(const Frame& frame) {
    std::string version;
    for (const auto b : frame.data.first(std::min<std::size_t>(frame.data.size(), 8)))
      version += (version.empty() ? "" : ".") + std::to_string(std::to_integer<unsigned>(b));
    if (!version.empty())
      sink.describe(std::string(title_of(frame.family)) + ", firmware " + version + " (indicative)");
  }

  asio::awaitable<void> send(std::uint8_t ctrl, std::uint8_t cmd, std::uint8_t value) {
    const Command out = command(ctrl, cmd, value);
    co_await port.write(out.bytes);
  }

  /// What is due on an R60ABD1: switches, questions, the mode.
  asio::awaitable<void> tend(Instant now) {
    const bool heart_lost = now - std::max(heart_heard, switched) >= heart_silent_after;
    if (!switched_on || heart_lost) {
      if (std::exchange(switched_on, true)) note(std::string(heart_lost_note));
      switched = now;
      for (const int ctrl : {0x80, 0x81, 0x85})
        co_await send(static_cast<std::uint8_t>(ctrl), 0x00, 1);
      asked = {};
    }
    if (asked == Instant{} || now - asked >= ask_every) {
      asked = now;
      co_await send(0x84, 0x81, ask);
      co_await send(0x80, 0x81, ask);
      if (wanted_mode != 0 && !mode_known) {
        if (mode_set == Instant{}) {
          mode_set = now;
          co_await send(0x02, 0x08, static_cast<std::uint8_t>(wanted_mode));
        }
        co_await send(0x02, 0xA8, ask);
      }
    }
  }

  void judge(Instant now) {
    if (!decoder.family()) {
      if (now - began < unknown_after) return;
      note(bytes == 0 ? "sends nothing: is it powered, are RX and TX the right way round?"
                      : "sends no frame of a known 60-GHz radar at 115200 8N1: is it the right port?");
    } else if (wanted_mode != 0 && !mode_known && mode_set != Instant{} && now - mode_set > 2 * mode_within) {
      note("does not confirm its work mode: only a C1001 has one; else leave work_mode out");
    } else if (present != false && now - std::max(rate_heard, began) > warm_after) {
      note("gives no rates: it should look at the chest of the person, with nothing that moves in between");
      warm = false;
    }
  }

  asio::awaitable<void> run() {
    began = port.now();
    for (bool known = false;;) {
      const Arrival arrival = co_await port.read(turn);
      bytes += arrival.bytes.size();
      auto left = arrival.bytes;
      if (left.empty()) decoder.quiet();
      while (const auto frame = decoder.next(left)) {
        if (!std::exchange(known, true)) announce(frame->family);
        take(*frame, arrival.at);
      }
      if (const auto bad = decoder.take_bad_sums(); bad > 0) sink.reject(Reject::checksum, bad);
      if (const auto junk = decoder.take_junk(); junk > 0) sink.reject(Reject::framing, junk);
      const Instant now = port.now();
      judge(now);
      if (decoder.family() == Family::r60abd1)
        co_await tend(now);
      else if (!known && now - std::max(asked, began) >= ask_every / 3) {
        // One that was told to be silent, and is of the family that can be asked.
        asked = now;
        co_await send(0x80, 0x81, ask);
      }
    }
  }
};

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  std::optional<Family> family;
  const auto model = set.text("model");
  if (model == "r60abd1")
    family = Family::r60abd1;
  else if (model == "mr60bha2")
    family = Family::mr60bha2;
  else if (model != "auto")
    throw DeviceRefused("radar: model: expected auto, r60abd1 or mr60bha2, found '" + model + "'");
  const auto mode = set.text("work_mode");
  if (!mode.empty() && mode != "sleep" && mode != "fall")
    throw DeviceRefused("radar: work_mode: expected sleep or fall, found '" + mode + "'");

  port.line({.baud = baud, .hang_up = false});
  Talk talk{port, sink, Decoder(family)};
  talk.wanted_mode = mode == "fall" ? 1.0F : mode == "sleep" ? 2.0F : 0.0F;
  co_await talk.run();
}

}  // namespace

const Driver driver{.name = "radar",
                    .title = "60-GHz bed radar R60ABD1 / MR60BHA2 (indicative)",
                    .transport = Transport::serial,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = seconds(25),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::radar
