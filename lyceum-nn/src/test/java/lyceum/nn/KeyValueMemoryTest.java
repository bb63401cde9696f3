package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.KeyValueMemoryConfig.Tables;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyValueMemoryTest {
    private static final Golden GOLDEN = Golden.load("golden/key-value-memory.json");
    private static final int ENTITIES = 50, RELATIONS = 10, FACTS = ENTITIES * RELATIONS;

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    private static Tensor bags(int[][] rows) {
        return Tensor.of(Arrays.stream(rows).flatMapToInt(Arrays::stream).asLongStream().toArray(), rows.length, rows[0].length);
    }

    @Acceptance(topic = "key-value-memory", clause = 1)
    @Test void withOneTableAndPlainHopsItIsTheEndToEndMemoryNetwork() {
        var gap = Gap.relativeBeyondOne();
        var hops = new HashMap<Integer, Integer>();
        for (var c : GOLDEN.cases("end-to-end")) {
            int[] n = c.ints("input.sizes");
            var config = new KeyValueMemoryConfig(n[0], n[1], n[2]).withHops(n[3]).withTables(Tables.KEYS_AS_VALUES).withDtype(DType.F64);
            var memory = new KeyValueMemory(config, Rng.of(0));
            memory.freeze("hops.*"); // they begin as the identity
            var twin = new Twin((long) c.number("input.seed"));
            twin.fill(memory);
            var stories = bags(c.intMatrix("input.stories"));
            var answer = memory.answer(bags(c.intMatrix("input.questions")), memory.slots(stories, stories), null, Pass.inference());
            twin.compare(gap, c, memory.parameters(), List.of(), List.of(answer.logits()));
            hops.merge(n[3], 1, Integer::sum);
        }
        Evidence.of("cases", GOLDEN.cases("end-to-end").size(), exactly(20));
        Evidence.of("numbers of hops", hops.size(), exactly(4));
        Evidence.of("largest gap of logits and gradients", gap, below(1e-6));
        double worst = 0, scaled = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            Tensor q = Tensor.randn(Rng.of(seed), DType.F64, 4, 6), k = Tensor.randn(Rng.of(seed + 50), DType.F64, 9, 6),
                    v = Tensor.randn(Rng.of(seed + 90), DType.F64, 9, 6);
            var memory = new KeyValueMemory(new KeyValueMemoryConfig(3, 3, 6).withDtype(DType.F64), Rng.of(seed));
            var read = memory.read(q, new KeyValueMemory.Slots(k, v));
            Tensor q4 = q.reshape(1, 1, 4, 6), k4 = k.reshape(1, 1, 9, 6), v4 = v.reshape(1, 1, 9, 6);
            worst = Math.max(worst, distance(read, new Attention().withScale(1).of(q4, k4, v4).reshape(4, 6)));
            scaled = Math.min(scaled, distance(read, new Attention().of(q4, k4, v4).reshape(4, 6)));
        }
        Evidence.of("largest distance of a read from unscaled attention", worst, below(1e-6));
        Evidence.of("least distance from scaled attention", scaled, above(0.01));
    }

    /** {@code q <- R_h (q + o)} with matrices that are not the identity, of apart tables, in plain numbers. */
    @Test void everyHopMultipliesTheSumOfQueryAndReading() {
        int width = 3;
        var memory = new KeyValueMemory(new KeyValueMemoryConfig(8, 4, width).withHops(3).withDtype(DType.F64), Rng.of(1));
        Autograd.noGrad(() -> memory.parameters()
                .forEach((name, p) -> p.copy_(Tensor.randn(Rng.of(name.hashCode()), DType.F64, p.shape().toArray()))));
        int[][] keys = {{0, 1}, {2, 3}, {4, 4}}, values = {{5}, {6}, {7}};
        var answer = memory.answer(bags(new int[][] {{0, 2}}), memory.slots(bags(keys), bags(values)), null, Pass.inference());
        var p = memory.parameters();
        double[] q = sum(p.get("question.weight").toRows(), 0, 2);
        for (int h = 0; h < 3; h++) {
            double[] share = new double[3], both = q.clone(), next = new double[width];
            double total = 0;
            for (int i = 0; i < 3; i++) {
                double[] k = sum(p.get("key.weight").toRows(), keys[i]);
                for (int j = 0; j < width; j++) share[i] += q[j] * k[j];
                total += share[i] = Math.exp(share[i]);
            }
            double[][] hop = p.get("hops." + h + ".weight").toRows();
            for (int i = 0; i < 3; i++) {
                double[] v = sum(p.get("value.weight").toRows(), values[i]);
                for (int j = 0; j < width; j++) both[j] += share[i] / total * v[j];
                assertThat(answer.weights().get(h).item(0, i)).isCloseTo(share[i] / total, within(1e-12));
            }
            for (int r = 0; r < width; r++) for (int j = 0; j < width; j++) next[r] += hop[r][j] * both[j];
            q = next;
        }
        double[][] answers = p.get("answer.weight").toRows();
        for (int a = 0; a < 4; a++) {
            double logit = 0;
            for (int j = 0; j < width; j++) logit += q[j] * answers[a][j];
            assertThat(answer.logits().item(0, a)).isCloseTo(logit, within(1e-10));
        }
    }

    private static double[] sum(double[][] table, int... rows) {
        var sum = new double[table[0].length];
        for (int row : rows) for (int j = 0; j < sum.length; j++) sum[j] += table[row][j];
        return sum;
    }

    /** Facts (subject, relation, object): entities are 0 to 49, relations 50 to 59; fact {@code 50 r + s} is of relation r and subject s. */
    private record World(int[][] facts) {
        static World of(Rng rng) {
            var facts = new int[FACTS][];
            for (int r = 0; r < RELATIONS; r++) {
                int[] objects = rng.permutation(ENTITIES);
                for (int s = 0; s < ENTITIES; s++) facts[r * ENTITIES + s] = new int[] {s, ENTITIES + r, objects[s]};
            }
            return new World(facts);
        }

        Tensor questions() { return bags(Arrays.stream(facts).map(f -> new int[] {f[0], f[1]}).toArray(int[][]::new)); }

        Tensor objects() { return bags(Arrays.stream(facts).map(f -> new int[] {f[2]}).toArray(int[][]::new)); }

        Tensor triples() { return bags(facts); }
    }

    /** Where keys and values are apart, (subject, relation) and (object); else the triple is both. */
    private static KeyValueMemory.Slots slots(KeyValueMemory memory, World world) {
        return memory.config().tables() == Tables.QUESTIONS_AS_KEYS ? memory.slots(world.questions(), world.objects())
                : memory.slots(world.triples(), world.triples());
    }

    /** Every step has 500 facts of its own: what is learned is to read. See {@link #slots}. */
    private static KeyValueMemory trained(Tables tables, long seed) {
        var config = new KeyValueMemoryConfig(ENTITIES + RELATIONS, ENTITIES, 48).withInit(Init.normal(0.3)).withTables(tables);
        var memory = new KeyValueMemory(config, Rng.of(seed));
        var optimizer = new Adam(0.02).over(memory.parameters());
        for (int step = 0; step < 100; step++) {
            try (var scope = Scope.open("step")) {
                var world = World.of(Rng.of(seed).split(step));
                optimizer.zeroGrad();
                Loss.crossEntropy(logits(memory, world), world.objects().flatten()).backward();
                optimizer.step();
            }
        }
        return memory;
    }

    private static double accuracy(Tensor logits, Tensor right) { return logits.argmax(-1).eq(right).to(DType.F64).mean().item(); }

    private static Tensor logits(KeyValueMemory memory, World world) {
        return memory.answer(world.questions(), slots(memory, world), null, Pass.inference()).logits();
    }

    @Acceptance(topic = "key-value-memory", clause = 2)
    @Test void keysAndValuesAnswerWhereOneEncodingOfTheTripleDoesNot() {
        double least = 1, most = 0;
        for (int seed = 0; seed < 2; seed++) {
            KeyValueMemory apart = trained(Tables.QUESTIONS_AS_KEYS, seed), one = trained(Tables.KEYS_AS_VALUES, seed),
                    all = trained(Tables.SHARED, seed);
            for (int w = 0; w < 5; w++) {
                var world = World.of(Rng.of(1000 + w));
                var right = world.objects().flatten();
                least = Math.min(least, accuracy(logits(apart, world), right));
                most = Math.max(most, Math.max(accuracy(logits(one, world), right), accuracy(logits(all, world), right)));
            }
        }
        Evidence.of("keys and values: least accuracy on 500 new facts", least, atLeast(0.98));
        Evidence.of("how much the best with the triple as both is lower, in points", 100 * (least - most), atLeast(20));
    }

    @Acceptance(topic = "key-value-memory", clause = 3)
    @Test void preselectionLeavesTheTopAnswer() {
        var memory = trained(Tables.QUESTIONS_AS_KEYS, 0);
        double least = 1, whole = 1;
        for (int w = 0; w < 5; w++) {
            var world = World.of(Rng.of(1000 + w));
            var slots = slots(memory, world);
            var questions = world.questions();
            var all = memory.answer(questions, slots, null, Pass.inference());
            // Of a relation there are 50 slots: with a limit of 20 it finds nothing, with 50 as many as it has.
            for (int limit : new int[] {20, 50}) {
                var candidates = SlotIndex.of(questions, -1, limit).candidates(questions);
                var few = memory.answer(questions, slots, candidates, Pass.inference());
                least = Math.min(least, all.logits().argmax(-1).eq(few.logits().argmax(-1)).to(DType.F64).mean().item());
                whole = Math.min(whole, candidates.recall(Tensor.arange(FACTS).toIntArray()));
                Evidence.of("candidates of 500 slots where words of more than " + limit + " find nothing", candidates.slots().size(1),
                        exactly(limit == 20 ? RELATIONS : RELATIONS + ENTITIES - 1));
            }
        }
        Evidence.of("questions whose slot is a candidate", whole, exactly(1));
        Evidence.of("least share of top answers that stay", least, atLeast(0.99));
    }

    @Test void candidatesAreReadAsASmallerMemory() {
        var memory = new KeyValueMemory(new KeyValueMemoryConfig(20, 6, 5).withHops(3).withPaddingIndex(0).withDtype(DType.F64), Rng.of(1));
        int[][] keys = {{1, 2, 0}, {3, 4, 5}, {1, 6, 0}, {7, 7, 2}}, values = {{8, 0}, {9, 10}, {11, 0}, {12, 13}};
        var questions = bags(new int[][] {{1, 0}, {2, 3}, {19, 0}});
        var candidates = SlotIndex.of(bags(keys), 0, 4).candidates(questions);
        assertThat(candidates.slots().toLongArray()).containsExactly(0, 2, 0, 0, 1, 3, 0, 0, 0);
        assertThat(candidates.seen().toBooleanArray()).containsExactly(true, true, false, true, true, true, false, false, false);
        assertThat(candidates.recall(2, 2, 0)).isEqualTo(1.0 / 3);
        var got = memory.answer(questions, memory.slots(bags(keys), bags(values)), candidates, Pass.inference());
        var small = memory.answer(questions.narrow(0, 0, 1),
                memory.slots(bags(new int[][] {keys[0], keys[2]}), bags(new int[][] {values[0], values[2]})), null, Pass.inference());
        assertThat(distance(got.logits().narrow(0, 0, 1), small.logits())).isLessThan(1e-14);
        assertThat(got.weights()).hasSize(3);
        assertThat(got.weights().get(2).get(2).toDoubleArray()).as("a question that finds nothing").containsOnly(0);
        assertThat(SlotIndex.of(bags(keys), 0, 1).candidates(questions).seen().toBooleanArray()).as("words of two slots find nothing")
                .containsExactly(false, true, false);
    }

    @Test void tablesAreSharedAsTheConfigurationSays(@TempDir Path folder) throws IOException {
        var config = new KeyValueMemoryConfig(20, 6, 5);
        assertThat(new KeyValueMemory(config, Rng.of(1)).parameters().keySet()).containsExactly("question.weight", "key.weight",
                "value.weight", "answer.weight", "hops.0.weight");
        assertThat(new KeyValueMemory(config.withTables(Tables.KEYS_AS_VALUES), Rng.of(1)).parameterCount()).isEqualTo(2 * 100 + 30 + 25);
        var shared = new KeyValueMemory(config.withTables(Tables.SHARED).withHops(2), Rng.of(1));
        assertThat(shared.parameterCount()).isEqualTo(100 + 30 + 50);
        shared.save(folder.resolve("m.safetensors"));
        var loaded = new KeyValueMemory(shared.config(), Rng.of(2));
        loaded.load(folder.resolve("m.safetensors"));
        var ids = bags(new int[][] {{1, 2}, {3, 4}});
        assertThat(distance(loaded.forward(ids), shared.forward(ids))).isZero();
    }

    @Test void everyParameterLearns() {
        var memory = new KeyValueMemory(new KeyValueMemoryConfig(8, 4, 3).withHops(2).withDtype(DType.F64).withInit(Init.normal(0.5)),
                Rng.of(1));
        Tensor keys = bags(new int[][] {{0, 1}, {2, 3}, {4, 5}}), values = bags(new int[][] {{5}, {6}, {7}}),
                questions = bags(new int[][] {{0, 2}, {5, 3}});
        GradientCheck.of(memory,
                m -> Loss.crossEntropy(m.answer(questions, m.slots(keys, values), null, Pass.inference()).logits(), Tensor.of(1, 3)));
    }

    @Test void whatDoesNotFitIsNamed() {
        var memory = new KeyValueMemory(new KeyValueMemoryConfig(20, 6, 5), Rng.of(1));
        assertThatThrownBy(() -> memory.slots(bags(new int[][] {{1}, {2}}), bags(new int[][] {{1}}))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("keys (2, 1) and values (1, 1)");
        assertThatThrownBy(() -> new KeyValueMemoryConfig(20, 6, 5).withHops(0)).hasMessageContaining("hops 0");
        assertThatThrownBy(() -> SlotIndex.of(bags(new int[][] {{1}}), -1, 0)).hasMessageContaining("limit is 0");
        assertThatThrownBy(() -> SlotIndex.of(bags(new int[][] {{1}}), -1, 1).candidates(bags(new int[][] {{1}})).recall(0, 0))
                .hasMessageContaining("2 slots for 1 questions");
    }
}
