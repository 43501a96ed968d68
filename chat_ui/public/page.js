// The server says which conversation this page holds as soon as it has begun. The page's own list writes that into the
// address, but a phone has it folded away; a reload there would begin anew.
window.addEventListener("message", (event) => {
  const conversation = event.source === window && event.data?.conversation
  if (typeof conversation === "string" && /^t\d+$/.test(conversation) && location.pathname === "/") {
    history.replaceState(history.state, "", `/thread/${conversation}`)
  }
})
