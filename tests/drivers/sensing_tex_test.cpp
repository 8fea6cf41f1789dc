#include <cmath>
#include <functional>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/clock.hpp"
#include "drivers/bench_port.hpp"
#include "drivers/child.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/sensing_tex/driver.hpp"
#include "drivers/sensing_tex/protocol.hpp"
#include "drivers/settings.hpp"
#include "support/torture.hpp"

namespace vigil::drivers::sensing_tex {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Image = std::vector<float>;

Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 3)
    out.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Bytes text(std::string_view words) {
  const auto bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

std::vector<Image> images_of(const Reads& reads, std::size_t rows, std::size_t columns,
                             Damage* damage = nullptr) {
  ImageFinder finder(rows, columns);
  std::vector<Image> out;
  for (auto read : reads) {
    while (const auto image = finder.next(read))
      out.emplace_back(image->begin(), image->end());
    EXPECT_TRUE(read.empty());
  }
  if (damage != nullptr) *damage = finder.take_damage();
  return out;
}

Bytes column(std::size_t which, const std::vector<int>& adc) {
  Bytes out{std::byte{'M'}, static_cast<std::byte>(adc.size()), static_cast<std::byte>(which)};
  for (const int a : adc) {
    out.push_back(static_cast<std::byte>(a & 0xFF));
    out.push_back(static_cast<std::byte>(a >> 8));
  }
  out.push_back(std::byte{'\n'});
  return out;
}
/// 4 x 4; the cells of a frame differ from those of the next.
Bytes frame(int number) {
  Bytes out;
  for (int c = 0; c < 4; ++c)
    out = out + column(static_cast<std::size_t>(c), {4000 - number, 3000 + c, 0x0A4D, 0x0D0A});
  return out;
}

const auto sheets_first = hex("4D 04 00 FF 0F FF 0F B8 0B E8 03 0A");
const auto sheets_trap = hex("4D 04 01 4D 0A 0A 0A 4D 0D FF 0F 0A");

TEST(SensingTexProtocol, the_sheets_examples) {
  const auto all = images_of({sheets_first + sheets_trap}, 4, 2);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0], ElementsAre(0, 4095 - 0xA4D, 0, 4095 - 0xA0A, 1095, 4095 - 0xD4D, 3095, 0));
  const auto as_bytes = [](const auto& c) { return Bytes(c.begin(), c.end()); };
  EXPECT_EQ(as_bytes(geometry(16, 16, 10)), hex("43 10 10 00 64 0D"));
  EXPECT_EQ(as_bytes(geometry(16, 16, 20)), hex("43 10 10 00 C8 0D"));
  EXPECT_EQ(as_bytes(geometry(16, 16, 25.5)), hex("43 10 10 00 FF 0D"));
  EXPECT_EQ(as_bytes(start), hex("53 0D"));
  EXPECT_EQ(as_bytes(stop), hex("58 0D"));
  EXPECT_EQ(most_hz(16, 16), 20);
}

TEST(SensingTexProtocol, one_count_is_nothing) {
  const auto all = images_of({column(0, {4095, 4094, 4093, 0}) + column(1, {0, 0, 0, 0})}, 4, 2);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0], ElementsAre(0, 4095, 0, 4095, 2, 4095, 4095, 4095));
}

TEST(SensingTexProtocol, texts_between_columns_are_passed_over) {
  Damage damage;
  EXPECT_EQ(
      images_of({text("K start\nHello, M\r\n") + column(0, {1, 2}) + text("H 12\n") + column(1, {3, 4})}, 2,
                2, &damage)
          .size(),
      1U);
  EXPECT_EQ(damage, (Damage{}));
  // A K that begins no text swallows nothing.
  EXPECT_EQ(images_of({text("K\x01") + frame(1) + frame(2)}, 4, 4).size(), 2U);
  EXPECT_EQ(images_of({text("K" + std::string(500, 'x')) + frame(1) + frame(2)}, 4, 4).size(), 2U);
}

TEST(SensingTexProtocol, a_frame_is_whole_or_nothing) {
  const auto at = [](int c) { return column(static_cast<std::size_t>(c), {c, c}); };
  const auto whole = at(0) + at(1) + at(2);
  const auto judge = [&](const Bytes& bytes) {
    Damage damage;
    const auto count = images_of({bytes}, 2, 3, &damage).size();
    return std::tuple(count, damage);
  };
  EXPECT_EQ(judge(whole + whole), std::tuple(2U, Damage{}));
  EXPECT_EQ(judge(at(1) + at(2) + whole), std::tuple(1U, Damage{})) << "it began in the middle of one";
  EXPECT_EQ(judge(whole + at(0) + at(2) + whole), std::tuple(2U, (Damage{0, 1, 0}))) << "one missing";
  EXPECT_EQ(judge(whole + at(1) + at(2) + whole), std::tuple(2U, (Damage{0, 1, 0}))) << "the first missing";
  EXPECT_EQ(judge(whole + at(0) + at(1) + whole), std::tuple(2U, (Damage{0, 1, 0}))) << "the last missing";
  EXPECT_EQ(judge(whole + at(0) + at(1) + at(1) + at(2)), std::tuple(2U, (Damage{0, 0, 1}))) << "one twice";
  EXPECT_EQ(judge(whole + at(0) + at(0) + at(1) + at(2)), std::tuple(2U, (Damage{0, 0, 1})))
      << "the first twice";
  EXPECT_EQ(judge(whole + at(0) + at(1) + at(2) + at(2) + whole), std::tuple(3U, (Damage{0, 1, 0})))
      << "the last twice";
}

TEST(SensingTexProtocol, split_at_every_byte_and_each_byte_corrupted) {
  Bytes stream;
  for (int i = 0; i < 7; ++i)
    stream = stream + frame(i);
  const auto decode = [](const Reads& r) { return images_of(r, 4, 4); };
  split_at_every_byte(stream, decode);
  // No checksum: a wrong byte in a sample changes one cell of one frame, and never leaves 0 to 4095.
  const auto clean = decode({stream});
  const auto harm = corrupt_every_byte(stream, decode, {.lost = 2, .invented = 1}, [&](const Image& image) {
    for (const auto& was : clean) {
      std::size_t differ = 0;
      for (std::size_t i = 0; i < was.size(); ++i)
        differ += image[i] != was[i] ? 1 : 0;
      if (differ == 1) return std::ranges::all_of(image, [](float v) { return v >= 0 && v <= 4095; });
    }
    return false;
  });
  std::printf("mat columns: a byte damaged gives an image with one wrong cell in %.1f %% of cases\n",
              100 * harm.share_invented());
  EXPECT_LE(harm.worst_lost, 2U);
  // Of 13 damages only to a sample byte pass: 11 of its low one, 4 to 6 of its high one.
  EXPECT_LT(harm.share_invented(), 0.45);
}

TEST(SensingTexProtocol, which_mat_it_is) {
  EXPECT_EQ(geometry_of(frame(1) + frame(2)), (Geometry{4, 4}));
  Bytes large;
  for (std::size_t c = 0; c < 20; ++c)
    large = large + column(c, std::vector<int>(32, 4000));
  EXPECT_EQ(geometry_of(std::span(large).subspan(17)), (Geometry{32, 20}));
  EXPECT_FALSE(geometry_of(text("GPS 3.1\nMMMMM\n")));
  EXPECT_FALSE(geometry_of({}));
}

/// The driver on the simulator's pty, at its speed.
class SensingTexSimulated : public testing::Test {
 protected:
  static constexpr double speed = 5;

  std::string begin(std::vector<std::string> options = {}) {
    link_ = testing::TempDir() + "/ttyUSB-mat-" + std::to_string(getpid());
    options.insert(options.begin(), {std::string(VIGIL_SIMULATORS) + "/sensing_tex_simulator", "--link",
                                     link_, "--speed", std::to_string(speed)});
    device_.emplace(options);
    return device_->hear("ready");
  }
  std::string run(const std::function<bool()>& enough, WrittenSettings::Written written = {}) {
    asio::io_context loop;
    std::string ended;
    bool over = false;
    try {
      SerialPort port(loop.get_executor(), clock_, link_);
      const WrittenSettings settings(driver, std::move(written));
      const auto done = [&](const std::exception_ptr& error) {
        over = true;
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& e) {
          ended = e.what();
        }
      };
      asio::co_spawn(loop, driver.run(port, settings, heard_), done);
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (!over && !enough() && std::chrono::steady_clock::now() < give_up)
        loop.run_one_for(milliseconds(100));
      EXPECT_LT(std::chrono::steady_clock::now(), give_up) << "it took too long";
      loop.stop();
    } catch (const std::exception& error) {
      ended = error.what();
    }
    return ended;
  }
  std::string run(std::size_t samples, WrittenSettings::Written written = {}) {
    const auto until = heard_.samples.size() + samples;
    const std::function<bool()> enough = [this, until] { return heard_.samples.size() >= until; };
    return run(enough, std::move(written));
  }

  [[nodiscard]] std::string note() const { return heard_.notes.empty() ? "" : heard_.notes.back(); }

  std::string link_;
  std::optional<Child> device_;
  Clock clock_{speed};
  Heard heard_;
};

TEST_F(SensingTexSimulated, premium_obeys_and_a_sleeper_is_seen) {
  ASSERT_FALSE(begin().empty());
  EXPECT_EQ(run(60, {{"rate_hz", "20"}}), "");
  device_->tell("quit");
  EXPECT_EQ(device_->end(), 0);
  EXPECT_THAT(device_->said(), HasSubstr("stop\ngeometry 16 16 20\nstart\n"));
  ASSERT_EQ(heard_.channels.size(), 1U);
  const auto& channel = heard_.channels[0];
  EXPECT_EQ(channel.quantity, Quantity::pressure);
  EXPECT_EQ(channel.rows, 16);
  EXPECT_EQ(channel.columns, 16);
  EXPECT_EQ(channel.rate_hz, 20);
  EXPECT_EQ(heard_.what, "Sensing Tex mat, 16 x 16 cells, premium electronics");
  EXPECT_EQ(note(), "");
  EXPECT_TRUE(heard_.rejects.empty());
  const auto& image = heard_.samples.back().values;
  const auto hip = static_cast<std::size_t>(std::ranges::max_element(image) - image.begin());
  EXPECT_EQ(hip / 16, 9U);  // row: 0.6 of the length
  EXPECT_EQ(hip % 16, 9U);  // column: 0.6 of the width
  EXPECT_NEAR(seconds(heard_.samples.back().at - heard_.samples.front().at),
              static_cast<double>(heard_.samples.size() - 1) / 20, 1);
}

TEST_F(SensingTexSimulated, standard_sends_as_it_likes_and_that_is_said) {
  ASSERT_FALSE(begin({"--standard", "--rate", "6"}).empty());
  EXPECT_EQ(run(10), "");
  EXPECT_NEAR(heard_.channels.at(0).rate_hz, 6, 0.5);
  EXPECT_THAT(heard_.what, HasSubstr("standard electronics"));
  EXPECT_THAT(note(), HasSubstr("Hz whatever it is asked for"));
}

TEST_F(SensingTexSimulated, what_the_wire_does_not_carry_is_not_asked_for) {
  ASSERT_FALSE(begin().empty());
  EXPECT_EQ(run(5, {{"rate_hz", "25.5"}}), "");
  EXPECT_EQ(heard_.channels.at(0).rate_hz, 20);
  EXPECT_EQ(note(), "115200 baud carry no more than 20 images/s of 16 x 16 cells, asked for 25.5");
}

TEST_F(SensingTexSimulated, faults_cost_the_frames_they_hit_and_are_counted) {
  ASSERT_FALSE(begin().empty());
  std::size_t ordered = 0;
  const std::array<const char*, 4> faults{"missing", "duplicate", "mid", "drop 1"};
  const std::function<bool()> enough = [&] {
    if (ordered < faults.size() && heard_.samples.size() >= 10 * (ordered + 1))
      device_->tell(faults[ordered++]);
    return heard_.samples.size() >= 80;
  };
  EXPECT_EQ(run(enough), "");
  EXPECT_EQ(ordered, 4U);
  EXPECT_EQ(heard_.rejects[Reject::order], 1U);
  EXPECT_GE(heard_.rejects[Reject::length], 2U);  // missing, mid; drop, unless it hit the end of a frame
  EXPECT_LE(heard_.rejects[Reject::length], 3U);
  EXPECT_GE(heard_.rejects[Reject::framing], 2U);
  // None of it shows in an image: hip and shoulder breathe, nothing else.
  for (const auto& one : heard_.samples)
    for (std::size_t i = 0; i < one.values.size(); ++i)
      ASSERT_NEAR(one.values[i], heard_.samples[0].values[i], 0.11 * 1300);
}

TEST_F(SensingTexSimulated, a_stalled_mat_is_started_anew_and_one_that_vanished_is_lost) {
  ASSERT_FALSE(begin().empty());
  bool stalled = false;
  const std::function<bool()> enough = [&] {
    if (heard_.samples.size() >= 10 && !std::exchange(stalled, true)) device_->tell("stall");
    return note() == "never";
  };
  // It says nothing more: lost, by name.
  EXPECT_THAT(run(enough), HasSubstr("the mat answers, but sends no columns"));
  device_->tell("go");
  EXPECT_EQ(run(10), "");
  bool pulled = false;
  const std::function<bool()> pull = [&] {
    if (!std::exchange(pulled, true)) device_->tell("vanish 0.2");
    return false;
  };
  EXPECT_NE(run(pull), "");
  ASSERT_FALSE(device_->hear("ready").empty());
  EXPECT_EQ(run(10), "");
  EXPECT_EQ(heard_.channels.size(), 1U);
}

TEST_F(SensingTexSimulated, another_mat_than_configured_is_refused_with_what_it_is) {
  ASSERT_FALSE(begin({"--rows", "32", "--columns", "8"}).empty());
  EXPECT_THAT(run(1), HasSubstr("expected a mat of 16 x 16 cells (rows x columns), found one of 32 x 8"));
  EXPECT_THAT(run(1, {{"rows", "32"}, {"columns", "4"}}), HasSubstr("found one of 32 x 8"));
  EXPECT_EQ(run(5, {{"rows", "32"}, {"columns", "8"}}), "");
  EXPECT_GE(heard_.samples.size(), 5U);
}

/// The means of 2 x 4 cells of a recording's lines, computed apart from the simulator.
std::vector<Image> recorded(const std::string& path) {
  std::vector<Image> out;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return out;
  std::string all;
  std::array<char, 65536> part{};
  for (int n = 0; (n = gzread(file, part.data(), part.size())) > 0;)
    all.append(part.data(), static_cast<std::size_t>(n));
  gzclose(file);
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    std::vector<int> sums(256);
    for (std::size_t i = 0, value = 0; numbers >> value; ++i)
      sums[i / 64 / 2 * 16 + i % 64 / 4] += static_cast<int>(value);
    Image image;
    for (const int sum : sums)
      image.push_back(sum / 8 <= 1 ? 0.0F : static_cast<float>(sum / 8));
    out.push_back(std::move(image));
  }
  return out;
}

TEST_F(SensingTexSimulated, a_recorded_sleeper_arrives_as_he_lay) {
  const std::string path = VIGIL_SHARED_DIR "/data/pressure_map/S1_1.txt.gz";
  const auto truth = recorded(path);
  if (truth.empty()) GTEST_SKIP() << "needs " << path;
  ASSERT_GT(truth.size(), 50U);
  ASSERT_FALSE(begin({"--frames", path}).empty());
  EXPECT_EQ(run(truth.size(), {{"rate_hz", "20"}}), "");
  EXPECT_TRUE(heard_.rejects.empty());
  // The first ones showed what the mat is; from then on each is as recorded, and none is missing.
  ASSERT_GE(heard_.samples.size(), truth.size());
  const auto first = std::ranges::find(truth, heard_.samples[0].values) - truth.begin();
  ASSERT_GE(first, 2);
  for (std::size_t i = 0; i < truth.size(); ++i)
    ASSERT_EQ(heard_.samples[i].values, truth[(i + static_cast<std::size_t>(first)) % truth.size()]) << i;
}

}  // namespace
}  // namespace vigil::drivers::sensing_tex
