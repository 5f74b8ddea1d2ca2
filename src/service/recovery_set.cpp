#include "mfad/service/recovery_set.hpp"

#include "mfad/platform/packed.hpp"
#include "mfad/service/recovery_hash.hpp"
#include "mfad/store/context.hpp"

#include <bit>

namespace mfad::service {
namespace {

constexpr std::uint8_t record_version = 1;

} // namespace

unsigned RecoverySet::left() const {
    return static_cast<unsigned>(digests.size()) - static_cast<unsigned>(std::popcount(used));
}

std::string RecoverySet::pack() const {
    platform::PackedWriter packed;
    packed.u8(record_version).number(static_cast<double>(made.time_since_epoch().count()));
    packed.u16(used);
    std::string record = packed.bytes();
    for (const std::string& digest : digests)
        record += digest;
    return record;
}

std::optional<RecoverySet> RecoverySet::unpack(std::string_view field) {
    if (field.empty()) return std::nullopt;
    platform::PackedReader packed(field);
    if (packed.u8() != record_version) throw store::Corrupt("recovery codes of an unknown format");
    RecoverySet set;
    const auto made = static_cast<std::int64_t>(packed.number());
    set.made = platform::unix_millis(made);
    set.used = packed.u16();
    for (std::string_view rest = packed.rest(); rest.size() >= recovery_digest_size;
         rest.remove_prefix(recovery_digest_size))
        set.digests.emplace_back(rest.substr(0, recovery_digest_size));
    return set;
}

} // namespace mfad::service
