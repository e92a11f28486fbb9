// What scripts/perf-ui.mjs puts into the page: observers, and the parts of a measurement that have to be close to what they measure.

/** Runs in the page before everything else. */
export function instruments() {
  const lab = (window.perfUi = { longTasks: [], shift: 0, paint: 0, usable: 0, events: [] });
  const observe = (type, take, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  observe("longtask", (task) => lab.longTasks.push(task.duration));
  observe("layout-shift", (shift) => (lab.shift += shift.hadRecentInput ? 0 : shift.value));
  observe("largest-contentful-paint", (paint) => (lab.paint = paint.startTime));
  observe("event", (event) => lab.events.push({ at: event.startTime, took: event.duration }), { durationThreshold: 16 });

  // The memory of the wasm is nowhere to be found but where it is made.
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...given) => {
    const made = await instantiate(...given);
    lab.memory = Object.values(made.instance.exports).find((it) => it instanceof WebAssembly.Memory); // its name is shortened
    return made;
  };

  const untilUsable = new MutationObserver(() => {
    if (document.readyState === "loading" || document.querySelector("#boot-status") || !document.querySelector('button.host[data-state="UP"]')) return;
    untilUsable.disconnect();
    lab.usable = performance.now();
  });
  untilUsable.observe(document, { subtree: true, childList: true, attributeFilter: ["data-state"] });

  /** Times of all frames for so long. */
  lab.frames = (ms) =>
    new Promise((done) => {
      const times = [];
      const next = (time) => {
        times.push(time);
        if (time - times[0] < ms) requestAnimationFrame(next);
        else done(times);
      };
      requestAnimationFrame(next);
    });

  /** How many moving requests a frame paints: the app tells it nowhere, so the strokes of its canvas are counted. Costs time. */
  lab.moving = async (frames) => {
    const canvas = CanvasRenderingContext2D.prototype;
    const { arc, lineTo } = canvas;
    let strokes = 0;
    canvas.arc = function (...given) {
      strokes += 1;
      return arc.apply(this, given);
    };
    canvas.lineTo = function (...given) {
      strokes += 0.5; // a cross has two
      return lineTo.apply(this, given);
    };
    for (let frame = 0; frame < frames; frame += 1) await new Promise(requestAnimationFrame);
    Object.assign(canvas, { arc, lineTo });
    return strokes / frames;
  };

  /** From the next click to the frames that show other texts in these places; nothing of one if some frames later it is still the same. */
  lab.answers = (shows) => Promise.all(shows.map(lab.answer));

  /** A place is a selector, and if that is of several, a text that stands in it. A title is not seen. */
  lab.answer = ([selector, holds = ""]) =>
    new Promise((done) => {
      const place = [...document.querySelectorAll(selector)].find((element) => element.textContent.includes(holds));
      const told = () => [...place.childNodes].filter(({ nodeName }) => nodeName !== "title").map(({ textContent }) => textContent).join();
      const before = told();
      let clicked = 0;
      // What changes while a frame is made is shown by this frame, what changes in the click itself by the next.
      let isFrame = false;
      let isOver = false;
      // A message comes after the frame's layout and paint, but when frames are pressed for time, the next one comes before it.
      const afterFrame = (then) => {
        let once = () => ((once = () => {}), then());
        const painted = new MessageChannel();
        painted.port1.onmessage = () => once();
        painted.port2.postMessage(0);
        requestAnimationFrame(() => once());
      };
      const eachFrame = () => {
        isFrame = clicked > 0;
        afterFrame(() => (isFrame = false));
        if (!isOver) requestAnimationFrame(eachFrame);
      };
      requestAnimationFrame(eachFrame);
      const end = (answer) => {
        isOver = true;
        observer.disconnect();
        done(answer);
      };
      const observer = new MutationObserver(() => {
        if (!clicked || told() === before) return;
        observer.disconnect();
        const tell = () => end({ at: clicked, took: performance.now() - clicked });
        if (isFrame) afterFrame(tell);
        else requestAnimationFrame(() => afterFrame(tell));
      });
      observer.observe(place, { subtree: true, childList: true, characterData: true });
      const wait = (frames) => requestAnimationFrame(() => (frames ? wait(frames - 1) : told() === before && end(null)));
      const onClick = (event) => {
        clicked = event.timeStamp;
        wait(10);
      };
      window.addEventListener("click", onClick, { capture: true, once: true });
    });

  /** How long the browser itself says that the answer to the input of this moment took; under 16 ms it says nothing. */
  lab.eventTiming = (at) => Math.max(0, ...lab.events.filter((event) => Math.abs(event.at - at) < 1).map((event) => event.took));
}
