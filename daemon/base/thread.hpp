#pragma once
#include <thread>
#include <utility>

namespace vigil {

/// The calling thread's name in ps, top and core dumps; 15 bytes of it are kept.
void name_this_thread(const char* name) noexcept;

/// No signal is delivered to the calling thread any more: only main waits for them.
void block_signals() noexcept;

/// A thread with a name that takes no signals.
template <class F>
std::thread start_thread(const char* name, F run) {
  return std::thread([name, run = std::move(run)]() mutable {
    name_this_thread(name);
    block_signals();
    run();
  });
}

}  // namespace vigil
