#include "record/recorder.hpp"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/folder.hpp"
#include "wire/capture.hpp"

namespace vigil::record {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

const WallTime wall{std::chrono::microseconds(1795315267123456), std::chrono::minutes(60)};

std::vector<std::byte> bytes(std::string_view text) {
  std::vector<std::byte> out;
  for (const char c : text)
    out.push_back(static_cast<std::byte>(c));
  return out;
}

std::vector<std::filesystem::path> captures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& f : std::filesystem::recursive_directory_iterator(folder / "raw"))
    if (f.is_regular_file()) found.push_back(f.path());
  std::sort(found.begin(), found.end());
  return found;
}

struct Recording {
  wire::CaptureHeader header;
  std::vector<std::pair<Instant, std::string>> records;
  std::uint64_t damaged = 0;
};

Recording read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto all = bytes(text);
  wire::CaptureReader reader(all);
  Recording r{reader.header(), {}, 0};
  while (const auto record = reader.next())
    r.records.emplace_back(
        record->at, std::string(reinterpret_cast<const char*>(record->bytes.data()), record->bytes.size()));
  r.damaged = reader.damaged_chunks();
  return r;
}

void open(Recorder& recorder, const Name& device = "axivity:CWA17_00123") {
  recorder.open(device, "axivity", "driver = \"axivity\"", wall, {1000s}, "boot", true);
}

void settle(const Recorder& recorder) {
  while (recorder.status().queued != 0)
    std::this_thread::yield();
}

TEST(Recorder, KeepsEveryByteWithItsMoment) {
  const Folder folder;
  {
    Recorder recorder(folder.path());
    open(recorder);
    recorder.bytes("axivity:CWA17_00123", {1000s + 5ms}, 0, bytes("hello"));
    recorder.bytes("axivity:CWA17_00123", {1001s}, 1, {});
    recorder.bytes("axivity:CWA17_00123", {1002s}, 2, bytes("ID\r\n"));
  }
  const auto files = captures(folder.path());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0], folder.path() / "raw/2026-11-22/axivity_CWA17_00123-024107.123Z.cap");
  const auto r = read(files[0]);
  EXPECT_EQ(r.header.device, Name("axivity:CWA17_00123"));
  EXPECT_EQ(r.header.driver, Name("axivity"));
  EXPECT_EQ(r.header.settings, "driver = \"axivity\"");
  EXPECT_EQ(r.header.wall, wall);
  EXPECT_TRUE(r.header.simulated);
  EXPECT_EQ(r.records,
            (std::vector<std::pair<Instant, std::string>>{
                {Instant{1000s + 5ms}, "hello"}, {Instant{1001s}, ""}, {Instant{1002s}, "ID\r\n"}}));
}

TEST(Recorder, FilesAreNobodyElsesAndTheirNamesAreSafe) {
  const Folder folder;
  {
    Recorder recorder(folder.path());
    for (const auto* device : {"../../etc/passwd", ".hidden", "a/b c\xC3\xA4"}) {
      open(recorder, device);
      recorder.bytes(device, {1000s}, 0, bytes("x"));
    }
  }
  const auto files = captures(folder.path());
  ASSERT_EQ(files.size(), 3U);
  for (const auto& f : files) {
    EXPECT_EQ(f.parent_path(), folder.path() / "raw/2026-11-22");
    struct stat s{};
    ASSERT_EQ(::stat(f.c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777U, 0600U);
  }
  EXPECT_EQ(files[0].filename(), "_.._.._etc_passwd-024107.123Z.cap");
}

TEST(Recorder, TwoOfOneNameAndMomentBothGetAFile) {
  const Folder folder;
  for (int run = 0; run < 3; ++run) {
    Recorder recorder(folder.path());
    open(recorder);
    recorder.bytes("axivity:CWA17_00123", {1000s}, 0, bytes(std::to_string(run)));
  }
  EXPECT_EQ(captures(folder.path()).size(), 3U);
}

TEST(Recorder, ADeviceThatSaysNothingLeavesNoFile) {
  const Folder folder;
  {
    Recorder recorder(folder.path());
    open(recorder);
    recorder.close("axivity:CWA17_00123");
    recorder.bytes("axivity:CWA17_00123", {1000s}, 0, bytes("after the end"));
    recorder.bytes("never-opened", {1000s}, 0, bytes("x"));
    settle(recorder);
    EXPECT_EQ(recorder.status().dropped, 14U);
  }
  EXPECT_TRUE(captures(folder.path()).empty());
}

TEST(Recorder, RollsEveryHourOfTheDevicesTime) {
  const Folder folder;
  {
    Recorder recorder(folder.path());
    open(recorder);
    for (int minute = 0; minute < 150; minute += 10)
      recorder.bytes("axivity:CWA17_00123", {1000s + std::chrono::minutes(minute)}, 0,
                     bytes(std::to_string(minute)));
  }
  const auto files = captures(folder.path());
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[1].filename(), "axivity_CWA17_00123-034107.123Z.cap");
  const auto second = read(files[1]);
  EXPECT_EQ(second.header.at, Instant{1000s + 1h});
  EXPECT_EQ(second.header.wall, wall + 1h);
  EXPECT_EQ(second.records.size(), 6U);
  EXPECT_EQ(second.records[0], (std::pair<Instant, std::string>{Instant{1000s + 1h}, "60"}));
}

TEST(Recorder, RollsWhenLarge) {
  const Folder folder;
  Limits limits;
  limits.roll_bytes = 100 * 1024;
  limits.chunk_bytes = 1024;
  {
    Recorder recorder(folder.path(), limits);
    open(recorder);
    const std::vector<std::byte> block(1024, std::byte{7});
    for (int i = 0; i < 300; ++i)
      recorder.bytes("axivity:CWA17_00123", {1000s + std::chrono::milliseconds(i)}, 0, block);
  }
  std::size_t records = 0;
  const auto files = captures(folder.path());
  EXPECT_EQ(files.size(), 4U);
  for (const auto& f : files) {
    records += read(f).records.size();
    EXPECT_LE(std::filesystem::file_size(f), 103 * 1024U);
  }
  EXPECT_EQ(records, 300U);
}

TEST(Recorder, AtMostASecondIsInMemory) {
  const Folder folder;
  Limits limits;
  limits.chunk_age = 20ms;
  Recorder recorder(folder.path(), limits);
  open(recorder);
  recorder.bytes("axivity:CWA17_00123", {1000s}, 0, bytes("soon"));
  while (recorder.status().bytes != 4)
    std::this_thread::yield();
  EXPECT_EQ(read(captures(folder.path())[0]).records.size(), 1U);
}

TEST(Recorder, AFullQueueDropsAndCountsAndNeverBlocks) {
  const Folder folder;
  Limits limits;
  limits.queue_bytes = 10'000;
  Recorder recorder(folder.path(), limits);
  open(recorder);
  const std::vector<std::byte> block(20'000);
  recorder.bytes("axivity:CWA17_00123", {1000s}, 0, block);
  EXPECT_EQ(recorder.status().dropped, 20'000U);
  EXPECT_EQ(recorder.status().queued, 0U);
  recorder.bytes("axivity:CWA17_00123", {1000s}, 0, bytes("fits"));
  settle(recorder);
  EXPECT_EQ(recorder.status().dropped, 20'000U);
  EXPECT_TRUE(recorder.status().writing);
}

TEST(Recorder, AFullDiskIsLeftToTheLogAndRecordingGoesOnAfterwards) {
  const SmallDisk disk(4);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  Limits limits;
  limits.chunk_bytes = 4096;
  limits.retry_every = 1ms;
  const std::vector<std::byte> block(8192, std::byte{7});
  {
    Recorder recorder(disk.path(), limits);
    open(recorder);
    const auto put = [&](int ms) {
      recorder.bytes("axivity:CWA17_00123", {1000s + std::chrono::milliseconds(ms)}, 0, block);
      settle(recorder);
    };
    put(0);
    disk.fill(100);  // less than 5 % of 4 MiB
    put(1);
    while (recorder.status().writing)
      std::this_thread::yield();
    EXPECT_EQ(recorder.status().trouble, "disk full (the rest is left to the log)");
    EXPECT_GT(std::filesystem::space(disk.path()).available, 64U * 1024);
    for (int i = 2; i < 10; ++i)
      put(i);
    EXPECT_GE(recorder.status().dropped, block.size());
    disk.free();
    for (int i = 10; !recorder.status().writing; ++i)
      put(i);
    EXPECT_EQ(recorder.status().trouble, "");
    put(1'000'000);
  }
  const auto r = read(captures(disk.path())[0]);
  EXPECT_EQ(r.damaged, 0U);
  EXPECT_EQ(r.records.front().first, Instant{1000s});
  EXPECT_EQ(r.records.back().first, Instant{2000s});
}

TEST(Recorder, AChunkIsWrittenWholeOrNotAtAll) {
  const SmallDisk disk(1);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  Limits limits;
  limits.leave_free = 0;
  limits.retry_every = 1h;
  limits.chunk_bytes = 300'000;
  {
    Recorder recorder(disk.path(), limits);
    open(recorder);
    const std::vector<std::byte> block(300'000, std::byte{7});
    for (int i = 0; i < 5; ++i)
      recorder.bytes("axivity:CWA17_00123", {1000s + std::chrono::milliseconds(i)}, 0, block);
    settle(recorder);
  }
  const auto r = read(captures(disk.path())[0]);
  EXPECT_EQ(r.damaged, 0U);
  EXPECT_EQ(r.records.size(), 3U);
}

TEST(Recorder, AFolderThatCannotBeWrittenIsRefused) {
  const Folder folder;
  std::ofstream(folder.path() / "raw") << "a file in its place";
  EXPECT_THROW(const Recorder recorder(folder.path()), std::runtime_error);
  const SmallDisk disk(1);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  disk.read_only(true);
  try {
    const Recorder recorder(disk.path());
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("Read-only file system"));
  }
}

}  // namespace
}  // namespace vigil::record
