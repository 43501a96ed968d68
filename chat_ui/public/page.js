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
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue
    for (const title of [node, ...node.querySelectorAll("*")].filter((one) => one.childElementCount === 0)) {
      const ours = REFUSALS.find(([theirs]) => theirs.test(title.textContent))
      if (ours && title.closest("[data-sonner-toast]")) title.textContent = ours[1]
    }
  }
}).observe(document, { childList: true, subtree: true })
