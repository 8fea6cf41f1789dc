#include "detection/fit/written.hpp"

#include <array>

namespace vigil::detection {
namespace {

// As a constant of C++: four digits, always with a point or an exponent.
std::string number(float x) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", double{x});
  std::string s = text.data();
  if (s.find_first_of(".e") == std::string::npos) s += '.';
  return s + 'F';
}
template <std::size_t N>
void write(std::FILE* out, const std::array<float, N>& row) {
  std::fputs("{", out);
  for (std::size_t i = 0; i < N; ++i)
    std::fprintf(out, "%s%s", i ? ", " : "", number(row[i]).c_str());
  std::fputs("}", out);
}
template <class T, std::size_t N>
void write(std::FILE* out, const std::array<T, N>& rows) {
  std::fputs("{{", out);
  for (std::size_t i = 0; i < N; ++i) {
    write(out, rows[i]);
    std::fputs(i + 1 < N ? ",\n" : "", out);
  }
  std::fputs("}}", out);
}

}  // namespace

void write(std::FILE* out, const sleep::Parameters& p, const std::string& found) {
  const auto field = [out](const char* name, const char* what, const auto& table) {
    std::fprintf(out, "\n      // %s\n      .%s =\n", what, name);
    write(out, table);
    std::fputs(",\n", out);
  };
  std::fputs(
      "// What the estimator knows beforehand. Made by `./dev fit` out of the training part of the "
      "simulated\n"
      "// cohort (tests/detection/cohort.hpp): not to be edited by hand. Sources, as the simulator names "
      "them at\n"
      "// each number (drivers/synthetic/): durations of sleep and wake after Lo et al. 2004 (PNAS "
      "101:17545),\n"
      "// turns after Skarpsno et al. 2017 (Nat Sci Sleep 9:267), still wake after Marino et al. 2013 "
      "(Sleep\n"
      "// 36:1747); what has no source is marked as chosen there. None of it was seen in a real person.\n",
      out);
  std::fputs(found.c_str(), out);
  std::fputs(
      "#include \"sleep/estimator.hpp\"\n\nnamespace vigil::sleep {\n\n"
      "// A row of states: out_of_bed, settling, asleep, arousal, restless, awake. Clues in the order of "
      "clues.hpp.\n"
      "// clang-format off\n"
      "const Parameters& parameters() noexcept {\n  static constexpr Parameters it{\n",
      out);
  std::fputs("\n      .durations = {\n", out);
  field("leave",
        "a second's chance to leave each state, by its age: 1, 3, 6, 12, 25, 50, 100, 200, 400, 800, 1600 s, "
        "older",
        p.durations.leave);
  field("next", "where each goes, of an age below 12 s, below 100 s, older", p.durations.next);
  field("moves",
        "how likely each moves so (still, hardly, moving, strongly), by bed, wrist, both, and by when it "
        "last moved",
        p.durations.moves);
  std::fputs("      },\n", out);
  field("edges", "a line a clue", p.edges);
  field("weights", "log odds of sleep: two lines a clue, bed or wrist alone and both", p.weights);
  field("intercept", "of bed or wrist alone, of both", p.intercept);
  field("asleep_from",
        "P from which it is sleep, by minutes only, bed, wrist, both: 93.5 % of the sleep fitted on is still "
        "called so",
        p.asleep_from);
  field("asleep_in_hindsight", "the same in hindsight: as much is called sleep as there was, on the whole",
        p.asleep_in_hindsight);
  field("ahead",
        "hindsight: what the log odds of an epoch count for, and those 1, 2, 4, 6, 10, 14, 20 epochs later",
        p.ahead);
  std::fprintf(out,
               "\n      .ahead_intercept = %s,\n"
               "      // log odds of sleep in bed\n      .usual = %s,\n"
               "      };\n  return it;\n}\n// clang-format on\n\n}  // namespace vigil::sleep\n",
               number(p.ahead_intercept).c_str(), number(p.usual).c_str());
}

}  // namespace vigil::detection
