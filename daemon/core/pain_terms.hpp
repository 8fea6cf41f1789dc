#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace vigil {

/// A word of the product for a place or quality of pain, and its SNOMED CT concept for exports.
struct PainTerm {
  std::string_view label;
  std::uint64_t snomed;
};

inline constexpr std::array pain_regions{
    PainTerm{"head", 69536005},          PainTerm{"face", 89545001},
    PainTerm{"neck", 45048000},          PainTerm{"shoulder", 16982005},
    PainTerm{"upper arm", 40983000},     PainTerm{"elbow", 127949000},
    PainTerm{"forearm", 14975008},       PainTerm{"wrist", 8205005},
    PainTerm{"hand", 85562004},          PainTerm{"chest", 51185008},
    PainTerm{"abdomen", 818983003},      PainTerm{"lower abdomen", 27033000},
    PainTerm{"back of trunk", 77568009}, PainTerm{"lower back", 37822005},
    PainTerm{"pelvis", 12921003},        PainTerm{"hip", 29836001},
    PainTerm{"thigh", 68367000},         PainTerm{"knee", 72696002},
    PainTerm{"lower leg", 30021000},     PainTerm{"ankle", 344001},
    PainTerm{"foot", 56459004},
};

inline constexpr std::array pain_qualities{
    PainTerm{"aching", 27635008},     PainTerm{"burning", 36349006},   PainTerm{"stabbing", 55145008},
    PainTerm{"throbbing", 29695002},  PainTerm{"cramping", 279093005}, PainTerm{"crushing", 279098001},
    PainTerm{"dull", 83644001},       PainTerm{"colicky", 73063007},   PainTerm{"cutting", 162503007},
    PainTerm{"prickling", 162506004}, PainTerm{"tingling", 786837007},
};

/// nullptr when no term has this label.
template <std::size_t N>
constexpr const PainTerm* find_term(const std::array<PainTerm, N>& terms, std::string_view label) noexcept {
  const auto* at =
      std::find_if(terms.begin(), terms.end(), [&](const PainTerm& t) { return t.label == label; });
  return at == terms.end() ? nullptr : at;
}

}  // namespace vigil
