// Suggests titles while a reader types: a combobox with a list, as the ARIA Authoring Practices describe it.
const input = document.querySelector("input[data-suggest]");
if (input) {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  input.after(list);
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
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (index) => {
    const options = [...list.children];
    if (!options.length) return;
    chosen = (index + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === chosen)));
    input.setAttribute("aria-activedescendant", options[chosen].id);
  };

  const show = (suggestions) => {
    list.replaceChildren(
      ...suggestions.map((suggestion, number) => {
        const option = document.createElement("li");
        option.id = `suggestion-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = suggestion.title;
        option.dataset.page = pageOf(suggestion.url);
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          location.assign(option.dataset.page);
        });
        return option;
      }),
    );
    list.hidden = !suggestions.length;
    chosen = -1;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };

  const suggest = async () => {
    request?.abort();
    request = new AbortController();
    const text = input.value.trim();
    if (text.length < 2) return close();
    try {
      const response = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: request.signal });
      if (response.ok) show((await response.json()).data);
    } catch {
      close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(suggest, 120);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (list.hidden) return;
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) {
      location.assign(list.children[chosen].dataset.page);
    } else return;
    event.preventDefault();
  });
}
