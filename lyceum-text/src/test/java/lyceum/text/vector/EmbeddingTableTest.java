package lyceum.text.vector;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.format.Safetensors;
import lyceum.linalg.Qr;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Fuzz;
import lyceum.text.vector.EmbeddingTable.Analogy;
import lyceum.text.vector.EmbeddingTable.Nearness;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingTableTest {
    private static final String TOPIC = "embedding-vector";
    @TempDir private Path folder;

    private static List<String> names(int n) { return IntStream.range(0, n).mapToObj(i -> "w" + i).toList(); }

    private static EmbeddingTable random(long seed, int n, int d) { return EmbeddingTable.of(names(n), Tensor.randn(Rng.of(seed), n, d)); }

    private static Tensor rotation(long seed, int d) { return Qr.of(Tensor.randn(Rng.of(seed), DType.F64, d, d)).q(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void tenNearestAreThoseOfAFullSort() {
        var table = random(1, 2000, 33);
        double[][] x = table.vectors().to(DType.F64).toRows(), queries = Tensor.randn(Rng.of(2), 500, 33).to(DType.F64).toRows();
        int compared = 0, wrong = 0;
        for (var query : queries) {
            var q = new float[33];
            for (int j = 0; j < 33; j++) q[j] = (float) query[j];
            for (var by : Nearness.values()) {
                var scores = new double[x.length];
                for (int i = 0; i < x.length; i++) {
                    double dot = 0, xx = 0, qq = 0, gap = 0;
                    for (int j = 0; j < 33; j++) {
                        dot += x[i][j] * query[j];
                        xx += x[i][j] * x[i][j];
                        qq += query[j] * query[j];
                        gap += (x[i][j] - query[j]) * (x[i][j] - query[j]);
                    }
                    scores[i] = by == Nearness.COSINE ? dot / Math.sqrt(xx * qq) : by == Nearness.DOT ? dot : -Math.sqrt(gap);
                }
                var best = IntStream.range(0, x.length).boxed().sorted((a, b) -> Double.compare(scores[b], scores[a])).limit(10).toList();
                var found = table.nearest(q, 10, by, Set.of());
                for (int k = 0; k < 10; k++, compared++)
                    if (!found.get(k).name().equals("w" + best.get(k)) || Math.abs(found.get(k).score() - scores[best.get(k)]) > 1e-12)
                        wrong++;
            }
        }
        Evidence.of("answers: 500 queries, 3 measures, 10 each", compared, exactly(15_000));
        Evidence.of("answers other than those of a full sort", wrong, exactly(0));
    }

    private static int differences(EmbeddingTable a, EmbeddingTable b) {
        assertThat(b.names()).isEqualTo(a.names());
        int wrong = 0;
        for (var name : a.names()) {
            float[] x = a.get(name), y = b.get(name);
            assertThat(y).hasSameSizeAs(x);
            for (int j = 0; j < x.length; j++) if (Float.floatToRawIntBits(x[j]) != Float.floatToRawIntBits(y[j])) wrong++;
        }
        return wrong;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void filesRoundTrip() throws Exception {
        var words = List.of("the", "naïve", "東京", "7.5", "-", "🙂", "a_b");
        var values = new float[7 * 5];
        for (int i = 0; i < values.length; i++) {
            float v = Float.intBitsToFloat((int) Rng.of(i).nextLong());
            values[i] = Float.isFinite(v) ? v * 1e-20f : i; // any bits: denormals and both zeros are among them
        }
        values[0] = -0f;
        values[1] = Float.MIN_VALUE;
        var table = EmbeddingTable.of(words, Tensor.of(values, 7, 5));
        Path text = folder.resolve("v.txt"), glove = folder.resolve("g.txt"), binary = folder.resolve("v.bin"),
                safe = folder.resolve("v.safetensors");
        VectorFiles.writeText(table, text);
        VectorFiles.writeGlove(table, glove);
        VectorFiles.writeBinary(table, binary);
        VectorFiles.writeSafetensors(table, safe);
        Evidence.of("bits lost by text with a header", differences(table, VectorFiles.readText(text)), exactly(0));
        Evidence.of("bits lost by text without", differences(table, VectorFiles.readText(glove)), exactly(0));
        Evidence.of("bits lost by the binary file", differences(table, VectorFiles.readBinary(binary)), exactly(0));
        Evidence.of("bits lost by safetensors", differences(table, VectorFiles.readSafetensors(safe)), exactly(0));
        byte[] before = Files.readAllBytes(binary);
        VectorFiles.writeBinary(VectorFiles.readBinary(binary), binary);
        Evidence.of("binary files that change when read and written again", Arrays.equals(before, Files.readAllBytes(binary)) ? 0 : 1,
                exactly(0));
        assertThat(new String(before, 0, 8, StandardCharsets.UTF_8)).isEqualTo("7 5\nthe ");
        assertThat(before[8 + 3]).as("little-endian: the sign of -0 stands in the last byte").isEqualTo((byte) 0x80);
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void procrustesFindsThePlantedRotation() {
        double worst = 0;
        for (int seed = 0; seed < 5; seed++) {
            int d = 10 + 5 * seed;
            var table = random(seed, 3000, d);
            var planted = rotation(100 + seed, d);
            var other = table.rotated(planted);
            // half of the names, in another order: the rest are in one table only
            var half = new ArrayList<>(other.names().subList(1500, 3000));
            Collections.reverse(half);
            worst = Math.max(worst, table.alignment(other.only(half)).sub(planted).abs().max().item());
        }
        Evidence.of("largest entry of R less the planted rotation", worst, atMost(1e-8));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void similarityIsBlindToRotation() {
        double worst = 0;
        for (int seed = 0; seed < 5; seed++) {
            var table = random(seed, 200, 50);
            var turned = table.rotated(rotation(seed + 7, 50));
            assertThat(turned.get("w0")).isNotEqualTo(table.get("w0"));
            for (int i = 0; i < 200; i++)
                for (int j = 0; j < i; j++)
                    worst = Math.max(worst, Math.abs(table.similarity("w" + i, "w" + j) - turned.similarity("w" + i, "w" + j)));
        }
        Evidence.of("largest change of a cosine under rotation", worst, atMost(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void allButTheTopStraightensATableWithACommonDirection() {
        double least = Double.POSITIVE_INFINITY, component = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            var common = Tensor.randn(rng, 40);
            // some lean to it more than others: neither the mean nor the first component alone is all of it
            var table = EmbeddingTable.of(names(500),
                    Tensor.randn(rng, 500, 40).add(common.mul(Tensor.rand(rng, 500, 1).mul(2).add(0.5))).mul(0.2));
            double before = table.isotropy(), after = table.allButTheTop(1).isotropy();
            double centred = table.centred().isotropy();
            least = Math.min(least, Math.min(centred - before, after - before));
            component = Math.min(component, after - centred);
        }
        Evidence.of("least rise of the isotropy, which is at most 1", least, above(0));
        Evidence.of("least part of it that the first component adds to the mean", component, above(0));
    }

    @Test void analogiesByHand() {
        var table = EmbeddingTable.of(List.of("man", "woman", "king", "queen", "zero"),
                Tensor.of(new double[][] {{1, 0.2}, {-1, 0.2}, {1, 2}, {-1, 2}, {0, 0}}));
        for (var by : Analogy.values()) {
            var best = table.analogy("man", "woman", "king", 9, by);
            assertThat(best).hasSize(1).first().extracting(EmbeddingTable.Neighbour::name).isEqualTo("queen");
        }
        double kq = table.similarity("king", "queen"), wq = table.similarity("woman", "queen"), mq = table.similarity("man", "queen");
        assertThat(table.analogy("man", "woman", "king", 1).getFirst().score()).isEqualTo(wq - mq + kq, within(1e-14));
        assertThat(table.analogy("man", "woman", "king", 1, Analogy.MULTIPLY).getFirst().score())
                .isEqualTo((wq + 1) / 2 * ((kq + 1) / 2) / ((mq + 1) / 2 + 0.001), within(1e-14));
        assertThat(table.nearest("king", 9)).extracting(EmbeddingTable.Neighbour::name).doesNotContain("zero", "king").hasSize(3);
        assertThatThrownBy(() -> table.nearest("zero", 1)).hasMessageContaining("all zeros");
        assertThatThrownBy(() -> table.similarity("zero", "king")).hasMessageContaining("'zero' is all zeros");
        assertThatThrownBy(() -> table.nearest("prince", 1)).hasMessageContaining("no vector of 'prince'");
        assertThatThrownBy(() -> table.nearest(new float[3], 1, Nearness.DOT, Set.of())).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> table.nearest(new float[] {Float.NaN, 0}, 1, Nearness.DOT, Set.of())).hasMessageContaining("NaN");
        assertThatThrownBy(() -> table.nearest("king", 0)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> EmbeddingTable.of(List.of("a", "a"), Tensor.ones(2, 2))).hasMessageContaining("'a' names rows 0 and 1");
        assertThatThrownBy(() -> EmbeddingTable.of(List.of("a"), Tensor.of(new double[][] {{Double.NaN}})))
                .hasMessageContaining("'a', holds NaN");
        assertThatThrownBy(() -> table.allButTheTop(2)).hasMessageContaining("2 components of 2");
        assertThatThrownBy(() -> table.alignment(random(1, 3, 4))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> table.alignment(random(1, 3, 2))).hasMessageContaining("no name is in both");
        assertThat(table.normalised().get("man")).containsExactly((float) (1 / Math.hypot(1, 0.2f)), (float) (0.2f / Math.hypot(1, 0.2f)));
    }

    private static EmbeddingTable text(String s) throws Exception {
        return VectorFiles.readText(new ByteArrayInputStream(s.getBytes(StandardCharsets.UTF_8)));
    }

    private static EmbeddingTable binary(byte[] bytes) throws Exception {
        return VectorFiles.readBinary(new ByteArrayInputStream(bytes), bytes.length);
    }

    @Test void spacesInNamesAndLyingHeaders() throws Exception {
        assertThat(text("a 1 2\nat . 3 4\n").names()).as("the first line sets the dimension").containsExactly("a", "at .");
        assertThat(text("2 2\n. . 1 2\nb 3 4\n").names()).containsExactly(". .", "b");
        assertThatThrownBy(() -> text("3 2\na 1 2\n")).isInstanceOf(FormatException.class).hasMessageContaining("says 3 rows; there are 1");
        assertThatThrownBy(() -> text("1 2\na 1 2\nb 1 2\n")).hasMessageContaining("there are more, at byte 10");
        assertThatThrownBy(() -> text("1 999999999\na 1 2\n")).hasMessageContaining("999999999 numbers, at byte 12");
        assertThatThrownBy(() -> text("a 1 2\nb 1 x\n")).hasMessageContaining("'x' is not a number, at byte 6");
        assertThatThrownBy(() -> text("a 1\na 2\n")).isInstanceOf(FormatException.class).hasMessageContaining("names rows 0 and 1");
        assertThatThrownBy(() -> text("a NaN\n")).isInstanceOf(FormatException.class).hasMessageContaining("holds NaN");
        var half = EmbeddingTable.of(List.of("a\ud800"), Tensor.ones(1, 2));
        var file = Path.of("never-written");
        for (ThrowingCallable write : List.<ThrowingCallable>of(() -> VectorFiles.writeText(half, file),
                () -> VectorFiles.writeGlove(half, file), () -> VectorFiles.writeBinary(half, file),
                () -> VectorFiles.writeSafetensors(half, file)))
            assertThatThrownBy(write).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("character 1 is half of a surrogate");
        assertThatThrownBy(() -> text("")).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> binary("999999999 300\na 1234".getBytes(StandardCharsets.UTF_8))).hasMessageContaining("do not hold");
        assertThatThrownBy(() -> binary("1 1\naaaaaaa".getBytes(StandardCharsets.UTF_8))).hasMessageContaining("ends in the name of row 0");
        assertThatThrownBy(() -> binary("1 1\na 1234\nmore".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("more after the 1 rows");
        assertThatThrownBy(() -> binary(new byte[] {'1', ' ', '1', '\n', (byte) 0xff, ' ', 0, 0, 0, 0}))
                .hasMessageContaining("broken UTF-8, at byte 4");
        var spaced = EmbeddingTable.of(List.of("a b"), Tensor.ones(1, 1));
        assertThatThrownBy(() -> VectorFiles.writeBinary(spaced, folder.resolve("x"))).hasMessageContaining("white space");
        VectorFiles.writeSafetensors(spaced, folder.resolve("s"));
        assertThat(VectorFiles.readSafetensors(folder.resolve("s")).names()).containsExactly("a b");
    }

    @Test void mutatedFilesAreReadOrRefused() throws Exception { mutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutatedFilesAreReadOrRefused() throws Exception { mutants(100_000); }

    private void mutants(int n) throws Exception {
        var table = random(3, 6, 4);
        VectorFiles.writeText(table, folder.resolve("t"));
        VectorFiles.writeGlove(table, folder.resolve("g"));
        VectorFiles.writeBinary(table, folder.resolve("b"));
        VectorFiles.writeSafetensors(table, folder.resolve("s"));
        Fuzz.of(folder.resolve("t"), folder.resolve("g")).allowing(FormatException.class).mutants(n,
                b -> VectorFiles.readText(new ByteArrayInputStream(b)));
        Fuzz.of(folder.resolve("b")).allowing(FormatException.class).mutants(n, EmbeddingTableTest::binary);
        Fuzz.of(folder.resolve("s")).allowing(FormatException.class).mutants(n,
                b -> VectorFiles.fromContents(Safetensors.read(MemorySegment.ofArray(b))));
    }
}
