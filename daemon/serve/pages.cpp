#include "serve/pages.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/log.hpp"
#include "serve/digest.hpp"

namespace vigil::serve {
namespace {

constexpr std::uintmax_t folder_limit = 64U << 20U;

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> types = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".mp3", "audio/mpeg"},
    {".wav", "audio/wav"},
}};

constexpr std::string_view not_built = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Vigil</title><style>
:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}
code{font-size:1em}</style></head><body>
<h1>Vigil is running</h1>
<p>Its page was not built. In the folder of the sources, <code>./dev build</code> builds it; then start
<code>vigild run</code> again.</p>
<p>What it measures can be read meanwhile: <a href="/api/v1/beds">beds</a>, <a href="/api/v1/health">health</a>,
<a href="/api/v1/events">events</a>, <a href="/api/v1/openapi.json">the interface</a>.</p>
</body></html>
)html";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string body{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return body;
}

std::string_view type_of(std::string_view path) noexcept {
  for (const auto& [ending, type] : types)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

std::string etag_of(std::string_view body) { return "\"" + base64(sha256(body)).substr(0, 22) + "\""; }

/// Case-insensitive search for an ASCII needle in lower case.
std::size_t find_tag(std::string_view html, std::string_view needle, std::size_t from) noexcept {
  if (from > html.size()) return std::string_view::npos;
  const auto at =
      std::search(html.begin() + static_cast<std::ptrdiff_t>(from), html.end(), needle.begin(), needle.end(),
                  [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  return at == html.end() ? std::string_view::npos : static_cast<std::size_t>(at - html.begin());
}

/// " 'sha256-...'" for the text of each element of that name that has one.
std::string inline_hashes(std::string_view html, std::string_view element) {
  std::string hashes;
  const auto open = "<" + std::string(element);
  const auto close = "</" + std::string(element);
  for (std::size_t at = 0; (at = find_tag(html, open, at)) != std::string_view::npos;) {
    const auto begin = html.find('>', at);
    if (begin == std::string_view::npos) break;
    const auto end = find_tag(html, close, begin);
    if (end == std::string_view::npos) break;
    const auto body = html.substr(begin + 1, end - begin - 1);
    if (!body.empty()) hashes += " 'sha256-" + base64(sha256(body)) + "'";
    at = end;
  }
  return hashes;
}

bool listed(std::string_view if_none_match, std::string_view etag) noexcept {
  if (if_none_match == "*") return true;
  return !etag.empty() && if_none_match.find(etag) != std::string_view::npos;  // W/ before it is as good
}

}  // namespace

std::string page_policy(std::string_view html) {
  return "default-src 'none'; script-src 'self'" + inline_hashes(html, "script") + "; style-src 'self'" +
         inline_hashes(html, "style") +
         "; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; worker-src "
         "'self'; "
         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

bool is_immutable(std::string_view path) noexcept {
  if (!path.starts_with("/assets/")) return false;
  const auto name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot < 9) return false;
  constexpr std::size_t hash = 8;
  const auto mark = name[dot - hash - 1];
  const auto text = name.substr(dot - hash, hash);
  return (mark == '-' || mark == '.') && std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
         });
}

Pages::Pages(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> found;
  std::uintmax_t total = 0;
  std::error_code ec;
  if (!folder.empty() && fs::is_directory(folder, ec)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      total += entry.file_size();
      if (total > folder_limit)
        throw std::runtime_error(folder.string() + " holds more than a page: over 64 MiB");
      found.emplace("/" + fs::relative(entry.path(), folder).generic_string(), read_file(entry.path()));
    }
  }
  for (auto& [path, body] : found) {
    if (path.ends_with(".gz") && found.contains(path.substr(0, path.size() - 3))) continue;
    const auto gz = found.find(path + ".gz");
    add(path, body, gz == found.end() ? std::string() : gz->second);
  }
  if (!files_.contains("/index.html")) {
    if (!folder.empty()) log::warn("no page in {}: a short one takes its place", folder.string());
    add("/index.html", std::string(not_built), {});
  }
}

void Pages::add(std::string path, std::string body, std::string gzip) {
  File file;
  file.type = type_of(path);
  file.cache = is_immutable(path) ? "public, max-age=31536000, immutable" : "no-cache";
  if (file.type.starts_with("text/html")) file.policy = page_policy(body);
  file.etag = etag_of(body);
  if (!gzip.empty()) {
    file.gzip_etag = etag_of(gzip);
    file.gzip = std::make_shared<const std::string>(std::move(gzip));
  }
  file.body = std::make_shared<const std::string>(std::move(body));
  files_.insert_or_assign(std::move(path), std::move(file));
}

Response Pages::answer(const Request& request) const {
  const auto path = request.target.path();
  auto found = files_.find(path == "/" ? std::string_view("/index.html") : std::string_view(path));
  if (found == files_.end() && path.find('.') == std::string::npos) found = files_.find("/index.html");
  if (found == files_.end()) return error_answer(404, "not_found", "there is no " + path);
  if (request.method != "GET" && request.method != "HEAD") {
    auto r = error_answer(405, "method_not_allowed", request.method + " is not allowed here");
    r.headers.emplace_back("Allow", "GET, HEAD");
    return r;
  }
  const auto& file = found->second;
  const bool packed = file.gzip && accepts_gzip(request.accept_encoding);
  Response r;
  r.type = file.type;
  r.headers.emplace_back("Cache-Control", file.cache);
  r.headers.emplace_back("ETag", packed ? file.gzip_etag : file.etag);
  if (file.gzip) r.headers.emplace_back("Vary", "Accept-Encoding");
  if (!file.policy.empty()) r.headers.emplace_back("Content-Security-Policy", file.policy);
  if (listed(request.if_none_match, packed ? file.gzip_etag : file.etag)) {
    r.status = 304;
    return r;
  }
  if (packed) r.headers.emplace_back("Content-Encoding", "gzip");
  r.body = packed ? file.gzip : file.body;
  return r;
}

}  // namespace vigil::serve
