#include "drivers/sensing_tex/driver.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "drivers/sensing_tex/protocol.hpp"

namespace vigil::drivers::sensing_tex {
namespace {

using std::chrono::milliseconds;

constexpr std::array<Match, 1> matches{ExplicitOnly{"Sensing Tex"}};

using Type = Setting::Type;
constexpr std::array<Setting, 3> settings{{
    {"rows", Type::number, "cells", 1, 64, "16", "rows of the mat"},
    {"columns", Type::number, "cells", 1, 64, "16", "columns of the mat"},
    {"rate_hz", Type::number, "Hz", 1, 25.5, "10", "images a second"},
}};

constexpr auto quiet = milliseconds(600);          ///< after this much silence it has stopped
constexpr auto quiet_within = milliseconds(2000);  ///< what goes on for longer does not obey
constexpr auto first_within = milliseconds(2000);  ///< for a packet, by the maker's own program
constexpr auto shown_within = milliseconds(5000);  ///< for as many frames as show what the mat is
constexpr std::size_t frames_to_see = 2;
constexpr std::size_t kept_to_see = 16384;  ///< bytes
constexpr auto count_for = milliseconds(2000);
constexpr double off = 0.2;  ///< a rate that differs by more is another
constexpr double watched_s = 10;

std::string written(double number) {
  std::array<char, 32> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, 3);
  return {text.data(), end};
}

/// The conversation with one mat.
struct Talk {
  Talk(Port& p, SampleSink& s, const Settings& set)
      : port(p),
        sink(s),
        rows(static_cast<std::size_t>(set.number("rows"))),
        columns(static_cast<std::size_t>(set.number("columns"))),
        wanted_hz(set.number("rate_hz")),
        asked_hz(std::min(wanted_hz, std::floor(10 * most_hz(rows, columns)) / 10)),
        images(rows, columns) {
    begun.reserve(kept_to_see);
  }

  Port& port;
  SampleSink& sink;
  const std::size_t rows, columns;
  const double wanted_hz, asked_hz;
  ImageFinder images;
  std::vector<std::byte> begun;  ///< what came first, to see what it is

  [[nodiscard]] std::string where() const { return std::string(port.where()); }

  /// Stops it and drops what it had to say. Whether it obeyed.
  asio::awaitable<bool> hush() {
    co_await port.write(stop);
    const Instant until = port.now() + quiet_within;
    while (port.now() < until) {
      const Arrival arrival = co_await port.read(quiet);
      if (arrival.bytes.empty()) co_return true;
    }
    co_return false;
  }

  /// The first frames; from then on it is known to be such a mat. Gives their rate.
  asio::awaitable<double> first_frames(bool to_count) {
    images = ImageFinder(rows, columns);
    begun.clear();
    const Instant asked = port.now();
    const Instant until = asked + (to_count ? count_for : shown_within);
    std::optional<Instant> first;
    Instant last = asked;
    std::size_t frames = 0;
    while (port.now() < until && (to_count || frames < frames_to_see)) {
      const auto left = std::chrono::ceil<milliseconds>(until - port.now());
      const Arrival arrival = co_await port.read(std::min(first_within, left));
      auto rest = arrival.bytes;
      const auto kept = std::min(rest.size(), kept_to_see - begun.size());
      begun.insert(begun.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(kept));
      while (images.next(rest)) {
        if (!first) first = arrival.at;
        ++frames;
        last = arrival.at;
      }
      if (begun.empty() && arrival.at - asked >= first_within) break;
    }
    static_cast<void>(images.take_damage());
    judge(frames);
    co_return last > *first ? static_cast<double>(frames - 1) / seconds(last - *first) : asked_hz;
  }

  /// Throws when what came is not the mat that the configuration says.
  void judge(std::size_t frames) const {
    const auto seen = geometry_of(begun);
    const auto is = [](std::size_t r, std::size_t c) {
      return std::to_string(r) + " x " + std::to_string(c);
    };
    if (seen && (seen->rows != rows || seen->columns > columns || frames < frames_to_see))
      throw DeviceRefused(where() + ": expected a mat of " + is(rows, columns) +
                          " cells (rows x columns), found one of " + is(seen->rows, seen->columns) +
                          ": set rows and columns to these");
    if (begun.empty()) throw DeviceLost(where() + ": the mat sends nothing; is it switched on?");
    if (frames < frames_to_see && images.texts() > 0)
      throw DeviceLost(where() + ": the mat answers, but sends no columns");
    if (frames < frames_to_see)
      throw DeviceRefused(where() +
                          ": expected a Sensing Tex mat that sends columns (4D rows column ... 0A), found "
                          "something else; is it the right port?");
  }

  [[nodiscard]] std::string remark(bool obeys, double hz) const {
    if (!obeys && std::abs(hz / wanted_hz - 1) > off)
      return "sends " + written(hz) + " Hz whatever it is asked for (standard electronics)";
    if (asked_hz < wanted_hz)
      return "115200 baud carry no more than " + written(asked_hz) + " images/s of " + std::to_string(rows) +
             " x " + std::to_string(columns) + " cells, asked for " + written(wanted_hz);
    return {};
  }

  /// Frames until it falls silent.
  asio::awaitable<void> stream(ChannelIndex channel, double hz, std::string note) {
    const auto stalled_after = std::max(first_within, std::chrono::ceil<milliseconds>(from_seconds(5 / hz)));
    Instant heard = port.now();
    std::optional<Instant> from;
    std::size_t count = 0;
    for (;;) {
      const Arrival arrival = co_await port.read(stalled_after);
      auto rest = arrival.bytes;
      std::size_t frames = 0;
      while (const auto image = images.next(rest)) {
        sink.sample(channel, arrival.at, *image);
        ++frames;
      }
      const auto damage = images.take_damage();
      if (damage.framing > 0) sink.reject(Reject::framing, damage.framing);
      if (damage.incomplete > 0) sink.reject(Reject::length, damage.incomplete);
      if (damage.twice > 0) sink.reject(Reject::order, damage.twice);
      if (frames == 0) {
        if (arrival.at - heard >= stalled_after) co_return;
        continue;
      }
      heard = arrival.at;
      if (!from)
        from = arrival.at;
      else
        count += frames;
      const double span = seconds(arrival.at - *from);
      if (span < watched_s) continue;
      const double counted = static_cast<double>(count) / span;
      sink.note(std::abs(counted / hz - 1) > off
                    ? "sends " + written(counted) + " images/s, expected " + written(hz)
                    : note);
      from = arrival.at, count = 0;
    }
  }
};

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  Talk talk(port, sink, set);
  std::optional<Channel> announced;
  ChannelIndex channel = 0;
  // Once round is one stream; it is begun anew whenever it falls silent.
  for (;;) {
    port.line({.baud = 115200});
    const bool obeys = co_await talk.hush();
    co_await port.write(geometry(static_cast<std::uint8_t>(talk.rows),
                                 static_cast<std::uint8_t>(talk.columns), talk.asked_hz));
    co_await port.write(start);
    const double counted = co_await talk.first_frames(!obeys);
    const double hz =
        obeys || std::abs(counted / talk.asked_hz - 1) <= off ? talk.asked_hz : std::round(counted * 10) / 10;
    const auto note = talk.remark(obeys, hz);
    sink.describe("Sensing Tex mat, " + std::to_string(talk.rows) + " x " + std::to_string(talk.columns) +
                  " cells, " + (obeys ? "premium" : "standard") + " electronics");
    sink.note(note);
    const Channel now{.quantity = Quantity::pressure,
                      .rows = static_cast<std::uint16_t>(talk.rows),
                      .columns = static_cast<std::uint16_t>(talk.columns),
                      .rate_hz = static_cast<float>(hz),
                      .minimum = 0,
                      .maximum = full_scale};
    if (announced != now) {
      channel = sink.announce(now);
      announced = now;
    }
    co_await talk.stream(channel, hz, note);
  }
}

}  // namespace

const Driver driver{.name = "sensing_tex",
                    .title = "Sensing Tex pressure mat",
                    .transport = Transport::serial,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(5),
                    .simulated = false,
                    .run = run};

}  // namespace vigil::drivers::sensing_tex
