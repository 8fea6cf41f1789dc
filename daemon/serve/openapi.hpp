#pragma once
#include <string_view>

namespace vigil::serve {

/// openapi.json beside this file, put into the program when it is built.
std::string_view openapi() noexcept;

}  // namespace vigil::serve
