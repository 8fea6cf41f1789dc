// `vigild score` as a lab would run it, against ActiLife's own scores.
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.hpp"
#include "support/folder.hpp"
#include "wire/edf.hpp"

namespace vigil::cli {
namespace {

using testing::HasSubstr;

struct Ran {
  int status = 0;
  std::vector<std::string> lines;
  std::string errors;
};

Ran score(std::vector<std::string> words) {
  words.insert(words.begin(), {"vigild", "score"});
  std::vector<char*> argv;
  for (auto& w : words)
    argv.push_back(w.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.status = main(static_cast<int>(argv.size()), argv.data());
  std::istringstream out(testing::internal::GetCapturedStdout());
  ran.errors = testing::internal::GetCapturedStderr();
  for (std::string line; std::getline(out, line);)
    ran.lines.push_back(line);
  return ran;
}

std::string actilife(const std::string& name) {
  return std::string(VIGIL_SHARED_DIR "/data/actilife/") + name;
}

TEST(Score, AgreesWithActilifeOnEveryMinute) {
  const auto counts = actilife("GT3XPlus-RawData-Day01-10sec60sec.csv");
  if (!std::filesystem::exists(counts)) GTEST_SKIP() << "../shared/data/actilife is not here";
  for (const auto& [method, truth] : {std::pair{"cole-kripke", "ColeKripke"}, {"sadeh", "Sadeh"}}) {
    const auto ran = score({"--method", method, "--preset", "actilife", counts});
    std::ifstream in(actilife("GT3XPlus-RawData-Day01-" + std::string(truth) + ".csv"));
    std::string row;
    std::getline(in, row);
    std::size_t i = 0, agreed = 0;
    while (std::getline(in, row) && i < ran.lines.size()) {
      const bool sleep = row.find_last_of('S') != std::string::npos && row.find_last_of('S') + 3 > row.size();
      agreed += ran.lines[i++].find(sleep ? R"("state":"sleep")" : R"("state":"wake")") != std::string::npos;
    }
    EXPECT_EQ(i, 1500U);
    EXPECT_EQ(agreed, 1500U) << method;
    EXPECT_THAT(ran.lines.front(),
                testing::StartsWith(R"({"t":"2012-06-27T10:54:00.000Z","state":"wake","score":)"));
  }
  const auto rescored =
      score({"--method", "cole_kripke", "--rescore", "webster", "--preset", "actilife", counts});
  const auto plain = score({"--method", "cole_kripke", "--preset", "actilife", counts});
  EXPECT_NE(rescored.lines, plain.lines);
  const auto ten = score({"--method", "cole_kripke", "--map", "t=timestamp,counts=axis1",
                          actilife("GT3XPlus-RawData-Day01.csv")});
  EXPECT_EQ(ten.lines.size(), 1499U) << "minutes, by the largest 10 s of each; the last lacks ten seconds";
}

TEST(Score, ReadsActiwatchAndEdfAlike) {
  const Folder folder;
  const auto awd = folder.path() / "night.awd", edf_file = folder.path() / "night.edf";
  std::vector<int> counts;
  for (int i = 0; i < 120; ++i)
    counts.push_back(i < 30 || i == 77 ? 900 : i % 11 == 0 ? 15 : 0);
  {
    std::ofstream out(awd);
    out << "P. One\r\n21-nov-2026\r\n22:15\r\n4\r\n40\r\nV123456\r\nF\r\n";
    for (const int c : counts)
      out << " " << c << (c == 15 ? " M" : "") << "\r\n";
  }
  wire::Edf edf;
  edf.start = std::chrono::local_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(22) +
              std::chrono::minutes(15);
  edf.record_s = 60;
  edf.records = counts.size();
  wire::EdfSignal activity;
  activity.label = "Activity";
  activity.physical_minimum = -32768;
  activity.physical_maximum = 32767;
  for (const int c : counts)
    activity.samples.push_back(static_cast<std::int16_t>(c));
  edf.signals = {activity};
  const auto bytes = wire::write_edf(edf);
  std::ofstream(edf_file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));

  for (const auto* method : {"cole-kripke", "sadeh", "oakley", "sazonov"}) {
    const auto a = score({"--method", method, awd.string()}),
               b = score({"--method", method, edf_file.string()});
    EXPECT_EQ(a.status, 0) << a.errors;
    EXPECT_EQ(a.lines, b.lines) << method;
    ASSERT_EQ(a.lines.size(), 120U) << a.errors << b.errors;
    EXPECT_THAT(a.lines[0], HasSubstr("2026-11-21T22:15:00.000Z"));
    EXPECT_THAT(a.lines[5], HasSubstr("wake"));
    EXPECT_THAT(a.lines[60], HasSubstr("sleep"));
  }
}

TEST(Score, WhatIsMissingIsUnknownAndCountsAsNothingBesideIt) {
  const Folder folder;
  const auto file = folder.path() / "gap.awd";
  std::ofstream out(file);
  out << "x\n21-nov-2026\n22:15\n4\n40\nV1\nF\n";
  for (int i = 0; i < 40; ++i)
    out << (i >= 10 && i < 20 ? "?" : "0") << "\n";
  out.close();
  const auto ran = score({"--method", "sadeh", file.string()});
  ASSERT_EQ(ran.lines.size(), 40U);
  for (int i = 0; i < 40; ++i)
    EXPECT_THAT(ran.lines[static_cast<std::size_t>(i)],
                HasSubstr(i >= 10 && i < 20 ? R"("state":"unknown","score":null)" : R"("state":"sleep")"))
        << i;
  EXPECT_THAT(ran.errors, HasSubstr("gap.awd:18: expected a count, found '?'"));
}

TEST(Score, RawAccelerationIsScoredByItsAngleAndByCountsMadeHere) {
  const Folder folder;
  const auto file = folder.path() / "wrist.csv";
  std::ofstream out(file);
  out << "t_s,x_g,y_g,z_g\n";
  for (int i = 0; i < 20 * 60 * 20; ++i) {
    const double t = i / 20.0;
    const double z = t < 300 ? .6 * std::sin(2 * t) : .5;  // waves for five minutes, then lies
    out << t << ",0.8,0," << z << "\n";
  }
  out.close();
  for (const auto* method : {"sib", "sazonov"}) {
    const auto ran = score({"--method", method, file.string()});
    ASSERT_EQ(ran.status, 0) << ran.errors;
    EXPECT_THAT(ran.lines[ran.lines.size() / 8], HasSubstr("wake")) << method;
    EXPECT_THAT(ran.lines[ran.lines.size() * 3 / 4], HasSubstr("sleep")) << method;
  }
  EXPECT_THAT(score({"--method", "sadeh", file.string()}).errors, HasSubstr("counts made here"));
}

std::ptrdiff_t sleeps(const Ran& ran) {
  return std::ranges::count_if(
      ran.lines, [](const std::string& l) { return l.find(R"("state":"sleep")") != std::string::npos; });
}

TEST(Score, TakesOakleysThreeThresholds) {
  const Folder folder;
  const auto awd = folder.path() / "steps.awd";
  std::ofstream out(awd);
  out << "x\n21-nov-2026\n22:15\n4\n40\nV1\nF\n";
  // Every seventh minute one count more: far enough apart that each stands alone with its weight of 1.
  for (int i = 0; i < 7 * 100; ++i)
    out << (i % 7 == 3 ? i / 7 : 0) << "\n";
  out.close();
  const auto wakes = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--method", "oakley"});
    more.push_back(awd.string());
    const auto ran = score(std::move(more));
    return static_cast<std::ptrdiff_t>(ran.lines.size()) - sleeps(ran);
  };
  EXPECT_EQ(wakes({"--threshold", "20"}), 79) << "21 to 99";
  EXPECT_EQ(wakes({"--threshold", "40"}), 59);
  EXPECT_EQ(wakes({}), 59);
  EXPECT_EQ(wakes({"--threshold", "80"}), 19);
  EXPECT_EQ(score({"--method", "oakley", "--threshold", "30", awd.string()}).status, 2);
  EXPECT_THAT(score({"--method", "sadeh", "--threshold", "20", awd.string()}).errors,
              HasSubstr("--threshold: is oakley's; sadeh has one of its own"));
}

TEST(Score, SaysTheUnitItTakesCountsIn) {
  const Folder folder;
  const auto awd = folder.path() / "units.awd";
  std::ofstream out(awd);
  out << "x\n21-nov-2026\n22:15\n4\n40\nV1\nF\n";
  // 1.727 / .256 = 6.75 units: a minute of 674 counts / 100 is asleep, one of 676 is awake.
  for (int i = 0; i < 30; ++i)
    out << (i == 10 ? 674 : i == 20 ? 676 : 0) << "\n";
  out.close();
  const auto plain = score({"--method", "sazonov", awd.string()});
  EXPECT_EQ(sleeps(plain), 29);
  EXPECT_THAT(plain.lines[10], HasSubstr(R"("state":"sleep")"));
  EXPECT_THAT(plain.lines[20], HasSubstr(R"("state":"wake")"));
  EXPECT_THAT(plain.errors, HasSubstr("counts x 0.01, the unit that sazonov is taken to mean"));
  EXPECT_EQ(score({"--method", "sazonov", "--scale", "0.01", awd.string()}).lines, plain.lines);
  const auto whole = score({"--method", "sazonov", "--scale", "1", awd.string()});
  EXPECT_EQ(sleeps(whole), 20) << "each of the two and the four minutes after it";
  EXPECT_THAT(whole.errors, testing::Not(HasSubstr("counts x")));
  // The others: a scale is a change of unit, here that of the device for which Cole-Kripke's 10 s were made.
  EXPECT_EQ(score({"--method", "oakley", "--scale", "0.01", awd.string()}).errors,
            awd.string() + ": counts x 0.01, the unit that oakley is taken to mean; --scale gives another\n");
  EXPECT_EQ(sleeps(score({"--method", "oakley", "--scale", "0.01", awd.string()})), 30);
  EXPECT_EQ(score({"--method", "oakley", "--scale", "0", awd.string()}).status, 2);
}

TEST(Score, ColeKripkeHasAFormForEachOfItsEpochs) {
  const auto ten = actilife("GT3XPlus-RawData-Day01.csv");
  if (!std::filesystem::exists(ten)) GTEST_SKIP() << "../shared/data/actilife is not here";
  const auto of = [&](const char* epoch) {
    return score({"--method", "cole-kripke", "--preset", "actilife", "--epoch", epoch, ten});
  };
  // Minutes each; the forms by maxima are in the counts of another device and so find less sleep.
  for (const auto& [epoch, asleep] : {std::pair{"60", 994}, {"30", 815}, {"10", 789}}) {
    const auto ran = of(epoch);
    EXPECT_EQ(ran.lines.size(), 1499U) << epoch;
    EXPECT_EQ(sleeps(ran), asleep) << epoch;
    EXPECT_THAT(ran.lines[1], HasSubstr("T10:55:00.000Z")) << epoch;
  }
  EXPECT_THAT(of("40").errors, HasSubstr("cole_kripke is defined on epochs of 60, 30, 10 s; found 40 s"));
  EXPECT_THAT(of("15").errors, HasSubstr("its epochs of 10 s cannot be added up to --epoch 15"));
}

// Every file of real devices that the project may read: scored, or refused in one line that names it.
TEST(Score, OfEveryRealFileIsADecisionOrOneClearLine) {
  const std::filesystem::path shared = VIGIL_SHARED_DIR;
  if (!std::filesystem::exists(shared / "data")) GTEST_SKIP() << "../shared/data is not here";
  struct Kind {
    const char *folder, *preset, *ending;
    bool counts, raw;  // what it has to score
  };
  constexpr std::array<Kind, 10> kinds{
      {{"data/actilife", "actilife", "-10sec60sec.csv", true, false},
       {"data/actilife", "actilife", "Day01.csv", true, false},
       {"data/wrist_nights", "wrist_nights", ".TXT.gz", false, true},
       {"data/wrist_nights", "wrist_nights", "n1.csv.gz", false, false},
       {"data/mmash", "mmash", ".csv.gz", true, false},
       {"data/pressure_map", "pressure_map", "S1_1.txt.gz", false, false},
       {"data/bed_pressure_home_a", "bed_pressure_home_a", "Sensors.txt", false, false},
       {"data/under_mattress", "", ".zip", false, false},
       {"protocols/samples", "", ".cwa", false, true},
       {"protocols/samples", "", ".bin", false, false}}};
  for (const auto& kind : kinds)
    for (const auto& entry : std::filesystem::directory_iterator(shared / kind.folder)) {
      const auto file = entry.path().string();
      if (!file.ends_with(kind.ending)) continue;
      for (const char* method : {"cole-kripke", "sadeh", "scripps", "oakley", "sazonov", "sib"}) {
        std::vector<std::string> words{"--method", method, file};
        if (*kind.preset != '\0') words.insert(words.end(), {"--preset", kind.preset});
        const auto ran = score(words);
        const bool minutes_only = file.ends_with("60sec.csv") && std::string_view(method) == "scripps";
        const bool scored =
            std::string_view(method) == "sib" ? kind.raw : (kind.raw || kind.counts) && !minutes_only;
        EXPECT_EQ(ran.status, scored ? 0 : 2) << method << " " << file << ": " << ran.errors;
        EXPECT_EQ(ran.lines.empty(), !scored) << method << " " << file;
        if (scored) continue;
        EXPECT_EQ(std::ranges::count(ran.errors, '\n'), 1) << ran.errors;
        EXPECT_THAT(ran.errors, HasSubstr(entry.path().filename().string()));
        EXPECT_TRUE(std::ranges::none_of(ran.errors, [](unsigned char c) { return c < 0x20 && c != '\n'; }))
            << ran.errors;
      }
    }
}

TEST(Score, RefusesInOneLineThatNamesWhatIsWrong) {
  const Folder folder;
  const auto awd = folder.path() / "two.awd";
  std::ofstream(awd) << "x\n21-nov-2026\n22:15\n8\n40\nV1\nF\n5\n6\n";
  EXPECT_THAT(score({"--method", "sadeh", awd.string()}).errors,
              HasSubstr("sadeh is defined on epochs of 60 s; found 120 s, which do not add up to one"));
  EXPECT_THAT(score({"--method", "sib", awd.string()}).errors, HasSubstr("this has none"));
  EXPECT_EQ(score({"--method", "guess", awd.string()}).status, 2);
  std::ofstream(awd) << "x\n21-nov-2026\n22:75\n";
  EXPECT_THAT(score({"--method", "sadeh", awd.string()}).errors,
              HasSubstr("two.awd:3: expected a time as 22:15, found '22:75'"));
  std::ofstream(folder.path() / "bad.edf") << "no";
  EXPECT_THAT(score({"--method", "sadeh", (folder.path() / "bad.edf").string()}).errors,
              HasSubstr("bad.edf: byte 0: expected an EDF file"));
}

}  // namespace
}  // namespace vigil::cli
