// Suggests titles while a reader types: a combobox with a list, as the ARIA Authoring Practices describe it.
const PAUSE = 120; // milliseconds without a key before anything is asked
const input = document.querySelector("input[data-suggest]");
if (input) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  // What is seen on the screen is said as well: browsers announce a list only once it is entered.
  const status = document.createElement("div");
  status.className = "unseen";
  status.setAttribute("role", "status");
  input.after(list, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let waiting = 0;
  let request = null;
  let chosen = -1;

  // The page of a record, beside the search page: /v1/strains/red-vein is strains/red-vein there.
  const pageOf = (url) => new URL(url.replace(/^.*?\/v1\//, ""), input.form.action).href;

  const close = () => {
    // What is still under way would open the list again.
    clearTimeout(waiting);
    request?.abort();
    list.hidden = true;
    status.textContent = "";
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (index) => {
    const options = [...list.children];
    chosen = (index + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === chosen)));
    input.setAttribute("aria-activedescendant", options[chosen].id);
  };

  const go = (option) => {
    // Whoever comes back finds the page as it was left.
    close();
    location.assign(option.dataset.page);
  };

  const optionOf = ({ title, url }, number) => {
    const option = document.createElement("li");
    option.id = `suggestion-${number}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.textContent = title;
    option.dataset.page = pageOf(url);
    // The field keeps the focus, so that the list stays until the click.
    option.addEventListener("pointerdown", (event) => event.preventDefault());
    option.addEventListener("mousedown", (event) => event.preventDefault());
    option.addEventListener("click", () => go(option));
    return option;
  };

  const show = (suggestions) => {
    list.replaceChildren(...suggestions.map(optionOf));
    list.hidden = !suggestions.length;
    status.textContent = { 0: "", 1: "1 suggestion" }[suggestions.length] ?? `${suggestions.length} suggestions`;
    chosen = -1;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  };

  const suggest = async () => {
    request?.abort();
    const current = new AbortController();
    request = current;
    const text = input.value.trim();
    if (text.length < 2) return close();
    try {
      const response = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: current.signal });
      const suggestions = response.ok ? (await response.json()).data : [];
      if (request === current && !current.signal.aborted) show(suggestions);
    } catch {
      // A newer request, or a closed list, has taken its place; anything else leaves the plain search.
      if (!current.signal.aborted) close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const { key } = event;
    if (key === "ArrowDown" && list.hidden) suggest();
    else if (list.hidden) return;
    else if (key === "Escape") close();
    else if (key === "ArrowDown") choose(chosen + 1);
    else if (key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (key === "Enter" && chosen >= 0) go(list.children[chosen]);
    else return;
    event.preventDefault();
  });
}
