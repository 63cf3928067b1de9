#include "overlay/linux/nftables/nft_counts.hpp"

#include <linux/netfilter.h>
#include <sys/socket.h>

#include "overlay/linux/nftables/nfnetlink.hpp"

namespace flatlan {
namespace {

constexpr std::uint8_t kCommentOfTable = 0;  // NFTNL_UDATA_TABLE_COMMENT of libnftnl

NetlinkMessage request_for(int message) {
    return {nftables_type(message), NLM_F_DUMP,
            nfgenmsg{.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0, .res_id = 0}};
}

Result<bool> dump_in(const Namespace& network, const NetlinkMessage& request,
                     const std::function<void(const NetlinkMessageView&)>& visit) {
    FLATLAN_TRY(socket, run_in(network, [] { return open_nfnetlink(0); }));
    return dump_nftables(socket, request, visit);
}

NftCount count_from(const NetlinkAttributes& counter) {
    return {nfnetlink_number<std::uint64_t>(counter, NFTA_COUNTER_PACKETS).value_or(0),
            nfnetlink_number<std::uint64_t>(counter, NFTA_COUNTER_BYTES).value_or(0)};
}

/// One attribute of a list; `visit` is called with each payload.
template <typename Visit>
void for_each_element(std::span<const std::byte> list, Visit visit) {
    while (list.size() >= NLA_HDRLEN) {
        const auto header = NetlinkAttributes::load<nlattr>(list);
        if (header.nla_len < NLA_HDRLEN || header.nla_len > list.size()) return;
        visit(NetlinkAttributes{list.subspan(NLA_HDRLEN, header.nla_len - NLA_HDRLEN)});
        const std::size_t taken = NLA_ALIGN(header.nla_len);
        list = list.subspan(std::min(taken, list.size()));
    }
}

std::optional<std::vector<std::byte>> key_from(const NetlinkAttributes& element) {
    const auto key = element.nested(NFTA_SET_ELEM_KEY).find(NFTA_DATA_VALUE);
    if (!key) return std::nullopt;
    return std::vector<std::byte>{key->begin(), key->end()};
}

/// An element counts by an expression of its own.
std::optional<NftElementCount> element_from(const NetlinkAttributes& element) {
    auto key = key_from(element);
    const auto expression = element.nested(NFTA_SET_ELEM_EXPR);
    if (!key || expression.text(NFTA_EXPR_NAME) != "counter") return std::nullopt;
    return NftElementCount{std::move(*key), count_from(expression.nested(NFTA_EXPR_DATA))};
}

/// What `parse` makes of each element of the set.
template <typename Entry>
Result<std::vector<Entry>> read_elements(const Namespace& network, const std::string& table,
                                         const std::string& set,
                                         std::optional<Entry> (*parse)(const NetlinkAttributes&)) {
    NetlinkMessage request = request_for(NFT_MSG_GETSETELEM);
    request.put_text(NFTA_SET_ELEM_LIST_TABLE, table);
    request.put_text(NFTA_SET_ELEM_LIST_SET, set);
    std::vector<Entry> entries;
    FLATLAN_TRY_VOID(dump_in(network, request, [&](const NetlinkMessageView& message) {
        const auto list = message.attributes<nfgenmsg>().find(NFTA_SET_ELEM_LIST_ELEMENTS);
        for_each_element(list.value_or(std::span<const std::byte>{}),
                         [&](const NetlinkAttributes& element) {
                             if (auto entry = parse(element)) entries.push_back(std::move(*entry));
                         });
    }));
    return entries;
}

}  // namespace

Result<std::vector<NftNamedCount>> read_named_counts(const Namespace& network,
                                                     const std::string& table) {
    NetlinkMessage request = request_for(NFT_MSG_GETOBJ);
    request.put_text(NFTA_OBJ_TABLE, table);
    std::vector<NftNamedCount> counts;
    FLATLAN_TRY_VOID(dump_in(network, request, [&](const NetlinkMessageView& message) {
        const auto object = message.attributes<nfgenmsg>();
        if (object.text(NFTA_OBJ_TABLE) == table)
            counts.push_back({std::string{object.text(NFTA_OBJ_NAME)},
                              count_from(object.nested(NFTA_OBJ_DATA))});
    }));
    return counts;
}

Result<std::vector<NftElementCount>> read_element_counts(const Namespace& network,
                                                         const std::string& table,
                                                         const std::string& set) {
    return read_elements(network, table, set, element_from);
}

Result<std::vector<std::vector<std::byte>>> read_element_keys(const Namespace& network,
                                                              const std::string& table,
                                                              const std::string& set) {
    return read_elements(network, table, set, key_from);
}

Result<std::string> read_table_comment(const Namespace& network, const std::string& table) {
    std::string comment;
    FLATLAN_TRY_VOID(
        dump_in(network, request_for(NFT_MSG_GETTABLE), [&](const NetlinkMessageView& message) {
            const auto attributes = message.attributes<nfgenmsg>();
            if (attributes.text(NFTA_TABLE_NAME) != table) return;
            const auto data = attributes.find(NFTA_TABLE_USERDATA);
            if (!data) return;
            // Type, length, value with a terminating zero.
            ByteReader in{*data};
            const std::uint8_t type = in.u8();
            const std::size_t size = in.u8();
            if (type != kCommentOfTable || size < 1 || data->size() < 2 + size) return;
            comment.assign(reinterpret_cast<const char*>(data->data()) + 2, size - 1);
        }));
    return comment;
}

}  // namespace flatlan
