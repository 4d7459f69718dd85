#include "encap/trace/explanation_render.h"
namespace encap {
void append_explanation_html(std::string&, const Explanation&) {}
}
