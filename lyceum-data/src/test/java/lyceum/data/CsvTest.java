package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import lyceum.FormatException;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {
    private static final String PEOPLE = """
            name,age,height,member,born,seen,city,zip,note
            Ada,36,1.68,true,1985-03-01,2024-02-29T12:00:00Z,Bern,03000,"likes, commas"
            Bo,25,,FALSE,1999-12-31,2024-03-01 08:30:00,Rome,00118,"says ""hi"" on
            two lines"
            Cy,NA,1.8e0,true,,2024-03-01T08:30:00+02:00,Bern,03001,""
            Di,41,175,false,1980-01-01,2024-03-01T08:30,Rome,00119,null
            """;

    @Test void typesAreInferredWithTheirReasons() {
        var result = new Csv().parse(PEOPLE);
        assertThat(result.inferences()).extracting(Csv.Inference::toString).containsExactly(
                "name TEXT: not all numbers: 'Ada' in line 2; 4 different texts in 4 values",
                "age I64: all 3 values are whole numbers; 1 null",
                "height F64: all 3 values are numbers, not all whole: '1.68' in line 2; 1 null",
                "member BOOL: all 4 values are true or false", "born DATE: all 3 values are dates; 1 null",
                "seen TIMESTAMP: all 4 values are dates with times",
                "city CATEGORY: not all numbers: 'Bern' in line 2; 2 different texts in 4 values",
                "zip TEXT: not all numbers: '03000' in line 2, whose leading zeros make it a code; 4 different texts in 4 values",
                "note TEXT: not all numbers: 'likes, commas' in line 2; 3 different texts in 3 values; 1 null");
        var frame = result.frame();
        assertThat(frame.row(0)).containsEntry("age", 36L).containsEntry("height", 1.68).containsEntry("born", LocalDate.of(1985, 3, 1))
                .containsEntry("seen", Instant.parse("2024-02-29T12:00:00Z")).containsEntry("note", "likes, commas");
        assertThat(frame.row(1)).containsEntry("height", null).containsEntry("member", false).containsEntry("zip", "00118")
                .containsEntry("note", "says \"hi\" on\ntwo lines");
        assertThat(frame.row(2)).containsEntry("seen", Instant.parse("2024-03-01T06:30:00Z")).containsEntry("note", "");
        assertThat(frame.row(3)).containsEntry("note", null);
    }

    @Test void numbersAreReadToTheLastBitAndOddOnesStayText() {
        var frame = new Csv().parse("a,b,c,d\n0.1,1e-320,12345678901234567890,1d\n-.5,+inf,1,0x1p3\n3.,nan,2,2\n").frame();
        assertThat(frame.column("a").toList()).containsExactly(0.1, -0.5, 3.0);
        assertThat(frame.column("b").toList()).containsExactly(1e-320, Double.POSITIVE_INFINITY, Double.NaN);
        assertThat(frame.column("c").type()).isEqualTo(ColumnType.TEXT);
        assertThat(frame.column("d").type()).isEqualTo(ColumnType.TEXT);
        assertThat(new Csv().parse("x\n9223372036854775807\n-9223372036854775808\n").frame().column("x").toList())
                .containsExactly(Long.MAX_VALUE, Long.MIN_VALUE);
    }

    @Test void optionsChangeTheDialect() {
        var csv = new Csv().withDelimiter(';').withDecimal(',').withQuote('\'').withHeader(false).withNullTokens("-").withComment('#');
        var frame = csv.parse("# a comment\n'a;b';1,5;-\n'c';2,25;x\n").frame();
        assertThat(frame.names()).containsExactly("column_0", "column_1", "column_2");
        assertThat(frame.column("column_1").toList()).containsExactly(1.5, 2.25);
        assertThat(frame.column("column_0").toList()).containsExactly("a;b", "c");
        assertThat(frame.column("column_2").toList()).containsExactly(null, "x");
        assertThat(new Csv().withType("id", ColumnType.TEXT).parse("id\n12\n").frame().column("id").toList()).containsExactly("12");
        assertThat(new Csv().withLimit(1).parse("a\n1\nx\n").frame().column("a").toList()).containsExactly(1L);
        assertThat(new Csv().parse("\uFEFFa,b\r\n1,2\r\n\r\n3,4").frame().toTensor().toRows()).isEqualTo(new double[][] {{1, 2}, {3, 4}});
        assertThatThrownBy(() -> new Csv().withDelimiter('"')).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Csv().withType("b", ColumnType.F64).parse("a\n1\n"))
                .hasMessageContaining("a type is given for column 'b'; the file has a");
    }

    @Test void malformedFilesAreRefusedWithTheirLine() {
        assertThatThrownBy(() -> new Csv().parse("a,b\n1,2\n3\n")).isInstanceOf(FormatException.class)
                .hasMessage("csv: 1 cells where the header has 2, in line 3");
        assertThatThrownBy(() -> new Csv().parse("a,b\n1,2\n3,\"x\n4,5\n")).isInstanceOf(FormatException.class)
                .hasMessageContaining("line 3").hasMessageContaining("closed");
        assertThatThrownBy(() -> new Csv().parse("a,b\n1,\"2\"x\n")).isInstanceOf(FormatException.class)
                .hasMessageContaining("after line 1").hasMessageContaining("closing quote");
        assertThatThrownBy(() -> new Csv().parse("a,a\n1,2\n")).isInstanceOf(FormatException.class)
                .hasMessage("csv: two columns are named 'a', in line 1");
        assertThatThrownBy(() -> new Csv().parse("")).isInstanceOf(FormatException.class).hasMessageContaining("the file is empty");
        assertThatThrownBy(() -> new Csv().withType("a", ColumnType.I64).parse("a\n1\n\n2.5\n"))
                .hasMessage("csv: '2.5' is not I64 for column 'a', in line 4");
        assertThatThrownBy(() -> new Csv().parse(new byte[] {'a', '\n', (byte) 0xC3, '(', '\n'})).isInstanceOf(FormatException.class)
                .hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> new Csv().parse(",".repeat(70_000))).isInstanceOf(FormatException.class)
                .hasMessageContaining("70001 columns in a file of 70000 bytes; at most 9068");
    }

    @Test void rowsThatDoNotFitAreLeftOutUpToALimitAndReported() {
        var csv = new Csv().withType("b", ColumnType.I64).withMaxErrors(2);
        var result = csv.parse("a,b\nx,1\ny\nz,q\nw,4\n");
        assertThat(result.frame().column("b").toList()).containsExactly(1L, 4L);
        assertThat(result.frame().column("a").toList()).containsExactly("x", "w");
        assertThat(result.rejects()).extracting(Csv.Reject::toString).containsExactly("1 cells where the header has 2, in line 3",
                "'q' is not I64 for column 'b', in line 4");
        assertThatThrownBy(() -> csv.withMaxErrors(1).parse("a,b\nx,1\ny\nz,q\nw,4\n")).isInstanceOf(FormatException.class)
                .hasMessageContaining("in line 4");
        assertThatThrownBy(() -> new Csv().withInferRows(1).parse("a\n1\nx\n")).hasMessage("csv: 'x' is not I64 for column 'a', in line 3");
    }

    @Test void framesSurviveWritingAndReading(@TempDir Path folder) throws IOException {
        var frame = Frame.of(Column.of("text", "", "NA", null, "a,b", "quote\"", " space ", "line\nbreak"),
                Column.ofValues("real", ColumnType.F64,
                        Arrays.asList(0.1, null, Double.NaN, Double.NEGATIVE_INFINITY, 1e300, 5e-324, -0.0)),
                Column.of("whole", 1L, 2, 3, 4, 5, 6, Long.MIN_VALUE), Column.of("flag", true, false, true, true, true, false, false),
                Column.dates("day", LocalDate.EPOCH, null, LocalDate.of(2024, 2, 29), LocalDate.EPOCH, LocalDate.EPOCH, LocalDate.EPOCH,
                        LocalDate.EPOCH),
                Column.timestamps("moment", Instant.EPOCH, null, Instant.parse("2024-02-29T23:59:59.999999Z"), Instant.EPOCH, Instant.EPOCH,
                        Instant.EPOCH, Instant.EPOCH));
        var file = folder.resolve("frame.csv");
        frame.writeCsv(file);
        assertSame(Frame.readCsv(file), frame);
        var german = new Csv().withDelimiter(';').withDecimal(',').withQuote('\'').withNullTokens("");
        german.write(frame, folder.resolve("german.csv"));
        assertSame(german.read(folder.resolve("german.csv")).frame(), frame);
        var single = Frame.of(Column.of("only", "a", null, ""));
        single.writeCsv(file);
        assertSame(Frame.readCsv(file), single);
    }

    private static void assertSame(Frame got, Frame expected) {
        assertThat(got.names()).isEqualTo(expected.names());
        for (var column : expected.columns()) {
            assertThat(got.column(column.name()).type()).isEqualTo(column.type());
            assertThat(got.column(column.name()).toList()).isEqualTo(column.toList());
        }
    }

    @Test void chunksHaveTheTypesOfTheWholeFile(@TempDir Path folder) throws IOException {
        var text = new StringBuilder("i,v\n");
        for (int i = 0; i < 1000; i++) text.append(i).append(',').append(i == 999 ? "0.5" : String.valueOf(i)).append('\n');
        var file = Files.writeString(folder.resolve("long.csv"), text);
        var chunks = new ArrayList<Frame>();
        var result = new Csv().forEachChunk(file, 300, chunks::add);
        assertThat(chunks).extracting(Frame::size).containsExactly(300, 300, 300, 100);
        assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.column("v").type()).isEqualTo(ColumnType.F64));
        assertThat(result.frame().size()).isZero();
        var packed = folder.resolve("long.csv.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Frame.readCsv(packed).size()).isEqualTo(1000);
        Files.write(packed, Arrays.copyOf(Files.readAllBytes(packed), 500));
        assertThatThrownBy(() -> Frame.readCsv(packed)).isInstanceOf(FormatException.class).hasMessageContaining("gzip");
    }

    @Test void aSampleIsDrawnEvenlyInTheFilesOrderWithTheTypesOfAll(@TempDir Path folder) throws IOException {
        var text = new StringBuilder("i,v\n");
        for (int i = 0; i < 500; i++) text.append(i).append(',').append(i == 499 ? "0.5" : String.valueOf(i)).append('\n');
        var file = Files.writeString(folder.resolve("long.csv"), text);
        var all = new Csv().sample(file, 500, Rng.of(1));
        assertThat(all.frame().column("i").toList()).isEqualTo(new Csv().read(file).frame().column("i").toList());
        var taken = new int[500];
        for (int seed = 0; seed < 400; seed++) {
            var sample = new Csv().sample(file, 50, Rng.of(seed));
            assertThat(sample.rows()).isEqualTo(500);
            assertThat(sample.frame().size()).isEqualTo(50);
            assertThat(sample.frame().column("v").type()).isEqualTo(ColumnType.F64);
            long last = -1;
            for (var value : sample.frame().column("i").toList()) {
                assertThat((Long) value).isGreaterThan(last);
                last = (Long) value;
                taken[(int) last]++;
            }
        }
        // Each row is in 40 samples on average, with a deviation of 6; so are the first and the last tenth.
        for (int part = 0; part < 10; part++)
            assertThat(Arrays.stream(taken, 50 * part, 50 * part + 50).average().orElseThrow()).isCloseTo(40, within(3.0));
        assertThat(Arrays.stream(taken).min().orElseThrow()).isGreaterThan(15);
        assertThat(new Csv().sample(file, 50, Rng.of(3)).frame().column("i").toList())
                .isEqualTo(new Csv().sample(file, 50, Rng.of(3)).frame().column("i").toList());
        Files.writeString(file, "i,v\n1,2\n3\n");
        assertThatThrownBy(() -> new Csv().sample(file, 5, Rng.of(1))).isInstanceOf(FormatException.class)
                .hasMessageContaining("in line 3");
    }

    @Test void aSampleSaysWhichRowsWereLeftOut(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("torn.csv"), "i,v\n1,2\n3\n4,5\n6,7,8\n9,x\n");
        var csv = new Csv().withMaxErrors(3);
        var sample = csv.sample(file, 1, Rng.of(1));
        assertThat(sample.frame().size()).isEqualTo(1);
        assertThat(sample.rows()).isEqualTo(3);
        assertThat(sample.rejects().stream().map(Csv.Reject::line)).containsExactly(3L, 5L);
        assertThat(csv.withType("v", ColumnType.I64).sample(file, 9, Rng.of(1)).rejects().stream().map(Csv.Reject::toString))
                .containsExactly("1 cells where the header has 2, in line 3", "3 cells where the header has 2, in line 5",
                        "'x' is not I64 for column 'v', in line 6");
    }

    /** Forty kilobytes that would be twenty million cells. */
    @Test void aPackedFileOutOfAllProportionIsRefused(@TempDir Path folder) throws IOException {
        var packed = folder.resolve("bomb.csv.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            var lines = "1\n".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 20; i++) out.write(lines);
        }
        assertThatThrownBy(() -> Frame.readCsv(packed)).isInstanceOf(FormatException.class).hasMessageContaining("gunzip bomb.csv.gz");
    }

    @Test void randomTextsSurviveWritingAndReading() throws IOException {
        var rng = Rng.of(5);
        var signs = "ab ,;\"'\n\t-NA0.é\uFEFF".toCharArray();
        for (int round = 0; round < 200; round++) {
            var cells = new String[20];
            for (int i = 0; i < cells.length; i++) {
                var cell = new StringBuilder();
                for (int k = rng.nextInt(6); k > 0; k--) cell.append(signs[rng.nextInt(signs.length)]);
                cells[i] = rng.nextInt(5) == 0 ? null : cell.toString();
            }
            var frame = Frame.of(Column.of("a", cells), Column.of("b", cells));
            var text = new StringWriter();
            new Csv().write(frame, text);
            var back = new Csv().withType("a", ColumnType.TEXT).withType("b", ColumnType.TEXT).parse(text.toString()).frame();
            assertThat(back.column("a").toList()).isEqualTo(frame.column("a").toList());
            assertThat(back.column("b").toList()).isEqualTo(frame.column("b").toList());
        }
    }

    @Test void fiveThousandMutantsAreReadOrRefused() { fuzz(5_000); }

    @Test
    @Tag("heavy") void aHundredThousandMutantsAreReadOrRefused() { fuzz(100_000); }

    private static void fuzz(int mutants) {
        var numbers = new StringBuilder("x,y,z\n");
        for (int i = 0; i < 40; i++) numbers.append(i).append(',').append(i * 0.37).append(",\"w").append(i % 3).append("\"\n");
        var german = "a;b\n'x';1,5\n\n'y\ny';-\n";
        var report = Fuzz
                .of(PEOPLE.getBytes(StandardCharsets.UTF_8), numbers.toString().getBytes(StandardCharsets.UTF_8),
                        german.getBytes(StandardCharsets.UTF_8))
                .allowing(FormatException.class).counting(() -> Memory.stats().inUse()).mutants(mutants, bytes -> {
                    var frame = new Csv().parse(bytes).frame();
                    new Csv().write(frame, new StringWriter());
                    new Csv().withDelimiter(';').withQuote('\'').withDecimal(',').withMaxErrors(3).parse(bytes);
                });
        assertThat(report.accepted()).isPositive();
        assertThat(report.refused()).isPositive();
    }

    @Test void aLineOfManyColumnsCostsNoMoreThanTheFileAnd16MiB() {
        var columns = new StringBuilder("0");
        for (int i = 1; i < 8_900; i++) columns.append(',').append(Integer.toString(i, 36));
        var bytes = (columns + "\n" + "1,".repeat(8_899) + "1\n").getBytes(StandardCharsets.UTF_8);
        new Csv().parse(PEOPLE);
        Fuzz.of(bytes).allowing(FormatException.class).counting(() -> Memory.stats().inUse()).mutants(20, new Csv()::parse);
    }

    @Test void idxMutantsAreReadOrRefused() {
        var idx = new byte[16 + 24];
        idx[2] = 8;
        idx[3] = 3;
        for (int i : List.of(7, 11, 15)) idx[i] = (byte) (i == 7 ? 2 : i == 11 ? 3 : 4);
        Fuzz.of(idx).allowing(FormatException.class).mutants(5_000, Idx::read);
    }
}
