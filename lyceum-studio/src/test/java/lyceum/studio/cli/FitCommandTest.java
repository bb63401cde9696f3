package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import lyceum.data.Frame;
import lyceum.random.Rng;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FitCommandTest {

    @TempDir private Path folder;

    private Path csv(int rows) throws IOException {
        var rng = Rng.of(3);
        var text = new StringBuilder("\uFEFFage,town,fee,left\n");
        for (int i = 0; i < rows; i++) {
            double age = 20 + 40 * rng.nextDouble();
            var town = rng.nextInt(2) == 0 ? "Graz" : "Linz, north";
            boolean left = age + (town.equals("Graz") ? 10 : 0) + 5 * rng.nextGaussian() > 45;
            text.append(i % 9 == 0 ? "" : String.format(Locale.ROOT, "%.1f", age)).append(",\"").append(town).append("\",")
                    .append(left ? "9.5" : "0").append(left ? ",yes\n" : ",no\n");
        }
        return Files.writeString(folder.resolve("rows.csv"), text);
    }

    @Test void aTableBecomesAModelThatPredictsAndExplains() throws IOException {
        var file = csv(200);
        var out = folder.resolve("model");
        var fit = lyceum("fit", file.toString(), "--target", "left", "--model", "linear,gbdt", "--drop", "fee", "--out", out.toString());
        assertThat(fit.err()).isEmpty();
        assertThat(fit.code()).isZero();
        assertThat(fit.out()).contains("200 rows, 3 columns, 2 of use; classification of left (no, yes)", "left out: fee, as asked",
                "better beyond luck", "rows put aside: log loss", "lyceum predict");
        assertThat(Files.readString(out.resolve("report.html"))).contains("<svg", "left from rows.csv", "numbers").doesNotContain("LEAK");
        assertThat(Files.readString(out.resolve("model-card.md"))).startsWith("# left from rows.csv").contains("## Beware");

        var said = folder.resolve("said.csv");
        var predict = lyceum("predict", out.toString(), file.toString(), "--out", said.toString());
        assertThat(predict.code()).isZero();
        assertThat(predict.err()).contains("200 predictions");
        assertThat(Frame.readCsv(said).names()).containsExactly("prediction", "P(no)", "P(yes)");
        assertThat(lyceum("predict", out.toString(), file.toString()).out()).startsWith("prediction,P(no),P(yes)");

        var explain = lyceum("explain", out.toString(), file.toString(), "--row", "2");
        assertThat(explain.code()).isZero();
        assertThat(explain.out()).contains("left is predicted as", "with probability", "town", "age", "share");
    }

    @Test void aPlantedLeakStandsInReportAndCard() throws IOException {
        var out = folder.resolve("model");
        var fit = lyceum("fit", csv(150).toString(), "--target", "left", "--model", "linear", "--out", out.toString());
        assertThat(fit.out()).contains("LEAK? fee tells left nearly alone");
        assertThat(Files.readString(out.resolve("report.html"))).contains("class=\"warn\"", "--drop fee");
        assertThat(Files.readString(out.resolve("model-card.md"))).contains("- fee tells left nearly alone");
    }

    @Test void fractionsArePredictedWhereWholeNumbersWereLearned() throws IOException {
        var text = new StringBuilder("age,left\n");
        for (int i = 0; i < 60; i++) text.append(i * 7 % 41).append(i * 7 % 41 > 20 ? ",yes\n" : ",no\n");
        var file = Files.writeString(folder.resolve("whole.csv"), text).toString();
        var out = folder.resolve("whole").toString();
        assertThat(lyceum("fit", file, "--target", "left", "--model", "linear", "--out", out).code()).isZero();
        var rows = Files.writeString(folder.resolve("half.csv"), "age\n39.5\n2\n").toString();
        assertThat(lyceum("predict", out, rows).out().lines().map(line -> line.split(",")[0])).containsExactly("prediction", "yes", "no");
        assertThat(lyceum("explain", out, rows, "--row", "2").out()).containsPattern("age +2 ");
    }

    @Test void aLongTableIsSampledAndPredictedPieceByPiece() throws IOException {
        var out = folder.resolve("model").toString();
        var fit = lyceum("fit", csv(1200).toString(), "--target", "left", "--model", "linear", "--drop", "fee", "--rows", "400", "--out",
                out);
        assertThat(fit.out()).contains("400 rows of 1200, 3 columns");
        var text = new StringBuilder("town,age\n");
        for (int i = 0; i < 100_003; i++) text.append(i % 1000 == 0 ? "Wien" : "Graz").append(',').append(20 + i % 41).append('\n');
        var rows = Files.writeString(folder.resolve("long.csv"), text);
        var said = folder.resolve("said.csv");
        var predict = lyceum("predict", out, rows.toString(), "--out", said.toString());
        assertThat(predict.err()).contains("101 of 100003 rows have a town that the model did not learn", "100003 predictions");
        var lines = Files.readAllLines(said);
        assertThat(lines).hasSize(100_004);
        assertThat(lines.stream().filter(line -> line.startsWith("prediction"))).hasSize(1);
        // Rows alike are told alike, whatever piece they stand in.
        assertThat(lines.get(2)).isEqualTo(lines.get(2 + 41 * 1000)).isEqualTo(lines.get(2 + 41 * 2000));
        Files.writeString(rows, text + "Graz,old\n");
        Files.delete(said);
        assertThat(lyceum("predict", out, rows.toString(), "--out", said.toString()).err()).contains("'old' is not F64", "in line 100005");
        assertThat(said).doesNotExist();
        assertThat(folder.resolve("said.csv.part")).doesNotExist();
    }

    @Test void rowsThatAreLeftOutStandInTheReportByLine() throws IOException {
        var file = csv(100);
        Files.writeString(file, Files.readString(file) + "33.5,Graz\n" + "41,Graz,0,no,yes\n");
        var out = folder.resolve("model");
        assertThat(
                lyceum("fit", file.toString(), "--target", "left", "--model", "linear", "--max-errors", "1", "--out", out.toString()).err())
                .contains("5 cells where the header has 4, in line 103");
        assertThat(lyceum("fit", file.toString(), "--target", "left", "--max-errors", "-1", "--out", out.toString()).err())
                .contains("--max-errors is -1");
        var fit = lyceum("fit", file.toString(), "--target", "left", "--model", "linear", "--max-errors", "2", "--out", out.toString());
        assertThat(fit.out()).contains("100 rows, 3 columns", "row left out: 2 cells where the header has 4, in line 102",
                "row left out: 5 cells where the header has 4, in line 103");
        assertThat(Files.readString(out.resolve("report.html"))).contains("2 cells where the header has 4, in line 102");
        assertThat(Files.readString(out.resolve("model-card.md"))).contains("see report.html for the lines of the first 20: 2.");
    }

    @Test void tenRowsAreEnoughAndNineAreNot() throws IOException {
        var out = folder.resolve("model").toString();
        var fit = lyceum("fit", csv(10).toString(), "--target", "left", "--out", out);
        assertThat(fit.err()).isEmpty();
        assertThat(fit.code()).isZero();
        assertThat(fit.out()).contains("10 rows, 3 columns", "on 2 rows put aside");
        assertThat(lyceum("predict", out, folder.resolve("rows.csv").toString()).out().lines()).hasSize(11);
        assertThat(lyceum("fit", csv(9).toString(), "--target", "left", "--out", out).err()).contains("9 rows have a left; at least 10");
    }

    @Test void brokenTablesAreRefusedInWords() throws IOException {
        var out = folder.resolve("nothing");
        for (var bad : new String[][] {{"", "the file is empty"}, {"a,left\n", "0 rows have a left"},
                {"a,a,left\n1,2,3\n", "two columns are named 'a'"},
                {"a,left\n1,\"yes\n2,no\n3,yes\n", "a quote that opens in the record of line 2 is never closed"},
                {"a,left\n1,yes\n2\n", "1 cells where the header has 2, in line 3"}, {"a,left\n1,\"y\"es\n", "line"}}) {
            var file = Files.writeString(folder.resolve("bad.csv"), bad[0]);
            var fit = lyceum("fit", file.toString(), "--target", "left", "--out", out.toString());
            assertThat(fit.code()).as(bad[0]).isNotZero();
            assertThat(fit.err()).as(bad[0]).contains(bad[1]).doesNotContain("Exception");
        }
        var bytes = folder.resolve("latin.csv");
        Files.write(bytes, new byte[] {'a', ',', 'b', '\n', (byte) 0xE9, ',', '1', '\n'});
        assertThat(lyceum("fit", bytes.toString(), "--target", "b", "--out", out.toString()).err()).contains("not UTF-8");
        assertThat(out).doesNotExist();
    }

    /** A few words in a column of numbers make texts of it: said where it is left out. */
    @Test void mixedColumnsAreTakenAsTheyAre() throws IOException { wide(250); }

    @Tag("heavy")
    @Test void tenThousandColumnsAreFitted() throws IOException { wide(10_000); }

    private void wide(int columns) throws IOException {
        var rng = Rng.of(5);
        var text = new StringBuilder("size,left");
        for (int j = 0; j < columns; j++) text.append(",c").append(j);
        text.append('\n');
        for (int i = 0; i < 60; i++) {
            text.append(i == 7 ? "unknown" : String.valueOf(100 + i * 1.5)).append(i % 2 == 0 ? ",yes" : ",no");
            for (int j = 0; j < columns; j++) text.append(',').append(j == 3 ? (i % 2 == 0 ? 5 : 0) + rng.nextInt(5) : rng.nextInt(9));
            text.append('\n');
        }
        var file = Files.writeString(folder.resolve("wide.csv"), text);
        var fit = lyceum("fit", file.toString(), "--target", "left", "--model", "linear", "--out", folder.resolve("wide").toString());
        assertThat(fit.err()).isEmpty();
        assertThat(fit.out()).contains("60 rows, " + (columns + 1) + " columns, " + columns + " of use", "LEAK? c3",
                "left out: size, 60 different texts in 60 rows; 59 of them are numbers, 'unknown' is not");
    }

    @Test void mistakesAreNamedAndWriteNothing() throws IOException {
        var file = csv(60).toString();
        var out = folder.resolve("nothing").toString();
        assertThat(lyceum("fit", file, "--target", "gone", "--out", out).err())
                .contains("--target is gone; rows.csv has age, town, fee, left");
        assertThat(lyceum("fit", file, "--target", "left", "--task", "guess", "--out", out).err()).contains("--task is guess");
        assertThat(lyceum("fit", file, "--target", "left", "--model", "magic", "--out", out).err()).contains("no model 'magic'");
        assertThat(lyceum("fit", folder.resolve("no.csv").toString(), "--target", "left", "--out", out).err()).contains("no file");
        assertThat(lyceum("fit", file, "--target", "left", "--out", file).err()).contains("which is a file");
        assertThat(lyceum("predict", out, file).err()).contains("no model");
        assertThat(Files.exists(Path.of(out))).isFalse();
        lyceum("fit", file, "--target", "left", "--model", "linear", "--out", out);
        assertThat(lyceum("explain", out, file, "--row", "61").err()).contains("--row is 61; rows.csv has rows 1 to 60");
        var other = Files.writeString(folder.resolve("other.csv"), "age\n3\n").toString();
        assertThat(lyceum("predict", out, other).err()).contains("lacks town, fee");
        assertThat(lyceum("predict", file, file).err()).contains("rows.csv is not a model from lyceum fit");
        assertThat(lyceum("predict", out, file, "--out", folder.resolve("none/said.csv").toString()).err()).contains("here is no folder");
        var bad = Files.writeString(folder.resolve("bad.csv"), "age,town,fee\nold,Graz,0\n").toString();
        assertThat(lyceum("predict", out, bad).err()).startsWith("bad.csv: 'old' is not F64 for column 'age'");
        var none = Files.writeString(folder.resolve("none.csv"), "age,town,fee\n").toString();
        assertThat(lyceum("explain", out, none).err()).contains("none.csv has none");
        assertThat(lyceum("predict", out, none).out()).isEqualToIgnoringNewLines("prediction,P(no),P(yes)");
    }
}
