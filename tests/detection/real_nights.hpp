#pragma once
#include <optional>
#include <string>
#include <vector>

/// Real nights of ../shared/data and what their people said of them.
namespace vigil::detection {

/// One night of wrist_nights: what the person remembered in the morning, and what the bed found.
struct ToldNight {
  std::string name;
  int told = 0;   ///< awakenings by the person
  int found = 0;  ///< of >= 1 min, in hindsight
  int found_5min = 0;
  double quality = 0;  ///< 1 to 10
  double tst_min = 0, sol_min = 0, waso_min = 0;
};
/// Empty where the data are not here. Only the mean |a| of each 0.8 s was kept of most nights: what moves is
/// made of how far the larger values lie above the median, and given as counts a minute.
std::vector<ToldNight> told_nights();

/// Spearman's rank correlation with a percentile bootstrap over the pairs (2,000 samples, fixed seed).
struct Rank {
  double rho = 0, low = 0, high = 0;
};
std::optional<Rank> spearman(const std::vector<double>& x, const std::vector<double>& y);

/// Prints a row a figure, as the benchmark does.
void real_nights();

}  // namespace vigil::detection
