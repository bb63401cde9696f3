package lyceum.data.sounds;

import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Speech of tones: a word is two different tones of four, one after the other, so that there are {@link #WORDS} of them. Two languages have
 * the same words; the second is a little higher and its tones have a third harmonic. Words come after pauses of random length, tones have
 * random length and loudness, and noise lies over all.
 *
 * {@snippet :
 * var world = new ToneWords();
 * ToneWords.Utterance said = world.draw(rng);
 * float[] samples = said.sound().channels()[0];
 * int[] words = said.words();                      // starts and ends of each in seconds
 * }
 *
 * @param least words of an utterance, at least 1
 * @param most words, which must fit into the time
 * @param seconds of every utterance
 * @param rate samples a second, at least 8000
 * @param tone mean seconds of a tone; each lasts 0.75 to 1.25 of it
 * @param pause mean seconds before a word; each lasts 0.5 to 1.5 of it
 * @param noise standard deviation of the noise; tones have amplitudes of 0.3 to 0.6
 */
@Withers
public record ToneWords(int least, int most, double seconds, int rate, double tone, double pause, double noise)
        implements ToneWordsWithers {
    /** How many different words: 0 to 11. */
    public static final int WORDS = 12;
    private static final int TONES = 4;
    private static final double LOWEST = 500, STEP = 1.4, HIGHER = 1.18;

    public ToneWords {
        if (least < 1 || most < least || rate < 8_000 || !(noise >= 0))
            throw new IllegalArgumentException("ToneWords: " + least + " to " + most + " words at " + rate + " samples a second, noise "
                    + noise + "; there is at least one word, the rate is at least 8000, noise at least 0");
        if (!(tone > 0 && pause > 0) || most * (2.5 * tone + 1.5 * pause) > seconds) throw new IllegalArgumentException("ToneWords: " + most
                + " words of tones of " + tone + " s after pauses of " + pause + " s may not fit into " + seconds + " s");
    }

    /** Two to five words in 1.6 seconds at 8 kHz, tones of 60 ms, pauses of 80 ms, noise of 0.1. */
    public ToneWords() { this(2, 5, 1.6, 8_000, 0.06, 0.08, 0.1); }

    /**
     * What was said, and when.
     *
     * @param language 0 or 1
     * @param words 0 to 11
     * @param starts of each word, in seconds
     * @param ends of each
     */
    public record Utterance(Sound sound, int language, int[] words, double[] starts, double[] ends) {}

    /** Random words in a random language. */
    public Utterance draw(Rng rng) {
        var words = new int[least + rng.nextInt(most - least + 1)];
        int language = rng.nextInt(2);
        for (int i = 0; i < words.length; i++) words[i] = rng.nextInt(WORDS);
        return say(language, words, rng);
    }

    /** Noise alone. */
    public Utterance silence(Rng rng) { return say(0, new int[0], rng); }

    /** Those words. */
    public Utterance say(int language, int[] words, Rng rng) {
        if (language < 0 || language > 1 || words.length > most) throw new IllegalArgumentException(
                "ToneWords.say: " + words.length + " words in language " + language + "; at most " + most + " in language 0 or 1");
        var samples = new float[(int) Math.round(seconds * rate)];
        double[] starts = new double[words.length], ends = new double[words.length];
        double at = 0;
        for (int i = 0; i < words.length; i++) {
            if (words[i] < 0 || words[i] >= WORDS) throw new IllegalArgumentException("ToneWords.say: word " + words[i] + "; 0 to 11");
            int first = words[i] / (TONES - 1), second = words[i] % (TONES - 1);
            if (second >= first) second++;
            at += pause * (0.5 + rng.nextDouble());
            starts[i] = at;
            at = sing(samples, at, first, language, rng);
            at = sing(samples, at, second, language, rng);
            ends[i] = at;
        }
        for (int s = 0; s < samples.length; s++) samples[s] += (float) (noise * rng.nextGaussian());
        return new Utterance(new Sound(samples, rate), language, words.clone(), starts, ends);
    }

    /** Adds a tone with soft edges; returns when it ends. */
    private double sing(float[] samples, double start, int which, int language, Rng rng) {
        double length = tone * (0.75 + 0.5 * rng.nextDouble()), loud = 0.3 + 0.3 * rng.nextDouble();
        double frequency = LOWEST * Math.pow(STEP, which) * (language == 1 ? HIGHER : 1), phase = 2 * Math.PI * rng.nextDouble();
        int from = (int) Math.round(start * rate), to = (int) Math.round((start + length) * rate);
        double edge = 0.005 * rate;
        for (int s = from; s < Math.min(to, samples.length); s++) {
            double angle = 2 * Math.PI * frequency * (s - from) / rate + phase;
            double wave = language == 0 ? Math.sin(angle) : (Math.sin(angle) + 0.6 * Math.sin(3 * angle)) / 1.2;
            samples[s] += (float) (loud * wave * Math.min(1, Math.min(s - from, to - s) / edge));
        }
        return start + length;
    }
}
