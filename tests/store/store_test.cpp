#include "store/store.hpp"

#include <fstream>
#include <latch>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "store/blocks.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store_fixture.hpp"
#include "wire/event_json.hpp"

namespace vigil::store {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string refusal_of(const std::filesystem::path& folder) {
  try {
    const Store store(folder, {});
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "opened";
}

TEST(Store, NumbersFromOneWithoutHolesAndPublishesAfterTheCommit) {
  const Folder folder;
  std::vector<std::uint64_t> published;
  bool readable = true;
  Store store(folder.path(), {.committed =
                                  [&](const std::vector<Event>& events) {
                                    const Reader reader(folder.path());
                                    for (const auto& e : events) {
                                      published.push_back(e.seq);
                                      readable = readable && reader.head() >= e.seq;
                                    }
                                  },
                              .unrecorded = {},
                              .changed = {}});
  store.start();
  for (int i = 0; i < 20; ++i)
    store.append(happening(event::SleepBegan{std::chrono::seconds(i)}));
  const auto answer = enter(store, checkin("entry-one"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->event.seq, 21U);
  EXPECT_FALSE(answer->repeated);
  ASSERT_EQ(published.size(), 21U);
  for (std::size_t i = 0; i < published.size(); ++i)
    EXPECT_EQ(published[i], i + 1);
  EXPECT_TRUE(readable);
  EXPECT_EQ(store.head(), 21U);
  EXPECT_GE(store.status().commits, 1U);
}

TEST(Store, GoesOnWithTheSameLogAfterARestart) {
  const Folder folder;
  std::string id;
  {
    Store store(folder.path(), {});
    id = store.log_id();
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(store.head(), 0U);
    store.start();
    store.append(happening(event::LightsOut{}));
  }  // commits what waits
  Store again(folder.path(), {});
  EXPECT_EQ(again.log_id(), id);
  EXPECT_EQ(again.head(), 1U);
  EXPECT_FALSE(again.status().broken_at);
  again.start();
  EXPECT_EQ(enter(again, checkin("entry-two"))->event.seq, 2U);
  const auto v = verify(folder.path());
  EXPECT_EQ(v.trouble, "");
  EXPECT_EQ(v.events, 2U);
  EXPECT_EQ(v.log_id, id);
}

TEST(Store, CommitsWhatWaitsEvenIfNeverStarted) {
  const Folder folder;
  {
    Store(folder.path(), {}).append(happening(event::LightsOn{}));
  }
  EXPECT_EQ(Reader(folder.path()).head(), 1U);
}

TEST(Entries, ARetryIsNeverASecondEntry) {
  const Folder folder;
  std::size_t published = 0;
  {
    Store store(folder.path(), {.committed = [&](const auto& events) { published += events.size(); },
                                .unrecorded = {},
                                .changed = {}});
    store.start();
    const auto first = enter(store, checkin("same-id-1", 4));
    auto retry = checkin("same-id-1", 4);
    retry.wall = retry.wall + 5s;
    retry.at += 5s;
    const auto second = enter(store, retry);
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->repeated);
    EXPECT_EQ(wire::to_line(second->event), wire::to_line(first->event));
  }
  Store store(folder.path(), {});
  store.start();
  const auto later = enter(store, checkin("same-id-1", 4));
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->repeated);
  EXPECT_EQ(later->event.seq, 1U);
  EXPECT_EQ(published, 1U);
}

TEST(Entries, OtherContentUnderAUsedIdIsAConflict) {
  const Folder folder;
  Store store(folder.path(), {});
  store.start();
  ASSERT_TRUE(enter(store, checkin("same-id-1", 4)));
  EXPECT_EQ(enter(store, checkin("same-id-1", 5)).error(), Refusal::conflict);
  auto other_kind = happening(event::NoteAdded{"x"});
  other_kind.client_id = "same-id-1";
  EXPECT_EQ(enter(store, other_kind).error(), Refusal::conflict);
  auto other_bed = checkin("same-id-1", 4);
  other_bed.bed = "bed-2";
  EXPECT_EQ(enter(store, other_bed).error(), Refusal::conflict);
  EXPECT_EQ(store.head(), 1U);
}

TEST(Entries, ARetryInTheSameGroupIsRecognisedToo) {
  const Folder folder;
  Store store(folder.path(), {});
  std::vector<Answered> answers;
  const auto take = [&](Answered a) { answers.push_back(std::move(a)); };
  store.enter(checkin("same-id-1", 4), take);  // all of one batch: the thread does not run yet
  store.enter(checkin("same-id-1", 4), take);
  store.enter(checkin("same-id-1", 9), take);
  store.start();
  settle(store);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_FALSE(answers[0]->repeated);
  EXPECT_TRUE(answers[1]->repeated);
  EXPECT_EQ(answers[1]->event.seq, answers[0]->event.seq);
  EXPECT_EQ(answers[2].error(), Refusal::conflict);
}

TEST(Entries, AHappeningThatCarriesAUsedIdStopsNothing) {
  const Folder folder;
  Store store(folder.path(), {});
  store.start();
  ASSERT_TRUE(enter(store, checkin("same-id-1", 4)));
  store.append(checkin("same-id-1", 9));
  settle(store);
  EXPECT_TRUE(store.status().writing);
  EXPECT_EQ(store.head(), 3U);
  EXPECT_EQ(enter(store, checkin("same-id-1", 4))->event.seq, 1U);
}

TEST(Entries, AFullQueuePushesBackOnEntriesNotOnEvents) {
  const Folder folder;
  Store store(folder.path(), {});
  int taken = 0;
  int busy = 0;
  for (int i = 0; i < 300; ++i)
    store.enter(checkin("entry-" + std::to_string(i)), [&](const Answered& a) {
      if (a)
        ++taken;
      else if (a.error() == Refusal::busy)
        ++busy;
    });
  EXPECT_EQ(busy, 44);
  for (int i = 0; i < 1000; ++i)
    store.append(happening(event::LightsOn{}));
  store.start();
  while (store.head() < 256U + 1000)
    std::this_thread::yield();
  settle(store);
  EXPECT_EQ(taken, 256);
  EXPECT_EQ(store.head(), 256U + 1000 + 1);
}

TEST(Store, AQueueThatOverflowsIsSaidInTheLog) {
  const Folder folder;
  Store store(folder.path(), {});
  for (int i = 0; i < 16384 + 5; ++i)
    store.append(happening(event::LightsOn{}));
  store.start();
  while (store.head() == 0)
    std::this_thread::yield();
  const auto gap = Reader(folder.path()).last("", "recording.gap");
  ASSERT_TRUE(gap);
  EXPECT_EQ(std::get<event::RecordingGap>(gap->payload).unrecorded, 5);
  EXPECT_EQ(store.head(), 16385U);
  EXPECT_EQ(verify(folder.path()).trouble, "");
}

TEST(Store, ManyThreadsAtOnce) {
  const Folder folder;
  Store store(folder.path(), {});
  store.start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 50; ++i) {
        store.append(happening(event::LightsOn{}));
        EXPECT_TRUE(enter(store, checkin("thread-" + std::to_string(t) + "-" + std::to_string(i))));
      }
    });
  for (auto& t : threads)
    t.join();
  EXPECT_EQ(store.head(), 400U);
  EXPECT_EQ(verify(folder.path()).events, 400U);
}

TEST(Store, TheSecondDaemonIsToldWhoHoldsTheLog) {
  const Folder folder;
  const Store store(folder.path(), {});
  EXPECT_THAT(refusal_of(folder.path()),
              HasSubstr("is in use by another vigild (pid " + std::to_string(::getpid()) + ")"));
}

TEST(Store, FilesAreNobodyElses) {
  const Folder folder;
  const auto data = folder.path() / "new" / "data";
  Store store(data, {});
  store.start();
  settle(store);
  for (const auto* file : {"vigil.db", "vigil.db-wal", "vigil.db-shm", "vigil.lock"}) {
    struct stat s{};
    ASSERT_EQ(::stat((data / file).c_str(), &s), 0) << file;
    EXPECT_EQ(s.st_mode & 0777U, 0600U) << file;
  }
  struct stat s{};
  ASSERT_EQ(::stat(data.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777U, 0700U);
}

TEST(Schema, IsTheNewestOfANewLog) {
  const Folder folder;
  const Store store(folder.path(), {});
  EXPECT_EQ(store.schema(), static_cast<std::int64_t>(migrations().size()));
}

TEST(Schema, ANewerOneIsRefused) {
  const Folder folder;
  {
    const Store store(folder.path(), {});
  }
  Database(database_file(folder.path()), Database::Mode::read_write).run("PRAGMA user_version=99");
  EXPECT_THAT(refusal_of(folder.path()),
              HasSubstr("has schema 99, this program knows up to 2: a newer vigild made it"));
  EXPECT_THROW(const Reader reader(folder.path()), std::runtime_error);
  EXPECT_THROW((void)verify(folder.path()), std::runtime_error);
}

TEST(Schema, AnOlderLogIsBroughtForwardWithoutLoss) {
  const Folder folder;
  {
    Database db(database_file(folder.path()), Database::Mode::read_write);
    migrate(db, database_file(folder.path()), {migrations()[0]});
    db.run("INSERT INTO bed(number, name) VALUES(1, 'bed-1')");
    Statement(
        db,
        "INSERT INTO epoch(id, offset_min, score, state, counts, movement_kg, load_kg, scorer, rescored, "
        "rescorer) VALUES(?1, 60, 2, 4, 12.5, NULL, 70.5, 'sazonov 1', 1, 'cole-kripke 1')")
        .run(row_id(1, happening({}).wall));
    // One reading as it was packed then: asleep, a load and a breath.
    ReadingBlock block(happening({}).wall);
    ASSERT_TRUE(block.add({happening({}).wall, BedState::asleep, 70.5F, {}, {}, 14.5F, {}, {}}));
    Statement(db, "INSERT INTO reading(id, offset_min, block) VALUES(?1, 60, ?2)")
        .run(row_id(1, happening({}).wall), block.bytes());
  }
  EXPECT_THROW(const Reader reader(folder.path()), std::runtime_error) << "not before it is brought forward";
  {
    Store store(folder.path(), {});
    store.start();
    settle(store);
  }
  const auto when = happening({}).wall;
  const Reader reader(folder.path());
  const auto epochs = reader.epochs("bed-1", when + (-1s), when + 1s);
  ASSERT_EQ(epochs.size(), 1U);
  EXPECT_EQ(epochs[0].epoch.score, EpochState::sleep);
  EXPECT_EQ(epochs[0].epoch.state, BedState::asleep);
  EXPECT_EQ(epochs[0].epoch.counts, 12.5F);
  EXPECT_FALSE(epochs[0].epoch.movement_kg);
  EXPECT_EQ(epochs[0].epoch.load_kg, 70.5F);
  EXPECT_EQ(epochs[0].epoch.scorer, Name("sazonov 1"));
  EXPECT_EQ(epochs[0].rescored, EpochState::wake);
  EXPECT_EQ(epochs[0].rescorer, Name("cole-kripke 1"));
  EXPECT_FALSE(epochs[0].epoch.p_asleep || epochs[0].rescored_p_asleep);
  const auto readings = reader.readings("bed-1", when + (-1s), when + 1s, 10);
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_EQ(readings[0].load_kg, 70.5F);
  EXPECT_EQ(readings[0].breath_rpm, 14.5F);
  EXPECT_FALSE(readings[0].p_asleep);
}

TEST(Schema, StepsAreTakenOnceEachInOrderAndAFailedOneNotAtAll) {
  const Folder folder;
  const auto file = folder.path() / "steps.db";
  Database db(file, Database::Mode::read_write);
  std::vector<std::string_view> steps{migrations()[0]};
  migrate(db, file, steps);
  db.run("INSERT INTO bed(name) VALUES('kept')");
  steps.push_back("ALTER TABLE bed ADD COLUMN label TEXT NOT NULL DEFAULT 'none'");
  migrate(db, file, steps);
  migrate(db, file, steps);
  EXPECT_EQ(db.number("PRAGMA user_version"), 2);
  EXPECT_EQ(db.number("SELECT count(*) FROM bed WHERE name='kept' AND label='none'"), 1);
  steps.push_back("CREATE TABLE half(a); CREATE TABLE bed(a)");
  EXPECT_THROW(migrate(db, file, steps), SqliteError);
  EXPECT_EQ(db.number("PRAGMA user_version"), 2);
  EXPECT_EQ(db.number("SELECT count(*) FROM sqlite_master WHERE name='half'"), 0);
}

TEST(Store, AFileThatIsNoDatabaseIsRefused) {
  const Folder folder;
  std::ofstream(database_file(folder.path())) << std::string(5000, 'x');
  EXPECT_THAT(refusal_of(folder.path()), HasSubstr("vigil.db: the file is no database"));
}

TEST(Store, AnotherProgramsDatabaseIsRefusedUntouched) {
  const Folder folder;
  Database(database_file(folder.path()), Database::Mode::read_write).run("CREATE TABLE theirs(a)");
  EXPECT_THAT(refusal_of(folder.path()), HasSubstr("is a database, but not one of Vigil's"));
  Database db(database_file(folder.path()), Database::Mode::read_only);
  EXPECT_EQ(db.number("SELECT count(*) FROM sqlite_master"), 1);
}

TEST(Store, AFolderThatCannotBeMadeIsRefused) {
  const Folder folder;
  std::ofstream(folder.path() / "file") << "x";
  EXPECT_THAT(refusal_of(folder.path() / "file" / "data"), HasSubstr("cannot make the folder"));
}

// -- the chain
// ------------------------------------------------------------------------------------------------------

class ChainTest : public ::testing::Test {
 protected:
  ChainTest() {
    Store store(folder.path(), {});
    store.start();
    for (int i = 1; i <= 10; ++i)
      EXPECT_TRUE(enter(store, checkin("chain-entry-" + std::to_string(i), i)));
  }
  void change(const std::string& sql) {
    Database(database_file(folder.path()), Database::Mode::read_write).run(sql);
  }
  Folder folder;
};

TEST_F(ChainTest, HoldsAsWritten) {
  const auto v = verify(folder.path());
  EXPECT_EQ(v.trouble, "");
  EXPECT_FALSE(v.broken_at);
  EXPECT_EQ(v.events, 10U);
  EXPECT_EQ(v.head, 10U);
  EXPECT_EQ(v.erased, 0U);
  EXPECT_EQ(v.head_hash.size(), 64U);
}

TEST_F(ChainTest, AnAlteredPayloadShows) {
  change("UPDATE payload SET body = replace(body, '4', '1') WHERE seq = 4");
  const auto v = verify(folder.path());
  EXPECT_EQ(v.broken_at, 4U);
  EXPECT_EQ(v.trouble, "the payload of event 4 was changed");
}

TEST_F(ChainTest, AnAlteredHeaderShows) {
  change("UPDATE event SET header = replace(header, 'p-017', 'p-018') WHERE seq = 5");
  EXPECT_EQ(verify(folder.path()).broken_at, 5U);
}

TEST_F(ChainTest, APayloadReplacedWithItsHashBreaksTheLink) {
  change(
      "UPDATE payload SET (nonce, body) = (SELECT nonce, body FROM payload WHERE seq = 3) WHERE seq = 6;"
      "UPDATE event SET payload_hash = (SELECT payload_hash FROM event WHERE seq = 3) WHERE seq = 6");
  EXPECT_EQ(verify(folder.path()).broken_at, 6U);
}

TEST_F(ChainTest, AMissingEventShows) {
  change("DELETE FROM event WHERE seq = 7");
  const auto v = verify(folder.path());
  EXPECT_EQ(v.broken_at, 7U);
  EXPECT_EQ(v.trouble, "event 7 is missing");
}

TEST_F(ChainTest, AMissingBeginningShows) {
  change("DELETE FROM event WHERE seq = 1");
  EXPECT_EQ(verify(folder.path()).broken_at, 1U);
}

TEST_F(ChainTest, ACutTailShowsByAnAnchorOnly) {
  const auto whole = verify(folder.path());
  const Anchor anchor{whole.head, whole.head_hash};
  EXPECT_EQ(verify(folder.path(), anchor).trouble, "");
  change(
      "DELETE FROM event WHERE seq > 8; DELETE FROM payload WHERE seq > 8; DELETE FROM entry WHERE seq > 8");
  EXPECT_EQ(verify(folder.path()).trouble, "");
  const auto cut = verify(folder.path(), anchor);
  EXPECT_EQ(cut.broken_at, 9U);
  EXPECT_THAT(cut.trouble, HasSubstr("the log ends at 8, but the anchor was taken at 10"));
}

TEST_F(ChainTest, ALogWrittenAnewShowsByAnAnchor) {
  const auto v = verify(folder.path(), Anchor{5, std::string(64, '0')});
  EXPECT_EQ(v.broken_at, 5U);
  EXPECT_EQ(v.trouble, "the log up to event 5 is not the one of the anchor");
}

TEST_F(ChainTest, AChangedLogIsNoticedWhenOpenedAndGoesOn) {
  change("UPDATE event SET header = replace(header, 'p-017', 'p-018') WHERE seq = 5");
  Store store(folder.path(), {});
  EXPECT_EQ(store.status().broken_at, 5U);
  store.start();
  EXPECT_EQ(enter(store, checkin("chain-entry-11"))->event.seq, 11U);
}

TEST_F(ChainTest, ErasureKeepsTheChain) {
  Store store(folder.path(), {});
  store.start();
  auto other = checkin("someone-else", 3);
  other.person = "p-099";
  ASSERT_TRUE(enter(store, other));
  std::promise<std::optional<std::uint64_t>> done;
  store.erase("p-017", [&](auto count) { done.set_value(count); });
  EXPECT_EQ(done.get_future().get(), 10U);
  const auto v = verify(folder.path());
  EXPECT_EQ(v.trouble, "");
  EXPECT_EQ(v.events, 11U);
  EXPECT_EQ(v.erased, 10U);
  const auto events = Reader(folder.path()).events(0, 500);
  ASSERT_EQ(events.size(), 11U);
  EXPECT_EQ(kind(events[0]), "pain.checkin");
  EXPECT_TRUE(std::get<event::PainCheckin>(events[0].payload).regions.empty());
  EXPECT_EQ(std::get<event::PainCheckin>(events[10].payload).score, 3);
  // A late retry is still no second entry.
  const auto retry = enter(store, checkin("chain-entry-1", 1));
  ASSERT_TRUE(retry);
  EXPECT_TRUE(retry->repeated);
}

TEST_F(ChainTest, WhatIsErasedIsGoneFromTheFiles) {
  {
    Store store(folder.path(), {});
    store.start();
    auto note = happening(event::NoteAdded{"a very private sentence"});
    note.person = "p-017";
    note.client_id = "private-1";
    ASSERT_TRUE(enter(store, note));
    std::promise<void> done;
    store.erase("p-017", [&](auto) { done.set_value(); });
    done.get_future().get();
    for (const auto* file : {"vigil.db", "vigil.db-wal"}) {
      std::ifstream in(folder.path() / file, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      EXPECT_EQ(bytes.find("very private"), std::string::npos) << file;
    }
  }
}

// -- history
// --------------------------------------------------------------------------------------------------------

WallTime at(int second) {
  return {std::chrono::microseconds(1795315200000000 + second * 1000000LL), std::chrono::minutes(60)};
}

TEST(ReaderTest, PagesEventsByBed) {
  const Folder folder;
  {
    Store store(folder.path(), {});
    for (int i = 0; i < 600; ++i)
      store.append(happening(event::LightsOn{}, i % 3 == 0 ? "bed-2" : "bed-1"));
    store.append(happening(event::DaemonStopped{"SIGTERM"}, ""));
  }
  const Reader reader(folder.path());
  EXPECT_EQ(reader.head(), 601U);
  EXPECT_EQ(reader.events(0, 10000).size(), 500U);
  const auto page = reader.events(590, 500);
  ASSERT_EQ(page.size(), 11U);
  EXPECT_EQ(page.front().seq, 591U);
  const auto bed = reader.events(0, 3, "bed-2");
  ASSERT_EQ(bed.size(), 3U);
  EXPECT_EQ(bed[2].seq, 7U);
  EXPECT_TRUE(reader.events(601, 10).empty());
  EXPECT_TRUE(reader.events(UINT64_MAX, 10).empty());
  EXPECT_EQ(reader.last("", "daemon.stopped")->seq, 601U);
  EXPECT_EQ(reader.last("bed-2", "lights.on")->seq, 598U);
  EXPECT_FALSE(reader.last("bed-2", "lights.out"));
  EXPECT_FALSE(reader.last("bed-2", "daemon.stopped"));
}

TEST(ReaderTest, NightsAreWhatTheirEventsSay) {
  const Folder folder;
  {
    Store store(folder.path(), {});
    const auto put = [&](int second, Payload payload, const Name& bed = "bed-1") {
      auto e = happening(std::move(payload), bed);
      e.wall = at(second);
      e.algorithm = {"night", "2"};
      e.simulated = true;
      store.append(e);
    };
    put(0, event::LightsOn{});
    put(105, event::BedEntered{5s, {}, {}});
    put(1300, event::NightOpened{"bed-1-a", 1200s});
    put(1400, event::SleepBegan{}, "bed-2");
    put(2000, event::SleepBegan{});
    NightFigures figures;
    figures.tib_min = 480;
    figures.tst_min = 400.5;
    figures.exits = 2;
    put(30000, event::NightClosed{"bed-1-a", 900s, figures});
    put(40000, event::NightOpened{"bed-1-b", 60s});
    put(41000, event::NightOpened{"bed-2-a", 60s}, "bed-2");
  }
  const Reader reader(folder.path());
  const auto nights = reader.nights("bed-1", 10);
  ASSERT_EQ(nights.size(), 2U);
  EXPECT_EQ(nights[0].night, Name("bed-1-b"));
  EXPECT_FALSE(nights[0].closed);
  EXPECT_FALSE(nights[0].figures);
  EXPECT_EQ(nights[1].opened, at(100));
  EXPECT_EQ(nights[1].closed, at(29100));
  EXPECT_TRUE(nights[1].simulated);
  EXPECT_EQ(nights[1].algorithm, (Algorithm{"night", "2"}));
  ASSERT_TRUE(nights[1].figures);
  EXPECT_EQ(nights[1].figures->tst_min, 400.5);
  EXPECT_EQ(nights[1].figures->exits, 2);
  EXPECT_EQ(reader.nights("", 10).size(), 3U);
  EXPECT_EQ(reader.nights("", 1)[0].night, Name("bed-2-a"));
  EXPECT_TRUE(reader.nights("bed-3", 10).empty());
  EXPECT_EQ(reader.night("bed-1-a")->bed, Name("bed-1"));
  EXPECT_FALSE(reader.night("bed-1-z"));
  const auto events = reader.night_events("bed-1-a");
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(kind(events.front()), "bed.entered");
  EXPECT_EQ(kind(events.back()), "night.closed");
  EXPECT_EQ(reader.night_events("bed-1-b").size(), 1U);
  EXPECT_EQ(reader.events_between("bed-1", at(105), at(2000), 100).size(), 3U);
  EXPECT_EQ(reader.events_between("", at(105), at(2000), 100).size(), 4U);
}

TEST(ReaderTest, EpochsAndTheirRescoring) {
  const Folder folder;
  {
    Store store(folder.path(), {});
    for (int i = 0; i < 100; ++i) {
      Epoch e;
      e.bed = i % 2 == 0 ? "bed-1" : "bed-2";
      e.score = EpochState::sleep;
      e.state = BedState::asleep;
      e.counts = static_cast<float>(i);
      e.scorer = "estimator 1";
      e.p_asleep = 0.5F;
      store.record(e, at(30 * (i / 2)));
    }
    Rescore r{"bed-1", {}, EpochState::wake, "estimator_hindsight 1", 0.25F};
    auto nearly = at(60);
    nearly.since_epoch += 1234us;  // clocks read apart
    store.record(r, nearly);
    r.bed = "bed-3";
    store.record(r, at(60));  // no such epoch: nothing happens
  }
  const Reader reader(folder.path());
  const auto epochs = reader.epochs("bed-1", at(30), at(90));
  ASSERT_EQ(epochs.size(), 3U);
  EXPECT_EQ(epochs[0].from, at(30));
  EXPECT_FALSE(epochs[0].rescored);
  EXPECT_EQ(epochs[0].epoch.p_asleep, 0.5F);
  EXPECT_FALSE(epochs[0].rescored_p_asleep);
  EXPECT_TRUE(epochs[0].rescorer.empty());
  EXPECT_EQ(epochs[1].rescored, EpochState::wake);
  EXPECT_EQ(epochs[1].rescored_p_asleep, 0.25F);
  EXPECT_EQ(epochs[1].rescorer, Name("estimator_hindsight 1"));
  EXPECT_EQ(epochs[1].epoch.score, EpochState::sleep);
  EXPECT_EQ(epochs[1].epoch.counts, 4.0F);
  EXPECT_FALSE(epochs[1].epoch.load_kg);
  EXPECT_FALSE(epochs[2].rescored);
  EXPECT_EQ(reader.epochs("bed-2", at(0), at(100000)).size(), 50U);
  EXPECT_TRUE(reader.epochs("bed-9", at(0), at(100000)).empty());
}

Reading reading(float load) {
  Reading r;
  r.bed = "bed-1";
  r.state = BedState::asleep;
  r.load_kg = Measure{load, {}};
  return r;
}

TEST(ReaderTest, ReadingsComeBackAcrossBlocksAndRestarts) {
  const Folder folder;
  for (int run = 0; run < 2; ++run) {
    Store store(folder.path(), {});
    for (int i = run * 100; i < (run + 1) * 100; ++i)
      store.record(reading(70 + static_cast<float>(i) / 100), at(i));
  }
  const Reader reader(folder.path());
  const auto all = reader.readings("bed-1", at(0), at(1000), 3600);
  ASSERT_EQ(all.size(), 200U);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(i)].wall, at(i));
    EXPECT_FLOAT_EQ(*all[static_cast<std::size_t>(i)].load_kg, 70 + static_cast<float>(i) / 100);
  }
  const auto some = reader.readings("bed-1", at(55), at(65), 3600);
  ASSERT_EQ(some.size(), 11U);
  EXPECT_EQ(some[0].wall, at(55));
  EXPECT_EQ(reader.readings("bed-1", at(0), at(1000), 7).size(), 7U);
}

TEST(ReaderTest, AClockSetBackLosesNoReading) {
  const Folder folder;
  {
    Store store(folder.path(), {});
    for (int i = 0; i < 30; ++i)
      store.record(reading(70), at(i));
    auto summer = at(10);
    summer.since_epoch += 500ms;
    for (int i = 0; i < 30; ++i)
      store.record(reading(71), summer + std::chrono::seconds(i));
    summer.offset = std::chrono::minutes(120);
    for (int i = 30; i < 40; ++i)
      store.record(reading(72), summer + std::chrono::seconds(i));
  }
  const auto all = Reader(folder.path()).readings("bed-1", at(0), at(1000), 3600);
  ASSERT_EQ(all.size(), 70U);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, [](const auto& r) { return r.wall.since_epoch; }));
  EXPECT_EQ(all.back().wall.offset, std::chrono::minutes(120));
}

TEST(ReaderTest, ReadsWhileTheWriterWrites) {
  const Folder folder;
  Store store(folder.path(), {});
  store.start();
  settle(store);
  const Reader reader(folder.path());
  for (int i = 0; i < 100; ++i) {
    settle(store);
    EXPECT_EQ(reader.head(), static_cast<std::uint64_t>(i + 2));
  }
}

TEST(ReaderTest, AMissingDatabaseIsOneClearLine) {
  const Folder folder;
  try {
    const Reader reader(folder.path());
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()), "cannot read the log " + (folder.path() / "vigil.db").string() +
                                         ": cannot open a file: No such file or directory");
  }
}

}  // namespace
}  // namespace vigil::store
