#include "dissect/icmpv6.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "dissect/dns_names.h"
#include "dissect/icmp_common.h"
#include "encap/wire/checksum.h"

namespace encap {
namespace {

using icmpv6::bits;
using icmpv6::data;
using icmpv6::flag;
using icmpv6::infinity_name;
using icmpv6::Part;
using icmpv6::preference_names;
using icmpv6::reserved;
using icmpv6::Walk;

// Words of Wireshark's; numbers: the IANA "ICMPv6 type Numbers".
constexpr ValueName types[] = {{1, 1, "Destination Unreachable"},
                               {2, 2, "Packet Too Big"},
                               {3, 3, "Time Exceeded"},
                               {4, 4, "Parameter Problem"},
                               {100, 101, "Private experimentation"},
                               {127, 127, "Reserved for expansion of ICMPv6 error messages"},
                               {128, 128, "Echo (ping) request"},
                               {129, 129, "Echo (ping) reply"},
                               {130, 130, "Multicast Listener Query"},
                               {131, 131, "Multicast Listener Report"},
                               {132, 132, "Multicast Listener Done"},
                               {133, 133, "Router Solicitation"},
                               {134, 134, "Router Advertisement"},
                               {135, 135, "Neighbor Solicitation"},
                               {136, 136, "Neighbor Advertisement"},
                               {137, 137, "Redirect"},
                               {138, 138, "Router Renumbering"},
                               {139, 139, "Node Information Query"},
                               {140, 140, "Node Information Reply"},
                               {141, 141, "Inverse Neighbor Discovery Solicitation"},
                               {142, 142, "Inverse Neighbor Discovery Advertisement"},
                               {143, 143, "Multicast Listener Report Message v2"},
                               {144, 144, "Home Agent Address Discovery Request"},
                               {145, 145, "Home Agent Address Discovery Reply"},
                               {146, 146, "Mobile Prefix Solicitation"},
                               {147, 147, "Mobile Prefix Advertisement"},
                               {148, 148, "Certification Path Solicitation"},
                               {149, 149, "Certification Path Advertisement"},
                               {150, 150, "Experimental Mobility"},
                               {151, 151, "Multicast Router Advertisement"},
                               {152, 152, "Multicast Router Solicitation"},
                               {153, 153, "Multicast Router Termination"},
                               {154, 154, "FMIPv6"},
                               {155, 155, "RPL Control"},
                               {156, 156, "Locator Update"},
                               {157, 157, "Duplicate Address Request"},
                               {158, 158, "Duplicate Address Confirmation"},
                               {159, 159, "MPL Control Message"},
                               {160, 160, "Extended Echo request"},
                               {161, 161, "Extended Echo reply"},
                               {200, 201, "Private experimentation"},
                               {255, 255, "Reserved for expansion of ICMPv6 informational messages"}};
constexpr ValueName unreachable_codes[] = {{0, 0, "no route to destination"},
                                           {1, 1, "Administratively prohibited"},
                                           {2, 2, "Beyond scope of source address"},
                                           {3, 3, "Address unreachable"},
                                           {4, 4, "Port unreachable"},
                                           {5, 5, "Source address failed ingress/egress policy"},
                                           {6, 6, "Reject route to destination"},
                                           {7, 7, "Error in Source Routing Header"},
                                           {8, 255, "Unknown"}};
constexpr ValueName exceeded_codes[] = {{0, 0, "hop limit exceeded in transit"},
                                        {1, 1, "fragment reassembly time exceeded"}};
constexpr ValueName parameter_codes[] = {{0, 0, "erroneous header field encountered"},
                                         {1, 1, "unrecognized Next Header type encountered"},
                                         {2, 2, "unrecognized IPv6 option encountered"},
                                         {3, 3, "IPv6 First Fragment has incomplete IPv6 Header Chain"}};
constexpr ValueName renumbering_codes[] = {{0, 0, "Command"}, {1, 1, "Result"}, {255, 255, "Sequence number reset"}};
constexpr ValueName query_codes[] = {{0, 0, "Query subject = IPv6 addresses"},
                                     {1, 1, "Query subject = DNS name or empty"},
                                     {2, 2, "Query subject = IPv4 addresses"}};
constexpr ValueName reply_codes[] = {{0, 0, "Successful"}, {1, 1, "Refused"}, {2, 2, "Unknown query type"}};
constexpr ValueName rpl_codes[] = {{0, 0, "DODAG Information Solicitation"},
                                   {1, 1, "DODAG Information Object"},
                                   {2, 2, "Destination Advertisement Object"},
                                   {3, 3, "Destination Advertisement Object Acknowledgment"},
                                   {4, 4, "P2P Discovery Reply Object"},
                                   {5, 5, "P2P Discovery Reply Object Acknowledgement"},
                                   {128, 128, "Secure DODAG Information Solicitation"},
                                   {129, 129, "Secure DODAG Information Object"},
                                   {130, 130, "Secure Destination Advertisement Object"},
                                   {131, 131, "Secure Destination Advertisement Object Acknowledgment"},
                                   {132, 132, "P2P Secure Discovery Reply Object"},
                                   {133, 133, "P2P Secure Discovery Reply Object Acknowledgement"},
                                   {138, 138, "Consistency Check"}};
constexpr ValueName probe_codes[] = {{0, 0, "No error"}};
constexpr ValueName probe_reply_codes[] = {{0, 0, "No error"},
                                           {1, 1, "Malformed Query"},
                                           {2, 2, "No Such Interface"},
                                           {3, 3, "No Such Table Entry"},
                                           {4, 4, "Multiple Interfaces Satisfy Query"}};
constexpr ValueName probe_states[] = {{0, 0, "Reserved"}, {1, 1, "Incomplete"}, {2, 2, "Reachable"}, {3, 3, "Stale"},
                                      {4, 4, "Delay"},    {5, 5, "Probe"},      {6, 6, "Failed"}};
constexpr ValueName record_types[] = {
    {1, 1, "Include"},           {2, 2, "Exclude"},          {3, 3, "Changed to include"}, {4, 4, "Changed to exclude"},
    {5, 5, "Allow new sources"}, {6, 6, "Block old sources"}};
constexpr ValueName handover_types[] = {{2, 2, "Router Solicitation for Proxy Advertisement"},
                                        {3, 3, "Proxy Router Advertisement"},
                                        {4, 4, "Handover Initiate"},
                                        {5, 5, "Handover Acknowledge"}};
constexpr ValueName proxy_codes[] = {{0, 0, "MN should use AP-ID, AR-info tuple"},
                                     {1, 1, "Network Initiated Handover trigger"},
                                     {2, 2, "No new router information"},
                                     {3, 3, "Limited new router information"},
                                     {4, 4, "Unsolicited"}};
constexpr ValueName initiate_codes[] = {{0, 0, "FBU sent from previous link"}, {1, 1, "FBU sent from new link"}};
constexpr ValueName acknowledge_codes[] = {
    {0, 0, "Handover Accepted, NCoA valid"},        {1, 1, "Handover Accepted, NCoA not valid"},
    {2, 2, "Handover Accepted, NCoA in use"},       {3, 3, "Handover Accepted, NCoA assigned"},
    {4, 4, "Handover Accepted, NCoA not assigned"}, {128, 128, "Handover Not Accepted, reason unspecified"},
    {129, 129, "Administratively prohibited"},      {130, 130, "Insufficient resources"}};
constexpr ValueName operations[] = {{1, 1, "Add"}, {2, 2, "Change"}, {3, 3, "Set Global"}};
constexpr ValueName question_types[] = {{0, 0, "NOOP"},
                                        {1, 1, "Supported query types (Obsolete)"},
                                        {2, 2, "Node Name"},
                                        {3, 3, "Node addresses"},
                                        {4, 4, "IPv4 node addresses"}};
constexpr ValueName unicast_names[] = {{0, 0, "Unicast addresses on the queried interface"},
                                       {1, 1, "All unicast address"}};
constexpr ValueName duplicate_statuses[] = {
    {0, 0, "Success"}, {1, 1, "Duplicate Exists"}, {2, 2, "Neighbor Cache Full"}};
constexpr ValueName seed_lengths[] = {
    {0, 0, "0 bit, not included in MPL Seed Info"}, {1, 1, "16 bits"}, {2, 2, "64 bits"}, {3, 3, "128 bits"}};

// What the codes of a type are called; some types show the number alone.
ValueNames codes_of(std::uint8_t type) noexcept {
  switch (type) {
    case 1:
      return unreachable_codes;
    case 3:
      return exceeded_codes;
    case 4:
      return parameter_codes;
    case 138:
      return renumbering_codes;
    case 139:
      return query_codes;
    case 140:
      return reply_codes;
    case 155:
      return rpl_codes;
    case 160:
      return probe_codes;
    case 161:
      return probe_reply_codes;
    default:
      return {};
  }
}

constexpr FieldLook hexadecimal{.show = Show::hex};

constexpr Field type_field{{"icmpv6.type", "Type", 0, 8}, FieldType::uint8, {.names = types}};
constexpr Field code_field{{"icmpv6.code", "Code", 8, 8}, FieldType::uint8};
constexpr Field checksum{"icmpv6.checksum", "Checksum", FieldType::uint16, hexadecimal};
constexpr Field checksum_status{"icmpv6.checksum.status", "Checksum Status", FieldType::uint8};
constexpr Note checksum_bad{
    {"icmpv6.checksum_bad.expert", "Bad checksum", FieldType::none}, Severity::warning, "Checksum"};
constexpr Note undecoded_type{
    {"icmpv6.undecoded.type", "Undecoded type", FieldType::none}, Severity::note, "Undecoded"};
constexpr Field mtu{"icmpv6.mtu", "MTU", FieldType::uint32};
constexpr Field pointer{"icmpv6.pointer", "Pointer", FieldType::uint32};
constexpr Field length_field{"icmpv6.length", "Length of original datagram", FieldType::uint8};
constexpr Field identifier{"icmpv6.echo.identifier", "Identifier", FieldType::uint16, hexadecimal};
constexpr Field sequence{"icmpv6.echo.sequence_number", "Sequence", FieldType::uint16};
constexpr Field response_to{"icmpv6.resp_to", "Response To", FieldType::frame_number};
constexpr Field response_time{"icmpv6.resptime", "Response Time", FieldType::real};

constexpr Field hop_limit{"icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", FieldType::uint8};
constexpr Field ra_flags{"icmpv6.nd.ra.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field ra_m = flag("icmpv6.nd.ra.flag.m", "Managed address configuration", 8, 0);
constexpr Field ra_o = flag("icmpv6.nd.ra.flag.o", "Other configuration", 8, 1);
constexpr Field ra_h = flag("icmpv6.nd.ra.flag.h", "Home Agent", 8, 2);
constexpr Field ra_prf = bits("icmpv6.nd.ra.flag.prf", "Prf (Default Router Preference)", 8, 3, 2, FieldType::uint8,
                              {.names = preference_names});
constexpr Field ra_p = flag("icmpv6.nd.ra.flag.p", "Proxy", 8, 5);
constexpr Field ra_rsv = bits("icmpv6.nd.ra.flag.rsv", "Reserved", 8, 6, 2, FieldType::uint8);
constexpr Field router_lifetime{"icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", FieldType::uint16};
constexpr Field reachable_time{"icmpv6.nd.ra.reachable_time", "Reachable time (ms)", FieldType::uint32};
constexpr Field retrans_timer{"icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", FieldType::uint32};
constexpr Field ns_target{"icmpv6.nd.ns.target_address", "Target Address", FieldType::ipv6};
constexpr Field na_flags{"icmpv6.nd.na.flag", "Flags", FieldType::uint32, hexadecimal};
constexpr Field na_r = flag("icmpv6.nd.na.flag.r", "Router", 32, 0);
constexpr Field na_s = flag("icmpv6.nd.na.flag.s", "Solicited", 32, 1);
constexpr Field na_o = flag("icmpv6.nd.na.flag.o", "Override", 32, 2);
constexpr Field na_rsv = bits("icmpv6.nd.na.flag.rsv", "Reserved", 32, 3, 29, FieldType::uint32);
constexpr Field na_target{"icmpv6.nd.na.target_address", "Target Address", FieldType::ipv6};
constexpr Field rd_target{"icmpv6.nd.rd.target_address", "Target Address", FieldType::ipv6};
constexpr Field rd_destination{"icmpv6.rd.na.destination_address", "Destination Address", FieldType::ipv6};

constexpr Field mld_delay{"icmpv6.mld.maximum_response_delay", "Maximum Response Delay [ms]", FieldType::uint16};
constexpr Field mld_group{"icmpv6.mld.multicast_address", "Multicast Address", FieldType::ipv6};
constexpr Field mld_code{"icmpv6.mld.maximum_response_code", "Maximum Response Code", FieldType::uint16};
constexpr Field mld_flags{"icmpv6.mld.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field mld_s = flag("icmpv6.mld.flag.s", "Suppress Router-Side Processing", 8, 4, {});
constexpr Field mld_qrv = bits("icmpv6.mld.flag.qrv", "QRV (Querier's Robustness Variable)", 8, 5, 3, FieldType::uint8);
constexpr Field mld_rsv = bits("icmpv6.mld.flag.reserved", "Reserved", 8, 0, 4, FieldType::uint8);
constexpr Field mld_interval{"icmpv6.mld.qqi", "QQIC (Querier's Query Interval Code)", FieldType::uint8};
constexpr Field mld_count{"icmpv6.mld.nb_sources", "Number of Sources", FieldType::uint16};
constexpr Field mld_source{"icmpv6.mld.source_address", "Source Address", FieldType::ipv6};
constexpr Field record_count{"icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records", FieldType::uint16};
constexpr Field record{"icmpv6.mldr.mar", "Multicast Address Record", FieldType::none};
constexpr Field record_type{"icmpv6.mldr.mar.record_type", "Record Type", FieldType::uint8, {.names = record_types}};
constexpr Field record_aux_length{"icmpv6.mldr.mar.aux_data_len", "Aux Data Len", FieldType::uint8};
constexpr Field record_sources{"icmpv6.mldr.mar.nb_sources", "Number of Sources", FieldType::uint16};
constexpr Field record_group{"icmpv6.mldr.mar.multicast_address", "Multicast Address", FieldType::ipv6};
constexpr Field record_source{"icmpv6.mldr.mar.source_address", "Source Address", FieldType::ipv6};
constexpr Field record_aux{"icmpv6.mldr.mar.auxiliary_data", "Auxiliary Data", FieldType::bytes};

constexpr Field rr_sequence{"icmpv6.rr.sequence_number", "Sequence Number", FieldType::uint32};
constexpr Field rr_segment{"icmpv6.rr.segment_number", "Segment Number", FieldType::uint8};
constexpr Field rr_flags{"icmpv6.rr.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field rr_t = flag("icmpv6.rr.flag.t", "Test Command", 8, 0);
constexpr Field rr_r = flag("icmpv6.rr.flag.r", "Result requested", 8, 1);
constexpr Field rr_a = flag("icmpv6.rr.flag.a", "All Interfaces", 8, 2);
constexpr Field rr_s = flag("icmpv6.rr.flag.s", "Site-specific", 8, 3);
constexpr Field rr_p = flag("icmpv6.rr.flag.p", "Processed previously", 8, 4);
constexpr Field rr_rsv = bits("icmpv6.rr.flag.rsv", "Reserved", 8, 5, 3, FieldType::uint8);
constexpr Field rr_delay{"icmpv6.rr.maxdelay", "Max Delay", FieldType::uint16};
constexpr Field mp{"icmpv6.rr.pco.mp", "Match-Prefix Part", FieldType::none};
constexpr Field mp_operation{"icmpv6.rr.pco.mp.opcode", "OpCode", FieldType::uint8, {.names = operations}};
constexpr Field mp_length{"icmpv6.rr.pco.mp.oplength", "OpLength", FieldType::uint8};
constexpr Field mp_ordinal{"icmpv6.rr.pco.mp.ordinal", "Ordinal", FieldType::uint8, hexadecimal};
constexpr Field mp_match{"icmpv6.rr.pco.mp.matchlen", "MatchLen", FieldType::uint8};
constexpr Field mp_min{"icmpv6.rr.pco.mp.minlen", "MinLen", FieldType::uint8};
constexpr Field mp_max{"icmpv6.rr.pco.mp.maxlen", "MaxLen", FieldType::uint8};
constexpr Field mp_prefix{"icmpv6.rr.pco.mp.matchprefix", "MatchPrefix", FieldType::ipv6};
constexpr Note match_too_long{{"icmpv6.rr.pco.mp.matchlen.gt128", "MatchLen is greater than 128", FieldType::none},
                              Severity::warning,
                              "Protocol"};
constexpr Note matched_too_long{
    {"icmpv6.rr.pco.mp.matchedlen.gt128", "MatchedLen is greater than 128", FieldType::none},
    Severity::warning,
    "Protocol"};
constexpr Field up{"icmpv6.rr.pco.up", "Use-Prefix Part", FieldType::none};
constexpr Field up_use{"icmpv6.rr.pco.up.uselen", "UseLen", FieldType::uint8};
constexpr Field up_keep{"icmpv6.rr.pco.up.keeplen", "KeepLen", FieldType::uint8};
constexpr Field up_mask{"icmpv6.rr.pco.up.flagmask", "FlagMask", FieldType::uint8, hexadecimal};
constexpr Field up_l = flag("icmpv6.rr.pco.up.flagmask.l", "On-link flag(L)", 8, 0);
constexpr Field up_a = flag("icmpv6.rr.pco.up.flagmask.a", "Autonomous address-configuration flag(A)", 8, 1);
constexpr Field up_mask_rsv = bits("icmpv6.rr.pco.up.flagmask.reserved", "Reserved", 8, 2, 6, FieldType::uint8);
constexpr Field up_ra{"icmpv6.rr.pco.up.raflags", "RAFlags", FieldType::uint8, hexadecimal};
constexpr Field up_valid{
    "icmpv6.rr.pco.up.validlifetime", "Valid Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field up_preferred{
    "icmpv6.rr.pco.up.preferredlifetime", "Preferred Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field up_flags{"icmpv6.rr.pco.up.flag", "Flags", FieldType::uint32, hexadecimal};
constexpr Field up_v = flag("icmpv6.rr.pco.up.flag.v", "Decrement valid lifetime", 32, 0);
constexpr Field up_p = flag("icmpv6.rr.pco.up.flag.p", "Decrement preferred lifetime", 32, 1);
constexpr Field up_rsv = bits("icmpv6.rr.pco.up.flag.reserved", "Reserved", 32, 2, 30, FieldType::uint32);
constexpr Field up_prefix{"icmpv6.rr.pco.up.useprefix", "UsePrefix", FieldType::ipv6};
constexpr Field rm{"icmpv6.rr.rm", "Result Message", FieldType::none};
constexpr Field rm_flags{"icmpv6.rr.rm.flag", "Flags", FieldType::uint16, hexadecimal};
constexpr Field rm_b = flag("icmpv6.rr.rm.flag.b", "Bounds", 16, 14);
constexpr Field rm_f = flag("icmpv6.rr.rm.flag.f", "Forbidden", 16, 15);
constexpr Field rm_rsv = bits("icmpv6.rr.rm.flag.reserved", "Reserved", 16, 0, 14, FieldType::uint16);
constexpr Field rm_ordinal{"icmpv6.rr.rm.ordinal", "Ordinal", FieldType::uint8, hexadecimal};
constexpr Field rm_matched{"icmpv6.rr.rm.matchedlen", "MatchedLen", FieldType::uint8};
constexpr Field rm_interface{"icmpv6.rr.rm.interfaceindex", "InterfaceIndex", FieldType::uint32};
constexpr Field rm_prefix{"icmpv6.rr.rm.matchedprefix", "MatchedPrefix", FieldType::ipv6};

constexpr Field mip_identifier{"icmpv6.mip6.identifier", "Identifier", FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field mip_agent{"icmpv6.mip6.home_agent_address", "Home Agent Address", FieldType::ipv6};
constexpr Field mip_flags{"icmpv6.mip6.flag", "Flags", FieldType::uint16, hexadecimal};
constexpr Field mip_m = flag("icmpv6.mip6.flag.m", "Managed address configuration", 16, 0);
constexpr Field mip_o = flag("icmpv6.mip6.flag.o", "Other configuration", 16, 1);
constexpr Field mip_rsv = bits("icmpv6.mip6.flag.rsv", "Reserved", 16, 2, 14, FieldType::uint16);
constexpr Field send_identifier{"icmpv6.send.identifier", "Identifier", FieldType::uint16};
constexpr Field send_all{"icmpv6.send.all_components", "All Components", FieldType::uint16};
constexpr Field send_component{"icmpv6.send.component", "Component", FieldType::uint16};
constexpr Field handover_type{"icmpv6.fmip6.subtype", "Subtype", FieldType::uint8, {.names = handover_types}};
constexpr Field handover_flags{"icmpv6.fmip6.hi.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field handover_s = flag("icmpv6.fmip6.hi.flag.s", "Assigned address configuration", 8, 0);
constexpr Field handover_a = flag("icmpv6.fmip6.hi.flag.a", "Buffer", 8, 1);
constexpr Field handover_rsv = bits("icmpv6.fmip6.hi.flag.reserved", "Reserved", 8, 2, 6, FieldType::uint8);
constexpr Field handover_identifier{
    "icmpv6.fmip6.identifier", "Identifier", FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field query_interval{"icmpv6.mcast_ra.query_interval", "Query Interval", FieldType::uint16};
constexpr Field robustness{"icmpv6.mcast_ra.robustness_variable", "Robustness Variable", FieldType::uint16};

constexpr Field ni_type{"icmpv6.ni.qtype", "Qtype", FieldType::uint16, {.names = question_types}};
constexpr Field ni_flags{"icmpv6.ni.flag", "Flags", FieldType::uint16, hexadecimal};
constexpr Field ni_g = flag("icmpv6.ni.flag.g", "Global-scope addresses", 16, 10);
constexpr Field ni_s = flag("icmpv6.ni.flag.s", "Site-local addresses", 16, 11);
constexpr Field ni_l = flag("icmpv6.ni.flag.l", "Link-local addresses", 16, 12);
constexpr Field ni_c = flag("icmpv6.ni.flag.c", "Compression", 16, 13);
constexpr Field ni_a = flag("icmpv6.ni.flag.a", "Unicast Addresses", 16, 14, unicast_names);
constexpr Field ni_t = flag("icmpv6.ni.flag.t", "Truncated", 16, 15);
constexpr Field ni_rsv = bits("icmpv6.ni.flag.rsv", "Reserved", 16, 0, 10, FieldType::uint16, hexadecimal);
constexpr Field ni_nonce{"icmpv6.ni.nonce", "Nonce", FieldType::uint64, hexadecimal};
constexpr Field ni_subject_ipv6{"icmpv6.ni.query.subject_ipv6", "IPv6 subject address", FieldType::ipv6};
constexpr Field ni_subject_name{"icmpv6.ni.query.subject_fqdn", "FQDN subject", FieldType::string};
constexpr Field ni_subject_ipv4{"icmpv6.ni.query.subject_ipv4", "IPv4 subject address", FieldType::ipv4};
constexpr Field ni_ttl{"icmpv6.ni.reply.node_ttl", "TTL", FieldType::uint32};
constexpr Field ni_name{"icmpv6.ni.reply.node_name", "Name Node", FieldType::string};
constexpr Field ni_ipv6{"icmpv6.ni.reply.node_address", "IPv6 Node address", FieldType::ipv6};
constexpr Field ni_ipv4{"icmpv6.ni.reply.ipv4_address", "IPv4 Node address", FieldType::ipv4};

constexpr Field locator_count{"icmpv6.ilnp.nb_locs", "Num of Locs", FieldType::uint8};
constexpr Field locator{"icmpv6.ilnp.nb_locator", "Locator", FieldType::uint64, hexadecimal};
constexpr Field locator_preference{"icmpv6.ilnp.nb_preference", "Preference", FieldType::uint32};
constexpr Field locator_lifetime{"icmpv6.ilnp.nb_lifetime", "Lifetime", FieldType::uint32};
constexpr Field da_status{"icmpv6.6lowpannd.da.status", "Status", FieldType::uint8, {.names = duplicate_statuses}};
constexpr Field da_rsv{"icmpv6.6lowpannd.da.rsv", "Reserved", FieldType::uint8};
constexpr Field da_lifetime{"icmpv6.6lowpannd.da.lifetime", "Lifetime", FieldType::uint16};
constexpr Field da_eui{"icmpv6.6lowpannd.da.eui64", "EUI-64", FieldType::eui64};
constexpr Field da_address{"icmpv6.6lowpannd.da.reg_addr", "Registered Address", FieldType::ipv6};
constexpr Field probe_sequence{"icmpv6.ext.echo.seq", "Sequence number", FieldType::uint8, {.show = Show::dec_hex}};
constexpr Field probe_rsv = bits("icmpv6.ext.echo.req.res", "Reserved", 8, 0, 7, FieldType::uint8, hexadecimal);
constexpr Field probe_local = flag("icmpv6.ext.echo.req.local", "Local bit", 8, 7);
constexpr Field answer_state =
    bits("icmpv6.ext.echo.rsp.state", "State", 8, 0, 3, FieldType::uint8, {.names = probe_states});
constexpr Field answer_rsv = bits("icmpv6.ext.echo.rsp.res", "Reserved", 8, 3, 2, FieldType::uint8, hexadecimal);
constexpr Field answer_active = flag("icmpv6.ext.echo.rsp.active", "Active bit", 8, 5);
constexpr Field answer_ipv4 = flag("icmpv6.ext.echo.rsp.ipv4", "IPv4 bit", 8, 6);
constexpr Field answer_ipv6 = flag("icmpv6.ext.echo.rsp.ipv6", "IPv6 bit", 8, 7);
constexpr Field seed_sequence{"icmpv6.mpl.seed_info.min_sequence", "MinSequence", FieldType::uint8};
constexpr Field seed_buffered =
    bits("icmpv6.mpl.seed_info.bm_len", "Buffered Messages Length", 8, 0, 6, FieldType::uint8);
constexpr Field seed_length =
    bits("icmpv6.mpl.seed_info.s", "Seed ID Length", 8, 6, 2, FieldType::uint8, {.names = seed_lengths});
constexpr Field seed_identifier{"icmpv6.mpl.seed_info.seed_id", "Seed ID", FieldType::string};
constexpr Field seed_message{"icmpv6.mpl.seed_info.sequence", "Sequence", FieldType::uint8};

constexpr const Field* own_fields[] = {&type_field,
                                       &code_field,
                                       &checksum,
                                       &checksum_status,
                                       &checksum_bad.field,
                                       &undecoded_type.field,
                                       &reserved,
                                       &data,
                                       &icmpv6::unknown_data,
                                       &icmpv6::unknown_data_note.field,
                                       &icmpv6::invalid_option_length.field,
                                       &mtu,
                                       &pointer,
                                       &length_field,
                                       &identifier,
                                       &sequence,
                                       &response_to,
                                       &response_time,
                                       &hop_limit,
                                       &ra_flags,
                                       &ra_m,
                                       &ra_o,
                                       &ra_h,
                                       &ra_prf,
                                       &ra_p,
                                       &ra_rsv,
                                       &router_lifetime,
                                       &reachable_time,
                                       &retrans_timer,
                                       &ns_target,
                                       &na_flags,
                                       &na_r,
                                       &na_s,
                                       &na_o,
                                       &na_rsv,
                                       &na_target,
                                       &rd_target,
                                       &rd_destination,
                                       &mld_delay,
                                       &mld_group,
                                       &mld_code,
                                       &mld_flags,
                                       &mld_s,
                                       &mld_qrv,
                                       &mld_rsv,
                                       &mld_interval,
                                       &mld_count,
                                       &mld_source,
                                       &record_count,
                                       &record,
                                       &record_type,
                                       &record_aux_length,
                                       &record_sources,
                                       &record_group,
                                       &record_source,
                                       &record_aux,
                                       &rr_sequence,
                                       &rr_segment,
                                       &rr_flags,
                                       &rr_t,
                                       &rr_r,
                                       &rr_a,
                                       &rr_s,
                                       &rr_p,
                                       &rr_rsv,
                                       &rr_delay,
                                       &mp,
                                       &mp_operation,
                                       &mp_length,
                                       &mp_ordinal,
                                       &mp_match,
                                       &mp_min,
                                       &mp_max,
                                       &mp_prefix,
                                       &match_too_long.field,
                                       &matched_too_long.field,
                                       &up,
                                       &up_use,
                                       &up_keep,
                                       &up_mask,
                                       &up_l,
                                       &up_a,
                                       &up_mask_rsv,
                                       &up_ra,
                                       &up_valid,
                                       &up_preferred,
                                       &up_flags,
                                       &up_v,
                                       &up_p,
                                       &up_rsv,
                                       &up_prefix,
                                       &rm,
                                       &rm_flags,
                                       &rm_b,
                                       &rm_f,
                                       &rm_rsv,
                                       &rm_ordinal,
                                       &rm_matched,
                                       &rm_interface,
                                       &rm_prefix,
                                       &mip_identifier,
                                       &mip_agent,
                                       &mip_flags,
                                       &mip_m,
                                       &mip_o,
                                       &mip_rsv,
                                       &send_identifier,
                                       &send_all,
                                       &send_component,
                                       &handover_type,
                                       &handover_flags,
                                       &handover_s,
                                       &handover_a,
                                       &handover_rsv,
                                       &handover_identifier,
                                       &query_interval,
                                       &robustness,
                                       &ni_type,
                                       &ni_flags,
                                       &ni_g,
                                       &ni_s,
                                       &ni_l,
                                       &ni_c,
                                       &ni_a,
                                       &ni_t,
                                       &ni_rsv,
                                       &ni_nonce,
                                       &ni_subject_ipv6,
                                       &ni_subject_name,
                                       &ni_subject_ipv4,
                                       &ni_ttl,
                                       &ni_name,
                                       &ni_ipv6,
                                       &ni_ipv4,
                                       &locator_count,
                                       &locator,
                                       &locator_preference,
                                       &locator_lifetime,
                                       &da_status,
                                       &da_rsv,
                                       &da_lifetime,
                                       &da_eui,
                                       &da_address,
                                       &probe_sequence,
                                       &probe_rsv,
                                       &probe_local,
                                       &answer_state,
                                       &answer_rsv,
                                       &answer_active,
                                       &answer_ipv4,
                                       &answer_ipv6,
                                       &seed_sequence,
                                       &seed_buffered,
                                       &seed_length,
                                       &seed_identifier,
                                       &seed_message};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::ip_protocol, 58}};

const std::vector<const Field*> fields = [] {
  std::vector<const Field*> all(std::begin(own_fields), std::end(own_fields));
  for (const auto& more : {icmpv6::option_fields(), icmpv6::rpl_fields(), icmp_extension_fields()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}();

}  // namespace

extern const ProtocolInfo icmpv6_protocol{
    {"icmpv6", "Internet Control Message Protocol v6", FieldType::protocol}, "ICMPv6", dissect, bindings, fields};

namespace {

constexpr std::uint16_t ipv6_ethertype = 0x86dd;

// `Unknown (9)` where nothing is known.
std::string_view name_or_unknown(Packet& p, ValueNames names, std::uint8_t value) {
  const std::string_view name = find_name(names, value);
  return name.empty() ? p.value("Unknown ({})", value) : name;
}

// The extensions are a dissector of their own: what it does not know is data.
void call_extensions(Walk& w, std::uint32_t at) {
  const Octets rest = w.in.from(at);
  if (rest.reported == 0) {
    w.p.add(w.tree, *icmp_extension_fields().front(), rest, 0, 0);
    return;
  }
  static constexpr unsigned version = 2;
  const bool known = rest.captured != 0 && std::to_integer<unsigned>(rest.data[0]) >> 4 == version;
  if (known) w.p.add_layer_name("icmp");
  // Its notes are ICMP's.
  const std::string_view name = std::exchange(w.p.protocol_name, "ICMP");
  dissect_icmp_extensions(w.p, w.tree, rest);
  w.p.protocol_name = name;
  if (known || w.p.stopped()) return;
  w.p.call_data(rest, w.tree);
}

// Source: RFC 4443 §3, RFC 4884 §4.
void dissect_error(Walk& w, std::uint8_t type) {
  Packet& p = w.p;
  std::uint32_t length = 0;
  if (type == 2 || type == 4) {
    w.add(type == 2 ? mtu : pointer, 4);
  } else {
    length = p.u8(w.in, w.at) * 8u;
    if (length != 0) w.add(length_field, 1);
    w.add(reserved, length != 0 ? 3 : 4);
  }
  const std::uint8_t first = p.u8(w.in, w.at);
  if (p.stopped()) return;
  if (length != 0 && !p.need(w.in, w.at, length)) {
    p.forget_stop();
    call_quoted(p, w.tree, ipv6_ethertype, w.in.from(w.at));
    (void)p.need(w.in, w.at, length + 1);
    return;
  }
  if (first >> 4 == 6) {
    call_quoted(p, w.tree, ipv6_ethertype, w.in.from(w.at));
  } else {
    p.call_data(w.in.from(w.at), w.tree);
  }
  if (length != 0 && !p.stopped()) call_extensions(w, w.at + length);
}

void dissect_echo(Walk& w, bool is_reply) {
  Packet& p = w.p;
  const std::uint16_t id = p.u16(w.in, 4);
  w.add(identifier, 2);
  const std::uint16_t number = p.u16(w.in, 6);
  w.add(sequence, 2);
  if (p.stopped()) return;
  p.append_info_format(" id=0x{:04x}, seq={}, hop limit={}", id, number, p.ip_hops);
  if (!p.in_error) {
    const std::uint16_t sum = p.u16(w.in, 2);
    const std::uint32_t key = p.u32(w.in, 4);
    if (!is_reply) {
      // The reply's type is one more, its checksum that much less. Source: RFC 1624.
      note_echo_request(p, ones_complement_sum(sum, 0xfeff), key);
    } else if (const EchoMemory::Request* request = match_echo_reply(p, sum, key)) {
      p.append_info_format(" (request in {})", request->frame);
      if (p.wants_items()) {
        p.generated(p.add(w.tree, response_to, w.in, 0, 0, request->frame));
        const double milliseconds = static_cast<double>((p.time() - request->time).count()) / 1e6;
        const ItemId item = p.add(w.tree, response_time, w.in, 0, 0, std::bit_cast<std::uint64_t>(milliseconds));
        p.set_text(p.generated(item), p.text("Response Time: {:.3f} ms", milliseconds));
      }
    }
  }
  p.call_data(w.in.from(w.at), w.tree);
}

// Codes that stand for large values: a mantissa of `bits`, and an exponent. Source: RFC 3810 §5.1.3, §5.1.9.
constexpr std::uint64_t expanded(std::uint32_t code, unsigned mantissa) noexcept {
  if (code < 1u << (mantissa + 3)) return code;
  const std::uint32_t exponent = (code >> mantissa) & 7u;
  const std::uint32_t value = (code & ((1u << mantissa) - 1)) | 1u << mantissa;
  return std::uint64_t{value} << (exponent + 3);
}

void dissect_listener_query(Walk& w) {
  static constexpr std::uint32_t least_of_version_2 = 28;  // octets
  static constexpr const Field* flags[] = {&mld_s, &mld_qrv, &mld_rsv};
  Packet& p = w.p;
  if (w.in.captured < least_of_version_2) {
    w.add(mld_delay, 2);
    w.add(reserved, 2);
    w.add(mld_group, 16);
    return;
  }
  w.add(mld_code, 2, expanded(p.u16(w.in, w.at), 12));
  w.add(reserved, 2);
  w.add(mld_group, 16);
  w.add_flags(mld_flags, 1, flags);
  w.add(mld_interval, 1, expanded(p.u8(w.in, w.at), 4));
  const std::uint16_t count = p.u16(w.in, w.at);
  w.add(mld_count, 2);
  for (unsigned i = 0; i < count && !p.stopped(); ++i) w.add(mld_source, 16);
}

// Source: RFC 3810 §5.2.
void dissect_listener_report(Walk& w) {
  Packet& p = w.p;
  w.add(reserved, 2);
  w.add(record_count, 2);
  const ItemId parent = w.tree;
  while (w.left() > 0 && !p.stopped()) {
    const std::uint32_t start = w.at;
    w.tree = p.add(parent, record, w.in, w.at, 0);
    const std::uint8_t type = p.u8(w.in, w.at);
    w.add(record_type, 1);
    const std::uint32_t aux_length = p.u8(w.in, w.at) * 4u;
    w.add(record_aux_length, 1);
    const std::uint16_t count = p.u16(w.in, w.at);
    w.add(record_sources, 2);
    w.add(record_group, 16);
    if (p.wants_items()) {
      const std::string_view name = find_name(record_types, type);
      p.append_text(w.tree, p.text(" {}: {}", name.empty() ? p.text("Unknown Record Type ({})", type) : name,
                                   p.text_of(p.address(Address::Kind::ipv6, w.in, start + 4))));
    }
    for (unsigned i = 0; i < count && !p.stopped(); ++i) w.add(record_source, 16);
    if (aux_length != 0) w.add(record_aux, aux_length);
    p.set_length(w.tree, w.at - start);
  }
  w.tree = parent;
}

void dissect_neighbor_advertisement(Walk& w) {
  static constexpr const Field* flag_bits[] = {&na_r, &na_s, &na_o, &na_rsv};
  struct Word {
    std::uint32_t bit;
    std::string_view name;
  };
  static constexpr Word words[] = {{0x80000000, "rtr"}, {0x40000000, "sol"}, {0x20000000, "ovr"}};
  Packet& p = w.p;
  const std::uint32_t flags = p.u32(w.in, w.at);
  w.add_flags(na_flags, 4, flag_bits);
  const Address target = p.address(Address::Kind::ipv6, w.in, w.at);
  w.add(na_target, 16);
  if (p.stopped()) return;
  if (p.columns()) {
    p.append_info_format(" {} (", p.text_of(target));
    std::string_view separator;
    for (const Word& word : words) {
      if ((flags & word.bit) == 0) continue;
      p.append_info(separator);
      p.append_info(word.name);
      separator = ", ";
    }
    p.append_info(separator.empty() ? "none)" : ")");
  }
  dissect_options(w);
}

// Source: RFC 2894 §3.
void dissect_renumbering(Walk& w, std::uint8_t code) {
  static constexpr const Field* flags[] = {&rr_t, &rr_r, &rr_a, &rr_s, &rr_p, &rr_rsv};
  static constexpr const Field* use_bits[] = {&up_l, &up_a, &up_mask_rsv};
  static constexpr const Field* lifetime_bits[] = {&up_v, &up_p, &up_rsv};
  static constexpr const Field* result_bits[] = {&rm_b, &rm_f, &rm_rsv};
  static constexpr Part head[] = {
      {&rr_sequence, 4}, {&rr_segment, 1}, {&rr_flags, 1, flags}, {&rr_delay, 2}, {&reserved, 4}};
  static constexpr Part match_head[] = {{&mp_operation, 1}, {&mp_length, 1}, {&mp_ordinal, 1}};
  static constexpr Part match_rest[] = {{&mp_min, 1}, {&mp_max, 1}, {&reserved, 2}, {&mp_prefix, 16}};
  static constexpr Part use[] = {
      {&up_use, 1},   {&up_keep, 1},      {&up_mask, 1, use_bits},       {&up_ra, 1, use_bits},
      {&up_valid, 4}, {&up_preferred, 4}, {&up_flags, 4, lifetime_bits}, {&up_prefix, 16}};
  static constexpr Part result_head[] = {{&rm_flags, 2, result_bits}, {&rm_ordinal, 1}};
  static constexpr Part result_rest[] = {{&rm_interface, 4}, {&rm_prefix, 16}};
  static constexpr std::uint8_t longest = 128;  // bits
  Packet& p = w.p;
  w.add(head);
  const ItemId parent = w.tree;
  const auto address_before = [&] { return p.text_of(p.address(Address::Kind::ipv6, w.in, w.at - 16)); };
  if (code == 0 && w.left() > 0 && !p.stopped()) {
    const std::uint32_t at = w.at;
    w.tree = p.add(parent, mp, w.in, at, 0);
    w.add(match_head);
    const std::uint8_t length = p.u8(w.in, w.at);
    const ItemId item = w.add(mp_match, 1);
    if (length > longest) p.note(item, match_too_long);
    w.add(match_rest);
    if (p.wants_items()) {
      const std::uint8_t operation = p.u8(w.in, at);
      const std::string_view name = find_name(operations, operation);
      p.append_text(w.tree, p.text(": {} {}/{} ({}-{})", name.empty() ? p.text("Unknown {}", operation) : name,
                                   address_before(), length, p.u8(w.in, at + 4), p.u8(w.in, at + 5)));
    }
    p.set_length(w.tree, w.at - at);
    while (w.left() > 0 && !p.stopped()) {
      const std::uint32_t start = w.at;
      w.tree = p.add(parent, up, w.in, start, 0);
      w.add(use);
      if (!p.wants_items()) continue;
      p.append_text(w.tree, p.text(": {}/{} (keep {})", address_before(), p.u8(w.in, start), p.u8(w.in, start + 1)));
      p.set_length(w.tree, w.at - start);
    }
  }
  if (code == 1) {
    while (w.left() > 0 && !p.stopped()) {
      const std::uint32_t start = w.at;
      w.tree = p.add(parent, rm, w.in, start, 0);
      w.add(result_head);
      const std::uint8_t length = p.u8(w.in, w.at);
      const ItemId item = w.add(rm_matched, 1);
      if (length > longest) p.note(item, matched_too_long);
      w.add(result_rest);
      if (!p.wants_items()) continue;
      p.append_text(w.tree, p.text(": {}/{} (interface {})", address_before(), length, p.u32(w.in, start + 4)));
      p.set_length(w.tree, w.at - start);
    }
  }
  w.tree = parent;
}

bool add_name(Walk& w, const Field& field) {
  dns::Name name;
  const Octets message = w.in.from(w.at);
  const std::uint32_t used = dns::NameReader{w.p, message}.read(0, name);
  if (w.p.stopped() || used == 0) return false;
  w.p.add_string(w.tree, field, w.in, w.at, used, name.text());
  w.at += used;
  return true;
}

// Source: RFC 4620 §4, §6.
void dissect_node_information(Walk& w, std::uint8_t code, bool is_reply) {
  static constexpr const Field* flags[] = {&ni_g, &ni_s, &ni_l, &ni_c, &ni_a, &ni_t, &ni_rsv};
  Packet& p = w.p;
  const std::uint16_t question = p.u16(w.in, w.at);
  w.add(ni_type, 2);
  w.add_flags(ni_flags, 2, flags);
  w.add(ni_nonce, 8);
  if (p.stopped() || w.left() == 0) return;
  if (!is_reply) {
    if (code == 0) w.add(ni_subject_ipv6, 16);
    if (code == 1) add_name(w, ni_subject_name);
    if (code == 2) w.add(ni_subject_ipv4, 4);
    return;
  }
  if (code != 0) return;
  if (question == 2) {
    w.add(ni_ttl, 4);
    while (w.left() > 0 && !p.stopped() && p.u8(w.in, w.at) != 0 && add_name(w, ni_name)) {
    }
  }
  while ((question == 3 || question == 4) && w.left() > 0 && !p.stopped()) {
    w.add(ni_ttl, 4);
    w.add(question == 3 ? ni_ipv6 : ni_ipv4, question == 3 ? 16 : 4);
  }
}

// Source: RFC 5568 §6.
void dissect_handover(Walk& w, std::uint8_t code, ItemId code_item) {
  static constexpr const Field* flags[] = {&handover_s, &handover_a, &handover_rsv};
  Packet& p = w.p;
  const std::uint8_t subtype = p.u8(w.in, w.at);
  w.add(handover_type, 1);
  if (p.stopped()) return;
  p.append_info_format(" ({})", name_or_unknown(p, handover_types, subtype));
  const ValueNames codes = subtype == 3   ? ValueNames{proxy_codes}
                           : subtype == 4 ? ValueNames{initiate_codes}
                           : subtype == 5 ? ValueNames{acknowledge_codes}
                                          : ValueNames{};
  if (!codes.empty() && p.wants_items()) {
    const std::string_view name = find_name(codes, code);
    p.append_text(code_item, name.empty() ? p.text(" (Unknown {})", code) : p.text(" ({})", name));
  }
  if (subtype == 4) {
    w.add_flags(handover_flags, 1, flags);
  } else if (subtype == 2 || subtype == 3 || subtype == 5) {
    w.add(reserved, 1);
  } else {
    w.at += 1;
  }
  w.add(handover_identifier, 2);
  dissect_options(w);
}

// Source: RFC 7731 §6.2. The octets say what a seed sent, each bit a message.
void dissect_seeds(Walk& w) {
  static constexpr Note too_short = icmpv6::unknown_data_note;
  static constexpr std::uint32_t lengths[] = {0, 2, 8, 16};
  Packet& p = w.p;
  const ItemId parent = w.tree;
  const auto rest_is_unknown = [&](std::string_view what, std::uint32_t needed) {
    const std::uint32_t left = w.left();
    const ItemId id = w.add(icmpv6::unknown_data, left);
    if (id != ItemId::none) {
      p.note(id, too_short, p.value("Remaining data, {} bytes, is too short for {} of {} bytes", left, what, needed));
    }
  };
  for (unsigned seed = 1; w.left() >= 2 && !p.stopped(); ++seed) {
    const std::uint32_t start = w.at;
    w.tree = p.wants_items() ? p.add_text(parent, w.in, start, 0, p.text("MPL Seed Info: [{}]", seed)) : ItemId::none;
    const std::uint8_t first = p.u8(w.in, w.at);
    w.add(seed_sequence, 1);
    const std::uint8_t sizes = p.u8(w.in, w.at);
    w.add_bits(w.tree, seed_buffered, 1);
    w.add_bits(w.tree, seed_length, 1);
    w.at += 1;
    const std::uint32_t size = lengths[sizes & 3];
    const std::uint32_t buffered = sizes >> 2;
    if (w.left() < size) {
      rest_is_unknown("Seed ID", size);
      break;
    }
    const Bytes octets = p.octets(w.in, w.at, size);
    if (p.wants_items()) {
      std::string text;
      if (size == 16) {
        text = p.text_of(p.address(Address::Kind::ipv6, w.in, w.at));
      } else if (size == 0) {
        text = p.text_of(p.network_source);
      } else {
        for (const std::byte octet : octets) {
          if (size == 8 && !text.empty()) text += ':';
          fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<unsigned>(octet));
        }
      }
      p.add_string(w.tree, seed_identifier, w.in, w.at, size, text);
    }
    w.at += size;
    if (w.left() < buffered) {
      rest_is_unknown("Buffered Messages", buffered);
      break;
    }
    if (buffered != 0 && p.need(w.in, w.at, buffered)) {
      const ItemId list = p.add_text(w.tree, w.in, w.at, buffered, "Buffered Messages");
      for (unsigned bit = 0; bit < buffered * 8 && list != ItemId::none; ++bit) {
        if ((p.u8(w.in, w.at + bit / 8) >> (7 - bit % 8) & 1) == 0) continue;
        p.add(list, seed_message, w.in, w.at + bit / 8, 1, (first + bit) & 0xff);
      }
      w.at += buffered;
    }
    p.set_length(w.tree, w.at - start);
  }
  w.tree = parent;
  if (w.left() == 1) {
    p.note(p.add(parent, icmpv6::unknown_data, w.in, w.at, 0), too_short,
           "1 bytes data is left after dissecting MPL Control Message");
    if (w.at > 4) p.stop(Stop::reported);
  }
}

void dissect_probe(Walk& w, bool is_reply) {
  Packet& p = w.p;
  w.add(identifier, 2);
  if (!p.need(w.in, w.at, 1)) return;
  w.add(probe_sequence, 1);
  if (!p.need(w.in, w.at, 1)) return;
  if (is_reply) {
    for (const Field* field : {&answer_state, &answer_rsv, &answer_active, &answer_ipv4, &answer_ipv6}) {
      w.add_bits(w.tree, *field, 1);
    }
    return;
  }
  w.add_bits(w.tree, probe_rsv, 1);
  w.add_bits(w.tree, probe_local, 1);
  call_extensions(w, w.at + 1);
}

void dissect_unknown(Walk& w, std::uint8_t type) {
  Packet& p = w.p;
  if (p.wants_items()) {
    p.note(w.tree, undecoded_type,
           p.value("Dissector for ICMPv6 Type ({}) code not implemented, Contact Wireshark developers if you want this "
                   "supported",
                   type));
  }
  w.add(data, w.in.captured > w.at ? w.in.captured - w.at : 1);
}

// Messages whose fields come one after the other.
std::span<const Part> parts_of(std::uint8_t type) noexcept {
  static constexpr const Field* ra_bits[] = {&ra_m, &ra_o, &ra_h, &ra_prf, &ra_p, &ra_rsv};
  static constexpr const Field* mip_bits[] = {&mip_m, &mip_o, &mip_rsv};
  static constexpr Part listener[] = {{&mld_delay, 2}, {&reserved, 2}, {&mld_group, 16}};
  static constexpr Part solicitation[] = {{&reserved, 4}};
  static constexpr Part advertisement[] = {
      {&hop_limit, 1}, {&ra_flags, 1, ra_bits}, {&router_lifetime, 2}, {&reachable_time, 4}, {&retrans_timer, 4}};
  static constexpr Part neighbor[] = {{&reserved, 4}, {&ns_target, 16}};
  static constexpr Part redirect[] = {{&reserved, 4}, {&rd_target, 16}, {&rd_destination, 16}};
  static constexpr Part mobile[] = {{&mip_identifier, 2}, {&reserved, 2}};
  static constexpr Part mobile_prefix[] = {{&mip_identifier, 2}, {&mip_flags, 2, mip_bits}};
  static constexpr Part path_question[] = {{&send_identifier, 2}, {&send_component, 2}};
  static constexpr Part path_answer[] = {{&send_identifier, 2}, {&send_all, 2}, {&send_component, 2}, {&reserved, 2}};
  static constexpr Part multicast_router[] = {{&query_interval, 2}, {&robustness, 2}};
  static constexpr Part locators[] = {{&locator_count, 1}, {&reserved, 1}, {&reserved, 2}};
  static constexpr Part duplicate[] = {{&da_status, 1}, {&da_rsv, 1}, {&da_lifetime, 2}};
  switch (type) {
    case 131:
    case 132:
      return listener;
    case 133:
    case 141:
    case 142:
      return solicitation;
    case 134:
      return advertisement;
    case 135:
      return neighbor;
    case 137:
      return redirect;
    case 144:
    case 145:
    case 146:
      return mobile;
    case 147:
      return mobile_prefix;
    case 148:
      return path_question;
    case 149:
      return path_answer;
    case 151:
      return multicast_router;
    case 156:
      return locators;
    case 157:
    case 158:
      return duplicate;
    default:
      return {};
  }
}

void dissect_body(Walk& w, std::uint8_t type, std::uint8_t code, ItemId code_item) {
  Packet& p = w.p;
  w.add(parts_of(type));
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4:
      dissect_error(w, type);
      break;
    case 128:
    case 129:
      dissect_echo(w, type == 129);
      break;
    case 130:
      dissect_listener_query(w);
      break;
    case 135:
      if (p.columns()) {
        p.append_info(" for ");
        p.append_info(p.text_of(p.address(Address::Kind::ipv6, w.in, 8)));
      }
      dissect_options(w);
      break;
    case 133:
    case 134:
    case 137:
    case 141:
    case 142:
    case 147:
    case 148:
    case 149:
      dissect_options(w);
      break;
    case 136:
      dissect_neighbor_advertisement(w);
      break;
    case 138:
      dissect_renumbering(w, code);
      break;
    case 139:
    case 140:
      dissect_node_information(w, code, type == 140);
      break;
    case 143:
      dissect_listener_report(w);
      break;
    case 145:
      while (w.left() > 0 && !p.stopped()) w.add(mip_agent, 16);
      break;
    case 150:
    case 154:
      dissect_handover(w, code, code_item);
      break;
    case 155:
      dissect_rpl(w, code);
      break;
    case 156:
      for (unsigned count = p.u8(w.in, 4); count > 0 && !p.stopped(); --count) {
        w.add(locator, 8);
        w.add(locator_preference, 2);
        w.add(locator_lifetime, 2);
      }
      break;
    case 157:
    case 158:
      w.add_eui64(da_eui);
      w.add(da_address, 16);
      break;
    case 159:
      dissect_seeds(w);
      break;
    case 160:
    case 161:
      dissect_probe(w, type == 161);
      break;
    case 131:
    case 132:
    case 144:
    case 146:
    case 151:
    case 152:
    case 153:
      break;
    default:
      dissect_unknown(w, type);
  }
}

std::uint64_t pseudo_header_sum(const Packet& p, std::uint32_t length) noexcept {
  static constexpr std::uint64_t next_header = 58;
  const auto sum = [](const Address& address) {
    return std::uint64_t{sum_words(std::as_bytes(std::span{address.octets}))};
  };
  return sum(p.network_source) + sum(p.network_destination) + (length >> 16) + (length & 0xffff) + next_header;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const InFull in_full{p};
  p.set_protocol("ICMPv6");
  p.clear_info();
  const ItemId layer = p.add_layer(icmpv6_protocol, in, 0, in.captured);
  const std::uint8_t type = p.u8(in, 0);
  p.add(layer, type_field, in);
  if (p.stopped()) return 0;
  if (const std::string_view name = find_name(types, type); !name.empty()) {
    p.append_info(name);
  } else {
    p.append_info_format("Unknown ({})", type);
  }
  const std::uint8_t code = p.u8(in, 1);
  const ItemId code_item = p.add(layer, code_field, in);
  if (p.stopped()) return 0;
  if (const ValueNames codes = codes_of(type); !codes.empty()) {
    const std::string_view name = name_or_unknown(p, codes, code);
    p.append_info_format(" ({})", name);
    if (code_item != ItemId::none) p.append_text(code_item, p.text(" ({})", name));
  }
  add_internet_checksum(p, layer, {checksum, checksum_status, checksum_bad}, in, 2, pseudo_header_sum(p, in.reported));
  if (p.stopped()) return 0;
  Walk w{p, in, 4, layer};
  dissect_body(w, type, code, code_item);
  return in.captured;
}

}  // namespace
}  // namespace encap
