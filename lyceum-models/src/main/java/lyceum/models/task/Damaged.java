package lyceum.models.task;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.backend.Parallel;
import lyceum.train.task.TrainingSettings;

/**
 * What becomes of rows that cannot be read: {@code data.damaged} is {@code fatal}, and the first ends the training when it is met, or {@code skip}, and all are
 * read once, and each damaged one is named and left out.
 */
final class Damaged {
    private final boolean skips;
    private final List<String> named = new ArrayList<>();

    private Damaged(boolean skips) { this.skips = skips; }

    static Damaged of(TrainingSettings data) { return new Damaged(data.oneOf("damaged", "fatal", "fatal", "skip").equals("skip")); }

    /** A row that cannot be read: thrown, or named. */
    void met(FormatException e) {
        if (!skips) throw e;
        named.add("skipped " + e.getMessage());
    }

    /** Numbers of the rows that {@code read} takes; all, unread, where a damaged one is fatal. @param of what they are called, such as pictures */
    int[] readable(int count, String of, IntConsumer read) {
        if (!skips) return IntStream.range(0, count).toArray();
        var problems = new FormatException[count];
        Parallel.range(count, 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) try {
                read.accept(i);
            } catch (FormatException e) {
                problems[i] = e;
            }
        });
        for (var problem : problems) if (problem != null) met(problem);
        return some(IntStream.range(0, count).filter(i -> problems[i] == null).toArray(), count, of);
    }

    /** Those that were kept. @throws FormatException if there are none, with the last reason */
    int[] some(int[] kept, int count, String of) {
        if (kept.length == 0 && count > 0) throw new FormatException("none of " + count + " " + of + " can be read: " + named.getLast());
        return kept;
    }

    /** A line for each row that was left out. */
    List<String> named() { return List.copyOf(named); }
}
