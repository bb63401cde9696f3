package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;

/**
 * A scheme several times over, dealt anew each time: less of the luck of one division. Each row is tested {@code times} times.
 *
 * @param scheme that can be shuffled
 * @param times at least 1
 * @param seed of all orders
 */
public record Repeated(FoldScheme.Shuffled scheme, int times, long seed) implements FoldScheme {
    public Repeated {
        if (times < 1) throw new IllegalArgumentException("Repeated: " + times + " times; at least once is needed");
    }

    @Override public List<Fold> folds(Rows rows) {
        var folds = new ArrayList<Fold>();
        for (int t = 0; t < times; t++) folds.addAll(scheme.shuffled(Rng.of(seed).split(t).nextLong()).folds(rows));
        return folds;
    }
}
