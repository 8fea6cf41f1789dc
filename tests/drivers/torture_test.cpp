// Every capture in tests/captures/ again, damaged: each driver, whole, with its conversation with the device.
#include "support/torture.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/port/capture_port.hpp"
#include "drivers/settings.hpp"
#include "wire/capture.hpp"

namespace vigil::drivers {
namespace {

namespace fs = std::filesystem;

struct Record {
  std::uint8_t kind;
  Instant at;
  Bytes bytes;
};
constexpr std::uint8_t is_read = 0;

struct Session {
  fs::path path;
  wire::CaptureHeader header;
  std::vector<Record> records;
  const Driver* driver = nullptr;
};

std::vector<Session> sessions() {
  std::vector<Session> out;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(VIGIL_SOURCE_DIR) / "tests/captures")) {
    if (entry.path().extension() != ".cap") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    wire::CaptureReader reader(std::as_bytes(std::span(content)));
    Session session{entry.path(), reader.header(), {}, find(reader.header().driver.view())};
    while (const auto record = reader.next())
      session.records.push_back(
          {record->kind, record->at, Bytes(record->bytes.begin(), record->bytes.end())});
    out.push_back(std::move(session));
  }
  std::ranges::sort(out, {}, &Session::path);
  return out;
}

/// What the driver makes of these records. Ends with what it throws, if that is one of the two it may.
Heard play(const Session& session, const std::vector<Record>& records) {
  wire::CaptureWriter writer(session.header);
  const auto head = writer.preamble();
  Bytes file(head.begin(), head.end());
  for (const auto& r : records)
    writer.add(r.at, r.kind, r.bytes);
  const auto chunk = writer.finish_chunk();
  file.insert(file.end(), chunk.begin(), chunk.end());
  CapturePort port({file}, "torture");
  const WrittenSettings settings(*session.driver, settings_of_table(session.header.settings));
  Heard heard;
  asio::io_context loop;
  const auto done = [](const std::exception_ptr& error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const DeviceLost&) {
    } catch (const DeviceRefused&) {
    }  // anything else leaves run() and fails the test
  };
  asio::co_spawn(loop, session.driver->run(port, settings, heard), done);
  loop.run();
  return heard;
}

std::vector<std::vector<float>> values(const Heard& heard) {
  std::vector<std::vector<float>> out;
  for (const auto& s : heard.samples) {
    out.push_back(s.values);
    for (auto& v : out.back())
      if (std::isnan(v)) v = -12345;  // a cell without a number: equal to itself
  }
  return out;
}

TEST(Torture, every_serial_session_read_in_other_pieces_says_the_same) {
  for (const auto& session : sessions()) {
    ASSERT_NE(session.driver, nullptr) << session.path;
    if (session.driver->transport != Transport::serial) continue;
    SCOPED_TRACE(session.path.stem().string());
    const auto whole = play(session, session.records);
    for (std::size_t piece = 1; piece <= 16; ++piece) {
      std::vector<Record> cut;
      for (const auto& r : session.records) {
        if (r.kind != is_read || r.bytes.empty()) {
          cut.push_back(r);
          continue;
        }
        for (std::size_t i = 0; i < r.bytes.size(); i += piece) {
          const auto end = r.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(i + piece, r.bytes.size()));
          cut.push_back({r.kind, r.at, Bytes(r.bytes.begin() + static_cast<std::ptrdiff_t>(i), end)});
        }
      }
      const auto got = play(session, cut);
      EXPECT_EQ(values(got), values(whole)) << "in pieces of " << piece;
      EXPECT_EQ(got.rejects, whole.rejects) << "in pieces of " << piece;
      EXPECT_EQ(got.identity, whole.identity) << "in pieces of " << piece;
    }
  }
}

TEST(Torture, every_session_with_each_byte_damaged_stays_within_what_the_sensor_can_say) {
  constexpr std::size_t bytes_of_a_session = 250;  // the rest is more of the same
  for (const auto& session : sessions()) {
    SCOPED_TRACE(session.path.stem().string());
    auto records = session.records;
    std::size_t total = 0, seen = 0;
    for (const auto& r : records)
      total += r.bytes.size();
    const auto stride = std::max<std::size_t>(1, total / bytes_of_a_session);
    for (auto& r : records)
      for (auto& byte : r.bytes) {
        if (seen++ % stride != 0) continue;
        const auto was = byte;
        for (const auto flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
          byte = was ^ flip;
          const auto heard = play(session, records);
          for (const auto& s : heard.samples) {
            ASSERT_LT(s.channel, heard.channels.size());
            const auto& channel = heard.channels[s.channel];
            ASSERT_EQ(s.values.size(), channel.values());
            if (channel.quantity == Quantity::load || channel.maximum <= channel.minimum) continue;
            for (const float v : s.values)
              ASSERT_TRUE(v >= channel.minimum && v <= channel.maximum)
                  << v << " after byte " << seen - 1 << " of the session";
          }
        }
        byte = was;
      }
  }
}

// The harness itself: a frame of 'F', a number and its complement, resynchronised byte by byte.
std::vector<int> numbers(const Reads& reads, bool check) {
  std::vector<int> out;
  std::string held;
  for (const auto read : reads)
    for (const auto byte : read) {
      held += static_cast<char>(byte);
      while (!held.empty() && (held[0] != 'F' || held.size() == 3)) {
        const bool whole = held[0] == 'F' && (!check || held[1] == static_cast<char>(~held[2]));
        if (whole) out.push_back(held[1]);
        held.erase(0, whole ? 3 : 1);
        const auto next = held.find('F');
        held.erase(0, next == std::string::npos ? held.size() : next);
      }
    }
  return out;
}

TEST(TortureItself, sees_loss_invention_and_a_decoder_that_forgets) {
  Bytes stream;
  for (int i = 1; i < 9; ++i)
    for (const int byte : {int{'F'}, i, ~i})
      stream.push_back(static_cast<std::byte>(byte));
  const auto good = [](const Reads& reads) { return numbers(reads, true); };
  split_at_every_byte(stream, good);
  const auto harm = corrupt_every_byte(stream, good);
  EXPECT_GT(harm.damages, stream.size() * 10);
  EXPECT_EQ(harm.invented, 0U);

  static Bytes given;
  given = stream;
  EXPECT_NONFATAL_FAILURE(corrupt_every_byte(given, [](const Reads& reads) { return numbers(reads, false); }),
                          "invented");
  static const auto forgets = [](const Reads& reads) {
    std::vector<int> out;
    for (const auto read : reads)
      for (const int n : numbers({read}, true))
        out.push_back(n);
    return out;
  };
  EXPECT_FATAL_FAILURE(split_at_every_byte(given, forgets), "cut at byte");
}

}  // namespace
}  // namespace vigil::drivers
