// A WebSocket of JSON objects that comes back by itself when it is lost.

const firstDelay = 500; // milliseconds; doubled with each try that fails
const lastDelay = 15_000;
const openingTime = 10_000; // milliseconds that a try may take
const goodTime = 10_000; // milliseconds after which a connection counts as a good one

/// Keeps one connection to `path` of the page's host open. Calls `opened()`, `received(object)` for each frame, and
/// `lost(milliseconds)` with the time until the next try.
export class Connection {
  #path;
  #calls;
  #socket = null;
  #tries = 0;
  #since = 0; // when the socket opened; 0: it is not open
  #timer = 0;
  #stopped = false;

  constructor(path, calls) {
    this.#path = path;
    this.#calls = calls;
    addEventListener("online", () => this.tryNow());
    this.#open();
  }

  get isOpen() {
    return this.#since !== 0;
  }

  /// Says whether the object could be sent; that it arrives is known when it is answered.
  send(object) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(object));
    return true;
  }

  /// Tries again at once, where a try is being waited for.
  tryNow() {
    if (this.#socket === null && !this.#stopped) this.#open();
  }

  /// Lets the connection end without coming back.
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #open() {
    clearTimeout(this.#timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.#path}`);
    this.#socket = socket;
    const impatience = setTimeout(() => socket.close(), openingTime);
    socket.addEventListener("open", () => {
      clearTimeout(impatience);
      this.#since = Date.now();
      this.#calls.opened();
    });
    socket.addEventListener("message", ({ data }) => {
      let object;
      try {
        object = JSON.parse(data);
      } catch {
        return; // not of this protocol
      }
      this.#calls.received(object);
    });
    socket.addEventListener("close", () => {
      clearTimeout(impatience);
      this.#lose();
    });
  }

  #lose() {
    if (this.isOpen && Date.now() - this.#since > goodTime) this.#tries = 0;
    this.#since = 0;
    this.#socket = null;
    // Spread, so that a server that comes back is not met by all of its clients in one moment.
    const delay = Math.min(lastDelay, firstDelay * 2 ** this.#tries) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    if (!this.#stopped) this.#timer = setTimeout(() => this.#open(), delay);
    this.#calls.lost(delay);
  }
}

/// Shows in the banner of the page that the connection is lost, and counts down to the next try.
/// Returns { lost(why, milliseconds), found() }.
export function connectionBanner(tryNow) {
  const byId = (id) => document.getElementById(id);
  let timer = 0;
  byId("retry").addEventListener("click", tryNow);
  const found = () => {
    clearInterval(timer);
    byId("connection").hidden = true;
  };
  return {
    found,
    lost(why, delay) {
      clearInterval(timer);
      const end = Date.now() + delay;
      const count = () => {
        const seconds = Math.ceil((end - Date.now()) / 1000);
        byId("countdown").textContent = seconds > 0 ? `Trying again in ${seconds} s.` : "Trying now.";
      };
      byId("connection-text").textContent = why;
      byId("connection").hidden = false;
      count();
      timer = setInterval(count, 250);
    },
  };
}
