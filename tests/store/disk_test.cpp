// What the disk does to a log: full, read-only, failing, killed in the middle, torn.
#include <array>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/schema.hpp"
#include "store_fixture.hpp"

namespace vigil::store {
namespace {

using ::testing::HasSubstr;

struct Seen {
  std::vector<Event> committed, unrecorded;
  std::vector<Status> changes;
  Store::Listener listener() {
    return {.committed = [this](const auto& e) { committed.insert(committed.end(), e.begin(), e.end()); },
            .unrecorded = [this](const auto& e) { unrecorded.insert(unrecorded.end(), e.begin(), e.end()); },
            .changed = [this](const Status& s) { changes.push_back(s); }};
  }
};

/// Entries until one is refused; the ids of those taken.
std::vector<std::string> enter_until_refused(Store& store, const std::string& prefix) {
  std::vector<std::string> taken;
  for (int i = 0; i < 100'000; ++i) {
    auto entry = happening(event::NoteAdded{std::string(2000, 'n')});
    entry.client_id = prefix + std::to_string(i);
    const auto answer = enter(store, entry);
    if (!answer) {
      EXPECT_EQ(answer.error(), Refusal::disk);
      return taken;
    }
    taken.push_back(entry.client_id);
  }
  ADD_FAILURE() << "the disk never refused";
  return taken;
}

TEST(FullDisk, RefusesEntriesShowsHappeningsRecoversAndLosesNothing) {
  const SmallDisk disk(24);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  Seen seen;
  std::vector<std::string> taken;
  {
    Store store(disk.path(), seen.listener());
    store.start();
    settle(store);
    disk.fill();
    // The reserve in the write-ahead log takes entries for a while even so.
    taken = enter_until_refused(store, "before-");
    EXPECT_GT(taken.size(), 100U);
    auto status = store.status();
    EXPECT_FALSE(status.writing);
    EXPECT_EQ(status.trouble, "disk full");
    const auto head = store.head();

    for (int i = 0; i < 3; ++i)
      store.append(happening(event::RestlessBegan{}));
    EXPECT_EQ(enter(store, checkin("refused-1")).error(), Refusal::disk);
    ASSERT_EQ(seen.unrecorded.size(), 3U);
    EXPECT_EQ(seen.unrecorded[0].seq, 0U);
    EXPECT_EQ(store.status().unrecorded, 3U);
    EXPECT_EQ(store.head(), head);
    // What was recorded before is still answered.
    const auto repeat = [&] {
      auto entry = happening(event::NoteAdded{std::string(2000, 'n')});
      entry.client_id = taken.front();
      return enter(store, entry);
    }();
    ASSERT_TRUE(repeat);
    EXPECT_TRUE(repeat->repeated);

    disk.free();
    const auto after = enter(store, checkin("refused-1"));  // an entry is a new try
    ASSERT_TRUE(after);
    EXPECT_FALSE(after->repeated);
    EXPECT_EQ(after->event.seq, head + 2);
    EXPECT_TRUE(store.status().writing);
    EXPECT_EQ(store.status().unrecorded, 0U);
    const auto gap = Reader(disk.path()).events(head, 1).at(0);
    ASSERT_EQ(kind(gap), "recording.gap");
    const auto& payload = std::get<event::RecordingGap>(gap.payload);
    EXPECT_EQ(payload.cause, Name("disk refused"));
    EXPECT_EQ(payload.unrecorded, 3);
    EXPECT_GT(payload.lasted.count(), 0);
    ASSERT_EQ(seen.changes.size(), 2U);
    EXPECT_FALSE(seen.changes[0].writing);
    EXPECT_TRUE(seen.changes[1].writing);
  }
  Store again(disk.path(), {});
  again.start();
  for (const auto& id : taken) {
    auto entry = happening(event::NoteAdded{std::string(2000, 'n')});
    entry.client_id = id;
    const auto answer = enter(again, entry);
    ASSERT_TRUE(answer) << id;
    EXPECT_TRUE(answer->repeated) << id;
  }
  EXPECT_EQ(verify(disk.path()).trouble, "");
  for (std::size_t i = 0; i < seen.committed.size(); ++i)
    ASSERT_EQ(seen.committed[i].seq, i + 1);
}

TEST(FullDisk, ADaemonStartsOnItAndTakesEntriesFromTheReserve) {
  const SmallDisk disk(24);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  {
    Store store(disk.path(), {});
    store.start();
    settle(store);
  }
  disk.fill();
  Store store(disk.path(), {});
  store.start();
  EXPECT_EQ(store.head(), 1U);
  EXPECT_GT(enter_until_refused(store, "reserve-").size(), 100U);
}

TEST(FullDisk, ReadingsWaitAndAreWrittenLater) {
  const SmallDisk disk(24);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  const auto at = [](int s) {
    return WallTime{std::chrono::microseconds(1795315200000000 + s * 1000000LL), std::chrono::minutes(0)};
  };
  {
    Store store(disk.path(), {});
    store.start();
    disk.fill();
    (void)enter_until_refused(store, "fill-");
    Reading r;
    r.bed = "bed-1";
    for (int s = 0; s < 300; ++s)
      store.record(r, at(s));
    EXPECT_EQ(enter(store, checkin("still-refused")).error(), Refusal::disk);
    disk.free();
  }  // closing tries once more
  EXPECT_EQ(Reader(disk.path()).readings("bed-1", at(0), at(1000), 3600).size(), 300U);
  EXPECT_TRUE(Reader(disk.path()).last("", "recording.gap"));
}

/// Writes beyond this fail with EFBIG, as those to a failing disk do with EIO.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(FailingDisk, AnIoErrorIsAsAFullDisk) {
  const Folder folder;
  Seen seen;
  Store store(folder.path(), seen.listener());
  store.start();
  ASSERT_TRUE(enter(store, checkin("before-it")));
  {
    const FileSizeLimit limit(1);
    EXPECT_EQ(enter(store, checkin("while-it")).error(), Refusal::disk);
    store.append(happening(event::RestlessBegan{}));
    EXPECT_EQ(enter(store, checkin("while-it")).error(), Refusal::disk);
    EXPECT_EQ(store.status().trouble, "I/O error: File too large");
  }
  const auto after = enter(store, checkin("while-it"));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->event.seq, 3U);
  EXPECT_EQ(seen.unrecorded.size(), 1U);
  EXPECT_EQ(verify(folder.path()).trouble, "");
}

TEST(FailingDisk, IsTriedAgainWithoutAnEntry) {
  const Folder folder;
  Seen seen;
  Store store(folder.path(), seen.listener());
  store.start();
  {
    const FileSizeLimit limit(1);
    EXPECT_EQ(enter(store, checkin("while-it")).error(), Refusal::disk);
  }
  while (!store.status().writing)
    std::this_thread::yield();  // within 2.25 s
  EXPECT_EQ(kind(*Reader(folder.path()).last("", "recording.gap")), "recording.gap");
}

TEST(ReadOnlyFolder, IsRefusedWithOneLine) {
  const SmallDisk disk(8);
  if (!disk.mounted()) GTEST_SKIP() << disk.why();
  {
    Store(disk.path(), {}).append(happening(event::LightsOn{}));
  }
  disk.read_only(true);
  try {
    const Store store(disk.path(), {});
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()), "cannot write in " + disk.path().string() +
                                         ": Read-only file system: choose another folder with --data");
  }
  EXPECT_EQ(verify(disk.path()).events, 1U);  // a backup can be looked at where it lies
  disk.read_only(false);
}

TEST(Locked, AnotherProgramThatHoldsTheDatabaseIsATrouble) {
  const Folder folder;
  Store store(folder.path(), {});
  store.start();
  settle(store);
  Database other(database_file(folder.path()), Database::Mode::read_write);
  {
    Transaction held(other);
    EXPECT_EQ(enter(store, checkin("while-held")).error(), Refusal::disk);
    EXPECT_EQ(store.status().trouble, "another program holds the database locked");
  }
  EXPECT_TRUE(enter(store, checkin("while-held")));
}

// -- a daemon killed at any moment
// ------------------------------------------------------------------------------------

/// The child: enters as fast as it can from several threads' worth of waiting entries, and writes each id to
/// the pipe once it was answered.
[[noreturn]] void live_until_killed(const std::filesystem::path& folder, int pipe, int round) {
  Store store(folder, {});
  store.start();
  std::atomic<int> waiting{0};
  for (int i = 0;; ++i) {
    const auto id = "kill-" + std::to_string(round) + "-" + std::to_string(i);
    ++waiting;
    store.enter(checkin(id), [&waiting, id, pipe](const Answered& answer) {
      --waiting, waiting.notify_one();
      const auto line = id + "\n";
      if (answer && ::write(pipe, line.data(), line.size()) < 0) ::_exit(1);
    });
    if (i % 3 == 0) store.append(happening(event::RestlessBegan{}));
    for (int n = waiting; n > 20; n = waiting)
      waiting.wait(n);
  }
}

TEST(Killed, EveryAcknowledgedEntryIsThereAndTheChainHolds) {
  const Folder folder;
  std::mt19937 random(5);
  std::set<std::string> acknowledged;
  for (int round = 0; round < 6; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      live_until_killed(folder.path(), pipe[1], round);
    }
    ::close(pipe[1]);
    std::string lines;
    std::array<char, 512> part{};
    for (auto enough = 200 + random() % 4000; lines.size() < enough;) {
      const auto n = ::read(pipe[0], part.data(), part.size());
      ASSERT_GT(n, 0);
      lines.append(part.data(), static_cast<std::size_t>(n));
    }
    ::kill(child, SIGKILL);
    for (ssize_t n = 0; (n = ::read(pipe[0], part.data(), part.size())) > 0;)
      lines.append(part.data(), static_cast<std::size_t>(n));
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    for (std::size_t end = 0; (end = lines.find('\n')) != std::string::npos; lines.erase(0, end + 1))
      acknowledged.insert(lines.substr(0, end));

    const Store store(folder.path(), {});
    EXPECT_FALSE(store.status().broken_at);
    const auto v = verify(folder.path());
    EXPECT_EQ(v.trouble, "");
    std::set<std::string> there;
    const Reader reader(folder.path());
    for (std::uint64_t since = 0; since < v.head;) {
      const auto page = reader.events(since, 500);
      ASSERT_FALSE(page.empty());
      for (const auto& e : page) {
        EXPECT_EQ(e.seq, ++since);
        if (!e.client_id.empty()) there.insert(e.client_id);
      }
    }
    EXPECT_TRUE(std::ranges::includes(there, acknowledged));
  }
  EXPECT_GT(acknowledged.size(), 100U);
}

TEST(TornLog, WhereverTheWriteAheadLogIsCutOrDamagedWholeGroupsRemain) {
  const Folder folder;
  Store store(folder.path(), {});
  store.start();
  for (int i = 0; i < 40; ++i)
    settle(store);
  const auto wal = folder.path() / "vigil.db-wal";
  const auto size = std::filesystem::file_size(wal);
  std::mt19937 random(3);
  std::set<std::uint64_t> heads;
  for (int round = 0; round < 30; ++round) {
    const Folder copy;
    std::filesystem::copy(folder.path() / "vigil.db", copy.path() / "vigil.db");
    std::filesystem::copy(wal, copy.path() / "vigil.db-wal");
    // The log is at the front of the reserve: 4 or so pages of 4 KiB an entry.
    const auto at = random() % std::min<std::uintmax_t>(size, 700'000);
    if (round % 2 == 0) {
      std::filesystem::resize_file(copy.path() / "vigil.db-wal", at);
    } else {
      std::fstream f(copy.path() / "vigil.db-wal", std::ios::binary | std::ios::in | std::ios::out);
      f.seekp(static_cast<std::streamoff>(at));
      f.write("torn", 4);
    }
    std::uint64_t head = 0;
    {
      Store opened(copy.path(), {});
      head = opened.head();
      EXPECT_FALSE(opened.status().broken_at);
      opened.start();
      EXPECT_EQ(enter(opened, checkin("after-the-tear"))->event.seq, head + 1);
    }
    heads.insert(head);
    EXPECT_LE(head, 40U);
    const auto v = verify(copy.path());
    EXPECT_EQ(v.trouble, "");
    EXPECT_EQ(v.events, head + 1);
  }
  EXPECT_GT(heads.size(), 10U);  // the cuts did fall everywhere
}

}  // namespace
}  // namespace vigil::store
