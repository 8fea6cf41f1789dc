#include "serve/work.hpp"

#include "base/thread.hpp"

namespace vigil::serve {

void Work::start() {
  thread_ = start_thread("vigil-work", [this] { run(); });
}

void Work::stop() {
  stopping_ = true;
  waiting_.close();
  if (thread_.joinable()) thread_.join();
}

void Work::run() {
  while (auto jobs = waiting_.take(std::chrono::seconds(60)))
    for (auto& job : *jobs) {
      if (stopping_) return;
      job();
    }
}

}  // namespace vigil::serve
