#pragma once

#include <cstdint>
#include <filesystem>

#include "overlay/base/result.hpp"

namespace flatlan {

/// What an entry of the second lowest page table maps, on x86-64 and on arm64 with pages of 4 KiB.
inline constexpr std::uint64_t kLargePageBytes = 2U << 20U;

/// Sees to it that those who run a program find its file in the page cache in large pages, and
/// returns how many octets of it are so: whatever a process touches in one of them costs one page
/// fault, not one for each 64 KiB (and on a virtual machine whose page tables are shadowed, not one
/// for each 4 KiB). Reads the file anew where it is cached in small pages. They stay small where
/// the file system has no large ones (ext4 has from Linux 6.16 on, XFS from 5.18), while another
/// process has them mapped, or where memory is in pieces. Errors: the file cannot be read;
/// unsupported before Linux 5.14.
Result<std::uint64_t> cache_in_large_pages(const std::filesystem::path& file);

}  // namespace flatlan
