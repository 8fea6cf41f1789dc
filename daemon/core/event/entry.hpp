#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::event {

/// Vigil asks: how is the pain? Raised when an awakening is confirmed, at most once per 30 min.
struct PainPrompted {
  static constexpr std::string_view kind = "pain.prompted";
  Name reason;  ///< "awakening", "flare", "morning"
  static void fields(auto& self, auto&& field) { field("reason", self.reason); }
};

/// A numeric rating, 0 no pain to 10 worst imaginable; where and of what quality if the person says more.
struct PainCheckin {
  static constexpr std::string_view kind = "pain.checkin";
  std::int64_t score = 0;              ///< 0..10
  std::vector<std::string> regions;    ///< plain labels of the region list: "lower back"
  std::vector<std::string> qualities;  ///< "aching", "burning", ...
  std::string note;
  static void fields(auto& self, auto&& field) {
    field("score", self.score), field("regions", self.regions), field("qualities", self.qualities);
    field("note", self.note);
  }
};

struct NoteAdded {
  static constexpr std::string_view kind = "note.added";
  std::string text;
  static void fields(auto& self, auto&& field) { field("text", self.text); }
};

/// Replaces the meaning of an earlier entry, which stays in the log. `withdrawn`: it was a mistake.
struct EntryCorrected {
  static constexpr std::string_view kind = "entry.corrected";
  std::int64_t corrects = 0;  ///< the SEQ of the entry
  bool withdrawn = false;
  std::optional<std::int64_t> score;  ///< the right score, if that was wrong
  std::string note;
  static void fields(auto& self, auto&& field) {
    field("corrects", self.corrects), field("withdrawn", self.withdrawn), field("score", self.score);
    field("note", self.note);
  }
};

}  // namespace vigil::event
