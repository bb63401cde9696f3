package lyceum.data.version;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/** Rows that only one of two versions has, with their numbers there, from 0. A changed row is one removed and one added. */
public record RowDiff(List<Row> removed, List<Row> added) {
    /** A row and its number. */
    public record Row(long number, String text) {}

    public boolean isEmpty() { return removed.isEmpty() && added.isEmpty(); }

    /** Reads the chunks alone that the versions do not share. */
    static RowDiff of(RowTree tree, String before, String after) {
        var first = tree.chunks(before, hash -> {});
        var second = tree.chunks(after, hash -> {});
        var removed = own(tree, first, second);
        var added = own(tree, second, first);
        var counts = new HashMap<String, Integer>();
        for (var row : removed) counts.merge(row.text, 1, Integer::sum);
        var common = new HashMap<String, Integer>();
        added.removeIf(row -> {
            int left = counts.getOrDefault(row.text, 0);
            if (left == 0) return false;
            counts.put(row.text, left - 1);
            common.merge(row.text, 1, Integer::sum);
            return true;
        });
        removed.removeIf(row -> {
            int left = common.getOrDefault(row.text, 0);
            if (left > 0) common.put(row.text, left - 1);
            return left > 0;
        });
        return new RowDiff(List.copyOf(removed), List.copyOf(added));
    }

    /** The rows in chunks that stand more often here than there. */
    private static ArrayList<Row> own(RowTree tree, List<RowTree.Child> here, List<RowTree.Child> there) {
        var counts = new HashMap<String, Integer>();
        for (var chunk : there) counts.merge(chunk.hash(), 1, Integer::sum);
        var rows = new ArrayList<Row>();
        long number = 0;
        for (var chunk : here) {
            int left = counts.merge(chunk.hash(), -1, Integer::sum);
            if (left < 0) {
                long at = number;
                for (var row : tree.rows(chunk)) rows.add(new Row(at++, DatasetStore.text(row)));
            }
            number += chunk.rows();
        }
        return rows;
    }
}
