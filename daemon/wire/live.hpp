#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>
#include <nlohmann/json_fwd.hpp>

#include "core/device_health.hpp"
#include "core/event.hpp"
#include "core/reading.hpp"
#include "wire/event_json.hpp"

namespace vigil::wire {

/// One bed in `hello` and in GET /api/v1/beds.
struct BedSnapshot {
  Name bed;
  std::string label;  ///< for people: "Bed 4"
  std::string person;
  bool simulated = false;
  Reading reading;
  bool night_open = false;
  WallTime night_opened;
  Name night;
  NightFigures figures;
};

/// The moment a message is made, by which Instants become wall times and ages.
struct Now {
  Instant at;
  WallTime wall;
};

/// {"state":..,"state_since":"...Z","why":..,"load_kg":{"v":71.2,"age_s":0.4}|null,...} with "bed" and "t".
nlohmann::json to_json(const Reading& reading, const Now& now);
/// {"kind":"epoch","bed":..,"from":"...Z","score":"sleep","state":"asleep","counts":..,"movement_kg":..,"load_kg":..,"scorer":..,"p_asleep":..}
nlohmann::json to_json(const Epoch& epoch, const Now& now);
nlohmann::json to_json(const NightFigures& figures);
nlohmann::json to_json(const BedSnapshot& bed, const Now& now);
nlohmann::json to_json(const DeviceHealth& device, const Now& now);

/// {"kind":"readings","t":"...Z","beds":[...]}
std::string readings_frame(std::span<const Reading> readings, const Now& now);

/// Everything a new client is told first.
struct Hello {
  std::string version, log_id;
  std::uint64_t head = 0;
  double time_scale = 1;
  bool writing = true;
  std::string trouble;
  bool reset = false;
  std::span<const BedSnapshot> beds;
  std::span<const DeviceHealth> devices;
};
/// {"kind":"hello","t","version","log","head","time_scale","recording":{"writing","trouble"},"reset","beds","devices"}
std::string hello_frame(const Hello& hello, const Now& now);
/// {"kind":"history","events":[...],"through":SEQ,"head":N}
std::string history_frame(std::span<const Event> events, std::uint64_t through, std::uint64_t head);
/// {"kind":"beds","t","beds":[...]}
std::string beds_frame(std::span<const BedSnapshot> beds, const Now& now);
/// {"kind":"devices","t","devices":[...]}
std::string devices_frame(std::span<const DeviceHealth> devices, const Now& now);
/// {"kind":"recording","writing","trouble"}
std::string recording_frame(bool writing, std::string_view trouble);
/// The answers of GET /api/v1/beds, {"t","beds":[...]}, and /api/v1/devices, {"devices":[...]}.
std::string beds_text(std::span<const BedSnapshot> beds, const Now& now);
std::string devices_text(std::span<const DeviceHealth> devices, const Now& now);

/// What a client may say: {"kind":"watch","beds":["bed-1"],"waves":true}; beds and waves may be absent.
struct Watch {
  std::vector<Name> beds;  ///< empty: all
  bool waves = false;
};
/// At most 4 KiB; anything else is an error.
boost::system::result<Watch, Malformed> watch_from_json(std::string_view message);

/// Binary frame, little endian: 16-byte header {u8 'V', u8 'W', u8 version 1, u8 reserved, u16 trace count,
/// u16 0, f64 unix seconds of the first grid point}, then a trace at a time: {u16 bed index (order of
/// `hello`), u8 Trace, u8 n, i16 value[n]}, 10 Hz, wave_absent where nothing is known. Every part is a
/// multiple of 2 bytes.
struct BedWave {
  std::uint16_t bed = 0;
  Trace trace{};
  std::vector<std::int16_t> values;
};
std::string waves_frame(std::span<const BedWave> waves, WallTime first);

}  // namespace vigil::wire
