#include "serve/ask.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace vigil::serve {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

std::optional<Told> exchange(const std::string& address, std::uint16_t port,
                             http::request<http::string_body> request, std::chrono::milliseconds within) {
  asio::io_context loop{1};
  beast::tcp_stream stream(loop);
  boost::system::error_code failed;
  const auto ip = asio::ip::make_address(address, failed);
  if (failed) return {};
  stream.expires_after(within);

  const auto host = ip.is_v6() ? "[" + address + "]" : address;
  request.set(http::field::host, host + ":" + std::to_string(port));
  request.keep_alive(false);
  request.prepare_payload();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(16 << 20);

  // Each step starts the next; an error ends the chain, and with it the loop.
  bool whole = false;
  const auto read = [&](boost::system::error_code error, std::size_t) { whole = !error; };
  const auto written = [&](boost::system::error_code error, std::size_t) {
    if (!error) http::async_read(stream, buffer, answer, read);
  };
  const auto connected = [&](boost::system::error_code error) {
    if (!error) http::async_write(stream, request, written);
  };
  stream.async_connect({ip, port}, connected);
  loop.run();
  if (!whole) return {};
  return Told{answer.get().result_int(), std::move(answer.get().body())};
}

}  // namespace

std::optional<std::string> ask(const std::string& address, std::uint16_t port, const std::string& target,
                               std::chrono::milliseconds within) {
  auto told = exchange(address, port, {http::verb::get, target, 11}, within);
  if (!told || told->status != 200) return {};
  return std::move(told->body);
}

std::optional<Told> tell(const std::string& address, std::uint16_t port, const std::string& target,
                         std::string json, std::chrono::milliseconds within) {
  http::request<http::string_body> request{http::verb::post, target, 11, std::move(json)};
  request.set(http::field::content_type, "application/json");
  return exchange(address, port, std::move(request), within);
}

}  // namespace vigil::serve
