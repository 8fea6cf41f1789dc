#include "drivers/replay/text_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <zlib.h>

namespace vigil::drivers::replay {
namespace {
constexpr std::size_t longest_line = 1U << 20;
}

struct TextFile::Inside {
  gzFile file = nullptr;
  std::array<char, 65536> buffer{};
  std::size_t begin = 0, end = 0;
  bool over = false;
  std::string line, trouble;
  std::uint64_t number = 0;

  ~Inside() {
    if (file != nullptr) gzclose(file);
  }

  bool fill() {
    if (over) return false;
    const int got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
    if (got <= 0) {
      over = true;
      int error = Z_OK;
      const char* text = gzerror(file, &error);
      if (got < 0 || error == Z_BUF_ERROR)
        trouble = error == Z_BUF_ERROR ? "the gzip file ends too early"
                                       : std::string("the gzip data are damaged: ") + text;
      return false;
    }
    begin = 0, end = static_cast<std::size_t>(got);
    return true;
  }
};

TextFile::TextFile(const std::filesystem::path& file) : in_(std::make_unique<Inside>()) {
  in_->file = gzopen(file.c_str(), "rb");
  if (in_->file == nullptr)
    throw std::runtime_error(file.string() + ": cannot be opened: " + std::strerror(errno));
  gzbuffer(in_->file, 1U << 17);
}

TextFile::~TextFile() = default;
TextFile::TextFile(TextFile&&) noexcept = default;
TextFile& TextFile::operator=(TextFile&&) noexcept = default;

std::optional<std::string_view> TextFile::next() {
  auto& in = *in_;
  in.line.clear();
  for (;;) {
    if (in.begin == in.end && !in.fill()) {
      // What stands before damage without a line end is no line.
      if (in.line.empty() || !in.trouble.empty()) return std::nullopt;
      ++in.number;
      return in.line;
    }
    const char* from = in.buffer.data() + in.begin;
    const std::size_t left = in.end - in.begin;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', left));
    const std::size_t length = newline == nullptr ? left : static_cast<std::size_t>(newline - from);
    if (in.line.size() < longest_line) in.line.append(from, std::min(length, longest_line - in.line.size()));
    in.begin += newline == nullptr ? length : length + 1;
    if (newline != nullptr) {
      ++in.number;
      return in.line;
    }
  }
}

std::uint64_t TextFile::line() const noexcept { return in_->number; }
const std::string& TextFile::trouble() const noexcept { return in_->trouble; }

}  // namespace vigil::drivers::replay
