#include "core/press.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "bed/inside.hpp"

namespace vigil::bed {
namespace {

/// What a press meant follows from its length: somebody else's rule than the bed's.
constexpr Algorithm gestures{"gestures", "1"};

Name name_of(Instant press) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), press.since_boot.count()).ptr;
  return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

// A press is evidence as it comes, whatever the sensors say; what it meant follows and names it.
void Bed::Inside::press(const Sample& sample, Output& out) {
  Feed& feed = feeds[sample.channel];
  if (!feed.attached() || sample.values.size() != 1) return;
  auto& last = feed.presses().last;
  auto& unsaid = feed.presses().unsaid;
  const auto first = unsaid.value_or(last.value_or(sample.at));
  const auto meant = [&]<class T>(T said) {
    said.device = feed.owner();
    said.press = name_of(first);
    said.ago = sample.at - first;
    unsaid.reset();
    say(sample.at, gestures, std::move(said), out);
  };
  switch (static_cast<Press>(sample.values[0])) {
    case Press::down:
      last = sample.at;
      if (!unsaid) unsaid = sample.at;
      say(sample.at, {}, event::ButtonPressed{feed.owner()}, out);
      return certainly_awake(std::max(sample.at, now), "button press", out);
    case Press::pain:
      meant(event::PainFlare{});
      if (auto prompt = prompting.flared(sample.at))
        say(sample.at, pain::Prompting::algorithm(), std::move(*prompt), out);
      return;
    case Press::call:
      return meant(event::CallMade{});
    case Press::awake:
      meant(event::AwakeSaid{});
      if (awakenings.phase() == sleep::Awakenings::Phase::awake)
        if (auto prompt = prompting.awoke(sample.at))
          say(sample.at, pain::Prompting::algorithm(), std::move(*prompt), out);
      return;
    case Press::none:
      unsaid.reset();
      return;
    case Press::stuck:  // the device's own note says so
      return;
  }
}

}  // namespace vigil::bed
