package lyceum.models.audio;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What the token numbers of a {@link Whisper} mean: text from 0 on, then the end, the begin, a number for each language, translate,
 * transcribe, two marks that begin a prompt, no speech, no timestamps, and times from 0 on.
 *
 * @param text how many text tokens; the end follows them
 * @param languages how many
 * @param times how many timestamps, 0.02 s apart
 */
public record WhisperTokens(int text, int languages, int times) {
    /** Seconds from one timestamp to the next. */
    public static final double STEP = 0.02;

    public WhisperTokens {
        if (text < 1 || languages < 1 || times < 1) throw new IllegalArgumentException(
                "WhisperTokens: " + text + " of text, " + languages + " languages, " + times + " times; each is at least 1");
    }

    /** That of the published multilingual models: 50,257 of text, times from 0 to 30 s. */
    public static WhisperTokens multilingual(int languages) { return new WhisperTokens(50_257, languages, 1_501); }

    public int end() { return text; }

    public int begin() { return text + 1; }

    /** Of a language from 0 on. */
    public int language(int number) {
        if (number < 0 || number >= languages) throw new IllegalArgumentException("WhisperTokens: language " + number + " of " + languages);
        return text + 2 + number;
    }

    public int translate() { return text + 2 + languages; }

    public int transcribe() { return text + 3 + languages; }

    /** Marks what a language model wrote. */
    public int beginGuess() { return text + 4 + languages; }

    /** Marks what was written before this window. */
    public int beginBefore() { return text + 5 + languages; }

    public int noSpeech() { return text + 6 + languages; }

    public int noTimestamps() { return text + 7 + languages; }

    /** Of 0 s. */
    public int firstTime() { return text + 8 + languages; }

    /** All numbers. */
    public int count() { return firstTime() + times; }

    public boolean isText(int token) { return token >= 0 && token < text; }

    public boolean isTime(int token) { return token >= firstTime() && token < count(); }

    /** The token of a time, rounded; the last for later ones. */
    public int time(double seconds) { return firstTime() + Math.clamp(Math.round(seconds / STEP), 0, times - 1); }

    /** Seconds of a timestamp. */
    public double seconds(int token) {
        if (!isTime(token)) throw new IllegalArgumentException(
                "WhisperTokens: " + token + " is not a time token; they are " + firstTime() + " to " + (count() - 1));
        return (token - firstTime()) * STEP;
    }

    /**
     * What a model learns to write of a window: begin, language, transcribe, then each segment's start, text and end, and the end.
     *
     * @param texts of each segment
     * @param starts of each in seconds
     * @param ends of each
     */
    public int[] written(int language, int[][] texts, double[] starts, double[] ends) {
        if (texts.length != starts.length || texts.length != ends.length) throw new IllegalArgumentException("WhisperTokens.written: "
                + texts.length + " texts, " + starts.length + " starts, " + ends.length + " ends; there are as many of each");
        var all = IntStream.builder().add(begin()).add(language(language)).add(transcribe());
        for (int i = 0; i < texts.length; i++) {
            all.add(time(starts[i]));
            Arrays.stream(texts[i]).forEach(all::add);
            all.add(time(ends[i]));
        }
        return all.add(end()).build().toArray();
    }

    /** What it learns to write where nobody speaks. */
    public int[] silent() { return new int[] {begin(), noSpeech(), end()}; }
}
