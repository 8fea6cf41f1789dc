#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// EDF and EDF+ (Kemp, Varri, Rosa 1992; Kemp, Olivan 2003) as values: bytes in, an Edf out, and back. Pure.
///
///   256 bytes of header, 256 more for each signal, then data records, each of
///     signal 0: n0 samples, signal 1: n1 samples, ...   (int16, little endian)
///   A signal labelled "EDF Annotations" holds text instead: time-stamped annotation lists
///     +onset [0x15 duration] 0x14 text 0x14 ... 0x00    the first of each record tells when the record
///     begins
///
/// Header fields are ASCII, padded with blanks, numbers with a point. EDF+ says "EDF+C" (records follow one
/// another) or "EDF+D" (gaps between them) in its reserved field. Times are local to where it was recorded:
/// the format has no zone.
namespace vigil::wire {

struct EdfAnnotation {
  double onset_s = 0;  ///< since the file's start
  std::optional<double> duration_s;
  std::string text;  ///< UTF-8
  bool operator==(const EdfAnnotation&) const = default;
};

struct EdfSignal {
  std::string label;       ///< "Resp", "Light": at most 16 characters, as all texts here printable ASCII
  std::string transducer;  ///< at most 80
  std::string unit;        ///< "kg", "/min": at most 8
  double physical_minimum = -1, physical_maximum = 1;
  int digital_minimum = -32768, digital_maximum = 32767;
  std::string filter;  ///< "HP:0.1Hz LP:75Hz", at most 80
  std::uint32_t samples_per_record = 1;
  std::vector<std::int16_t> samples;  ///< of all records, one after the other
  bool operator==(const EdfSignal&) const = default;

  [[nodiscard]] double physical(std::int16_t digital) const noexcept {
    return physical_minimum + (digital - digital_minimum) * step();
  }
  /// Physical units of one digital step.
  [[nodiscard]] double step() const noexcept {
    return (physical_maximum - physical_minimum) / (digital_maximum - digital_minimum);
  }
  /// The nearest there is; beyond the physical range its end, NaN the digital minimum.
  [[nodiscard]] std::int16_t digital(double physical) const noexcept;
};

struct Edf {
  enum class Kind : std::uint8_t { plain, continuous, discontinuous };  ///< EDF, EDF+C, EDF+D
  Kind kind = Kind::continuous;
  std::string patient = "X X X X";  ///< EDF+: code, sex, birth date, name; X = not told
  std::string recording;
  std::chrono::local_seconds start{};
  double record_s = 1;
  std::uint64_t records = 0;
  std::vector<EdfSignal> signals;  ///< without those of annotations
  std::vector<EdfAnnotation> annotations;
  std::vector<double> onsets_s;      ///< of each record since the start, EDF+D only
  std::vector<std::string> remarks;  ///< what was mended in reading: "the last record is cut off"
  bool operator==(const Edf&) const = default;

  [[nodiscard]] double rate_hz(const EdfSignal& s) const noexcept { return s.samples_per_record / record_s; }
  [[nodiscard]] double onset_s(std::uint64_t record) const noexcept {
    return kind == Kind::discontinuous ? onsets_s[record] : static_cast<double>(record) * record_s;
  }
};

/// Whether these first bytes (8 are enough) can be an EDF's.
bool is_edf(std::span<const std::byte> head) noexcept;

/// Throws: std::runtime_error "byte 236: number of records: expected ..., found '...'". A cut-off last record
/// and a count of -1 (the recorder never finished) are mended and said in `remarks`.
Edf read_edf(std::span<const std::byte> file);

/// The file's bytes. Throws: std::invalid_argument naming the field when a value does not fit the format.
std::vector<std::byte> write_edf(const Edf& edf);

}  // namespace vigil::wire
