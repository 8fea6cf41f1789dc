#include "wire/hypnogram.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/edf.hpp"

namespace vigil::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

Hypnogram read(const std::string& text, std::optional<double> epoch_s = {}) {
  return read_hypnogram("night", std::as_bytes(std::span(text)), epoch_s);
}
std::string refused(const std::string& text, std::optional<double> epoch_s = {}) {
  try {
    read(text, epoch_s);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}
/// "WSS?"
std::string letters(const Hypnogram& h) {
  std::string out;
  for (const auto e : h.epochs)
    out += e == EpochState::sleep ? 'S' : e == EpochState::wake ? 'W' : '?';
  return out;
}

std::string edf(const std::vector<EdfAnnotation>& annotations) {
  Edf e;
  e.start = std::chrono::local_days(std::chrono::year(2026) / 11 / 21) + 22h;
  e.record_s = 0;
  e.records = 1;
  e.annotations = annotations;
  const auto bytes = write_edf(e);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Stage, words_numbers_and_how_labs_write_them) {
  for (const auto* text : {"W", "wake", "Sleep stage W", "Wake|0", "0", "SLEEP-STAGE_W", " awake "})
    EXPECT_EQ(stage_of(text), EpochState::wake) << text;
  for (const auto* text : {"N1", "n3", "R", "REM", "Sleep stage 2", "Stage 1 sleep|1", "REM sleep|5", "3",
                           "5.0", "Stage 4", "S2", "asleep"})
    EXPECT_EQ(stage_of(text), EpochState::sleep) << text;
  for (const auto* text : {"?", "M", "Movement time", "Sleep stage ?", "Unscored|9", "Movement|6", "9", "6",
                           "-1", "", "unknown", "artefact", "NaN"})
    EXPECT_EQ(stage_of(text), EpochState::unknown) << text;
  for (const auto* text : {"N9", "11", "0.5", "Arousal", "Sleep stage", "stage"})
    EXPECT_FALSE(stage_of(text)) << text;
}

TEST(Hypnogram, edf_annotations_with_lights_and_movement) {
  const auto h = read(edf({{0, {}, "Lights off@@EEG"},
                           {30, 90, "Sleep stage W"},
                           {120, 60, "Sleep stage N2"},
                           {180, 30, "Movement time"},
                           {210, 30, "SLEEP STAGE r"},
                           {215, {}, "Arousal"},
                           {240, 30, "Sleep stage M"},
                           {270, 30, "Sleep stage 4"},
                           {330, {}, "Lights on"},
                           {300, 900, "Sleep stage ?"}}));
  EXPECT_EQ(letters(h), "WWWSS?S?S") << "what is not scored at the end is cut off";
  EXPECT_EQ(h.clock, Hypnogram::Clock::local);
  EXPECT_EQ(h.start,
            (std::chrono::local_days(std::chrono::year(2026) / 11 / 21) + 22h + 30s).time_since_epoch());
  EXPECT_EQ(h.start - h.zero, 30s);
  EXPECT_EQ(h.lights_out, Duration(-30s));
  EXPECT_EQ(h.lights_on, Duration(300s));
  EXPECT_THAT(h.remarks, ElementsAre());
}

TEST(Hypnogram, edf_without_durations_lasts_until_the_next) {
  EXPECT_EQ(
      letters(read(edf({{0, {}, "Sleep stage W"}, {60, {}, "Sleep stage 1"}, {150, {}, "Sleep stage W"}}))),
      "WWSSSW");
}

TEST(Hypnogram, edf_of_bare_words_where_nothing_says_sleep_stage) {
  EXPECT_EQ(letters(read(edf({{0, 30, "W"}, {30, 60, "N2"}, {45, 5, "Movement"}, {90, 30, "REM"}}))), "WSSS");
}

TEST(Hypnogram, an_artefact_covers_what_it_fills_half_of) {
  EXPECT_EQ(letters(read(edf({{0, 150, "Sleep stage 2"}, {50, 40, "Artefact"}}))), "SS?SS");
}

TEST(Hypnogram, edf_mistakes_are_named_with_their_place) {
  EXPECT_EQ(refused(edf({{0, 30, "Sleep stage W"}, {30, 30, "Sleep stage X9"}})),
            "night: annotation at +30 s: expected a stage as 'Sleep stage N2', found 'Sleep stage X9'");
  EXPECT_EQ(
      refused(edf({{0, 30, "Sleep stage W"}, {40, 30, "Sleep stage N2"}})),
      "night: annotation at +40 s: expected an onset a multiple of 30 s after the first at 0 s, found 40 s");
  EXPECT_EQ(refused(edf({{0, 60, "Sleep stage W"}, {30, 30, "Sleep stage N2"}})),
            "night: annotation at +30 s: expected one stage an epoch, found a second for the one at 30 s: "
            "sleep after wake");
  EXPECT_EQ(refused(edf({{0, {}, "Arousal"}})),
            "night: expected annotations as 'Sleep stage N2', found 1 of another kind, the first 'Arousal'");
  EXPECT_EQ(refused(edf({})), "night: expected annotations as 'Sleep stage N2', found none");
  EXPECT_THAT(refused("0       broken"), HasSubstr("night: expected 256 bytes of header"));
  EXPECT_EQ(refused(edf({{0, 30, "Sleep stage ?"}})),
            "night: expected epochs of sleep or wake, found none scored");
  EXPECT_THAT(refused(edf({{0, 30, "Sleep stage W"}, {150000, 30, "Sleep stage W"}})),
              HasSubstr("expected at most 40 h of epochs"));
  EXPECT_THAT(refused(edf({{0, 200000, "Sleep stage 2"}})), HasSubstr("expected at most 40 h of epochs"));
  EXPECT_THAT(read(edf({{0, 40, "Sleep stage 2"}})).remarks,
              ElementsAre(HasSubstr("no whole number of 30-s epochs")));
}

TEST(Hypnogram, csv_by_seconds_by_dates_and_by_number) {
  const auto seconds = read("onset;Stage\n0;W\n30;\"N1\"\r\n60;2\n\n120;R\n");
  EXPECT_EQ(letters(seconds), "WSS?S");
  EXPECT_EQ(seconds.clock, Hypnogram::Clock::relative);
  EXPECT_EQ(seconds.start, 0us);

  const auto local =
      read("# scored by two\ntime,state\n2026-11-21 22:00:00,wake\n2026-11-21 22:00:30,sleep\n");
  EXPECT_EQ(letters(local), "WS");
  EXPECT_EQ(local.clock, Hypnogram::Clock::local);
  EXPECT_EQ(local.start, std::chrono::microseconds(1795298400000000));

  const auto zoned = read("stage\tt\nW\t2026-11-21T23:00:00+01:00\nN2\t2026-11-21T22:00:30Z\n");
  EXPECT_EQ(letters(zoned), "WS");
  EXPECT_EQ(zoned.clock, Hypnogram::Clock::zoned);
  EXPECT_EQ(zoned.start, std::chrono::microseconds(1795298400000000));

  const auto numbers = read(
      "\xEF\xBB\xBF"
      "Epoch,Sleep_Stage\n3,0\n4,1\n6,5\n");
  EXPECT_EQ(letters(numbers), "WS?S");
  EXPECT_EQ(numbers.start, 60s);
  EXPECT_EQ(read("epoch,stage\n0,1\n").start, 0us);
  EXPECT_EQ(letters(read("W\nN1\n?\n2\n")), "WS?S");
  EXPECT_EQ(letters(read("stage\n?\n0\n1\n")), "WS");
  EXPECT_EQ(read("stage\n?\n0\n1\n").start, 30s) << "what is not scored at the beginning is cut off";
}

TEST(Hypnogram, csv_of_longer_epochs_and_of_runs) {
  EXPECT_EQ(letters(read("t,stage\n0,W\n60,S\n120,W\n")), "WWSSWW");
  EXPECT_EQ(letters(read("stage\nW\nS\n", 60)), "WWSS");
  EXPECT_EQ(letters(read("onset,duration,stage\n0,90,W\n90,30,N1\n120,60,?\n180,30,W\n")), "WWWS??W");
}

TEST(Hypnogram, csv_mistakes_are_named_with_file_and_line) {
  EXPECT_EQ(refused(""), "night: expected a table of sleep stages, found nothing");
  EXPECT_EQ(refused("t,stage\n"), "night: expected a table of sleep stages, found a header alone");
  EXPECT_EQ(refused("a,b\n1,2\n"),
            "night:1: expected a header with a column 'stage' or 'state', found 'a,b'");
  EXPECT_EQ(refused("t,stage\n0,W\n30,nap\n"),
            "night:3: stage: expected W, N1, N2, N3, R, 0 to 5, wake, sleep or unknown, found 'nap'");
  EXPECT_EQ(refused("t,stage\n0,W\nlater,N1\n"),
            "night:3: time: expected seconds or a time as 2026-11-22T22:00:00, found 'later'");
  EXPECT_EQ(refused("t,stage\n0,W\n2026-11-22T22:00:00,N1\n"),
            "night:3: time: expected all times of one form, found '2026-11-22T22:00:00'");
  EXPECT_EQ(refused("t,stage\n0\n"), "night:2: stage: expected in column 2, found a row of 1");
  EXPECT_EQ(refused("t,stage\n0,W\n20,W\n40,N1\n"),
            "night: expected epochs of 30 s or a multiple, found 20 s");
  EXPECT_EQ(refused("epoch,stage\n1.5,W\n"), "night:2: epoch: expected a whole number, found '1.5'");
  EXPECT_EQ(refused("t,duration,stage\n0,-30,W\n"),
            "night:2: duration: expected a number of seconds, found '-30'");
  EXPECT_EQ(refused("t,stage\n0,W\n0,N1\n30,W\n"),
            "night:3: expected one stage an epoch, found a second for the one at 0 s: sleep after wake");
  EXPECT_THAT(refused("t,stage\n0,W\n30,W\n1e6,W\n"), HasSubstr("night:4: expected at most 40 h"));
  EXPECT_EQ(refused(std::string("t\x01,\x02stage\n")),
            "night:1: expected a header with a column 'stage' or 'state', found 't?,?stage'");
}

constexpr auto nsrr = R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<PSGAnnotation><SoftwareVersion>Compumedics</SoftwareVersion><EpochLength>30</EpochLength><ScoredEvents>
<ScoredEvent><EventType/><EventConcept>Recording Start Time</EventConcept><Start>0</Start><Duration>28800.0</Duration></ScoredEvent>
<ScoredEvent><EventType>Arousals|Arousals</EventType><EventConcept>Arousal|Arousal ()</EventConcept><Start>61.2</Start><Duration>5</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Wake|0</EventConcept><Start>0</Start><Duration>60.0</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Stage 1 sleep|1</EventConcept><Start>60.0</Start><Duration>30</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Unscored|9</EventConcept><Start>90</Start><Duration>30</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>REM sleep|5</EventConcept><Start>120</Start><Duration>60</Duration></ScoredEvent>
</ScoredEvents></PSGAnnotation>)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(Hypnogram, xml_of_the_nsrr) {
  const auto h = read(nsrr);
  EXPECT_EQ(letters(h), "WWS?SS");
  EXPECT_EQ(h.clock, Hypnogram::Clock::relative);
  EXPECT_EQ(h.start, 0us);
  EXPECT_EQ(h.format, "NSRR XML");
}

TEST(Hypnogram, xml_of_profusion) {
  const std::string stages =
      "<SleepStages><SleepStage>0</SleepStage><SleepStage>2</SleepStage><SleepStage>6</SleepStage>"
      "<SleepStage>5</SleepStage></SleepStages></CMPStudyConfig>";
  const auto h = read("\xEF\xBB\xBF<CMPStudyConfig><EpochLength>30</EpochLength>" + stages);
  EXPECT_EQ(letters(h), "WS?S");
  EXPECT_EQ(h.format, "Profusion XML");
  EXPECT_EQ(letters(read("<CMPStudyConfig><EpochLength>60</EpochLength>" + stages)), "WWSS??SS");
  std::string wide("\xFF\xFE", 2);
  for (const char c : "<CMPStudyConfig>" + stages)
    wide += std::string{c, '\0'};
  EXPECT_EQ(letters(read(wide)), "WS?S") << "as Windows writes it";
  EXPECT_EQ(refused("<CMPStudyConfig><EpochLength>20</EpochLength>" + stages),
            "night: EpochLength: expected 30 s or a multiple, found 20");
  EXPECT_EQ(refused("<CMPStudyConfig>" + replaced(stages, ">6<", "><")),
            "night: SleepStage 3: expected 0 to 9, found ''");
}

TEST(Hypnogram, xml_mistakes_are_named_with_their_element) {
  EXPECT_EQ(refused(replaced(nsrr, "<Start>60.0</Start>", "<Start>soon</Start>")),
            "night: ScoredEvent 4: Start: expected a number of seconds, found 'soon'");
  EXPECT_EQ(refused(replaced(nsrr, "<Duration>60</Duration>", "")),
            "night: ScoredEvent 6: Duration: expected a number of seconds, found ''");
  EXPECT_EQ(refused(replaced(nsrr, "Stage 1 sleep|1", "Nap|12")),
            "night: ScoredEvent 4: EventConcept: expected a stage as 'Stage 2 sleep|2', found 'Nap|12'");
  EXPECT_EQ(refused(replaced(nsrr, "<Start>60.0</Start>", "<Start>61</Start>")),
            "night: ScoredEvent 4: expected an onset a multiple of 30 s after the first at 0 s, found 61 s");
  EXPECT_THAT(refused(replaced(nsrr, "</ScoredEvents>", "")), testing::StartsWith("night: byte "));
  EXPECT_EQ(
      refused("<html><body/></html>"),
      "night: expected PSGAnnotation with ScoredEvents or CMPStudyConfig with SleepStages, found 'html'");
  EXPECT_EQ(refused("<PSGAnnotation><ScoredEvents/></PSGAnnotation>"),
            "night: expected sleep stages (ScoredEvent of EventType Stages|Stages), found none");
}

TEST(Hypnogram, xml_that_would_grow_does_not) {
  EXPECT_EQ(
      refused(R"(<!DOCTYPE x [<!ENTITY a "0"><!ENTITY b "&a;&a;">]>)"
              R"(<CMPStudyConfig><SleepStages><SleepStage>&b;</SleepStage></SleepStages></CMPStudyConfig>)"),
      "night: SleepStage 1: expected 0 to 9, found '&b;'");
}

}  // namespace
}  // namespace vigil::wire
