// Finds QR codes in a picture. Here, or in a worker of its own where there is one: reader-worker.js.
((papers) => {
  "use strict";

  const HOW = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: false, maxNumberOfSymbols: 6 };

  // The bytes of every code in an ImageData. Needs vendor/zxing-wasm/reader.js.
  const codesIn = async (picture) => {
    const found = await ZXingWASM.readBarcodes(picture, HOW);
    return found.filter((code) => code.isValid).map((code) => Uint8Array.from(code.bytes));
  };

  // The decoder runs in this page; `wasm` are its bytes.
  const readerHere = (wasm) => {
    ZXingWASM.prepareZXingModule({ overrides: { wasmBinary: wasm } });
    return { codesIn };
  };

  // The decoder runs in a worker, which alone may compile WebAssembly and which touches nothing of the page.
  const readerInWorker = (address) => {
    const worker = new Worker(address);
    const waiting = new Map();
    let last = 0;
    worker.addEventListener("message", ({ data }) => {
      const { resolve, reject } = waiting.get(data.question);
      waiting.delete(data.question);
      if (data.codes) resolve(data.codes);
      else reject(new Error("the reader failed"));
    });
    worker.addEventListener("error", () => {
      for (const { reject } of waiting.values()) reject(new Error("the reader is not there"));
      waiting.clear();
    });
    return {
      codesIn: (picture) =>
        new Promise((resolve, reject) => {
          last += 1;
          waiting.set(last, { resolve, reject });
          worker.postMessage({ question: last, picture }, [picture.data.buffer]);
        }),
    };
  };

  Object.assign(papers, { codesIn, readerHere, readerInWorker });
})((globalThis.papers ??= {}));
