#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vigil::drivers::replay {

/// The lines of a text file, plain or gzip.
class TextFile {
 public:
  /// Throws: std::runtime_error when it cannot be opened.
  explicit TextFile(const std::filesystem::path& file);
  ~TextFile();
  TextFile(TextFile&&) noexcept;
  TextFile& operator=(TextFile&&) noexcept;

  /// The next line without its end; nullopt at the end, or where gzip data are damaged or torn: see
  /// trouble(). A line is at most 1 MiB long, longer ones are cut. Valid until the next call.
  std::optional<std::string_view> next();
  [[nodiscard]] std::uint64_t line() const noexcept;  ///< number of the line last given, from 1
  [[nodiscard]] const std::string& trouble() const noexcept;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace vigil::drivers::replay
