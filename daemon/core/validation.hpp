#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/night.hpp"
#include "core/reading.hpp"

/// How far what Vigil says agrees with a truth, a scored hypnogram. Plain values: sleep/agreement makes them,
/// wire/ tells them.
namespace vigil {

/// A share or a coefficient with its 95-% interval. nullopt: there was nothing to tell it from.
struct Estimate {
  std::optional<double> value, low, high;
};

/// Epochs by what the truth says and what was said.
struct Confusion {
  std::array<std::array<std::uint64_t, 3>, 3> epochs{};  ///< [truth][said], each by EpochState

  [[nodiscard]] std::uint64_t of(EpochState truth, EpochState said) const noexcept {
    return epochs[static_cast<std::size_t>(truth)][static_cast<std::size_t>(said)];
  }
  void add(EpochState truth, EpochState said) noexcept {
    ++epochs[static_cast<std::size_t>(truth)][static_cast<std::size_t>(said)];
  }
  Confusion& operator+=(const Confusion& other) noexcept {
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        epochs[i][j] += other.epochs[i][j];
    return *this;
  }
  /// Sleep or wake by both.
  [[nodiscard]] std::uint64_t known() const noexcept {
    return epochs[1][1] + epochs[1][2] + epochs[2][1] + epochs[2][2];
  }
};

/// Sleep is what is looked for: sensitivity is the share of true sleep that was said to be sleep, specificity
/// that of true wake said to be wake. An epoch that is unknown to either stands in the confusion matrix
/// alone.
struct EpochAgreement {
  Confusion confusion;
  Estimate sensitivity, specificity, accuracy, kappa;
};

/// One awakening within the truth's night, true or said, in seconds since its first epoch.
struct JudgedAwakening {
  enum class Verdict : std::uint8_t {
    found,     ///< true, and said
    missed,    ///< true, and not said
    unseen,    ///< missed, and nothing was known for half of it or more
    invented,  ///< said, and not true
  };
  double from_s = 0, to_s = 0;
  Verdict verdict = Verdict::missed;
  std::optional<double> suspected_s, confirmed_s;  ///< of one found live: seconds after its true beginning
};

/// Of at least a certain length; see sleep/agreement.hpp for what counts as found.
struct AwakeningAgreement {
  int truth = 0;
  int found = 0;
  int unseen = 0;  ///< of those missed: nothing was known for half of it or more
  int invented = 0;
  [[nodiscard]] int missed() const noexcept { return truth - found; }
};

struct Latency {
  std::size_t n = 0;
  std::optional<double> median_s, p90_s;
};

/// Said less true over nights, in minutes (Bland and Altman 1986). Two nights are the least for a spread.
struct BlandAltman {
  struct Pair {
    double truth = 0, said = 0;
    std::size_t night = 0;  ///< index into Validation::nights
  };
  std::vector<Pair> pairs;
  Estimate bias;                      ///< its interval by Student's t
  std::optional<double> sd;           ///< of the differences, n - 1
  Estimate lower, upper;              ///< limits of agreement, bias -+ 1.96 SD, each with its interval
  Estimate slope;                     ///< of the difference on the mean of both: proportional bias
  std::vector<std::size_t> left_out;  ///< nights of which too little is known, or without the figure
};

/// P(asleep) against the truth, in ten bins of equal width.
struct Calibration {
  struct Bin {
    std::uint64_t n = 0;
    double mean_p = 0;  ///< of the epochs in it
    double asleep = 0;  ///< share of them that are true sleep
  };
  std::array<Bin, 10> bins{};
  std::uint64_t n = 0;
  double error = 0;  ///< expected calibration error: mean of | mean_p - asleep |, weighted by n
  double brier = 0;  ///< mean square of p less the truth
};

/// What was scored, as decided at once (live) or as the night's figures have it (hindsight: rescored where it
/// was).
struct JudgedView {
  EpochAgreement night;   ///< from the true onset to the true final awakening
  EpochAgreement record;  ///< from lights out to lights on, or the whole hypnogram where it tells neither
  AwakeningAgreement least_1min, least_5min;
};

/// Tells which algorithm scored how many epochs: "estimator 1".
struct ScorerShare {
  std::string scorer;
  std::uint64_t epochs = 0;
};

struct ValidatedNight {
  std::string name;    ///< for people: the hypnogram's file
  std::string person;  ///< empty: not told
  std::string format;  ///< of the hypnogram
  bool simulated = false;
  WallTime start;                           ///< of the first epoch; what the truth says, else the recording
  bool start_known = false;                 ///< false: neither said when it was
  std::vector<EpochState> truth;            ///< 30-s epochs
  std::vector<EpochState> live, hindsight;  ///< on the truth's grid
  std::vector<std::optional<float>> p_asleep;
  std::size_t lights_out = 0, lights_on = 0;  ///< epochs [out, on); the whole row where not told
  bool lights_told = false;
  std::optional<std::size_t> onset, awakening;  ///< the true night: epochs [onset, awakening)
  NightFigures true_figures, live_figures, hindsight_figures;
  double known_percent = 0;  ///< of the record's epochs: sleep or wake by hindsight
  double true_percent = 0;   ///< the same by the truth
  JudgedView live_view, hindsight_view;
  std::vector<JudgedAwakening>
      awakenings;  ///< of >= 1 min, true ones and invented ones, against the live ones
  std::vector<ScorerShare> live_scorers, hindsight_scorers;
  std::vector<std::string> remarks;
};

/// What the intervals of the epochs' shares stand on.
enum class IntervalBy : std::uint8_t {
  epochs,  ///< one night: Wilson's, kappa's by its large-sample error; takes epochs for independent
  nights,  ///< bootstrap over nights
  people,  ///< bootstrap over people, all nights of one together
};

struct Validation {
  std::vector<ValidatedNight> nights;
  std::size_t people = 0;  ///< told apart; 0: not told
  IntervalBy interval = IntervalBy::epochs;
  struct View {
    JudgedView all;
    BlandAltman tst, sol, waso;
  };
  View live, hindsight;
  Latency suspected, confirmed;  ///< of the awakenings of >= 1 min found live
  std::optional<Calibration> calibration;
};

}  // namespace vigil
