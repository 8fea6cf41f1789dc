// A night across each change of the clocks in Berlin, from the bed's samples through acquire and the log to
// the page's JSON: 2026-10-25, when 2 to 3 in the morning comes twice, and 2027-03-28, when it never comes.
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <numbers>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "acquire/bedside.hpp"
#include "store/store.hpp"
#include "support/folder.hpp"
#include "wire/event_json.hpp"
#include "wire/history.hpp"

namespace vigil::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class ClockChange : public testing::Test {
 protected:
  ClockChange() { setenv("TZ", "Europe/Berlin", 1), tzset(); }
  ~ClockChange() override { unsetenv("TZ"), tzset(); }

  static WallTime utc(const char* text) { return wire::parse_iso(text).value(); }

  /// Bed 1 as its log has it when somebody lay in it from `into_bed` to `out_of_bed` and it is three hours
  /// later. They toss about every half hour and are away for 5 min after three hours.
  void live(const std::filesystem::path& folder, WallTime into_bed, WallTime out_of_bed) {
    const auto begins = into_bed + (-1h), ends = out_of_bed + 3h;
    const Clock clock(1, ends.since_epoch - Clock().wall().since_epoch);
    store::Store store(folder, {});
    store.start();
    acquire::Sinks to;
    to.event = [&](Event e) { store.append(std::move(e)); };
    to.reading = [&](const Reading& r, WallTime at) { store.record(r, at); };
    to.epoch = [&](const Epoch& e, WallTime from) { store.record(e, from); };
    to.rescore = [&](const Rescore& r, WallTime from) { store.record(r, from); };
    acquire::Gathered gathered;
    acquire::Bedside bed(clock, to, gathered,
                         {.bed = "bed-1", .label = "Bed 1", .person = {}, .settings = {}}, 0);
    auto& feed = bed.feed("scale", true);
    const auto channel =
        bed.attach(feed, {.quantity = Quantity::load, .rate_hz = 10, .minimum = -50, .maximum = 500},
                   std::chrono::seconds(5));
    const Duration past = ends.since_epoch - begins.since_epoch;
    const Instant start = clock.now() - past;
    const double stay = seconds(out_of_bed.since_epoch - into_bed.since_epoch);
    // The past comes faster than the disk takes its events: nothing is to be dropped here.
    for (std::int64_t i = 0; i < past / 100ms; ++i) {
      const double t = static_cast<double>(i) / 10 - 3600;
      float kg = 4;
      if (t >= 0 && t < stay && !(t >= 10800 && t < 11100))
        kg += 70 + static_cast<float>(
                       0.08 * std::sin(2 * std::numbers::pi * 0.25 * t) +
                       (std::fmod(t, 1800) < 20 ? 4 * std::sin(2 * std::numbers::pi * 0.9 * t) : 0));
      bed.sample(feed, {.channel = channel, .at = start + 100ms * i, .values = std::span(&kg, 1)});
      while (store.status().queued > 8000)
        std::this_thread::yield();
    }
  }

  /// The night as GET /api/v1/nights/{night} has it, checked for what holds of any night.
  json told(const std::filesystem::path& folder, WallTime into_bed, WallTime out_of_bed) {
    const store::Reader reader(folder);
    const auto nights = reader.nights("bed-1", 10);
    EXPECT_EQ(nights.size(), 1U);
    if (nights.empty()) return {};
    const auto& night = nights[0];
    EXPECT_TRUE(night.closed);
    EXPECT_LT(std::abs(seconds(night.opened.since_epoch - into_bed.since_epoch)), 10);
    EXPECT_LT(std::abs(seconds(night.closed->since_epoch - out_of_bed.since_epoch)), 10);
    opened_ = night.opened, closed_ = *night.closed;
    const auto rows = reader.epochs("bed-1", night.opened, *night.closed);
    const auto j = json::parse(wire::night_text(night, reader.night_events(night.night), rows));

    const auto length = out_of_bed.since_epoch - into_bed.since_epoch;
    EXPECT_NEAR(j["figures"]["tib_min"], seconds(length) / 60, 0.2) << "by CLOCK_BOOTTIME";
    EXPECT_EQ(j["figures"]["exits"], 1);
    EXPECT_GT(j["figures"]["coverage_percent"], 99.5);
    EXPECT_NEAR(static_cast<double>(j["epochs"].size()), static_cast<double>(length / 30s), 1);
    std::optional<WallTime> before;
    for (const auto& e : j["epochs"]) {
      const auto from = utc(e["from"].get<std::string>().c_str());
      if (before) {
        EXPECT_EQ(std::chrono::round<std::chrono::seconds>(from.since_epoch - before->since_epoch), 30s)
            << e["from"] << ": none lost, none doubled, in order";
      }
      before = from;
    }
    int turns = 0;  // of the offset
    for (std::size_t i = 1; i < rows.size(); ++i)
      turns += rows[i].from.offset != rows[i - 1].from.offset;
    EXPECT_EQ(turns, 1);
    EXPECT_EQ(rows.front().from.offset, night.opened.offset);
    EXPECT_EQ(rows.back().from.offset, night.closed->offset);

    const auto readings = reader.readings("bed-1", night.opened, *night.closed, 100000);
    EXPECT_NEAR(static_cast<double>(readings.size()), seconds(length), 2);
    std::set<std::int64_t> at;
    for (const auto& r : readings)
      at.insert(std::chrono::round<std::chrono::seconds>(r.wall.since_epoch).count());
    EXPECT_EQ(at.size(), readings.size()) << "a second each";
    for (const auto& e : j["events"]) {
      const auto t = utc(e["t"].get<std::string>().c_str());
      const auto local = utc(e["local"].get<std::string>().c_str());
      EXPECT_EQ(t.since_epoch, local.since_epoch);
      EXPECT_EQ(e["zone"], "Europe/Berlin");
      EXPECT_EQ(local.offset,
                t.since_epoch < change_.since_epoch ? night.opened.offset : night.closed->offset);
    }
    return j;
  }

  const vigil::Folder folder_;
  WallTime change_;
  WallTime opened_, closed_;
};

TEST_F(ClockChange, in_autumn_the_night_is_an_hour_longer_than_its_clock_says) {
  change_ = utc("2026-10-25T01:00:00Z");
  const auto into_bed = utc("2026-10-24T22:30:00+02:00"), out_of_bed = utc("2026-10-25T07:30:00+01:00");
  live(folder_.path(), into_bed, out_of_bed);
  const auto j = told(folder_.path(), into_bed, out_of_bed);
  EXPECT_NEAR(j["figures"]["tib_min"], 600, 0.2);
  EXPECT_EQ(opened_.offset, 120min);
  EXPECT_EQ(closed_.offset, 60min);
  EXPECT_TRUE(wire::iso_local(opened_).starts_with("2026-10-24T22:")) << wire::iso_local(opened_);
  EXPECT_TRUE(wire::iso_local(closed_).starts_with("2026-10-25T07:")) << wire::iso_local(closed_);
}

TEST_F(ClockChange, in_spring_it_is_an_hour_shorter) {
  change_ = utc("2027-03-28T01:00:00Z");
  const auto into_bed = utc("2027-03-27T22:30:00+01:00"), out_of_bed = utc("2027-03-28T07:30:00+02:00");
  live(folder_.path(), into_bed, out_of_bed);
  const auto j = told(folder_.path(), into_bed, out_of_bed);
  EXPECT_NEAR(j["figures"]["tib_min"], 480, 0.2);
  EXPECT_EQ(opened_.offset, 60min);
  EXPECT_EQ(closed_.offset, 120min);
  EXPECT_FALSE(j["figures"]["nap"]);
}

}  // namespace
}  // namespace vigil::cli
