// Every capture in tests/captures/<driver>/ is played to its driver; NAME.expect says what must come of it,
// NAME.session what is in it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/port/capture_port.hpp"
#include "drivers/replay/recording.hpp"
#include "drivers/settings.hpp"
#include "wire/capture.hpp"

namespace vigil::drivers {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> captures() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(VIGIL_SOURCE_DIR) / "tests/captures"))
    if (entry.path().extension() == ".cap") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string without_comments(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#') out += line + "\n";
  return out;
}

/// Cells without a number are NaN, and so is a number of theirs that repeats.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b,
                            [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// What the driver said, as an expectation is written. Samples that repeat the one before are counted.
std::string told(const Heard& heard, const std::string& ended) {
  std::ostringstream out;
  if (!heard.identity.empty()) out << "identity " << heard.identity << "\n";
  if (!heard.what.empty()) out << "what " << heard.what << "\n";
  for (const auto& note : heard.notes)
    out << (note.empty() ? "no note any more" : "note " + note) << "\n";
  if (heard.battery_percent >= 0) out << "battery " << heard.battery_percent << "\n";
  for (std::size_t i = 0; i < heard.channels.size(); ++i) {
    const auto& c = heard.channels[i];
    char line[128];
    std::snprintf(line, sizeof line, "channel %zu %s %ux%u %.2f Hz\n", i,
                  std::string(name(c.quantity)).c_str(), unsigned{c.rows}, unsigned{c.columns},
                  static_cast<double>(c.rate_hz));
    out << line;
  }
  for (std::size_t i = 0; i < heard.samples.size();) {
    const auto& s = heard.samples[i];
    std::size_t n = 1;
    while (i + n < heard.samples.size() && heard.samples[i + n].channel == s.channel &&
           same(heard.samples[i + n].values, s.values) &&
           heard.samples[i + n].at - heard.samples[i + n - 1].at < std::chrono::milliseconds(50))
      ++n;
    char number[64];
    std::snprintf(number, sizeof number, "sample %u at %.2f s:", unsigned{s.channel},
                  seconds(s.at - Instant{}));
    out << number;
    for (const float v : s.values) {
      std::snprintf(number, sizeof number, " %.4f", static_cast<double>(v));
      out << number;
    }
    if (n > 1) out << " x " << n;
    out << "\n";
    i += n;
  }
  for (const auto& [reason, count] : heard.rejects)
    out << "reject " << name(reason) << " " << count << "\n";
  if (!ended.empty()) out << "ended " << ended << "\n";
  return out.str();
}

TEST(Captures, give_what_is_expected_of_them) {
  const auto all = captures();
  ASSERT_GE(all.size(), 7U);
  for (const auto& path : all) {
    SCOPED_TRACE(path.filename().string());
    const auto file = content(path);
    CapturePort port({std::as_bytes(std::span(file))}, path.filename().string());
    const wire::CaptureReader reader(std::as_bytes(std::span(file)));
    const auto* driver = find(reader.header().driver.view());
    ASSERT_NE(driver, nullptr);
    EXPECT_EQ(path.parent_path().filename(), driver->name);
    Heard heard;
    const WrittenSettings settings(*driver, settings_of_table(reader.header().settings));
    const auto ended = run_to_end(*driver, port, settings, heard);
    const auto expected = fs::path(path).replace_extension(".expect");
    ASSERT_TRUE(fs::exists(expected)) << "write it:\n" << told(heard, port.ended() ? "" : ended);
    EXPECT_EQ(told(heard, port.ended() ? "" : ended), without_comments(content(expected)));
  }
}

/// The records that a session file states, by a reader of its own.
std::vector<std::pair<int, std::string>> stated(const fs::path& session) {
  std::vector<std::pair<int, std::string>> out;
  std::istringstream lines(content(session));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, ms, rest;
    words >> word;
    int times = 1;
    if (word == "repeat") words >> times >> word;
    if (word.size() != 1 || std::string("rtwc").find(word) == std::string::npos) continue;
    words >> ms >> std::ws;
    std::getline(words, rest);
    std::string bytes;
    if (!rest.empty() && rest.front() == '"') {
      for (std::size_t i = 1; i + 1 < rest.size(); ++i) {
        if (rest[i] != '\\')
          bytes += rest[i];
        else if (rest[++i] == 'r')
          bytes += '\r';
        else if (rest[i] == 'n')
          bytes += '\n';
        else
          bytes += static_cast<char>(std::stoi(rest.substr(i + 1, 2), nullptr, 16)), i += 2;
      }
    } else {
      std::istringstream hex(rest);
      for (std::string two; hex >> two;)
        bytes += static_cast<char>(std::stoi(two, nullptr, 16));
    }
    out.insert(out.end(), static_cast<std::size_t>(times),
               {static_cast<int>(std::string("rtwc").find(word)), bytes});
  }
  return out;
}

TEST(Captures, hold_what_their_sessions_say) {
  for (const auto& path : captures()) {
    const auto session = fs::path(path).replace_extension(".session");
    ASSERT_TRUE(fs::exists(session)) << session;
    const auto file = content(path);
    wire::CaptureReader reader(std::as_bytes(std::span(file)));
    std::vector<std::pair<int, std::string>> held;
    while (const auto record = reader.next())
      held.emplace_back(record->kind, std::string(reinterpret_cast<const char*>(record->bytes.data()),
                                                  record->bytes.size()));
    EXPECT_EQ(held, stated(session)) << path;
    EXPECT_EQ(reader.damaged_chunks(), 0U);
  }
}

TEST(Captures, are_recordings_like_any_other) {
  for (const auto& path : captures()) {
    const auto recording = replay::open(path);
    std::size_t samples = 0;
    Duration last{};
    while (const auto sample = recording->next()) {
      ASSERT_LT(sample->channel, recording->channels().size());
      ASSERT_EQ(sample->values.size(), recording->channels()[sample->channel].values());
      last = sample->at - Instant{};
      ++samples;
    }
    EXPECT_GT(samples, 0U) << path;
    EXPECT_LE(last, recording->duration());
    EXPECT_TRUE(recording->start());
    EXPECT_TRUE(recording->remarks().empty()) << recording->remarks().front();
  }
}

TEST(Captures, that_were_rolled_over_are_one_session) {
  // The second file begins in mid-stream, as the recorder leaves it after an hour.
  const auto folder = fs::path(testing::TempDir()) / ("vigil-rolled-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto source = content(fs::path(VIGIL_SOURCE_DIR) / "tests/captures/axivity/sheet_session.cap");
  wire::CaptureReader reader(std::as_bytes(std::span(source)));
  auto header = reader.header();
  std::vector<wire::CaptureRecord> records;
  while (const auto record = reader.next())
    records.push_back(*record);
  const auto write = [&](const std::string& file_name, std::size_t from, std::size_t until) {
    auto own = header;
    if (from > 0) {
      own.at = records[from].at;
      own.wall = header.wall + std::chrono::duration_cast<std::chrono::microseconds>(own.at - header.at);
    }
    wire::CaptureWriter writer(own);
    for (auto i = from; i < until; ++i)
      writer.add(records[i].at, records[i].kind, records[i].bytes);
    std::ofstream out(folder / file_name, std::ios::binary);
    for (const auto part : {writer.preamble(), writer.finish_chunk()})
      out.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
    return folder / file_name;
  };
  const auto second = write("b.cap", 60, records.size());
  const auto first = write("a.cap", 0, 60);
  const auto groups = replay::group({second, first});
  ASSERT_EQ(groups.size(), 1U);
  ASSERT_EQ(groups[0], (std::vector<fs::path>{first, second}));
  const auto whole = replay::open(groups[0]);
  std::size_t samples = 0;
  while (whole->next())
    ++samples;
  EXPECT_EQ(samples, 100U);
  const auto alone = replay::open(second);
  EXPECT_FALSE(alone->next());
  ASSERT_FALSE(alone->remarks().empty());
  EXPECT_NE(alone->remarks()[0].find("begins in the middle of a session"), std::string::npos);
}

}  // namespace
}  // namespace vigil::drivers
