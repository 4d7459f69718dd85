#pragma once

#include "dissect/packet.h"

namespace encap {

// Fields of an HTTP/2 SETTINGS payload, which an upgrade to it carries in HTTP/1 (RFC 7540 §3.2.1).
inline constexpr ValueName http2_setting_names[] = {{1, 1, "Header table size"},      {2, 2, "Enable PUSH"},
                                                    {3, 3, "Max concurrent streams"}, {4, 4, "Initial Windows size"},
                                                    {5, 5, "Max frame size"},         {6, 6, "Max header list size"},
                                                    {8, 8, "Extended CONNECT"}};
inline constexpr Field http2_setting{"http2.settings", "Settings", FieldType::none};
inline constexpr Field http2_setting_id{
    {"http2.settings.id", "Settings Identifier", 0, 16}, FieldType::uint16, {.names = http2_setting_names}};
inline constexpr Field http2_header_table_size{{"http2.settings.header_table_size", "Header table size", 16, 32},
                                               FieldType::uint32};
inline constexpr Field http2_enable_push{{"http2.settings.enable_push", "Enable PUSH", 16, 32}, FieldType::uint32};
inline constexpr Field http2_max_concurrent_streams{
    {"http2.settings.max_concurrent_streams", "Max concurrent streams", 16, 32}, FieldType::uint32};
inline constexpr Field http2_initial_window_size{{"http2.settings.initial_window_size", "Initial Windows Size", 16, 32},
                                                 FieldType::uint32};
inline constexpr Field http2_max_frame_size{{"http2.settings.max_frame_size", "Max frame size", 16, 32},
                                            FieldType::uint32};
inline constexpr Field http2_max_header_list_size{
    {"http2.settings.max_header_list_size", "Max header list size", 16, 32}, FieldType::uint32};
inline constexpr Field http2_extended_connect{{"http2.settings.extended_connect", "Extended CONNECT", 16, 32},
                                              FieldType::uint32};
inline constexpr Field http2_unknown_setting{{"http2.settings.unknown", "Unknown Settings", 16, 32}, FieldType::uint32};

/// The settings in `in`, six octets each, under `item`.
void dissect_http2_settings(Packet& p, ItemId item, const Octets& in);

}  // namespace encap
