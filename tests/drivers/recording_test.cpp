#include "drivers/replay/recording.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <zlib.h>

#include "drivers/axivity/cwa.hpp"
#include "drivers/bench_port.hpp"
#include "drivers/replay/driver.hpp"
#include "drivers/settings.hpp"

namespace vigil::drivers::replay {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;

fs::path scratch(const std::string& name) {
  const auto folder = fs::path(testing::TempDir()) / ("vigil-recording-" + std::to_string(getpid()));
  fs::create_directories(folder);
  return folder / name;
}

fs::path written(const std::string& name, const std::string& text) {
  const auto path = scratch(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

fs::path zipped(const std::string& name, const std::string& text) {
  const auto path = scratch(name);
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return path;
}

struct Read {
  std::vector<std::vector<float>> values;
  std::vector<double> at_s;
  std::vector<ChannelIndex> channel;
};

Read read_all(Recording& recording) {
  Read out;
  while (const auto s = recording.next()) {
    EXPECT_EQ(s->values.size(), recording.channels()[s->channel].values());
    out.values.emplace_back(s->values.begin(), s->values.end());
    out.at_s.push_back(seconds(s->at - Instant{}));
    out.channel.push_back(s->channel);
  }
  return out;
}

std::string refusal(const fs::path& path, const Options& options = {}) {
  try {
    open(path, options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

#define NEEDS_SHARED(name)                                   \
  const fs::path file = fs::path(VIGIL_SHARED_DIR) / (name); \
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not on this machine"

TEST(Table, header_names_units_and_rows_give_values) {
  const auto path = written("a.csv",
                            "t_s,load_kg,x_g,y_g,z_g,heart_bpm,occupied,comment\r\n"
                            "10.0,70.5,0.1,-0.2,0.97,61,1,hello\r\n"
                            "10.5,,0.1,-0.2,0.97,0,true,\"a, b\"\r\n"
                            "\r\n"
                            "11.0,71,NaN,0,0,NA,off,x\r\n");
  const auto recording = open(path);
  ASSERT_EQ(recording->channels().size(), 4U);
  EXPECT_EQ(recording->channels()[1].quantity, Quantity::acceleration);
  EXPECT_FLOAT_EQ(recording->channels()[0].rate_hz, 2);
  EXPECT_FALSE(recording->start());
  EXPECT_EQ(recording->duration(), std::chrono::seconds(1));
  const auto all = read_all(*recording);
  const std::vector<ChannelIndex> channels{0, 1, 2, 3, 1, 3, 0, 3};
  EXPECT_EQ(all.channel, channels);
  EXPECT_EQ(all.at_s, (std::vector<double>{0, 0, 0, 0, 0.5, 0.5, 1, 1}));
  EXPECT_FLOAT_EQ(all.values[1][2], 0.97F);
  EXPECT_EQ(all.values[5][0], 1);
  EXPECT_EQ(all.values[7][0], 0);
  EXPECT_TRUE(recording->remarks().empty());
}

TEST(Table, maps_columns_and_knows_iso_times) {
  const auto path = written(
      "b.csv", "timestamp,axis1,axis2\n2012-06-27T10:54:00+02:00,377,1\n2012-06-27T10:54:10+02:00,465,2\n");
  const auto recording = open(path, options("", "", "t=timestamp,counts=axis1", ""));
  ASSERT_TRUE(recording->start());
  EXPECT_EQ(recording->start()->offset, minutes(120));
  EXPECT_EQ(recording->start()->since_epoch, std::chrono::seconds(1340787240));
  EXPECT_FLOAT_EQ(recording->channels().at(0).epoch_s, 10);
  EXPECT_EQ(read_all(*recording).values, (std::vector<std::vector<float>>{{377}, {465}}));
}

TEST(Table, cells_are_an_image) {
  const auto path =
      written("c.csv", "t_s,cell_0,cell_1,cell_2,cell_3,cell_4,cell_5\n0,1,2,3,4,5,6\n1,6,5,4,3,2,1\n");
  const auto recording = open(path, options("", "2x3", "", ""));
  EXPECT_EQ(recording->channels().at(0).rows, 2);
  EXPECT_EQ(recording->channels().at(0).columns, 3);
  EXPECT_EQ(read_all(*recording).values[1], (std::vector<float>{6, 5, 4, 3, 2, 1}));
  EXPECT_NE(refusal(path).find("say how the cells lie"), std::string::npos);
  EXPECT_NE(refusal(path, options("", "4x3", "", "")).find("found no cell_6"), std::string::npos);
}

TEST(Table, each_mistake_is_counted_and_named_with_its_line) {
  const auto path = written("d.csv", "t_s,load_kg\n0,70\n1,seventy\n2,70\nx,70\n1.5,70\n3,5000\n4\n5,70\n");
  const auto recording = open(path);
  EXPECT_EQ(read_all(*recording).values.size(), 3U);
  const auto& rejects = recording->rejects();
  const auto count = [&](Reject r) { return rejects[static_cast<std::size_t>(r)]; };
  EXPECT_EQ(count(Reject::syntax), 2U);
  EXPECT_EQ(count(Reject::order), 1U);
  EXPECT_EQ(count(Reject::range), 1U);
  EXPECT_EQ(count(Reject::length), 1U);
  ASSERT_EQ(recording->remarks().size(), 5U);
  EXPECT_EQ(recording->remarks()[0], "d.csv:3: load_kg: expected a number, found 'seventy'");
  EXPECT_EQ(recording->remarks()[2], "d.csv:6: is earlier than the row before it");
}

TEST(Table, what_cannot_be_read_is_said) {
  EXPECT_NE(refusal(written("e.csv", "")).find("found an empty file"), std::string::npos);
  EXPECT_NE(refusal(written("f.csv", "a,b\n1,2\n")).find("f.csv:1: expected a header with a column t_s"),
            std::string::npos);
  EXPECT_NE(refusal(written("g.csv", "t_s,b\n1,2\n")).find("expected at least one of load_kg"),
            std::string::npos);
  EXPECT_NE(refusal(written("h.csv", "t_s,x_g\n1,2\n")).find("x_g, y_g and z_g together"), std::string::npos);
  EXPECT_NE(refusal(written("i.csv", "t_s,load_kg\n")).find("expected rows of samples, found none"),
            std::string::npos);
  EXPECT_NE(refusal(scratch("none.csv")).find("expected a recording, found"), std::string::npos);
  EXPECT_NE(refusal(written("j.csv", "t_s,load_kg\n1,2\n"), options("", "", "load_kg=mass", ""))
                .find("no column 'mass'"),
            std::string::npos);
  EXPECT_THROW(options("nonsense", "", "", ""), std::invalid_argument);
  EXPECT_THROW(options("", "32", "", ""), std::invalid_argument);
  EXPECT_THROW(options("", "0x4", "", ""), std::invalid_argument);
  EXPECT_THROW(options("", "", "t", ""), std::invalid_argument);
  EXPECT_THROW(options("", "", "", "yesterday"), std::invalid_argument);
}

TEST(Table, gzip_is_read_and_a_torn_one_is_said) {
  std::string text = "t_s,load_kg\n";
  for (int i = 0; i < 5000; ++i)
    text +=
        std::to_string(i) + "," + std::to_string(60 + i % 17) + "." + std::to_string(i * 7919 % 1000) + "\n";
  const auto path = zipped("k.csv.gz", text);
  EXPECT_EQ(read_all(*open(path)).values.size(), 5000U);
  fs::resize_file(path, fs::file_size(path) / 2);
  const auto torn = open(path);
  const auto rows = read_all(*torn).values.size();
  EXPECT_GT(rows, 100U);
  EXPECT_LT(rows, 5000U);
  ASSERT_EQ(torn->remarks().size(), 1U);
  EXPECT_NE(torn->remarks()[0].find("the gzip file ends too early"), std::string::npos);
}

TEST(Presets, actilife) {
  NEEDS_SHARED("data/actilife/GT3XPlus-RawData-Day01-10sec60sec.csv");
  const auto recording = open(file, options("actilife", "", "", ""));
  EXPECT_FLOAT_EQ(recording->channels().at(0).epoch_s, 60);
  const auto all = read_all(*recording);
  EXPECT_EQ(all.values.size(), 1500U);
  EXPECT_EQ(all.values[0][0], 1465);
  const auto scored =
      open(file.parent_path() / "GT3XPlus-RawData-Day01-Sadeh.csv", options("actilife", "", "", ""));
  EXPECT_EQ(scored->start(), recording->start());
  EXPECT_EQ(read_all(*scored).values, all.values);
}

TEST(Presets, wrist_nights) {
  NEEDS_SHARED("data/wrist_nights/p7n1.TXT.gz");
  const auto recording = open(file, options("wrist_nights", "", "", "2019-11-22T23:00:00Z"));
  EXPECT_NEAR(recording->channels().at(0).rate_hz, 5, 0.01);
  EXPECT_TRUE(recording->start());
  EXPECT_NEAR(seconds(recording->duration()) / 60, 360.6, 0.1);
  const auto all = read_all(*recording);
  EXPECT_EQ(all.values.size(), 108111U);
  EXPECT_FLOAT_EQ(all.values[0][0], -0.65F);
  const auto epochs = open(file.parent_path() / "p7n1.csv.gz", options("wrist_nights", "", "", ""));
  EXPECT_FLOAT_EQ(read_all(*epochs).values.at(0).at(2), 0.999F);
}

TEST(Presets, mmash_bed_imu_pressure_map) {
  NEEDS_SHARED("data/mmash/actigraph_1.csv.gz");
  const auto mmash = open(file, options("mmash", "", "", ""));
  EXPECT_EQ(mmash->channels().size(), 2U);
  EXPECT_FLOAT_EQ(mmash->channels()[0].epoch_s, 5);
  EXPECT_NEAR(seconds(mmash->duration()) / 3600, 23.6, 0.1);
  EXPECT_GT(read_all(*mmash).values.size(), 30000U);
  const auto data = file.parent_path().parent_path();
  const auto imu = open(data / "bed_imu/2017y-11m-16d-9h-12m.csv.gz", options("bed_imu", "", "", ""));
  ASSERT_TRUE(imu->start());
  const auto samples = read_all(*imu);
  EXPECT_EQ(samples.values.size(), 40000U);
  EXPECT_NEAR(samples.values[0][2], 16480.0 / 16384, 1e-4);
  EXPECT_NEAR(samples.at_s.back(), 24403.198 - 1.579, 0.01);
  const auto map = open(data / "pressure_map/S1_1.txt.gz", options("pressure_map", "", "", ""));
  EXPECT_EQ(map->channels().at(0).values(), 2048U);
  EXPECT_GE(read_all(*map).values.size(), 66U);
}

TEST(Presets, bed_pressure_home_a) {
  NEEDS_SHARED("data/bed_pressure_home_a/OrdonezA_Sensors.txt");
  const auto recording = open(file, options("bed_pressure_home_a", "", "", ""));
  const auto all = read_all(*recording);
  EXPECT_TRUE(recording->remarks().empty());
  int entries = 0;
  double occupied_s = 0;
  for (std::size_t i = 1; i < all.values.size(); ++i) {
    EXPECT_GT(all.at_s[i], all.at_s[i - 1]);
    EXPECT_LE(all.at_s[i] - all.at_s[i - 1], 10.0);
    entries += all.values[i][0] > all.values[i - 1][0];
    occupied_s += all.values[i - 1][0] > 0 ? all.at_s[i] - all.at_s[i - 1] : 0;
  }
  EXPECT_EQ(entries, 15);  // as many lines say Bed
  EXPECT_NEAR(occupied_s / 3600, 138, 10);
  EXPECT_EQ(all.at_s[30], 300);
  EXPECT_EQ(all.values[29][0], 0);
  EXPECT_EQ(all.values[30][0], 1);
}

TEST(Cwa, reads_files_of_real_devices) {
  NEEDS_SHARED("protocols/samples/ggirread_ax3_testfile.cwa");
  const auto ax3 = open(file);
  EXPECT_EQ(ax3->channels().at(0).rate_hz, 100);
  const auto all = read_all(*ax3);
  EXPECT_EQ(ax3->remarks().at(0), "ggirread_ax3_testfile.cwa: 145 of 145 blocks read");
  EXPECT_NEAR(all.at_s.back(), seconds(ax3->duration()), 0.1);
  double mean = 0;
  for (const auto& v : all.values)
    mean += std::hypot(v[0], v[1], v[2]);
  EXPECT_NEAR(mean / static_cast<double>(all.values.size()), 1, 0.1);
  const auto ax6 = open(file.parent_path() / "ggirread_ax6_testfile.cwa");
  const auto six = read_all(*ax6);
  EXPECT_EQ(ax6->remarks().at(0), "ggirread_ax6_testfile.cwa: 283 of 283 blocks read");
  EXPECT_EQ(ax6->what().substr(0, 4), "AX6 ");
  std::vector<double> lengths;
  for (const auto& v : six.values)
    lengths.push_back(std::hypot(v[0], v[1], v[2]));
  std::ranges::sort(lengths);
  EXPECT_NEAR(lengths[lengths.size() / 2], 1, 0.03);
}

TEST(Cwa, a_slipped_sensor_is_put_right_by_gravity) {
  NEEDS_SHARED("protocols/samples/ggirread_ax6_testfile.cwa");
  const auto recording = open(file);
  const auto all = read_all(*recording);
  // 25 blocks of 40 and the first 24 samples of the next, where the stream falls into place again.
  EXPECT_EQ(recording->remarks().at(1),
            "ggirread_ax6_testfile.cwa: 1024 samples had acceleration and gyroscope exchanged: put right by "
            "gravity");
  for (std::size_t block = 0; block < 40; ++block) {
    double off = 0;
    for (std::size_t i = 40 * block; i < 40 * (block + 1); ++i)
      off += std::abs(std::hypot(all.values[i][0], all.values[i][1], all.values[i][2]) - 1);
    EXPECT_LT(off / 40, 0.2) << block;
  }
  // Thrown about with up to 10 g later on: that stays as it is written.
  double hardest = 0;
  for (const auto& v : all.values)
    hardest = std::max(hardest, static_cast<double>(std::hypot(v[0], v[1], v[2])));
  EXPECT_GT(hardest, 8);
}

TEST(Cwa, six_corrupt_blocks_are_left_out_and_said) {
  NEEDS_SHARED("protocols/samples/ggirread_ax3_testfile_corrupt_blocks_0_13_14_142_143_144.cwa");
  const auto recording = open(file);
  const auto all = read_all(*recording);
  EXPECT_EQ(recording->remarks().back(),
            file.filename().string() + ": 139 of 145 blocks read, 6 damaged and left out");
  EXPECT_EQ(recording->remarks().size(), 7U);
  std::uint64_t rejects = 0;
  for (const auto r : recording->rejects())
    rejects += r;
  EXPECT_EQ(rejects, 6U);
  EXPECT_TRUE(std::ranges::is_sorted(all.at_s));
  EXPECT_GT(seconds(recording->duration()), 150);
}

TEST(Cwa, empty_short_and_strange_files_are_said) {
  EXPECT_NE(refusal(written("a.cwa", "")).find("expected a CWA file, found an empty file"),
            std::string::npos);
  EXPECT_NE(refusal(written("b.cwa", "MD")).find("found one shorter than its header"), std::string::npos);
  EXPECT_NE(refusal(written("c.cwa", std::string(2048, 'x'))).find("found no MD at its start"),
            std::string::npos);
  EXPECT_NE(refusal(written("d.cwa", "MD" + std::string(3000, '\0'))).find("found none that is whole"),
            std::string::npos);
}

std::vector<std::byte> good_block() {
  std::vector<std::byte> b(512);
  const auto put = [&](std::size_t at, std::uint32_t v, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      b[at + i] = static_cast<std::byte>(v >> (8 * i));
  };
  put(0, 0x5841, 2), put(2, 508, 2), put(10, 7, 4), put(14, 0x6A6B7EFA, 4);
  put(24, 74, 1), put(25, 0x30, 1), put(26, 0, 2), put(28, 120, 2);
  for (std::size_t i = 0; i < 120; ++i)
    put(30 + 4 * i, 0x84000FF4, 4);
  std::uint16_t sum = 0;
  for (std::size_t i = 0; i < 510; i += 2)
    sum = static_cast<std::uint16_t>(
        sum + (std::to_integer<unsigned>(b[i]) | std::to_integer<unsigned>(b[i + 1]) << 8));
  put(510, static_cast<std::uint16_t>(-sum), 2);
  return b;
}

TEST(Cwa, decodes_the_sheets_examples) {
  const auto block = axivity::parse_cwa_block(good_block());
  ASSERT_TRUE(block.has_value());
  // 2026-09-21 23:59:58
  EXPECT_EQ(block->first.since_epoch, std::chrono::seconds(1790035198));
  EXPECT_EQ(block->hz, 100);
  EXPECT_EQ(block->count, 120U);
  EXPECT_FLOAT_EQ(block->g[119][0], -48.0F / 256);
  EXPECT_FLOAT_EQ(block->g[119][1], 12.0F / 256);
  EXPECT_FLOAT_EQ(block->g[119][2], 1);
}

TEST(Cwa, each_damaged_byte_drops_the_block) {
  const auto good = good_block();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= std::byte{0x10};
    ASSERT_FALSE(axivity::parse_cwa_block(bad).has_value()) << i;
  }
}

TEST(Replay, keeps_spacing_and_ends_now_when_fast) {
  std::string text = "t_s,load_kg\n";
  for (int i = 0; i <= 600; ++i)
    text += std::to_string(i) + ",70\n";
  const auto path = written("l.csv", text);
  for (const auto* const speed : {"1", "60", "0"}) {
    const Instant start{std::chrono::hours(10)};
    PassingTime port(start, start + std::chrono::hours(1));
    Heard heard;
    const WrittenSettings settings(driver, {{"path", path.string()}, {"speed", speed}});
    EXPECT_EQ(run_to_end(driver, port, settings, heard), "");
    ASSERT_EQ(heard.samples.size(), 601U);
    for (std::size_t i = 1; i < heard.samples.size(); ++i)
      ASSERT_NEAR(seconds(heard.samples[i].at - heard.samples[i - 1].at), 1, 1e-6);
    const double took = seconds(port.now() - start);
    EXPECT_NEAR(took, std::string(speed) == "1" ? 600 : std::string(speed) == "60" ? 10 : 0, 0.1);
    EXPECT_NEAR(seconds(heard.samples.back().at - port.now()), 0, 0.1);
  }
}

TEST(Replay, refuses_what_it_cannot_play) {
  PassingTime port(Instant{}, Instant{std::chrono::hours(1)});
  Heard heard;
  EXPECT_NE(run_to_end(driver, port, WrittenSettings(driver, {{"path", "/none.csv"}}), heard)
                .find("expected a recording"),
            std::string::npos);
  EXPECT_NE(
      run_to_end(driver, port, WrittenSettings(driver, {{"speed", "0.5"}}), heard).find("speed: expected 0"),
      std::string::npos);
}

}  // namespace
}  // namespace vigil::drivers::replay
