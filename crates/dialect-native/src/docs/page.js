// Shows the description and sends requests. Texts are set as texts: nothing of an answer is read as markup.
const place = document.getElementById("operations");
const token = document.getElementById("token");
const search = document.getElementById("search");

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function parameterRow(parameter) {
  const field = element("input");
  field.name = parameter.name;
  field.setAttribute("aria-label", parameter.name);
  field.dataset.in = parameter.in;
  if (parameter.required) field.required = true;
  const name = element("td", "", element("code", parameter.name));
  return element("tr", "", name, element("td", "", field), element("td", parameter.description ?? ""));
}

function address(path, fields) {
  let target = path;
  const query = new URLSearchParams();
  for (const field of fields) {
    if (field.value === "") continue;
    if (field.dataset.in === "path") target = target.replace(`{${field.name}}`, encodeURIComponent(field.value));
    if (field.dataset.in === "query") query.append(field.name, field.value);
  }
  return target + (query.size > 0 ? `?${query}` : "");
}

function operation(path, method, stated) {
  const title = element("summary", "", element("span", method.toUpperCase()), element("code", path), ` ${stated.summary}`);
  title.firstChild.className = "method";
  const whole = element("details", "", title);
  whole.dataset.words = `${method} ${path} ${stated.summary}`.toLowerCase();
  // Filled when it is opened, so that a hundred operations cost nothing.
  whole.addEventListener("toggle", () => fill(whole, path, method, stated), { once: true });
  return whole;
}

function fill(whole, path, method, stated) {
  const form = element("form");
  const rows = stated.parameters.map(parameterRow);
  if (rows.length > 0) form.append(element("table", "", ...rows));
  const sent = stated.requestBody?.content["application/json"];
  const body = element("textarea");
  if (sent) {
    body.value = JSON.stringify(sent.example, null, 2);
    body.setAttribute("aria-label", "Body");
    form.append(body);
  }
  form.append(element("button", "Send"));
  const shown = element("pre");
  shown.hidden = true;
  const statuses = Object.entries(stated.responses).map(([status, response]) =>
    element("tr", "", element("td", "", element("code", status)), element("td", response.description)));
  whole.append(form, shown, element("table", "", ...statuses));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = [...form.querySelectorAll("input")];
    const headers = {};
    if (token.value) headers.Authorization = `Bearer ${token.value}`;
    if (sent) headers["Content-Type"] = "application/json";
    for (const field of fields) if (field.dataset.in === "header" && field.value) headers[field.name] = field.value;
    shown.hidden = false;
    try {
      const answer = await fetch(base + address(path, fields), { method: method.toUpperCase(), headers, body: sent ? body.value : undefined });
      const text = await answer.text();
      let pretty = text;
      try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it is shown as it came */ }
      shown.textContent = `${answer.status} ${answer.statusText}\n\n${pretty}`;
    } catch (error) {
      shown.textContent = `The server was not reached: ${error.message}`;
    }
  });
}

const base = new URL(".", document.baseURI).pathname.replace(/\/$/, "");
const described = await (await fetch("openapi.json")).json();
const byTag = new Map();
for (const [path, operations] of Object.entries(described.paths)) {
  for (const [method, stated] of Object.entries(operations)) {
    const tag = stated.tags[0];
    if (!byTag.has(tag)) byTag.set(tag, []);
    byTag.get(tag).push(operation(path, method, stated));
  }
}
place.replaceChildren(...[...byTag].map(([tag, operations]) => element("section", "", element("h2", tag), ...operations)));
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/);
  for (const whole of place.querySelectorAll("details")) whole.hidden = !words.every((word) => whole.dataset.words.includes(word));
});
