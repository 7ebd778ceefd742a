// The sound of a message that nobody is looking at: two soft tones, made here.
const TONES = [[587, 0], [784, 0.12]];
const LOUD = 0.07;
const LENGTH_S = 0.35;

/** @type {AudioContext | undefined} */ let audio;

async function play() {
  audio ??= new AudioContext();
  // Where there is no way out for sound this never ends; the tones wait with it.
  audio.resume().catch(() => {});
  for (const [pitch, delay] of TONES) {
    const tone = audio.createOscillator();
    const level = audio.createGain();
    const from = audio.currentTime + delay;
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0, from);
    level.gain.linearRampToValueAtTime(LOUD, from + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, from + LENGTH_S);
    tone.connect(level).connect(audio.destination);
    tone.start(from);
    tone.stop(from + LENGTH_S);
  }
  await new Promise((done) => { setTimeout(done, 1_000); });
}

/** Sounds once, also when several tabs hear of the message; nothing while the page has not been touched yet. */
export async function sound() {
  // Browsers forbid it before the first click and would complain in the page's console.
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  if (!navigator.locks) return play();
  return navigator.locks.request('rapport-sound', { ifAvailable: true }, (free) => (free ? play() : undefined));
}
