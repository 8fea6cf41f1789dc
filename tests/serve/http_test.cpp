#include "serve/harness.hpp"

namespace vigil::serve::test {
namespace {

const std::string entries = "/api/v1/beds/bed-1/entries";
const std::string as_json = "Content-Type: application/json\r\n";

std::string checkin(const std::string& id, int score) {
  return R"({"id":")" + id + R"(","kind":"pain.checkin","data":{"score":)" + std::to_string(score) + "}}";
}

TEST(Http, AnEntryIsAnsweredAfterItIsInTheLog) {
  Running run;
  run.start();
  Peer peer(run.port());
  const auto first = peer.post(entries, checkin("client-0001", 7));
  EXPECT_EQ(first.status, 201);
  const auto event = first.parsed().at("event");
  EXPECT_EQ(event.at("seq"), 1);
  EXPECT_EQ(event.at("kind"), "pain.checkin");
  EXPECT_EQ(event.at("bed"), "bed-1");
  EXPECT_EQ(event.at("data").at("score"), 7);
  EXPECT_EQ(event.at("t"), wire::iso_utc(evening));
  EXPECT_EQ(event.at("simulated"), true);
  EXPECT_EQ(first.parsed().at("repeated"), false);
  EXPECT_EQ(run.log.head(), 1U);

  const auto again = peer.post(entries, checkin("client-0001", 7));  // on the same connection
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.parsed().at("repeated"), true);
  EXPECT_EQ(again.parsed().at("event"), event);
  EXPECT_EQ(run.log.head(), 1U);

  const auto other = peer.post(entries, R"({"id":"client-0001","kind":"note.added","data":{"text":"x"}})");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.code(), "conflict");
}

TEST(Http, AnEntryThatCannotBeTakenSaysWhy) {
  Running run;
  run.start();
  struct Case {
    std::string target, body, headers;
    int status;
    std::string code, message;
  };
  const std::vector<Case> cases = {
      {entries, checkin("client-0001", 11), as_json, 400, "bad_entry", "score"},
      {entries, "{", as_json, 400, "bad_entry", ""},
      {entries, "[1,2]", as_json, 400, "bad_entry", ""},
      {entries, R"({"id":"short","kind":"lights.out","data":{}})", as_json, 400, "bad_entry", "id"},
      {entries, R"({"id":"client-0001","kind":"bed.left","data":{}})", as_json, 400, "bad_entry", "kind"},
      {entries, checkin("client-0001", 1), "Content-Type: text/plain\r\n", 415, "not_json", "text/plain"},
      {entries, checkin("client-0001", 1), "", 415, "not_json", "none"},
      {"/api/v1/beds/bed-9/entries", checkin("client-0001", 1), as_json, 404, "no_such_bed", "bed-9"},
      {"/api/v1/beds/" + std::string(200, 'x') + "/entries", checkin("client-0001", 1), as_json, 404,
       "no_such_bed", ""},
  };
  for (const auto& c : cases) {
    Peer peer(run.port());
    const auto a = peer.post(c.target, c.body, c.headers);
    EXPECT_EQ(a.status, c.status) << c.body;
    EXPECT_EQ(a.code(), c.code) << c.body;
    EXPECT_NE(a.parsed()["error"]["message"].get<std::string>().find(c.message), std::string::npos) << a.body;
    EXPECT_EQ(a.header("content-type"), "application/json");
    EXPECT_EQ(peer.get("/api/v1/beds").status, 200);  // the connection goes on
  }
  EXPECT_EQ(run.log.head(), 0U);
  Peer peer(run.port());
  EXPECT_EQ(peer.post(entries, checkin("client-0001", 1), "Content-Type: Application/JSON; charset=utf-8\r\n")
                .status,
            201);
}

TEST(Http, RefusalsOfTheStoreHaveTheirStatus) {
  const std::vector<std::tuple<Backend::Refusal, int, std::string>> cases = {
      {Backend::Refusal::disk, 507, "disk"},
      {Backend::Refusal::busy, 503, "busy"},
      {Backend::Refusal::closing, 503, "closing"},
      {Backend::Refusal::conflict, 409, "conflict"},
  };
  for (const auto& [refusal, status, code] : cases) {
    Running run;
    run.backend.enter = [r = refusal](const Event&, const auto& answer) {
      std::thread([answer, r] { answer(r); }).join();  // from another thread
    };
    run.start();
    Peer peer(run.port());
    const auto a = peer.post(entries, checkin("client-0001", 7));
    EXPECT_EQ(a.status, status);
    EXPECT_EQ(a.code(), code);
    EXPECT_EQ(a.header("retry-after").empty(), status != 503);
  }
}

TEST(Http, AnAnswerThatNeverComesIs503AndALateOneHurtsNobody) {
  std::function<void(boost::system::result<Backend::Accepted, Backend::Refusal>)> late;
  {
    Running run;
    run.options.deadlines.answer = 30ms;
    run.backend.enter = [&late](const Event&, auto answer) { late = std::move(answer); };
    run.start();
    Peer peer(run.port());
    const auto a = peer.post(entries, checkin("client-0001", 7));
    EXPECT_EQ(a.status, 503);
    EXPECT_EQ(a.code(), "no_answer");
    EXPECT_EQ(peer.get("/api/v1/beds").status, 200);
    late(Backend::Refusal::busy);
    EXPECT_EQ(peer.get("/api/v1/beds").status, 200);
  }
  late(Backend::Refusal::busy);  // the server is gone
}

TEST(Http, ForeignHostsAndOriginsAreRefused) {
  Running run;
  run.start();
  const auto port = std::to_string(run.port());
  const auto ours = "Host: localhost:" + port + "\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      {"Host: 127.0.0.1:" + port + "\r\n", 200},
      {ours, 200},
      {"Host: LOCALHOST:" + port + "\r\n", 200},
      {"Host: [::1]:" + port + "\r\n", 200},
      {"Host: localhost\r\n", 421},
      {"Host: localhost:1\r\n", 421},
      {"Host: evil.example:" + port + "\r\n", 421},
      {"Host: 127.0.0.1.evil.example:" + port + "\r\n", 421},
      {ours + "Origin: http://localhost:" + port + "\r\n", 200},
      {ours + "Origin: http://127.0.0.1:" + port + "\r\n", 403},
      {ours + "Origin: http://evil.example\r\n", 403},
      {ours + "Origin: null\r\n", 403},
      {ours + "Origin: https://localhost:" + port + "\r\n", 403},
      {ours + "Origin: http://localhost:" + port + "\r\nOrigin: http://evil.example\r\n", 403},
      {ours + "Sec-Fetch-Site: cross-site\r\n", 403},
      {ours + "Sec-Fetch-Site: same-origin\r\n", 200},
      {ours + ours, 400},
      {"", 400},
  };
  for (const auto& [headers, status] : cases) {
    Peer peer(run.port());
    peer.send("GET /api/v1/beds HTTP/1.1\r\n" + headers + "\r\n");
    EXPECT_EQ(peer.answer().status, status) << headers;
    Peer live(run.port());  // the same for the stream
    live.send("GET /api/v1/live HTTP/1.1\r\n" + headers +
              "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_EQ(live.answer().status, status == 200 ? 101 : status) << headers;
  }
}

TEST(Http, WrongMethodsAndPathsAreNamed) {
  Running run;
  run.start();
  Peer peer(run.port());
  peer.request("DELETE", "/api/v1/beds");
  auto a = peer.answer();
  EXPECT_EQ(a.status, 405);
  EXPECT_EQ(a.header("allow"), "GET, HEAD");
  EXPECT_EQ(a.code(), "method_not_allowed");
  a = peer.get(entries);
  EXPECT_EQ(a.status, 405);
  EXPECT_EQ(a.header("allow"), "POST");
  peer.request("OPTIONS", "/lab");
  a = peer.answer();
  EXPECT_EQ(a.status, 405);
  EXPECT_EQ(a.header("allow"), "GET, HEAD");
  for (const std::string path : {"/api", "/api/", "/api/v1", "/api/v2/beds", "/api/v1/beds/", "/api/v1//beds",
                                 "/api/v1/nights/unknown", "/nothing.js"}) {
    a = peer.get(path);
    EXPECT_EQ(a.status, 404) << path;
    EXPECT_EQ(a.code(), "not_found") << path;
  }
  for (const std::string path :
       {"/api/v1/events?since=x", "/api/v1/events?since=-1", "/api/v1/events?limit=0",
        "/api/v1/events?limit=501", "/api/v1/events?since=99999999999999999999",
        "/api/v1/beds/bed-1/epochs?from=yesterday",
        "/api/v1/beds/bed-1/epochs?from=2026-11-22T03:00:00Z&to=2026-11-22T02:00:00Z"}) {
    a = peer.get(path);
    EXPECT_EQ(a.status, 400) << path;
    EXPECT_EQ(a.code(), "bad_query") << path;
  }
  for (const std::string path :
       {"/%zz", "/a%00b", "/../etc/passwd", "/%2e%2e/etc", "/a%2fb", "nothing", "*"}) {
    a = Peer(run.port()).get(path);
    EXPECT_EQ(a.status, 400) << path;
  }
  EXPECT_EQ(peer.get("http://" + peer.host() + "/api/v1/beds").status, 200);  // the absolute form
  EXPECT_EQ(peer.get("http://evil.example/api/v1/beds").status, 421);
  EXPECT_EQ(
      peer.get("/api/v1/beds/bed-1/epochs?from=2026-11-22T01:00:00+01:00&to=2026-11-22T02:00:00Z").status,
      200);
}

TEST(Http, HeadHasTheLengthWithoutTheBody) {
  Running run;
  run.start();
  Peer peer(run.port());
  const auto whole = peer.get("/api/v1/devices");
  peer.request("HEAD", "/api/v1/devices");
  const auto head = peer.answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), whole.header("content-length"));
  EXPECT_EQ(peer.get("/api/v1/devices").body, whole.body);  // nothing of a body was sent in between
}

TEST(Http, PipelinedRequestsAreAnsweredInOrder) {
  Running run;
  run.start(notes(3));
  Peer peer(run.port());
  const auto host = "Host: " + peer.host() + "\r\n";
  std::string all;
  for (int i = 0; i < 3; ++i)
    all += "GET /api/v1/events?since=" + std::to_string(i) + "&limit=1 HTTP/1.1\r\n" + host + "\r\n";
  const auto body = checkin("client-0001", 2);
  all += "POST " + entries + " HTTP/1.1\r\n" + host + as_json +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  all += "GET /api/v1/health HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n";
  peer.send(all);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(peer.answer().parsed().at("events").at(0).at("seq"), i + 1);
  EXPECT_EQ(peer.answer().status, 201);
  const auto last = peer.answer();
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_EQ(last.parsed().at("queues").at("store"), 3);  // the daemon's own, laid over the server's
  EXPECT_EQ(last.parsed().at("log").at("head"), 4);
  EXPECT_TRUE(peer.at_end());
}

TEST(Http, MalformedRequestsGetJsonAndTheConnectionCloses) {
  Running run;
  run.start();
  const std::string host = "Host: 127.0.0.1:" + std::to_string(run.port()) + "\r\n";
  const auto post = "POST " + entries + " HTTP/1.1\r\n" + host;
  const std::vector<std::pair<std::string, int>> cases = {
      {"\x16\x03\x01\x02\x01\x01 TLS hello\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nbad header line\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n" + host + "\r\n", 431},
      {post + "Content-Length: x\r\n\r\n", 400},
      {post + "Content-Length: 65537\r\n\r\n", 413},
      {post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n20000\r\n" + std::string(0x20000, 'x') + "\r\n0\r\n\r\n",
       413},
  };
  for (const auto& [bytes, status] : cases) {
    Peer peer(run.port());
    peer.send(bytes);
    const auto a = peer.answer();
    EXPECT_EQ(a.status, status) << bytes.substr(0, 120);
    EXPECT_FALSE(a.code().empty());
    EXPECT_EQ(a.header("connection"), "close");
    peer.finish_sending();
    EXPECT_TRUE(peer.at_end()) << bytes.substr(0, 120);
  }
}

TEST(Http, A10MbBodyIsRefusedAndTheAnswerArrives) {
  Running run;
  run.start();
  Peer peer(run.port());
  peer.request("POST", entries, as_json, std::string(10'000'000, 'x'));
  EXPECT_EQ(peer.answer().status, 413);
}

TEST(Http, ABodyOfExactly64KiBIsRead) {
  Running run;
  run.start();
  Peer peer(run.port());
  auto body = checkin("client-0001", 3);
  body += std::string(65'536 - body.size(), ' ');
  EXPECT_EQ(peer.post(entries, body).status, 201);
  EXPECT_EQ(peer.post(entries, body + " ").status, 413);
}

TEST(Http, ContinueIsSaidBeforeTheBodyComes) {
  Running run;
  run.start();
  Peer peer(run.port());
  const auto body = checkin("client-0001", 3);
  peer.send("POST " + entries + " HTTP/1.1\r\nHost: " + peer.host() + "\r\n" + as_json +
            "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(peer.answer().status, 100);
  peer.send(body);
  EXPECT_EQ(peer.answer().status, 201);
}

TEST(Http, SlowRequestsAreEndedWith408AndIdleConnectionsWithoutAWord) {
  Running run;
  run.options.deadlines.header = 60ms;
  run.options.deadlines.body = 60ms;
  run.options.deadlines.idle = 60ms;
  run.start();
  Peer header(run.port());
  header.send("GET /api/v1/beds HTTP/1.1\r\nHos");
  auto a = header.answer();
  EXPECT_EQ(a.status, 408);
  EXPECT_EQ(a.code(), "too_slow");
  Peer body(run.port());
  body.send("POST " + entries + " HTTP/1.1\r\nHost: " + body.host() + "\r\nContent-Length: 10\r\n\r\n12345");
  a = body.answer();
  EXPECT_EQ(a.status, 408);
  EXPECT_EQ(a.header("connection"), "close");
  Peer silent(run.port());
  EXPECT_TRUE(silent.at_end());
  Peer idle(run.port());
  EXPECT_EQ(idle.get("/api/v1/beds").status, 200);
  EXPECT_TRUE(idle.at_end());
}

TEST(Http, AnUnreadableLogIsSaidAndTheRestGoesOn) {
  Running run;
  run.start(notes(2));
  run.log_unreadable = true;
  Peer peer(run.port());
  const auto a = peer.get("/api/v1/events");
  EXPECT_EQ(a.status, 503);
  EXPECT_EQ(a.code(), "log_unreadable");
  EXPECT_EQ(peer.get("/api/v1/beds").status, 200);
  run.log_unreadable = false;
  EXPECT_EQ(peer.get("/api/v1/events").parsed().at("events").size(), 2U);
}

TEST(Http, HealthIsDegradedWhenNothingIsRecorded) {
  Running run;
  run.start();
  Peer peer(run.port());
  EXPECT_EQ(peer.get("/api/v1/health").parsed().at("status"), "ok");
  run.server->publish_recording(false, "database or disk is full");
  const auto h = peer.get("/api/v1/health").parsed();
  EXPECT_EQ(h.at("status"), "degraded");
  EXPECT_EQ(h.at("log").at("trouble"), "database or disk is full");
  EXPECT_EQ(h.at("raw").at("bytes"), 17);
}

TEST(Http, ATakenPortAndAForeignAddressAreNamed) {
  Running run;
  run.start();
  Options options;
  options.port = run.port();
  const auto trouble = [&]() -> std::string {
    try {
      const Server second(options, run.backend);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return {};
  };
  EXPECT_EQ(trouble(), "127.0.0.1:" + std::to_string(run.port()) +
                           " is in use, perhaps by another vigild; choose another with --listen");
  options.address = "0.0.0.0";
  EXPECT_NE(trouble().find("not a loopback address"), std::string::npos);
  options.address = "bedside.example";
  EXPECT_NE(trouble().find("no address to listen on"), std::string::npos);
}

TEST(Http, APortIsFreeAgainAtOnce) {
  std::uint16_t port = 0;
  {
    Running run;
    run.start();
    port = run.port();
    Peer peer(port);
    EXPECT_EQ(peer.get("/").status, 200);
  }
  Running again;
  again.options.port = port;
  again.start();
  EXPECT_EQ(Peer(port).get("/").status, 200);
}

}  // namespace
}  // namespace vigil::serve::test
