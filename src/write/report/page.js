// Search and filters over the clusters of this page. The page is complete without them.
(function () {
  "use strict";
  const OPEN_AT_ONCE = 40;
  const INDEXED_AT_ONCE = 20;
  const box = document.getElementById("search");
  const clusters = Array.from(document.querySelectorAll("details.cluster"));

  // An address with the id of a cluster opens it.
  function openTarget() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target || target.tagName !== "DETAILS") return;
    if (target.hidden) clear();
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }

  if (!box || !clusters.length) return;
  const get = (id) => document.getElementById(id);
  const fields = ["q", "relation", "site", "from", "to"].map(get);
  const [query, relation, site, from, to] = fields;
  const found = get("found");
  const open = get("open");
  const texts = new Array(clusters.length);
  const groups = Array.from(document.querySelectorAll(".group"));
  const leftOut = Array.from(document.querySelectorAll(".left-out"));
  let timer = 0;

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }
  function text(i) {
    if (texts[i] === undefined) texts[i] = plain(clusters[i].textContent);
    return texts[i];
  }
  function matches(cluster, i, words) {
    const data = cluster.dataset;
    if (relation.value && data.r !== relation.value) return false;
    if (site.value && !data.s.split(" ").includes(site.value)) return false;
    if (from.value && (!data.t || data.t < from.value)) return false;
    if (to.value && (!data.f || data.f > to.value)) return false;
    return words.every((word) => text(i).includes(word));
  }
  function filter() {
    const words = plain(query.value).split(/\s+/).filter(Boolean);
    const active = fields.some((field) => field.value);
    let count = 0;
    clusters.forEach((cluster, i) => {
      const match = matches(cluster, i, words);
      cluster.hidden = !match;
      if (match) count += 1;
    });
    groups.forEach((group) => {
      group.hidden = !group.querySelector("details.cluster:not([hidden])");
    });
    const whole = leftOut.length ? " on this page" : "";
    found.textContent = active ? count + " of " + clusters.length + " clusters" + whole : "";
    open.textContent = count > OPEN_AT_ONCE ? "Open first " + OPEN_AT_ONCE : "Open all";
    open.disabled = count === 0;
  }
  function clear() {
    fields.forEach((field) => { field.value = ""; });
    filter();
  }
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(filter, 120);
  }

  query.addEventListener("input", soon);
  fields.slice(1).forEach((field) => field.addEventListener("change", filter));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
  });
  get("clear").addEventListener("click", () => {
    clear();
    query.focus();
  });
  open.addEventListener("click", () => {
    clusters.filter((cluster) => !cluster.hidden).slice(0, OPEN_AT_ONCE)
      .forEach((cluster) => { cluster.open = true; });
  });
  get("close").addEventListener("click", () => {
    clusters.forEach((cluster) => { cluster.open = false; });
  });

  // The words of clusters are read while nothing else is to be done, so that the first search answers at once.
  function index(start) {
    for (let i = start; i < Math.min(start + INDEXED_AT_ONCE, clusters.length); i += 1) text(i);
    if (start + INDEXED_AT_ONCE < clusters.length) setTimeout(index, 0, start + INDEXED_AT_ONCE);
  }

  filter();
  box.hidden = false;
  window.addEventListener("hashchange", openTarget);
  openTarget();
  setTimeout(index, 200, 0);
})();
