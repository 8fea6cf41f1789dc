#include "wire/capture.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "wire/crc32c.hpp"

namespace vigil::wire {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

CaptureHeader header() {
  return {.device = "axivity:CWA17_00123",
          .driver = "axivity",
          .settings = "[[device]]\ndriver = \"axivity\"\n",
          .wall = {std::chrono::microseconds(1'763'800'000'123'456), std::chrono::minutes(60)},
          .at = {std::chrono::nanoseconds(5'000'000'000)},
          .boot = "0c6b4c1a-boot",
          .simulated = true};
}

struct One {
  Instant at;
  std::uint8_t kind;
  std::string text;
  bool operator==(const One&) const = default;
};

const std::vector<std::vector<One>>& chunks() {
  static const auto made = [] {
    std::vector<std::vector<One>> out;
    auto at = header().at;
    for (int c = 0; c < 6; ++c) {
      auto& chunk = out.emplace_back();
      for (int r = 0; r < 5; ++r) {
        at += std::chrono::nanoseconds(1 + 37'123'456LL * (c + 1) * r);
        chunk.push_back({at, static_cast<std::uint8_t>(r % 4),
                         std::string(static_cast<std::size_t>(r * 40), static_cast<char>('a' + c))});
      }
    }
    return out;
  }();
  return made;
}

struct Written {
  std::vector<std::byte> file;
  std::vector<std::size_t> starts;  ///< of each data chunk, and the end
};

Written written() {
  CaptureWriter writer(header());
  Written out;
  out.file.assign(writer.preamble().begin(), writer.preamble().end());
  for (const auto& chunk : chunks()) {
    EXPECT_EQ(writer.pending(), 0U);
    out.starts.push_back(out.file.size());
    for (const auto& one : chunk)
      writer.add(one.at, one.kind, bytes_of(one.text));
    EXPECT_GT(writer.pending(), 0U);
    const auto bytes = writer.finish_chunk();
    out.file.insert(out.file.end(), bytes.begin(), bytes.end());
  }
  out.starts.push_back(out.file.size());
  return out;
}

std::vector<One> read_all(CaptureReader& reader) {
  std::vector<One> out;
  while (const auto record = reader.next())
    out.push_back({record->at,
                   record->kind,
                   {reinterpret_cast<const char*>(record->bytes.data()), record->bytes.size()}});
  return out;
}

/// All records but those of the chunks that lie, in part, in [from, until).
std::vector<One> all_but(const Written& w, std::size_t from, std::size_t until) {
  std::vector<One> out;
  for (std::size_t c = 0; c < chunks().size(); ++c)
    if (w.starts[c + 1] <= from || w.starts[c] >= until)
      out.insert(out.end(), chunks()[c].begin(), chunks()[c].end());
  return out;
}

TEST(Crc32c, is_castagnoli) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
  EXPECT_EQ(crc32c(bytes_of(
                std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32))),
            0x8A9136AAU);  // RFC 3720
}

TEST(Capture, returns_what_was_written) {
  const auto w = written();
  CaptureReader reader(w.file);
  const auto& h = reader.header();
  EXPECT_EQ(h.device, header().device);
  EXPECT_EQ(h.driver, header().driver);
  EXPECT_EQ(h.settings, header().settings);
  EXPECT_EQ(h.wall, header().wall);
  EXPECT_EQ(h.at, header().at);
  EXPECT_EQ(h.boot, header().boot);
  EXPECT_TRUE(h.simulated);
  EXPECT_EQ(read_all(reader), all_but(w, 0, 0));
  EXPECT_EQ(reader.damaged_chunks(), 0U);
  EXPECT_EQ(reader.skipped_bytes(), 0U);
}

TEST(Capture, torn_at_every_byte_loses_only_the_torn_chunk) {
  const auto w = written();
  for (std::size_t length = w.starts.front(); length < w.file.size(); ++length) {
    CaptureReader reader(std::span(w.file).first(length));
    ASSERT_EQ(read_all(reader), all_but(w, length, w.file.size())) << length;
    const bool torn = std::ranges::find(w.starts, length) == w.starts.end();
    ASSERT_EQ(reader.damaged_chunks(), torn ? 1U : 0U) << length;
  }
  for (std::size_t length = 0; length < w.starts.front(); ++length)
    ASSERT_THROW(CaptureReader(std::span(w.file).first(length)), std::runtime_error) << length;
}

TEST(Capture, each_byte_damaged_loses_only_its_chunk) {
  const auto w = written();
  for (std::size_t i = w.starts.front(); i < w.file.size(); ++i)
    for (const auto flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
      auto file = w.file;
      file[i] ^= flip;
      CaptureReader reader(file);
      ASSERT_EQ(read_all(reader), all_but(w, i, i + 1)) << i;
      ASSERT_EQ(reader.damaged_chunks(), 1U) << i;
      ASSERT_GT(reader.skipped_bytes(), 0U) << i;
    }
}

TEST(Capture, bytes_missing_or_strange_in_the_middle_lose_only_what_they_touch) {
  const auto w = written();
  for (std::size_t i = w.starts.front(); i < w.file.size(); i += 7) {
    auto missing = w.file;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    CaptureReader one(missing);
    ASSERT_EQ(read_all(one), all_but(w, i, i + 1)) << i;
    auto strange = w.file;
    strange.insert(strange.begin() + static_cast<std::ptrdiff_t>(i), 100, std::byte{0x44});
    CaptureReader two(strange);
    const bool between = std::ranges::find(w.starts, i) != w.starts.end();
    ASSERT_EQ(read_all(two), between ? all_but(w, 0, 0) : all_but(w, i, i + 1)) << i;
    ASSERT_EQ(two.damaged_chunks(), 1U);
  }
}

TEST(Capture, a_damaged_preamble_is_a_clear_error) {
  const auto w = written();
  for (std::size_t i = 0; i < w.starts.front(); ++i) {
    auto file = w.file;
    file[i] ^= std::byte{0x20};
    ASSERT_THROW(CaptureReader{file}, std::runtime_error) << i;
  }
  const auto message = [](std::string_view text) -> std::string {
    try {
      CaptureReader reader(bytes_of(text));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(""), "expected a Vigil capture, found an empty file");
  EXPECT_EQ(message("t_s,load_kg\n0,70\n"), "expected a Vigil capture, found no VIGILCAP at its start");
  EXPECT_EQ(message(std::string_view("VIGILCAP\x02\0\0\0", 12)),
            "expected a Vigil capture of version 1, found version 2");
}

TEST(Capture, time_never_runs_backwards_in_it) {
  CaptureWriter writer(header());
  writer.add({std::chrono::seconds(9)}, 0, bytes_of("a"));
  writer.add({std::chrono::seconds(8)}, 0, bytes_of("b"));
  std::vector<std::byte> file(writer.preamble().begin(), writer.preamble().end());
  const auto chunk = writer.finish_chunk();
  file.insert(file.end(), chunk.begin(), chunk.end());
  CaptureReader reader(file);
  EXPECT_EQ(reader.next()->at, Instant{std::chrono::seconds(9)});
  EXPECT_EQ(reader.next()->at, Instant{std::chrono::seconds(9)});
  EXPECT_FALSE(reader.next());
}

TEST(Capture, an_empty_chunk_is_not_written) {
  CaptureWriter writer(header());
  EXPECT_TRUE(writer.finish_chunk().empty());
  writer.add(header().at, 1, {});
  EXPECT_FALSE(writer.finish_chunk().empty());
  EXPECT_TRUE(writer.finish_chunk().empty());
}

}  // namespace
}  // namespace vigil::wire
