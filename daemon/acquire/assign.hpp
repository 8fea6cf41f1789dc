#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acquire/acquire.hpp"
#include "drivers/port/finder.hpp"

namespace vigil::acquire {

/// An identity as a Name: what is longer than a name may be keeps its beginning and a mark of the rest.
Name short_name(std::string_view text);

/// The identity of a device that the configuration itself places: as it says, else driver and port
/// ("axivity:ttyACM0"), for drivers without hardware driver and bed ("synthetic:bed-1").
Name placed_identity(const DeviceSpec& spec);

/// Which `[[device]]` of the configuration means which attached device: those that name it (by identity, then
/// by port), the one that had it last, then the first free one of its driver. A value; acquire thread only.
class Assign {
 public:
  explicit Assign(const std::vector<DeviceSpec>& specs)
      : specs_(specs), holder_(specs.size()), last_(specs.size()) {}

  /// The log says that this device was last assigned to this bed.
  void remember(const Name& bed, const Name& device);

  /// The specification that this device now holds; nullopt: none is free, it stays unassigned. A device that
  /// comes back holds what it held, unless another took its place.
  std::optional<std::size_t> claim(const drivers::Attached& device);
  /// The device went: another of its kind may take its place when it arrives.
  void left(const drivers::Attached& device);

 private:
  const std::vector<DeviceSpec>& specs_;
  std::vector<std::string> holder_;  ///< identity of the device that holds the specification now
  std::vector<std::string> last_;    ///< that held it last
};

/// Whether `port` of the configuration names this device: its tty (also through a link such as
/// /dev/serial/by-id/...), or its USB port path.
bool names(const std::string& port, const drivers::Attached& device);

}  // namespace vigil::acquire
