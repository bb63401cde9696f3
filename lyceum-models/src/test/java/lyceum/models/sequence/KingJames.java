package lyceum.models.sequence;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The first 400,000 characters of the King James Bible as numbers; the last tenth is kept. */
final class KingJames {
    private final long[] ids;
    private final int symbols, kept;

    KingJames() {
        var all = new StringBuilder();
        for (var chapter : Corpora.kingJames().toList()) {
            all.append(chapter.text()).append('\n');
            if (all.length() > 400_000) break;
        }
        var alphabet = all.chars().distinct().sorted().toArray();
        symbols = alphabet.length;
        ids = all.chars().mapToLong(c -> Arrays.binarySearch(alphabet, c)).toArray();
        kept = ids.length * 9 / 10;
    }

    int symbols() { return symbols; }

    /** Mean loss of random windows, of what is learned or what is kept. */
    Tensor loss(Module model, boolean learned, Rng rng, int n, int length) {
        long[] x = new long[n * length], y = new long[n * length];
        for (int i = 0; i < n; i++) {
            int start = learned ? rng.nextInt(kept - length - 1) : kept + rng.nextInt(ids.length - kept - length - 1);
            System.arraycopy(ids, start, x, i * length, length);
            System.arraycopy(ids, start + 1, y, i * length, length);
        }
        return Loss.crossEntropy(model.forward(Tensor.of(x, n, length)).reshape((long) n * length, symbols), Tensor.of(y));
    }

    /** Of 128 windows of 48 kept characters. */
    double perplexity(Module model) {
        return Math.exp(Autograd.noGrad(() -> loss(model, false, Rng.of(77), 128, 48).item()));
    }
}
