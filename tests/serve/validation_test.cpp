#include "serve/ask.hpp"
#include "serve/harness.hpp"

namespace vigil::serve::test {
namespace {

event::ValidationStored measured() {
  event::ValidationStored v;
  v.lab = "Sleep lab, 2nd floor";
  v.algorithm = "estimator";
  v.version = "1";
  v.program = "0.1.0";
  v.measured = "2026-11-28";
  v.nights = 12, v.people = 7, v.epochs = 11'000;
  v.sensitivity = .93, v.sensitivity_low = .91, v.sensitivity_high = .95;
  v.specificity = .48, v.specificity_low = .41, v.specificity_high = .55;
  v.kappa = .44;
  v.tst_bias_min = 21.5, v.tst_low_min = -30, v.tst_high_min = 73;
  v.awakenings_true_5min = 30, v.awakenings_found_5min = 19, v.awakenings_invented_5min = 4;
  v.latency_median_s = 75;
  return v;
}

struct Validations : testing::Test {
  Validations() { run.start(); }
  HttpAnswer post(const std::string& body,
                  const std::string& headers = "Content-Type: application/json\r\n") {
    Peer peer(run.port());
    return peer.post("/api/v1/validation", body, headers);
  }
  static std::string body(const std::string& id, const event::ValidationStored& stored,
                          bool simulated = false) {
    return wire::validation_body({id, simulated, stored});
  }
  json shown() {
    Peer peer(run.port());
    const auto a = peer.get("/api/v1/validation");
    EXPECT_EQ(a.status, 200);
    return a.parsed().at("validation");
  }
  Running run;
};

TEST_F(Validations, are_shown_once_stored_until_withdrawn) {
  EXPECT_TRUE(shown().is_null());
  const auto a = post(body("validate-1", measured()));
  ASSERT_EQ(a.status, 201) << a.body;
  const auto event = a.parsed().at("event");
  EXPECT_EQ(event.at("kind"), "validation.stored");
  EXPECT_EQ(event.at("bed"), "");
  EXPECT_EQ(event.at("algorithm"), "estimator");
  EXPECT_EQ(event.at("simulated"), false);
  const auto told = shown();
  EXPECT_EQ(told.at("lab"), "Sleep lab, 2nd floor");
  EXPECT_EQ(told.at("sensitivity_low"), .91);
  EXPECT_EQ(told.at("sol_bias_min"), nullptr);
  EXPECT_EQ(told.at("seq"), 1);
  EXPECT_EQ(told.at("simulated"), false);

  auto newer = measured();
  newer.lab = "Lab 3";
  EXPECT_EQ(post(body("validate-2", newer, true)).status, 201);
  EXPECT_EQ(shown().at("lab"), "Lab 3");
  EXPECT_EQ(shown().at("simulated"), true);
  EXPECT_EQ(post(body("validate-3", {})).status, 201);
  EXPECT_TRUE(shown().is_null()) << "the older one does not come back";
}

TEST_F(Validations, sent_twice_are_one) {
  EXPECT_EQ(post(body("validate-1", measured())).status, 201);
  EXPECT_EQ(post(body("validate-1", measured())).status, 200);
  EXPECT_EQ(run.log.head(), 1U);
}

TEST_F(Validations, that_cannot_be_are_refused_by_name) {
  const auto message = [&](auto&& change) {
    auto stored = measured();
    change(stored);
    const auto a = post(body("validate-9", stored));
    EXPECT_EQ(a.status, 400);
    return a.parsed().at("error").at("message").get<std::string>();
  };
  EXPECT_EQ(message([](auto& v) { v.sensitivity = 1.5; }),
            "data.sensitivity: expected 0.0 to 1.0, found 1.5");
  EXPECT_EQ(message([](auto& v) { v.kappa_low = .9; }), "data.kappa: expected a value within its interval");
  EXPECT_EQ(message([](auto& v) { v.specificity.reset(); }),
            "data.specificity: expected a value where its interval is told");
  EXPECT_EQ(message([](auto& v) { v.awakenings_found_5min = 31; }),
            "data: expected no more awakenings found than there were");
  EXPECT_EQ(message([](auto& v) { v.epochs = -1; }), "data.epochs: expected 0 or more, found -1");
  EXPECT_EQ(message([](auto& v) { v.nights = 0; }),
            "data.nights: expected 1 or more, found 0; an empty lab withdraws");
  EXPECT_EQ(message([](auto& v) { v.lab = std::string(121, 'x'); }),
            "data.lab: expected at most 120 bytes, found 121");
  EXPECT_EQ(message([](auto& v) {
              v.lab =
                  "a\x02"
                  "b";
            }),
            "data.lab: expected a text without control characters");
  EXPECT_EQ(post(R"({"id":"validate-9"})").parsed()["error"]["message"], "data is missing");
  EXPECT_EQ(post(R"({"id":"validate-9","data":{"lab":"x"}})").parsed()["error"]["message"],
            "data.nights is missing");
  EXPECT_EQ(post(R"({"id":"validate-9","data":{},"simulated":1})").parsed()["error"]["message"],
            "simulated: expected true or false, found 1");
  EXPECT_EQ(run.log.head(), 0U);
}

TEST_F(Validations, of_other_web_pages_are_refused) {
  const auto good = body("validate-1", measured());
  EXPECT_EQ(post(good, "Origin: http://evil.example\r\nContent-Type: application/json\r\n").status, 403);
  EXPECT_EQ(post(good, "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(run.log.head(), 0U);
}

TEST_F(Validations, are_told_by_a_command_as_by_a_page) {
  const auto told = tell("127.0.0.1", run.port(), "/api/v1/validation", body("validate-1", measured()));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->status, 201U) << told->body;
  const auto bad = tell("127.0.0.1", run.port(), "/api/v1/validation", "{}");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->status, 400U);
  EXPECT_EQ(wire::error_message(bad->body), "id is missing");
  EXPECT_FALSE(tell("127.0.0.1", 1, "/api/v1/validation", "{}"));
}

}  // namespace
}  // namespace vigil::serve::test
