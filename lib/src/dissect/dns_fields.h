#pragma once

#include <array>
#include <iterator>

#include "dissect/ip_names.h"
#include "dissect/packet.h"
#include "encap/dissect/field.h"

namespace encap::dns {

/// What a type of resource record is called: in a line, and where it is explained.
struct TypeName {
  std::uint16_t type;
  std::string_view name;
  std::string_view description;
};
/// Sorted by type. Source: IANA "Domain Name System (DNS) Parameters", in Wireshark's words.
inline constexpr TypeName type_names[] = {
    {0, "Unused", "Unused"},
    {1, "A", "A (Host Address)"},
    {2, "NS", "NS (authoritative Name Server)"},
    {3, "MD", "MD (Mail Destination)"},
    {4, "MF", "MF (Mail Forwarder)"},
    {5, "CNAME", "CNAME (Canonical NAME for an alias)"},
    {6, "SOA", "SOA (Start Of a zone of Authority)"},
    {7, "MB", "MB (MailBox domain name)"},
    {8, "MG", "MG (Mail Group member)"},
    {9, "MR", "MR (Mail Rename domain)"},
    {10, "NULL", "NULL RR"},
    {11, "WKS", "WKS (Well Known Service)"},
    {12, "PTR", "PTR (domain name PoinTeR)"},
    {13, "HINFO", "HINFO (host information)"},
    {14, "MINFO", "MINFO (Mailbox or mail list information)"},
    {15, "MX", "MX (Mail eXchange)"},
    {16, "TXT", "TXT (Text strings)"},
    {17, "RP", "RP (Responsible Person)"},
    {18, "AFSDB", "AFSDB (AFS Data Base location)"},
    {19, "X25", "X25 (XX.25 PSDN address)"},
    {20, "ISDN", "ISDN (ISDN address)"},
    {21, "RT", "RT (Route Through)"},
    {22, "NSAP", "NSAP (NSAP address)"},
    {23, "NSAP-PTR", "NSAP-PTR (NSAP domain name pointer)"},
    {24, "SIG", "SIG (security signature)"},
    {25, "KEY", "KEY (security key)"},
    {26, "PX", "PX (X.400 mail mapping information)"},
    {27, "GPOS", "GPOS (Geographical Position)"},
    {28, "AAAA", "AAAA (IPv6 Address)"},
    {29, "LOC", "LOC (Location Information)"},
    {30, "NXT", "NXT (Next Domain)"},
    {31, "EID", "EID (Endpoint Identifier)"},
    {32, "NIMLOC", "NIMLOC (Nimrod Locator)"},
    {33, "SRV", "SRV (Server Selection)"},
    {34, "ATMA", "ATMA (ATM Address)"},
    {35, "NAPTR", "NAPTR (Naming Authority Pointer)"},
    {36, "KX", "KX (Key Exchanger)"},
    {37, "CERT", "CERT"},
    {38, "A6", "A6 (OBSOLETE - use AAAA)"},
    {39, "DNAME", "DNAME"},
    {40, "SINK", "SINK"},
    {41, "OPT", "OPT"},
    {42, "APL", "APL"},
    {43, "DS", "DS (Delegation Signer)"},
    {44, "SSHFP", "SSHFP (SSH Key Fingerprint)"},
    {45, "IPSECKEY", "IPSECKEY"},
    {46, "RRSIG", "RRSIG (Resource Record Signature)"},
    {47, "NSEC", "NSEC (Next Secure)"},
    {48, "DNSKEY", "DNSKEY (DNS Public Key)"},
    {49, "DHCID", "DHCID"},
    {50, "NSEC3", "NSEC3"},
    {51, "NSEC3PARAM", "NSEC3PARAM"},
    {52, "TLSA", "TLSA"},
    {55, "HIP", "HIP (Host Identity Protocol)"},
    {57, "RKEY", "RKEY"},
    {58, "TALINK", "TALINK (Trust Anchor LINK)"},
    {59, "CDS", "CDS (Child DS)"},
    {60, "CDNSKEY", "CDNSKEY (DNSKEY(s) the Child wants reflected in DS)"},
    {61, "OPENPGPKEY", "OPENPGPKEY (OpenPGP Key)"},
    {62, "CSYNC", "CSYNC (Child-to-Parent Synchronization)"},
    {63, "ZONEMD", "ZONEMD"},
    {64, "SVCB", "SVCB (General Purpose Service Endpoints)"},
    {65, "HTTPS", "HTTPS (HTTPS Specific Service Endpoints)"},
    {99, "SPF", "SPF"},
    {100, "UINFO", "UINFO"},
    {101, "UID", "UID"},
    {102, "GID", "GID"},
    {103, "UNSPEC", "UNSPEC"},
    {104, "NID", "NID (NodeID)"},
    {105, "L32", "L32 (Locator32)"},
    {106, "L64", "L64 (Locator64)"},
    {107, "LP", "LP (Locator FQDN)"},
    {108, "EUI48", "EUI48"},
    {109, "EUI64", "EUI64"},
    {249, "TKEY", "TKEY (Transaction Key)"},
    {250, "TSIG", "TSIG (Transaction Signature)"},
    {251, "IXFR", "IXFR (incremental transfer)"},
    {252, "AXFR", "AXFR (transfer of an entire zone)"},
    {253, "MAILA", "MAILB (mailbox-related RRs)"},
    {254, "MAILB", "MAILA (mail agent RRs)"},
    {255, "ANY", "* (A request for all records the server/cache has available)"},
    {256, "URI", "URI"},
    {257, "CAA", "CAA (Certification Authority Restriction)"},
    {32768, "TA", "TA (DNSSEC Trust Authorities)"},
    {32769, "DLV", "DLV (DNSSEC Lookaside Validation)"},
    {65281, "WINS", "WINS"},
    {65282, "WINS-R", "WINS-R"},
    {65422, "XPF", "XPF"},
};

namespace detail {
constexpr auto describe_types() noexcept {
  std::array<ValueName, std::size(type_names)> described{};
  for (std::size_t i = 0; i < described.size(); ++i) {
    described[i] = {type_names[i].type, type_names[i].type, type_names[i].description};
  }
  return described;
}
}  // namespace detail
inline constexpr auto type_descriptions = detail::describe_types();

inline constexpr ValueName opcodes[] = {{0, 0, "Standard query"},        {1, 1, "Inverse query"},
                                        {2, 2, "Server status request"}, {4, 4, "Zone change notification"},
                                        {5, 5, "Dynamic update"},        {6, 6, "DNS Stateful operations (DSO)"}};
inline constexpr ValueName reply_codes[] = {{0, 0, "No error"},
                                            {1, 1, "Format error"},
                                            {2, 2, "Server failure"},
                                            {3, 3, "No such name"},
                                            {4, 4, "Not implemented"},
                                            {5, 5, "Refused"},
                                            {6, 6, "Name exists"},
                                            {7, 7, "RRset exists"},
                                            {8, 8, "RRset does not exist"},
                                            {9, 9, "Not authoritative"},
                                            {10, 10, "Name out of zone"},
                                            {11, 11, "DSO-Type not implemented"},
                                            {16, 16, "Bad OPT Version or TSIG Signature Failure"},
                                            {17, 17, "Key not recognized"},
                                            {18, 18, "Signature out of time window"},
                                            {19, 19, "Bad TKEY Mode"},
                                            {20, 20, "Duplicate key name"},
                                            {21, 21, "Algorithm not supported"},
                                            {22, 22, "Bad Truncation"},
                                            {23, 23, "Bad/missing Server Cookie"}};
inline constexpr ValueName classes[] = {{1, 1, "IN"}, {2, 2, "CS"},       {3, 3, "CH"},
                                        {4, 4, "HS"}, {254, 254, "NONE"}, {255, 255, "ANY"}};
inline constexpr ValueName zonemd_schemes[] = {
    {0, 0, "Reserved"}, {1, 1, "SIMPLE"}, {2, 239, "Unassigned"}, {240, 254, "Private Use"}, {255, 255, "Reserved"}};
inline constexpr ValueName zonemd_hashes[] = {{0, 0, "Reserved"},        {1, 1, "SHA-384"},
                                              {2, 2, "SHA-512"},         {3, 239, "Unassigned"},
                                              {240, 254, "Private Use"}, {255, 255, "Reserved"}};
inline constexpr ValueName service_keys[] = {
    {0, 0, "mandatory"},       {1, 1, "alpn"},      {2, 2, "no-default-alpn"}, {3, 3, "port"},
    {4, 4, "ipv4hint"},        {5, 5, "echconfig"}, {6, 6, "ipv6hint"},        {32769, 32769, "odohconfig"},
    {65535, 65535, "key65535"}};
inline constexpr ValueName algorithms[] = {{1, 1, "RSA/MD5"},
                                           {2, 2, "Diffie-Hellman"},
                                           {3, 3, "DSA"},
                                           {4, 4, "Elliptic curve crypto"},
                                           {5, 5, "RSA/SHA1"},
                                           {6, 6, "DSA + NSEC3/SHA1"},
                                           {7, 7, "RSA/SHA1 + NSEC3/SHA1"},
                                           {8, 8, "RSA/SHA-256"},
                                           {10, 10, "RSA/SHA-512"},
                                           {12, 12, "GOST R 34.10-2001"},
                                           {13, 13, "ECDSA Curve P-256 with SHA-256"},
                                           {14, 14, "ECDSA Curve P-386 with SHA-386"},
                                           {15, 15, "Ed25519"},
                                           {16, 16, "Ed448"},
                                           {157, 157, "HMAC/MD5"},
                                           {252, 252, "Indirect key"},
                                           {253, 253, "Private, domain name"},
                                           {254, 254, "Private, OID"}};
inline constexpr ValueName tkey_modes[] = {{1, 1, "Server assigned"},
                                           {2, 2, "Diffie Hellman"},
                                           {3, 3, "GSSAPI"},
                                           {4, 4, "Resolver assigned"},
                                           {5, 5, "Delete"}};
inline constexpr ValueName gateway_algorithms[] = {{1, 1, "DSA"}, {2, 2, "RSA"}};
inline constexpr ValueName gateway_types[] = {
    {0, 0, "No Gateway"}, {1, 1, "IPv4 Gateway"}, {2, 2, "IPv6 Gateway"}, {3, 3, "DNS Gateway"}};
inline constexpr ValueName ip_versions[] = {{0, 0, "Reserved"}, {4, 4, "IPv4"}, {5, 5, "ST Datagram"}, {6, 6, "IPv6"},
                                            {7, 7, "TP/IX"},    {8, 8, "PIP"},  {9, 9, "TUBA"}};
inline constexpr ValueName certificate_types[] = {{1, 1, "PKIX"},
                                                  {2, 2, "SPKI"},
                                                  {3, 3, "PGP"},
                                                  {4, 4, "IPKIX"},
                                                  {5, 5, "ISPKI"},
                                                  {6, 6, "IPGP"},
                                                  {7, 7, "ACPKIX"},
                                                  {8, 8, "IACPKIX"},
                                                  {253, 253, "Private, URI"},
                                                  {254, 254, "Private, OID"}};
inline constexpr ValueName option_codes[] = {{0, 0, "Reserved"},
                                             {1, 1, "LLQ - Long-lived query"},
                                             {2, 2, "UL - Update lease"},
                                             {3, 3, "NSID - Name Server Identifier"},
                                             {4, 4, "Owner (reserved)"},
                                             {5, 5, "DAU - DNSSEC Algorithm Understood (RFC6975)"},
                                             {6, 6, "DHU - DS Hash Understood (RFC6975)"},
                                             {7, 7, "N3U - NSEC3 Hash Understood (RFC6975)"},
                                             {8, 8, "CSUBNET - Client subnet"},
                                             {9, 9, "EDNS EXPIRE (RFC7314)"},
                                             {10, 10, "COOKIE"},
                                             {11, 11, "EDNS TCP Keepalive"},
                                             {12, 12, "PADDING"},
                                             {13, 13, "CHAIN"},
                                             {15, 15, "Extended DNS Error"},
                                             {20730, 20730, "Experimental - CSUBNET - Client subnet"}};
inline constexpr ValueName digest_types[] = {
    {0, 0, "Reserved digest"}, {1, 1, "SHA-1"}, {2, 2, "SHA-256"}, {3, 3, "GOST R 34.11-94"}, {4, 4, "SHA-384"}};
inline constexpr ValueName nsec3_hashes[] = {{0, 0, "Reserved"}, {1, 1, "SHA-1"}};
inline constexpr ValueName address_families[] = {{1, 1, "IPv4"}, {2, 2, "IPv6"}};
inline constexpr ValueName error_causes[] = {{0, 0, "Other Error"},
                                             {1, 1, "Unsupported DNSKEY Algorithm"},
                                             {2, 2, "Unsupported DS Digest Type"},
                                             {3, 3, "Stale Answer"},
                                             {4, 4, "Forged Answer"},
                                             {5, 5, "DNSSEC Indeterminate"},
                                             {6, 6, "DNSSEC Bogus"},
                                             {7, 7, "Signature Expired"},
                                             {8, 8, "Signature Not Yet Valid"},
                                             {9, 9, "DNSKEY Missing"},
                                             {10, 10, "RRSIGs Missing"},
                                             {11, 11, "No Zone Key Bit Set"},
                                             {12, 12, "NSEC Missing"},
                                             {13, 13, "Cached Error"},
                                             {14, 14, "Not Ready"},
                                             {15, 15, "Blocked"},
                                             {16, 16, "Censored"},
                                             {17, 17, "Filtered"},
                                             {18, 18, "Prohibited"},
                                             {19, 19, "Stale NXDomain Answer"},
                                             {20, 20, "Not Authoritative"},
                                             {21, 21, "Not Supported"},
                                             {22, 22, "No Reachable Authority"},
                                             {23, 23, "Network Error"},
                                             {24, 24, "Invalid Data"},
                                             {25, 25, "Signature Expired before Valid"},
                                             {26, 26, "Too Early"},
                                             {27, 27, "Unsupported NSEC3 Iterations Value"},
                                             {28, 28, "Unable to conform to policy"},
                                             {29, 29, "Synthesized"},
                                             {30, 49151, "Unassigned"},
                                             {49152, 65535, "Reserved for Private Use"}};
inline constexpr ValueName certificate_usages[] = {{0, 0, "CA constraint (PKIX-TA)"},
                                                   {1, 1, "Service certificate constraint (PKIX-EE)"},
                                                   {2, 2, "Trust anchor assertion (DANE-TA)"},
                                                   {3, 3, "Domain-issued certificate (DANE-EE)"}};
inline constexpr ValueName certificate_selectors[] = {{0, 0, "Full certificate (Cert)"},
                                                      {1, 1, "SubjectPublicKeyInfo (SPKI)"}};
inline constexpr ValueName certificate_matches[] = {{0, 0, "No Hash Used (Full)"},
                                                    {1, 1, "256 bit hash by SHA2 (SHA2-256)"},
                                                    {2, 2, "512 bit hash by SHA2 (SHA2-512)"}};
inline constexpr ValueName ssh_algorithms[] = {{0, 0, "Reserved"}, {1, 1, "RSA"},     {2, 2, "DSA"},
                                               {3, 3, "ECDSA"},    {4, 4, "Ed25519"}, {5, 5, "XMSS"}};
inline constexpr ValueName fingerprint_types[] = {{0, 0, "Reserved"}, {1, 1, "SHA1"}, {2, 2, "SHA256"}};
inline constexpr ValueName hip_algorithms[] = {{0, 0, "Reserved"}, {1, 1, "DSA"}, {2, 2, "RSA"}};
inline constexpr ValueName dso_types[] = {{0, 0, "Reserved"},
                                          {1, 1, "Keep Alive"},
                                          {2, 2, "Retry Delay"},
                                          {3, 3, "Encryption Padding"},
                                          {4, 63, "Unassigned, reserved for DSO session-management TLVs"},
                                          {64, 64, "Subscribe"},
                                          {65, 65, "Push"},
                                          {66, 66, "Unsubscribe"},
                                          {67, 67, "Reconfirm"},
                                          {68, 63487, "Unassigned"},
                                          {63488, 64511, "Reserved for Experimental/Local Use"},
                                          {64512, 65535, "Reserved for future expansion"}};
inline constexpr ValueName response_words[] = {{0, 0, "Message is a query"}, {1, 1, "Message is a response"}};
inline constexpr ValueName authoritative_words[] = {{0, 0, "Server is not an authority for domain"},
                                                    {1, 1, "Server is an authority for domain"}};
inline constexpr ValueName conflict_query_words[] = {{0, 0, "None"}, {1, 1, "The sender received multiple responses"}};
inline constexpr ValueName truncated_words[] = {{0, 0, "Message is not truncated"}, {1, 1, "Message is truncated"}};
inline constexpr ValueName recursion_desired_words[] = {{0, 0, "Don't do query recursively"},
                                                        {1, 1, "Do query recursively"}};
inline constexpr ValueName tentative_words[] = {{0, 0, "Not tentative"}, {1, 1, "Tentative"}};
inline constexpr ValueName recursion_available_words[] = {{0, 0, "Server can't do recursive queries"},
                                                          {1, 1, "Server can do recursive queries"}};
inline constexpr ValueName reserved_words[] = {{0, 0, "reserved (0)"}, {1, 1, "reserved - incorrect!"}};
inline constexpr ValueName authenticated_words[] = {
    {0, 0, "Answer/authority portion was not authenticated by the server"},
    {1, 1, "Answer/authority portion was authenticated by the server"}};
inline constexpr ValueName acceptable_words[] = {{0, 0, "Unacceptable"}, {1, 1, "Acceptable"}};
inline constexpr ValueName do_words[] = {{0, 0, "Cannot handle DNSSEC security RRs"},
                                         {1, 1, "Accepts DNSSEC security RRs"}};
inline constexpr ValueName zone_key_words[] = {{0, 0, "This it not a zone key"},
                                               {1, 1, "This is the zone key for specified zone"}};
inline constexpr ValueName yes_words[] = {{0, 0, "No"}, {1, 1, "Yes"}};
inline constexpr ValueName allowed_words[] = {{0, 0, "Allowed"}, {1, 1, "Not Allowed"}};
inline constexpr ValueName required_words[] = {{0, 0, "Required"}, {1, 1, "Experimental or optional"}};
inline constexpr ValueName valid_words[] = {{0, 0, "Invalid"}, {1, 1, "Valid"}};
inline constexpr ValueName opt_out_words[] = {{0, 0, "Additional insecure delegations forbidden"},
                                              {1, 1, "Additional insecure delegations allowed"}};
inline constexpr ValueName negation_words[] = {{0, 0, "No (0)"}, {1, 1, "Yes (!)"}};
inline constexpr ValueName critical_words[] = {{0, 0, "Not critical"}, {1, 1, "Critical"}};

/// The fields of a message, of every record and of every option, named as in Wireshark's reference without "dns.".
inline constexpr Field length{"dns.length", "Length", FieldType::uint16};
inline constexpr Field flags{"dns.flags", "Flags", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field flags_response{{"dns.flags.response", "Response", 0, 1},
                                      FieldType::boolean,
                                      {.names = response_words, .drawn_bits = 16, .drawn_before = 0}};
inline constexpr Field flags_opcode{
    {"dns.flags.opcode", "Opcode", 1, 4}, FieldType::uint16, {.names = opcodes, .drawn_bits = 16, .drawn_before = 1}};
inline constexpr Field flags_authoritative{{"dns.flags.authoritative", "Authoritative", 5, 1},
                                           FieldType::boolean,
                                           {.names = authoritative_words, .drawn_bits = 16, .drawn_before = 5}};
inline constexpr Field flags_conflict{{"dns.flags.conflict", "Conflict", 5, 1},
                                      FieldType::boolean,
                                      {.names = conflict_query_words, .drawn_bits = 16, .drawn_before = 5}};
inline constexpr Field flags_truncated{{"dns.flags.truncated", "Truncated", 6, 1},
                                       FieldType::boolean,
                                       {.names = truncated_words, .drawn_bits = 16, .drawn_before = 6}};
inline constexpr Field flags_recdesired{{"dns.flags.recdesired", "Recursion desired", 7, 1},
                                        FieldType::boolean,
                                        {.names = recursion_desired_words, .drawn_bits = 16, .drawn_before = 7}};
inline constexpr Field flags_tentative{{"dns.flags.tentative", "Tentative", 7, 1},
                                       FieldType::boolean,
                                       {.names = tentative_words, .drawn_bits = 16, .drawn_before = 7}};
inline constexpr Field flags_recavail{{"dns.flags.recavail", "Recursion available", 8, 1},
                                      FieldType::boolean,
                                      {.names = recursion_available_words, .drawn_bits = 16, .drawn_before = 8}};
inline constexpr Field flags_z{
    {"dns.flags.z", "Z", 9, 1}, FieldType::boolean, {.names = reserved_words, .drawn_bits = 16, .drawn_before = 9}};
inline constexpr Field flags_authenticated{{"dns.flags.authenticated", "Answer authenticated", 10, 1},
                                           FieldType::boolean,
                                           {.names = authenticated_words, .drawn_bits = 16, .drawn_before = 10}};
inline constexpr Field flags_checkdisable{{"dns.flags.checkdisable", "Non-authenticated data", 11, 1},
                                          FieldType::boolean,
                                          {.names = acceptable_words, .drawn_bits = 16, .drawn_before = 11}};
inline constexpr Field flags_rcode{{"dns.flags.rcode", "Reply code", 12, 4},
                                   FieldType::uint16,
                                   {.names = reply_codes, .drawn_bits = 16, .drawn_before = 12}};
inline constexpr Field id{"dns.id", "Transaction ID", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field qry_type{"dns.qry.type", "Type", FieldType::uint16, {.names = type_descriptions}};
inline constexpr Field qry_class{"dns.qry.class", "Class", FieldType::uint16, {.show = Show::hex, .names = classes}};
inline constexpr Field qry_qu{
    {"dns.qry.qu", "\"QU\" question", 0, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 0}};
inline constexpr Field qry_name{"dns.qry.name", "Name", FieldType::string};
inline constexpr Field qry_name_len{"dns.qry.name.len", "Name Length", FieldType::uint16};
inline constexpr Field count_labels{"dns.count.labels", "Label Count", FieldType::uint16};
inline constexpr Field resp_type{"dns.resp.type", "Type", FieldType::uint16, {.names = type_descriptions}};
inline constexpr Field resp_class{"dns.resp.class", "Class", FieldType::uint16, {.show = Show::hex, .names = classes}};
inline constexpr Field resp_cache_flush{
    {"dns.resp.cache_flush", "Cache flush", 0, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 0}};
inline constexpr Field resp_ext_rcode{
    "dns.resp.ext_rcode", "Higher bits in extended RCODE", FieldType::uint8, {.show = Show::hex}};
inline constexpr Field resp_edns0_version{"dns.resp.edns0_version", "EDNS0 version", FieldType::uint8};
inline constexpr Field resp_z{"dns.resp.z", "Z", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field resp_z_do{
    {"dns.resp.z.do", "DO bit", 0, 1}, FieldType::boolean, {.names = do_words, .drawn_bits = 16, .drawn_before = 0}};
inline constexpr Field resp_z_reserved{{"dns.resp.z.reserved", "Reserved", 1, 15},
                                       FieldType::uint16,
                                       {.show = Show::hex, .drawn_bits = 16, .drawn_before = 1}};
inline constexpr Field srv_service{"dns.srv.service", "Service", FieldType::string};
inline constexpr Field srv_proto{"dns.srv.proto", "Protocol", FieldType::string};
inline constexpr Field srv_name{"dns.srv.name", "Name", FieldType::string};
inline constexpr Field srv_priority{"dns.srv.priority", "Priority", FieldType::uint16};
inline constexpr Field srv_weight{"dns.srv.weight", "Weight", FieldType::uint16};
inline constexpr Field srv_port{"dns.srv.port", "Port", FieldType::uint16};
inline constexpr Field srv_target{"dns.srv.target", "Target", FieldType::string};
inline constexpr Field naptr_order{"dns.naptr.order", "Order", FieldType::uint16};
inline constexpr Field naptr_preference{"dns.naptr.preference", "Preference", FieldType::uint16};
inline constexpr Field naptr_flags_length{"dns.naptr.flags_length", "Flags Length", FieldType::uint8};
inline constexpr Field naptr_flags{"dns.naptr.flags", "Flags", FieldType::string};
inline constexpr Field naptr_service_length{"dns.naptr.service_length", "Service Length", FieldType::uint8};
inline constexpr Field naptr_service{"dns.naptr.service", "Service", FieldType::string};
inline constexpr Field naptr_regex_length{"dns.naptr.regex_length", "Regex Length", FieldType::uint8};
inline constexpr Field naptr_regex{"dns.naptr.regex", "Regex", FieldType::string};
inline constexpr Field naptr_replacement_length{"dns.naptr.replacement_length", "Replacement Length", FieldType::uint8};
inline constexpr Field naptr_replacement{"dns.naptr.replacement", "Replacement", FieldType::string};
inline constexpr Field resp_name{"dns.resp.name", "Name", FieldType::string};
inline constexpr Field resp_ttl{"dns.resp.ttl", "Time to live", FieldType::uint32};
inline constexpr Field resp_len{"dns.resp.len", "Data length", FieldType::uint16};
inline constexpr Field a{"dns.a", "Address", FieldType::ipv4};
inline constexpr Field md{"dns.md", "Mail Destination", FieldType::string};
inline constexpr Field mf{"dns.mf", "Mail Forwarder", FieldType::string};
inline constexpr Field mb{"dns.mb", "MailBox Domaine", FieldType::string};
inline constexpr Field mg{"dns.mg", "Mail Group member", FieldType::string};
inline constexpr Field mr{"dns.mr", "Mail Rename domaine", FieldType::string};
inline constexpr Field null{"dns.null", "Null (data)", FieldType::bytes};
inline constexpr Field aaaa{"dns.aaaa", "AAAA Address", FieldType::ipv6};
inline constexpr Field cname{"dns.cname", "CNAME", FieldType::string};
inline constexpr Field rr_udp_payload_size{"dns.rr.udp_payload_size", "UDP payload size", FieldType::uint16};
inline constexpr Field soa_mname{"dns.soa.mname", "Primary name server", FieldType::string};
inline constexpr Field soa_rname{"dns.soa.rname", "Responsible authority's mailbox", FieldType::string};
inline constexpr Field soa_serial_number{"dns.soa.serial_number", "Serial Number", FieldType::uint32};
inline constexpr Field soa_refresh_interval{"dns.soa.refresh_interval", "Refresh Interval", FieldType::uint32};
inline constexpr Field soa_retry_interval{"dns.soa.retry_interval", "Retry Interval", FieldType::uint32};
inline constexpr Field soa_expire_limit{"dns.soa.expire_limit", "Expire limit", FieldType::uint32};
inline constexpr Field soa_minimum_ttl{"dns.soa.minimum_ttl", "Minimum TTL", FieldType::uint32};
inline constexpr Field ptr_domain_name{"dns.ptr.domain_name", "Domain Name", FieldType::string};
inline constexpr Field wks_address{"dns.wks.address", "Address", FieldType::ipv4};
inline constexpr Field wks_protocol{"dns.wks.protocol", "Protocol", FieldType::uint8, {.names = ip_protocol_names}};
inline constexpr Field wks_bits{"dns.wks.bits", "Bits", FieldType::uint8, {.show = Show::hex}};
inline constexpr Field hinfo_cpu_length{"dns.hinfo.cpu_length", "CPU Length", FieldType::uint8};
inline constexpr Field hinfo_cpu{"dns.hinfo.cpu", "CPU", FieldType::string};
inline constexpr Field hinfo_os_length{"dns.hinfo.os_length", "OS Length", FieldType::uint8};
inline constexpr Field hinfo_os{"dns.hinfo.os", "OS", FieldType::string};
inline constexpr Field minfo_r{"dns.minfo.r", "Responsible Mailbox", FieldType::string};
inline constexpr Field minfo_e{"dns.minfo.e", "Error Mailbox", FieldType::string};
inline constexpr Field mx_preference{"dns.mx.preference", "Preference", FieldType::uint16};
inline constexpr Field mx_mail_exchange{"dns.mx.mail_exchange", "Mail Exchange", FieldType::string};
inline constexpr Field txt_length{"dns.txt.length", "TXT Length", FieldType::uint8};
inline constexpr Field txt{"dns.txt", "TXT", FieldType::string};
inline constexpr Field openpgpkey{"dns.openpgpkey", "OpenPGP Key", FieldType::string};
inline constexpr Field csync_soa{"dns.csync.soa", "SOA", FieldType::uint32};
inline constexpr Field csync_flags{"dns.csync.flags", "Flags", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field csync_flags_immediate{
    {"dns.csync.flags.immediate", "immediate", 15, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 15}};
inline constexpr Field csync_flags_soaminimum{
    {"dns.csync.flags.soaminimum", "soaminimum", 14, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 14}};
inline constexpr Field csync_type_bitmap{"dns.csync.type_bitmap", "Type Bitmap", FieldType::bytes};
inline constexpr Field zonemd_serial{"dns.zonemd.serial", "Serial", FieldType::uint32};
inline constexpr Field zonemd_scheme{"dns.zonemd.scheme", "Scheme", FieldType::uint8, {.names = zonemd_schemes}};
inline constexpr Field zonemd_hash_algo{
    "dns.zonemd.hash_algo", "Hash Algorithm", FieldType::uint8, {.names = zonemd_hashes}};
inline constexpr Field zonemd_digest{"dns.zonemd.digest", "Digest", FieldType::bytes};
inline constexpr Field svcb_svcpriority{"dns.svcb.svcpriority", "SvcPriority", FieldType::uint16};
inline constexpr Field svcb_targetname{"dns.svcb.targetname", "TargetName", FieldType::string};
inline constexpr Field svcb_svcparam_key{
    "dns.svcb.svcparam.key", "SvcParamKey", FieldType::uint16, {.names = service_keys}};
inline constexpr Field svcb_svcparam_value_length{"dns.svcb.svcparam.value.length", "SvcParamValue length",
                                                  FieldType::uint16};
inline constexpr Field svcb_svcparam_value{"dns.svcb.svcparam.value", "SvcParamValue", FieldType::bytes};
inline constexpr Field svcb_svcparam{"dns.svcb.svcparam", "SvcParam", FieldType::none};
inline constexpr Field svcb_svcparam_mandatory_key{
    "dns.svcb.svcparam.mandatory.key", "Mandatory key", FieldType::uint16, {.names = service_keys}};
inline constexpr Field svcb_svcparam_alpn_length{"dns.svcb.svcparam.alpn.length", "ALPN length", FieldType::uint8};
inline constexpr Field svcb_svcparam_alpn{"dns.svcb.svcparam.alpn", "ALPN", FieldType::string};
inline constexpr Field svcb_svcparam_port{"dns.svcb.svcparam.port", "Port", FieldType::uint16};
inline constexpr Field svcb_svcparam_ipv4hint_ip{"dns.svcb.svcparam.ipv4hint.ip", "IP", FieldType::ipv4};
inline constexpr Field svcb_svcparam_echconfig{"dns.svcb.svcparam.echconfig", "ECHConfig", FieldType::bytes};
inline constexpr Field svcb_svcparam_ipv6hint_ip{"dns.svcb.svcparam.ipv6hint.ip", "IP", FieldType::ipv6};
inline constexpr Field svcb_svcparam_odohconfig{"dns.svcb.svcparam.odohconfig", "ODoHConfig", FieldType::bytes};
inline constexpr Field spf_length{"dns.spf.length", "SPF Length", FieldType::uint8};
inline constexpr Field spf{"dns.spf", "SPF", FieldType::string};
inline constexpr Field ilnp_nid_preference{"dns.ilnp.nid.preference", "Preference", FieldType::uint16};
inline constexpr Field ilnp_nid{"dns.ilnp.nid", "NodeID", FieldType::bytes};
inline constexpr Field ilnp_l32_preference{"dns.ilnp.l32.preference", "Preference", FieldType::uint16};
inline constexpr Field ilnp_l32{"dns.ilnp.l32", "Locator32", FieldType::ipv4};
inline constexpr Field ilnp_l64_preference{"dns.ilnp.l64.preference", "Preference", FieldType::uint16};
inline constexpr Field ilnp_l64{"dns.ilnp.l64", "Locator64", FieldType::bytes};
inline constexpr Field ilnp_lp_preference{"dns.ilnp.lp.preference", "Preference", FieldType::uint16};
inline constexpr Field ilnp_lp{"dns.ilnp.lp", "Locator FQDN", FieldType::string};
inline constexpr Field eui48{"dns.eui48", "EUI48 Address", FieldType::ether};
inline constexpr Field eui64{"dns.eui64", "EUI64 Address", FieldType::eui64};
inline constexpr Field rrsig_type_covered{
    "dns.rrsig.type_covered", "Type Covered", FieldType::uint16, {.names = type_descriptions}};
inline constexpr Field rrsig_algorithm{"dns.rrsig.algorithm", "Algorithm", FieldType::uint8, {.names = algorithms}};
inline constexpr Field rrsig_labels{"dns.rrsig.labels", "Labels", FieldType::uint8};
inline constexpr Field rrsig_original_ttl{"dns.rrsig.original_ttl", "Original TTL", FieldType::uint32};
inline constexpr Field rrsig_signature_expiration{"dns.rrsig.signature_expiration", "Signature Expiration",
                                                  FieldType::absolute_time};
inline constexpr Field rrsig_signature_inception{"dns.rrsig.signature_inception", "Signature Inception",
                                                 FieldType::absolute_time};
inline constexpr Field rrsig_key_tag{"dns.rrsig.key_tag", "Key Tag", FieldType::uint16};
inline constexpr Field rrsig_signers_name{"dns.rrsig.signers_name", "Signer's name", FieldType::string};
inline constexpr Field rrsig_signature{"dns.rrsig.signature", "Signature", FieldType::bytes};
inline constexpr Field dnskey_flags{"dns.dnskey.flags", "Flags", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field dnskey_flags_zone_key{{"dns.dnskey.flags.zone_key", "Zone Key", 7, 1},
                                             FieldType::boolean,
                                             {.names = zone_key_words, .drawn_bits = 16, .drawn_before = 7}};
inline constexpr Field dnskey_flags_key_revoked{{"dns.dnskey.flags.key_revoked", "Key Revoked", 8, 1},
                                                FieldType::boolean,
                                                {.names = yes_words, .drawn_bits = 16, .drawn_before = 8}};
inline constexpr Field dnskey_flags_secure_entry_point{
    {"dns.dnskey.flags.secure_entry_point", "Key Signing Key", 15, 1},
    FieldType::boolean,
    {.names = yes_words, .drawn_bits = 16, .drawn_before = 15}};
inline constexpr Field dnskey_flags_reserved{
    "dns.dnskey.flags.reserved", "Key Signing Key", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field dnskey_protocol{"dns.dnskey.protocol", "Protocol", FieldType::uint8};
inline constexpr Field dnskey_algorithm{"dns.dnskey.algorithm", "Algorithm", FieldType::uint8, {.names = algorithms}};
inline constexpr Field dnskey_key_id{"dns.dnskey.key_id", "Key id", FieldType::uint16};
inline constexpr Field dnskey_public_key{"dns.dnskey.public_key", "Public Key", FieldType::bytes};
inline constexpr Field key_flags{"dns.key.flags", "Flags", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field key_flags_authentication{
    {"dns.key.flags.authentication", "Key allowed for authentication", 0, 1},
    FieldType::boolean,
    {.names = allowed_words, .drawn_bits = 16, .drawn_before = 0}};
inline constexpr Field key_flags_confidentiality{
    {"dns.key.flags.confidentiality", "Key allowed for confidentiality", 1, 1},
    FieldType::boolean,
    {.names = allowed_words, .drawn_bits = 16, .drawn_before = 1}};
inline constexpr Field key_flags_required{{"dns.key.flags.required", "Key required", 2, 1},
                                          FieldType::boolean,
                                          {.names = required_words, .drawn_bits = 16, .drawn_before = 2}};
inline constexpr Field key_flags_associated_user{
    {"dns.key.flags.associated_user", "Key is associated with a user", 5, 1},
    FieldType::boolean,
    {.names = yes_words, .drawn_bits = 16, .drawn_before = 5}};
inline constexpr Field key_flags_associated_named_entity{
    {"dns.key.flags.associated_named_entity", "Key is associated with the named entity", 6, 1},
    FieldType::boolean,
    {.names = yes_words, .drawn_bits = 16, .drawn_before = 6}};
inline constexpr Field key_flags_ipsec{{"dns.key.flags.ipsec", "Key use with IPSEC", 8, 1},
                                       FieldType::boolean,
                                       {.names = valid_words, .drawn_bits = 16, .drawn_before = 8}};
inline constexpr Field key_flags_mime{{"dns.key.flags.mime", "Key use with MIME security multiparts", 9, 1},
                                      FieldType::boolean,
                                      {.names = valid_words, .drawn_bits = 16, .drawn_before = 9}};
inline constexpr Field key_flags_signatory{
    {"dns.key.flags.signatory", "Signatory", 12, 4}, FieldType::uint16, {.drawn_bits = 16, .drawn_before = 12}};
inline constexpr Field key_protocol{"dns.key.protocol", "Protocol", FieldType::uint8};
inline constexpr Field key_algorithm{"dns.key.algorithm", "Algorithm", FieldType::uint8, {.names = algorithms}};
inline constexpr Field key_key_id{"dns.key.key_id", "Key ID", FieldType::uint16};
inline constexpr Field key_public_key{"dns.key.public_key", "Public Key", FieldType::bytes};
inline constexpr Field px_preference{"dns.px.preference", "Preference", FieldType::uint16};
inline constexpr Field px_map822{"dns.px.map822", "MAP822", FieldType::string};
inline constexpr Field px_map400{"dns.px.map400", "MAPX400", FieldType::string};
inline constexpr Field tkey_algo_name{"dns.tkey.algo_name", "Algorithm name", FieldType::string};
inline constexpr Field tkey_signature_expiration{"dns.tkey.signature_expiration", "Signature Expiration",
                                                 FieldType::absolute_time};
inline constexpr Field tkey_signature_inception{"dns.tkey.signature_inception", "Signature Inception",
                                                FieldType::absolute_time};
inline constexpr Field tkey_mode{"dns.tkey.mode", "Mode", FieldType::uint16, {.names = tkey_modes}};
inline constexpr Field tkey_error{"dns.tkey.error", "Error", FieldType::uint16, {.names = reply_codes}};
inline constexpr Field tkey_key_size{"dns.tkey.key_size", "Key Size", FieldType::uint16};
inline constexpr Field tkey_key_data{"dns.tkey.key_data", "Key Data", FieldType::bytes};
inline constexpr Field tkey_other_size{"dns.tkey.other_size", "Other Size", FieldType::uint16};
inline constexpr Field tkey_other_data{"dns.tkey.other_data", "Other Data", FieldType::bytes};
inline constexpr Field ipseckey_gateway_precedence{"dns.ipseckey.gateway_precedence", "Gateway Precedence",
                                                   FieldType::uint8};
inline constexpr Field ipseckey_gateway_algorithm{
    "dns.ipseckey.gateway_algorithm", "Gateway Algorithm", FieldType::uint8, {.names = gateway_algorithms}};
inline constexpr Field ipseckey_gateway_type{
    "dns.ipseckey.gateway_type", "Gateway Type", FieldType::uint8, {.names = gateway_types}};
inline constexpr Field ipseckey_gateway_ipv4{"dns.ipseckey.gateway_ipv4", "IPv4 Gateway", FieldType::ipv4};
inline constexpr Field ipseckey_gateway_ipv6{"dns.ipseckey.gateway_ipv6", "IPv6 Gateway", FieldType::ipv6};
inline constexpr Field ipseckey_gateway_dns{"dns.ipseckey.gateway_dns", "DNS Gateway", FieldType::string};
inline constexpr Field ipseckey_public_key{"dns.ipseckey.public_key", "Public Key", FieldType::bytes};
inline constexpr Field xpf_ip_version{"dns.xpf.ip_version", "IP Version", FieldType::uint16, {.names = ip_versions}};
inline constexpr Field xpf_protocol{"dns.xpf.protocol", "Protocol", FieldType::uint8, {.names = ip_protocol_names}};
inline constexpr Field xpf_source_ipv4{"dns.xpf.source_ipv4", "IPv4 Source", FieldType::ipv4};
inline constexpr Field xpf_destination_ipv4{"dns.xpf.destination_ipv4", "IPv4 Destination", FieldType::ipv4};
inline constexpr Field xpf_source_ipv6{"dns.xpf.source_ipv6", "IPv6 Source", FieldType::ipv6};
inline constexpr Field xpf_destination_ipv6{"dns.xpf.destination_ipv6", "IPv6 Destination", FieldType::ipv6};
inline constexpr Field xpf_sport{"dns.xpf.sport", "Source port", FieldType::uint16};
inline constexpr Field xpf_dport{"dns.xpf.dport", "Destination port", FieldType::uint16};
inline constexpr Field a6_prefix_len{"dns.a6.prefix_len", "Prefix len", FieldType::uint8};
inline constexpr Field a6_address_suffix{"dns.a6.address_suffix", "Address Suffix", FieldType::ipv6};
inline constexpr Field a6_prefix_name{"dns.a6.prefix_name", "Prefix name", FieldType::string};
inline constexpr Field dname{"dns.dname", "Dname", FieldType::string};
inline constexpr Field loc_version{"dns.loc.version", "Version", FieldType::uint8};
inline constexpr Field loc_size{"dns.loc.size", "Size", FieldType::uint8};
inline constexpr Field loc_horizontal_precision{"dns.loc.horizontal_precision", "Horizontal Precision",
                                                FieldType::uint8};
inline constexpr Field loc_vertical_precision{"dns.loc.vertical_precision", "Vertical Precision", FieldType::uint8};
inline constexpr Field loc_latitude{"dns.loc.latitude", "Latitude", FieldType::uint32};
inline constexpr Field loc_longitude{"dns.loc.longitude", "Longitude", FieldType::uint32};
inline constexpr Field loc_altitude{"dns.loc.altitude", "Altitude", FieldType::uint32};
inline constexpr Field loc_unknown_data{"dns.loc.unknown_data", "Unknown data", FieldType::bytes};
inline constexpr Field nxt_next_domain_name{"dns.nxt.next_domain_name", "Next Domain Name", FieldType::string};
inline constexpr Field kx_preference{"dns.kx.preference", "Preference", FieldType::uint16};
inline constexpr Field kx_key_exchange{"dns.kx.key_exchange", "Key Exchange", FieldType::string};
inline constexpr Field cert_type{"dns.cert.type", "Type", FieldType::uint16, {.names = certificate_types}};
inline constexpr Field cert_key_tag{"dns.cert.key_tag", "Key Tag", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field cert_algorithm{"dns.cert.algorithm", "Algorithm", FieldType::uint8, {.names = algorithms}};
inline constexpr Field cert_certificate{"dns.cert.certificate", "Certificate (or CRL)", FieldType::bytes};
inline constexpr Field nsec_next_domain_name{"dns.nsec.next_domain_name", "Next Domain Name", FieldType::string};
inline constexpr Field ns{"dns.ns", "Name Server", FieldType::string};
inline constexpr Field opt{"dns.opt", "Option", FieldType::none};
inline constexpr Field opt_code{"dns.opt.code", "Option Code", FieldType::uint16, {.names = option_codes}};
inline constexpr Field opt_len{"dns.opt.len", "Option Length", FieldType::uint16};
inline constexpr Field opt_data{"dns.opt.data", "Option Data", FieldType::bytes};
inline constexpr Field opt_dau{"dns.opt.dau", "DAU", FieldType::uint8, {.names = algorithms}};
inline constexpr Field opt_dhu{"dns.opt.dhu", "DHU", FieldType::uint8, {.names = digest_types}};
inline constexpr Field opt_n3u{"dns.opt.n3u", "N3U", FieldType::uint8, {.names = nsec3_hashes}};
inline constexpr Field opt_client_family{
    "dns.opt.client.family", "Family", FieldType::uint16, {.names = address_families}};
inline constexpr Field opt_client_netmask{"dns.opt.client.netmask", "Source Netmask", FieldType::uint8};
inline constexpr Field opt_client_scope{"dns.opt.client.scope", "Scope Netmask", FieldType::uint8};
inline constexpr Field opt_client_addr{"dns.opt.client.addr", "Client Subnet", FieldType::bytes};
inline constexpr Field opt_client_addr4{"dns.opt.client.addr4", "Client Subnet", FieldType::ipv4};
inline constexpr Field opt_client_addr6{"dns.opt.client.addr6", "Client Subnet", FieldType::ipv6};
inline constexpr Field opt_cookie_client{"dns.opt.cookie.client", "Client Cookie", FieldType::bytes};
inline constexpr Field opt_cookie_server{"dns.opt.cookie.server", "Server Cookie", FieldType::bytes};
inline constexpr Field opt_edns_tcp_keepalive_timeout{"dns.opt.edns_tcp_keepalive.timeout", "Timeout",
                                                      FieldType::uint16};
inline constexpr Field opt_padding{"dns.opt.padding", "Padding", FieldType::bytes};
inline constexpr Field opt_chain_fqdn{"dns.opt.chain.fqdn", "Closest Trust Point", FieldType::string};
inline constexpr Field opt_ext_error_info_code{
    "dns.opt.ext_error.info_code", "Info Code", FieldType::uint16, {.names = error_causes}};
inline constexpr Field opt_ext_error_extra_text{"dns.opt.ext_error.extra_text", "Extra Text", FieldType::string};
inline constexpr Field count_queries{"dns.count.queries", "Questions", FieldType::uint16};
inline constexpr Field count_zones{"dns.count.zones", "Zones", FieldType::uint16};
inline constexpr Field count_answers{"dns.count.answers", "Answer RRs", FieldType::uint16};
inline constexpr Field count_prerequisites{"dns.count.prerequisites", "Prerequisites", FieldType::uint16};
inline constexpr Field count_auth_rr{"dns.count.auth_rr", "Authority RRs", FieldType::uint16};
inline constexpr Field count_updates{"dns.count.updates", "Updates", FieldType::uint16};
inline constexpr Field nsec3_algo{"dns.nsec3.algo", "Hash algorithm", FieldType::uint8, {.names = nsec3_hashes}};
inline constexpr Field nsec3_flags{"dns.nsec3.flags", "NSEC3 flags", FieldType::uint8};
inline constexpr Field nsec3_flags_opt_out{{"dns.nsec3.flags.opt_out", "NSEC3 Opt-out flag", 7, 1},
                                           FieldType::boolean,
                                           {.names = opt_out_words, .drawn_bits = 8, .drawn_before = 7}};
inline constexpr Field nsec3_iterations{"dns.nsec3.iterations", "NSEC3 iterations", FieldType::uint16};
inline constexpr Field nsec3_salt_length{"dns.nsec3.salt_length", "Salt length", FieldType::uint8};
inline constexpr Field nsec3_salt_value{"dns.nsec3.salt_value", "Salt value", FieldType::bytes};
inline constexpr Field nsec3_hash_length{"dns.nsec3.hash_length", "Hash length", FieldType::uint8};
inline constexpr Field nsec3_hash_value{"dns.nsec3.hash_value", "Next hashed owner", FieldType::string};
inline constexpr Field tlsa_certificate_usage{
    "dns.tlsa.certificate_usage", "Certificate Usage", FieldType::uint8, {.names = certificate_usages}};
inline constexpr Field tlsa_selector{
    "dns.tlsa.selector", "Selector", FieldType::uint8, {.names = certificate_selectors}};
inline constexpr Field tlsa_matching_type{
    "dns.tlsa.matching_type", "Matching Type", FieldType::uint8, {.names = certificate_matches}};
inline constexpr Field tlsa_certificate_association_data{"dns.tlsa.certificate_association_data",
                                                         "Certificate Association Data", FieldType::bytes};
inline constexpr Field tsig_algorithm_name{"dns.tsig.algorithm_name", "Algorithm Name", FieldType::string};
inline constexpr Field tsig_time_signed{"dns.tsig.time_signed", "Time Signed", FieldType::absolute_time};
inline constexpr Field tsig_original_id{"dns.tsig.original_id", "Original Id", FieldType::uint16};
inline constexpr Field tsig_error{"dns.tsig.error", "Error", FieldType::uint16, {.names = reply_codes}};
inline constexpr Field tsig_fudge{"dns.tsig.fudge", "Fudge", FieldType::uint16};
inline constexpr Field tsig_mac_size{"dns.tsig.mac_size", "MAC Size", FieldType::uint16};
inline constexpr Field tsig_other_len{"dns.tsig.other_len", "Other Len", FieldType::uint16};
inline constexpr Field tsig_mac{"dns.tsig.mac", "MAC", FieldType::none};
inline constexpr Field tsig_other_data{"dns.tsig.other_data", "Other Data", FieldType::bytes};
inline constexpr Field response_in{"dns.response_in", "Response In", FieldType::frame_number};
inline constexpr Field response_to{"dns.response_to", "Request In", FieldType::frame_number};
inline constexpr Field retransmission{"dns.retransmission", "Retransmission", FieldType::boolean};
inline constexpr Field retransmit_request_in{"dns.retransmit_request_in", "Retransmitted request. Original request in",
                                             FieldType::frame_number};
inline constexpr Field retransmit_response_in{"dns.retransmit_response_in",
                                              "Retransmitted response. Original response in", FieldType::frame_number};
inline constexpr Field time{"dns.time", "Time", FieldType::relative_time};
inline constexpr Field unsolicited{"dns.unsolicited", "Unsolicited", FieldType::boolean};
inline constexpr Field count_add_rr{"dns.count.add_rr", "Additional RRs", FieldType::uint16};
inline constexpr Field sshfp_algorithm{"dns.sshfp.algorithm", "Algorithm", FieldType::uint8, {.names = ssh_algorithms}};
inline constexpr Field sshfp_fingerprint_type{
    "dns.sshfp.fingerprint.type", "Fingerprint type", FieldType::uint8, {.names = fingerprint_types}};
inline constexpr Field sshfp_fingerprint{"dns.sshfp.fingerprint", "Fingerprint", FieldType::bytes};
inline constexpr Field hip_hit_length{"dns.hip.hit.length", "HIT length", FieldType::uint8};
inline constexpr Field hip_hit_pk_algo{
    "dns.hip.hit.pk.algo", "HIT length", FieldType::uint8, {.names = hip_algorithms}};
inline constexpr Field hip_pk_length{"dns.hip.pk.length", "PK length", FieldType::uint16};
inline constexpr Field hip_hit{"dns.hip.hit", "Host Identity Tag", FieldType::bytes};
inline constexpr Field hip_pk{"dns.hip.pk", "HIP Public Key", FieldType::bytes};
inline constexpr Field hip_rendezvous_server{"dns.hip.rendezvous_server", "Rendezvous Server", FieldType::string};
inline constexpr Field dhcid_rdata{"dns.dhcid.rdata", "DHCID Data", FieldType::bytes};
inline constexpr Field ds_key_id{"dns.ds.key_id", "Key id", FieldType::uint16, {.show = Show::hex}};
inline constexpr Field ds_algorithm{"dns.ds.algorithm", "Algorithm", FieldType::uint8, {.names = algorithms}};
inline constexpr Field ds_digest_type{"dns.ds.digest_type", "Digest Type", FieldType::uint8, {.names = digest_types}};
inline constexpr Field ds_digest{"dns.ds.digest", "Digest", FieldType::bytes};
inline constexpr Field apl_address_family{
    "dns.apl.address_family", "Address Family", FieldType::uint16, {.names = address_families}};
inline constexpr Field apl_coded_prefix{"dns.apl.coded_prefix", "Prefix Length", FieldType::uint8};
inline constexpr Field apl_negation{{"dns.apl.negation", "Negation Flag", 0, 1},
                                    FieldType::boolean,
                                    {.names = negation_words, .drawn_bits = 8, .drawn_before = 0}};
inline constexpr Field apl_afdlength{
    {"dns.apl.afdlength", "Address Length", 1, 7}, FieldType::uint8, {.drawn_bits = 8, .drawn_before = 1}};
inline constexpr Field apl_afdpart_ipv4{"dns.apl.afdpart.ipv4", "Address", FieldType::ipv4};
inline constexpr Field apl_afdpart_ipv6{"dns.apl.afdpart.ipv6", "Address", FieldType::ipv6};
inline constexpr Field apl_afdpart_data{"dns.apl.afdpart.data", "Address", FieldType::bytes};
inline constexpr Field gpos_longitude_length{"dns.gpos.longitude_length", "Longitude length", FieldType::uint8};
inline constexpr Field gpos_longitude{"dns.gpos.longitude", "Longitude", FieldType::string};
inline constexpr Field gpos_latitude_length{"dns.gpos.latitude_length", "Latitude length", FieldType::uint8};
inline constexpr Field gpos_latitude{"dns.gpos.latitude", "Latitude", FieldType::string};
inline constexpr Field gpos_altitude_length{"dns.gpos.altitude_length", "Altitude length", FieldType::uint8};
inline constexpr Field gpos_altitude{"dns.gpos.altitude", "Altitude", FieldType::string};
inline constexpr Field rp_mailbox{"dns.rp.mailbox", "Mailbox", FieldType::string};
inline constexpr Field rp_txt_rr{"dns.rp.txt_rr", "TXT RR", FieldType::string};
inline constexpr Field afsdb_subtype{"dns.afsdb.subtype", "Subtype", FieldType::uint16};
inline constexpr Field afsdb_hostname{"dns.afsdb.hostname", "Hostname", FieldType::string};
inline constexpr Field x25_length{"dns.x25.length", "Length", FieldType::uint8};
inline constexpr Field x25_psdn_address{"dns.x25.psdn_address", "PSDN-Address", FieldType::string};
inline constexpr Field idsn_length{"dns.idsn.length", "Length", FieldType::uint8};
inline constexpr Field idsn_address{"dns.idsn.address", "ISDN Address", FieldType::string};
inline constexpr Field idsn_sa_length{"dns.idsn.sa.length", "Length", FieldType::uint8};
inline constexpr Field idsn_sa_address{"dns.idsn.sa.address", "Sub Address", FieldType::string};
inline constexpr Field rt_subtype{"dns.rt.subtype", "Preference", FieldType::uint16};
inline constexpr Field rt_intermediate_host{"dns.rt.intermediate_host", "Intermediate Hostname", FieldType::string};
inline constexpr Field nsap_rdata{"dns.nsap.rdata", "NSAP Data", FieldType::bytes};
inline constexpr Field nsap_ptr_owner{"dns.nsap_ptr.owner", "Owner", FieldType::string};
inline constexpr Field caa_flags{"dns.caa.flags", "CAA Flags", FieldType::uint8, {.show = Show::hex}};
inline constexpr Field caa_flags_issuer_critical{{"dns.caa.flags.issuer_critical", "Issuer Critical", 0, 1},
                                                 FieldType::boolean,
                                                 {.names = critical_words, .drawn_bits = 8, .drawn_before = 0}};
inline constexpr Field caa_issue{"dns.caa.issue", "Issue", FieldType::string};
inline constexpr Field caa_issuewild{"dns.caa.issuewild", "Issue Wildcard", FieldType::string};
inline constexpr Field caa_iodef{"dns.caa.iodef", "Report URL", FieldType::string};
inline constexpr Field caa_unknown{"dns.caa.unknown", "Unknown tag", FieldType::string};
inline constexpr Field caa_tag_length{"dns.caa.tag_length", "Tag length", FieldType::uint8};
inline constexpr Field caa_tag{"dns.caa.tag", "Tag", FieldType::string};
inline constexpr Field caa_value{"dns.caa.value", "Value", FieldType::string};
inline constexpr Field extraneous_data{"dns.extraneous.data", "Extraneous Data Bytes", FieldType::bytes};
inline constexpr Field extraneous_length{"dns.extraneous.length", "Extraneous Data Length", FieldType::int32};
inline constexpr Field wins_local_flag{
    {"dns.wins.local_flag", "Local Flag", 31, 1}, FieldType::boolean, {.drawn_bits = 32, .drawn_before = 31}};
inline constexpr Field wins_lookup_timeout{"dns.wins.lookup_timeout", "Lookup timeout", FieldType::uint32};
inline constexpr Field wins_cache_timeout{"dns.wins.cache_timeout", "Cache timeout", FieldType::uint32};
inline constexpr Field wins_nb_wins_servers{"dns.wins.nb_wins_servers", "Number of WINS servers", FieldType::uint32};
inline constexpr Field wins_wins_server{"dns.wins.wins_server", "WINS Server Address", FieldType::ipv4};
inline constexpr Field winsr_local_flag{
    {"dns.winsr.local_flag", "Local Flag", 31, 1}, FieldType::boolean, {.drawn_bits = 32, .drawn_before = 31}};
inline constexpr Field winsr_lookup_timeout{"dns.winsr.lookup_timeout", "Lookup timeout", FieldType::uint32};
inline constexpr Field winsr_cache_timeout{"dns.winsr.cache_timeout", "Cache timeout", FieldType::uint32};
inline constexpr Field winsr_name_result_domain{"dns.winsr.name_result_domain", "Name Result Domain",
                                                FieldType::string};
inline constexpr Field data{"dns.data", "Data", FieldType::bytes};
inline constexpr Field dso{"dns.dso", "DNS Stateful Operation", FieldType::none};
inline constexpr Field dso_tlv{"dns.dso.tlv", "DSO TLV", FieldType::none};
inline constexpr Field dso_tlv_type{"dns.dso.tlv.type", "Type", FieldType::uint16, {.names = dso_types}};
inline constexpr Field dso_tlv_length{"dns.dso.tlv.length", "Length", FieldType::uint16};
inline constexpr Field dso_tlv_data{"dns.dso.tlv.data", "Data", FieldType::bytes};
inline constexpr Field dso_tlv_keepalive_inactivity{"dns.dso.tlv.keepalive.inactivity", "Inactivity Timeout",
                                                    FieldType::uint32};
inline constexpr Field dso_tlv_keepalive_interval{"dns.dso.tlv.keepalive.interval", "Keepalive Interval",
                                                  FieldType::uint32};
inline constexpr Field dso_tlv_retrydelay_retrydelay{"dns.dso.tlv.retrydelay.retrydelay", "Retry Delay",
                                                     FieldType::uint32};
inline constexpr Field dso_tlv_encpad_padding{"dns.dso.tlv.encpad.padding", "Padding", FieldType::bytes};

// Of TCP's item: who cuts a stream into messages adds it there.
inline constexpr Field pdu_size{"tcp.pdu.size", "PDU Size", FieldType::uint32};

// Fields whose look depends on the message: of a query, of LLMNR, of mDNS.
inline constexpr ValueName conflict_response_words[] = {{0, 0, "The name is considered unique"},
                                                        {1, 1, "The name is not considered unique"}};
inline constexpr Field flags_conflict_response{{"dns.flags.conflict", "Conflict", 5, 1},
                                               FieldType::boolean,
                                               {.names = conflict_response_words, .drawn_bits = 16, .drawn_before = 5}};
inline constexpr Field flags_ad{{"dns.flags.authenticated", "AD bit", 10, 1},
                                FieldType::boolean,
                                {.names = set_or_not, .drawn_bits = 16, .drawn_before = 10}};
inline constexpr Field qry_class_mdns{
    {"dns.qry.class", "Class", 1, 15}, FieldType::uint16, {.show = Show::hex, .names = classes}};
inline constexpr Field resp_class_mdns{
    {"dns.resp.class", "Class", 1, 15}, FieldType::uint16, {.show = Show::hex, .names = classes}};
inline constexpr Field rr_udp_payload_size_mdns{
    {"dns.rr.udp_payload_size", "UDP payload size", 1, 15}, FieldType::uint16, {.show = Show::hex}};

/// All of them, each name once.
inline constexpr Note request_again{
    {"dns.retransmit_request", "DNS query retransmission", FieldType::none}, Severity::warning, "Protocol"};
inline constexpr Note response_again{
    {"dns.retransmit_response", "DNS response retransmission", FieldType::none}, Severity::warning, "Protocol"};
inline constexpr Note high_ttl{
    {"dns.ttl.high_bit_set", "The uppermost bit of the TTL is set (RFC 2181, section 8)", FieldType::none},
    Severity::warning,
    "Protocol",
    true};

inline constexpr Note undecoded{
    {"dns.undecoded.type", "Undecoded option", FieldType::none}, Severity::note, "Undecoded"};
inline constexpr Note deprecated_option{
    {"dns.depr.opc", "Deprecated opcode. Client subnet OPT assigned as 8.", FieldType::none},
    Severity::warning,
    "Protocol"};
inline constexpr Note subnet_too_long{
    {"dns.rr.opt.bad_length", "Length too long for any type of IP address.", FieldType::none},
    Severity::error,
    "Malformed"};
inline constexpr Note no_key_id{
    {"dns.key_id_buffer_too_short", "Buffer too short to compute a key id", FieldType::none},
    Severity::warning,
    "Protocol"};
inline constexpr Note no_algorithm{
    {"dns.tsig.noalg", "No dissector for algorithm", FieldType::none}, Severity::warning, "Undecoded"};

inline constexpr const Field* fields[] = {&request_again.field,
                                          &response_again.field,
                                          &high_ttl.field,
                                          &undecoded.field,
                                          &deprecated_option.field,
                                          &subnet_too_long.field,
                                          &no_key_id.field,
                                          &no_algorithm.field,
                                          &pdu_size,
                                          &length,
                                          &flags,
                                          &flags_response,
                                          &flags_opcode,
                                          &flags_authoritative,
                                          &flags_conflict,
                                          &flags_truncated,
                                          &flags_recdesired,
                                          &flags_tentative,
                                          &flags_recavail,
                                          &flags_z,
                                          &flags_authenticated,
                                          &flags_checkdisable,
                                          &flags_rcode,
                                          &id,
                                          &qry_type,
                                          &qry_class,
                                          &qry_qu,
                                          &qry_name,
                                          &qry_name_len,
                                          &count_labels,
                                          &resp_type,
                                          &resp_class,
                                          &resp_cache_flush,
                                          &resp_ext_rcode,
                                          &resp_edns0_version,
                                          &resp_z,
                                          &resp_z_do,
                                          &resp_z_reserved,
                                          &srv_service,
                                          &srv_proto,
                                          &srv_name,
                                          &srv_priority,
                                          &srv_weight,
                                          &srv_port,
                                          &srv_target,
                                          &naptr_order,
                                          &naptr_preference,
                                          &naptr_flags_length,
                                          &naptr_flags,
                                          &naptr_service_length,
                                          &naptr_service,
                                          &naptr_regex_length,
                                          &naptr_regex,
                                          &naptr_replacement_length,
                                          &naptr_replacement,
                                          &resp_name,
                                          &resp_ttl,
                                          &resp_len,
                                          &a,
                                          &md,
                                          &mf,
                                          &mb,
                                          &mg,
                                          &mr,
                                          &null,
                                          &aaaa,
                                          &cname,
                                          &rr_udp_payload_size,
                                          &soa_mname,
                                          &soa_rname,
                                          &soa_serial_number,
                                          &soa_refresh_interval,
                                          &soa_retry_interval,
                                          &soa_expire_limit,
                                          &soa_minimum_ttl,
                                          &ptr_domain_name,
                                          &wks_address,
                                          &wks_protocol,
                                          &wks_bits,
                                          &hinfo_cpu_length,
                                          &hinfo_cpu,
                                          &hinfo_os_length,
                                          &hinfo_os,
                                          &minfo_r,
                                          &minfo_e,
                                          &mx_preference,
                                          &mx_mail_exchange,
                                          &txt_length,
                                          &txt,
                                          &openpgpkey,
                                          &csync_soa,
                                          &csync_flags,
                                          &csync_flags_immediate,
                                          &csync_flags_soaminimum,
                                          &csync_type_bitmap,
                                          &zonemd_serial,
                                          &zonemd_scheme,
                                          &zonemd_hash_algo,
                                          &zonemd_digest,
                                          &svcb_svcpriority,
                                          &svcb_targetname,
                                          &svcb_svcparam_key,
                                          &svcb_svcparam_value_length,
                                          &svcb_svcparam_value,
                                          &svcb_svcparam,
                                          &svcb_svcparam_mandatory_key,
                                          &svcb_svcparam_alpn_length,
                                          &svcb_svcparam_alpn,
                                          &svcb_svcparam_port,
                                          &svcb_svcparam_ipv4hint_ip,
                                          &svcb_svcparam_echconfig,
                                          &svcb_svcparam_ipv6hint_ip,
                                          &svcb_svcparam_odohconfig,
                                          &spf_length,
                                          &spf,
                                          &ilnp_nid_preference,
                                          &ilnp_nid,
                                          &ilnp_l32_preference,
                                          &ilnp_l32,
                                          &ilnp_l64_preference,
                                          &ilnp_l64,
                                          &ilnp_lp_preference,
                                          &ilnp_lp,
                                          &eui48,
                                          &eui64,
                                          &rrsig_type_covered,
                                          &rrsig_algorithm,
                                          &rrsig_labels,
                                          &rrsig_original_ttl,
                                          &rrsig_signature_expiration,
                                          &rrsig_signature_inception,
                                          &rrsig_key_tag,
                                          &rrsig_signers_name,
                                          &rrsig_signature,
                                          &dnskey_flags,
                                          &dnskey_flags_zone_key,
                                          &dnskey_flags_key_revoked,
                                          &dnskey_flags_secure_entry_point,
                                          &dnskey_flags_reserved,
                                          &dnskey_protocol,
                                          &dnskey_algorithm,
                                          &dnskey_key_id,
                                          &dnskey_public_key,
                                          &key_flags,
                                          &key_flags_authentication,
                                          &key_flags_confidentiality,
                                          &key_flags_required,
                                          &key_flags_associated_user,
                                          &key_flags_associated_named_entity,
                                          &key_flags_ipsec,
                                          &key_flags_mime,
                                          &key_flags_signatory,
                                          &key_protocol,
                                          &key_algorithm,
                                          &key_key_id,
                                          &key_public_key,
                                          &px_preference,
                                          &px_map822,
                                          &px_map400,
                                          &tkey_algo_name,
                                          &tkey_signature_expiration,
                                          &tkey_signature_inception,
                                          &tkey_mode,
                                          &tkey_error,
                                          &tkey_key_size,
                                          &tkey_key_data,
                                          &tkey_other_size,
                                          &tkey_other_data,
                                          &ipseckey_gateway_precedence,
                                          &ipseckey_gateway_algorithm,
                                          &ipseckey_gateway_type,
                                          &ipseckey_gateway_ipv4,
                                          &ipseckey_gateway_ipv6,
                                          &ipseckey_gateway_dns,
                                          &ipseckey_public_key,
                                          &xpf_ip_version,
                                          &xpf_protocol,
                                          &xpf_source_ipv4,
                                          &xpf_destination_ipv4,
                                          &xpf_source_ipv6,
                                          &xpf_destination_ipv6,
                                          &xpf_sport,
                                          &xpf_dport,
                                          &a6_prefix_len,
                                          &a6_address_suffix,
                                          &a6_prefix_name,
                                          &dname,
                                          &loc_version,
                                          &loc_size,
                                          &loc_horizontal_precision,
                                          &loc_vertical_precision,
                                          &loc_latitude,
                                          &loc_longitude,
                                          &loc_altitude,
                                          &loc_unknown_data,
                                          &nxt_next_domain_name,
                                          &kx_preference,
                                          &kx_key_exchange,
                                          &cert_type,
                                          &cert_key_tag,
                                          &cert_algorithm,
                                          &cert_certificate,
                                          &nsec_next_domain_name,
                                          &ns,
                                          &opt,
                                          &opt_code,
                                          &opt_len,
                                          &opt_data,
                                          &opt_dau,
                                          &opt_dhu,
                                          &opt_n3u,
                                          &opt_client_family,
                                          &opt_client_netmask,
                                          &opt_client_scope,
                                          &opt_client_addr,
                                          &opt_client_addr4,
                                          &opt_client_addr6,
                                          &opt_cookie_client,
                                          &opt_cookie_server,
                                          &opt_edns_tcp_keepalive_timeout,
                                          &opt_padding,
                                          &opt_chain_fqdn,
                                          &opt_ext_error_info_code,
                                          &opt_ext_error_extra_text,
                                          &count_queries,
                                          &count_zones,
                                          &count_answers,
                                          &count_prerequisites,
                                          &count_auth_rr,
                                          &count_updates,
                                          &nsec3_algo,
                                          &nsec3_flags,
                                          &nsec3_flags_opt_out,
                                          &nsec3_iterations,
                                          &nsec3_salt_length,
                                          &nsec3_salt_value,
                                          &nsec3_hash_length,
                                          &nsec3_hash_value,
                                          &tlsa_certificate_usage,
                                          &tlsa_selector,
                                          &tlsa_matching_type,
                                          &tlsa_certificate_association_data,
                                          &tsig_algorithm_name,
                                          &tsig_time_signed,
                                          &tsig_original_id,
                                          &tsig_error,
                                          &tsig_fudge,
                                          &tsig_mac_size,
                                          &tsig_other_len,
                                          &tsig_mac,
                                          &tsig_other_data,
                                          &response_in,
                                          &response_to,
                                          &retransmission,
                                          &retransmit_request_in,
                                          &retransmit_response_in,
                                          &time,
                                          &unsolicited,
                                          &count_add_rr,
                                          &sshfp_algorithm,
                                          &sshfp_fingerprint_type,
                                          &sshfp_fingerprint,
                                          &hip_hit_length,
                                          &hip_hit_pk_algo,
                                          &hip_pk_length,
                                          &hip_hit,
                                          &hip_pk,
                                          &hip_rendezvous_server,
                                          &dhcid_rdata,
                                          &ds_key_id,
                                          &ds_algorithm,
                                          &ds_digest_type,
                                          &ds_digest,
                                          &apl_address_family,
                                          &apl_coded_prefix,
                                          &apl_negation,
                                          &apl_afdlength,
                                          &apl_afdpart_ipv4,
                                          &apl_afdpart_ipv6,
                                          &apl_afdpart_data,
                                          &gpos_longitude_length,
                                          &gpos_longitude,
                                          &gpos_latitude_length,
                                          &gpos_latitude,
                                          &gpos_altitude_length,
                                          &gpos_altitude,
                                          &rp_mailbox,
                                          &rp_txt_rr,
                                          &afsdb_subtype,
                                          &afsdb_hostname,
                                          &x25_length,
                                          &x25_psdn_address,
                                          &idsn_length,
                                          &idsn_address,
                                          &idsn_sa_length,
                                          &idsn_sa_address,
                                          &rt_subtype,
                                          &rt_intermediate_host,
                                          &nsap_rdata,
                                          &nsap_ptr_owner,
                                          &caa_flags,
                                          &caa_flags_issuer_critical,
                                          &caa_issue,
                                          &caa_issuewild,
                                          &caa_iodef,
                                          &caa_unknown,
                                          &caa_tag_length,
                                          &caa_tag,
                                          &caa_value,
                                          &extraneous_data,
                                          &extraneous_length,
                                          &wins_local_flag,
                                          &wins_lookup_timeout,
                                          &wins_cache_timeout,
                                          &wins_nb_wins_servers,
                                          &wins_wins_server,
                                          &winsr_local_flag,
                                          &winsr_lookup_timeout,
                                          &winsr_cache_timeout,
                                          &winsr_name_result_domain,
                                          &data,
                                          &dso,
                                          &dso_tlv,
                                          &dso_tlv_type,
                                          &dso_tlv_length,
                                          &dso_tlv_data,
                                          &dso_tlv_keepalive_inactivity,
                                          &dso_tlv_keepalive_interval,
                                          &dso_tlv_retrydelay_retrydelay,
                                          &dso_tlv_encpad_padding};

}  // namespace encap::dns
