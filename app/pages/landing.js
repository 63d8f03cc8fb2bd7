// The examples name the address this page was read from, so that they can be pasted as they are.
for (const place of document.querySelectorAll(".origin")) {
  place.textContent = location.origin;
}
