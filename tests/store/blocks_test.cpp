#include "store/blocks.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace vigil::store {
namespace {

using namespace std::chrono_literals;

const WallTime start{std::chrono::microseconds(1795315200000000), std::chrono::minutes(60)};

TEST(ReadingBlock, KeepsWhatWasPutToTheStepOfEachValue) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> any(-300, 300);
  ReadingBlock block(start);
  std::vector<ReadingRow> put;
  for (int i = 0; i < 60; ++i) {
    ReadingRow r{start + std::chrono::milliseconds(i * 1000 + i % 7),
                 static_cast<BedState>(i % 5),
                 {},
                 {},
                 {},
                 {},
                 {},
                 {}};
    if (random() % 2 != 0) r.load_kg = any(random);
    if (random() % 2 != 0) r.movement_kg = any(random);
    if (random() % 2 != 0) r.activity_mg = any(random);
    if (random() % 2 != 0) r.breath_rpm = any(random);
    if (random() % 2 != 0) r.heart_bpm = any(random);
    if (random() % 2 != 0) r.p_asleep = static_cast<float>(random() % 101) / 100;
    ASSERT_TRUE(block.add(r));
    put.push_back(r);
  }
  const auto got = unpack(start, block.bytes());
  ASSERT_EQ(got.size(), put.size());
  const auto same = [](std::optional<float> a, std::optional<float> b, float step) {
    return a.has_value() == b.has_value() && (!a || std::abs(*a - *b) <= step);
  };
  for (std::size_t i = 0; i < put.size(); ++i) {
    EXPECT_EQ(got[i].wall, put[i].wall);
    EXPECT_EQ(got[i].state, put[i].state);
    EXPECT_TRUE(same(got[i].load_kg, put[i].load_kg, 0.006F));
    EXPECT_TRUE(same(got[i].movement_kg, put[i].movement_kg, 0.006F));
    EXPECT_TRUE(same(got[i].activity_mg, put[i].activity_mg, 0.06F));
    EXPECT_TRUE(same(got[i].breath_rpm, put[i].breath_rpm, 0.006F));
    EXPECT_TRUE(same(got[i].heart_bpm, put[i].heart_bpm, 0.006F));
    EXPECT_TRUE(same(got[i].p_asleep, put[i].p_asleep, 1e-6F));
  }
}

// What an older program packed: it knew five values and no second byte.
TEST(ReadingBlock, OfAnOlderProgramIsRead) {
  constexpr std::array<unsigned char, 12> old{0x00, 0x4C, 0x80, 0x71, 0x04,  // asleep, load and breath
                                              0xE8, 0x07, 0x0A,              // awake, load unchanged
                                              0x00, 0xE8, 0x07, 0x01};       // out of bed, nothing
  const auto got = unpack(start, std::as_bytes(std::span(old)));
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].state, BedState::asleep);
  EXPECT_EQ(got[0].load_kg, 72.32F);
  EXPECT_EQ(got[0].breath_rpm, 0.02F);
  EXPECT_EQ(got[1].state, BedState::awake);
  EXPECT_EQ(got[1].wall, start + 1s);
  EXPECT_EQ(got[1].load_kg, 72.32F);
  EXPECT_EQ(got[2].state, BedState::out_of_bed);
  EXPECT_FALSE(got[0].p_asleep || got[1].p_asleep || got[2].p_asleep || got[2].load_kg);
}

TEST(ReadingBlock, PAsleepIsKeptInHundredthsAlsoWithoutTheOthers) {
  ReadingBlock block(start);
  for (int i = 0; i <= 50; ++i)
    ASSERT_TRUE(block.add(
        {start + std::chrono::seconds(i), BedState::asleep, {}, {}, {}, {}, {}, static_cast<float>(i) / 50}));
  EXPECT_LE(block.bytes().size(), 51U * 5);
  const auto got = unpack(start, block.bytes());
  ASSERT_EQ(got.size(), 51U);
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_FLOAT_EQ(got[i].p_asleep.value(), static_cast<float>(i) / 50);
}

TEST(ReadingBlock, AQuietMinuteIsSmall) {
  ReadingBlock block(start);
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(block.add({start + std::chrono::milliseconds(i * 1000),
                           BedState::asleep,
                           71.2F + 0.01F * static_cast<float>(i % 3),
                           0.02F,
                           3.1F,
                           14.5F,
                           61.0F,
                           {}}));
  EXPECT_LT(block.bytes().size(), 600U);
}

TEST(ReadingBlock, EndsWithTheMinuteABackStepOrAnotherOffset) {
  ReadingBlock block(start);
  ReadingRow r{start + 1s, BedState::awake, {}, {}, {}, {}, {}, {}};
  EXPECT_TRUE(block.add(r));
  EXPECT_TRUE(block.add(r));  // the same moment again is no step back
  r.wall = start;
  EXPECT_FALSE(block.add(r));
  r.wall = start + 60s;
  EXPECT_FALSE(block.add(r));
  r.wall = start + 2s;
  r.wall.offset = std::chrono::minutes(120);
  EXPECT_FALSE(block.add(r));
  EXPECT_EQ(unpack(start, block.bytes()).size(), 2U);
}

TEST(ReadingBlock, WhatIsNoNumberIsUnknown) {
  ReadingBlock block(start);
  ASSERT_TRUE(block.add({start,
                         BedState::awake,
                         std::numeric_limits<float>::quiet_NaN(),
                         std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::max(),
                         1.0F,
                         {},
                         {}}));
  const auto got = unpack(start, block.bytes());
  ASSERT_EQ(got.size(), 1U);
  EXPECT_FALSE(got[0].load_kg);
  EXPECT_FALSE(got[0].movement_kg);
  EXPECT_FALSE(got[0].activity_mg);
  EXPECT_EQ(got[0].breath_rpm, 1.0F);
}

TEST(ReadingBlock, DamageLosesTheRestNotMore) {
  ReadingBlock block(start);
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(block.add({start + std::chrono::seconds(i), BedState::asleep, 71.2F, {}, 9.0F, {}, {}, {}}));
  const std::vector<std::byte> bytes(block.bytes().begin(), block.bytes().end());
  for (std::size_t n = 0; n <= bytes.size(); ++n)
    EXPECT_LE(unpack(start, std::span(bytes).first(n)).size(), 60U);
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> noise(random() % 200);
    for (auto& b : noise)
      b = static_cast<std::byte>(random());
    for (const auto& r : unpack(start, noise))
      EXPECT_LT(r.wall, start + 60s);
  }
}

}  // namespace
}  // namespace vigil::store
