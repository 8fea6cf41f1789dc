#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "acquire/assign.hpp"
#include "base/clock.hpp"
#include "cli/cli.hpp"
#include "drivers/port/finder.hpp"

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

int devices(const std::string& file) {
  const auto config = load_config(file);
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

  for (std::size_t i = 0; i < found.devices.size(); ++i) {
    const auto& device = found.devices[i];
    const std::string driver(device.driver != nullptr ? device.driver->name : "none claims it");
    std::printf("%s\n  driver  %s (%s)\n  at      %s\n", device.identity.c_str(), driver.c_str(),
                device.model.c_str(), device.where.c_str());
    if (device.driver == nullptr) continue;
    for (const auto& named : config.devices)
      if (named.driver == device.driver->name &&
          (named.identity == device.identity || acquire::names(named.port, device)))
        std::printf("  bed     %s\n", named.bed.empty() ? "none" : named.bed.str().c_str());
    if (found.mends[i].empty())
      std::printf("  ready\n");
    else
      std::printf("  CANNOT be opened: %s\n", found.mends[i].c_str());
  }
  if (found.devices.empty()) std::printf("no sensor that a driver knows is attached\n");
  for (const auto& trouble : found.troubles)
    std::printf("note: %s\n", trouble.c_str());
  return 0;
}

}  // namespace

void add_devices(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "devices", "say what is attached, which driver claims it, and what stands in the way");
  auto file = std::make_shared<std::string>();
  command->add_option("--config", *file, "configuration: says the bed of each");
  command->callback([file, &chosen] { chosen = [file] { return devices(*file); }; });
}

}  // namespace vigil::cli
