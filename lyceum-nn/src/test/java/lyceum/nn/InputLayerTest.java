package lyceum.nn;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Frame;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputLayerTest {
    private static final String[] CITIES = {"Ghent", "Oslo", "Turin", "Porto"};
    private static final List<InputField> FIELDS = List.of(InputField.numeric("age").withLow(0).withHigh(130),
            InputField.category("city").withUnknown(true), InputField.numeric("income").withIndicated(true), InputField.category("member"));

    private static Frame people(long seed, int n) {
        var rng = Rng.of(seed);
        var age = new double[n];
        var income = new ArrayList<Double>();
        var city = new String[n];
        var member = new boolean[n];
        for (int i = 0; i < n; i++) {
            age[i] = 18 + 60 * rng.nextDouble();
            income.add(rng.nextInt(5) == 0 ? null : 30_000 + 20_000 * rng.nextGaussian());
            city[i] = CITIES[rng.nextInt(4)];
            member[i] = rng.nextInt(3) == 0;
        }
        return Frame.of(Column.of("age", age), Column.categories("city", city), Column.ofValues("income", ColumnType.F64, income),
                Column.of("member", member));
    }

    private static InputLayer layer(Frame training) { return InputLayer.fit(FIELDS, InputBatch.of(training), Rng.of(1)); }

    /** Cell by cell from the definition, with what the training rows say. */
    private static double[][] byHand(Frame training, Frame rows) {
        double[] age = training.column("age").numbers(), income = training.column("income").numbers();
        double[] seen = Arrays.stream(income).filter(v -> !Double.isNaN(v)).sorted().toArray();
        int m = seen.length;
        double median = m % 2 == 1 ? seen[m / 2] : (seen[m / 2 - 1] + seen[m / 2]) / 2;
        double[] filled = Arrays.stream(income).map(v -> Double.isNaN(v) ? median : v).toArray();
        double meanAge = Arrays.stream(age).average().orElseThrow(), meanIncome = Arrays.stream(filled).average().orElseThrow();
        double sdAge = Math.sqrt(Arrays.stream(age).map(v -> (v - meanAge) * (v - meanAge)).average().orElseThrow());
        double sdIncome = Math.sqrt(Arrays.stream(filled).map(v -> (v - meanIncome) * (v - meanIncome)).average().orElseThrow());
        var sorted = List.of("Ghent", "Oslo", "Porto", "Turin");
        var out = new double[rows.size()][10];
        for (int i = 0; i < out.length; i++) {
            out[i][0] = ((double) rows.column("age").get(i) - meanAge) / sdAge;
            var city = rows.column("city").get(i);
            out[i][1 + (city != null && sorted.contains(city) ? sorted.indexOf(city) : 4)] = 1;
            var value = rows.column("income").get(i);
            out[i][6] = ((value == null ? median : (double) value) - meanIncome) / sdIncome;
            out[i][7] = value == null ? 1 : 0;
            out[i][(boolean) rows.column("member").get(i) ? 9 : 8] = 1;
        }
        return out;
    }

    @Acceptance(topic = "input-layer", clause = 1)
    @Test void theOutputIsThatOfAScalerAndOneHotColumnsBuiltByHand() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 5; seed++) {
            Frame training = people(seed, 200), test = people(50 + seed, 60);
            var strange = test.with(Column.ofValues("city", ColumnType.TEXT, strange(test)));
            var layer = layer(training);
            assertThat(layer.columns()).containsExactly("age", "city=Ghent", "city=Oslo", "city=Porto", "city=Turin", "city=?", "income",
                    "income missing", "member=false", "member=true");
            for (var rows : List.of(training, test, strange)) {
                double[][] ours = layer.encode(rows).features().toRows(), expected = byHand(training, rows);
                assertThat(ours).hasNumberOfRows(rows.size());
                for (int i = 0; i < ours.length; i++) gap.see("seed " + seed, ours[i], expected[i]);
            }
        }
        Evidence.of("numbers compared", gap.seen(), exactly(5 * 320 * 10));
        Evidence.of("largest gap", gap, atMost(1e-6));
    }

    private static List<Object> strange(Frame frame) {
        var cities = new ArrayList<>(frame.column("city").toList());
        cities.set(3, "Atlantis");
        cities.set(8, null);
        return cities;
    }

    @Acceptance(topic = "input-layer", clause = 2)
    @Test void trainingColumnsAreStandardAndTestRowsUseWhatWasStored() {
        double mean = 0, variance = 0;
        int differ = 0, compared = 0;
        for (int seed = 0; seed < 5; seed++) {
            Frame training = people(seed, 300), test = people(70 + seed, 40), others = people(90 + seed, 40);
            var layer = layer(training);
            var x = layer.encode(training).features().to(DType.F64);
            for (int column : new int[] {0, 6}) {
                double[] v = x.select(1, column).toDoubleArray();
                double m = Arrays.stream(v).average().orElseThrow();
                mean = Math.max(mean, Math.abs(m));
                variance = Math.max(variance, Math.abs(Arrays.stream(v).map(a -> (a - m) * (a - m)).average().orElseThrow() - 1));
            }
            // The first ten rows among the rest of the test set, alone, and among other people with incomes a thousand times as large.
            var ten = test.head(10);
            var mixed = ten.append(others.with(others.column("income").map(v -> 1000 * v)));
            double[][] all = layer.encode(test).features().toRows(), alone = layer.encode(ten).features().toRows(),
                    among = layer.encode(mixed).features().toRows();
            for (int i = 0; i < 10; i++) {
                double[] one = layer.encode(test.rows(i)).features().toDoubleArray();
                for (int j = 0; j < 10; j++, compared++)
                    if (all[i][j] != alone[i][j] || all[i][j] != among[i][j] || all[i][j] != one[j]) differ++;
            }
        }
        Evidence.of("largest |mean| of a training column", mean, atMost(1e-6));
        Evidence.of("largest |variance - 1|", variance, atMost(1e-6));
        Evidence.of("numbers of test rows", compared, exactly(500));
        Evidence.of("of these, that depend on the other rows", differ, exactly(0));
    }

    private static InputLayer mixed(Rng rng) {
        return InputLayer.fit(
                List.of(InputField.numeric("age"), InputField.category("city").withWidth(3).withUnknown(true),
                        InputField.tokens("text", 50, 6).withPadding(0).withWidth(4), InputField.tokens("ids", 9, 2).withUnknown(1),
                        InputField.image("photo", 3, 4, 5).withChannelsLast(true).withReversed(true), InputField.sequence("pulse", 2)),
                records(rng, 20), Rng.of(5));
    }

    private static InputBatch records(Rng rng, int n) {
        return InputBatch.of(people(rng.nextInt(100), n).select("age", "city")).with("text", Tensor.randint(rng, 0, 50, n, 6))
                .with("ids", Tensor.randint(rng, 0, 9, n, 2)).with("photo", Tensor.randint(rng, 0, 256, n, 4, 5, 3).to(DType.U8))
                .with("pulse", Tensor.randn(rng, DType.F32, n, 7, 2));
    }

    @Acceptance(topic = "input-layer", clause = 3)
    @Test void whatDoesNotFitIsRefusedByNameOrTakesTheUnknownSlot() {
        var layer = mixed(Rng.of(2));
        var good = records(Rng.of(3), 4);
        int refused = 0, mapped = 0;
        // Rank.
        refused += refused("'text'", ShapeException.class, () -> layer.encode(good.with("text", Tensor.zeros(DType.I64, 4))));
        refused += refused("'photo'", ShapeException.class, () -> layer.encode(good.with("photo", Tensor.zeros(DType.U8, 4, 5, 3))));
        refused += refused("'pulse'", ShapeException.class, () -> layer.encode(good.with("pulse", Tensor.zeros(4, 2))));
        // Shape of the right rank.
        refused += refused("'photo'", ShapeException.class, () -> layer.encode(good.with("photo", Tensor.zeros(DType.U8, 4, 3, 4, 5))));
        // Type.
        refused += refused("'text'", DTypeException.class, () -> layer.encode(good.with("text", Tensor.zeros(4, 6))));
        refused += refused("'photo'", DTypeException.class, () -> layer.encode(good.with("photo", Tensor.zeros(4, 4, 5, 3))));
        refused += refused("'pulse'", DTypeException.class, () -> layer.encode(good.with("pulse", Tensor.zeros(DType.I64, 4, 7, 2))));
        var text = good.frame().with(Column.of("age", "a", "b", "c", "d"));
        refused += refused("'age'", DTypeException.class, () -> layer.encode(new InputBatch(text, good.tensors())));
        // Unknown and missing columns.
        refused += refused("'height'", IllegalArgumentException.class,
                () -> layer.encode(new InputBatch(good.frame().with(Column.of("height", 1.0, 2, 3, 4)), good.tensors())));
        refused += refused("'audio'", IllegalArgumentException.class, () -> layer.encode(good.with("audio", Tensor.zeros(4, 6))));
        refused += refused("'city'", IllegalArgumentException.class,
                () -> layer.encode(new InputBatch(good.frame().drop("city"), good.tensors())));
        // Values out of what was declared.
        var plain = layer(people(1, 50));
        var rows = people(2, 4);
        refused += refused("'age' in row 2", IllegalArgumentException.class,
                () -> plain.encode(rows.with(Column.of("age", 20.0, 30, 131, 40))));
        refused += refused("'age' in row 1", IllegalArgumentException.class,
                () -> plain.encode(rows.with(Column.of("age", 20.0, Double.NaN, 30, 40))));
        refused += refused("'text' in row 0", IllegalArgumentException.class,
                () -> layer.encode(good.with("text", Tensor.full(DType.I64, 50L, 4, 6))));
        // An unseen category without a slot, and with one.
        refused += refused("'member' in row 3", IllegalArgumentException.class,
                () -> plain.encode(rows.with(Column.of("member", "true", "false", "true", "perhaps"))));
        double[] unseen = plain.encode(rows.with(Column.of("city", "Oslo", "Rome", "Oslo", "Oslo"))).features().toRows()[1];
        if (Arrays.equals(Arrays.copyOfRange(unseen, 1, 6), new double[] {0, 0, 0, 0, 1})) mapped++;
        double[] ids = layer.encode(good.with("ids", Tensor.of(new long[] {3, 9, 100, -4, 0, 8, 8, 8}, 4, 2))).others().get("ids")
                .toDoubleArray();
        if (Arrays.equals(ids, new double[] {3, 1, 1, 1, 0, 8, 8, 8})) mapped++;
        Evidence.of("refusals that name the field", refused, exactly(15));
        Evidence.of("unseen values in their slot", mapped, exactly(2));
    }

    private static int refused(String field, Class<? extends Exception> kind, ThrowingCallable body) {
        assertThatThrownBy(body).isInstanceOf(kind).hasMessageContaining("field " + field);
        return 1;
    }

    @Acceptance(topic = "input-layer", clause = 4)
    @Test void savedAndLoadedItGivesTheSameBits(@TempDir Path folder) throws IOException {
        int compared = 0, differ = 0;
        for (var layer : List.of(mixed(Rng.of(7)), layer(people(4, 90)))) {
            layer.save(folder.resolve("input"));
            var again = InputLayer.read(folder.resolve("input"));
            assertThat(again.fields()).isEqualTo(layer.fields());
            var batch = layer.fields().size() == 6 ? records(Rng.of(8), 30) : InputBatch.of(people(9, 30));
            InputLayer.Encoded a = layer.encode(batch), b = again.encode(batch);
            assertThat(b.others().keySet()).isEqualTo(a.others().keySet());
            var pairs = new ArrayList<>(List.of(List.of(a.features(), b.features())));
            a.others().forEach((name, tensor) -> pairs.add(List.of(tensor, b.others().get(name))));
            a.masks().forEach((name, tensor) -> pairs.add(List.of(tensor.to(DType.U8), b.masks().get(name).to(DType.U8))));
            for (var pair : pairs) {
                assertThat(pair.get(1).shape()).isEqualTo(pair.get(0).shape());
                assertThat(pair.get(1).dtype()).isEqualTo(pair.get(0).dtype());
                double[] x = pair.get(0).toDoubleArray(), y = pair.get(1).toDoubleArray();
                for (int i = 0; i < x.length; i++, compared++) if (Double.doubleToLongBits(x[i]) != Double.doubleToLongBits(y[i])) differ++;
            }
        }
        Evidence.of("numbers compared", compared, exactly(30 * (4 + 6 * 4 + 2 + 60 + 14 + 6) + 30 * 10));
        Evidence.of("that differ in a bit", differ, exactly(0));
    }

    @Test void imagesAreTurnedAndStandardisedByChannel() {
        var batch = records(Rng.of(2), 20);
        var layer = mixed(Rng.of(2));
        var photo = records(Rng.of(2), 20).tensors().get("photo");
        var x = layer.encode(batch).others().get("photo");
        assertThat(x.shape().toArray()).containsExactly(20, 3, 4, 5);
        double[] first = x.select(1, 0).to(DType.F64).flatten().toDoubleArray(),
                blue = photo.select(3, 2).to(DType.F64).flatten().toDoubleArray();
        // The training records of mixed(Rng.of(2)) are these: the last channel of the input, standardised.
        double mean = Arrays.stream(blue).average().orElseThrow();
        double sd = Math.sqrt(Arrays.stream(blue).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
        for (int i = 0; i < first.length; i++) assertThat(first[i]).isCloseTo((blue[i] - mean) / sd, within(1e-6));
    }

    @Test void asPartOfAModelItsConstantsAreLoadedToo() {
        Frame training = people(1, 80).select("age"), other = people(2, 80).select("age").with(people(2, 80).column("age").map(v -> v + 7));
        var field = List.of(InputField.numeric("age"));
        InputLayer a = InputLayer.fit(field, InputBatch.of(training), Rng.of(1)),
                b = InputLayer.fit(field, InputBatch.of(other), Rng.of(1));
        var x = Tensor.of(new double[] {20, 50}, 2, 1);
        assertThat(a.forward(x).toDoubleArray()).isEqualTo(a.encode(Frame.of(Column.of("age", 20.0, 50))).features().toDoubleArray());
        assertThat(b.forward(x).toDoubleArray()).isNotEqualTo(a.forward(x).toDoubleArray());
        var copy = InputLayer.from(a.state());
        assertThat(copy.forward(x).toDoubleArray()).isEqualTo(a.forward(x).toDoubleArray());
        if (b.state().get("schema").shape().equals(a.state().get("schema").shape())) {
            b.load(a.state());
            assertThat(b.forward(x).toDoubleArray()).isEqualTo(a.forward(x).toDoubleArray());
        }
        assertThat(Module.copy(a).forward(x).toDoubleArray()).isEqualTo(a.forward(x).toDoubleArray());
        var model = new Sequential(a, new Linear(1, 2, Rng.of(2)));
        assertThat(model.state().keySet()).containsExactly("0.schema", "1.weight", "1.bias");
        assertThat(model.parameters().keySet()).containsExactly("1.weight", "1.bias");
    }

    @Test void scalingsAndConstants() {
        var frame = Frame.of(Column.of("a", 2.0, 4, 6), Column.of("b", 1e9 + 1, 1e9 + 2, 1e9 + 3), Column.of("c", 5.0, 5, 5));
        var layer = InputLayer.fit(
                List.of(InputField.numeric("a").withScaling(InputField.Scaling.RANGE), InputField.numeric("b"), InputField.numeric("c")),
                InputBatch.of(frame), Rng.of(1));
        double[][] x = layer.encode(frame).features().toRows();
        assertThat(x[1][0]).isEqualTo(0.5);
        assertThat(x[2][0]).isEqualTo(1);
        assertThat(x[2][1]).isCloseTo(Math.sqrt(1.5), within(1e-6));
        assertThat(x[0][2]).isZero();
    }

    @Test void brokenSchemasAreRefused() {
        assertThatThrownBy(() -> InputLayer.from(Map.of())).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> InputLayer.from(Map.of("schema", Tensor.of(1, 2, 3).to(DType.U8)))).isInstanceOf(FormatException.class);
        var state = mixed(Rng.of(1)).state();
        var cut = new LinkedHashMap<>(state);
        cut.put("tables.city.weight", Tensor.zeros(2, 3));
        assertThatThrownBy(() -> InputLayer.from(cut)).isInstanceOf(FormatException.class).hasMessageContaining("tables.city.weight");
        assertThatThrownBy(
                () -> InputLayer.fit(List.of(InputField.numeric("a"), InputField.category("a")), InputBatch.of(people(1, 3)), Rng.of(1)))
                .hasMessageContaining("names do not repeat");
        assertThatThrownBy(() -> InputField.numeric("x").withLow(2).withHigh(1)).hasMessageContaining("low comes first");
    }
}
