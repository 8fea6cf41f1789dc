#include "serve/guard.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace vigil::serve {
namespace {

Verdict of(std::optional<std::string_view> host, std::optional<std::string_view> origin = {},
           std::string_view site = "", bool api = true, std::uint16_t port = 8580) {
  return judge({host, origin, site, api}, port);
}

TEST(Guard, OnlyOurOwnNames) {
  for (const std::string_view host : {"localhost:8580", "LocalHost:8580", "127.0.0.1:8580", "[::1]:8580"})
    EXPECT_EQ(of(host), Verdict::admitted) << host;
  for (const std::string_view host : {"",
                                      "localhost",
                                      "localhost:",
                                      "localhost:85800",
                                      "localhost:08580x",
                                      "localhost:08580",
                                      "localhost:8581",
                                      "127.0.0.1",
                                      "127.1:8580",
                                      "0.0.0.0:8580",
                                      "localhost.:8580",
                                      "localhost.evil.example:8580",
                                      "evil.example:8580",
                                      "::1:8580",
                                      "[::1]",
                                      "[::2]:8580",
                                      "localhost:8580:8580",
                                      "user@localhost:8580",
                                      " localhost:8580",
                                      "localhost :8580",
                                      "localhost:+8580",
                                      "localhost:-1",
                                      "localhost:99999999999"})
    EXPECT_EQ(of(host), Verdict::misdirected) << host;
  EXPECT_EQ(of({}), Verdict::bad_host);
  EXPECT_EQ(of("localhost", {}, "", true, 80), Verdict::admitted);
  EXPECT_EQ(of("[::1]", {}, "", true, 80), Verdict::admitted);
}

TEST(Guard, OnlyOurOwnOrigin) {
  EXPECT_EQ(of("localhost:8580", "http://localhost:8580"), Verdict::admitted);
  EXPECT_EQ(of("LOCALHOST:8580", "http://localhost:8580"), Verdict::admitted);
  EXPECT_EQ(of("[::1]:8580", "http://[::1]:8580"), Verdict::admitted);
  EXPECT_EQ(of("localhost:80", "http://localhost", "", true, 80), Verdict::admitted);
  for (const std::string_view origin :
       {"", "null", "http://127.0.0.1:8580", "https://localhost:8580", "http://localhost",
        "http://localhost:8581", "http://evil.example", "http://localhost:8580.evil.example",
        "http://localhost:8580/", "localhost:8580", "file://", "http://", "chrome-extension://abc"})
    EXPECT_EQ(of("localhost:8580", origin), Verdict::foreign) << origin;
}

TEST(Guard, OtherSitesFetchNothingOfTheApi) {
  for (const std::string_view site : {"cross-site", "same-site", "odd"})
    EXPECT_EQ(of("localhost:8580", {}, site), Verdict::foreign) << site;
  for (const std::string_view site : {"", "none", "same-origin"})
    EXPECT_EQ(of("localhost:8580", {}, site), Verdict::admitted) << site;
  EXPECT_EQ(of("localhost:8580", {}, "cross-site", false),
            Verdict::admitted);  // a link to the page is welcome
}

TEST(Target, IsTakenApart) {
  const auto t = parse_target("/api/v1/beds/bed%201/epochs?from=a%2Bb&to=c+d&flag&x=&from=again");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->segments, (std::vector<std::string>{"api", "v1", "beds", "bed 1", "epochs"}));
  EXPECT_EQ(t->path(), "/api/v1/beds/bed 1/epochs");
  EXPECT_EQ(t->value("from"), "a+b");  // the first
  EXPECT_EQ(t->value("to"), "c d");
  EXPECT_EQ(t->value("flag"), "");
  EXPECT_EQ(t->value("x"), "");
  EXPECT_FALSE(t->value("none"));
  EXPECT_EQ(parse_target("/")->path(), "/");
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_EQ(parse_target("/?a=1")->value("a"), "1");
  EXPECT_EQ(parse_target("/a/")->segments, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(parse_target("//a")->segments, (std::vector<std::string>{"", "a"}));
  EXPECT_EQ(parse_target("/gr%C3%BC%C3%9F")->segments.at(0), "gr\xc3\xbc\xc3\x9f");
}

TEST(Target, TheAbsoluteFormHasAnAuthority) {
  const auto t = parse_target("HTTP://localhost:8580/a?b=c");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->authority, "localhost:8580");
  EXPECT_EQ(t->path(), "/a");
  EXPECT_EQ(parse_target("http://host")->path(), "/");
  EXPECT_EQ(parse_target("http://host?x=1")->authority, "host");
}

TEST(Target, WhatIsNoPathIsNone) {
  for (const std::string_view raw :
       {"",          "*",       "a",         "localhost:80", "/a%",   "/a%2", "/a%zz",
        "/a%00",     "/a%0a",   "/a%7f",     "/a/../b",      "/..",   "/.",   "/a/./b",
        "/%2e%2e/a", "/%2E/a",  "/a%2fb",    "/a%5Cb",       "/a\\b", "/a#b", "/?a=%z",
        "/?%=1",     "http://", "http:///a", "https://h/a"})
    EXPECT_FALSE(parse_target(raw)) << raw;
}

TEST(AcceptEncoding, GzipAndItsWeight) {
  for (const std::string_view value :
       {"gzip", "GZIP", "br, gzip", "gzip;q=0.5", "deflate, gzip;q=1.0, *;q=0.5", "*", " gzip "})
    EXPECT_TRUE(accepts_gzip(value)) << value;
  for (const std::string_view value :
       {"", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "xgzip", "identity"})
    EXPECT_FALSE(accepts_gzip(value)) << value;
}

}  // namespace
}  // namespace vigil::serve
