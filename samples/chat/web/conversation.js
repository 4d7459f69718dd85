// One conversation of the page, the lobby, a private chat or a group: a tab with its messages and the field to write in.
import { fill, fromTemplate, listed, showMistake } from "./elements.js";

const mostShown = 2000; // entries; above it the oldest go
const page = 50; // messages asked for at a time,
const mostHistory = 200; // and as many as the server gives at most
const nearEnd = 48; // pixels from an end of the log that count as being there

let lastNumber = 0; // makes ids for what belongs together

function shownTime(time) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "";
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString([], { ...(today ? {} : { dateStyle: "short" }), timeStyle: "short" });
}

const outcomes = {
  waiting: "waiting for the connection", sent: "sending", delivered: "✓ delivered", stored: "✓✓ stored",
};

/// What is shown of a conversation. `target` is how lines name it: `all`, `@NAME` or `#ID`. `calls` has me() -> the name
/// of who uses the page, say(conversation, text) -> a mistake or "", earlier(conversation, count) -> whether that could be
/// asked for, leave(conversation) and askAgain(conversation).
export class Conversation {
  target;
  title; // parts, as fill() takes them
  tab = document.createElement("button");
  panel = fromTemplate("panel-template");
  input;
  unread = 0;
  ended = false; // lines go there no more
  ready = true; // lines may go there now; else they wait

  #calls;
  #log;
  #list;
  #label;
  #mistake;
  #entries = []; // in the order shown: { node, rank, id, known }
  #known = new Set(); // ids of the messages shown
  #lastId = Infinity; // the highest id shown; Infinity: none was
  #complete = false; // nothing is before the first message shown
  #loading = false;

  constructor(target, title, calls) {
    this.target = target;
    this.title = title;
    this.#calls = calls;
    const number = ++lastNumber;
    const find = (selector) => this.panel.querySelector(selector);
    this.#log = find(".log");
    this.#list = find("ol");
    this.#label = find(".compose label");
    this.#mistake = find(".compose .error");
    this.input = find(".compose input");

    this.tab.type = "button";
    this.tab.id = `tab-${number}`;
    this.tab.setAttribute("role", "tab");
    this.tab.setAttribute("aria-controls", `panel-${number}`);
    this.panel.id = `panel-${number}`;
    this.panel.setAttribute("aria-labelledby", this.tab.id);
    this.input.id = `line-${number}`;
    this.#label.htmlFor = this.input.id;
    this.#mistake.id = `mistake-${number}`;
    this.input.setAttribute("aria-describedby", this.#mistake.id);
    this.#log.setAttribute("aria-label", "Messages");
    this.address("To ", ...title);
    this.#showTab();

    find(".compose").addEventListener("submit", (event) => {
      event.preventDefault();
      const mistake = calls.say(this, this.input.value.trim());
      showMistake(this.#mistake, mistake, this.input);
      if (mistake === "") this.input.value = "";
      this.input.focus();
    });
    this.input.addEventListener("input", () => showMistake(this.#mistake, "", this.input));
    find(".leave").addEventListener("click", () => calls.leave(this));
    find(".again").addEventListener("click", () => calls.askAgain(this));
    find(".earlier").addEventListener("click", () => this.#loadEarlier());
    find(".newest").addEventListener("click", () => {
      this.#scrollToEnd();
      this.input.focus();
    });
    this.#log.addEventListener("scroll", () => {
      if (this.#atEnd()) find(".newest").hidden = true;
      if (this.#log.scrollTop < nearEnd && this.#log.scrollHeight > this.#log.clientHeight) this.#loadEarlier();
    }, { passive: true });
  }

  get selected() {
    return !this.panel.hidden;
  }

  select(selected) {
    this.panel.hidden = !selected;
    this.tab.setAttribute("aria-selected", String(selected));
    this.tab.tabIndex = selected ? 0 : -1;
    if (!selected) return;
    this.read();
    this.#scrollToEnd();
    this.tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /// What was unread has been seen.
  read() {
    this.unread = 0;
    this.#showTab();
  }

  /// Shows above the messages what conversation this is, and whether it can be left.
  describe(parts, canLeave) {
    fill(this.panel.querySelector(".about p"), ...parts);
    this.panel.querySelector(".leave").hidden = !canLeave;
  }

  /// Shows beside the field who gets what is written.
  address(...parts) {
    fill(this.#label, ...parts);
  }

  /// The conversation goes on, or is over and stays to be read.
  end(ended) {
    const hadFocus = this.panel.contains(document.activeElement);
    this.ended = ended;
    this.panel.querySelector(".again").hidden = !ended;
    this.panel.querySelector(".leave").textContent = ended ? "Close" : "Leave";
    this.panel.querySelector(".compose").hidden = ended;
    if (ended && hadFocus) this.#log.focus();
  }

  notice(...parts) {
    const node = fromTemplate("notice-template");
    fill(node, ...parts);
    this.#append({ node, rank: this.#lastId });
  }

  /// Shows a line that was just written. Returns its entry, for settle(), deliver() and fail().
  echo(message, again) {
    const entry = { ...this.#make(message), rank: Infinity };
    const button = entry.node.querySelector("button");
    button.addEventListener("click", () => {
      button.hidden = true;
      this.input.focus();
      again(entry);
    });
    this.#append(entry);
    this.#scrollToEnd();
    return entry;
  }

  /// What has become of a line: a key of `outcomes`.
  settle(entry, outcome) {
    const state = entry.node.querySelector(".state");
    state.hidden = false;
    state.querySelector("span").textContent = outcomes[outcome];
    entry.node.classList.toggle("pending", outcome === "waiting" || outcome === "sent");
    entry.node.classList.remove("failed");
  }

  /// A line has come back as everybody sees it: it takes its place among the others.
  deliver(entry, message) {
    if (this.#isKnown(message)) { // the history was faster
      this.#remove(entry);
      return;
    }
    entry.id = message.id;
    entry.rank = message.id ?? this.#lastId;
    this.#know(message.id);
    const time = entry.node.querySelector("time");
    time.dateTime = message.time;
    time.textContent = shownTime(message.time);
    this.settle(entry, "delivered");
    if (this.#entries.at(-1) === entry) return;
    const wasAtEnd = this.#atEnd();
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#entries.push(entry);
    this.#list.append(entry.node);
    if (wasAtEnd) this.#scrollToEnd();
  }

  fail(entry, text, canRepeat) {
    const state = entry.node.querySelector(".state");
    state.hidden = false;
    state.querySelector("span").textContent = `✗ ${text}`;
    state.querySelector("button").hidden = !canRepeat;
    entry.node.classList.remove("pending");
    entry.node.classList.add("failed");
  }

  /// Shows a message that has just come. Returns false where it was there already.
  add(message) {
    if (this.#isKnown(message)) return false;
    this.#append({ ...this.#make(message), rank: message.id ?? this.#lastId });
    this.#know(message.id);
    return true;
  }

  /// Shows messages of the past, each once, where they belong. Those for which `settled` says true are shown already.
  addHistory(messages, settled) {
    const before = this.#log.scrollHeight - this.#log.scrollTop;
    const wasAtEnd = this.#atEnd();
    this.#log.setAttribute("aria-busy", "true"); // old messages are not read out
    let added = 0;
    for (const message of messages) {
      if (this.#isKnown(message) || settled(message)) continue;
      const entry = { ...this.#make(message), rank: message.id ?? 0 };
      let at = this.#entries.length;
      while (at > 0 && this.#entries[at - 1].rank > entry.rank) --at;
      this.#list.insertBefore(entry.node, this.#entries[at]?.node ?? null);
      this.#entries.splice(at, 0, entry);
      this.#know(message.id);
      ++added;
    }
    this.#log.removeAttribute("aria-busy");
    if (wasAtEnd) this.#scrollToEnd();
    else this.#log.scrollTop = this.#log.scrollHeight - before;
    if (this.#loading && added === 0) this.#complete = true;
    this.#loading = false;
    this.panel.querySelector(".earlier").hidden = this.#complete || this.#known.size === 0;
    return added;
  }

  /// The messages asked for do not come.
  historyRefused(text) {
    this.#loading = false;
    this.#complete = true;
    this.panel.querySelector(".earlier").hidden = true;
    this.notice(text);
  }

  #loadEarlier() {
    if (this.#loading || this.#complete || this.#known.size === 0) return;
    const count = Math.min(this.#known.size + page, mostHistory);
    this.#loading = this.#calls.earlier(this, count);
    if (this.#loading && count === mostHistory) this.#complete = true;
  }

  #make(message) {
    const mine = message.from === this.#calls.me();
    const node = fromTemplate("message-template");
    node.classList.toggle("mine", mine);
    node.querySelector(".from").textContent = mine ? "you" : message.from;
    const scope = node.querySelector(".scope");
    if (message.scope === "private") {
      node.classList.add("private");
      const others = mine ? message.to : message.to.filter((name) => name !== this.#calls.me());
      if (mine) fill(scope, "to ", ...listed(others), " only");
      else if (others.length === 0) fill(scope, "to you only");
      else fill(scope, "to you and ", ...listed(others), " only");
    }
    const time = node.querySelector("time");
    time.dateTime = message.time;
    time.textContent = shownTime(message.time);
    node.querySelector(".text").textContent = message.text;
    return { node, id: message.id };
  }

  #isKnown(message) {
    return message.id !== undefined && this.#known.has(message.id);
  }

  #know(id) {
    if (id === undefined) return;
    this.#known.add(id);
    this.#lastId = this.#lastId === Infinity ? id : Math.max(this.#lastId, id);
  }

  #append(entry) {
    const wasAtEnd = this.#atEnd();
    this.#entries.push(entry);
    this.#list.append(entry.node);
    // Who reads at the other end keeps what is read there for a while.
    const most = wasAtEnd ? mostShown : 2 * mostShown;
    while (this.#entries.length > most) this.#remove(this.#entries[0]);
    if (wasAtEnd) this.#scrollToEnd();
    else this.panel.querySelector(".newest").hidden = false;
    if (entry.node.classList.contains("mine") || (this.selected && document.visibilityState === "visible")) return;
    if (entry.node.classList.contains("message")) {
      ++this.unread;
      this.#showTab();
    }
  }

  #remove(entry) {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    entry.node.remove();
    if (entry.id !== undefined && this.#known.delete(entry.id)) this.#complete = false;
  }

  #showTab() {
    fill(this.tab, ...this.title);
    if (this.unread === 0) return;
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = String(this.unread);
    const word = document.createElement("span");
    word.className = "unseen";
    word.textContent = " unread";
    this.tab.append(" ", count, word);
  }

  #atEnd() {
    return this.panel.hidden || this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < nearEnd;
  }

  #scrollToEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.panel.querySelector(".newest").hidden = true;
  }
}
