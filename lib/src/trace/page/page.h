#pragma once

#include <string_view>

namespace encap {

/// What a page of ours looks like, and what it does when one points at it. Made of the files beside this one.
extern const std::string_view page_style;
extern const std::string_view page_script;

}  // namespace encap
