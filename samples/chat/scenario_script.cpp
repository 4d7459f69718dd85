#include "scenario_script.h"

namespace chat {
namespace {

using enum Step::Act;
using enum Player;

// Half a kilobyte that a slow client does not read.
#define ENCAP_CHAT_LONG_TEXT                                                                                 \
  "When nobody reads, TCP closes its window; the server keeps what it has to say, and says it when the "     \
  "window opens. This line is long on purpose: a handful of them fill the small buffer of the slow client. " \
  "Look for the window size in the acknowledgements, and for a window update once the client reads again. "  \
  "The server's own queue has a bound too, and who reaches it is dropped with a notice."

constexpr Step script[] = {
    // Names are unique, whatever their case.
    {connects, alice},
    {hears, alice, "enter name:"},
    {says, alice, "alice"},
    {hears, alice, "* you are alice"},
    {connects, bob},
    {hears, bob, "enter name:"},
    {says, bob, "ALICE"},
    {hears, bob, "! "},
    {hears, bob, "enter name:"},
    {says, bob, "bob"},
    {hears, bob, "* you are bob"},
    {hears, alice, "users:"},
    {connects, carol},
    {hears, carol, "enter name:"},
    {says, carol, "carol"},
    {hears, carol, "* you are carol"},
    {connects, dave},
    {hears, dave, "enter name:"},
    {says, dave, "dave"},
    {hears, dave, "* you are dave"},
    {connects, zoe},
    {hears, zoe, "enter name:"},
    {says, zoe, "Zoë"},
    {hears, zoe, "* you are Zoë"},
    {hears, alice, "Zoë"},
    {hears, bob, "Zoë"},
    {hears, carol, "Zoë"},
    {hears, dave, "Zoë"},

    // The lobby.
    {says, alice, "all: hello everybody"},
    {hears, bob, "alice: hello everybody"},
    {hears, carol, "alice: hello everybody"},
    {hears, dave, "alice: hello everybody"},
    {hears, zoe, "alice: hello everybody"},
    {says, zoe, "all: Grüße 👋 שלום"},
    {hears, alice, "Zoë: Grüße 👋 שלום"},
    {hears, bob, "Zoë: Grüße 👋 שלום"},
    {hears, carol, "Zoë: Grüße 👋 שלום"},
    {hears, dave, "Zoë: Grüße 👋 שלום"},

    // To one, to several, and to nobody.
    {says, bob, "alice: between the two of us"},
    {hears, alice, "bob (private): between the two of us"},
    {says, carol, "alice,dave: lunch at noon?"},
    {hears, alice, "carol (to you, dave): lunch at noon?"},
    {hears, dave, "carol (to you, alice): lunch at noon?"},
    {says, alice, "nobody: are you there?"},
    {hears, alice, "! "},
    {says, alice, "a line without a target"},
    {hears, alice, "! "},

    // A private chat, by request.
    {says, alice, "/chat bob"},
    {hears, bob, "alice asks for a private chat"},
    {says, bob, "/accept"},
    {hears, alice, "private chat with bob opened"},
    {hears, bob, "private chat with alice opened"},
    {says, alice, "is the coast clear?"},
    {hears, bob, "alice (chat): is the coast clear?"},
    {says, bob, "quite clear"},
    {hears, alice, "bob (chat): quite clear"},
    {says, alice, "/leave"},
    {hears, alice, "private chat with bob closed"},
    {hears, bob, "private chat with alice closed"},

    // A group, with right and wrong passwords.
    {creates, alice, "/create apple-pie"},
    {says, bob, "/join {group} cherry-pie"},
    {hears, bob, "! "},
    {says, bob, "/join {group} apple-pie"},
    {hears, bob, "#{group} joined"},
    {hears, alice, "bob joined #{group}"},
    {says, carol, "/join 999 apple-pie"},
    {hears, carol, "! "},
    {says, carol, "/join {group} apple-pie"},
    {hears, carol, "#{group} joined"},
    {hears, alice, "carol joined #{group}"},
    {hears, bob, "carol joined #{group}"},
    {says, alice, "for members only"},
    {hears, bob, "alice [#{group}]: for members only"},
    {hears, carol, "alice [#{group}]: for members only"},
    {says, carol, "/history 5"},
    {hears, carol, "* history:"},
    {says, carol, "/leave"},
    {hears, carol, "#{group} left"},
    {hears, alice, "carol left #{group}"},

    // One of them does not read for a while.
    {pauses, zoe},
    {says, dave, "all: 1. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 2. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 3. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 4. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 5. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 6. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 7. " ENCAP_CHAT_LONG_TEXT},
    {says, dave, "all: 8. " ENCAP_CHAT_LONG_TEXT},
    {hears, alice, "dave: 8. "},
    {hears, bob, "dave: 8. "},
    {hears, carol, "dave: 8. "},
    {resumes, zoe},
    {hears, zoe, "dave: 8. "},

    // One is gone without a word.
    {says, carol, "dave: are you still there?"},
    {hears, dave, "carol (private): are you still there?"},
    {vanishes, dave},
    {hears, alice, "users:"},
    {hears, bob, "users:"},
    {hears, carol, "users:"},
    {hears, zoe, "users:"},

    // The others leave in order, the last ones when the server does.
    {says, zoe, "/exit"},
    {closes, zoe},
    {hears, alice, "users:"},
    {hears, bob, "users:"},
    {hears, carol, "users:"},
    {says, bob, "/exit"},
    {closes, bob},
    {hears, alice, "users:"},
    {hears, carol, "users:"},
    {goodbye, alice},
    {closes, alice},
    {closes, carol},
};

#undef ENCAP_CHAT_LONG_TEXT

}  // namespace

std::span<const Step> scenario_script() noexcept { return script; }

}  // namespace chat
