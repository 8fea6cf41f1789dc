#include "wire/stored.hpp"

#include <gtest/gtest.h>

namespace vigil::wire {
namespace {

using namespace std::chrono_literals;

Event checkin() {
  Event e;
  e.seq = 12;
  e.bed = "bed-1";
  e.person = "p-017";
  e.at = {123456789ns};
  e.boot = "0f7f3a52";
  e.wall = {1795315267123456us, 60min};
  e.zone = "Europe/Berlin";
  e.algorithm = {"presence", "1"};
  e.simulated = true;
  e.client_id = "abcdefgh-1";
  e.payload = event::PainCheckin{7, {"lower back"}, {}, "so-so"};
  return e;
}

TEST(Stored, TheHeaderIsFixedToTheByte) {
  // These bytes are hashed: a change here breaks the chain of every log that is there.
  EXPECT_EQ(
      stored_header(checkin()),
      R"({"seq":12,"kind":"pain.checkin","bed":"bed-1","person":"p-017","wall_us":1795315267123456,)"
      R"("offset_min":60,"zone":"Europe/Berlin","boot":"0f7f3a52","at_ns":123456789,"algorithm":"presence",)"
      R"("version":"1","simulated":1,"client_id":"abcdefgh-1"})");
}

TEST(Stored, ComesBackAsItWent) {
  const auto e = checkin();
  const auto back = event_from_stored(stored_header(e), payload_to_text(e.payload));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(to_line(*back), to_line(e));
  EXPECT_EQ(back->wall, e.wall);  // to the microsecond, which the line does not show
}

TEST(Stored, OddBytesInNamesAreKeptOrMended) {
  auto e = checkin();
  e.bed = "a\"b\\c\x01";
  e.person = "\xFF";
  const auto back = event_from_stored(stored_header(e), payload_to_text(e.payload));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(back->bed, e.bed);
  EXPECT_EQ(back->person, Name("\xEF\xBF\xBD"));
}

TEST(Stored, AnErasedPayloadLeavesTheKind) {
  const auto back = event_from_stored(stored_header(checkin()), std::nullopt);
  ASSERT_TRUE(back);
  EXPECT_EQ(kind(*back), "pain.checkin");
  EXPECT_EQ(std::get<event::PainCheckin>(back->payload).note, "");
}

TEST(Stored, DamageIsAnErrorNotACrash) {
  for (const auto* header :
       {"", "[]", "{", R"({"seq":"x"})", R"({"seq":1,"kind":7})", R"({"seq":1,"kind":"no.such"})",
        R"({"kind":"lights.out","bed":"0123456789012345678901234567890123456789012345678"})"})
    EXPECT_FALSE(event_from_stored(header, "{}")) << header;
  EXPECT_FALSE(event_from_stored(stored_header(checkin()), "not json"));
  EXPECT_FALSE(event_from_stored(R"({"kind":"no.such"})", std::nullopt));
}

}  // namespace
}  // namespace vigil::wire
