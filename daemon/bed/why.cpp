#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "bed/inside.hpp"

namespace vigil::bed {
namespace {

// Composes a Name without allocating; what does not fit is left off.
class Words {
 public:
  Words& operator<<(std::string_view text) noexcept {
    for (const char c : text)
      if (size_ < sizeof text_) text_[size_++] = c;
    return *this;
  }
  Words& operator<<(long n) noexcept {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }
  Words& operator<<(Duration d) noexcept {
    const auto s = static_cast<long>(seconds(d));
    if (s < 100) return *this << s << " s";
    if (s < 100 * 60) return *this << s / 60 << " min";
    return *this << s / 3600 << " h";
  }
  [[nodiscard]] Name name() const noexcept { return {std::string_view(text_, size_)}; }

 private:
  char text_[Name::capacity];
  std::size_t size_ = 0;
};

// A cat, a suitcase: worth a word.
constexpr float noted_kg = 2;
constexpr int least_still_s = 10;
constexpr float heart_noted = 4;  // /min
constexpr float regular_rpm = 0.8F, irregular_rpm = 1.6F;

std::string_view called(Quantity q) {
  switch (q) {
    case Quantity::load:
      return "load sensor";
    case Quantity::acceleration:
    case Quantity::counts:
      return "wrist sensor";
    case Quantity::occupancy:
      return "bed sensor";
    case Quantity::pressure:
      return "pressure mat";
    case Quantity::heart_rate:
      return "heart sensor";
    case Quantity::breath_rate:
      return "breath sensor";
    case Quantity::motion:
      return "motion sensor";
    case Quantity::button:
      return "pain button";
  }
  return "sensor";
}

}  // namespace

Name scorer_name(const Algorithm& algorithm) {
  Words w;
  w << algorithm.name.view() << " " << algorithm.version.view();
  return w.name();
}

// Why the state is what it is, in a few words for people. The page adds nothing to them.
Name Bed::Inside::why(const Second& s, BedState state) const {
  Words w;
  switch (state) {
    case BedState::unknown: {
      const Feed* silent = nullptr;
      bool any = false;
      int loads = 0;
      bool bed_feeds = false;
      for (const Feed& f : feeds) {
        if (f.removed() || f.quantity() == Quantity::button) continue;  // a button tells of no state
        any = any || f.attached();
        loads += f.quantity() == Quantity::load;
        const bool tells_presence = f.quantity() == Quantity::load || f.quantity() == Quantity::occupancy ||
                                    f.quantity() == Quantity::pressure;
        const bool fresh =
            f.quantity() == Quantity::counts ? f.counts_in_second(s.now).has_value() : f.fresh(s.now);
        if (fresh) continue;
        if (has_bed_sensor && !tells_presence) continue;
        if (!silent || (!bed_feeds && tells_presence)) silent = &f;
        bed_feeds = bed_feeds || tells_presence;
      }
      if (feeds.empty()) return "no sensor attached";
      if (has_bed_sensor && in_bed.has_value())
        return s.moved() == signal::Moved::unknown && !s.counts
                   ? Name("in bed; no sensor tells sleep from wake")
                   : Name("in bed; asleep or awake not yet known");
      if (cells < cells_expected) {
        w << cells << " of " << cells_expected << " load cells are here";
        return w.name();
      }
      using Doubt = signal::Presence::Doubt;
      const auto doubt = load_presence.doubt();
      if (s.gross_kg && doubt == Doubt::since_start) return "load since the start: person or bed not known";
      if (s.gross_kg && doubt == Doubt::put_down) {
        w << std::lround(load_presence.load_above().value_or(0)) << " kg put down: no sign of life yet";
        return w.name();
      }
      if (s.gross_kg && doubt == Doubt::lifeless) {
        w << "no movement or breath for " << s.now - load_presence.doubt_since();
        return w.name();
      }
      if (has_bed_sensor && s.gross_kg) return "learning the empty bed's weight";
      if (!silent) return any ? "asleep or awake not yet known" : "no sensor attached";
      // One of several load sensors is named: the others are heard.
      if (silent->quantity() == Quantity::load && loads > 1)
        w << silent->owner().view();
      else
        w << called(silent->quantity());
      if (silent->missing_cell() > 0)
        w << ": cell " << silent->missing_cell() << " gives no number";
      else if (!silent->attached())
        w << " away";
      else if (silent->at())
        w << " silent for " << s.now - *silent->at();
      else
        w << " has said nothing yet";
      return w.name();
    }
    case BedState::out_of_bed:
      w << "bed empty";
      if (presence_since) w << " for " << s.now - *presence_since;
      if (presence == &load_presence && s.load_kg && s.load_kg->value >= noted_kg)
        w << "; " << std::lround(s.load_kg->value) << " kg lie on it";
      return w.name();
    case BedState::restless:
      return "moving again and again within 5 min";
    case BedState::asleep:
      if (awakenings.phase() == sleep::Awakenings::Phase::suspected) {
        w << "stirring for " << s.now - awakenings.began() << ", perhaps awakening";
        return w.name();
      }
      break;
    case BedState::awake:
      if (presence == &load_presence && load_presence.tare_assumed() && has_bed_sensor)
        return "in bed since the start (tare not known yet)";
      break;
  }
  // What asleep and awake rest on, the weightiest first.
  const auto still_s = watch.still_s();
  if (s.moved() == signal::Moved::moving)
    w << "moving";
  else if (still_s && *still_s >= least_still_s)
    w << "still for " << std::chrono::seconds(*still_s);
  else if (still_s)
    w << "moved just now";
  else
    w << "by the counts of a minute";
  if (const auto spread = watch.breath_spread())
    w << (*spread < regular_rpm ? ", breath regular" : *spread >= irregular_rpm ? ", breath irregular" : "");
  if (const auto over = watch.heart_over_own(); over && std::abs(*over) >= heart_noted)
    w << ", heart " << (*over > 0 ? "+" : "-") << std::lround(std::abs(*over));
  return w.name();
}

}  // namespace vigil::bed
