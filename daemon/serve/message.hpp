#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/guard.hpp"

namespace vigil::serve {

/// Bytes made once and shared by all who send them.
using Bytes = std::shared_ptr<const std::string>;

/// A request that was read and admitted, without the parser that read it.
struct Request {
  std::string method;  ///< "GET"
  Target target;
  std::string content_type, accept_encoding, if_none_match;
  std::string body;
};

struct Response {
  unsigned status = 200;
  Bytes body;  ///< none: no content
  std::string type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< names are literals
};

Response json_answer(unsigned status, std::string body);
/// {"error":{"code","message"}}
Response error_answer(unsigned status, std::string_view code, std::string_view message);

}  // namespace vigil::serve
