package lyceum.models.task;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.train.task.TrainingSettings;

/** Which rows are learned from and which are held out: {@code validation} says the share, a tenth by default, 0 for none. */
record Rows(int[] learned, int[] held) {
    static Rows of(TrainingSettings data, int count, Rng rng) { return of(data, IntStream.range(0, count).toArray(), rng); }

    /** Of these rows, such as those that can be read. */
    static Rows of(TrainingSettings data, int[] rows, Rng rng) {
        double share = data.number("validation", 0.1, 0, 0.9);
        int count = rows.length, held = share == 0 || count < 2 ? 0 : (int) Math.clamp(Math.round(share * count), 1, count - 1);
        int[] order = IntStream.of(rng.permutation(count)).map(i -> rows[i]).toArray(), first = Arrays.copyOf(order, held),
                rest = Arrays.copyOfRange(order, held, count);
        Arrays.sort(first);
        Arrays.sort(rest);
        return new Rows(rest, first);
    }

    /** Rows of the training data as rows of all. */
    int[] learned(int[] rows) { return IntStream.of(rows).map(i -> learned[i]).toArray(); }

    /** An item for each, read side by side; the first that cannot be read ends it. */
    static <T> T[] read(int[] rows, IntFunction<T[]> array, IntFunction<T> one) {
        var made = array.apply(rows.length);
        var wrong = new RuntimeException[rows.length];
        Parallel.range(rows.length, 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) try {
                made[i] = one.apply(rows[i]);
            } catch (RuntimeException e) {
                wrong[i] = e;
            }
        });
        for (var e : wrong) if (e != null) throw e;
        return made;
    }

    /** In words, how many there are. */
    String told(String of) {
        return String.format(Locale.ROOT, "%,d %s%s", learned.length, of,
                held.length == 0 ? "" : String.format(Locale.ROOT, "; %,d held out", held.length));
    }
}
