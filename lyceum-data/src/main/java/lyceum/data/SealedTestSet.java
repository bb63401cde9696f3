package lyceum.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Test data that count how often they are looked at. Every look at a test set that leads to a choice makes its score a little more of a
 * validation score (Dwork and others 2015); so each use needs a purpose, is counted, and can be limited to one.
 *
 * {@snippet :
 * var parts = Split.random(data, rng, 0.6, 0.2, 0.2);
 * var test = SealedTestSet.of(parts.get(2), 1);
 * double accuracy = test.score("final model", rows -> model.score(rows));
 * }
 *
 * <p>Safe to share between threads.
 *
 * @param <T> what is sealed, a {@link Dataset} for one
 */
public final class SealedTestSet<T> {
    private final T data;
    private final int most;
    private final List<String> purposes = new ArrayList<>();

    private SealedTestSet(T data, int most) {
        this.data = Objects.requireNonNull(data, "data");
        this.most = most;
    }

    /** Sealed data that may be opened any number of times. */
    public static <T> SealedTestSet<T> of(T data) { return of(data, Integer.MAX_VALUE); }

    /** Sealed data that may be opened {@code most} times. */
    public static <T> SealedTestSet<T> of(T data, int most) {
        if (most < 1) throw new IllegalArgumentException("SealedTestSet: at most " + most + " openings; allow at least one");
        return new SealedTestSet<>(data, most);
    }

    /**
     * The data; counted.
     *
     * @param purpose why, for the {@link #purposes} list
     * @throws IllegalStateException if it was opened as often as allowed, with the purposes so far
     */
    public synchronized T open(String purpose) {
        Objects.requireNonNull(purpose, "purpose");
        if (purposes.size() >= most) throw new IllegalStateException("the test set was opened " + most + " of " + most + " times ("
                + String.join("; ", purposes) + "); choose models on validation data, or draw a new test set");
        purposes.add(purpose);
        return data;
    }

    /** Opens once and scores. */
    public double score(String purpose, ToDoubleFunction<? super T> metric) { return metric.applyAsDouble(open(purpose)); }

    /** How often the data were opened. */
    public synchronized int accesses() { return purposes.size(); }

    /** What they were opened for, in order. */
    public synchronized List<String> purposes() { return List.copyOf(purposes); }

    @Override public String toString() { return "SealedTestSet[opened " + accesses() + " times]"; }
}
