#pragma once
#include <cstdint>

namespace vigil {

/// What a button says, as the values of a `Quantity::button` channel. First that it is pressed, at once;
/// then, once its length is known, what was meant.
enum class Press : std::uint8_t {
  down = 1,   ///< just now; what is meant is not known yet
  pain = 2,   ///< pain flares up now
  call = 3,   ///< somebody shall come
  awake = 4,  ///< "I am awake"
  none = 5,   ///< the press means nothing (a gesture without an assigned meaning)
  stuck = 6,  ///< held for too long: something lies on it
};

}  // namespace vigil
