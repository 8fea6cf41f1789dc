#include "config/config.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<DriverRule> drivers{
    {"axivity", {{"rate_hz", SettingRule::Type::number, "Hz", 6, 3200, "100", ""}}},
    {"hid_scale", {}},
    {"synthetic",
     {{"seed", SettingRule::Type::number, "", 0, 4294967295.0, "1", ""},
      {"speed", SettingRule::Type::number, "x real time", 0.1, 1000, "1", ""},
      {"loop", SettingRule::Type::boolean, "", 0, 0, "false", ""},
      {"scene", SettingRule::Type::text, "", 0, 0, "", ""}}},
    {.name = "line",
     .settings = {{"columns", SettingRule::Type::list, "", 0, 0, "", ""},
                  {"format", SettingRule::Type::text, "", 0, 0, "", ""}},
     .check =
         [](const DriverRule::Values& values) {
           std::vector<DriverRule::Wrong> wrongs;
           if (!values.contains("format")) wrongs.push_back({"format", 0, "is missing: expected csv"});
           const auto columns = values.find("columns");
           std::size_t element = 1;
           for (const char c : columns == values.end() ? "" : columns->second)
             if (c == between_elements)
               ++element;
             else if (c == '?')
               wrongs.push_back({"columns", element, "expected a column, found \"?\""});
           return wrongs;
         }},
};

std::vector<std::string> mistakes(std::string_view toml) {
  std::vector<std::string> out;
  for (const auto& m : parse(toml, "vigil.toml", drivers).mistakes)
    out.push_back(m.text());
  return out;
}

TEST(Config, AListIsOfTexts) {
  const auto table = [](const std::string& columns) {
    return "[[device]]\ndriver = \"line\"\nformat = \"csv\"\ncolumns = " + columns + "\n";
  };
  const auto loaded = parse(table("[\n  'one', # first\n  \"two\",\n]"), "vigil.toml", drivers);
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_EQ(loaded.config.devices[0].settings.at("columns"), "one\x1etwo");
  EXPECT_THAT(mistakes(table("\"one\"")),
              ElementsAre("vigil.toml:4:11: device[1].columns: expected a list of texts such as [\"...\", "
                          "\"...\"], found \"one\""));
  EXPECT_THAT(mistakes(table("[\n  'one',\n  2]")),
              ElementsAre("vigil.toml:6:3: device[1].columns[2]: expected a text, found 2"));
  EXPECT_THAT(mistakes(table("[]")), IsEmpty());
}

TEST(Config, WhatOnlyTheDriverCanJudgeIsNamedWhereItIsWritten) {
  EXPECT_THAT(mistakes("[[device]]\ndriver = \"line\"\nformat = \"csv\"\ncolumns = [\n  'one',\n  '?',\n]\n"),
              ElementsAre("vigil.toml:6:3: device[1].columns[2]: expected a column, found \"?\""));
  EXPECT_THAT(mistakes("\n[[device]]\ndriver = \"line\"\n"),
              ElementsAre("vigil.toml:2:1: device[1].format is missing: expected csv"));
  EXPECT_THAT(mistakes("[[device]]\ndriver = \"line\"\nformat = 5\ncolumns = ['?']\n"),
              ElementsAre(HasSubstr("device[1].format: expected a text")))
      << "one mistake at a time: what follows from it is not told";
}

// The whole of the format, as the documentation shows it.
constexpr std::string_view example = R"(# Where the page is served. Loopback only until accounts exist.
listen = "127.0.0.1:8580"
# Where the log, the readings and the raw nights lie.
data = "/var/lib/vigil"
# trace, debug, info, warn, error or off
log = "info"
# Keep every device's bytes, so that a night can be scored again.
record_raw = true

[[bed]]
name = "bed-1"
label = "Bed 1"          # for people; default: the name
person = "p-017"         # a pseudonym
[bed.detection]          # every threshold may be left out
present_kg = 12          # above tare: somebody is in bed
absent_kg = 6            # below: nobody
enter_after_s = 5
leave_after_s = 10
night_ends_after_min = 90
minimum_night_min = 20

[[device]]
driver = "axivity"
bed = "bed-1"
device = "axivity:CWA17_00123"   # optional: only this one
port = "/dev/ttyACM0"            # optional: else found by identity
rate_hz = 50                     # settings of the driver

[[device]]
driver = "synthetic"
bed = "bed-1"
speed = 60.0
loop = true
scene = "calm"
)";

TEST(Config, TheExampleIsRead) {
  const auto loaded = parse(example, "vigil.toml", drivers);
  EXPECT_THAT(mistakes(example), IsEmpty());
  const auto& c = loaded.config;
  EXPECT_EQ(c.listen_address, "127.0.0.1");
  EXPECT_EQ(c.listen_port, 8580);
  EXPECT_EQ(c.data, "/var/lib/vigil");
  EXPECT_EQ(c.log_level, "info");
  EXPECT_TRUE(c.record_raw);
  ASSERT_EQ(c.beds.size(), 1U);
  EXPECT_EQ(c.beds[0].bed, Name("bed-1"));
  EXPECT_EQ(c.beds[0].label, "Bed 1");
  EXPECT_EQ(c.beds[0].person, "p-017");
  EXPECT_EQ(c.beds[0].detection.present_kg, 12);
  EXPECT_EQ(c.beds[0].detection.minimum_night_min, 20);
  ASSERT_EQ(c.devices.size(), 2U);
  EXPECT_EQ(c.devices[0].driver, Name("axivity"));
  EXPECT_EQ(c.devices[0].identity, "axivity:CWA17_00123");
  EXPECT_EQ(c.devices[0].port, "/dev/ttyACM0");
  EXPECT_EQ(c.devices[0].settings, (std::map<std::string, std::string, std::less<>>{{"rate_hz", "50"}}));
  EXPECT_THAT(c.devices[0].toml, HasSubstr("rate_hz = 50"));
  // Defaults are filled in, numbers canonical, what has no default stays out.
  EXPECT_EQ(c.devices[1].settings, (std::map<std::string, std::string, std::less<>>{
                                       {"seed", "1"}, {"speed", "60"}, {"loop", "true"}, {"scene", "calm"}}));
}

TEST(Config, TheTableKeptWithACaptureReadsBack) {
  const auto first = parse(example, "vigil.toml", drivers).config.devices[1];
  const auto again = parse("[[bed]]\nname = \"bed-1\"\n[[device]]\n" + first.toml, "capture", drivers);
  ASSERT_THAT(again.mistakes, IsEmpty());
  EXPECT_EQ(again.config.devices[0].settings, first.settings);
}

TEST(Config, AnEmptyFileIsAllDefaults) {
  const auto loaded = parse("", "vigil.toml", drivers);
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_EQ(loaded.config.listen_port, 8580);
  EXPECT_TRUE(loaded.config.beds.empty());
}

TEST(Config, ALabelDefaultsToTheName) {
  EXPECT_EQ(parse("[[bed]]\nname = \"b\"", "f", drivers).config.beds[0].label, "b");
}

TEST(Config, ASyntaxErrorHasItsPlace) {
  EXPECT_THAT(mistakes("log = \"info\"\nlisten = \n"), ElementsAre(HasSubstr("vigil.toml:2:10: ")));
  EXPECT_THAT(mistakes("log = \"a\"\nlog = \"b\"\n"), ElementsAre(HasSubstr("vigil.toml:2:")));
  EXPECT_THAT(mistakes("\xFF\xFE"), ElementsAre(HasSubstr("vigil.toml:1:")));
  EXPECT_EQ(mistakes("a = " + std::string(100000, '[')).size(), 1U);
}

TEST(Config, EveryMistakeIsFoundInOnePassInOrder) {
  EXPECT_THAT(
      mistakes(R"(record_raw = "yes"
log = "loud"
data = "var/lib"
[[bed]]
name = "bed 1"
[[bed]]
name = "b"
[[bed]]
name = "b"
[bed.detection]
present_kg = 500
[[device]]
driver = "synthetic"
bed = "c"
speed = "fast"
)"),
      ElementsAre(
          "vigil.toml:1:14: record_raw: expected true or false, found \"yes\"",
          "vigil.toml:2:7: log: expected trace, debug, info, warn, error or off, found \"loud\"",
          "vigil.toml:3:8: data: expected the absolute path of a folder, found \"var/lib\"",
          "vigil.toml:5:8: bed[1].name: expected at most 24 letters, digits, '-', '_' or '.', found \"bed "
          "1\"",
          "vigil.toml:9:8: bed[3].name: \"b\" is already the name of the bed at line 6",
          "vigil.toml:11:14: bed[3].detection.present_kg: expected a number from 1 to 300 (kg above tare), "
          "found 500",
          "vigil.toml:14:7: device[1].bed: no [[bed]] is named \"c\": did you mean b?",
          "vigil.toml:15:9: device[1].speed: expected a number from 0.1 to 1000 (x real time), found "
          "\"fast\""));
}

TEST(Config, AnUnknownKeyNamesTheNearest) {
  EXPECT_THAT(mistakes("recordraw = true\n"),
              ElementsAre("vigil.toml:1:1: recordraw is not known: did you mean record_raw?"));
  EXPECT_THAT(mistakes("[[device]]\ndriver = \"synthetic\"\nspeeed = 2\n"),
              ElementsAre("vigil.toml:3:1: device[1].speeed is not known: did you mean speed?"));
  EXPECT_THAT(
      mistakes("zzzzzz = 1\n"),
      ElementsAre(
          "vigil.toml:1:1: zzzzzz is not known: expected listen, data, log, record_raw, bed or device"));
  EXPECT_THAT(mistakes("[[bed]]\nname = \"b\"\n[bed.detection]\npresent = 3\n"),
              ElementsAre(HasSubstr(
                  "vigil.toml:4:1: bed[1].detection.present is not known: did you mean present_kg?")));
  EXPECT_THAT(
      mistakes("[[device]]\ndriver = \"axivty\"\n"),
      ElementsAre("vigil.toml:2:10: device[1].driver: \"axivty\" is not a driver: did you mean axivity?"));
}

TEST(Config, OtherMistakesOfDevices) {
  EXPECT_THAT(
      mistakes("[[device]]\nbed = \"b\"\n"),
      ElementsAre(
          "vigil.toml:1:1: device[1].driver is missing: expected the name of a driver; expected axivity, "
          "hid_scale, synthetic or line",
          "vigil.toml:2:7: device[1].bed: no [[bed]] is named \"b\": the file has none"));
  EXPECT_THAT(mistakes("[[device]]\ndriver = \"axivity\"\ndevice = \"hid_scale:1-1\"\n"),
              ElementsAre("vigil.toml:3:10: device[1].device: expected an identity as \"axivity:...\", at "
                          "most 47 bytes, found "
                          "\"hid_scale:1-1\""));
  EXPECT_THAT(
      mistakes("[[device]]\ndriver = \"axivity\"\nport = \"/dev/ttyACM0\"\n[[device]]\ndriver = "
               "\"axivity\"\nport = "
               "\"/dev/ttyACM0\"\n"),
      ElementsAre(
          "vigil.toml:6:8: device[2].port: \"/dev/ttyACM0\" is already claimed by the device at line 1"));
  EXPECT_THAT(mistakes("[[device]]\ndriver = 7\nspeed = 2\n"),
              ElementsAre("vigil.toml:2:10: device[1].driver: expected the name of a driver, found 7"));
}

TEST(Config, ADeviceThatNothingTellsApartNeedsItsPort) {
  const std::vector<DriverRule> radar{{"radar", {}, true}};
  const auto loaded = parse("[[device]]\ndriver = \"radar\"\n", "vigil.toml", radar);
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(loaded.mistakes[0].text(),
            "vigil.toml:1:1: device[1].port is missing: expected where the radar is, such as "
            "\"/dev/serial/by-id/...\": nothing else tells it from other devices");
  EXPECT_TRUE(parse("[[device]]\ndriver = \"radar\"\nport = \"/dev/ttyUSB0\"\n", "vigil.toml", radar)
                  .mistakes.empty());
}

TEST(Config, WrongShapes) {
  EXPECT_THAT(mistakes("bed = 1\ndevice = [1]\n"),
              ElementsAre("vigil.toml:1:7: bed: expected tables headed [[bed]], found 1",
                          "vigil.toml:2:11: device[1]: expected tables headed [[device]], found 1"));
  EXPECT_THAT(mistakes("[bed]\nname = \"x\"\n"),
              ElementsAre(HasSubstr("bed: expected tables headed [[bed]], found a table")));
  EXPECT_THAT(mistakes("[[bed]]\nname = \"b\"\ndetection = 2026-11-22\n"),
              ElementsAre("vigil.toml:3:13: bed[1].detection: expected a table headed [bed.detection], found "
                          "a date or time"));
  EXPECT_THAT(mistakes("[[bed]]\nlabel = \"B\"\n"),
              ElementsAre(HasSubstr("vigil.toml:1:1: bed[1].name is missing")));
}

TEST(Config, NumbersAreFiniteAndInRange) {
  const auto speed = [](const std::string& v) {
    return mistakes("[[device]]\ndriver = \"synthetic\"\nspeed = " + v + "\n");
  };
  EXPECT_THAT(speed("0.1"), IsEmpty());
  EXPECT_THAT(speed("1000"), IsEmpty());
  EXPECT_THAT(speed("0.09"),
              ElementsAre(HasSubstr("expected a number from 0.1 to 1000 (x real time), found 0.09")));
  EXPECT_THAT(speed("1001"), ElementsAre(HasSubstr("found 1001")));
  EXPECT_THAT(speed("nan"), ElementsAre(HasSubstr("found nan")));
  EXPECT_THAT(speed("inf"), ElementsAre(HasSubstr("found inf")));
  EXPECT_THAT(speed("true"), ElementsAre(HasSubstr("found true")));
}

TEST(Config, ThresholdsAreHeldAgainstEachOtherAndTheDefaults) {
  const auto detection = [](const std::string& text) {
    return mistakes("[[bed]]\nname = \"b\"\n[bed.detection]\n" + text);
  };
  EXPECT_THAT(detection("present_kg = 10\nabsent_kg = 4\n"), IsEmpty());
  EXPECT_THAT(detection("present_kg = 10\nabsent_kg = 10\n"),
              ElementsAre("vigil.toml:5:13: bed[1].detection.absent_kg: expected absent_kg below present_kg, "
                          "found 10 and 10"));
  EXPECT_THAT(detection("present_kg = 5\n"), ElementsAre(HasSubstr("found 6 (the default) and 5")));
  EXPECT_THAT(detection("absent_kg = 20\n"), ElementsAre(HasSubstr("found 20 and 12 (the default)")));
}

TEST(Listen, LoopbackOnly) {
  std::string what;
  for (const auto* good : {"127.0.0.1:8580", "127.1.2.3:1", "localhost:0", "[::1]:65535"})
    EXPECT_TRUE(parse_listen(good, what)) << good << ": " << what;
  EXPECT_EQ(parse_listen("[::1]:80", what)->address, "::1");
  EXPECT_EQ(parse_listen("localhost:80", what)->address, "127.0.0.1");
  for (const auto* bad :
       {"0.0.0.0:8580", "192.168.0.2:80", "[::]:80", "example.org:80", "127.0.0.1.evil.org:80", "127.0.0:80",
        "127.0.0.256:80", "127.0.0.1.:80", "127.0.0.01:80", ":80"}) {
    EXPECT_FALSE(parse_listen(bad, what)) << bad;
    EXPECT_THAT(what, HasSubstr("refused until accounts exist")) << bad;
  }
  for (const auto* bad :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80 "}) {
    EXPECT_FALSE(parse_listen(bad, what)) << bad;
    EXPECT_THAT(what, HasSubstr("expected an address and port such as 127.0.0.1:8580")) << bad;
  }
  EXPECT_THAT(mistakes("listen = \"0.0.0.0:80\"\n"),
              ElementsAre(HasSubstr("vigil.toml:1:10: listen: expected a loopback address")));
}

TEST(Load, AFileThatCannotBeReadSaysWhy) {
  try {
    (void)load("/no/such/vigil.toml", drivers);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "cannot read the configuration /no/such/vigil.toml: No such file or directory");
  }
  EXPECT_THROW((void)load("/", drivers), std::runtime_error);
  const auto path = std::filesystem::path(testing::TempDir()) / "vigil-load-test.toml";
  std::ofstream(path) << "log = 3\n";
  const auto loaded = load(path, drivers);
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(loaded.mistakes[0].text(), HasSubstr("vigil-load-test.toml:1:7: log: expected"));
  std::filesystem::remove(path);
}

TEST(Config, AKeyboardIsNeverTakenWithoutItsName) {
  const std::vector<DriverRule> button{{"button", {}, false, true}};
  const auto said = [&](const std::string& more) {
    std::vector<std::string> out;
    for (const auto& m : parse("[[device]]\ndriver = \"button\"\n" + more, "vigil.toml", button).mistakes)
      out.push_back(m.text());
    return out;
  };
  EXPECT_THAT(said(""), ElementsAre(HasSubstr("device[1].device is missing: expected which one, as device = "
                                              "\"button:...\" or port = \"1-1.2\"")));
  EXPECT_THAT(said("port = \"1-1.2\"\n"), IsEmpty());
  EXPECT_THAT(said("device = \"button:usb-1-1.2\"\n"), IsEmpty());
}

}  // namespace
}  // namespace vigil::config
