package lyceum.nn;

import lyceum.data.corpus.Corpora;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The King James Bible as character numbers: every twentieth stretch of 2,000 characters is kept for validation. */
final class KingJamesText {
    private static final int STRETCH = 2000;
    private final String alphabet;
    private final byte[] training, validation;

    KingJamesText() {
        var all = new StringBuilder();
        for (var chapter : Corpora.kingJames().toList()) all.append(chapter.text()).append('\n');
        var text = all.toString();
        alphabet = text.chars().distinct().sorted().collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        StringBuilder train = new StringBuilder(), held = new StringBuilder();
        for (int at = 0, i = 0; at + STRETCH <= text.length(); at += STRETCH, i++)
            (i % 20 == 19 ? held : train).append(text, at, at + STRETCH);
        training = numbers(train);
        validation = numbers(held);
    }

    private byte[] numbers(CharSequence text) {
        var numbers = new byte[text.length()];
        for (int i = 0; i < numbers.length; i++) numbers[i] = (byte) alphabet.indexOf(text.charAt(i));
        return numbers;
    }

    int symbols() { return alphabet.length(); }

    /** Random windows of the training text: each position asks for the next character. */
    TokenStack.Batch batch(Rng rng, int n, int length) {
        var starts = new int[n];
        for (int i = 0; i < n; i++) starts[i] = rng.nextInt(training.length - length - 1);
        return windows(training, starts, length);
    }

    /** Mean loss, in windows of {@code length}, of 40 stretches that were kept: the same 71,680 characters at each length that divides 1,792. */
    double loss(TokenStack model, int length) {
        double sum = 0;
        int each = 1792 / length, stretches = validation.length / STRETCH;
        for (int part = 0; part < 10; part++) {
            var starts = new int[4 * each];
            for (int i = 0; i < starts.length; i++) starts[i] = (part * stretches / 10 + i / each) * STRETCH + i % each * length;
            try (var scope = Scope.open("validation")) {
                sum += model.loss(windows(validation, starts, length)).item();
            }
        }
        return sum / 10;
    }

    private static TokenStack.Batch windows(byte[] text, int[] starts, int length) {
        long[] ids = new long[starts.length * length], next = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            int at = starts[i / length] + i % length;
            ids[i] = text[at];
            next[i] = text[at + 1];
        }
        return new TokenStack.Batch(Tensor.of(ids, starts.length, length), Tensor.of(next, starts.length, length), 0, length);
    }
}
