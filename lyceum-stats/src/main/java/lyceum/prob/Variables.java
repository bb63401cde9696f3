package lyceum.prob;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/** Names and numbers of values of discrete variables; a cell is numbered row by row, the last variable fastest. */
record Variables(List<String> names, int[] sizes) {
    Variables {
        names = List.copyOf(names);
        if (names.size() != sizes.length)
            throw new IllegalArgumentException("JointTable: " + names.size() + " names for " + sizes.length + " variables");
        if (new HashSet<>(names).size() < names.size()) throw new IllegalArgumentException("JointTable: a name occurs twice in " + names);
        for (int i = 0; i < sizes.length; i++)
            if (sizes[i] < 1)
                throw new IllegalArgumentException("JointTable: " + names.get(i) + " has " + sizes[i] + " values; at least 1 is needed");
        cells(sizes);
    }

    private static long cells(int[] sizes) {
        long cells = 1;
        for (int size : sizes) {
            if (cells > Long.MAX_VALUE / size)
                throw new IllegalArgumentException("JointTable: sizes " + Arrays.toString(sizes) + " make more than 2^63 cells");
            cells *= size;
        }
        return cells;
    }

    int count() { return sizes.length; }

    long cells() { return cells(sizes); }

    int at(String name) {
        int at = names.indexOf(name);
        if (at < 0) throw new IllegalArgumentException("JointTable: there is no variable '" + name + "' among " + names);
        return at;
    }

    int[] at(List<String> some) { return some.stream().mapToInt(this::at).toArray(); }

    Variables choose(List<String> some) { return new Variables(some, Arrays.stream(at(some)).map(i -> sizes[i]).toArray()); }

    Variables with(Variables more) {
        var all = Arrays.copyOf(sizes, count() + more.count());
        System.arraycopy(more.sizes, 0, all, count(), more.count());
        return new Variables(concat(names, more.names), all);
    }

    static List<String> concat(List<String> a, List<String> b) {
        var all = Arrays.copyOf(a.toArray(new String[0]), a.size() + b.size());
        for (int i = 0; i < b.size(); i++) all[a.size() + i] = b.get(i);
        return List.of(all);
    }

    long cell(int... values) {
        if (values.length != sizes.length) throw new IllegalArgumentException("JointTable: " + values.length + " values for " + names);
        long cell = 0;
        for (int i = 0; i < sizes.length; i++) {
            if (values[i] < 0 || values[i] >= sizes[i]) throw new IllegalArgumentException(
                    "JointTable: " + names.get(i) + " = " + values[i] + "; it is from 0 to " + (sizes[i] - 1));
            cell = cell * sizes[i] + values[i];
        }
        return cell;
    }

    void values(long cell, int[] into) {
        for (int i = sizes.length - 1; i >= 0; i--) {
            into[i] = (int) (cell % sizes[i]);
            cell /= sizes[i];
        }
    }

    /** The cell of the variables at {@code chosen} whose values stand in {@code values}. */
    long project(int[] values, int[] chosen) {
        long cell = 0;
        for (int i : chosen) cell = cell * sizes[i] + values[i];
        return cell;
    }

    String describe(long cell) {
        var values = new int[count()];
        values(cell, values);
        var text = new StringBuilder();
        for (int i = 0; i < values.length; i++) text.append(i == 0 ? "" : ", ").append(names.get(i)).append(" = ").append(values[i]);
        return text.toString();
    }
}
