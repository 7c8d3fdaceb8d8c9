// Pictures from a file or a camera, as pixels. They stay in the memory of this page.
((papers) => {
  "use strict";

  const SIDES = [2400, 4000, 1400]; // pixels of the longer side, in the order of trying

  const pixels = (source, width, height, longest) => {
    const scale = Math.min(1, longest / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };

  // The codes in a picture file; null when it is no picture at all.
  const codesInFile = async (file, reader) => {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      return null;
    }
    const tried = new Set();
    try {
      for (const longest of SIDES) {
        const picture = pixels(bitmap, bitmap.width, bitmap.height, longest);
        if (tried.has(picture.width)) continue;
        tried.add(picture.width);
        const codes = await reader.codesIn(picture);
        if (codes.length > 0) return codes;
      }
      return [];
    } finally {
      bitmap.close();
    }
  };

  // Shows the camera in `video` until a code is seen or `stop` is called; then `seen` gets the codes.
  const watch = async (video, reader, seen) => {
    const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    let running = true;
    const stop = () => {
      running = false;
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    };
    video.srcObject = stream;
    await video.play();
    const look = async () => {
      if (!running) return;
      if (video.videoWidth > 0) {
        const codes = await reader.codesIn(pixels(video, video.videoWidth, video.videoHeight, SIDES[0]));
        if (running && codes.length > 0) {
          stop();
          seen(codes);
          return;
        }
      }
      setTimeout(look, 120);
    };
    look();
    return stop;
  };

  papers.pictures = { codesInFile, watch };
})((globalThis.papers ??= {}));
