#include "serve/harness.hpp"

namespace vigil::serve::test {
namespace {

using Seqs = std::vector<std::uint64_t>;

/// Takes history until it is through; every event's seq.
Seqs history(Peer& peer) {
  Seqs seqs;
  for (;;) {
    const auto m = peer.message();
    EXPECT_EQ(m.at("kind"), "history") << m;
    EXPECT_LE(m.at("events").size(), 500U);
    for (const auto& e : m.at("events"))
      seqs.push_back(e.at("seq"));
    if (m.at("kind") != "history" || m.at("through") == m.at("head")) return seqs;
  }
}

Seqs range(std::uint64_t from, std::uint64_t to) {
  Seqs all;
  for (auto i = from; i <= to; ++i)
    all.push_back(i);
  return all;
}

TEST(Live, TheHandshakeIsThatOfTheRfc) {
  Running run;
  run.start();
  Peer peer(run.port());
  const auto a = peer.upgrade();
  EXPECT_EQ(a.status, 101);
  EXPECT_EQ(a.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455, 1.3
  EXPECT_EQ(a.header("sec-websocket-extensions"), "");
}

TEST(Live, HelloThenHistoryThenLive) {
  Running run;
  run.start(notes(3));
  Peer peer(run.port());
  peer.upgrade();
  const auto hello = peer.message();
  EXPECT_EQ(hello.at("kind"), "hello");
  EXPECT_EQ(hello.at("log"), log_id);
  EXPECT_EQ(hello.at("head"), 3);
  EXPECT_EQ(hello.at("reset"), false);
  EXPECT_EQ(hello.at("recording").at("writing"), true);
  ASSERT_EQ(hello.at("beds").size(), 2U);
  EXPECT_EQ(hello.at("beds")[1].at("bed"), "bed-2");
  EXPECT_EQ(history(peer), range(1, 3));
  run.commit("four");
  const auto live = peer.message();
  EXPECT_EQ(live.at("kind"), "note.added");
  EXPECT_EQ(live.at("seq"), 4);
  EXPECT_EQ(run.server->clients(), 1U);
}

TEST(Live, AnEmptyLogHasAnEmptyHistory) {
  Running run;
  run.start();
  Peer peer(run.port());
  peer.upgrade();
  EXPECT_EQ(peer.message().at("kind"), "hello");
  const auto m = peer.message();
  EXPECT_EQ(m.at("kind"), "history");
  EXPECT_EQ(m.at("events").size(), 0U);
  EXPECT_EQ(m.at("through"), 0);
  EXPECT_EQ(m.at("head"), 0);
}

TEST(Live, ResumesFromEveryPoint) {
  Running run;
  run.start(notes(20));
  run.commit(notes(20));  // 21..40 are in memory, the rest is not
  for (std::uint64_t since = 0; since <= 40; ++since) {
    Peer peer(run.port());
    peer.upgrade("?since=" + std::to_string(since) + "&log=" + log_id);
    EXPECT_EQ(peer.message().at("reset"), false);
    EXPECT_EQ(history(peer), range(since + 1, 40)) << since;
  }
}

TEST(Live, ASinceBeyondTheHeadOrOfAnotherLogIsAReset) {
  Running run;
  run.start(notes(5));
  for (const std::string& query : {std::string("?since=6"), "?since=6&log=" + std::string(log_id),
                                   std::string("?since=2&log=another")}) {
    Peer peer(run.port());
    peer.upgrade(query);
    EXPECT_EQ(peer.message().at("reset"), true) << query;
    EXPECT_EQ(history(peer), range(1, 5)) << query;
  }
}

TEST(Live, WithoutSinceOnlyWhatIsYoungOrOfAnOpenNight) {
  auto events = notes(1200);
  for (std::size_t i = 0; i < 900; ++i)
    events[i].wall = evening + std::chrono::microseconds(-20h);
  {
    Running run;
    run.start(events);
    Peer peer(run.port());
    peer.upgrade();
    peer.message();
    EXPECT_EQ(history(peer), range(901, 1200));
  }
  Running run;
  run.start(events);
  auto bed = snapshot("bed-1");
  bed.night_open = true;
  bed.night = "bed-1-1";
  bed.night_opened = evening + std::chrono::microseconds(-21h);
  run.server->publish_beds({bed, snapshot("bed-2")});
  Peer peer(run.port());
  peer.upgrade();
  peer.message();
  EXPECT_EQ(history(peer), range(1, 1200));
}

TEST(Live, OldEventsInMemoryAreNotTold) {
  Running run;
  run.start();
  auto old = notes(10);
  for (auto& e : old)
    e.wall = evening + std::chrono::microseconds(-20h);
  run.commit(old);
  run.commit(notes(10));
  Peer peer(run.port());
  peer.upgrade();
  peer.message();
  EXPECT_EQ(history(peer), range(11, 20));
  EXPECT_EQ(run.pages_read, 0U);  // memory knew
  Peer all(run.port());
  all.upgrade("?since=0");
  all.message();
  EXPECT_EQ(history(all), range(1, 20));
  EXPECT_GT(run.pages_read, 0U);
}

/// Clients come at any moment of a publication, from any point: each sees each number once, in order.
TEST(Live, NoGapAndNoDuplicateWhileOthersPublish) {
  Running run;
  run.start(notes(2000));
  constexpr std::uint64_t last = 8000;
  std::thread publisher([&] {
    std::uint64_t seq = 2000;
    for (unsigned i = 0; seq < last; ++i) {
      const auto n = std::min<std::uint64_t>(1 + i * 7 % 23, last - seq);
      run.commit(notes(n));
      seq += n;
      if (i % 4 == 0) std::this_thread::yield();
    }
  });
  std::vector<std::thread> readers;
  std::mutex mutex;
  std::vector<std::string> wrong;  // of all readers, under the mutex
  std::atomic<bool> failed = false;
  const auto amiss = [&](std::string what) {
    const std::lock_guard lock(mutex);
    wrong.push_back(std::move(what));
    failed = true;
  };
  for (std::uint64_t r = 0; r < 6; ++r)
    readers.emplace_back([&, r] {
      std::uint64_t seen = r * 400;
      std::uint64_t connections = 0;
      while (seen < last && !failed) {  // leaves after a while and resumes
        Peer peer(run.port());
        peer.upgrade("?since=" + std::to_string(seen) + "&log=" + log_id);
        if (peer.message().at("kind") != "hello") amiss("no hello");
        auto budget = 50 + ++connections * 211;
        bool through = false;
        const auto take = [&](const json& e) {
          if (e.at("seq") != seen + 1)
            amiss(std::to_string(seen) + " was followed by " + e.at("seq").dump() +
                  (through ? ", live" : ", history"));
          seen = e.at("seq");
        };
        try {
          while (seen < last && budget-- > 0) {
            const auto m = peer.message();
            if (m.at("kind") == "history") {
              if (through) amiss("history after live, at " + std::to_string(seen));
              for (const auto& e : m.at("events"))
                take(e);
              if (m.at("through") != seen)
                amiss("through " + m.at("through").dump() + " at " + std::to_string(seen));
              through = m.at("through") == m.at("head");
            } else if (m.contains("seq")) {
              if (!through) amiss("live before the end of history, at " + std::to_string(seen));
              take(m);
            }
          }
        } catch (const std::runtime_error& e) {
          if (std::string(e.what()).find("1013") == std::string::npos) amiss(e.what());
        }
      }
    });
  publisher.join();
  for (auto& t : readers)
    t.join();
  EXPECT_EQ(wrong, std::vector<std::string>{});
}

TEST(Live, EventsThatWereCommittedButNotYetPublishedComeOnce) {
  Running run;
  run.start(notes(3));
  const auto committed = run.log.append(notes(2));  // in the log, not yet told
  Peer peer(run.port());
  peer.upgrade("?since=0");
  EXPECT_EQ(peer.message().at("head"), 3);
  EXPECT_EQ(history(peer), range(1, 3));
  run.server->publish(committed);
  EXPECT_EQ(peer.message().at("seq"), 4);
  EXPECT_EQ(peer.message().at("seq"), 5);
}

TEST(Live, AHoleInWhatIsPublishedIsFilledFromTheLog) {
  Running run;
  run.start(notes(3));
  Peer peer(run.port());
  peer.upgrade("?since=3");
  peer.message();
  EXPECT_EQ(history(peer), Seqs{});
  run.log.append(notes(2));  // 4 and 5 were never published
  run.commit("six");
  EXPECT_EQ(history(peer), range(4, 6));
  run.commit("seven");
  EXPECT_EQ(peer.message().at("seq"), 7);
}

TEST(Live, OnlyTheBedsAskedForAndWhatConcernsAll) {
  Running run;
  run.start();
  run.commit("one", "bed-1");
  run.commit("two", "bed-2");
  run.commit("three", "");
  Peer peer(run.port());
  peer.upgrade("?since=0&beds=bed-2");
  const auto hello = peer.message();
  EXPECT_EQ(hello.at("beds").size(), 2U);  // all: their order is the index of the waves
  EXPECT_EQ(history(peer), (Seqs{2, 3}));
  run.commit("four", "bed-1");
  run.commit("five", "bed-2");
  EXPECT_EQ(peer.message().at("seq"), 5);
  peer.ws_send(1, R"({"kind":"watch","beds":["bed-1"]})");
  peer.ws_send(9, "mark");
  EXPECT_EQ(peer.frame()->opcode, 10);  // by now the watch is in force
  run.commit("six", "bed-2");
  run.commit("seven", "bed-1");
  EXPECT_EQ(peer.message().at("seq"), 7);
}

Reading reading(const Name& bed, float load) {
  Reading r;
  r.bed = bed;
  r.state = BedState::asleep;
  r.load_kg = Measure{load, Instant{std::chrono::hours(5)}};
  return r;
}

TEST(Live, ReadingsAndWavesAreGatheredAndTheLatestReadingWins) {
  Running run;
  run.start();
  Peer all(run.port());
  all.upgrade("?waves=1");
  all.message("history");
  Peer one(run.port());
  one.upgrade("?waves=1&beds=bed-2");
  one.message("history");
  Peer none(run.port());
  none.upgrade();
  none.message("history");
  run.server->publish(std::vector{reading("bed-1", 70), reading("bed-2", 80)});
  run.server->publish(std::vector{reading("bed-1", 71)});
  run.server->publish_waves({{0, Trace::load, {1, 2}}, {1, Trace::movement, {3, wave_absent}}}, evening);

  auto m = all.message();
  EXPECT_EQ(m.at("kind"), "readings");
  ASSERT_EQ(m.at("beds").size(), 2U);
  EXPECT_EQ(m.at("beds")[0].at("load_kg").at("v"), 71);
  const auto waves = all.frame();
  EXPECT_EQ(waves->opcode, 2);
  EXPECT_EQ(waves->payload.substr(0, 3), "VW\x01");
  EXPECT_EQ(waves->payload[4], 2);  // traces
  m = one.message();
  ASSERT_EQ(m.at("beds").size(), 1U);
  EXPECT_EQ(m.at("beds")[0].at("bed"), "bed-2");
  EXPECT_EQ(one.frame()->payload[4], 1);
  EXPECT_EQ(none.message().at("kind"), "readings");
  run.commit("after");
  EXPECT_EQ(none.frame()->opcode, 1);  // no waves in between

  Peer late(run.port());  // hello holds the newest reading
  late.upgrade();
  EXPECT_EQ(late.message().at("beds")[0].at("reading").at("load_kg").at("v"), 71);
}

TEST(Live, ChangesOfBedsDevicesAndRecordingAreTold) {
  Running run;
  run.options.deadlines.standing = 1ms;
  run.start();
  Peer peer(run.port());
  peer.upgrade();
  peer.message("history");
  run.server->publish_recording(false, "disk full");
  auto m = peer.message("recording");
  EXPECT_EQ(m.at("writing"), false);
  EXPECT_EQ(m.at("trouble"), "disk full");
  run.server->publish_unrecorded({note("not recorded")});
  m = peer.message("note.added");
  EXPECT_EQ(m.at("unrecorded"), true);
  EXPECT_FALSE(m.contains("seq"));
  DeviceHealth d;
  d.device = "hid_scale:1";
  d.state = DeviceState::live;
  run.server->publish_devices({d});
  EXPECT_EQ(peer.message("devices").at("devices")[0].at("state"), "live");
  d.samples = 100;  // nothing to tell
  run.server->publish_devices({d});
  auto bed = snapshot("bed-1");
  bed.night_open = true;
  bed.night = "n";
  run.server->publish_beds({bed, snapshot("bed-2")});
  m = peer.message();
  EXPECT_EQ(m.at("kind"), "beds");
  EXPECT_EQ(m.at("beds")[0].at("night").at("night"), "n");
  bed.reading = reading("bed-1", 70);  // a reading alone is no reason
  run.server->publish_beds({bed, snapshot("bed-2")});
  run.commit("mark");
  EXPECT_EQ(peer.message().at("kind"), "note.added");
}

TEST(Live, WhatIsWrongClosesWithItsCode) {
  Running run;
  run.start();
  const std::vector<std::pair<std::string, int>> cases = {
      {Peer::masked(1, "hello?"), 1008},
      {Peer::masked(1, R"({"kind":"other"})"), 1008},
      {Peer::masked(2, "bytes"), 1003},
      {Peer::masked(1, "\xff\xfe"), 1007},
      {Peer::masked(1, std::string(5000, 'x')), 1009},
      {Peer::masked(1, std::string(10'000'000, 'x')), 1009},
      {Peer::masked(1, "{}", true, false), 1002},
      {Peer::masked(3, "?"), 1002},
      {Peer::masked(9, std::string(126, 'x')), 1002},
      {Peer::masked(0, "x"), 1002},
      {Peer::masked(8, "\x03\xe8"), 1000},
      {Peer::masked(8, ""), 1005},
      {Peer::masked(8, "\x03"), 1002},
      {Peer::masked(8, "\x03\xed"), 1002},
  };
  for (const auto& [bytes, code] : cases) {
    Peer peer(run.port());
    peer.upgrade();
    peer.message("history");
    peer.send(bytes);
    const auto close = peer.close_frame();
    ASSERT_TRUE(close) << code;
    EXPECT_EQ(close->close_code(), code);
    EXPECT_TRUE(peer.at_end());
  }
}

TEST(Live, APingIsAnsweredAlsoInTheMiddleOfAMessage) {
  Running run;
  run.start();
  Peer peer(run.port());
  peer.upgrade();
  peer.message("history");
  peer.send(Peer::masked(1, R"({"kind":)", false) + Peer::masked(9, "in between"));
  const auto pong = peer.frame();
  EXPECT_EQ(pong->opcode, 10);
  EXPECT_EQ(pong->payload, "in between");
  peer.send(Peer::masked(0, R"("watch"})"));
  peer.ws_send(9, "");
  EXPECT_EQ(peer.frame()->opcode, 10);
}

TEST(Live, FramesThatCameWithTheHandshakeAreHeard) {
  Running run;
  run.start();
  Peer peer(run.port());
  peer.send("GET /api/v1/live HTTP/1.1\r\nHost: " + peer.host() +
            "\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
            Peer::masked(9, "early"));
  EXPECT_EQ(peer.answer().status, 101);
  std::optional<WsFrame> f;
  do {
    f = peer.frame();
  } while (f && f->opcode == 1);
  ASSERT_TRUE(f);
  EXPECT_EQ(f->opcode, 10);
  EXPECT_EQ(f->payload, "early");
}

TEST(Live, AClientThatAnswersPingsStaysAndASilentOneIsClosed) {
  Running run;
  run.options.deadlines.ping = 80ms;
  run.start();
  Peer peer(run.port());
  peer.upgrade();
  int pings = 0;
  while (pings < 5) {
    const auto f = peer.frame();
    ASSERT_TRUE(f);
    ASSERT_NE(f->opcode, 8);
    if (f->opcode != 9) continue;
    ++pings;
    peer.ws_send(10, f->payload);
  }
  const auto close = peer.close_frame();  // from now on it answers nothing
  ASSERT_TRUE(close);
  EXPECT_EQ(close->close_code(), 1008);
}

TEST(Live, ASlowReaderIsClosedWith1013AndResumesWithoutAGap) {
  Running run;
  run.options.deadlines.close = 20s;
  run.start();
  Peer slow(run.port(), 4096);
  slow.upgrade();
  Peer good(run.port());
  good.upgrade();
  slow.message("history");
  good.message("history");
  constexpr std::uint64_t total = 6000;
  for (std::uint64_t i = 0; i < total / 20; ++i) {
    std::vector<Event> batch;
    for (int k = 0; k < 20; ++k)
      batch.push_back(note(std::string(300, 'x')));
    run.commit(std::move(batch));
    for (unsigned k = 0; k < 20; ++k)
      ASSERT_EQ(good.message().at("seq"), i * 20 + k + 1);
  }
  std::uint64_t seen = 0;
  int code = 0;
  while (const auto f = slow.frame()) {
    if (f->opcode == 8) {
      code = f->close_code();
      break;
    }
    ASSERT_EQ(json::parse(f->payload).at("seq"), seen + 1);
    ++seen;
  }
  EXPECT_EQ(code, 1013);
  EXPECT_GT(seen, 0U);
  EXPECT_LT(seen, total);
  Peer again(run.port());
  again.upgrade("?since=" + std::to_string(seen) + "&log=" + log_id);
  again.message();
  EXPECT_EQ(history(again), range(seen + 1, total));
}

/// Waves are of the moment: a client that does not read loses old ones, not its connection and no event.
TEST(Live, ASlowReaderLosesWavesNotEvents) {
  Running run;
  run.options.deadlines.gather = 1ms;
  run.start();
  Peer slow(run.port(), 4096);
  slow.upgrade("?waves=1");
  slow.message("history");
  Peer good(run.port());
  good.upgrade("?waves=1");
  good.message("history");
  const std::vector<std::int16_t> values(250, 1);
  constexpr int batches = 80;
  for (int i = 0; i < batches; ++i) {
    std::vector<wire::BedWave> waves;
    for (std::uint16_t b = 0; b < 100; ++b)
      waves.push_back({b, Trace::load, values});
    run.server->publish_waves(std::move(waves),
                              {evening.since_epoch + std::chrono::microseconds(i), evening.offset});
    while (good.frame()->opcode != 2) {
    }
    run.commit("event");
  }
  int waves = 0;
  std::uint64_t seq = 0;
  double time = 0;
  while (seq < batches) {
    const auto f = slow.frame();
    ASSERT_TRUE(f);
    ASSERT_NE(f->opcode, 8);
    if (f->opcode == 2) {
      ++waves;
      double t = 0;
      std::memcpy(&t, f->payload.data() + 8, 8);
      EXPECT_GE(t, time);
      time = t;
    } else if (f->opcode == 1) {
      ASSERT_EQ(json::parse(f->payload).at("seq"), ++seq);
    }
  }
  EXPECT_GT(waves, 8);
  EXPECT_LT(waves, batches);
}

TEST(Live, TooManyClientsAreToldToComeBack) {
  Running run;
  run.options.max_clients = 2;
  run.start();
  Peer a(run.port());
  Peer b(run.port());
  EXPECT_EQ(a.upgrade().status, 101);
  EXPECT_EQ(b.upgrade().status, 101);
  b.message("history");
  Peer c(run.port());
  const auto full = c.upgrade();
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.code(), "full");
  EXPECT_FALSE(full.header("retry-after").empty());
  b.ws_send(8, "\x03\xe8");
  EXPECT_TRUE(b.close_frame());
  b.finish_sending();
  while (run.server->clients() == 2)
    std::this_thread::yield();
  EXPECT_EQ(Peer(run.port()).upgrade().status, 101);
}

TEST(Live, AHandshakeThatIsNoneIsNamed) {
  Running run;
  run.start();
  const std::string up = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const auto get = [&](const std::string& headers) { return Peer(run.port()).get("/api/v1/live", headers); };
  EXPECT_EQ(get("").status, 426);
  EXPECT_EQ(get(up + key).status, 426);
  EXPECT_EQ(get(up + key + "Sec-WebSocket-Version: 8\r\n").header("sec-websocket-version"), "13");
  EXPECT_EQ(get(up + version).status, 400);
  EXPECT_EQ(get(up + version + "Sec-WebSocket-Key: short\r\n").status, 400);
  for (const std::string& query : {std::string("?since=x"), std::string("?since=-1"), std::string("?waves=2"),
                                   std::string("?waves="), "?beds=" + std::string(48, 'x')}) {
    const auto a = Peer(run.port()).upgrade(query);
    EXPECT_EQ(a.status, 400) << query;
    EXPECT_EQ(a.code(), "bad_query") << query;
  }
}

/// A page holds 500 events or a quarter of a megabyte, whether it comes from memory or from the log.
TEST(Live, LongEventsMakeMorePagesNotLargerOnes) {
  std::vector<Event> long_ones;
  for (int i = 0; i < 400; ++i)
    long_ones.push_back(note(std::string(2000, 'x')));
  Running run;
  run.start(long_ones);
  run.commit(long_ones);
  Peer peer(run.port());
  peer.upgrade("?since=0");
  peer.message();
  Seqs seqs;
  int pages = 0;
  for (bool through = false; !through; ++pages) {
    const auto f = peer.frame();
    ASSERT_TRUE(f);
    EXPECT_LT(f->payload.size(), 260U * 1024U);
    const auto m = json::parse(f->payload);
    for (const auto& e : m.at("events"))
      seqs.push_back(e.at("seq"));
    through = m.at("through") == m.at("head");
  }
  EXPECT_EQ(seqs, range(1, 800));
  EXPECT_GT(pages, 6);
}

/// What happens while a client still takes its history is told when it has it.
TEST(Live, NothingIsLostBetweenHelloAndLive) {
  Running run;
  run.options.deadlines.standing = 1ms;
  std::mutex gate;
  const auto events = run.backend.events;
  run.backend.events = [&](std::uint64_t since, std::size_t limit, const Name& bed) {
    const std::lock_guard wait(gate);
    return events(since, limit, bed);
  };
  run.start(notes(3));
  gate.lock();
  Peer peer(run.port());
  peer.upgrade("?since=1");
  EXPECT_EQ(peer.message().at("kind"), "hello");
  run.server->publish_unrecorded({note("lost")});
  run.server->publish_recording(false, "full");
  auto bed = snapshot("bed-1");
  bed.label = "Window";
  run.server->publish_beds({bed});
  DeviceHealth d;
  d.device = "hid_scale:1";
  run.server->publish_devices({d});
  run.commit("four");
  Peer witness(run.port());  // by its hello all of that is known
  witness.upgrade("?since=4");
  EXPECT_EQ(witness.message().at("head"), 4);
  gate.unlock();
  EXPECT_EQ(history(peer), range(2, 4));
  EXPECT_EQ(peer.message().at("unrecorded"), true);
  EXPECT_EQ(peer.message().at("kind"), "recording");
  EXPECT_EQ(peer.message("beds").at("beds")[0].at("label"), "Window");
  EXPECT_EQ(peer.message().at("kind"), "devices");
}

/// A client that reads its history slowly is not behind: it is given a page when it has taken the one before.
TEST(Live, ALongHistoryWaitsForASlowReader) {
  Running run;
  run.start(notes(20'000));
  Peer slow(run.port(), 4096);
  slow.upgrade("?since=0");
  slow.message();
  Peer fast(run.port());
  fast.upgrade("?since=0");
  fast.message();
  EXPECT_EQ(history(fast).size(), 20'000U);
  run.commit("one more");
  EXPECT_EQ(fast.message().at("seq"), 20'001);
  EXPECT_EQ(history(slow), range(1, 20'001));
  run.commit("live");
  EXPECT_EQ(slow.message().at("seq"), 20'002);
}

TEST(Live, AnUnreadableLogClosesWith1011) {
  Running run;
  run.start(notes(2));
  run.log_unreadable = true;
  for (const std::string query : {"", "?since=0"}) {
    Peer peer(run.port());
    peer.upgrade(query);
    const auto close = peer.close_frame();
    ASSERT_TRUE(close);
    EXPECT_EQ(close->close_code(), 1011);
  }
}

TEST(Live, TheEndIsSaidWith1001InBoundedTime) {
  Running run;
  run.options.deadlines.close = 300ms;
  run.start(notes(2));
  Peer peer(run.port());
  Peer deaf(run.port());
  Peer idle(run.port());
  Peer half(run.port());
  peer.upgrade();
  deaf.upgrade();
  peer.message("history");
  deaf.message("history");
  idle.get("/");
  half.send("GET / HT");
  const auto begun = std::chrono::steady_clock::now();
  std::thread stopper([&] { run.server.reset(); });
  const auto close = peer.close_frame();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->close_code(), 1001);
  peer.ws_send(8, close->payload);
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);  // `deaf` never answered
  EXPECT_TRUE(idle.at_end());
}

TEST(Live, AServerThatNeverStartedEndsToo) {
  Running run;
  Server server(run.options, run.backend);
  server.publish_beds({snapshot("bed-1")});
  EXPECT_NE(server.port(), 0);
}

TEST(Live, TurnsGoOn) {
  Running run;
  run.options.deadlines.ping = 20ms;  // housekeeping four times as often
  run.start();
  const auto before = run.server->turns();
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (run.server->turns() < before + 3 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_GE(run.server->turns(), before + 3);
}

}  // namespace
}  // namespace vigil::serve::test
