package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A frame's rows sorted into groups of equal keys; made by {@link Frame#groupBy}. Groups come in order of first appearance; nulls are a group. */
public final class GroupBy {
    private final Frame frame;
    private final List<String> keys;
    private final KeyCodes.Coded coded;
    private final Strata groups;

    GroupBy(Frame frame, List<String> keys) {
        this.frame = frame;
        this.keys = keys;
        this.coded = KeyCodes.of(keys.stream().map(frame::column).toList(), frame.size());
        this.groups = Strata.of(coded.codes());
    }

    /** Number of groups. */
    public int size() { return coded.count(); }

    /** The rows of group {@code i} as a frame. */
    public Frame group(int i) { return frame.rows(groups.rows(i)); }

    /** One row a group: the keys, then the aggregates. */
    public Frame aggregate(Aggregate... aggregates) {
        var columns = new ArrayList<Column>();
        var first = coded.firstRows();
        for (var key : keys) columns.add(frame.column(key).take(first));
        for (var aggregate : aggregates) columns.add(one(aggregate));
        return Frame.of(columns);
    }

    /** One row a group with its number of rows, the largest group first. */
    public Frame counts() { return aggregate(Aggregate.rows()).sort(SortKey.descending("rows")); }

    private Column one(Aggregate a) {
        if (a.kind() == Aggregate.Kind.ROWS) return Column.of(a.name(), Arrays.stream(groups.counts()).asLongStream().toArray());
        var column = frame.column(a.column());
        return switch (a.kind()) {
            case MIN, MAX, FIRST, LAST -> chosen(a, column);
            case DISTINCT -> distinct(a, column);
            case VALUES -> {
                var counts = new long[size()];
                for (int g = 0; g < counts.length; g++) counts[g] = present(column.heap(), g).length;
                yield Column.of(a.name(), counts);
            }
            case SUM -> column.type() == ColumnType.F64 ? computed(a, column) : wholeSum(a, column);
            default -> computed(a, column);
        };
    }

    private int[] present(Column.Heap heap, int group) {
        var rows = groups.rows(group);
        int n = 0;
        for (int row : rows) if (!Column.isNull(heap, row)) rows[n++] = row;
        return Arrays.copyOf(rows, n);
    }

    private Column chosen(Aggregate a, Column column) {
        var heap = column.heap();
        var order = SortKey.ascending(a.column()).comparator(frame);
        var chosen = new int[size()];
        for (int g = 0; g < chosen.length; g++) {
            var rows = present(heap, g);
            chosen[g] = rows.length == 0 ? -1 : a.kind() == Aggregate.Kind.LAST ? rows[rows.length - 1] : rows[0];
            if (a.kind() == Aggregate.Kind.MIN) for (int row : rows) if (order.compare(row, chosen[g]) < 0) chosen[g] = row;
            if (a.kind() == Aggregate.Kind.MAX) for (int row : rows) if (order.compare(row, chosen[g]) > 0) chosen[g] = row;
        }
        return column.take(chosen).named(a.name());
    }

    private Column distinct(Aggregate a, Column column) {
        var codes = KeyCodes.of(List.of(column), frame.size());
        var heap = column.heap();
        var seenBy = new int[codes.count()];
        Arrays.fill(seenBy, -1);
        var counts = new long[size()];
        for (int g = 0; g < counts.length; g++) for (int row : present(heap, g)) {
            int code = codes.codes()[row];
            if (seenBy[code] != g) counts[g]++;
            seenBy[code] = g;
        }
        return Column.of(a.name(), counts);
    }

    private Column wholeSum(Aggregate a, Column column) {
        if (!column.type().isNumeric()) throw new FrameException("sum: column '" + a.column() + "' is " + column.type() + ", not numeric");
        var heap = column.heap();
        var sums = new long[size()];
        try {
            for (int g = 0; g < sums.length; g++) for (int row : present(heap, g)) sums[g] = Math.addExact(sums[g], heap.longs()[row]);
        } catch (ArithmeticException e) {
            throw new FrameException("sum: column '" + a.column() + "' overflows 64 bits; make it F64 first");
        }
        return Column.of(a.name(), sums);
    }

    private Column computed(Aggregate a, Column column) {
        if (!column.type().isNumeric()) throw new FrameException(
                a.kind().name().toLowerCase(Locale.ROOT) + ": column '" + a.column() + "' is " + column.type() + ", not numeric");
        var numbers = column.numbers();
        var heap = column.heap();
        var result = new ColumnBuilder(a.name(), ColumnType.F64);
        for (int g = 0; g < size(); g++) {
            var rows = present(heap, g);
            var values = new double[rows.length];
            for (int i = 0; i < rows.length; i++) values[i] = numbers[rows[i]];
            add(a, values, result);
        }
        return result.build();
    }

    private static void add(Aggregate a, double[] values, ColumnBuilder to) {
        int least = switch (a.kind()) {
            case SUM -> 0;
            case VAR, STD -> 2;
            default -> 1;
        };
        if (values.length < least) {
            to.addNull();
            return;
        }
        to.addDouble(switch (a.kind()) {
            case SUM -> Arrays.stream(values).sum();
            case MEAN -> Aggregate.mean(values);
            case VAR -> Aggregate.squares(values) / (values.length - 1);
            case STD -> Math.sqrt(Aggregate.squares(values) / (values.length - 1));
            default -> {
                Arrays.sort(values);
                yield Aggregate.quantile(values, a.q());
            }
        });
    }
}
