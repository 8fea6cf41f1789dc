#include <cmath>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/child.hpp"
#include "drivers/line/device_clock.hpp"
#include "drivers/line/driver.hpp"
#include "drivers/line/layout.hpp"
#include "drivers/line/protocol.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/settings.hpp"
#include "support/torture.hpp"

namespace vigil::drivers::line {
namespace {

using std::chrono::milliseconds;
using Written = WrittenSettings::Written;

/// As a person would be told, "key[2]: what"; "" when all is well.
std::string wrong_with(const Written& written) {
  std::vector<Wrong> wrongs;
  static_cast<void>(layout_of(WrittenSettings(line::driver, written), wrongs));
  std::string all;
  for (const auto& wrong : wrongs)
    all += (all.empty() ? "" : "; ") + std::string(wrong.key) +
           (wrong.element > 0 ? "[" + std::to_string(wrong.element) + "]" : "") + ": " + wrong.what;
  return all;
}

Layout layout(const Written& written) {
  std::vector<Wrong> wrongs;
  auto out = layout_of(WrittenSettings(line::driver, written), wrongs);
  if (!out) throw std::runtime_error(wrong_with(written));
  return *out;
}

/// One record as a value; NaN as a number that no sensor gives, so that it equals itself.
struct One {
  Record::Kind kind;
  Reject why;
  std::vector<float> values;
  std::optional<double> time;
  bool operator==(const One&) const = default;
};
constexpr float none = -12345;

std::vector<One> decode(const Layout& layout, const Reads& reads) {
  Decoder decoder(layout);
  std::vector<One> out;
  for (auto bytes : reads)
    while (const auto record = decoder.next(bytes)) {
      out.push_back(
          {record->kind, record->why, {record->values.begin(), record->values.end()}, record->time});
      for (auto& v : out.back().values)
        if (std::isnan(v)) v = none;
    }
  return out;
}
std::vector<One> decode(const Layout& layout, const std::string& text) {
  const auto whole = "the rest of a line\n" + text;
  return decode(layout, Reads{std::as_bytes(std::span(whole))});
}
/// Of the one line; its values, or why there are none.
One read(const Written& written, const std::string& line) {
  const auto got = decode(layout(written), line + "\r\n");
  EXPECT_EQ(got.size(), 1U) << line;
  return got.empty() ? One{} : got[0];
}
std::vector<float> values(const Written& written, const std::string& line) {
  return read(written, line).values;
}
Reject why(const Written& written, const std::string& line) {
  const auto got = read(written, line);
  EXPECT_EQ(got.kind, Record::Kind::bad) << line;
  return got.why;
}

const Written openscale{{"preset", "openscale"}};
const Written hx711{{"preset", "hx711"}, {"columns", "'HX711 reading' load raw tare=84200 scale=0.0000238"}};
const Written cells{{"preset", "cells"}, {"columns", "2-5 pressure max=1023"}};
const Written cells_xor{{"preset", "cells"}, {"columns", "2-5 pressure max=1023"}, {"checksum", "xor8"}};
const Written json{{"preset", "json"}, {"columns", "w[0-3] load kg"}};
const Written esphome{{"preset", "esphome"}, {"columns", "value load kg"}};

TEST(LineProtocol, openscale) {
  const auto factory = read(openscale, "1523,150.84,lbs,23.50,");
  ASSERT_EQ(factory.kind, Record::Kind::values);
  EXPECT_NEAR(factory.values[0], 68.42, 0.005);
  EXPECT_EQ(factory.time, 1523);
  const auto all_on = read(openscale, "1523,68.42,kg,23.50,0,");
  EXPECT_FLOAT_EQ(all_on.values[0], 68.42F);
  EXPECT_FLOAT_EQ(read(openscale, "68.42,kg,").values[0], 68.42F);
  EXPECT_FALSE(read(openscale, "68.42,kg,").time);
  EXPECT_FLOAT_EQ(read(openscale, "1523,-0.10,kg,123456,23.50,0,").values[0], -0.1F);
  EXPECT_EQ(why(openscale, "1523,inf,lbs,23.50,"), Reject::sensor_fault);
  EXPECT_EQ(why(openscale, "1523,nan,kg,23.50,"), Reject::sensor_fault);
  EXPECT_EQ(why(openscale, "1523,150.84,lbs,23.50"), Reject::length) << "no comma at the end";
  EXPECT_EQ(why(openscale, "1523,150.84,lbs,23.50,1523,150.84,lbs,23.50,"), Reject::length) << "merged";
  EXPECT_EQ(why(openscale, "1523,1 50.84,lbs,23.50,"), Reject::syntax);
  EXPECT_EQ(why(openscale, "15.3,150.84,lbs,23.50,"), Reject::syntax) << "a time that is none";
  EXPECT_EQ(why(openscale, "1523,99999,kg,23.50,"), Reject::range);
  EXPECT_EQ(read(openscale, "OpenScale").kind, Record::Kind::other);
  EXPECT_EQ(read(openscale, ">").kind, Record::Kind::other);
}

TEST(LineProtocol, openscales_shape_changes_only_when_it_stays_so) {
  const std::string timed = "1523,50.84,kg,23.50,\r\n", torn = "0.84,kg,23.50,\r\n";
  const auto kinds = [&](const std::string& text) {
    std::string out;
    for (const auto& one : decode(layout(openscale), text))
      out += one.kind == Record::Kind::values ? '+' : '-';
    return out;
  };
  EXPECT_EQ(kinds(timed + torn + timed + torn + torn + timed), "+-+--+");
  EXPECT_EQ(kinds(timed + torn + torn + torn + torn), "+--++");
}

TEST(LineProtocol, hx711_examples) {
  EXPECT_NEAR(values(hx711, "HX711 reading: 3025376")[0], (3025376 - 84200) * 0.0000238, 1e-4);
  EXPECT_NEAR(values(hx711, "HX711 reading: -123456")[0], (-123456 - 84200) * 0.0000238, 1e-4);
  EXPECT_EQ(why(hx711, "HX711 reading: 8388607"), Reject::overload);
  EXPECT_EQ(why(hx711, "HX711 reading: -8388608"), Reject::overload);
  EXPECT_EQ(why(hx711, "HX711 reading: 8388608"), Reject::range);
  for (const auto* const bad : {"HX711 reading: ", "HX711 reading: 0x10", "HX711 reading: 1 2",
                                "HX711 reading: 12HX711 reading: 13", "HX711 reading 12", "HX711"})
    EXPECT_EQ(why(hx711, bad), Reject::syntax) << bad;
  EXPECT_EQ(read(hx711, "HX711 not found.").kind, Record::Kind::fault);
  const Written full{{"preset", "hx711-full"}, {"columns", "'one reading' load kg"}};
  EXPECT_FLOAT_EQ(values(full, "one reading:\t0.1\t| average:\t0.2")[0], 0.1F);
  EXPECT_EQ(why(full, "one reading:\t0.1\t| one reading:\t0.2"), Reject::length) << "the key twice";
  const Written average{{"preset", "hx711-full"}, {"columns", "average load g"}};
  EXPECT_FLOAT_EQ(values(average, "one reading:\t0.1\t| average:\t200")[0], 0.2F);
}

TEST(LineProtocol, csv_of_cells) {
  EXPECT_EQ(values(cells, "120345,512,430,0,77"), (std::vector<float>{512, 430, 0, 77}));
  EXPECT_EQ(values(cells_xor, "120345,512,430,0,77*30"), (std::vector<float>{512, 430, 0, 77}));
  EXPECT_EQ(read(cells, "120345,512,430,0,77,").kind, Record::Kind::values) << "a comma at the end";
  EXPECT_EQ(why(cells_xor, "120345,512,430,0,77*31"), Reject::checksum);
  EXPECT_EQ(why(cells_xor, "120345,512,430,0,77"), Reject::checksum);
  EXPECT_EQ(why(cells_xor, "120345,512,430,0,77*3"), Reject::checksum);
  EXPECT_EQ(why(cells, "120345,512,430,0"), Reject::length);
  EXPECT_EQ(why(cells, "120345,512,430,0,77,78"), Reject::length);
  EXPECT_EQ(why(cells, "120345,512,,0,77"), Reject::syntax);
  EXPECT_EQ(why(cells, "120345,512,1024,0,77"), Reject::range);
  EXPECT_EQ(why(cells, "120345,512,0x1F,0,77"), Reject::syntax);
  EXPECT_EQ(why(cells, "nan,512,430,0,77"), Reject::sensor_fault) << "a time must be one";
}

TEST(LineProtocol, checksums) {
  const auto with = [](const char* kind) {
    return Written{{"format", "csv"}, {"columns", "1 load kg"}, {"checksum", kind}};
  };
  EXPECT_EQ(values(with("sum8"), "12*63"), std::vector<float>{12});
  EXPECT_EQ(values(with("xor8"), "$12*03"), std::vector<float>{12}) << "NMEA leaves the $ out";
  // CRC-8 with polynomial 07: its catalogued check value is F4 over "123456789".
  EXPECT_EQ(read({{"format", "csv"}, {"columns", "1 load kg max=1e9 scale=1e-6"}, {"checksum", "crc8"}},
                 "123456789*F4")
                .kind,
            Record::Kind::values);
  EXPECT_EQ(why(with("crc8"), "12*00"), Reject::checksum);
}

TEST(LineProtocol, one_cell_of_several_may_have_no_number) {
  const Written four{{"format", "csv"}, {"columns", "1-4 load kg max=100"}};
  EXPECT_EQ(values(four, "17.1,nan,16.9,17"), (std::vector<float>{17.1F, none, 16.9F, 17}));
  EXPECT_EQ(values(four, "17.1,120,16.9,17"), (std::vector<float>{17.1F, none, 16.9F, 17}));
  EXPECT_EQ(why(four, "nan,nan,nan,nan"), Reject::sensor_fault);
  EXPECT_EQ(why(four, "17.1,x,16.9,17"), Reject::syntax) << "not a word of a sensor";
  EXPECT_EQ(values(json, R"({"t":1,"w":[1,null,3,4]})"), (std::vector<float>{1, none, 3, 4}));
  EXPECT_EQ(why(json, R"({"t":1,"w":[null,null,null,null]})"), Reject::sensor_fault);
}

TEST(LineProtocol, json_lines) {
  const auto sheet = read(json, R"({"t":1523,"w":[17.1,17.3,16.9,17.0]})");
  EXPECT_EQ(sheet.values, (std::vector<float>{17.1F, 17.3F, 16.9F, 17}));
  EXPECT_EQ(sheet.time, 1523);
  EXPECT_EQ(why(json, R"({"t":1523,"w":[17.1,17.3,16.9]})"), Reject::length);
  EXPECT_EQ(why(json, R"({"w":[17.1,17.3,16.9,17.0]})"), Reject::length);
  for (const auto* const bad :
       {"[1,2]", "12", "{", R"({"t":1,"w":[1,2,3,4]}x)", R"({"t":1,"w":[1,2,3,4],"w":[1]})",
        R"({"t":1,"w":[1,2,3,1e999]})", R"({"a":[[[[1]]]],"t":1,"w":[1,2,3,4]})"})
    EXPECT_EQ(why(json, bad), Reject::syntax) << bad;
  EXPECT_EQ(why(json, R"({"t":1,"w":[1,2,3,"4"]})"), Reject::length);
  const Written deep{{"format", "json"}, {"columns", "bed.cells[1].kg load kg"}};
  EXPECT_EQ(values(deep, R"({"bed":{"cells":[{"kg":1},{"kg":2.5},{"kg":3}]},"kg":9})"),
            std::vector<float>{2.5F});
}

TEST(LineProtocol, esphome_logs) {
  EXPECT_EQ(
      values(
          esphome,
          "\x1b[0;36m[D][sensor:094]: 'bed': Sending state 70.12500 kg with 1 decimals of accuracy\x1b[0m"),
      std::vector<float>{70.125F});
  EXPECT_EQ(read(esphome, "[I][wifi:600]: connected").kind, Record::Kind::other);
  EXPECT_EQ(read(esphome, "[W][hx711:025]: HX711 is not ready for new measurements yet!").kind,
            Record::Kind::fault);
  const Written raw{{"preset", "esphome-raw"}, {"columns", "value load raw scale=0.001 max=10000"}};
  EXPECT_FLOAT_EQ(values(raw, "[D][hx711:031]: 'bed': Got value 123456")[0], 123.456F);
  EXPECT_EQ(read(raw, "[D][hx711:031]: 'bed': Got value 123[I][wifi:600]: connected").kind,
            Record::Kind::other);
}

TEST(LineProtocol, a_hostile_line_costs_a_pattern_no_more_than_its_length) {
  // What takes a backtracking matcher longer than the universe.
  Written written{
      {"format", "regex"}, {"columns", "1 load kg"}, {"pattern", "(a*)*(a*)*(a*)*b"}, {"max_line", "4096"}};
  EXPECT_EQ(read(written, std::string(4000, 'a')).kind, Record::Kind::other);
  written["pattern"] = "((a{100}){100}){100}";
  EXPECT_NE(wrong_with(written), "") << "too large a pattern is refused";
}

TEST(LineProtocol, what_is_no_text_is_no_line) {
  EXPECT_EQ(why(cells, std::string("12034\0,512,430,0,77", 19)), Reject::framing);
  EXPECT_EQ(why(cells, "120345,512\x07,430,0,77"), Reject::framing);
  EXPECT_EQ(read(cells, "120345,512,430,0,77\r\r").kind, Record::Kind::values);
  const auto long_lines = decode(layout(cells), std::string(700, '1') + "\n120345,512,430,0,77\n");
  ASSERT_EQ(long_lines.size(), 3U) << "each 256 bytes without an end count once";
  EXPECT_EQ(long_lines[0].why, Reject::framing);
  EXPECT_EQ(long_lines[2].kind, Record::Kind::values);
  const Written by_cr{{"format", "csv"}, {"columns", "1 load kg"}, {"terminator", "cr"}};
  const std::string text = "9\r12\r\n13\r";
  const auto got = decode(layout(by_cr), Reads{std::as_bytes(std::span(text))});
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].values[0], 13);
}

TEST(LineProtocol, the_first_line_is_read_only_after_silence) {
  const auto with = layout(cells);
  const std::string text = "120345,512,430,0,77\n";
  for (const bool quiet : {false, true}) {
    Decoder decoder(with);
    if (quiet) decoder.begin_line();
    auto bytes = std::as_bytes(std::span(text));
    EXPECT_EQ(decoder.next(bytes).has_value(), quiet);
  }
}

TEST(LineLayout, channels_of_columns) {
  const auto mat = layout({{"format", "csv"},
                           {"columns", std::string("2-65 pressure max=4095\x1e") + "1 load kg"},
                           {"rows", "8"}});
  ASSERT_EQ(mat.streams.size(), 2U);
  EXPECT_EQ(mat.streams[0].channel.quantity, Quantity::load);
  EXPECT_EQ(mat.streams[1].channel.rows, 8);
  EXPECT_EQ(mat.streams[1].channel.columns, 8);
  EXPECT_EQ(mat.streams[1].channel.maximum, 4095);
  EXPECT_EQ(mat.fields, 65U);
  const auto wrist = layout({{"format", "csv"}, {"columns", "1-3 acceleration m/s2"}});
  EXPECT_EQ(wrist.streams[0].channel.columns, 3);
  EXPECT_NEAR(wrist.columns[0].to_unit, 1 / 9.80665, 1e-9);
}

TEST(LineLayout, each_mistake_is_named_with_what_mends_it) {
  const auto columns = [](const char* text) { return wrong_with({{"format", "csv"}, {"columns", text}}); };
  EXPECT_EQ(
      columns("1 lod kg"),
      "columns[1]: expected load, pressure, acceleration, heart_rate, breath_rate, occupancy or motion after "
      "the column, found \"lod\"");
  EXPECT_EQ(columns("0 load kg"),
            "columns[1]: expected a number from 1, or a range such as \"2-5\", found \"0\"");
  EXPECT_EQ(columns("1 load stone"),
            "columns[1]: expected kg, g, mg, lb, lbs, oz, st, N or raw after load, found \"stone\"");
  EXPECT_EQ(columns("1 load"),
            "columns[1]: expected a unit after load: kg, g, mg, lb, lbs, oz, st, N or raw, found \"1 load\"");
  EXPECT_EQ(columns("1 load raw"),
            "columns[1]: raw counts need scale=, the kg of one count (and tare=, the counts of the empty "
            "bed): put a "
            "known weight on it and divide; found \"1 load raw\"");
  EXPECT_EQ(columns("1 load kg scal=2"),
            "columns[1]: expected tare=, scale=, offset=, min=, max= or bits=, found \"scal=2\"");
  EXPECT_EQ(
      columns("1 load kg scale=x"),
      "columns[1]: expected tare=, scale=, offset=, min=, max= or bits= and a number, found \"scale=x\"");
  EXPECT_EQ(columns("1 load kg scale=0"), "columns[1]: expected a scale that is not 0, found \"scale=0\"");
  EXPECT_EQ(columns("1 load kg min=5 max=5"),
            "columns[1]: expected min= below max=, found \"1 load kg min=5 max=5\"");
  EXPECT_EQ(columns("1-2 acceleration g"), "columns: expected three columns of acceleration, x y z, found 2");
  EXPECT_EQ(columns("1-2 occupancy"), "columns: expected one column of occupancy, found 2");
  EXPECT_EQ(columns("1 load kg\x1e"
                    "two load kg"),
            "columns[2]: expected a number from 1, or a range such as \"2-5\", found \"two\"");
  EXPECT_EQ(wrong_with({}), "format: is missing: expected csv, kv, json or regex, or a preset");
  EXPECT_EQ(wrong_with({{"preset", "openscal"}}),
            "preset: expected openscale, hx711, hx711-full, cells, json, esphome or esphome-raw, found "
            "\"openscal\"");
  EXPECT_EQ(
      wrong_with({{"preset", "hx711"}}),
      "columns: is missing: expected where the numbers stand, such as columns = [\"'HX711 reading' load raw "
      "tare=84200 scale=0.0000238\"]");
  EXPECT_EQ(wrong_with({{"preset", "openscale"}, {"columns", "1 load kg"}}),
            "columns: is not used with preset openscale: its records say themselves what they hold");
  EXPECT_EQ(wrong_with({{"format", "csv"}, {"columns", "4 load kg"}, {"fields", "3"}}),
            "fields: expected at least 4, since columns and time go so far, found 3");
  EXPECT_EQ(wrong_with({{"format", "csv"}, {"columns", "1 load kg"}, {"baud", "12345"}}),
            "baud: expected a rate of a serial port, such as 9600, 57600 or 115200, found 12345");
  EXPECT_EQ(wrong_with({{"format", "csv"}, {"columns", "1 load kg"}, {"framing", "8X1"}}),
            "framing: expected data bits, parity and stop bits such as \"8N1\" or \"7E1\", found \"8X1\"");
  EXPECT_EQ(wrong_with({{"format", "csv"}, {"columns", "1 load kg"}, {"time", "2 min"}}),
            "time: expected s, ms or us, found \"min\"");
  EXPECT_EQ(wrong_with({{"format", "regex"}, {"columns", "kg load kg"}, {"pattern", "w=([0-9.]+)"}}),
            "columns[1]: expected the number or name of a capture of the pattern (it has 1), found \"kg\"");
  EXPECT_NE(wrong_with({{"format", "regex"}, {"columns", "1 load kg"}, {"pattern", "w=([0-9.+"}})
                .find("pattern: expected a regular expression"),
            std::string::npos);
  EXPECT_EQ(wrong_with({{"format", "json"}, {"columns", "a.b.c.d.e load kg"}}),
            "columns[1]: expected a place in a JSON object, at most 4 deep, found \"a.b.c.d.e\"");
}

TEST(LineLayout, an_openscale_is_never_sent_an_x) {
  EXPECT_EQ(
      wrong_with({{"preset", "openscale"}, {"init", "'x\\r'"}}),
      "init[1]: is never sent to an OpenScale with an x in it: that opens its menu, and it falls silent");
  EXPECT_NE(wrong_with({{"preset", "openscale"}, {"poll", "\\x78"}}).find("poll: is never sent"),
            std::string::npos);
  EXPECT_EQ(wrong_with({{"preset", "openscale"}, {"poll", "!"}}), "");
}

Instant at_s(double s) { return Instant{from_seconds(100 + s)}; }

TEST(DeviceClock, follows_drift_through_late_and_bunched_arrivals_and_the_wrap) {
  // Eight hours at 10 Hz, the clock 300 ppm fast, wrapping after an hour; arrivals up to 60 ms late.
  DeviceClock clock(1e-3, 32);
  std::mt19937 random(7);
  const double start = 4294967296.0 - 3600e3;
  double worst = 0;
  Instant last{};
  for (int i = 0; i < 8 * 3600 * 10; ++i) {
    const double taken = i * 0.1;
    const double ticks = std::fmod(std::floor(start + taken * 1000 * (1 + 300e-6)), 4294967296.0);
    const double late = i % 10 == 0 ? 0.001 : 0.06 * (static_cast<double>(random()) / 4294967296.0);
    const auto moment = clock.at(ticks, at_s(taken + late));
    ASSERT_TRUE(moment);
    ASSERT_EQ(moment->step, DeviceClock::Step::on) << i;
    ASSERT_LE(moment->at, at_s(taken + late));
    ASSERT_GE(moment->at, last);
    last = moment->at;
    if (i > 200) worst = std::max(worst, std::abs(seconds(moment->at - at_s(taken))));
  }
  EXPECT_LT(worst, 0.02);
  EXPECT_NEAR(clock.fast_ppm(), 300, 30);
  EXPECT_EQ(clock.resets(), 0U);
}

TEST(DeviceClock, a_reset_is_by_arrival_until_a_second_line_agrees) {
  DeviceClock clock(1e-3, 32);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(clock.at(50000 + i * 100, at_s(i * 0.1)));
  const auto first = clock.at(20, at_s(12));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->step, DeviceClock::Step::fell_back);
  EXPECT_EQ(first->at, at_s(12));
  const auto second = clock.at(120, at_s(12.13));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at, at_s(12.13));
  EXPECT_EQ(clock.resets(), 1U);
  const auto third = clock.at(220, at_s(12.3));
  ASSERT_TRUE(third);
  EXPECT_EQ(third->step, DeviceClock::Step::on);
  EXPECT_NEAR(seconds(third->at - at_s(12.23)), 0, 0.001);
}

TEST(DeviceClock, a_torn_digit_is_not_believed) {
  DeviceClock clock(1e-3, 32);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(clock.at(50000 + i * 100, at_s(i * 0.1)));
  EXPECT_FALSE(clock.at(960000, at_s(10))) << "further ahead than time has passed";
  const auto next = clock.at(60100, at_s(10.1));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->step, DeviceClock::Step::on);
  EXPECT_EQ(clock.resets(), 0U);
}

const std::string cells_text =
    "120345,512,430,0,77*30\r\n120445,512,431,10,78*02\r\n120545,513,430,20,77*0F\r\n120645,514,432,0,79*"
    "37\r\n"
    "120745,512,430,0,80*3C\r\n120845,512,430,9,77*34\r\n";

std::string with_sums(const std::string& text) {
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = text.find("\r\n", from);
    const auto body = text.substr(from, text.find('*', from) - from);
    unsigned sum = 0;
    for (const char c : body)
      sum ^= static_cast<unsigned char>(c);
    char tail[8];
    std::snprintf(tail, sizeof tail, "*%02X\r\n", sum);
    out += body + tail;
    from = end + 2;
  }
  return out;
}
std::string without_sums(const std::string& text) {
  std::string out;
  for (std::size_t from = 0; from < text.size(); from = text.find("\r\n", from) + 2)
    out += text.substr(from, text.find('*', from) - from) + "\r\n";
  return out;
}

/// Only what became samples.
std::vector<One> samples(const Layout& layout, const Reads& reads) {
  auto all = decode(layout, reads);
  std::erase_if(all, [](const One& one) { return one.kind != Record::Kind::values; });
  return all;
}

const std::vector<std::pair<Written, std::string>>& streams() {
  static const std::vector<std::pair<Written, std::string>> all{
      {cells_xor, "\r\n" + with_sums(cells_text)},
      {cells, "\r\n" + without_sums(cells_text)},
      {hx711,
       "\r\nHX711 reading: 3025376\r\nHX711 reading: 3025377\r\nHX711 reading: -1\r\nHX711 reading: "
       "84200\r\n"},
      {json,
       "\n{\"t\":1,\"w\":[17.1,17.3,16.9,17.0]}\n{\"t\":2,\"w\":[1,2,3,4]}\n{\"t\":3,\"w\":[1,2,3,5]}\n"
       "{\"t\":4,\"w\":[1,2,3,6]}\n"},
      {openscale,
       "\r\n1523,150.84,lbs,23.50,\r\n2023,150.90,lbs,23.50,\r\n2523,150.92,lbs,23.50,\r\n"
       "3023,150.94,lbs,23.50,\r\n"},
      {esphome,
       "\n\x1b[0;36m[D][sensor:094]: 'bed': Sending state 70.12500 kg with 1 decimals of accuracy\x1b[0m\r\n"
       "[D][sensor:094]: 'bed': Sending state 70.2 kg with 1 decimals of accuracy\r\n"
       "[D][sensor:094]: 'bed': Sending state 70.3 kg with 1 decimals of accuracy\r\n"
       "[D][sensor:094]: 'bed': Sending state 70.4 kg with 1 decimals of accuracy\r\n"}};
  return all;
}

TEST(LineTorture, split_at_every_byte) {
  for (const auto& [written, text] : streams()) {
    const auto with = layout(written);
    split_at_every_byte(std::as_bytes(std::span(text)),
                        [&](const Reads& reads) { return decode(with, reads); });
  }
}

TEST(LineTorture, with_a_checksum_no_damage_invents_a_value) {
  // The one thing an xor lets through here: a line torn after "1203", whose bytes cancel out. Its values are
  // whole; its time is not, and the device's clock tells.
  const auto with = layout(cells_xor);
  const auto& text = streams()[0].second;
  const auto clean = samples(with, Reads{std::as_bytes(std::span(text))});
  const auto true_values = [&](const One& one) {
    return std::ranges::any_of(clean, [&](const One& other) { return other.values == one.values; });
  };
  const auto harm = corrupt_every_byte(
      std::as_bytes(std::span(text)), [&](const Reads& reads) { return samples(with, reads); },
      Bearable{.lost = 2, .invented = 1}, true_values);
  EXPECT_GT(harm.damages, 1000U);
  EXPECT_LE(harm.invented, 2U);
}

TEST(LineTorture, without_one_what_slips_through_is_within_min_and_max) {
  for (std::size_t i = 1; i < streams().size(); ++i) {
    SCOPED_TRACE(i);
    const auto& [written, text] = streams()[i];
    const auto with = layout(written);
    const auto within = [&](const One& one) {
      for (std::size_t c = 0; c < one.values.size(); ++c)
        if (one.values[c] != none &&
            !(one.values[c] >= with.columns[c].minimum && one.values[c] <= with.columns[c].maximum))
          return false;
      return true;
    };
    const auto harm = corrupt_every_byte(
        std::as_bytes(std::span(text)), [&](const Reads& reads) { return samples(with, reads); },
        Bearable{.lost = 2, .invented = 2}, within);
    // A digit made another digit, doubled or left out: of all damages to a line no more than this.
    EXPECT_LT(harm.share_invented(), 0.45);
    RecordProperty("share_invented_" + std::to_string(i), std::to_string(harm.share_invented()));
  }
}

class LineSensor : public testing::Test {
 protected:
  void SetUp() override { link_ = testing::TempDir() + "/line-" + std::to_string(getpid()); }

  Child start(std::vector<std::string> more) {
    std::vector<std::string> command{std::string(VIGIL_SIMULATORS) + "/line_simulator", "--link", link_,
                                     "--speed", "20"};
    command.insert(command.end(), more.begin(), more.end());
    return Child(command);
  }

  std::string run(const Written& written, const std::function<bool()>& enough) {
    asio::io_context loop;
    std::string ended;
    bool over = false;
    try {
      SerialPort port(loop.get_executor(), clock_, link_);
      const WrittenSettings settings(driver, written);
      const auto done = [&](const std::exception_ptr& error) {
        over = true;
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& e) {
          ended = e.what();
        }
      };
      asio::co_spawn(loop, driver.run(port, settings, heard_), done);
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!over && !enough() && std::chrono::steady_clock::now() < give_up)
        loop.run_one_for(milliseconds(50));
      EXPECT_TRUE(over || enough()) << "not within 20 s";
      loop.stop();
    } catch (const std::exception& error) {
      ended = error.what();
    }
    return ended;
  }
  [[nodiscard]] std::size_t samples() const { return heard_.samples.size(); }
  [[nodiscard]] bool noted(const std::string& part) const {
    return std::ranges::any_of(heard_.notes,
                               [&](const auto& n) { return n.find(part) != std::string::npos; });
  }
  /// Tells the faults one after the other, two samples between.
  std::function<bool()> one_by_one(Child& device, std::vector<std::string> faults, std::size_t after = 4) {
    auto step = std::make_shared<std::size_t>(0);
    auto mark = std::make_shared<std::size_t>(0);
    return [this, &device, faults, step, mark, after] {
      if (*step < faults.size() && samples() >= *mark + 2) {
        *mark = samples();
        device.tell(faults[(*step)++]);
      }
      return *step == faults.size() && samples() >= *mark + after;
    };
  }

  /// Both; the first is asked in any case.
  static std::function<bool()> and_then(std::function<bool()> first, std::function<bool()> second) {
    return [first, second] { return first() && second(); };
  }
  [[nodiscard]] bool well() const { return heard_.notes.empty() || heard_.notes.back().empty(); }

  struct Noting : Heard {
    std::vector<std::string> notes;
    void note(std::string text) override { notes.push_back(std::move(text)); }
  };
  std::string link_;
  Clock clock_{20};
  Noting heard_;
};

TEST_F(LineSensor, openscale_through_all_its_faults_is_never_sent_a_byte) {
  auto device = start({"--firmware", "openscale", "--rate", "2"});
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run(openscale, one_by_one(device, {"boot", "banner", "torn", "merged", "nul", "garbage", "nan",
                                               "unit", "crcrlf", "burst", "reset"})),
            "");
  EXPECT_EQ(heard_.what, "line sensor, preset openscale");
  for (std::size_t i = 0; i < samples(); ++i) {
    ASSERT_NEAR(heard_.samples[i].values[0], 70, 0.01) << i;
    if (i > 0) {
      ASSERT_GE(heard_.samples[i].at, heard_.samples[i - 1].at);
    }
  }
  EXPECT_GE(heard_.rejects[Reject::length], 2U);
  EXPECT_GE(heard_.rejects[Reject::sensor_fault], 1U);
  device.tell("quit");
  EXPECT_TRUE(device.hear("sent").empty() && device.said().find("menu") == std::string::npos);
}

TEST_F(LineSensor, an_openscale_in_triggered_mode_is_polled) {
  auto device = start({"--firmware", "openscale", "--triggered"});
  ASSERT_FALSE(device.hear("ready").empty());
  auto written = openscale;
  written["poll"] = "!", written["poll_ms"] = "500";
  EXPECT_EQ(run(written, [&] { return samples() >= 6; }), "");
}

TEST_F(LineSensor, hx711_fails_and_saturates_and_says_so) {
  auto device = start({"--firmware", "hx711", "--rate", "4", "--kg", "20"});
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run(hx711, and_then(one_by_one(device, {"fault", "saturate", "merged", "garbage", "banner"}),
                                [&] {
                                  return heard_.rejects.contains(Reject::overload) &&
                                         noted("the sensor says that it fails") && well();
                                })),
            "");
  for (const auto& s : heard_.samples)
    ASSERT_NEAR(s.values[0], 20, 0.001);
  EXPECT_TRUE(noted("the sensor says that it fails: 'HX711 not found.'"));
  EXPECT_TRUE(well());
  EXPECT_GE(heard_.rejects[Reject::overload], 1U);
  EXPECT_GE(heard_.rejects[Reject::sensor_fault], 1U);
}

TEST_F(LineSensor, the_wrong_baud_is_told_and_forgotten) {
  auto device = start({"--firmware", "hx711", "--rate", "10"});
  ASSERT_FALSE(device.hear("ready").empty());
  bool wrong = false, right = false;
  EXPECT_EQ(run(hx711,
                [&] {
                  if (samples() >= 2 && !std::exchange(wrong, true)) device.tell("wrongbaud");
                  if (noted("57600 baud is likely the wrong rate") && !std::exchange(right, true))
                    device.tell("wrongbaud");
                  return right && heard_.notes.back().empty();
                }),
            "");
}

TEST_F(LineSensor, the_wrong_format_is_told) {
  auto device = start({"--firmware", "cells", "--rate", "10"});
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run(hx711, [&] { return noted("20 lines in a row are not as configured"); }), "");
  EXPECT_EQ(samples(), 0U);
}

TEST_F(LineSensor, cells_with_a_checksum_on_their_own_clock_across_its_wrap) {
  auto device = start({"--firmware", "cells", "--rate", "10", "--checksum", "--start-ms", "4294960000"});
  ASSERT_FALSE(device.hear("ready").empty());
  const auto faults = and_then(one_by_one(device, {"wrongsum", "torn", "nul", "burst"}, 100),
                               [&] { return heard_.rejects[Reject::checksum] >= 2; });
  EXPECT_EQ(run(cells_xor, faults), "");
  EXPECT_EQ(heard_.channels[0].quantity, Quantity::pressure);
  EXPECT_EQ(heard_.channels[0].columns, 4);
  EXPECT_GE(heard_.rejects[Reject::checksum], 2U);
  // Twentyfold time makes a millisecond of the machine twenty of the sensor's: even so, its clock spaces
  // them.
  std::size_t even = 0;
  for (std::size_t i = samples() - 50; i < samples(); ++i) {
    ASSERT_GE(heard_.samples[i].at, heard_.samples[i - 1].at);
    even += std::abs(seconds(heard_.samples[i].at - heard_.samples[i - 1].at) - 0.1) < 0.03 ? 1 : 0;
  }
  EXPECT_GE(even, 40U);
}

TEST_F(LineSensor, json_cells_lose_one_cell_and_get_it_back) {
  auto device = start({"--firmware", "json", "--rate", "5", "--kg", "80"});
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run(json, and_then(one_by_one(device, {"nan", "torn"}),
                               [&] { return noted("cell 2 gives no number") && well(); })),
            "");
  EXPECT_TRUE(noted("cell 2 gives no number"));
  EXPECT_TRUE(well());
  EXPECT_NEAR(heard_.samples[0].values[0], 20, 1e-3);
}

TEST_F(LineSensor, esphome_between_other_lines) {
  auto device = start({"--firmware", "esphome", "--rate", "5"});
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run(esphome, and_then(one_by_one(device, {"boot", "banner", "other", "fault", "merged"}),
                                  [&] { return noted("HX711 is not ready"); })),
            "");
  for (const auto& s : heard_.samples)
    ASSERT_NEAR(s.values[0], 70, 1e-4);
  EXPECT_TRUE(noted("HX711 is not ready"));
}

TEST_F(LineSensor, init_waits_for_its_answer_and_names_what_came_instead) {
  auto device = start({"--firmware", "hx711", "--rate", "5"});
  ASSERT_FALSE(device.hear("ready").empty());
  auto written = hx711;
  written["init"] = "'s' expect 'started' within 2 s";
  EXPECT_EQ(run(written, [&] { return samples() >= 2; }), "");
  written["init"] = "'q' expect '^started' within 1 s";
  const auto ended = run(written, [] { return false; });
  EXPECT_NE(ended.find("expected an answer to init with '^started' in it, found 'HX711 reading: "),
            std::string::npos)
      << ended;
}

TEST_F(LineSensor, comes_back_under_another_number) {
  auto device = start({"--firmware", "openscale", "--rate", "5"});
  ASSERT_FALSE(device.hear("ready").empty());
  bool pulled = false;
  EXPECT_NE(run(openscale,
                [&] {
                  if (samples() >= 3 && !std::exchange(pulled, true)) device.tell("vanish 0.2");
                  return false;
                }),
            "");
  ASSERT_FALSE(device.hear("ready").empty());
  const auto before = samples();
  EXPECT_EQ(run(openscale, [&] { return samples() >= before + 3; }), "");
}

TEST(LineDriver, refuses_what_it_cannot_do_with_the_settings_place) {
  Heard heard;
  PassingTime port(Instant{}, Instant{std::chrono::minutes(1)});
  EXPECT_EQ(
      run_to_end(driver, port, WrittenSettings(driver, {{"format", "csv"}, {"columns", "1 lod kg"}}), heard)
          .substr(0, 37),
      "passing time: columns[1]: expected lo");
}

TEST(Settings, stale_after_is_the_configurations_where_the_driver_lets_it) {
  EXPECT_EQ(stale_after(driver, WrittenSettings(driver)), std::chrono::seconds(10));
  EXPECT_EQ(stale_after(driver, WrittenSettings(driver, {{"stale_after_s", "90"}})),
            std::chrono::seconds(90));
}

TEST(Settings, a_captures_table_may_hold_lists) {
  const auto table = settings_of_table(
      "driver = \"line\"\ncolumns = [ \"1 load kg\", # the left\n  '2 load \"kg\"', \"\\u001b\\\\d\\\"\\r\" "
      "]\n"
      "skip = []\nbaud = 9600 # slow\nnone = { a = 1 }\nempty = \"\"\n");
  EXPECT_EQ(table.at("columns"),
            "1 load kg\x1e"
            "2 load \"kg\"\x1e\x1b\\d\"\r");
  EXPECT_EQ(table.at("skip"), "");
  EXPECT_EQ(table.at("baud"), "9600");
  EXPECT_FALSE(table.contains("none"));
  EXPECT_FALSE(table.contains("driver"));
  const WrittenSettings settings(driver, {{"columns", table.at("columns")}});
  EXPECT_EQ(settings.list("columns").size(), 3U);
  EXPECT_TRUE(settings.list("init").empty());
}

}  // namespace
}  // namespace vigil::drivers::line
