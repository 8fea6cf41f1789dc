#include "serve/harness.hpp"

namespace vigil::serve::test {
namespace {

DeviceHealth device(const char* name, const char* driver) {
  DeviceHealth d;
  d.device = name, d.driver = driver, d.state = DeviceState::unassigned;
  return d;
}

struct Assignments : testing::Test {
  Assignments() {
    run.start();
    auto fixed = device("axivity:1", "axivity");
    fixed.fixed = "its bed is set in vigil.toml line 12";
    auto twice = fixed;
    twice.device = "axivity:2", twice.state = DeviceState::refused;
    auto port = device("tty:usb-1-1", "");
    port.unclaimed = true;
    run.server->publish_devices({device("hid_scale:1-1", "hid_scale"), fixed, twice, port});
  }
  HttpAnswer post(const std::string& rest) {
    Peer peer(run.port());
    return peer.post("/api/v1/assignments",
                     R"({"id":"client-000)" + std::to_string(++sent) + "\"," + rest + "}");
  }
  Running run;
  int sent = 0;
};

TEST_F(Assignments, are_committed_under_their_bed_and_without_its_person) {
  const auto a = post(R"("device":"hid_scale:1-1","bed":"bed-2")");
  ASSERT_EQ(a.status, 201) << a.body;
  const auto event = a.parsed().at("event");
  EXPECT_EQ(event.at("kind"), "device.assigned");
  EXPECT_EQ(event.at("bed"), "bed-2");
  EXPECT_FALSE(event.contains("person"));
  EXPECT_EQ(event.at("data"),
            json::parse(R"({"device":"hid_scale:1-1","taken":false,"driver":"","settings":""})"));
  EXPECT_EQ(run.log.head(), 1U);
}

TEST_F(Assignments, of_what_is_not_there_are_refused) {
  EXPECT_EQ(post(R"("device":"hid_scale:9-9","bed":"bed-1")").code(), "no_such_device");
  EXPECT_EQ(post(R"("device":"hid_scale:1-1","bed":"bed-9")").code(), "no_such_bed");
  EXPECT_EQ(run.log.head(), 0U);
}

TEST_F(Assignments, of_what_the_configuration_sets_are_refused_but_for_the_mend) {
  const auto a = post(R"("device":"axivity:1","bed":"bed-1")");
  EXPECT_EQ(a.status, 409);
  EXPECT_EQ(a.parsed()["error"]["message"], "axivity:1: its bed is set in vigil.toml line 12");
  EXPECT_EQ(post(R"("device":"axivity:1","bed":"bed-1","taken":true)").status, 409);
  EXPECT_EQ(post(R"("device":"axivity:2","bed":"bed-1","taken":true)").status, 201);
}

TEST_F(Assignments, of_an_unclaimed_port_want_a_driver_and_of_others_none) {
  EXPECT_EQ(post(R"("device":"tty:usb-1-1","bed":"bed-1")").parsed()["error"]["message"],
            "driver: expected one of line");
  EXPECT_EQ(post(R"("device":"tty:usb-1-1","bed":"bed-1","driver":"line")").status, 201);
  EXPECT_EQ(post(R"("device":"tty:usb-1-1","bed":"bed-1","driver":"line","settings":"bad")").status, 400);
  EXPECT_EQ(post(R"("device":"hid_scale:1-1","bed":"bed-1","driver":"line")").status, 400);
}

TEST_F(Assignments, of_other_web_pages_are_refused) {
  Peer peer(run.port());
  const std::string body = R"({"id":"client-0001","device":"hid_scale:1-1","bed":"bed-1"})";
  EXPECT_EQ(peer.post("/api/v1/assignments", body,
                      "Origin: http://evil.example\r\nContent-Type: application/json\r\n")
                .status,
            403);
  EXPECT_EQ(peer.post("/api/v1/assignments", body, "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(run.log.head(), 0U);
}

}  // namespace
}  // namespace vigil::serve::test
