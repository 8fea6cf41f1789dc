#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/name.hpp"

namespace vigil::event {

/// How far Vigil agreed with scored nights of this lab, as `vigild validate --store` measured it; printed
/// under every night until another is stored. An empty `lab`: withdrawn, none is printed. Epochs are those
/// of the night's figures (rescored where they were), from true onset to true final awakening; awakenings
/// and latency are live. Intervals are of 95 %, limits are Bland and Altman's; null: cannot be said.
struct ValidationStored {
  static constexpr std::string_view kind = "validation.stored";
  std::string lab;
  Name algorithm;  ///< what scored most of the epochs, with its version
  Name version;
  Name program;          ///< version of vigild
  std::string measured;  ///< date, "2026-11-28"
  std::int64_t nights = 0;
  std::int64_t people = 0;  ///< 0: not told apart
  std::int64_t epochs = 0;  ///< of 30 s, known to both
  std::optional<double> sensitivity, sensitivity_low, sensitivity_high;
  std::optional<double> specificity, specificity_low, specificity_high;
  std::optional<double> kappa, kappa_low, kappa_high;
  std::optional<double> tst_bias_min, tst_low_min, tst_high_min;  ///< said less true, and its limits
  std::optional<double> sol_bias_min, sol_low_min, sol_high_min;
  std::optional<double> waso_bias_min, waso_low_min, waso_high_min;
  std::int64_t awakenings_true_1min = 0, awakenings_found_1min = 0, awakenings_invented_1min = 0;
  std::int64_t awakenings_true_5min = 0, awakenings_found_5min = 0, awakenings_invented_5min = 0;
  std::optional<double> latency_median_s, latency_p90_s;  ///< true beginning to confirmed
  static void fields(auto& self, auto&& field) {
    field("lab", self.lab), field("algorithm", self.algorithm), field("version", self.version);
    field("program", self.program), field("measured", self.measured), field("nights", self.nights);
    field("people", self.people), field("epochs", self.epochs);
    field("sensitivity", self.sensitivity), field("sensitivity_low", self.sensitivity_low);
    field("sensitivity_high", self.sensitivity_high), field("specificity", self.specificity);
    field("specificity_low", self.specificity_low), field("specificity_high", self.specificity_high);
    field("kappa", self.kappa), field("kappa_low", self.kappa_low), field("kappa_high", self.kappa_high);
    field("tst_bias_min", self.tst_bias_min), field("tst_low_min", self.tst_low_min);
    field("tst_high_min", self.tst_high_min), field("sol_bias_min", self.sol_bias_min);
    field("sol_low_min", self.sol_low_min), field("sol_high_min", self.sol_high_min);
    field("waso_bias_min", self.waso_bias_min), field("waso_low_min", self.waso_low_min);
    field("waso_high_min", self.waso_high_min);
    field("awakenings_true_1min", self.awakenings_true_1min);
    field("awakenings_found_1min", self.awakenings_found_1min);
    field("awakenings_invented_1min", self.awakenings_invented_1min);
    field("awakenings_true_5min", self.awakenings_true_5min);
    field("awakenings_found_5min", self.awakenings_found_5min);
    field("awakenings_invented_5min", self.awakenings_invented_5min);
    field("latency_median_s", self.latency_median_s), field("latency_p90_s", self.latency_p90_s);
  }
};

}  // namespace vigil::event
