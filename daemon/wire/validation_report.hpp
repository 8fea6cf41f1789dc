#pragma once
#include <string>

#include "core/validation.hpp"

namespace vigil::wire {

/// What stands over a report.
struct ReportHead {
  std::string program;   ///< version of vigild
  std::string measured;  ///< date, for people and programs: "2026-11-28"
  std::string lab;       ///< empty: not told
};

/// One page of HTML that needs nothing else: no script, drawings as inline SVG, legible in black and white.
std::string validation_report(const Validation& validation, const ReportHead& head);

/// The same figures as one JSON object on one line:
///   {"program","measured","lab","nights_n","people","interval":"epochs"|"nights"|"people",
///    "hindsight":VIEW,"live":VIEW,"latency":{"suspected":{"n","median_s","p90_s"},"confirmed":...},
///    "calibration":null|{"n","error","brier","bins":[{"n","mean_p","asleep"}]},
///    "nights":[{"name","person","start"|null,"simulated","epochs","kappa",...,"figures":{...}}]}
///   VIEW:
///   {"night":AGREEMENT,"record":AGREEMENT,"awakenings_1min":{"true","found","missed","unseen","invented"},
///    "awakenings_5min":...,"tst":{"n","bias_min","sd_min","low_min","high_min","slope",...},"sol","waso"}
///   AGREEMENT: {"epochs","confusion":{"wake":{"wake","sleep","unknown"},"sleep":...,"unknown":...},
///    "sensitivity":{"value","low","high"},"specificity","accuracy","kappa"}
std::string validation_json(const Validation& validation, const ReportHead& head);

/// The same for a terminal.
std::string validation_table(const Validation& validation);

}  // namespace vigil::wire
