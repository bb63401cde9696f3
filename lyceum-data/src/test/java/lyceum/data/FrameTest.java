package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class FrameTest {

    private static Frame people() {
        return Frame.of(Column.of("name", "Ada", "Bo", "Cy", "Di", "Ed"),
                Column.ofValues("age", ColumnType.F64, Arrays.asList(36.0, 25.0, null, 41.0, 25.0)),
                Column.categories("city", "Bern", "Rome", "Bern", null, "Rome"), Column.of("visits", 3L, 1, 4, 1, 5),
                Column.of("member", true, false, true, true, false));
    }

    @Test void columnsKeepTheirTypesAndNulls() {
        var frame = people()
                .with(Column.dates("born", LocalDate.of(1985, 3, 1), null, LocalDate.of(1969, 12, 31), LocalDate.EPOCH,
                        LocalDate.MIN.withYear(1)))
                .with(Column.timestamps("seen", Instant.parse("2024-02-29T12:00:00.123456Z"), null, Instant.EPOCH, Instant.EPOCH,
                        Instant.parse("1969-12-31T23:59:59Z")));
        assertThat(frame.columns()).extracting(Column::type).containsExactly(ColumnType.TEXT, ColumnType.F64, ColumnType.CATEGORY,
                ColumnType.I64, ColumnType.BOOL, ColumnType.DATE, ColumnType.TIMESTAMP);
        assertThat(frame.column("age").nulls()).isEqualTo(1);
        assertThat(frame.column("age").toList()).containsExactly(36.0, 25.0, null, 41.0, 25.0);
        assertThat(frame.column("city").dictionary()).containsExactly("Bern", "Rome");
        assertThat(frame.row(0)).containsEntry("born", LocalDate.of(1985, 3, 1)).containsEntry("seen",
                Instant.parse("2024-02-29T12:00:00.123456Z"));
        assertThat(frame.row(1)).containsEntry("born", null).containsEntry("seen", null);
        assertThat(frame.column("seen").get(4)).isEqualTo(Instant.parse("1969-12-31T23:59:59Z"));
    }

    @Test void rowsAreFilteredByConditionsAndMasks() {
        assertThat(people().filter(row -> row.number("age") < 40 && row.text("city").equals("Rome")).column("name").toList())
                .containsExactly("Bo", "Ed");
        assertThat(people().filter(people().column("age").mask(a -> a < 40)).column("name").toList()).containsExactly("Ada", "Bo", "Ed");
        assertThat(people().filter(people().column("city").textMask("Bern"::equals)).size()).isEqualTo(2);
        assertThat(people().filter(row -> row.isNull("city")).column("name").toList()).containsExactly("Di");
    }

    @Test void sortingIsStableWithNullsLastInBothDirections() {
        assertThat(people().sort("age").column("name").toList()).containsExactly("Bo", "Ed", "Ada", "Di", "Cy");
        assertThat(people().sort(SortKey.descending("age"), SortKey.descending("visits")).column("name").toList()).containsExactly("Di",
                "Ada", "Ed", "Bo", "Cy");
        assertThat(people().sort("city", "name").column("name").toList()).containsExactly("Ada", "Cy", "Bo", "Ed", "Di");
    }

    @Test void groupsAggregateAndSkipNulls() {
        var groups = people().groupBy("city").aggregate(Aggregate.rows(), Aggregate.values("age"), Aggregate.mean("age"),
                Aggregate.sum("visits"), Aggregate.max("name"), Aggregate.std("age"), Aggregate.distinct("age"),
                Aggregate.first("age").as("eldest"), Aggregate.median("visits"));
        assertThat(groups.row(0)).containsEntry("city", "Bern").containsEntry("rows", 2L).containsEntry("age_values", 1L)
                .containsEntry("age_mean", 36.0).containsEntry("visits_sum", 7L).containsEntry("name_max", "Cy")
                .containsEntry("age_std", null).containsEntry("visits_median", 3.5);
        assertThat(groups.row(1)).containsEntry("city", "Rome").containsEntry("age_std", 0.0).containsEntry("age_distinct", 1L)
                .containsEntry("eldest", 25.0);
        assertThat(groups.row(2)).containsEntry("city", null).containsEntry("rows", 1L);
        assertThatThrownBy(
                () -> Frame.of(Column.of("k", 1L, 1), Column.of("v", Long.MAX_VALUE, 1)).groupBy("k").aggregate(Aggregate.sum("v")))
                .isInstanceOf(FrameException.class).hasMessageContaining("overflows");
    }

    @Test void groupsOverSeveralKeysEqualTheNaiveCount() {
        var rng = Rng.of(1);
        int n = 5000;
        var a = new long[n];
        var b = new String[n];
        for (int i = 0; i < n; i++) {
            a[i] = rng.nextInt(40) - 20;
            b[i] = rng.nextInt(10) == 0 ? null : "w" + rng.nextInt(30);
        }
        var counts = Frame.of(Column.of("a", a), Column.of("b", b)).groupBy("a", "b").counts();
        var naive = new HashMap<List<Object>, Long>();
        for (int i = 0; i < n; i++) naive.merge(Arrays.asList(a[i], b[i]), 1L, Long::sum);
        assertThat(counts.size()).isEqualTo(naive.size());
        for (int i = 0; i < counts.size(); i++) {
            var row = counts.row(i);
            assertThat(row.get("rows")).isEqualTo(naive.get(Arrays.asList(row.get("a"), row.get("b"))));
        }
    }

    @Test void joinsPairAsSqlDoes() {
        var left = Frame.of(Column.of("k", "a", "b", null, "b", "c"), Column.of("x", 1L, 2, 3, 4, 5));
        var right = Frame.of(Column.categories("k", "b", "d", "b", null), Column.of("x", 10L, 20, 30, 40));
        assertThat(left.join(right, Join.INNER, "k").column("x_right").toList()).containsExactly(10L, 30L, 10L, 30L);
        var full = left.join(right, Join.FULL, "k");
        assertThat(full.column("k").toList()).containsExactly("a", "b", "b", null, "b", "b", "c", "d", null);
        assertThat(full.column("x").toList()).containsExactly(1L, 2L, 2L, 3L, 4L, 4L, 5L, null, null);
        assertThat(full.column("x_right").toList()).containsExactly(null, 10L, 30L, null, 10L, 30L, null, 20L, 40L);
        assertThat(left.join(right, Join.LEFT, "k").size()).isEqualTo(7);
        assertThat(left.join(right, Join.RIGHT, "k").size()).isEqualTo(6);
        assertThat(left.join(right, Join.SEMI, "k").column("x").toList()).containsExactly(2L, 4L);
        assertThat(left.join(right, Join.ANTI, "k").column("x").toList()).containsExactly(1L, 3L, 5L);
        assertThatThrownBy(() -> left.join(right.convert("x", ColumnType.F64), Join.INNER, "x"))
                .hasMessageContaining("I64 on the left and F64 on the right");
    }

    @Test void framesGrowDistinctAndDropNulls() {
        var twice = people().append(people().drop("age").with(people().column("age")));
        assertThat(twice.size()).isEqualTo(10);
        assertThat(twice.distinct().size()).isEqualTo(5);
        assertThat(twice.distinct("city").size()).isEqualTo(3);
        assertThat(people().dropNulls().size()).isEqualTo(3);
        assertThat(people().dropNulls("age").size()).isEqualTo(4);
        assertThat(people().fillNulls("age", 30).column("age").get(2)).isEqualTo(30.0);
        assertThat(people().rename("age", "years").names()).contains("years").doesNotContain("age");
        assertThat(people().tail(2).column("name").toList()).containsExactly("Di", "Ed");
        assertThat(people().sample(Rng.of(1), 3).size()).isEqualTo(3);
    }

    @Test void numbersBecomeTensorsAndTextsAreRefusedWithTheWayOut() {
        var x = people().toTensor("visits", "member");
        assertThat(x.dtype()).isEqualTo(DType.F64);
        assertThat(x.toRows()).isEqualTo(new double[][] {{3, 1}, {1, 0}, {4, 1}, {1, 1}, {5, 0}});
        assertThatThrownBy(() -> people().toTensor("age")).hasMessage("column 'age' has 1 nulls; dropNulls or fillNulls first");
        assertThatThrownBy(() -> people().toTensor("city")).hasMessageContaining("is CATEGORY; oneHot or drop it");
        assertThat(people().dropNulls("city").column("city").tensor().toIntArray()).containsExactly(0, 1, 0, 1);
    }

    @Test void oneHotMakesAColumnAClass() {
        var hot = people().oneHot("city");
        assertThat(hot.names()).containsExactly("name", "age", "city=Bern", "city=Rome", "visits", "member");
        assertThat(hot.toTensor("city=Bern", "city=Rome").sum(1).toDoubleArray()).containsExactly(1, 1, 1, 0, 1);
        assertThat(people().oneHot("city", true).names()).doesNotContain("city=Bern");
        assertThat(people().oneHot("name").columns()).hasSize(9);
    }

    @Test void datasetsBecomeFramesAndComeBack() {
        var iris = Datasets.iris();
        var back = Frame.of(iris).toDataset("y");
        assertThat(back.classNames()).isEqualTo(iris.classNames());
        assertThat(back.featureNames()).isEqualTo(iris.featureNames());
        assertThat(back.x().toDoubleArray()).isEqualTo(iris.x().toDoubleArray());
        assertThat(back.labels()).isEqualTo(iris.labels());
        assertThat(Frame.of(Datasets.diabetes()).toDataset("y", "bmi").x().shape().toArray()).containsExactly(442, 1);
        assertThat(people().toDataset("member", "visits").classNames()).containsExactly("false", "true");
    }

    @Test void describeGivesMomentsAndQuantiles() {
        var summary = Frame.of(Datasets.iris()).describe();
        var row = summary.row(0);
        assertThat(row).containsEntry("column", "sepal_length").containsEntry("nulls", 0L).containsEntry("distinct", 35L)
                .containsEntry("min", 4.3).containsEntry("median", 5.8).containsEntry("max", 7.9).containsEntry("q25", 5.1);
        assertThat((double) row.get("mean")).isCloseTo(5.843333333333334, within(1e-12));
        assertThat((double) row.get("std")).isCloseTo(0.8280661279778629, within(1e-12));
        assertThat(summary.row(4)).containsEntry("type", "CATEGORY").containsEntry("commonest", "setosa").containsEntry("mean", null);
        assertThat(people().describe().row(1)).containsEntry("nulls", 1L).containsEntry("distinct", 3L);
    }

    @Test void aFramePrintsAsATable() {
        assertThat(people().head(3).toString()).isEqualTo("""
                Frame 3 x 5
                name   age  city      visits  member
                text   f64  category     i64    bool
                ----  ----  --------  ------  ------
                Ada   36.0  Bern           3    true
                Bo    25.0  Rome           1   false
                Cy    null  Bern           4    true
                """);
        var wide = Frame.of(Datasets.breastCancer()).toString(2);
        assertThat(wide.lines().toList()).allMatch(line -> line.length() <= 120 || line.startsWith("..."));
        assertThat(wide).contains("... 567 more rows").contains("more columns: ");
    }

    @Test void columnsConvertOrSayWhichRowDoesNot() {
        assertThat(Column.of("x", "1", null, "-3").to(ColumnType.I64).toList()).containsExactly(1L, null, -3L);
        assertThat(Column.of("x", 1.0, 2).to(ColumnType.I64).toList()).containsExactly(1L, 2L);
        assertThat(Column.of("x", true, false).to(ColumnType.F64).toList()).containsExactly(1.0, 0.0);
        assertThat(Column.of("x", "a", "b", "a").to(ColumnType.CATEGORY).dictionary()).containsExactly("a", "b");
        assertThatThrownBy(() -> Column.of("x", 1.0, 2.5).to(ColumnType.I64))
                .hasMessage("column 'x': row 1 holds F64 2.5, which is not I64");
        assertThat(people().column("age").map(a -> 2 * a).toList()).containsExactly(72.0, 50.0, null, 82.0, 50.0);
    }

    @Test void mistakesAreNamed() {
        assertThatThrownBy(() -> people().column("agee")).hasMessage("column: no column 'agee'; there are name, age, city, visits, member");
        assertThatThrownBy(() -> Frame.of(Column.of("a", 1L), Column.of("a", 2L))).hasMessage("Frame: two columns are named 'a'");
        assertThatThrownBy(() -> Frame.of(Column.of("a", 1L), Column.of("b", 2L, 3)))
                .hasMessage("Frame: column 'b' has 2 rows and 'a' has 1");
        assertThatThrownBy(() -> people().filter(row -> row.number("name") > 1)).hasMessage("column 'name' is TEXT, not numeric");
        assertThatThrownBy(() -> people().rows(5)).hasMessage("rows: row 5 of 5");
        assertThatThrownBy(() -> people().append(people().drop("age"))).hasMessageContaining("differ");
        assertThatThrownBy(() -> Column.of("m", Tensor.zeros(2, 2))).isInstanceOf(FrameException.class);
    }

    @Test void emptyFramesDoNotFail() {
        var none = people().filter(row -> false);
        assertThat(none.size()).isZero();
        assertThat(none.sort("age").groupBy("city").counts().size()).isZero();
        assertThat(none.describe().column("nulls").toList()).containsOnly(0L);
        assertThat(none.join(people(), Join.FULL, "name").size()).isEqualTo(5);
        assertThat(Frame.of().toString()).isEqualTo("Frame 0 x 0\n");
        assertThat(none.toString()).contains("Frame 0 x 5");
    }
}
