// The reader's worker: takes pictures, answers with the bytes of their codes. Served with a policy of its own.
"use strict";
importScripts("/static/vendor/zxing-wasm/reader.js", "/static/js/verify/reading.js");
ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => "/static/vendor/zxing-wasm/zxing_reader.wasm" } });
self.addEventListener("message", async ({ data: { question, picture } }) => {
  try {
    self.postMessage({ question, codes: await papers.codesIn(picture) });
  } catch {
    self.postMessage({ question });
  }
});
