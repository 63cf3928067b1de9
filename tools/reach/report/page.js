"use strict";
// The page of one reachability test. All of its data stands in #outcome; nothing is fetched.
const outcome = JSON.parse(document.getElementById("outcome").textContent);
const LISTED_MAX = 500;

const members = outcome.members.map((member, index) => ({...member, index}));
// Those of one node stand together, in the order in which nodes come.
const nodeNames = [...new Set(members.map((member) => member.node))];
const order = nodeNames.flatMap((node) => members.filter((member) => member.node === node));
order.forEach((member, place) => { member.place = place; });
const failed = new Map(outcome.failures.map((failure) => [failure.from * members.length + failure.to, failure]));
const tried = outcome.pairs && new Set(outcome.pairs.map(([from, to]) => from * members.length + to));

/** The lanes on which a pair was tried, as a mask. */
function lanesOf(from, to) {
  if (tried && !tried.has(from.index * members.length + to.index)) return 0;
  return outcome.lanes.reduce((mask, lane, bit) =>
    from.families.includes(lane.family) && to.families.includes(lane.family) ? mask | (1 << bit) : mask, 0);
}

function stateOf(from, to) {
  const lanes = lanesOf(from, to);
  if (lanes === 0) return "none";
  const failure = failed.get(from.index * members.length + to.index);
  if (!failure) return "hold";
  return failure.lanes === lanes ? "fail" : "part";
}

function laneWords(mask) {
  const words = outcome.lanes.filter((_, bit) => mask & (1 << bit)).map((lane) => lane.name);
  return words.join(", ");
}

function pairWords(from, to) {
  const pair = `${from.name} to ${to.name}`;
  const failure = failed.get(from.index * members.length + to.index);
  if (failure) return `${pair}: ${failure.verdict}, ${laneWords(failure.lanes)}`;
  return `${pair}: ${stateOf(from, to) === "none" ? "not tried" : "all hold"}`;
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function drawHead() {
  const whole = outcome.failed === 0;
  document.body.className = whole ? "whole" : "broken";
  const checks = outcome.checks.toLocaleString("en");
  const trialsFailed = outcome.trials.reduce((sum, trial) => sum + trial.failed, 0);
  const checksFailed = outcome.failed - trialsFailed;
  const broken = [];
  if (checksFailed > 0) broken.push(`${checksFailed.toLocaleString("en")} of ${checks} checks fail`);
  if (trialsFailed > 0) broken.push(`${trialsFailed.toLocaleString("en")} trials of larger packets fail`);
  const untested = new Set(outcome.causes.filter((cause) => cause.pairs === 0).map((cause) => cause.hop)).size;
  const pairs = outcome.untried_pairs;
  const limit = (untested > 0 ? `, ${untested} node${untested > 1 ? "s" : ""} not tested, or not wholly` : "")
    + (pairs > 0 ? `, ${pairs.toLocaleString("en")} pair${pairs > 1 ? "s" : ""} not tried: no family of addresses in common` : "");
  const words = (whole ? `all ${checks} checks hold` : broken.join(", ")) + limit;
  const title = outcome.lab ? `${outcome.lab}: ${words}` : words;
  document.getElementById("headline").textContent = document.title = title;
  const figures = [`${outcome.pods} pods`, `${outcome.nodes} nodes`, `${outcome.duration_ms} ms`];
  if (outcome.rtt_us)
    figures.push(`round trip min ${outcome.rtt_us.min.toFixed(0)} µs, p50 ${outcome.rtt_us.p50.toFixed(0)} µs, p99 ${outcome.rtt_us.p99.toFixed(0)} µs`);
  if (outcome.path_mtu) {
    const {min, max} = outcome.path_mtu;
    figures.push(`path MTU ${min}${max > min ? ` to ${max}` : ""} octets`);
  }
  if (outcome.stream_packets.sent > 0)
    figures.push(`${outcome.stream_packets.lost} of ${outcome.stream_packets.sent} packets of streams lost`);
  if (outcome.tester_overloaded)
    figures.push("the machine was too busy: times, and losses, say little of the network");
  document.getElementById("figures").textContent = figures.join(" · ");
}

function drawCauses() {
  const list = document.getElementById("causes");
  for (const cause of outcome.causes) {
    const item = element("li");
    item.append(element("code", cause.verdict), `: ${cause.scope}`);
    if (cause.hop) item.append(element("p", `where: ${cause.hop}`));
    if (cause.evidence) item.append(element("p", `seen: ${cause.evidence}`));
    if (cause.mend) item.append(element("p", `mend: ${cause.mend}`, "mend"));
    list.append(item);
  }
  document.getElementById("causes-section").hidden = outcome.causes.length === 0;
}

function drawFailures() {
  const rows = document.getElementById("failures");
  for (const failure of outcome.failures.slice(0, LISTED_MAX)) {
    const row = element("tr");
    const from = members[failure.from], to = members[failure.to];
    for (const text of [from.name, to.name, failure.verdict, failure.properties.join(", "), laneWords(failure.lanes)])
      row.append(element("td", text));
    rows.append(row);
  }
  const more = outcome.failures.length - LISTED_MAX;
  if (more > 0)
    document.getElementById("more-failures").textContent = `and ${more.toLocaleString("en")} more pairs`;
  document.getElementById("failures-section").hidden = outcome.failures.length === 0;
}

const matrix = {
  canvas: document.getElementById("matrix"),
  pointed: {row: 0, column: 0},

  lay() {
    const room = Math.max(320, this.canvas.parentElement.clientWidth);
    const text = this.canvas.getContext("2d");
    text.font = "11px system-ui, sans-serif";
    this.cell = Math.max(2, Math.min(22, Math.floor((room - 150) / order.length)));
    this.named = this.cell >= 11;
    const words = this.named ? order.map((member) => member.short) : nodeNames;
    this.margin = 8 + Math.ceil(Math.max(...words.map((word) => text.measureText(word).width)));
    const size = this.margin + this.cell * order.length + 1;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = this.canvas.height = size * scale;
    this.canvas.style.width = this.canvas.style.height = `${size}px`;
    text.scale(scale, scale);
    return text;
  },

  draw() {
    const text = this.lay();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const {cell, margin} = this;
    const gap = cell >= 5 ? 1 : 0;
    const fill = (from, to, state, size) => {
      text.fillStyle = colour(state);
      text.fillRect(margin + to.place * cell, margin + from.place * cell, size, size);
    };
    for (const from of order)
      for (const to of order) fill(from, to, stateOf(from, to), cell - gap);
    // One that fails among thousands that hold must be seen.
    for (const {from, to} of outcome.failures)
      fill(members[from], members[to], stateOf(members[from], members[to]), Math.max(cell - gap, 4));
    this.drawNames(text, colour);
  },

  drawNames(text, colour) {
    const {cell, margin} = this;
    text.font = "11px system-ui, sans-serif";
    text.fillStyle = colour("ink");
    text.strokeStyle = colour("faint");
    text.textBaseline = "middle";
    const both = (word, place) => {
      text.textAlign = "right";
      text.fillText(word, margin - 4, margin + place * cell);
      text.save();
      text.translate(margin + place * cell, margin - 4);
      text.rotate(-Math.PI / 2);
      text.textAlign = "left";
      text.fillText(word, 0, 0);
      text.restore();
    };
    if (this.named) order.forEach((member) => both(member.short, member.place + 0.5));
    let last = -Infinity;
    for (const node of nodeNames) {
      const own = order.filter((member) => member.node === node);
      const start = own[0].place, middle = start + own.length / 2;
      if (!this.named && (middle - last) * cell >= 12) { both(node, middle); last = middle; }
      if (start === 0 || own.length * cell < 8) continue;
      text.beginPath();
      const at = Math.round(margin + start * cell) - 0.5;
      text.moveTo(at, margin); text.lineTo(at, margin + order.length * cell);
      text.moveTo(margin, at); text.lineTo(margin + order.length * cell, at);
      text.stroke();
    }
  },

  tell(row, column) {
    if (!order[row] || !order[column]) return;
    this.pointed = {row, column};
    document.getElementById("told").textContent = pairWords(order[row], order[column]);
  },

  listen() {
    this.canvas.addEventListener("pointermove", (event) =>
      this.tell(Math.floor((event.offsetY - this.margin) / this.cell),
                Math.floor((event.offsetX - this.margin) / this.cell)));
    const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    this.canvas.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      this.tell(this.pointed.row + step[0], this.pointed.column + step[1]);
    });
  },
};

/** The worst that happened to a member, as sender or receiver. */
function worstStates() {
  const worst = members.map(() => "hold");
  const counts = members.map(() => 0);
  for (const {from, to} of outcome.failures)
    for (const end of new Set([from, to])) { worst[end] = "part"; ++counts[end]; }
  members.forEach((member, end) => {
    if (counts[end] >= 2 * members.length - 1) worst[end] = "fail";
  });
  return worst;
}

function drawTopology() {
  const svg = document.getElementById("topology");
  const SPACE = "http://www.w3.org/2000/svg";
  const add = (name, attributes, text) => {
    const made = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    svg.append(made);
    return made;
  };
  const worst = worstStates();
  const groups = nodeNames.map((node) => order.filter((member) => member.node === node));
  const most = Math.max(...groups.map((group) => group.length));
  const across = Math.max(4, Math.ceil(Math.sqrt(most * 1.5))), dot = most > 60 ? 8 : 12;
  const longest = Math.max(...nodeNames.map((name) => (name || "elsewhere").length));
  const width = Math.max(across * dot, longest * 7) + 16, height = Math.ceil(most / across) * dot + 30;
  const room = Math.max(320, svg.parentElement.clientWidth);
  const columns = Math.max(1, Math.min(groups.length, Math.floor(room / (width + 12))));
  const whole = columns * (width + 12);
  let y = 0;
  for (let first = 0; first < groups.length; first += columns) {
    const row = groups.slice(first, first + columns);
    row.forEach((group, column) => {
      const x = column * (width + 12);
      add("line", {class: "wire", x1: x + width / 2, x2: x + width / 2, y1: y + height, y2: y + height + 14});
      add("rect", {class: "box", x, y, width, height, rx: 4});
      add("text", {x: x + 8, y: y + 16}, group[0].node || "elsewhere");
      group.forEach((member, index) => {
        const at = {x: x + 8 + (index % across) * dot, y: y + 24 + Math.floor(index / across) * dot};
        const box = add("rect", {class: worst[member.index], ...at, width: dot - 2, height: dot - 2, rx: member.kind === "node" ? 0 : dot});
        const title = document.createElementNS(SPACE, "title");
        title.textContent = `${member.name} ${member.ips.join(" ")}`;
        box.append(title);
      });
    });
    add("rect", {class: "underlay", x: 0, y: y + height + 14, width: whole - 12, height: 6, rx: 3});
    y += height + 36;
  }
  svg.setAttribute("width", whole);
  svg.setAttribute("height", y);
}

drawHead();
drawCauses();
drawFailures();
matrix.draw();
matrix.listen();
drawTopology();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => matrix.draw());
