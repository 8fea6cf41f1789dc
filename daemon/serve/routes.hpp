#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "serve/door.hpp"
#include "serve/hub.hpp"
#include "serve/message.hpp"
#include "serve/pages.hpp"
#include "serve/server.hpp"
#include "serve/work.hpp"

namespace vigil::serve {

/// What handlers work with. Serve thread only, but for what says otherwise. Outlives every call.
struct House {
  boost::asio::io_context& io;
  std::shared_ptr<Door> door;
  const Options& options;
  const Backend& backend;
  Hub& hub;
  Work& work;
  const Pages& pages;
  std::uint16_t port = 0;  ///< that we listen on
  bool closing = false;
};

/// Called once, on the serve thread, within the call or later.
using Reply = std::function<void(Response)>;

struct Call {
  Request request;
  std::vector<std::string> arguments;  ///< what stands where the template has {...}
  Reply reply;
};

struct Route {
  std::string_view method;                  ///< GET answers HEAD too
  std::string_view path;                    ///< "/api/v1/beds/{bed}/entries"
  std::span<const std::string_view> query;  ///< keys it knows
  void (*handle)(House&, Call);             ///< nullptr: a WebSocket, upgraded by the session
};

/// All there is below /api. openapi.json says the same, and a test holds the two together.
std::span<const Route> routes() noexcept;

/// Whether this request asks for the WebSocket, and for which stream.
bool is_live(const Request& request) noexcept;
/// The query of /api/v1/live, or what is wrong with it.
struct Asking {
  std::optional<Wish> wish;
  Response refusal;
};
Asking live_wish(const Target& target);

/// Finds the route or the page and has it answered.
void dispatch(House& house, Request request, Reply reply);

}  // namespace vigil::serve
