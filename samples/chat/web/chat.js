// The page of the chat: what the server says goes to the conversations, what is written there goes to the server.
// PROTOCOL.md describes the lines and the objects. What comes from others becomes text and never markup.
import { Connection, connectionBanner } from "./connection.js";
import { Conversation } from "./conversation.js";
import { fill, fromTemplate, listed, showMistake } from "./elements.js";

const history = 50; // messages asked for after a reconnection
const namingTries = 8; // how often a name that a lost connection still holds is asked for again,
const namingPause = 1000; // milliseconds apart
const manyPeople = 10; // above it there is a field to find a name
const manyNotices = 5; // people who come or leave at once are counted, not listed, above it

const byId = (id) => document.getElementById(id);
const collator = new Intl.Collator([], { sensitivity: "base", numeric: true });

let me = null; // the name the server knows this page by
let lineMax = 4096; // octets
const frameMax = 8192; // octets; the server closes the connection over a longer one
let lastRef = 0;
let entered = false; // the page has had a name once
let nameWaiting = null; // given when there was no connection
let farewell = ""; // what the server said before it closed the connection
let leaving = false;
const asked = new Map(); // ref of a command -> what to do with its answer
const unanswered = new Map(); // ref of a line not yet come back -> { ref, line, message, conversation, entry, sent }
const unstored = new Map(); // ref of a line that came back but is not known to be in the database -> the same
const conversations = new Map(); // target -> Conversation
const passwords = new Map(); // target of a group -> what to join it again with, after a reconnection
const people = new Map(); // name -> { row, here }
let online = null; // names; null: not known since the connection was made
const ticked = new Set(); // names
const requests = new Map(); // name -> its row

function announce(...parts) {
  fill(byId("announcement"), ...parts);
}

// --- Lines to the server -------------------------------------------------------------------------------------------

const refusal = (code, text) => ({ event: "refused", code, text });

/// What is wrong with a line that the server would not read, or "".
function tooLong(line) {
  const octets = (text) => new TextEncoder().encode(text).length;
  const frame = octets(JSON.stringify({ line, ref: Number.MAX_SAFE_INTEGER }));
  if (octets(line) <= lineMax && frame <= frameMax) return "";
  return `This is too long: with whom it is for it has ${octets(line)} octets of at most ${lineMax}. Send it in parts.`;
}

/// Half of a character, which a field can hold, is nothing that can be sent.
const wellFormed = (text) => text.toWellFormed?.() ?? text;

/// Sends a command. `answered` gets the event that answers it: `refused` where it failed or the connection was lost.
function ask(command, answered) {
  const line = wellFormed(command);
  const ref = ++lastRef;
  const mistake = tooLong(line);
  if (mistake !== "") answered(refusal("too_long", mistake));
  else if (connection.send({ line, ref })) asked.set(ref, answered);
  else answered(refusal("connection_lost", "There is no connection: try again when it is back."));
}

function send(outgoing) {
  const { conversation, line, ref } = outgoing;
  outgoing.sent = conversation.ready && me !== null && connection.send({ line, ref });
  conversation.settle(outgoing.entry, outgoing.sent ? "sent" : "waiting");
}

/// Shows a line as written and sends it. Returns a mistake, or "".
function say(conversation, written) {
  const text = wellFormed(written);
  if (text === "") return "There is nothing to send: write a message first.";
  const to = conversation.target === "all" ? [...ticked] : [];
  const line = `${to.length > 0 ? to.join(",") : conversation.target}: ${text}`;
  const mistake = tooLong(line);
  if (mistake !== "") return mistake;
  const message = { scope: to.length > 0 ? "private" : "lobby", from: me, to, text, time: new Date().toISOString() };
  const outgoing = { ref: ++lastRef, line, message, conversation, sent: false };
  outgoing.entry = conversation.echo(message, () => {
    if (conversation.ended) {
      conversation.fail(outgoing.entry, "not sent: this conversation is over", false);
      return;
    }
    outgoing.ref = ++lastRef;
    unanswered.set(outgoing.ref, outgoing);
    send(outgoing);
  });
  unanswered.set(outgoing.ref, outgoing);
  send(outgoing);
  return "";
}

/// Sends what waited, or was sent and not answered, in the order it was written.
function sendWaiting(conversation) {
  conversation.ready = true;
  for (const outgoing of unanswered.values()) {
    if (outgoing.conversation === conversation && !outgoing.sent) send(outgoing);
  }
}

// --- Conversations -------------------------------------------------------------------------------------------------

const lobby = addConversation("all", ["Lobby"]);
lobby.describe(["Everybody is here."], false);
showTicked();

function addConversation(target, title) {
  const conversation = new Conversation(target, title, {
    me: () => me,
    say,
    earlier: (which, count) => {
      if (me === null || !which.ready) return false;
      ask(`/history ${count} ${which.target}`, (answer) => {
        if (answer.event === "refused") which.historyRefused(answer.text);
      });
      return true;
    },
    leave: (which) => leave(which),
    askAgain: (which) => askForChat(which.target.slice(1), (text) => which.notice(text)),
  });
  conversations.set(target, conversation);
  byId("tabs").append(conversation.tab);
  byId("panels").append(conversation.panel);
  conversation.select(conversations.size === 1);
  conversation.tab.addEventListener("click", () => select(conversation));
  return conversation;
}

function selectedConversation() {
  return [...conversations.values()].find((conversation) => conversation.selected);
}

function select(chosen) {
  for (const conversation of conversations.values()) {
    if (conversation !== chosen) conversation.select(false);
  }
  chosen.select(true);
  showPeople(false);
  showUnread();
}

/// Shows a conversation and goes to its field.
function enter(conversation) {
  select(conversation);
  conversation.input.focus();
}

function close(conversation) {
  const hadFocus = conversation.panel.contains(document.activeElement) || document.activeElement === document.body;
  conversations.delete(conversation.target);
  passwords.delete(conversation.target);
  for (const lines of [unanswered, unstored]) {
    for (const [ref, outgoing] of lines) if (outgoing.conversation === conversation) lines.delete(ref);
  }
  const wasSelected = conversation.selected;
  conversation.tab.remove();
  conversation.panel.remove();
  if (wasSelected) select(lobby);
  if (wasSelected && hadFocus) lobby.input.focus();
  showUnread();
}

function leave(conversation) {
  if (conversation.ended) {
    close(conversation);
    return;
  }
  ask(`/leave ${conversation.target}`, (answer) => {
    if (answer.event === "refused") conversation.notice(answer.text);
    else if (conversations.has(conversation.target)) close(conversation);
  });
}

/// A conversation is over; what was not sent there never will be.
function end(conversation, text) {
  conversation.ready = false;
  conversation.end(true);
  for (const [ref, outgoing] of unanswered) {
    if (outgoing.conversation !== conversation) continue;
    unanswered.delete(ref);
    conversation.fail(outgoing.entry, text, false);
  }
}

function showUnread() {
  const sum = [...conversations.values()].reduce((count, conversation) => count + conversation.unread, 0);
  document.title = sum > 0 ? `(${sum}) Chat` : "Chat";
}

byId("tabs").addEventListener("keydown", (event) => {
  const all = [...conversations.values()];
  const at = all.findIndex((conversation) => conversation.selected);
  const to = {
    ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const conversation = all.at(to % all.length);
  select(conversation);
  conversation.tab.focus();
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  selectedConversation().read();
  showUnread();
});

// --- People --------------------------------------------------------------------------------------------------------

function showPeople(shown) {
  document.body.classList.toggle("people-open", shown);
  byId("people-button").setAttribute("aria-expanded", String(shown));
  byId("people-button").textContent = shown ? "Back to the messages" : "People and groups";
}

function addPerson(name) {
  const row = fromTemplate("person-template");
  const [tick, chat] = [row.querySelector("input"), row.querySelector("button")];
  row.querySelector("bdi").textContent = name;
  if (name === me) {
    row.querySelector("label").replaceChildren(row.querySelector("bdi"), " (you)");
    chat.remove();
  } else {
    tick.addEventListener("change", () => {
      if (tick.checked) ticked.add(name);
      else ticked.delete(name);
      showTicked();
      if (!people.get(name).here) removePerson(name);
    });
    const whom = document.createElement("span");
    whom.className = "unseen";
    fill(whom, " with ", { name });
    chat.append(whom);
    chat.addEventListener("click", () => {
      const open = conversations.get(`@${name}`);
      if (open !== undefined && !open.ended) enter(open);
      else askForChat(name, (text) => showSaid(name, text, true));
    });
  }
  return row;
}

function removePerson(name) {
  const { row } = people.get(name);
  const hadFocus = row.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  people.delete(name);
  row.remove();
  if (hadFocus) (next?.querySelector("input") ?? byId("find")).focus();
}

/// What has become of what was asked of somebody, in that person's row.
function showSaid(name, text, isMistake = false) {
  const place = people.get(name)?.row.querySelector(".said");
  if (place === undefined) return;
  place.textContent = text;
  place.classList.toggle("error", isMistake);
}

function showTicked() {
  const names = [...ticked];
  if (names.length === 0) lobby.address("To everybody");
  else lobby.address("To ", ...listed(names), " only");
}

/// Makes the list that of `online`. Who is ticked and left stays in it, so that a line meant for one never goes to all.
function showOnline() {
  const here = new Set(online);
  for (const [name, person] of people) {
    person.here = here.has(name);
    if (!person.here && !ticked.has(name)) removePerson(name);
    else if (name !== me) {
      person.row.querySelector(".gone").hidden = person.here;
      person.row.querySelector("button").hidden = !person.here;
    }
  }
  for (const name of online) {
    if (!people.has(name)) people.set(name, { row: addPerson(name), here: true });
  }
  const names = [...people.keys()].sort((a, b) => (b === me) - (a === me) || collator.compare(a, b));
  const sought = byId("find-box").hidden ? "" : byId("find").value.trim().toLowerCase();
  let at = byId("people").firstElementChild;
  for (const name of names) { // moved only where they are not in their place, which keeps the focus
    const { row } = people.get(name);
    if (row === at) at = at.nextElementSibling;
    else byId("people").insertBefore(row, at);
    row.hidden = sought !== "" && !name.toLowerCase().includes(sought);
  }
  byId("people-count").textContent = String(here.size);
  byId("find-box").hidden = people.size <= manyPeople;
}

let onlineFrame = 0;
function showOnlineSoon() { // many who come at once are one change
  onlineFrame ||= setTimeout(() => {
    onlineFrame = 0;
    if (online !== null) showOnline();
  }, 30);
}

function noticeOfPeople(names, verb) {
  if (names.length > manyNotices) lobby.notice(`${names.length} people ${verb}`);
  else for (const name of names) lobby.notice({ name }, ` ${verb}`);
}

function askForChat(name, mistaken) {
  ask(`/chat ${name}`, (answer) => {
    if (answer.event === "refused") mistaken(answer.text);
    else if (answer.state === "opened") enter(conversations.get(`@${answer.with}`)); // the other side had asked before
  });
}

function showRequest(name) {
  if (requests.has(name)) return;
  const row = fromTemplate("request-template");
  row.querySelector("bdi").textContent = name;
  const [accept, reject] = row.querySelectorAll("button");
  const reply = (line) => ask(line, (answer) => {
    if (answer.event === "refused") {
      showMistake(row.querySelector(".error"), answer.text);
      accept.hidden = true;
      reject.textContent = "Close";
      return;
    }
    removeRequest(name);
    if (answer.state === "opened") enter(conversations.get(`@${name}`));
  });
  accept.addEventListener("click", () => reply(`/accept ${name}`));
  reject.addEventListener("click", () => {
    if (accept.hidden) removeRequest(name);
    else reply(`/reject ${name}`);
  });
  requests.set(name, row);
  byId("requests").append(row);
  announce({ name }, " asks you for a private chat");
}

function removeRequest(name) {
  const row = requests.get(name);
  const hadFocus = row?.contains(document.activeElement);
  row?.remove();
  requests.delete(name);
  if (hadFocus) selectedConversation().input.focus();
}

// --- Groups --------------------------------------------------------------------------------------------------------

const members = new Map(); // target of a group -> names

function describeGroup(target) {
  const number = target.slice(1);
  conversations.get(target)?.describe([`Group ${number}: `, ...listed([...members.get(target)])], true);
}

/// One is in a group now: its conversation, new or going on.
function openGroup(target, names) {
  const old = conversations.get(target);
  const conversation = old ?? addConversation(target, [`Group ${target.slice(1)}`]);
  members.set(target, new Set(names));
  describeGroup(target);
  conversation.end(false);
  return conversation;
}

function submitGroup(form, fields, mistake, lineOf) {
  byId(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const inputs = fields.map(byId);
    const password = inputs.at(-1).value;
    showMistake(byId(mistake), "", ...inputs);
    ask(lineOf(...inputs.map((input) => input.value)), (answer) => {
      if (answer.event === "refused") {
        showMistake(byId(mistake), answer.text, ...inputs);
        inputs[0].focus();
        return;
      }
      const target = `#${answer.group}`;
      passwords.set(target, password);
      for (const input of inputs) input.value = "";
      sendWaiting(conversations.get(target));
      enter(conversations.get(target));
    });
  });
}
submitGroup("join-form", ["join-id", "join-password"], "join-error",
  (id, password) => `/join ${id.trim().replace(/^#/, "")} ${password}`);
submitGroup("create-form", ["create-password"], "create-error", (password) => `/create ${password}`);

// --- What the server says ------------------------------------------------------------------------------------------

function conversationOf({ scope, group, from, to, with: other }) {
  if (scope === "group") return conversations.get(`#${group}`);
  if (scope === "chat") return conversations.get(`@${other ?? (from === me ? to[0] : from)}`);
  return lobby;
}

function show(message) {
  const conversation = conversationOf(message);
  if (conversation === undefined || !conversation.add(message)) return;
  if (!conversation.selected) announce("New from ", { name: message.from }, " in ", ...conversation.title);
  showUnread();
}

/// Whether a message of the history is a line sent before the connection was lost, which then is not sent again.
function settles(message) {
  if (message.from !== me) return false;
  const to = (message.to ?? []).join();
  for (const [ref, outgoing] of unanswered) {
    const wrote = outgoing.message;
    if (!outgoing.wasSent || wrote.text !== message.text || conversationOf(message) !== outgoing.conversation) continue;
    if (outgoing.conversation === lobby && (wrote.scope !== message.scope || wrote.to.join() !== to)) continue;
    unanswered.delete(ref);
    outgoing.conversation.deliver(outgoing.entry, message);
    outgoing.conversation.settle(outgoing.entry, "stored");
    return true;
  }
  return false;
}

/// After a reconnection: what was missed is shown, then what waited is sent.
function catchUp(conversation) {
  ask(`/history ${history} ${conversation.target}`, (answer) => {
    if (answer.code !== "connection_lost") sendWaiting(conversation);
  });
}

function named(name) {
  const isNew = me !== name;
  me = name;
  const wasTrying = byId("connection").contains(document.activeElement);
  banner.found();
  if (wasTrying) selectedConversation().input.focus();
  farewell = "";
  if (isNew) {
    byId("my-name").textContent = name;
    for (const id of ["me", "people-button", "exit", "chat"]) byId(id).hidden = false;
    byId("login").hidden = true;
    people.clear();
    byId("people").replaceChildren();
    selectedConversation().input.focus();
  }
  if (entered) {
    announce("Connected again");
    lobby.notice("Connected again");
    catchUp(lobby);
    for (const [target, conversation] of conversations) rejoin(target, conversation);
  }
  entered = true;
}

/// A group is entered again with the password it was entered with; a private chat needs the other side's consent again.
function rejoin(target, conversation) {
  if (conversation.ended || target === "all") return;
  if (target.startsWith("@")) {
    conversation.notice("The private chat ended with the connection");
    end(conversation, "not sent: the private chat ended with the connection");
    return;
  }
  ask(`/join ${target.slice(1)} ${passwords.get(target)}`, (answer) => {
    if (answer.code === "connection_lost") return;
    if (answer.event !== "refused") {
      catchUp(conversation);
      return;
    }
    conversation.notice(answer.text);
    end(conversation, "not sent: you are not in this group any more");
    conversation.panel.querySelector(".again").hidden = true;
  });
}

let namingTimer = 0;
/// The name again after a reconnection; the server may need a while to see that the lost connection has gone.
function nameAgain(triesLeft) {
  ask(me, (answer) => {
    if (answer.event !== "refused" || answer.code === "connection_lost") return;
    if (triesLeft > 0 && answer.code === "name_taken") {
      namingTimer = setTimeout(() => nameAgain(triesLeft - 1), namingPause);
      return;
    }
    byId("name").value = me;
    me = null;
    byId("chat").hidden = true;
    byId("login").hidden = false;
    showMistake(byId("name-error"), answer.text, byId("name"));
    byId("name").focus();
  });
}

const chatStates = {
  asked: (name) => showSaid(name, "Asked; no answer yet."),
  rejected: (name, byMe) => {
    removeRequest(name);
    if (byMe) return;
    showSaid(name, "Does not want to chat now.");
    lobby.notice({ name }, " does not want to chat now");
    announce({ name }, " does not want to chat now");
  },
  opened: (name) => {
    const target = `@${name}`;
    const conversation = conversations.get(target) ?? addConversation(target, [{ name }]);
    conversation.describe(["Private chat with ", { name }], true);
    conversation.ready = true;
    conversation.end(false);
    conversation.notice("The private chat is open");
    removeRequest(name);
    showSaid(name, "");
    announce("The private chat with ", { name }, " is open");
  },
  closed: (name) => {
    const conversation = conversations.get(`@${name}`);
    removeRequest(name);
    showSaid(name, "");
    if (conversation === undefined || conversation.ended) return;
    conversation.notice({ name }, " left the private chat");
    end(conversation, "not sent: the private chat is over");
  },
};

const received = {
  welcome({ name_max: nameMax, line_max: most }) {
    lineMax = most ?? lineMax;
    byId("name-limit").textContent = nameMax === undefined ? "" : `Up to ${nameMax} characters.`;
    if (me !== null) {
      nameAgain(namingTries);
      return;
    }
    banner.found();
    if (nameWaiting !== null) logIn(nameWaiting);
  },
  named: ({ name }) => named(name),
  users({ names }) {
    const before = online;
    online = names;
    if (before !== null) {
      const [had, has] = [new Set(before), new Set(names)];
      noticeOfPeople(names.filter((name) => !had.has(name) && name !== me), "came");
      noticeOfPeople(before.filter((name) => !has.has(name)), "left");
      for (const name of before) if (!has.has(name)) removeRequest(name);
    }
    showOnlineSoon();
  },
  message(message) {
    const outgoing = unanswered.get(message.ref);
    if (outgoing === undefined) {
      show(message);
      return;
    }
    unanswered.delete(message.ref);
    unstored.set(message.ref, outgoing);
    outgoing.conversation.deliver(outgoing.entry, message);
  },
  stored({ ref }) {
    const outgoing = unstored.get(ref);
    unstored.delete(ref);
    outgoing?.conversation.settle(outgoing.entry, "stored");
  },
  request: ({ from }) => showRequest(from),
  chat: (event) => chatStates[event.state]?.(event.with, asked.has(event.ref)),
  group({ state, group, members: names }) {
    const target = `#${group}`;
    if (state === "left") {
      if (conversations.has(target)) close(conversations.get(target));
      return;
    }
    openGroup(target, names ?? [me]).notice(state === "created"
      ? `You created group ${group}. Others join it with this number and the password.` : `You joined group ${group}`);
  },
  member({ state, group, name }) {
    const target = `#${group}`;
    const names = members.get(target);
    if (names === undefined || name === me) return;
    if (state === "joined") names.add(name);
    else names.delete(name);
    describeGroup(target);
    conversations.get(target)?.notice({ name }, ` ${state} the group`);
  },
  history(event) {
    conversationOf(event)?.addHistory(event.messages, settles);
  },
  notice({ text }) {
    selectedConversation().notice(text);
  },
  refused({ ref, text, code }) {
    if (asked.has(ref)) return; // said where it was asked
    const outgoing = unanswered.get(ref) ?? unstored.get(ref);
    if (outgoing === undefined) {
      selectedConversation().notice(text);
      return;
    }
    const isDelivered = code === "not_stored"; // and may be stored later
    unanswered.delete(ref);
    outgoing.conversation.fail(outgoing.entry, isDelivered ? `delivered, but ${text}` : text, !isDelivered);
    announce("Refused: ", text);
  },
  goodbye({ text }) {
    farewell = text;
  },
};

const banner = connectionBanner(() => connection.tryNow());
const connection = new Connection("/chat", {
  opened() {},
  received(event) {
    if (!Object.hasOwn(received, event?.event)) return; // of a later version
    received[event.event](event);
    const answered = asked.get(event.ref);
    asked.delete(event.ref);
    answered?.(event);
  },
  lost(delay) {
    if (leaving) {
      location.reload();
      return;
    }
    const isNews = byId("connection").hidden;
    const why = farewell === "" ? "The connection is lost." : `The server closed the connection: ${farewell}`;
    banner.lost(why, delay);
    if (isNews) announce(why, " It is being tried again.");
    if (isNews && me !== null) lobby.notice("Connection lost");
    clearTimeout(namingTimer);
    online = null;
    unstored.clear();
    for (const name of [...requests.keys()]) removeRequest(name);
    for (const conversation of conversations.values()) conversation.ready = false;
    for (const outgoing of unanswered.values()) {
      outgoing.wasSent ||= outgoing.sent;
      outgoing.sent = false;
      outgoing.conversation.settle(outgoing.entry, "waiting");
    }
    const answers = [...asked.values()];
    asked.clear();
    for (const answered of answers) {
      answered(refusal("connection_lost", "The connection was lost before an answer: try again."));
    }
  },
});

// --- Fields and buttons --------------------------------------------------------------------------------------------

/// Asks for a name; where there is no connection, as soon as there is one.
function logIn(name) {
  const [field, mistake] = ["name", "name-error"].map(byId);
  nameWaiting = null;
  showMistake(mistake, "", field);
  ask(name, (answer) => {
    if (answer.code === "connection_lost") {
      nameWaiting = name;
      showMistake(mistake, "There is no connection yet. You come in as soon as there is.");
    } else if (answer.event === "refused") {
      showMistake(mistake, answer.text, field);
      field.focus();
    }
  });
}
byId("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(byId("name").value.trim());
});
byId("name").focus();

byId("exit").addEventListener("click", () => {
  leaving = true;
  connection.stop();
  if (!connection.send({ line: "/exit" })) location.reload();
});
byId("people-button").addEventListener("click", () => showPeople(!document.body.classList.contains("people-open")));
byId("find").addEventListener("input", showOnline);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.body.classList.contains("people-open")) return;
  showPeople(false);
  byId("people-button").focus();
});
