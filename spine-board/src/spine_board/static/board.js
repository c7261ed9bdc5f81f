// Follows the project: when the server tells of a change, the parts of the page marked data-live are read again.
(() => {
  "use strict";
  const LEAST_MS = 1500;
  const OFTEN_MS = 3000;
  const MOST_MS = 30000;
  const PLACES = ".table, pre, .drawing";
  const REACHED = "a, button, summary, [tabindex]";
  if (!document.querySelector("[data-live]")) return;
  let renewed = Date.now();
  let timer = null;

  const isInUse = (part) => {
    const selected = document.getSelection();
    return part.querySelector("input:focus, select:focus, textarea:focus, button:focus") !== null
      || (selected !== null && !selected.isCollapsed && part.contains(selected.anchorNode));
  };

  const replace = (old, made) => {
    old.dataset.live = made.dataset.live;
    if (old.innerHTML === made.innerHTML || isInUse(old)) return;
    const open = [...old.querySelectorAll("details")].map((each) => each.open);
    const places = [...old.querySelectorAll(PLACES)].map((each) => ({
      left: each.scrollLeft,
      top: each.hasAttribute("data-follow") && each.scrollTop + each.clientHeight >= each.scrollHeight - 4
        ? Infinity : each.scrollTop,
    }));
    const focused = [...old.querySelectorAll(REACHED)].indexOf(document.activeElement);
    old.innerHTML = made.innerHTML;
    [...old.querySelectorAll("details")].forEach((each, index) => { if (index < open.length) each.open = open[index]; });
    [...old.querySelectorAll(PLACES)].forEach((each, index) => {
      const place = places[index];
      if (!place) return;
      each.scrollLeft = place.left;
      each.scrollTop = place.top === Infinity ? each.scrollHeight : place.top;
    });
    const again = focused < 0 ? undefined : old.querySelectorAll(REACHED)[focused];
    if (again) again.focus({ preventScroll: true });
  };

  const renew = async () => {
    timer = null;
    if (document.hidden) return;
    renewed = Date.now();
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelectorAll("[data-live]").forEach((old) => {
        const made = page.getElementById(old.id);
        if (made) replace(old, made);
      });
      document.title = page.title;
    } catch {
      // the server is gone for a moment: EventSource connects again
    }
  };

  const ask = () => {
    if (timer === null) timer = setTimeout(renew, Math.max(100, LEAST_MS - (Date.now() - renewed)));
  };

  const sign = document.getElementById("live");
  const events = new EventSource("/events");
  events.addEventListener("change", ask);
  events.addEventListener("open", () => { if (sign) { sign.textContent = "live"; sign.hidden = false; } });
  events.addEventListener("error", () => { if (sign) sign.textContent = "not connected"; });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  window.addEventListener("pagehide", () => events.close());
  setInterval(ask, MOST_MS);
  // progress and log lines are no events: what runs is looked at again and again
  setInterval(() => { if (document.querySelector("[data-live=often]")) ask(); }, OFTEN_MS);
  document.querySelectorAll("[data-follow]").forEach((each) => { each.scrollTop = each.scrollHeight; });
})();
