#pragma once

#include <memory>

#include "encap/input/byte_source.h"

/// Standard input that ends when a signal asks for it, even while it waits for a slow pipe.
[[nodiscard]] std::unique_ptr<encap::ByteSource> standard_input();
