#pragma once
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/store.hpp"
#include "support/folder.hpp"

namespace vigil::store {

inline Event happening(Payload payload, const Name& bed = "bed-1") {
  Event e;
  e.bed = bed;
  e.at = {std::chrono::seconds(100)};
  e.boot = "boot";
  e.wall = {std::chrono::microseconds(1795315267123456), std::chrono::minutes(60)};
  e.zone = "Europe/Berlin";
  e.payload = std::move(payload);
  return e;
}

inline Event checkin(std::string client_id, int score = 7) {
  auto e = happening(event::PainCheckin{score, {"lower back"}, {}, ""});
  e.client_id = std::move(client_id);
  e.person = "p-017";
  return e;
}

using Answered = boost::system::result<Accepted, Refusal>;

/// Enters and waits for the answer.
inline Answered enter(Store& store, Event entry) {
  std::promise<Answered> promise;
  auto future = promise.get_future();
  store.enter(std::move(entry), [&promise](Answered answer) { promise.set_value(std::move(answer)); });
  return future.get();
}

/// Waits until everything before it went through the store's thread.
inline void settle(Store& store) {
  static std::atomic<int> n{0};
  (void)enter(store, checkin("settle-" + std::to_string(::getpid()) + "-" + std::to_string(++n)));
}

}  // namespace vigil::store
