// The server says which conversation this page holds as soon as it has begun. The page's own list writes that into the
// address, but a phone has it folded away; a reload there would begin anew.
window.addEventListener("message", (event) => {
  const conversation = event.source === window && event.data?.conversation
  if (typeof conversation === "string" && /^t\d+$/.test(conversation) && location.pathname === "/") {
    history.replaceState(history.state, "", `/thread/${conversation}`)
  }
})

// The page takes dropped files once it is connected. Until then, and beside its conversation, a browser would open the
// file in the page's place.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault()
  })
}

// A file that is refused before it is sent, and a login, are refused in Chainlit's words: a list of every kind that
// browsers know, megabytes, a code. Ours say what can be dropped, and what to do instead.
const REFUSALS = [
  [/^File type must be/, "That kind of file cannot be read here. Drop a CSV, TSV, JSON, Excel, Parquet, SQLite or DuckDB file."],
  [/^Unauthorized: /, "You were not let in."],
  [/^File is larger than 2048 MB/, "That is larger than 2 GB, the most that can be dropped here. Put it in a folder of this machine or in a database, and name that."],
]
function toldPlainly(one) {
  if (one.childElementCount === 0 && one.textContent === "Task manually stopped." && one.closest(".ai-message")) {
    one.textContent = "Stopping."
    return
  }
  const ours = one.childElementCount === 0 && REFUSALS.find(([theirs]) => theirs.test(one.textContent))
  if (ours && one.closest("[data-sonner-toast]")) one.textContent = ours[1]
}

// What Chainlit shows as a picture alone, or marks as something else than it is, is said to who cannot see it.
const SPOKEN = [
  ["#sidebar-trigger-button", { "aria-label": "Show or hide the conversations" }],
  ["#search-chats-button", { "aria-label": "Search the conversations" }],
  ["#new-chat-button", { "aria-label": "New conversation" }],
  ["#upload-button, #upload-button-loading", { "aria-label": "Attach files", role: "button" }],
  ["#thread-options", { "aria-label": "What can be done with this conversation", role: "button" }],
  ["[data-sidebar='sidebar']", { "aria-label": "Conversations", role: "navigation" }],
  ["#chat-submit", { "aria-label": "Send" }],
  ["#stop-button", { "aria-label": "Stop" }],
  [".ai-message button[data-state]:not([aria-label])", { "aria-label": "Copy" }],
  [".bottom-4 > button", { "aria-label": "To the newest message" }],
]
function spoken(one) {
  for (const [which, said] of SPOKEN) {
    if (one.matches(which)) for (const [name, value] of Object.entries(said)) one.setAttribute(name, value)
  }
  // The buttons above a chart are links that say what they do only when the mouse is over them.
  if (one.matches(".modebar-btn[data-title]")) {
    one.setAttribute("aria-label", one.getAttribute("data-title"))
    one.setAttribute("role", "button")
  }
}

new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue
    for (const one of [node, ...node.querySelectorAll("*")]) {
      toldPlainly(one)
      spoken(one)
    }
  }
}).observe(document, { childList: true, subtree: true })

// A page has a name at its head; this one shows it as a logo.
window.addEventListener("DOMContentLoaded", () => {
  const header = document.createElement("header")
  header.className = "dr-unseen"
  header.append(document.createElement("h1"))
  header.firstChild.textContent = document.title
  document.body.prepend(header)
})
