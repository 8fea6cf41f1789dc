#include "wire/edf.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A file put together by hand from the specification: one signal of 2 samples, annotations of 16 bytes, 2
// records.
std::string field(std::string text, std::size_t width) {
  text.resize(width, ' ');
  return text;
}
std::string by_hand(const std::string& reserved = "EDF+C", const std::string& records = "2") {
  std::string f = field("0", 8) + field("X F 02-MAY-1951 X", 80) + field("Startdate 22-NOV-2026 X X X", 80) +
                  "22.11.26" + "23.59.58" + field("768", 8) + field(reserved, 44) + field(records, 8) +
                  field("30", 8) + field("2", 4);
  const auto each = [&](const char* a, const char* b, std::size_t width) {
    f += field(a, width) + field(b, width);
  };
  each("Load", "EDF Annotations", 16);
  each("four cells", "", 80);
  each("kg", "", 8);
  each("-100", "-1", 8);
  each("100", "1", 8);
  each("-2000", "-32768", 8);
  each("2000", "32767", 8);
  each("LP:10Hz", "", 80);
  each("2", "16", 8);
  each("", "", 32);
  EXPECT_EQ(f.size(), 768U);
  const auto annotations = [](std::string text) {
    text.resize(32, '\0');
    return text;
  };
  f += std::string("\x90\x01\x70\xFE", 4) + annotations(std::string("+0\x14\x14\0+0\x15"
                                                                    "30\x14Sleep stage W\x14\0",
                                                                    26));
  f += std::string("\xD0\x07\x30\xF8", 4) +
       annotations(std::string("+30\x14\x14\0+30.5\x14Turn\x14Light\x14\0", 24));
  return f;
}
Edf read(const std::string& bytes) { return read_edf(std::as_bytes(std::span(bytes))); }
std::string refused(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Edf, a_file_made_by_hand_is_read) {
  const auto edf = read(by_hand());
  EXPECT_EQ(edf.kind, Edf::Kind::continuous);
  EXPECT_EQ(edf.patient, "X F 02-MAY-1951 X");
  EXPECT_EQ(edf.start, std::chrono::local_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(24) -
                           std::chrono::seconds(2));
  EXPECT_EQ(edf.records, 2U);
  EXPECT_EQ(edf.record_s, 30);
  ASSERT_EQ(edf.signals.size(), 1U);
  const auto& load = edf.signals[0];
  EXPECT_EQ(load.label, "Load");
  EXPECT_EQ(load.unit, "kg");
  EXPECT_NEAR(edf.rate_hz(load), 2.0 / 30, 1e-12);
  EXPECT_THAT(load.samples, ElementsAre(400, -400, 2000, -2000));
  EXPECT_DOUBLE_EQ(load.physical(400), 20);
  EXPECT_DOUBLE_EQ(load.physical(-2000), -100);
  EXPECT_THAT(edf.annotations,
              ElementsAre(EdfAnnotation{0, 30, "Sleep stage W"}, EdfAnnotation{30.5, {}, "Turn"},
                          EdfAnnotation{30.5, {}, "Light"}));
  EXPECT_THAT(edf.remarks, ElementsAre());
}

TEST(Edf, what_is_written_is_read_back) {
  Edf edf;
  edf.recording = "Startdate 01-MAR-2027 X X vigil";
  edf.start = std::chrono::local_days(std::chrono::year(2027) / 3 / 1) + std::chrono::hours(21);
  edf.record_s = 1;
  edf.records = 3;
  EdfSignal breath;
  breath.label = "Resp load";
  breath.unit = "kg";
  breath.physical_minimum = -.5;
  breath.physical_maximum = .5;
  breath.samples_per_record = 4;
  for (int i = 0; i < 12; ++i)
    breath.samples.push_back(breath.digital(.4 * std::sin(i)));
  edf.signals = {breath};
  edf.annotations = {{0, 30, "Sleep stage ?"}, {1.25, {}, "Schmerz 7, Rücken"}, {7, 0.5, "after the end"}};
  EXPECT_EQ(read_edf(write_edf(edf)), edf);

  edf.kind = Edf::Kind::discontinuous;
  edf.onsets_s = {0, 1, 600.5};
  EXPECT_EQ(read_edf(write_edf(edf)), edf);

  edf.kind = Edf::Kind::plain;
  edf.annotations.clear();
  edf.onsets_s.clear();
  EXPECT_EQ(read_edf(write_edf(edf)), edf);

  Edf hypnogram;  // annotations only, as a second scorer's file
  hypnogram.start = edf.start;
  hypnogram.record_s = 0;
  hypnogram.records = 1;
  for (int i = 0; i < 960; ++i)
    hypnogram.annotations.push_back({30.0 * i, 30, i % 7 == 0 ? "Sleep stage W" : "Sleep stage N2"});
  EXPECT_EQ(read_edf(write_edf(hypnogram)), hypnogram);
}

TEST(Edf, a_value_is_told_to_the_nearest_step_and_never_wraps) {
  EdfSignal s;
  s.physical_minimum = -10;
  s.physical_maximum = 10;
  for (const double v : {-10.0, -3.3, 0.0, 1e-3, 9.99})
    EXPECT_NEAR(s.physical(s.digital(v)), v, s.step() / 2) << v;
  EXPECT_EQ(s.digital(1e9), 32767);
  EXPECT_EQ(s.digital(-1e9), -32768);
  EXPECT_EQ(s.digital(NAN), -32768);
  std::swap(s.physical_minimum, s.physical_maximum);  // allowed: upside down
  EXPECT_NEAR(s.physical(s.digital(4)), 4, 1e-3);
}

TEST(Edf, a_recorder_that_was_stopped_is_read_as_far_as_it_came) {
  EXPECT_THAT(read(by_hand("EDF+C", "-1")).remarks, ElementsAre(HasSubstr("was stopped")));
  EXPECT_EQ(read(by_hand("EDF+C", "-1")).records, 2U);
  auto cut = by_hand();
  cut.resize(cut.size() - 1);
  const auto edf = read(cut);
  EXPECT_EQ(edf.records, 1U);
  EXPECT_EQ(edf.signals[0].samples.size(), 2U);
  EXPECT_THAT(edf.remarks, ElementsAre("expected 2 records, found 1", "35 bytes after the last record"));
}

TEST(Edf, what_is_wrong_is_named_with_its_place) {
  const auto with = [](std::size_t at, const std::string& text) {
    return by_hand().replace(at, text.size(), text);
  };
  EXPECT_EQ(refused(""), "byte 0: expected an EDF file, which begins with '0       '");
  EXPECT_EQ(refused(by_hand().substr(0, 300)), "expected 768 bytes of header, found 300");
  EXPECT_EQ(refused(with(168, "22.13.26")),
            "byte 168: start date: expected a date as dd.mm.yy, found '22.13.26'");
  EXPECT_EQ(refused(with(176, "24.00.00")),
            "byte 176: start time: expected a time as hh.mm.ss, found '24.00.00'");
  EXPECT_EQ(refused(with(184, "512 ")),
            "byte 184: size of the header: expected 768 for 2 signals, found 512");
  EXPECT_EQ(refused(with(236, "many    ")),
            "byte 236: number of records: expected a number from -1 to 99999999, found 'many'");
  EXPECT_EQ(refused(with(252, "nan ")),
            "byte 252: number of signals: expected a number from 1 to 512, found 'nan'");
  EXPECT_EQ(refused(by_hand("EDF+D").replace(768 + 36 + 4, 3, "+29")),
            "record 1: expected its time after that of the record before");
  EXPECT_THAT(refused(with(464, "-100    ").replace(480, 8, "-100    ")),
              HasSubstr("physical maximum equals"));
}

TEST(Edf, every_byte_damaged_is_read_or_refused) {
  const auto good = by_hand("EDF+D");
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char c : {'\0', '\x14', '9', '-', '\xFF'}) {
      auto bad = good;
      bad[at] = c;
      try {
        const auto edf = read(bad);
        ++accepted;
        for (const auto& s : edf.signals)
          EXPECT_EQ(s.samples.size(), edf.records * s.samples_per_record);
      } catch (const std::runtime_error&) {
      }
    }
  EXPECT_GT(accepted, good.size());
}

TEST(Edf, what_does_not_fit_is_not_written) {
  Edf edf;
  edf.start = std::chrono::local_days(std::chrono::year(2026) / 1 / 1);
  edf.recording = std::string(81, 'x');
  EXPECT_THROW(write_edf(edf), std::invalid_argument);
  edf.recording = "caf\xC3\xA9";
  EXPECT_THROW(write_edf(edf), std::invalid_argument);
  edf.recording.clear();
  edf.records = 1;
  edf.annotations = {{0,
                      {},
                      "a\x14"
                      "b"}};
  EXPECT_THROW(write_edf(edf), std::invalid_argument);
  edf.annotations.clear();
  edf.signals.resize(1);
  EXPECT_THROW(write_edf(edf), std::invalid_argument) << "a signal without its samples";
}

}  // namespace
}  // namespace vigil::wire
