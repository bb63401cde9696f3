package lyceum.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.data.OneHotEncoder.Drop;

/**
 * The indicator columns of one feature.
 *
 * @param categories all of them
 * @param column of each category in the block, the dropped one counted; infrequent ones share the last
 * @param kinds columns before one is dropped
 * @param grouped whether the last of them is that of infrequent categories
 * @param dropped which one is left out, or -1
 */
record OneHotBlock(Categories categories, int[] column, int kinds, boolean grouped, int dropped) {
    static OneHotBlock of(OneHotEncoder encoder, Categories categories, int[] counts, int rows) {
        int k = counts.length, frequent = 0;
        var rare = new boolean[k];
        for (int c = 0; c < k; c++) {
            rare[c] = counts[c] < encoder.minCount() || counts[c] < encoder.minShare() * rows;
            if (!rare[c]) frequent++;
        }
        int most = encoder.maxCategories();
        if (most > 0 && most < frequent + 1) {
            // the most frequent ones stay; of equals the later
            int[] order = IntStream.range(0, k).boxed().sorted(Comparator.comparingInt(c -> counts[c])).mapToInt(c -> c).toArray();
            for (int i = 0; i < k - (most - 1); i++) rare[order[i]] = true;
        }
        var column = new int[k];
        int next = 0;
        for (int c = 0; c < k; c++) if (!rare[c]) column[c] = next++;
        boolean grouped = next < k;
        for (int c = 0; c < k; c++) if (rare[c]) column[c] = next;
        int kinds = grouped ? next + 1 : next;
        boolean drops = encoder.drop() == Drop.FIRST || encoder.drop() == Drop.IF_BINARY && kinds == 2;
        return new OneHotBlock(categories, column, kinds, grouped, drops ? 0 : -1);
    }

    int width() { return dropped < 0 ? kinds : kinds - 1; }

    /** The output column of a kind; -1 for the dropped one. */
    int place(int kind) { return kind == dropped ? -1 : dropped >= 0 && kind > dropped ? kind - 1 : kind; }

    /** The kind of an output column. */
    int kind(int place) { return dropped >= 0 && place >= dropped ? place + 1 : place; }

    boolean isInfrequent(int kind) { return grouped && kind == kinds - 1; }

    /** The category of a kind that has only one. */
    int category(int kind) {
        for (int c = 0; c < column.length; c++) if (column[c] == kind) return c;
        throw new IllegalArgumentException("no category has kind " + kind + " of " + Arrays.toString(column));
    }
}
