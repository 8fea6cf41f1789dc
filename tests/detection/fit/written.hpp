#pragma once
#include <cstdio>
#include <string>

#include "sleep/estimator.hpp"

namespace vigil::detection {

/// sleep/fitted.cpp, with `found` among its comments.
void write(std::FILE* out, const sleep::Parameters& p, const std::string& found);

}  // namespace vigil::detection
