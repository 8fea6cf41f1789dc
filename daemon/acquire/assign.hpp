#pragma once
#include <cstddef>
#include <map>
#include <memory>
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

/// Whether `port` of the configuration names this device: its tty (also through a link such as
/// /dev/serial/by-id/...), or its USB port path.
bool names(const std::string& port, const drivers::Attached& device);

/// What a person last said of a device, as the log has it.
struct Given {
  Name bed;     ///< empty: taken from its bed
  Name driver;  ///< chosen for a device that no driver claims; else empty
  std::string settings;
  bool operator==(const Given&) const = default;
};

/// Where a device belongs.
struct Place {
  Name bed;  ///< empty: nowhere
  const drivers::Driver* driver = nullptr;
  const DeviceSpec* spec = nullptr;  ///< of the configuration, that it holds now; outlived by the specs
  std::string settings;              ///< as a person set them, when the configuration does not
  std::string fixed;                 ///< why a person cannot give it another bed; empty: a person can
  std::string trouble;               ///< why it cannot be used as things stand, and the mend
  bool operator==(const Place&) const = default;
};

/// Who belongs where, of the configuration and the log: first the `[[device]]` that names the device, by
/// identity or by port; then what a person said last; then, of those that only say a driver, the one it had
/// last, or the first free one. A value; acquire thread only.
class Assign {
 public:
  explicit Assign(const std::vector<DeviceSpec>& specs)
      : specs_(specs), holder_(specs.size()), last_(specs.size()) {}

  /// An event of the log, oldest first; `by_person`: it has a client id.
  void remember(const Name& bed, const event::DeviceAssigned& told, bool by_person);

  /// A device that comes back holds what it held, unless another took its place.
  Place place(const drivers::Attached& device);
  /// The same for a device that this specification places by its port.
  Place place(const Name& identity, const DeviceSpec& spec) const;
  /// The device went: another of its kind may take its place when it arrives.
  void left(const Name& device);

  [[nodiscard]] const std::map<Name, Given>& given() const noexcept { return given_; }

 private:
  [[nodiscard]] const Given* given(const Name& device) const;
  [[nodiscard]] Place named(const Name& device, const DeviceSpec& spec) const;
  std::optional<std::size_t> claim(const Name& device, const drivers::Attached& attached);
  void settle();

  const std::vector<DeviceSpec>& specs_;
  std::vector<Name> holder_;                  ///< identity of the device that holds the specification now
  std::vector<Name> last_;                    ///< that held it last
  std::vector<std::pair<Name, Name>> begun_;  ///< device and bed, as the daemon saw them before, newest last
  std::map<Name, Given> given_;
};

}  // namespace vigil::acquire
