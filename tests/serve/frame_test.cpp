#include "serve/frame.hpp"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace vigil::serve {
namespace {

using namespace std::string_literals;
using Kind = Incoming::Kind;

std::span<const std::byte> bytes(std::string_view s) { return std::as_bytes(std::span(s.data(), s.size())); }

/// What a parser made of it, kept: kind, code, payload.
struct Heard {
  Kind kind;
  CloseCode code;
  std::string payload;
  bool operator==(const Heard&) const = default;
};
void PrintTo(const Heard& h, std::ostream* out) {
  *out << "{" << static_cast<int>(h.kind) << " " << static_cast<int>(h.code) << " '"
       << h.payload.substr(0, 60) << "'}";
}

std::vector<Heard> hear(FrameParser& parser, std::string_view stream) {
  std::vector<Heard> all;
  auto left = bytes(stream);
  while (!left.empty())
    if (const auto m = parser.take(left)) all.push_back({m->kind, m->code, std::string(m->payload)});
  return all;
}
std::vector<Heard> hear(std::string_view stream, std::size_t limit = 4096) {
  FrameParser parser(limit);
  return hear(parser, stream);
}

/// A client's frame, written here anew from the RFC.
std::string client(int first, std::string_view payload, std::string_view key = "\x37\xfa\x21\x3d") {
  std::string f(1, static_cast<char>(first));
  const auto n = payload.size();
  if (n < 126) {
    f += static_cast<char>(0x80 | static_cast<int>(n));
  } else if (n < 65536) {
    f += '\xfe';
    f += static_cast<char>(n >> 8);
    f += static_cast<char>(n & 255);
  } else {
    f += '\xff';
    for (int s = 56; s >= 0; s -= 8)
      f += static_cast<char>(n >> s & 255);
  }
  f += key;
  for (std::size_t i = 0; i < n; ++i)
    f += static_cast<char>(payload[i] ^ key[i % 4]);
  return f;
}
constexpr int fin = 0x80;

TEST(Frame, TheExamplesOfTheRfc) {
  EXPECT_EQ(encode(Opcode::text, "Hello"), "\x81\x05Hello");  // section 5.7
  EXPECT_EQ(encode(Opcode::ping, "Hello"), "\x89\x05Hello");
  const auto a256 = std::string(256, 'b');
  EXPECT_EQ(encode(Opcode::binary, a256).substr(0, 4), "\x82\x7E\x01\x00"s);
  const auto a64k = std::string(65536, 'b');
  EXPECT_EQ(encode(Opcode::binary, a64k).substr(0, 10), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);

  EXPECT_EQ(hear("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
            (std::vector<Heard>{{Kind::text, CloseCode::none, "Hello"}}));
  EXPECT_EQ(hear("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
            (std::vector<Heard>{{Kind::pong, CloseCode::none, "Hello"}}));
  EXPECT_EQ(hear(client(1, "Hel") + client(fin, "lo")),
            (std::vector<Heard>{{Kind::text, CloseCode::none, "Hello"}}));
}

TEST(Frame, LengthsAtTheEdgesOfTheirForms) {
  for (const std::size_t n : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
    const std::string payload(n, 'x');
    const auto frame = encode(Opcode::text, payload);
    EXPECT_EQ(frame.substr(payload_offset(frame)), payload);
    EXPECT_EQ(frame.size() - payload_offset(frame), n);
    EXPECT_EQ(payload_offset(frame), n < 126 ? 2U : n < 65536 ? 4U : 10U);
    EXPECT_EQ(hear(client(fin | 1, payload), 70000),
              (std::vector<Heard>{{Kind::text, CloseCode::none, payload}}));
    if (n > 0) {
      EXPECT_EQ(hear(client(fin | 1, payload), n - 1).at(0).code, CloseCode::too_big);
    }
  }
}

TEST(Frame, ControlFramesComeBetweenFragments) {
  EXPECT_EQ(hear(client(1, "a") + client(fin | 9, "p") + client(0, "b") + client(fin | 10, "q") +
                 client(fin, "c") + client(fin | 2, "bin") + client(fin | 8, "\x03\xe8 bye")),
            (std::vector<Heard>{{Kind::ping, CloseCode::none, "p"},
                                {Kind::pong, CloseCode::none, "q"},
                                {Kind::text, CloseCode::none, "abc"},
                                {Kind::binary, CloseCode::none, "bin"},
                                {Kind::close, CloseCode::normal, " bye"}}));
}

TEST(Frame, WhatTheRfcForbidsIsAViolation) {
  const auto big64 = "\x81\xff"s + std::string("\x80\0\0\0\0\0\0\0", 8) + "key!";
  const std::vector<std::pair<std::string, CloseCode>> cases = {
      {"\x81\x05Hello", CloseCode::protocol_error},              // not masked
      {client(fin | 0x40 | 1, "x"), CloseCode::protocol_error},  // RSV1 without an extension
      {client(fin | 0x20 | 1, "x"), CloseCode::protocol_error},
      {client(fin | 0x10 | 1, "x"), CloseCode::protocol_error},
      {client(fin | 3, "x"), CloseCode::protocol_error},  // reserved opcodes
      {client(fin | 7, "x"), CloseCode::protocol_error},
      {client(fin | 11, "x"), CloseCode::protocol_error},
      {client(fin | 15, "x"), CloseCode::protocol_error},
      {client(9, "x"), CloseCode::protocol_error},  // a control frame in fragments
      {client(8, ""), CloseCode::protocol_error},
      {client(fin | 9, std::string(126, 'x')), CloseCode::protocol_error},
      {client(fin, "x"), CloseCode::protocol_error},  // continues nothing
      {client(0, "x"), CloseCode::protocol_error},
      {client(1, "x") + client(fin | 1, "y"), CloseCode::protocol_error},  // a message within a message
      {client(1, "x") + client(fin | 2, "y"), CloseCode::protocol_error},
      {"\x81\xfe\x00\x05key!Hello"s, CloseCode::protocol_error},  // longer form than needed
      {"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffkey!"s, CloseCode::protocol_error},
      {big64, CloseCode::protocol_error},  // the top bit must be 0
      {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffkey!"s, CloseCode::too_big},
      {client(fin | 1, "\xc3\x28"), CloseCode::bad_payload},
      {client(1, "\xc3") + client(fin, "\x28"), CloseCode::bad_payload},
      {client(fin | 1, "\xe2\x82"), CloseCode::bad_payload},  // ends within a character
      {client(fin | 8, "\x03"), CloseCode::protocol_error},
      {client(fin | 8, "\x03\xe8\xff"), CloseCode::bad_payload},
      {client(1, std::string(3000, 'x')) + client(0, std::string(1097, 'x')), CloseCode::too_big},
  };
  for (const auto& [stream, code] : cases) {
    const auto heard = hear(stream + client(fin | 1, "more"));
    ASSERT_EQ(heard.size(), 1U) << testing::PrintToString(stream);
    EXPECT_EQ(heard[0].kind, Kind::violation) << testing::PrintToString(stream);
    EXPECT_EQ(heard[0].code, code) << testing::PrintToString(stream);
    EXPECT_FALSE(heard[0].payload.empty());
  }
}

TEST(Frame, CloseCodesThatMayBeSent) {
  const auto heard = [](unsigned code) {
    const std::string payload = {static_cast<char>(code >> 8U), static_cast<char>(code & 255U)};
    return hear(client(fin | 8, payload)).at(0);
  };
  for (const unsigned code :
       {1000U, 1001U, 1002U, 1003U, 1007U, 1011U, 1012U, 1013U, 1014U, 3000U, 3999U, 4000U, 4999U})
    EXPECT_EQ(heard(code).kind, Kind::close) << code;
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2000U, 2999U, 5000U, 65535U}) {
    EXPECT_EQ(heard(code).kind, Kind::violation) << code;
    EXPECT_EQ(heard(code).code, CloseCode::protocol_error) << code;
  }
  EXPECT_EQ(hear(client(fin | 8, "")).at(0).code, CloseCode::none);
}

TEST(Frame, AfterACloseNothingIsHeard) {
  FrameParser parser(4096);
  EXPECT_EQ(hear(parser, client(fin | 8, "") + client(fin | 1, "x")).size(), 1U);
  EXPECT_EQ(hear(parser, client(fin | 1, "x")).size(), 0U);
}

TEST(Frame, TheSameWhereverItIsSplit) {
  const auto stream = client(1, "gr\xc3\xbc\xc3\x9f") + client(fin | 9, "ping") + client(0, " Gott ") +
                      client(fin, "\xe2\x82\xac") + client(fin | 2, std::string(300, 'b')) +
                      client(fin | 1, "") + client(fin | 8, "\x03\xe9gone");
  const auto whole = hear(stream);
  ASSERT_EQ(whole.size(), 5U);
  for (std::size_t i = 0; i <= stream.size(); ++i) {
    FrameParser parser(4096);
    auto heard = hear(parser, std::string_view(stream).substr(0, i));
    for (auto& h : hear(parser, std::string_view(stream).substr(i)))
      heard.push_back(std::move(h));
    ASSERT_EQ(heard, whole) << i;
  }
  FrameParser parser(4096);
  std::vector<Heard> heard;
  for (const char c : stream)
    for (auto& h : hear(parser, {&c, 1}))
      heard.push_back(std::move(h));
  EXPECT_EQ(heard, whole);
}

TEST(Frame, AViolationIsTheSameWhereverItIsSplit) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string stream;
    for (auto n = 1 + random() % 60; n > 0; --n)
      stream += static_cast<char>(random());
    if (random() % 2 == 0)
      stream[0] = static_cast<char>(0x80 | (random() % 3)),
      stream[1] = static_cast<char>(0x80 | (random() % 20));
    const auto whole = hear(stream, 64);
    FrameParser parser(64);
    std::vector<Heard> heard;
    for (const char c : stream)
      for (auto& h : hear(parser, {&c, 1}))
        heard.push_back(std::move(h));
    ASSERT_EQ(heard, whole);
  }
}

TEST(Frame, ACloseReasonIsCutAtACharacter) {
  const auto reason = std::string(122, 'x') + "\xc3\xbc" + "more";
  const auto frame = encode_close(CloseCode::try_again, reason);
  EXPECT_EQ(frame.size(), 2U + 2U + 122U);
  EXPECT_EQ(frame.substr(0, 4), "\x88\x7c\x03\xf5"s);
  EXPECT_EQ(encode_close(CloseCode::none, "ignored"), "\x88\x00"s);
}

bool utf8(std::string_view s) {
  Utf8 check;
  return check.feed(s) && check.whole();
}

TEST(Utf8, TheEdgesOfEveryLength) {
  for (const std::string_view good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(utf8(good)) << testing::PrintToString(good);
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf", "\xe0\xa0",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",
        "\xff", "a\xff", "\xf0\x90\x80"})
    EXPECT_FALSE(utf8(bad)) << testing::PrintToString(bad);
}

/// Against all code points, encoded here by the definition.
TEST(Utf8, EveryCodePointAndNoSurrogate) {
  for (std::uint32_t c = 0; c <= 0x110000; c += c < 0x3000 ? 1 : 7) {
    std::string s;
    const auto put = [&](std::uint32_t b) { s += static_cast<char>(b); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6), put(0x80 | (c & 63));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    } else {
      put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    }
    ASSERT_EQ(utf8(s), c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF)) << std::hex << c;
  }
}

}  // namespace
}  // namespace vigil::serve
