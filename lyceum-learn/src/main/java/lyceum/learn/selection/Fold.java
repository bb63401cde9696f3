package lyceum.learn.selection;

import java.util.stream.IntStream;

/** Row numbers to fit to and row numbers to judge by, both ascending; no row is in both. */
public record Fold(int[] train, int[] test) {

    /** The fold whose test rows are those marked; all others train. */
    static Fold testing(boolean[] tested) {
        return new Fold(IntStream.range(0, tested.length).filter(i -> !tested[i]).toArray(),
                IntStream.range(0, tested.length).filter(i -> tested[i]).toArray());
    }
}
