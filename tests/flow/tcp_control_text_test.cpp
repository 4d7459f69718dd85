#include "encap/flow/tcp_control_text.h"

#include <gtest/gtest.h>

#include "support/case_name.h"

namespace encap::test {
namespace {

struct ControlCase {
  const char* name;
  std::string_view text;
};

class TcpControlText : public ::testing::TestWithParam<ControlCase> {};

TEST_P(TcpControlText, is_recognised) { EXPECT_TRUE(is_tcp_control_text(GetParam().text)) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    Tcp, TcpControlText,
    ::testing::Values(ControlCase{"flag", "SYN"}, ControlCase{"flag_in_lower_case", "syn"},
                      ControlCase{"flag_between_blanks", "  FIN "}, ControlCase{"flags_with_dash", "SYN-ACK"},
                      ControlCase{"flags_with_comma", "FIN, ACK"}, ControlCase{"flags_with_slash", "FIN/ACK"},
                      ControlCase{"flags_with_plus", "PSH+ACK"}, ControlCase{"flags_with_underscore", "syn_ack"},
                      ControlCase{"flags_with_blank", "RST ACK"},
                      ControlCase{"every_flag", "SYN ACK FIN RST PSH URG ECE ECN CWR"},
                      ControlCase{"flag_with_numbers", "ACK Seq=1 Ack=1"},
                      ControlCase{"flag_with_numbers_in_lower_case", "ACK seq=1"},
                      ControlCase{"brackets", "[SYN] Seq=0 Win=64240"}, ControlCase{"brackets_alone", "[SYN, ACK]"},
                      ControlCase{"ports_before_brackets", "54321 > 80 [ACK] Seq=1"},
                      ControlCase{"ports_with_a_drawn_arrow", "80 \xe2\x86\x92 54321 [SYN, ACK] Seq=0 Ack=1"},
                      ControlCase{"ports_with_a_typed_arrow", "54321->80 [FIN, ACK]"},
                      ControlCase{"ports_before_a_flag", "54321 > 80 SYN"}),
    CaseName{});

class OtherText : public ::testing::TestWithParam<ControlCase> {};

TEST_P(OtherText, is_a_message) { EXPECT_FALSE(is_tcp_control_text(GetParam().text)) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    Tcp, OtherText,
    ::testing::Values(ControlCase{"empty", ""}, ControlCase{"blanks", "   "},
                      ControlCase{"word_that_begins_with_a_flag", "ACKnowledged"},
                      ControlCase{"word_that_begins_with_a_flag_in_small", "Synopsis"},
                      ControlCase{"flag_and_words", "FIN de semana"},
                      ControlCase{"flags_and_words", "SYN ACK received"}, ControlCase{"words_in_brackets", "[hello]"},
                      ControlCase{"brackets_alone", "[]"}, ControlCase{"bracket_left_open", "[SYN"},
                      ControlCase{"words_behind_a_flag_in_brackets", "[SYN flood]"},
                      ControlCase{"ports_alone", "54321 > 80"}, ControlCase{"ports_and_data", "54321 > 80 Len=5"},
                      ControlCase{"number_alone", "12345"}, ControlCase{"number_before_a_flag", "42 SYN"},
                      ControlCase{"comparison", "3 > 2"}, ControlCase{"http", "GET / HTTP/1.1"},
                      ControlCase{"separator_alone", "-"}, ControlCase{"separator_before_a_flag", "-ACK"},
                      ControlCase{"separator_left_over", "ACK-"}, ControlCase{"numbers_alone", "Seq=1"}),
    CaseName{});

}  // namespace
}  // namespace encap::test
