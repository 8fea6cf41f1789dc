#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "serve/message.hpp"

namespace vigil::serve {

/// The built page, read into memory once. Immutable afterwards.
class Pages {
 public:
  /// Reads every file below `folder` and takes NAME.gz as the compressed form of NAME. Where there is no
  /// index.html (or no folder is named) a page takes its place that says how the page is built. Throws:
  /// std::runtime_error when a file cannot be read or the folder holds more than 64 MiB.
  explicit Pages(const std::filesystem::path& folder);

  /// GET and HEAD. A path that is no file and has no dot is one of the page's own (/lab, /home): index.html.
  [[nodiscard]] Response answer(const Request& request) const;

 private:
  struct File {
    Bytes body, gzip;
    std::string type, cache, policy, etag, gzip_etag;
  };
  void add(std::string path, std::string body, std::string gzip);

  std::map<std::string, File, std::less<>> files_;
};

/// The Content-Security-Policy of a page, with the hashes of its inline <script> and <style>.
std::string page_policy(std::string_view html);
/// Whether a file's name holds a hash of what is in it, so that it may be kept for ever:
/// /assets/index-BX2k91Qa.js
bool is_immutable(std::string_view path) noexcept;

}  // namespace vigil::serve
