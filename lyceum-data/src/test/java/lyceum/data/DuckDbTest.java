package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Map;
import lyceum.FormatException;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuckDbTest {

    private static Frame mixed() {
        return Frame.of(Column.of("text", "a'b", null, "ü"), Column.categories("kind", "x", "y", null),
                Column.ofValues("real", ColumnType.F64, Arrays.asList(0.1, null, Double.NaN)), Column.of("whole", Long.MAX_VALUE, -1, 0),
                Column.of("flag", true, false, true), Column.dates("day", LocalDate.of(1969, 7, 20), null, LocalDate.EPOCH),
                Column.timestamps("moment", Instant.parse("2024-02-29T23:59:59.123456Z"), null, Instant.parse("1950-01-01T00:00:00Z")));
    }

    @Test void sqlAnswersOverFrames() {
        var iris = Frame.of(Datasets.iris());
        var names = Frame.of(Column.of("y", "setosa", "virginica"), Column.of("code", 1L, 3));
        var answer = DuckDb.query(
                "select code, count(*) as n, avg(petal_length) as length, sum(code) as total from iris join names using (y) group by code order by code",
                Map.of("iris", iris, "names", names));
        assertThat(answer.names()).containsExactly("code", "n", "length", "total");
        assertThat(answer.row(0)).containsEntry("code", 1L).containsEntry("n", 50L).containsEntry("total", 50L);
        assertThat((double) answer.row(1).get("length")).isEqualTo(5.552, Offset.offset(1e-12));
    }

    @Test void parquetKeepsEveryTypeAndNull(@TempDir Path folder) {
        var file = folder.resolve("it's.parquet");
        DuckDb.writeParquet(mixed(), file);
        var back = DuckDb.readParquet(file);
        for (var column : mixed().columns()) {
            assertThat(back.column(column.name()).type()).isEqualTo(column.type() == ColumnType.CATEGORY ? ColumnType.TEXT : column.type());
            assertThat(back.column(column.name()).toList()).isEqualTo(column.toList());
        }
    }

    @Test void aDatabaseInAFileKeepsItsTables(@TempDir Path folder) {
        var file = folder.resolve("store.db");
        try (var db = DuckDb.open(file)) {
            db.register("odd \"name", mixed());
        }
        try (var db = DuckDb.open(file)) {
            assertThat(db.query("select whole from \"odd \"\"name\" where flag = ? and whole > ?", true, 5).column("whole").toList())
                    .containsExactly(Long.MAX_VALUE);
            assertThat(db.query(
                    "select 1.5::decimal(4,2) as d, 'b'::enum('a', 'b') as e, timestamptz '2024-01-01 00:00:00+01' as z, 7::utinyint as u")
                    .row(0)).containsEntry("d", 1.5).containsEntry("e", "b").containsEntry("z", Instant.parse("2023-12-31T23:00:00Z"))
                    .containsEntry("u", 7L);
        }
    }

    @Test void mistakesAreNamedInDuckDbsWords(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> DuckDb.query("select nothing from t", Map.of("t", mixed()))).isInstanceOf(FrameException.class)
                .hasMessageContaining("nothing");
        assertThatThrownBy(() -> DuckDb.query("select [1, 2] as l", Map.of())).isInstanceOf(FrameException.class)
                .hasMessageContaining("column 'l'").hasMessageContaining("cast it");
        assertThatThrownBy(() -> DuckDb.query("select 170141183460469231731687303715884105727::hugeint as h", Map.of()))
                .hasMessageContaining("more than 64 bits");
        var file = Files.writeString(folder.resolve("bad.parquet"), "this is no parquet file at all");
        assertThatThrownBy(() -> DuckDb.readParquet(file)).isInstanceOf(FormatException.class).hasMessageContaining("bad.parquet");
        assertThatThrownBy(() -> DuckDb.readParquet(folder.resolve("absent"))).hasMessageContaining("does not exist");
    }

    @Test void withoutTheDriverTheDependencyIsNamed() throws Exception {
        var places = new URL[] {where(DuckDb.class), where(Tensor.class)};
        try (var loader = new URLClassLoader(places, ClassLoader.getPlatformClassLoader())) {
            var duckDb = loader.loadClass("lyceum.data.DuckDb");
            assertThat(duckDb.getMethod("isAvailable").invoke(null)).isEqualTo(false);
            assertThatThrownBy(() -> duckDb.getMethod("open").invoke(null)).hasRootCauseMessage(
                    "DuckDB is not on the class path; add the dependency org.duckdb:duckdb_jdbc to read Parquet or run SQL");
        }
    }

    private static URL where(Class<?> type) { return type.getProtectionDomain().getCodeSource().getLocation(); }
}
