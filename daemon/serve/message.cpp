#include "serve/message.hpp"

#include "wire/history.hpp"

namespace vigil::serve {

Response json_answer(unsigned status, std::string body) {
  Response r;
  r.status = status;
  r.body = std::make_shared<const std::string>(std::move(body));
  r.headers.emplace_back("Cache-Control", "no-store");
  return r;
}

Response error_answer(unsigned status, std::string_view code, std::string_view message) {
  return json_answer(status, wire::error_text(code, message));
}

}  // namespace vigil::serve
