#include "wire/event_json.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/pain_terms.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

WallTime wall(std::int64_t us, int offset_min = 0) {
  return {std::chrono::microseconds(us), std::chrono::minutes(offset_min)};
}

Event bed_left() {
  Event e;
  e.seq = 12;
  e.bed = "bed-1";
  e.at = {123ns};
  e.boot = "boot-a";
  e.wall = wall(1795315267123456, 60);
  e.zone = "Europe/Berlin";
  e.algorithm = {"presence", "1"};
  e.simulated = true;
  e.payload = event::BedLeft{10s, 1234500ms, 4.2};
  return e;
}

// A value of every field type, different from its default, so that a field that is dropped shows.
struct Fill {
  int n = 1;
  void operator()(std::string_view, Name& v) { v = Name("name-" + std::to_string(n++)); }
  void operator()(std::string_view, std::string& v) {
    v = "text \"" + std::to_string(n++) + "\" \n \xC3\xA4";
  }
  void operator()(std::string_view, bool& v) { v = !v; }
  void operator()(std::string_view, std::int64_t& v) { v = 1000000007LL * n++; }
  void operator()(std::string_view, int& v) { v = n++; }
  void operator()(std::string_view, double& v) { v = 0.1 * n++; }
  void operator()(std::string_view, Duration& v) { v = std::chrono::nanoseconds(123456789012345 + n++); }
  void operator()(std::string_view, std::vector<std::string>& v) { v = {"a", "b" + std::to_string(n++)}; }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& v) {
    v.emplace();
    (*this)(name, *v);
  }
};

template <std::size_t I = 0>
void each_kind(auto&& visit) {
  if constexpr (I < std::variant_size_v<Payload>) {
    visit(std::variant_alternative_t<I, Payload>{});
    each_kind<I + 1>(visit);
  }
}

TEST(Payload, EveryKindComesBackAsItWent) {
  int kinds = 0;
  each_kind([&](auto event) {
    ++kinds;
    std::decay_t<decltype(event)>::fields(event, Fill{});
    const auto stored = payload_to_text(event);
    const auto back = payload_from_text(event.kind, stored);
    ASSERT_TRUE(back) << event.kind << ": " << back.error().what;
    EXPECT_EQ(payload_to_text(*back), stored);
    EXPECT_EQ(kind(*back), event.kind);
  });
  EXPECT_GE(kinds, 29);
}

TEST(Payload, DurationsKeepTheirNanosecond) {
  for (const auto d :
       {1ns, 999999999ns, Duration(8h + 1ns), Duration(-3s - 7ns), Duration(24h * 30 + 123456789ns)}) {
    const auto back = payload_from_text("sleep.began", payload_to_text(event::SleepBegan{d}));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<event::SleepBegan>(*back).ago, d);
  }
}

TEST(Payload, WhatIsUnknownIsNullAndComesBackUnknown) {
  const auto stored = payload_to_json(event::BedEntered{2s, std::nullopt, std::nullopt});
  EXPECT_TRUE(stored.at("load_kg").is_null());
  const auto back = payload_from_json("bed.entered", stored);
  ASSERT_TRUE(back);
  EXPECT_FALSE(std::get<event::BedEntered>(*back).load_kg);
}

TEST(Payload, AWrongTypeNamesKindAndField) {
  const auto wrong = [](std::string_view kind, const char* data) {
    const auto r = payload_from_text(kind, data);
    return r ? std::string("no error") : r.error().what;
  };
  EXPECT_EQ(wrong("bed.left", R"({"ago_s":"ten"})"),
            R"(bed.left.ago_s: expected a number of seconds, found "ten")");
  EXPECT_EQ(wrong("bed.left", R"({"ago_s":1e300})"),
            "bed.left.ago_s: expected a number of seconds, found 1e+300");
  EXPECT_EQ(wrong("awakening.ended", R"({"number":1.5})"),
            "awakening.ended.number: expected a whole number, found 1.5");
  EXPECT_EQ(wrong("awakening.ended", R"({"number":18446744073709551615})"),
            "awakening.ended.number: expected a whole number, found 18446744073709551615");
  EXPECT_EQ(wrong("night.closed", R"({"nwak_1min":4294967296})"),
            "night.closed.nwak_1min: expected a whole number of 32 bits, found 4294967296");
  EXPECT_EQ(wrong("daemon.started", R"({"clean":1})"),
            "daemon.started.clean: expected true or false, found 1");
  EXPECT_EQ(wrong("pain.checkin", R"({"regions":["a",1]})"),
            "pain.checkin.regions: expected a list of texts, found a list");
  EXPECT_EQ(
      wrong("device.lost", R"({"device":")"
                           "0123456789012345678901234567890123456789012345678"
                           R"("})"),
      R"(device.lost.device: expected a text of at most 47 bytes, found "0123456789012345678901234567890123456789012345678")");
  EXPECT_THAT(wrong("bed.exploded", "{}"), HasSubstr("\"bed.exploded\" is not a kind of event"));
  EXPECT_EQ(wrong("bed.left", "[]"), "bed.left: expected an object, found a list");
  EXPECT_EQ(wrong("bed.left", "{"), "bed.left: the data is not JSON");
}

TEST(Payload, ReadsWhatAnOlderOrNewerProgramStored) {
  const auto r =
      payload_from_text("recording.gap", R"({"lasted_s":5.0,"cause":"daemon down","colour":"red"})");
  ASSERT_TRUE(r);
  EXPECT_EQ(std::get<event::RecordingGap>(*r).lasted, 5s);
  EXPECT_EQ(std::get<event::RecordingGap>(*r).unrecorded, 0);
}

TEST(Payload, ANightThatAnOlderProgramClosedLacksTheLaterFigures) {
  const auto back = payload_from_text(
      "night.closed",
      R"({"night":"bed-1-20261121T220000","ago_s":5400.0,"tib_min":100.5,"sol_min":20.0,"waso_min":7.0,
          "tst_min":70.0,"se_percent":69.6,"se_low_percent":69.6,"se_high_percent":75.0,"nwak_1min":2,
          "nwak_5min":1,"exits":1,"position_changes":9,"restless_episodes":1,"unknown_min":5.5,
          "coverage_percent":94.5})");
  ASSERT_TRUE(back) << back.error().what;
  NightFigures expected;
  expected.tib_min = 100.5, expected.sol_min = 20, expected.waso_min = 7, expected.tst_min = 70;
  expected.se_percent = 69.6, expected.se_low_percent = 69.6, expected.se_high_percent = 75;
  expected.nwak_1min = 2, expected.nwak_5min = 1, expected.exits = 1, expected.position_changes = 9;
  expected.restless_episodes = 1, expected.unknown_min = 5.5, expected.coverage_percent = 94.5;
  expected.nap = true;  // told by its length
  EXPECT_EQ(std::get<event::NightClosed>(*back).figures, expected);
}

TEST(EventJson, HasTheContractsForm) {
  EXPECT_EQ(json::parse(to_line(bed_left())), json::parse(R"({"kind":"bed.left","seq":12,"bed":"bed-1",
    "t":"2026-11-22T02:41:07.123Z","local":"2026-11-22T03:41:07.123+01:00","zone":"Europe/Berlin","boot":"boot-a",
    "at_ns":123,"algorithm":"presence","version":"1","simulated":true,
    "data":{"ago_s":10.0,"stay_s":1234.5,"tare_kg":4.2}})"));
  EXPECT_EQ(to_line(bed_left()).find('\n'), std::string::npos);
}

TEST(EventJson, UnrecordedHasNoSeqAndSaysSo) {
  auto e = bed_left();
  e.seq = 0;
  e.algorithm = {};
  e.person = "p-017";
  e.client_id = "abcdefgh";
  const auto j = to_json(e);
  EXPECT_FALSE(j.contains("seq"));
  EXPECT_EQ(j.at("unrecorded"), true);
  EXPECT_FALSE(j.contains("algorithm"));
  EXPECT_EQ(j.at("person"), "p-017");
  EXPECT_EQ(j.at("client_id"), "abcdefgh");
}

TEST(EventJson, TextThatIsNotUtf8IsMendedNotThrown) {
  auto e = bed_left();
  e.payload = event::DeviceLost{"scale", "read error \xFF\xC3"};
  EXPECT_EQ(json::parse(to_line(e)).at("data").at("reason"), "read error \xEF\xBF\xBD\xEF\xBF\xBD");
}

std::string entry(std::string_view kind, std::string_view data, std::string_view id = "0123abcd-EF") {
  return R"({"id":")" + std::string(id) + R"(","kind":")" + std::string(kind) + R"(","data":)" +
         std::string(data) + "}";
}
std::string refused(const std::string& body) {
  const auto r = entry_from_json(body);
  return r ? "accepted" : r.error().what;
}

TEST(Entry, CheckinIsTaken) {
  const auto r =
      entry_from_json(entry("pain.checkin", R"({"score":7,"regions":["lower back"],"qualities":["aching"],
                                                         "note":"dumpf ä\nseit 3 Uhr"})"));
  ASSERT_TRUE(r) << r.error().what;
  EXPECT_EQ(r->client_id, "0123abcd-EF");
  const auto& e = std::get<event::PainCheckin>(r->payload);
  EXPECT_EQ(e.score, 7);
  EXPECT_EQ(e.regions, std::vector<std::string>{"lower back"});
  EXPECT_EQ(e.note, "dumpf ä\nseit 3 Uhr");
}

TEST(Entry, OneTapIsEnough) {
  EXPECT_TRUE(entry_from_json(entry("pain.checkin", R"({"score":0})")));
  EXPECT_TRUE(entry_from_json(entry("pain.checkin", R"({"score":10})")));
  EXPECT_TRUE(entry_from_json(R"({"id":"12345678","kind":"lights.out"})"));
  EXPECT_TRUE(entry_from_json(entry("entry.corrected", R"({"corrects":3,"score":null,"withdrawn":true})")));
  EXPECT_TRUE(entry_from_json(entry("note.added", R"({"text":"x"})")));
}

TEST(Entry, EachMistakeNamesItsField) {
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":11})")),
            "data.score: expected a whole number from 0 to 10, found 11");
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":-1})")),
            "data.score: expected a whole number from 0 to 10, found -1");
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":7.5})")),
            "data.score: expected a whole number, found 7.5");
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":"7"})")),
            R"(data.score: expected a whole number, found "7")");
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":null})")),
            "data.score: expected a whole number, found null");
  EXPECT_EQ(refused(entry("pain.checkin", "{}")), "data.score is missing");
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":1,"score":2})")), R"(the key "score" is given twice)");
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":1,"scroe":2})")),
            R"(data."scroe" is not known: expected score, regions, qualities, note)");
  EXPECT_THAT(refused(entry("pain.checkin", R"({"score":1,"regions":["back"]})")),
              HasSubstr(R"(data.regions[0]: expected one of head, face,)"));
  EXPECT_EQ(refused(entry("pain.checkin", R"({"score":1,"regions":["hip","hip"]})")),
            "data.regions[1]: hip is given twice");
  EXPECT_EQ(
      refused(entry("pain.checkin", R"({"score":1,"regions":["head","face","neck","chest","hip","foot","knee",
                                              "hand","wrist"]})")),
      "data.regions: expected at most 8, found 9");
  EXPECT_THAT(refused(entry("pain.checkin", R"({"score":1,"qualities":["awful"]})")),
              HasSubstr(R"(data.qualities[0]: expected one of aching,)"));
  EXPECT_EQ(refused(entry("note.added", R"({"text":""})")), "data.text: expected a text, found none");
  EXPECT_EQ(refused(entry("note.added", R"({"text":")" + std::string(2001, 'x') + R"("})")),
            "data.text: expected at most 2000 bytes, found 2001");
  EXPECT_EQ(refused(entry("note.added", R"({"text":"a\u0000b"})")),
            "data.text: expected a text without control characters");
  EXPECT_THAT(refused(entry("note.added", "{\"text\":\"a\xFF\"}")), HasSubstr("the body is not JSON"));
  EXPECT_THAT(refused(entry("note.added", R"({"text":"\ud800"})")), HasSubstr("the body is not JSON"));
  EXPECT_EQ(refused(entry("entry.corrected", R"({"corrects":0,"note":"x"})")),
            "data.corrects: expected the seq of an entry, found 0");
  EXPECT_EQ(refused(entry("entry.corrected", R"({"corrects":4})")),
            "data: corrects nothing: expected withdrawn, a score or a note");
  EXPECT_EQ(refused(entry("entry.corrected", R"({"corrects":4,"score":12})")),
            "data.score: expected a whole number from 0 to 10, found 12");
  EXPECT_EQ(refused(entry("lights.out", R"({"why":"dark"})")),
            R"(data."why" is not known: expected no fields)");
  EXPECT_EQ(refused(entry("lights.out", "[]")), "data: expected an object, found a list");
}

TEST(Entry, OnlyWhatPeopleEnterMayBeEntered) {
  for (const auto* kind : {"bed.left", "daemon.stopped", "pain.prompted", "no.such"})
    EXPECT_THAT(refused(entry(kind, "{}")),
                HasSubstr("kind: expected one of lights.out, lights.on, pain.checkin, note.added, "
                          "entry.corrected, call.seen; found"));
  EXPECT_EQ(refused(R"({"id":"12345678"})"), "kind is missing");
  EXPECT_EQ(refused(R"({"id":"12345678","kind":3})"), "kind: expected a text, found 3");
}

TEST(Entry, ClientIdsAreShortAndPlain) {
  EXPECT_EQ(refused(R"({"kind":"lights.on"})"), "id is missing");
  for (const auto* id : {"1234567", "has space", "semi;colon", "umlaut-\xC3\xA4"})
    EXPECT_THAT(refused(entry("lights.on", "{}", id)),
                HasSubstr("id: expected 8 to 64 letters, digits or hyphens"));
  EXPECT_THAT(refused(entry("lights.on", "{}", std::string(65, 'a'))), HasSubstr("id: expected 8 to 64"));
  EXPECT_TRUE(entry_from_json(entry("lights.on", "{}", std::string(64, 'a'))));
  EXPECT_THAT(refused(R"({"id":12345678,"kind":"lights.on"})"), HasSubstr("id: expected 8 to 64"));
}

TEST(Entry, OddBodiesAreRefusedCheaply) {
  EXPECT_THAT(refused(""), HasSubstr("the body is not JSON"));
  EXPECT_THAT(refused("\xEF\xBB\xBF"), HasSubstr("the body is not JSON"));
  EXPECT_THAT(refused("nonsense"), HasSubstr("the body is not JSON"));
  EXPECT_EQ(refused("7"), "expected an object with id, kind and data, found 7");
  EXPECT_EQ(refused(R"({"id":"12345678","kind":"lights.on","admin":true})"),
            R"("admin" is not known: expected id, kind and data)");
  EXPECT_EQ(refused(std::string(60000, '[')), "the body is nested too deeply: expected at most 8 levels");
  EXPECT_EQ(refused(std::string(100000, ' ')), "the body has 100000 bytes: expected at most 65536");
  EXPECT_THAT(refused(entry("lights.on", "{}") + "{}"), HasSubstr("the body is not JSON"));
}

TEST(PainTerms, AreDistinctAndUnambiguous) {
  for (const auto& t : pain_regions)
    EXPECT_EQ(find_term(pain_regions, t.label), &t);
  for (const auto& t : pain_qualities)
    EXPECT_EQ(find_term(pain_qualities, t.label), &t);
  EXPECT_EQ(pain_regions.size(), 21U);
  EXPECT_EQ(pain_qualities.size(), 11U);
}

TEST(Iso, WritesUtcAndLocal) {
  EXPECT_EQ(iso_utc(wall(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_utc(wall(1795315267123999)), "2026-11-22T02:41:07.123Z");
  EXPECT_EQ(iso_utc(wall(951782400000000)), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(iso_local(wall(1795315267123456, -210)), "2026-11-21T23:11:07.123-03:30");
  EXPECT_EQ(iso_local(wall(1795315267123456, 345)), "2026-11-22T08:26:07.123+05:45");
  EXPECT_EQ(iso_utc(wall(INT64_MAX)), "9999-12-31T23:59:59.000Z");
  EXPECT_EQ(iso_utc(wall(INT64_MIN)), "1970-01-01T00:00:00.000Z");
}

TEST(Iso, ReadsWhatItWritesAndMore) {
  EXPECT_EQ(parse_iso("2026-11-22T02:41:07.123Z"), wall(1795315267123000));
  EXPECT_EQ(parse_iso("2026-11-22T03:41:07.123456+01:00"), wall(1795315267123456, 60));
  EXPECT_EQ(parse_iso("2026-11-22T02:41:07Z"), wall(1795315267000000));
  EXPECT_EQ(parse_iso("2026-11-22 02:41:07.123456789Z"), wall(1795315267123456));
  EXPECT_EQ(parse_iso("2026-11-21T23:11:07-03:30"), wall(1795315267000000, -210));
}

TEST(Iso, RefusesWhatIsNoTime) {
  for (const auto* bad : {"",
                          "2026",
                          "2026-11-22",
                          "2026-11-22T02:41",
                          "2026-11-22T02:41:07",
                          "2026-13-22T02:41:07Z",
                          "2026-02-30T02:41:07Z",
                          "2026-11-22T24:00:00Z",
                          "2026-11-22T02:60:07Z",
                          "2026-11-22T02:41:60Z",
                          "2026-11-22T02:41:07.Z",
                          "2026-11-22T02:41:07.1234567890Z",
                          "2026-11-22T02:41:07Zx",
                          "2026-11-22T02:41:07+1:00",
                          "2026-11-22T02:41:07+01:60",
                          "2026-11-22T02:41:07+24:00",
                          "1969-12-31T23:59:59Z",
                          "+026-11-22T02:41:07Z",
                          "2026-11-22T02:41:07+",
                          " 2026-11-22T02:41:07Z",
                          "now"})
    EXPECT_FALSE(parse_iso(bad)) << bad;
}

TEST(Utf8, IsStrict) {
  for (const auto* good :
       {"", "plain", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\xB4", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto* bad : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF8\x88\x80\x80\x80", "\xF0\x9F\x98", "\xFF", "a\xE2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
  EXPECT_EQ(mended_utf8("a\xE2\x82z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace vigil::wire
