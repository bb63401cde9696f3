package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The summary of {@link Frame#describe}. */
final class Describe {
    private static final List<String> NUMBERS = List.of("mean", "std", "min", "q25", "median", "q75", "max");

    private Describe() {}

    static Frame of(Frame frame) {
        var builders = new ArrayList<ColumnBuilder>();
        for (var name : List.of("column", "type")) builders.add(new ColumnBuilder(name, ColumnType.TEXT));
        for (var name : List.of("nulls", "distinct")) builders.add(new ColumnBuilder(name, ColumnType.I64));
        for (var name : NUMBERS) builders.add(new ColumnBuilder(name, ColumnType.F64));
        builders.add(new ColumnBuilder("commonest", ColumnType.TEXT));
        for (var column : frame.columns()) {
            var summary = summary(column);
            for (int i = 0; i < summary.length; i++) builders.get(i).add(summary[i]);
        }
        return Frame.of(builders.stream().map(ColumnBuilder::build).toList());
    }

    private static Object[] summary(Column column) {
        var present = Frame.of(column).dropNulls();
        var groups = present.groupBy(column.name());
        var row = new Object[4 + NUMBERS.size() + 1];
        row[0] = column.name();
        row[1] = column.type().name();
        row[2] = column.nulls();
        row[3] = groups.size();
        if (present.size() == 0) return row;
        row[row.length - 1] = groups.counts().column(column.name()).get(0).toString();
        if (!column.type().isNumeric()) return row;
        var values = present.column(column.name()).numbers();
        row[4] = Aggregate.mean(values);
        if (values.length > 1) row[5] = Math.sqrt(Aggregate.squares(values) / (values.length - 1));
        Arrays.sort(values);
        for (int i = 0; i < 5; i++) row[6 + i] = Aggregate.quantile(values, i / 4.0);
        return row;
    }
}
