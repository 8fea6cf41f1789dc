#include "drivers/line/driver.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "drivers/line/device_clock.hpp"
#include "drivers/line/layout.hpp"
#include "drivers/line/protocol.hpp"
#include "drivers/metronome.hpp"
#include "drivers/settings.hpp"

namespace vigil::drivers::line {
namespace {

using std::chrono::milliseconds;

constexpr std::array<Match, 2> matches{
    ExplicitOnly{"a sensor that prints lines: OpenScale, HX711, ESP, FSR mats"},
    Adapter{0x0403, 0x6015, "FTDI FT231X"},
};

constexpr auto look_every = milliseconds(1000);
constexpr auto between_lines = milliseconds(200);  ///< no line pauses for so long within itself
constexpr int init_tries = 3;
constexpr std::size_t shown = 48;  ///< of a strange line, for people

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// What people can read of a line that makes no sense.
std::string shown_of(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, shown))
    out += c >= 0x20 && c < 0x7F ? c : '?';
  return "'" + out + (text.size() > shown ? "...'" : "'");
}

/// The conversation with one sensor.
struct Talk {
  Port& port;
  SampleSink& sink;
  const Layout& layout;
  Decoder decoder;
  std::optional<DeviceClock> clock{};
  std::optional<Metronome> metronome{};
  std::vector<ChannelIndex> channels{};
  std::vector<float> bunch{};  ///< of one read, where the metronome tells their moments
  Instant polled{};

  unsigned bad_in_a_row = 0, odd_in_a_row = 0, others_in_a_row = 0;
  bool ever = false;
  std::string strange{};  ///< the last line that made no sense
  std::string wrong{}, failure{}, cells{}, noted{};

  void note() {
    auto now = !wrong.empty()     ? wrong
               : !failure.empty() ? "the sensor says that it fails: " + failure
                                  : cells;
    if (now == noted) return;
    noted = now;
    sink.note(std::move(now));
  }

  void mismatch() {
    const auto lines = std::to_string(bad_in_a_row) + " lines in a row ";
    const auto baud = std::to_string(layout.line.baud);
    wrong = 2 * odd_in_a_row > bad_in_a_row
                ? lines + "are no text: " + baud + " baud is likely the wrong rate"
                : lines + "are not as configured, the last " + shown_of(strange) +
                      ": are preset, format and columns " + "right, and is it at " + baud + " baud?";
  }

  void count_bad(const Record& record) {
    sink.reject(record.why);
    ++bad_in_a_row;
    odd_in_a_row += record.odd_bytes ? 1 : 0;
    if (!record.text.empty()) strange = record.text;
    if (bad_in_a_row >= layout.bad_limit && bad_in_a_row % layout.bad_limit == 0) mismatch();
  }

  void good(const Record& record) {
    bad_in_a_row = odd_in_a_row = others_in_a_row = 0;
    ever = true;
    failure.clear();
    wrong.clear();
    cells.clear();
    if (record.without == 0) return;
    sink.reject(record.why, record.without);
    const auto load = std::ranges::find(layout.streams, Quantity::load,
                                        [](const Stream& stream) { return stream.channel.quantity; });
    cells = "cell " + std::to_string(record.first_without - load->first + 1) +
            (record.without > 1 ? " and " + std::to_string(record.without - 1) + " more give" : " gives") +
            " no number (" + std::string(name(record.why)) + "): is its cable in?";
  }

  void say(std::span<const float> values, Instant at) {
    for (std::size_t i = 0; i < channels.size(); ++i)
      sink.sample(channels[i], at,
                  values.subspan(layout.streams[i].first, layout.streams[i].channel.values()));
  }

  void take(const Record& record, Instant arrival) {
    switch (record.kind) {
      case Record::Kind::other:
        if (++others_in_a_row >= 10 * layout.bad_limit && !ever)
          wrong = "none of " + std::to_string(others_in_a_row) + " lines is a reading, the last " +
                  shown_of(record.text) + ": does the pattern fit?";
        break;
      case Record::Kind::fault:
        sink.reject(Reject::sensor_fault);
        failure = shown_of(record.text);
        break;
      case Record::Kind::bad:
        count_bad(record);
        break;
      case Record::Kind::values:
        if (clock && record.time) {
          const auto moment = clock->at(*record.time, arrival);
          if (!moment) {
            count_bad({.kind = Record::Kind::bad, .why = Reject::order, .text = record.text});
            break;
          }
          good(record);
          say(record.values, moment->at);
        } else if (metronome) {
          good(record);
          bunch.insert(bunch.end(), record.values.begin(), record.values.end());
        } else {
          good(record);
          say(record.values, arrival);
        }
        break;
    }
  }

  void feed(const Arrival& arrival) {
    auto bytes = arrival.bytes;
    while (const auto record = decoder.next(bytes))
      take(*record, arrival.at);
    if (!bunch.empty()) {
      const auto width = layout.columns.size(), count = bunch.size() / width;
      metronome->arrive(arrival.at, count);
      for (std::size_t i = 0; i < count; ++i)
        say(std::span(bunch).subspan(i * width, width), metronome->moment(i));
      bunch.clear();
    }
    note();
  }

  /// Boards that restart when the port is opened say things meanwhile that are no measurements.
  asio::awaitable<void> settle() {
    Instant heard = port.now();
    const Instant until = heard + layout.open_settle;
    while (port.now() < until) {
      const auto left = std::chrono::ceil<milliseconds>(until - port.now());
      const Arrival ignored = co_await port.read(left);
      if (!ignored.bytes.empty()) heard = ignored.at;
    }
    if (port.now() - heard >= between_lines) decoder.begin_line();
  }

  asio::awaitable<bool> answered(const Init& init) {
    std::array<std::string_view, 1> found;
    const Instant give_up = port.now() + init.within;
    while (port.now() < give_up) {
      const auto left = std::chrono::ceil<milliseconds>(give_up - port.now());
      const Arrival arrival = co_await port.read(left);
      auto bytes = arrival.bytes;
      while (const auto record = decoder.next(bytes)) {
        if (init.expect->search(record->text, found)) co_return true;
        if (!record->text.empty()) strange = record->text;
      }
    }
    co_return false;
  }

  asio::awaitable<void> start() {
    for (const auto& init : layout.init) {
      bool done = false;
      for (int attempt = 0; attempt < init_tries && !done; ++attempt) {
        co_await port.write(bytes_of(init.send));
        done = true;
        if (init.expect) done = co_await answered(init);
      }
      if (!done)
        throw DeviceLost(std::string(port.where()) + ": expected an answer to init with '" + init.expected +
                         "' in it, " +
                         (strange.empty() ? "nothing came: is it the right port and baud?"
                                          : "found " + shown_of(strange)));
    }
  }

  asio::awaitable<void> run() {
    port.line(layout.line);
    co_await settle();
    co_await start();
    sink.describe(layout.preset.empty() ? "line sensor" : "line sensor, preset " + layout.preset);
    for (const auto& stream : layout.streams)
      channels.push_back(sink.announce(stream.channel));
    if (layout.time)
      clock.emplace(layout.time->tick_s, layout.time->wrap_bits);
    else if (layout.rate_hz > 0)
      metronome.emplace(layout.rate_hz);
    const auto turn =
        layout.poll.empty() ? look_every : std::min<milliseconds>(look_every, layout.poll_every);
    for (;;) {
      if (!layout.poll.empty() && (polled == Instant{} || port.now() - polled >= layout.poll_every)) {
        polled = port.now();
        co_await port.write(bytes_of(layout.poll));
      }
      const auto due =
          layout.poll.empty()
              ? turn
              : std::max(milliseconds(1),
                         std::chrono::ceil<milliseconds>(polled + layout.poll_every - port.now()));
      const Arrival arrival = co_await port.read(due);
      feed(arrival);
    }
  }
};

std::vector<Wrong> check(const Settings& set) {
  std::vector<Wrong> wrongs;
  static_cast<void>(layout_of(set, wrongs));
  return wrongs;
}

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  std::vector<Wrong> wrongs;
  const auto layout = layout_of(set, wrongs);
  if (!layout) {
    const auto& first = wrongs.front();
    throw DeviceRefused(std::string(port.where()) + ": " + std::string(first.key) +
                        (first.element > 0 ? "[" + std::to_string(first.element) + "]" : "") +
                        (first.what.starts_with("is ") ? " " : ": ") + first.what);
  }
  Talk talk{port, sink, *layout, Decoder(*layout)};
  co_await talk.run();
}

}  // namespace

// A scale may report every half second, an ESPHome node once a minute: `stale_after_s` says so.
const Driver driver{.name = "line",
                    .title = "A sensor that prints lines: OpenScale, HX711, ESP, FSR mats",
                    .transport = Transport::serial,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(10),
                    .simulated = false,
                    .run = run,
                    .check = check};

}  // namespace vigil::drivers::line
