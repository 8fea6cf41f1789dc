#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace vigil {

using Bytes = std::vector<std::byte>;
/// A stream as it arrives: one read after the other.
using Reads = std::vector<std::span<const std::byte>>;

/// The stream in one read, cut in two at every byte, and byte by byte: the frames are the same. `decode`
/// takes Reads and gives a vector of comparable frames, from a fresh decoder each time.
template <class Decode>
void split_at_every_byte(std::span<const std::byte> stream, Decode&& decode) {
  const auto whole = decode(Reads{stream});
  ASSERT_FALSE(whole.empty()) << "a stream without a frame shows nothing";
  for (std::size_t cut = 1; cut < stream.size(); ++cut)
    ASSERT_TRUE(decode(Reads{stream.first(cut), stream.subspan(cut)}) == whole) << "cut at byte " << cut;
  Reads single;
  for (std::size_t i = 0; i < stream.size(); ++i)
    single.push_back(stream.subspan(i, 1));
  ASSERT_TRUE(decode(single) == whole) << "byte by byte";
}

/// What damage to a stream may do. Frames before and after the damage must be those of the clean stream.
struct Bearable {
  std::size_t lost = 2;      ///< clean frames missing around the damage: resynchronised within two
  std::size_t invented = 0;  ///< frames that the clean stream does not have; > 0 only without a checksum
};

/// How bad it was, over all damages: for a protocol without a checksum this says how much slips through.
struct Harm {
  std::size_t damages = 0;
  std::size_t worst_lost = 0;
  std::size_t invented = 0;  ///< damages that gave a frame which the clean stream does not have
  [[nodiscard]] double share_invented() const {
    return static_cast<double>(invented) / static_cast<double>(damages);
  }
};

/// Every byte in turn: each bit flipped, made 00, FF and LF, left out, doubled. No crash, and no more than
/// `bearable`; `plausible(frame)` must hold for each frame that was invented.
template <class Decode, class Plausible>
Harm corrupt_every_byte(std::span<const std::byte> stream, Decode&& decode, Bearable bearable,
                        Plausible&& plausible) {
  const auto clean = decode(Reads{stream});
  EXPECT_GE(clean.size(), 4U) << "too few frames to see it resynchronise";
  Harm harm;
  bool broken = false;
  const auto judge = [&](const Bytes& damaged, std::size_t at, const char* how) {
    if (broken) return;
    const auto got = decode(Reads{damaged});
    const auto most = std::min(clean.size(), got.size());
    std::size_t head = 0, tail = 0;
    while (head < most && clean[head] == got[head])
      ++head;
    while (tail < most - head && clean[clean.size() - 1 - tail] == got[got.size() - 1 - tail])
      ++tail;
    const auto lost = clean.size() - head - tail, invented = got.size() - head - tail;
    ++harm.damages;
    harm.worst_lost = std::max(harm.worst_lost, lost);
    harm.invented += invented > 0 ? 1 : 0;
    const auto bad = std::find_if_not(got.begin() + static_cast<std::ptrdiff_t>(head),
                                      got.end() - static_cast<std::ptrdiff_t>(tail), plausible);
    broken = true;  // one failure says it
    if (lost > bearable.lost)
      ADD_FAILURE() << lost << " frames lost: byte " << at << " " << how;
    else if (invented > bearable.invented)
      ADD_FAILURE() << invented << " frames invented: byte " << at << " " << how;
    else if (bad != got.end() - static_cast<std::ptrdiff_t>(tail))
      ADD_FAILURE() << "an implausible frame: byte " << at << " " << how;
    else
      broken = false;
  };
  for (std::size_t at = 0; at < stream.size() && !broken; ++at) {
    Bytes damaged(stream.begin(), stream.end());
    const auto was = damaged[at];
    for (int bit = 0; bit < 8; ++bit) {
      damaged[at] = was ^ static_cast<std::byte>(1 << bit);
      judge(damaged, at, "a bit flipped");
    }
    for (const auto value : {std::byte{0x00}, std::byte{0xFF}, std::byte{'\n'}}) {
      damaged[at] = value;
      if (value != was) judge(damaged, at, "overwritten");
    }
    damaged[at] = was;
    damaged.insert(damaged.begin() + static_cast<std::ptrdiff_t>(at), was);
    judge(damaged, at, "doubled");
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                  damaged.begin() + static_cast<std::ptrdiff_t>(at) + 2);
    judge(damaged, at, "left out");
  }
  return harm;
}

/// For protocols with a checksum: nothing is ever invented.
template <class Decode>
Harm corrupt_every_byte(std::span<const std::byte> stream, Decode&& decode, Bearable bearable = {}) {
  return corrupt_every_byte(stream, decode, bearable, [](const auto&) { return true; });
}

}  // namespace vigil
