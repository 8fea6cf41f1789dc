#include "wire/live.hpp"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "wire/history.hpp"
#include "wire/replay_line.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

const Now now{{Duration(1000s)}, {std::chrono::microseconds(1795315267123456), std::chrono::minutes(60)}};

Reading reading() {
  Reading r;
  r.bed = "bed-1";
  r.at = {Duration(999s)};
  r.state = BedState::asleep;
  r.state_since = {Duration(400s)};
  r.why = "no movement for 6 min";
  r.load_kg = Measure{71.2F, {Duration(999600ms)}};
  return r;
}

TEST(LiveJson, AReadingHasAgesAndNullsForTheUnknown) {
  EXPECT_EQ(to_json(reading(), now),
            json::parse(R"({"bed":"bed-1","t":"2026-11-22T02:41:06.123Z","state":"asleep",
    "state_since":"2026-11-22T02:31:07.123Z","why":"no movement for 6 min","in_bed":null,"load_kg":{"v":71.2,"age_s":0.4},
    "movement_kg":null,"movement_percent":null,"activity_mg":null,"counts":null,"breath_rpm":null,
    "breath_quality":null,"breath_from":null,"heart_bpm":null,"heart_quality":null,"heart_from":null,"p_asleep":null})"));
}

TEST(LiveJson, AMeasureFromTheFutureHasNoNegativeAgeAndNanIsUnknown) {
  auto r = reading();
  r.load_kg = Measure{1, {Duration(2000s)}};
  r.movement_kg = Measure{std::nanf(""), {Duration(999s)}};
  EXPECT_EQ(to_json(r, now).at("load_kg").at("age_s"), 0);
  EXPECT_TRUE(to_json(r, now).at("movement_kg").is_null());
}

TEST(LiveJson, ReadingsFrame) {
  const std::vector<Reading> both{reading(), reading()};
  const auto frame = json::parse(readings_frame(both, now));
  EXPECT_EQ(frame.at("kind"), "readings");
  EXPECT_EQ(frame.at("t"), "2026-11-22T02:41:07.123Z");
  EXPECT_EQ(frame.at("beds").size(), 2U);
}

TEST(LiveJson, EpochAndRescoreLines) {
  Epoch e;
  e.bed = "bed-1";
  e.from = {Duration(970s)};
  e.score = EpochState::wake;
  e.state = BedState::restless;
  e.counts = 12.5F;
  e.scorer = "estimator 1";
  e.p_asleep = 0.25F;
  EXPECT_EQ(json::parse(replay_line(e, now)),
            json::parse(R"({"kind":"epoch","bed":"bed-1","from":"2026-11-22T02:40:37.123Z","score":"wake",
              "state":"restless","counts":12.5,"movement_kg":null,"load_kg":null,"scorer":"estimator 1","p_asleep":0.25})"));
  EXPECT_EQ(json::parse(replay_line(
                Rescore{"bed-1", {Duration(970s)}, EpochState::sleep, "estimator_hindsight 1", 0.9F}, now)),
            json::parse(R"({"kind":"rescore","bed":"bed-1","from":"2026-11-22T02:40:37.123Z","score":"sleep",
              "scorer":"estimator_hindsight 1","p_asleep":0.9})"));
  EXPECT_EQ(json::parse(replay_line(reading(), now)).at("kind"), "reading");
}

TEST(LiveJson, SnapshotHasANightOnlyWhenOneIsOpen) {
  BedSnapshot b;
  b.bed = "bed-1";
  b.label = "Bed \xFF";
  b.reading = reading();
  EXPECT_TRUE(to_json(b, now).at("night").is_null());
  EXPECT_EQ(to_json(b, now).at("label"), "Bed \xEF\xBF\xBD");
  b.night_open = true;
  b.night = "bed-1-20261122T010000";
  b.night_opened = now.wall;
  b.figures.tib_min = 100.25;
  b.figures.sol_min = 12;
  const auto night = to_json(b, now).at("night");
  EXPECT_EQ(night.at("night"), "bed-1-20261122T010000");
  EXPECT_EQ(night.at("opened"), "2026-11-22T02:41:07.123Z");
  EXPECT_EQ(night.at("figures").at("tib_min"), 100.25);
  EXPECT_TRUE(night.at("figures").at("waso_min").is_null());
  EXPECT_EQ(night.at("figures").size(), 35U);
}

TEST(LiveJson, DeviceNamesOnlyTheRejectsItHas) {
  DeviceHealth d;
  d.device = "axivity:CWA17_00123";
  d.driver = "axivity";
  d.state = DeviceState::live;
  d.rejects[static_cast<std::size_t>(Reject::checksum)] = 3;
  auto j = to_json(d, now);
  EXPECT_EQ(j.at("rejects"), json::parse(R"({"checksum":3})"));
  EXPECT_TRUE(j.at("age_s").is_null());
  EXPECT_TRUE(j.at("battery_percent").is_null());
  d.last_sample = Instant{Duration(998750ms)};
  EXPECT_EQ(to_json(d, now).at("age_s"), 1.25);
}

TEST(LiveJson, HelloHasWhatAClientNeeds) {
  BedSnapshot b;
  b.bed = "bed-1";
  b.reading = reading();
  Hello hello;
  hello.version = "0.1.0";
  hello.log_id = "log";
  hello.head = 41;
  hello.writing = false;
  hello.trouble = "disk full";
  hello.beds = {&b, 1};
  const auto j = json::parse(hello_frame(hello, now));
  EXPECT_EQ(j.at("kind"), "hello");
  EXPECT_EQ(j.at("log"), "log");
  EXPECT_EQ(j.at("head"), 41);
  EXPECT_EQ(j.at("time_scale"), 1);
  EXPECT_EQ(j.at("reset"), false);
  EXPECT_EQ(j.at("recording"), json::parse(R"({"writing":false,"trouble":"disk full"})"));
  EXPECT_EQ(j.at("beds").size(), 1U);
  EXPECT_TRUE(j.at("devices").empty());
}

TEST(LiveJson, OtherFrames) {
  Event e;
  e.seq = 3;
  e.payload = event::LightsOut{};
  const auto history = json::parse(history_frame({&e, 1}, 3, 9));
  EXPECT_EQ(history.at("through"), 3);
  EXPECT_EQ(history.at("head"), 9);
  EXPECT_EQ(history.at("events")[0].at("kind"), "lights.out");
  EXPECT_EQ(recording_frame(true, ""), R"({"kind":"recording","trouble":"","writing":true})");
  EXPECT_EQ(json::parse(beds_frame({}, now)).at("beds"), json::array());
  EXPECT_EQ(json::parse(devices_frame({}, now)).at("devices"), json::array());
}

TEST(Watch, TakesWhatAClientMaySay) {
  const auto w = watch_from_json(R"({"kind":"watch","beds":["a","b"],"waves":true})");
  ASSERT_TRUE(w);
  EXPECT_EQ(w->beds.size(), 2U);
  EXPECT_TRUE(w->waves);
  EXPECT_TRUE(watch_from_json(R"({"kind":"watch"})"));
  for (const auto* bad : {"", "[]", "{}", R"({"kind":"shout"})", R"({"kind":"watch","beds":"a"})",
                          R"({"kind":"watch","beds":[1]})", R"({"kind":"watch","waves":1})",
                          R"({"kind":"watch","x":1})", R"({"kind":7})"})
    EXPECT_FALSE(watch_from_json(bad)) << bad;
  EXPECT_FALSE(watch_from_json(R"({"kind":"watch","beds":[")" + std::string(48, 'x') + R"("]})"));
  EXPECT_FALSE(watch_from_json(std::string(5000, ' ')));
  EXPECT_FALSE(watch_from_json(std::string(4000, '[')));
}

TEST(WavesFrame, IsLaidOutAsDocumented) {
  const std::vector<BedWave> waves{{1, Trace::load, {7120, -1}}, {258, Trace::movement, {wave_absent}}};
  const auto f = waves_frame(waves, {std::chrono::microseconds(1500000), {}});
  ASSERT_EQ(f.size(), 16U + 4 + 4 + 4 + 2);
  const std::vector<std::uint8_t> bytes(f.begin(), f.end());
  EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + 8),
            (std::vector<std::uint8_t>{'V', 'W', 1, 0, 2, 0, 0, 0}));
  double first = 0;
  std::memcpy(&first, f.data() + 8, 8);
  EXPECT_EQ(first, 1.5);
  EXPECT_EQ(std::vector<std::uint8_t>(bytes.begin() + 16, bytes.end()),
            (std::vector<std::uint8_t>{1, 0, 0, 2, 0xD0, 0x1B, 0xFF, 0xFF, 2, 1, 1, 1, 0x00, 0x80}));
}

TEST(WavesFrame, ALongTraceIsCutNotMiscounted) {
  const std::vector<BedWave> waves{{0, Trace::load, std::vector<std::int16_t>(1000, 1)}};
  const auto f = waves_frame(waves, {});
  EXPECT_EQ(f.size(), 16U + 4 + 254 * 2);
  EXPECT_EQ(static_cast<std::uint8_t>(f[19]), 254);
}

TEST(History, NightWithEventsAndEpochs) {
  NightRow n;
  n.night = "bed-1-20261122T010000";
  n.bed = "bed-1";
  n.opened = now.wall;
  n.algorithm = {"night", "1"};
  auto j = json::parse(nights_text({&n, 1})).at("nights")[0];
  EXPECT_TRUE(j.at("closed").is_null());
  EXPECT_TRUE(j.at("figures").is_null());
  n.closed = now.wall;
  n.figures = NightFigures{};
  Event e;
  e.seq = 1;
  e.payload = event::LightsOn{};
  EpochRow row;
  row.from = now.wall;
  row.epoch.score = EpochState::sleep;
  row.rescored = EpochState::wake;
  row.epoch.load_kg = 70.1F;
  row.epoch.p_asleep = 0.81F;
  row.rescored_p_asleep = 0.125F;
  row.rescorer = "estimator 1";
  j = json::parse(night_text(n, {&e, 1}, {&row, 1}));
  EXPECT_EQ(j.at("closed"), "2026-11-22T02:41:07.123Z");
  EXPECT_EQ(j.at("figures").at("tib_min"), 0.0);
  EXPECT_EQ(j.at("events").size(), 1U);
  EXPECT_EQ(j.at("epochs")[0],
            json::parse(R"({"from":"2026-11-22T02:41:07.123Z","score":"sleep","rescored":"wake",
    "state":"unknown","counts":null,"movement_kg":null,"load_kg":70.1,"scorer":"",
    "rescorer":"estimator 1","p_asleep":0.81,"rescored_p_asleep":0.125})"));
  EXPECT_EQ(json::parse(replay_line(n)).at("kind"), "night.figures");
  EXPECT_EQ(json::parse(epochs_text({&row, 1})).at("epochs").size(), 1U);
}

TEST(History, ReadingsEventsAndAnswers) {
  ReadingRow r;
  r.wall = now.wall;
  r.state = BedState::awake;
  r.heart_bpm = 61.5F;
  r.p_asleep = 0.07F;
  EXPECT_EQ(json::parse(readings_text({&r, 1})), json::parse(R"({"readings":[{"t":"2026-11-22T02:41:07.123Z",
    "state":"awake","load_kg":null,"movement_kg":null,"activity_mg":null,"breath_rpm":null,"heart_bpm":61.5,
    "p_asleep":0.07}]})"));
  EXPECT_EQ(events_text({}, 7), R"({"events":[],"head":7})");
  Event e;
  e.seq = 4;
  e.payload = event::LightsOn{};
  EXPECT_EQ(json::parse(entered_text(e, true)).at("repeated"), true);
  EXPECT_EQ(error_text("bad_entry", "x \xFF"),
            "{\"error\":{\"code\":\"bad_entry\",\"message\":\"x \xEF\xBF\xBD\"}}");
}

TEST(Query, DecodesAndRefuses) {
  const auto q = parse_query("since=12&bed=bed%2D1&t=2026-11-22T03:41:07%2B01:00&flag&&since=99&s=a+b");
  ASSERT_TRUE(q);
  EXPECT_EQ(q->at("since"), "12");
  EXPECT_EQ(q->at("bed"), "bed-1");
  EXPECT_EQ(q->at("t"), "2026-11-22T03:41:07+01:00");
  EXPECT_EQ(q->at("flag"), "");
  EXPECT_EQ(q->at("s"), "a b");
  EXPECT_TRUE(parse_query("")->empty());
  for (const auto* bad : {"a=%", "a=%2", "a=%zz", "a=%FF", "a=%00", "%FF=1"})
    EXPECT_FALSE(parse_query(bad)) << bad;
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += "k" + std::to_string(i) + "=1&";
  EXPECT_FALSE(parse_query(many));
}

}  // namespace
}  // namespace vigil::wire
