#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "acquire/assign.hpp"
#include "base/clock.hpp"
#include "cli/cli.hpp"
#include "drivers/port/finder.hpp"
#include "serve/ask.hpp"
#include "wire/devices_told.hpp"
#include "wire/live.hpp"

namespace vigil::cli {
namespace {

namespace asio = boost::asio;

struct Look {
  std::vector<drivers::Attached> devices;
  std::vector<std::string> mends, troubles;
};

asio::awaitable<void> look(drivers::Finder& finder, Look& found) {
  co_await finder.first_look();
  found.devices = finder.present();
  for (const auto& device : found.devices)
    found.mends.push_back(finder.mend(device));
  found.troubles = finder.troubles();
}

/// What this process sees itself, when no daemon runs: what could be opened, and whose it would be.
std::vector<wire::DeviceTold> look_around(const config::Config& config, std::vector<std::string>& troubles) {
  const Clock clock;
  asio::io_context io{1};
  drivers::Finder finder(io.get_executor(), clock);
  Look found;
  std::exception_ptr failed;
  bool done = false;
  auto ended = [&](const std::exception_ptr& error) {
    failed = error;
    done = true;
  };
  asio::co_spawn(io, look(finder, found), ended);
  while (!done)
    io.run_one();
  if (failed) std::rethrow_exception(failed);

  std::vector<wire::DeviceTold> out;
  for (std::size_t i = 0; i < found.devices.size(); ++i) {
    const auto& device = found.devices[i];
    auto& h = out.emplace_back().health;
    h.device = acquire::short_name(device.identity);
    h.what = device.model;
    h.where = device.where;
    h.state = DeviceState::unassigned;
    h.unclaimed = device.driver == nullptr;
    if (device.driver == nullptr) continue;
    h.driver = Name(device.driver->name);
    h.simulated = device.driver->simulated;
    for (const auto& named : config.devices)
      if (named.driver == device.driver->name &&
          (named.identity == device.identity || acquire::names(named.port, device)))
        h.bed = named.bed;
    h.mend = found.mends[i];
    if (!h.mend.empty())
      h.state = DeviceState::refused;
    else if (!h.bed.empty())
      h.state = DeviceState::opening;
  }
  troubles = found.troubles;
  return out;
}

int devices(const std::string& file, bool json) {
  const auto config = load_config(file);
  const auto say = [](const std::string& text) { std::fputs(text.c_str(), stdout); };
  const auto place = config.listen_address + ":" + std::to_string(config.listen_port);
  if (const auto body = serve::ask(config.listen_address, config.listen_port, "/api/v1/devices")) {
    const auto told = wire::devices_told(*body);
    if (!told)
      throw Refused(place + ": something answers there that is not vigild; --config names another address");
    if (json)
      say(*body + "\n");
    else
      say(told->empty() ? "no sensor is attached\n" : wire::devices_table(*told));
    return 0;
  }
  std::vector<std::string> troubles;
  const auto seen = look_around(config, troubles);
  std::vector<DeviceHealth> health;
  for (const auto& d : seen)
    health.push_back(d.health);
  if (json)
    say(wire::devices_text(health, {}) + "\n");
  else
    say(seen.empty() ? "no sensor that a driver knows is attached\n" : wire::devices_table(seen));
  std::fprintf(stderr, "no daemon answers at %s: this is what can be seen without one\n", place.c_str());
  for (const auto& trouble : troubles)
    std::fprintf(stderr, "note: %s\n", trouble.c_str());
  return 0;
}

}  // namespace

void add_devices(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "devices", "say what is attached, its bed, how well it runs, and what stands in the way");
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--config", *file, "configuration: where the daemon listens, the bed of each");
  command->add_flag("--json", *json, "as the daemon tells it to the page");
  command->callback([file, json, &chosen] { chosen = [file, json] { return devices(*file, *json); }; });
}

}  // namespace vigil::cli
