// Search over the clusters of this page. The page is complete without it.
(function () {
  "use strict";
  var OPEN_AT_ONCE = 40;
  var box = document.getElementById("search");
  var clusters = Array.prototype.slice.call(document.querySelectorAll("details.cluster"));

  function openTarget() {
    var id = location.hash.slice(1);
    var target = id && document.getElementById(id);
    if (target && target.tagName === "DETAILS") {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  if (!box || !clusters.length) return;
  var query = document.getElementById("q");
  var found = document.getElementById("found");
  var open = document.getElementById("open");
  var texts = [];
  var timer = 0;

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }
  function filter() {
    var words = plain(query.value).split(/\s+/).filter(Boolean);
    var count = 0;
    clusters.forEach(function (cluster, i) {
      if (words.length && texts[i] === undefined) texts[i] = plain(cluster.textContent);
      var match = words.every(function (word) { return texts[i].indexOf(word) >= 0; });
      cluster.hidden = !match;
      if (match) count += 1;
    });
    found.textContent = words.length ? count + " of " + clusters.length + " clusters match" : "";
    open.textContent = count > OPEN_AT_ONCE ? "Open first " + OPEN_AT_ONCE : "Open all";
  }
  query.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(filter, 150);
  });
  query.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { query.value = ""; filter(); }
  });
  open.addEventListener("click", function () {
    clusters.filter(function (cluster) { return !cluster.hidden; }).slice(0, OPEN_AT_ONCE)
      .forEach(function (cluster) { cluster.open = true; });
  });
  document.getElementById("close").addEventListener("click", function () {
    clusters.forEach(function (cluster) { cluster.open = false; });
  });
  filter();
  box.hidden = false;
})();
