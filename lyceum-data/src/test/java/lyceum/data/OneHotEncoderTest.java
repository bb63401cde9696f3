package lyceum.data;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.data.OneHotEncoder.Drop;
import lyceum.data.OneHotEncoder.Unknown;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class OneHotEncoderTest {
    private static final String TOPIC = "one-hot-encoding";
    private static final Golden GOLDEN = Golden.load("golden/one-hot-encoding.json");

    /** The golden script's random table. */
    private record Table(Recipe recipe, int[] sizes) {
        static Table of(int number) {
            var r = new Recipe(13800 + number);
            return new Table(r, new int[] {2 + r.below(6), 2 + r.below(6), 2 + r.below(6)});
        }

        Frame draw(int rows, int more) {
            var a = new String[rows];
            var b = new long[rows];
            var c = new String[rows];
            for (int i = 0; i < rows; i++) for (int j = 0; j < 3; j++) {
                int code = recipe.below(recipe.below(sizes[j] + more) + 1);
                var text = "abcdefghij".substring(code, code + 1);
                if (j == 0) a[i] = text;
                else if (j == 1) b[i] = code * 10L;
                else c[i] = code == 0 ? null : text;
            }
            return Frame.of(Column.of("a", a), Column.of("b", b), Column.of("c", c));
        }
    }

    /** All option combinations, in the script's order. */
    private static List<OneHotEncoder> options() {
        var all = new ArrayList<OneHotEncoder>();
        for (var drop : Drop.values())
            for (var unknown : Unknown.values())
                for (int least = 0; least < 3; least++)
                    for (int most : new int[] {0, 3})
                        all.add(new OneHotEncoder(drop, unknown, least == 1 ? 4 : 0, least == 2 ? 0.15 : 0, most, Map.of()));
        return all;
    }

    private static String digest(String text) {
        try {
            var sha = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha).substring(0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String matrix(Tensor z) {
        var text = new StringBuilder();
        for (var row : z.toRows()) {
            if (!text.isEmpty()) text.append('\n');
            for (double v : row) text.append(v == 1 ? "1" : v == 0 ? "0" : "?");
        }
        return text.toString();
    }

    private static String words(Frame frame) {
        var lines = new ArrayList<String>();
        for (int i = 0; i < frame.size(); i++)
            lines.add(frame.row(i).values().stream().map(String::valueOf).collect(Collectors.joining(",")));
        return String.join("\n", lines);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void outputEqualsScikitLearnOverAllOptions() {
        int wrong = 0, compared = 0, refused = 0;
        for (int t = 0; t < 50; t++) {
            var table = Table.of(t);
            Frame train = table.draw(24, 0), fresh = table.draw(12, 2);
            var expected = GOLDEN.named("table " + t).texts("expected");
            for (var encoder : options()) {
                var parts = expected.get(options().indexOf(encoder)).split(" ");
                var encoding = encoder.fit(train);
                if (!digest(String.join(" ", encoding.names())).equals(parts[0])) wrong++;
                if (!digest(matrix(encoding.transform(train))).equals(parts[1])) wrong++;
                assertThat(encoding.sparse(train).toDense().toDoubleArray()).isEqualTo(encoding.transform(train).toDoubleArray());
                compared += 2;
                if (parts[3].equals("refused")) {
                    assertThatThrownBy(() -> encoding.transform(fresh)).isInstanceOf(FrameException.class).hasMessageContaining("at row");
                    refused++;
                } else {
                    if (!digest(matrix(encoding.transform(fresh))).equals(parts[3])) wrong++;
                    compared++;
                }
            }
        }
        Evidence.of("tables times option combinations", 50 * options().size(), exactly(2_700));
        Evidence.of("matrices and lists of names compared", compared, atLeast(7_000));
        Evidence.of("unknown categories refused by both", refused, atLeast(500));
        Evidence.of("that differ from scikit-learn", wrong, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void inverseRestoresKnownCategoriesAndElseEqualsScikitLearn() {
        int lost = 0, restored = 0, differing = 0;
        for (int t = 0; t < 50; t++) {
            var table = Table.of(t);
            Frame train = table.draw(24, 0), fresh = table.draw(12, 2);
            var expected = GOLDEN.named("table " + t).texts("expected");
            for (var encoder : options()) {
                var parts = expected.get(options().indexOf(encoder)).split(" ");
                var encoding = encoder.fit(train);
                var back = encoding.inverse(encoding.transform(train));
                for (var column : train.columns()) for (int i = 0; i < train.size(); i++) {
                    if (encoding.infrequent(column.name()).contains(column.get(i))) continue;
                    restored++;
                    if (!String.valueOf(column.get(i)).equals(String.valueOf(back.column(column.name()).get(i)))) lost++;
                }
                if (!digest(words(back)).equals(parts[2])) differing++;
                if (parts.length == 5 && !digest(words(encoding.inverse(encoding.transform(fresh)))).equals(parts[4])) differing++;
            }
        }
        Evidence.of("cells of known, frequent categories", restored, atLeast(100_000));
        Evidence.of("of which not restored", lost, exactly(0));
        Evidence.of("frames of all cells, unknown and infrequent ones too, that differ from scikit-learn's", differing, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void everyBlockSumsToOneOrToZeroWhereDroppedOrUnknown() {
        int ones = 0, zeros = 0, wrong = 0;
        for (int t = 0; t < 50; t++) {
            var table = Table.of(t);
            Frame train = table.draw(24, 0), fresh = table.draw(12, 2);
            for (var encoder : options()) {
                if (encoder.unknown() == Unknown.ERROR) continue;
                boolean plain = encoder.minCount() == 0 && encoder.minShare() == 0 && encoder.maxCategories() == 0;
                for (var name : List.of("a", "b", "c")) {
                    var encoding = encoder.fit(train, name);
                    double[] sums = encoding.width() == 0 ? new double[12] : encoding.transform(fresh).sum(1).toDoubleArray();
                    var known = train.column(name).toList();
                    var first = Categories.of(train.column(name)).values().getFirst();
                    for (int i = 0; i < 12; i++) {
                        var cell = fresh.column(name).get(i);
                        boolean unknown = !known.contains(cell);
                        if (!plain && encoder.drop() != Drop.NONE) { // which is dropped depends on grouping: clause 1
                            if (sums[i] != 0 && sums[i] != 1) wrong++;
                            continue;
                        }
                        boolean grouped = unknown && encoder.unknown() == Unknown.INFREQUENT && !encoding.infrequent(name).isEmpty();
                        boolean dropped = !unknown && Objects.equals(cell, first) && (encoder.drop() == Drop.FIRST
                                || encoder.drop() == Drop.IF_BINARY && known.stream().distinct().count() == 2);
                        int expected = dropped || unknown && !grouped ? 0 : 1;
                        if (sums[i] != expected) wrong++;
                        if (expected == 0) zeros++;
                        else ones++;
                    }
                }
            }
        }
        Evidence.of("blocks that should sum to 1", ones, atLeast(5_000));
        Evidence.of("blocks that should sum to 0", zeros, atLeast(1_000));
        Evidence.of("that do not", wrong, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void categoriesAreRootTwoApartAndTheDroppedOneIsOneFromTheOthers() {
        var gap = Gap.absolute();
        for (int k = 2; k <= 12; k++) {
            var words = new String[k];
            for (int c = 0; c < k; c++) words[c] = "category " + (char) ('a' + c);
            var frame = Frame.of(Column.of("x", words));
            var full = new OneHotEncoder().fit(frame).transform(frame).toRows();
            var fewer = new OneHotEncoder().withDrop(Drop.FIRST).fit(frame).transform(frame).toRows();
            for (int a = 0; a < k; a++) for (int b = 0; b < a; b++) {
                gap.see("full, " + a + " and " + b, distance(full[a], full[b]), Math.sqrt(2));
                gap.see("dropped first, " + a + " and " + b, distance(fewer[a], fewer[b]), b == 0 ? 1 : Math.sqrt(2));
            }
        }
        Evidence.of("pairs", gap.seen(), exactly(2 * 286));
        Evidence.of("largest gap", gap, below(1e-15));
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return Math.sqrt(sum);
    }

    private static Frame factorial() {
        var cells = new String[3][3 * 4 * 2];
        for (int i = 0; i < 24; i++) {
            cells[0][i] = "u" + i / 8;
            cells[1][i] = "v" + i / 2 % 4;
            cells[2][i] = "w" + i % 2;
        }
        return Frame.of(Column.of("u", cells[0]), Column.of("v", cells[1]), Column.of("w", cells[2]));
    }

    private static int deficit(Tensor indicators) {
        var design = Tensor.concat(1, Tensor.ones(DType.F64, indicators.size(0), 1), indicators).compute();
        int rank = 0;
        for (double s : Svd.values(design).toDoubleArray()) if (s > 1e-10) rank++;
        return (int) design.size(1) - rank;
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void fullEncodingLosesOneRankAFeature() {
        var frame = factorial();
        Evidence.of("rank deficit, full", deficit(new OneHotEncoder().fit(frame).transform(frame)), exactly(3));
        Evidence.of("rank deficit, first dropped", deficit(new OneHotEncoder().withDrop(Drop.FIRST).fit(frame).transform(frame)),
                exactly(0));
        for (var name : frame.names())
            Evidence.of("rank deficit of " + name + " alone", deficit(new OneHotEncoder().fit(frame, name).transform(frame)), exactly(1));
    }

    private static double[] fitted(Tensor x, double[] y) {
        var design = Tensor.concat(1, Tensor.ones(DType.F64, x.size(0), 1), x).compute();
        return LeastSquares.solve(design, Tensor.of(y)).fitted().toDoubleArray();
    }

    private static double error(double[] fitted, double[] y) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) sum += (fitted[i] - y[i]) * (fitted[i] - y[i]);
        return sum / y.length;
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void regressionGivesGroupMeansAndShuffledCodesFitWorse() {
        var gap = Gap.absolute();
        double least = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            int k = 3 + rng.nextInt(8), n = 120;
            var words = new ArrayList<String>();
            for (int c = 0; c < k; c++) words.add("c" + c);
            var level = new double[k];
            for (int c = 0; c < k; c++) level[c] = 3 * rng.nextGaussian();
            var cells = new String[n];
            double[] y = new double[n], sum = new double[k], count = new double[k];
            for (int i = 0; i < n; i++) {
                int c = i < k ? i : rng.nextInt(k);
                cells[i] = words.get(c);
                y[i] = level[c] + rng.nextGaussian();
                sum[c] += y[i];
                count[c]++;
            }
            var frame = Frame.of(Column.of("x", cells));
            var shuffled = new ArrayList<String>();
            for (int c : rng.permutation(k)) shuffled.add(words.get(c));
            var codes = new OrdinalEncoder(true, Map.of("x", shuffled)).fit(frame).transform(frame);
            double[] means = new double[n], full = fitted(new OneHotEncoder().withDrop(Drop.FIRST).fit(frame).transform(frame), y);
            for (int i = 0; i < n; i++) means[i] = sum[words.indexOf(cells[i])] / count[words.indexOf(cells[i])];
            gap.see("seed " + seed, full, means);
            least = Math.min(least, error(fitted(codes, y), y) - error(full, y));
        }
        Evidence.of("largest gap of a fit to its group's mean", gap, below(1e-10));
        Evidence.of("least excess error of a shuffled ordinal code, 20 tables", least, above(0.0));
    }

    private static double rSquared(double[] x, double[] y) {
        return 1 - error(fitted(Tensor.of(x).unsqueeze(1), y), y) / error(fitted(Tensor.zeros(DType.F64, y.length, 1), y), y);
    }

    @Acceptance(topic = TOPIC, clause = 7)
    @Test void targetCodesOfPermutedLabelsExplainNothing() {
        int n = 2_000;
        double worst = 0, leak = 1;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(seed);
            var cells = new String[n];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                int c = rng.nextInt(400);
                cells[i] = "c" + c;
                y[i] = c % 7 + rng.nextGaussian();
            }
            int[] order = rng.permutation(n);
            var permuted = new double[n];
            for (int i = 0; i < n; i++) permuted[i] = y[order[i]];
            var frame = Frame.of(Column.of("x", cells));
            for (double smoothing : new double[] {Double.NaN, 0, 10}) {
                var encoder = new TargetEncoder().withSmoothing(smoothing);
                worst = Math.max(worst, rSquared(encoder.fitTransform(frame, Tensor.of(permuted), rng).toDoubleArray(), permuted));
                if (smoothing == 0)
                    leak = Math.min(leak, rSquared(encoder.fit(frame, Tensor.of(permuted)).transform(frame).toDoubleArray(), permuted));
            }
        }
        Evidence.of("largest R2 of out-of-fold codes on permuted labels", worst, atMost(0.02));
        Evidence.of("least R2 where codes hold the row's own label", leak, atLeast(0.1));
    }

    @Test void targetCodesEqualScikitLearn() {
        var r = new Recipe(13899);
        int[] codes = r.belows(6, 80);
        double[] noise = r.bells(80), y = new double[80];
        var cells = new String[80];
        for (int i = 0; i < 80; i++) {
            y[i] = codes[i] * 0.5 + noise[i];
            cells[i] = "abcdef".substring(codes[i], codes[i] + 1);
        }
        var frame = Frame.of(Column.of("x", cells));
        var gap = Gap.absolute();
        gap.see(GOLDEN.named("target auto"), "expected.codes", new TargetEncoder().fit(frame, Tensor.of(y)).codes().getFirst());
        gap.see(GOLDEN.named("target 3.0"), "expected.codes", new TargetEncoder(3, 5).fit(frame, Tensor.of(y)).codes().getFirst());
        assertThat(gap.worst()).isLessThan(1e-12);
        assertThat(new TargetEncoder().fit(frame, Tensor.of(y)).transform(Frame.of(Column.of("x", "new"))).item(0, 0))
                .isCloseTo(GOLDEN.named("target auto").number("expected.mean"), offset(1e-12));
    }

    @Test void givenCategoriesKeepTheirOrderAndTypes() {
        var frame = Frame.of(Column.of("size", "M", "S"), Column.of("n", 3.0, -0.0));
        var encoding = new OneHotEncoder().withCategories(Map.of("size", List.of("S", "M", "L"), "n", List.of(0, 3))).fit(frame);
        assertThat(encoding.names()).containsExactly("size_S", "size_M", "size_L", "n_0.0", "n_3.0");
        assertThat(matrix(encoding.transform(frame))).isEqualTo("01001\n10010");
        assertThat(encoding.encode(frame.with(Column.of("rest", 1.0, 2.0))).names()).containsExactly("rest", "size_S", "size_M", "size_L",
                "n_0.0", "n_3.0");
        assertThatThrownBy(() -> new OneHotEncoder().withCategories(Map.of("size", List.of("S"))).fit(frame, "size"))
                .hasMessageContaining("holds M at row 0");
        assertThatThrownBy(() -> encoding.inverse(Tensor.zeros(DType.F64, 1, 5))).hasMessageContaining("row 0 has no indicator of 'size'");
        assertThatThrownBy(() -> encoding.inverse(Tensor.zeros(DType.F64, 1, 4))).hasMessageContaining("5 columns");
        assertThatThrownBy(() -> new OneHotEncoder().withMinShare(1)).hasMessageContaining("minShare 1.0");
    }

    @Test void otherEncodersNumberHashAndCount() {
        var frame = Frame.of(Column.of("x", "b", "a", null, "c", "b"));
        var ordinal = new OrdinalEncoder().fit(frame);
        assertThat(ordinal.transform(frame).toDoubleArray()).containsExactly(1, 0, 3, 2, 1);
        assertThat(ordinal.inverse(ordinal.transform(frame)).column("x").toList()).isEqualTo(frame.column("x").toList());
        var unseen = Frame.of(Column.of("x", "z"));
        assertThat(ordinal.transform(unseen).item(0, 0)).isEqualTo(-1);
        assertThatThrownBy(() -> new OrdinalEncoder(true, Map.of()).fit(frame).transform(unseen)).hasMessageContaining("holds z at row 0");
        assertThatThrownBy(() -> ordinal.inverse(Tensor.of(new double[][] {{4}}))).hasMessageContaining("code 4.0");
        assertThat(ordinal.binaryNames()).containsExactly("x_0", "x_1", "x_2");
        assertThat(matrix(ordinal.binary(frame))).isEqualTo("010\n001\n100\n011\n010");
        assertThat(matrix(ordinal.binary(unseen))).isEqualTo("000");

        var words = new String[2000];
        for (int i = 0; i < 2000; i++) words[i] = "word " + i;
        var many = Frame.of(Column.of("x", words));
        var hashed = new HashingEncoder(50).transform(many);
        var counts = new HashingEncoder(50, false).dense(many).sum(0);
        assertThat(counts.min().item()).isGreaterThan(10);
        assertThat(counts.max().item()).isLessThan(80);
        assertThat(Math.abs(hashed.values().sum().item())).isLessThan(150);
        assertThat(hashed.toDense().toDoubleArray()).isEqualTo(new HashingEncoder(50).dense(many).toDoubleArray());
        assertThatThrownBy(() -> new HashingEncoder(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new TargetEncoder(-1, 5)).hasMessageContaining("smoothing");
    }
}
