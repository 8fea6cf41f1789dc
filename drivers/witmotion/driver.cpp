#include "drivers/witmotion/driver.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "drivers/metronome.hpp"
#include "drivers/witmotion/protocol.hpp"

namespace vigil::drivers::witmotion {
namespace {

using std::chrono::milliseconds;

// Its USB bridge is one of thousands alike.
constexpr std::array<Match, 3> matches{
    ExplicitOnly{"WitMotion"},
    Adapter{0x1A86, 0x7523, "CH340"},
    Adapter{0x10C4, 0xEA60, "CP210x"},
};

using Type = Setting::Type;
constexpr std::array<Setting, 3> settings{{
    {"rate_hz", Type::number, "Hz: 1, 2, 5, 10, 20, 50, 100, 125 or 200", 1, 200, "50",
     "accelerations a second; the BLE family keeps the rate that it has"},
    {"baud", Type::number, "baud", 4800, 921600, "",
     "the speed to try first; the others are tried after it, so it may be left out"},
    {"protocol", Type::text, "auto, standard or ble", 0, 0, "auto",
     "standard: frames of 11 bytes; ble: of 20 bytes (BWT901BLE family)"},
}};

constexpr std::array<std::uint32_t, 9> bauds{9600, 115200, 4800, 19200, 38400, 57600, 230400, 460800, 921600};

constexpr auto listen_for = milliseconds(200);
constexpr auto listen_for_ble = milliseconds(3000);  ///< it cannot be asked to say something
constexpr auto between_commands = milliseconds(200);
constexpr auto answer_within = milliseconds(300);
constexpr int questions = 2, tries = 3;
constexpr std::uint64_t frames_to_believe = 2;
constexpr auto count_for = milliseconds(2000), count_within = milliseconds(6000);
constexpr Duration most_held = milliseconds(150);
constexpr double watched_s = 10;  ///< the rate is counted over so long
constexpr double off = 0.2;       ///< and may be off by so much
constexpr std::size_t most_in_a_read = 4096 / frame_size + 1;

struct Wanted {
  double rate_hz = 0;
  std::vector<std::uint32_t> bauds;
  bool standard = true, ble = true;
};

struct Found {
  std::uint32_t baud = 0;
  bool ble = false;
};

/// What it has been brought to send.
struct Sends {
  double rate_hz = 0;
  bool acceleration_only = false;  ///< nothing follows an acceleration but the next one
  bool as_asked = false;           ///< by its own word
  bool unchanged = false;          ///< and was so before anything was set
  std::string note;
};

std::string written(double number) {
  std::array<char, 32> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, 3);
  return {text.data(), end};
}

Wanted wanted_of(const Settings& set) {
  Wanted out;
  out.rate_hz = set.number("rate_hz");
  if (!rate_code(out.rate_hz) || out.rate_hz < 1)
    throw DeviceRefused("witmotion: rate_hz: expected 1, 2, 5, 10, 20, 50, 100, 125 or 200, found " +
                        written(out.rate_hz));
  out.bauds.assign(bauds.begin(), bauds.end());
  if (!set.text("baud").empty()) {
    const auto first = std::ranges::find(out.bauds, static_cast<std::uint32_t>(set.number("baud")));
    if (first == out.bauds.end())
      throw DeviceRefused(
          "witmotion: baud: expected 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600, "
          "found " +
          set.text("baud"));
    std::rotate(out.bauds.begin(), first, first + 1);
  }
  const auto protocol = set.text("protocol");
  if (protocol != "auto" && protocol != "standard" && protocol != "ble")
    throw DeviceRefused("witmotion: protocol: expected auto, standard or ble, found '" + protocol + "'");
  out.standard = protocol != "ble";
  out.ble = protocol != "standard";
  return out;
}

/// The conversation with one device.
struct Talk {
  Talk(Port& p, SampleSink& s, Wanted w) : port(p), sink(s), wanted(std::move(w)) {
    bunch.reserve(most_in_a_read);
  }

  Port& port;
  SampleSink& sink;
  const Wanted wanted;

  FrameFinder frames;
  BleFinder ble;
  bool hears_standard = true, hears_ble = true;
  std::uint64_t bytes = 0, whole = 0;
  std::optional<Frame> answer;
  std::optional<unsigned> firmware;
  bool more_than_asked = false;
  std::vector<Acceleration> bunch;

  [[nodiscard]] std::string where() const { return std::string(port.where()); }

  void take(std::span<const std::byte> arrived) {
    bytes += arrived.size();
    auto rest = hears_standard ? arrived : arrived.first(0);
    while (const auto frame = frames.next(rest)) {
      ++whole;
      if (frame->id == id_registers)
        answer = *frame;
      else if (frame->id == id_acceleration)
        add(acceleration(*frame));
      else
        other(*frame);
    }
    rest = hears_ble ? arrived : arrived.first(0);
    while (const auto g = ble.next(rest))
      add(*g);
  }
  void add(const Acceleration& g) {
    if (bunch.size() < bunch.capacity()) bunch.push_back(g);
  }
  void other(const Frame& frame) {
    if (frame.id == id_angle) firmware = frame.words[3];
    if (frame.id == id_clock || frame.id == id_angle) more_than_asked = true;
  }

  Damage take_damage() { return hears_ble ? ble.take_damage() : frames.take_damage(); }

  asio::awaitable<void> listen(milliseconds time) {
    const Instant until = port.now() + time;
    while (port.now() < until) {
      const Arrival arrival = co_await port.read(std::chrono::ceil<milliseconds>(until - port.now()));
      take(arrival.bytes);
    }
    bunch.clear();
  }
  asio::awaitable<void> command(Command command) {
    co_await port.write(command);
    co_await listen(between_commands);
  }

  /// Baud and protocol. nullopt: nothing that is understood at any.
  asio::awaitable<std::optional<Found>> find() {
    hears_standard = wanted.standard, hears_ble = wanted.ble;
    const auto time = wanted.standard ? listen_for : listen_for_ble;
    for (const auto baud : wanted.bauds) {
      port.line({.baud = baud});
      frames = {}, ble = {}, whole = 0;
      for (int question = 0; question <= (wanted.standard ? questions : 0); ++question) {
        // It may be set to say nothing by itself.
        if (question > 0) co_await port.write(ask_registers(register_motion));
        const Instant until = port.now() + time;
        while (port.now() < until) {
          const Arrival arrival = co_await port.read(std::chrono::ceil<milliseconds>(until - port.now()));
          take(arrival.bytes);
          if (wanted.standard && whole >= frames_to_believe) co_return Found{baud, false};
          if (wanted.ble && ble.locked()) co_return Found{baud, true};
        }
      }
    }
    co_return std::nullopt;
  }

  asio::awaitable<std::optional<Output>> ask_output() {
    for (int question = 0; question < questions; ++question) {
      answer.reset();
      co_await port.write(ask_registers(register_content));
      const Instant until = port.now() + answer_within;
      while (port.now() < until) {
        const Arrival arrival = co_await port.read(std::chrono::ceil<milliseconds>(until - port.now()));
        take(arrival.bytes);
        // The answer does not say what was asked: one to the question before would make no setup.
        if (const auto output = answer ? output_of(*answer) : std::nullopt) co_return output;
      }
    }
    co_return std::nullopt;
  }

  /// Makes it send what is wanted, as far as the line carries it, and hears from it that it does.
  asio::awaitable<Sends> set_up(std::uint32_t baud) {
    const Plan want = plan(wanted.rate_hz, baud);
    co_await listen(between_commands);
    auto has = co_await ask_output();
    Sends out;
    out.unchanged = has == want.output;
    const bool answers = has.has_value();
    for (int attempt = 0; has != want.output && attempt < (answers ? tries : 1); ++attempt) {
      co_await command(unlock_registers());
      if (!has || has->content != want.output.content)
        co_await command(set_register(register_content, want.output.content));
      if (!has || has->rate != want.output.rate)
        co_await command(set_register(register_rate, want.output.rate));
      has = co_await ask_output();
    }
    if (!has) {
      out.rate_hz = co_await count_rate();
      out.note = "does not say its settings: taken to send " + written(out.rate_hz) + " Hz, as counted";
    } else {
      out.as_asked = has == want.output;
      out.rate_hz = rate_of(has->rate);
      out.acceleration_only = has->content == content_acceleration;
      if (out.rate_hz == 0 || (has->content & content_acceleration) == 0)
        throw DeviceRefused(where() +
                            ": the sensor sends no acceleration and takes no other setting; set its content "
                            "and rate with the maker's software");
      if (!out.as_asked)
        out.note = "does not take its settings: sends " + written(out.rate_hz) + " Hz, asked for " +
                   written(wanted.rate_hz) + "; set it with the maker's software";
      else if (want.rate_hz < wanted.rate_hz)
        out.note = std::to_string(baud) + " baud carry no more than " + written(want.rate_hz) +
                   " Hz, asked for " + written(wanted.rate_hz) +
                   "; set the sensor to 115200 baud with the maker's software";
    }
    co_return out;
  }

  /// By how many accelerations come.
  asio::awaitable<double> count_rate() {
    bunch.clear();
    const Instant from = port.now();
    std::optional<Instant> first, last;
    std::size_t count = 0;
    for (Instant until = from + count_for; port.now() < until;) {
      const Arrival arrival = co_await port.read(std::chrono::ceil<milliseconds>(until - port.now()));
      take(arrival.bytes);
      if (port.now() >= until && count < 2) until = from + count_within;
      if (bunch.empty()) continue;
      if (first) count += bunch.size();
      if (!first) first = arrival.at;
      last = arrival.at;
      bunch.clear();
    }
    if (count == 0 || *last <= *first) throw DeviceLost(where() + ": sends no acceleration");
    co_return nearest_rate(static_cast<double>(count) / seconds(*last - *first));
  }

  /// Samples until it falls silent, having sent some, or seems to send otherwise than was agreed. Gives the
  /// rate counted then, 0 for silence.
  asio::awaitable<double> stream(ChannelIndex channel, Sends sends, std::optional<double> known) {
    const Duration period = from_seconds(1 / sends.rate_hz);
    const auto stalled_after = std::max(milliseconds(2000), std::chrono::ceil<milliseconds>(5 * period));
    const Duration watched = std::max(from_seconds(watched_s), 20 * period);
    // What is confirmed by the next frame of its kind arrived one period before that. A bed waits for the
    // past only so long: very slow ones are stamped too late rather than never believed.
    const Duration held = hears_ble || sends.acceleration_only ? std::min(period, most_held) : Duration{};
    Metronome metronome(sends.rate_hz);
    bunch.clear();
    more_than_asked = false;
    static_cast<void>(take_damage());  // of the search for it
    Instant heard = port.now();
    std::optional<Instant> from;
    std::size_t count = 0;
    for (;;) {
      const Arrival arrival = co_await port.read(stalled_after);
      take(arrival.bytes);
      const auto damage = take_damage();
      if (damage.framing > 0) sink.reject(Reject::framing, damage.framing);
      if (damage.checksum > 0) sink.reject(Reject::checksum, damage.checksum);
      if (damage.range > 0) sink.reject(Reject::range, damage.range);
      // What is missing now is not to be taken for lateness.
      if (damage != Damage{}) metronome.restart();
      if (bunch.empty()) {
        if (arrival.at - heard < stalled_after) continue;
        if (!from) throw DeviceLost(where() + ": answers, but sends no acceleration");
        co_return 0;
      }
      heard = arrival.at;
      metronome.arrive(arrival.at - held, bunch.size());
      for (std::size_t i = 0; i < bunch.size(); ++i)
        sink.sample(channel, metronome.moment(i), bunch[i]);
      if (!from)
        from = arrival.at;
      else
        count += bunch.size();
      bunch.clear();
      if (more_than_asked && sends.as_asked && !known) {
        co_await listen(between_commands);
        co_return sends.rate_hz;
      }
      if (arrival.at - *from < watched) continue;
      const double counted = static_cast<double>(count) / seconds(arrival.at - *from);
      if (std::abs(counted / known.value_or(sends.rate_hz) - 1) > off) {
        co_await listen(between_commands);
        co_return counted;
      }
      from = arrival.at, count = 0;
    }
  }
};

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  Talk talk(port, sink, wanted_of(set));
  std::optional<Channel> announced;
  ChannelIndex channel = 0;
  double counted = 0;
  // Once round is one agreement with the device; it is made anew when it falls silent, or sends otherwise: it
  // forgets its settings when its power fails, and somebody may change its baud.
  for (;;) {
    const auto found = co_await talk.find();
    if (!found && (announced || talk.bytes == 0))
      throw DeviceLost(talk.where() + ": sends nothing that is a WitMotion frame, at any baud");
    if (!found)
      throw DeviceRefused(
          talk.where() +
          ": expected frames of a WitMotion sensor (55 51 ..., or 55 61 ...), found something "
          "else at every baud; is it the right port?");
    talk.hears_ble = found->ble, talk.hears_standard = !found->ble;
    talk.bunch.clear();
    Sends sends;
    if (found->ble) {
      sends.rate_hz = co_await talk.count_rate();
      if (sends.rate_hz != talk.wanted.rate_hz)
        sends.note = "sends " + written(sends.rate_hz) + " Hz, asked for " + written(talk.wanted.rate_hz) +
                     "; set it with the maker's software";
    } else {
      sends = co_await talk.set_up(found->baud);
    }
    // Asked again because the rate seemed wrong, and it says that all is as it should be: then this is how it
    // is.
    std::optional<double> known;
    if (counted > 0 && sends.unchanged) {
      known = counted;
      if (std::abs(counted / sends.rate_hz - 1) > off)
        sends.note = "sends " + written(counted) + " Hz of the " + written(sends.rate_hz) +
                     " Hz that it is set to: is its cable or battery bad?";
    }
    sink.describe("WitMotion, " + std::string(found->ble ? "BLE frames" : "standard protocol") + ", " +
                  std::to_string(found->baud) + " baud" +
                  (talk.firmware ? ", firmware " + std::to_string(*talk.firmware) : ""));
    sink.note(sends.note);
    const Channel now{.quantity = Quantity::acceleration,
                      .columns = 3,
                      .rate_hz = static_cast<float>(sends.rate_hz),
                      .minimum = -16,
                      .maximum = 16};
    if (announced != now) {
      channel = sink.announce(now);
      announced = now;
    }
    counted = co_await talk.stream(channel, sends, known);
  }
}

}  // namespace

const Driver driver{.name = "witmotion",
                    .title = "WitMotion inertial sensor",
                    .transport = Transport::serial,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(3),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::witmotion
