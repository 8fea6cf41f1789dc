// `vigild validate` as a lab would run it: a hypnogram and what was recorded beside it.
#include <cmath>
#include <cstdlib>
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

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Ran {
  int status = 0;
  std::string out, errors;
};

Ran vigild(std::vector<std::string> words) {
  words.insert(words.begin(), "vigild");
  std::vector<char*> argv;
  for (auto& w : words)
    argv.push_back(w.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.status = main(static_cast<int>(argv.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.errors = testing::internal::GetCapturedStderr();
  return ran;
}

/// The number behind the keys, one within the other: {"hindsight", "night", "kappa", "value"}.
double figure(const std::string& json, const std::vector<std::string>& path) {
  std::size_t at = 0;
  for (const auto& key : path) {
    // Objects are written with their keys sorted: one that is deeper may come before.
    int depth = 0;
    for (std::size_t i = json.find('{', at) + 1;; ++i) {
      if (i >= json.size()) return NAN;
      if (json[i] == '{' || json[i] == '[') ++depth;
      if (json[i] == '}' || json[i] == ']') --depth;
      if (depth == 0 && json.compare(i, key.size() + 3, "\"" + key + "\":") == 0) {
        at = i + key.size() + 3;
        break;
      }
    }
  }
  return json.compare(at, 4, "null") == 0 ? NAN : std::strtod(json.c_str() + at, nullptr);
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Eight hours of a wrist: counts a minute. Asleep but for the first 20 min, 5 min in the middle and the
/// last 15 min.
bool truly_awake(int minute) { return minute < 20 || (minute >= 240 && minute < 245) || minute >= 465; }

std::filesystem::path wrist(const Folder& folder) {
  const auto file = folder.path() / "wrist.awd";
  std::ofstream out(file);
  out << "P. One\r\n21-nov-2026\r\n22:00\r\n2\r\n40\r\nV123456\r\nF\r\n";
  for (int i = 0; i < 960; ++i)
    out << " " << (truly_awake(i / 2) ? 700 + i % 7 : i % 23 == 0 ? 9 : 0) << "\r\n";
  return file;
}

std::filesystem::path truth(const Folder& folder, const std::string& name = "truth.csv", int shift_s = 0) {
  const auto file = folder.path() / name;
  std::ofstream out(file);
  out << "time,stage\n";
  for (int i = 0; i < 960; ++i) {
    const int s = 30 * i + shift_s, day = 21 + (22 * 3600 + s) / 86400, of_day = (22 * 3600 + s) % 86400;
    char text[64];
    std::snprintf(text, sizeof text, "2026-11-%02dT%02d:%02d:%02d,%s\n", day, of_day / 3600, of_day / 60 % 60,
                  of_day % 60, truly_awake(i / 2) ? "W" : "N2");
    out << text;
  }
  return file;
}

TEST(Validate, AWristThatMovesWhereTheTruthWakesAgrees) {
  const Folder folder;
  const auto ran = vigild({"validate", "--json", "--truth", truth(folder).string(), wrist(folder).string()});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_GT(figure(ran.out, {"hindsight", "night", "sensitivity", "value"}), .95) << ran.out;
  // The 5 min of wake within the night smear over their neighbours, which Webster's rules add to.
  EXPECT_GT(figure(ran.out, {"hindsight", "night", "kappa", "value"}), .3);
  EXPECT_GT(figure(ran.out, {"hindsight", "record", "kappa", "value"}), .75);
  EXPECT_GT(figure(ran.out, {"live", "record", "kappa", "value"}), .75);
  EXPECT_EQ(figure(ran.out, {"live", "awakenings_5min", "true"}), 1);
  EXPECT_EQ(figure(ran.out, {"live", "awakenings_5min", "found"}), 1);
  EXPECT_EQ(figure(ran.out, {"live", "awakenings_5min", "invented"}), 0);
  EXPECT_GT(figure(ran.out, {"latency", "confirmed", "median_s"}), 0);
  EXPECT_LE(figure(ran.out, {"latency", "confirmed", "median_s"}), 150);
  EXPECT_LE(figure(ran.out, {"latency", "suspected", "median_s"}),
            figure(ran.out, {"latency", "confirmed", "median_s"}));
  EXPECT_LT(std::abs(figure(ran.out, {"hindsight", "tst", "bias_min", "value"})), 20);

  const auto table = vigild({"validate", "--truth", truth(folder).string(), wrist(folder).string()});
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, AllOf(HasSubstr("1 night"), HasSubstr("within the night"), HasSubstr("kappa"),
                               HasSubstr("confirmed after"), HasSubstr("too narrow")));
}

TEST(Validate, WritesAReportThatNeedsNothingElse) {
  const Folder folder;
  const auto report = folder.path() / "report.html";
  const auto odd = folder.path() / "<b>&\"truth.csv";
  std::filesystem::rename(truth(folder), odd);
  const auto ran =
      vigild({"validate", "--report", report.string(), "--truth", odd.string(), wrist(folder).string()});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  const auto page = content(report);
  EXPECT_THAT(page, AllOf(HasSubstr("not a medical device"), HasSubstr("Cohen's kappa"), HasSubstr("<svg"),
                          HasSubstr("&lt;b&gt;&amp;&quot;truth.csv"), HasSubstr("estimator_hindsight 2")));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<b>&")), Not(HasSubstr("<script")), Not(HasSubstr("http")),
                          Not(HasSubstr("nan")), Not(HasSubstr("SIMULATED"))));
  EXPECT_THAT(vigild({"validate", "--report", (folder.path() / "no" / "where.html").string(), "--truth",
                      odd.string(), wrist(folder).string()})
                  .errors,
              HasSubstr("where.html: cannot be written"));
}

TEST(Validate, TakesManyNightsFromTheLineOrFromAList) {
  const Folder folder;
  const auto t = truth(folder).filename().string(), w = wrist(folder).filename().string();
  const auto pair = (folder.path() / t).string() + "=" + (folder.path() / w).string();
  const auto line = vigild({"validate", "--json", "--night", pair, "--night", pair});
  ASSERT_EQ(line.status, 0) << line.errors;
  EXPECT_EQ(figure(line.out, {"nights_n"}), 2);
  EXPECT_EQ(figure(line.out, {"hindsight", "tst", "n"}), 2);

  const auto list = folder.path() / "nights.csv";
  std::ofstream(list) << "truth,recordings,person\n" << t << "," << w << ",p1\n" << t << "," << w << ",p2\n";
  const auto ran = vigild({"validate", "--json", "--nights", list.string()});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_EQ(figure(ran.out, {"people"}), 2);
  EXPECT_THAT(ran.out, HasSubstr(R"("interval":"people")"));
}

TEST(Validate, TheHypnogramMayBeOffTheGridAndWithoutADate) {
  const Folder folder;
  const auto shifted =
      vigild({"validate", "--json", "--truth", truth(folder, "s.csv", 11).string(), wrist(folder).string()});
  ASSERT_EQ(shifted.status, 0) << shifted.errors;
  EXPECT_GT(figure(shifted.out, {"live", "record", "kappa", "value"}), .75);

  const auto stages = folder.path() / "stages.txt";
  std::ofstream out(stages);
  for (int i = 0; i < 960; ++i)
    out << (truly_awake(i / 2) ? "W\n" : "R\n");
  out.close();
  const auto relative = vigild({"validate", "--json", "--truth", stages.string(), wrist(folder).string()});
  ASSERT_EQ(relative.status, 0) << relative.errors;
  EXPECT_GT(figure(relative.out, {"live", "record", "kappa", "value"}), .75);
  EXPECT_THAT(relative.errors, HasSubstr("taken to count from the recording's start"));
  const auto placed = vigild({"validate", "--json", "--truth", stages.string(), "--truth-start",
                              "2026-11-21T22:00:00", wrist(folder).string()});
  EXPECT_EQ(figure(placed.out, {"live", "record", "kappa", "value"}),
            figure(relative.out, {"live", "record", "kappa", "value"}));
}

TEST(Validate, AnEdfHypnogramBesideAnEdfRecording) {
  const Folder folder;
  wire::Edf edf;
  edf.start = std::chrono::local_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(22);
  edf.record_s = 30;
  edf.records = 960;
  wire::EdfSignal activity;
  activity.label = "Activity";
  activity.physical_minimum = -32768;
  activity.physical_maximum = 32767;
  for (int i = 0; i < 960; ++i)
    activity.samples.push_back(static_cast<std::int16_t>(truly_awake(i / 2) ? 700 : 0));
  edf.signals = {activity};
  wire::Edf hypnogram;
  hypnogram.start = edf.start;
  hypnogram.record_s = 0;
  hypnogram.records = 1;
  hypnogram.annotations = {{0, {}, "Lights off"}};
  for (int i = 0; i < 960; ++i)
    hypnogram.annotations.push_back({30.0 * i, 30, truly_awake(i / 2) ? "Sleep stage W" : "Sleep stage N2"});
  const auto write = [&](const char* name, const wire::Edf& what) {
    const auto bytes = wire::write_edf(what);
    std::ofstream(folder.path() / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return (folder.path() / name).string();
  };
  const auto ran =
      vigild({"validate", "--json", "--truth", write("hypnogram.edf", hypnogram), write("night.edf", edf)});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_GT(figure(ran.out, {"hindsight", "record", "kappa", "value"}), .75);
}

// ActiLife's own Sadeh as the truth of its own day: what is measured is how far the estimator's hindsight,
// from counts of a minute, agrees with Sadeh. 1,500 minutes, both settled against ActiLife.
TEST(Validate, AgainstActilifesSadehOfADay) {
  const std::string folder(VIGIL_SHARED_DIR "/data/actilife/");
  const auto counts = folder + "GT3XPlus-RawData-Day01-10sec60sec.csv";
  if (!std::filesystem::exists(counts)) GTEST_SKIP() << "../shared/data/actilife is not here";
  const Folder own;
  const auto truth_file = own.path() / "sadeh.csv";
  {
    std::ifstream in(folder + "GT3XPlus-RawData-Day01-Sadeh.csv");
    std::ofstream out(truth_file);
    out << "t,stage\n";
    std::string row;
    std::getline(in, row);
    for (int minute = 0; std::getline(in, row); ++minute)
      out << minute * 60 << ","
          << (row.find_last_of('S') != std::string::npos && row.find_last_of('S') + 3 > row.size() ? "S"
                                                                                                   : "W")
          << "\n";
  }
  const auto ran = vigild({"validate", "--json", "--preset", "actilife", "--truth", truth_file.string(),
                           "--truth-start", "2012-06-27T10:54:00Z", counts});
  ASSERT_EQ(ran.status, 0) << ran.errors;
  EXPECT_EQ(figure(ran.out, {"hindsight", "record", "epochs"}), 2996)
      << "the first two minutes are not known yet";
  EXPECT_NEAR(figure(ran.out, {"hindsight", "record", "kappa", "value"}), 0.85, .05)
      << ran.out.substr(0, 3000);
}

TEST(Validate, RefusesInOneLineThatNamesWhatIsWrong) {
  const Folder folder;
  const auto t = truth(folder).string(), w = wrist(folder).string();
  EXPECT_THAT(vigild({"validate"}).errors, HasSubstr("say which nights"));
  EXPECT_THAT(vigild({"validate", "--truth", t}).errors, HasSubstr("expected recordings behind it"));
  EXPECT_THAT(vigild({"validate", "--night", t}).errors,
              HasSubstr("--night: expected HYPNOGRAM=RECORDING[,RECORDING...]"));
  EXPECT_THAT(vigild({"validate", "--night", t + "=" + w, w}).errors,
              HasSubstr("recordings stand behind --truth alone"));
  EXPECT_THAT(vigild({"validate", "--truth", t + ".no", w}).errors,
              HasSubstr("truth.csv.no: cannot be read"));
  EXPECT_THAT(vigild({"validate", "--truth", t, w + ".no"}).errors, HasSubstr("wrist.awd.no"));
  const auto other = vigild({"validate", "--truth", t, "--truth-start", "2027-01-01T22:00:00", w});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.errors, AllOf(HasSubstr("are of different times: 2027-01-01T22:00:00.000+00:00 to "),
                                  HasSubstr("is scored, 2026-11-21T22:00:"),
                                  HasSubstr("is recorded; --start and --truth-start")));
  EXPECT_THAT(vigild({"validate", "--truth", t, "--truth-start", "at ten", w}).errors,
              HasSubstr("--truth-start: expected a time as 2026-11-22T22:00:00"));
  const auto list = (folder.path() / "list.csv").string();
  std::ofstream(list) << "truth,file\n";
  EXPECT_THAT(
      vigild({"validate", "--nights", list}).errors,
      HasSubstr("list.csv:1: expected columns truth, recordings, person, start, truth_start, found 'file'"));
  std::ofstream(list) << "truth,recordings\nx.edf\n";
  EXPECT_THAT(vigild({"validate", "--nights", list}).errors,
              HasSubstr("list.csv:2: expected a hypnogram and a recording"));
  EXPECT_THAT(vigild({"validate", "--forget", "--truth", t, w}).errors, HasSubstr("--forget: stands alone"));
  const auto relative = folder.path() / "relative.csv";
  std::ofstream(relative) << "t_s,counts\n0,5\n30,6\n60,7\n";
  EXPECT_THAT(vigild({"validate", "--truth", t, relative.string()}).errors,
              HasSubstr("relative.csv: does not say when it began"));
}

TEST(Validate, StoringWithoutADaemonSaysSo) {
  const Folder folder;
  const auto config = folder.path() / "vigil.toml";
  std::ofstream(config) << "listen = \"127.0.0.1:1\"\n";
  const auto ran = vigild({"validate", "--config", config.string(), "--store", "Lab 2", "--truth",
                           truth(folder).string(), wrist(folder).string()});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.errors, HasSubstr("no daemon answers at 127.0.0.1:1: nothing was stored"));
  EXPECT_THAT(ran.out, HasSubstr("kappa")) << "what was measured is told all the same";
}

}  // namespace
}  // namespace vigil::cli
