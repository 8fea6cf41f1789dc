#pragma once
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace CLI {
class App;
}

namespace vigil::cli {

/// Does what the command line says. 0: done; 1: what was checked is not right (verify); 2: refused, with one
/// line on standard error that says why; else 3.
int main(int argc, char** argv);

/// What cannot be done as asked: one line for a person. Exit status 2.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A subcommand puts itself into `app` and, when it is chosen, what it does into `chosen`.
using Chosen = std::function<int()>;
void add_run(CLI::App& app, Chosen& chosen);
void add_replay(CLI::App& app, Chosen& chosen);
void add_score(CLI::App& app, Chosen& chosen);
void add_validate(CLI::App& app, Chosen& chosen);
void add_devices(CLI::App& app, Chosen& chosen);
void add_verify(CLI::App& app, Chosen& chosen);
void add_check_config(CLI::App& app, Chosen& chosen);
void add_sensors(CLI::App& app, Chosen& chosen);

/// What config/ must know of this build's drivers.
std::vector<config::DriverRule> driver_rules();

/// The configuration of `file` (empty: the defaults). Throws: Refused with every mistake, a line each.
config::Config load_config(const std::filesystem::path& file);

/// Where the night is kept: `option`, else the configuration, else $STATE_DIRECTORY (of the unit), else
/// $XDG_STATE_HOME/vigil, else ~/.local/state/vigil. Not made yet. Throws: Refused when nothing says.
std::filesystem::path data_directory(const std::string& option, const config::Config& config);

}  // namespace vigil::cli
