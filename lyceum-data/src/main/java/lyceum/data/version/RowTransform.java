package lyceum.data.version;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;

/**
 * A step from datasets to a dataset. It must give the same rows for the same inputs and parameters: no clock, no order of threads, no random number but from a
 * seed among the parameters.
 */
@FunctionalInterface
public interface RowTransform {
    /** Where rows go, with the rows that each was made of. */
    interface Output {
        /** A row made of row {@code row} of input {@code input}. */
        default void row(String text, int input, long row) { row(text, new int[] {input}, new long[] {row}); }

        /** A row made of several. */
        void row(String text, int[] inputs, long[] rows);
    }

    /** Reads the inputs, as often as it wants, and writes rows. */
    void apply(List<Iterable<String>> inputs, Map<String, String> parameters, Output output);

    /** Rows that fulfil a condition on themselves and the parameters. */
    static RowTransform filter(BiPredicate<String, Map<String, String>> condition) {
        return (inputs, parameters, output) -> {
            for (int i = 0; i < inputs.size(); i++) {
                long number = 0;
                for (var row : inputs.get(i)) {
                    if (condition.test(row, parameters)) output.row(row, i, number);
                    number++;
                }
            }
        };
    }

    /** Each row changed. */
    static RowTransform map(BiFunction<String, Map<String, String>, String> change) {
        return (inputs, parameters, output) -> {
            for (int i = 0; i < inputs.size(); i++) {
                long number = 0;
                for (var row : inputs.get(i)) output.row(change.apply(row, parameters), i, number++);
            }
        };
    }
}
