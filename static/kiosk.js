// The kiosk works without this file; it only says so when the machine behind the screen stops answering, and keeps
// gestures of a desktop browser (context menu, dragging) out of a touch screen.
(function () {
  "use strict";
  var misses = 0;
  function say(lost) {
    var notice = document.getElementById("lost");
    if (notice) { notice.hidden = !lost; }
  }
  function missed() {
    misses += 1;
    if (misses >= 3) { say(true); }
  }
  function answered(event) {
    var response = event.detail && event.detail.ctx && event.detail.ctx.response;
    if (response && response.status >= 500) { missed(); return; }
    misses = 0;
    say(false);
  }
  document.addEventListener("htmx:error", missed);
  document.addEventListener("htmx:after:request", answered);
  document.addEventListener("contextmenu", function (event) { event.preventDefault(); });
  document.addEventListener("dragstart", function (event) { event.preventDefault(); });
})();
