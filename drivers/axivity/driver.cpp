#include "drivers/axivity/driver.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drivers/axivity/protocol.hpp"
#include "drivers/metronome.hpp"

namespace vigil::drivers::axivity {
namespace {

using std::chrono::milliseconds;

constexpr std::array<Match, 2> matches{
    // 04D8:0057 is a demonstration id that other gadgets have too: only with the maker's kind of serial
    // number.
    SerialMatch{0x04D8, 0x0057, "CWA", "Axivity AX3"},
    SerialMatch{0x04D8, 0x0057, "AX6", "Axivity AX6"},
};

constexpr auto quiet = milliseconds(250);          ///< after this much silence the buffers are empty
constexpr auto quiet_within = milliseconds(3000);  ///< a device that never is quiet does not listen
constexpr auto answer_within = milliseconds(2000);
constexpr int tries = 3;
constexpr auto stalled_after = milliseconds(2000);
constexpr float ax3_lsb_per_g = 256;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// The conversation with one device.
struct Talk {
  Port& port;
  SampleSink& sink;
  LineSplitter lines;
  Columns columns;
  std::string strange;  ///< the last line that was no answer, for the message
  std::vector<std::array<float, 3>> bunch;

  /// Ends a stream that may be running and forgets what a modem probe left: an empty line stops it, then
  /// silence.
  asio::awaitable<void> hush() {
    co_await port.write(bytes_of("\r\n"));
    const Instant give_up = port.now() + quiet_within;
    for (;;) {
      const Arrival arrival = co_await port.read(quiet);
      if (arrival.bytes.empty()) break;
      if (port.now() > give_up) throw DeviceLost(std::string(port.where()) + ": does not stop sending");
    }
    lines.clear();
    static_cast<void>(lines.take_dropped());
  }

  /// Asks and waits for a line that `accept` takes. false: nothing of the kind came in all tries.
  asio::awaitable<bool> ask(std::string_view command, int attempts,
                            std::function<bool(std::string_view)> accept) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
      co_await port.write(bytes_of(command));
      const Instant give_up = port.now() + answer_within;
      while (port.now() < give_up) {
        const auto left = std::chrono::ceil<milliseconds>(give_up - port.now());
        const Arrival arrival = co_await port.read(left);
        auto bytes = arrival.bytes;
        while (const auto line = lines.next(bytes)) {
          if (accept(*line)) co_return true;
          if (line->starts_with("ERROR: Locked")) refuse_locked();
          if (!parse_sample(*line))
            strange = *line;  // what was still on its way says nothing about the device
        }
      }
    }
    co_return false;
  }

  asio::awaitable<void> stream(ChannelIndex channel, float lsb_per_g) {
    co_await port.write(bytes_of("STREAM\r"));
    columns.clear();
    Metronome metronome(stream_hz);
    Instant heard = port.now();
    for (;;) {
      const Arrival arrival = co_await port.read(stalled_after);
      bunch.clear();
      auto bytes = arrival.bytes;
      while (const auto line = lines.next(bytes))
        take(*line, lsb_per_g);
      if (const auto dropped = lines.take_dropped(); dropped > 0) sink.reject(Reject::framing, dropped);
      if (bunch.empty()) {
        if (arrival.at - heard >= stalled_after) break;
        continue;
      }
      heard = arrival.at;
      metronome.arrive(arrival.at, bunch.size());
      for (std::size_t i = 0; i < bunch.size(); ++i)
        sink.sample(channel, metronome.moment(i), bunch[i]);
    }
  }

  [[noreturn]] void refuse_locked() const {
    throw DeviceRefused(std::string(port.where()) +
                        ": expected an Axivity that streams, found it locked; unlock it with the software "
                        "that locked it (OmGui)");
  }

  void take(std::string_view line, float lsb_per_g) {
    const auto raw = parse_sample(line);
    if (!raw) {
      if (line.starts_with("ERROR: Locked")) refuse_locked();
      sink.reject(raw.error());
      return;
    }
    if (!columns.take(raw->columns)) {
      sink.reject(Reject::length);
      return;
    }
    if (const auto g = to_g(raw->acceleration, lsb_per_g))
      bunch.push_back(*g);
    else
      sink.reject(g.error());
  }
};

asio::awaitable<void> run(Port& port, const Settings&, SampleSink& sink) {
  Talk talk{port, sink, {}, {}, {}, {}};
  std::optional<Channel> announced;
  ChannelIndex channel = 0;
  // Once round is one stream; it is begun anew whenever it falls silent (somebody else's command stops it
  // too).
  for (;;) {
    talk.strange.clear();
    co_await talk.hush();

    std::optional<Identity> identity;
    const std::function<bool(std::string_view)> is_identity = [&identity](std::string_view line) {
      identity = parse_identity(line);
      return identity.has_value();
    };
    const bool known = co_await talk.ask("ID\r", tries, is_identity);
    if (!known) {
      if (talk.strange.empty()) throw DeviceLost(std::string(port.where()) + ": does not answer ID");
      throw DeviceRefused(std::string(port.where()) +
                          ": expected an Axivity AX3 or AX6 that answers ID=, found one that says '" +
                          talk.strange + "'; is it the right port?");
    }
    if (!announced) {
      sink.identify("axivity:" + identity->serial());
      sink.describe(identity->what());
    }

    std::optional<Rate> rate;
    const std::function<bool(std::string_view)> is_rate = [&rate](std::string_view line) {
      rate = parse_rate(line);
      return rate.has_value();
    };
    const bool rated = co_await talk.ask("RATE\r", tries, is_rate);
    if (!rated && identity->is_ax6())
      throw DeviceLost(std::string(port.where()) + ": does not answer RATE, so its scale is not known");
    const float range = rated ? static_cast<float>(rate->range_g) : 16;
    const float lsb_per_g = identity->is_ax6() ? 32768 / range : ax3_lsb_per_g;

    std::optional<Battery> battery;
    const std::function<bool(std::string_view)> is_battery = [&battery](std::string_view line) {
      battery = parse_battery(line);
      return battery.has_value();
    };
    const bool told = co_await talk.ask("SAMPLE 1\r", 1, is_battery);
    if (told) sink.battery(static_cast<float>(battery->percent));

    // A little beyond the range: an AX3 at +-8 g may print 8.0x.
    const Channel now{.quantity = Quantity::acceleration,
                      .columns = 3,
                      .rate_hz = static_cast<float>(stream_hz),
                      .minimum = -range * 1.05F,
                      .maximum = range * 1.05F};
    if (announced != now) {
      channel = sink.announce(now);
      announced = now;
    }
    co_await talk.stream(channel, lsb_per_g);
  }
}

}  // namespace

const Driver driver{.name = "axivity",
                    .title = "Axivity AX3 / AX6",
                    .transport = Transport::serial,
                    .matches = matches,
                    .settings = {},
                    .stale_after = std::chrono::seconds(3),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::axivity
