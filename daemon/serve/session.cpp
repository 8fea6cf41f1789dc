#include "serve/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/log.hpp"
#include "serve/digest.hpp"
#include "serve/guard.hpp"

namespace vigil::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t header_limit = 16 * 1024;
constexpr std::size_t body_limit = 64 * 1024;
constexpr std::size_t drained = 16U << 20U;  // of a request that was refused unread, before we hang up on it
constexpr auto retry_upgrade = "5";

auto into(error_code& ec) { return asio::redirect_error(asio::use_awaitable, ec); }

}  // namespace

/// A connection and its deadline: what it waits for is cancelled when the time has passed.
struct Sessions::Connection {
  explicit Connection(tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}

  void arm(std::chrono::milliseconds within) {
    late = false;
    timer.expires_after(within);
    timer.async_wait([this, mine = std::weak_ptr<bool>(alive)](error_code ec) {
      if (ec || mine.expired() || timer.expiry() > std::chrono::steady_clock::now()) return;
      late = true;
      socket.cancel(ec);
    });
  }
  void disarm() { timer.expires_at(std::chrono::steady_clock::time_point::max()); }

  tcp::socket socket;
  asio::steady_timer timer;
  boost::beast::flat_buffer buffer{header_limit + body_limit};
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  bool late = false;
  bool idle = true;  ///< waits for a request of which nothing has come
};

namespace {

using Connection = Sessions::Connection;
using Parser = http::request_parser<http::string_body>;

/// An answer that may come later, and the bell the session waits for.
struct Pending {
  explicit Pending(const asio::any_io_executor& executor)
      : bell(executor, std::chrono::steady_clock::time_point::max()) {}
  asio::steady_timer bell;
  std::optional<Response> response;
};

asio::awaitable<Response> answered(House& house, Connection& c, Request request) {
  const auto pending = std::make_shared<Pending>(c.socket.get_executor());
  pending->bell.expires_after(house.options.deadlines.answer);
  // Whoever answers may hold this for longer than the session or the server lives, and drop it on another
  // thread: the timer must end here, with the session.
  const Reply reply = [waiting = std::weak_ptr<Pending>(pending)](Response r) {
    const auto waits = waiting.lock();
    if (!waits || waits->response) return;
    waits->response = std::move(r);
    waits->bell.cancel();
  };
  dispatch(house, std::move(request), reply);
  if (!pending->response) {
    error_code ec;
    co_await pending->bell.async_wait(into(ec));
  }
  if (!pending->response) {  // whatever comes later is for no one
    pending->response = error_answer(503, "no_answer", "the daemon did not answer in time; try again");
    pending->response->headers.emplace_back("Retry-After", "5");
  }
  co_return std::move(*pending->response);
}

template <class Body>
void put_headers(http::response<Body>& out, const Response& r) {
  out.set("X-Content-Type-Options", "nosniff");
  out.set("Referrer-Policy", "no-referrer");
  out.set("Cross-Origin-Opener-Policy", "same-origin");
  out.set("Cross-Origin-Resource-Policy", "same-origin");
  out.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  for (const auto& [name, value] : r.headers)
    out.set({name.data(), name.size()}, value);
}

/// false: the connection is lost.
asio::awaitable<bool> send(Connection& c, Response r, bool head, bool keep,
                           std::chrono::milliseconds within) {
  const std::string_view body = r.body ? std::string_view(*r.body) : std::string_view();
  http::response<http::span_body<const char>> out{static_cast<http::status>(r.status), 11};
  put_headers(out, r);
  out.keep_alive(keep);
  if (r.status != 304 && r.status != 101) {
    out.content_length(body.size());
    if (!body.empty()) out.set(http::field::content_type, r.type);
  }
  if (!head) out.body() = {body.data(), body.size()};
  http::response_serializer<http::span_body<const char>> serializer{out};
  error_code ec;
  c.arm(within);
  if (head || r.status == 304)
    co_await http::async_write_header(c.socket, serializer, into(ec));
  else
    co_await http::async_write(c.socket, serializer, into(ec));
  c.disarm();
  co_return !ec;
}

/// Closes so that the client can read our last words: bytes still under way would turn a plain close into a
/// reset.
asio::awaitable<void> linger(Connection& c, std::chrono::milliseconds within) {
  error_code ec;
  c.socket.shutdown(tcp::socket::shutdown_send, ec);
  c.arm(within);
  c.buffer.clear();
  for (std::size_t total = 0; total < drained && !ec;)
    total += co_await c.socket.async_read_some(c.buffer.prepare(16 * 1024), into(ec));
  c.disarm();
}

/// What is wrong with the request that could not be read; nullopt: the client is simply gone.
std::optional<Response> unreadable(const Connection& c, const error_code& ec, bool in_body) {
  if (c.late && !c.idle)
    return error_answer(408, "too_slow",
                        in_body ? "the request's body took too long" : "the request's header took too long");
  if (c.late || ec == http::error::end_of_stream || ec == http::error::partial_message) return {};
  if (ec == http::error::body_limit)
    return error_answer(413, "too_large", "a body holds at most 65,536 bytes");
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return error_answer(431, "header_too_large", "a header holds at most 16,384 bytes");
  if (ec.category() == make_error_code(http::error::bad_method).category())
    return error_answer(400, "bad_request", "this is not a request of HTTP/1.1: " + ec.message());
  return {};
}

std::string text_of(boost::beast::string_view v) { return {v.data(), v.size()}; }

std::optional<std::string_view> only(const Parser& parser, http::field field) {
  const auto& fields = parser.get();
  const auto [begin, end] = fields.equal_range(field);
  if (begin == end || std::next(begin) != end) return {};
  return std::string_view(begin->value().data(), begin->value().size());
}

/// Takes the request out of its parser, or says why not.
std::optional<Response> admit(const House& house, const Parser& parser, Request& request) {
  const auto& m = parser.get();
  auto target = parse_target({m.target().data(), m.target().size()});
  if (!target) return error_answer(400, "bad_target", "the request's path or query is not well formed");
  Asked asked;
  asked.host = target->authority.empty() ? only(parser, http::field::host)
                                         : std::optional<std::string_view>(target->authority);
  if (m.find(http::field::origin) != m.end())
    asked.origin = only(parser, http::field::origin).value_or("null");
  const auto site = text_of(m["Sec-Fetch-Site"]);
  asked.fetch_site = site;
  asked.api = !target->segments.empty() && target->segments[0] == "api";
  switch (judge(asked, house.port)) {
    case Verdict::bad_host:
      return error_answer(400, "bad_host", "exactly one Host is expected");
    case Verdict::misdirected:
      return error_answer(
          421, "misdirected",
          "this is Vigil on localhost:" + std::to_string(house.port) + "; it answers to no other name");
    case Verdict::foreign:
      return error_answer(403, "foreign_origin", "other web pages may not use this");
    case Verdict::admitted:
      break;
  }
  request.method = text_of(m.method_string());
  request.target = std::move(*target);
  request.content_type = text_of(m[http::field::content_type]);
  request.accept_encoding = text_of(m[http::field::accept_encoding]);
  request.if_none_match = text_of(m[http::field::if_none_match]);
  return {};
}

/// Checks the handshake; on success answers it and gives the socket to the hub.
asio::awaitable<std::optional<Response>> upgrade(House& house, Connection& c, const Parser& parser,
                                                 Target target) {
  const auto& m = parser.get();
  const auto key = text_of(m[http::field::sec_websocket_key]);
  if (m[http::field::sec_websocket_version] != "13") {
    auto r = error_answer(426, "websocket_version", "Sec-WebSocket-Version: expected 13");
    r.headers.emplace_back("Sec-WebSocket-Version", "13");
    co_return r;
  }
  if (!websocket_key_fits(key))
    co_return error_answer(400, "bad_handshake", "Sec-WebSocket-Key: expected 16 bytes in base64");
  auto asking = live_wish(target);
  if (!asking.wish) co_return std::move(asking.refusal);
  if (house.closing || house.hub.clients() >= house.options.max_clients) {
    auto r = error_answer(503, house.closing ? "closing" : "full", "no more clients are taken at present");
    r.headers.emplace_back("Retry-After", retry_upgrade);
    co_return r;
  }
  const std::string handshake =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      websocket_accept(key) + "\r\n\r\n";
  error_code ec;
  c.arm(house.options.deadlines.header);
  co_await asio::async_write(c.socket, asio::buffer(handshake), into(ec));
  c.disarm();
  if (ec || house.closing) {
    c.socket.close(ec);
    co_return std::nullopt;
  }
  const auto early = c.buffer.data();
  const std::string first(static_cast<const char*>(early.data()), early.size());
  house.hub.join(std::move(c.socket), std::move(*asking.wish), first);
  co_return std::nullopt;
}

asio::awaitable<void> converse(House& house, Connection& c) {
  const auto& limits = house.options.deadlines;
  error_code ec;
  c.socket.set_option(tcp::no_delay(true), ec);
  for (bool first = true;; first = false) {
    Parser parser;
    parser.header_limit(header_limit);
    parser.body_limit(body_limit);
    bool in_body = false;
    ec = {};
    c.idle = c.buffer.size() == 0;
    if (c.idle) {
      c.arm(first ? limits.header : limits.idle);
      const auto n = co_await c.socket.async_read_some(c.buffer.prepare(4096), into(ec));
      c.buffer.commit(n);
    }
    if (!ec) {
      c.idle = false;
      c.arm(limits.header);
      co_await http::async_read_header(c.socket, c.buffer, parser, into(ec));
    }
    if (!ec && !parser.is_done()) {
      in_body = true;
      c.arm(limits.body);
      if (parser.get()[http::field::expect] == "100-continue") {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(c.socket, asio::buffer(go_on), into(ec));
      }
      if (!ec) co_await http::async_read(c.socket, c.buffer, parser, into(ec));
    }
    c.disarm();
    if (ec) {
      auto r = unreadable(c, ec, in_body);
      if (!r) co_return;
      if (co_await send(c, std::move(*r), false, false, limits.close)) co_await linger(c, limits.close);
      co_return;
    }

    Request request;
    bool keep = parser.get().keep_alive() && !house.closing;
    const bool head = parser.get().method() == http::verb::head;
    auto refusal = admit(house, parser, request);
    if (!refusal && is_live(request) && websocket::is_upgrade(parser.get())) {
      refusal = co_await upgrade(house, c, parser, std::move(request.target));
      if (!refusal) co_return;  // the hub has it, or it is gone
      keep = false;
    }
    Response response;
    if (refusal) {
      response = std::move(*refusal);
    } else {
      request.body = std::move(parser.get().body());
      response = co_await answered(house, c, std::move(request));
    }
    keep = keep && !house.closing;
    const bool sent = co_await send(c, std::move(response), head, keep, limits.body);
    if (!sent) co_return;
    if (!keep) {
      co_await linger(c, limits.close);
      co_return;
    }
  }
}

asio::awaitable<void> live_through(House& house, std::list<Connection*>& open, tcp::socket socket) {
  Connection c(std::move(socket));
  const auto place = open.insert(open.end(), &c);
  std::exception_ptr failed;
  try {
    co_await converse(house, c);
  } catch (...) {
    failed = std::current_exception();
  }
  open.erase(place);
  if (failed) std::rethrow_exception(failed);
}

}  // namespace

void Sessions::begin(tcp::socket socket) {
  const auto executor = socket.get_executor();
  asio::co_spawn(executor, live_through(house_, open_, std::move(socket)),
                 [](const std::exception_ptr& failed) {
                   if (!failed) return;
                   try {
                     std::rethrow_exception(failed);
                   } catch (const std::exception& e) {
                     log::error("a connection ended badly: {}", e.what());
                   }
                 });
}

void Sessions::end_idle() {
  error_code ec;
  for (auto* c : open_)
    if (c->idle) c->socket.close(ec);
}

void Sessions::end_all() {
  error_code ec;
  for (auto* c : open_)
    c->socket.close(ec);
}

}  // namespace vigil::serve
